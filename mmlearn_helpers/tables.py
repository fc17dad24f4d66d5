"""What stands in the tables of results."""

from __future__ import annotations

import numpy as np
import torch

from mmlearn_helpers.checks import check_count


def mean_and_spread(runs: torch.Tensor, decimals: int = 2) -> np.ndarray:
    """Write the mean of several runs and their standard deviation, such as ``0.93 ± 0.01``.

    Parameters
    ----------
    runs
        Results, ``(…, R)``: those of R runs with different seeds along the last axis, at least two.
    decimals
        Digits after the point.

    Returns
    -------
    numpy.ndarray
        Words, ``(…)``, as the cells of a ``pandas.DataFrame``.

    Raises
    ------
    TypeError
        If ``decimals`` is no whole number.
    ValueError
        If ``runs`` is no tensor with at least two runs, or ``decimals`` is negative.
    """
    check_count("decimals", decimals, 0)
    if not isinstance(runs, torch.Tensor) or runs.ndim == 0 or runs.shape[-1] < 2:
        shape = tuple(runs.shape) if isinstance(runs, torch.Tensor) else type(runs).__name__
        raise ValueError(
            f"runs is {shape}, but a tensor with at least two runs along its last axis is "
            "expected; a single run has no spread."
        )
    runs = runs.double()
    words = np.vectorize(f"{{:.{decimals}f}} ± {{:.{decimals}f}}".format, otypes=[object])
    return words(runs.mean(dim=-1).numpy(), runs.std(dim=-1).numpy())
