"""How well clusters of codes agree with classes."""

from __future__ import annotations

import torch

from mmlearn_helpers.checks import check_count, check_labels, check_matrix
from mmlearn_helpers.evaluation.arrays import as_array


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
    counts = contingency_matrix(as_array(labels), as_array(clusters))
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
        KMeans(len(labels.unique()), n_init=10, random_state=seed).fit_predict(as_array(codes))
        for seed in range(seeds)
    ]
    accuracies = torch.tensor(
        [clustering_accuracy(torch.from_numpy(run).long(), labels) for run in runs]
    )
    return accuracies.mean().item(), accuracies.std(correction=0).item()
