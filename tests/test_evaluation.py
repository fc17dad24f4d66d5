"""The measures agree with scikit-learn and with plain loops."""

import itertools
import math

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from mmlearn_helpers.autoencoders.deep import DeepAutoencoder
from mmlearn_helpers.autoencoders.pca import PCA, LinearAutoencoder
from mmlearn_helpers.evaluation import (
    clustering_accuracy,
    interval,
    kmeans_accuracy,
    linear_probe,
    linear_probe_correct,
    reconstruction_error,
)


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


def blobs(n=60, k=4, spread=1.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 3
    centres = 5 * torch.eye(k)[:3]
    return centres[labels] + spread * torch.randn(n, k, generator=generator), labels


def test_the_probe_is_scikit_learns_regression_on_codes_standardised_with_the_training_codes():
    codes, labels = blobs(spread=3.0)
    test_codes, test_labels = blobs(90, spread=3.0, seed=1)
    codes, test_codes = codes * torch.tensor([1, 100, 0.01, 1]), test_codes * 2
    mean, deviation = codes.mean(dim=0), codes.std(dim=0, correction=0)
    regression = LogisticRegression(max_iter=5000).fit((codes - mean) / deviation, labels)
    expected = regression.score((test_codes - mean) / deviation, test_labels)
    assert linear_probe(codes, labels, test_codes, test_labels) == expected
    assert 0.35 < expected < 0.95


def test_the_penalty_reaches_the_probe():
    (codes, labels), (test_codes, test_labels) = blobs(12, spread=4.0), blobs(300, spread=4.0)
    accuracies = {
        linear_probe(codes, labels, test_codes, test_labels, inverse_penalty=c)
        for c in (1e-4, 1.0, 1e4)
    }
    assert len(accuracies) > 1


@pytest.mark.parametrize("c", [1e-4, 1e-2, 1e4])
def test_the_penalty_is_that_of_scikit_learn(c):
    (codes, labels), (test_codes, test_labels) = blobs(12, spread=4.0), blobs(300, spread=4.0)
    found = linear_probe(codes, labels, test_codes, test_labels, inverse_penalty=c)
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=5000))
    probe.fit(codes.numpy(), labels.numpy())
    assert found == pytest.approx(probe.score(test_codes.numpy(), test_labels.numpy()), abs=0.005)


def test_a_probe_leaves_the_gradients_of_the_codes_alone():
    codes, labels = blobs()
    codes.requires_grad_()
    assert linear_probe(codes, labels, codes, labels) == 1.0


@pytest.mark.parametrize(("n_clusters", "n_classes"), [(3, 3), (4, 3), (3, 4), (1, 4), (4, 1)])
def test_clustering_accuracy_is_the_best_of_all_ways_to_name_the_clusters(n_clusters, n_classes):
    generator = torch.Generator().manual_seed(n_clusters)
    clusters = torch.randint(n_clusters, (30,), generator=generator)
    labels = torch.randint(n_classes, (30,), generator=generator)
    most = max(n_clusters, n_classes)
    best = max(
        sum(names[c] == label for c, label in zip(clusters.tolist(), labels.tolist(), strict=True))
        for names in itertools.permutations(range(most))
    )
    assert clustering_accuracy(clusters, labels) == pytest.approx(best / 30)


def test_clustering_accuracy_does_not_depend_on_the_names():
    labels = torch.tensor([0, 0, 1, 1, 2, 2])
    assert clustering_accuracy(torch.tensor([7, 7, 0, 0, 3, 3]), labels) == 1
    assert clustering_accuracy(torch.tensor([7, 7, 0, 0, 3, 7]), labels) == pytest.approx(5 / 6)


def test_kmeans_finds_classes_that_lie_apart():
    codes, labels = blobs(spread=0.1)
    assert kmeans_accuracy(codes, labels, seeds=3) == (1.0, 0.0)


def test_kmeans_is_the_mean_of_scikit_learns_runs():
    codes, labels = blobs(spread=3.0)
    runs = [
        clustering_accuracy(
            torch.from_numpy(KMeans(3, n_init=10, random_state=seed).fit_predict(codes)).long(),
            labels,
        )
        for seed in range(4)
    ]
    mean, deviation = kmeans_accuracy(codes, labels, seeds=4)
    assert mean == pytest.approx(np.mean(runs))
    assert deviation == pytest.approx(np.std(runs), abs=1e-6)


@pytest.mark.parametrize("kind", [lambda x: x.requires_grad_(), torch.Tensor.bfloat16])
def test_codes_with_gradients_or_16_bits_are_measured(kind):
    codes, labels = blobs(spread=0.1)
    codes = kind(codes)
    assert kmeans_accuracy(codes, labels, seeds=1) == (1.0, 0.0)
    assert linear_probe(codes, labels, codes, labels) == 1.0


def test_the_interval_of_independent_rows_is_that_of_the_standard_error():
    values = matrix(0, 50, 1)[:, 0]
    error = values.std() / 50**0.5
    low, high = interval(values)
    assert low == pytest.approx((values.mean() - 1.96 * error).item())
    assert high == pytest.approx((values.mean() + 1.96 * error).item())


def test_saying_everything_five_times_makes_nothing_surer():
    values = matrix(0, 40, 1)[:, 0]
    often = interval(values.repeat(5), torch.arange(40).repeat(5))
    assert often == pytest.approx(interval(values), rel=1e-9)
    naive = interval(values.repeat(5))
    assert (naive[1] - naive[0]) < 0.5 * (often[1] - often[0])


def test_the_interval_does_not_ask_how_examples_are_numbered_or_ordered():
    values, example = matrix(1, 60, 1)[:, 0], torch.arange(60) % 17
    order = torch.randperm(60, generator=torch.Generator().manual_seed(0))
    found = interval(values[order], 1000 - 3 * example[order])
    assert found == pytest.approx(interval(values, example), rel=1e-9)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """Thirty rows each of 60 examples, which differ more than their rows do."""
    generator = torch.Generator().manual_seed(0)
    example = torch.arange(60).repeat_interleave(30)
    covered = naive = 0
    for _ in range(400):
        own = torch.randn(60, generator=generator, dtype=torch.float64)
        values = own[example] + torch.randn(1800, generator=generator, dtype=torch.float64)
        low, high = interval(values, example)
        covered += low < 0 < high
        low, high = interval(values)
        naive += low < 0 < high
    assert 0.91 < covered / 400 < 0.98
    assert naive / 400 < 0.6


def test_the_interval_of_right_and_wrong_is_that_of_a_share():
    right = torch.arange(100) < 80
    low, high = interval(right)
    assert (high + low) / 2 == pytest.approx(0.8)
    assert high - low == pytest.approx(2 * 1.96 * (0.8 * 0.2 / 99) ** 0.5)


def test_a_probe_says_which_examples_it_gets_right():
    x, y = matrix(2, 80), torch.arange(80) % 3
    x[:, 0] += y
    correct = linear_probe_correct(x[:40], y[:40], x[40:], y[40:])
    regression = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
    expected = regression.fit(x[:40].numpy(), y[:40].numpy()).predict(x[40:].numpy())
    assert torch.equal(correct, torch.from_numpy(expected) == y[40:])
    assert correct.double().mean().item() == linear_probe(x[:40], y[:40], x[40:], y[40:])
