"""Draw or spoil a picture, and watch a denoising autoencoder at work, step by step."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from functools import cached_property
from typing import Literal

import torch
import traitlets
from matplotlib.figure import Figure
from torch import nn

from mmlearn_helpers.autoencoders.deep import DeepAutoencoder
from mmlearn_helpers.checks import check_count, check_matrix, check_number
from mmlearn_helpers.live.chance import check_small_seed, uniforms
from mmlearn_helpers.live.figure import LiveFigure, script
from mmlearn_helpers.live.network import flattened, half_precision, layer_kinds
from mmlearn_helpers.live.numbers import Cells, packed, unpacked, whole_sides

KINDS = ("normal", "masking", "salt and pepper")


class Denoising(LiveFigure):
    """A picture that is spoiled or drawn on, and what an autoencoder makes of it again and again.

    A step replaces the picture x by the reconstruction r(x). The weights travel in half precision;
    browser and Python compute the same with them, to rounding errors.

    Parameters
    ----------
    model
        A trained autoencoder. The figure has a copy of it as it is when the figure is made.
    shape
        Height and width of the pictures, whose product is the width of the examples, D.
    pictures
        Clean pictures that the reader can choose from, one a row, ``(P, D)``.
    kind
        The noise at first: ``"normal"``, ``"masking"`` or ``"salt and pepper"``.
    amount
        Its standard deviation, or the probability with which a pixel is spoiled, from 0 to 1.
    seed
        Seed of all noise.
    label
        What the figure shows, as a sentence for those who cannot see it.

    Raises
    ------
    TypeError, ValueError
        If the model is no autoencoder whose layers the figure can compute, its weights are not
        finite in half precision or more than 500 000, or another argument is not as described.
    """

    _esm = script("network.js", "cells.js", "denoising.js")
    parts = traitlets.List().tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)
    pictures = traitlets.Bytes().tag(sync=True)
    shape = traitlets.List().tag(sync=True)
    picture = traitlets.Int().tag(sync=True)
    x = Cells().tag(sync=True)
    steps = traitlets.Int().tag(sync=True)
    kind = traitlets.Unicode().tag(sync=True)
    amount = traitlets.Float().tag(sync=True)
    random = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        model: DeepAutoencoder,
        shape: tuple[int, int],
        pictures: torch.Tensor,
        *,
        kind: Literal["normal", "masking", "salt and pepper"] = "normal",
        amount: float = 0.4,
        seed: int = 0,
        label: str = "An autoencoder takes the noise out of a picture, step by step.",
    ) -> None:
        if not isinstance(model, DeepAutoencoder):
            raise TypeError(
                f"model is a {type(model).__name__}, but a DenoisingAutoencoder or another "
                "DeepAutoencoder is expected; give the whole model, not a part of it."
            )
        layers = flattened(model.encoder, "encoder") + flattened(model.decoder)
        if model.error == "cross-entropy":
            layers.append(nn.Sigmoid())
        n = model.encoder[0].in_features
        kinds = layer_kinds(layers, n, "autoencoder", n_outputs=n)
        sides = whole_sides(shape, n, f"the autoencoder takes {n} numbers")
        check_matrix(pictures, n, name="pictures")
        _check_kind(kind)
        _check_amount(amount)
        check_small_seed(seed)
        super().__init__(
            label,
            parts=[["autoencoder", kinds]],
            weights=half_precision(layers, "autoencoder"),
            pictures=packed(pictures, "pictures"),
            shape=sides,
            x=unpacked(packed(pictures[0], "pictures")).tolist(),
            kind=kind,
            amount=float(amount),
            random=int(seed),
        )
        self._network = copy.deepcopy(nn.Sequential(*layers)).cpu().half().double()

    def begin(self, x: Iterable[float]) -> None:
        """Set the picture, and count steps anew.

        Parameters
        ----------
        x
            One finite number for each pixel, ``(D,)``.

        Raises
        ------
        TypeError, ValueError
            If it is something else.
        """
        self._change(x=x, steps=0)

    def choose(self, picture: int) -> None:
        """Begin with one of the clean pictures.

        Parameters
        ----------
        picture
            Which, counted from 0.

        Raises
        ------
        TypeError, ValueError
            If there is no such picture.
        """
        check_count("picture", picture, least=0)
        if picture >= len(self._pictures):
            raise ValueError(
                f"picture is {picture}, but there are {len(self._pictures)}, counted from 0; "
                f"choose one from 0 to {len(self._pictures) - 1}."
            )
        self._change(picture=int(picture), x=self._pictures[picture].tolist(), steps=0)

    def spoil(self) -> None:
        """Add noise of the chosen kind and amount to the picture."""
        x = self._x
        u, random = uniforms(self.random, 2 * len(x))
        first, second = u.split(len(x))
        if self.kind == "normal":
            x = x + self.amount * (-2 * first.log()).sqrt() * (2 * math.pi * second).cos()
        elif self.kind == "masking":
            x = torch.where(first < self.amount, 0.0, x)
        else:
            x = torch.where(first < self.amount, (second < 0.5).double(), x)
        self._change(x=x.tolist(), random=random, steps=0)

    def step(self, n: int = 1) -> None:
        """Replace the picture by its reconstruction.

        Parameters
        ----------
        n
            How often.

        Raises
        ------
        TypeError, ValueError
            If it is no whole number above 0.
        """
        check_count("n", n)
        x = self._x
        for _ in range(n):
            x = self._reconstruct(x)
        self._change(x=x.tolist(), steps=self.steps + n)

    @property
    def reconstruction(self) -> torch.Tensor:
        """What the next step makes of the picture, ``(D,)`` in double precision."""
        return self._reconstruct(self._x)

    def still(self) -> Figure:
        """Draw the clean picture, the present one and its reconstruction with matplotlib.

        Returns
        -------
        Figure
            Values are drawn from 0, white, to 1, black.
        """
        figure = Figure(figsize=(6, 2.4), dpi=100, layout="constrained")
        panels = {
            "clean": self._pictures[self.picture],
            f"picture, {self.steps} steps": self._x,
            "reconstruction": self.reconstruction,
        }
        for axes, (title, panel) in zip(figure.subplots(1, 3), panels.items(), strict=True):
            cells = panel.reshape(self.shape).numpy()
            axes.imshow(cells, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
            axes.set_title(title, fontsize="medium")
            axes.set(xticks=[], yticks=[])
            axes.grid(visible=False)
        return figure

    def __repr__(self) -> str:
        """Name the figure, its picture and the steps that it has made."""
        return f"Denoising(picture={self.picture}, steps={self.steps})"

    @property
    def _x(self) -> torch.Tensor:
        return torch.tensor(self.x, dtype=torch.float64)

    @cached_property
    def _pictures(self) -> torch.Tensor:
        return unpacked(self.pictures).reshape(-1, math.prod(self.shape))

    @torch.no_grad()
    def _reconstruct(self, x: torch.Tensor) -> torch.Tensor:
        return self._network(x[None])[0]

    @traitlets.validate("kind")
    def _known(self, proposal: dict) -> str:
        _check_kind(proposal["value"])
        return proposal["value"]

    @traitlets.validate("amount")
    def _share(self, proposal: dict) -> float:
        _check_amount(proposal["value"])
        return proposal["value"]


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}, but one of {', '.join(map(repr, KINDS))} is expected.")


def _check_amount(amount: float) -> None:
    check_number("amount", amount)
    if not 0 <= amount <= 1:
        raise ValueError(
            f"amount is {amount}, but a number from 0 to 1 is expected: a standard deviation or "
            "the share of the pixels that are spoiled."
        )
