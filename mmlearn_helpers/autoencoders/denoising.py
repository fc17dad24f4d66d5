"""The denoising autoencoder: the input is spoiled in training, the target is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import nn

from mmlearn_helpers.autoencoders.corruptions import Corruption, check_corruption, corrupted
from mmlearn_helpers.autoencoders.deep import DeepAutoencoder
from mmlearn_helpers.checks import check_matrix


class DenoisingAutoencoder(DeepAutoencoder):
    """A deep autoencoder that learns to give clean examples for spoiled ones.

    Only ``loss`` spoils anything, and only in training mode, as ``fit`` sets it. ``encode`` and
    ``decode`` take examples as they are in either mode: codes are the same each time, and whoever
    wants to see noise removed gives a noisy example.

    Parameters
    ----------
    sizes
        Widths from the examples to the code, for example ``[64, 256, 32]``; the decoder uses the
        same widths backwards. The code may be wider than the examples: copying the spoiled input
        does not make the loss small.
    corruption
        Spoils a batch: a function from ``(N, D)`` to ``(N, D)``, for example one of
        :mod:`mmlearn_helpers.autoencoders.corruptions`. It draws anew for every batch, from torch's
        random numbers, and gets a copy.
    error
        ``"squared"`` or ``"cross-entropy"``, as for
        :class:`~mmlearn_helpers.autoencoders.deep.DeepAutoencoder`. Only the clean examples must
        lie in [0, 1] for the second.
    activation
        Makes the module that stands between two layers.

    Raises
    ------
    TypeError
        If ``corruption`` cannot be called, ``sizes`` is no list of whole numbers, or ``activation``
        makes no module.
    ValueError
        If ``sizes`` has fewer than two widths or ``error`` is unknown.

    References
    ----------
    Vincent, P., Larochelle, H., Bengio, Y. and Manzagol, P.-A. (2008). Extracting and composing
    robust features with denoising autoencoders. International Conference on Machine Learning.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        corruption: Corruption,
        error: Literal["squared", "cross-entropy"] = "squared",
        activation: Callable[[], nn.Module] = nn.ReLU,
    ) -> None:
        check_corruption(corruption)
        super().__init__(sizes, error=error, activation=activation)
        self.corruption = corruption

    def loss(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """Error of the reconstruction of spoiled examples against the clean ones, per example.

        Parameters
        ----------
        x
            A batch of clean examples, ``(N, D)``.

        Returns
        -------
        dict[str, torch.Tensor]
            One term, ``"loss"``: squared error, or cross-entropy in nats, summed over features and
            averaged over the batch. In evaluation mode nothing is spoiled, and it is the error of
            reconstructing clean examples.

        Raises
        ------
        TypeError, ValueError
            If ``x`` is unusable, the corruption returns no tensor of the same shape and type of
            number, or one with NaN or infinity, or the error is the cross-entropy and a value of
            ``x`` lies outside [0, 1].
        """
        if not self.training:
            return super().loss(x)
        first = self.encoder[0]
        check_matrix(x, first.in_features, first.weight.dtype)
        spoiled = corrupted(self.corruption, x)
        return self._error(x, self.decoder(self.encode(spoiled)))
