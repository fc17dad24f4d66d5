"""What a model must offer so that it can be trained."""

from __future__ import annotations

import inspect
import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from numbers import Real

import torch
from torch import nn

from mmlearn_helpers.batches import Examples, is_finite, n_examples, take

REMEDY = "a smaller learning_rate or a max_gradient_norm often helps."


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
        If it is no mapping, or a term no real number.
    ValueError
        If there is no term ``"loss"``, or a term is more than one number.
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
        is_real = isinstance(term, torch.Tensor) and not term.is_complex()
        if not is_real and not isinstance(term, Real):
            raise TypeError(
                f"The term {name!r} is {term!r}, but a real number is expected; return a tensor "
                "with one number, or a float."
            )
    return {
        name: term.item() if isinstance(term, torch.Tensor) else float(term)
        for name, term in terms.items()
    }


def check_gradient(terms: Mapping[str, torch.Tensor | float]) -> None:
    """Demand a loss that can be minimised.

    Parameters
    ----------
    terms
        What :func:`check_terms` has found usable.

    Raises
    ------
    ValueError
        If the term ``"loss"`` does not depend on any weight.
    """
    if not getattr(terms["loss"], "requires_grad", False):
        raise ValueError(
            "The term 'loss' has no gradient, so nothing can be learnt from it: compute it from "
            "the model's parameters, without item(), detach(), numpy or torch.no_grad()."
        )


def check_after_epoch(after_epoch: Callable[[int], None]) -> None:
    """Demand a function of the number of epochs done.

    Parameters
    ----------
    after_epoch
        What is to be checked.

    Raises
    ------
    TypeError
        If it cannot be called with one argument.
    """
    try:
        inspect.signature(after_epoch).bind(1)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"after_epoch is {after_epoch!r}, but a function of one argument is expected; give "
            "one that takes the number of epochs done, and let it look at the model by itself."
        ) from error


def check_weights(model: nn.Module, where: str) -> None:
    """Demand weights that are finite.

    Parameters
    ----------
    model
        Any module.
    where
        When this is, for the message.

    Raises
    ------
    FloatingPointError
        If a weight is NaN or infinite.
    """
    if not all(torch.isfinite(weights).all() for weights in model.parameters()):
        raise FloatingPointError(f"A weight became NaN or infinite {where}; {REMEDY}")


def loss_terms(
    model: nn.Module, batch: Examples, where: str
) -> tuple[Mapping[str, torch.Tensor | float], dict[str, float]]:
    """Ask a model for its loss, and demand that the loss is finite.

    Parameters
    ----------
    model
        A module with a method ``loss``.
    batch
        Examples.
    where
        When this is, for the message.

    Returns
    -------
    tuple[Mapping[str, torch.Tensor | float], dict[str, float]]
        Every term as the model gave it, and as a number.

    Raises
    ------
    TypeError, ValueError
        If the terms are not usable, as in :func:`check_terms`.
    FloatingPointError
        If the loss is NaN or infinite.
    """
    terms = model.loss(batch)
    values = check_terms(terms)
    if not math.isfinite(values["loss"]):
        raise FloatingPointError(_explain_loss(model, batch, values, where))
    return terms, values


@torch.no_grad()
def mean_terms(model: nn.Module, data: Examples, batch_size: int, where: str) -> dict[str, float]:
    """Average a model's terms over all examples, in evaluation mode.

    Parameters
    ----------
    model
        A module with a method ``loss``.
    data
        The examples.
    batch_size
        How many of them the loss is asked for at a time.
    where
        When this is, for the message.

    Returns
    -------
    dict[str, float]
        Every term, as a mean per example.

    Raises
    ------
    TypeError, ValueError, FloatingPointError
        If the terms are not usable or the loss not finite, as in :func:`loss_terms`.
    """
    model.eval()
    n = n_examples(data)
    totals: dict[str, float] = defaultdict(float)
    for rows in torch.arange(n).split(batch_size):
        for name, value in loss_terms(model, take(data, rows), where)[1].items():
            totals[name] += value * len(rows) / n
    return totals


def _explain_loss(
    model: nn.Module, batch: Examples, values: Mapping[str, float], where: str
) -> str:
    """Say where a lost loss began: in the batch, in a weight, or in a term."""
    message = f"The loss became {values['loss']} {where}. "
    if not is_finite(batch):
        message += "The batch holds NaN or infinity: remove or mend those examples."
        if isinstance(batch, Mapping):
            message += f" If the model takes rows of NaN for what is missing, {REMEDY}"
        return message
    lost = [name for name, weights in model.named_parameters() if not weights.isfinite().all()]
    if lost:
        return f"{message}The step before had made {lost[0]} NaN or infinite; {REMEDY}"
    terms = ", ".join(f"{name} = {value:.4g}" for name, value in values.items())
    return f"{message}Batch and weights are finite, the terms are {terms}; {REMEDY}"
