"""Pages about a graded class: feedback for each student, work to mark, and a summary."""

from __future__ import annotations

import base64
import html
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import get_args
from urllib.parse import quote

from matplotlib.figure import Figure

from mmlearn_helpers.files import whole_file
from mmlearn_helpers.homework.checking import table
from mmlearn_helpers.homework.classes import show
from mmlearn_helpers.homework.experiment import Work
from mmlearn_helpers.homework.grading import Graded, Mark, Status
from mmlearn_helpers.homework.marks import total
from mmlearn_helpers.homework.questions import Homework
from mmlearn_helpers.homework.results import file_name

STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 1rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
td, th { border: 1px solid #8888; padding: 0.3rem 0.5rem; text-align: left; }
td, th { vertical-align: top; overflow-wrap: anywhere; }
th { white-space: nowrap; }
img { max-width: 100%; background: white; }
pre { white-space: pre-wrap; }
"""
MOST_MISTAKES = 12
NO_ZERO = "This is not a 0: somebody will look at it."
EXPLAINED = {
    "failed": f"Your code ended or gave no answer in time. {NO_ZERO}",
    "unreadable": f"There was no notebook to grade. {NO_ZERO}",
    "by hand": "This question is marked by hand.",
}


def write_page(path: Path, title: str, body: str) -> None:
    """Write an HTML page that loads nothing.

    Parameters
    ----------
    path
        Where to.
    title
        Its heading, as plain text.
    body
        What stands below, as HTML.
    """
    head = html.escape(title)
    text = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{head}</title><style>{STYLE}</style></head>"
        f"<body><h1>{head}</h1>\n{body}\n</body></html>\n"
    )
    with whole_file(path) as file:
        file.write(text.encode("utf-8", "replace"))


def write_feedback(folder: Path, name: str, class_: Sequence[Graded]) -> None:
    """Write one page for each student, and remove those of students who are gone.

    Parameters
    ----------
    folder
        Where to.
    name
        Name of the homework.
    class_
        All that has been graded, with the marks given by hand.
    """
    written = set()
    for graded in class_:
        points, out_of = total(graded)
        known = "not known yet" if points is None else f"{points:g}"
        parts = [f"<p><strong>{known} of {out_of} points</strong></p>"]
        parts += [f"<p>{html.escape(fault)}</p>" for fault in graded.faults]
        parts += [_question(mark) for mark in graded.marks]
        path = folder / f"{file_name(graded.student)}.html"
        write_page(path, f"{name}: {graded.student}", "\n".join(parts))
        written.add(path)
    for path in set(folder.glob("*.html")) - written:
        path.unlink()


def _question(mark: Mark) -> str:
    points = "" if mark.points is None else f": {mark.points:g} of {mark.out_of} points"
    parts = [f"<h2>{mark.question}{points}</h2>"]
    if mark.points is None and mark.status in EXPLAINED:
        parts.append(f"<p>{EXPLAINED[mark.status]}</p>")
    parts += [f"<p>{html.escape(line)}</p>" for line in mark.note.splitlines()]
    if mark.findings:
        parts.append(table(mark.findings, points=True))
    return "\n".join(parts)


def write_experiments(
    path: Path, name: str, class_: Sequence[Graded], rubric: dict[str, int]
) -> None:
    """Write one page with the figures and sentences of all students, to mark side by side.

    Parameters
    ----------
    path
        Where to.
    name
        Name of the homework.
    class_
        All that has been graded.
    rubric
        What the experiment is marked for, and with how many points.
    """
    items = "".join(f"<li>{html.escape(item)} ({points})</li>" for item, points in rubric.items())
    parts = [f"<p>Marked for:</p><ul>{items}</ul>"]
    for graded in class_:
        parts.append(f"<h2>{html.escape(graded.student)}</h2>{_work(graded.work)}")
    write_page(path, f"{name}: experiments", "\n".join(parts))


def _work(work: Work) -> str:
    pictures = "".join(
        f'<img alt="A figure handed in" src="data:image/png;base64,{html.escape(picture)}">'
        for picture in work.pictures
    )
    sentences = "".join(f"<pre>{html.escape(text)}</pre>" for text in work.sentences)
    code = "".join(f"<pre>{html.escape(cell)}</pre>" for cell in work.code)
    return (
        (pictures or "<p>No figure.</p>")
        + (sentences or "<p>No sentences.</p>")
        + f"<details><summary>Code</summary>{code}</details>"
    )


def write_summary(path: Path, name: str, class_: Sequence[Graded], homework: Homework) -> None:
    """Write a page about the class, with a picture.

    Parameters
    ----------
    path
        Where to.
    name
        Name of the homework.
    class_
        All that has been graded, with the marks given by hand.
    homework
        What the grader knows of it.
    """
    states = [status for status in get_args(Status) if _count(class_, status)]
    rows = [_row("th", ["question", *states, "mean"])]
    for number, (question, out_of) in enumerate(homework.points().items()):
        marks = [graded.marks[number] for graded in class_]
        known = [mark.points for mark in marks if mark.points is not None]
        mean = f"{fmean(known):.1f} of {out_of}" if known else f"not known yet, of {out_of}"
        counts = [str(sum(mark.status == state for mark in marks)) for state in states]
        rows.append(_row("td", [question, *counts, mean]))
    students = [_row("th", ["student", "points", "questions"])]
    students += [_line(graded) for graded in class_]
    write_page(
        path,
        f"{name}: the class",
        f"<p>{len(class_)} submissions.</p>{_picture(class_, homework)}"
        f"<table>{''.join(rows)}</table><h2>What went wrong most often</h2>{_mistakes(class_)}"
        f"<h2>Students</h2><table>{''.join(students)}</table>",
    )


def _mistakes(class_: Sequence[Graded]) -> str:
    """List the messages that most students got; one student counts once for each."""
    counts = Counter(
        message
        for graded in class_
        for message in {
            (mark.question, finding.message)
            for mark in graded.marks
            for finding in mark.findings
            if finding.message
        }
    )
    rows = [_row("th", ["students", "question", "message"])]
    for (question, message), count in counts.most_common(MOST_MISTAKES):
        rows.append(_row("td", [str(count), question, message]))
    return f"<table>{''.join(rows)}</table>"


def _count(class_: Sequence[Graded], status: str) -> int:
    return sum(mark.status == status for graded in class_ for mark in graded.marks)


def _row(tag: str, cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _line(graded: Graded) -> str:
    points, out_of = total(graded)
    so_far = [mark.points for mark in graded.marks if mark.points is not None]
    known = f"{sum(so_far):g} so far" if so_far else "not known yet"
    if points is not None:
        known = f"{points:g} of {out_of}"
    marks = ", ".join(f"{mark.question} {show(mark)}" for mark in graded.marks)
    link = quote(f"feedback/{file_name(graded.student)}.html", errors="replace")
    return (
        f'<tr><td><a href="{link}">{html.escape(graded.student)}</a></td>'
        f"<td>{known}</td><td>{html.escape(marks)}</td></tr>"
    )


def _picture(class_: Sequence[Graded], homework: Homework) -> str:
    """Draw how many students have how many points for the functions, and for each its mean."""
    worth = homework.points()
    questions = [question for question in worth if question != homework.experiment]
    points = [
        {mark.question: mark.points for mark in graded.marks if mark.question in questions}
        for graded in class_
    ]
    known = [sum(marks.values()) for marks in points if None not in marks.values()]
    shares = [
        [marks[question] / worth[question] for marks in points if marks[question] is not None]
        for question in questions
    ]
    possible = sum(worth[question] for question in questions)
    figure = Figure(figsize=(9, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.hist(known, bins=[value - 0.5 for value in range(possible + 2)], rwidth=0.9)
    left.set(xlabel=f"points for the functions, of {possible}", ylabel="students")
    left.yaxis.get_major_locator().set_params(integer=True)
    right.bar(questions, [100 * fmean(share) if share else 0 for share in shares])
    right.set(ylabel="mean, % of the points", ylim=(0, 100))
    stream = io.BytesIO()
    figure.savefig(stream, dpi=150)
    encoded = base64.b64encode(stream.getvalue()).decode()
    alt = (
        f"Left: how many of {len(known)} students have how many points for the functions. "
        "Right: the mean of each question in per cent, as in the table."
    )
    return f'<img alt="{alt}" src="data:image/png;base64,{encoded}">'
