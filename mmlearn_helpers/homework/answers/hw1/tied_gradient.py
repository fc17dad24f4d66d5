"""The gradient of tied weights: right answers, well-known mistakes, and what is checked."""

from __future__ import annotations

import numpy as np

from mmlearn_helpers.homework.questions import Property, Question


def _tied_error(x: np.ndarray, W: np.ndarray) -> float:
    return ((x - x @ W.T @ W) ** 2).sum(1).mean()


def differences(x: np.ndarray, W: np.ndarray) -> np.ndarray:
    gradient, step = np.empty_like(W), 1e-5
    for place in np.ndindex(W.shape):
        up, down = W.copy(), W.copy()
        up[place] += step
        down[place] -= step
        gradient[place] = (_tied_error(x, up) - _tied_error(x, down)) / (2 * step)
    return gradient


def through_the_decoder(x: np.ndarray, W: np.ndarray) -> np.ndarray:
    return -2 / len(x) * (x @ W.T).T @ (x - x @ W.T @ W)


def through_the_encoder(x: np.ndarray, W: np.ndarray) -> np.ndarray:
    return -2 / len(x) * W @ (x - x @ W.T @ W).T @ x


def one_term_twice(x: np.ndarray, W: np.ndarray) -> np.ndarray:
    return 2 * through_the_decoder(x, W)


def ascent(x: np.ndarray, W: np.ndarray) -> np.ndarray:
    return -differences(x, W)


def sum_over_examples(x: np.ndarray, W: np.ndarray) -> np.ndarray:
    return len(x) * differences(x, W)


def mean_over_all_numbers(x: np.ndarray, W: np.ndarray) -> np.ndarray:
    return differences(x, W) / x.shape[1]


def two_forgotten(x: np.ndarray, W: np.ndarray) -> np.ndarray:
    return differences(x, W) / 2


def any_weights(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x = rng.normal(size=(7, 5)) * np.arange(1, 6)
    return x - x.mean(0), rng.normal(size=(3, 5)) / 2


def small_weights(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x = rng.normal(size=(9, 4))
    return x - x.mean(0), 0.1 * rng.normal(size=(2, 4))


def nearly_orthonormal_weights(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x = rng.normal(size=(8, 6)) * np.linspace(1, 3, 6)
    W = np.linalg.qr(rng.normal(size=(6, 2)))[0].T
    return x - x.mean(0), W + 0.1 * rng.normal(size=W.shape)


def more_codes_than_features(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x = rng.normal(size=(6, 3))
    return x - x.mean(0), rng.normal(size=(4, 3))


QUESTION = Question(
    function="tied_gradient",
    reference=differences,
    mistakes={
        "This is the decoder's term alone. W also encodes, and the error reaches it that way, "
        "too.": through_the_decoder,
        "This is the encoder's term alone. W also decodes, and the error reaches it that way, "
        "too.": through_the_encoder,
        "The decoder's term was counted twice. The two terms are equal only in special cases: "
        "derive both.": one_term_twice,
        "The sign is wrong: this points where the error falls, and the gradient points where it "
        "grows.": ascent,
        "This is the gradient of the sum over the examples; E is their mean: divide by N.": (
            sum_over_examples
        ),
        "This is divided by N times D. The loss of an example is a sum over its D numbers: divide "
        "by N only.": mean_over_all_numbers,
        "The factor 2 of the square is missing.": two_forgotten,
    },
    properties=(
        Property("agrees with differences of the error", 2, any_weights),
        Property("is right for small weights", 1, small_weights),
        Property("is right for weights that are nearly orthonormal", 1, nearly_orthonormal_weights),
        Property("is right for more code units than features", 1, more_codes_than_features, True),
    ),
)
