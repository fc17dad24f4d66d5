"""What ``mmlearn homework`` does: release a homework, grade a class, report the marks."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from mmlearn_helpers.homework.classes import grade_class, load_homework
from mmlearn_helpers.homework.feedback import write_experiments, write_feedback, write_summary
from mmlearn_helpers.homework.grading import Graded
from mmlearn_helpers.homework.marks import (
    merge,
    read_sheet,
    write_marks,
    write_sheet,
    write_totals,
)
from mmlearn_helpers.homework.release import release
from mmlearn_helpers.homework.results import kept_name, stored_results


def release_homework(source: Path, to: Path | None = None) -> None:
    """Write the student's notebook of a homework.

    Parameters
    ----------
    source
        The MyST notebook with the solutions.
    to
        Where the notebook goes; into the current folder when ``None``.
    """
    to = to or Path(f"{source.stem}.ipynb")
    marks = release(source, to)
    points = sum(mark.out_of for mark in marks)
    print(f"{to}: no solution in it. The solution earns {points} of {points} points.")


def grade_homework(folder: Path, homework: str, to: Path | None, no_sandbox: bool) -> None:
    """Grade a class and write tables and pages.

    Parameters
    ----------
    folder
        The submissions.
    homework
        Name of the homework.
    to
        Folder for the results; the folder's name and ``-graded`` when ``None``.
    no_sandbox
        Whether to run the students' code unguarded.
    """
    start = time.monotonic()
    to = to or folder.with_name(f"{folder.resolve().name}-graded")
    class_ = grade_class(folder, homework, to, sandbox=not no_sandbox)
    known = load_homework(homework)
    write_sheet(to / "hand.csv", class_, known.rubric)
    write_experiments(to / "experiments.html", homework, class_, known.rubric)
    _write(to, homework, class_)
    counts = Counter(mark.status for graded in class_ for mark in graded.marks)
    states = ", ".join(f"{count} {status}" for status, count in counts.items())
    print(f"{len(class_)} submissions in {time.monotonic() - start:.0f} s; answers: {states}.")
    print(f"Open {to / 'summary.html'}; mark {to / 'hand.csv'}, then 'mmlearn homework report'.")


def report_homework(folder: Path) -> None:
    """Merge the marks given by hand and write tables and pages again.

    Parameters
    ----------
    folder
        The results.
    """
    class_ = _write(folder, kept_name(folder), stored_results(folder))
    waiting = sum(mark.points is None for graded in class_ for mark in graded.marks)
    print(f"{len(class_)} submissions, {waiting} answers without points; see {folder}/totals.csv.")


def _write(to: Path, homework: str, class_: list[Graded]) -> list[Graded]:
    merged = merge(class_, read_sheet(to / "hand.csv"))
    write_marks(to / "grades.csv", merged)
    write_totals(to / "totals.csv", merged)
    write_feedback(to / "feedback", homework, merged)
    write_summary(to / "summary.html", homework, merged, load_homework(homework))
    return merged
