"""Pictures of what lies in the space of the codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.offsetbox import AnnotationBbox, OffsetImage

from mmlearn_helpers.checks import (
    check_count,
    check_labels,
    check_matrix,
    check_positive,
    check_tensor,
)
from mmlearn_helpers.plots.pictures import draw_tiles


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
    TypeError, ValueError
        If the shapes are not these, there are no codes, a code is not finite, or a label not from
        0 to 9.
    """
    given = {"codes": codes, "labels": labels, "pictures": pictures}
    for name, x in given.items():
        check_tensor(x, name)
    n = labels.numel()
    if n == 0 or codes.shape != (n, 2) or labels.shape != (n,) or pictures.shape[:-2] != (n,):
        raise ValueError(
            f"codes {tuple(codes.shape)}, labels {tuple(labels.shape)} and pictures "
            f"{tuple(pictures.shape)} do not fit; (N, 2), (N,) and (N, H, W) are expected, N > 0."
        )
    if not torch.isfinite(codes).all():
        raise ValueError("Some codes are NaN or infinite; leave those examples out.")
    check_labels(labels)
    if labels.min() < 0 or labels.max() > 9:
        raise ValueError(
            f"labels go from {labels.min()} to {labels.max()}, but there are ten colours, for 0 to "
            "9; draw ten classes at a time."
        )
    codes, labels, pictures = (x.detach().cpu() for x in given.values())
    codes = codes.to(torch.promote_types(codes.dtype, torch.float32))
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

    Raises
    ------
    TypeError, ValueError
        If the points are no finite, non-empty floating-point matrix, or the limit is below 1.

    References
    ----------
    Gonzalez, T. F. (1985). Clustering to minimize the maximum intercluster distance. Theoretical
    Computer Science 38, 293–306.
    """
    check_matrix(points, name="points")
    check_count("limit", limit)
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


@torch.no_grad()
def latent_manifold(
    decode: Callable[[torch.Tensor], torch.Tensor],
    size: tuple[int, int],
    *,
    limit: float = 2.0,
    steps: int = 12,
) -> Axes:
    """Draw what a decoder makes of a grid of two-dimensional codes.

    Parameters
    ----------
    decode
        Turns codes ``(N, 2)`` into pictures, ``(N, H × W)`` or ``(N, 1, H, W)``, in [0, 1].
    size
        Height and width of a picture.
    limit
        The grid goes from -limit to limit in both directions.
    steps
        Pictures a side.

    Returns
    -------
    Axes
        The first code unit to the right and the second upwards, each picture at its code.

    Raises
    ------
    TypeError, ValueError
        If ``steps`` is not a whole number of at least 2, ``limit`` not above 0, ``size`` no pair of
        whole numbers, or the decoder answers with another shape.
    """
    check_count("steps", steps, least=2)
    check_positive("limit", limit)
    if not isinstance(size, Sequence) or len(size) != 2:
        raise TypeError(f"size is {size!r}, but height and width are expected, such as (28, 28).")
    for side in size:
        check_count("size", side)
    if not callable(decode) or hasattr(decode, "decode"):
        raise TypeError(
            f"decode is a {type(decode).__name__}, but a function from codes to pictures is "
            "expected; give the method model.decode."
        )
    along = torch.linspace(-limit, limit, steps)
    codes = torch.cartesian_prod(along.flip(0), along).flip(1)
    pictures = decode(codes)
    check_tensor(pictures, "decode(codes)")
    if pictures.numel() != steps**2 * size[0] * size[1]:
        raise ValueError(
            f"The decoder turned codes of shape {tuple(codes.shape)} into {tuple(pictures.shape)}, "
            f"but pictures of {size[0]} by {size[1]} pixels are expected; check size."
        )
    _, axes = plt.subplots(figsize=(5, 5))
    half = limit + limit / (steps - 1)
    draw_tiles(
        axes, pictures.reshape(steps, steps, *size), gap=0, extent=(-half, half, -half, half)
    )
    axes.set(xlabel="first code unit", ylabel="second code unit")
    axes.set_aspect("equal")
    return axes
