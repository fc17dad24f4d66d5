"""Flips in a network with powers: right answers, well-known mistakes, and what is checked."""

from __future__ import annotations

import numpy as np

from mmlearn_helpers.homework.questions import Property, Question


def steep_energy(patterns: np.ndarray, s: np.ndarray, power: int) -> float:
    return -sum(float(pattern @ s) ** power for pattern in patterns)


def flip_one_by_one(patterns: np.ndarray, s: np.ndarray, power: int) -> np.ndarray:
    """Flip each unit and evaluate the energy again."""
    changes = np.empty(s.shape)
    for row, state in enumerate(s):
        for i in range(len(state)):
            flipped = state.copy()
            flipped[i] *= -1
            before, after = (steep_energy(patterns, t, power) for t in (state, flipped))
            changes[row, i] = after - before
    return changes


def overlap_change(
    patterns: np.ndarray, s: np.ndarray, power: int, step: float, scale: float = 1
) -> np.ndarray:
    """Change of energy, (M, N), if an overlap changes by step times the product of the unit."""
    overlap = (s @ patterns.T)[:, None, :]
    after = overlap + step * s[:, :, None] * patterns.T[None]
    return ((overlap / scale) ** power - (after / scale) ** power).sum(axis=2)


def won(patterns: np.ndarray, s: np.ndarray, power: int) -> np.ndarray:
    return -flip_one_by_one(patterns, s, power)


def switched_off(patterns: np.ndarray, s: np.ndarray, power: int) -> np.ndarray:
    return overlap_change(patterns, s, power, -1)


def slope(patterns: np.ndarray, s: np.ndarray, power: int) -> np.ndarray:
    return 2 * s * (power * (s @ patterns.T) ** (power - 1) @ patterns)


def power_of_the_sum(patterns: np.ndarray, s: np.ndarray, power: int) -> np.ndarray:
    return flip_one_by_one(patterns.sum(axis=0, keepdims=True), s, power)


def overlap_as_share(patterns: np.ndarray, s: np.ndarray, power: int) -> np.ndarray:
    return overlap_change(patterns, s, power, -2, s.shape[1])


def always_square(patterns: np.ndarray, s: np.ndarray, power: int) -> np.ndarray:
    return flip_one_by_one(patterns, s, 2)


def energy_after(patterns: np.ndarray, s: np.ndarray, power: int) -> np.ndarray:
    before = np.array([steep_energy(patterns, state, power) for state in s])
    return flip_one_by_one(patterns, s, power) + before[:, None]


def all_units_flipped(patterns: np.ndarray, s: np.ndarray, power: int) -> np.ndarray:
    before, after = (
        np.array([steep_energy(patterns, t, power) for t in states]) for states in (s, -s)
    )
    return after - before


def coins(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.choice([-1.0, 1.0], size=shape)


def a_few_patterns(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    return coins(rng, 5, 9), coins(rng, 3, 9), 3


def squares(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    return coins(rng, 4, 7), coins(rng, 3, 7), 2


def near_negatives(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    patterns = coins(rng, 3, 11)
    s = -patterns[[0, 2]]
    s[[0, 1], rng.integers(11, size=2)] *= -1
    return patterns, s, 5


def many_units(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    patterns = coins(rng, 30, 60)
    return patterns, np.where(rng.random((1, 60)) < 0.1, -1, 1) * patterns[:1], 6


QUESTION = Question(
    function="flip_costs",
    reference=flip_one_by_one,
    mistakes={
        "The sign is wrong: this is what a flip wins. A change of energy is the energy "
        "after it less that before.": won,
        "A unit that flips goes from s to -s, which changes an overlap by 2 s xi; here it "
        "was only taken away.": switched_off,
        "This is the slope times the step, which ignores that the energy is curved; take "
        "the difference of the two powers.": slope,
        "The overlaps were added up before the power was taken; each pattern's overlap has "
        "a power of its own.": power_of_the_sum,
        "The overlaps were divided by the number of units; here they are sums.": (overlap_as_share),
        "This is the change for power 2, whatever power was asked for.": always_square,
        "These are the energies after the flips; take the energy before away.": (energy_after),
        "All units were flipped at once; flip each by itself, which gives N numbers for a "
        "state.": all_units_flipped,
    },
    properties=(
        Property("agrees with flipping unit by unit", 2, a_few_patterns),
        Property("is Hopfield's for power 2", 1, squares),
        Property("tells a pattern from its negative", 1, near_negatives),
        Property("holds for many units and a high power", 1, many_units, hidden=True),
    ),
)
