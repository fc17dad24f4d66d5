"""Ways to spoil examples in training: a corruption is a function from a batch to a batch."""

from __future__ import annotations

from collections.abc import Callable

import torch

from mmlearn_helpers.checks import check_number

Corruption = Callable[[torch.Tensor], torch.Tensor]


def normal_noise(sigma: float) -> Corruption:
    """Add independent normal noise to every feature.

    Parameters
    ----------
    sigma
        Its standard deviation, in units of the features.

    Returns
    -------
    Corruption
        Gives for examples, ``(N, D)``, spoiled ones of the same shape.

    Raises
    ------
    TypeError, ValueError
        If ``sigma`` is no finite number of at least 0.
    """
    check_number("sigma", sigma)
    if not 0 <= sigma < float("inf"):
        raise ValueError(
            f"sigma is {sigma}, but a standard deviation is a finite number of at least 0."
        )
    return lambda x: x + sigma * torch.randn_like(x)


def masking(share: float) -> Corruption:
    """Set each feature to 0 with a certain probability.

    Parameters
    ----------
    share
        The probability.

    Returns
    -------
    Corruption
        Gives for examples, ``(N, D)``, spoiled ones of the same shape.

    Raises
    ------
    TypeError, ValueError
        If ``share`` is no number from 0 to 1.

    References
    ----------
    Vincent, P. et al. (2008). Extracting and composing robust features with denoising
    autoencoders. ICML.
    """
    _check_share(share)
    return lambda x: x * (torch.rand_like(x) >= share)


def salt_and_pepper(share: float) -> Corruption:
    """Set each feature with a certain probability to 0 or 1, either as likely as the other.

    Parameters
    ----------
    share
        The probability.

    Returns
    -------
    Corruption
        Gives for examples, ``(N, D)``, spoiled ones of the same shape.

    Raises
    ------
    TypeError, ValueError
        If ``share`` is no number from 0 to 1.
    """
    _check_share(share)

    def corrupt(x: torch.Tensor) -> torch.Tensor:
        extreme = (torch.rand_like(x) < 0.5).to(x.dtype)
        return torch.where(torch.rand_like(x) < share, extreme, x)

    return corrupt


def check_corruption(corruption: Corruption) -> None:
    """Demand something that can be called.

    Parameters
    ----------
    corruption
        What is to be checked.

    Raises
    ------
    TypeError
        If it cannot.
    """
    if not callable(corruption):
        raise TypeError(
            f"corruption is {corruption!r}, but a function from a batch to a batch of the same "
            "shape is expected, for example masking(0.3) or normal_noise(0.5)."
        )


def corrupted(corruption: Corruption, x: torch.Tensor) -> torch.Tensor:
    """Spoil examples, and refuse what a reader's own function must not return.

    Parameters
    ----------
    corruption
        A function from a batch to a batch.
    x
        Examples, ``(N, D)``.

    Returns
    -------
    torch.Tensor
        Spoiled examples, ``(N, D)``; ``x`` itself is as before.

    Raises
    ------
    TypeError
        If the function returns no tensor, or one of another type of number.
    ValueError
        If what it returns has another shape, or holds NaN or infinity.
    """
    spoiled = corruption(x.clone())
    if not isinstance(spoiled, torch.Tensor) or spoiled.dtype != x.dtype:
        kind = spoiled.dtype if isinstance(spoiled, torch.Tensor) else type(spoiled).__name__
        raise TypeError(
            f"The corruption returned {kind}, but a tensor of {x.dtype} is expected; return the "
            "spoiled examples."
        )
    if spoiled.shape != x.shape:
        raise ValueError(
            f"The corruption returned shape {tuple(spoiled.shape)} for {tuple(x.shape)}, but the "
            "shape must stay; spoil features instead of removing them."
        )
    if not spoiled.isfinite().all():
        raise ValueError(
            "The corruption returned NaN or infinite values, with which nothing can be computed; "
            "mark a missing feature with a number, such as 0."
        )
    return spoiled


def _check_share(share: float) -> None:
    check_number("share", share)
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}, but a probability from 0 to 1 is expected.")
