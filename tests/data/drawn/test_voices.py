"""The made-up speakers say what the labels say, as high and as long as the factors say."""

from __future__ import annotations

import hashlib
import importlib
import math
import os
import time

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.linalg import solve_toeplitz

from mmlearn_helpers import data
from mmlearn_helpers.data.audio import log_mel
from mmlearn_helpers.data.drawn.phones import PHONES, SPEAKERS, WORDS, draw_speakers, spell

voices = importlib.import_module("mmlearn_helpers.data.drawn.voices")

needs_real_data = pytest.mark.skipif(
    "MMLEARN_DATA" not in os.environ, reason="MMLEARN_DATA names no folder with data"
)


@pytest.fixture(scope="module")
def spoken():
    return data.load("voices", n_train=1200, n_test=400)


def fingerprint(dataset):
    digest = hashlib.sha256()
    for split in (dataset.train, dataset.test):
        for name in sorted(split):
            digest.update(name.encode() + split[name].numpy().tobytes())
    return digest.hexdigest()


def test_voices_have_the_promised_shapes_and_ranges(spoken):
    for split, n in ((spoken.train, 1200), (spoken.test, 400)):
        assert split["wave"].shape == (n, 4096)
        assert split["audio"].shape == (n, 1, 40, 32)
        assert split["audio"].min() >= 0
        assert split["audio"].max() <= 1
        assert split["wave"].abs().amax(1).min() > 0.25
        assert split["wave"].abs().max() < 0.95
        for name in ("label", "speaker"):
            assert split[name].shape == (n,)
            assert split[name].dtype == torch.int64
        for name in ("wave", "audio", "pitch", "duration"):
            assert split[name].dtype == torch.float32
            assert split[name].isfinite().all()
    assert spoken.sample_rate == 8000
    assert spoken.classes["label"][:3] == ("zero", "one", "two")
    assert len(spoken.classes["speaker"]) == 8


def test_words_and_speakers_have_equal_shares(spoken):
    for split, share in ((spoken.train, 15), (spoken.test, 5)):
        pairs = torch.bincount(split["label"] * 8 + split["speaker"], minlength=80)
        assert pairs.tolist() == [share] * 80


def test_words_and_speakers_come_in_no_order(spoken):
    for name, share in (("label", 0.1), ("speaker", 0.125)):
        x = spoken.train[name]
        for lag in (1, 8, 10, 80):
            alike = (x[lag:] == x[:-lag]).float().mean().item()
            assert alike == pytest.approx(share, abs=0.04), (name, lag)


def test_the_spectrograms_are_those_of_the_waves(spoken):
    torch.testing.assert_close(log_mel(spoken.test["wave"], 8000), spoken.test["audio"])


def test_voices_are_drawn_the_same_with_any_number_of_threads():
    here = voices._draw(n_train=520, n_test=30, seed=3)
    assert fingerprint(voices._draw(n_train=520, n_test=30, seed=3)) == fingerprint(here)
    assert fingerprint(voices._draw(n_train=520, n_test=30, seed=4)) != fingerprint(here)
    threads = torch.get_num_threads()
    torch.set_num_threads(2 if threads == 1 else 1)
    try:
        assert fingerprint(voices._draw(n_train=520, n_test=30, seed=3)) == fingerprint(here)
    finally:
        torch.set_num_threads(threads)


def test_no_random_state_is_used_nor_changed(spoken):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    again = voices._draw(n_train=1200, n_test=400, seed=0)
    assert torch.equal(torch.get_rng_state(), before)
    assert fingerprint(again) == fingerprint(spoken)


def test_what_was_drawn_is_read_in_a_fifth_of_a_second(spoken):
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        data.load("voices", n_train=1200, n_test=400)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.2


@pytest.mark.parametrize(
    ("option", "value", "fault"),
    [
        ("n_train", 0, ValueError),
        ("n_test", -1, ValueError),
        ("n_test", 1.5, TypeError),
        ("seed", -1, ValueError),
    ],
)
def test_impossible_options_are_refused(option, value, fault):
    with pytest.raises(fault, match=f"{option} is {value}"):
        data.load("voices", **{option: value})


