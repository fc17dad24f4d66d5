"""The variational bound: right answers, well-known mistakes, and what is checked."""

from __future__ import annotations

import numpy as np
from scipy import special, stats

from mmlearn_helpers.homework.questions import Homework, Property, Question

# 1. A prior that is learned


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


# 2. Latents between 0 and 1


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


# 3. Bits for a picture


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


# 4. What a code tells


def told(z: np.ndarray, mean: np.ndarray, log_variance: np.ndarray) -> np.ndarray:
    """Go through all pairs of code and picture."""
    log_q = pairs(z, mean, log_variance)
    return np.array(
        [row[n] - special.logsumexp(row, b=1 / len(row)) for n, row in enumerate(log_q)]
    )


def pairs(z: np.ndarray, mean: np.ndarray, log_variance: np.ndarray) -> np.ndarray:
    """Evaluate log q of each code, in rows, for each picture, in columns."""
    constants = -(np.log(2 * np.pi) + log_variance).sum(axis=1) / 2
    precision = np.exp(-log_variance)
    return np.array([constants - ((code - mean) ** 2 * precision).sum(axis=1) / 2 for code in z])


def told_by_other_codes(z: np.ndarray, mean: np.ndarray, log_variance: np.ndarray) -> np.ndarray:
    log_q = pairs(z, mean, log_variance)
    return np.diag(log_q) - special.logsumexp(log_q, axis=0) + np.log(len(z))


def told_of_sum(z: np.ndarray, mean: np.ndarray, log_variance: np.ndarray) -> np.ndarray:
    return told(z, mean, log_variance) - np.log(len(z))


def told_latent_by_latent(z: np.ndarray, mean: np.ndarray, log_variance: np.ndarray) -> np.ndarray:
    each = [told(*(part[:, [k]] for part in (z, mean, log_variance))) for k in range(z.shape[1])]
    return np.sum(each, axis=0)


def told_by_mean_logarithm(z: np.ndarray, mean: np.ndarray, log_variance: np.ndarray) -> np.ndarray:
    log_q = pairs(z, mean, log_variance)
    return np.diag(log_q) - log_q.mean(axis=1)


def told_beside_prior(z: np.ndarray, mean: np.ndarray, log_variance: np.ndarray) -> np.ndarray:
    log_prior = stats.norm.logpdf(z).sum(axis=1)
    return np.diag(pairs(z, mean, log_variance)) - log_prior


def told_without_own(z: np.ndarray, mean: np.ndarray, log_variance: np.ndarray) -> np.ndarray:
    log_q = pairs(z, mean, log_variance)
    others = log_q.copy()
    np.fill_diagonal(others, -np.inf)
    return np.diag(log_q) - special.logsumexp(others, axis=1) + np.log(len(z) - 1)


def told_with_variance_for_deviation(
    z: np.ndarray, mean: np.ndarray, log_variance: np.ndarray
) -> np.ndarray:
    return told(z, mean, 2 * log_variance)


def told_on_average(z: np.ndarray, mean: np.ndarray, log_variance: np.ndarray) -> np.ndarray:
    return told(z, mean, log_variance).mean()


def codes(
    rng: np.random.Generator, mean: np.ndarray, log_variance: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    z = mean + np.exp(log_variance / 2) * rng.normal(size=mean.shape)
    return z, mean, log_variance


def overlapping_codes(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return codes(rng, 1.5 * rng.normal(size=(7, 2)), rng.normal(-0.5, 0.8, size=(7, 2)))


def codes_in_groups(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    group = rng.permutation([0, 0, 0, 0, 1, 1, 1, 2, 2])
    centres = 20 * np.stack([rng.permutation(3) for _ in range(3)], axis=1)
    return codes(rng, centres[group], np.tile(rng.normal(-1, 0.5, size=3), (9, 1)))


def one_silent_latent(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    mean, log_variance = 1.5 * rng.normal(size=(6, 3)), rng.normal(-0.5, 0.8, size=(6, 3))
    mean[:, 1], log_variance[:, 1] = 0, 0
    return codes(rng, mean, log_variance)


def far_and_narrow_codes(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    group = rng.permutation([0, 1, 1, 1, 2, 2, 3, 3, 3, 3])
    centres, log_variance = rng.normal(0, 5, size=(4, 40)), rng.normal(-9, 0.5, size=(4, 40))
    nearby = 0.3 * np.exp(log_variance / 2)[group] * rng.normal(size=(10, 40))
    return codes(rng, centres[group] + nearby, log_variance[group])


HOMEWORK = Homework(
    questions={
        "q1": Question(
            function="divergence",
            reference=divergence,
            mistakes={
                "This is KL(p || q), the other direction. The expectation is under q: q's variance "
                "and the distance of the means are divided by the prior's variance.": (
                    reversed_divergence
                ),
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
            },
            properties=(
                Property("agrees with the definition", 2, two_gaussians),
                Property("is 0 for examples whose q is the prior", 1, some_at_the_prior),
                Property("measures distance in the prior's deviations", 1, as_wide_as_the_prior),
                Property("stays finite for a q with hardly any noise", 1, hardly_any_noise, True),
            ),
        ),
        "q2": Question(
            function="log_posterior",
            reference=log_density,
            mistakes={
                "The volume by which L stretches is missing: subtract log det L, the sum of the "
                "logarithms of its diagonal.": without_volume,
                "The logarithm of det L is counted twice. It is half the log-determinant of the "
                "covariance L L^T.": volume_twice,
                "log det L has the wrong sign: where L stretches, the density is lower.": (
                    plus_volume
                ),
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
        ),
        "q3": Question(
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
        ),
        "q4": Question(
            function="information",
            reference=told,
            mistakes={
                "The average was taken over the codes; for each code z take it over the pictures "
                "whose q may have made it.": told_by_other_codes,
                "The densities were added up, not averaged: log N is missing.": told_of_sum,
                "Each latent variable was treated by itself. The average over the pictures belongs "
                "outside the product over the latents.": told_latent_by_latent,
                "This is the mean of the logarithms; take the logarithm of the mean density.": (
                    told_by_mean_logarithm
                ),
                "This is the rate, drawn: it has the prior p(z) where the average of all q(z|x) "
                "belongs.": told_beside_prior,
                "The picture's own q was left out of the average; all N belong in.": (
                    told_without_own
                ),
                "The log-variance was taken for the logarithm of the deviation: sigma is "
                "exp(log_variance / 2).": told_with_variance_for_deviation,
                "The codes were averaged, too; give one number for each code.": told_on_average,
            },
            properties=(
                Property("agrees with the definition", 2, overlapping_codes),
                Property("cannot tell pictures of one group apart", 1, codes_in_groups),
                Property("gains nothing from a silent latent", 1, one_silent_latent),
                Property("does not underflow", 1, far_and_narrow_codes, True),
            ),
        ),
    },
    experiment="q5",
    rubric={
        "The panels show what is asked for, with all seeds, labelled axes and units": 2,
        "All numbers are per picture, summed over latents and averaged over the same pictures": 1,
        "A sentence says how rate and information change with β, with numbers": 1,
        "A sentence says that the estimate cannot exceed log N, and where it is at that ceiling": 1,
        "A sentence compares the two counts of active units, and claims no more than three seeds "
        "show": 1,
    },
)
