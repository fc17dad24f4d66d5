"""Homework 2: the solution is right, and each well-known mistake is named."""

from __future__ import annotations

import itertools
import math
import re

import jupytext
import numpy as np
import pytest
import torch
from chapters import ROOT

from mmlearn_helpers.homework.answers import hw2
from mmlearn_helpers.homework.answers.hw2 import HOMEWORK
from mmlearn_helpers.homework.calls import call_function
from mmlearn_helpers.homework.examples import FOLDER, examples_json
from mmlearn_helpers.homework.judging import examine
from mmlearn_helpers.homework.questions import draw_examples
from mmlearn_helpers.homework.source import without_solutions

NAME = "hw2"
PAGE = ROOT / f"book/homework/{NAME}.md"
MISTAKES = [
    ("q1", "log_ratio = log_variance - prior_log_variance",
     "log_variance, prior_log_variance = (\n"
     "        prior_log_variance.expand_as(log_variance), log_variance)\n"
     "    log_ratio = log_variance - prior_log_variance", "KL(p || q)"),
    ("q1", "log_ratio = log_variance - prior_log_variance",
     "prior_mean = prior_log_variance = torch.zeros(1)\n"
     "    log_ratio = log_variance - prior_log_variance", "N(0, I)"),
    ("q1", "each.sum(dim=1)", "each.mean(dim=1)", "are added"),
    ("q1", "each.sum(dim=1)", "each.sum(dim=1).mean()", "examples were averaged"),
    ("q1", "log_ratio = log_variance - prior_log_variance",
     "prior_log_variance = prior_log_variance / 2\n"
     "    log_ratio = log_variance / 2 - prior_log_variance", "where a variance belongs"),
    ("q1", "log_ratio = log_variance - prior_log_variance",
     "prior_log_variance = prior_log_variance * 2\n"
     "    log_ratio = log_variance * 2 - prior_log_variance", "and doubled"),
    ("q1", "- 1 - log_ratio", "- 1 + log_ratio", "ratio of the variances has the wrong sign"),
    ("q1", " / prior_log_variance.exp()", "", "squared distance"),
    ("q2", " - log_scale", "", "volume by which L stretches"),
    ("q2", "- log_scale", "- 2 * log_scale", "counted twice"),
    ("q2", "- log_scale", "+ log_scale", "log det L has the wrong sign"),
    ("q2", " + math.log(2 * math.pi)", "", "constant of the normal density"),
    ("q2", " - log_slope", "", "density of u"),
    ("q2", "- log_slope", "+ log_slope", "dz/du has the wrong sign"),
    ("q2", "cholesky @ noise", "cholesky.mT @ noise", "wrong side"),
    ("q3", "log_weights.logsumexp(dim=0) - math.log(n_samples)", "log_weights.mean(dim=0)", "ELBO"),
    ("q3", " - math.log(n_samples)", "", "log S is missing"),
    ("q3", "n_samples = len(log_weights)",
     "log_weights = log_weights.T\n    n_samples = len(log_weights)", "first axis"),
    ("q3", "(log_density + log_cell)", "log_density", "cells were forgotten"),
    ("q3", "-n_pixels * math.log(n_levels)", "n_pixels * math.log(n_levels)",
     "volume of the cell has the wrong sign"),
    ("q3", "-n_pixels * math.log(n_levels)", "-math.log(n_levels)", "one pixel only"),
    ("q3", " * math.log(2))", ")", "a bit is"),
    ("q3", "(n_pixels * math.log(2))", "math.log(2)", "whole picture"),
    ("q3", "return -(", "return (", "minus log2"),
    ("q4", "logsumexp(dim=1)", "logsumexp(dim=0)", "may have made it"),
    ("q4", " - math.log(len(z))", "", "log N is missing"),
    ("q4", "    log_mean = log_q.logsumexp(dim=1) - math.log(len(z))\n"
     "    return log_q.diagonal() - log_mean",
     "    log_q = q.log_prob(z[:, None])\n"
     "    log_mean = log_q.logsumexp(dim=1) - math.log(len(z))\n"
     "    return (log_q.diagonal().T - log_mean).sum(dim=1)", "treated by itself"),
    ("q4", "log_q.logsumexp(dim=1) - math.log(len(z))", "log_q.mean(dim=1)",
     "mean of the logarithms"),
    ("q4", "log_q.logsumexp(dim=1) - math.log(len(z))", "Normal(0.0, 1.0).log_prob(z).sum(dim=1)",
     "the rate, drawn"),
    ("q4", "log_q.logsumexp(dim=1) - math.log(len(z))",
     "log_q.masked_fill(torch.eye(len(z)) > 0, -math.inf).logsumexp(dim=1)"
     " - math.log(len(z) - 1)", "own q was left out"),
    ("q4", "(log_variance / 2).exp()", "log_variance.exp()", "sigma is exp"),
    ("q4", "log_q.diagonal() - log_mean", "(log_q.diagonal() - log_mean).mean()",
     "one number for each code"),
]  # fmt: skip


