"""The gate can fail: faults planted in a throw-away copy of a tiny book must turn it red."""

from __future__ import annotations

import json
import shutil
import time

import psutil
import pytest
from jupyter_cache import get_cache
from reach import chapter_hash
from worlds import wanted

PAGE = "_build/html/book/chapter.html"


@pytest.fixture
def tiny(tmp_path, tiny_book):
    """A fresh copy."""
    return tiny_book(tmp_path)


@pytest.fixture(scope="module")
def sound(tmp_path_factory, tiny_book):
    """A copy that is built and has no fault."""
    book = tiny_book(tmp_path_factory.mktemp("sound"))
    assert book.run("build.py").returncode == 0
    return book


@pytest.fixture
def built(sound, tmp_path, tiny_book):
    """A fresh copy of that, to be spoilt."""
    shutil.copytree(sound.root, tmp_path, dirs_exist_ok=True)
    return tiny_book(tmp_path, fresh=False)


def test_a_sound_book_passes(built):
    assert "the answer is 1" in built.page
    recheck = built.run("recheck.py")
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
assert ANSWER == 3
"""


@pytest.fixture(scope="module")
def fallen(tmp_path_factory, tiny_book):
    """A copy in which three claims do not hold, and what its build said."""
    book = tiny_book(tmp_path_factory.mktemp("fallen"))
    book.edit("book/chapter.md", "```{code-cell} ipython3\nimport random\n", CLAIMS)
    return book, book.run("build.py")


def test_a_claim_that_falls_stops_nothing_and_is_said(fallen):
    book, build = fallen
    assert build.returncode == 0
    *_, first, second, third, last = build.stdout.splitlines()
    assert first == "book/chapter: this claim did not hold here: ANSWER == 2"
    assert second == "book/chapter: this claim did not hold here: ANSWER < 0"
    assert third == "book/chapter: this claim did not hold here: ANSWER == 3"
    assert last.startswith("The book is ready: open file:")
    said = "This claim did not hold here"
    top, _, rest = book.page.partition("the answer is 1")
    assert "3 claims of the text did not hold" in top and "claim-fell" not in top
    assert rest.count(f'admonition-title">{said}') == 3
    assert "Python 3." in rest and "numpy " in rest and "The claims of the text, checked" in rest
    assert rest.index(said) < rest.index("a repeatable number")


def test_a_claim_that_fell_is_said_again_and_is_red(fallen):
    book, _ = fallen
    again = book.run("build.py")
    assert again.returncode == 0 and "did not hold here: ANSWER == 2" in again.stdout
    recheck = book.run("recheck.py")
    assert recheck.returncode == 1 and "did not hold here: ANSWER == 2" in recheck.stdout


BREAKS = {  # what stands in the place of the seed, what the build says, what the page says
    "raises": ("1 / 0", "ZeroDivisionError: division by zero", "ZeroDivisionError"),
    "endless": ("while True: pass", "stopped after 12 s", "the limit for a chapter"),
    "dies": ("__import__('os')._exit(1)", "the kernel died", "the kernel died"),
}


@pytest.fixture(scope="module")
def broken(tmp_path_factory, tiny_book):
    """A copy with three more chapters that break off, and what its build said."""
    book = tiny_book(tmp_path_factory.mktemp("broken"))
    source = (book.root / "book/chapter.md").read_text().replace("$$ (sum)", "$$")
    for name, (code, _, _) in BREAKS.items():
        (book.root / f"book/{name}.md").write_text(source.replace("random.seed(0)", code))
        book.edit(
            "_toc.yml",
            "  - file: book/chapter\n",
            f"  - file: book/chapter\n  - file: book/{name}\n",
        )
    return book, book.run("build.py", "--limit", "12")


@pytest.mark.parametrize("name", BREAKS)
def test_a_chapter_that_breaks_off_spoils_its_own_page_only(broken, name):
    book, build = broken
    _, said, shown = BREAKS[name]
    assert build.returncode == 1 and f"book/{name} broke off: {said}" in build.stdout
    assert "The book is there, with the faults named above: open" in build.stdout
    assert "a repeatable number: 0" in book.page and "not complete" not in book.page
    page = (book.root / f"_build/html/book/{name}.html").read_text()
    top, _, rest = page.partition("the answer is 1")
    assert "This page is not complete" in top
    assert shown in rest and "a repeatable number: 0" not in rest


def test_a_chapter_that_broke_off_is_red_and_runs_again(broken):
    book, _ = broken
    recheck = book.run("recheck.py")
    assert recheck.returncode == 1 and "book/endless broke off" in recheck.stdout
    for name, (code, _, _) in BREAKS.items():
        if name != "raises":
            book.edit(f"book/{name}.md", code, "random.seed(0)")
    again = book.run("build.py")
    assert again.returncode == 1
    assert "raises broke off" in again.stdout and "dies broke off" not in again.stdout
    page = (book.root / "_build/html/book/dies.html").read_text()
    assert "not complete" not in page and "a repeatable number: 0" in page


def test_a_warning_on_the_page_is_caught(tiny):
    tiny.edit("book/chapter.md", "random.seed(0)", "__import__('warnings').warn('look')")
    build = tiny.run("build.py")
    assert build.returncode != 0 and "stderr" in build.stderr
    assert "a repeatable number" in tiny.page


def test_a_stale_reference_is_caught(built):
    cache = get_cache(built.root / "_build" / ".jupyter_cache")
    (record,) = cache.list_cache_records()
    stored = cache.path / "executed" / record.hashkey / "base.ipynb"
    stored.write_text(stored.read_text().replace("the answer is 1", "the answer is 7"))
    recheck = built.run("recheck.py")
    assert recheck.returncode != 0 and "1 failed" in recheck.stdout


def test_a_missing_reference_is_caught(built):
    get_cache(built.root / "_build" / ".jupyter_cache").clear_cache()
    recheck = built.run("recheck.py")
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


def test_a_broken_cross_reference_is_caught(built):
    built.edit("book/index.md", "{eq}`sum`", "{eq}`product`")
    build = built.run("build.py")
    assert build.returncode != 0 and "equation not found: product" in build.stderr
    assert built.run("build.py").returncode != 0  # not taken for finished


def test_a_broken_link_to_a_page_is_caught(tiny):
    tiny.edit("book/index.md", "{doc}`chapter`", "{doc}`chapters`")
    build = tiny.run("build.py")
    assert build.returncode != 0 and "chapters" in build.stderr


def test_markup_without_a_plain_counterpart_is_caught(tiny):
    tiny.edit("book/chapter.md", "# A chapter", "# A chapter\n\n{sub}`below`")
    build = tiny.run("build.py")
    assert build.returncode != 0 and "{sub}`below`" in build.stderr


def test_a_changed_helper_is_never_shown_with_an_old_output(built):
    built.edit("mmlearn_helpers/__init__.py", "ANSWER = 1", "ANSWER = 2")
    assert built.run("build.py").returncode == 0
    assert "the answer is 2" in built.page and "the answer is 1" not in built.page


def test_nothing_runs_twice(built):
    before = (built.root / PAGE).stat().st_mtime_ns
    again = built.run("build.py")
    assert again.returncode == 0 and "The book is ready" in again.stdout
    assert (built.root / PAGE).stat().st_mtime_ns == before


LUCKY = "numpy.random.default_rng(0).random() > 0.6"


@pytest.fixture(scope="module")
def tried(tmp_path_factory, tiny_book):
    """A copy with a claim that needs its seed and an exception elsewhere, tried in all worlds."""
    book = tiny_book(tmp_path_factory.mktemp("worlds"))
    shift = "int(__import__('os').environ['MMLEARN_SEED_SHIFT'])"
    book.edit("book/chapter.md", "random.seed(0)", f"1 / ({shift} - 101)\nassert True")
    book.edit(
        "book/chapter.md", 'print("the answer', f'import numpy\nassert {LUCKY}\nprint("the answer'
    )
    return book, book.run("worlds.py")


def test_what_needs_its_seed_falls_in_other_worlds(tried):
    book, run = tried
    assert run.returncode == 1 and "2 claims in 9 worlds" in run.stdout
    assert run.stdout.count("no exception, but ZeroDivisionError") == 3
    record = json.loads((book.root / "book/appendix/claims.json").read_text())["book/chapter"]
    fell = {w["shift"]: [claim["claim"] for claim in w["fell"]] for w in record["worlds"]}
    assert fell[0] == [] and fell[202] == [LUCKY] and "ZeroDivision" in fell[101][-1]
    assert record["hash"] == chapter_hash(book.root, "book/chapter")


def test_the_page_names_what_fell(tried):
    book, _ = tried
    book.run("build.py")
    page = (book.root / "_build/derived/claims.md").read_text()
    assert f"seeds + 202: `{LUCKY}`" in page and "| 2 | 9: SSE4, AVX2" in page


def test_what_fell_or_changed_is_tried_again(tried):
    book, _ = tried
    path = book.root / "book/appendix/claims.json"
    record = json.loads(path.read_text())
    assert wanted(book.root, []) == ["book/chapter"]
    for world in record["book/chapter"]["worlds"]:
        world["fell"] = []
    path.write_text(json.dumps(record))
    assert wanted(book.root, []) == []
    assert wanted(book.root, ["chapter"]) == ["book/chapter"]
    book.edit("book/chapter.md", "assert True", "assert 1")
    assert wanted(book.root, []) == ["book/chapter"]


def test_shifts_of_ones_own_leave_no_record(built):
    run = built.run("worlds.py", "--shifts", "5")
    assert run.returncode == 0 and "0 claims in 3 worlds, 0 fell" in run.stdout
    assert not (built.root / "book/appendix/claims.json").exists()


def test_an_unknown_chapter_is_refused(built):
    with pytest.raises(SystemExit, match="There is no chapter chaptre"):
        wanted(built.root, ["chaptre"])


@pytest.mark.parametrize("tool", ["worlds.py", "build.py"])
def test_nothing_runs_on_after_the_tool_was_killed(tiny, tool):
    begun = tiny.root / "begun"
    tiny.edit("book/chapter.md", "random.seed(0)", f"open({str(begun)!r}, 'w')\nwhile True: pass")
    process = tiny.start(tool)
    for _ in range(600):
        if begun.exists():
            break
        time.sleep(0.1)
    started = psutil.Process(process.pid).children(recursive=True)
    assert len(started) > 2
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(started, timeout=20)
    for child in alive:
        child.kill()
    assert alive == []
