"""The denoising autoencoder spoils what it is trained on, and nothing else."""

import pytest
import torch
from torch import nn

from mmlearn_helpers import data
from mmlearn_helpers.autoencoders.corruptions import masking, normal_noise
from mmlearn_helpers.autoencoders.deep import DeepAutoencoder
from mmlearn_helpers.autoencoders.denoising import DenoisingAutoencoder
from mmlearn_helpers.training import fit, one_cycle

ERRORS = ["squared", "cross-entropy"]


def half(x):
    return x / 2


def denoiser(corruption=half, error="squared", sizes=(6, 16, 5), seed=0):
    torch.manual_seed(seed)
    return DenoisingAutoencoder(sizes, corruption=corruption, error=error).double()


def examples(n=11, d=6):
    return torch.rand(n, d, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_the_input_is_spoiled_and_the_target_clean():
    model, x = denoiser(), examples()
    x_hat = model.decode(model.encode(x / 2))
    expected = ((x_hat - x) ** 2).sum().item() / len(x)
    assert list(model.loss(x)) == ["loss"]
    assert model.loss(x)["loss"].item() == pytest.approx(expected, rel=1e-12)


def test_the_cross_entropy_is_that_of_the_clean_target():
    model, x = denoiser(error="cross-entropy"), examples()
    p = model.decode(model.encode(x / 2))
    nats = nn.functional.binary_cross_entropy(p, x, reduction="none").sum(dim=1).mean().item()
    assert model.loss(x)["loss"].item() == pytest.approx(nats, rel=1e-12)


@pytest.mark.parametrize("error", ERRORS)
def test_in_evaluation_mode_nothing_is_spoiled(error):
    model, x = denoiser(normal_noise(5.0), error).eval(), examples()
    plain = DeepAutoencoder([6, 16, 5], error=error).double()
    plain.load_state_dict(model.state_dict())
    assert torch.equal(model.loss(x)["loss"], plain.loss(x)["loss"])


def test_codes_and_reconstructions_are_without_noise_in_either_mode():
    model, x = denoiser(normal_noise(5.0)), examples()
    plain = DeepAutoencoder([6, 16, 5]).double()
    plain.load_state_dict(model.state_dict())
    for mode in (True, False):
        model.train(mode)
        codes = model.encode(x)
        assert torch.equal(codes, model.encode(x)) and torch.equal(codes, plain.encode(x))
        assert torch.equal(model.decode(codes), plain.decode(codes))


def test_the_noise_is_drawn_anew_for_every_batch_and_comes_from_torchs_seed():
    model, x = denoiser(masking(0.5)), examples()
    torch.manual_seed(1)
    first, second = model.loss(x)["loss"], model.loss(x)["loss"]
    torch.manual_seed(1)
    assert first != second and first == model.loss(x)["loss"]


def test_a_fit_repeats_and_depends_on_its_seed():
    states = []
    for seed in (0, 0, 1):
        model = denoiser(normal_noise(0.5))
        fit(model, examples(), epochs=2, batch_size=4, seed=seed)
        states.append(model.decoder[-1].weight.detach())
    assert torch.equal(states[0], states[1]) and not torch.equal(states[0], states[2])


def test_validation_is_on_clean_examples():
    calls = []

    def noted(x):
        calls.append(len(x))
        return x + 100

    history = fit(denoiser(noted), examples(8), epochs=1, validate=examples(5))
    assert calls == [8]
    assert history.validation["loss"][0] < history.train["loss"][0]


def test_the_cross_entropy_takes_spoiled_examples_outside_0_to_1_but_no_such_targets():
    model = denoiser(lambda x: x + 3, "cross-entropy")
    assert model.loss(examples())["loss"].isfinite()
    with pytest.raises(ValueError, match=r"in \[0, 1\] only"):
        model.loss(examples() + 3)


@pytest.mark.parametrize("error", ERRORS)
def test_a_corruption_that_writes_into_its_batch_does_no_harm(error):
    x = examples()
    loss = denoiser(lambda batch: batch.mul_(0.5), error).loss(x)["loss"]
    assert torch.equal(x, examples())
    assert torch.equal(loss, denoiser(half, error).loss(x)["loss"])


@pytest.mark.parametrize(
    ("function", "error", "words"),
    [
        (lambda x: x[:, :3], ValueError, "the shape must stay"),
        (lambda x: x.log() * torch.inf, ValueError, "NaN or infinite"),
        (lambda x: None, TypeError, "returned NoneType"),
    ],
)
def test_a_bad_corruption_is_refused_when_it_is_used(function, error, words):
    with pytest.raises(error, match=words):
        denoiser(function).loss(examples())


@pytest.mark.parametrize("thing", [None, 0.3, "masking"])
def test_no_function_is_refused_at_once(thing):
    with pytest.raises(TypeError, match=r"for example masking\(0.3\) or normal_noise\(0.5\)"):
        DenoisingAutoencoder([6, 3], corruption=thing)


@pytest.mark.parametrize("value", [torch.ones(2, 5), torch.full((2, 6), torch.nan)])
def test_unusable_examples_are_refused_before_they_are_spoiled(value):
    def forbidden(x):
        raise AssertionError

    with pytest.raises(ValueError, match=r"^x has|^x holds"):
        denoiser(forbidden).loss(value.double())


def test_a_wide_code_does_not_copy_the_noise():
    digits = data.load("digits")
    train, test = (split["image"].flatten(1) for split in (digits.train, digits.test))
    noise = normal_noise(0.3)
    torch.manual_seed(0)
    noisy = noise(test)
    left = {}
    for name, corruption in {"plain": lambda x: x, "denoising": noise}.items():
        torch.manual_seed(0)
        model = DenoisingAutoencoder([64, 128, 64], corruption=corruption)
        fit(model, train, epochs=40, learning_rate=5e-3, schedule=one_cycle)
        left[name] = (model.decode(model.encode(noisy)) - test).square().sum(dim=1).mean().item()
    as_it_is = (noisy - test).square().sum(dim=1).mean().item()
    assert left["denoising"] < 0.75 * left["plain"] < 0.75 * as_it_is


def test_with_linear_layers_no_weights_beat_the_wiener_filter():
    torch.manual_seed(0)
    x = torch.randn(4000, 3, dtype=torch.float64) @ torch.diag(torch.tensor([2.0, 1, 0.3]).double())
    model = DenoisingAutoencoder([3, 3], corruption=normal_noise(1.0)).double()
    fit(model, x, epochs=60, batch_size=500, learning_rate=3e-2, schedule=one_cycle)
    found = model.decoder[0].weight @ model.encoder[0].weight
    expected = torch.diag(torch.tensor([4 / 5, 1 / 2, 0.09 / 1.09]).double())
    assert (found - expected).abs().max() < 0.06
