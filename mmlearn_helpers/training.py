"""One training loop for every model that knows its own loss."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from dataclasses import dataclass, field

import torch
from torch import nn
from tqdm import tqdm


@dataclass
class History:
    """What happened during training.

    Attributes
    ----------
    train, validation
        For every term that the model's ``loss`` names, its mean per example after each epoch.
    seconds
        Wall-clock time of the whole run.
    """

    train: dict[str, list[float]] = field(default_factory=dict)
    validation: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0


def one_cycle_factor(step: int, n_steps: int) -> float:
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


def fit(
    model: nn.Module,
    data: torch.Tensor,
    *,
    epochs: int,
    batch_size: int = 128,
    learning_rate: float = 1e-3,
    one_cycle: bool = False,
    validate: torch.Tensor | None = None,
    seed: int = 0,
) -> History:
    """Minimise a model's own loss with Adam on shuffled minibatches.

    Parameters
    ----------
    model
        A module with a method ``loss(batch)`` that returns a mapping from names to scalars, each a
        mean over the batch; the term called ``"loss"`` is minimised.
    data
        The training examples along the first axis.
    epochs
        How often to go through the data.
    batch_size
        Examples a step; the last batch of an epoch may be smaller.
    learning_rate
        Adam's step size.
    one_cycle
        Whether the step size follows :func:`one_cycle_factor`, with ``learning_rate`` as its peak,
        instead of staying constant.
    validate
        Examples whose loss is recorded after every epoch, without training on them.
    seed
        Seed of the shuffling and of any noise that the loss draws. The caller's random state
        is left as it was.

    Returns
    -------
    History
        Every loss term, averaged over each epoch.

    Raises
    ------
    ValueError
        If ``data`` is empty, or ``epochs`` or ``batch_size`` is below 1.
    FloatingPointError
        If the loss or a weight becomes NaN or infinite.

    References
    ----------
    Kingma, D. P. and Ba, J. (2015). Adam: a method for stochastic optimization. ICLR.
    """
    if len(data) == 0:
        raise ValueError("There are no examples to train on; check how the data were selected.")
    for name, value in {"epochs": epochs, "batch_size": batch_size}.items():
        if value < 1:
            raise ValueError(f"{name} is {value}, but at least 1 is needed.")

    history = History()
    start = time.perf_counter()
    optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate, fused=True)
    n_steps = epochs * math.ceil(len(data) / batch_size)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: one_cycle_factor(step, n_steps) if one_cycle else 1.0
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for epoch in tqdm(range(epochs), desc="epochs", disable=None):
            model.train()
            totals: dict[str, float] = defaultdict(float)
            for rows in torch.randperm(len(data)).split(batch_size):
                terms = model.loss(data[rows])
                if not torch.isfinite(terms["loss"]):
                    raise FloatingPointError(
                        f"The loss became {terms['loss'].item()} in epoch {epoch + 1}; "
                        "a smaller learning_rate often helps."
                    )
                optimiser.zero_grad()
                terms["loss"].backward()
                optimiser.step()
                schedule.step()
                for name, value in terms.items():
                    totals[name] += value.item() * len(rows)
            if not all(torch.isfinite(weights).all() for weights in model.parameters()):
                raise FloatingPointError(
                    f"A weight became NaN or infinite in epoch {epoch + 1}; "
                    "a smaller learning_rate often helps."
                )
            for name, total in totals.items():
                history.train.setdefault(name, []).append(total / len(data))
            if validate is not None:
                model.eval()
                with torch.no_grad(), torch.random.fork_rng():
                    for name, value in model.loss(validate).items():
                        history.validation.setdefault(name, []).append(value.item())
    model.eval()
    history.seconds = time.perf_counter() - start
    return history
