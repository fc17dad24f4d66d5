"""Figures that compute in the browser: tied to Python in JupyterLab, by themselves in the book."""

from mmlearn_helpers.live.figure import LiveFigure
from mmlearn_helpers.live.latent_pad import LatentPad

__all__ = ["LatentPad", "LiveFigure"]
