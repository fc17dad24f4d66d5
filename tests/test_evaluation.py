"""The reconstruction error is a sum over features and a mean over examples."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from mmlearn_helpers.autoencoders.deep import DeepAutoencoder
from mmlearn_helpers.autoencoders.pca import PCA, LinearAutoencoder
from mmlearn_helpers.evaluation import reconstruction_error


class Model:
    """Encodes as it is told and decodes as it is told."""

    def __init__(self, decode, encode=lambda x: x):
        self.encode, self.decode = encode, decode


def matrix(seed, n=17, d=5, dtype=torch.float64):
    return torch.randn(n, d, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def test_the_error_is_that_of_two_plain_loops():
    x, answer = matrix(0), matrix(100)
    total = 0.0
    for row, row_hat in zip(x.tolist(), answer.tolist(), strict=True):
        for value, value_hat in zip(row, row_hat, strict=True):
            total += (value - value_hat) ** 2
    error = reconstruction_error(Model(lambda z: answer), x)
    assert error == pytest.approx(total / 17, rel=1e-12)


@pytest.mark.parametrize(("n", "d"), [(1, 1), (11, 64)])
def test_the_error_is_d_times_the_mean_squared_error(n, d):
    x, answer = matrix(0, n, d), matrix(1, n, d)
    error = reconstruction_error(Model(lambda z: answer), x)
    assert error == pytest.approx(d * nn.functional.mse_loss(answer, x).item(), rel=1e-12)


def test_a_perfect_model_has_no_error():
    assert reconstruction_error(Model(lambda z: z), matrix(0)) == 0


def test_the_error_of_the_mean_is_the_total_variance():
    x = matrix(0)
    error = reconstruction_error(Model(lambda z: x.mean(dim=0).expand(len(z), -1)), x)
    assert error == pytest.approx(np.var(x.numpy(), axis=0).sum(), rel=1e-12)


def test_the_decoder_gets_the_codes_and_not_the_examples():
    model = Model(encode=lambda x: x[:, :2], decode=lambda z: nn.functional.pad(z, (0, 3)))
    x = matrix(0)
    expected = np.square(x.numpy()[:, 2:]).sum() / len(x)
    assert reconstruction_error(model, x) == pytest.approx(expected, rel=1e-12)


def test_examples_given_twice_do_not_change_the_error():
    model = Model(lambda z: z * 0.5)
    x = matrix(0)
    twice = reconstruction_error(model, torch.cat([x, x]))
    assert twice == pytest.approx(reconstruction_error(model, x), rel=1e-12)


def test_the_error_is_in_squared_units_of_the_examples():
    model = Model(lambda z: z * 0.5)
    x = matrix(0)
    expected = 9 * reconstruction_error(model, x)
    assert reconstruction_error(model, 3 * x) == pytest.approx(expected, rel=1e-12)


def test_examples_that_are_not_contiguous_have_the_same_error():
    model = Model(lambda z: z * 0.5)
    x = matrix(0).T
    expected = reconstruction_error(model, x.contiguous())
    assert reconstruction_error(model, x) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "model",
    [
        LinearAutoencoder(5, 2),
        LinearAutoencoder(5, 2, tied=True),
        DeepAutoencoder([5, 4, 2]),
    ],
    ids=["linear", "tied", "deep"],
)
def test_the_error_is_the_loss_of_a_model_that_trains_on_squared_error(model):
    model, x = model.double(), matrix(0)
    expected = model.loss(x)["loss"].item()
    assert reconstruction_error(model, x) == pytest.approx(expected, rel=1e-12)


def test_the_error_is_a_plain_number_without_a_gradient():
    x = matrix(0).requires_grad_()
    error = reconstruction_error(Model(lambda z: z * 2), x)
    assert type(error) is float
    assert x.grad is None


@pytest.mark.parametrize(
    "decode",
    [
        lambda z: z[:, :-1],
        lambda z: z[:1],
        lambda z: z[:, None],
        lambda z: z.sum(),
    ],
    ids=["narrower", "one row", "one more axis", "one number"],
)
def test_a_decoder_that_answers_with_another_shape_is_refused(decode):
    with pytest.raises(
        ValueError, match=r"\(17, 5\) into \(.*must have the shape of the encoder's input"
    ):
        reconstruction_error(Model(decode), matrix(0))


@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        ([[1.0]], TypeError, "as_tensor"),
        (torch.ones(2, 1, 2, 2), ValueError, "flatten"),
        (torch.ones(0, 4), ValueError, "nothing in it"),
        (torch.full((2, 2), math.nan), ValueError, "NaN or infinite"),
    ],
)
def test_unusable_examples_are_refused_before_the_model_sees_them(x, error, words):
    def unreachable(_):
        raise AssertionError("the model was asked")

    with pytest.raises(error, match=words):
        reconstruction_error(Model(unreachable, unreachable), x)


def test_a_model_that_was_not_fitted_says_so():
    with pytest.raises(RuntimeError, match=r"call fit\(x\)"):
        reconstruction_error(PCA(2), matrix(0))


def test_examples_of_another_floating_point_type_than_the_model_are_refused_with_advice():
    x = matrix(0)
    pca = PCA(2).fit(x.float())
    with pytest.raises(TypeError, match=r"convert it with x\.to\(torch\.float32\)"):
        reconstruction_error(pca, x)
