"""Homework 3: how each well-known mistake is made, and the right answers by a third way."""

from __future__ import annotations

import itertools

import numpy as np

from mmlearn_helpers.homework.answers.hw3 import flip_costs, log_partitions, sweep

MISTAKES = [
    ("q2", "2 * field / temperature", "(2 * field - b[i]) / temperature", "bias included"),
    (
        "q2",
        "torch.sigmoid(2 * field / temperature)",
        "torch.exp(2 * field / temperature) / (1 + torch.exp(2 * field / temperature))",
        "not a number",
    ),
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


def test_power_2_is_hopfields_energy():
    rng = np.random.default_rng(0)
    patterns, s, power = flip_costs.squares(rng)
    W = patterns.T @ patterns
    np.fill_diagonal(W, 0)
    changes = 2 * s * (s @ W)  # of -s W s / 2
    np.testing.assert_allclose(flip_costs.flip_one_by_one(patterns, s, power), 2 * changes)


def test_sweeps_draw_from_the_boltzmann_distribution():
    rng = np.random.default_rng(0)
    _, W, b, _, _ = sweep.magnets(rng, 1, 3, 1.5, 0.7)
    states = np.array(list(itertools.product((-1.0, 1.0), repeat=3)))
    energies = -((states @ W) * states).sum(axis=1) / 2 - states @ b
    p = np.exp(-energies / 1.5) / np.exp(-energies / 1.5).sum()
    s = flip_costs.coins(rng, 5000, 3)
    for _ in range(10):
        s = sweep.one_sweep(s, W, b, 1.5, rng.random(s.shape))
    counted = (s[:, None] == states).all(axis=2).mean(axis=0)
    assert (abs(counted - p) < 5 * np.sqrt(p * (1 - p) / len(s))).all()


def test_annealing_finds_the_exact_partition_functions():
    rng = np.random.default_rng(0)
    _, W, b, _, _ = sweep.magnets(rng, 1, 5, 1.0, 0.8)
    betas = np.linspace(0, 1, 6)
    s = flip_costs.coins(rng, 4000, 5)
    energies = []
    for beta in betas:
        if beta > 0:
            s = sweep.one_sweep(s, W, b, 1 / beta, rng.random(s.shape))
        energies.append(-((s @ W) * s).sum(axis=1) / 2 - s @ b)
    found = log_partitions.by_weights(np.stack(energies, axis=1), betas, 5)
    states = np.array(list(itertools.product((-1.0, 1.0), repeat=5)))
    exact = -((states @ W) * states).sum(axis=1) / 2 - states @ b
    np.testing.assert_allclose(
        found, [np.log(np.exp(-beta * exact).sum()) for beta in betas], atol=0.1
    )
