"""Figures in one style: colour-blind safe, readable on a phone."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.offsetbox import AnnotationBbox, OffsetImage

# Okabe, M. and Ito, K. (2008). Color universal design. Yellow is left out: too faint on white.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def use_style() -> None:
    """Make matplotlib draw in the style of the book."""
    plt.rcParams.update(
        {
            "axes.grid": True,
            "axes.prop_cycle": plt.cycler(color=PALETTE),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "figure.constrained_layout.use": True,
            "figure.dpi": 120,
            "figure.figsize": (6.4, 3.6),
            "font.size": 11,
            "grid.alpha": 0.3,
            "legend.frameon": False,
            "lines.linewidth": 2,
        }
    )


def picture_rows(rows: Mapping[str, torch.Tensor], *, diverging: bool = False) -> Axes:
    """Draw named rows of pictures under one another.

    Parameters
    ----------
    rows
        For every name a tensor of pictures, ``(N, H, W)``, the same N in each row.
    diverging
        Whether values have a sign: zero is drawn white, and each picture has a scale of its own.
        Otherwise 0 is drawn white and 1 black, and values outside are clipped.

    Returns
    -------
    Axes
        One axes that holds all rows, each named at its left.

    Raises
    ------
    ValueError
        If there are no rows, or they do not have the same three-dimensional shape.
    """
    shapes = {tuple(pictures.shape) for pictures in rows.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 3:
        raise ValueError(
            f"The rows have shapes {sorted(shapes)}, but one shape (N, H, W) for all is expected."
        )
    n, height, width = next(iter(shapes))
    pictures = torch.stack([row.detach() for row in rows.values()])
    if diverging:
        pictures = pictures / pictures.abs().amax(dim=(2, 3), keepdim=True)
    gap = max(1, height // 8)
    canvas = torch.full((len(rows), n, height + gap, width + gap), torch.nan)
    canvas[:, :, :height, :width] = pictures
    canvas = canvas.transpose(1, 2).reshape(len(rows) * (height + gap), n * (width + gap))

    size = 6.4 / (n + 2)
    _, axes = plt.subplots(
        figsize=(6.4, max(1.0, size * len(rows) * (height + gap) / (width + gap)))
    )
    low, colours = (-1, "RdBu") if diverging else (0, "Greys")
    axes.imshow(canvas[:-gap, :-gap], cmap=colours, vmin=low, vmax=1, interpolation="nearest")
    axes.set_yticks([(row + 0.5) * (height + gap) - gap for row in range(len(rows))], list(rows))
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    return axes


def code_map(
    codes: torch.Tensor, labels: torch.Tensor, pictures: torch.Tensor, *, n_pictures: int = 60
) -> Axes:
    """Draw two-dimensional codes as points coloured by label, some of them as their pictures.

    Parameters
    ----------
    codes
        ``(N, 2)``.
    labels
        ``(N,)`` integers from 0 to 9.
    pictures
        ``(N, H, W)`` with values in [0, 1].
    n_pictures
        At most this many pictures are drawn, spread so that they overlap little.

    Returns
    -------
    Axes
        A square map.

    Raises
    ------
    ValueError
        If the codes are not two-dimensional, or the three do not have the same length.
    """
    if codes.ndim != 2 or codes.shape[1] != 2 or not len(codes) == len(labels) == len(pictures):
        raise ValueError(
            f"codes {tuple(codes.shape)}, labels {tuple(labels.shape)} and pictures "
            f"{tuple(pictures.shape)} do not fit; (N, 2), (N,) and (N, H, W) are expected."
        )
    codes = codes.detach()
    _, axes = plt.subplots(figsize=(6.4, 6.4))
    axes.scatter(*codes.T, c=labels, cmap="tab10", vmin=-0.5, vmax=9.5, s=8, alpha=0.6)
    spread = (codes.amax(dim=0) - codes.amin(dim=0)).clamp_min(1e-9)
    shown = [0]
    for _ in range(min(n_pictures, len(codes)) - 1):
        distance = torch.cdist(codes / spread, codes[shown] / spread).amin(dim=1)
        if distance.max() < 0.05:
            break
        shown.append(int(distance.argmax()))
    for row in shown:
        thumbnail = OffsetImage(1 - pictures[row], cmap="gray", zoom=16 / pictures.shape[1])
        colour = plt.get_cmap("tab10")(int(labels[row]))
        frame = {"edgecolor": colour, "linewidth": 1.2}
        axes.add_artist(AnnotationBbox(thumbnail, codes[row].tolist(), pad=0.1, bboxprops=frame))
    axes.set(xlabel="first code unit", ylabel="second code unit")
    return axes
