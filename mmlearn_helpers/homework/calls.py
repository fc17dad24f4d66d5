"""How a student's function is called: arrays become tensors, and the answer an array."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from mmlearn_helpers.homework.judging import AnswerError
from mmlearn_helpers.homework.questions import Argument


def call_function(function: Callable, arguments: tuple[Argument, ...]) -> np.ndarray:
    """Call a function as the homework promises to: with tensors of its own, and without autograd.

    Parameters
    ----------
    function
        What the student wrote.
    arguments
        Arrays, which the function gets as tensors of its own, and plain numbers.

    Returns
    -------
    numpy.ndarray
        The answer.

    Raises
    ------
    AnswerError
        If the function raises an exception, SystemExit included, or returns no numbers.
    """
    try:
        with torch.inference_mode():
            answer = function(*map(_argument, arguments))
        if isinstance(answer, torch.Tensor):
            answer = answer.detach().cpu().numpy()
        array = np.asarray(answer)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise AnswerError(f"The function raised {_summary(error)}") from error
    if answer is None or answer is Ellipsis:
        raise AnswerError("The function returns nothing. Has it a return?")
    if array.dtype.kind not in "fiub" or array.size == 0:
        raise AnswerError(
            f"The function returns {_kind(answer)}, but a tensor with numbers in it is asked for."
        )
    return array.astype(np.float64)


def _argument(value: Argument) -> torch.Tensor | float | int:
    return torch.tensor(value) if isinstance(value, np.ndarray) else value


def _summary(error: BaseException) -> str:
    first = str(error).strip().split("\n")[0][:300]
    return f"{type(error).__name__}: {first}" if first else f"{type(error).__name__}."


def _kind(answer: object) -> str:
    if isinstance(answer, torch.Tensor | np.ndarray):
        return f"an array of {answer.dtype} with shape {tuple(answer.shape)}"
    return f"a {type(answer).__name__}"
