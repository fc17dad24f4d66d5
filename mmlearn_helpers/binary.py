"""States of zeros and ones."""

from __future__ import annotations

import torch

from mmlearn_helpers.checks import check_count, check_matrix, check_tensor

MOST_UNITS = 25


def all_states(n: int, start: int = 0, stop: int | None = None) -> torch.Tensor:
    """List the states of n binary units in the order of binary numbers.

    Parameters
    ----------
    n
        Number of units, at most 25.
    start, stop
        The first number, and the one after the last; all of them without these.

    Returns
    -------
    torch.Tensor
        Zeros and ones, one state a row, ``(stop - start, n)``; the first unit has the highest
        place.

    Raises
    ------
    TypeError, ValueError
        If ``n`` is no whole number from 1 to 25, or start and stop are not in order from 0 to
        ``2**n``.
    """
    check_count("n", n)
    if n > MOST_UNITS:
        raise ValueError(
            f"{n} units have 2^{n} states, too many to go through one by one: at most "
            f"2^{MOST_UNITS} are possible. Estimate the partition function by annealed importance "
            "sampling, with mmlearn_helpers.likelihood.ais_log_partition."
        )
    check_count("start", start, least=0)
    stop = 2**n if stop is None else stop
    check_count("stop", stop, least=start + 1)
    if stop > 2**n:
        raise ValueError(f"stop is {stop}, but {n} units have only {2**n} states.")
    numbers = torch.arange(start, stop).unsqueeze(1)
    return ((numbers >> torch.arange(n - 1, -1, -1)) & 1).to(torch.get_default_dtype())


def draw(probabilities: torch.Tensor) -> torch.Tensor:
    """Draw zeros and ones. On processors several times as fast as ``probabilities.bernoulli()``.

    Parameters
    ----------
    probabilities
        Of a one, any shape.

    Returns
    -------
    torch.Tensor
        Of that shape.

    Raises
    ------
    TypeError
        If the probabilities are no floating-point tensor.
    """
    check_tensor(probabilities, "probabilities")
    if not probabilities.is_floating_point():
        raise TypeError(
            f"probabilities holds {probabilities.dtype} numbers, but floating-point numbers are "
            "expected; convert it with probabilities.float()."
        )
    return (torch.rand_like(probabilities) < probabilities).to(probabilities)


def check_binary(
    x: torch.Tensor,
    n_features: int | None = None,
    dtype: torch.dtype | None = None,
    name: str = "x",
) -> None:
    """Demand a non-empty floating-point matrix of zeros and ones.

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
    TypeError, ValueError
        If it is none, or does not fit.
    """
    check_matrix(x, n_features, dtype, name)
    if not ((x == 0) | (x == 1)).all():
        raise ValueError(
            f"{name} ranges from {x.min().item():.3g} to {x.max().item():.3g} and does not consist "
            f"of zeros and ones, but binary units take nothing else; turn -1 and 1 into them with "
            f"({name} + 1) / 2, and draw shades of grey from [0, 1] black or white with "
            f"{name}.bernoulli()."
        )


def check_clamped(clamped: torch.Tensor, n: int) -> None:
    """Demand one boolean for each unit.

    Parameters
    ----------
    clamped
        What is to be checked.
    n
        Number of units.

    Raises
    ------
    TypeError, ValueError
        If it is anything else.
    """
    check_tensor(clamped, "clamped", torch.bool)
    if clamped.shape != (n,) or clamped.dtype != torch.bool:
        raise ValueError(
            f"clamped has shape {tuple(clamped.shape)} and holds {clamped.dtype} numbers, but "
            f"({n},) booleans are expected, True for each unit that keeps its state."
        )
