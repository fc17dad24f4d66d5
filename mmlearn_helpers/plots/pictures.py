"""Rows and grids of pictures."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from mmlearn_helpers.checks import check_count, check_tensor
from mmlearn_helpers.plots.style import PALETTE


def draw_tiles(
    axes: Axes,
    pictures: torch.Tensor,
    *,
    gap: int,
    diverging: bool = False,
    extent: tuple[float, float, float, float] | None = None,
) -> None:
    """Draw pictures as a table.

    Parameters
    ----------
    axes
        Where to.
    pictures
        ``(rows, columns, H, W)``, or ``(rows, columns, 3, H, W)`` in colour. A place whose
        pixels are NaN stays empty.
    gap
        Pixels between two pictures.
    diverging
        Whether values have a sign: zero is drawn nearly white, and each picture has its own scale.
        Otherwise grey values go from 0, white, to 1, black; values outside are clipped.
    extent
        Left, right, bottom and top of the table; pixels are counted from the top left if not given.
    """
    pictures = pictures.detach().cpu()
    if pictures.ndim == 4:
        pictures = pictures[:, :, None]
    if diverging:
        largest = pictures.abs().nan_to_num().amax(dim=(2, 3, 4), keepdim=True)
        pictures = pictures / largest.clamp_min(1e-12)
    n_rows, n_columns, channels, height, width = pictures.shape
    canvas = torch.full((n_rows, n_columns, channels, height + gap, width + gap), torch.nan)
    canvas[..., :height, :width] = pictures
    canvas = canvas.permute(0, 3, 1, 4, 2)
    canvas = canvas.reshape(n_rows * (height + gap), n_columns * (width + gap), channels)
    canvas = canvas[: len(canvas) - gap, : canvas.shape[1] - gap]
    if channels == 3:
        canvas = canvas.nan_to_num(nan=1.0).clamp(0, 1)
    low, colours = (-1, "RdBu") if diverging else (0, "gray_r")
    axes.imshow(
        canvas.squeeze(2).numpy(),
        cmap=colours,
        vmin=low,
        vmax=1,
        interpolation="nearest",
        extent=extent,
    )
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)


def picture_rows(rows: Mapping[str, torch.Tensor], *, diverging: bool = False) -> Axes:
    """Draw named rows of pictures under one another, for example originals and reconstructions.

    Parameters
    ----------
    rows
        For every name a tensor of pictures, ``(N, H, W)`` or ``(N, C, H, W)`` with one or three
        channels, the same shape in each row.
    diverging
        Whether values have a sign: zero is drawn nearly white, and each picture has its own scale.
        Otherwise grey values go from 0, white, to 1, black; values outside are clipped.

    Returns
    -------
    Axes
        One axes that holds all rows, each named at its left.

    Raises
    ------
    TypeError
        If it is no mapping of tensors.
    ValueError
        If there are no rows, or they do not have the same shape of pictures.
    """
    if not isinstance(rows, Mapping):
        raise TypeError(
            f"rows is a {type(rows).__name__}, but a mapping from names to pictures is expected, "
            "for example {'originals': x}."
        )
    for name, pictures in rows.items():
        check_tensor(pictures, f"rows[{name!r}]")
    shapes = {tuple(pictures.shape) for pictures in rows.values()}
    if len(shapes) != 1:
        raise ValueError(
            f"The rows have shapes {sorted(shapes)}, but one shape (N, H, W) for all is expected."
        )
    table = torch.stack([_as_pictures(row) for row in rows.values()])
    height, width = table.shape[-2:]
    gap = max(1, height // 8)
    size = 5 / (table.shape[1] + 2)
    tall = size * len(rows) * (height + gap) / (width + gap)
    _, axes = plt.subplots(figsize=(5, max(1.0, tall)))
    draw_tiles(axes, table, gap=gap, diverging=diverging)
    axes.set_yticks([i * (height + gap) + (height - 1) / 2 for i in range(len(rows))], list(rows))
    axes.set_xticks([])
    axes.tick_params(length=0)
    return axes


def picture_grid(pictures: torch.Tensor, *, columns: int = 8, diverging: bool = False) -> Axes:
    """Draw pictures row by row, for example samples of a model or the filters of a layer.

    Parameters
    ----------
    pictures
        ``(N, H, W)`` or ``(N, C, H, W)`` with one or three channels. The weights of a layer,
        ``(units, H × W)``, are filters after ``weights.reshape(-1, H, W)``.
    columns
        Pictures a row.
    diverging
        Whether values have a sign, as filters do: zero is drawn nearly white, and each picture has
        its own scale.

    Returns
    -------
    Axes
        One axes with all pictures.

    Raises
    ------
    TypeError, ValueError
        If there are no pictures, or ``columns`` is below 1.
    """
    check_count("columns", columns)
    pictures = _as_pictures(pictures)
    n, channels, height, width = pictures.shape
    columns = min(columns, n)
    n_rows = -(-n // columns)
    table = torch.full((n_rows * columns, channels, height, width), torch.nan)
    table[:n] = pictures.detach()
    table = table.unflatten(0, (n_rows, columns))
    gap = max(1, height // 8)
    tall = 5 * n_rows * (height + gap) / (columns * (width + gap))
    _, axes = plt.subplots(figsize=(5, max(0.5, tall)))
    draw_tiles(axes, table, gap=gap, diverging=diverging)
    axes.set(xticks=[], yticks=[])
    return axes


def retrieval_rows(queries: torch.Tensor, found: torch.Tensor, right: torch.Tensor) -> Axes:
    """Draw each query with what was found for it; wrong finds are framed and struck through.

    Parameters
    ----------
    queries
        Pictures, ``(Q, H, W)`` or ``(Q, C, H, W)``.
    found
        Pictures in the order in which they were found, ``(Q, k, H, W)`` or ``(Q, k, C, H, W)``.
    right
        ``(Q, k)`` truth values.

    Returns
    -------
    Axes
        One row a query, the query at its left.

    Raises
    ------
    TypeError, ValueError
        If they are no tensors, or the shapes do not fit together.
    """
    check_tensor(found, "found")
    check_tensor(right, "right", torch.bool)
    queries = _as_pictures(queries)
    n, k = right.shape if right.ndim == 2 else (-1, -1)
    picture = found.shape[2:] if found.ndim == 5 else (1, *found.shape[2:])
    if found.shape[:2] != (n, k) or len(queries) != n or picture != queries.shape[1:]:
        raise ValueError(
            f"queries {tuple(queries.shape)}, found {tuple(found.shape)} and right "
            f"{tuple(right.shape)} do not fit; (Q, H, W), (Q, k, H, W) and (Q, k) are expected."
        )
    found = _as_pictures(found.flatten(0, 1)).unflatten(0, (n, k))
    height, width = queries.shape[-2:]
    gap = max(2, height // 6)
    table = torch.cat([queries[:, None], found], dim=1)
    _, axes = plt.subplots(figsize=(5, 5 * n * (height + gap) / ((k + 1) * (width + gap))))
    draw_tiles(axes, table, gap=gap)
    for row, column in (~right.bool()).nonzero().tolist():
        left, top = (column + 1) * (width + gap) - 1, row * (height + gap) - 1
        frame = {"fill": False, "edgecolor": PALETTE[1], "linewidth": 1.5}
        axes.add_patch(Rectangle((left, top), width + 1, height + 1, **frame))
        axes.plot([left, left + width + 1], [top + height + 1, top], color=PALETTE[1], linewidth=1)
    axes.axvline(width + gap / 2 - 0.5, color="grey", linewidth=1)
    axes.set_xticks([(width - 1) / 2, width + gap + (width - 1) / 2], ["query", "found"])
    axes.xaxis.tick_top()
    axes.set_yticks([])
    axes.tick_params(length=0)
    return axes


def _as_pictures(pictures: torch.Tensor) -> torch.Tensor:
    check_tensor(pictures, "pictures")
    if pictures.ndim == 3:
        pictures = pictures[:, None]
    if pictures.ndim != 4 or pictures.shape[1] not in (1, 3) or pictures.numel() == 0:
        raise ValueError(
            f"The pictures have shape {tuple(pictures.shape)}, but (N, H, W) or (N, C, H, W) with "
            "one or three channels and at least one picture is expected; flat examples become "
            "pictures with x.reshape(-1, H, W)."
        )
    return pictures
