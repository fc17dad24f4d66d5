"""Draw on the units of a Hopfield network, spoil a memory, and let the network recall it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cached_property

import torch
import traitlets
from matplotlib.figure import Figure

from mmlearn_helpers.boltzmann.hopfield import check_patterns, check_weights
from mmlearn_helpers.checks import check_count, check_number
from mmlearn_helpers.live.chance import check_small_seed, shuffled
from mmlearn_helpers.live.figure import LiveFigure, script
from mmlearn_helpers.live.numbers import States, check_few, packed, unpacked, whole_sides


class MemoryGrid(LiveFigure):
    """The state of a Hopfield network as cells to draw on, its memories, and its energy.

    The weights travel in half precision. What the network does with these rounded weights is the
    same in the browser and in Python, state for state; whole numbers up to 2048, as in weights by
    Hebb's rule, are not rounded.

    Parameters
    ----------
    weights
        Symmetric, with a diagonal of zeros, ``(N, N)``.
    shape
        Height and width of the grid, whose product is N.
    memories
        States of -1 and 1 that the reader can call up, one a row, ``(P, N)``.
    s
        The first state, ``(N,)``; the first memory when ``None``. -1 is drawn white, 1 black.
    spoiled
        The share of the cells that are flipped when the state is spoiled.
    seed
        Seed of the cells that are flipped and of the orders in which units are updated.
    label
        What the figure shows, as a sentence for those who cannot see it.

    Raises
    ------
    TypeError, ValueError
        If the weights are not symmetric with a diagonal of zeros, not finite in half precision or
        more than 500 000, or another argument is not as described.
    """

    _esm = script("cells.js", "memory_grid.js")
    weights = traitlets.Bytes().tag(sync=True)
    memories = traitlets.Bytes().tag(sync=True)
    shape = traitlets.List().tag(sync=True)
    s = States(-1, 1).tag(sync=True)
    spoiled = traitlets.Float().tag(sync=True)
    random = traitlets.Int().tag(sync=True)
    order = traitlets.List().tag(sync=True)
    energies = traitlets.List().tag(sync=True)

    def __init__(
        self,
        weights: torch.Tensor,
        shape: tuple[int, int],
        memories: torch.Tensor,
        *,
        s: Iterable[float] | None = None,
        spoiled: float = 0.2,
        seed: int = 0,
        label: str = "A Hopfield network to draw on, its memories, and its energy.",
    ) -> None:
        check_weights(weights)
        check_few(weights.numel(), "The network", "make one with fewer units for the figure")
        advice = "divide all weights by the same number, which moves no state that is at rest"
        packed_weights = packed((weights + weights.T) / 2, "The network", advice)
        sides = whole_sides(shape, len(weights), f"the network has {len(weights)} units")
        check_patterns(memories, "memories", weights)
        _check_share(spoiled)
        check_small_seed(seed)
        super().__init__(
            label,
            weights=packed_weights,
            memories=packed(memories, "memories"),
            shape=sides,
            s=memories[0] if s is None else s,
            spoiled=float(spoiled),
            random=int(seed),
        )

    @property
    def at_rest(self) -> bool:
        """Whether no unit would change in an update."""
        return torch.equal(self._together(self._state), self._state)

    @property
    def verdict(self) -> str:
        """A sentence on whether the state is at rest, and in which memory."""
        s = self._state
        if not self.at_rest:
            if torch.equal(self._together(self._together(s)), s):
                return "Not at rest: all at once, it goes to and fro between two states."
            return "Not at rest."
        for number, memory in enumerate(self._memories, 1):
            if torch.equal(s, memory):
                return f"At rest in memory {number}."
            if torch.equal(s, -memory):
                return f"At rest in the negative of memory {number}."
        return "At rest, but in none of the memories."

    def begin(self, s: Iterable[float]) -> None:
        """Set the state, and begin the energies anew.

        Parameters
        ----------
        s
            The state, ``(N,)``.

        Raises
        ------
        TypeError, ValueError
            If it does not hold one number, -1 or 1, for each unit.
        """
        self.s = s
        self.energies = [self._energy(self.s)]

    def spoil(self) -> None:
        """Flip the share ``spoiled`` of the cells, which are drawn by chance."""
        order, random = shuffled(self.random, len(self.s))
        s = list(self.s)
        for i in order[: math.floor(self.spoiled * len(s) + 0.5)]:
            s[i] = -s[i]
        self.begin(s)
        self.random = random

    def step(self, n: int = 1) -> None:
        """Update units, one after another, in an order that is drawn anew for every sweep.

        Parameters
        ----------
        n
            How many.

        Raises
        ------
        TypeError, ValueError
            If it is no whole number above 0.
        """
        check_count("n", n)
        for _ in range(n):
            order, random = list(self.order), self.random
            if not order:
                order, random = shuffled(random, len(self.s))
            i = order.pop(0)
            state = self._state
            field = (self._weights[i] @ state).item()
            energy, s = self.energies[-1], list(self.s)
            if field * s[i] < 0:
                s[i] = -s[i]
                energy -= 2 * abs(field)
            energies = [*self.energies, energy]
            self._change(s=s, random=random, order=order, energies=energies)

    def recall(self) -> None:
        """Update units one after another until the state is at rest."""
        with self.hold_sync():
            while not self.at_rest:
                self.step()

    def all_at_once(self) -> None:
        """Update all units at the same moment, by their fields in the state that was."""
        s = self._together(self._state)
        self._change(s=s, energies=[*self.energies, self._energy(s)])

    def still(self) -> Figure:
        """Draw the state and the memories with matplotlib.

        Returns
        -------
        Figure
            The state at the left, with its energy, and the memories at the right.
        """
        figure = Figure(figsize=(6, 3), dpi=100, layout="constrained")
        left, right = figure.subfigures(1, 2)
        whole = left.subplots()
        n = len(self._memories)
        columns = math.ceil(math.sqrt(n))
        places = right.subplots(math.ceil(n / columns), columns, squeeze=False).flatten()
        pictures = [self._state, *self._memories]
        titles = [f"energy {self.energies[-1]:.2f}", *map(str, range(1, n + 1))]
        for axes, picture, title in zip([whole, *places], pictures, titles, strict=False):
            cells = picture.reshape(self.shape).numpy()
            axes.imshow(cells, cmap="gray_r", vmin=-1, vmax=1, interpolation="nearest")
            axes.set_title(title, fontsize="medium")
        for axes in (whole, *places):
            axes.set(xticks=[], yticks=[])
            axes.grid(visible=False)
        for axes in places[n:]:
            axes.set_axis_off()
        whole.set_xlabel(self.verdict)
        return figure

    def __repr__(self) -> str:
        """Name the figure and what its state is."""
        return f"MemoryGrid({self.verdict!r})"

    @cached_property
    def _weights(self) -> torch.Tensor:
        return unpacked(self.weights).reshape(2 * [math.prod(self.shape)])

    @cached_property
    def _memories(self) -> torch.Tensor:
        return unpacked(self.memories).reshape(-1, math.prod(self.shape))

    @property
    def _state(self) -> torch.Tensor:
        return torch.tensor(self.s, dtype=torch.float64)

    def _together(self, s: torch.Tensor) -> torch.Tensor:
        field = self._weights @ s
        return torch.where(field == 0, s, field.sign())

    def _energy(self, s: Iterable[float]) -> float:
        s = torch.as_tensor(s, dtype=torch.float64)
        return -(s @ self._weights @ s).item() / 2

    @traitlets.validate("spoiled")
    def _share(self, proposal: dict) -> float:
        _check_share(proposal["value"])
        return proposal["value"]

    @traitlets.observe("s")
    def _follow(self, _: object) -> None:
        energy = self._energy(self.s)
        if not self.energies or self.energies[-1] != energy:
            self.energies = [energy]


def _check_share(spoiled: float) -> None:
    check_number("spoiled", spoiled)
    if not 0 <= spoiled <= 1:
        raise ValueError(
            f"spoiled is {spoiled}, but a share from 0 to 1 is expected; 0.2 flips a fifth of the "
            "cells."
        )
