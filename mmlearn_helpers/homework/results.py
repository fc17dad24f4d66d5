"""The folder of results of a class: of which homework, with which seed, and what is graded."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator
from pathlib import Path

from mmlearn_helpers.files import whole_file
from mmlearn_helpers.homework.experiment import Work
from mmlearn_helpers.homework.grading import Graded, Mark
from mmlearn_helpers.homework.judging import Finding

LONGEST_NAME = 150


def keep_name(to: Path, name: str) -> None:
    """Write down which homework a folder of results is of.

    Parameters
    ----------
    to
        Folder of the results.
    name
        Name of the homework.

    Raises
    ------
    ValueError
        If it is of another.
    """
    path = to / "homework.txt"
    if not path.exists():
        with whole_file(path) as file:
            file.write(f"{name}\n".encode())
    if kept_name(to) != name:
        raise ValueError(
            f"{to} holds the results of {kept_name(to)}, not of {name}; name another folder with "
            "--to."
        )


def kept_name(to: Path) -> str:
    """Read which homework a folder of results is of.

    Parameters
    ----------
    to
        Folder of the results.

    Returns
    -------
    str
        Name of the homework.

    Raises
    ------
    FileNotFoundError
        If nothing has been graded into it.
    """
    path = to / "homework.txt"
    if not path.exists():
        raise FileNotFoundError(
            f"There are no results in {to}; run 'mmlearn homework grade' first, or name the folder "
            "to which it wrote."
        )
    return path.read_text().strip()


def keep_seed(to: Path) -> int:
    """Read the seed of a folder of results, or draw one and keep it there.

    Parameters
    ----------
    to
        Folder of the results.

    Returns
    -------
    int
        The seed.

    Raises
    ------
    ValueError
        If the file of the seed holds no number.
    """
    path = to / "seed.txt"
    if not path.exists():
        with whole_file(path) as file:
            file.write(f"{secrets.randbits(60)}\n".encode())
    text = path.read_text().strip()
    if not text.isdecimal():
        raise ValueError(f"{path} holds {text[:40]!r}, but a whole number is expected there.")
    return int(text)


def stored_results(to: Path) -> list[Graded]:
    """Read what has been graded into a folder.

    Parameters
    ----------
    to
        Folder of the results.

    Returns
    -------
    list[Graded]
        In the order of the students' names.
    """
    return sorted((graded for graded, _ in stored(to / "results")), key=lambda item: item.student)


def file_name(student: str) -> str:
    """Give a name for a student's files, shortened if the disk would not take it."""
    name = student.replace("/", "_")
    if len(name.encode()) <= LONGEST_NAME:
        return name
    return name[: LONGEST_NAME // 4] + hashlib.sha256(name.encode()).hexdigest()[:16]


def store(results: Path, graded: Graded, stamp: str) -> None:
    """Keep what came of a submission.

    Parameters
    ----------
    results
        Where to, the folder ``results`` in that of the results.
    graded
        What came of it.
    stamp
        A word that changes with all that the result depends on.
    """
    with whole_file(results / f"{file_name(graded.student)}.json") as file:
        file.write(json.dumps([stamp, graded]).encode())


def stored(results: Path) -> Iterator[tuple[Graded, str]]:
    """Read what has been kept.

    Parameters
    ----------
    results
        Where it is.

    Yields
    ------
    tuple[Graded, str]
        What came of a submission, and its stamp.
    """
    for path in results.glob("*.json"):
        stamp, (student, marks, faults, work) = json.loads(path.read_bytes())
        yield (
            Graded(
                student,
                [Mark(*mark[:-1], [Finding(*finding) for finding in mark[-1]]) for mark in marks],
                faults,
                Work(*work),
            ),
            stamp,
        )
