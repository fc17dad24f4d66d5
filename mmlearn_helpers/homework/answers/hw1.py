"""Linear and deep autoencoders: right answers, well-known mistakes, and what is checked."""

from __future__ import annotations

import numpy as np

from mmlearn_helpers.homework.questions import Homework, Property, Question


# 1. More features than examples, by the singular value decomposition.
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


def few_examples(rng: np.random.Generator) -> tuple[np.ndarray, int]:
    return rng.normal(size=(6, 11)) * np.linspace(0.5, 2, 11) + rng.normal(size=11), 2


def far_from_zero(rng: np.random.Generator) -> tuple[np.ndarray, int]:
    return rng.normal(size=(5, 9)) + 10 * rng.normal(size=9), 2


def one_component(rng: np.random.Generator) -> tuple[np.ndarray, int]:
    return rng.normal(size=(7, 12)) + 1, 1


def all_components(rng: np.random.Generator) -> tuple[np.ndarray, int]:
    return rng.normal(size=(5, 9)) + 2, 4


RECONSTRUCT = Question(
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
    },
    properties=(
        Property("agrees with PCA", 2, few_examples),
        Property("centres what lies far from zero", 1, far_from_zero),
        Property("keeps a single component", 1, one_component),
        Property("loses nothing with N - 1 components", 1, all_components, hidden=True),
    ),
)


# 2. The best linear denoiser, axis by axis of the covariance.
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


DENOISER = Question(
    function="denoiser",
    reference=shrinkage,
    mistakes={
        "The covariance is a sum over the examples, where a mean is asked for: divide by N.": (
            covariance_not_divided
        ),
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


# 3. The gradient of tied weights, by differences of the error.
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


def orthonormal_weights(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x = rng.normal(size=(8, 6)) * np.linspace(1, 3, 6)
    return x - x.mean(0), np.linalg.qr(rng.normal(size=(6, 2)))[0].T


def more_codes_than_features(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x = rng.normal(size=(6, 3))
    return x - x.mean(0), rng.normal(size=(4, 3))


TIED_GRADIENT = Question(
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
        Property("is right for orthonormal weights", 1, orthonormal_weights),
        Property("is right for more code units than features", 1, more_codes_than_features, True),
    ),
)


# 4. The Jacobian, by differences of the encoder.
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


def one_example(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    return _network(rng, 1, 3, 4, 2)


def large_biases(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    x, W1, b1, W2 = _network(rng, 5, 3, 6, 2)
    return x, W1, b1 + rng.choice([-1.0, 1.0], size=6), W2


def one_code_unit(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    return _network(rng, 7, 6, 3, 1)


SENSITIVITY = Question(
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
        Property("gives one number for each example", 1, one_example),
        Property("heeds the biases", 1, large_biases),
        Property("is right for a single code unit", 2, one_code_unit, hidden=True),
    ),
)

HOMEWORK = Homework(
    questions={
        "q1": RECONSTRUCT,
        "q2": DENOISER,
        "q3": TIED_GRADIENT,
        "q4": SENSITIVITY,
    },
    experiment="q5",
    rubric={
        "The comparison is fair: same examples, same code size, same test digits, three seeds": 2,
        "The figure has labelled axes, a legend, and a point for every seed": 1,
        "The first sentence says which method is better where, with numbers from the figure": 1,
        "The second sentence explains it by training and test errors": 1,
        "The third sentence names something that the experiment leaves open": 1,
    },
)
