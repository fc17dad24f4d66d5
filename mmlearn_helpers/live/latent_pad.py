"""Drag a point in the plane of a two-dimensional code, and the decoder answers."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import torch
import traitlets
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from torch import nn

from mmlearn_helpers.checks import check_labels, check_matrix, check_positive
from mmlearn_helpers.live.figure import LiveFigure, script
from mmlearn_helpers.live.network import flattened, half_precision, layer_kinds
from mmlearn_helpers.live.numbers import packed, whole_sides
from mmlearn_helpers.plots import PALETTE

MOST_DOTS = 1000


class _Code(traitlets.TraitType):
    """Two finite numbers within the pad."""

    def validate(self, pad: LatentPad, z: Sequence[float]) -> tuple[float, float]:
        try:
            code = tuple(float(value) for value in z)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"z is {z!r}, but two numbers are expected, for example (0.5, -1)."
            ) from error
        if len(code) != 2 or not all(abs(value) <= pad.limit for value in code):
            raise ValueError(
                f"z is {code}, but two numbers from {-pad.limit:g} to {pad.limit:g} are expected; "
                "make the pad with a larger limit if it has to reach further."
            )
        return code


class LatentPad(LiveFigure):
    """A pad on which a point is dragged, and beside it what a decoder draws for that point.

    The decoder's weights travel in half precision; what the figure draws differs from what torch
    computes by about 0.001. The figure has a copy of the decoder as it is when the figure is made.

    Parameters
    ----------
    decoder
        Takes codes ``(N, 2)`` to pictures ``(N, H × W)``: linear layers and activations (ReLU,
        Tanh, Sigmoid, GELU) in an ``nn.Sequential``, which may hold others. Outputs are drawn from
        0, white, to 1, black; those outside are clipped. A decoder that gives logits needs a
        sigmoid at its end: ``nn.Sequential(model.decoder, nn.Sigmoid())``.
    shape
        Height and width of the picture.
    limit
        The pad reaches from minus this number to this number in both directions.
    z
        Where the point is at first. In JupyterLab the attribute ``z`` follows the point, and the
        point follows the attribute.
    codes
        Codes of examples, ``(M, 2)``, drawn as dots. Those beyond the limit are left out; of more
        than 1000, every second, third and so on is drawn.
    labels
        ``(M,)`` integers from 0 to 9 that colour the dots as in ``plots.code_map``.
    label
        What the figure shows, as a sentence for those who cannot see it.

    Raises
    ------
    TypeError
        If the decoder is no ``nn.Sequential`` or holds a layer of another kind, or an argument is
        of the wrong type.
    ValueError
        If the decoder does not take 2 numbers to ``H × W``, its layers do not fit one another, its
        weights are not finite in half precision or more than 500 000, or an argument does not fit.
    """

    _esm = script("network.js", "latent_pad.js")
    layers = traitlets.List().tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)
    shape = traitlets.List().tag(sync=True)
    limit = traitlets.Float().tag(sync=True)
    places = traitlets.Bytes().tag(sync=True)
    colours = traitlets.List().tag(sync=True)
    z = _Code((0.0, 0.0)).tag(sync=True)

    def __init__(
        self,
        decoder: nn.Sequential,
        shape: tuple[int, int] = (28, 28),
        *,
        limit: float = 3.0,
        z: Sequence[float] = (0.0, 0.0),
        codes: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        label: str = "A point in the plane of a code, and the picture that the decoder draws.",
    ) -> None:
        layers = flattened(decoder)
        kinds = layer_kinds(layers, 2)
        n_outputs = [kind for kind in kinds if not isinstance(kind, str)][-1][1]
        sides = whole_sides(shape, n_outputs, f"the decoder gives {n_outputs} numbers")
        check_positive("limit", limit)
        places, colours = _dots(codes, labels, limit)
        super().__init__(
            label,
            layers=kinds,
            weights=half_precision(layers),
            shape=sides,
            limit=float(limit),
            places=packed(places, "codes"),
            colours=colours,
            z=z,
        )
        self._decoder = copy.deepcopy(nn.Sequential(*layers)).cpu().float()
        self._places = places

    def still(self) -> Figure:
        """Draw the pad and the decoder's picture with matplotlib.

        Returns
        -------
        Figure
            The pad at the left, with the point as a ring, and the picture at the right.
        """
        figure = Figure(figsize=(6, 3), dpi=100, layout="constrained")
        pad, picture = figure.subplots(1, 2)
        pad.axhline(0, color="#bbb", linewidth=1)
        pad.axvline(0, color="#bbb", linewidth=1)
        pad.scatter(*(self.limit * self._places.T).numpy(), c=self.colours, s=5, alpha=0.6)
        pad.plot(*self.z, "o", markersize=10, color="black", fillstyle="none", markeredgewidth=2)
        reach = (-self.limit, self.limit)
        pad.set(xlim=reach, ylim=reach, aspect=1, xlabel="$z_1$", ylabel="$z_2$")
        pad.grid(visible=False)
        with torch.no_grad():
            output = self._decoder(torch.tensor([self.z])).reshape(self.shape).numpy()
        picture.imshow(output, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        picture.set(xticks=[], yticks=[])
        picture.grid(visible=False)
        return figure

    def __repr__(self) -> str:
        """Name the figure and where its point is."""
        return f"LatentPad(z={self.z})"


def _dots(
    codes: torch.Tensor | None, labels: torch.Tensor | None, limit: float
) -> tuple[torch.Tensor, list[str]]:
    """Give places from -1 to 1 and colours of the codes that lie on the pad."""
    if codes is None:
        if labels is not None:
            raise ValueError("labels colour codes, but there are no codes; give codes, (M, 2).")
        return torch.empty(0, 2), []
    check_matrix(codes, 2, name="codes")
    if labels is None:
        colours = [PALETTE[0]] * len(codes)
    else:
        check_labels(labels, len(codes))
        if labels.min() < 0 or labels.max() > 9:
            raise ValueError(
                f"labels go from {labels.min()} to {labels.max()}, but there are ten colours, for "
                "0 to 9; give codes of ten classes at a time."
            )
        colours = [to_hex(plt.get_cmap("tab10")(int(label))) for label in labels]
    places = codes.detach().cpu().float() / limit
    inside = (places.abs() <= 1).all(dim=1)
    if not inside.any():
        raise ValueError(
            f"None of the codes lies within {limit:g}; the nearest reaches to "
            f"{codes.abs().amax(dim=1).min():.3g}; make the pad with a larger limit."
        )
    drawn = inside.nonzero().flatten()
    drawn = drawn[:: math.ceil(len(drawn) / MOST_DOTS)]
    return places[drawn], [colours[row] for row in drawn]