def measured_pitch(wave):
    """Mean frequency of the voice by autocorrelation, weighted by loudness, in Hz."""
    hann = torch.hann_window(512)
    frames = wave.unfold(1, 512, 128) * hann

    def autocorrelation(x):
        return torch.fft.irfft(torch.fft.rfft(x, 1024).abs().square())[..., :120]

    bias = autocorrelation(hann)
    r = autocorrelation(frames) / (bias / bias[0])
    r = r / r[..., :1].clamp(min=1e-9)
    peak = F.pad((r[..., 1:-1] > r[..., :-2]) & (r[..., 1:-1] >= r[..., 2:]), (1, 1))
    peak[..., :18] = False
    best = torch.where(peak, r, 0.0).amax(2, keepdim=True)
    lag = (peak & (r > 0.9 * best)).float().argmax(2, keepdim=True).clamp(min=1)
    left, middle, right = (r.gather(2, lag + i)[..., 0] for i in (-1, 0, 1))
    lag = lag[..., 0] + 0.5 * (left - right) / (left - 2 * middle + right).clamp(max=-1e-6)
    weight = frames.square().sum(2).sqrt() * (best[..., 0] > 0.5)
    return (8000 / lag * weight).sum(1) / weight.sum(1)


def test_the_pitch_is_the_one_that_is_measured(spoken):
    error = (measured_pitch(spoken.train["wave"]) / spoken.train["pitch"] - 1).abs()
    assert error.median() < 0.015
    assert error.quantile(0.95) < 0.05


def test_nothing_is_said_but_during_the_word(spoken):
    power = spoken.train["wave"].unfold(1, 64, 64).square().mean(2)
    loud = power > 1e-3 * power.amax(1, keepdim=True)
    place = torch.arange(64) * 0.008
    first = torch.where(loud, place, 1.0).amin(1)
    last = torch.where(loud, place, 0.0).amax(1) + 0.008
    assert ((last - first) < spoken.train["duration"] + 0.03).all()
    assert ((last - first) / spoken.train["duration"]).median() > 0.8
    assert spoken.train["duration"].max() < 0.475


def test_a_word_lasts_as_long_as_its_phones_and_the_longer_the_slower_its_speaker(spoken):
    train = spoken.train
    lengths = torch.tensor([sum(map(int, word.split()[1::2])) / 1000 for word in WORDS.values()])
    tempo = torch.tensor([speaker[2] for speaker in SPEAKERS.values()])
    plain = lengths[train["label"]] / tempo[train["speaker"]]
    ratio = (train["duration"] / plain)[plain * 1.25 < 0.47]  # which no limit has shortened
    speaker = train["speaker"][plain * 1.25 < 0.47]
    for i in range(8):
        assert ratio[speaker == i].mean().item() == pytest.approx((0.8 + 1.25) / 2, rel=0.03), i
    assert 0.04 < ratio.std() < 0.13
    assert 0.8 <= ratio.min() < 0.85 and 1.2 < ratio.max() <= 1.25


def test_only_long_words_are_shortened_to_the_limit(spoken):
    at_the_limit = spoken.train["duration"] > 0.4699
    assert 0.01 < at_the_limit.float().mean() < 0.1
    assert spoken.train["duration"].std() > 0.04


def test_every_recording_has_a_noise_floor_of_its_own(spoken):
    """Uniform between -1 and 1, times 10 to some power between -3.5 and -2, beside the peak."""
    done = spoken.train["duration"] < 0.4
    wave = spoken.train["wave"][done]
    floor = wave[:, -160:].square().mean(1).sqrt() * math.sqrt(3) / wave.abs().amax(1)
    power = floor.log10()
    assert power.mean().item() == pytest.approx(-2.75, abs=0.06)
    assert power.std().item() == pytest.approx(1.5 / math.sqrt(12), rel=0.1)
    assert power.min() > -3.6 and power.max() < -1.9


def test_recordings_are_of_any_loudness_between_a_third_and_all_of_nine_tenths(spoken):
    power = (spoken.train["wave"].abs().amax(1) / 0.9).log() / math.log(3)
    assert power.mean().item() == pytest.approx(-0.5, abs=0.03)
    assert power.std().item() == pytest.approx(1 / math.sqrt(12), rel=0.1)
    assert power.min() > -1.02 and power.max() < 0.01


