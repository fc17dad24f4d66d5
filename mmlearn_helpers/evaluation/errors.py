"""How far reconstructions are from the examples."""

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
    TypeError
        If the model cannot encode and decode.
    TypeError, ValueError
        If ``x`` is not a finite, non-empty floating-point matrix.
    ValueError
        If the model answers with another shape, or with no tensor.
    """
    for name in ("encode", "decode"):
        if not callable(getattr(model, name, None)):
            raise TypeError(
                f"The model is a {type(model).__name__} without {name}, but both encode(x) and "
                "decode(z) are needed; give a trained autoencoder."
            )
    check_matrix(x)
    x_hat = model.decode(model.encode(x))
    answer = tuple(x_hat.shape) if isinstance(x_hat, torch.Tensor) else type(x_hat).__name__
    if answer != tuple(x.shape):
        raise ValueError(
            f"The model turned examples of shape {tuple(x.shape)} into {answer}; "
            "the decoder's output must have the shape of the encoder's input."
        )
    return (x - x_hat).square().sum(dim=1).mean().item()
