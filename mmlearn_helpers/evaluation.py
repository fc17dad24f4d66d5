"""Measures that know no model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import torch

from mmlearn_helpers.checks import check_count, check_labels, check_matrix, check_positive

if TYPE_CHECKING:
    import numpy as np


class Reconstructor(Protocol):
    """Anything that turns examples into codes and codes into examples."""

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """Turn examples ``(N, D)`` into codes ``(N, K)``."""

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Turn codes ``(N, K)`` into examples ``(N, D)``."""


@torch.no_grad()
def reconstruction_error(model: Reconstructor, x: torch.Tensor) -> float:
    """Squared reconstruction error per example: summed over features, averaged over examples.

    Parameters
    ----------
    model
        Has ``encode`` and ``decode``.
    x
        Examples, ``(N, D)``.

    Returns
    -------
    float
        The error, in squared units of ``x``. Hinton and Salakhutdinov (2006) report this number;
        a mean over pixels as well would be ``D`` times smaller.

    Raises
    ------
    TypeError
        If the model cannot encode and decode.
    TypeError, ValueError
        If ``x`` is not a finite, non-empty floating-point matrix.
    ValueError
        If the model answers with another shape, or with no tensor.
    """
    for name in ("encode", "decode"):
        if not callable(getattr(model, name, None)):
            raise TypeError(
                f"The model is a {type(model).__name__} without {name}, but both encode(x) and "
                "decode(z) are needed; give a trained autoencoder."
            )
    check_matrix(x)
    x_hat = model.decode(model.encode(x))
    answer = tuple(x_hat.shape) if isinstance(x_hat, torch.Tensor) else type(x_hat).__name__
    if answer != tuple(x.shape):
        raise ValueError(
            f"The model turned examples of shape {tuple(x.shape)} into {answer}; "
            "the decoder's output must have the shape of the encoder's input."
        )
    return (x - x_hat).square().sum(dim=1).mean().item()


def linear_probe(
    codes: torch.Tensor,
    labels: torch.Tensor,
    test_codes: torch.Tensor,
    test_labels: torch.Tensor,
    *,
    inverse_penalty: float = 1.0,
) -> float:
    """Test accuracy of a logistic regression on standardised codes.

    Parameters
    ----------
    codes, test_codes
        ``(N, K)`` and ``(M, K)``. Mean and deviation of the former standardise both.
    labels, test_labels
        ``(N,)`` and ``(M,)`` integers; at least two different ones to train on.
    inverse_penalty
        One over the strength of the squared penalty on the weights: scikit-learn's ``C``.

    Returns
    -------
    float
        Share of right answers on the test codes.

    Raises
    ------
    TypeError, ValueError
        If codes and labels do not fit together, or are not usable numbers.
    """
    correct = linear_probe_correct(
        codes, labels, test_codes, test_labels, inverse_penalty=inverse_penalty
    )
    return correct.double().mean().item()


