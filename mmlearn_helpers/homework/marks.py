"""Marks given by hand, and the tables of all marks."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from mmlearn_helpers.files import whole_file
from mmlearn_helpers.homework.grading import Graded, Mark

TABLE = ("student", "question", "points", "out of", "status", "seconds", "note")
SHEET = ("student", "question", "item", "points", "out of", "comment")
TOTALS = ("student", "points", "out of", "to be marked")
Items = dict[tuple[str, str], list[dict[str, str]]]


def write_sheet(path: Path, class_: Sequence[Graded], rubric: dict[str, int]) -> None:
    """Write the table for marks given by hand, with those that have been given already.

    If some of those fit nothing any more, the former table is kept beside the new one.

    Parameters
    ----------
    path
        Where to.
    class_
        All that has been graded.
    rubric
        What an experiment is marked for, and with how many points.
    """
    given = read_sheet(path) if path.exists() else {}
    lines = []
    for graded in class_:
        for mark in graded.marks:
            if mark.points is not None:
                continue
            items = rubric if mark.status == "by hand" else {mark.status: mark.out_of}
            old = given.get((safe(graded.student), mark.question), [])
            if [row["out of"] for row in old] == [str(out_of) for out_of in items.values()]:
                del given[safe(graded.student), mark.question]
            else:
                old = [{"points": "", "comment": ""}] * len(items)
            for (item, out_of), row in zip(items.items(), old, strict=True):
                lines.append(
                    (graded.student, mark.question, item, row["points"], out_of, row["comment"])
                )
    if any(row["points"].strip() for rows in given.values() for row in rows):
        backup = path.with_name(f"{path.stem}-before.csv")
        shutil.copyfile(path, backup)
        print(f"Some marks in {path} fit no answer that waits for one; they are kept in {backup}.")
    write_table(path, SHEET, lines)


def read_sheet(path: Path) -> Items:
    """Read the table for marks given by hand.

    Parameters
    ----------
    path
        Where it is.

    Returns
    -------
    dict[tuple[str, str], list[dict[str, str]]]
        For student and question the rows, each a mapping from column to text.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    ValueError
        If a column is missing or points are no number from 0 to what is possible.
    """
    if not path.exists():
        raise FileNotFoundError(f"There is no {path}; 'mmlearn homework grade' writes it.")
    found: Items = {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not in UTF-8; save it as 'CSV UTF-8'.") from error
    head = text.partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    rows = csv.DictReader(io.StringIO(text, newline=""), restval="", delimiter=delimiter)
    absent = set(SHEET) - set(rows.fieldnames or ())
    if absent:
        raise ValueError(
            f"{path} lacks the columns {', '.join(sorted(absent))}; save it as CSV with the "
            "head that it had."
        )
    for number, row in enumerate(rows, start=2):
        _check_points(row, f"{path}, line {number}")
        found.setdefault((row["student"], row["question"]), []).append(row)
    return found


def _check_points(row: dict[str, str], place: str) -> None:
    row["points"] = text = row["points"].strip().replace(",", ".")
    try:
        right = not text or 0 <= float(text) <= float(row["out of"])
    except ValueError:
        right = False
    if not right:
        raise ValueError(
            f"{place}: points are {text!r}, but a number from 0 to {row['out of']} is expected, or "
            "nothing as long as it is not marked."
        )


def merge(class_: Sequence[Graded], items: Items) -> list[Graded]:
    """Put marks given by hand where the grader gave none.

    Parameters
    ----------
    class_
        What the grader found.
    items
        What :func:`read_sheet` gives.

    Returns
    -------
    list[Graded]
        The same, with points wherever each item of a question is marked.

    Raises
    ------
    ValueError
        If there are marks for somebody or something that waits for none.
    """
    merged, used = [], set()
    for graded in class_:
        marks = []
        for mark in graded.marks:
            key = (safe(graded.student), mark.question)
            used.add(key)
            marks.append(_with_points(mark, items.get(key, [])) if mark.points is None else mark)
        merged.append(graded._replace(marks=marks))
    unknown = [" ".join(key) for key in items if key not in used]
    if unknown:
        raise ValueError(
            f"Marks are given for {unknown[0]}, whom the results do not know; leave the columns "
            "'student' and 'question' as they were."
        )
    return merged


def _with_points(mark: Mark, rows: list[dict[str, str]]) -> Mark:
    if not rows or not all(row["points"].strip() for row in rows):
        return mark
    total = sum(float(row["points"]) for row in rows)
    words = [f"{row['item']}: {row['points']} of {row['out of']}. {row['comment']}" for row in rows]
    return mark._replace(points=int(total) if total == int(total) else total, note="\n".join(words))


def total(graded: Graded) -> tuple[float | None, int]:
    """Add up a student's points.

    Parameters
    ----------
    graded
        All marks of the student.

    Returns
    -------
    tuple[float | None, int]
        The points, ``None`` as long as some are not known, and how many there could be.
    """
    points = [mark.points for mark in graded.marks]
    known = None if None in points else sum(points)
    return known, sum(mark.out_of for mark in graded.marks)


def write_marks(path: Path, class_: Sequence[Graded]) -> None:
    """Write one line for each student and question; points that are not known stay empty.

    Parameters
    ----------
    path
        Where to.
    class_
        All that has been graded, with the marks given by hand.
    """
    lines = [
        (
            graded.student,
            mark.question,
            "" if mark.points is None else mark.points,
            mark.out_of,
            mark.status,
            f"{mark.seconds:.1f}",
            mark.note,
        )
        for graded in class_
        for mark in graded.marks
    ]
    write_table(path, TABLE, lines)


def write_totals(path: Path, class_: Sequence[Graded]) -> None:
    """Write one line for each student.

    Parameters
    ----------
    path
        Where to.
    class_
        All that has been graded, with the marks given by hand.
    """
    lines = []
    for graded in class_:
        points, out_of = total(graded)
        waiting = [mark.question for mark in graded.marks if mark.points is None]
        lines.append((graded.student, "" if points is None else points, out_of, " ".join(waiting)))
    write_table(path, TOTALS, lines)


def write_table(path: Path, head: Sequence[str], lines: Iterable[Sequence[object]]) -> None:
    """Write a CSV file for spreadsheets, in which nothing is taken for a formula.

    Parameters
    ----------
    path
        Where to.
    head
        Names of the columns.
    lines
        What stands in them.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([safe(value) for value in line] for line in lines)
    with whole_file(path) as file:
        file.write(text.getvalue().encode("utf-8-sig", "replace"))


def safe(value: object) -> object:
    """Keep a spreadsheet from computing what a student wrote.

    Parameters
    ----------
    value
        What stands in a cell.

    Returns
    -------
    object
        The same, with an apostrophe in front if it looks like a formula.
    """
    dangerous = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{value}" if dangerous else value
