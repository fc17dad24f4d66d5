"""Measures that know no model."""

from __future__ import annotations

from typing import Protocol

import torch

from mmlearn_helpers.checks import check_matrix


class Reconstructor(Protocol):
    """Anything that turns examples into codes and codes into examples."""

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """Turn examples ``(N, D)`` into codes ``(N, K)``."""

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Turn codes ``(N, K)`` into examples ``(N, D)``."""


@torch.no_grad()
def reconstruction_error(model: Reconstructor, x: torch.Tensor) -> float:
    """Squared reconstruction error per example: summed over features, averaged over examples.

    Parameters
    ----------
    model
        Has ``encode`` and ``decode``.
    x
        Examples, ``(N, D)``.

    Returns
    -------
    float
        The error, in squared units of ``x``. Hinton and Salakhutdinov (2006) report this number;
        a mean over pixels as well would be ``D`` times smaller.

    Raises
    ------
    TypeError, ValueError
        If ``x`` is not a finite, non-empty floating-point matrix.
    ValueError
        If the model answers with another shape.
    """
    check_matrix(x)
    x_hat = model.decode(model.encode(x))
    if x_hat.shape != x.shape:
        raise ValueError(
            f"The model turned examples of shape {tuple(x.shape)} into {tuple(x_hat.shape)}; "
            "the decoder's output must have the shape of the encoder's input."
        )
    return (x - x_hat).square().sum(dim=1).mean().item()
