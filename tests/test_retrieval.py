"""Retrieval agrees with scikit-learn and with plain loops."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score
from sklearn.neighbors import NearestNeighbors

from mmlearn_helpers.retrieval import mean_average_precision, nearest, precision_at_k, ranks

DISTANCES = ["cosine", "euclidean"]


def codes(seed, n, k=4):
    return torch.randn(n, k, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def labels(seed, n, classes=3):
    return torch.randint(classes, (n,), generator=torch.Generator().manual_seed(seed))


def loop_distance(a, b, distance):
    if distance == "euclidean":
        return math.dist(a, b)
    return -sum(x * y for x, y in zip(a, b, strict=True)) / math.hypot(*a) / math.hypot(*b)


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize(("n_queries", "n_gallery"), [(1, 5), (7, 40), (2100, 6)])
def test_the_nearest_are_those_of_scikit_learn(distance, n_queries, n_gallery):
    queries, gallery = codes(0, n_queries), codes(1, n_gallery)
    search = NearestNeighbors(n_neighbors=5, metric=distance).fit(gallery)
    expected = search.kneighbors(queries, return_distance=False)
    np.testing.assert_array_equal(nearest(queries, gallery, 5, distance=distance), expected)


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("k", [1, 3, 20])
def test_precision_at_k_is_that_of_plain_loops(distance, k):
    queries, gallery = codes(0, 9), codes(1, 20)
    query_labels, gallery_labels = labels(2, 9), labels(3, 20)
    hits = 0
    for query, label in zip(queries.tolist(), query_labels.tolist(), strict=True):
        order = sorted(range(20), key=lambda i: loop_distance(query, gallery[i].tolist(), distance))
        hits += sum(gallery_labels[i].item() == label for i in order[:k])
    found = precision_at_k(queries, query_labels, gallery, gallery_labels, k, distance=distance)
    assert found == pytest.approx(hits / (9 * k))


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("n_queries", [1, 13, 1500])
def test_mean_average_precision_is_that_of_scikit_learn(distance, n_queries):
    queries, gallery = codes(0, n_queries), codes(1, 30)
    query_labels, gallery_labels = labels(2, n_queries), labels(3, 30)
    expected = np.mean(
        [
            average_precision_score(
                gallery_labels.numpy() == label,
                [-loop_distance(query, item, distance) for item in gallery.tolist()],
            )
            for query, label in zip(queries.tolist(), query_labels.tolist(), strict=True)
        ]
    )
    found = mean_average_precision(
        queries, query_labels, gallery, gallery_labels, distance=distance
    )
    assert found == pytest.approx(expected, rel=1e-9)


def test_a_perfect_ranking_has_precision_one():
    gallery = torch.eye(3).repeat_interleave(5, dim=0)
    gallery_labels = torch.arange(3).repeat_interleave(5)
    queries, query_labels = torch.eye(3), torch.arange(3)
    assert precision_at_k(queries, query_labels, gallery, gallery_labels, 5) == 1
    assert mean_average_precision(queries, query_labels, gallery, gallery_labels) == 1


def test_codes_that_say_nothing_give_the_share_of_the_class():
    found = mean_average_precision(codes(0, 200), labels(1, 200), codes(2, 3000), labels(3, 3000))
    assert found == pytest.approx(1 / 3, abs=0.02)


def test_the_scale_of_a_code_does_not_matter_to_the_cosine():
    queries, gallery = codes(0, 5), codes(1, 9)
    scale = torch.linspace(0.01, 100, 9)[:, None]
    assert torch.equal(nearest(queries, gallery, 9), nearest(3 * queries, scale * gallery, 9))
    assert not torch.equal(
        nearest(queries, gallery, 9, distance="euclidean"),
        nearest(queries, scale * gallery, 9, distance="euclidean"),
    )


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("n", [1, 9, 1100])
def test_ranks_are_the_places_in_the_list_of_the_nearest(distance, n):
    queries, gallery = codes(0, n), codes(1, n)
    order = nearest(queries, gallery, n, distance=distance)
    place = (order == torch.arange(n)[:, None]).nonzero()[:, 1]
    np.testing.assert_array_equal(ranks(queries, gallery, distance=distance), place + 1)


def test_codes_that_are_all_the_same_have_the_rank_of_a_guess():
    assert ranks(torch.ones(9, 2), torch.ones(9, 2)).tolist() == [5.0] * 9
    assert ranks(torch.zeros(9, 2), codes(0, 9, 2).float().abs() * 0).tolist() == [5.0] * 9


def test_a_tie_of_two_is_shared():
    gallery = torch.tensor([[1.0, 0], [1, 0], [0, 1]])
    assert ranks(gallery, gallery).tolist() == [1.5, 1.5, 1]
