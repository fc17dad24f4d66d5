"""A sweep over magnets: right answers, well-known mistakes, and what is checked."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
from scipy import special

from mmlearn_helpers.homework.questions import Property, Question


def one_sweep(
    s: np.ndarray, W: np.ndarray, b: np.ndarray, temperature: float, uniforms: np.ndarray
) -> np.ndarray:
    return swept(s, W, b, uniforms, lambda change: special.expit(-change / temperature))


def swept(
    s: np.ndarray,
    W: np.ndarray,
    b: np.ndarray,
    uniforms: np.ndarray,
    p_up: Callable[[float], float],
) -> np.ndarray:
    """Compare the energies of the two states that each unit can have, chain by chain."""
    s = s.copy()
    for state, draws in zip(s, uniforms, strict=True):
        for i in range(len(b)):
            energies = []
            for value in (-1, 1):
                state[i] = value
                energies.append(-state @ W @ state / 2 - b @ state)
            state[i] = 1 if draws[i] < p_up(energies[1] - energies[0]) else -1
    return s


def all_at_once(
    s: np.ndarray, W: np.ndarray, b: np.ndarray, temperature: float, uniforms: np.ndarray
) -> np.ndarray:
    return np.where(uniforms < special.expit(2 * (s @ W + b) / temperature), 1.0, -1.0)


def half_the_change(
    s: np.ndarray, W: np.ndarray, b: np.ndarray, temperature: float, uniforms: np.ndarray
) -> np.ndarray:
    return one_sweep(s, W, b, 2 * temperature, uniforms)


def times_temperature(
    s: np.ndarray, W: np.ndarray, b: np.ndarray, temperature: float, uniforms: np.ndarray
) -> np.ndarray:
    return one_sweep(s, W, b, 1 / temperature, uniforms)


def without_temperature(
    s: np.ndarray, W: np.ndarray, b: np.ndarray, temperature: float, uniforms: np.ndarray
) -> np.ndarray:
    return one_sweep(s, W, b, 1, uniforms)


def without_bias(
    s: np.ndarray, W: np.ndarray, b: np.ndarray, temperature: float, uniforms: np.ndarray
) -> np.ndarray:
    return one_sweep(s, W, 0 * b, temperature, uniforms)


def uphill(
    s: np.ndarray, W: np.ndarray, b: np.ndarray, temperature: float, uniforms: np.ndarray
) -> np.ndarray:
    return one_sweep(s, W, b, -temperature, uniforms)


def exchanged(
    s: np.ndarray, W: np.ndarray, b: np.ndarray, temperature: float, uniforms: np.ndarray
) -> np.ndarray:
    return one_sweep(s, W, b, -temperature, 1 - uniforms)


def mean_for_probability(
    s: np.ndarray, W: np.ndarray, b: np.ndarray, temperature: float, uniforms: np.ndarray
) -> np.ndarray:
    return swept(s, W, b, uniforms, lambda change: np.tanh(-change / 2 / temperature))


def without_chance(
    s: np.ndarray, W: np.ndarray, b: np.ndarray, temperature: float, uniforms: np.ndarray
) -> np.ndarray:
    return one_sweep(s, W, b, temperature, np.full_like(uniforms, 0.5))


def flipped_units(
    s: np.ndarray, W: np.ndarray, b: np.ndarray, temperature: float, uniforms: np.ndarray
) -> np.ndarray:
    s = s.copy()
    for i in range(len(b)):
        p_up = special.expit(2 * (s @ W[i] + b[i]) / temperature)
        s[:, i] *= np.where(uniforms[:, i] < p_up, -1, 1)
    return s


def zeros_and_ones(
    s: np.ndarray, W: np.ndarray, b: np.ndarray, temperature: float, uniforms: np.ndarray
) -> np.ndarray:
    return (one_sweep(s, W, b, temperature, uniforms) + 1) / 2


def zeros_within(
    s: np.ndarray, W: np.ndarray, b: np.ndarray, temperature: float, uniforms: np.ndarray
) -> np.ndarray:
    """Units that were drawn are 0 in place of -1 while the others are drawn."""
    s = s.copy()
    for i in range(len(b)):
        field = s @ W[i] + b[i]
        s[:, i] = uniforms[:, i] < special.expit(2 * field / temperature)
    return 2 * s - 1


def overflowing(
    s: np.ndarray, W: np.ndarray, b: np.ndarray, temperature: float, uniforms: np.ndarray
) -> np.ndarray:
    """In single precision exp(89) is infinite, and infinity by infinity is no number."""

    def p_up(change: float) -> float:
        grown = np.exp(np.float32(-change / temperature))
        return grown / (1 + grown)

    return swept(s, W, b, uniforms, p_up)


def bias_not_doubled(
    s: np.ndarray, W: np.ndarray, b: np.ndarray, temperature: float, uniforms: np.ndarray
) -> np.ndarray:
    return one_sweep(s, W, b / 2, temperature, uniforms)


SLIPS = (
    bias_not_doubled,
    all_at_once,
    half_the_change,
    times_temperature,
    without_temperature,
    without_bias,
    exchanged,
    uphill,
    mean_for_probability,
    without_chance,
    flipped_units,
    zeros_within,
)


def magnets(
    rng: np.random.Generator, n_chains: int, n_units: int, temperature: float, strength: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, np.ndarray]:
    """Draw until no unit of any chain is so near to undecided that rounding could decide."""
    while True:
        W = np.triu(strength * rng.normal(size=(n_units, n_units)), 1).round(2)
        W, b = W + W.T, strength * rng.normal(size=n_units).round(2)
        s = rng.choice([-1.0, 1.0], size=(n_chains, n_units))
        uniforms = rng.random((n_chains, n_units)).round(4)
        close = []

        def p_up(change: float, close: list = close) -> float:
            p = special.expit(-change / temperature)
            close.append(p)
            return p

        swept(s, W, b, uniforms, p_up)
        if np.abs(np.reshape(close, uniforms.shape) - uniforms).min() > 1e-4:
            return s, W, b, temperature, uniforms


def telling_magnets(
    rng: np.random.Generator, n_chains: int, n_units: int, temperature: float, strength: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, np.ndarray]:
    """Draw until every slip shows in more than one unit, and each in a way of its own."""
    while True:
        arguments = magnets(rng, n_chains, n_units, temperature, strength)
        swept_ways = [sweep(*arguments) for sweep in (one_sweep, *SLIPS)]
        if all((a != b).sum() > 1 for a, b in combinations(swept_ways, 2)):
            return arguments


def warm_magnets(
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, np.ndarray]:
    return telling_magnets(rng, 9, 7, 2.0, 1.0)


def strong_magnets(
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, np.ndarray]:
    return telling_magnets(rng, 10, 5, 3.0, 3.0)


def cold_magnets(
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, np.ndarray]:
    return magnets(rng, 8, 4, 0.01, 1.0)


def many_small_machines(
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, np.ndarray]:
    return telling_magnets(rng, 60, 3, 0.7, 0.5)


QUESTION = Question(
    function="sweep",
    reference=one_sweep,
    mistakes={
        "All units looked at the old states. They take their turns: each sees the new "
        "states of the units before it.": all_at_once,
        "The energy changes by twice the field when a unit goes from -1 to 1; the factor 2 "
        "is missing (for units of 0 and 1 there is none).": half_the_change,
        "The temperature multiplies; it belongs under the field. Heat makes chance, not "
        "certainty.": times_temperature,
        "The temperature was not used.": without_temperature,
        "The biases were forgotten.": without_bias,
        "The factor 2 belongs to the whole field, the bias included.": bias_not_doubled,
        "The probability is not a number where exp overflows, and the unit is -1 there; "
        "torch.sigmoid does not overflow.": overflowing,
        "Up and down are exchanged: a unit is 1 where its uniform number lies below "
        "p(s = 1).": exchanged,
        "The field has the wrong sign: the chain climbs to states of high energy.": uphill,
        "tanh gives the mean of a unit, from -1 to 1; its probability to be 1 is a "
        "sigmoid.": mean_for_probability,
        "There is no chance in this: the uniform numbers were not used.": without_chance,
        "The units were flipped where the number lies below p(s = 1). They become 1 there, "
        "whatever they were.": flipped_units,
        "The new states are 0 and 1; they should be -1 and 1.": zeros_and_ones,
        "A unit that is drawn down was 0 for the units after it; it is -1.": zeros_within,
    },
    properties=(
        Property("draws as the energies ask for", 2, warm_magnets),
        Property("lets each unit see those before it", 1, strong_magnets),
        Property("falls like a Hopfield network in the cold", 1, cold_magnets),
        Property("sweeps many small machines", 1, many_small_machines, hidden=True),
    ),
)
