"""The units of a sparse autoencoder: how many are active, which are dead, and a new start."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from mmlearn_helpers.autoencoders.sparse import SparseAutoencoder
from mmlearn_helpers.checks import check_number


@torch.no_grad()
def n_active(model: SparseAutoencoder, x: torch.Tensor, share: float = 0.01) -> torch.Tensor:
    """Count the units that each example uses, whatever the scale of the code.

    Parameters
    ----------
    model
        A sparse autoencoder.
    x
        Examples, ``(N, D)``.
    share
        A unit counts if the length of what it adds, its code times the length of its column, is
        above this share of the largest such length of the example; from 0, below 1.

    Returns
    -------
    torch.Tensor
        Whole numbers, ``(N,)``.

    Raises
    ------
    TypeError, ValueError
        If ``x`` is not a finite, non-empty floating-point matrix with D columns, or ``share`` is
        out of range.
    """
    check_number("share", share)
    if not 0 <= share < 1:
        raise ValueError(f"share is {share}, but a number from 0 to below 1 is needed.")
    added = model.encode(x) * model.columns.norm(dim=0)
    return (added > share * added.amax(dim=1, keepdim=True)).sum(dim=1)


@torch.no_grad()
def dead(model: SparseAutoencoder, x: torch.Tensor) -> torch.Tensor:
    """Say which units are 0 on every example, so that no gradient reaches them.

    Parameters
    ----------
    model
        A sparse autoencoder.
    x
        Examples, ``(N, D)``; as a rule all that the model is trained on.

    Returns
    -------
    torch.Tensor
        Truth values, ``(K,)``.

    Raises
    ------
    TypeError, ValueError
        If ``x`` is not a finite, non-empty floating-point matrix with D columns.
    """
    return (model.encode(x) == 0).all(dim=0)


@torch.no_grad()
def revive(model: SparseAutoencoder, x: torch.Tensor) -> int:
    """Give dead units a new start: each at one of the examples that are explained worst.

    Column and weights get the direction from ``c`` to that example, and the unit's value there,
    before any others are set to 0, becomes the length of the error. Called from
    ``fit(after_epoch=…)``, not in the last epochs, for what is new must be trained. A run that goes
    on from a checkpoint then differs from one that was never stopped.

    Parameters
    ----------
    model
        A sparse autoencoder, which is changed.
    x
        Examples, ``(N, D)``; as a rule all that the model is trained on. At most one unit an
        example is revived.

    Returns
    -------
    int
        How many units were dead before.

    Raises
    ------
    TypeError, ValueError
        If ``x`` is not a finite, non-empty floating-point matrix with D columns.
    """
    z = model.encode(x)
    units = (z == 0).all(dim=0).nonzero()[:, 0]
    missing = (x - model.decode(z)).norm(dim=1)
    worst = missing.argsort(descending=True)[: len(units)]
    revived = units[: len(worst)]
    away = x[worst] - model.c
    directions = F.normalize(away, dim=1)
    sizes = missing[worst] / away.norm(dim=1).clamp_min(1e-12)
    model.W[revived], model.b[revived] = directions * sizes[:, None], 0.0
    model.V[:, revived] = directions.T
    return len(units)
