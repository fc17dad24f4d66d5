"""What the tests of the homeworks share."""

from __future__ import annotations

from importlib import import_module

import jupytext
import pytest
from chapters import ROOT

from mmlearn_helpers.homework.calls import call_function
from mmlearn_helpers.homework.judging import examine
from mmlearn_helpers.homework.questions import draw_examples
from mmlearn_helpers.homework.source import graded_cells


def _findings(homework, number, right="", wrong="", seed=0):
    question = import_module(f"mmlearn_helpers.homework.answers.{homework}").HOMEWORK.questions[
        number
    ]
    cells = graded_cells(jupytext.read(ROOT / f"book/homework/{homework}.md"))
    defined = {}
    for cell in cells:
        if f"def {question.function}(" in cell:
            assert not right or cell.count(right) == 1, right
            cell = cell.replace(right, wrong) if right else cell
        exec(cell, defined)
    return examine(
        draw_examples(question, seed),
        lambda arguments: call_function(defined[question.function], arguments),
    )


@pytest.fixture
def findings():
    """What the grader finds in a solution, with ``wrong`` where ``right`` stands once."""
    return _findings
