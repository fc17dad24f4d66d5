"""The networks of single modalities, with messages that name the one that does not fit."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn


def run_network(network: nn.Module, x: torch.Tensor, name: str) -> torch.Tensor:
    """Apply a network, and say which one it was if it cannot.

    Parameters
    ----------
    network
        The network.
    x
        What it is given.
    name
        What the message calls the network.

    Returns
    -------
    torch.Tensor
        What it answers.

    Raises
    ------
    TypeError
        If the answer is no tensor.
    ValueError
        If torch refuses; the message ends with what torch says.
    """
    try:
        answer = network(x)
    except (RuntimeError, IndexError) as error:
        raise ValueError(
            f"{name} cannot take what it is given, {tuple(x.shape)} of {x.dtype}; its first layer "
            f"must fit that shape and type, and its layers each other. torch says: {error}"
        ) from error
    if not isinstance(answer, torch.Tensor):
        raise TypeError(
            f"{name} gives a {type(answer).__name__}, but one tensor is expected; end it with a "
            "layer that returns one."
        )
    return answer


def encode_each(
    encoders: Mapping[str, nn.Module], filled: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Let the encoder of every modality turn its examples into rows of one common width.

    Parameters
    ----------
    encoders
        A network for each modality.
    filled
        Some or all of these modalities, without NaN.

    Returns
    -------
    dict[str, torch.Tensor]
        For each modality in ``filled`` features ``(N, K)``.

    Raises
    ------
    TypeError, ValueError
        If an encoder cannot take its examples, or they do not agree on K.
    """
    found = {
        name: run_network(encoders[name], x, f"The encoder of {name!r}")
        for name, x in filled.items()
    }
    n = len(next(iter(filled.values())))
    shapes = {name: tuple(features.shape) for name, features in found.items()}
    if not all(len(shape) == 2 and shape[0] == n for shape in shapes.values()) or (
        len(set(shapes.values())) > 1
    ):
        raise ValueError(
            f"The encoders turn {n} examples into {shapes}, but ({n}, K) with the same K from all "
            "is needed, because what they say is put together; change their last layers."
        )
    return found