def resonances(wave, order=12):
    """Frequencies and bandwidths of all poles that linear prediction finds, in Hz."""
    x = wave * np.hamming(len(wave))
    r = np.correlate(x, x, "full")[len(x) - 1 :]
    roots = np.roots(np.append(1, -solve_toeplitz(r[:order], r[1 : order + 1])))
    roots = roots[roots.imag > 0.01]
    return np.angle(roots) * 4000 / np.pi, -np.log(np.abs(roots)) * 8000 / np.pi


def test_the_shorter_a_vocal_tract_the_higher_and_wider_are_its_formants(monkeypatch):
    """In a whisper, where no harmonics disturb."""
    whisper = (600, 1800, 2700, 100, 100, 100, 0.0, 0.3, 0.0, 3000, 2000)
    monkeypatch.setitem(PHONES, "whisper", whisper)
    monkeypatch.setattr(voices, "WORDS", {"whisper": "whisper 460"})
    said = voices._draw(n_train=640, n_test=1, seed=0).train
    for j, (_, tract, *_) in enumerate(SPEAKERS.values()):
        found = []
        for wave in said["wave"][said["speaker"] == j, 800:3200].double().numpy():
            frequency, width = resonances(wave)
            near = [np.abs(frequency - hertz * tract).argmin() for hertz in whisper[:2]]
            found.append([*frequency[near], *width[near]])
        expected = tract * np.array([600, 1800, 100, 100])
        np.testing.assert_allclose(np.median(found, axis=0), expected, rtol=0.1, err_msg=f"{j}")


def formants(wave):
    """F1 to F3 by linear prediction, in Hz."""
    x = (wave[1:] - 0.95 * wave[:-1]) * np.hamming(len(wave) - 1)
    r = np.correlate(x, x, "full")[len(x) - 1 :]
    roots = np.roots(np.append(1, -solve_toeplitz(r[:10], r[1:11])))
    roots = roots[roots.imag > 0.01]
    frequency, width = np.angle(roots) * 8000 / 2 / np.pi, -np.log(np.abs(roots)) * 8000 / np.pi
    found = np.sort(frequency[(width < 500) & (frequency > 150)])
    return found[:3] if len(found) >= 3 else [np.nan] * 3


def test_vowels_have_the_formants_of_peterson_and_barney(monkeypatch):
    vowels = ("IH", "EH", "AH", "AO")
    monkeypatch.setattr(voices, "WORDS", {vowel: f"{vowel} 460" for vowel in vowels})
    said = voices._draw(n_train=320, n_test=1, seed=0).train
    for i, vowel in enumerate(vowels):
        for j, (pitch, tract, *_) in enumerate(SPEAKERS.values()):
            waves = said["wave"][(said["label"] == i) & (said["speaker"] == j), 1200:2400]
            found = np.nanmedian([formants(wave) for wave in waves.double().numpy()], axis=0)
            error = np.abs(found / (np.array(PHONES[vowel][:3]) * tract) - 1)
            # Linear prediction takes a strong harmonic for F1 where harmonics are far apart.
            assert error[0] < (0.06 if pitch < 150 else 0.16), (vowel, j)
            assert (error[1:] < (0.04 if pitch < 250 else 0.08)).all(), (vowel, j)


def test_the_hiss_of_six_is_as_loud_beside_its_vowel_as_it_says():
    """Its strength goes from a quarter to twice the table's, evenly on a scale of ratios."""
    label = torch.full((300,), list(WORDS).index("six"))
    generator = torch.Generator().manual_seed(0)
    abel = torch.tensor([SPEAKERS["Abel"]] * 300)
    wave, _, _ = voices._speak(label, abel, generator)
    window = torch.hann_window(256)
    power = torch.stft(wave, 256, 128, window=window, return_complex=True).abs().square()
    hiss, vowel = (band.mean(dim=1).amax(dim=1) for band in (power[:, 96:], power[:, 4:32]))
    ratio = (hiss / vowel).log() / 2
    assert -2.2 < ratio.mean() < -1.85
    assert 0.54 < ratio.std() < 0.65


