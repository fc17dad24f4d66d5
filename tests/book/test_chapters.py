"""What every chapter has, and what a course that grows must not lose."""

from __future__ import annotations

import re

import pytest
from chapters import ROOT, chapters, is_homework, pages, read
from notebooks import without_solutions

import mmlearn_helpers
from mmlearn_helpers import live

SOURCES = {chapter: (ROOT / f"{chapter}.md").read_text() for chapter in chapters(ROOT)}
TAUGHT = [name for name in SOURCES if name != "book/index" and not is_homework(name)]
GLOSSARY = (ROOT / "book/appendix/glossary.md").read_text()
TERMS = re.findall(r"^(\w[^\n]*)\n  \S", GLOSSARY, re.MULTILINE)
# They introduce no model of the package.
JUDGED = {
    "book/variational/elbo",
    "book/variational/evaluation",
    "book/multimodal/representations",
}
HEADINGS = [
    "The idea",
    "The mathematics",
    "From scratch",
    "The experiment",
    "What goes wrong",
    "Quiz",
    "Exercises",
    "What the notes said",
    "References and where to go next",
]


@pytest.mark.parametrize(
    "chapter", [name for name in TAUGHT if "/start/" not in name and name not in JUDGED]
)
def test_a_chapter_its_module_and_its_tests_share_a_name(chapter):
    name = chapter.removeprefix("book/")
    part, _, idea = name.rpartition("/")
    assert (ROOT / "mmlearn_helpers" / f"{name}.py").exists()
    assert (ROOT / "tests" / part / f"test_{idea}.py").exists()


@pytest.mark.parametrize("chapter", TAUGHT)
def test_a_chapter_has_every_section_in_order(chapter):
    found = re.findall(r"^## (.+)$", SOURCES[chapter], re.MULTILINE)
    assert [heading for heading in found if heading in HEADINGS] == HEADINGS


@pytest.mark.parametrize("chapter", TAUGHT)
def test_every_exercise_has_a_solution_and_every_question_an_answer(chapter):
    source = SOURCES[chapter]
    labels = re.findall(r"^:label: (ex-\S+)$", source, re.MULTILINE)
    assert labels == re.findall(r"\{solution-start\} (ex-\S+)$", source, re.MULTILINE)
    assert 3 <= len(labels) <= 5
    quiz = source[source.index("## Quiz") : source.index("## Exercises")]
    questions = re.findall(r"^\d\. \*", quiz, re.MULTILINE)
    assert 2 <= len(questions) <= 4
    assert len(questions) == quiz.count(":::{dropdown} Answer")


@pytest.mark.parametrize("chapter", SOURCES)
def test_every_figure_has_caption_and_alt_text(chapter):
    for cell in read(ROOT, chapter).cells:
        about = cell.metadata.get("mystnb", {})
        if any(f"{name}(" in cell.source for name in live.__all__):
            assert about["figure"]["caption"].endswith(".") and "image" not in about
            assert re.search(r"label=\(?\s*\"", cell.source)  # is its alternative text
            continue
        assert ("figure" in about) == ("image" in about)
        if about:
            assert about["figure"]["caption"].endswith(".") and about["image"]["alt"].endswith(".")


@pytest.mark.parametrize("chapter", TAUGHT)
def test_claims_are_asserted(chapter):
    code = [cell.source for cell in read(ROOT, chapter).cells if cell.cell_type == "code"]
    assert sum("assert " in source for source in code) >= 5


@pytest.mark.parametrize("chapter", TAUGHT)
def test_the_first_use_of_a_term_links_to_the_glossary(chapter):
    cells = (cell for _, cell in without_solutions(read(ROOT, chapter).cells) if cell)
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    prose = re.sub(r"^#.*$|```.*?```|`{3,}|\$\$.*?\$\$|\$.*?\$", "", prose, flags=re.M | re.S)
    linked = re.compile(r"\{term\}`(?:[^`<]*<)?([^`>]+)>?`")
    for term in TERMS:
        first = re.search(rf"(?<![\w-]){re.escape(term)}(?![\w-])", prose, re.IGNORECASE)
        if first is None:
            continue
        spans = [m for m in linked.finditer(prose) if m[1].lower() == term.lower()]
        longer = [other for other in TERMS if term in other and term != other]
        inside = [m for m in linked.finditer(prose) if m[1].lower() in longer]
        before = [m for m in spans + inside if m.start() <= first.start()]
        context = prose[first.start() - 40 : first.end() + 20]
        assert before, f"{term!r} is used before it is linked: …{context!r}"


