"""How far two recordings of the same word are apart, and how high a voice is."""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

from mmlearn_helpers.checks import (
    check_count,
    check_matrix,
    check_positive,
    check_tensor,
)
from mmlearn_helpers.data.audio import RANGE_DB, check_spectrograms

WINDOW = 0.064  # seconds
LOWEST, HIGHEST = 65, 450  # Hz


def mel_cepstra(audio: torch.Tensor, *, n_coefficients: int = 13) -> torch.Tensor:
    """Describe the shape of each frame's spectrum by the first cosines that it is made of.

    Parameters
    ----------
    audio
        Log-mel spectrograms ``(N, 1, mel bands, frames)``, as
        :func:`~mmlearn_helpers.data.audio.log_mel` makes them.
    n_coefficients
        How many, less than there are bands. The zeroth, which is the loudness, is left out.

    Returns
    -------
    torch.Tensor
        ``(N, n_coefficients, frames)``: the natural logarithm of the amplitude in band ``m`` of
        ``M`` is ``c[0] + sum(c[d] * cos(pi * d * (m + 1/2) / M))``, summed over all ``d`` from 1.

    Raises
    ------
    TypeError, ValueError
        If the spectrograms have another shape or hold NaN, or there are not so many coefficients.
    """
    check_spectrograms("audio", audio)
    check_count("n_coefficients", n_coefficients)
    n_bands = audio.shape[2]
    if n_coefficients >= n_bands:
        raise ValueError(
            f"n_coefficients is {n_coefficients}, but {n_bands} mel bands have only {n_bands - 1} "
            "beside the zeroth; ask for fewer."
        )
    log_amplitude = audio[:, 0].double() * RANGE_DB * math.log(10) / 20
    place = (torch.arange(n_bands, dtype=torch.float64) + 0.5) / n_bands
    order = torch.arange(1, n_coefficients + 1, dtype=torch.float64)
    cosines = (math.pi * order[:, None] * place).cos().to(audio.device)
    return 2 / n_bands * (cosines @ log_amplitude)


def mel_cepstral_distance(
    audio: torch.Tensor, reference: torch.Tensor, *, n_coefficients: int = 13
) -> torch.Tensor:
    """Give the mean mel-cepstral distance of recordings to references, at the best alignment.

    Parameters
    ----------
    audio, reference
        Log-mel spectrograms ``(N, 1, mel bands, frames)``, compared row by row. Their numbers of
        frames may differ.
    n_coefficients
        As for :func:`mel_cepstra`.

    Returns
    -------
    torch.Tensor
        In decibels, ``(N,)``. Loudness does not count.

    Raises
    ------
    TypeError, ValueError
        If the spectrograms have other shapes or hold NaN, or do not go together.

    Notes
    -----
    Kubichek, R. (1993). Mel-cepstral distance measure for objective speech quality assessment.
    IEEE Pacific Rim Conference. For two frames it is ``10 / log(10) * sqrt(2 * sum((c - c')**2))``.
    With all coefficients that is the root of the mean square of the difference in decibels over
    the bands, after the mean difference is taken away. The alignment is that of Sakoe and Chiba
    (1978), Dynamic programming algorithm optimization for spoken word recognition: each step goes
    one frame ahead in one recording or in both, and the sum of the distances is smallest. Their
    mean is taken over the pairs of frames of that way; all frames count, silent ones, too.
    """
    check_spectrograms("audio", audio)
    check_spectrograms("reference", reference)
    if audio.shape[:3] != reference.shape[:3]:
        raise ValueError(
            f"audio has shape {tuple(audio.shape)} and reference {tuple(reference.shape)}, but "
            "one reference for each recording, with as many bands, is expected."
        )
    ours, theirs = (
        mel_cepstra(x, n_coefficients=n_coefficients).transpose(1, 2) for x in (audio, reference)
    )
    cost = 10 / math.log(10) * math.sqrt(2) * torch.cdist(ours, theirs)
    return warped_mean(cost)


