"""Latents between 0 and 1: right answers, well-known mistakes, and what is checked."""

from __future__ import annotations

import numpy as np
from scipy import stats

from mmlearn_helpers.homework.questions import Property, Question


def log_density(noise: np.ndarray, mean: np.ndarray, cholesky: np.ndarray) -> np.ndarray:
    """Go back from z to u, and take the normal density of u with its covariance."""
    u = np.stack([m + L @ e for m, L, e in zip(mean, cholesky, noise, strict=True)])
    normal = [
        stats.multivariate_normal.logpdf(row, m, L @ L.T)
        for row, m, L in zip(u, mean, cholesky, strict=True)
    ]
    return np.array(normal) + np.log(2 + 2 * np.cosh(u)).sum(axis=1)


def log_volume(cholesky: np.ndarray) -> np.ndarray:
    return np.linalg.slogdet(cholesky)[1]


def log_slope(noise: np.ndarray, mean: np.ndarray, cholesky: np.ndarray) -> np.ndarray:
    u = mean + np.einsum("nij,nj->ni", cholesky, noise)
    return -np.log(2 + 2 * np.cosh(u)).sum(axis=1)


def without_volume(noise: np.ndarray, mean: np.ndarray, cholesky: np.ndarray) -> np.ndarray:
    return log_density(noise, mean, cholesky) + log_volume(cholesky)


def volume_twice(noise: np.ndarray, mean: np.ndarray, cholesky: np.ndarray) -> np.ndarray:
    return log_density(noise, mean, cholesky) - log_volume(cholesky)


def plus_volume(noise: np.ndarray, mean: np.ndarray, cholesky: np.ndarray) -> np.ndarray:
    return log_density(noise, mean, cholesky) + 2 * log_volume(cholesky)


def without_constant(noise: np.ndarray, mean: np.ndarray, cholesky: np.ndarray) -> np.ndarray:
    constant = mean.shape[1] * np.log(2 * np.pi) / 2
    return log_density(noise, mean, cholesky) + constant


def without_slope(noise: np.ndarray, mean: np.ndarray, cholesky: np.ndarray) -> np.ndarray:
    return log_density(noise, mean, cholesky) + log_slope(noise, mean, cholesky)


def plus_slope(noise: np.ndarray, mean: np.ndarray, cholesky: np.ndarray) -> np.ndarray:
    return log_density(noise, mean, cholesky) + 2 * log_slope(noise, mean, cholesky)


def transposed_factor(noise: np.ndarray, mean: np.ndarray, cholesky: np.ndarray) -> np.ndarray:
    return log_density(noise, mean, np.swapaxes(cholesky, 1, 2))


def triangle(rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    diagonal = np.exp(rng.normal(0, 0.4, size=(n, k)))
    return np.tril(rng.normal(size=(n, k, k)), -1) + diagonal[..., None] * np.eye(k)


def correlated_latents(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return rng.normal(size=(5, 3)), rng.normal(size=(5, 3)), triangle(rng, 5, 3)


def wide_and_narrow(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    scales = np.exp(rng.choice([-2, -1, 1], size=(4, 1, 1)) + rng.normal(0, 0.1, size=(4, 1, 1)))
    below = np.array([[0, 0], [rng.choice([-1, 1]), 0]])
    return rng.normal(size=(4, 2)), np.zeros((4, 2)), scales * (np.eye(2) + below)


def many_narrow_latents(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n, k = 3, 60
    below = np.tril(rng.normal(size=(n, k, k)), -1) / k
    scales = np.exp(rng.normal(-5, 0.3, size=(n, k, 1)))
    return rng.normal(size=(n, k)), rng.normal(size=(n, k)), scales * (np.eye(k) + below)


def near_zero_and_one(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    far = rng.choice([-1, 1], size=(6, 4)) * rng.uniform(25, 50, size=(6, 4))
    return rng.normal(size=(6, 4)), far, triangle(rng, 6, 4)


QUESTION = Question(
    function="log_posterior",
    reference=log_density,
    mistakes={
        "The volume by which L stretches is missing: subtract log det L, the sum of the "
        "logarithms of its diagonal.": without_volume,
        "The logarithm of det L is counted twice. It is half the log-determinant of the "
        "covariance L L^T.": volume_twice,
        "log det L has the wrong sign: where L stretches, the density is lower.": (plus_volume),
        "The constant of the normal density is missing: log 2 pi / 2 for each latent "
        "variable.": without_constant,
        "This is the density of u. The slope of the sigmoid is missing: subtract the "
        "logarithm of dz/du.": without_slope,
        "The logarithm of dz/du has the wrong sign: where the sigmoid is flat, the values "
        "of z are crowded, and their density is higher.": plus_slope,
        "L acts from the wrong side: u is mean + L noise for each example, and noise @ L "
        "would be its transpose.": transposed_factor,
    },
    properties=(
        Property("agrees with the definition", 2, correlated_latents),
        Property("knows wide from narrow", 1, wide_and_narrow),
        Property("does not underflow with many latents", 1, many_narrow_latents, True),
        Property("stays finite near 0 and 1", 1, near_zero_and_one, True),
    ),
)
