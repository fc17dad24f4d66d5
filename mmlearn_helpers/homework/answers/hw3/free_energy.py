"""Hidden units that may abstain: right answers, well-known mistakes, and what is checked."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from scipy import special

from mmlearn_helpers.homework.questions import Property, Question


def summed_free_energy(v: np.ndarray, W: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Go through all states of the hidden units."""
    h = np.array(list(product((-1, 0, 1), repeat=len(c))))
    energies = -(v @ W.T @ h.T) - (v @ b)[:, None] - h @ c
    return -special.logsumexp(-energies, axis=1)


def by_layers(
    v: np.ndarray,
    W: np.ndarray,
    b: np.ndarray,
    c: np.ndarray,
    hidden: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    return -(v @ b) - hidden(v @ W.T + c).sum(axis=1)


def log_three_states(field: np.ndarray) -> np.ndarray:
    return np.logaddexp(np.abs(field), np.log1p(np.exp(-np.abs(field))))


def zero_or_one(v: np.ndarray, W: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return by_layers(v, W, b, c, lambda field: np.logaddexp(0, field))


def never_abstaining(v: np.ndarray, W: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return by_layers(v, W, b, c, lambda field: np.logaddexp(field, -field))


def plus_hidden(v: np.ndarray, W: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return by_layers(v, W, b, c, lambda field: -log_three_states(field))


def without_visible_bias(v: np.ndarray, W: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return by_layers(v, W, 0 * b, c, log_three_states)


def plus_visible_bias(v: np.ndarray, W: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return by_layers(v, W, -b, c, log_three_states)


def without_hidden_bias(v: np.ndarray, W: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return by_layers(v, W, b, 0 * c, log_three_states)


def one_sum_inside(v: np.ndarray, W: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return -(v @ b) - log_three_states((v @ W.T + c).sum(axis=1))


def averaged_hidden(v: np.ndarray, W: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return by_layers(v, W, b, c, lambda field: log_three_states(field) / len(c))


def half_the_states(v: np.ndarray, W: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return by_layers(v, W, b, c, lambda field: np.log(1 + np.cosh(field)))


def log_probability(v: np.ndarray, W: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return -summed_free_energy(v, W, b, c)


def small_machine(
    rng: np.random.Generator, n: int, d: int, k: int, strength: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    v = (rng.random((n, d)) < 0.5).astype(float)
    v[:, 0] = 1  # no picture is empty: its visible biases would not show
    W, b = strength * rng.normal(size=(k, d)), strength * rng.normal(size=d)
    return v, W, b, strength * rng.normal(size=k)


def three_hidden_units(
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    return small_machine(rng, 6, 5, 3, 1.0)


def faint_weights(
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    v, W, b, c = small_machine(rng, 5, 7, 4, 1.0)
    return v, W / 1000, b, c


def one_hidden_unit(
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    return small_machine(rng, 8, 6, 1, 0.7)


def large_weights(
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    return small_machine(rng, 8, 6, 5, 150.0)


QUESTION = Question(
    function="free_energy",
    reference=summed_free_energy,
    mistakes={
        "These are hidden units of 0 and 1; a third term is missing, for -1.": zero_or_one,
        "These are hidden units of -1 and 1; the state 0 has the weight 1 and belongs into "
        "the sum.": never_abstaining,
        "The hidden units have the wrong sign: more ways to be on lower the free energy.": (
            plus_hidden
        ),
        "The visible biases are missing.": without_visible_bias,
        "The visible biases have the wrong sign: a bias that pulls a unit up lowers the "
        "free energy of pictures in which it is on.": plus_visible_bias,
        "The hidden biases are missing.": without_hidden_bias,
        "The fields of all hidden units were added up first; each unit has a logarithm of "
        "its own, and these are added.": one_sum_inside,
        "The hidden units were averaged; their logarithms are added.": averaged_hidden,
        "The states -1 and 1 together give exp(a) + exp(-a), which is twice cosh(a).": (
            half_the_states
        ),
        "This is the logarithm of the unnormalised probability; the free energy is minus "
        "that.": log_probability,
    },
    properties=(
        Property("agrees with the sum over hidden states", 2, three_hidden_units),
        Property("counts three states where weights are nearly 0", 1, faint_weights),
        Property("works with one hidden unit", 1, one_hidden_unit),
        Property("does not overflow", 1, large_weights, hidden=True),
    ),
)