def warped_mean(cost: torch.Tensor) -> torch.Tensor:
    """Average costs along the cheapest way through each matrix (dynamic time warping).

    Parameters
    ----------
    cost
        ``(N, T, U)``, not negative: what it costs to align frame ``t`` with frame ``u``.

    Returns
    -------
    torch.Tensor
        ``(N,)``. The way goes from the first to the last pair; of several ways with the same sum,
        one that steps in both directions at once is preferred.

    Raises
    ------
    TypeError, ValueError
        If it is no floating-point tensor of matrices, or holds NaN.
    """
    check_tensor(cost, "cost")
    if cost.ndim != 3:
        raise ValueError(
            f"cost has shape {tuple(cost.shape)}, but (N, frames, frames) is expected; write a "
            "single matrix as cost[None]."
        )
    check_matrix(cost.flatten(1), name="cost")
    n, n_rows, n_columns = cost.shape
    infinite = cost.new_full((n, n_rows + 1), math.inf)
    # Row t of an antidiagonal stands in column t + 1; what lies beyond the matrix costs infinity.
    before, now = infinite.clone(), infinite.clone()
    steps_before, steps = torch.zeros_like(before), torch.zeros_like(now)
    row = torch.arange(n_rows, device=cost.device)
    for diagonal in range(n_rows + n_columns - 1):
        column = diagonal - row
        inside = (column >= 0) & (column < n_columns)
        here = torch.where(inside, cost[:, row, column.clamp(0, n_columns - 1)], math.inf)
        came = torch.stack([before[:, :-1], now[:, :-1], now[:, 1:]])
        taken = torch.stack([steps_before[:, :-1], steps[:, :-1], steps[:, 1:]])
        least, which = came.min(dim=0)
        if diagonal == 0:
            least = torch.zeros_like(least)
        n_steps = taken.gather(0, which[None])[0] + 1
        before, steps_before = now, steps
        now, steps = F.pad(here + least, (1, 0), value=math.inf), F.pad(n_steps, (1, 0))
    return now[:, -1] / steps[:, -1]


def pitch(wave: torch.Tensor, sample_rate: int) -> torch.Tensor:
    """Estimate how high voices are, by autocorrelation.

    Parameters
    ----------
    wave
        ``(N, samples)``, of 64 milliseconds or more.
    sample_rate
        Samples per second.

    Returns
    -------
    torch.Tensor
        Mean frequency in Hz, ``(N,)``, from 65 to 450, over frames of 64 milliseconds that
        repeat themselves, weighted by their strength; NaN where there is none.

    Raises
    ------
    TypeError, ValueError
        If the waves are no finite matrix or too short, or the sample rate is not above 0.

    Notes
    -----
    The autocorrelation of the windowed sound is divided by that of the window, as in Boersma
    (1993), Accurate short-term analysis of the fundamental frequency. Of its peaks the first is
    taken that is at least nine tenths as high as the highest.
    """
    check_matrix(wave, name="wave")
    check_positive("sample_rate", sample_rate)
    window = round(WINDOW * sample_rate)
    if wave.shape[1] < window:
        raise ValueError(
            f"The waves have {wave.shape[1]} samples, but at least {window} are needed, "
            "64 milliseconds; append silence."
        )
    hann = torch.hann_window(window, dtype=wave.dtype, device=wave.device)
    frames = wave.unfold(1, window, window // 4) * hann
    first, last = int(sample_rate / HIGHEST), math.ceil(sample_rate / LOWEST)

    def autocorrelation(x: torch.Tensor) -> torch.Tensor:
        return torch.fft.irfft(torch.fft.rfft(x, 2 * window).abs().square())[..., : last + 2]

    bias = autocorrelation(hann)
    r = autocorrelation(frames) / (bias / bias[0])
    r = r / r[..., :1].clamp(min=1e-9)
    peak = F.pad((r[..., 1:-1] > r[..., :-2]) & (r[..., 1:-1] >= r[..., 2:]), (1, 1))
    peak[..., :first] = False
    best = torch.where(peak, r, 0.0).amax(2, keepdim=True)
    lag = (peak & (r > 0.9 * best)).float().argmax(2, keepdim=True).clamp(min=1)
    left, middle, right = (r.gather(2, lag + i)[..., 0] for i in (-1, 0, 1))
    lag = lag[..., 0] + 0.5 * (left - right) / (left - 2 * middle + right).clamp(max=-1e-6)
    weight = frames.square().sum(2).sqrt() * (best[..., 0] > 0.5)
    return (sample_rate / lag * weight).sum(1) / weight.sum(1)
