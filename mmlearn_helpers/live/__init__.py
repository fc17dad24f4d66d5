"""Figures that compute in the browser: tied to Python in JupyterLab, by themselves in the book."""

from mmlearn_helpers.live.completion import Completion
from mmlearn_helpers.live.convolution import Convolution
from mmlearn_helpers.live.denoising import Denoising
from mmlearn_helpers.live.figure import LiveFigure
from mmlearn_helpers.live.latent_pad import LatentPad
from mmlearn_helpers.live.memory_grid import MemoryGrid
from mmlearn_helpers.live.noisy_senses import NoisySenses
from mmlearn_helpers.live.text_search import TextSearch

__all__ = [
    "Completion",
    "Convolution",
    "Denoising",
    "LatentPad",
    "LiveFigure",
    "MemoryGrid",
    "NoisySenses",
    "TextSearch",
]
