"""Figures and sentences are taken out of a notebook, and nothing else."""

from __future__ import annotations

import base64

import pytest

from mmlearn_helpers.homework.experiment import (
    LARGEST_PICTURE,
    LONGEST_TEXT,
    MOST_PICTURES,
    MOST_TEXTS,
    PNG,
    Work,
    handed_in,
)

PICTURE = base64.b64encode(PNG + b"...").decode()
NO_PICTURES = {
    "not base64": "é",
    "not PNG": base64.b64encode(b"GIF89a").decode(),
    "script": '"><script>alert(1)</script>',
    "padding": "iVBOR",
    "number": 3,
    "numbers": [1, None],
    "nothing": "",
    "too large": PICTURE + "A" * LARGEST_PICTURE,
    "lone surrogate": "\ud800",
}


def cell(kind="code", source="", outputs=()):
    return {"cell_type": kind, "source": source, "metadata": {}, "outputs": list(outputs)}


def output(data):
    return {"data": {"image/png": data}}


def test_sentences_and_pictures_are_taken():
    sentences = "**Your three sentences:** one, two, three."
    cells = [
        cell("markdown", sentences),
        cell("markdown", "another"),
        cell("code", sentences, [output(PICTURE), output([PICTURE[:4] + "\n", PICTURE[4:]])]),
    ]
    assert handed_in({"cells": cells}) == Work([sentences], [PICTURE, PICTURE], [sentences])


@pytest.mark.parametrize("data", NO_PICTURES.values(), ids=NO_PICTURES)
def test_what_is_no_picture_is_left_out(data):
    assert handed_in({"cells": [cell(outputs=[output(data)])]}) == Work([], [], [])


@pytest.mark.parametrize("odd", [None, 1, [], {"data": None}, {"data": ["image/png"]}])
def test_odd_outputs_are_left_out(odd):
    assert handed_in({"cells": [cell(outputs=[odd])]}) == Work([], [], [])


def test_there_is_an_end_to_what_is_taken():
    long = cell("markdown", "Your three sentences" + "x" * LONGEST_TEXT, [output(PICTURE)] * 9)
    work = handed_in({"cells": [long] * 20})
    assert len(work.sentences) == MOST_TEXTS
    assert len(work.pictures) == MOST_PICTURES
    assert max(map(len, work.sentences)) == LONGEST_TEXT
