"""The part that is marked by hand: a student's figures and sentences, made safe to look at."""

from __future__ import annotations

import base64
from typing import NamedTuple

SENTENCES = "Your three sentences"
MOST_PICTURES = 6
MOST_TEXTS = 12
LARGEST_PICTURE = 2 << 20
LONGEST_TEXT = 5000
PNG = b"\x89PNG\r\n\x1a\n"


class Work(NamedTuple):
    """What there is to mark.

    Parameters
    ----------
    sentences
        Markdown of the cells for them.
    pictures
        PNG files in base64.
    code
        The cells of the experiment.
    """

    sentences: list[str]
    pictures: list[str]
    code: list[str]


def handed_in(notebook: dict) -> Work:
    """Take figures and sentences out of a notebook.

    Parameters
    ----------
    notebook
        What was handed in, as :func:`~mmlearn_helpers.homework.submissions.read_notebook` gives it.

    Returns
    -------
    Work
        Text and code from the experiment's cell on (all code, if that cell is not marked any more),
        and the last pictures.
    """
    cells = notebook["cells"]
    begin = next(
        (i for i, cell in enumerate(cells) if "experiment" in cell["metadata"].get("tags", [])),
        None,
    )
    sentences = [
        cell["source"][:LONGEST_TEXT]
        for i, cell in enumerate(cells)
        if cell["cell_type"] == "markdown"
        and (SENTENCES in cell["source"] or (begin is not None and i > begin))
    ]
    code = [
        cell["source"][:LONGEST_TEXT]
        for cell in cells[begin:]
        if cell["cell_type"] == "code" and cell["source"].strip()
    ]
    pictures = [
        picture for cell in cells for output in cell["outputs"] if (picture := _picture(output))
    ]
    return Work(sentences[:MOST_TEXTS], pictures[-MOST_PICTURES:], code[-MOST_TEXTS:])


def _picture(output: object) -> str:
    """Give the PNG of an output in clean base64, or nothing."""
    data = output.get("data") if isinstance(output, dict) else None
    encoded = data.get("image/png") if isinstance(data, dict) else None
    lines = encoded if isinstance(encoded, list) else [encoded]
    text = "".join(line for line in lines if isinstance(line, str))
    if not text or len(text) > LARGEST_PICTURE:
        return ""
    try:
        picture = base64.b64decode(text)
    except ValueError:
        return ""
    return base64.b64encode(picture).decode() if picture.startswith(PNG) else ""
