"""A class in which nothing is as it should be: files, names, tables and pages."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from keeper import FULL, HOMEWORK, SOLUTION, function, notebook, outcome, survivors

from mmlearn_helpers.homework import classes, command, results
from mmlearn_helpers.homework.submissions import Submission, UnreadableError, read_notebook

DEEP = sys.getrecursionlimit()
UNREADABLE = {
    "empty": b"",
    "binary": bytes(range(256)),
    "words": b"my homework",
    "a list": b"[]",
    "a number": b"1e999",
    "long number": b"9" * 100_000,
    "half": notebook(*SOLUTION).encode()[:300],
    "no UTF-8": notebook(*SOLUTION).encode().replace(b"centre", b"\xff\xfe"),
    "UTF-16": notebook(*SOLUTION).encode("utf-16"),
    "no cells": b'{"metadata": {"homework": "hw1"}}',
    "cells in words": b'{"cells": "def centre(x)", "metadata": []}',
    "format 3": json.dumps({"nbformat": 3, "worksheets": [{"cells": [{"input": "1"}]}]}).encode(),
    "too many cells": json.dumps({"cells": [{}] * 1001}).encode(),
    "30 MB": b'{"cells": [], "x": "' + b"x" * (30 << 20) + b'"}',
    "another homework": notebook(*SOLUTION, homework="hw2").encode(),
    "deep": b"[" * 100_000 + b"]" * 100_000,
}
ODD_CELLS = [
    None,
    1,
    [],
    "code",
    {},
    {"cell_type": ["code"], "source": 3, "outputs": 3, "metadata": 3},
    {"cell_type": "code", "source": {"a": 1}, "metadata": {"tags": "check"}},
    {"cell_type": "code", "source": [1, None, "x = 1", ["y"]], "metadata": {"tags": [1, None]}},
    {"cell_type": "code", "source": "lone = '\ud800'", "outputs": [None, {"data": 1}]},
    {"cell_type": "markdown", "source": "Your three sentences \ud800 <script>alert(1)</script>"},
    {"cell_type": "code", "outputs": [{"data": {"image/png": "é"}}]},
    {"cell_type": "code", "outputs": [{"data": {"image/png": ["iVBORw0KGgo=", 1]}}]},
    {"cell_type": "code", "outputs": [{"data": {"image/png": '"><script>alert(1)</script>'}}]},
]
NAMES = [
    '=HYPERLINK("evil")',
    "@SUM(1)",
    "<script>alert(1)<",
    "a..",
    "-rf",
    "two\nlines\x1b[2J",
    "x" * 240,
    "日本語 é",
    "' OR 1=1; --",
    "%2e%2e%2f",
]


class Links(HTMLParser):
    """What a page would run or load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.scripts = self.outside = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.scripts += tag in ("script", "iframe", "object")
        self.scripts += any(name.startswith("on") for name, _ in attributes)
        addresses = [value for name, value in attributes if name in ("src", "href")]
        self.outside += not all(value.startswith(("data:", "feedback/")) for value in addresses)


@pytest.fixture
def tiny(monkeypatch):
    for module in (classes, command):
        monkeypatch.setattr(module, "load_homework", lambda name: HOMEWORK)


def rows(path):
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_notebook_is_unreadable(tmp_path, content):
    path = tmp_path / "eve.ipynb"
    path.write_bytes(content)
    with pytest.raises(UnreadableError) as caught:
        read_notebook(Submission("eve", (path,)), "hw1")
    assert 10 < len(str(caught.value)) < 300


@pytest.mark.parametrize("place", ["source", "tags", "homework", "cell_type"])
def test_nothing_is_too_deep(tmp_path, place):
    for depth in range(DEEP - 150, DEEP, 3):
        nest = "[" * depth + "]" * depth
        cell = f'{{"cell_type": "code", "metadata": {{"tags": []}}, "{place}": {nest}}}'
        text = f'{{"cells": [{cell}], "metadata": {{"{place}": {nest}}}}}'
        (tmp_path / "eve.ipynb").write_text(text)
        try:
            read_notebook(Submission("eve", (tmp_path / "eve.ipynb",)), "hw1")
        except UnreadableError:
            continue


