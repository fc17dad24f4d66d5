"""The part that is marked by hand: a student's figures and sentences, made safe to look at."""

from __future__ import annotations

import base64
from typing import NamedTuple

SENTENCES = "Your three sentences"
MOST_PICTURES = 6
MOST_TEXTS = 6
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
        The cells that drew them.
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
        The text of the cells that begin as the notebook asked, the last pictures, and their code.
    """
    sentences = [
        cell["source"][:LONGEST_TEXT]
        for cell in notebook["cells"]
        if cell["cell_type"] == "markdown" and SENTENCES in cell["source"]
    ]
    drawn = [
        (picture, cell["source"][:LONGEST_TEXT])
        for cell in notebook["cells"]
        for output in cell["outputs"]
        if (picture := _picture(output))
    ][-MOST_PICTURES:]
    code = dict.fromkeys(source for _, source in drawn)
    return Work(sentences[:MOST_TEXTS], [picture for picture, _ in drawn], list(code))


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
