"""The examples that students check their answers on, kept as JSON beside this module.

They hold arguments, right answers and the answers of well-known mistakes, but none of the code that
made them: that is in ``mmlearn_helpers.homework.answers``, which students do not get.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from mmlearn_helpers.files import whole_file
from mmlearn_helpers.homework.questions import Argument, Example, Homework, draw_examples

FOLDER = Path(__file__).parent
SEED = 0


def homeworks() -> list[str]:
    """Name the homeworks there are.

    Returns
    -------
    list[str]
        Such as ``["hw1", "hw2"]``.
    """
    return sorted(path.stem for path in (FOLDER / "examples").glob("*.json"))


def read_examples(homework: str) -> dict[str, tuple[str, list[Example]]]:
    """Read the examples of a homework.

    Parameters
    ----------
    homework
        Its name, one of :func:`homeworks`.

    Returns
    -------
    dict[str, tuple[str, list[Example]]]
        For each question the name of the function to write, and the examples.
    """
    stored = json.loads((FOLDER / "examples" / f"{homework}.json").read_text())
    return {
        number: (question["function"], [_example(fields) for fields in question["examples"]])
        for number, question in stored.items()
    }


def examples_json(homework: Homework) -> str:
    """Write out the examples of a homework that students may see.

    Parameters
    ----------
    homework
        The homework.

    Returns
    -------
    str
        The text of its file of examples.
    """
    stored = {
        number: {
            "function": question.function,
            "examples": [
                _fields(example) for example in draw_examples(question, SEED) if not example.hidden
            ],
        }
        for number, question in homework.questions.items()
    }
    return json.dumps(stored, ensure_ascii=False, separators=(",", ":")) + "\n"


def write_examples(name: str, homework: Homework) -> Path:
    """Bring the file of examples of a homework up to date.

    Parameters
    ----------
    name
        Name of the homework.
    homework
        The homework.

    Returns
    -------
    pathlib.Path
        Where the file is.
    """
    path = FOLDER / "examples" / f"{name}.json"
    with whole_file(path) as file:
        file.write(examples_json(homework).encode())
    return path


def _fields(example: Example) -> dict:
    return {
        "title": example.title,
        "points": example.points,
        "arguments": [_plain(value) for value in example.arguments],
        "expected": _plain(example.expected),
        "mistaken": {message: _plain(value) for message, value in example.mistaken.items()},
    }


def _example(fields: dict) -> Example:
    return Example(
        fields["title"],
        fields["points"],
        False,
        tuple(_value(value) for value in fields["arguments"]),
        np.asarray(_value(fields["expected"])),
        {message: np.asarray(_value(value)) for message, value in fields["mistaken"].items()},
    )


def _plain(value: Argument) -> dict | float | int:
    """Write an array with seven digits, as many as single precision has."""
    if not isinstance(value, np.ndarray):
        return value
    numbers = value.ravel().tolist()
    if value.dtype.kind == "f":
        numbers = [float(f"{number:.7g}") for number in numbers]
    return {"type": value.dtype.name, "shape": list(value.shape), "numbers": numbers}


def _value(stored: dict | float | int) -> Argument:
    if not isinstance(stored, dict):
        return stored
    return np.array(stored["numbers"], dtype=stored["type"]).reshape(stored["shape"])
