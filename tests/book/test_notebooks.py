"""The notebooks that readers download: plain, without solutions, and they run elsewhere."""

from __future__ import annotations

import json
import os
import re

import jupytext
import nbformat
import pytest
from chapters import ROOT, chapters, is_homework, read
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from notebooks import NEEDS_PACKAGE, YOUR_ATTEMPT, Converter, UnknownMarkupError, without_solutions
from recheck import install_package

CHAPTERS = chapters(ROOT)


@pytest.fixture(params=CHAPTERS)
def notebook(request, html):
    """Each downloadable notebook, as it lies among the pages."""
    return nbformat.read(html / "_sources" / f"{request.param}.ipynb", as_version=4)


@pytest.fixture(scope="module")
def wheel_folder(tmp_path_factory, html):
    """A folder that holds the package as readers get it: unpacked from the book's own wheel."""
    (wheel,) = html.glob("_downloads/**/*.whl")
    folder = tmp_path_factory.mktemp("package")
    install_package(wheel, folder)
    return folder


def run(notebook, folder, python_path):
    os.environ["PYTHONPATH"] = str(python_path)
    try:
        NotebookClient(
            notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": folder}}
        ).execute()
    finally:
        del os.environ["PYTHONPATH"]


@pytest.mark.parametrize("page", [name for name in CHAPTERS if is_homework(name)])
def test_a_students_notebook_runs_outside_the_checkout(page, html, wheel_folder, tmp_path):
    """The other notebooks have run like this when their outputs were compared with the pages."""
    notebook = nbformat.read(html / "_sources" / f"{page}.ipynb", as_version=4)
    asks = "import mmlearn_helpers\nprint(mmlearn_helpers.__file__)"
    notebook.cells.append(nbformat.v4.new_code_cell(asks))
    run(notebook, tmp_path, wheel_folder)
    assert notebook.cells[-1].outputs[0].text.startswith(str(wheel_folder))


def test_the_package_brings_the_scripts_of_its_figures(wheel_folder):
    folder = "mmlearn_helpers/live"
    ours = {path.name for path in (ROOT / folder).iterdir() if path.is_file()}
    assert {"figure.css", "latent_pad.js", "start.js"} <= ours
    assert {path.name for path in (wheel_folder / folder).iterdir() if path.is_file()} == ours


def test_every_notebook_begins_by_looking_for_the_package(notebook):
    assert notebook.cells[0].source == NEEDS_PACKAGE


def test_its_claims_let_run_all_go_on(notebook):
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        assert ("raises-exception" in tags) == ("claims" in tags)


