"""The gate can fail: faults planted in a throw-away copy of a tiny book must turn it red."""

from __future__ import annotations

import json

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
    assert "4 passed" in recheck.stdout  # two more cells say where the package is


def test_an_unseeded_random_number_is_caught(tiny):
    tiny.edit("book/chapter.md", "random.seed(0)", "random.seed(None)")
    assert tiny.run("build.py").returncode == 0
    recheck = tiny.run("recheck.py")
    assert recheck.returncode != 0 and "1 failed" in recheck.stdout


CLAIMS = """```{code-cell} ipython3
:tags: [claims]

assert ANSWER == 2
assert ANSWER < 0
assert ANSWER == 1
```

```{code-cell} ipython3
import random
"""


def plant_claims(tiny):
    tiny.edit("book/chapter.md", "```{code-cell} ipython3\nimport random\n", CLAIMS)


def test_a_claim_that_falls_stops_nothing_and_is_said(tiny):
    plant_claims(tiny)
    build = tiny.run("build.py")
    assert build.returncode == 0
    *_, first, second, last = build.stdout.splitlines()
    assert first == "book/chapter: this claim did not hold here: ANSWER == 2"
    assert second == "book/chapter: this claim did not hold here: ANSWER < 0"
    assert last.startswith("The book is ready: open file:")
    said = "This claim did not hold here"
    top, _, rest = tiny.page.partition("the answer is 1")
    assert "2 claims of the text did not hold" in top and "claim-fell" not in top
    assert rest.count(f'admonition-title">{said}') == 2
    assert "Python 3." in rest and "numpy " in rest and "The claims of the text, checked" in rest
    assert rest.index(said) < rest.index("a repeatable number")


def test_a_claim_that_fell_is_said_again_and_is_red(tiny):
    plant_claims(tiny)
    assert tiny.run("build.py").returncode == 0
    again = tiny.run("build.py")
    assert again.returncode == 0 and "did not hold here: ANSWER == 2" in again.stdout
    recheck = tiny.run("recheck.py")
    assert recheck.returncode == 1 and "did not hold here: ANSWER == 2" in recheck.stdout


def test_a_claim_beside_its_derivation_that_falls_is_said(tiny):
    tiny.edit("book/chapter.md", "random.seed(0)", "random.seed(0)\nassert random.random() > 2")
    build = tiny.run("build.py")
    assert build.returncode == 0 and "did not hold here: random.random() > 2" in build.stdout
    assert "One claim" not in tiny.page and "one claim of the text did not hold" in tiny.page
    assert "a repeatable number" in tiny.page


def broken(tiny, build, words):
    """A build in which a chapter broke off: its page and all others are there."""
    assert build.returncode == 1 and f"book/chapter broke off: {words}" in build.stdout
    assert "The book is there, with the faults named above: open" in build.stdout
    assert "It has" in (tiny.root / "_build/html/book/index.html").read_text()
    top, _, rest = tiny.page.partition("the answer is 1")
    assert "This page is not complete" in top and "a repeatable number: 0" not in rest
    recheck = tiny.run("recheck.py")
    assert recheck.returncode == 1 and f"broke off: {words}" in recheck.stdout
    return rest


def test_an_exception_spoils_its_own_page_only(tiny):
    tiny.edit("book/chapter.md", "random.seed(0)", "1 / 0")
    rest = broken(tiny, tiny.run("build.py"), "ZeroDivisionError: division by zero")
    assert "ZeroDivisionError" in rest
    again = tiny.run("build.py")
    assert again.returncode == 1 and "ZeroDivisionError" in again.stdout
    tiny.edit("book/chapter.md", "1 / 0", "random.seed(0)")
    assert tiny.run("build.py").returncode == 0
    assert "This page is not complete" not in tiny.page


def test_an_endless_chapter_is_stopped(tiny):
    tiny.edit("book/chapter.md", "random.seed(0)", "while True: pass")
    build = tiny.run("build.py", "--limit", "8")
    assert "the limit for a chapter" in broken(tiny, build, "stopped after 8 s")


def test_a_kernel_that_dies_spoils_its_own_page_only(tiny):
    tiny.edit("book/chapter.md", "random.seed(0)", "__import__('os')._exit(1)")
    assert "the kernel died" in broken(tiny, tiny.run("build.py"), "the kernel died")


def test_a_warning_on_the_page_is_caught(tiny):
    tiny.edit("book/chapter.md", "random.seed(0)", "__import__('warnings').warn('look')")
    build = tiny.run("build.py")
    assert build.returncode != 0 and "stderr" in build.stderr
    assert "a repeatable number" in tiny.page


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


def test_a_claim_that_needs_its_seed_falls_in_other_worlds(tiny):
    lucky = "import numpy\nassert numpy.random.default_rng(0).random() > 0.6"
    tiny.edit("book/chapter.md", "random.seed(0)", f"random.seed(0)\n{lucky}")
    record = tiny.root / "book" / "appendix" / "claims.json"
    other = tiny.run("worlds.py", "--shifts", "3", "4")
    assert other.returncode == 1 and not record.exists()
    tried = tiny.run("worlds.py")
    assert tried.returncode == 1 and "1 claims in 9 worlds" in tried.stdout
    worlds = json.loads(record.read_text())["book/chapter"]["worlds"]
    fell = {world["shift"]: [claim["claim"] for claim in world["fell"]] for world in worlds}
    assert fell[0] == [] and fell[202] == ["numpy.random.default_rng(0).random() > 0.6"]
    build = tiny.run("build.py")
    assert build.returncode == 0
    page = (tiny.root / "_build/derived/claims.md").read_text()
    assert "seeds + 202: `numpy.random.default_rng(0).random() > 0.6`" in page
    tiny.edit("book/chapter.md", "random() > 0.6", "random() < 1")
    mended = tiny.run("worlds.py")
    assert mended.returncode == 0 and "0 fell" in mended.stdout
    assert tiny.run("worlds.py").stdout == ""


def test_an_exception_in_another_world_is_a_fall(tiny):
    shift = "int(__import__('os').environ['MMLEARN_SEED_SHIFT'])"
    tiny.edit("book/chapter.md", "random.seed(0)", f"1 / ({shift} - 101)\nassert True")
    tried = tiny.run("worlds.py", "chapter")
    assert tried.returncode == 1 and "no exception, but ZeroDivisionError" in tried.stdout
    assert tried.stdout.count("seeds + 101") == 3 and "seeds + 0" not in tried.stdout


def test_an_unknown_chapter_is_refused(tiny):
    tried = tiny.run("worlds.py", "chaptre")
    assert tried.returncode == 1 and "There is no chapter chaptre" in tried.stderr
