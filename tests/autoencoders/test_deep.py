"""The deep autoencoder's losses are those by hand, and it refuses what it cannot take."""

import io
import math

import numpy as np
import pytest
import torch
from torch import nn

from mmlearn_helpers import data
from mmlearn_helpers.autoencoders.deep import DeepAutoencoder
from mmlearn_helpers.autoencoders.pca import PCA
from mmlearn_helpers.evaluation import reconstruction_error
from mmlearn_helpers.training import fit, one_cycle

ERRORS = ["squared", "cross-entropy"]
SIZES = [[6, 3], [6, 8, 5, 1], [2, 9]]
# What else is unusable stands in test_checks.py.
# What else is unusable stands in test_checks.py.
UNUSABLE = [
    pytest.param([[1.0] * 6], TypeError, r"is a list.*as_tensor\(NAME, ", id="a list"),
    pytest.param(torch.ones(2, 5), ValueError, "5 columns.*made for 6", id="narrow"),
    pytest.param(
        torch.ones(2, 6).double(), TypeError, r"convert.* NAME\.to\(torch\.float32\)", id="float64"
    ),
]


class Loss(nn.Module):
    """Makes the loss the forward pass, as functional_call wants it."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return self.model.loss(x)["loss"]


def autoencoder(seed=0, sizes=(6, 4, 2), error="squared", activation=nn.ReLU):
    torch.manual_seed(seed)
    return DeepAutoencoder(list(sizes), error=error, activation=activation).double()


def examples(seed=0, n=11, d=6):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(n, d, dtype=torch.float64, generator=generator)


def run_by_hand(network, x):
    state = [parameter.detach().numpy() for parameter in network.parameters()]
    layers = list(zip(state[::2], state[1::2], strict=True))
    for i, (weight, bias) in enumerate(layers):
        x = x @ weight.T + bias
        if i < len(layers) - 1:
            x = np.maximum(x, 0)
    return x


def set_output(model, logit):
    with torch.no_grad():
        model.decoder[-1].weight.zero_()
        model.decoder[-1].bias.fill_(logit)


@pytest.mark.parametrize("sizes", SIZES)
def test_codes_and_reconstructions_are_those_of_layers_by_hand(sizes):
    model, x = autoencoder(0, sizes), examples(0, d=sizes[0])
    z = run_by_hand(model.encoder, x.numpy())
    np.testing.assert_allclose(model.encode(x).detach(), z, rtol=0, atol=1e-12)
    expected = run_by_hand(model.decoder, z)
    found = model.decode(torch.from_numpy(z)).detach()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("sizes", SIZES)
def test_the_squared_error_is_summed_over_features_and_averaged_over_examples(sizes):
    model, x = autoencoder(0, sizes), examples(0, d=sizes[0])
    x_hat = run_by_hand(model.decoder, run_by_hand(model.encoder, x.numpy()))
    expected = ((x.numpy() - x_hat) ** 2).sum() / len(x)
    assert list(model.loss(x)) == ["loss"]
    assert model.loss(x)["loss"].item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("sizes", SIZES)
def test_the_cross_entropy_is_summed_over_features_and_averaged_over_examples(sizes):
    model, x = autoencoder(0, sizes, "cross-entropy"), examples(0, d=sizes[0])
    p = 1 / (1 + np.exp(-run_by_hand(model.decoder, run_by_hand(model.encoder, x.numpy()))))
    nats = -(x.numpy() * np.log(p) + (1 - x.numpy()) * np.log(1 - p))
    assert list(model.loss(x)) == ["loss"]
    assert model.loss(x)["loss"].item() == pytest.approx(nats.sum() / len(x), rel=1e-12)


@pytest.mark.parametrize(
    ("error", "mean_over_pixels"),
    [
        ("squared", nn.functional.mse_loss),
        ("cross-entropy", nn.functional.binary_cross_entropy),
    ],
)
def test_the_loss_is_d_times_the_mean_over_pixels(error, mean_over_pixels):
    model, x = autoencoder(error=error), examples()
    expected = 6 * mean_over_pixels(model.decode(model.encode(x)), x).item()
    assert model.loss(x)["loss"].item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("logit", [0.0, 3.0, -3.0])
def test_the_cross_entropy_of_a_known_probability_is_its_surprise_in_nats(logit):
    model = autoencoder(error="cross-entropy")
    set_output(model, logit)
    p = 1 / (1 + math.exp(-logit))
    ink = torch.tensor([[1, 1, 0, 0, 0, 0]], dtype=torch.float64)
    expected = -2 * math.log(p) - 4 * math.log(1 - p)
    assert model.loss(ink)["loss"].item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("logit", "x"), [(1e4, 0.0), (-1e4, 1.0)])
def test_the_cross_entropy_of_a_sure_and_wrong_output_is_not_infinite(logit, x):
    model = autoencoder(error="cross-entropy").float()
    set_output(model, logit)
    assert model.loss(torch.full((2, 6), x))["loss"].item() == pytest.approx(6e4)


@pytest.mark.parametrize(
    ("error", "activation"),
    [("squared", nn.ReLU), ("squared", nn.GELU), ("cross-entropy", nn.Tanh)],
)
def test_gradients_agree_with_finite_differences(error, activation):
    loss = Loss(autoencoder(1, (4, 3, 2), error, activation))
    x = examples(1, 3, 4)
    names = [name for name, _ in loss.named_parameters()]

    def run(*parameters):
        return torch.func.functional_call(loss, dict(zip(names, parameters, strict=True)), x)

    assert torch.autograd.gradcheck(run, tuple(loss.parameters()))


@pytest.mark.parametrize("error", ERRORS)
def test_gradients_reach_the_examples(error):
    model = autoencoder(1, error=error, activation=nn.Tanh)
    x = examples(1, 3).clamp(0.01, 0.99).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: model.loss(x)["loss"], x)


def test_the_cross_entropy_pulls_each_logit_by_output_minus_example():
    model, x = autoencoder(error="cross-entropy"), examples()
    model.loss(x)["loss"].backward()
    expected = (model.decode(model.encode(x)) - x).mean(dim=0)
    torch.testing.assert_close(model.decoder[-1].bias.grad, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("scale", [1.0, 1e30])
def test_reconstructions_of_the_cross_entropy_lie_between_0_and_1(scale):
    model = autoencoder(error="cross-entropy")
    x_hat = model.decode(scale * torch.randn(500, 2, dtype=torch.float64))
    assert x_hat.min() >= 0
    assert x_hat.max() <= 1


def test_reconstructions_of_the_squared_error_are_not_held_between_0_and_1():
    x_hat = autoencoder().decode(100 * torch.randn(500, 2, dtype=torch.float64))
    assert x_hat.min() < 0
    assert x_hat.max() > 1


@pytest.mark.parametrize(
    ("error", "activation"), [("squared", nn.ReLU), ("cross-entropy", nn.Sigmoid)]
)
def test_codes_may_be_negative_and_above_one(error, activation):
    model = autoencoder(error=error, activation=activation)
    with torch.no_grad():
        model.encoder[-1].bias.copy_(torch.tensor([-9, 9]))
    z = model.encode(examples())
    assert z[:, 0].max() < 0
    assert z[:, 1].min() > 1


@pytest.mark.parametrize("value", [-1e-6, 1 + 1e-6])
def test_the_cross_entropy_refuses_a_single_value_outside_0_to_1(value):
    x = examples()
    x[3, 4] = value
    with pytest.raises(ValueError, match=r"x ranges .*\[0, 1\] only; rescale x, or use error="):
        autoencoder(error="cross-entropy").loss(x)


def test_the_message_about_values_outside_0_to_1_gives_their_range():
    x = torch.full((2, 6), 0.5, dtype=torch.float64)
    x[0, 0], x[1, 5] = -2, 255
    with pytest.raises(ValueError, match="x ranges from -2 to 255"):
        autoencoder(error="cross-entropy").loss(x)


def test_the_cross_entropy_takes_0_and_1_themselves():
    x = (examples() > 0.5).double()
    assert autoencoder(error="cross-entropy").loss(x)["loss"].isfinite()


@pytest.mark.parametrize("value", [-3.0, 255.0])
def test_the_squared_error_takes_values_outside_0_to_1(value):
    assert autoencoder().loss(examples() + value)["loss"].isfinite()


@pytest.mark.parametrize("error", ERRORS)
def test_the_loss_of_all_is_the_mean_of_parts_weighted_by_their_length(error):
    model, x = autoencoder(error=error), examples()
    parts = [model.loss(part)["loss"].item() * len(part) for part in x.split([4, 4, 3])]
    assert sum(parts) / 11 == pytest.approx(model.loss(x)["loss"].item(), rel=1e-12)


@pytest.mark.parametrize("error", ERRORS)
def test_an_example_is_coded_alike_whatever_stands_beside_it(error):
    model, x = autoencoder(error=error), examples()
    torch.testing.assert_close(model.encode(x)[3:4], model.encode(x[3:4]), rtol=0, atol=1e-12)


@pytest.mark.parametrize("error", ERRORS)
def test_examples_that_are_not_contiguous_have_the_same_loss(error):
    model, x = autoencoder(error=error), examples()
    strided = x.T.contiguous().T
    assert model.loss(strided)["loss"].item() == pytest.approx(model.loss(x)["loss"].item())


@pytest.mark.parametrize("error", ERRORS)
def test_the_loss_leaves_the_examples_as_they_were(error):
    x = examples()
    autoencoder(error=error).loss(x)
    assert torch.equal(x, examples())


@pytest.mark.parametrize("error", ERRORS)
def test_saved_weights_give_the_same_reconstructions_when_loaded(error):
    saved, other, x = autoencoder(0, error=error), autoencoder(1, error=error), examples()
    file = io.BytesIO()
    torch.save(saved.state_dict(), file)
    file.seek(0)
    other.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(other.decode(other.encode(x)), saved.decode(saved.encode(x)))


def widths(network):
    return [(m.in_features, m.out_features) for m in network if isinstance(m, nn.Linear)]


def test_the_decoder_has_the_widths_of_the_encoder_backwards():
    model = DeepAutoencoder((6, 5, 4, 2))
    assert widths(model.encoder) == [(6, 5), (5, 4), (4, 2)]
    assert widths(model.decoder) == [(2, 4), (4, 5), (5, 6)]


def test_activations_with_weights_are_not_shared_between_layers():
    model = DeepAutoencoder([6, 5, 4, 2], activation=nn.PReLU)
    slopes = {id(module) for module in model.modules() if isinstance(module, nn.PReLU)}
    assert len(slopes) == 4


def test_without_hidden_layers_no_weights_beat_pca():
    x = examples(n=50)
    least = reconstruction_error(PCA(2).fit(x), x)
    models = (autoencoder(seed, (6, 2)) for seed in range(20))
    assert all(reconstruction_error(model, x) > least for model in models)


@pytest.mark.parametrize("error", ERRORS)
def test_two_units_of_a_deep_code_beat_two_principal_components_on_new_digits(error):
    digits = data.load("digits")
    train, test = (split["image"].flatten(1) for split in (digits.train, digits.test))
    torch.manual_seed(0)
    model = DeepAutoencoder([64, 64, 32, 2], error=error)
    fit(model, train, epochs=30, batch_size=64, learning_rate=5e-3, schedule=one_cycle)
    assert reconstruction_error(model, test) < reconstruction_error(PCA(2).fit(train), test)


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize(("sizes", "n"), [([1, 1], 1), ([6, 4, 1], 1)])
def test_one_example_one_feature_and_one_unit_work(error, sizes, n):
    model, x = autoencoder(sizes=sizes, error=error), examples(n=n, d=sizes[0])
    z = model.encode(x)
    assert z.shape == (n, sizes[-1])
    assert model.decode(z).shape == x.shape
    assert model.loss(x)["loss"].isfinite()


@pytest.mark.parametrize("error", ["Squared", None])
def test_an_unknown_error_is_refused_with_those_that_are_known(error):
    with pytest.raises(ValueError, match=f"error is {error!r}, but 'squared' or 'cross-entropy'"):
        DeepAutoencoder([6, 2], error=error)


@pytest.mark.parametrize(
    ("method", "name", "error"),
    [
        ("encode", "x", "squared"),
        ("loss", "x", "squared"),
        ("loss", "x", "cross-entropy"),
        ("decode", "z", "squared"),
    ],
)
@pytest.mark.parametrize(("value", "refusal", "words"), UNUSABLE)
def test_unusable_examples_and_codes_are_refused(method, name, error, value, refusal, words):
    with pytest.raises(refusal, match=rf"(?i)^{name} .*{words.replace('NAME', name)}"):
        getattr(DeepAutoencoder([6, 6], error=error), method)(value)


def test_an_autoencoder_made_double_refuses_single_precision():
    model = autoencoder(sizes=(6, 6))
    for method in (model.encode, model.loss, model.decode):
        with pytest.raises(TypeError, match=r"\.to\(torch\.float64\)"):
            method(torch.ones(2, 6))
