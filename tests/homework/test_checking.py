"""The check in the notebook shows what the grader finds, and its examples are up to date."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from mmlearn_helpers.homework import check, checking, examples
from mmlearn_helpers.homework.calls import call_function
from mmlearn_helpers.homework.checking import Report
from mmlearn_helpers.homework.classes import load_homework
from mmlearn_helpers.homework.examples import examples_json, homeworks, read_examples
from mmlearn_helpers.homework.judging import examine
from mmlearn_helpers.homework.questions import draw_examples


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    from keeper import HOMEWORK

    (tmp_path / "examples").mkdir()
    monkeypatch.setattr(examples, "FOLDER", tmp_path)
    examples.write_examples("tiny", HOMEWORK)


def centre(x):
    return x - x.mean(dim=0)


@pytest.mark.parametrize("name", homeworks())
def test_the_examples_kept_are_those_of_the_homework(name):
    stored = (examples.FOLDER / "examples" / f"{name}.json").read_text()
    assert stored == examples_json(load_homework(name))


@pytest.mark.parametrize("name", homeworks())
def test_the_examples_that_students_get_are_not_the_graders(name):
    homework = load_homework(name)
    for number, (function, shown) in read_examples(name).items():
        question = homework.questions[number]
        assert function == question.function
        assert not any(example.hidden for example in shown)
        drawn = [item for item in draw_examples(question, 1) if not item.hidden]
        for ours, theirs in zip(shown, drawn, strict=True):
            assert ours.title == theirs.title
            assert any(
                not np.array_equal(a, b)
                for a, b in zip(ours.arguments, theirs.arguments, strict=True)
            )


@pytest.mark.usefixtures("tiny")
def test_a_right_answer_holds_and_a_wrong_one_is_shown():
    right = check("tiny.q1", centre)
    assert isinstance(right, Report)
    assert repr(right) == "✓ agrees with the definition\n✓ centres what is far from zero"
    wrong = check("tiny.q1", lambda x: x - x.mean())
    assert "✗ agrees with the definition\n    expected  " in repr(wrong)
    assert "\n    One mean was taken of all numbers." in repr(wrong)
    page = wrong._repr_html_()
    assert page.count("<tr>") == 5
    assert "One mean was taken of all numbers." in page
    assert "points" not in page


@pytest.mark.usefixtures("tiny")
def test_html_of_a_student_is_escaped():
    def shout(x):
        raise ValueError("<script>")

    assert "&lt;script&gt;" in check("tiny.q1", shout)._repr_html_()


@pytest.mark.usefixtures("tiny")
def test_it_finds_what_the_grader_finds():
    from keeper import HOMEWORK

    found = check("tiny.q2", lambda x: torch.exp(x).sum(-1).log()).findings
    drawn = draw_examples(HOMEWORK.questions["q2"], examples.SEED)
    overflowing = partial(call_function, lambda x: torch.exp(x).sum(-1).log())
    judged = [item for item in examine(drawn, overflowing) if not item.hidden]
    assert [item.message for item in found] == [item.message for item in judged]


MISTAKES = {
    "another name": (
        "tiny.q3",
        centre,
        ValueError,
        "no check for .tiny.q3.; there are checks for",
    ),
    "only the homework": ("tiny", centre, ValueError, "no check for 'tiny'"),
    "only the question": ("q1", centre, ValueError, "no check for 'q1'"),
    "no word": (1, centre, ValueError, "no check for 1"),
    "no function": ("tiny.q1", 3.0, TypeError, "without brackets behind the name"),
    "called": ("tiny.q1", torch.ones(3), TypeError, "given a Tensor"),
    "a path": ("../tiny.q1", centre, ValueError, "no check for"),
}


@pytest.mark.parametrize(("question", "function", "kind", "words"), MISTAKES.values(), ids=MISTAKES)
@pytest.mark.usefixtures("tiny")
def test_bad_input_gets_a_sentence(question, function, kind, words):
    with pytest.raises(kind, match=words):
        check(question, function)


def test_a_table_for_feedback_has_points():
    from mmlearn_helpers.homework.judging import Finding

    page = checking.table([Finding("a", 0, 2, "1", "2", "no")], points=True)
    assert "<td>0 of 2</td>" in page
