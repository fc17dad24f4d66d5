"""What is kept of a class comes back as it was, in the order of names."""

from __future__ import annotations

import pytest

from mmlearn_helpers.homework import results
from mmlearn_helpers.homework.experiment import Work
from mmlearn_helpers.homework.grading import Graded, Mark
from mmlearn_helpers.homework.judging import Finding


def graded(student):
    finding = Finding("agrees", 1, 2, "0.5", "0.25", "Half of it is missing.", True)
    mark = Mark("q1", "graded", 1, 2, 0.5, "a note", [finding])
    return Graded(student, [mark], ["a fault"], Work(["a sentence"], [], ["code"]))


def test_what_is_stored_comes_back_with_its_stamp(tmp_path):
    results.store(tmp_path, graded("ada"), "a stamp")
    assert list(results.stored(tmp_path)) == [(graded("ada"), "a stamp")]


def test_results_come_in_the_order_of_names(tmp_path, monkeypatch):
    names = ["eve", "ada", "bob"]
    monkeypatch.setattr(results, "stored", lambda folder: [(graded(name), "") for name in names])
    assert [item.student for item in results.stored_results(tmp_path)] == ["ada", "bob", "eve"]


def test_long_names_are_shortened_and_stay_apart():
    assert results.file_name("a/b") == "a_b"
    assert results.file_name("x" * 150) == "x" * 150
    first, second = (results.file_name("é" * 80 + end) for end in "ab")
    assert first != second
    assert len(first.encode()) <= 150
    assert first.startswith("é" * 37)


def test_a_seed_is_drawn_once_and_kept(tmp_path):
    first = results.keep_seed(tmp_path)
    assert results.keep_seed(tmp_path) == first
    (tmp_path / "seed.txt").write_text("12\n")
    assert results.keep_seed(tmp_path) == 12
    (tmp_path / "seed.txt").write_text("twelve")
    with pytest.raises(ValueError, match="holds 'twelve', but a whole number is expected"):
        results.keep_seed(tmp_path)


def test_a_folder_belongs_to_one_homework(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no results in .* run 'mmlearn homework grade'"):
        results.kept_name(tmp_path)
    results.keep_name(tmp_path, "hw1")
    results.keep_name(tmp_path, "hw1")
    assert results.kept_name(tmp_path) == "hw1"
    with pytest.raises(ValueError, match="holds the results of hw1, not of hw2"):
        results.keep_name(tmp_path, "hw2")
