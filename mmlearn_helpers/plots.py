"""Figures in one style, readable on a phone and with a palette for colour-blind readers."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
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
            "figure.dpi": 150,
            "figure.figsize": (5, 3.2),
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
        Whether values have a sign: zero is drawn nearly white, and each picture has its own scale.
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
        pictures = pictures / pictures.abs().amax(dim=(2, 3), keepdim=True).clamp_min(1e-12)
    gap = max(1, height // 8)
    canvas = torch.full((len(rows), n, height + gap, width + gap), torch.nan)
    canvas[:, :, :height, :width] = pictures
    canvas = canvas.transpose(1, 2).reshape(len(rows) * (height + gap), n * (width + gap))

    size = 5 / (n + 2)
    _, axes = plt.subplots(figsize=(5, max(1.0, size * len(rows) * (height + gap) / (width + gap))))
    low, colours = (-1, "RdBu") if diverging else (0, "gray_r")
    axes.imshow(
        canvas[:-gap, :-gap].numpy(), cmap=colours, vmin=low, vmax=1, interpolation="nearest"
    )
    axes.set_yticks(
        [row * (height + gap) + (height - 1) / 2 for row in range(len(rows))], list(rows)
    )
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    return axes


def code_map(codes: torch.Tensor, labels: torch.Tensor, pictures: torch.Tensor) -> Axes:
    """Draw two-dimensional codes as points coloured by label, up to 60 of them as their pictures.

    Parameters
    ----------
    codes
        ``(N, 2)``, finite.
    labels
        ``(N,)`` integers from 0 to 9. Ten colours cannot all be told apart by everybody: the
        pictures say what a colour means.
    pictures
        ``(N, H, W)`` with values in [0, 1].

    Returns
    -------
    Axes
        A square map.

    Raises
    ------
    ValueError
        If the shapes are not these, there are no codes, or a code is not finite.
    """
    n = len(codes)
    if n == 0 or codes.shape != (n, 2) or labels.shape != (n,) or pictures.shape[:-2] != (n,):
        raise ValueError(
            f"codes {tuple(codes.shape)}, labels {tuple(labels.shape)} and pictures "
            f"{tuple(pictures.shape)} do not fit; (N, 2), (N,) and (N, H, W) are expected, N > 0."
        )
    if not torch.isfinite(codes).all():
        raise ValueError("Some codes are NaN or infinite; leave those examples out.")
    codes, pictures = codes.detach(), pictures.detach()
    _, axes = plt.subplots(figsize=(5, 5))
    axes.scatter(*codes.T.numpy(), c=labels, cmap="tab10", vmin=-0.5, vmax=9.5, s=8, alpha=0.6)
    for row in spread_out(codes, 60):
        thumbnail = OffsetImage(
            pictures[row].numpy(), cmap="gray_r", norm=Normalize(0, 1), zoom=12 / pictures.shape[1]
        )
        frame = {"edgecolor": plt.get_cmap("tab10")(int(labels[row])), "linewidth": 1.2}
        axes.add_artist(AnnotationBbox(thumbnail, codes[row].tolist(), pad=0.1, bboxprops=frame))
    axes.set(xlabel="first code unit", ylabel="second code unit")
    return axes


def spread_out(points: torch.Tensor, limit: int) -> list[int]:
    """Choose points that lie far from one another, each the furthest from those chosen before.

    Parameters
    ----------
    points
        ``(N, D)``.
    limit
        The most points to choose.

    Returns
    -------
    list[int]
        Rows of the chosen points. It ends early when the next one would lie closer to a chosen
        point than a twentieth of the range of the data.

    References
    ----------
    Gonzalez, T. F. (1985). Clustering to minimize the maximum intercluster distance. Theoretical
    Computer Science 38, 293–306.
    """
    low, high = points.amin(dim=0), points.amax(dim=0)
    points = (points - low) / (high - low).clamp_min(1e-9)
    chosen = [0]
    distance = torch.full((len(points),), torch.inf)
    while len(chosen) < limit:
        distance = torch.minimum(distance, (points - points[chosen[-1]]).norm(dim=1))
        if distance.max() < 0.05:
            break
        chosen.append(int(distance.argmax()))
    return chosen
