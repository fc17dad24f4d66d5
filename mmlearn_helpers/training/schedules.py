"""How the step size changes over a run."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from numbers import Real

from mmlearn_helpers.checks import check_count


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

    Raises
    ------
    TypeError, ValueError
        If ``n_steps`` is no whole number from 1, or ``step`` none from 0 to ``n_steps``.

    References
    ----------
    Smith, L. N. and Topin, N. (2019). Super-convergence: very fast training of neural networks
    using large learning rates. Proceedings of SPIE 11006.
    """
    check_count("n_steps", n_steps)
    check_count("step", step, least=0)
    if step > n_steps:
        raise ValueError(f"step is {step}, but the run has only {n_steps} steps; count from 0.")
    rise = n_steps / 20
    if step < rise:
        return (step + 1) / (rise + 1)
    return (1 + math.cos(math.pi * (step - rise) / (n_steps - rise))) / 2


def check_schedule(schedule: Callable[[int, int], float]) -> None:
    """Demand a function of the number of a step and that of all steps.

    Parameters
    ----------
    schedule
        What is to be checked.

    Raises
    ------
    TypeError
        If it cannot be called with two arguments.
    """
    try:
        inspect.signature(schedule).bind(0, 1)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"schedule is {schedule!r}, but a function of the number of the step and that of all "
            "steps is expected, such as mmlearn_helpers.training.one_cycle."
        ) from error


def step_size(
    learning_rate: float, schedule: Callable[[int, int], float] | None, step: int, n_steps: int
) -> float:
    """Give the step size of one step.

    Parameters
    ----------
    learning_rate
        Its peak.
    schedule
        Gives the factor; always 1 when ``None``.
    step, n_steps
        The number of the step, from 0, and that of all steps.

    Returns
    -------
    float
        The step size.

    Raises
    ------
    ValueError
        If the factor is not a finite number from 0.
    """
    if schedule is None:
        return float(learning_rate)
    factor = schedule(step, n_steps)
    if not isinstance(factor, Real) or not 0 <= factor < math.inf:
        raise ValueError(
            f"schedule({step}, {n_steps}) is {factor!r}, but a finite factor of 0 or more is "
            "needed, by which the learning_rate is multiplied; return a float."
        )
    return float(learning_rate * factor)
