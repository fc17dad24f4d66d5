"""What figures send to the page: numbers in half precision, and the states of units."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable

import numpy as np
import torch
import traitlets

MOST_WEIGHTS = 500_000


def check_few(n_weights: int, name: str, advice: str) -> None:
    """Demand no more weights than a page can carry.

    Parameters
    ----------
    n_weights
        Their number.
    name
        What the message calls their owner.
    advice
        What to do if there are too many.

    Raises
    ------
    ValueError
        If there are more than 500 000.
    """
    if n_weights > MOST_WEIGHTS:
        raise ValueError(
            f"{name} has {n_weights} weights, but a page can carry {MOST_WEIGHTS} at most; "
            f"{advice}."
        )


def packed(
    numbers: torch.Tensor,
    name: str,
    advice: str = "train it with a smaller learning rate or with weight decay",
) -> bytes:
    """Give numbers as they travel.

    Parameters
    ----------
    numbers
        Of any shape.
    name
        What the message calls their owner.
    advice
        What to do about numbers that are too large.

    Returns
    -------
    bytes
        Half-precision numbers, little-endian.

    Raises
    ------
    ValueError
        If a number is NaN, infinite, or beyond half precision.
    """
    numbers = numbers.detach().cpu()
    if not numbers.isfinite().all():
        raise ValueError(
            f"{name} has weights that are NaN or infinite; train it anew, perhaps with a smaller "
            "learning rate."
        )
    if not numbers.half().isfinite().all():
        raise ValueError(
            f"{name} has a weight of {numbers.abs().max():.3g}, but the figure carries weights in "
            f"half precision, at most 65504; {advice}."
        )
    return numbers.half().numpy().astype("<f2").tobytes()


def unpacked(data: bytes) -> torch.Tensor:
    """Give the numbers that have travelled.

    Parameters
    ----------
    data
        Half-precision numbers, little-endian.

    Returns
    -------
    torch.Tensor
        One-dimensional, in double precision.
    """
    return torch.from_numpy(np.frombuffer(data, "<f2").astype(np.float64))


def whole_sides(shape: tuple[int, int], n: int, owner: str) -> list[int]:
    """Demand a height and a width whose product is a certain number.

    Parameters
    ----------
    shape
        What is to be checked.
    n
        The number.
    owner
        Says in the message what has that number, for example ``"the decoder gives 6 numbers"``.

    Returns
    -------
    list[int]
        Height and width.

    Raises
    ------
    ValueError
        If they are not.
    """
    try:
        sides = [operator.index(side) for side in shape]
    except TypeError:
        sides = []
    if len(sides) != 2 or math.prod(sides) != n or min(sides) < 1:
        raise ValueError(
            f"shape is {shape!r}, but {owner}; give a height and a width whose product is {n}."
        )
    return sides


class Cells(traitlets.TraitType):
    """A finite number for each cell of a figure that has a ``shape``."""

    kind = "finite numbers"
    type = float

    def __init__(self) -> None:
        super().__init__(default_value=[])

    def _fits(self, number: float) -> bool:
        return math.isfinite(number)

    def validate(self, figure: traitlets.HasTraits, cells: Iterable[float]) -> list[float]:
        """Demand such numbers.

        Parameters
        ----------
        figure
            Has a height and a width as ``shape``.
        cells
            What is to be checked.

        Returns
        -------
        list[float]
            The numbers.

        Raises
        ------
        TypeError, ValueError
            If they are not such a number for each cell.
        """
        n = math.prod(figure.shape)
        expected = f"{n} {self.kind} are expected, one for each cell"
        try:
            numbers = [float(cell) for cell in cells]
        except (TypeError, ValueError) as error:
            raise TypeError(f"{self.name} is {cells!r}, but {expected}.") from error
        if len(numbers) != n:
            raise ValueError(f"{self.name} has {len(numbers)} numbers, but {expected}.")
        strange = [number for number in numbers if not self._fits(number)]
        if strange:
            raise ValueError(f"{self.name} holds {strange[0]:g}, but {expected}.")
        return [self.type(number) for number in numbers]


class States(Cells):
    """One of two whole numbers for each cell.

    Parameters
    ----------
    low, high
        The two numbers.
    """

    type = int

    def __init__(self, low: int, high: int) -> None:
        super().__init__()
        self.low, self.high = low, high
        self.kind = f"numbers, each {low} or {high},"

    def _fits(self, number: float) -> bool:
        return number in (self.low, self.high)
