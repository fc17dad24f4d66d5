"""Figures in one style, readable on a phone and with a palette for colour-blind readers."""

from mmlearn_helpers.plots.codes import code_map, latent_manifold, spread_out
from mmlearn_helpers.plots.curves import loss_curves, spectrogram
from mmlearn_helpers.plots.pictures import picture_grid, picture_rows, retrieval_rows
from mmlearn_helpers.plots.style import PALETTE, use_style

__all__ = [
    "PALETTE",
    "code_map",
    "latent_manifold",
    "loss_curves",
    "picture_grid",
    "picture_rows",
    "retrieval_rows",
    "spectrogram",
    "spread_out",
    "use_style",
]
