"""The partition function of a network with an energy: summed exactly, or estimated."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple, Protocol

import torch
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from mmlearn_helpers.binary import MOST_UNITS, all_states, check_binary, draw
from mmlearn_helpers.checks import check_count, check_seed

AT_ONCE = 2**14


class EnergyModel(Protocol):
    """Anything whose partition function is a sum over the states of some binary units."""

    def enumeration(self) -> tuple[int, Callable[[torch.Tensor], torch.Tensor]]:
        """Give the number of those units, n, and the free energy ``(M,)`` of states ``(M, n)``."""


class BipartiteModel(Protocol):
    """Anything with the energy ``-b·v - c·h - h·W v`` of binary units."""

    W: torch.Tensor
    b: torch.Tensor
    c: torch.Tensor

    def free_energy(self, v: torch.Tensor) -> torch.Tensor:
        """Give minus the log-probability up to a constant, ``(N,)``, for states ``(N, D)``."""


class LogPartition(NamedTuple):
    """An estimate of the logarithm of a partition function, in nats.

    Parameters
    ----------
    estimate
        From the forward runs. The partition function is right on average, so this is too low on
        average.
    low, high
        Three standard errors of the mean weight below and above the estimate; too narrow if a few
        weights dominate.
    reverse
        From the reverse runs, too high on average if they begin with samples of the model.
    """

    estimate: float
    low: float
    high: float
    reverse: float


def exact_log_partition(model: EnergyModel) -> torch.Tensor:
    """Sum ``exp(-energy)`` over all states. The result has a gradient.

    Parameters
    ----------
    model
        Has ``enumeration``, for example a restricted Boltzmann machine, which needs the states of
        its smaller layer only.

    Returns
    -------
    torch.Tensor
        The logarithm of the sum, in nats, one number.

    Raises
    ------
    TypeError
        If the model has no ``enumeration``.
    ValueError
        If there are more than 2^25 states; then :func:`ais_log_partition` can estimate it.
    """
    if not callable(getattr(model, "enumeration", None)):
        raise TypeError(
            f"The model is a {type(model).__name__} without enumeration(), which says what is to "
            "be summed; give a BoltzmannMachine or an RBM."
        )
    n, free_energy = model.enumeration()
    if n > MOST_UNITS:
        raise ValueError(
            f"The sum has 2^{n} terms, one for each state of {n} units, but at most "
            f"2^{MOST_UNITS} can be summed; for a restricted Boltzmann machine estimate it by "
            "annealed importance sampling, with ais_log_partition."
        )

    def part(start: int) -> torch.Tensor:
        states = all_states(n, start, min(start + AT_ONCE, 2**n))
        return (-free_energy(states)).logsumexp(dim=0)

    starts = range(0, 2**n, AT_ONCE)
    if len(starts) == 1:
        return part(0)
    parts = [checkpoint(part, start, use_reentrant=False) for start in starts]
    return torch.stack(parts).logsumexp(dim=0)


@torch.no_grad()
def ais_log_partition(
    model: BipartiteModel,
    samples: torch.Tensor,
    *,
    n_chains: int = 500,
    n_temperatures: int = 2000,
    seed: int = 0,
) -> LogPartition:
    """Estimate a partition function by annealed importance sampling, from both sides.

    The forward runs lead from independent units to the model; the reverse runs lead back. Every
    second sample begins a reverse run; the others give the independent units their means, since a
    sample that did both would begin where it is expected, and the reverse runs would flatter. The
    inverse temperatures between are spaced evenly.

    Parameters
    ----------
    model
        A restricted Boltzmann machine with binary units.
    samples
        At least two states of the visible units drawn from the model, ``(M, D)``. With anything
        else the reverse estimate bounds nothing.
    n_chains
        Number of forward runs.
    n_temperatures
        Steps between the independent units and the model.
    seed
        Seed of the draws.

    Returns
    -------
    LogPartition
        Estimate, its spread, and the reverse estimate.

    Raises
    ------
    TypeError, ValueError
        If the model has not the weights ``W`` and the biases ``b`` and ``c``, or not the energy
        of binary units, the samples are no matrix of zeros and ones that fits it or only one, a
        number is no whole number or too small, or the seed cannot be one.

    References
    ----------
    Salakhutdinov, R. and Murray, I. (2008). On the quantitative analysis of deep belief networks.
    International Conference on Machine Learning.

    Grosse, R., Ghahramani, Z. and Adams, R. P. (2015). Sandwiching the marginal likelihood using
    bidirectional Monte Carlo. arXiv 1511.02543.
    """
    _check_bipartite(model)
    check_binary(samples, len(model.b), model.b.dtype, "samples")
    if len(samples) < 2:
        raise ValueError(
            "samples is a single state, but at least two are needed: one for the means of the "
            "independent units, one for a reverse run; take some hundreds, with model.sample(500)."
        )
    check_count("n_chains", n_chains, least=2)
    check_count("n_temperatures", n_temperatures)
    check_seed(seed)
    of_means, starts = samples[::2], samples[1::2]
    means = (of_means.sum(dim=0) + 1) / (len(of_means) + 2)
    base = means.logit()
    log_base = (F.softplus(base).sum() + len(model.c) * math.log(2)).item()
    betas = torch.linspace(0, 1, n_temperatures + 1, dtype=torch.float64).tolist()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        v = draw(means.expand(n_chains, -1))
        forward = _log_weights(model, v, base, betas)
        backward = _log_weights(model, starts, base, betas[::-1])
    weights = (forward - forward.max()).exp()
    error = 3 * weights.std() / math.sqrt(n_chains)
    estimate, low, high = (
        log_base + (forward.max() + mean.clamp_min(0).log()).item()
        for mean in (weights.mean(), weights.mean() - error, weights.mean() + error)
    )
    reverse = log_base - (backward.logsumexp(dim=0).item() - math.log(len(starts)))
    return LogPartition(estimate, low, high, reverse)


def _log_weights(
    model: BipartiteModel, v: torch.Tensor, base: torch.Tensor, betas: list[float]
) -> torch.Tensor:
    """Go from one inverse temperature to the next by Gibbs sampling, and weigh every chain."""
    log_weights = torch.zeros(len(v), dtype=torch.float64, device=v.device)
    for beta, following in pairwise(betas):
        field = F.linear(v, model.W, model.c)
        log_weights += (following - beta) * (v @ (model.b - base))
        log_weights += F.softplus(following * field).sum(dim=1)
        log_weights -= F.softplus(beta * field).sum(dim=1)
        h = draw((following * field).sigmoid())
        v = draw(torch.lerp(base, model.b + h @ model.W, following).sigmoid())
    return log_weights


def _check_bipartite(model: BipartiteModel) -> None:
    tensors = [getattr(model, name, None) for name in ("W", "b", "c")]
    complete = callable(getattr(model, "free_energy", None)) and all(
        isinstance(tensor, torch.Tensor) for tensor in tensors
    )
    if not complete or (tensors[0].shape != (*tensors[2].shape, *tensors[1].shape)):
        raise TypeError(
            f"The model is a {type(model).__name__} without weights W (K, D), biases b (D,) and "
            "c (K,) and free_energy(v), so it is no restricted Boltzmann machine; give an RBM, or "
            "sum a small machine with exact_log_partition."
        )
    v = torch.ones_like(model.b)[None]
    of_binary_units = -model.b.sum() - F.softplus(F.linear(v, model.W, model.c)).sum()
    if (model.free_energy(v) - of_binary_units).abs() > len(model.b) / 4:  # Gaussian: D/2 or more
        raise TypeError(
            f"The model is a {type(model).__name__} with W, b and c, but its free energy is not "
            "that of binary units, which alone are annealed here; give an RBM, or sum over up to "
            f"{MOST_UNITS} hidden units with exact_log_partition."
        )
