"""Grade one submission: run its code elsewhere, and judge what its functions answer."""

from __future__ import annotations

import difflib
import time
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from mmlearn_helpers.homework.experiment import Work, handed_in
from mmlearn_helpers.homework.judging import Finding, examine
from mmlearn_helpers.homework.questions import Example, Homework
from mmlearn_helpers.homework.source import graded_cells
from mmlearn_helpers.homework.student import LostError, Student
from mmlearn_helpers.homework.submissions import Submission, UnreadableError, read_notebook

Status = Literal["graded", "missing", "failed", "unreadable", "by hand"]
SUBMISSION_SECONDS = 120
NO_WORK = Work([], [], [])


class Mark(NamedTuple):
    """What came of one question.

    Parameters
    ----------
    question
        Its number, such as ``"q2"``.
    status
        ``"graded"``; ``"missing"`` if the function is not defined, which earns 0; ``"failed"`` if
        the code died or gave no answer in time, ``"unreadable"`` if there was no notebook to run,
        ``"by hand"``: these three have no points until somebody gives some.
    points, out_of
        What was earned, ``None`` if not known, and what could be.
    seconds
        How long it took.
    note
        A sentence about what happened, if anything did.
    findings
        One for each property.
    """

    question: str
    status: Status
    points: int | None
    out_of: int
    seconds: float
    note: str
    findings: list[Finding]


class Graded(NamedTuple):
    """What came of a submission.

    Parameters
    ----------
    student
        Whose it is.
    marks
        One for each question.
    faults
        A sentence for each cell that failed.
    work
        What there is to mark by hand.
    """

    student: str
    marks: list[Mark]
    faults: list[str]
    work: Work


def grade_submission(
    submission: Submission,
    name: str,
    homework: Homework,
    examples: Mapping[str, Sequence[Example]],
    sandbox: bool = True,
) -> Graded:
    """Grade what one student has handed in.

    Parameters
    ----------
    submission
        The notebook.
    name
        Name of the homework.
    homework
        What the grader knows of it.
    examples
        What the functions are tried on, for each question.
    sandbox
        Whether to run the code in a sandbox.

    Returns
    -------
    Graded
        Marks for every question, whatever happens.
    """
    points = homework.points()
    try:
        notebook = read_notebook(submission, name)
    except UnreadableError as error:
        marks = [
            Mark(question, "unreadable", None, out_of, 0.0, str(error), [])
            for question, out_of in points.items()
        ]
        return Graded(submission.student, marks, [], NO_WORK)
    marks, faults = grade_cells(graded_cells(notebook), homework, examples, sandbox)
    hand = Mark(homework.experiment, "by hand", None, points[homework.experiment], 0.0, "", [])
    return Graded(submission.student, [*marks, hand], faults, handed_in(notebook))


def grade_cells(
    cells: list[str],
    homework: Homework,
    examples: Mapping[str, Sequence[Example]],
    sandbox: bool,
) -> tuple[list[Mark], list[str]]:
    """Ask every question, with a new process after one that was lost.

    Parameters
    ----------
    cells
        The code to grade.
    homework
        What the grader knows of it.
    examples
        What the functions are tried on, for each question.
    sandbox
        Whether to run the code in a sandbox.

    Returns
    -------
    tuple[list[Mark], list[str]]
        A mark for each function, and a sentence for each cell that failed.
    """
    points = homework.points()
    marks: list[Mark] = []
    faults: list[str] = []
    student, why, begin = None, "", time.monotonic()
    try:
        for number, question in homework.questions.items():
            start = time.monotonic()
            status, note, findings, earned = "failed", why, [], None
            try:
                if student is None and not why:
                    student = Student(cells, sandbox)
                    faults = student.faults
                if student is not None:
                    status, note, findings = _ask(student, question.function, examples[number])
                    earned = sum(finding.points for finding in findings)
            except LostError as error:
                note = str(error)
                if student is None:  # the cells alone end it, and would again
                    why = note
                elif time.monotonic() > begin + SUBMISSION_SECONDS:
                    why = "The questions before this one took all the time that there is."
                student = None
            seconds = time.monotonic() - start
            marks.append(Mark(number, status, earned, points[number], seconds, note, findings))
    finally:
        if student is not None:
            student.close()
    return marks, faults


def _ask(
    student: Student, function: str, examples: Sequence[Example]
) -> tuple[Status, str, list[Finding]]:
    if function not in student.names:
        near = difflib.get_close_matches(function, student.names, n=1)
        note = f"The notebook defines no function {function}."
        if near:
            note += f" Is {near[0]} meant? The name must be the one that is asked for."
        return "missing", note, []
    student.start_question()
    return (
        "graded",
        "",
        examine(examples, lambda arguments: student.call(function, arguments)),
    )
