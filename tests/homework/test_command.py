"""The words after ``mmlearn homework``, and what is kept between them."""

from __future__ import annotations

import csv
import tomllib
import zipfile

import pytest
from chapters import ROOT
from keeper import HOMEWORK, SOLUTION, notebook

from mmlearn_helpers.__main__ import main
from mmlearn_helpers.homework import classes, command
from mmlearn_helpers.homework.classes import load_homework
from mmlearn_helpers.homework.results import file_name, keep_seed, stored_results


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A class of one, which can be trusted."""
    for module in (classes, command):
        monkeypatch.setattr(module, "load_homework", lambda name: HOMEWORK)
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "ada.ipynb").write_text(notebook(*SOLUTION))
    return tmp_path / "class"


def grade(folder, *options):
    main(["homework", "grade", str(folder), "--homework", "hw1", "--no-sandbox", *options])


def rows(path):
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_a_class_is_graded_marked_by_hand_and_reported(folder, capsys):
    grade(folder)
    to = folder.with_name("class-graded")
    assert sorted(path.name for path in to.iterdir()) == [
        "experiments.html",
        "feedback",
        "grades.csv",
        "hand.csv",
        "homework.txt",
        "results",
        "seed.txt",
        "summary.html",
        "totals.csv",
    ]
    assert rows(to / "totals.csv")[0]["points"] == ""
    hand = to / "hand.csv"
    hand.write_text(hand.read_text().replace(",,2,", ",2,2,").replace(",,3,", ",1.5,3,"))
    main(["homework", "report", str(to)])
    assert rows(to / "totals.csv")[0]["points"] == "12.5"
    assert "12.5 of 14 points" in (to / "feedback" / "ada.html").read_text()
    capsys.readouterr()
    grade(folder)
    assert "1 of 1 were graded before." in capsys.readouterr().out
    assert rows(to / "totals.csv")[0]["points"] == "12.5"


def test_results_are_of_one_homework(folder):
    grade(folder)
    again = complaint("grade", folder, "--homework", "hw2", "--no-sandbox")
    assert "holds the results of hw1, not of hw2" in again


def complaint(*words):
    with pytest.raises(SystemExit) as caught:
        main(["homework", *map(str, words)])
    return str(caught.value)


def test_bad_input_gets_a_sentence(folder, tmp_path):
    words = ("--homework", "hw1", "--no-sandbox")
    assert "There is no folder" in complaint("grade", tmp_path / "no", *words)
    assert "within" in complaint("grade", folder, *words, "--to", folder / "results")
    assert "There are no results" in complaint("report", tmp_path)
    assert "There is no" in complaint("release", tmp_path / "hw9.md")
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "seed.txt").write_text("seven")
    told = complaint("grade", folder, *words, "--to", tmp_path / "to")
    assert "holds 'seven', but a whole number" in told


def test_an_unknown_homework_and_missing_answers_are_named(monkeypatch):
    with pytest.raises(ValueError, match="There is no homework 'hw01'"):
        load_homework("hw01")
    with pytest.raises(ValueError, match="There is no homework"):
        load_homework("../hw1")
    monkeypatch.setattr(classes.util, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="the package that students install"):
        load_homework("hw1")


def test_a_fault_of_ours_stops_loudly_and_keeps_what_is_done(folder, monkeypatch):
    (folder / "bob.ipynb").write_text(notebook())
    right = classes.grade_submission

    def faulty(submission, *arguments):
        if submission.student == "bob":
            raise ZeroDivisionError("a fault of ours")
        return right(submission, *arguments)

    monkeypatch.setattr(classes, "grade_submission", faulty)
    with pytest.raises(ZeroDivisionError):
        grade(folder)
    assert [item.student for item in stored_results(folder.with_name("class-graded"))] == ["ada"]


def test_the_seed_is_drawn_once_and_differs(tmp_path):
    first = keep_seed(tmp_path / "a")
    assert keep_seed(tmp_path / "a") == first
    assert keep_seed(tmp_path / "b") != first


def test_names_of_files_are_short_and_differ():
    long = ["é" * 120 + end for end in "ab"]
    assert len({file_name(name) for name in long}) == 2
    assert all(len(file_name(name).encode()) < 100 for name in long)
    assert file_name("Ada Lovelace_17") == "Ada Lovelace_17"
    assert "/" not in file_name("../../x")


def test_students_do_not_get_the_answers(tmp_path):
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["exclude"] == ["mmlearn_helpers/homework/answers"]
    from hatchling.builders.wheel import WheelBuilder

    (built,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(built) as file:
        names = file.namelist()
    assert "mmlearn_helpers/homework/worker.py" in names
    assert not [name for name in names if "answers" in name]
