"""Refuse unusable input with a sentence that says what to do about it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Integral, Real

import torch
from torch import nn


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
    if not isinstance(x, torch.Tensor):
        raise TypeError(
            f"{name} is a {type(x).__name__}, but a torch tensor is expected; "
            f"convert it with torch.as_tensor({name}, dtype=torch.float32)."
        )
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
    if not isinstance(n_components, Integral):
        raise TypeError(f"n_components is {n_components!r}, but a whole number is expected.")
    if not 1 <= n_components <= limit:
        raise ValueError(
            f"{n_components} components were asked for, but only 1 to {limit} are possible here "
            f"({limit_name}); choose n_components in that range."
        )


def check_labels(labels: torch.Tensor, n: int, name: str = "labels") -> None:
    """Demand one whole number for each example.

    Parameters
    ----------
    labels
        What is to be checked.
    n
        The number of examples.
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
    if labels.shape != (n,) or n == 0:
        raise ValueError(
            f"{name} has shape {tuple(labels.shape)}, but one label for each of {n} examples is "
            f"expected, ({n},), and at least one."
        )


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


def check_trainable(model: nn.Module) -> None:
    """Demand a module with a ``loss`` and with weights to train.

    Parameters
    ----------
    model
        What is to be checked.

    Raises
    ------
    TypeError
        If it is no ``nn.Module`` with a method ``loss``.
    ValueError
        If it has no parameter that takes a gradient.
    """
    if not isinstance(model, nn.Module) or not callable(getattr(model, "loss", None)):
        raise TypeError(
            f"The model is a {type(model).__name__}, but a torch.nn.Module with a method "
            "loss(batch) is expected, which returns {'loss': …} as a mean over the batch."
        )
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ValueError(
            f"The {type(model).__name__} has no weights that could be trained; "
            "register them as torch.nn.Parameter, and unfreeze those that are to be trained."
        )


def check_terms(terms: Mapping[str, torch.Tensor | float]) -> dict[str, float]:
    """Demand what a model's ``loss`` must return, and read it.

    Parameters
    ----------
    terms
        What the loss returned.

    Returns
    -------
    dict[str, float]
        Every term as a number.

    Raises
    ------
    TypeError
        If it is no mapping.
    ValueError
        If there is no term ``"loss"``, or a term is not one number.
    """
    if not isinstance(terms, Mapping):
        raise TypeError(
            f"The model's loss returned a {type(terms).__name__}, but a mapping from names to "
            "numbers is expected, for example {'loss': error}."
        )
    if "loss" not in terms:
        raise ValueError(
            f"The model's loss returned the terms {list(terms)}, but one called 'loss' is needed: "
            "it is the one that is minimised."
        )
    for name, term in terms.items():
        if isinstance(term, torch.Tensor) and term.numel() != 1:
            raise ValueError(
                f"The term {name!r} has shape {tuple(term.shape)}, but one number is expected: "
                "sum over features and average over the batch."
            )
    return {
        name: term.item() if isinstance(term, torch.Tensor) else float(term)
        for name, term in terms.items()
    }
