"""How the step size changes over a run."""

from __future__ import annotations

import math


def one_cycle(step: int, n_steps: int) -> float:
    """Give the step size of a one-cycle run as a share of its peak.

    Parameters
    ----------
    step
        Number of the step, from 0.
    n_steps
        Steps in the whole run.

    Returns
    -------
    float
        Rises in a line over the first twentieth of the run, then falls to zero along a cosine.

    References
    ----------
    Smith, L. N. and Topin, N. (2019). Super-convergence: very fast training of neural networks
    using large learning rates. Proceedings of SPIE 11006.
    """
    rise = n_steps / 20
    if step < rise:
        return (step + 1) / (rise + 1)
    return (1 + math.cos(math.pi * (step - rise) / (n_steps - rise))) / 2
