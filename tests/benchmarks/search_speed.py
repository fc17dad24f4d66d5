"""Seconds a query as a collection of codes grows: torch, faiss and an index of bits.

Writes `book/appendix/search_speed.json`. Needs the extra `search`.
"""

from __future__ import annotations

import datetime
import json
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path

import faiss
import numpy as np
import torch
from record import MACHINE
from torch.nn import functional as F

from mmlearn_helpers import data
from mmlearn_helpers.autoencoders.corruptions import masking
from mmlearn_helpers.autoencoders.hashing import HammingIndex
from mmlearn_helpers.autoencoders.search import TextAutoencoder, rarity
from mmlearn_helpers.training import fit, one_cycle

RECORD = Path(__file__).parents[2] / "book" / "appendix" / "search_speed.json"
SIZES = (1000, 10_000, 100_000, 1_000_000)
K, N_QUERIES, REPEATS = 10, 200, 3
N_NUMBERS, N_BITS, RADIUS = 32, 20, 2
# Copies of a text get noise of this share of a code's length, and flips of this share of bits.
SPREAD, FLIPPED = 0.3, 0.05
CELLS_LOOKED_INTO = 8

Search = Callable[[int], torch.Tensor]


def train(x: torch.Tensor, n_code: int, epochs: int, **options: object) -> TextAutoencoder:
    """Train an autoencoder on texts."""
    torch.manual_seed(0)
    model = TextAutoencoder([x.shape[1], 128, n_code], **options)
    fit(model, x, epochs=epochs, batch_size=64, learning_rate=1e-2, schedule=one_cycle)
    return model.eval()


def searches(
    codes: torch.Tensor, bits: torch.Tensor, queries: torch.Tensor, asked: torch.Tensor
) -> Iterator[tuple[str, Search, int, float]]:
    """Build every index; give for each its search by number of the query, bytes and seconds."""
    array, wanted = np.ascontiguousarray(codes.numpy()), np.ascontiguousarray(queries.numpy())
    n = len(codes)

    def timed(build: Callable[[], object]) -> tuple[object, float]:
        start = time.perf_counter()
        return build(), time.perf_counter() - start

    def exact() -> faiss.Index:
        index = faiss.IndexFlatIP(codes.shape[1])
        index.add(array)
        return index

    def cells() -> faiss.Index:
        n_cells = round(4 * n**0.5) if n > 1000 else 16
        centres = faiss.IndexFlatIP(codes.shape[1])
        kind = faiss.METRIC_INNER_PRODUCT
        index = faiss.IndexIVFFlat(centres, codes.shape[1], n_cells, kind)
        index.train(array)
        index.add(array)
        index.nprobe = CELLS_LOOKED_INTO
        return index

    flat, flat_seconds = timed(exact)
    divided, divided_seconds = timed(cells)
    index, index_seconds = timed(lambda: HammingIndex(bits))
    of_index = (index.addresses.element_size() + index.rows.element_size()) * n
    by_faiss = {
        "faiss, exact": (flat, 4 * codes.numel(), flat_seconds),
        "faiss, cells": (divided, 4 * codes.numel() + 8 * n, divided_seconds),
    }
    yield "torch, all codes", lambda i: (codes @ queries[i]).topk(K)[1], 4 * codes.numel(), 0.0
    for name, (faiss_index, n_bytes, seconds) in by_faiss.items():
        yield name, partial(by_index, faiss_index, wanted), n_bytes, seconds
    yield "bits, ball", lambda i: index.ball(asked[i], RADIUS)[:K], of_index, index_seconds


def by_index(index: faiss.Index, queries: np.ndarray, i: int) -> torch.Tensor:
    """Search for one query with faiss."""
    return torch.from_numpy(index.search(queries[i : i + 1], K)[1][0])


def measure(search: Search, labels: torch.Tensor, wanted: torch.Tensor) -> tuple[float, float]:
    """Give milliseconds a query, the best of several passes, and precision at ten."""
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        found = [search(i) for i in range(len(wanted))]
        seconds.append(time.perf_counter() - start)
    right = [(labels[rows] == y).sum().item() / K for rows, y in zip(found, wanted, strict=True)]
    return 1000 * min(seconds) / len(wanted), sum(right) / len(right)


def main() -> None:
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    before = os.getloadavg()[0]
    docs = data.load("docs", n_words=1000)
    weights = rarity(docs.train["text"][docs.train["text"].sum(dim=1) > 0])
    sides = []
    for split in (docs.train, docs.test):
        kept = split["text"].sum(dim=1) > 0
        sides.append((split["text"][kept] * weights, split["module"][kept]))
    (x, y), (x_test, y_test) = sides
    model = train(x, N_NUMBERS, 16, corruption=masking(0.3))
    binary = train(x, N_BITS, 24, noise=2.0)
    with torch.no_grad():
        codes, queries = (F.normalize(model.encode(counts)) for counts in (x, x_test))
    bits, asked = binary.bits(x), binary.bits(x_test)
    generator = torch.Generator().manual_seed(0)
    some = torch.randperm(len(x_test), generator=generator)[:N_QUERIES]
    rows = []
    for n in SIZES:
        which = torch.randint(len(x), (n,), generator=generator)
        noise = torch.randn(n, N_NUMBERS, generator=generator) * SPREAD / N_NUMBERS**0.5
        grown = F.normalize(codes[which] + noise)
        flips = torch.rand(n, N_BITS, generator=generator) < FLIPPED
        for name, search, n_bytes, seconds in searches(
            grown, bits[which] ^ flips, queries[some], asked[some]
        ):
            milliseconds, precision = measure(search, y[which], y_test[some])
            rows.append(
                {
                    "index": name,
                    "texts": n,
                    "milliseconds": round(milliseconds, 4),
                    "precision": round(precision, 3),
                    "bytes_a_text": round(n_bytes / n),
                    "seconds_to_build": round(seconds, 2),
                }
            )
            print(rows[-1], flush=True)
    record = {
        "settings": {
            "k": K,
            "queries": N_QUERIES,
            "numbers": N_NUMBERS,
            "bits": N_BITS,
            "radius": RADIUS,
            "cells_looked_into": CELLS_LOOKED_INTO,
            "spread": SPREAD,
            "flipped": FLIPPED,
        },
        "rows": rows,
        "versions": {"faiss": version("faiss-cpu"), "torch": version("torch").split("+")[0]},
        "date": datetime.date.today().isoformat(),
        "machine": MACHINE,
        "load_average": [before, os.getloadavg()[0]],
    }
    RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
