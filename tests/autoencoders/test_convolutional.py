"""The convolutional autoencoder is the stack of layers by hand, and gives every size back."""

import io

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mmlearn_helpers import data
from mmlearn_helpers.autoencoders.convolutional import ConvolutionalAutoencoder
from mmlearn_helpers.autoencoders.convolutions import convolution_matrix
from mmlearn_helpers.autoencoders.pca import PCA
from mmlearn_helpers.evaluation import reconstruction_error
from mmlearn_helpers.training import fit, one_cycle

WAYS = [("transposed", 3), ("transposed", 4), ("nearest", 3)]
SHAPES = [(1, 28, 28), (3, 32, 32), (1, 99, 99), (2, 7, 10), (1, 25, 14)]


def autoencoder(shape=(2, 6, 5), channels=(3, 4), n_code=2, seed=0, **options):
    torch.manual_seed(seed)
    return ConvolutionalAutoencoder(shape, list(channels), n_code, **options).double()


def pictures(n=4, shape=(2, 6, 5), seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(n, *shape, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize(("upsampling", "kernel"), WAYS)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_picture_comes_back_in_its_size(shape, upsampling, kernel):
    model = autoencoder(shape, (2, 3), 5, upsampling=upsampling, kernel=kernel)
    x = pictures(2, shape)
    z = model.encode(x)
    assert z.shape == (2, 5)
    assert model.decode(z).shape == x.shape


@pytest.mark.parametrize("kernel", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("n", range(4, 20))
def test_every_side_comes_back_with_every_kernel(n, kernel):
    model = autoencoder((1, n, n + 1), (1, 1), 1, kernel=kernel)
    x = pictures(1, (1, n, n + 1))
    assert model.decode(model.encode(x)).shape == x.shape


@pytest.mark.parametrize("kernel", [3, 4])
def test_codes_and_reconstructions_are_those_of_matrices(kernel):
    model, x = autoencoder(kernel=kernel), pictures()
    sizes = {3: [(6, 5), (3, 3), (2, 2)], 4: [(6, 5), (3, 2), (1, 1)]}[kernel]
    downs = [layer for layer in model.encoder if isinstance(layer, nn.Conv2d)]
    ups = [layer for layer in model.decoder if isinstance(layer, nn.ConvTranspose2d)]

    def matrix(layer, size):
        return convolution_matrix(layer.weight, size, stride=2, padding=1)

    h = x.flatten(1)
    for layer, size, small in zip(downs, sizes[:-1], sizes[1:], strict=True):
        bias = layer.bias.repeat_interleave(small[0] * small[1])
        h = (h @ matrix(layer, size).T + bias).relu()
    z = h @ model.encoder[-1].weight.T + model.encoder[-1].bias
    torch.testing.assert_close(model.encode(x), z, rtol=0, atol=1e-12)
    h = z @ model.decoder[0].weight.T + model.decoder[0].bias
    for layer, size in zip(ups, sizes[-2::-1], strict=True):
        bias = layer.bias.repeat_interleave(size[0] * size[1])
        h = h.relu() @ matrix(layer, size) + bias
    torch.testing.assert_close(model.decode(z).flatten(1), h, rtol=0, atol=1e-12)


def test_nearest_writes_every_pixel_four_times_before_the_convolution():
    model = autoencoder((1, 4, 4), (2,), 3, upsampling="nearest")
    z = pictures(2, (3,))
    h = (z @ model.decoder[0].weight.T + model.decoder[0].bias).relu().reshape(2, 2, 2, 2)
    h = h.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    expected = F.conv2d(h, model.decoder[-1].weight, model.decoder[-1].bias, padding=1)
    torch.testing.assert_close(model.decode(z), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("upsampling", "kernel"), WAYS)
def test_the_loss_is_summed_over_the_picture_and_averaged_over_the_batch(upsampling, kernel):
    model, x = autoencoder(upsampling=upsampling, kernel=kernel), pictures()
    terms = model.loss(x)
    assert list(terms) == ["loss"]
    expected = 60 * F.mse_loss(model.decode(model.encode(x)), x).item()
    assert terms["loss"].item() == pytest.approx(expected, rel=1e-12)


def test_the_loss_of_all_is_the_mean_of_parts_weighted_by_their_length():
    model, x = autoencoder(), pictures(5)
    parts = [model.loss(part)["loss"].item() * len(part) for part in x.split([4, 1])]
    assert sum(parts) / 5 == pytest.approx(model.loss(x)["loss"].item(), rel=1e-12)


@pytest.mark.parametrize(("upsampling", "kernel"), WAYS)
def test_gradients_agree_with_finite_differences(upsampling, kernel):
    model = autoencoder((1, 4, 5), (2,), 2, upsampling=upsampling, kernel=kernel)
    x = pictures(2, (1, 4, 5))
    names = [name for name, _ in model.named_parameters()]

    class Loss(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, x):
            return self.model.loss(x)["loss"]

    def run(*parameters):
        pairs = {f"model.{name}": p for name, p in zip(names, parameters, strict=True)}
        return torch.func.functional_call(Loss(), pairs, x)

    assert torch.autograd.gradcheck(run, tuple(model.parameters()))


def test_codes_and_pictures_are_not_held_to_any_range():
    model = autoencoder()
    with torch.no_grad():
        model.encoder[-1].bias.copy_(torch.tensor([-9, 9]))
        model.decoder[-1].bias.copy_(torch.tensor([-9, 9]))
    z = model.encode(pictures())
    x_hat = model.decode(z)
    assert z[:, 0].max() < 0 < 1 < z[:, 1].min()
    assert x_hat[:, 0].max() < 0 < 1 < x_hat[:, 1].min()


def test_a_batch_of_one_and_training_mode_change_nothing():
    model, x = autoencoder(), pictures()
    expected = model.eval().encode(x)[2:3]
    torch.testing.assert_close(model.train().encode(x[2:3]), expected, rtol=0, atol=1e-12)
    assert model.loss(x[:1])["loss"].isfinite()


def test_weights_are_those_of_the_description():
    model = ConvolutionalAutoencoder((1, 28, 28), channels=[16, 32], n_code=32)
    encoder = (9 + 1) * 16 + (16 * 9 + 1) * 32 + (32 * 49 + 1) * 32
    decoder = (32 + 1) * 32 * 49 + 32 * 9 * 16 + 16 + 16 * 9 + 1
    assert sum(p.numel() for p in model.parameters()) == encoder + decoder


def test_saved_weights_give_the_same_reconstructions_when_loaded():
    saved, other, x = autoencoder(seed=0), autoencoder(seed=1), pictures()
    file = io.BytesIO()
    torch.save(saved.state_dict(), file)
    file.seek(0)
    other.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(other.decode(other.encode(x)), saved.decode(saved.encode(x)))


@pytest.mark.parametrize(("upsampling", "kernel"), WAYS)
def test_it_beats_as_many_principal_components_on_new_digits(upsampling, kernel):
    digits = data.load("digits")
    x, x_test = digits.train["image"], digits.test["image"]
    torch.manual_seed(0)
    model = ConvolutionalAutoencoder((1, 8, 8), [8, 16], 2, upsampling=upsampling, kernel=kernel)
    fit(model, x, epochs=12, batch_size=32, learning_rate=1e-2, schedule=one_cycle)
    flat, flat_test = x.flatten(1), x_test.flatten(1)
    with torch.no_grad():
        error = model.loss(x_test)["loss"].item()
    assert error < reconstruction_error(PCA(2).fit(flat), flat_test)


REFUSED = {
    "a shape of two": (lambda: autoencoder((28, 28)), TypeError, r"for example \(1, 28, 28\)"),
    "a number of channels": (
        lambda: ConvolutionalAutoencoder((1, 8, 8), 16, 2),
        TypeError,
        r"channels is 16, but whole numbers .* \[16, 32\]",
    ),
    "no channels": (lambda: autoencoder(channels=()), TypeError, r"channels is \[\]"),
    "channels of zero": (lambda: autoencoder(channels=(3, 0)), ValueError, "at least 1"),
    "small pictures": (
        lambda: autoencoder((1, 5, 5), (1, 1, 1, 1)),
        ValueError,
        "5 × 5 pixels can be halved 3 times, but channels has 4 entries",
    ),
    "an unknown way up": (
        lambda: autoencoder(upsampling="switches"),
        ValueError,
        "'switches', but 'transposed' or 'nearest'",
    ),
    "an even kernel": (
        lambda: autoencoder(upsampling="nearest", kernel=4),
        ValueError,
        "kernel is 4, .* odd kernel, or upsampling='transposed'",
    ),
    "a kernel of one": (lambda: autoencoder(kernel=1), ValueError, "kernel is 1, but at least 2"),
    "no code": (lambda: autoencoder(n_code=0), ValueError, "n_code is 0"),
    "grey pictures for colour": (
        lambda: autoencoder().encode(pictures(shape=(1, 6, 5))),
        ValueError,
        r"x has shape \(4, 1, 6, 5\), but .* \(N, 2, 6, 5\)",
    ),
    "flattened pictures": (
        lambda: autoencoder().loss(pictures(shape=(60,))),
        ValueError,
        r"x.unflatten\(1, \(2, 6, 5\)\)",
    ),
    "single precision": (
        lambda: autoencoder().encode(pictures().float()),
        TypeError,
        r"\.to\(torch\.float64\)",
    ),
    "a gap": (
        lambda: autoencoder().encode(pictures() / 0),
        ValueError,
        "NaN or infinite",
    ),
    "no pictures": (lambda: autoencoder().loss(pictures(0)), ValueError, "nothing in it"),
    "wide codes": (
        lambda: autoencoder().decode(pictures(shape=(3,))),
        ValueError,
        "z has 3 columns, but the model was made for 2",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_used_is_refused(case):
    call, error, words = REFUSED[case]
    with pytest.raises(error, match=words):
        call()


# What goes wrong with the layers that the chapter warns of.


def test_without_output_padding_28_come_back_as_25():
    layers = nn.Conv2d(1, 1, 3, 2, 1), nn.Conv2d(1, 1, 3, 2, 1)
    h = layers[1](layers[0](torch.zeros(1, 1, 28, 28)))
    up = nn.ConvTranspose2d(1, 1, 3, 2, 1)
    assert h.shape[2] == 7
    assert up(up(h)).shape[2] == 25


def test_pooling_rounds_down_and_unpooling_must_be_told_the_size():
    x = torch.rand(1, 1, 99, 99, generator=torch.Generator().manual_seed(0))
    h, switches = F.max_pool2d(x, 2, return_indices=True)
    assert h.shape[2] == 49
    right = F.max_unpool2d(h, switches, 2, output_size=(99, 99))
    assert right.shape[2] == 99
    assert ((right == 0) | (right == x)).all()
    with pytest.raises(RuntimeError, match="invalid max index"):
        F.max_unpool2d(h, switches, 2)


def test_unpooling_that_was_not_told_the_size_says_nothing_of_a_blank_rim():
    x = torch.zeros(1, 1, 99, 99)
    x[0, 0, :90, :90] = torch.rand(90, 90, generator=torch.Generator().manual_seed(0))
    h, switches = F.max_pool2d(x, 2, return_indices=True)
    wrong = F.max_unpool2d(h, switches, 2)
    assert wrong.shape[2] == 98
    assert (wrong != x[..., :98, :98])[wrong > 0].double().mean() > 0.9


def test_unpooling_takes_the_switches_of_another_layer_without_a_word():
    x = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    h, switches = F.max_pool2d(x, 2, return_indices=True)
    right = F.max_unpool2d(h, switches, 2)
    wrong = F.max_unpool2d(h, switches.flip(0), 2)
    assert ((right == 0) | (right == x)).all()
    assert wrong.shape == right.shape
    assert not torch.equal(wrong, right)


def test_normalising_over_the_batch_fails_for_one_picture_that_is_one_pixel():
    layer = nn.BatchNorm2d(3)
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        layer(torch.rand(1, 3, 1, 1))
    assert layer(torch.rand(1, 3, 2, 2)).isfinite().all()
