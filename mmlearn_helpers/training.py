"""One training loop for every model that knows its own loss."""

from __future__ import annotations

import copy
import math
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from mmlearn_helpers.batches import (
    Examples,
    check_examples,
    fingerprint,
    mixed_seed,
    move,
    n_examples,
    shuffled,
    take,
)
from mmlearn_helpers.checkpoints import describe, load_checkpoint, save_checkpoint
from mmlearn_helpers.checks import check_count, check_positive, check_seed
from mmlearn_helpers.contracts import (
    REMEDY,
    check_after_epoch,
    check_gradient,
    check_trainable,
    loss_terms,
    mean_terms,
)
from mmlearn_helpers.files import check_path
from mmlearn_helpers.history import History
from mmlearn_helpers.processes import Processes
from mmlearn_helpers.schedules import check_schedule, one_cycle, step_size

__all__ = ["History", "fit", "one_cycle"]


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
        example :func:`one_cycle`. Without it the step size stays constant.
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
    check_trainable(model)
    check_examples(data)
    check_count("epochs", epochs)
    check_count("batch_size", batch_size)
    check_seed(seed)
    check_positive("learning_rate", learning_rate)
    if schedule is not None:
        check_schedule(schedule)
    if max_gradient_norm is not None:
        check_positive("max_gradient_norm", max_gradient_norm)
    if validate is not None:
        check_examples(validate, "validate")
    if patience is not None:
        check_count("patience", patience)
        if validate is None:
            raise ValueError("patience needs a validation loss; pass examples as validate.")
    if checkpoint is not None:
        checkpoint = check_path("checkpoint", checkpoint)
    if after_epoch is not None:
        check_after_epoch(after_epoch)

    processes = Processes(device)
    data = move(data, processes.device)
    validate = None if validate is None else move(validate, processes.device)
    model.to(processes.device)
    optimiser = torch.optim.Adam(model.parameters(), lr=float(learning_rate), fused=True)
    network, optimiser = processes.prepare(model, optimiser)

    history, first_epoch, best = History(), 0, None
    if checkpoint is not None:
        settings = {
            "model": describe(model),
            "epochs": epochs,
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "schedule": [step_size(1, schedule, step, epochs) for step in range(epochs)],
            "max_gradient_norm": max_gradient_norm,
            "patience": patience,
            "seed": seed,
            "data": fingerprint(data),
            "validate": None if validate is None else fingerprint(validate),
        }
        state = load_checkpoint(checkpoint, settings, processes.device)
        if state is not None:
            history, first_epoch, best = History(**state["history"]), state["epoch"], state["best"]
            model.load_state_dict(state["model"])
            optimiser.load_state_dict(state["optimiser"])

    start = time.perf_counter() - history.seconds
    n = n_examples(data)
    n_batches = math.ceil(n / batch_size)
    n_gpus = torch.cuda.device_count() if torch.cuda.is_initialized() else 0
    with torch.random.fork_rng(range(n_gpus)):
        for epoch in _with_progress(range(first_epoch, epochs)):
            if patience is not None and epoch - (history.best_epoch or 0) >= patience:
                break
            rows_of_batches = shuffled(n, seed, epoch).split(batch_size)
            processes.seed(mixed_seed(seed, epoch, 1 + processes.rank))
            totals: dict[str, float] = defaultdict(float)
            model.train()
            for i, rows in enumerate(rows_of_batches):
                optimiser.param_groups[0]["lr"] = step_size(
                    learning_rate, schedule, epoch * n_batches + i, epochs * n_batches
                )
                mine, weight = processes.share(rows)
                batch = take(data, mine.to(processes.device))
                where = f"in epoch {epoch + 1}, step {i + 1} of {n_batches}"
                values = _step(network, optimiser, batch, weight, max_gradient_norm, where)
                for name, value in values.items():
                    totals[name] += weight * value * len(rows) / n
            if not all(torch.isfinite(weights).all() for weights in model.parameters()):
                raise FloatingPointError(
                    f"A weight became NaN or infinite in epoch {epoch + 1}; {REMEDY}"
                )
            validation = {}
            if validate is not None:
                processes.seed(mixed_seed(seed))
                where = f"in validation after epoch {epoch + 1}"
                validation = mean_terms(model, validate, batch_size, where)
            history.record(processes.mean(totals), validation)
            if patience is not None and history.has_improved():
                history.best_epoch, best = epoch + 1, copy.deepcopy(model.state_dict())
            history.seconds = time.perf_counter() - start
            if checkpoint is not None and processes.rank == 0:
                state = {
                    "epoch": epoch + 1,
                    "history": asdict(history),
                    "best": best,
                    "model": model.state_dict(),
                    "optimiser": optimiser.state_dict(),
                }
                save_checkpoint(checkpoint, settings, state)
            if after_epoch is not None:
                pause = time.perf_counter()
                model.eval()
                processes.seed(mixed_seed(seed, epoch, 0, 1))
                after_epoch(epoch + 1)
                start += time.perf_counter() - pause
    if best is not None:
        model.load_state_dict(best)
    model.eval()
    return history


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


def _with_progress(epochs: range) -> tqdm:
    """Show a bar where a person would see it; builds set TQDM_DISABLE."""
    watched = sys.stderr.isatty() or "ipykernel" in sys.modules
    return tqdm(
        epochs, "epochs", leave=False, disable=not watched or bool(os.environ.get("TQDM_DISABLE"))
    )
