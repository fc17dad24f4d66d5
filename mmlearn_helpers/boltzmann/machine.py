"""The Boltzmann machine: units of 0 and 1 that flip by chance, all connected."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import nn

from mmlearn_helpers import checks
from mmlearn_helpers.binary import all_states, check_binary, check_clamped


class BoltzmannMachine(nn.Module):
    """Binary units with symmetric connections; the first are visible, the others hidden.

    Parameters
    ----------
    n_visible
        Number of visible units, D.
    n_hidden
        Number of hidden units, K. Their states are summed out by enumeration in
        :meth:`free_energy`, so about 20 are possible there.
    connections
        ``(D + K, D + K)`` of zeros and ones: which units are connected. All of them when ``None``.
    n_sweeps
        Sweeps of Gibbs sampling in each of the two phases of :meth:`loss`.
    n_chains
        States that the free phase keeps from one batch to the next.
    seed
        Seed of the first weights, which are small, and of the first states of the chains.

    Raises
    ------
    TypeError, ValueError
        If a number is no whole number, or too small, or the connections are not symmetric, of
        another shape, or connect a unit with itself.

    References
    ----------
    Ackley, D. H., Hinton, G. E. and Sejnowski, T. J. (1985). A learning algorithm for Boltzmann
    machines. Cognitive Science 9.
    """

    def __init__(
        self,
        n_visible: int,
        n_hidden: int = 0,
        *,
        connections: torch.Tensor | None = None,
        n_sweeps: int = 10,
        n_chains: int = 100,
        seed: int = 0,
    ) -> None:
        super().__init__()
        checks.check_count("n_visible", n_visible)
        checks.check_count("n_hidden", n_hidden, least=0)
        checks.check_count("n_sweeps", n_sweeps)
        checks.check_count("n_chains", n_chains)
        checks.check_seed(seed)
        n = n_visible + n_hidden
        if connections is None:
            connections = 1 - torch.eye(n)
        _check_connections(connections, n)
        generator = torch.Generator().manual_seed(seed)
        self.n_visible, self.n_hidden, self.n_sweeps = n_visible, n_hidden, n_sweeps
        self.W = nn.Parameter(0.1 * torch.randn(n, n, generator=generator))
        self.b = nn.Parameter(torch.zeros(n))
        self.register_buffer("connected", connections.to(self.W).triu())
        chains = torch.randint(2, (n_chains, n), generator=generator)
        self.register_buffer("chains", chains.to(self.W))

    @property
    def weights(self) -> torch.Tensor:
        """Symmetric weights with a diagonal of zeros, ``(D + K, D + K)``."""
        upper = self.W * self.connected
        return upper + upper.T

    def energy(self, s: torch.Tensor) -> torch.Tensor:
        """Evaluate the energy of states of all units.

        Parameters
        ----------
        s
            States of 0 and 1, ``(M, D + K)``.

        Returns
        -------
        torch.Tensor
            ``(M,)``.

        Raises
        ------
        TypeError, ValueError
            If ``s`` is no matrix of zeros and ones of that width.
        """
        check_binary(s, len(self.b), self.b.dtype, "s")
        return self._energy(s)

    def free_energy(self, v: torch.Tensor) -> torch.Tensor:
        """Evaluate the free energy: minus the logarithm of the sum over all hidden states.

        Parameters
        ----------
        v
            States of the visible units, of 0 and 1, ``(M, D)``.

        Returns
        -------
        torch.Tensor
            ``(M,)``.

        Raises
        ------
        TypeError, ValueError
            If ``v`` is no matrix of zeros and ones of that width.
        """
        check_binary(v, self.n_visible, self.b.dtype, "v")
        if self.n_hidden == 0:
            return self._energy(v)
        h = all_states(self.n_hidden).to(v)
        pairs = torch.cat([v[:, None].expand(-1, len(h), -1), h.expand(len(v), -1, -1)], dim=-1)
        return -(-self._energy(pairs)).logsumexp(dim=1)

    def enumeration(self) -> tuple[int, Callable[[torch.Tensor], torch.Tensor]]:
        """Give the number of all units, and the energy of their states."""
        return len(self.b), lambda s: self._energy(s.to(self.W))

    @torch.no_grad()
    def gibbs(
        self,
        s: torch.Tensor,
        temperatures: Sequence[float],
        *,
        clamped: torch.Tensor | None = None,
        seed: int = 0,
    ) -> torch.Tensor:
        """Let each unit in turn take a new state by chance, given all the others.

        Parameters
        ----------
        s
            States of 0 and 1 to begin with, ``(M, D + K)``; they are not changed.
        temperatures
            The temperature of each sweep through the units: ones to sample from the model's own
            distribution, falling numbers for simulated annealing.
        clamped
            ``(D + K,)`` booleans: the units that keep their states. None of them when ``None``.
        seed
            Seed of the draws.

        Returns
        -------
        torch.Tensor
            The states after the last sweep, ``(M, D + K)``.

        Raises
        ------
        TypeError, ValueError
            If ``s`` is no matrix of zeros and ones of that width, a temperature is not above 0,
            ``clamped`` holds no booleans, or the seed cannot be one.
        """
        n = len(self.b)
        check_binary(s, n, self.b.dtype, "s")
        _check_temperatures(temperatures)
        if clamped is None:
            clamped = torch.zeros(n, dtype=torch.bool)
        check_clamped(clamped, n)
        checks.check_seed(seed)
        generator = torch.Generator(s.device).manual_seed(seed)
        return self._sweeps(s, temperatures, (~clamped).nonzero().flatten().tolist(), generator)

    def loss(self, v: torch.Tensor) -> dict[str, torch.Tensor]:
        """Compare the energy in the clamped phase with that in the free phase.

        The gradient is the difference of the correlations of the two phases, which estimates the
        gradient of minus the log-likelihood; the value says nothing about the likelihood.

        Parameters
        ----------
        v
            States of the visible units, of 0 and 1, ``(N, D)``.

        Returns
        -------
        dict[str, torch.Tensor]
            ``"loss"``, the mean energy of the clamped phase less that of the free phase.

        Raises
        ------
        TypeError, ValueError
            If ``v`` is no matrix of zeros and ones of that width.
        """
        check_binary(v, self.n_visible, self.b.dtype, "v")
        n, ones = len(self.b), [1.0] * self.n_sweeps
        h = torch.randint(2, (len(v), self.n_hidden), device=v.device).to(v)
        with torch.no_grad():
            hidden = list(range(self.n_visible, n))
            clamped = self._sweeps(torch.cat([v, h], dim=1), ones, hidden)
            free = self._sweeps(self.chains, ones, list(range(n)))
            if self.training:
                self.chains.copy_(free)
        return {"loss": self._energy(clamped).mean() - self._energy(free).mean()}

    def _energy(self, s: torch.Tensor) -> torch.Tensor:
        return -((s @ (self.W * self.connected)) * s).sum(dim=-1) - s @ self.b

    def _sweeps(
        self,
        s: torch.Tensor,
        temperatures: Sequence[float],
        units: list[int],
        generator: torch.Generator | None = None,
    ) -> torch.Tensor:
        W, b = self.weights, self.b[:, None]
        s = s.T.clone(memory_format=torch.contiguous_format)
        for temperature in temperatures:
            uniform = torch.rand(s.shape, generator=generator, device=s.device).to(s)
            noise = temperature * uniform.logit()
            for i in units:
                s[i] = W[i] @ s + b[i] > noise[i]
        return s.T.contiguous()


def _check_connections(connections: torch.Tensor, n: int) -> None:
    checks.check_tensor(connections, "connections")
    if connections.shape != (n, n) or not ((connections == 0) | (connections == 1)).all():
        raise ValueError(
            f"connections has shape {tuple(connections.shape)}, but a matrix ({n}, {n}) of zeros "
            f"and ones is expected, one row and column for each of the {n} units."
        )
    if not torch.equal(connections, connections.T) or connections.diagonal().any():
        raise ValueError(
            "connections is not symmetric with a diagonal of zeros, but connections have no "
            "direction, and no unit acts on itself; use torch.maximum(connections, connections.T) "
            "and fill_diagonal_(0)."
        )


def _check_temperatures(temperatures: Sequence[float]) -> None:
    if not isinstance(temperatures, Sequence) or not temperatures:
        raise TypeError(
            f"temperatures is {temperatures!r}, but a list with one number for each sweep is "
            "expected; [1.0] * 100 samples, for 100 sweeps."
        )
    for temperature in temperatures:
        checks.check_number("A temperature", temperature)
        if not 0 < temperature < math.inf:
            raise ValueError(
                f"A temperature is {temperature}, but a finite number above 0 is needed. At 0 "
                "nothing is left to chance, and the machine is a Hopfield network: use "
                "mmlearn_helpers.boltzmann.hopfield.recall, or end with a small temperature."
            )
