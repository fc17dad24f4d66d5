"""Submissions are found as Canvas and Moodle pack them, and read without trust."""

from __future__ import annotations

import json
import os

import pytest

from mmlearn_helpers.homework.submissions import (
    LARGEST,
    Submission,
    UnreadableError,
    find_submissions,
    read_notebook,
)

NAMES = {
    "adalovelace_17_4711_hw1.ipynb": "adalovelace_17",
    "adalovelace_LATE_17_4711_hw1-2.ipynb": "adalovelace_17",
    "Ada Lovelace_17_assignsubmission_file/hw1.ipynb": "Ada Lovelace_17",
    "Ada Lovelace_17_assignsubmission_file_/a/b/hw1.ipynb": "Ada Lovelace_17",
    "Ada_Mary Lovelace_17_assignsubmission_file_/hw1.ipynb": "Ada_Mary Lovelace_17",
    "ada.ipynb": "ada",
    "ada/hw1.ipynb": "ada",
    "ada_lovelace.ipynb": "ada_lovelace",
    "eve_66_99_ada_17_assignsubmission_file_.ipynb": "eve_66_99_ada_17",
    "li\x1b[2J.ipynb": "li�[2J",
    "two\nlines\u2028.ipynb": "two�lines�",
    os.fsdecode(b"\xff\xfe.ipynb"): "��",
    "=1+1.ipynb": "=1+1",
    "李.ipynb": "李",
}


def put(path, content=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": []} if content is None else content))
    return path


@pytest.mark.parametrize(("name", "student"), NAMES.items(), ids=map(ascii, NAMES))
def test_a_name_is_that_of_the_platform_and_fit_to_print(tmp_path, name, student):
    path = put(tmp_path / name)
    (found,) = find_submissions(tmp_path)
    assert found == Submission(student, (path,))
    found.student.encode()


def test_only_notebooks_count_and_no_copies_of_jupyters(tmp_path):
    put(tmp_path / "ada" / "hw1.ipynb")
    put(tmp_path / "ada" / ".ipynb_checkpoints" / "hw1-checkpoint.ipynb")
    put(tmp_path / "ada" / "__MACOSX" / "hw1.ipynb")
    put(tmp_path / "ada" / "notes.txt")
    put(tmp_path / ".hidden.ipynb")
    put(tmp_path / "readme.md")
    (tmp_path / "bob").mkdir()
    found = find_submissions(tmp_path)
    assert [(item.student, len(item.paths)) for item in found] == [("ada", 1), ("bob", 0)]


def test_two_notebooks_of_one_student_are_one_submission_that_cannot_be_read(tmp_path):
    put(tmp_path / "ada_17_1_hw1.ipynb")
    put(tmp_path / "ada_LATE_17_2_hw1.ipynb")
    (found,) = find_submissions(tmp_path)
    with pytest.raises(UnreadableError, match="There are 2 notebooks"):
        read_notebook(found, "hw1")


def test_a_folder_must_be_there_and_hold_something(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        find_submissions(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="There are no notebooks"):
        find_submissions(tmp_path)


def test_of_a_cell_only_words_are_taken(tmp_path):
    cell = {"cell_type": "code", "source": ["a\n", 1, ["b"], "c"], "metadata": {"tags": ["x", 2]}}
    path = put(tmp_path / "ada.ipynb", {"cells": [cell, None], "metadata": {"homework": ["hw2"]}})
    taken = read_notebook(Submission("ada", (path,)), "hw1")["cells"]
    nothing = {"cell_type": "", "source": "", "metadata": {"tags": []}, "outputs": []}
    assert taken[0] == nothing | {
        "cell_type": "code",
        "source": "a\nc",
        "metadata": {"tags": ["x"]},
    }
    assert taken[1] == nothing


def test_what_is_too_large_is_not_even_read(tmp_path):
    path = tmp_path / "ada.ipynb"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(UnreadableError, match="20 are allowed"):
        read_notebook(Submission("ada", (path,)), "hw1")


def test_a_file_that_may_not_be_opened_is_unreadable(tmp_path, monkeypatch):
    path = put(tmp_path / "ada.ipynb")

    def refused(*arguments, **named):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_text", refused)
    with pytest.raises(UnreadableError, match="cannot be opened: Permission denied"):
        read_notebook(Submission("ada", (path,)), "hw1")