def hand_in(folder, name, content):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


@pytest.fixture
def odd_class(tmp_path):
    folder = tmp_path / "handed in"
    folder.mkdir()
    right = notebook(*SOLUTION).encode()
    for number, name in enumerate(["adalovelace_17", "alanturing_LATE_18"]):
        hand_in(folder, f"{name}_471{number}_hw1.ipynb", right)
    hand_in(folder, "Grace Hopper_19_assignsubmission_file/hw1.ipynb", right)
    hand_in(folder, "Two Files_20_assignsubmission_file_/hw1.ipynb", right)
    hand_in(folder, "Two Files_20_assignsubmission_file_/sub/hw1-1.ipynb", right)
    (folder / "No File_21_assignsubmission_file").mkdir()
    (folder / "directory.ipynb").mkdir()
    (folder / "linked.ipynb").symlink_to(folder / "adalovelace_17_4710_hw1.ipynb")
    (folder / "linked folder").symlink_to(folder)
    os.mkfifo(folder / "pipe.ipynb")
    subprocess.run(["mkdir", "-p", folder / "deep" / ("d/" * 1500)], check=True)
    for name in NAMES:
        hand_in(folder, f"{name}.ipynb", b"" if name != NAMES[0] else right)
    hand_in(folder, os.fsdecode(b"not UTF-8 \xff.ipynb"), b"")
    hand_in(folder, "oddcells.ipynb", json.dumps({"cells": ODD_CELLS}).encode())
    hand_in(folder, "readme.txt", b"nothing")
    yield folder
    subprocess.run(["rm", "-r", folder / "deep"], check=True)  # too deep for pytest


def test_a_class_of_odd_files_is_graded(tmp_path, odd_class, tiny, capsys, cage):
    folder, to = odd_class, tmp_path / "graded"
    before = sorted(path.name for path in folder.iterdir())
    hand_in(folder, "mallory.ipynb", notebook(*SOLUTION, function("centre", "x()")).encode())
    command.grade_homework(folder, "hw1", to, no_sandbox=False)
    print(capsys.readouterr().out.encode())  # nothing that a terminal could not print
    graded = {item.student: item for item in results.stored_results(to)}
    for student in ("adalovelace_17", "alanturing_18", "Grace Hopper_19", NAMES[0]):
        assert outcome(graded.pop(student)) == FULL
    assert outcome(graded.pop("mallory")) == FULL | {"q1": 0}
    assert outcome(graded.pop("oddcells")) == {"q1": 0, "q2": 0}
    assert {"Two Files_20", "No File_21", "directory.ipynb", "linked", "pipe", "deep"} < set(graded)
    assert len(graded) == 6 + len(NAMES[1:]) + 1
    for item in graded.values():
        assert set(outcome(item).values()) == {"unreadable"}
    assert sorted(path.name for path in folder.iterdir()) == sorted([*before, "mallory.ipynb"])
    assert survivors(cage) == []
    check_tables(to, graded)
    check_pages(to, len(graded) + 6)


def check_tables(to, unreadable):
    lines = rows(to / "grades.csv")
    assert {line["status"] for line in lines} >= {"unreadable", "graded", "missing", "by hand"}
    for line in lines:
        assert (line["points"] == "") == (line["status"] in ("unreadable", "by hand"))
        assert line["student"][0] not in "=+-@\t\r"
    names = {name.lstrip("'") for name in unreadable}
    blank = [line for line in rows(to / "totals.csv") if line["student"].lstrip("'") in names]
    assert len(blank) == len(unreadable)
    assert {line["points"] for line in blank} == {""}
    assert all("\n" not in line["student"] and "\x1b" not in line["student"] for line in lines)


def check_pages(to, number):
    pages = list((to / "feedback").iterdir())
    assert len(pages) == number
    assert all(page.parent == to / "feedback" and page.suffix == ".html" for page in pages)
    for page in [*pages, to / "summary.html", to / "experiments.html"]:
        links = Links(page.read_text(encoding="utf-8"))
        assert (links.scripts, links.outside) == (0, 0), page
    assert len([path for path in to.iterdir()]) == 9
