"""What a class has handed in, as Moodle, Canvas or a shared folder give it."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import NamedTuple

LARGEST = 20 << 20
MOST_CELLS = 1000
DEPTHS = ("*.ipynb", "*/*.ipynb", "*/*/*.ipynb")
CANVAS = re.compile(r"^(?P<name>[^_]+)(?:_LATE)?_(?P<id>\d+)_.+$")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
MOODLE = re.compile(r"^(?P<name>.+?)_(?P<id>\d+)_assignsubmission_file.*$")


class UnreadableError(Exception):
    """A submission is no notebook of this homework; the message says why."""


class Submission(NamedTuple):
    """What one student has handed in.

    Parameters
    ----------
    student
        Name, and the learning platform's number behind an underscore if there is one.
    paths
        The notebooks, which should be one.
    """

    student: str
    paths: tuple[Path, ...]


def find_submissions(folder: Path) -> list[Submission]:
    """Find the submissions of a class.

    Notebooks that lie in the folder are one student's each, as Canvas packs them
    (``adalovelace_17_4711_hw1.ipynb``) or under the student's name (``ada.ipynb``). Each folder in
    it is one student's, as Moodle packs them (``Ada Lovelace_17_assignsubmission_file/hw1.ipynb``).

    Parameters
    ----------
    folder
        Where to look.

    Returns
    -------
    list[Submission]
        In the order of names; a folder without a notebook is a submission without one.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If there is nothing in it.
    """
    if not folder.is_dir():
        raise FileNotFoundError(
            f"There is no folder {folder}; name the one into which the submissions were unpacked."
        )
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            notebooks = sorted(item for depth in DEPTHS for item in path.glob(depth))
            hidden = [".ipynb_checkpoints", "__MACOSX"]
            kept = [item for item in notebooks if not set(hidden) & set(item.parts)]
            found.setdefault(_student(path.name), []).extend(kept)
        elif path.suffix == ".ipynb":
            found.setdefault(_student(path.stem), []).append(path)
    if not found:
        raise ValueError(
            f"There are no notebooks in {folder}; expected are files such as name_17_hw1.ipynb, or "
            "a folder for each student."
        )
    return [Submission(student, tuple(paths)) for student, paths in sorted(found.items())]


def _student(name: str) -> str:
    match = MOODLE.match(name) or CANVAS.match(name)
    plain = f"{match['name']}_{match['id']}" if match else name
    return CONTROL.sub("�", plain)


def read_notebook(submission: Submission, homework: str) -> dict:
    """Read a notebook that nobody need trust.

    Parameters
    ----------
    submission
        Whose it is.
    homework
        Name of the homework that it should be.

    Returns
    -------
    dict
        With a list of cells; each has a type, a source in one text, and metadata.

    Raises
    ------
    UnreadableError
        If there is not one file, or it is no notebook of this homework.
    """
    if len(submission.paths) != 1:
        names = ", ".join(path.name for path in submission.paths)
        raise UnreadableError(
            f"There are {len(submission.paths)} notebooks ({names}); keep the one that counts."
            if submission.paths
            else "There is no notebook in the student's folder."
        )
    (path,) = submission.paths
    notebook = _parse(path)
    about = notebook.get("metadata")
    named = about.get("homework") if isinstance(about, dict) else None
    if isinstance(named, str) and named != homework:
        raise UnreadableError(f"This is the notebook of {named[:40]}, not of {homework}.")
    cells = notebook.get("cells")
    if not isinstance(cells, list) or len(cells) > MOST_CELLS:
        raise UnreadableError(
            f"The file is no notebook of format 4 with up to {MOST_CELLS} cells; open it in "
            "Jupyter and save it again."
        )
    return {"cells": [_cell(cell) for cell in cells]}


def _parse(path: Path) -> dict:
    about = path.lstat()
    if not stat.S_ISREG(about.st_mode):
        raise UnreadableError("It is a link or no file at all; hand in the notebook itself.")
    if about.st_size > LARGEST:
        raise UnreadableError(
            f"It has {about.st_size >> 20} MiB, and {LARGEST >> 20} are allowed; clear outputs "
            "other than the experiment's."
        )
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"It is no notebook: {type(error).__name__}, {error}.") from error
    except OSError as error:
        raise UnreadableError(f"It cannot be opened: {error.strerror}.") from error
    if not isinstance(notebook, dict):
        raise UnreadableError("It is no notebook, though the file can be read.")
    return notebook


def _cell(cell: object) -> dict:
    """Take from a cell what grading needs, in a form that can be relied on."""
    fields = cell if isinstance(cell, dict) else {}
    source = fields.get("source")
    metadata = fields.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    outputs = fields.get("outputs")
    return {
        "cell_type": "".join(_words(fields.get("cell_type"))),
        "source": "".join(_words(source)),
        "metadata": {"tags": _words(tags)},
        "outputs": outputs if isinstance(outputs, list) else [],
    }


def _words(value: object) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str)]
