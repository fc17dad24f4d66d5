"""A multilayer perceptron, told to the browser: what its layers are, and their weights."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from mmlearn_helpers.live.numbers import check_few, packed

ACTIVATIONS = {nn.ReLU: "relu", nn.Tanh: "tanh", nn.Sigmoid: "sigmoid", nn.GELU: "gelu"}


def flattened(
    network: nn.Sequential,
    name: str = "decoder",
    advice: str = "give that part of the model, for example model.decoder",
) -> list[nn.Module]:
    """List the layers of a network whose parts may be networks themselves.

    Parameters
    ----------
    network
        Sequential, with any depth of others inside.
    name
        What the message calls it.
    advice
        What to do if it is something else.

    Returns
    -------
    list[nn.Module]
        The layers in their order.

    Raises
    ------
    TypeError
        If it is no ``nn.Sequential``.
    """
    if not isinstance(network, nn.Sequential):
        raise TypeError(
            f"{name} is a {type(network).__name__}, but an nn.Sequential of linear layers and "
            f"activations is expected; {advice}."
        )
    layers = []
    for layer in network:
        layers += flattened(layer) if isinstance(layer, nn.Sequential) else [layer]
    return layers


def layer_kinds(
    layers: Sequence[nn.Module],
    n_inputs: int,
    name: str = "decoder",
    *,
    first: int = 0,
    n_outputs: int = 784,
) -> list[str | list[int]]:
    """Say what each layer is, as the script of a figure understands it.

    Parameters
    ----------
    layers
        Linear layers and activations.
    n_inputs
        How many numbers the figure gives to the first.
    name
        What messages call the network.
    first
        Number of the first layer in messages.
    n_outputs
        How many numbers the network gives in the example of a message.

    Returns
    -------
    list[str | list[int]]
        Numbers of inputs and outputs of a linear layer; the name of an activation.

    Raises
    ------
    TypeError
        If a layer is of another kind.
    ValueError
        If a layer does not take the numbers that come to it, there is no linear layer, or there
        are more than 500 000 weights.
    """
    kinds: list[str | list[int]] = []
    width = n_inputs
    for number, layer in enumerate(layers, first):
        place = f"Layer {number} of the {name}"
        if type(layer) not in (nn.Linear, *ACTIVATIONS):
            raise TypeError(
                f"{place} is a {type(layer).__name__}, but the figure can compute only Linear, "
                f"ReLU, Tanh, Sigmoid and GELU; train a {name} of these."
            )
        if isinstance(layer, nn.Linear):
            if layer.in_features != width:
                raise ValueError(
                    f"{place} takes {layer.in_features} numbers, but {width} come to it; give a "
                    f"{name} that takes {n_inputs} numbers and whose layers fit one another."
                )
            width = layer.out_features
            kinds.append([layer.in_features, width])
            continue
        if isinstance(layer, nn.GELU) and layer.approximate != "none":
            raise ValueError(
                f"{place} is {layer}, but the figure can compute only the exact nn.GELU(); use "
                "that."
            )
        kinds.append(ACTIVATIONS[type(layer)])
    if all(isinstance(kind, str) for kind in kinds):
        raise ValueError(
            f"The {name} has no linear layer, but at least one is needed, for example "
            f"nn.Sequential(nn.Linear({n_inputs}, {n_outputs}), nn.Sigmoid())."
        )
    n_weights = sum(weight.numel() for layer in layers for weight in layer.parameters())
    check_few(n_weights, f"The {name}", "train a narrower one for the figure")
    return kinds


def half_precision(layers: Sequence[nn.Module], name: str = "decoder", *, first: int = 0) -> bytes:
    """Give for every linear layer its weights, row by row, and then its biases.

    Parameters
    ----------
    layers
        Linear layers and activations.
    name
        What messages call the network.
    first
        Number of the first layer in messages.

    Returns
    -------
    bytes
        Half-precision numbers, little-endian.

    Raises
    ------
    ValueError
        If a weight is NaN, infinite, or beyond half precision.
    """
    parts = []
    for number, layer in enumerate(layers, first):
        if not isinstance(layer, nn.Linear):
            continue
        bias = layer.weight.new_zeros(layer.out_features) if layer.bias is None else layer.bias
        numbers = torch.cat([layer.weight.flatten(), bias])
        parts.append(packed(numbers, f"Layer {number} of the {name}"))
    return b"".join(parts)
