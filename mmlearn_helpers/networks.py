"""Networks that the models are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from numbers import Integral

from torch import nn


def check_sizes(sizes: Sequence[int]) -> None:
    """Demand at least two widths.

    Parameters
    ----------
    sizes
        What is to be checked.

    Raises
    ------
    TypeError
        If it is no list of whole numbers.
    ValueError
        If there are fewer than two, or one is below 1.
    """
    is_list = isinstance(sizes, Sequence)
    if not is_list or not all(isinstance(n, Integral) and n is not True for n in sizes):
        raise TypeError(
            f"sizes is {sizes!r}, but a list of whole numbers is expected, for example [64, 32, 2]."
        )
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(
            f"sizes is {list(sizes)}, but at least two widths of 1 or more are needed, "
            "for example [64, 32, 2]."
        )


def mlp(sizes: Sequence[int], activation: Callable[[], nn.Module] = nn.ReLU) -> nn.Sequential:
    """Stack linear layers with an activation between them, and none after the last.

    Parameters
    ----------
    sizes
        Widths from input to output, at least two.
    activation
        Makes the module that stands between two layers.

    Returns
    -------
    nn.Sequential
        A network from ``(N, sizes[0])`` to ``(N, sizes[-1])``.

    Raises
    ------
    TypeError
        If ``sizes`` is no list of whole numbers, or ``activation`` makes no module.
    ValueError
        If there are fewer than two widths, or one is below 1.
    """
    check_sizes(sizes)
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), _make(activation)]
    return nn.Sequential(*layers[:-1])


def _make(activation: Callable[[], nn.Module]) -> nn.Module:
    module = cause = None
    try:
        module = activation()
    except TypeError as error:
        cause = error
    if not isinstance(module, nn.Module):
        raise TypeError(
            f"activation is {activation!r}, but something that makes a module is expected: the "
            "class nn.ReLU, for example, not the module nn.ReLU() nor the function torch.relu."
        ) from cause
    return module
