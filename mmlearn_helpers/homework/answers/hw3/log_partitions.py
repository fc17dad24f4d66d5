"""Log Z at every temperature: right answers, well-known mistakes, and what is checked."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy import special

from mmlearn_helpers.homework.questions import Property, Question


def by_weights(energies: np.ndarray, betas: np.ndarray, n_units: int) -> np.ndarray:
    """Multiply the ratios of unnormalised probabilities of each chain, step by step."""
    log_weights = [0.0] * len(energies)
    found = [n_units * np.log(2)]
    for k, (before, after) in enumerate(pairwise(betas)):
        for chain, energy in enumerate(energies[:, k]):
            log_weights[chain] += (-after * energy) - (-before * energy)
        found.append(found[0] + special.logsumexp(log_weights, b=1 / len(energies)))
    return np.array(found)


def cumulative(energies: np.ndarray, betas: np.ndarray) -> np.ndarray:
    steps = np.diff(betas) * energies
    return -np.concatenate([np.zeros((len(energies), 1)), np.cumsum(steps, axis=1)], axis=1)


def averaged_logarithms(energies: np.ndarray, betas: np.ndarray, n_units: int) -> np.ndarray:
    return cumulative(energies[:, :-1], betas).mean(axis=0) + n_units * np.log(2)


def averaged_steps(energies: np.ndarray, betas: np.ndarray, n_units: int) -> np.ndarray:
    log_ratios = special.logsumexp(-np.diff(betas) * energies[:, :-1], axis=0)
    log_ratios -= np.log(len(energies))
    return n_units * np.log(2) + np.concatenate([[0], np.cumsum(log_ratios)])


def without_start(energies: np.ndarray, betas: np.ndarray, n_units: int) -> np.ndarray:
    return by_weights(energies, betas, 0)


def weights_added(energies: np.ndarray, betas: np.ndarray, n_units: int) -> np.ndarray:
    return by_weights(energies, betas, n_units) + np.log(len(energies))


def energies_after(energies: np.ndarray, betas: np.ndarray, n_units: int) -> np.ndarray:
    return by_weights(np.roll(energies, -1, axis=1), betas, n_units)


def wrong_sign(energies: np.ndarray, betas: np.ndarray, n_units: int) -> np.ndarray:
    return by_weights(-energies, betas, n_units)


def not_by_difference(energies: np.ndarray, betas: np.ndarray, n_units: int) -> np.ndarray:
    steps = np.concatenate([[0], np.cumsum(betas[1:])])
    return by_weights(energies, steps, n_units)


def only_last_step(energies: np.ndarray, betas: np.ndarray, n_units: int) -> np.ndarray:
    log_ratios = special.logsumexp(-np.diff(betas) * energies[:, :-1], axis=0)
    log_ratios -= np.log(len(energies))
    return n_units * np.log(2) + np.concatenate([[0], log_ratios])


def cooling(
    rng: np.random.Generator, n_chains: int, n_steps: int, n_units: int, spread: float = 3.0
) -> tuple[np.ndarray, np.ndarray, int]:
    fall = np.linspace(0, -n_units / 2, n_steps + 1)
    return (
        fall + rng.normal(0, spread, size=(n_chains, n_steps + 1)),
        np.linspace(0, 1, n_steps + 1),
        n_units,
    )


def a_short_run(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    return cooling(rng, 7, 4, 10)


def uneven_steps(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    energies, _, n_units = cooling(rng, 5, 6, 12)
    return energies, np.concatenate([[0], np.cumsum(rng.uniform(0.05, 0.6, size=6))]), n_units


def one_energy(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    energy = rng.choice([-1, 1]) * rng.uniform(3, 9)
    return np.full((6, 5), energy), np.linspace(0, 2, 5), 3


def large_energies(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    energies, betas, n_units = cooling(rng, 9, 20, 8, 12.0)
    return energies + rng.choice([-1, 1]) * rng.uniform(150, 250), betas, n_units


QUESTION = Question(
    function="log_partitions",
    reference=by_weights,
    mistakes={
        "This is the mean of the logarithms, which is too low; take the logarithm of the "
        "mean weight.": averaged_logarithms,
        "Each step was averaged over the chains by itself. A weight is the product of all "
        "steps of one chain; average the weights.": averaged_steps,
        "The beginning is missing: at beta = 0 the sum has a term 1 for each of the 2^N "
        "states.": without_start,
        "The weights were added up, not averaged: the logarithm of the number of chains is "
        "missing.": weights_added,
        "These are the energies after the moves. A step is weighed at the state in which "
        "the chain is before it moves.": energies_after,
        "The sign is wrong: a low energy has a large weight, exp(-beta E).": wrong_sign,
        "Each step was weighed with beta itself; the ratio of two neighbours has the "
        "difference of the betas.": not_by_difference,
        "Only the last step was counted at each beta; the weight is the product of all "
        "steps so far.": only_last_step,
    },
    properties=(
        Property("agrees with the definition", 2, a_short_run),
        Property("takes steps of any length", 1, uneven_steps),
        Property("is exact where all states have one energy", 1, one_energy),
        Property("does not overflow", 1, large_energies, hidden=True),
    ),
)
