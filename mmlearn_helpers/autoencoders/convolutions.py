"""The arithmetic of convolutions and of their transposes."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from mmlearn_helpers.checks import check_count, check_matrix, check_tensor


def output_size(
    size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    """Give the number of outputs of a convolution along one axis.

    Parameters
    ----------
    size
        Pixels along the axis.
    kernel
        Weights along the axis.
    stride
        Pixels from one place of the kernel to the next.
    padding
        Zeros put on each of the two ends.
    dilation
        Pixels from one weight to the next.

    Returns
    -------
    int
        ``(size + 2 padding - dilation (kernel - 1) - 1) // stride + 1``.

    Raises
    ------
    TypeError
        If an argument is no whole number.
    ValueError
        If one is too small, or the kernel is larger than the padded picture.

    References
    ----------
    Dumoulin, V. and Visin, F. (2016). A guide to convolution arithmetic for deep learning.
    """
    for name, value in {"size": size, "kernel": kernel, "stride": stride}.items():
        check_count(name, value)
    check_count("padding", padding, least=0)
    check_count("dilation", dilation)
    reach, padded = dilation * (kernel - 1) + 1, size + 2 * padding
    if reach > padded:
        raise ValueError(
            f"The kernel reaches over {reach} pixels, but with its padding the picture has only "
            f"{padded}; take a smaller kernel or dilation, more padding, or larger pictures."
        )
    return (padded - reach) // stride + 1


def output_padding(
    size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    """Give what a transposed convolution must add to bring a size back.

    Parameters
    ----------
    size, kernel, stride, padding, dilation
        As for :func:`output_size`, of the convolution that is transposed.

    Returns
    -------
    int
        The pixels at the end that the convolution does not reach, fewer than ``stride``: the
        ``output_padding`` of ``torch.nn.ConvTranspose2d`` with which it makes ``size`` again.

    Raises
    ------
    TypeError, ValueError
        As :func:`output_size`.
    """
    output_size(size, kernel, stride, padding, dilation)
    return (size + 2 * padding - dilation * (kernel - 1) - 1) % stride


def convolution_matrix(
    weight: torch.Tensor,
    size: tuple[int, int],
    *,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
) -> torch.Tensor:
    """Write the convolution of a framework as the matrix that it is.

    Parameters
    ----------
    weight
        Kernels as ``torch.nn.functional.conv2d`` takes them, ``(C_out, C_in, k, k)``.
    size
        Height and width of the pictures.
    stride, padding, dilation
        As for :func:`output_size`, the same along both axes.

    Returns
    -------
    torch.Tensor
        ``(C_out H' W', C_in H W)``: times a flattened picture it gives the flattened output. Its
        transpose is the transposed convolution.

    Raises
    ------
    TypeError, ValueError
        If the weight is no finite tensor of four axes, the size no pair, or as
        :func:`output_size`.
    """
    check_tensor(weight, "weight")
    if weight.ndim != 4:
        raise ValueError(
            f"weight has shape {tuple(weight.shape)}, but (C_out, C_in, k, k) is expected; write a "
            "single kernel as weight[None, None]."
        )
    check_matrix(weight.flatten(1), name="weight.flatten(1)")
    if not isinstance(size, Sequence) or len(size) != 2:
        raise TypeError(f"size is {size!r}, but (height, width) is expected, for example (28, 28).")
    reads = []
    for n, kernel in zip(size, weight.shape[2:], strict=True):
        places = stride * torch.arange(output_size(n, kernel, stride, padding, dilation))
        pixels = places[:, None] - padding + dilation * torch.arange(kernel)
        reads.append((pixels[:, :, None] == torch.arange(n)).to(weight))
    matrix = torch.einsum("ocuv,yui,xvj->oyxcij", weight, *reads)
    return matrix.flatten(3).flatten(0, 2)


def stride_energy(pictures: torch.Tensor, stride: int = 2) -> torch.Tensor:
    """Measure what repeats in a picture with the period of a stride: its checkerboard.

    Parameters
    ----------
    pictures
        ``(N, C, H, W)``.
    stride
        The period, in pixels, along both axes; at least 2.

    Returns
    -------
    torch.Tensor
        ``(N,)``: every pixel is replaced by the mean over all pixels of its picture and channel
        that stand at the same place of their ``stride × stride`` cell; this is the energy of that
        pattern about its mean, per pixel, averaged over channels. It is not below 0, and 0 if the
        means of all places agree. Rows and columns of an unfinished last cell are left out.

    Raises
    ------
    TypeError, ValueError
        If the pictures are no finite tensor of four axes, or smaller than one cell.
    """
    check_tensor(pictures, "pictures")
    check_count("stride", stride, least=2)
    if pictures.ndim != 4 or min(pictures.shape[2:]) < stride:
        raise ValueError(
            f"pictures has shape {tuple(pictures.shape)}, but (N, C, H, W) of at least {stride} × "
            f"{stride} pixels is expected; write a single grey picture as pictures[None, None]."
        )
    check_matrix(pictures.flatten(1), name="pictures.flatten(1)")
    rows, columns = (n // stride for n in pictures.shape[2:])
    cells = pictures[..., : rows * stride, : columns * stride]
    cells = cells.unflatten(3, (columns, stride)).unflatten(2, (rows, stride))
    pattern = cells.mean(dim=(2, 4))
    return pattern.var(dim=(2, 3), correction=0).mean(dim=1)
