"""Spoken digits that are computed: a voice, a vocal tract and ten words."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F

from mmlearn_helpers.batches import take
from mmlearn_helpers.checks import check_count, check_labels, check_matrix, check_seed
from mmlearn_helpers.data.audio import log_mel
from mmlearn_helpers.data.cache import drawn
from mmlearn_helpers.data.dataset import Dataset, Split
from mmlearn_helpers.data.drawn.phones import SPEAKERS, WORDS, spell

SAMPLE_RATE = 8000
SAMPLES = 4096
STEP = 32  # samples in which formants stay as they are: 4 milliseconds
LONGEST = 0.47  # seconds of a word
TABLE = torch.tensor(list(SPEAKERS.values()))
CHUNK = 500


def voices(*, n_train: int = 8000, n_test: int = 2000, seed: int = 0) -> Dataset:
    """Let eight made-up speakers say the English digits.

    Parameters
    ----------
    n_train, n_test
        Number of examples; words and speakers have equal shares, up to one example a pair.
    seed
        For everything that chance decides.

    Returns
    -------
    Dataset
        ``wave`` is ``(N, 4096)`` in [-1, 1] at 8 000 samples a second, a little more than half a
        second; ``audio`` its log-mel spectrogram ``(N, 1, 40, 32)`` in [0, 1]; ``label`` the word
        from zero to nine and ``speaker`` who says it, both ``(N,)``; ``pitch`` the mean frequency
        of the voice in Hz, weighted by its strength, and ``duration`` that of the word in seconds,
        both ``(N,)``. The same speakers are in both splits.

    Raises
    ------
    TypeError, ValueError
        If a number of examples is not a whole number above 0, or the seed none from 0.

    Notes
    -----
    Source and filter as in Klatt (1980), Software for a cascade/parallel formant synthesizer, JASA
    67: pulses of Rosenberg (1971), JASA 49, shape B, with noise of breath pass through resonators
    in a row, one a formant; the noise of fricatives and bursts passes through one of its own.
    Formants glide from phone to phone. Words, pitch, loudness and formants vary at random.
    """
    check_count("n_train", n_train)
    check_count("n_test", n_test)
    check_seed(seed)
    return drawn("voices", _draw, n_train=n_train, n_test=n_test, seed=seed)


def speak(label: torch.Tensor, speaker: torch.Tensor, *, seed: int = 0) -> Split:
    """Let chosen speakers say chosen words, in the same way with the same seed.

    Parameters
    ----------
    label
        The words, ``(N,)`` integers from 0 to 9.
    speaker
        ``(N,)`` integers, the speakers of :func:`voices`, or a row of numbers for each recording,
        ``(N, 6)``, as in ``phones.SPEAKERS``; see ``phones.draw_speakers``.
    seed
        For everything that chance decides.

    Returns
    -------
    Split
        ``wave``, ``audio``, ``label``, ``pitch`` and ``duration``, as in :func:`voices`.

    Raises
    ------
    TypeError, ValueError
        If words or speakers are none of these, or not one of them for each recording.
    """
    check_labels(label, name="label")
    check_seed(seed)
    numbers = {"label": (label, len(WORDS))}
    if isinstance(speaker, torch.Tensor) and speaker.is_floating_point():
        check_matrix(speaker, TABLE.shape[1], TABLE.dtype, "speaker")
        if len(speaker) != len(label) or speaker.min() <= 0:
            raise ValueError(
                f"speaker has {len(speaker)} rows for {len(label)} words, the smallest number is "
                f"{speaker.min():.3g}, but a row of positive numbers a word is expected."
            )
    else:
        check_labels(speaker, len(label), "speaker")
        numbers["speaker"] = (speaker, len(TABLE))
    for name, (x, n) in numbers.items():
        if x.min() < 0 or x.max() >= n:
            raise ValueError(
                f"{name} goes from {x.min().item()} to {x.max().item()}, but numbers from 0 to "
                f"{n - 1} are expected; see the classes of load('voices')."
            )
    voice = speaker if speaker.is_floating_point() else TABLE[speaker]
    generator = torch.Generator().manual_seed(seed)
    pairs = zip(label.split(CHUNK), voice.split(CHUNK), strict=True)
    parts = zip(*(_speak(*pair, generator) for pair in pairs), strict=True)
    wave, pitch, duration = map(torch.cat, parts)
    audio = log_mel(wave, SAMPLE_RATE)
    return Split(dict(wave=wave, audio=audio, label=label, pitch=pitch, duration=duration))


def _draw(n_train: int, n_test: int, seed: int) -> Dataset:
    generator = torch.Generator().manual_seed(seed)
    n_pairs = len(WORDS) * len(SPEAKERS)
    pair = torch.cat([torch.randperm(n, generator=generator) % n_pairs for n in (n_train, n_test)])
    label, speaker, voice = pair % len(WORDS), pair // len(WORDS), TABLE[pair // len(WORDS)]
    wave, pitch, duration = torch.empty(len(pair), SAMPLES), *torch.empty(2, len(pair))
    for rows in torch.arange(len(pair)).split(CHUNK):
        wave[rows], pitch[rows], duration[rows] = _speak(label[rows], voice[rows], generator)
    modalities = {
        "wave": wave,
        "audio": log_mel(wave, SAMPLE_RATE),
        "label": label,
        "speaker": speaker,
        "pitch": pitch,
        "duration": duration,
    }
    return Dataset(
        name="voices",
        train=Split(take(modalities, slice(n_train))),
        test=Split(take(modalities, slice(n_train, None))),
        about=(
            "Synthetic: the English digits, spoken by eight made-up speakers, three men, three "
            "women and two children."
        ),
        source="computed by mmlearn_helpers from a seed and published tables of formants",
        licence="CC0 1.0",
        citation=(
            "Klatt, D. H. (1980). Software for a cascade/parallel formant synthesizer. Journal of "
            "the Acoustical Society of America 67(3), 971–995. doi:10.1121/1.383940"
        ),
        classes={"label": tuple(WORDS), "speaker": tuple(SPEAKERS)},
        sample_rate=SAMPLE_RATE,
    )


def _speak(
    label: torch.Tensor, voice: torch.Tensor, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Speak one word a row; what changes slowly is ``(steps, N)``, sound ``(samples, N)``."""
    n, n_steps = len(label), SAMPLES // STEP

    def vary(low: float, high: float, *shape: int) -> torch.Tensor:
        return torch.empty(shape).uniform_(low, high, generator=generator)

    pitch, tract, tempo, is_open, breath, tilt = voice.T

    phones, seconds = spell(list(WORDS.values()))
    seconds = seconds[label] * vary(0.8, 1.25, n, seconds.shape[1]) / tempo[:, None]
    seconds = seconds * (LONGEST / seconds.sum(1, keepdim=True)).clamp(max=1)
    start, duration = vary(0.005, 0.035, n), seconds.sum(1)
    ends = start[:, None] + F.pad(seconds.cumsum(1), (1, 0))
    time = (torch.arange(n_steps)[:, None] + 0.5) * STEP / SAMPLE_RATE
    phone = phones[label, (time[..., None] >= ends).sum(2)]
    progress = ((time - start) / duration).clamp(0, 1)

    slow, fast = _glide(phone[..., :6], 21), _glide(phone[..., 6:], 5)
    formants, widths = slow.split(3, dim=2)
    voice, puff, hiss, place, spread = fast.unbind(2)
    voice = voice * (1 - 0.7 * progress**3)
    hiss = hiss * 4 ** vary(-1, 0.5, n)

    fall, rise, peak = vary(2, 6, n), vary(0, 3, n), vary(0.1, 0.5, n)
    tone = fall * (0.5 - progress) - rise * (progress - peak).abs()
    f0 = pitch * vary(0.9, 1.1, n) * 2 ** (tone / 12)
    pitch = (f0 * voice).sum(0) / voice.sum(0)
    f0 = f0 * vary(0.985, 1.015, n_steps, n)

    noise = vary(-1, 1, SAMPLES, n)
    pulses, flow = _pulses(f0, is_open)
    source = pulses * _ramp(0.1 * voice) + noise * (_ramp(puff) + flow * _ramp(voice * breath))
    hissing = noise.diff(dim=0, prepend=noise[:1]) * _ramp(hiss)

    formants = formants * tract[:, None] * vary(0.96, 1.04, n, 3)
    widths = widths * tract[:, None]
    rows = [(torch.zeros(n), tilt), *zip(formants.unbind(2), widths.unbind(2), strict=True)]
    rows += [(3500 * tract, 200 * tract), (torch.zeros(n), torch.zeros(n))]
    rows += [(place * tract.sqrt(), spread)]
    frequency, width = (
        torch.stack([x.expand(n_steps, n) for x in column], 1) for column in zip(*rows, strict=True)
    )
    wave = _resonate(source, hissing, frequency, width)
    wave = wave / wave.abs().amax(0) + noise * 10 ** vary(-3.5, -2, n)
    wave = wave * (0.9 * 3 ** vary(-1, 0, n) / 1.01)
    return wave.T.contiguous(), pitch, duration