@pytest.mark.parametrize("number", HOMEWORK.questions)
def test_the_solution_has_every_property_whatever_is_drawn(findings, number):
    for seed in range(20):
        assert [item.message for item in findings(NAME, number, seed=seed) if item.message] == []


@pytest.mark.parametrize(("number", "right", "wrong", "words"), MISTAKES)
def test_a_mistake_is_named_and_costs_points(findings, number, right, wrong, words):
    for seed in range(5):
        found = findings(NAME, number, right, wrong, seed)
        assert any(words in item.message for item in found)
        assert sum(item.points for item in found) < sum(item.out_of for item in found)


@pytest.mark.parametrize(("number", "right", "wrong", "words"), MISTAKES)
def test_the_notebook_names_the_same_mistake_first(findings, number, right, wrong, words):
    first = findings(NAME, number, right, wrong)[0]
    assert words in first.message and first.points == 0


def test_every_known_mistake_is_tried():
    tried = {(number, words) for number, _, _, words in MISTAKES}
    for number, question in HOMEWORK.questions.items():
        for message in question.mistakes:
            assert any(n == number and words in message for n, words in tried), message


@pytest.mark.parametrize("number", HOMEWORK.questions)
def test_no_two_mistakes_look_alike(number):
    for seed in range(5):
        mistaken = draw_examples(HOMEWORK.questions[number], seed)[0].mistaken
        for a, b in itertools.combinations(mistaken.values(), 2):
            assert a.shape != b.shape or not np.allclose(a, b, rtol=1e-2)


@pytest.mark.parametrize("number", HOMEWORK.questions)
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_constant_earns_nothing(number, value):
    for seed in range(5):
        for example in draw_examples(HOMEWORK.questions[number], seed):
            answer = np.full(example.expected.shape, value)
            assert examine([example], lambda _, answer=answer: answer)[0].points == 0


@pytest.mark.parametrize("number", HOMEWORK.questions)
def test_what_the_student_gets_earns_nothing(number):
    question = HOMEWORK.questions[number]
    defined = {"torch": torch}
    for cell in jupytext.read(PAGE).cells:
        if f"def {question.function}(" in cell.source:
            exec(without_solutions(cell.source), defined)
    found = examine(
        draw_examples(question, 0),
        lambda arguments: call_function(defined[question.function], arguments),
    )
    assert [item.points for item in found] == [0] * len(question.properties)
    assert all("nothing" in item.message for item in found)


def test_every_question_has_something_hidden():
    for question in HOMEWORK.questions.values():
        assert any(item.hidden for item in question.properties)


def test_the_examples_are_up_to_date():
    stored = (FOLDER / f"examples/{NAME}.json").read_text()
    assert stored == examples_json(HOMEWORK)
    assert len(stored) < 40_000


def test_the_page_says_how_many_points_there_are():
    headings = re.findall(r"^## (\d)\. .* \((\d+) points\)$", PAGE.read_text(), re.MULTILINE)
    points = {f"q{number}": int(out_of) for number, out_of in headings}
    assert points == HOMEWORK.points()
    assert f"{sum(points.values())} points in all" in PAGE.read_text()


