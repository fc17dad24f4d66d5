"""What stays the same over a recording: taken away, or taken from another one."""

from __future__ import annotations

import torch

from mmlearn_helpers.checks import check_matrix, check_positive, check_tensor
from mmlearn_helpers.data.audio import check_spectrograms

EPS = 1e-4


def instance_norm(x: torch.Tensor, *, eps: float = EPS) -> torch.Tensor:
    """Bring each row of each example to mean 0 and variance 1 over time.

    Parameters
    ----------
    x
        ``(N, C, T)``.
    eps
        Is added to the variance, so that a row which does not change becomes 0, not NaN.

    Returns
    -------
    torch.Tensor
        ``(N, C, T)``. Adding a constant to a row, or multiplying it by one above 0, changes it only
        by as much as ``eps`` is felt.

    Raises
    ------
    TypeError, ValueError
        If ``x`` is no finite floating-point tensor with three axes, or ``eps`` not above 0.

    References
    ----------
    Ulyanov, D., Vedaldi, A. and Lempitsky, V. (2016). Instance normalization: the missing
    ingredient for fast stylization. arXiv:1607.08022.
    """
    check_tensor(x)
    if x.ndim != 3:
        raise ValueError(
            f"x has shape {tuple(x.shape)}, but (N, channels, frames) is expected; take the only "
            "channel of spectrograms with audio[:, 0]."
        )
    check_matrix(x.flatten(1))
    return normalised(x, eps)


def match_statistics(source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Give every band of a source the mean and deviation over time of the target's.

    Voice conversion without learning anything, and the baseline of every other.

    Parameters
    ----------
    source, target
        Spectrograms ``(N, 1, mel bands, frames)``; their numbers of frames may differ.

    Returns
    -------
    torch.Tensor
        ``(N, 1, mel bands, frames)``, as long as the source.

    Raises
    ------
    TypeError, ValueError
        If they are no finite spectrograms, or do not go together.

    References
    ----------
    Huang, X. and Belongie, S. (2017). Arbitrary style transfer in real-time with adaptive instance
    normalization. ICCV.
    """
    check_spectrograms("source", source)
    check_spectrograms("target", target, source.shape[2], source.dtype)
    if len(source) != len(target):
        raise ValueError(
            f"There are {len(source)} sources and {len(target)} targets, but one target for each "
            "source is expected; repeat a single one with target.expand(len(source), -1, -1, -1)."
        )
    deviation, mean = torch.std_mean(target, dim=3, keepdim=True, correction=0)
    return mean + deviation * normalised(source)


def normalised(x: torch.Tensor, eps: float = EPS) -> torch.Tensor:
    """Do what :func:`instance_norm` does within a network: along the last axis, NaN or not.

    Parameters
    ----------
    x
        ``(…, T)``.
    eps
        As for :func:`instance_norm`.

    Returns
    -------
    torch.Tensor
        ``(…, T)``.

    Raises
    ------
    TypeError, ValueError
        If ``eps`` is not above 0.
    """
    check_positive("eps", eps)
    centred = x - x.mean(dim=-1, keepdim=True)
    return centred / (centred.square().mean(dim=-1, keepdim=True) + eps).sqrt()
