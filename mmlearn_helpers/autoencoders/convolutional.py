"""The convolutional autoencoder: strided convolutions to a code, and back to the very size."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from numbers import Integral
from typing import Literal

import torch
from torch import nn

from mmlearn_helpers.autoencoders.convolutions import output_padding, output_size
from mmlearn_helpers.checks import check_count, check_matrix, check_tensor


class ConvolutionalAutoencoder(nn.Module):
    """Convolutions that halve a picture, a linear code, and a decoder that doubles it again.

    Parameters
    ----------
    shape
        Channels, height and width of the pictures, for example ``(1, 28, 28)``.
    channels
        Channels after each halving, for example ``[16, 32]``.
    n_code
        Numbers in the code.
    kernel
        Rows and columns of every kernel.
    upsampling
        ``"transposed"`` doubles with transposed convolutions of stride 2, ``"nearest"`` by writing
        every pixel four times, followed by a convolution that keeps the size.

    Raises
    ------
    TypeError
        If ``shape`` and ``channels`` are no lists of whole numbers, or another is none.
    ValueError
        If the pictures are too small to be halved so often, ``upsampling`` is unknown, or
        ``"nearest"`` is asked for with an even kernel.

    References
    ----------
    Masci, J., Meier, U., Cireşan, D. and Schmidhuber, J. (2011). Stacked convolutional
    auto-encoders for hierarchical feature extraction. ICANN, 52–59.
    """

    def __init__(
        self,
        shape: Sequence[int],
        channels: Sequence[int],
        n_code: int,
        *,
        kernel: int = 3,
        upsampling: Literal["transposed", "nearest"] = "transposed",
    ) -> None:
        super().__init__()
        _check_list("shape", shape, "(1, 28, 28)", 3)
        _check_list("channels", channels, "[16, 32]")
        check_count("n_code", n_code)
        check_count("kernel", kernel, least=2)
        if upsampling not in ("transposed", "nearest"):
            raise ValueError(
                f"upsampling is {upsampling!r}, but 'transposed' or 'nearest' is expected."
            )
        if upsampling == "nearest" and kernel % 2 == 0:
            raise ValueError(
                f"kernel is {kernel}, but a convolution that keeps the size needs as much padding "
                "on both sides; take an odd kernel, or upsampling='transposed'."
            )
        self.shape, padding = tuple(shape), (kernel - 1) // 2
        widths, sizes = [shape[0], *channels], [self.shape[1:]]
        for _ in channels:
            if min(sizes[-1]) < 2:
                raise ValueError(
                    f"Pictures of {shape[1]} × {shape[2]} pixels can be halved {len(sizes) - 1} "
                    f"times, but channels has {len(channels)} entries, one for each halving; "
                    "leave some out, or enlarge the pictures."
                )
            sizes.append(tuple(output_size(n, kernel, 2, padding) for n in sizes[-1]))
        encoder: list[nn.Module] = []
        decoder: list[nn.Module] = []
        for (n_in, n_out), size in zip(pairwise(widths), sizes[:-1], strict=True):
            encoder += [nn.Conv2d(n_in, n_out, kernel, 2, padding), nn.ReLU()]
            if upsampling == "nearest":
                up = [nn.Upsample(size), nn.Conv2d(n_out, n_in, kernel, 1, padding)]
            else:
                extra = tuple(output_padding(n, kernel, 2, padding) for n in size)
                up = [nn.ConvTranspose2d(n_out, n_in, kernel, 2, padding, extra)]
            decoder = [nn.ReLU(), *up, *decoder]
        inner = (widths[-1], *sizes[-1])
        n_inner = inner[0] * inner[1] * inner[2]
        self.encoder = nn.Sequential(*encoder, nn.Flatten(), nn.Linear(n_inner, n_code))
        self.decoder = nn.Sequential(nn.Linear(n_code, n_inner), nn.Unflatten(1, inner), *decoder)

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """Turn pictures ``(N, C, H, W)`` into codes ``(N, K)``.

        Raises
        ------
        TypeError, ValueError
            If ``x`` is no finite floating-point tensor of pictures of the network's shape.
        """
        weight = self.encoder[0].weight
        check_tensor(x, dtype=weight.dtype)
        if x.shape[1:] != self.shape:
            raise ValueError(
                f"x has shape {tuple(x.shape)}, but the network was made for (N, "
                f"{', '.join(map(str, self.shape))}); write a single picture as x[None], flattened "
                f"ones as x.unflatten(1, {self.shape}), or make the network anew for this shape."
            )
        check_matrix(x.flatten(1), dtype=weight.dtype)
        return self.encoder(x)

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Turn codes ``(N, K)`` into pictures ``(N, C, H, W)``.

        Raises
        ------
        TypeError, ValueError
            If ``z`` is not a finite, non-empty floating-point matrix with K columns.
        """
        first = self.decoder[0]
        check_matrix(z, first.in_features, first.weight.dtype, name="z")
        return self.decoder(z)

    def loss(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """Squared error per picture.

        Parameters
        ----------
        x
            A batch of pictures, ``(N, C, H, W)``.

        Returns
        -------
        dict[str, torch.Tensor]
            One term, ``"loss"``, summed over the picture and averaged over the batch.

        Raises
        ------
        TypeError, ValueError
            As :meth:`encode`.
        """
        x_hat = self.decode(self.encode(x))
        return {"loss": (x - x_hat).square().sum(dim=(1, 2, 3)).mean()}


def _check_list(name: str, values: Sequence[int], example: str, length: int | None = None) -> None:
    """Demand a list of whole numbers of at least 1."""
    is_list = isinstance(values, Sequence) and len(values) == (length or len(values)) > 0
    if not is_list or not all(isinstance(n, Integral) and n is not True for n in values):
        raise TypeError(
            f"{name} is {values!r}, but whole numbers are expected, for example {example}."
        )
    if min(values) < 1:
        raise ValueError(f"{name} is {values!r}, but numbers of at least 1 are needed.")
