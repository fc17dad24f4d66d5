"""Homework 2: how each well-known mistake is made, and the right answers by a third way."""

from __future__ import annotations

import math

import numpy as np

from mmlearn_helpers.homework.answers.hw2 import (
    bits_per_pixel,
    divergence,
    information,
    log_posterior,
)

MISTAKES = [
    ("q1", "mean - prior_mean", "mean", "prior's mean was forgotten"),
    ("q1", "- 1 - log_ratio) / 2", "- 1 - 2 * log_ratio) / 2", "not halved"),
    ("q1", "log_ratio.exp()", "log_variance.exp()", "q's variance is not divided"),
    ("q1", "/ prior_log_variance.exp()", "/ log_variance.exp()", "divided by q's variance"),
    ("q3", "math.log(n_levels)", "math.log(256)", "n_levels belongs"),
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


def test_the_divergence_is_an_average_over_draws():
    rng = np.random.default_rng(0)
    mean, log_variance, prior_mean, prior_log_variance = divergence.two_gaussians(rng)
    z = mean + np.exp(log_variance / 2) * rng.normal(size=(400_000, *mean.shape))
    log_q = -((z - mean) ** 2 / np.exp(log_variance) + log_variance) / 2
    log_p = -((z - prior_mean) ** 2 / np.exp(prior_log_variance) + prior_log_variance) / 2
    draws = (log_q - log_p).sum(axis=2)
    error = draws.std(axis=0) / math.sqrt(len(draws))
    right = divergence.divergence(mean, log_variance, prior_mean, prior_log_variance)
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
    few = log_posterior.log_density(
        noise[:5, 0], np.tile(mean, (5, 1)), np.tile(cholesky, (5, 1, 1))
    )
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
    found = bits_per_pixel.bits(np.log(weights)[:, None], 1, 4)
    assert abs(found[0] + math.log2(probability)) < 0.02


def test_information_is_at_most_log_n_and_the_rate_less_the_rest():
    rng = np.random.default_rng(0)
    for _ in range(5):
        z, mean, log_variance = information.overlapping_codes(rng)
        assert (information.told(z, mean, log_variance) <= np.log(len(z)) + 1e-12).all()
    mean, log_variance = np.array([[-1.0], [1.0]]), np.full((2, 1), math.log(0.25))
    grid = np.linspace(-10, 10, 20_001)
    p = np.exp(-((grid - mean) ** 2) * 2) / math.sqrt(math.pi / 2)
    exact = np.trapezoid(p * np.log(p / p.mean(axis=0)), grid).mean()
    draws = [
        information.told(*information.codes(rng, mean, log_variance)).mean() for _ in range(5000)
    ]
    assert abs(np.mean(draws) - exact) < 5 * np.std(draws) / math.sqrt(len(draws))
