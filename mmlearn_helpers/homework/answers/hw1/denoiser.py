"""The best linear denoiser: right answers, well-known mistakes, and what is checked."""

from __future__ import annotations

import numpy as np

from mmlearn_helpers.homework.questions import Property, Question


def shrinkage(x: np.ndarray, noise: float) -> np.ndarray:
    return _shrunk(_covariance(x), noise)


def _covariance(x: np.ndarray) -> np.ndarray:
    return np.cov(x.T, bias=True)


def _shrunk(S: np.ndarray, noise: float) -> np.ndarray:
    variances, axes = np.linalg.eigh(S)
    return (axes * (variances / (variances + noise))) @ axes.T


def covariance_not_divided(x: np.ndarray, noise: float) -> np.ndarray:
    return _shrunk(_covariance(x) * len(x), noise)


def covariance_with_n_minus_1(x: np.ndarray, noise: float) -> np.ndarray:
    return _shrunk(np.cov(x.T), noise)


def second_moments(x: np.ndarray, noise: float) -> np.ndarray:
    return _shrunk(x.T @ x / len(x), noise)


def noise_squared(x: np.ndarray, noise: float) -> np.ndarray:
    return shrinkage(x, noise**2)


def inverse_only(x: np.ndarray, noise: float) -> np.ndarray:
    return np.linalg.inv(_covariance(x) + noise * np.eye(x.shape[1]))


def noise_everywhere(x: np.ndarray, noise: float) -> np.ndarray:
    S = _covariance(x)
    return np.linalg.solve(S + noise, S)


def what_is_noise(x: np.ndarray, noise: float) -> np.ndarray:
    return np.eye(x.shape[1]) - shrinkage(x, noise)


def examples_and_noise(rng: np.random.Generator) -> tuple[np.ndarray, float]:
    return rng.normal(size=(9, 4)) @ rng.normal(size=(4, 4)) + rng.normal(size=4), 0.5


def offset_and_noise(rng: np.random.Generator) -> tuple[np.ndarray, float]:
    return rng.normal(size=(8, 3)) + np.array([5.0, -4.0, 3.0]), 2.0


def little_noise(rng: np.random.Generator) -> tuple[np.ndarray, float]:
    return rng.normal(size=(12, 3)) * np.array([0.1, 1.0, 2.0]) + 1, 0.01


def pixels_that_never_change(rng: np.random.Generator) -> tuple[np.ndarray, float]:
    x = rng.normal(size=(10, 5))
    x[:, 2] = 3.0
    return x, 0.25


QUESTION = Question(
    function="denoiser",
    reference=shrinkage,
    mistakes={
        "The covariance and the noise are not on the same scale: S is a mean over the examples, so "
        "divide by N, and leave the noise as it is.": (covariance_not_divided),
        "The covariance is divided by N - 1; the mean in E(A) divides by N.": (
            covariance_with_n_minus_1
        ),
        "The data were not centred: take the mean of each feature away before the covariance.": (
            second_moments
        ),
        "The noise variance was squared: it is a variance already, not a standard deviation.": (
            noise_squared
        ),
        "This is the inverse alone; the covariance of clean with noisy examples is missing.": (
            inverse_only
        ),
        "The noise was added to every entry of the covariance; noise without correlation changes "
        "the diagonal only.": noise_everywhere,
        "This map gives back the noise. What is left after taking it away is the denoiser.": (
            what_is_noise
        ),
    },
    properties=(
        Property("minimises the error", 2, examples_and_noise),
        Property("centres the examples", 1, offset_and_noise),
        Property("leaves alone what varies more than the noise", 1, little_noise),
        Property("copes with a feature that never changes", 1, pixels_that_never_change, True),
    ),
)
