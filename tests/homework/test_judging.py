"""Answers are compared, and what is wrong with them has a name."""

from __future__ import annotations

import numpy as np
import pytest

from mmlearn_helpers.homework.judging import AnswerError, describe, examine, judge
from mmlearn_helpers.homework.questions import Example

EXPECTED = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, 60.0]])
MISTAKEN = {"The mean was forgotten.": EXPECTED + 7, "A row is enough.": EXPECTED[0]}
EXAMPLE = Example("agrees", 3, False, (EXPECTED,), EXPECTED, MISTAKEN)
RIGHT = {
    "itself": EXPECTED,
    "rounded": EXPECTED + 0.05,
    "integers": EXPECTED.astype(int),
}
WRONG = {
    "too far": (
        EXPECTED + [[0.0, 0.1, 0.0]] * 2,
        "2 of 6 numbers are wrong: at 0, 1 the answer is",
    ),
    "known mistake": (EXPECTED + 7, "The mean was forgotten."),
    "known mistake of another shape": (EXPECTED[0], "A row is enough."),
    "transposed": (EXPECTED.T, "transposed"),
    "squeezed": (EXPECTED[None], "numbers are right, but the shape"),
    "another shape": (np.ones(7), "Which axis"),
    "no shape": (np.array(1.0), "Which axis"),
    "nan": (EXPECTED * np.nan, "6 of 6 numbers are NaN or infinite"),
    "infinite": (np.where(EXPECTED > 50, np.inf, EXPECTED), "1 of 6 numbers"),
    "negative": (-EXPECTED, "sign is wrong"),
    "half": (EXPECTED / 2, "0.5 times"),
    "shifted": (EXPECTED - 1, "-1 away"),
    "zero": (EXPECTED * 0, "6 of 6 numbers are wrong"),
    "huge": (EXPECTED * 1e306, "1e+306 times"),
    "largest": (np.full((2, 3), 1.7e308), "6 of 6 numbers are wrong"),
    "tiny": (np.full((2, 3), 5e-324), "6 of 6 numbers are wrong"),
}


@pytest.mark.parametrize("answer", RIGHT.values(), ids=RIGHT)
def test_what_is_close_earns_all(answer):
    finding = judge(EXAMPLE, answer)
    assert finding.holds
    assert finding.points == 3


@pytest.mark.parametrize(("answer", "words"), WRONG.values(), ids=WRONG)
@pytest.mark.filterwarnings("error")
def test_what_is_wrong_earns_nothing_and_is_named(answer, words):
    finding = judge(EXAMPLE, answer)
    assert finding.points == 0
    assert words in finding.message


@pytest.mark.parametrize("message", ["The function raised ValueError.", ""])
def test_no_answer_earns_nothing_whatever_is_said(message):
    finding = judge(EXAMPLE, AnswerError(message))
    assert not finding.holds
    assert finding.points == 0
    assert finding.message


@pytest.mark.parametrize("expected", [np.zeros((2, 3)), np.array(0.0), np.array([np.inf, 1.0])])
@pytest.mark.filterwarnings("error")
def test_any_expected_answer_can_be_compared_with_any_other(expected):
    example = Example("agrees", 1, False, (), expected, {})
    assert judge(example, expected).points == 1
    for answer in (expected + 1, -expected - 1, np.ones(5), np.array(np.nan), expected * np.nan):
        assert judge(example, answer).points == 0


def test_the_same_question_is_asked_twice_and_must_get_the_same_answer():
    asked = []

    def forgetful(arguments):
        asked.append(len(asked))
        return EXPECTED if len(asked) < 4 else EXPECTED * 2

    other = EXAMPLE._replace(title="other")
    assert [item.points for item in examine([EXAMPLE, other], forgetful)] == [0, 0]
    assert len(asked) == 4
    assert all(item.points == 3 for item in examine([EXAMPLE, other], lambda arguments: EXPECTED))


