"""Pages say what came of it, load nothing, and take nothing that a student wrote for HTML."""

from __future__ import annotations

import base64
import re

import pytest
from keeper import HOMEWORK

from mmlearn_helpers.homework.experiment import PNG, Work
from mmlearn_helpers.homework.feedback import write_experiments, write_feedback, write_summary
from mmlearn_helpers.homework.grading import Graded, Mark
from mmlearn_helpers.homework.judging import Finding

EVIL = "<script>alert(1)</script>"
PICTURE = base64.b64encode(PNG).decode()


def graded(student, points, status="graded"):
    finding = Finding("agrees", 0, 2, EVIL, EVIL, EVIL)
    marks = [
        Mark("q1", status, points, 4, 0.1, EVIL, [finding]),
        Mark("q2", "missing", 0, 5, 0.1, "", []),
        Mark("q3", "by hand", None, 5, 0.0, "", []),
    ]
    return Graded(student, marks, [EVIL], Work([EVIL], [PICTURE, '"><script>'], [EVIL]))


def done(student, points):
    left, right, hand = graded(student, points).marks
    return graded(student, points)._replace(marks=[left, right, hand._replace(points=2.5)])


CLASS = [graded(EVIL, 1), graded("eve", None, "failed"), done("ada lovelace", 4)]


@pytest.fixture
def folder(tmp_path):
    write_feedback(tmp_path / "feedback", "hw1", CLASS)
    write_experiments(tmp_path / "experiments.html", "hw1", CLASS, HOMEWORK.rubric)
    write_summary(tmp_path / "summary.html", "hw1", CLASS, HOMEWORK)
    return tmp_path


def test_nothing_that_came_from_a_student_is_html(folder):
    pages = list(folder.rglob("*.html"))
    assert len(pages) == 5
    for page in pages:
        text = page.read_text()
        assert "<script" not in text
        assert not re.search(r'(?:src|href)="(?!data:|feedback/)', text)


def test_a_page_says_what_was_earned_and_what_is_no_zero(folder):
    eve = (folder / "feedback" / "eve.html").read_text()
    assert "not known yet of 14 points" in eve
    assert "This is not a 0" in eve
    ada = (folder / "feedback" / "ada lovelace.html").read_text()
    assert "6.5 of 14 points" in ada
    assert "This is not a 0" not in ada
    assert "q3: 2.5 of 5 points" in ada


def test_the_page_of_somebody_who_is_gone_goes_too(folder):
    write_feedback(folder / "feedback", "hw1", CLASS[:2])
    assert len(list((folder / "feedback").iterdir())) == 2


def test_the_summary_has_a_picture_with_words_for_it_and_links_that_lead_somewhere(folder):
    text = (folder / "summary.html").read_text()
    assert text.count("<img") == 1
    assert 'alt="Left: how many of 2 students' in text
    assert "3 submissions" in text
    assert "<td>2.5 of 4</td>" in text
    links = re.findall(r'href="([^"]+)"', text)
    assert "feedback/ada%20lovelace.html" in links
    assert len(links) == 3


def test_a_class_without_a_single_mark_has_a_summary(tmp_path):
    write_summary(tmp_path / "summary.html", "hw1", CLASS[1:2], HOMEWORK)
    assert "not known yet, of 4" in (tmp_path / "summary.html").read_text()


def test_experiments_stand_side_by_side(folder):
    text = (folder / "experiments.html").read_text()
    assert text.count('<img alt="A figure handed in"') == 6
    assert "Three sentences (3)" in text
