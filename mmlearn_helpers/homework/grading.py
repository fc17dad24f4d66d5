"""Grade one submission: run its code elsewhere, and judge what its functions answer."""

from __future__ import annotations

import difflib
import time
from typing import Literal, NamedTuple

from mmlearn_helpers.homework.experiment import Work, handed_in
from mmlearn_helpers.homework.judging import Finding, examine
from mmlearn_helpers.homework.questions import Homework, Question, draw_examples
from mmlearn_helpers.homework.source import graded_cells
from mmlearn_helpers.homework.student import LostError, Student
from mmlearn_helpers.homework.submissions import Submission, UnreadableError, read_notebook

Status = Literal["graded", "missing", "failed", "unreadable", "by hand"]
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
    submission: Submission, name: str, homework: Homework, seed: int, sandbox: bool = True
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
    seed
        Seed of what the functions are tried on.
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
    marks, faults = grade_cells(graded_cells(notebook), homework, seed, sandbox)
    hand = Mark(homework.experiment, "by hand", None, points[homework.experiment], 0.0, "", [])
    return Graded(submission.student, [*marks, hand], faults, handed_in(notebook))


def grade_cells(
    cells: list[str], homework: Homework, seed: int, sandbox: bool
) -> tuple[list[Mark], list[str]]:
    """Ask every question, with a new process after one that was lost.

    Parameters
    ----------
    cells
        The code to grade.
    homework
        What the grader knows of it.
    seed
        Seed of what the functions are tried on.
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
    student = None
    try:
        for number, question in homework.questions.items():
            start = time.monotonic()
            try:
                if student is None:
                    student = Student(cells, sandbox)
                    faults = student.faults
                status, note, findings = _ask(student, question, seed)
                earned = sum(finding.points for finding in findings)
            except LostError as error:
                status, note, findings, earned = "failed", str(error), [], None
                if student is None:  # the cells alone end it, and would again
                    seconds = time.monotonic() - start
                    rest = list(homework.questions)[len(marks) :]
                    marks += [
                        Mark(other, "failed", None, points[other], seconds, note, [])
                        for other in rest
                    ]
                    break
                student = None
            seconds = time.monotonic() - start
            marks.append(Mark(number, status, earned, points[number], seconds, note, findings))
    finally:
        if student is not None:
            student.close()
    return marks, faults


def _ask(student: Student, question: Question, seed: int) -> tuple[Status, str, list[Finding]]:
    if question.function not in student.names:
        near = difflib.get_close_matches(question.function, student.names, n=1)
        note = f"The notebook defines no function {question.function}."
        if near:
            note += f" Is {near[0]} meant? The name must be the one that is asked for."
        return "missing", note, []
    examples = draw_examples(question, seed)
    return (
        "graded",
        "",
        examine(examples, lambda arguments: student.call(question.function, arguments)),
    )