@pytest.mark.filterwarnings("error")
def test_huge_answers_are_compared_without_a_warning():
    answers = iter([np.full((2, 3), 1.7e308), np.full((2, 3), -1.7e308)] * 2)
    (finding,) = examine([EXAMPLE], lambda arguments: next(answers))
    assert "two different answers" in finding.message
    assert "6 of 6" in examine([EXAMPLE], lambda arguments: EXPECTED * 0)[0].message


def test_an_answer_that_fails_now_and_then_is_not_steady():
    turns = iter([EXPECTED, AnswerError("no")])

    def moody(arguments):
        turn = next(turns)
        if isinstance(turn, AnswerError):
            raise turn
        return turn

    (finding,) = examine([EXAMPLE], moody)
    assert finding.points == 0
    assert "two different answers" in finding.message


def test_answers_that_depend_on_the_order_of_the_questions_are_not_steady():
    other = EXAMPLE._replace(title="other", expected=2 * EXPECTED, mistaken={})
    answers = [EXPECTED, 2 * EXPECTED] * 2
    found = examine([EXAMPLE, other], lambda arguments: answers.pop(0))
    assert [item.points for item in found] == [0, 0]
    assert all("two different answers" in item.message for item in found)


@pytest.mark.parametrize(("noise", "points"), [(0.0, 3), (1e-9, 3), (1e-4, 0), (0.01, 0), (0.1, 0)])
def test_an_answer_with_more_noise_than_rounding_makes_is_not_steady(noise, points):
    answers = [EXPECTED, EXPECTED * (1 + noise)]
    (finding,) = examine([EXAMPLE], lambda arguments: answers.pop())
    assert finding.points == points


def test_nan_and_infinity_are_right_where_they_are_expected_and_only_there():
    expected = np.array([np.nan, 1.0, -np.inf])
    example = Example("agrees", 3, False, (), expected, {})
    (finding,) = examine([example], lambda arguments: expected.copy())
    assert finding.holds and finding.points == 3
    for wrong in ([1.0, 1.0, -np.inf], [np.nan, np.nan, -np.inf], [np.nan, 1.0, np.inf]):
        assert judge(example, np.array(wrong)).points == 0


@pytest.mark.filterwarnings("error")
def test_the_worst_number_is_found_beside_nan_and_infinity_that_are_right():
    expected = np.array([np.nan, np.inf, 1.0, 2.0])
    example = Example("agrees", 3, False, (), expected, {})
    message = judge(example, np.array([np.nan, np.inf, 1.5, 7.0])).message
    assert message.startswith("2 of 4 numbers are wrong: at 3 the answer is 7, where 2 is")
    message = judge(example, np.array([np.nan, np.inf, np.nan, 7.0])).message
    assert message.startswith("2 of 4 numbers are wrong: at 2 the answer is nan, where 1 is")


@pytest.mark.parametrize("scale", [1.0, 1e-3])
def test_a_mistake_is_named_on_the_scale_of_what_is_expected_and_whichever_way_it_lies(scale):
    """A known mistake that gives nearly nothing matches an answer that is nearly nothing."""
    mistaken = {"All is lost.": np.zeros((2, 3)), "Doubled.": 2 * EXPECTED * scale}
    example = EXAMPLE._replace(expected=EXPECTED * scale, mistaken=mistaken)
    assert judge(example, np.full((2, 3), 0.05 * scale)).message == "All is lost."
    assert judge(example, np.full((3, 2), 0.05 * scale)).message == "All is lost."
    assert judge(example, 2 * EXPECTED.T * scale).message == "Doubled."
    assert judge(example, np.full((2, 3), 0.1 * scale)).message != "All is lost."


def test_an_answer_is_shown_in_a_few_words():
    assert describe(np.array(0.25)) == "0.25"
    assert describe(np.arange(3.0)) == "0, 1, 2 (shape 3)"
    assert describe(np.zeros((100, 200))) == "0, 0, 0, 0, … (shape 100 × 200)"