def test_words_are_spelt_with_silence_around_them():
    phones, seconds = spell(["S 90 IH 100 N 50", "IY 200"])
    assert phones.shape == (2, 5, 11)
    torch.testing.assert_close(seconds, torch.tensor([[0.09, 0.1, 0.05], [0.2, 0, 0]]))
    assert phones[0, 1].tolist() == pytest.approx(PHONES["S"])
    assert phones[0, [0, 4], 6:9].eq(0).all()
    assert phones[1, [0, 2, 3, 4], 6:9].eq(0).all()
    assert phones[1, 1, 6] == 1


def stretched(audio):
    """Where somebody speaks, as 24 columns; 1 is the loudest, 0 what is 48 decibels below."""
    x = (1 + (audio - audio.amax((1, 2, 3), keepdim=True)) / 0.6).clamp(min=0)[:, 0]
    rows = []
    for picture, loud in zip(x, x.topk(8, dim=1).values.mean(1), strict=True):
        (on,) = (loud > 0.35 * loud.max()).nonzero(as_tuple=True)
        part = picture[None, :, on[0] : on[-1] + 1]
        rows.append(F.interpolate(part, size=24, mode="linear", align_corners=True).flatten())
    return torch.stack(rows).numpy()


@needs_real_data
def test_who_knows_real_digits_understands_the_voices_and_the_reverse(spoken):
    from sklearn.linear_model import LogisticRegression

    real = data.load("spoken-digits").train
    made_up, recorded = stretched(spoken.train["audio"]), stretched(real["audio"])
    model = LogisticRegression(C=0.01, max_iter=200)
    heard = model.fit(recorded, real["label"]).predict(made_up) == spoken.train["label"].numpy()
    men = SPEAKERS["Abel"], SPEAKERS["Dirk"], SPEAKERS["Gus"]
    is_man = np.isin(spoken.train["speaker"], [list(SPEAKERS.values()).index(man) for man in men])
    assert heard.mean() > 0.8
    assert heard[is_man].mean() > 0.9
    heard = model.fit(made_up, spoken.train["label"]).predict(recorded) == real["label"].numpy()
    assert heard.mean() > 0.45


def test_a_named_speaker_is_the_row_of_numbers_that_describes_it():
    label, speaker = torch.arange(20) % 10, torch.arange(20) % 8
    rows = torch.tensor(list(SPEAKERS.values()))[speaker]
    one, two = voices.speak(label, speaker, seed=3), voices.speak(label, rows, seed=3)
    for name in one:
        assert torch.equal(one[name], two[name])
    assert one["wave"].shape == (20, 4096)
    assert one["audio"].shape == (20, 1, 40, 32)


def test_a_saying_in_another_voice_has_its_noise_and_its_time_but_for_tempo():
    label = torch.arange(40) % 10
    row = torch.tensor([SPEAKERS["Dirk"]]).repeat(40, 1)
    higher = row.clone()
    higher[:, 0] *= 1.5
    one, two = voices.speak(label, row), voices.speak(label, higher)
    assert torch.equal(one["duration"], two["duration"])
    torch.testing.assert_close(two["pitch"] / one["pitch"], torch.full((40,), 1.5))
    other = voices.speak(label, row, seed=1)
    assert not torch.equal(one["duration"], other["duration"])


def test_more_than_a_chunk_is_spoken_as_well():
    label = torch.zeros(voices.CHUNK + 3, dtype=torch.long)
    assert voices.speak(label, label)["wave"].isfinite().all()


def test_drawn_speakers_are_of_the_same_sort_as_the_named():
    rows = draw_speakers(2000)
    named = torch.tensor(list(SPEAKERS.values()))
    assert (rows.amin(0) <= named.amin(0) * 1.02).all()
    assert (rows.amax(0) >= named.amax(0) * 0.98).all()
    assert torch.corrcoef(torch.stack([rows[:, 0].log(), rows[:, 1].log()]))[0, 1] > 0.9
    octaves = torch.histc(rows[:, 0].log2(), 4)
    assert octaves.min() > 400
    assert torch.equal(draw_speakers(3, seed=4), draw_speakers(3, seed=4))
