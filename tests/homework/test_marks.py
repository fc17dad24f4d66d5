"""Marks given by hand are merged, kept and checked, and tables hold no formulas."""

from __future__ import annotations

import csv

import pytest

from mmlearn_helpers.homework.experiment import Work
from mmlearn_helpers.homework.grading import Graded, Mark
from mmlearn_helpers.homework.marks import (
    merge,
    read_sheet,
    safe,
    total,
    write_marks,
    write_sheet,
    write_table,
    write_totals,
)

RUBRIC = {"The axes are labelled": 2, "-Three sentences": 3}


def graded(student, *marks):
    rows = [Mark(f"q{n}", *mark, 0.25, "a note", []) for n, mark in enumerate(marks, start=1)]
    return Graded(student, rows, [], Work([], [], []))


CLASS = [
    graded("ada", ("graded", 4, 4), ("by hand", None, 5)),
    graded("=eve()", ("failed", None, 4), ("by hand", None, 5)),
]


def rows(path):
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def fill(path, *points, comment="well done"):
    lines = rows(path)
    for line, given in zip(lines, points, strict=True):
        line["points"], line["comment"] = given, comment
    write_table(path, list(lines[0]), [list(line.values()) for line in lines])


@pytest.fixture
def sheet(tmp_path):
    path = tmp_path / "hand.csv"
    write_sheet(path, CLASS, RUBRIC)
    return path


def test_the_sheet_has_a_line_for_all_that_waits(sheet):
    assert [(line["student"], line["question"], line["item"]) for line in rows(sheet)] == [
        ("ada", "q2", "The axes are labelled"),
        ("ada", "q2", "'-Three sentences"),
        ("'=eve()", "q1", "failed"),
        ("'=eve()", "q2", "The axes are labelled"),
        ("'=eve()", "q2", "'-Three sentences"),
    ]


def test_marks_are_merged_once_every_item_is_marked(sheet):
    fill(sheet, "2", "1.5", "3", "1", "")
    ada, eve = merge(CLASS, read_sheet(sheet))
    assert [mark.points for mark in ada.marks] == [4, 3.5]
    assert total(ada) == (7.5, 9)
    assert "The axes are labelled: 2 of 2. well done" in ada.marks[1].note
    assert [mark.points for mark in eve.marks] == [3, None]
    assert total(eve) == (None, 9)
    assert isinstance(eve.marks[0].points, int)


def test_marks_given_are_kept_when_graded_again(sheet):
    fill(sheet, "2", "1.5", "3", "1", "0")
    before = sheet.read_bytes()
    write_sheet(sheet, CLASS, RUBRIC)
    assert sheet.read_bytes() == before


@pytest.mark.parametrize(
    "rubric",
    [
        {"The axes are labelled": 3, "-Three sentences": 3},
        {"The axes are labelled": 2},
        {"The axes are labelled": 2, "-Three sentences": 3, "A legend": 1},
    ],
    ids=["other points", "fewer", "more"],
)
def test_marks_do_not_survive_another_rubric_but_are_kept_beside(sheet, capsys, rubric):
    fill(sheet, "2", "1.5", "3", "1", "0")
    before = sheet.read_bytes()
    write_sheet(sheet, CLASS, rubric)
    by_hand = [line for line in rows(sheet) if line["question"] == "q2"]
    assert [line["points"] for line in by_hand] == [""] * 2 * len(rubric)
    assert [line["comment"] for line in by_hand] == [""] * 2 * len(rubric)
    assert [line["out of"] for line in by_hand] == [str(out_of) for out_of in rubric.values()] * 2
    assert [line["points"] for line in rows(sheet) if line["question"] == "q1"] == ["3"]
    assert sheet.with_name("hand-before.csv").read_bytes() == before
    assert "fit no answer" in capsys.readouterr().out


