"""What fit is called with: checked, and told apart from that of other runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from mmlearn_helpers.batches import Examples, check_examples, fingerprint
from mmlearn_helpers.checks import check_count, check_positive, check_seed
from mmlearn_helpers.files import check_path
from mmlearn_helpers.training.checkpoints import describe
from mmlearn_helpers.training.contracts import check_after_epoch, check_trainable
from mmlearn_helpers.training.schedules import check_schedule, step_size


@dataclass(eq=False, kw_only=True)
class Arguments:
    """The arguments of :func:`mmlearn_helpers.training.fit`.

    Attributes
    ----------
    model, data, epochs, batch_size, learning_rate, schedule, max_gradient_norm, validate
        As there.
    patience, checkpoint, after_epoch, device, seed
        As there.

    Raises
    ------
    TypeError, ValueError
        If one of them is not usable; the device is checked where it is looked for.
    """

    model: nn.Module
    data: Examples
    epochs: int
    batch_size: int
    learning_rate: float
    schedule: Callable[[int, int], float] | None
    max_gradient_norm: float | None
    validate: Examples | None
    patience: int | None
    checkpoint: str | Path | None
    after_epoch: Callable[[int], None] | None
    device: str | torch.device
    seed: int

    def __post_init__(self) -> None:
        """Check them all."""
        check_trainable(self.model)
        check_examples(self.data)
        check_count("epochs", self.epochs)
        check_count("batch_size", self.batch_size)
        check_seed(self.seed)
        check_positive("learning_rate", self.learning_rate)
        if self.schedule is not None:
            check_schedule(self.schedule)
        if self.max_gradient_norm is not None:
            check_positive("max_gradient_norm", self.max_gradient_norm)
        if self.validate is not None:
            check_examples(self.validate, "validate")
        if self.patience is not None:
            check_count("patience", self.patience)
            if self.validate is None:
                raise ValueError("patience needs a validation loss; pass examples as validate.")
        if self.checkpoint is not None:
            self.checkpoint = check_path("checkpoint", self.checkpoint)
        if self.after_epoch is not None:
            check_after_epoch(self.after_epoch)

    def settings(self) -> dict[str, object]:
        """Give what must be the same when a run goes on from a checkpoint.

        Returns
        -------
        dict[str, object]
            Every number that the result depends on, and checksums of model and data.
        """
        steps = range(self.epochs)
        return {
            "model": describe(self.model),
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "schedule": [step_size(1, self.schedule, step, self.epochs) for step in steps],
            "max_gradient_norm": self.max_gradient_norm,
            "patience": self.patience,
            "seed": self.seed,
            "data": fingerprint(self.data),
            "validate": None if self.validate is None else fingerprint(self.validate),
        }
