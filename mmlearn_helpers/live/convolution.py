"""Move a kernel over a picture, and watch its transpose spread the numbers back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import torch
import traitlets
from matplotlib.figure import Figure
from torch.nn import functional as F

from mmlearn_helpers.checks import check_count, check_tensor
from mmlearn_helpers.live.figure import LiveFigure, script
from mmlearn_helpers.live.numbers import packed, unpacked

KINDS = ("mean", "edge")


class Convolution(LiveFigure):
    """A kernel that moves over a small picture, and its transpose, which spreads back.

    At each place the convolution takes the sum of the products of kernel and picture. The
    transpose puts that number back: times the kernel, at the same place, added to what is there.

    Parameters
    ----------
    pictures
        Small pictures to choose from, from 0 to 1, ``(P, H, W)`` with sides from 5 to 16.
    size
        Side of the kernel, from 2 to 5.
    stride
        How far the kernel moves, from 1 to 4.
    padding
        How many rows and columns of zeros are put around the picture, less than ``size``.
    kind
        ``"mean"``: all weights of the kernel are the same, and add up to 1. ``"edge"``: they rise
        from left to right, from below to above zero, and their absolute values add up to 1.
    label
        What the figure shows, as a sentence for those who cannot see it.

    Raises
    ------
    TypeError, ValueError
        If the pictures are not as described, or another argument is out of its range.
    """

    _esm = script("cells.js", "convolution.js")
    pictures = traitlets.Bytes().tag(sync=True)
    shape = traitlets.List().tag(sync=True)
    picture = traitlets.Int().tag(sync=True)
    kind = traitlets.Unicode().tag(sync=True)
    size = traitlets.Int().tag(sync=True)
    stride = traitlets.Int().tag(sync=True)
    padding = traitlets.Int().tag(sync=True)
    place = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        pictures: torch.Tensor,
        *,
        size: int = 3,
        stride: int = 2,
        padding: int = 0,
        kind: Literal["mean", "edge"] = "mean",
        label: str = "A kernel moves over a picture, and its transpose spreads the numbers back.",
    ) -> None:
        _check_pictures(pictures)
        super().__init__(label, pictures=packed(pictures, "pictures"))
        self.shape = list(pictures.shape[1:])
        self.choose(size=size, stride=stride, padding=padding, kind=kind)

    def choose(
        self,
        *,
        picture: int | None = None,
        size: int | None = None,
        stride: int | None = None,
        padding: int | None = None,
        kind: Literal["mean", "edge"] | None = None,
    ) -> None:
        """Choose picture and kernel, and put the kernel at its first place.

        Parameters
        ----------
        picture
            Which picture, counted from 0.
        size, stride, padding, kind
            As for the class. What is ``None`` stays as it is, but for a padding that would not be
            less than the size, which becomes one less.

        Raises
        ------
        TypeError, ValueError
            If one is out of its range.
        """
        given = {"picture": picture, "size": size, "stride": stride, "padding": padding}
        chosen = {k: getattr(self, k) if v is None else v for k, v in given.items()}
        if padding is None and size is not None:
            chosen["padding"] = min(self.padding, size - 1)
        _check_range("size", chosen["size"], 2, 5)
        highest = {"picture": len(self._pictures) - 1, "stride": 4, "padding": chosen["size"] - 1}
        for name, high in highest.items():
            _check_range(name, chosen[name], int(name == "stride"), high)
        kind = self.kind if kind is None else kind
        if kind not in KINDS:
            raise ValueError(f"kind is {kind!r}, but {' or '.join(map(repr, KINDS))} is expected.")
        self._change(kind=kind, place=0, **{k: int(v) for k, v in chosen.items()})

    @property
    def kernel(self) -> torch.Tensor:
        """The weights, ``(size, size)``, in double precision."""
        if self.kind == "mean":
            return torch.full((self.size, self.size), 1 / self.size**2, dtype=torch.float64)
        column = torch.arange(self.size, dtype=torch.float64) - (self.size - 1) / 2
        return (column / (self.size * column.abs().sum())).repeat(self.size, 1)

    @property
    def convolved(self) -> torch.Tensor:
        """The number found at each place, ``(h, w)``."""
        return F.conv2d(self._shown, self.kernel[None, None], **self._moves)[0, 0]

    @property
    def spread(self) -> torch.Tensor:
        """What the transpose has put back, up to the present place."""
        y = self.convolved
        so_far = torch.arange(y.numel()).reshape(y.shape) <= self.place
        weights = self.kernel[None, None]
        return F.conv_transpose2d((y * so_far)[None, None], weights, **self._moves)[0, 0]

    @property
    def sentence(self) -> str:
        """The sizes, and the output padding that brings the first one back."""
        there, back = self.convolved.shape, self.spread.shape
        lost = [side - other for side, other in zip(self.shape, back, strict=True)]
        words = f"{_by(self.shape)} becomes {_by(there)}, and spreads back to {_by(back)}"
        return f"{words}; output padding {_by(lost)} is missing." if any(lost) else f"{words}."

    def step(self) -> None:
        """Move the kernel to its next place; after the last it begins anew."""
        self.place = (self.place + 1) % self.convolved.numel()

    def still(self) -> Figure:
        """Draw the figure with matplotlib.

        Returns
        -------
        Figure
            The padded picture, the kernel, the convolution and what has been spread back.
        """
        most = self.kernel.abs().max()
        panels = {
            "picture": (F.pad(self._shown[0, 0], 4 * [self.padding]), 0.0, 1.0),
            "kernel": (self.kernel, -most if self.kind == "edge" else 0, most),
            "convolution": (self.convolved, *self._greys),
            "spread back": (self.spread, *self._greys),
        }
        figure = Figure(figsize=(8, 2.4), dpi=100, layout="constrained")
        figure.suptitle(self.sentence, fontsize="medium")
        for axes, (name, (numbers, low, high)) in zip(
            figure.subplots(1, 4), panels.items(), strict=True
        ):
            axes.imshow(numbers, cmap="gray_r", vmin=low, vmax=high, interpolation="nearest")
            axes.set_title(name, fontsize="medium")
            axes.set(xticks=[], yticks=[])
            axes.grid(visible=False)
        return figure

    def __repr__(self) -> str:
        """Name the figure and its sizes."""
        return f"Convolution({self.sentence!r})"

    @property
    def _moves(self) -> dict[str, int]:
        return {"stride": self.stride, "padding": self.padding}

    @property
    def _greys(self) -> tuple[float, float]:
        return (-0.5, 0.5) if self.kind == "edge" else (0, 1)

    @cached_property
    def _pictures(self) -> torch.Tensor:
        return unpacked(self.pictures).reshape(-1, *self.shape)

    @property
    def _shown(self) -> torch.Tensor:
        return self._pictures[self.picture][None, None]


def _by(sides: Sequence[int]) -> str:
    return " × ".join(map(str, sides))


def _check_range(name: str, value: int, low: int, high: int) -> None:
    check_count(name, value, low)
    if value > high:
        raise ValueError(f"{name} is {value}, but a whole number from {low} to {high} is expected.")


def _check_pictures(pictures: torch.Tensor) -> None:
    check_tensor(pictures, "pictures")
    if pictures.ndim != 3 or not len(pictures) or not all(5 <= n <= 16 for n in pictures.shape[1:]):
        raise ValueError(
            f"pictures has shape {tuple(pictures.shape)}, but (pictures, height, width) with sides "
            "from 5 to 16 is expected; average larger ones down, for example with F.avg_pool2d."
        )
    if pictures.min() < 0 or pictures.max() > 1:
        raise ValueError(
            f"pictures holds numbers from {pictures.min():.3g} to {pictures.max():.3g}, but pixels "
            "from 0, white, to 1, black, are expected; divide by the largest."
        )
