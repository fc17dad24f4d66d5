"""The restricted Boltzmann machine: two layers, with connections only between them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from mmlearn_helpers import checks
from mmlearn_helpers.binary import check_binary, check_clamped, draw


class RBM(nn.Module):
    """A layer of visible and one of hidden units, trained by contrastive divergence.

    Parameters
    ----------
    n_visible
        Number of visible units, D.
    n_hidden
        Number of hidden units, K.
    n_steps
        Steps of Gibbs sampling for each batch.
    n_chains
        Without it the steps begin at the batch: contrastive divergence. With it, so many chains go
        on from batch to batch: persistent contrastive divergence.
    seed
        Seed of the first weights, which are small, and of the first states of the chains.

    Raises
    ------
    TypeError, ValueError
        If a number is no whole number above 0, or the seed cannot be one.

    References
    ----------
    Hinton, G. E. (2002). Training products of experts by minimizing contrastive divergence. Neural
    Computation 14.

    Tieleman, T. (2008). Training restricted Boltzmann machines using approximations to the
    likelihood gradient. International Conference on Machine Learning.
    """

    def __init__(
        self,
        n_visible: int,
        n_hidden: int,
        *,
        n_steps: int = 1,
        n_chains: int | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        checks.check_count("n_visible", n_visible)
        checks.check_count("n_hidden", n_hidden)
        checks.check_count("n_steps", n_steps)
        checks.check_seed(seed)
        self.n_steps = n_steps
        generator = torch.Generator().manual_seed(seed)
        self.W = nn.Parameter(0.01 * torch.randn(n_hidden, n_visible, generator=generator))
        self.b = nn.Parameter(torch.zeros(n_visible))
        self.c = nn.Parameter(torch.zeros(n_hidden))
        self.register_buffer("chains", None)
        if n_chains is not None:
            checks.check_count("n_chains", n_chains)
            self.chains = torch.randint(2, (n_chains, n_hidden), generator=generator).to(self.W)

    def encode(self, v: torch.Tensor) -> torch.Tensor:
        """Infer the hidden units: the probabilities ``p(h = 1 | v)``.

        Parameters
        ----------
        v
            States of the visible units, ``(N, D)``.

        Returns
        -------
        torch.Tensor
            ``(N, K)``.

        Raises
        ------
        TypeError, ValueError
            If ``v`` is no matrix of zeros and ones with D columns.
        """
        self._check(v)
        return self._field(v).sigmoid()

    def decode(self, h: torch.Tensor) -> torch.Tensor:
        """Give the mean of the visible units for given hidden ones.

        Parameters
        ----------
        h
            States of the hidden units or their probabilities, ``(N, K)``.

        Returns
        -------
        torch.Tensor
            The probabilities ``p(v = 1 | h)``, ``(N, D)``.

        Raises
        ------
        TypeError, ValueError
            If ``h`` is no finite matrix with K columns.
        """
        checks.check_matrix(h, len(self.c), self.c.dtype, "h")
        return self._mean(h)

    def free_energy(self, v: torch.Tensor) -> torch.Tensor:
        """Evaluate the free energy: minus the log-probability, up to the log partition function.

        Parameters
        ----------
        v
            States of the visible units, ``(N, D)``.

        Returns
        -------
        torch.Tensor
            In nats, ``(N,)``.

        Raises
        ------
        TypeError, ValueError
            As in :meth:`encode`.
        """
        self._check(v)
        return self._free_energy(v, self._field(v))

    def loss(self, v: torch.Tensor) -> dict[str, torch.Tensor]:
        """Compare the free energy of the data with that of states sampled from the model.

        The gradient estimates that of minus the log-likelihood; the value says nothing about it.

        Parameters
        ----------
        v
            States of the visible units, ``(N, D)``.

        Returns
        -------
        dict[str, torch.Tensor]
            ``"loss"``, the mean free energy of the data less that of the samples; without chains
            also ``"reconstruction"``, the squared error after one step from the data and back.

        Raises
        ------
        TypeError, ValueError
            As in :meth:`encode`.
        """
        self._check(v)
        terms = {}
        with torch.no_grad():
            h = draw(self._field(v).sigmoid()) if self.chains is None else self.chains
            fantasy = self._draw_visible(h)
            if self.chains is None:
                terms["reconstruction"] = (v - self._mean(h)).square().sum(dim=1).mean()
            for _ in range(self.n_steps - 1):
                fantasy = self._draw_visible(draw(self._field(fantasy).sigmoid()))
        both = torch.cat([v, fantasy])
        field = self._field(both)
        data, model = self._free_energy(both, field).split([len(v), len(fantasy)])
        if self.chains is not None and self.training:
            self.chains.copy_(draw(field[len(v) :].detach().sigmoid()))
        return {"loss": data.mean() - model.mean(), **terms}

    @torch.no_grad()
    def gibbs(
        self, v: torch.Tensor, n_steps: int, *, clamped: torch.Tensor | None = None, seed: int = 0
    ) -> torch.Tensor:
        """Draw the hidden units, then the visible ones, and so on.

        Parameters
        ----------
        v
            States of the visible units to begin with, ``(N, D)``; they are not changed.
        n_steps
            How often both layers are drawn.
        clamped
            Booleans, ``(D,)``: the visible units that keep their states; none without it.
        seed
            Seed of the draws.

        Returns
        -------
        torch.Tensor
            Their states after the last step, ``(N, D)``.

        Raises
        ------
        TypeError, ValueError
            As in :meth:`encode`, or if another argument is not as described.
        """
        self._check(v)
        checks.check_count("n_steps", n_steps)
        if clamped is None:
            clamped = torch.zeros(len(self.b), dtype=torch.bool)
        check_clamped(clamped, len(self.b))
        clamped = clamped.to(v.device)
        checks.check_seed(seed)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            for _ in range(n_steps):
                v = torch.where(clamped, v, self._draw_visible(draw(self._field(v).sigmoid())))
        return v

    def sample(self, n: int, n_steps: int = 1000, seed: int = 0) -> torch.Tensor:
        """Draw examples by Gibbs sampling that begins with coins tossed for the visible units.

        Parameters
        ----------
        n
            How many.
        n_steps
            How often both layers are drawn; too few show where the chains began.
        seed
            Seed of the draws.

        Returns
        -------
        torch.Tensor
            ``(n, D)``.

        Raises
        ------
        TypeError, ValueError
            If a number is no whole number above 0, or the seed cannot be one.
        """
        checks.check_count("n", n)
        checks.check_seed(seed)
        v = torch.randint(2, (n, len(self.b)), generator=torch.Generator().manual_seed(seed))
        return self.gibbs(v.to(self.W), n_steps, seed=seed)

    def enumeration(self) -> tuple[int, Callable[[torch.Tensor], torch.Tensor]]:
        """Give the number of units of the smaller layer, and the free energy of their states."""
        if len(self.b) <= len(self.c):
            return len(self.b), lambda v: self.free_energy(v.to(self.W))
        return len(self.c), lambda h: self._free_energy_of_hidden(h.to(self.W))

    def _check(self, v: torch.Tensor) -> None:
        check_binary(v, len(self.b), self.b.dtype, "v")

    def _field(self, v: torch.Tensor) -> torch.Tensor:
        return F.linear(v, self.W, self.c)

    def _mean(self, h: torch.Tensor) -> torch.Tensor:
        return (self.b + h @ self.W).sigmoid()

    def _draw_visible(self, h: torch.Tensor) -> torch.Tensor:
        return draw(self._mean(h))

    def _free_energy(self, v: torch.Tensor, field: torch.Tensor) -> torch.Tensor:
        return -(v @ self.b) - F.softplus(field).sum(dim=1)

    def _free_energy_of_hidden(self, h: torch.Tensor) -> torch.Tensor:
        return -(h @ self.c) - F.softplus(self.b + h @ self.W).sum(dim=1)
