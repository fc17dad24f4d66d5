"""The networks of single modalities, with messages that name the one that does not fit."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from mmlearn_helpers.multimodal.missing import rows_of


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
    encoders: Mapping[str, nn.Module], filled: Mapping[str, torch.Tensor], present: torch.Tensor
) -> torch.Tensor:
    """Let the encoder of every modality turn its examples into rows of one common width.

    An encoder reads the rows that are present and no others, so that what one example lacks never
    changes what is said about another. Where no row is present, it reads the first, for nothing:
    all weights have a gradient then, as training in several processes needs.

    Parameters
    ----------
    encoders
        A network for each modality.
    filled
        Some or all of these modalities, without NaN.
    present
        Truth values ``(N, M)``, in the order of the encoders; false where ``filled`` has nothing.

    Returns
    -------
    torch.Tensor
        Features ``(N, M, K)``, zero where a modality is missing.

    Raises
    ------
    TypeError, ValueError
        If an encoder cannot take its examples, or they do not agree on K.
    """
    read, found = {}, {}
    for i, name in enumerate(encoders):
        if name in filled:
            there = present[:, i]
            read[name] = rows_of(there) if there.any() else slice(1)
            found[name] = _run_encoder(encoders[name], filled[name][read[name]], name)
    _check_widths(found, {name: len(present[rows]) for name, rows in read.items()})
    some = next(iter(found.values()))
    features = some.new_zeros(len(present), len(encoders), some.shape[1])
    for i, name in enumerate(encoders):
        if name in found:
            features[read[name], i] = found[name]
    return features * present[:, :, None]


def _run_encoder(network: nn.Module, x: torch.Tensor, name: str) -> torch.Tensor:
    """Apply an encoder; to a single row with the means that batch normalisation has so far."""
    alone = []
    if len(x) == 1:
        alone = [m for m in network.modules() if isinstance(m, _BatchNorm) and m.training]
    for layer in alone:
        layer.eval()
    try:
        return run_network(network, x, f"The encoder of {name!r}")
    finally:
        for layer in alone:
            layer.train()


def _check_widths(found: Mapping[str, torch.Tensor], n_rows: Mapping[str, int]) -> None:
    shapes = {name: tuple(features.shape) for name, features in found.items()}
    fits = all(len(shape) == 2 and shape[0] == n_rows[name] for name, shape in shapes.items())
    if not fits or len({shape[1] for shape in shapes.values()}) > 1:
        raise ValueError(
            f"The encoders turn {n_rows} examples into {shapes}, but one row of the same width "
            "for each is needed, because what they say is put together; change their last layers."
        )
