"""How sensitive a code is: right answers, well-known mistakes, and what is checked."""

from __future__ import annotations

import numpy as np

from mmlearn_helpers.homework.questions import Property, Question


def squared_jacobian(x: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray) -> np.ndarray:
    step = 1e-5

    def code(x: np.ndarray) -> np.ndarray:
        return np.tanh(x @ W1.T + b1) @ W2.T

    columns = [
        (code(x + step * unit) - code(x - step * unit)) / (2 * step) for unit in np.eye(x.shape[1])
    ]
    return (np.stack(columns) ** 2).sum((0, 2))


def _product(slope: np.ndarray, W1: np.ndarray, W2: np.ndarray) -> np.ndarray:
    return ((W2 * slope[:, None]) @ W1) ** 2


def slope_forgotten(x: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray) -> np.ndarray:
    return _product(np.ones((len(x), len(b1))), W1, W2).sum((1, 2))


def slope_of_sigmoid(x: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray) -> np.ndarray:
    h = np.tanh(x @ W1.T + b1)
    return _product(h * (1 - h), W1, W2).sum((1, 2))


def slope_not_squared(x: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray) -> np.ndarray:
    h = np.tanh(x @ W1.T + b1)
    return _product(1 - h, W1, W2).sum((1, 2))


def slope_at_the_input(x: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray) -> np.ndarray:
    return _product(1 - (x @ W1.T + b1) ** 2, W1, W2).sum((1, 2))


def bias_forgotten(x: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray) -> np.ndarray:
    return squared_jacobian(x, W1, 0 * b1, W2)


def root_taken(x: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray) -> np.ndarray:
    return np.sqrt(squared_jacobian(x, W1, b1, W2))


def mean_of_entries(x: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray) -> np.ndarray:
    return squared_jacobian(x, W1, b1, W2) / (W1.shape[1] * W2.shape[0])


def averaged_over_batch(x: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray) -> float:
    return squared_jacobian(x, W1, b1, W2).mean()


def summed_over_batch(x: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray) -> float:
    return squared_jacobian(x, W1, b1, W2).sum()


def norms_multiplied(x: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray) -> np.ndarray:
    slope = 1 - np.tanh(x @ W1.T + b1) ** 2
    return (slope**2 * (W1**2).sum(1) * (W2**2).sum(0)).sum(1)


def _network(rng: np.random.Generator, N: int, D: int, H: int, K: int) -> tuple[np.ndarray, ...]:
    W1, b1 = rng.normal(size=(H, D)) / D**0.5, rng.normal(size=H) / 2
    return rng.normal(size=(N, D)), W1, b1, rng.normal(size=(K, H))


def any_network(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    return _network(rng, 6, 4, 5, 3)


def two_examples(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    return _network(rng, 2, 3, 4, 2)


def large_biases(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    x, W1, b1, W2 = _network(rng, 5, 3, 6, 2)
    return x, W1, b1 + rng.choice([-1.0, 1.0], size=6), W2


def one_code_unit(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    return _network(rng, 7, 6, 3, 1)


QUESTION = Question(
    function="sensitivity",
    reference=squared_jacobian,
    mistakes={
        "The slope of tanh is missing: the middle matrix of the chain rule.": slope_forgotten,
        "This is the slope of a sigmoid, h (1 - h); that of tanh is another.": slope_of_sigmoid,
        "The slope of tanh is not 1 - h: something is to be squared.": slope_not_squared,
        "The slope is written in terms of what tanh gets, but 1 - h² wants what it gives.": (
            slope_at_the_input
        ),
        "The bias of the hidden layer was left out; the slope depends on it.": bias_forgotten,
        "This is the norm, and its square is asked for.": root_taken,
        "This is the mean of the squared entries of the Jacobian; sum them.": mean_of_entries,
        "This is the mean over the batch; one number for each example is asked for.": (
            averaged_over_batch
        ),
        "This is the sum over the batch; one number for each example is asked for.": (
            summed_over_batch
        ),
        "Each hidden unit's part was squared on its own. An entry of the Jacobian is a sum over "
        "the hidden units: add first, then square.": norms_multiplied,
    },
    properties=(
        Property("agrees with differences of the code", 2, any_network),
        Property("gives one number for each example", 1, two_examples),
        Property("heeds the biases", 1, large_biases),
        Property("is right for a single code unit", 2, one_code_unit, hidden=True),
    ),
)
