"""Linear and deep autoencoders: right answers, well-known mistakes, and what is checked."""

from __future__ import annotations

import numpy as np

from mmlearn_helpers.homework.questions import Homework, Property, Question


def reconstruction(x: np.ndarray, k: int) -> np.ndarray:
    mean = x.mean(0)
    left, scales, right = np.linalg.svd(x - mean, full_matrices=False)
    return mean + (left[:, :k] * scales[:k]) @ right[:k]


def without_centring(x: np.ndarray, k: int) -> np.ndarray:
    left, scales, right = np.linalg.svd(x, full_matrices=False)
    return (left[:, :k] * scales[:k]) @ right[:k]


def without_mean_again(x: np.ndarray, k: int) -> np.ndarray:
    return reconstruction(x, k) - x.mean(0)


def centred_rows(x: np.ndarray, k: int) -> np.ndarray:
    return reconstruction(x.T, k).T


def smallest_components(x: np.ndarray, k: int) -> np.ndarray:
    mean = x.mean(0)
    left, scales, right = np.linalg.svd(x - mean, full_matrices=False)
    return mean + (left[:, -k:] * scales[-k:]) @ right[-k:]


def few_examples(rng: np.random.Generator) -> tuple[np.ndarray, int]:
    return rng.normal(size=(6, 15)) * np.linspace(0.5, 2, 15) + rng.normal(size=15), 2


def far_from_zero(rng: np.random.Generator) -> tuple[np.ndarray, int]:
    return rng.normal(size=(5, 12)) + 30 * rng.normal(size=12), 2


def all_components(rng: np.random.Generator) -> tuple[np.ndarray, int]:
    return rng.normal(size=(5, 9)), 4


HOMEWORK = Homework(
    questions={
        "q1": Question(
            function="reconstruct",
            reference=reconstruction,
            mistakes={
                "The data were not centred: take the mean of each feature away first.": (
                    without_centring
                ),
                "The mean was not added again after decoding.": without_mean_again,
                "The mean was taken over the features of each example; it belongs over the "
                "examples, along the first axis.": centred_rows,
                "These are the components of least variance: eigh sorts from small to large.": (
                    smallest_components
                ),
            },
            properties=(
                Property("agrees with PCA", 2, few_examples),
                Property("centres what is far from zero", 1, far_from_zero),
                Property("loses nothing with N - 1 components", 1, all_components, hidden=True),
            ),
        ),
    },
    experiment="q5",
    rubric={"The axes are labelled": 2, "Three sentences that say what the figure shows": 3},
)
