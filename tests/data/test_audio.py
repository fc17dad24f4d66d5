"""Spectrograms agree with the definition, and waves found from them with the spectrograms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from mmlearn_helpers.data import audio
from mmlearn_helpers.data.audio import griffin_lim, log_mel, mel_filterbank

SAMPLE_RATE = 8000


def sine(frequency, amplitude=1.0, samples=4096):
    time = torch.arange(samples) / SAMPLE_RATE
    return amplitude * torch.sin(2 * math.pi * frequency * time)[None]


def slowly(wave, n_mels, window, hop):
    """Spectrogram in decibels by the definitions, number by number."""

    def hertz(i):
        return 700 * (10 ** (i * math.log10(1 + SAMPLE_RATE / 1400) / (n_mels + 1)) - 1)

    hann = [math.sin(math.pi * i / window) ** 2 for i in range(window)]
    unit = 4 / (window * sum(weight**2 for weight in hann))
    before = (window - hop) // 2
    padded = np.concatenate([np.zeros(before), wave, np.zeros(window + hop)])
    picture = np.zeros((n_mels, math.ceil(len(wave) / hop)))
    for frame in range(picture.shape[1]):
        piece = padded[frame * hop : frame * hop + window] * hann
        for k in range(window // 2 + 1):
            turns = np.exp(-2j * math.pi * k * np.arange(window) / window)
            power = abs(piece @ turns) ** 2 * unit
            frequency = k * SAMPLE_RATE / window
            for band in range(n_mels):
                low, peak, high = (hertz(band + i) for i in range(3))
                side = (frequency - low) / (peak - low), (high - frequency) / (high - peak)
                picture[band, frame] += power * max(0, min(side))
    return 10 * np.log10(np.maximum(picture, 1e-8))


@pytest.mark.parametrize(
    ("samples", "n_mels", "window", "hop"),
    [(700, 20, 128, 64), (500, 12, 100, 25), (501, 9, 64, 33)],
)
def test_a_spectrogram_is_that_of_the_definition(samples, n_mels, window, hop):
    wave = torch.rand(1, samples, generator=torch.Generator().manual_seed(0)) - 0.5
    wave = wave * torch.linspace(0, 1, samples)
    found = log_mel(wave, SAMPLE_RATE, n_mels=n_mels, window=window, hop=hop)
    expected = 1 + slowly(wave[0].double().numpy(), n_mels, window, hop) / 80
    assert found.shape == (1, 1, n_mels, math.ceil(samples / hop))
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found[0, 0].numpy(), expected, atol=2e-5)


def test_mel_bands_share_the_power_out():
    bank = mel_filterbank(SAMPLE_RATE, 40, 256)
    peaks = 700 * (10 ** (torch.linspace(0, math.log10(1 + 4000 / 700), 42)) - 1)
    frequency = torch.arange(129) * SAMPLE_RATE / 256
    between = (frequency > peaks[1]) & (frequency < peaks[-2])
    torch.testing.assert_close(bank.sum(0)[between], torch.ones(int(between.sum())))
    assert bank.min() >= 0
    assert bank.max() <= 1


def test_more_bands_than_frequencies_are_refused():
    with pytest.raises(ValueError, match=r"of 100 mel bands hold none.*fewer bands or a longer"):
        mel_filterbank(SAMPLE_RATE, 100, 256)


@pytest.mark.parametrize("name", ["sample_rate", "n_mels", "window"])
def test_sizes_below_1_are_refused(name):
    sizes = {"sample_rate": SAMPLE_RATE, "n_mels": 10, "window": 256} | {name: 0}
    with pytest.raises(ValueError, match=f"{name} is 0, but .* is needed"):
        mel_filterbank(**sizes)


def test_silence_is_0_and_a_full_sine_is_1():
    assert log_mel(torch.zeros(2, 1000), SAMPLE_RATE).eq(0).all()
    loudest = log_mel(sine(mel_peak(20)), SAMPLE_RATE)[0, 0].amax(0)[1:-1]
    assert ((loudest - 1).abs() < 1 / 80).all()


def mel_peak(band):
    return 700 * (10 ** ((band + 1) * math.log10(1 + 4000 / 700) / 41) - 1)


def test_20_decibels_less_is_a_quarter_less():
    loud, soft = (log_mel(sine(440, amplitude), SAMPLE_RATE) for amplitude in (0.8, 0.08))
    heard = soft > 0.01
    torch.testing.assert_close((loud - soft)[heard], torch.full_like(loud[heard], 0.25))


def test_a_higher_tone_stands_higher_in_the_picture():
    rows = [log_mel(sine(f), SAMPLE_RATE)[0, 0, :, 10].argmax().item() for f in (200, 900, 3000)]
    assert rows == sorted(rows)
    assert rows[1] == min(range(40), key=lambda band: abs(mel_peak(band) - 900))


def test_a_picture_does_not_depend_on_the_other_examples():
    waves = torch.rand(230, 600, generator=torch.Generator().manual_seed(0)) - 0.5
    together = log_mel(waves, SAMPLE_RATE)
    for i in (0, 99, 100, 229):
        torch.testing.assert_close(log_mel(waves[i : i + 1] + 0, SAMPLE_RATE)[0], together[i])


@pytest.mark.parametrize(
    ("wave", "message"),
    [
        (torch.zeros(100), "shape .100,.*one row a wave"),
        (torch.zeros(0, 100), "shape .0, 100.*at least one"),
        (torch.zeros(2, 100, dtype=torch.int16), "int16.*floating-point"),
        (torch.tensor([[0.0, float("nan")]]), "NaN or infinity"),
        (torch.tensor([[0.0, float("inf")]]), "NaN or infinity"),
    ],
)
def test_unusable_waves_are_refused(wave, message):
    with pytest.raises(ValueError, match=message):
        log_mel(wave, SAMPLE_RATE)


@pytest.mark.parametrize("hop", [0, -1, 257])
def test_an_impossible_hop_is_refused(hop):
    with pytest.raises(
        ValueError, match=f"hop is {hop}(, but at least 1| and the window 256.*half the window)"
    ):
        log_mel(torch.zeros(1, 1000), SAMPLE_RATE, hop=hop)


@pytest.fixture(scope="module")
def glides():
    """Three tones with overtones that rise, swell and fade, in a little noise."""
    time = torch.arange(4096) / SAMPLE_RATE
    start = torch.tensor([[120.0], [200.0], [310.0]])
    phase = 2 * math.pi * (start * time + 80 * time**2)
    tone = sum(torch.sin(n * phase) / n for n in range(1, 9)) * torch.sin(math.pi * time / 0.512)
    return 0.3 * tone + 0.002 * torch.randn(3, 4096, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("window", "hop"), [(256, 128), (250, 125), (384, 128), (255, 128)])
def test_a_wave_that_was_found_has_the_spectrogram_that_was_given(glides, window, hop):
    given = log_mel(glides, SAMPLE_RATE, window=window, hop=hop)
    wave = griffin_lim(given, SAMPLE_RATE, window=window, hop=hop)
    assert wave.shape == (3, given.shape[3] * hop)
    decibels = 80 * (log_mel(wave, SAMPLE_RATE, window=window, hop=hop) - given).abs()
    assert decibels[given > 0.3].mean() < 2
    ratio = wave.square().mean(1) / glides.square().mean(1)
    assert ((ratio > 0.8) & (ratio < 1.25)).all()


def test_phases_that_are_improved_fit_better(glides):
    given = log_mel(glides, SAMPLE_RATE)
    errors = [
        (log_mel(griffin_lim(given, SAMPLE_RATE, n_iterations=n), SAMPLE_RATE) - given).abs().mean()
        for n in (3, 60)
    ]
    assert errors[1] < errors[0] / 2


@pytest.mark.parametrize("n", [0, 1, 7])
def test_phases_are_improved_as_often_as_asked(monkeypatch, glides, n):
    given, improved, transform = log_mel(glides, SAMPLE_RATE), [], audio._transform

    def counted(*arguments):
        improved.append(1)
        return transform(*arguments)

    monkeypatch.setattr(audio, "_transform", counted)
    griffin_lim(given, SAMPLE_RATE, n_iterations=n)
    assert len(improved) == n


def test_the_search_begins_with_every_band_spread_over_its_frequencies():
    """One frame without overlap, of which the phases change nothing."""
    given = log_mel(sine(440, 0.5, 256), SAMPLE_RATE, hop=256)
    bank = mel_filterbank(SAMPLE_RATE, 40)
    mel = 10 ** (8 * (given[0, 0, :, 0] - 1)) * (given[0, 0, :, 0] > 0) / audio._unit(256)
    share = bank / bank.sum(1, keepdim=True)
    wave = griffin_lim(given, SAMPLE_RATE, hop=256, n_iterations=0)
    power = torch.fft.rfft(wave[0] * torch.hann_window(256)).abs().square()
    torch.testing.assert_close(power[1:-1], (mel @ share)[1:-1], rtol=0.01, atol=1e-3 * mel.max())


def test_silence_is_found_as_silence():
    assert griffin_lim(torch.zeros(2, 1, 40, 8), SAMPLE_RATE).abs().max() < 1e-6


def test_a_wave_is_found_again_with_the_same_seed(glides):
    given = log_mel(glides, SAMPLE_RATE)
    first, again, other = (griffin_lim(given, SAMPLE_RATE, seed=s) for s in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("shape", [(1, 40, 32), (1, 2, 40, 32), (0, 1, 40, 32)])
def test_a_wrong_shape_of_spectrograms_is_refused(shape):
    with pytest.raises(ValueError, match="give what log_mel returns"):
        griffin_lim(torch.zeros(shape), SAMPLE_RATE)
