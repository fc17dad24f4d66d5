"""The denoising figure as Python sees it: what it does, and that the package does the same."""

import copy

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from torch import nn

from mmlearn_helpers.autoencoders.corruptions import masking
from mmlearn_helpers.autoencoders.deep import DeepAutoencoder
from mmlearn_helpers.autoencoders.denoising import DenoisingAutoencoder
from mmlearn_helpers.live import Denoising


def autoencoder(seed=0, sizes=(12, 7, 5), **options):
    torch.manual_seed(seed)
    return DenoisingAutoencoder(sizes, corruption=masking(0.3), **options)


def pictures(n=3, size=12):
    return torch.rand(n, size, generator=torch.Generator().manual_seed(1))


def denoising(model=None, **options):
    return Denoising(autoencoder() if model is None else model, (4, 3), pictures(), **options)


def state(figure):
    return torch.tensor(figure.x, dtype=torch.float64)


def test_it_begins_with_the_first_clean_picture():
    figure = denoising()
    assert torch.equal(state(figure), pictures()[0].half().double())
    assert (figure.picture, figure.steps, figure.kind) == (0, 0, "normal")


@pytest.mark.parametrize("error", ["squared", "cross-entropy"])
@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh, nn.GELU, nn.Sigmoid])
def test_a_step_is_the_reconstruction_of_the_rounded_model(error, activation):
    model = autoencoder(error=error, activation=activation)
    rounded = copy.deepcopy(model).half().double()
    figure = denoising(model)
    with torch.no_grad():
        for _ in range(3):
            expected = rounded.decode(rounded.encode(state(figure)[None]))[0]
            assert torch.equal(figure.reconstruction, expected)
            figure.step()
            assert torch.equal(state(figure), expected)
    assert figure.steps == 3


def test_many_steps_are_as_good_as_single_ones():
    one, many = denoising(), denoising()
    for _ in range(5):
        one.step()
    many.step(2)
    many.step(3)
    assert one.x == many.x and one.steps == many.steps == 5


def test_a_plain_autoencoder_will_do():
    denoising(DeepAutoencoder([12, 5])).step()


def test_the_figure_keeps_the_model_as_it_was():
    model = autoencoder()
    figure = denoising(model)
    before = figure.reconstruction
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
    assert torch.equal(figure.reconstruction, before) and before.any()


def large(kind, amount, seed=0):
    model = DeepAutoencoder([2500, 2])
    grey = torch.full((1, 2500), 0.25)
    figure = Denoising(model, (50, 50), grey, kind=kind, amount=amount, seed=seed)
    figure.spoil()
    return state(figure)


@pytest.mark.parametrize("amount", [0.1, 0.8])
def test_normal_noise_has_its_deviation(amount):
    change = large("normal", amount) - 0.25
    assert abs(change.mean()) < 5 * amount / 50
    assert change.std().item() == pytest.approx(amount, rel=0.06)
    assert ((change / amount) ** 4).mean().item() == pytest.approx(3, rel=0.25)


@pytest.mark.parametrize("amount", [0.0, 0.3, 1.0])
def test_masking_empties_its_share(amount):
    x = large("masking", amount)
    assert set(x.tolist()) <= {0.0, 0.25}
    assert (x == 0).double().mean().item() == pytest.approx(amount, abs=0.05)


def test_salt_and_pepper_are_equally_likely():
    x = large("salt and pepper", 0.4)
    for value, share in ((0.0, 0.2), (1.0, 0.2), (0.25, 0.6)):
        assert (x == value).double().mean().item() == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("kind", ["normal", "masking", "salt and pepper"])
def test_noise_comes_from_the_seed_and_is_another_each_time(kind):
    assert torch.equal(large(kind, 0.5), large(kind, 0.5))
    assert not torch.equal(large(kind, 0.5), large(kind, 0.5, seed=1))
    figure = denoising(kind=kind, amount=0.5)
    changes = []
    for _ in range(2):
        figure.choose(0)
        figure.spoil()
        changes.append(figure.x)
    assert changes[0] != changes[1]


def test_spoiling_drawing_and_choosing_count_anew():
    figure = denoising()
    for act in (figure.spoil, lambda: figure.choose(2), lambda: figure.begin([0.5] * 12)):
        figure.step(4)
        act()
        assert figure.steps == 0
    assert figure.picture == 2 and figure.x == [0.5] * 12


@pytest.mark.parametrize("x", [[0.5] * 11, [float("nan")] * 12, [float("inf")] + [0.0] * 11])
def test_a_refused_picture_leaves_the_old_one(x):
    figure = denoising()
    before = figure.x
    with pytest.raises(ValueError, match="12 finite numbers are expected"):
        figure.begin(x)
    assert figure.x == before


def test_a_refused_noise_leaves_the_old_one():
    figure = denoising()
    with pytest.raises(ValueError, match="kind is 'pink', but one of 'normal', "):
        figure.kind = "pink"
    with pytest.raises(ValueError, match="amount is -1"):
        figure.amount = -1.0
    assert (figure.kind, figure.amount) == ("normal", 0.4)


def test_the_still_picture_shows_clean_picture_state_and_reconstruction():
    figure = denoising()
    figure.spoil()
    figure.step(2)
    with plt.rc_context({"axes.grid": True}):
        axes = figure.still().axes
    drawn = [np.asarray(part.images[0].get_array()).flatten().tolist() for part in axes]
    assert drawn[0] == pictures()[0].half().double().tolist()
    assert drawn[1] == figure.x and drawn[2] == figure.reconstruction.tolist()
    assert axes[1].get_title() == "picture, 2 steps" and not plt.get_fignums()
    assert repr(figure) == "Denoising(picture=0, steps=2)"