def linear_probe_correct(
    codes: torch.Tensor,
    labels: torch.Tensor,
    test_codes: torch.Tensor,
    test_labels: torch.Tensor,
    *,
    inverse_penalty: float = 1.0,
) -> torch.Tensor:
    """Say which test examples :func:`linear_probe` gets right, for example for :func:`interval`.

    Parameters
    ----------
    codes, labels, test_codes, test_labels, inverse_penalty
        As for :func:`linear_probe`.

    Returns
    -------
    torch.Tensor
        Truth values, ``(M,)``.

    Raises
    ------
    TypeError, ValueError
        If codes and labels do not fit together, or are not usable numbers.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    check_matrix(codes, name="codes")
    check_matrix(test_codes, codes.shape[1], name="test_codes")
    check_labels(labels, len(codes))
    check_labels(test_labels, len(test_codes), "test_labels")
    check_positive("inverse_penalty", inverse_penalty)
    if len(labels.unique()) < 2:
        raise ValueError(
            f"All training labels are {labels[0].item()}, but a probe needs at least two classes."
        )
    regression = LogisticRegression(C=inverse_penalty, max_iter=5000)
    probe = make_pipeline(StandardScaler(), regression)
    probe.fit(_array(codes), _array(labels))
    return torch.from_numpy(probe.predict(_array(test_codes)) == _array(test_labels))


def interval(values: torch.Tensor, example: torch.Tensor | None = None) -> tuple[float, float]:
    """Give the 95 % interval of a mean over test examples, some of which may share an example.

    A test set of 2 000 pairs that are made of 360 pictures says as much about pictures as 360 do:
    rows of the same picture are not independent, and are added up before their spread is taken.

    Parameters
    ----------
    values
        What was measured on each row of the test set, ``(N,)``: for an accuracy, truth values; for
        a comparison of two models, the difference of theirs.
    example
        Which distinct example each row is made of, ``(N,)`` integers in any order; by default each
        row is its own. ``x.flatten(1).unique(dim=0, return_inverse=True)[1]`` tells equal rows.

    Returns
    -------
    tuple[float, float]
        Mean minus and plus 1.96 standard errors. It covers what other test examples would have
        given, not what other seeds or other training sets would.

    Raises
    ------
    TypeError, ValueError
        If the values are no finite, non-empty vector, the examples no whole numbers, one for each
        value, or there is only one distinct example.

    References
    ----------
    Liang, K.-Y. and Zeger, S. L. (1986). Longitudinal data analysis using generalized linear
    models. Biometrika 73, 13–22.
    """
    if not isinstance(values, torch.Tensor) or values.ndim != 1:
        shape = tuple(values.shape) if isinstance(values, torch.Tensor) else type(values).__name__
        raise ValueError(
            f"values is {shape}, but a tensor with one number for each row of the test set, (N,), "
            "is expected; take the mean over everything else first."
        )
    values = values.double()
    check_matrix(values[:, None], name="values")
    if example is None:
        example = torch.arange(len(values), device=values.device)
    check_labels(example, len(values), "example")
    _, which = example.unique(return_inverse=True)
    n = int(which.max()) + 1
    if n < 2:
        raise ValueError(
            "All rows are of one example, but a spread needs at least two; give more test examples."
        )
    mean = values.mean()
    sums = values.new_zeros(n).index_add(0, which, values - mean)
    error = (n / (n - 1) * sums.square().sum()).sqrt() / len(values)
    return (mean - 1.96 * error).item(), (mean + 1.96 * error).item()


def clustering_accuracy(clusters: torch.Tensor, labels: torch.Tensor) -> float:
    """Share of examples in the right cluster, when clusters are named by the best matching.

    Parameters
    ----------
    clusters, labels
        ``(N,)`` integers.

    Returns
    -------
    float
        The highest accuracy over all ways of giving each cluster a class of its own, found by the
        Hungarian algorithm.

    Raises
    ------
    TypeError, ValueError
        If they are not whole numbers, or not of one length.

    References
    ----------
    Kuhn, H. W. (1955). The Hungarian method for the assignment problem. Naval Research Logistics
    Quarterly 2, 83–97.
    """
    from scipy.optimize import linear_sum_assignment
    from sklearn.metrics.cluster import contingency_matrix

    check_labels(labels)
    check_labels(clusters, len(labels), "clusters")
    counts = contingency_matrix(_array(labels), _array(clusters))
    return float(counts[linear_sum_assignment(counts, maximize=True)].sum() / len(labels))


def kmeans_accuracy(
    codes: torch.Tensor, labels: torch.Tensor, *, seeds: int = 10
) -> tuple[float, float]:
    """Clustering accuracy of k-means with as many clusters as there are classes.

    Parameters
    ----------
    codes
        ``(N, K)``.
    labels
        ``(N,)`` integers.
    seeds
        Runs, each the best of ten starts.

    Returns
    -------
    tuple[float, float]
        Mean and standard deviation (0 for a single run) of the accuracy over the runs.

    Raises
    ------
    TypeError, ValueError
        If codes and labels do not fit together, or are not usable numbers.
    """
    from sklearn.cluster import KMeans

    check_matrix(codes, name="codes")
    check_labels(labels, len(codes))
    check_count("seeds", seeds)
    runs = [
        KMeans(len(labels.unique()), n_init=10, random_state=seed).fit_predict(_array(codes))
        for seed in range(seeds)
    ]
    accuracies = torch.tensor(
        [clustering_accuracy(torch.from_numpy(run).long(), labels) for run in runs]
    )
    return accuracies.mean().item(), accuracies.std(correction=0).item()


def _array(x: torch.Tensor) -> np.ndarray:
    """Give numbers to scikit-learn, which knows no gradients, devices and 16-bit numbers."""
    x = x.detach().cpu()
    return (x.float() if x.is_floating_point() and x.itemsize < 4 else x).numpy()