def test_the_page_says_what_the_experiment_is_marked_for():
    rows = re.findall(r"^\| (.*) \| (\d+) \|$", PAGE.read_text(), re.MULTILINE)
    assert {line: int(points) for line, points in rows} == HOMEWORK.rubric


def test_the_last_cell_is_for_three_sentences():
    experiment, sentences = jupytext.read(PAGE).cells[-2:]
    assert experiment.metadata["tags"] == ["experiment", "remove-output"]
    assert without_solutions(experiment.source) == "# your code here\n..."
    assert sentences.source == "**Your three sentences**\n\n*Write them here.*"


def test_the_divergence_is_an_average_over_draws():
    rng = np.random.default_rng(0)
    mean, log_variance, prior_mean, prior_log_variance = hw2.two_gaussians(rng)
    z = mean + np.exp(log_variance / 2) * rng.normal(size=(400_000, *mean.shape))
    log_q = -((z - mean) ** 2 / np.exp(log_variance) + log_variance) / 2
    log_p = -((z - prior_mean) ** 2 / np.exp(prior_log_variance) + prior_log_variance) / 2
    draws = (log_q - log_p).sum(axis=2)
    error = draws.std(axis=0) / math.sqrt(len(draws))
    right = hw2.divergence(mean, log_variance, prior_mean, prior_log_variance)
    assert (abs(draws.mean(axis=0) - right) < 5 * error).all()


def test_the_density_of_latents_between_0_and_1_has_the_right_averages():
    """An average of 1/q(z) over draws is the volume in which they lie, here 1."""
    rng = np.random.default_rng(0)
    n = 400_000
    cholesky = np.tile([[0.8, 0.0], [-0.5, 1.1]], (1, 1, 1))
    mean, noise = np.array([[0.3, -0.2]]), rng.normal(size=(n, 1, 2))
    u = mean + noise @ cholesky[0].T
    z = 1 / (1 + np.exp(-u))
    inside = (abs(z - 0.5) < 0.25).all(axis=2)[:, 0]
    log_q = -(noise**2).sum(axis=(1, 2)) / 2 - math.log(2 * math.pi) - math.log(0.8 * 1.1)
    log_q -= np.log(z * (1 - z)).sum(axis=(1, 2))
    few = hw2.log_density(noise[:5, 0], np.tile(mean, (5, 1)), np.tile(cholesky, (5, 1, 1)))
    np.testing.assert_allclose(few, log_q[:5])
    volumes = np.where(inside, np.exp(-log_q), 0)
    assert abs(volumes.mean() - 0.25) < 5 * volumes.std() / math.sqrt(n)


def test_the_bits_are_those_of_a_probability():
    """One pixel of four levels, p(z = 1) = 0.8, and y has the density 2y or 2 - 2y."""
    rng = np.random.default_rng(0)
    x, n = 2, 200_000
    y = (x + rng.random(n)) / 4
    z = rng.random(n) < 0.3
    weights = np.where(z, 0.8 * 2 * y / 0.3, 0.2 * (2 - 2 * y) / 0.7)
    probability = 0.8 * (0.75**2 - 0.5**2) + 0.2 * (0.5**2 - 0.25**2)
    found = hw2.bits(np.log(weights)[:, None], 1, 4)
    assert abs(found[0] + math.log2(probability)) < 0.02


def test_information_is_at_most_log_n_and_the_rate_less_the_rest():
    rng = np.random.default_rng(0)
    for _ in range(5):
        z, mean, log_variance = hw2.overlapping_codes(rng)
        assert (hw2.told(z, mean, log_variance) <= np.log(len(z)) + 1e-12).all()
    mean, log_variance = np.array([[-1.0], [1.0]]), np.full((2, 1), math.log(0.25))
    grid = np.linspace(-10, 10, 20_001)
    p = np.exp(-((grid - mean) ** 2) * 2) / math.sqrt(math.pi / 2)
    exact = np.trapezoid(p * np.log(p / p.mean(axis=0)), grid).mean()
    draws = [hw2.told(*hw2.codes(rng, mean, log_variance)).mean() for _ in range(5000)]
    assert abs(np.mean(draws) - exact) < 5 * np.std(draws) / math.sqrt(len(draws))