def _glide(x: torch.Tensor, n: int) -> torch.Tensor:
    """Smooth along the steps with a Hann window of ``n``, an odd number."""
    weight = torch.hann_window(n + 2, periodic=False)[1:-1]
    padded = torch.cat([x[:1].expand(n // 2, -1, -1), x, x[-1:].expand(n // 2, -1, -1)])
    total = torch.zeros_like(x)
    for i, w in enumerate((weight / weight.sum()).tolist()):
        total.add_(padded[i : i + len(x)], alpha=w)
    return total


def _ramp(x: torch.Tensor) -> torch.Tensor:
    """Go from steps to samples along straight lines."""
    inside = torch.arange(STEP)[:, None] / STEP
    return torch.lerp(x[:, None], torch.cat([x[1:], x[-1:]])[:, None], inside).flatten(0, 1)


def _pulses(f0: torch.Tensor, is_open: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Air through the glottis: its change, as strong at any pitch, and the flow in [0, 1].

    The flow rises for two thirds of the time that the glottis is open, and then falls to a sudden
    stop. Differences of the exact flow are means of its derivative, which keeps aliasing low.
    """
    cycles = f0 * STEP / SAMPLE_RATE
    inside = torch.arange(STEP)[:, None] / STEP
    phase = ((cycles.cumsum(0) - cycles)[:, None] + cycles[:, None] * inside).frac().flatten(0, 1)
    rise = (phase / (is_open * 2 / 3)).clamp(max=1)
    fall = (phase / (is_open / 3) - 2).clamp(0, 1)
    flow = rise.square() * (3 - 2 * rise) - fall.square()
    change = flow.diff(dim=0, prepend=flow[:1])
    return change * (SAMPLE_RATE / f0).repeat_interleave(STEP, 0), flow


def _resonate(
    source: torch.Tensor, hissing: torch.Tensor, frequency: torch.Tensor, width: torch.Tensor
) -> torch.Tensor:
    """Pass sound through resonators: ``y[t] = a x[t] + b y[t-1] + c y[t-2]``.

    Rows 1 to 5 of the state are in series, each fed by the row above a sample before: the tilt of
    the voice (a resonator at 0 Hz) and four formants; row 0 is the source. Row 7 is fed by row 6,
    the hiss. ``frequency`` and ``width`` (of the band, in Hz) are ``(steps, rows 1 to 7, N)``.
    """
    width = width + 2 * (frequency - 3500).clamp(min=0)
    radius = torch.exp(-math.pi * width / SAMPLE_RATE)
    b = 2 * radius * torch.cos(2 * math.pi * frequency.clamp(max=3900) / SAMPLE_RATE)
    c = -radius.square()
    a = 1 - b - c
    a[:, 6] = ((1 + c) * ((1 - c).square() - b.square()) / (1 - c))[:, 6].sqrt()
    wave = torch.empty_like(source)
    # NumPy, because it begins a small operation several times sooner than torch does.
    x, y, hiss, a, b, c = (part.numpy() for part in (source, wave, hissing, a, b, c))
    now, before = np.zeros((2, 8, x.shape[1]), np.float32)
    for t in range(len(x)):
        i = t // STEP
        now[0], now[6] = x[t], hiss[t]
        before[1:] *= c[i]
        before[1:] += b[i] * now[1:]
        before[1:] += a[i] * now[:-1]
        now, before = before, now
        np.add(now[5], now[7], out=y[t])
    return wave
