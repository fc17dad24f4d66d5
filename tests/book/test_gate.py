"""The gate can fail: faults planted in a throw-away copy of a tiny book must turn it red."""

from __future__ import annotations

import pytest
from jupyter_cache import get_cache

PAGE = "_build/html/book/chapter.html"


@pytest.fixture
def tiny(tmp_path, tiny_book):
    """A fresh copy."""
    return tiny_book(tmp_path)


def test_a_sound_book_passes(tiny):
    assert tiny.run("build.py").returncode == 0
    assert "the answer is 1" in tiny.page
    recheck = tiny.run("recheck.py")
    assert recheck.returncode == 0, recheck.stdout
    assert "2 passed" in recheck.stdout


def test_an_unseeded_random_number_is_caught(tiny):
    tiny.edit("book/chapter.md", "random.seed(0)", "random.seed(None)")
    assert tiny.run("build.py").returncode == 0
    recheck = tiny.run("recheck.py")
    assert recheck.returncode != 0 and "1 failed" in recheck.stdout


def test_an_exception_is_caught(tiny):
    tiny.edit("book/chapter.md", "random.seed(0)", "1 / 0")
    build = tiny.run("build.py")
    assert build.returncode != 0 and "ZeroDivisionError" in build.stdout
    assert not (tiny.root / PAGE).exists()


def test_a_warning_on_the_page_is_caught(tiny):
    tiny.edit("book/chapter.md", "random.seed(0)", "__import__('warnings').warn('look')")
    build = tiny.run("build.py")
    assert build.returncode != 0 and "stderr" in build.stderr


def test_a_stale_reference_is_caught(tiny):
    assert tiny.run("build.py").returncode == 0
    cache = get_cache(tiny.root / "_build" / ".jupyter_cache")
    (record,) = cache.list_cache_records()
    stored = cache.path / "executed" / record.hashkey / "base.ipynb"
    stored.write_text(stored.read_text().replace("the answer is 1", "the answer is 7"))
    recheck = tiny.run("recheck.py")
    assert recheck.returncode != 0 and "1 failed" in recheck.stdout


def test_a_missing_reference_is_caught(tiny):
    assert tiny.run("build.py").returncode == 0
    get_cache(tiny.root / "_build" / ".jupyter_cache").clear_cache()
    recheck = tiny.run("recheck.py")
    assert recheck.returncode != 0 and "No executed copy" in recheck.stderr


def test_an_output_that_the_page_lacks_is_caught(tiny):
    switch = tiny.root / "switch"
    talk = f"print('more') if __import__('os').path.exists({str(switch)!r}) else None"
    tiny.edit("book/chapter.md", "random.seed(0)", talk)
    tiny.edit("book/chapter.md", 'print("a repeatable number:", random.random())', "")
    assert tiny.run("build.py").returncode == 0
    switch.touch()
    recheck = tiny.run("recheck.py")
    assert recheck.returncode != 0 and "1 failed" in recheck.stdout


def test_a_broken_cross_reference_is_caught(tiny):
    tiny.edit("book/index.md", "{eq}`sum`", "{eq}`product`")
    build = tiny.run("build.py")
    assert build.returncode != 0 and "equation not found: product" in build.stderr


def test_a_broken_link_to_a_page_is_caught(tiny):
    tiny.edit("book/index.md", "{doc}`chapter`", "{doc}`chapters`")
    build = tiny.run("build.py")
    assert build.returncode != 0 and "chapters" in build.stderr


def test_markup_without_a_plain_counterpart_is_caught(tiny):
    tiny.edit("book/chapter.md", "# A chapter", "# A chapter\n\n{sub}`below`")
    build = tiny.run("build.py")
    assert build.returncode != 0 and "{sub}`below`" in build.stderr


def test_a_changed_helper_is_never_shown_with_an_old_output(tiny):
    assert tiny.run("build.py").returncode == 0
    tiny.edit("mmlearn_helpers/__init__.py", "ANSWER = 1", "ANSWER = 2")
    assert tiny.run("build.py").returncode == 0
    assert "the answer is 2" in tiny.page and "the answer is 1" not in tiny.page


def test_a_failed_build_is_not_taken_for_a_finished_one(tiny):
    tiny.edit("book/index.md", "{eq}`sum`", "{eq}`product`")
    assert tiny.run("build.py").returncode != 0
    assert tiny.run("build.py").returncode != 0


def test_nothing_runs_twice(tiny):
    assert tiny.run("build.py").returncode == 0
    before = (tiny.root / PAGE).stat().st_mtime_ns
    again = tiny.run("build.py")
    assert again.returncode == 0 and "The book is ready" in again.stdout
    assert (tiny.root / PAGE).stat().st_mtime_ns == before
