"""Claims stand in cells of their own, last in their cells elsewhere, and hold in every world."""

from __future__ import annotations

import ast
import builtins

import pytest
from chapters import ROOT, chapters, is_homework, read
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from reach import chapter_hash, code_cells, own_modules, read_record, sentence
from worlds import SHIFTS, worlds

CHAPTERS = chapters(ROOT)
TAUGHT = [name for name in CHAPTERS if name != "book/index" and not is_homework(name)]


def is_claims(cell) -> bool:
    return "claims" in cell.metadata.get("tags", [])


def bound(node) -> set[str]:
    """Names that a piece of code assigns, imports or defines."""
    names = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.add(part.id)
        elif isinstance(part, (ast.FunctionDef, ast.ClassDef)):
            names.add(part.name)
        elif isinstance(part, ast.alias):
            names.add((part.asname or part.name).split(".")[0])
    return names


def used(node) -> set[str]:
    """Names that a piece of code reads."""
    return {
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
    }


def asserts(node) -> bool:
    return any(isinstance(part, ast.Assert) for part in ast.walk(node))


def faults(notebook) -> list[str]:
    """Say what is wrong with the form of a chapter's claims, a line each."""
    found, known, private = [], set(dir(builtins)), set()
    for number, cell in enumerate(code_cells(notebook), start=1):
        tree = ast.parse(cell.source)
        where = f"code cell {number} ({cell.source.splitlines()[0]!r})"
        for part in ast.walk(tree):
            if isinstance(part, ast.FunctionDef) and asserts(part):
                found.append(f"{where} has an assert in the function {part.name}")
        late = used(tree) & private - bound(tree)
        if late:
            found.append(f"{where} uses {', '.join(sorted(late))}, made in a cell of claims")
        if is_claims(cell):
            if not asserts(tree):
                found.append(f"{where} is tagged claims and asserts nothing")
            if dict(cell.metadata) != {"tags": ["claims"]}:
                found.append(f"{where} has other options than the tag claims")
            if used(tree) & {"print", "display", "plt"}:
                found.append(f"{where} is tagged claims and shows something")
            private |= bound(tree) - known
            continue
        private -= bound(tree)
        known |= bound(tree)
        first = next((i for i, part in enumerate(tree.body) if asserts(part)), len(tree.body))
        for part in tree.body[first:]:
            if not asserts(part):
                found.append(f"{where}: {ast.unparse(part)[:60]!r} comes after an assert")
    return found


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_claims_stand_where_nothing_needs_them(chapter):
    assert faults(read(ROOT, chapter)) == []


@pytest.mark.parametrize("chapter", TAUGHT)
def test_experiments_have_cells_of_claims(chapter):
    assert sum(is_claims(cell) for cell in read(ROOT, chapter).cells) >= 2


PLANTED = {
    "comes after an assert": [("assert True\nx = 1", None)],
    "has an assert in the function f": [("def f():\n    assert True", None)],
    "uses mean, made in a cell of claims": [("mean = 1\nassert mean", ["claims"]), ("mean", None)],
    "asserts nothing": [("x = 1", ["claims"])],
    "shows something": [("print(1)\nassert True", ["claims"])],
    "other options": [("assert True", ["claims", "hide-input"])],
}


def planted(cells):
    return new_notebook(
        cells=[
            new_code_cell(source, metadata={"tags": tags} if tags else {}) for source, tags in cells
        ]
    )


@pytest.mark.parametrize("words", PLANTED)
def test_a_planted_fault_of_form_is_found(words):
    assert any(words in fault for fault in faults(planted(PLANTED[words])))


def test_a_sound_form_passes():
    cells = [("x = 1\nfor i in [x]:\n    assert i", None), ("y = x\nassert y", ["claims"])]
    assert faults(planted([*cells, ("y = 2\ny", None)])) == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_claim_was_tried_in_every_world_and_holds(chapter):
    record = read_record(ROOT).get(chapter)
    advice = f"run 'make worlds CHAPTERS={chapter.removeprefix('book/')}'"
    assert record, f"No world was tried; {advice}."
    assert record["hash"] == chapter_hash(ROOT, chapter), f"It has changed since; {advice}."
    tried = [
        {name: world[name] for name in ("instructions", "shift", "threads")}
        for world in record["worlds"]
    ]
    assert tried == worlds(SHIFTS) and len(tried) >= 9
    assert [claim for world in record["worlds"] for claim in world["fell"]] == []
    n_claims = sum(asserts(ast.parse(cell.source)) for cell in code_cells(read(ROOT, chapter)))
    assert all(world["claims"] >= n_claims for world in record["worlds"])


def test_the_page_shows_every_chapter_of_the_record(html):
    page = (html / "book/appendix/claims.html").read_text()
    for chapter in read_record(ROOT):
        assert f'href="../{chapter.removeprefix("book/")}.html"' in page
    assert "No claim fell." in page


def test_the_hash_sees_cells_and_modules_of_the_own_part(tmp_path):
    header = "---\nkernelspec:\n  name: python3\n  display_name: Python 3\n---\n\n"
    code = "```{code-cell} ipython3\nfrom mmlearn_helpers.part.one import f\n```\n"
    files = {
        "book/part/one.md": header + code,
        "mmlearn_helpers/part/__init__.py": "",
        "mmlearn_helpers/part/one.py": "from mmlearn_helpers.part import two\nimport numpy",
        "mmlearn_helpers/part/two.py": "",
        "mmlearn_helpers/part/three.py": "",
        "mmlearn_helpers/other.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert [path.stem for path in own_modules(tmp_path, "book/part/one")] == [
        "__init__",
        "one",
        "two",
    ]
    seen = {"before": chapter_hash(tmp_path, "book/part/one")}
    for name in files:
        old = (tmp_path / name).read_text()
        (tmp_path / name).write_text(old.replace("import f", "import g") + "\nx = 1\n")
        seen[name] = chapter_hash(tmp_path, "book/part/one")
        (tmp_path / name).write_text(old)
    changed = {name for name, hashed in seen.items() if hashed != seen["before"]}
    assert changed == {
        "book/part/one.md",
        "mmlearn_helpers/part/__init__.py",
        "mmlearn_helpers/part/one.py",
        "mmlearn_helpers/part/two.py",
    }


def test_the_hash_sees_neither_comments_nor_where_a_cell_ends(tmp_path):
    header = "---\nkernelspec:\n  name: python3\n  display_name: Python 3\n---\n\n"
    cell = "```{{code-cell}} ipython3\n{}\n```\n\n".format
    pages = {
        "together": cell("x = 1\nprint(x)"),
        "apart": cell("x = 1  # one") + "And then\n\n" + cell("print( x )"),
        "another": cell("x = 2\nprint(x)"),
    }
    (tmp_path / "book").mkdir()
    for name, text in pages.items():
        (tmp_path / "book" / f"{name}.md").write_text(header + text)
    together, apart, another = (chapter_hash(tmp_path, f"book/{name}") for name in pages)
    assert together == apart != another


def test_a_fallen_claim_is_named_with_its_sentence():
    text = "# A title\n\nIt is so. It is *always* so.\n\n$$\nx\n$$"
    notebook = planted([("x = 1", None), ("assert x", ["claims"])])
    notebook.cells.insert(1, new_markdown_cell(text))
    assert sentence(notebook, 2) == "It is *always* so."
