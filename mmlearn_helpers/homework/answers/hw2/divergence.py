"""A prior that is learned: right answers, well-known mistakes, and what is checked."""

from __future__ import annotations

import numpy as np
from scipy import stats

from mmlearn_helpers.homework.questions import Property, Question


def divergence(
    mean: np.ndarray,
    log_variance: np.ndarray,
    prior_mean: np.ndarray,
    prior_log_variance: np.ndarray,
) -> np.ndarray:
    """Average log q - log p by Gauss-Hermite quadrature, which is exact for a parabola."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    z = mean[..., None] + np.exp(log_variance / 2)[..., None] * nodes
    log_q = stats.norm.logpdf(nodes) - log_variance[..., None] / 2
    log_p = stats.norm.logpdf(z, prior_mean[:, None], np.exp(prior_log_variance / 2)[:, None])
    return ((log_q - log_p) @ weights / weights.sum()).sum(axis=1)


def closed_form(
    mean: np.ndarray, variance: np.ndarray, prior_mean: np.ndarray, prior_variance: np.ndarray
) -> np.ndarray:
    ratio = variance / prior_variance
    return ((mean - prior_mean) ** 2 / prior_variance + ratio - 1 - np.log(ratio)) / 2


def reversed_divergence(
    mean: np.ndarray,
    log_variance: np.ndarray,
    prior_mean: np.ndarray,
    prior_log_variance: np.ndarray,
) -> np.ndarray:
    prior_variance = np.exp(prior_log_variance)
    return closed_form(prior_mean, prior_variance, mean, np.exp(log_variance)).sum(axis=1)


def from_standard_normal(
    mean: np.ndarray,
    log_variance: np.ndarray,
    prior_mean: np.ndarray,
    prior_log_variance: np.ndarray,
) -> np.ndarray:
    return closed_form(mean, np.exp(log_variance), 0, 1).sum(axis=1)


def averaged_over_latents(
    mean: np.ndarray,
    log_variance: np.ndarray,
    prior_mean: np.ndarray,
    prior_log_variance: np.ndarray,
) -> np.ndarray:
    return divergence(mean, log_variance, prior_mean, prior_log_variance) / mean.shape[1]


def averaged_over_examples(
    mean: np.ndarray,
    log_variance: np.ndarray,
    prior_mean: np.ndarray,
    prior_log_variance: np.ndarray,
) -> np.ndarray:
    return divergence(mean, log_variance, prior_mean, prior_log_variance).mean()


def deviation_for_variance(
    mean: np.ndarray,
    log_variance: np.ndarray,
    prior_mean: np.ndarray,
    prior_log_variance: np.ndarray,
) -> np.ndarray:
    return divergence(mean, log_variance / 2, prior_mean, prior_log_variance / 2)


def log_variance_for_log_deviation(
    mean: np.ndarray,
    log_variance: np.ndarray,
    prior_mean: np.ndarray,
    prior_log_variance: np.ndarray,
) -> np.ndarray:
    return divergence(mean, 2 * log_variance, prior_mean, 2 * prior_log_variance)


def plus_logarithm(
    mean: np.ndarray,
    log_variance: np.ndarray,
    prior_mean: np.ndarray,
    prior_log_variance: np.ndarray,
) -> np.ndarray:
    right = divergence(mean, log_variance, prior_mean, prior_log_variance)
    return right + (log_variance - prior_log_variance).sum(axis=1)


def bare_distance(
    mean: np.ndarray,
    log_variance: np.ndarray,
    prior_mean: np.ndarray,
    prior_log_variance: np.ndarray,
) -> np.ndarray:
    right = divergence(prior_mean, log_variance, prior_mean, prior_log_variance)
    return right + ((mean - prior_mean) ** 2).sum(axis=1) / 2


def without_prior_mean(
    mean: np.ndarray,
    log_variance: np.ndarray,
    prior_mean: np.ndarray,
    prior_log_variance: np.ndarray,
) -> np.ndarray:
    return divergence(mean, log_variance, 0 * prior_mean, prior_log_variance)


def whole_logarithm(
    mean: np.ndarray,
    log_variance: np.ndarray,
    prior_mean: np.ndarray,
    prior_log_variance: np.ndarray,
) -> np.ndarray:
    right = divergence(mean, log_variance, prior_mean, prior_log_variance)
    return right - (log_variance - prior_log_variance).sum(axis=1) / 2


def bare_variance(
    mean: np.ndarray,
    log_variance: np.ndarray,
    prior_mean: np.ndarray,
    prior_log_variance: np.ndarray,
) -> np.ndarray:
    right = divergence(mean, log_variance, prior_mean, prior_log_variance)
    ratio = np.exp(log_variance - prior_log_variance)
    return right + (np.exp(log_variance) - ratio).sum(axis=1) / 2


def distance_over_own_variance(
    mean: np.ndarray,
    log_variance: np.ndarray,
    prior_mean: np.ndarray,
    prior_log_variance: np.ndarray,
) -> np.ndarray:
    prior_variance, variance = np.exp(prior_log_variance), np.exp(log_variance)
    squared = (mean - prior_mean) ** 2
    right = divergence(mean, log_variance, prior_mean, prior_log_variance)
    return right + (squared / variance - squared / prior_variance).sum(axis=1) / 2


def two_gaussians(
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    return (
        rng.normal(size=(4, 3)),
        rng.normal(-1, 0.7, size=(4, 3)),
        rng.normal(size=3),
        rng.normal(0, 0.7, size=3),
    )


def some_at_the_prior(
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    mean, log_variance = rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    mean[[1, 3]], log_variance[[1, 3]] = mean[0], log_variance[0]
    return mean, log_variance, mean[0], log_variance[0]


def as_wide_as_the_prior(
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    wide = rng.choice([-2, 2], size=4) + rng.normal(0, 0.2, size=4)
    return rng.normal(size=(3, 4)), np.tile(wide, (3, 1)), rng.normal(size=4), wide


def hardly_any_noise(
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    mean, log_variance, prior_mean, prior_log_variance = two_gaussians(rng)
    return mean, log_variance - 120, prior_mean, prior_log_variance


QUESTION = Question(
    function="divergence",
    reference=divergence,
    mistakes={
        "This is KL(p || q), the other direction. The expectation is under q: q's variance "
        "and the distance of the means are divided by the prior's variance.": (reversed_divergence),
        "This is the divergence from N(0, I). The prior has a mean and variances of its "
        "own here.": from_standard_normal,
        "This is the mean over the latent variables; their divergences are added.": (
            averaged_over_latents
        ),
        "The examples were averaged, too; give one number for each example.": (
            averaged_over_examples
        ),
        "A standard deviation stands where a variance belongs: exp(log_variance / 2) is "
        "the deviation, exp(log_variance) the variance.": deviation_for_variance,
        "The log-variance was taken for the logarithm of the deviation, and doubled: "
        "exp(log_variance) is the variance already.": log_variance_for_log_deviation,
        "The logarithm of the ratio of the variances has the wrong sign: a q that is "
        "narrower than the prior costs more, not less.": plus_logarithm,
        "The squared distance of the means is not divided by the prior's variance.": (
            bare_distance
        ),
        "The squared distance of the means is divided by q's variance; the expectation is under q, "
        "and what is measured in is the prior's.": distance_over_own_variance,
        "The prior's mean was forgotten.": without_prior_mean,
        "The logarithm of the ratio of the variances was not halved.": whole_logarithm,
        "q's variance is not divided by the prior's.": bare_variance,
    },
    properties=(
        Property("agrees with the definition", 2, two_gaussians),
        Property("is 0 for examples whose q is the prior", 1, some_at_the_prior),
        Property("measures distance in the prior's deviations", 1, as_wide_as_the_prior),
        Property("stays finite for a q with hardly any noise", 1, hardly_any_noise, True),
    ),
)
