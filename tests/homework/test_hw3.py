"""Homework 3: the solution is right, and each well-known mistake is named."""

from __future__ import annotations

import itertools
import re

import jupytext
import numpy as np
import pytest
import torch
from chapters import ROOT

from mmlearn_helpers.homework.answers import hw3
from mmlearn_helpers.homework.answers.hw3 import HOMEWORK
from mmlearn_helpers.homework.calls import call_function
from mmlearn_helpers.homework.examples import FOLDER, examples_json
from mmlearn_helpers.homework.judging import examine
from mmlearn_helpers.homework.questions import draw_examples
from mmlearn_helpers.homework.source import without_solutions

NAME = "hw3"
PAGE = ROOT / f"book/homework/{NAME}.md"
MISTAKES = [
    ("q1", "overlap**power - after**power", "after**power - overlap**power", "what a flip wins"),
    ("q1", "overlap - 2 * s", "overlap - s", "only taken away"),
    ("q1", "(overlap**power - after**power)",
     "(power * overlap ** (power - 1) * (overlap - after))", "slope times the step"),
    ("q1", "overlap = (s @", "patterns = patterns.sum(dim=0, keepdim=True)\n    overlap = (s @",
     "added up before"),
    ("q1", "(overlap**power - after**power).sum(dim=2)",
     "(overlap**power - after**power).sum(dim=2) / s.shape[1] ** power", "divided by the number"),
    ("q1", "overlap**power - after**power", "overlap**2 - after**2", "change for power 2"),
    ("q1", "(overlap**power - after**power)", "-(after**power)", "energies after the flips"),
    ("q1", "(overlap**power - after**power).sum(dim=2)",
     "((s @ patterns.T) ** power - (-s @ patterns.T) ** power).sum(dim=1)", "flipped at once"),
    ("q2", "field = s @", "if i == 0:\n            old = s.clone()\n        field = old @",
     "looked at the old states"),
    ("q2", "2 * field", "field", "the factor 2 is missing"),
    ("q2", "field / temperature", "field * temperature", "The temperature multiplies"),
    ("q2", "field / temperature", "field", "was not used"),
    ("q2", " + b[i]", "", "biases were forgotten"),
    ("q2", "uniforms[:, i] < p_up", "uniforms[:, i] > p_up", "exchanged"),
    ("q2", "2 * field", "-2 * field", "the chain climbs"),
    ("q2", "torch.sigmoid(2 * field / temperature)", "torch.tanh(field / temperature)", "tanh"),
    ("q2", "uniforms[:, i] < p_up", "0.5 < p_up", "no chance"),
    ("q2", "p_up, 1.0, -1.0)", "p_up, -s[:, i], s[:, i])", "units were flipped"),
    ("q2", "return s\n", "return (s + 1) / 2\n", "new states are 0 and 1"),
    ("q2", "        s[:, i] = torch.where(uniforms[:, i] < p_up, 1.0, -1.0)\n    return s",
     "        s[:, i] = torch.where(uniforms[:, i] < p_up, 1.0, 0.0)\n    return 2 * s - 1",
     "was 0 for the units after it"),
    ("q3", "[-field, torch.zeros_like(field), field]", "[torch.zeros_like(field), field]",
     "units of 0 and 1"),
    ("q3", "[-field, torch.zeros_like(field), field]", "[-field, field]", "units of -1 and 1"),
    ("q3", "- states", "+ states", "hidden units have the wrong sign"),
    ("q3", "-(v @ b) - states", "-states", "visible biases are missing"),
    ("q3", "-(v @ b)", "(v @ b)", "visible biases have the wrong sign"),
    ("q3", "v @ W.T + c", "v @ W.T", "hidden biases are missing"),
    ("q3", "field = v @ W.T + c", "field = (v @ W.T + c).sum(dim=1, keepdim=True)",
     "added up first"),
    ("q3", "sum(dim=1)", "mean(dim=1)", "hidden units were averaged"),
    ("q3", "    states = torch.stack([-field, torch.zeros_like(field), field])\n"
     "    return -(v @ b) - states.logsumexp(dim=0).sum(dim=1)",
     "    return -(v @ b) - (1 + field.cosh()).log().sum(dim=1)", "twice cosh"),
    ("q3", "return -(v @ b) - states", "return v @ b + states", "unnormalised probability"),
    ("q4", "log_weights.logsumexp(dim=0) - math.log(len(energies))", "log_weights.mean(dim=0)",
     "mean of the logarithms"),
    ("q4", "    log_weights = torch.cat(\n"
     "        [torch.zeros(len(energies), 1), steps.cumsum(dim=1)], dim=1\n    )\n"
     "    log_mean = log_weights.logsumexp(dim=0) - math.log(len(energies))\n",
     "    log_steps = steps.logsumexp(dim=0) - math.log(len(energies))\n"
     "    log_mean = torch.cat([torch.zeros(1), log_steps.cumsum(dim=0)])\n",
     "averaged over the chains by itself"),
    ("q4", "n_units * math.log(2) + ", "", "beginning is missing"),
    ("q4", " - math.log(len(energies))", "", "logarithm of the number of chains"),
    ("q4", "energies[:, :-1]", "energies[:, 1:]", "energies after the moves"),
    ("q4", "-betas.diff()", "betas.diff()", "sign is wrong"),
    ("q4", "betas.diff()", "betas[1:]", "weighed with beta itself"),
    ("q4", "steps.cumsum(dim=1)", "steps", "Only the last step"),
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


def test_power_2_is_hopfields_energy():
    rng = np.random.default_rng(0)
    patterns, s, power = hw3.squares(rng)
    W = patterns.T @ patterns
    np.fill_diagonal(W, 0)
    changes = 2 * s * (s @ W)  # of -s W s / 2
    np.testing.assert_allclose(hw3.flip_one_by_one(patterns, s, power), 2 * changes)


def test_sweeps_draw_from_the_boltzmann_distribution():
    rng = np.random.default_rng(0)
    _, W, b, _, _ = hw3.magnets(rng, 1, 3, 1.5, 0.7)
    states = np.array(list(itertools.product((-1.0, 1.0), repeat=3)))
    energies = -((states @ W) * states).sum(axis=1) / 2 - states @ b
    p = np.exp(-energies / 1.5) / np.exp(-energies / 1.5).sum()
    s = hw3.coins(rng, 5000, 3)
    for _ in range(10):
        s = hw3.one_sweep(s, W, b, 1.5, rng.random(s.shape))
    counted = (s[:, None] == states).all(axis=2).mean(axis=0)
    assert (abs(counted - p) < 5 * np.sqrt(p * (1 - p) / len(s))).all()


def test_annealing_finds_the_exact_partition_functions():
    rng = np.random.default_rng(0)
    _, W, b, _, _ = hw3.magnets(rng, 1, 5, 1.0, 0.8)
    betas = np.linspace(0, 1, 6)
    s = hw3.coins(rng, 4000, 5)
    energies = []
    for beta in betas:
        if beta > 0:
            s = hw3.one_sweep(s, W, b, 1 / beta, rng.random(s.shape))
        energies.append(-((s @ W) * s).sum(axis=1) / 2 - s @ b)
    found = hw3.by_weights(np.stack(energies, axis=1), betas, 5)
    states = np.array(list(itertools.product((-1.0, 1.0), repeat=5)))
    exact = -((states @ W) * states).sum(axis=1) / 2 - states @ b
    np.testing.assert_allclose(
        found, [np.log(np.exp(-beta * exact).sum()) for beta in betas], atol=0.1
    )