@pytest.mark.parametrize("points", ["-1", "3", "nan", "inf", "two", "1e9"])
def test_points_that_cannot_be_are_refused_with_their_line(sheet, points):
    fill(sheet, "", points if points != "3" else "3.5", "", "", "")
    with pytest.raises(ValueError, match=r"hand\.csv, line 3: points are .* from 0 to 3"):
        read_sheet(sheet)


@pytest.mark.parametrize("points", ["-1", "-0.5", "2.5"])
def test_points_written_by_hand_that_cannot_be_are_refused(sheet, points):
    """Without the apostrophe that this package puts before what looks like a formula."""
    text = sheet.read_text("utf-8-sig")
    line = "ada,q2,The axes are labelled,"
    assert text.count(f"{line},") == 1
    sheet.write_text(text.replace(f"{line},", f"{line}{points},"), "utf-8")
    with pytest.raises(ValueError, match=rf"line 2: points are '{points}', .* from 0 to 2"):
        read_sheet(sheet)


def test_marks_for_nobody_are_refused(sheet):
    items = read_sheet(sheet)
    with pytest.raises(ValueError, match="Marks are given for bob q1"):
        merge(CLASS, items | {("bob", "q1"): []})
    with pytest.raises(ValueError, match="Marks are given for '=eve"):
        merge(CLASS[:1], items)


@pytest.mark.parametrize("head", ["student;question;points", "student,points", ""])
def test_a_sheet_without_its_columns_is_refused(sheet, head):
    sheet.write_text(f"{head}\nada,1\n")
    with pytest.raises(ValueError, match="lacks the columns"):
        read_sheet(sheet)


def test_a_sheet_as_spreadsheets_save_it_is_read(sheet):
    text = sheet.read_text("utf-8-sig")
    text = text.replace("ada,q2,The axes are labelled,,2,", "ada,q2,The axes,,2")
    sheet.write_bytes(b"\xef\xbb\xbf" + text.replace("\r\n", "\n").encode())
    assert read_sheet(sheet)[("ada", "q2")][0]["comment"] == ""


def test_semicolons_and_decimal_commas_are_read(sheet):
    text = sheet.read_text("utf-8-sig").replace(",", ";").replace(";;2;", ";1,5;2;")
    sheet.write_text(text, "utf-8")
    assert read_sheet(sheet)[("ada", "q2")][0]["points"] == "1.5"


def test_a_sheet_in_another_encoding_is_refused(sheet):
    sheet.write_bytes(sheet.read_bytes() + "René".encode("latin-1"))
    with pytest.raises(ValueError, match="save it as 'CSV UTF-8'"):
        read_sheet(sheet)


def test_marks_that_fit_nothing_any_more_are_kept_beside(sheet, capsys):
    fill(sheet, "2", "1.5", "3", "1", "0")
    before = sheet.read_bytes()
    write_sheet(sheet, CLASS[1:], RUBRIC)
    assert sheet.with_name("hand-before.csv").read_bytes() == before
    assert "kept in" in capsys.readouterr().out


def test_a_sheet_that_is_not_there_has_a_name(tmp_path):
    with pytest.raises(FileNotFoundError, match="grade' writes it"):
        read_sheet(tmp_path / "hand.csv")


def test_points_that_are_not_known_are_blank(tmp_path):
    write_marks(tmp_path / "grades.csv", CLASS)
    write_totals(tmp_path / "totals.csv", CLASS)
    assert [line["points"] for line in rows(tmp_path / "grades.csv")] == ["4", "", "", ""]
    assert [list(line.values()) for line in rows(tmp_path / "totals.csv")] == [
        ["ada", "", "9", "q2"],
        ["'=eve()", "", "9", "q1 q2"],
    ]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@A1", "\t=1", "\r=1"])
def test_nothing_is_taken_for_a_formula(tmp_path, text):
    assert safe(text) == f"'{text}"
    write_table(tmp_path / "a.csv", ["head"], [[text], ["plain"], [-1]])
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8-sig") as file:
        assert list(csv.reader(file)) == [["head"], [f"'{text}"], ["plain"], ["-1"]]
