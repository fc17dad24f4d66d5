"""Distances of recordings are those by hand, and pitch is the one that is sung."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.fft import dct

from mmlearn_helpers import data
from mmlearn_helpers.evaluation import mel_cepstra, mel_cepstral_distance, pitch, warped_mean


def recordings(n=3, n_frames=5, n_mels=12, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(n, 1, n_mels, n_frames, generator=generator)


def ways(n, m):
    """Every way from the first to the last pair of frames."""
    if n == m == 1:
        return [[(0, 0)]]
    before = [(n - 1, m - 1), (n - 1, m), (n, m - 1)]
    return [[*way, (n - 1, m - 1)] for i, j in before if min(i, j) > 0 for way in ways(i, j)]


def test_cepstra_are_scipy_s_cosines():
    x = recordings()
    amplitude = (x[:, 0].double().numpy() - 1) * 80 / 20 * math.log(10)
    expected = dct(amplitude, axis=1)[:, 1:8] / 12
    np.testing.assert_allclose(mel_cepstra(x, n_coefficients=7), expected, atol=1e-6)


def test_thirteen_coefficients_are_usual():
    x, y = recordings(n_mels=40), recordings(n_mels=40, seed=1)
    assert mel_cepstra(x).shape == (3, 13, 5)
    usual, same, more = (
        mel_cepstral_distance(x, y, **options)
        for options in ({}, {"n_coefficients": 13}, {"n_coefficients": 14})
    )
    assert torch.equal(usual, same)
    assert (more != usual).all()


def test_with_all_coefficients_a_distance_is_the_root_mean_square_in_decibels():
    one, two = recordings(n_frames=1), recordings(n_frames=1, seed=1)
    found = mel_cepstral_distance(one, two, n_coefficients=11)
    difference = 80 * (one - two)[:, 0, :, 0].double()
    torch.testing.assert_close(found, difference.std(dim=1, correction=0))


def test_loudness_does_not_count():
    x = recordings()
    assert mel_cepstral_distance(x, x + 0.2, n_coefficients=5).max() < 1e-4


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 4), (3, 3), (4, 3), (5, 5)])
def test_the_way_is_the_cheapest_of_all(n, m):
    generator = torch.Generator().manual_seed(n * m)
    cost = torch.rand(6, n, m, dtype=torch.float64, generator=generator)
    for matrix, found in zip(cost, warped_mean(cost), strict=True):
        sums = [(sum(matrix[i, j] for i, j in way), len(way)) for way in ways(n, m)]
        least, length = min(sums, key=lambda pair: pair[0])
        assert found.item() == pytest.approx((least / length).item())


def test_of_equal_ways_the_one_along_the_diagonal_is_taken():
    assert warped_mean(torch.ones(1, 4, 4)).item() == 1
    cost = torch.ones(1, 3, 3)
    cost[0, 0, 0] = 4
    assert warped_mean(cost).item() == 2  # (4 + 1 + 1) / 3


def test_a_recording_that_is_drawn_out_is_no_farther_away():
    x = recordings()
    slow = x.repeat_interleave(2, dim=3)
    assert mel_cepstral_distance(x, slow, n_coefficients=5).max() < 1e-4
    assert mel_cepstral_distance(slow, x, n_coefficients=5).max() < 1e-4


def test_a_distance_is_as_far_in_both_directions():
    one, two = recordings(), recordings(n_frames=7, seed=1)
    torch.testing.assert_close(
        mel_cepstral_distance(one, two, n_coefficients=5),
        mel_cepstral_distance(two, one, n_coefficients=5),
    )


@pytest.mark.parametrize("sample_rate", [8000, 16_000, 44_100])
def test_the_pitch_of_a_sum_of_harmonics_is_found(sample_rate):
    time = torch.arange(sample_rate // 2).double() / sample_rate
    frequency = torch.tensor([90.0, 150.0, 233.0, 400.0]).double()
    wave = sum((2 * math.pi * k * frequency[:, None] * time).sin() / k for k in (1, 2, 3))
    assert (pitch(0.3 * wave, sample_rate) / frequency - 1).abs().max() < 0.01


def test_the_pitch_of_computed_voices_is_found_and_silence_has_none():
    spoken = data.load("voices", n_train=200, n_test=40).test
    error = (pitch(spoken["wave"], 8000) / spoken["pitch"] - 1).abs()
    assert error.median() < 0.015
    assert pitch(torch.zeros(2, 1000), 8000).isnan().all()


def test_distances_tell_words_and_speakers_apart():
    spoken = data.load("voices", n_train=200, n_test=40).train
    x, y, who = spoken["audio"], spoken["label"], spoken["speaker"]
    pairs = torch.tensor([*itertools.combinations(range(60), 2)])
    i, j = pairs.T
    distance = mel_cepstral_distance(x[i], x[j])
    same_word, same_voice = y[i] == y[j], who[i] == who[j]
    assert distance[same_word & same_voice].mean() < distance[same_word & ~same_voice].mean()
    assert distance[same_word].mean() < distance[~same_word].mean()
