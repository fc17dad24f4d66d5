"""Random numbers that Python and the browser draw alike."""

from __future__ import annotations

import numpy as np
import torch

from mmlearn_helpers.checks import check_seed

LOW = np.uint64(2**32 - 1)
STRIDE = 0x6D2B79F5


def uniforms(state: int, n: int) -> tuple[torch.Tensor, int]:
    """Draw numbers between 0 and 1, as ``makeRandom`` in ``figure.js`` does.

    Parameters
    ----------
    state
        State of the generator, from 0 to ``2**32 - 1``.
    n
        How many.

    Returns
    -------
    tuple[torch.Tensor, int]
        The numbers, ``(n,)`` in double precision, neither 0 nor 1, and the state to go on with.

    References
    ----------
    Ettinger, T. (2017). Mulberry32, a generator of random numbers with 32 bits of state.
    """
    # Products of two numbers of 32 bits fit into 64.
    s = (np.uint64(state) + np.uint64(STRIDE) * np.arange(1, n + 1, dtype=np.uint64)) & LOW
    t = ((s ^ (s >> np.uint64(15))) * (s | np.uint64(1))) & LOW
    t = ((t + (t ^ (t >> np.uint64(7))) * (t | np.uint64(61))) & LOW) ^ t
    t ^= t >> np.uint64(14)
    return torch.from_numpy((t + 0.5) / 2**32), (state + STRIDE * n) % 2**32


def shuffled(state: int, n: int) -> tuple[list[int], int]:
    """Draw an order of the numbers from 0 to n - 1, each with the same probability.

    Parameters
    ----------
    state
        State of the generator, from 0 to ``2**32 - 1``.
    n
        How many.

    Returns
    -------
    tuple[list[int], int]
        The order, and the state to go on with.
    """
    order = list(range(n))
    numbers, state = uniforms(state, n - 1)
    for last, number in zip(range(n - 1, 0, -1), numbers.tolist(), strict=True):
        other = int(number * (last + 1))
        order[last], order[other] = order[other], order[last]
    return order, state


def check_small_seed(seed: int) -> None:
    """Demand a seed of at most 32 bits.

    Parameters
    ----------
    seed
        What is to be checked.

    Raises
    ------
    TypeError, ValueError
        If it is no whole number from 0 to ``2**32 - 1``.
    """
    check_seed(seed)
    if seed >= 2**32:
        raise ValueError(
            f"seed is {seed}, but figures draw with 32 bits; choose a number below 2**32."
        )
