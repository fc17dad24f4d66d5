"""A small homework, its solution, and what it takes to hand in something else."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import numpy as np
import psutil
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from mmlearn_helpers.homework.grading import Graded, grade_submission
from mmlearn_helpers.homework.questions import Homework, Property, Question, draw_all
from mmlearn_helpers.homework.submissions import Submission

SEED = 7
MARK = "zoo-of-submissions"
FULL = {"q1": 4, "q2": 5}
CENTRE = '''
def centre(x):
    """Take the mean of each feature away: (N, D) to (N, D)."""
    # BEGIN SOLUTION
    mean_of_features = x.mean(dim=0)
    return x - mean_of_features
    # END SOLUTION
'''
LOG_SUM_EXP = '''
def log_sum_exp(x):
    """Logarithm of the sum of exponentials over the last axis: (N, D) to (N,)."""
    # BEGIN SOLUTION
    largest = x.max(dim=-1, keepdim=True).values
    total = torch.exp(x - largest).sum(dim=-1)
    return torch.log(total) + largest.squeeze(-1)
    # END SOLUTION
'''
SOLUTION = ("import torch", CENTRE, LOG_SUM_EXP)
SENTENCES = "**Your three sentences:** they say <b>what</b> the figure shows."


def log_sum_exp(x: np.ndarray, axis: int = -1) -> np.ndarray:
    return np.logaddexp.reduce(x, axis=axis)


def numbers(*size: int, scale: float = 1.0, shift: float = 0.0) -> object:
    def draw(rng: np.random.Generator) -> tuple[np.ndarray]:
        return (rng.normal(size=size) * scale + shift,)

    return draw


HOMEWORK = Homework(
    questions={
        "q1": Question(
            "centre",
            lambda x: x - x.mean(0),
            {
                "The mean belongs over the examples, the first axis.": lambda x: (
                    x - x.mean(1, keepdims=True)
                ),
                "One mean was taken of all numbers.": lambda x: x - x.mean(),
                "The columns were standardised, too.": lambda x: (x - x.mean(0)) / x.std(0, ddof=1),
            },
            (
                Property("agrees with the definition", 2, numbers(6, 4)),
                Property("centres what is far from zero", 1, numbers(5, 3, shift=50)),
                Property("takes a single feature", 1, numbers(8, 1, shift=3), hidden=True),
            ),
        ),
        "q2": Question(
            "log_sum_exp",
            log_sum_exp,
            {
                "The sum belongs over the last axis.": lambda x: log_sum_exp(x, 0),
                "This is the logarithm of a mean.": lambda x: log_sum_exp(x) - np.log(x.shape[-1]),
                "The largest number was not added again.": lambda x: log_sum_exp(x) - x.max(-1),
                "exp overflows: take the largest number away first.": lambda x: np.where(
                    np.isfinite(np.exp(x.astype(np.float32)).sum(-1)), log_sum_exp(x), np.inf
                ),
            },
            (
                Property("agrees with the definition", 2, numbers(5, 4)),
                Property("does not overflow", 2, numbers(5, 4, scale=9, shift=500)),
                Property("takes one column", 1, numbers(7, 1), hidden=True),
            ),
        ),
    },
    experiment="q3",
    rubric={"The axes are labelled": 2, "Three sentences": 3},
)


EXAMPLES = draw_all(HOMEWORK, SEED)


def notebook(*cells: str, homework: str | None = "hw1") -> str:
    """Put code into a student's notebook."""
    written = [*map(new_code_cell, cells), new_markdown_cell(SENTENCES)]
    metadata = {"homework": homework} if homework else {}
    return json.dumps(new_notebook(cells=written, metadata=metadata))


def submission(folder: Path, *cells: str, name: str = "eve") -> Submission:
    """Hand in a notebook."""
    path = folder / f"{name}.ipynb"
    path.write_text(notebook(*cells))
    return Submission(name, (path,))


def grade(folder: Path, *cells: str) -> Graded:
    """Grade a notebook as a class's is, in the sandbox."""
    return grade_submission(submission(folder, *cells), "hw1", HOMEWORK, EXAMPLES)


def function(name: str, body: str) -> str:
    """Write a cell with a function of one argument."""
    return f"def {name}(x):\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}"


def outcome(graded: Graded) -> dict[str, int | str]:
    """Give the points of each function, or the status where there are none."""
    marks = [mark for mark in graded.marks if mark.question != HOMEWORK.experiment]
    return {mark.question: mark.status if mark.points is None else mark.points for mark in marks}


def words(graded: Graded, question: str) -> str:
    """Give all that a student is told about a question."""
    (mark,) = [mark for mark in graded.marks if mark.question == question]
    return " ".join([mark.note, *(item.message for item in mark.findings)])


def survivors(mark: str) -> list[psutil.Process]:
    """Find the processes anywhere on this machine whose command line has a word."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        if any(mark in word for word in process.info["cmdline"] or ()):
            found.append(process)
    return found


def sources(path: Path) -> list[str]:
    """Read the sources of a notebook's cells."""
    return [cell["source"] for cell in json.loads(path.read_text())["cells"]]
