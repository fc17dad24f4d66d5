"""Finding the items of a gallery whose codes are nearest to that of a query."""

from __future__ import annotations

from typing import Literal

import torch
from torch.nn import functional as F

from mmlearn_helpers.checks import check_count, check_labels, check_matrix


def nearest(
    queries: torch.Tensor,
    gallery: torch.Tensor,
    k: int,
    *,
    distance: Literal["cosine", "euclidean"] = "cosine",
) -> torch.Tensor:
    """Find the nearest items of a gallery.

    Parameters
    ----------
    queries, gallery
        Codes, ``(Q, K)`` and ``(G, K)``.
    k
        How many to find, at most G.
    distance
        ``"cosine"`` or ``"euclidean"``.

    Returns
    -------
    torch.Tensor
        Their rows, the nearest first, ``(Q, k)``.

    Raises
    ------
    TypeError, ValueError
        If the codes are not usable, ``k`` is impossible, or the distance unknown.
    """
    check_matrix(gallery, name="gallery")
    check_matrix(queries, gallery.shape[1], gallery.dtype, name="queries")
    check_count("k", k)
    if k > len(gallery):
        raise ValueError(
            f"k is {k}, but the gallery has only {len(gallery)} items; choose a k up to that."
        )
    parts = queries.split(1000)
    return torch.cat([_distances(x, gallery, distance).topk(k, largest=False)[1] for x in parts])


def ranks(
    queries: torch.Tensor,
    gallery: torch.Tensor,
    *,
    distance: Literal["cosine", "euclidean"] = "cosine",
) -> torch.Tensor:
    """Find at which place of the gallery, the nearest first, each query's own item stands.

    Parameters
    ----------
    queries, gallery
        Codes, ``(N, K)`` each; the item of a query is in the same row of the gallery.
    distance
        ``"cosine"`` or ``"euclidean"``.

    Returns
    -------
    torch.Tensor
        Ranks from 1 to N in double precision, ``(N,)``. Of items that are equally near, each has
        the mean of their places, so that codes which are all the same have the rank of a guess.

    Raises
    ------
    TypeError, ValueError
        If the codes are not usable or not of one shape, or the distance is unknown.
    """
    check_matrix(gallery, name="gallery")
    check_matrix(queries, gallery.shape[1], gallery.dtype, name="queries")
    if len(queries) != len(gallery):
        raise ValueError(
            f"There are {len(queries)} queries and {len(gallery)} items in the gallery, but each "
            "query's own item must stand in the same row; give as many of the one as of the other."
        )
    found = []
    for rows in torch.arange(len(gallery), device=gallery.device).split(1000):
        apart = _distances(queries[rows], gallery, distance)
        own = apart.gather(1, rows[:, None])
        nearer, equal = (apart < own).sum(dim=1), (apart == own).sum(dim=1)
        found.append(nearer + (equal + 1).double() / 2)
    return torch.cat(found)


def precision_at_k(
    queries: torch.Tensor,
    query_labels: torch.Tensor,
    gallery: torch.Tensor,
    gallery_labels: torch.Tensor,
    k: int,
    *,
    distance: Literal["cosine", "euclidean"] = "cosine",
) -> float:
    """Share of the k nearest items that have the query's label, averaged over the queries.

    Parameters
    ----------
    queries, gallery
        Codes, ``(Q, K)`` and ``(G, K)``; no query may be in the gallery, it would find itself.
    query_labels, gallery_labels
        ``(Q,)`` and ``(G,)`` integers.
    k
        How many of the nearest count.
    distance
        ``"cosine"`` or ``"euclidean"``.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    TypeError, ValueError
        If codes and labels do not fit together, or are not usable.
    """
    _check(queries, query_labels, gallery, gallery_labels)
    found = nearest(queries, gallery, k, distance=distance).to(gallery_labels.device)
    return (gallery_labels[found] == query_labels[:, None]).float().mean().item()


def mean_average_precision(
    queries: torch.Tensor,
    query_labels: torch.Tensor,
    gallery: torch.Tensor,
    gallery_labels: torch.Tensor,
    *,
    distance: Literal["cosine", "euclidean"] = "cosine",
) -> float:
    """Average precision of the whole ranking of the gallery, averaged over the queries.

    The average precision of a query is the mean, over the items with its label, of the share of
    such items among those ranked as high or higher.

    Parameters
    ----------
    queries, gallery
        Codes, ``(Q, K)`` and ``(G, K)``; no query may be in the gallery, it would find itself.
    query_labels, gallery_labels
        ``(Q,)`` and ``(G,)`` integers; every query's label must occur in the gallery.
    distance
        ``"cosine"`` or ``"euclidean"``.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    TypeError, ValueError
        If codes and labels do not fit together, or are not usable.
    """
    _check(queries, query_labels, gallery, gallery_labels)
    lacking = sorted(set(query_labels.tolist()) - set(gallery_labels.tolist()))
    if lacking:
        raise ValueError(
            f"The gallery has no item with the labels {lacking[:5]}, so nothing can be found for "
            "queries of that label; leave those queries out."
        )
    ranks = torch.arange(1, len(gallery) + 1, device=gallery_labels.device)
    total = 0.0
    for part, labels in zip(queries.split(1000), query_labels.split(1000), strict=True):
        ranking = nearest(part, gallery, len(gallery), distance=distance).to(ranks.device)
        right = (gallery_labels[ranking] == labels[:, None]).double()
        precision = right.cumsum(dim=1) / ranks
        total += ((precision * right).sum(dim=1) / right.sum(dim=1)).sum().item()
    return total / len(queries)


def _distances(queries: torch.Tensor, gallery: torch.Tensor, distance: str) -> torch.Tensor:
    if distance not in ("cosine", "euclidean"):
        raise ValueError(f"distance is {distance!r}, but 'cosine' or 'euclidean' is expected.")
    if distance == "cosine":
        queries, gallery = F.normalize(queries), F.normalize(gallery)
    return torch.cdist(queries, gallery)


def _check(
    queries: torch.Tensor,
    query_labels: torch.Tensor,
    gallery: torch.Tensor,
    gallery_labels: torch.Tensor,
) -> None:
    check_matrix(gallery, name="gallery")
    check_matrix(queries, gallery.shape[1], gallery.dtype, name="queries")
    check_labels(query_labels, len(queries), "query_labels")
    check_labels(gallery_labels, len(gallery), "gallery_labels")