def test_it_says_how_to_get_the_package(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['mmlearn_helpers'] = None")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(NEEDS_PACKAGE)])
    with pytest.raises(CellExecutionError, match=r"Using this book.*%pip install"):
        run(notebook, tmp_path, tmp_path)


def test_it_has_no_outputs(notebook):
    assert all(not cell.get("outputs") for cell in notebook.cells)


def test_it_is_valid_and_without_marks_of_the_build(notebook):
    nbformat.validate(notebook)
    assert str(ROOT) not in json.dumps(notebook)


def test_it_is_plain_markdown(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            prose = re.sub(r"```.*?```|\$\$.*?\$\$|\$.*?\$", "", cell.source, flags=re.DOTALL)
            assert not re.search(r"\{[\w:-]+\}`|^:{3,}|^\([\w-]+\)=", prose, re.MULTILINE)


def test_it_has_no_solutions(notebook):
    text = json.dumps(notebook)
    assert "solution-start" not in text and "solution-end" not in text


@pytest.mark.parametrize("chapter", [name for name in CHAPTERS if not is_homework(name)])
def test_every_code_cell_but_the_solutions_is_there(chapter, html):
    derived = nbformat.read(html / "_sources" / f"{chapter}.ipynb", as_version=4)
    code = [cell.source for cell in derived.cells[1:] if cell.cell_type == "code"]
    source = (ROOT / f"{chapter}.md").read_text()
    assert code.count(YOUR_ATTEMPT) == source.count("{solution-start}")
    assert [cell for cell in code if cell != YOUR_ATTEMPT] == [
        cell.source
        for part, cell in without_solutions(read(ROOT, chapter).cells)
        if part == "cell" and cell.cell_type == "code"
    ]


HEADER = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

"""


def converted(tmp_path, text: str) -> str:
    (tmp_path / "book").mkdir(exist_ok=True)
    (tmp_path / "book" / "references.bib").write_text(
        "@book{a, author={Alpha, A. and Beta, B.}, title={Letters}, year={2001}, publisher={P}}"
    )
    (tmp_path / "book" / "page.md").write_text(HEADER + text)
    (tmp_path / "book" / "other.md").write_text("# Another page\n")
    cells = Converter(tmp_path, "book/page").convert().cells
    return "\n".join(cell.source for cell in cells[1:])


@pytest.mark.parametrize(
    ("myst", "plain"),
    [
        ("a {term}`code` here", "a code here"),
        ("a {term}`dead <dead unit>` unit", "a dead unit"),
        ("see {doc}`other`", "see *Another page*"),
        ("see {doc}`this <other>`", "see *this*"),
        ("by {cite:t}`a`", "by Alpha and Beta (2001)"),
        ("known {cite:p}`a`", "known (Alpha and Beta, 2001)"),
        ("$$\nx\n$$ (e)\n\nin {eq}`e`", "$$\nx\n\\tag{1}\n$$\n\nin (1)"),
        (":::{note}\nmind\n:::", "> **Note**\n>\n> mind"),
        (":::{dropdown} Why\n{term}`x`\n:::", "<summary>Why</summary>\n\nx\n"),
        ("```{exercise} Try\n:label: ex\n\ndo\n```", "**Exercise 1. Try**"),
        ("(there)=\n## Head", "## Head"),
        ("```python\n{term}`x`\n```", "```python\n{term}`x`\n```"),
    ],
)
def test_markup_becomes_plain(tmp_path, myst, plain):
    assert plain in converted(tmp_path, myst)


def test_what_is_cited_is_listed(tmp_path):
    assert "Letters" in converted(tmp_path, "by {cite:t}`a`")


MODULE = '''\
import functools


class Model:
    """A model."""

    @functools.cache
    def loss(self, x):
        """Give nothing."""
        if x:

            return {
                "loss": 0,
            }

    class Inner:
        def loss(self):
            return 1


def loss():
    return 2
'''


def quoted(tmp_path, name):
    (tmp_path / "module.py").write_text(MODULE)
    return converted(tmp_path, f"```{{literalinclude}} ../module.py\n:pyobject: {name}\n```")


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("loss", "def loss():", "    return 2"),
        ("Model", "class Model:", "            return 1"),
        ("Model.loss", "@functools.cache\ndef loss(self, x):", "        }"),
        ("Model.Inner.loss", "def loss(self):", "    return 1"),
    ],
)
def test_an_object_of_a_module_is_quoted_without_its_indentation(tmp_path, name, start, end):
    text = quoted(tmp_path, name)
    assert text.startswith(f"```python\n{start}")
    assert text.endswith(f"\n{end}\n```")
    compile(text.removeprefix("```python\n").removesuffix("```"), "quoted", "exec")


def test_a_quoted_method_keeps_its_own_indentation_and_empty_lines(tmp_path):
    assert '    if x:\n\n        return {\n            "loss": 0,\n' in quoted(
        tmp_path, "Model.loss"
    )


@pytest.mark.parametrize("name", ["Model.lss", "nothing", "Model.loss.x"])
def test_an_object_that_is_not_there_is_refused(tmp_path, name):
    with pytest.raises(UnknownMarkupError, match=rf"{name} of \.\./module\.py, where no such"):
        quoted(tmp_path, name)


def included(tmp_path, path, text="| A |\n| --- |\n| {term}`x` by {cite:t}`a` |\n\nAfter.\n"):
    file = tmp_path / "_build" / "derived" / "table.md"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return converted(tmp_path, f"before\n\n```{{include}} {path}\n```\n\nbehind")


def test_a_derived_file_is_included_and_made_plain(tmp_path):
    text = included(tmp_path, "../_build/derived/table.md")
    assert "before\n\n| A |\n| --- |\n| x by Alpha and Beta (2001) |\n\nAfter.\n\nbehind" in text
    assert "Letters" in text


@pytest.mark.parametrize("path", ["other.md", "../_build/table.md", "../_build/derived/../x.md"])
def test_no_other_file_is_included(tmp_path, path):
    with pytest.raises(UnknownMarkupError, match="outside _build/derived"):
        included(tmp_path, path)


def test_unknown_markup_in_an_included_file_is_refused(tmp_path):
    with pytest.raises(UnknownMarkupError, match="sub"):
        included(tmp_path, "../_build/derived/table.md", "{sub}`x`")


@pytest.mark.parametrize("myst", ["{sub}`x`", "```{tabs}\nx\n```", "{ref}`there`"])
def test_unknown_markup_is_refused(tmp_path, myst):
    with pytest.raises(UnknownMarkupError):
        converted(tmp_path, myst)


def test_an_unclosed_block_is_refused(tmp_path):
    with pytest.raises(UnknownMarkupError, match="never closed"):
        converted(tmp_path, ":::{note}\nmind")


def test_solutions_leave_room_for_an_attempt():
    text = (
        "before\n\n````{solution-start} ex\n:class: dropdown\n````\n\nhint\n\n"
        "```{code-cell} ipython3\nsecret\n```\n\n````{solution-end}\n````\n\nafter\n"
    )
    parts = list(without_solutions(jupytext.reads(HEADER + text).cells))
    assert [part for part, _ in parts] == ["cell", "attempt", "cell"]
    assert "before" in parts[0][1].source and "after" in parts[2][1].source