@pytest.mark.parametrize("chapter", TAUGHT)
def test_no_sentence_promises_a_chapter_that_is_not_there(chapter):
    promises = r"a later chapter|chapter of its own|chapters of their own|a coming chapter"
    assert re.findall(promises, SOURCES[chapter], re.IGNORECASE) == []


@pytest.mark.parametrize("chapter", TAUGHT)
def test_one_symbol_has_one_meaning(chapter):
    notation = (ROOT / "book/start/notation.md").read_text()
    rows = re.findall(r"^\|.*\| (`[^|]*`) \|$", notation[notation.index("## One symbol") :], re.M)
    others = [other for row in rows for other in re.findall(r"`([^`]+)`", row)]
    assert len(rows) == 6
    assert [other for other in others if other in SOURCES[chapter]] == []


@pytest.mark.parametrize("chapter", TAUGHT)
def test_the_notes_are_introduced_before_they_are_used(chapter):
    prose = "\n\n".join(
        cell.source for cell in read(ROOT, chapter).cells if cell.cell_type == "markdown"
    )
    prose = prose[: prose.index("## What the notes said")]
    paragraphs = prose.split("\n\n")
    mention = r"\b[Tt]he (?:study )?notes\b|\bclaim \d\.\d"
    first = next((i for i, text in enumerate(paragraphs) if re.search(mention, text)), None)
    if first is not None:
        before = "".join(paragraphs[: first + 1])
        assert re.search(r"appendix/notes|course gr[eo]w", before), paragraphs[first]


def visible_lines(chapter):
    """Lines of code, cell by cell, of what is neither folded nor a solution."""
    return [
        len([line for line in cell.source.splitlines() if line.strip()])
        for part, cell in without_solutions(read(ROOT, chapter).cells)
        if part == "cell"
        and cell.cell_type == "code"
        and not {"claims", "hide-input"} & set(cell.metadata.get("tags", []))
    ]


@pytest.mark.parametrize("chapter", TAUGHT)
def test_a_page_shows_the_idea_and_folds_the_rest(chapter):
    lines = visible_lines(chapter)
    assert sum(lines) <= 150 and max(lines) <= 15


def test_every_page_of_the_book_is_in_the_contents():
    files = {str(path.relative_to(ROOT).with_suffix("")) for path in ROOT.glob("book/**/*.md")}
    assert files == set(pages(ROOT))


def test_the_map_marks_the_chapters_that_exist():
    written = re.search(r"^written = \((.*?)^\)", SOURCES["book/index"], re.MULTILINE | re.DOTALL)[
        1
    ]
    chapters = "".join(re.findall(r'"(.*)"', written))
    assert len(set(chapters.split(", "))) == len(TAUGHT)


def test_every_public_module_is_in_the_reference(html):
    page = (html / "book/appendix/api.html").read_text()
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): "answers" not in path.parts
        for path in (ROOT / "mmlearn_helpers").rglob("*.py")
        if path.name != "__init__.py"
    }
    shown = {name for name in modules if f'id="module-{name}"' in page}
    assert shown == {name for name, public in modules.items() if public}
    assert not [name for name, public in modules.items() if name in page and not public]


def test_pages_show_the_version(html):
    assert f"Version {mmlearn_helpers.__version__}" in (html / "book/index.html").read_text()


def test_run_times_are_published(html):
    page = (html / "book/appendix/timings.html").read_text()
    table = page[page.index("<tbody>") : page.index("</tbody>")]
    times = dict(re.findall(r">(book/[\w/]+)<.*?<p>([\d.]+)</p>", table, re.DOTALL))
    assert set(times) == set(SOURCES)
