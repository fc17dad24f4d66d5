"""The restricted Boltzmann machine with Gaussian visible units, for real numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch.nn import functional as F

from mmlearn_helpers.boltzmann.restricted import RBM
from mmlearn_helpers.checks import check_matrix


class GaussianRBM(RBM):
    """Visible units are normal with standard deviation 1 for given hidden units, which are binary.

    The data should be scaled until what hidden units cannot explain has about that deviation. In
    standardised data the noise alone has the average variance of a number, and only the directions
    that vary more than that are left to explain. The free energy takes any finite numbers.

    Parameters
    ----------
    n_visible, n_hidden, n_steps, n_chains, seed
        As in :class:`~mmlearn_helpers.boltzmann.restricted.RBM`.

    References
    ----------
    Welling, M., Rosen-Zvi, M. and Hinton, G. (2005). Exponential family harmoniums with an
    application to information retrieval. Advances in Neural Information Processing Systems 17.
    """

    def enumeration(self) -> tuple[int, Callable[[torch.Tensor], torch.Tensor]]:
        """Give the number of hidden units, and the free energy of their states."""
        return len(self.c), lambda h: self._free_energy_of_hidden(h.to(self.W))

    def _check(self, v: torch.Tensor) -> None:
        check_matrix(v, len(self.b), self.b.dtype, "v")

    def _mean(self, h: torch.Tensor) -> torch.Tensor:
        return self.b + h @ self.W

    def _draw_visible(self, h: torch.Tensor) -> torch.Tensor:
        mean = self._mean(h)
        return mean + torch.randn_like(mean)

    def _free_energy(self, v: torch.Tensor, field: torch.Tensor) -> torch.Tensor:
        return (v - self.b).square().sum(dim=1) / 2 - F.softplus(field).sum(dim=1)

    def _free_energy_of_hidden(self, h: torch.Tensor) -> torch.Tensor:
        inputs = h @ self.W
        log_volume = len(self.b) * math.log(2 * math.pi) / 2
        return -(h @ self.c) - (inputs * (self.b + inputs / 2)).sum(dim=1) - log_volume
