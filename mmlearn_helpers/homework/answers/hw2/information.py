"""What a code tells: right answers, well-known mistakes, and what is checked."""

from __future__ import annotations

import numpy as np
from scipy import special, stats

from mmlearn_helpers.homework.questions import Property, Question


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
    centres = 20.0 * np.stack([rng.permutation(3) for _ in range(3)], axis=1)
    return codes(rng, centres[group], np.tile(rng.normal(-1, 0.5, size=3), (9, 1)))


def one_silent_latent(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    mean, log_variance = 1.5 * rng.normal(size=(6, 3)), rng.normal(-0.5, 0.8, size=(6, 3))
    mean[:, 1], log_variance[:, 1] = 0, 0
    return codes(rng, mean, log_variance)


def far_and_narrow_codes(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    group = rng.permutation([0, 1, 1, 1, 2, 2, 3, 3, 3, 3])
    centres, log_variance = rng.normal(0, 2, size=(4, 40)), rng.normal(-5, 0.5, size=(4, 40))
    nearby = 0.3 * np.exp(log_variance / 2)[group] * rng.normal(size=(10, 40))
    return codes(rng, centres[group] + nearby, log_variance[group])


QUESTION = Question(
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
        "The picture's own q was left out of the average; all N belong in.": (told_without_own),
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
)
