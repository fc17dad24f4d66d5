"""Sound waves as pictures: log-mel spectrograms, and the way back."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from mmlearn_helpers.checks import (
    check_count,
    check_matrix,
    check_positive,
    check_seed,
    check_tensor,
)

RANGE_DB = 80.0
CHUNK = 100


def mel_filterbank(sample_rate: int, n_mels: int = 40, window: int = 256) -> torch.Tensor:
    """Make triangular filters that are equally wide and equally far apart on the mel scale.

    Parameters
    ----------
    sample_rate
        Samples per second; the bands share the range from 0 Hz to half of it.
    n_mels
        Number of bands.
    window
        Samples of the Fourier transform that the filters are for.

    Returns
    -------
    torch.Tensor
        ``(n_mels, window // 2 + 1)``, one filter a row, each with its peak at 1. Neighbours add up
        to 1 everywhere between the first and the last peak, so that the bands share the power out.

    Raises
    ------
    TypeError, ValueError
        If a number is not positive, or a band is so narrow that no frequency falls into it.

    Notes
    -----
    Triangles: Davis and Mermelstein (1980), Comparison of parametric representations for
    monosyllabic word recognition. Scale: ``mel(f) = 2595 log10(1 + f / 700 Hz)``, O'Shaughnessy
    (1987), Speech Communication.
    """
    check_positive("sample_rate", sample_rate)
    check_count("n_mels", n_mels)
    check_count("window", window)
    top = 2595 * math.log10(1 + sample_rate / 2 / 700)
    edges = 700 * (10 ** (torch.linspace(0, top, n_mels + 2, dtype=torch.float64) / 2595) - 1)
    frequency = torch.arange(window // 2 + 1, dtype=torch.float64) * sample_rate / window
    left, peak, right = (edges[i : n_mels + i, None] for i in range(3))
    rising, falling = (frequency - left) / (peak - left), (right - frequency) / (right - peak)
    bank = torch.minimum(rising, falling).clamp(min=0).float()
    n_empty = int((bank.sum(1) == 0).sum())
    if n_empty:
        raise ValueError(
            f"{n_empty} of {n_mels} mel bands hold none of the frequencies of a window of {window} "
            "samples; ask for fewer bands or a longer window."
        )
    return bank


def log_mel(
    wave: torch.Tensor, sample_rate: int, *, n_mels: int = 40, window: int = 256, hop: int = 128
) -> torch.Tensor:
    """Turn waves into pictures of their power over time and frequency, in decibels.

    Parameters
    ----------
    wave
        ``(N, samples)``, floating point, usually in [-1, 1].
    sample_rate
        Samples per second.
    n_mels
        Number of bands on the mel scale; see :func:`mel_filterbank`.
    window
        Samples that a frame looks at, through a Hann window.
    hop
        Samples from one frame to the next; frame ``i`` is centred on the ``i``-th piece of ``hop``
        samples. Beyond its ends a wave is silent.

    Returns
    -------
    torch.Tensor
        ``(N, 1, n_mels, frames)``, float32 in [0, 1], the lowest band first, with
        ``ceil(samples / hop)`` frames. 1 is the power of a sine wave of amplitude 1 (0 dB), and 0
        is 80 dB below or less; what is louder or softer is clipped. The reference is fixed, so a
        picture does not depend on the other examples, and silence is 0 everywhere.

    Raises
    ------
    TypeError, ValueError
        If the wave is not two-dimensional, not floating point, empty or not finite, or the sizes
        are impossible.
    """
    _check_wave(wave)
    _check_sizes(window, hop)
    bank = mel_filterbank(sample_rate, n_mels, window).to(wave.device)
    pictures = []
    for part in wave.float().split(CHUNK):
        spectrum = _transform(part, window, hop)
        power = bank @ (spectrum.real.square() + spectrum.imag.square()) * _unit(window)
        level = 10 * torch.log10(power.clamp(min=10 ** (-RANGE_DB / 10)))
        pictures.append((1 + level / RANGE_DB).clamp(0, 1))
    return torch.cat(pictures)[:, None]


def griffin_lim(
    audio: torch.Tensor,
    sample_rate: int,
    *,
    window: int = 256,
    hop: int = 128,
    n_iterations: int = 60,
    seed: int = 0,
) -> torch.Tensor:
    """Find waves whose log-mel spectrograms are close to the given ones, to listen to them.

    Parameters
    ----------
    audio
        ``(N, 1, n_mels, frames)`` in [0, 1], as :func:`log_mel` makes them.
    sample_rate, window, hop
        As :func:`log_mel` was given them.
    n_iterations
        How often the phases are improved.
    seed
        For the phases to begin with.

    Returns
    -------
    torch.Tensor
        ``(N, frames * hop)``, float32, as loud as the wave that the picture was made from.

    Raises
    ------
    TypeError, ValueError
        If the pictures have the wrong shape or are not finite, or the sizes are impossible.

    Notes
    -----
    The power at each frequency is the non-negative solution of least squares, by the updates of
    Lee and Seung (2001). The phases are those of Griffin and Lim (1984), Signal estimation from
    modified short-time Fourier transform, sped up as by Perraudin, Balazs and Søndergaard (2013).
    """
    check_spectrograms("audio", audio)
    _check_sizes(window, hop)
    check_count("n_iterations", n_iterations, least=0)
    check_seed(seed)
    bank = mel_filterbank(sample_rate, audio.shape[2], window).to(audio.device)
    mel = 10 ** ((audio[:, 0].float().clamp(0, 1) - 1) * RANGE_DB / 10) / _unit(window)
    mel = mel * (audio[:, 0] > 0)
    power = bank.T @ (mel / bank.sum(1, keepdim=True))
    for _ in range(n_iterations):
        power = power * (bank.T @ mel) / (bank.T @ (bank @ power)).clamp(min=1e-12)
    size = power.sqrt()

    generator = torch.Generator().manual_seed(seed)
    turn = 2 * math.pi * torch.rand(size.shape, generator=generator)
    guess = before = torch.polar(torch.ones_like(size), turn.to(size.device))
    for _ in range(n_iterations):
        wave = _invert(size * guess / guess.abs().clamp(min=1e-12), window, hop)
        now = _transform(wave, window, hop)
        guess, before = now + 0.99 * (now - before), now
    return _invert(size * guess / guess.abs().clamp(min=1e-12), window, hop)


def check_spectrograms(
    name: str, audio: torch.Tensor, n_mels: int | None = None, dtype: torch.dtype | None = None
) -> None:
    """Demand finite spectrograms ``(N, 1, mel bands, frames)``.

    Parameters
    ----------
    name
        What the message calls them.
    audio
        What is to be checked.
    n_mels
        How many bands there must be; any number when ``None``.
    dtype
        The type of number that the model computes with; any floating-point type when ``None``.

    Raises
    ------
    TypeError, ValueError
        If it is something else.
    """
    if isinstance(audio, (list, tuple)):
        raise TypeError(
            f"{name} is a {type(audio).__name__}, but one tensor (N, 1, mel bands, frames) is "
            "expected; recordings of different lengths go through one by one, or padded with 0, "
            "which is silence."
        )
    check_tensor(audio, name)
    bands = n_mels or "mel bands"
    wrong = audio.ndim != 4 or audio.shape[1] != 1 or 0 in audio.shape
    if wrong or (n_mels is not None and audio.shape[2] != n_mels):
        raise ValueError(
            f"{name} has shape {tuple(audio.shape)}, but (N, 1, {bands}, frames) is expected; "
            "give what log_mel returns, with as many bands."
        )
    check_matrix(audio.flatten(1), dtype=dtype, name=name)


def _check_wave(wave: torch.Tensor) -> None:
    check_tensor(wave, "wave")
    if wave.ndim != 2 or 0 in wave.shape or not wave.is_floating_point():
        raise ValueError(
            f"The waves have shape {tuple(wave.shape)} and type {wave.dtype}, but a floating-point "
            "tensor (N, samples) with at least one sample is needed; give one row a wave."
        )
    if not torch.stack(wave.aminmax()).isfinite().all():
        raise ValueError(
            "The waves hold NaN or infinity, but a spectrogram needs finite numbers; look at how "
            "the waves were made."
        )


def _check_sizes(window: int, hop: int) -> None:
    check_count("window", window)
    check_count("hop", hop)
    if not 1 <= hop <= window:
        raise ValueError(
            f"The hop is {hop} and the window {window} samples, but the hop must be from 1 to "
            "the window; try half the window."
        )


def _unit(window: int) -> float:
    """Give what makes the powers of a sine wave of amplitude 1 add up to 1."""
    return 4 / (window * torch.hann_window(window, dtype=torch.float64).square().sum().item())


def _transform(wave: torch.Tensor, window: int, hop: int) -> torch.Tensor:
    """Fourier transform of each frame, ``(N, frequencies, frames)``."""
    edge = (window - hop) // 2
    padded = F.pad(wave, (edge, window - hop - edge + -wave.shape[1] % hop))
    hann = torch.hann_window(window, device=wave.device)
    return torch.stft(padded, window, hop, window=hann, center=False, return_complex=True)


def _invert(spectrum: torch.Tensor, window: int, hop: int) -> torch.Tensor:
    """Find the wave whose transform is nearest to a given one: frames overlapped and added."""
    hann = torch.hann_window(window, device=spectrum.device)
    frames = torch.fft.irfft(spectrum, n=window, dim=1) * hann[:, None]
    weight = hann.square()[None, :, None].expand(1, -1, frames.shape[2])
    size = {"output_size": (1, hop * (frames.shape[2] - 1) + window), "kernel_size": (1, window)}
    added, weights = (F.fold(x, **size, stride=(1, hop))[:, 0, 0] for x in (frames, weight))
    edge = (window - hop) // 2
    return (added / weights.clamp(min=1e-8))[:, edge : edge + hop * frames.shape[2]]
