"""Energy and chance: right answers, well-known mistakes, and what is checked."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, pairwise, product

import numpy as np
from scipy import special

from mmlearn_helpers.homework.questions import Homework, Property, Question

# 1. Flips in a network with powers


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


# 2. A sweep over magnets


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


SLIPS = (
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
        s, uniforms = coins(rng, n_chains, n_units), rng.random((n_chains, n_units)).round(4)
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


# 3. Hidden units that may abstain


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


# 4. A partition function at every temperature


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


HOMEWORK = Homework(
    questions={
        "q1": Question(
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
                "The overlaps were divided by the number of units; here they are sums.": (
                    overlap_as_share
                ),
                "This is the change for power 2, whatever power was asked for.": always_square,
                "These are the energies after the flips; take the energy before away.": (
                    energy_after
                ),
                "All units were flipped at once; flip each by itself, which gives N numbers for a "
                "state.": all_units_flipped,
            },
            properties=(
                Property("agrees with flipping unit by unit", 2, a_few_patterns),
                Property("is Hopfield's for power 2", 1, squares),
                Property("tells a pattern from its negative", 1, near_negatives),
                Property("holds for many units and a high power", 1, many_units, hidden=True),
            ),
        ),
        "q2": Question(
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
        ),
        "q3": Question(
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
        ),
        "q4": Question(
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
        ),
    },
    experiment="q5",
    rubric={
        "The panels show what is asked for, with all machines, labelled axes and units": 2,
        "Every estimate costs the same number of sweeps, and is compared with the exact sum over "
        "states": 1,
        "A sentence says how chains and steps should share the sweeps, with numbers": 1,
        "A sentence says that the estimate is too low on average, and why": 1,
        "A sentence says what three machines of 16 units do not show, or how to tell without the "
        "exact value": 1,
    },
)
