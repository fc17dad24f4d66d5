"""Corruptions spoil what they say, as often as they say, and leave the batch itself alone."""

import pytest
import torch

from mmlearn_helpers.autoencoders.corruptions import (
    check_corruption,
    corrupted,
    masking,
    normal_noise,
    salt_and_pepper,
)

KINDS = {
    "normal": normal_noise(0.4),
    "masking": masking(0.3),
    "salt and pepper": salt_and_pepper(0.3),
}


def spoil(corruption, x, seed=0):
    torch.manual_seed(seed)
    return corruption(x)


def grey(n=400, d=100, value=0.25, dtype=torch.float64):
    return torch.full((n, d), value, dtype=dtype)


@pytest.mark.parametrize("sigma", [0.05, 2.0])
def test_normal_noise_is_normal_with_its_deviation(sigma):
    noise = spoil(normal_noise(sigma), grey()) - 0.25
    assert abs(noise.mean()) < 5 * sigma / 200
    assert noise.std().item() == pytest.approx(sigma, rel=0.02)
    assert ((noise / sigma) ** 4).mean().item() == pytest.approx(3, rel=0.1)


def test_normal_noise_is_independent_of_feature_and_example():
    noise = spoil(normal_noise(1.0), grey(20_000, 4))
    assert (noise.T.cov() - torch.eye(4)).abs().max() < 0.05
    assert abs((noise[1:] * noise[:-1]).mean() - 0.25**2) < 0.02


@pytest.mark.parametrize("share", [0.1, 0.6])
def test_masking_sets_its_share_to_zero_and_leaves_the_rest(share):
    x = spoil(masking(share), grey())
    assert set(x.unique().tolist()) == {0.0, 0.25}
    assert (x == 0).double().mean().item() == pytest.approx(share, abs=0.01)
    assert (x == 0).double().mean(dim=0).std() < 0.04


@pytest.mark.parametrize("share", [0.1, 0.6])
def test_salt_and_pepper_are_as_likely_as_each_other(share):
    x = spoil(salt_and_pepper(share), grey())
    for value, expected in ((0.0, share / 2), (1.0, share / 2), (0.25, 1 - share)):
        assert (x == value).double().mean().item() == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("make", [normal_noise, masking, salt_and_pepper])
def test_nothing_is_spoiled_at_zero(make):
    assert torch.equal(spoil(make(0), grey()), grey())


def test_everything_is_spoiled_at_one():
    assert not spoil(masking(1), grey()).any()
    assert set(spoil(salt_and_pepper(1), grey()).unique().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shape_and_type_stay_and_the_batch_too(kind, dtype):
    x = grey(7, 5, dtype=dtype)
    spoiled = spoil(KINDS[kind], x)
    assert spoiled.shape == x.shape and spoiled.dtype == dtype
    assert torch.equal(x, grey(7, 5, dtype=dtype))


@pytest.mark.parametrize("kind", KINDS)
def test_the_noise_is_drawn_anew_and_comes_from_torchs_seed(kind):
    torch.manual_seed(0)
    first, second = KINDS[kind](grey()), KINDS[kind](grey())
    assert not torch.equal(first, second)
    assert torch.equal(spoil(KINDS[kind], grey()), first)


def test_a_corruption_that_writes_into_its_batch_gets_a_copy():
    x = grey(3, 4)
    spoiled = corrupted(lambda batch: batch.zero_(), x)
    assert not spoiled.any() and torch.equal(x, grey(3, 4))


@pytest.mark.parametrize("thing", [torch.relu, masking(0.5), torch.nn.Dropout(0.5)])
def test_whatever_can_be_called_is_a_corruption(thing):
    check_corruption(thing)


@pytest.mark.parametrize("thing", [None, 0.3, "masking", torch.ones(2)])
def test_whatever_cannot_is_none(thing):
    with pytest.raises(TypeError, match="but a function from a batch to a batch"):
        check_corruption(thing)


@pytest.mark.parametrize(
    ("function", "error", "words"),
    [
        (lambda x: x[:, :2], ValueError, r"shape \(3, 2\) for \(3, 4\)"),
        (lambda x: x[:2], ValueError, r"shape \(2, 4\) for \(3, 4\)"),
        (lambda x: x / 0, ValueError, "NaN or infinite"),
        (lambda x: x * torch.nan, ValueError, "NaN or infinite"),
        (lambda x: x.float(), TypeError, "returned torch.float32, but a tensor of torch.float64"),
        (lambda x: x.tolist(), TypeError, "returned list"),
        (lambda x: None, TypeError, "returned NoneType"),
    ],
)
def test_what_a_readers_function_must_not_return_is_refused(function, error, words):
    with pytest.raises(error, match=words):
        corrupted(function, grey(3, 4))


@pytest.mark.parametrize("sigma", [-0.1, float("nan"), float("inf")])
def test_an_impossible_deviation_is_refused(sigma):
    with pytest.raises(ValueError, match="a standard deviation is a finite number of at least 0"):
        normal_noise(sigma)


@pytest.mark.parametrize("make", [masking, salt_and_pepper])
@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_an_impossible_share_is_refused(make, share):
    with pytest.raises(ValueError, match="a probability from 0 to 1 is expected"):
        make(share)
