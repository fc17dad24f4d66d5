"""Bits for a picture: right answers, well-known mistakes, and what is checked."""

from __future__ import annotations

import numpy as np

from mmlearn_helpers.homework.questions import Property, Question


def bits(log_weights: np.ndarray, n_pixels: int, n_levels: int) -> np.ndarray:
    """Count in twos from the beginning."""
    log_weights = log_weights / np.log(2) - n_pixels * np.log2(n_levels)
    mean = np.logaddexp2.reduce(log_weights, axis=0) - np.log2(len(log_weights))
    return -mean / n_pixels


def bits_of_elbo(log_weights: np.ndarray, n_pixels: int, n_levels: int) -> np.ndarray:
    return bits(log_weights.mean(axis=0, keepdims=True), n_pixels, n_levels)


def bits_of_sum(log_weights: np.ndarray, n_pixels: int, n_levels: int) -> np.ndarray:
    return bits(log_weights, n_pixels, n_levels) - np.log2(len(log_weights)) / n_pixels


def bits_of_samples(log_weights: np.ndarray, n_pixels: int, n_levels: int) -> np.ndarray:
    return bits(log_weights.T, n_pixels, n_levels)


def bits_without_levels(log_weights: np.ndarray, n_pixels: int, n_levels: int) -> np.ndarray:
    return bits(log_weights, n_pixels, 1)


def bits_of_256_levels(log_weights: np.ndarray, n_pixels: int, n_levels: int) -> np.ndarray:
    return bits(log_weights, n_pixels, 256)


def bits_with_levels_gained(log_weights: np.ndarray, n_pixels: int, n_levels: int) -> np.ndarray:
    return bits(log_weights, n_pixels, 1) - np.log2(n_levels)


def bits_with_one_cell(log_weights: np.ndarray, n_pixels: int, n_levels: int) -> np.ndarray:
    return bits(log_weights, n_pixels, 1) + np.log2(n_levels) / n_pixels


def nats(log_weights: np.ndarray, n_pixels: int, n_levels: int) -> np.ndarray:
    return bits(log_weights, n_pixels, n_levels) * np.log(2)


def bits_of_the_picture(log_weights: np.ndarray, n_pixels: int, n_levels: int) -> np.ndarray:
    return bits(log_weights, n_pixels, n_levels) * n_pixels


def density_in_bits(log_weights: np.ndarray, n_pixels: int, n_levels: int) -> np.ndarray:
    return -bits(log_weights, n_pixels, n_levels)


def a_few_samples(rng: np.random.Generator) -> tuple[np.ndarray, int, int]:
    return rng.normal(4, 4, size=(1, 4)) + rng.normal(0, 3, size=(7, 4)), 12, 64


def equal_weights(rng: np.random.Generator) -> tuple[np.ndarray, int, int]:
    return np.tile(rng.normal(20, 10, size=3), (5, 1)), 30, 16


def dominated(rng: np.random.Generator) -> tuple[np.ndarray, int, int]:
    log_weights = rng.normal(-10, 1, size=(6, 3))
    log_weights[rng.integers(6, size=3), np.arange(3)] += 40
    return log_weights, 10, 256


def large_pictures(rng: np.random.Generator) -> tuple[np.ndarray, int, int]:
    level = np.array([-3000, 3500, 1000, -800]) + rng.normal(0, 100, size=4)
    return level + rng.normal(0, 30, size=(9, 4)), 784, 256


QUESTION = Question(
    function="bits_per_pixel",
    reference=bits,
    mistakes={
        "This is the mean of the logarithms, which is the ELBO; take the logarithm of the "
        "mean weight.": bits_of_elbo,
        "The weights were added up, not averaged: log S is missing.": bits_of_sum,
        "The mean was taken over the pictures; samples lie along the first axis.": (
            bits_of_samples
        ),
        "The cells were forgotten: this is the density of y. The probability of a picture "
        "is smaller by the volume of its cell.": bits_without_levels,
        "The volume of the cell has the wrong sign: a probability is the density times "
        "the volume, so a small cell costs bits.": bits_with_levels_gained,
        "The volume of the cell was counted for one pixel only; a cell has an edge of "
        "1 / n_levels for each pixel.": bits_with_one_cell,
        "256 was written where n_levels belongs.": bits_of_256_levels,
        "These are nats; a bit is log 2 nats.": nats,
        "These are the bits of the whole picture; divide by the number of pixels.": (
            bits_of_the_picture
        ),
        "The sign is wrong: a code needs minus log2 P(x) bits, which is above 0.": (
            density_in_bits
        ),
    },
    properties=(
        Property("agrees with the definition", 2, a_few_samples),
        Property("is the ELBO where all weights are equal", 1, equal_weights),
        Property("lets the best sample decide", 1, dominated),
        Property("does not overflow", 1, large_pictures, True),
    ),
)
