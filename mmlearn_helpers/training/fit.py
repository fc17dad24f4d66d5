"""One training loop for every model that knows its own loss."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from mmlearn_helpers.batches import Examples, mixed_seed, move, n_examples, shuffled, take
from mmlearn_helpers.training.arguments import Arguments
from mmlearn_helpers.training.contracts import (
    check_gradient,
    check_weights,
    loss_terms,
    mean_terms,
)
from mmlearn_helpers.training.history import History
from mmlearn_helpers.training.processes import Processes
from mmlearn_helpers.training.run import Run
from mmlearn_helpers.training.schedules import step_size


def fit(
    model: nn.Module,
    data: Examples,
    *,
    epochs: int,
    batch_size: int = 128,
    learning_rate: float = 1e-3,
    schedule: Callable[[int, int], float] | None = None,
    max_gradient_norm: float | None = None,
    validate: Examples | None = None,
    patience: int | None = None,
    checkpoint: str | Path | None = None,
    after_epoch: Callable[[int], None] | None = None,
    device: str | torch.device = "cpu",
    seed: int = 0,
) -> History:
    """Minimise a model's own loss with Adam on shuffled minibatches.

    Started by ``torchrun``, every process takes its share of each batch (this needs the extra
    ``distributed``); ``batch_size`` stays that of all of them together.

    Parameters
    ----------
    model
        A module with a method ``loss(batch)`` that returns a mapping from names to scalars, each a
        mean over the batch; the term called ``"loss"`` is minimised.
    data
        The training examples along the first axis of a tensor, or of every tensor in a mapping
        from modality to tensor. A batch is of the same kind.
    epochs
        How often to go through the data.
    batch_size
        Examples a step; the last batch of an epoch may be smaller.
    learning_rate
        Adam's step size.
    schedule
        Gives the factor of the step size from the number of the step and that of all steps, for
        example :func:`~mmlearn_helpers.training.schedules.one_cycle`. Without it the step size
        stays constant.
    max_gradient_norm
        Longer gradients, over all weights, are shortened to this length.
    validate
        Examples whose loss is recorded after every epoch, without training on them, in batches of
        the same size.
    patience
        Stop when the validation loss has not improved for so many epochs, and go back to the
        weights of the best one.
    checkpoint
        A file that holds the whole state of the run after each epoch. If it exists, the run goes
        on from there, and ends as if it had never been stopped.
    after_epoch
        Called with the number of epochs done, 1, 2, …, once an epoch is recorded and in the
        checkpoint, to look at the model while it learns. The model is in evaluation mode; gradients
        are as training left them. Whatever random numbers it draws from torch come from a seed of
        their own, and neither they nor a change of mode disturb the run; its time is not counted.
        A run that goes on from a checkpoint calls it for the remaining epochs only; with several
        processes, each calls it.
    device
        ``"cpu"``, ``"cuda"`` or ``"mps"``; model and data are brought there.
    seed
        Seed of the shuffling and of any noise that the loss draws. The caller's random state
        is left as it was.

    Returns
    -------
    History
        Every loss term, averaged over each epoch.

    Raises
    ------
    TypeError, ValueError
        If an argument or what it returns is not usable, or the checkpoint is of another run.
    RuntimeError
        If the device is not available here.
    FloatingPointError
        If the loss, in training or validation, or a weight becomes NaN or infinite.
    ImportError
        If several processes are to work together and the extra ``distributed`` is missing.

    References
    ----------
    Kingma, D. P. and Ba, J. (2015). Adam: a method for stochastic optimization. ICLR.
    """
    arguments = Arguments(**locals())  # before there are other names
    processes = Processes(device)
    data = move(data, processes.device)
    validate = None if validate is None else move(validate, processes.device)
    model.to(processes.device)
    optimiser = torch.optim.Adam(model.parameters(), lr=float(learning_rate), fused=True)
    network, optimiser = processes.prepare(model, optimiser)
    run = Run(arguments, optimiser, processes)
    n = n_examples(data)
    n_steps = math.ceil(n / batch_size)

    with processes.random_numbers_of_their_own():
        for epoch in run.epochs():
            processes.seed(mixed_seed(seed, epoch, 1 + processes.rank))
            model.train()
            means: dict[str, float] = defaultdict(float)
            for i, rows in enumerate(shuffled(n, seed, epoch).split(batch_size)):
                optimiser.param_groups[0]["lr"] = step_size(
                    learning_rate, schedule, epoch * n_steps + i, epochs * n_steps
                )
                mine, weight = processes.share(rows)
                batch = take(data, mine.to(processes.device))
                where = f"in epoch {epoch + 1}, step {i + 1} of {n_steps}"
                values = _step(network, optimiser, batch, weight, max_gradient_norm, where)
                for name, value in values.items():
                    means[name] += weight * value * len(rows) / n
            check_weights(model, f"in epoch {epoch + 1}")
            validation = {}
            if validate is not None:
                processes.seed(mixed_seed(seed))
                where = f"in validation after epoch {epoch + 1}"
                validation = mean_terms(model, validate, batch_size, where)
            run.record(processes.mean(means), validation)
    return run.end()


def _step(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    batch: Examples,
    weight: float,
    max_gradient_norm: float | None,
    where: str,
) -> dict[str, float]:
    """Go one step down the gradient of a batch's loss."""
    terms, values = loss_terms(model, batch, where)
    check_gradient(terms)
    optimiser.zero_grad()
    (weight * terms["loss"]).backward()
    if max_gradient_norm is not None:
        nn.utils.clip_grad_norm_(model.parameters(), max_gradient_norm)
    optimiser.step()
    return values
