"""More features than examples: right answers, well-known mistakes, and what is checked."""

from __future__ import annotations

import numpy as np

from mmlearn_helpers.homework.questions import Property, Question


def reconstruction(x: np.ndarray, K: int) -> np.ndarray:
    mean = x.mean(0)
    return mean + _without_centring(x - mean, K)


def _without_centring(x: np.ndarray, K: int) -> np.ndarray:
    left, scales, right = np.linalg.svd(x, full_matrices=False)
    return (left[:, :K] * scales[:K]) @ right[:K]


def centred_too_late(x: np.ndarray, K: int) -> np.ndarray:
    codes = np.linalg.svd(x, full_matrices=False)[0][:, :K]
    return x.mean(0) + codes @ codes.T @ (x - x.mean(0))


def mean_added_to_raw(x: np.ndarray, K: int) -> np.ndarray:
    return x.mean(0) + _without_centring(x, K)


def mean_left_out(x: np.ndarray, K: int) -> np.ndarray:
    return reconstruction(x, K) - x.mean(0)


def mean_of_features(x: np.ndarray, K: int) -> np.ndarray:
    return reconstruction(x.T, K).T


def smallest_components(x: np.ndarray, K: int) -> np.ndarray:
    mean = x.mean(0)
    codes = np.linalg.eigh((x - mean) @ (x - mean).T)[1][:, :K]
    return mean + codes @ codes.T @ (x - mean)


def axes_not_normalised(x: np.ndarray, K: int) -> np.ndarray:
    mean = x.mean(0)
    left, scales, right = np.linalg.svd(x - mean, full_matrices=False)
    return mean + (left[:, :K] * scales[:K] ** 3) @ right[:K]


def divided_by_the_eigenvalue(x: np.ndarray, K: int) -> np.ndarray:
    mean = x.mean(0)
    left, scales, right = np.linalg.svd(x - mean, full_matrices=False)
    return mean + (left[:, :K] / scales[:K]) @ right[:K]


def few_examples(rng: np.random.Generator) -> tuple[np.ndarray, int]:
    return rng.normal(size=(6, 11)) * np.linspace(0.5, 2, 11) + rng.normal(size=11), 2


def far_from_zero(rng: np.random.Generator) -> tuple[np.ndarray, int]:
    return rng.normal(size=(5, 9)) + 10 * rng.normal(size=9), 2


def many_features(rng: np.random.Generator) -> tuple[np.ndarray, int]:
    return rng.normal(size=(5, 40_000)) + 1, 2


def all_components(rng: np.random.Generator) -> tuple[np.ndarray, int]:
    return rng.normal(size=(5, 9)) + 2, 4


QUESTION = Question(
    function="reconstruct",
    reference=reconstruction,
    mistakes={
        "The data were not centred: take the mean of each feature away first, and add it again in "
        "the end.": _without_centring,
        "The data were not centred before the components were found, though the mean was added in "
        "the end.": mean_added_to_raw,
        "The components are those of data that were not centred: centre before the eigenvectors "
        "are found, not after.": centred_too_late,
        "The mean was not added again after decoding.": mean_left_out,
        "The mean was taken over the features of each example; it belongs over the examples, along "
        "the first axis.": mean_of_features,
        "These are the components of least variance: eigh sorts eigenvalues from small to large.": (
            smallest_components
        ),
        "The axes do not have length one: divide by the square root of the eigenvalue.": (
            axes_not_normalised
        ),
        "The axes do not have length one: it is the square root of the eigenvalue that divides, "
        "not the eigenvalue.": divided_by_the_eigenvalue,
    },
    properties=(
        Property("agrees with PCA", 2, few_examples),
        Property("centres what lies far from zero", 1, far_from_zero),
        Property("loses nothing with N - 1 components", 1, all_components, hidden=True),
        Property("makes no D × D matrix", 1, many_features, hidden=True),
    ),
)
