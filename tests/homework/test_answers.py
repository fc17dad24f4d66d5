"""Every homework: its solution is right, each known mistake is named, and luck earns nothing."""

from __future__ import annotations

from importlib import import_module
from itertools import combinations

import numpy as np
import pytest
import test_hw1
import test_hw2
import test_hw3

from mmlearn_helpers.homework.examples import homeworks
from mmlearn_helpers.homework.judging import examine
from mmlearn_helpers.homework.questions import draw_examples

HOMEWORKS = {
    name: import_module(f"mmlearn_helpers.homework.answers.{name}").HOMEWORK for name in homeworks()
}
QUESTIONS = [(name, number) for name in HOMEWORKS for number in HOMEWORKS[name].questions]
MADE = {"hw1": test_hw1.MISTAKES, "hw2": test_hw2.MISTAKES, "hw3": test_hw3.MISTAKES}
MISTAKES = [(name, *mistake) for name in MADE for mistake in MADE[name]]
every_question = pytest.mark.parametrize(("name", "number"), QUESTIONS)


@every_question
def test_the_solution_has_every_property_whatever_is_drawn(findings, name, number):
    for seed in range(20):
        assert [item.message for item in findings(name, number, seed=seed) if item.message] == []


@pytest.mark.parametrize(("name", "number", "right", "wrong", "words"), MISTAKES)
def test_a_mistake_is_named_and_costs_points(findings, name, number, right, wrong, words):
    for seed in range(3):
        found = findings(name, number, right, wrong, seed)
        assert any(words in item.message for item in found), [item.message for item in found]
        assert sum(item.points for item in found) < sum(item.out_of for item in found)


@every_question
def test_every_known_mistake_is_tried(name, number):
    tried = [words for of, question, *_, words in MISTAKES if (of, question) == (name, number)]
    for message in HOMEWORKS[name].questions[number].mistakes:
        assert any(words in message for words in tried), message


@every_question
def test_no_two_mistakes_look_alike(name, number):
    for seed in range(3):
        examples = draw_examples(HOMEWORKS[name].questions[number], seed)
        for a, b in combinations(examples[0].mistaken, 2):
            ways = [(e.mistaken[a], e.mistaken[b]) for e in examples]
            assert any(x.shape != y.shape or not np.allclose(x, y, rtol=1e-2) for x, y in ways)


@every_question
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_constant_earns_nothing(name, number, value):
    for seed in range(3):
        for example in draw_examples(HOMEWORKS[name].questions[number], seed):
            answer = np.full(example.expected.shape, value)
            assert examine([example], lambda _, answer=answer: answer)[0].points == 0


@every_question
def test_every_question_has_something_hidden_and_something_shown(name, number):
    hidden = [item.hidden for item in HOMEWORKS[name].questions[number].properties]
    assert any(hidden) and not all(hidden)
