"""Loss curves and spectrograms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes

from mmlearn_helpers.checks import check_positive, check_tensor
from mmlearn_helpers.plots.style import PALETTE

if TYPE_CHECKING:
    from mmlearn_helpers.training.history import History


def loss_curves(history: History) -> Axes:
    """Draw every loss term over the epochs, training solid and validation dashed.

    Parameters
    ----------
    history
        What :func:`mmlearn_helpers.training.fit` returns.

    Returns
    -------
    Axes
        One axes with all terms; the best epoch, if the run stopped early, is marked.

    Raises
    ------
    TypeError
        If it is no history.
    ValueError
        If the history is empty.
    """
    if not all(isinstance(getattr(history, x, None), dict) for x in ("train", "validation")):
        raise TypeError(
            f"The history is a {type(history).__name__}, but a History is expected; give what fit "
            "returns."
        )
    if not history.train:
        raise ValueError("The history is empty; draw it after fit has run at least one epoch.")
    _, axes = plt.subplots()
    for i, (name, course) in enumerate(history.train.items()):
        colour = PALETTE[i % len(PALETTE)]
        epochs = range(1, len(course) + 1)
        axes.plot(epochs, course, color=colour, label=f"{name}, training")
        if name in history.validation:
            validation = history.validation[name]
            axes.plot(epochs, validation, "--", color=colour, label=f"{name}, validation")
    if history.best_epoch is not None:
        axes.axvline(history.best_epoch, color="grey", linewidth=1, label="best epoch")
    axes.set(xlabel="epoch", ylabel="mean per example")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend()
    return axes


def spectrogram(log_mel: torch.Tensor, *, seconds: float) -> Axes:
    """Draw a log-mel spectrogram.

    Parameters
    ----------
    log_mel
        ``(mel bands, frames)`` in [0, 1], as under ``"audio"`` in a data set.
    seconds
        Duration of the sound.

    Returns
    -------
    Axes
        Time to the right, low bands below.

    Raises
    ------
    TypeError, ValueError
        If the spectrogram is not a matrix, or the duration not above zero.
    """
    check_tensor(log_mel, "log_mel")
    check_positive("seconds", seconds)
    if log_mel.ndim != 2 or log_mel.numel() == 0:
        raise ValueError(
            f"log_mel has shape {tuple(log_mel.shape)}, but (mel bands, frames) is expected; "
            "pick one example and its only channel with audio[i, 0]."
        )
    _, axes = plt.subplots(figsize=(5, 2.2))
    axes.imshow(
        log_mel.detach().cpu().numpy(),
        origin="lower",
        aspect="auto",
        cmap="gray_r",
        vmin=0,
        vmax=1,
        extent=(0, seconds, 0, len(log_mel)),
    )
    axes.grid(visible=False)
    axes.set(xlabel="seconds", ylabel="mel band")
    return axes
