"""Lit discs: pictures with a single factor, the phase of the moon."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from mmlearn_helpers.batches import take
from mmlearn_helpers.checks import check_count, check_number, check_seed, check_tensor
from mmlearn_helpers.data.cache import drawn
from mmlearn_helpers.data.dataset import Dataset, Split

SIZE, RADIUS = 28, 11.0


def moons(
    *,
    n_train: int = 8000,
    n_test: int = 2000,
    phases: Sequence[float] | None = None,
    wobble: float = 0.0,
    seed: int = 0,
) -> Dataset:
    """Draw moons: 28 × 28 pictures of a waxing moon of any phase.

    Parameters
    ----------
    n_train, n_test
        Numbers of examples.
    phases
        Only these phases, in equal shares; all from 0 to 1 if not given.
    wobble
        The centre lies up to so many pixels beside that of the picture, at most 2.
    seed
        Seed of phases and places.

    Returns
    -------
    Dataset
        ``image`` is ``(N, 1, 28, 28)`` in [0, 1], ``phase`` is ``(N,)`` as in :func:`moon`, and
        ``place`` is ``(N, 2)``, the centre to the right of and below the middle, in pixels.

    Raises
    ------
    TypeError, ValueError
        If a number of examples is below 1, a phase outside [0, 1] or the wobble outside [0, 2].
    """
    check_count("n_train", n_train)
    check_count("n_test", n_test)
    check_seed(seed)
    if phases is not None:
        try:
            phases = [float(phase) for phase in phases]
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"phases is {phases!r}, but a list of numbers from 0 to 1 is expected."
            ) from error
        if not phases or not all(0 <= phase <= 1 for phase in phases):
            raise ValueError(
                f"phases is {phases}, but at least one from 0 (new) to 1 (full) is needed."
            )
    check_number("wobble", wobble)
    if not 0 <= wobble <= 2:
        raise ValueError(f"wobble is {wobble}, but 0 to 2 pixels are possible.")
    return drawn(
        "moons", _draw, n_train=n_train, n_test=n_test, phases=phases, wobble=wobble, seed=seed
    )


def moon(phase: torch.Tensor, place: torch.Tensor | None = None) -> torch.Tensor:
    """Draw one moon for every phase.

    The terminator, between day and night, is half an ellipse: at a height where the disc is w wide
    on each side, the moon is lit to the right of w cos(π phase).

    Parameters
    ----------
    phase
        ``(N,)`` from 0, new moon, over 0.5, the right half, to 1, full moon.
    place
        Centre to the right of and below the middle, in pixels, ``(N, 2)``; the middle if not given.

    Returns
    -------
    torch.Tensor
        ``(N, 1, 28, 28)`` in [0, 1]; a pixel on an edge has the share of its width that
        is lit.

    Raises
    ------
    TypeError, ValueError
        If they are no tensors of these shapes, or a phase lies outside [0, 1].
    """
    check_tensor(phase, "phase")
    place = torch.zeros(len(phase), 2) if place is None else place
    check_tensor(place, "place")
    if phase.ndim != 1 or place.shape != (len(phase), 2):
        raise ValueError(
            f"phase has shape {tuple(phase.shape)} and place {tuple(place.shape)}, but (N,) and "
            "(N, 2) are expected; write a single phase as phase[None]."
        )
    if not ((phase >= 0) & (phase <= 1)).all():
        raise ValueError("A phase lies outside 0 (new) to 1 (full); rescale the phases.")
    along = torch.arange(SIZE) - (SIZE - 1) / 2
    x = along[None, None, :] - place[:, 0, None, None]
    y = along[None, :, None] - place[:, 1, None, None]
    half_width = (RADIUS**2 - y.square()).clamp_min(0).sqrt()
    terminator = half_width * torch.cos(torch.pi * phase)[:, None, None]
    lit = torch.minimum(x + 0.5, half_width) - torch.maximum(x - 0.5, terminator)
    return lit.clamp(0, 1)[:, None]


def _draw(
    n_train: int, n_test: int, phases: list[float] | None, wobble: float, seed: int
) -> Dataset:
    generator = torch.Generator().manual_seed(seed)
    n = n_train + n_test
    phase = torch.rand(n, generator=generator)
    if phases is not None:
        phase = torch.tensor(phases)[(phase * len(phases)).long()]
    place = wobble * (2 * torch.rand(n, 2, generator=generator) - 1)
    modalities = {"image": moon(phase, place), "phase": phase, "place": place}
    return Dataset(
        name="moons",
        train=Split(take(modalities, slice(n_train))),
        test=Split(take(modalities, slice(n_train, None))),
        about="Synthetic: discs of 22 pixels, lit from the right, of any phase.",
        source="drawn by mmlearn_helpers from a seed",
        licence="CC0 1.0",
        citation="None needed.",
    )
