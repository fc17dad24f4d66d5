"""Refuse unusable input with a sentence that says what to do about it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Integral, Real

import torch


def check_tensor(x: torch.Tensor, name: str = "x", dtype: torch.dtype = torch.float32) -> None:
    """Demand a tensor.

    Parameters
    ----------
    x
        What is to be checked.
    name
        What the message calls it.
    dtype
        What the message says how to make.

    Raises
    ------
    TypeError
        If it is none.
    """
    if isinstance(x, Mapping) and x:
        raise TypeError(
            f"{name} is a mapping of {', '.join(map(repr, x))}, but one torch tensor is expected; "
            f"pick one of them, for example {name}[{next(iter(x))!r}]."
        )
    if not isinstance(x, torch.Tensor):
        raise TypeError(
            f"{name} is a {type(x).__name__}, but a torch tensor is expected; "
            f"convert it with torch.as_tensor({name}, dtype={dtype})."
        )


def check_matrix(
    x: torch.Tensor,
    n_features: int | None = None,
    dtype: torch.dtype | None = None,
    name: str = "x",
) -> None:
    """Demand a finite, non-empty floating-point matrix with one example a row.

    Parameters
    ----------
    x
        What is to be checked.
    n_features
        The number of columns that the model expects; any number when ``None``.
    dtype
        The type of number that the model computes with; any floating-point type when ``None``.
    name
        What the message calls the matrix.

    Raises
    ------
    TypeError
        If ``x`` is not a floating-point tensor, or of another type than the model's.
    ValueError
        If ``x`` is not two-dimensional, has no rows or columns, has the wrong number of columns,
        or holds NaN or infinity.
    """
    check_tensor(x, name)
    if not x.is_floating_point():
        raise TypeError(
            f"{name} holds {x.dtype} numbers, but floating-point numbers are expected; "
            f"convert it with {name}.float()."
        )
    if dtype is not None and x.dtype != dtype:
        raise TypeError(
            f"{name} holds {x.dtype} numbers, but the model {dtype}; "
            f"convert it with {name}.to({dtype})."
        )
    if x.ndim != 2:
        raise ValueError(
            f"{name} has shape {tuple(x.shape)}, but a matrix (examples, features) is expected; "
            f"flatten pictures with {name}.flatten(1), and write a single example as {name}[None]."
        )
    if x.numel() == 0:
        raise ValueError(
            f"{name} has shape {tuple(x.shape)}: there is nothing in it. "
            "At least one example with one feature is needed; check how the data were selected."
        )
    if n_features is not None and x.shape[1] != n_features:
        raise ValueError(
            f"{name} has {x.shape[1]} columns, but the model was made for {n_features}; "
            "pass data of that width, or make the model anew for this width."
        )
    if x.detach().sum().isfinite():  # NaN and infinity survive a sum, which is quick
        return
    finite = torch.isfinite(x)
    if not finite.all():
        row, column = (~finite).nonzero()[0].tolist()
        raise ValueError(
            f"{name} holds {(~finite).sum().item()} values that are NaN or infinite, the first at "
            f"row {row}, column {column}; remove those rows or fill the gaps before fitting."
        )


def check_components(n_components: int, limit: int, limit_name: str) -> None:
    """Demand a number of components from 1 to a limit.

    Parameters
    ----------
    n_components
        The number asked for.
    limit
        The largest number that is possible.
    limit_name
        What sets the limit, for the message.

    Raises
    ------
    TypeError
        If ``n_components`` is not an integer.
    ValueError
        If ``n_components`` is below 1 or above ``limit``.
    """
    if not isinstance(n_components, Integral) or isinstance(n_components, bool):
        raise TypeError(f"n_components is {n_components!r}, but a whole number is expected.")
    if not 1 <= n_components <= limit:
        raise ValueError(
            f"{n_components} components were asked for, but only 1 to {limit} are possible here "
            f"({limit_name}); choose n_components in that range."
        )


def check_labels(labels: torch.Tensor, n: int | None = None, name: str = "labels") -> None:
    """Demand one whole number for each example.

    Parameters
    ----------
    labels
        What is to be checked.
    n
        The number of examples; any when ``None``.
    name
        What the message calls the labels.

    Raises
    ------
    TypeError
        If they are not a tensor of whole numbers.
    ValueError
        If there is not one for each example, or none at all.
    """
    whole = isinstance(labels, torch.Tensor) and not (
        labels.is_floating_point() or labels.is_complex()
    )
    if not whole:
        kind = labels.dtype if isinstance(labels, torch.Tensor) else type(labels).__name__
        raise TypeError(
            f"{name} are {kind}, but a tensor of whole numbers is expected; number the classes "
            "from 0 and convert with torch.as_tensor."
        )
    n = labels.shape[:1].numel() if n is None else n
    if labels.shape != (n,) or n == 0:
        raise ValueError(
            f"{name} has shape {tuple(labels.shape)}, but one label for each of {n} examples is "
            f"expected, ({n},), and at least one."
        )


def check_number(name: str, value: float) -> None:
    """Demand a real number, which may be NaN.

    Parameters
    ----------
    name
        What the message calls it.
    value
        The number.

    Raises
    ------
    TypeError
        If it is none.
    """
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} is {value!r}, but a number is expected.")


def check_positive(name: str, value: float) -> None:
    """Demand a finite number above zero.

    Parameters
    ----------
    name
        What the message calls it.
    value
        The number.

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it is not above zero, NaN or infinite.
    """
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} is {value!r}, but a number above 0 is expected.")
    if not 0 < value < math.inf:
        raise ValueError(f"{name} is {value}, but a finite number above 0 is needed.")


def check_count(name: str, value: int, least: int = 1) -> None:
    """Demand a whole number that is large enough.

    Parameters
    ----------
    name
        What the message calls it.
    value
        The number.
    least
        The smallest possible one.

    Raises
    ------
    TypeError
        If it is no whole number.
    ValueError
        If it is too small.
    """
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name} is {value!r}, but a whole number is expected.")
    if value < least:
        raise ValueError(f"{name} is {value}, but at least {least} is needed.")


def check_seed(seed: int) -> None:
    """Demand a whole number that a random generator takes.

    Parameters
    ----------
    seed
        The number.

    Raises
    ------
    TypeError
        If it is no whole number.
    ValueError
        If it is negative or has more than 63 bits.
    """
    check_count("seed", seed, least=0)
    if seed >= 2**63:
        raise ValueError(f"seed is {seed}, but a number below 2**63 is needed; choose a smaller.")
