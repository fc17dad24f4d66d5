"""The course of a training run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mmlearn_helpers.checks import check_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass
class History:
    """What happened during training.

    Attributes
    ----------
    train, validation
        For every term that the model's ``loss`` names, its mean per example in each epoch.
    seconds
        Wall-clock time of the whole run, without the pauses between a stop and a new start.
    best_epoch
        With early stopping, the epoch, from 1, whose weights the model has; else ``None``.
    """

    train: dict[str, list[float]] = field(default_factory=dict)
    validation: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    best_epoch: int | None = None

    def record(self, train: Mapping[str, float], validation: Mapping[str, float]) -> None:
        """Add the terms of one epoch.

        Parameters
        ----------
        train, validation
            The terms by name; none of validation if there was none.

        Raises
        ------
        TypeError
            If it is no mapping from names to numbers.
        """
        for terms in (train, validation):
            if not isinstance(terms, Mapping):
                raise TypeError(
                    f"The terms of an epoch are {terms!r}, but a mapping from names to numbers is "
                    "expected, for example {'loss': 1.0}, or {} if there was no validation."
                )
            for name, value in terms.items():
                check_number(f"The term {name!r}", value)
        for course, terms in ((self.train, train), (self.validation, validation)):
            for name, value in terms.items():
                course.setdefault(name, []).append(value)

    def has_improved(self) -> bool:
        """Say whether the last epoch has the lowest validation loss so far; a tie is no success.

        Returns
        -------
        bool
            True if it is lower than all before.

        Raises
        ------
        ValueError
            If no validation loss has been recorded.
        """
        if not self.validation.get("loss"):
            raise ValueError("There is no validation loss yet; pass examples as validate to fit.")
        *before, last = self.validation["loss"]
        return last < min(before, default=math.inf)

    def plot(self) -> Axes:
        """Draw every term over the epochs, training solid and validation dashed.

        Returns
        -------
        Axes
            One axes with all terms.
        """
        from mmlearn_helpers.plots import loss_curves  # here, because matplotlib takes its time

        return loss_curves(self)
