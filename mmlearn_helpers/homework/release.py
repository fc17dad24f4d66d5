"""Make the student's notebook out of a homework's source."""

from __future__ import annotations

from pathlib import Path

import jupytext
import nbformat

from mmlearn_helpers.files import check_path, whole_file
from mmlearn_helpers.homework.classes import load_homework
from mmlearn_helpers.homework.grading import Mark, grade_cells
from mmlearn_helpers.homework.questions import Example, Homework, draw_all
from mmlearn_helpers.homework.source import graded_cells, solutions, without_solutions

SEED = 1
TELLING = 15


def student_notebook(source: Path) -> nbformat.NotebookNode:
    """Take the solutions out of a homework, and leave the rest as it is.

    Parameters
    ----------
    source
        The MyST notebook with the solutions; its name is that of the homework.

    Returns
    -------
    nbformat.NotebookNode
        What students get.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If something of a solution would be left in it.
    """
    path = check_path("source", source)
    if not path.is_file():
        raise FileNotFoundError(f"There is no {path}; name the source of a homework.")
    notebook = jupytext.read(path)
    solved = [text for cell in notebook.cells for text in solutions(cell.source)]
    if not solved:
        raise ValueError(f"{path} has no '# BEGIN SOLUTION': there is nothing to take out.")
    for number, cell in enumerate(notebook.cells):
        cell.source = without_solutions(cell.source)
        cell.id = f"cell-{number}"
        tags = [tag for tag in cell.metadata.get("tags", []) if not tag.startswith("remove-")]
        cell.metadata = {"tags": tags} if tags else {}
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    kernel = notebook.metadata.get("kernelspec", {})
    notebook.metadata = {"kernelspec": kernel, "homework": path.stem}
    check_leaks(notebook, solved)
    return notebook


def check_leaks(notebook: nbformat.NotebookNode, solved: list[str]) -> None:
    """Demand that nothing of the solutions is left in a notebook.

    Parameters
    ----------
    notebook
        What students would get.
    solved
        The solutions.

    Raises
    ------
    ValueError
        If a mark of a solution is left, or a line of one that is long enough to tell something.
    """
    left = "\n".join(cell.source for cell in notebook.cells)
    if "SOLUTION" in left:
        raise ValueError(
            "A mark of a solution is left: each '# BEGIN SOLUTION' needs an '# END SOLUTION' on a "
            "line of its own."
        )
    shown = {line.strip() for line in left.splitlines()}
    for line in {line.strip() for text in solved for line in text.splitlines()}:
        if len(line) >= TELLING and line in shown:
            raise ValueError(
                f"This line of a solution stands in the student's notebook, too: {line!r}. Change "
                "it in one of the places."
            )


def release(source: Path, to: Path) -> list[Mark]:
    """Write the student's notebook, unless the homework has a fault.

    Parameters
    ----------
    source
        The MyST notebook with the solutions.
    to
        Where the notebook goes.

    Returns
    -------
    list[Mark]
        What the solution earned: all points.

    Raises
    ------
    FileNotFoundError
        If the source or the right answers are not there.
    ValueError
        If a solution would leak or does not earn all points, or the student's notebook earns any.
    """
    notebook = student_notebook(source)
    homework = load_homework(source.stem)
    examples = draw_all(homework, SEED)
    marks = _grade(jupytext.read(source), homework, examples)
    for mark in marks:
        if mark.points != mark.out_of:
            why = [finding.message for finding in mark.findings if finding.message]
            raise ValueError(
                f"The solution of {mark.question} earns {mark.points} of {mark.out_of} points "
                f"({mark.status}). {' '.join([mark.note, *why])}"
            )
    for mark in _grade(notebook, homework, examples):
        if mark.points:
            raise ValueError(f"Without any work {mark.question} earns {mark.points} points.")
    with whole_file(to) as file:
        file.write(nbformat.writes(notebook).encode())
    return marks


def _grade(
    notebook: nbformat.NotebookNode, homework: Homework, examples: dict[str, list[Example]]
) -> list[Mark]:
    """Grade code that can be trusted, and so without a sandbox."""
    marks, faults = grade_cells(graded_cells(notebook), homework, examples, sandbox=False)
    if faults:
        raise ValueError(f"The homework's own cells fail. {faults[0]}")
    return marks
