"""Homework 1: the solution is right, and each well-known mistake is named."""

from __future__ import annotations

import pytest

from mmlearn_helpers.homework.answers.hw1 import HOMEWORK

MISTAKES = [
    ("q1", "mean = x.mean(dim=0)", "mean = 0", "not centred"),
    ("q1", "x.mean(dim=0)", "x.mean(dim=1, keepdim=True)", "first axis"),
    ("q1", "return mean + codes @", "return codes @", "added again"),
    ("q1", "codes[:, -k:]", "codes[:, :k]", "least variance"),
]


@pytest.mark.parametrize("number", HOMEWORK.questions)
def test_the_solution_has_every_property_whatever_is_drawn(findings, number):
    for seed in range(20):
        assert [item.message for item in findings("hw1", number, seed=seed) if item.message] == []


@pytest.mark.parametrize(("number", "right", "wrong", "words"), MISTAKES)
def test_a_mistake_is_named_and_costs_points(findings, number, right, wrong, words):
    for seed in range(5):
        found = findings("hw1", number, right, wrong, seed)
        assert any(words in item.message for item in found)
        assert sum(item.points for item in found) < sum(item.out_of for item in found)


def test_every_known_mistake_is_tried():
    tried = {(number, words) for number, _, _, words in MISTAKES}
    for number, question in HOMEWORK.questions.items():
        for message in question.mistakes:
            assert any(n == number and words in message for n, words in tried), message
