"""The pseudo-likelihood: how well each unit is told by all the others."""

from __future__ import annotations

from typing import Protocol

import torch
from torch.nn import functional as F

from mmlearn_helpers.binary import check_binary


class FreeEnergyModel(Protocol):
    """Anything that gives binary examples a free energy."""

    def free_energy(self, v: torch.Tensor) -> torch.Tensor:
        """Give minus the log-probability up to a constant, ``(N,)``, for examples ``(N, D)``."""


@torch.no_grad()
def pseudo_log_likelihood(model: FreeEnergyModel, v: torch.Tensor) -> torch.Tensor:
    """Sum the log-probability of each visible unit given all others. No partition function needed.

    Parameters
    ----------
    model
        Has ``free_energy``.
    v
        Examples of zeros and ones, ``(N, D)``.

    Returns
    -------
    torch.Tensor
        In nats, ``(N,)``.

    Raises
    ------
    TypeError
        If the model has no ``free_energy``.
    TypeError, ValueError
        If ``v`` is no matrix of zeros and ones, or does not fit the model.

    References
    ----------
    Besag, J. (1975). Statistical analysis of non-lattice data. The Statistician 24.
    """
    if not callable(getattr(model, "free_energy", None)):
        raise TypeError(
            f"The model is a {type(model).__name__} without free_energy(v), from which the "
            "pseudo-likelihood is computed; give a BoltzmannMachine or an RBM."
        )
    check_binary(v, name="v")
    free_energy, total = model.free_energy(v), v.new_zeros(len(v))
    for i in range(v.shape[1]):
        flipped = v.clone()
        flipped[:, i] = 1 - v[:, i]
        total += F.logsigmoid(model.free_energy(flipped) - free_energy)
    return total
