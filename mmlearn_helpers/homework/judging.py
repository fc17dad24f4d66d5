"""Compare answers with what is expected, and name the mistake where one is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from mmlearn_helpers.homework.questions import Argument, Example

TOLERANCE = 1e-3
UNSTEADY = (
    "The same input gave two different answers. A function asked for here has no chance in it and "
    "remembers nothing: what is random comes in as an argument."
)


class AnswerError(Exception):
    """The student's function gave no array of numbers; the message says what it did."""


class Finding(NamedTuple):
    """What came of one property.

    Parameters
    ----------
    title
        The property.
    points, out_of
        What was earned, and what could be.
    expected, came
        The right answer and the student's, in a few words.
    message
        What is wrong; empty if nothing is.
    hidden
        Whether the student's notebook does not check this.
    """

    title: str
    points: int
    out_of: int
    expected: str
    came: str
    message: str
    hidden: bool = False

    @property
    def holds(self) -> bool:
        """Whether the answer has the property."""
        return not self.message


def examine(
    examples: Sequence[Example], call: Callable[[tuple[Argument, ...]], np.ndarray]
) -> list[Finding]:
    """Ask for an answer to each example, twice, and judge it.

    The second round goes backwards. A function whose answers depend on anything but its arguments
    earns nothing: it could be right by luck.

    Parameters
    ----------
    examples
        What to ask.
    call
        Gives the student's answer to some arguments, an array of numbers; raises
        :class:`AnswerError` where there is none.

    Returns
    -------
    list[Finding]
        One for each example.
    """
    answers = [_ask(call, example) for example in examples]
    again = [_ask(call, example) for example in reversed(examples)][::-1]
    steady = all(map(_same, answers, again))
    return [
        judge(example, answer if steady else AnswerError(UNSTEADY))
        for example, answer in zip(examples, answers, strict=True)
    ]


def _ask(
    call: Callable[[tuple[Argument, ...]], np.ndarray], example: Example
) -> np.ndarray | AnswerError:
    try:
        return call(example.arguments)
    except AnswerError as error:
        return error


def _same(first: np.ndarray | AnswerError, second: np.ndarray | AnswerError) -> bool:
    if isinstance(first, AnswerError) or isinstance(second, AnswerError):
        return type(first) is type(second)
    with np.errstate(all="ignore"):
        return first.shape == second.shape and np.allclose(
            first, second, rtol=1e-5, atol=1e-6, equal_nan=True
        )


def judge(example: Example, answer: np.ndarray | AnswerError) -> Finding:
    """Compare one answer with the expected one.

    Numbers are close enough within a thousandth of the largest expected one.

    Parameters
    ----------
    example
        What was asked.
    answer
        What came.

    Returns
    -------
    Finding
        With all points or none.
    """
    if isinstance(answer, AnswerError):
        came, message = "no answer", str(answer) or "There was no answer."
    else:
        with np.errstate(all="ignore"):  # an answer may hold whatever a float can
            came, message = describe(answer), _fault(example, answer)
    points = 0 if message else example.points
    return Finding(
        example.title,
        points,
        example.points,
        describe(example.expected),
        came,
        message,
        example.hidden,
    )


def describe(array: np.ndarray) -> str:
    """Show the first numbers of an array, and its shape.

    Parameters
    ----------
    array
        Numbers of any shape.

    Returns
    -------
    str
        Such as ``"0.25"`` or ``"0.1, -2, 3, … (shape 4 × 2)"``.
    """
    noise = 1e-7 * _scale(array)
    shown = [0.0 if abs(value) < noise else value for value in array.flat[:4]]
    numbers = ", ".join(f"{value:.4g}" for value in shown)
    if array.ndim == 0:
        return numbers
    more = ", …" if array.size > 4 else ""
    shape = " × ".join(map(str, array.shape))
    return f"{numbers}{more} (shape {shape})"


def _fault(example: Example, answer: np.ndarray) -> str:
    """Say what is wrong with an answer; nothing if it is right."""
    expected = example.expected
    if _close(answer, expected):
        return ""
    scale = _scale(expected)
    for message, wrong in example.mistaken.items():
        if _close(answer, wrong, scale) or _close(answer.T, wrong, scale):
            return message
    if answer.ndim == 2 and _close(answer.T, expected):
        return "The answer is transposed: rows stand where columns should."
    if answer.shape != expected.shape:
        return _wrong_shape(answer, expected)
    if not np.isfinite(answer).all() and np.isfinite(expected).all():
        bad = int((~np.isfinite(answer)).sum())
        return (
            f"{bad} of {answer.size} numbers are NaN or infinite. Look for an overflow in exp, the "
            "logarithm of 0, the root of a negative number, or a division by 0."
        )
    return _alike(answer, expected) or _worst(answer, expected)


def _worst(answer: np.ndarray, expected: np.ndarray) -> str:
    """Say how many numbers are wrong, and show the one that is most so."""
    right = (answer == expected) | (np.isnan(answer) & np.isnan(expected))
    away = np.where(right, 0.0, np.nan_to_num(np.abs(answer - expected), nan=np.inf, posinf=np.inf))
    n_wrong = (away > TOLERANCE * _scale(expected)).sum()
    worst = np.unravel_index(away.argmax(), away.shape)
    place = f" at {', '.join(map(str, worst))}" if worst else ""
    return (
        f"{n_wrong} of {away.size} numbers are wrong:{place} the answer is {answer[worst]:.4g}, "
        f"where {expected[worst]:.4g} is expected."
    )


def _wrong_shape(answer: np.ndarray, expected: np.ndarray) -> str:
    if _close(answer.squeeze(), expected.squeeze()):
        return (
            f"The numbers are right, but the shape is {answer.shape}, and {expected.shape} is "
            "asked for; squeeze or keepdim helps."
        )
    return (
        f"The shape is {answer.shape}, but {expected.shape} is asked for. Which axis was summed or "
        "averaged over?"
    )


def _alike(answer: np.ndarray, expected: np.ndarray) -> str:
    """Say how a wrong answer is related to the right one, if it is in a simple way."""
    if _close(-answer, expected):
        return "The sign is wrong: every number is the negative of what is expected."
    largest = np.unravel_index(np.abs(expected).argmax(), expected.shape)
    factor = answer[largest] / expected[largest] if expected[largest] else 0.0
    if answer.size > 1 and factor and _close(answer / factor, expected):
        return (
            f"Every number is {factor:.4g} times what is expected. A sum in place of a mean, or a "
            "constant factor too many?"
        )
    offset = (answer - expected).mean()
    if answer.size > 1 and _close(answer - offset, expected):
        return (
            f"Every number is {offset:+.4g} away from what is expected: a term "
            "is missing, or is one too many."
        )
    return ""


def _close(answer: np.ndarray, expected: np.ndarray, scale: float = 0.0) -> bool:
    if answer.shape != expected.shape:
        return False
    allowed = TOLERANCE * max(scale, _scale(expected)) + 1e-7
    return bool(np.allclose(answer, expected, rtol=0, atol=allowed, equal_nan=True))


def _scale(array: np.ndarray) -> float:
    """Give the largest finite number, without its sign."""
    return np.abs(array[np.isfinite(array)]).max(initial=0.0)
