"""Clamp a part of a picture, and watch a restricted Boltzmann machine fill in the rest."""

from __future__ import annotations

import math
from functools import cached_property

import torch
import traitlets
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from mmlearn_helpers.binary import check_binary, check_clamped
from mmlearn_helpers.boltzmann.gaussian import GaussianRBM
from mmlearn_helpers.boltzmann.restricted import RBM
from mmlearn_helpers.checks import check_count
from mmlearn_helpers.live.chance import check_small_seed, uniforms
from mmlearn_helpers.live.figure import LiveFigure, script
from mmlearn_helpers.live.numbers import States, check_few, packed, unpacked, whole_sides
from mmlearn_helpers.plots import PALETTE


class Completion(LiveFigure):
    """Gibbs sampling in a restricted Boltzmann machine, with some visible units clamped.

    In each step the hidden units are drawn for the visible ones, then the visible ones for the
    hidden; clamped pixels keep their states. The parameters travel in half precision. What the
    machine does with these rounded parameters is the same in the browser and in Python, state for
    state; the means agree to rounding errors.

    Parameters
    ----------
    rbm
        Machine with binary units. The figure has a copy of it as it is when the figure is made.
    shape
        Height and width of the pictures, whose product is the number of visible units, D.
    pictures
        Zeros and ones that the reader can choose from, one picture a row, ``(P, D)``.
    clamped
        ``(D,)`` booleans: the pixels that are clamped at first; the upper half when ``None``.
    seed
        Seed of all draws.
    label
        What the figure shows, as a sentence for those who cannot see it.

    Raises
    ------
    TypeError, ValueError
        If the machine is none with binary units, its parameters are not finite in half precision
        or more than 500 000, or another argument is not as described.
    """

    _esm = script("cells.js", "completion.js")
    weights = traitlets.Bytes().tag(sync=True)
    pictures = traitlets.Bytes().tag(sync=True)
    shape = traitlets.List().tag(sync=True)
    picture = traitlets.Int().tag(sync=True)
    clamped = States(0, 1).tag(sync=True)
    v = States(0, 1).tag(sync=True)
    h = traitlets.List().tag(sync=True)
    mean = traitlets.List().tag(sync=True)
    steps = traitlets.Int().tag(sync=True)
    random = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        rbm: RBM,
        shape: tuple[int, int],
        pictures: torch.Tensor,
        *,
        clamped: torch.Tensor | None = None,
        seed: int = 0,
        label: str = "A restricted Boltzmann machine fills in the part of a picture that is free.",
    ) -> None:
        numbers = _parameters(rbm)
        n = len(rbm.b)
        sides = whole_sides(shape, n, f"the machine has {n} visible units")
        check_binary(pictures, n, name="pictures")
        if clamped is None:
            clamped = torch.arange(n) < sides[0] // 2 * sides[1]
        check_clamped(clamped, n)
        check_small_seed(seed)
        super().__init__(
            label,
            weights=packed(numbers, "The machine"),
            pictures=packed(pictures, "pictures"),
            shape=sides,
            clamped=clamped,
            v=pictures[0],
            random=int(seed),
        )
        self.start()

    def start(self, picture: int | None = None, clamped: torch.Tensor | None = None) -> None:
        """Begin anew: clamped pixels are those of the picture, coins are tossed for the others.

        Parameters
        ----------
        picture
            Which picture, counted from 0; the present one when ``None``.
        clamped
            ``(D,)`` booleans: the pixels that are clamped; the present ones when ``None``.

        Raises
        ------
        TypeError, ValueError
            If there is no such picture, or ``clamped`` does not hold one boolean for each pixel.
        """
        number = self.picture if picture is None else picture
        check_count("picture", number, least=0)
        if number >= len(self._pictures):
            raise ValueError(
                f"picture is {number}, but there are {len(self._pictures)}, counted from 0; choose "
                f"one from 0 to {len(self._pictures) - 1}."
            )
        if clamped is None:
            clamped = torch.tensor(self.clamped, dtype=torch.bool)
        check_clamped(clamped, math.prod(self.shape))
        shown = self._pictures[number]
        u, random = uniforms(self.random, len(shown))
        self._change(
            picture=int(number),
            clamped=clamped,
            v=torch.where(clamped, shown, (u < 0.5).double()),
            h=[0] * len(self._parts[2]),
            mean=torch.where(clamped, shown, 0.5).tolist(),
            steps=0,
            random=random,
        )

    def step(self, n: int = 1) -> None:
        """Draw the hidden units, then the visible ones, and so on.

        Parameters
        ----------
        n
            How often both layers are drawn.

        Raises
        ------
        TypeError, ValueError
            If it is no whole number above 0.
        """
        check_count("n", n)
        W, b, c = self._parts
        clamped = torch.tensor(self.clamped, dtype=torch.bool)
        v, mean = torch.tensor([self.v, self.mean], dtype=torch.float64)
        random = self.random
        for steps in range(self.steps + 1, self.steps + n + 1):
            u, random = uniforms(random, len(c) + len(b))
            # Fields are sums without rounding errors; only the logarithm may differ from the
            # browser's, in its last bit, which matters once in some 10^16 draws.
            thresholds = (u / (1 - u)).log()
            h = (c + W @ v > thresholds[: len(c)]).double()
            field = b + h @ W
            mean += (torch.where(clamped, v, field.sigmoid()) - mean) / steps
            v = torch.where(clamped, v, (field > thresholds[len(c) :]).double())
        hidden = [int(state) for state in h.tolist()]
        self._change(v=v, h=hidden, mean=mean.tolist(), steps=steps, random=random)

    def still(self) -> Figure:
        """Draw the picture, the state, the mean and the hidden units with matplotlib.

        Returns
        -------
        Figure
            In the picture the pixels that are free are pale and blue.
        """
        figure = Figure(figsize=(8, 2.4), dpi=100, layout="constrained")
        clamped = torch.tensor(self.clamped, dtype=torch.bool)
        picture = self._pictures[self.picture]
        mean = torch.tensor(self.mean, dtype=torch.float64)
        pale = torch.where(clamped, picture, 0.4 * picture)
        side = math.ceil(math.sqrt(len(self.h)))
        padded = torch.zeros(math.ceil(len(self.h) / side) * side)
        padded[: len(self.h)] = torch.tensor(self.h)
        panels = {
            "picture": pale.reshape(self.shape),
            "state": torch.tensor(self.v).reshape(self.shape),
            f"mean of {self.steps} steps": mean.reshape(self.shape),
            "hidden units": padded.reshape(-1, side),
        }
        for axes, (title, panel) in zip(figure.subplots(1, 4), panels.items(), strict=True):
            axes.imshow(panel.numpy(), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
            axes.set_title(title, fontsize="medium")
            axes.set(xticks=[], yticks=[])
            axes.grid(visible=False)
        free = (~clamped).double().reshape(self.shape)
        tint = torch.tensor(to_rgb(PALETTE[0])).expand(*self.shape, 3)
        tint = torch.cat([tint, 0.3 * free.unsqueeze(-1)], dim=-1)
        figure.axes[0].imshow(tint.numpy(), interpolation="nearest")
        return figure

    def __repr__(self) -> str:
        """Name the figure, its picture and the steps that it has made."""
        return f"Completion(picture={self.picture}, steps={self.steps})"

    @cached_property
    def _pictures(self) -> torch.Tensor:
        return unpacked(self.pictures).reshape(-1, math.prod(self.shape))

    @cached_property
    def _parts(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        numbers, n = unpacked(self.weights), math.prod(self.shape)
        n_hidden = (len(numbers) - n) // (n + 1)
        W, b, c = numbers.split([n_hidden * n, n, n_hidden])
        return W.reshape(n_hidden, n), b, c


def _parameters(rbm: RBM) -> torch.Tensor:
    """Give the weights, row by row, then the biases of the visible and of the hidden units."""
    if not isinstance(rbm, RBM) or isinstance(rbm, GaussianRBM):
        raise TypeError(
            f"rbm is a {type(rbm).__name__}, but an RBM with binary units is expected, one of "
            "mmlearn_helpers.boltzmann.restricted."
        )
    numbers = torch.cat([rbm.W.flatten(), rbm.b, rbm.c])
    check_few(len(numbers), "The machine", "train one with fewer hidden units for the figure")
    return numbers
