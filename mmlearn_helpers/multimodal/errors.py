"""Errors of reconstruction, one number for each example."""

from __future__ import annotations

import torch


def squared_error(output: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Squared error, summed over all numbers of an example.

    Parameters
    ----------
    output, x
        Reconstructions and examples, ``(N, …)``, of the same shape.

    Returns
    -------
    torch.Tensor
        ``(N,)``, in squared units of ``x``.
    """
    _check_shapes(output, x)
    return (x - output).square().flatten(1).sum(dim=1)


def word_error(output: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of words, in nats, summed over all words of an example.

    Parameters
    ----------
    output
        Logits of the words of the vocabulary along the last axis, ``(N, …, V)``.
    x
        Counts of words, ``(N, V)``, or a one for the word at each place, ``(N, L, V)``.

    Returns
    -------
    torch.Tensor
        ``(N,)``.
    """
    _check_shapes(output, x)
    return -(x * output.log_softmax(dim=-1)).flatten(1).sum(dim=1)


def _check_shapes(output: torch.Tensor, x: torch.Tensor) -> None:
    if output.shape != x.shape:
        raise ValueError(
            f"output has shape {tuple(output.shape)} and x {tuple(x.shape)}, but the same shape is "
            "needed; turn numbers of words into ones and zeros with torch.nn.functional.one_hot."
        )
