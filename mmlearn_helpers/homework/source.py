"""The source of a homework: one MyST notebook with the solutions in it."""

from __future__ import annotations

import re

import nbformat

SOLUTION = re.compile(
    r"^(?P<indent>[ \t]*)# BEGIN SOLUTION\n(?P<body>.*?)^[ \t]*# END SOLUTION[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
ATTEMPT = "# your code here\n{indent}..."


def solutions(code: str) -> list[str]:
    """Give what stands between the marks of a cell.

    Parameters
    ----------
    code
        Source of a code cell.

    Returns
    -------
    list[str]
        One text for each solution.
    """
    return [match["body"] for match in SOLUTION.finditer(code)]


def without_solutions(code: str) -> str:
    """Put an empty attempt where each solution stands, and leave the rest as it is.

    Parameters
    ----------
    code
        Source of a code cell.

    Returns
    -------
    str
        What the student gets.
    """
    return SOLUTION.sub(
        lambda match: match["indent"] + ATTEMPT.format(indent=match["indent"]), code
    )


def graded_cells(notebook: nbformat.NotebookNode | dict) -> list[str]:
    """Give the code that the grader runs: all but the checks and the experiment.

    Parameters
    ----------
    notebook
        A source, or what a student handed in.

    Returns
    -------
    list[str]
        All code cells in their order, so that a number names the same cell as in the notebook;
        those that are not run are empty.
    """
    return [
        "" if {"check", "experiment"} & set(cell["metadata"].get("tags", [])) else cell["source"]
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]
