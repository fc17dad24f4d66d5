"""A homework is released only if nothing leaks, and its solution, and it alone, earns points."""

from __future__ import annotations

import nbformat
import pytest
from chapters import ROOT
from keeper import CENTRE, HOMEWORK, LOG_SUM_EXP

from mmlearn_helpers.homework import release
from mmlearn_helpers.homework.examples import homeworks
from mmlearn_helpers.homework.source import graded_cells, solutions, without_solutions

HEAD = """---
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# A homework

It has **words**, too.
"""


def cell(code, tags=""):
    return f"\n```{{code-cell}} ipython3\n{tags}{code.strip()}\n```\n"


PARTS = [HEAD, cell("import torch"), cell(CENTRE), cell(LOG_SUM_EXP)]
PARTS += [cell('check("tiny.q1", centre)', ":tags: [check, remove-output]\n\n")]
PARTS += [cell("raise ValueError", ":tags: [experiment]\n\n")]
SOURCE = "".join(PARTS)


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.setattr(release, "load_homework", lambda name: HOMEWORK)

    def write(text):
        (tmp_path / "tiny.md").write_text(text)
        return tmp_path / "tiny.md"

    return write


@pytest.mark.parametrize("name", homeworks())
def test_every_homework_of_the_book_can_be_released(name, tmp_path):
    marks = release.release(ROOT / f"book/homework/{name}.md", tmp_path / f"{name}.ipynb")
    assert [mark.points for mark in marks] == [mark.out_of for mark in marks]


def test_solutions_are_gone_and_nothing_else_has_changed(write, tmp_path):
    marks = release.release(write(SOURCE), tmp_path / "out" / "tiny.ipynb")
    assert [(mark.points, mark.out_of) for mark in marks] == [(4, 4), (5, 5)]
    notebook = nbformat.read(tmp_path / "out" / "tiny.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.homework == "tiny"
    assert "It has **words**, too." in notebook.cells[0].source
    centre = next(cell.source for cell in notebook.cells if "def centre" in cell.source)
    assert (
        centre == CENTRE[: CENTRE.index("    # BEGIN")].strip() + "\n    # your code here\n    ..."
    )
    tags = [cell.metadata.get("tags") for cell in notebook.cells if cell.cell_type == "code"]
    assert tags == [None, None, None, ["check"], ["experiment"]]
    assert [bool(code) for code in graded_cells(notebook)] == [True] * 3 + [False] * 2


LEAKS = {
    "a line in the text": (
        "It has **words**, too.",
        "    mean_of_features = x.mean(dim=0)",
        "stands in the student's notebook",
    ),
    "a line in another cell": (
        "import torch",
        "import torch\n# x = 1\ntotal = torch.exp(x - largest).sum(dim=-1)",
        "stands in the student's notebook",
    ),
    "no end": ("    # END SOLUTION\n", "", "mark of a solution is left"),
    "no beginning": ("    # BEGIN SOLUTION\n", "", "mark of a solution is left"),
    "an end in the text": ("too.", "too. END SOLUTION", "mark of a solution is left"),
}


@pytest.mark.parametrize(("old", "new", "words"), LEAKS.values(), ids=LEAKS)
def test_a_leak_stops_the_release(write, tmp_path, old, new, words):
    with pytest.raises(ValueError, match=words):
        release.release(write(SOURCE.replace(old, new, 1)), tmp_path / "tiny.ipynb")
    assert not (tmp_path / "tiny.ipynb").exists()


FAULTS = {
    "wrong solution": ("x - largest", "x", "The solution of q2 earns 0 of 5"),
    "missing function": ("def centre", "def center", "Is center meant"),
    "a cell that fails": ("import torch", "import torch\n1 / 0", "own cells fail. Code cell 1"),
    "a stub that earns points": (
        "def log_sum_exp(x):",
        "def log_sum_exp(x): return torch.logsumexp(x, -1)\ndef unused(x):",
        "Without any work q2 earns 5 points",
    ),
}


@pytest.mark.parametrize(("old", "new", "words"), FAULTS.values(), ids=FAULTS)
def test_a_homework_with_a_fault_is_not_released(write, tmp_path, old, new, words):
    with pytest.raises(ValueError, match=words):
        release.release(write(SOURCE.replace(old, new, 1)), tmp_path / "tiny.ipynb")
    assert not (tmp_path / "tiny.ipynb").exists()


def test_a_source_must_be_there_and_have_solutions(write, tmp_path):
    with pytest.raises(FileNotFoundError, match="name the source"):
        release.student_notebook(tmp_path / "nothing.md")
    with pytest.raises(ValueError, match="there is nothing to take out"):
        release.student_notebook(write(HEAD))


def test_each_solution_of_a_cell_is_taken_out_at_its_own_depth():
    code = (
        "a = 1\n# BEGIN SOLUTION\nb = 2\n# END SOLUTION\nif a:\n    # BEGIN SOLUTION\n    c = 3\n"
    )
    code += "    # END SOLUTION   \nd = 4"
    assert solutions(code) == ["b = 2\n", "    c = 3\n"]
    assert without_solutions(code) == (
        "a = 1\n# your code here\n...\nif a:\n    # your code here\n    ...\nd = 4"
    )
