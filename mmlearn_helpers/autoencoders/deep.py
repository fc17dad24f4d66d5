"""The deep autoencoder: several layers down to a narrow code and several layers back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import nn
from torch.nn import functional as F

from mmlearn_helpers.checks import check_matrix
from mmlearn_helpers.networks import mlp


class DeepAutoencoder(nn.Module):
    """Encoder and decoder as mirrored multilayer perceptrons with a linear code.

    Parameters
    ----------
    sizes
        Widths from the examples to the code, for example ``[64, 256, 64, 2]``; the decoder uses
        the same widths backwards.
    error
        ``"squared"`` leaves the decoder's output linear and trains on the squared error.
        ``"cross-entropy"`` ends in a sigmoid, trains on the cross-entropy, and takes examples in
        [0, 1] only.
    activation
        Makes the module that stands between two layers.

    Raises
    ------
    TypeError
        If ``sizes`` is no list of whole numbers, or ``activation`` makes no module.
    ValueError
        If ``sizes`` has fewer than two widths or ``error`` is unknown.

    References
    ----------
    Hinton, G. E. and Salakhutdinov, R. R. (2006). Reducing the dimensionality of data with neural
    networks. Science 313, 504–507.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        error: Literal["squared", "cross-entropy"] = "squared",
        activation: Callable[[], nn.Module] = nn.ReLU,
    ) -> None:
        super().__init__()
        if error not in ("squared", "cross-entropy"):
            raise ValueError(f"error is {error!r}, but 'squared' or 'cross-entropy' is expected.")
        self.error = error
        self.encoder = mlp(sizes, activation)
        self.decoder = mlp(sizes[::-1], activation)

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """Turn examples into codes.

        Parameters
        ----------
        x
            Examples, ``(N, D)``.

        Returns
        -------
        torch.Tensor
            Codes, ``(N, K)``.

        Raises
        ------
        TypeError, ValueError
            If ``x`` is not a finite, non-empty floating-point matrix with D columns.
        """
        first = self.encoder[0]
        check_matrix(x, first.in_features, first.weight.dtype)
        return self.encoder(x)

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Turn codes into reconstructions.

        Parameters
        ----------
        z
            Codes, ``(N, K)``.

        Returns
        -------
        torch.Tensor
            Reconstructions, ``(N, D)``; in [0, 1] if the error is the cross-entropy.

        Raises
        ------
        TypeError, ValueError
            If ``z`` is not a finite, non-empty floating-point matrix with K columns.
        """
        first = self.decoder[0]
        check_matrix(z, first.in_features, first.weight.dtype, name="z")
        output = self.decoder(z)
        return output.sigmoid() if self.error == "cross-entropy" else output

    def loss(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """Reconstruction error per example.

        Parameters
        ----------
        x
            A batch of examples, ``(N, D)``.

        Returns
        -------
        dict[str, torch.Tensor]
            One term, ``"loss"``: squared error, or cross-entropy in nats, summed over features and
            averaged over the batch.

        Raises
        ------
        ValueError
            If the error is the cross-entropy and a value lies outside [0, 1].
        """
        return self._error(x, self.decoder(self.encode(x)))

    def _error(self, x: torch.Tensor, output: torch.Tensor) -> dict[str, torch.Tensor]:
        if self.error == "squared":
            return {"loss": (x - output).square().sum(dim=1).mean()}
        if x.min() < 0 or x.max() > 1:
            raise ValueError(
                f"x ranges from {x.min().item():.3g} to {x.max().item():.3g}, but the "
                "cross-entropy takes values in [0, 1] only; rescale x, or use error='squared'."
            )
        nats = F.binary_cross_entropy_with_logits(output, x, reduction="none")
        return {"loss": nats.sum(dim=1).mean()}
