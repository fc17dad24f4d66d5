"""The noisy senses as Python sees them: what noise does, and what the model makes of it."""

import copy

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mmlearn_helpers.data import load
from mmlearn_helpers.live import NoisySenses
from mmlearn_helpers.live.chance import uniforms
from mmlearn_helpers.multimodal.fusion import FusionClassifier
from mmlearn_helpers.multimodal.merges import Gate
from mmlearn_helpers.networks import mlp

WORDS = ["", "red", "green", "left", "of"]
NAMES = ["one", "two", "three"]


def model(order=("image", "text"), head=None, n_pixels=12):
    """A model that has not learned anything, but has opinions."""
    torch.manual_seed(0)
    sizes = {"image": n_pixels, "text": 20}
    networks = {s: nn.Sequential(nn.Flatten(), mlp([n, 8, 6])) for s, n in sizes.items()}
    encoders = {sense: networks[sense] for sense in order}
    return FusionClassifier(encoders, Gate(2, 6), head or nn.Linear(6, 3))


def scenes(n=4, colours=3):
    generator = torch.Generator().manual_seed(1)
    image = torch.rand(n, colours, 2, 2, generator=generator)
    return image, torch.randint(5, (n, 4), generator=generator)


def senses(network=None, **options):
    options = {
        "vocabulary": WORDS,
        "classes": NAMES,
        "labels": torch.tensor([0, 1, 2, 0]),
    } | options
    return NoisySenses(network or model(), *scenes(), **options)


def test_without_noise_the_senses_are_clear():
    figure, (image, text) = senses(), scenes()
    for example in range(4):
        figure.example = example
        assert torch.equal(figure.noisy_image, image[example].half().double())
        assert torch.equal(figure.noisy_text, text[example])


def test_nothing_but_noise_is_the_numbers_drawn():
    figure = senses(image_noise=1, text_noise=1, seed=7)
    u, state = uniforms(7, 12 + 8)
    assert torch.equal(figure.noisy_image.flatten(), u[:12])
    assert torch.equal(figure.noisy_text, (5 * u[13::2]).long())
    figure.other_noise()
    assert figure.random == state
    assert torch.equal(figure.noisy_image.flatten(), uniforms(state, 12)[0])


def test_the_same_noise_grows():
    figure = senses(seed=3)
    u, _ = uniforms(3, 20)
    image, text = scenes()
    words = set()
    for level in np.linspace(0, 1, 21).tolist():
        figure.image_noise = figure.text_noise = level
        blend = (1 - level) * image[0].half().double() + level * u[:12].reshape(3, 2, 2)
        assert torch.equal(figure.noisy_image, blend)
        replaced = set((u[12::2] < level).nonzero().flatten().tolist())
        assert words <= replaced
        words = replaced
        kept = [i for i in range(4) if i not in words]
        assert torch.equal(figure.noisy_text[kept], text[0, kept])
    assert words == {0, 1, 2, 3}


def test_a_word_is_replaced_with_the_probability_of_the_level():
    data = load("scenes", n_train=1, n_test=1)
    V, image, text = len(data.vocabulary), data.train["image"], torch.zeros(1, 4000).long()
    encoders = {
        "image": nn.Sequential(nn.Flatten(), nn.Linear(3072, 2)),
        "text": nn.Sequential(nn.Flatten(), nn.Linear(4000 * V, 2)),
    }
    network = FusionClassifier(encoders, Gate(2, 2), nn.Linear(2, 2))
    options = {"vocabulary": data.vocabulary, "classes": ["a", "b"]}
    figure = NoisySenses(network, image, text, text_noise=0.3, **options)
    shares = torch.bincount(figure.noisy_text, minlength=V) / 4000
    assert (shares[1:] - 0.3 / V).abs().max() < 0.01
    assert abs(shares[0] - 0.7 - 0.3 / V) < 0.03


@pytest.mark.parametrize("order", [("image", "text"), ("text", "image")])
def test_shares_and_probabilities_are_those_of_the_rounded_model(order):
    network = model(order)
    figure = senses(network, image_noise=0.4, text_noise=0.6)
    rounded = copy.deepcopy(network).half().double()
    text = F.one_hot(figure.noisy_text, 5).double()[None]
    batch = {"image": figure.noisy_image[None], "text": text}
    with torch.no_grad():
        assert torch.equal(figure.probabilities, rounded(batch).softmax(dim=1)[0])
    shares = dict(zip(("image", "text"), figure.shares, strict=True))
    assert [shares[sense] for sense in order] == rounded.shares(batch)[0].tolist()
    assert figure.shares.dtype == torch.float64 and not figure.probabilities.requires_grad


def test_layers_and_weights_are_sent_in_the_order_of_the_model():
    network = model(("text", "image"), nn.Sequential(nn.Tanh(), nn.Linear(6, 3)))
    figure = senses(network)
    assert figure.parts == [
        ["text", [[20, 8], "relu", [8, 6]]],
        ["image", [[12, 8], "relu", [8, 6]]],
        ["gate", [[12, 2]]],
        ["head", ["tanh", [6, 3]]],
    ]
    numbers = torch.cat([weight.detach().flatten() for weight in network.parameters()])
    sent = torch.from_numpy(np.frombuffer(figure.weights, "<f2").copy())
    assert torch.equal(sent, numbers.half())


def test_pictures_may_be_grey_and_answers_unknown():
    image, text = scenes(colours=1)
    options = {"vocabulary": WORDS, "classes": NAMES}
    figure = NoisySenses(model(n_pixels=4), image, text, **options)
    assert figure.labels == [] and figure.noisy_image.shape == (1, 2, 2)
    drawn = np.asarray(figure.still().axes[0].images[0].get_array())
    assert drawn.reshape(2, 2).tolist() == figure.noisy_image[0].tolist()


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_a_model_of_another_precision_will_do(dtype):
    assert senses(model().to(dtype)).probabilities.sum().item() == pytest.approx(1)


def test_the_figure_keeps_the_model_as_it_was():
    network = model()
    figure = senses(network)
    before = figure._repr_mimebundle_()[0]["text/html"]
    with torch.no_grad():
        network.head.weight.zero_()
    assert figure._repr_mimebundle_()[0]["text/html"] == before
    assert repr(figure) == "NoisySenses(example=0, image_noise=0, text_noise=0)"


def test_a_refused_state_leaves_the_old_one():
    figure = senses(image_noise=0.5)
    for name, value in (("image_noise", 1.5), ("example", 4), ("random", -1)):
        before = getattr(figure, name)
        with pytest.raises(ValueError, match="but"):
            setattr(figure, name, value)
        assert getattr(figure, name) == before


def test_the_still_picture_shows_the_state():
    figure = senses(image_noise=0.25, text_noise=1.0)
    with plt.rc_context({"axes.grid": True}):
        picture, gate, answers = figure.still().axes
    drawn = np.asarray(picture.images[0].get_array())
    assert drawn.tolist() == figure.noisy_image.permute(1, 2, 0).tolist()
    words = " ".join(WORDS[number] or "–" for number in figure.noisy_text)
    assert gate.get_title() == f"caption, 100 % noise:\n{words}"
    assert [bar.get_height() for bar in gate.patches] == figure.shares.tolist()
    assert [bar.get_width() for bar in answers.patches] == figure.probabilities.tolist()
    assert answers.get_title() == "right: one" and not plt.get_fignums()
