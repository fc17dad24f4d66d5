"""Search in 20 Newsgroups: an autoencoder's numbers beside as many of latent semantic analysis.

Writes `book/appendix/search.json`. Needs the environment variable MMLEARN_DATA.
"""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import torch
from record import MACHINE
from sklearn.decomposition import TruncatedSVD
from torch.nn import functional as F

from mmlearn_helpers import data
from mmlearn_helpers.autoencoders.corruptions import masking
from mmlearn_helpers.autoencoders.search import TextAutoencoder, rarity
from mmlearn_helpers.evaluation import interval
from mmlearn_helpers.retrieval import mean_average_precision, nearest
from mmlearn_helpers.training import fit, one_cycle

RECORD = Path(__file__).parents[2] / "book" / "appendix" / "search.json"
NUMBERS = (2, 8, 32)
SEEDS = (0, 1, 2)
EPOCHS = (10, 30)
MASKED = (0.0, 0.3)
TRIED = {"hidden": [128, 256], "learning_rate": [5e-3, 1e-2], "masked": MASKED}
K = 10
BATCH = 100

Texts = tuple[torch.Tensor, torch.Tensor]


def weighted(of: torch.Tensor, *others: torch.Tensor) -> list[torch.Tensor]:
    """Weight the words by their rarity in the first collection."""
    weights = rarity(of)
    return [counts * weights for counts in (of, *others)]


INPUTS: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "counts": lambda counts, weights: F.normalize(counts * weights),
    "logarithms": lambda counts, weights: F.normalize(counts.log1p() * weights),
    "roots": lambda counts, weights: F.normalize(counts.sqrt() * weights),
    "roots of weighted counts": lambda counts, weights: F.normalize((counts * weights).sqrt()),
}


def lsa(x: torch.Tensor, y: torch.Tensor, n_numbers: int) -> list[torch.Tensor]:
    """Fit latent semantic analysis to the first collection, and give the codes of both."""
    svd = TruncatedSVD(n_numbers, random_state=0).fit(x.numpy())
    return [torch.from_numpy(svd.transform(counts.numpy())) for counts in (x, y)]


def autoencoder(
    x: torch.Tensor, y: torch.Tensor, n_numbers: int, chosen: dict, epochs: int, seed: int
) -> list[torch.Tensor]:
    """Train on the first collection, and give the codes of both."""
    torch.manual_seed(seed)
    corruption = masking(chosen["masked"]) if chosen["masked"] else None
    model = TextAutoencoder([x.shape[1], chosen["hidden"], n_numbers], corruption=corruption)
    options = {"learning_rate": chosen["learning_rate"], "schedule": one_cycle}
    fit(model, x, epochs=epochs, batch_size=BATCH, seed=seed, **options)
    model.eval()
    with torch.no_grad():
        return [model.encode(counts) for counts in (x, y)]


def hits(codes: list[torch.Tensor], labels: Texts) -> torch.Tensor:
    """Give for each query the share of its nearest that have its label."""
    found = nearest(codes[1], codes[0], K)
    return (labels[0][found] == labels[1][:, None]).float().mean(dim=1)


def judge(codes: list[torch.Tensor], labels: Texts) -> dict[str, float]:
    """Give precision at ten and mean average precision."""
    average = mean_average_precision(codes[1], labels[1], codes[0], labels[0])
    return {
        "precision": round(hits(codes, labels).mean().item(), 4),
        "average": round(average, 4),
    }


def choose(counts: torch.Tensor, labels: torch.Tensor) -> dict:
    """Choose every method's settings by the precision on a fifth of the posts, held back."""
    held = torch.rand(len(counts), generator=torch.Generator().manual_seed(0)) < 0.2
    sides = labels[~held], labels[held]
    plain = counts[~held], counts[held]
    rare = weighted(*plain)
    weights = {"": torch.ones(counts.shape[1]), ", weighted": rarity(plain[0])}
    chosen = {}
    for n in NUMBERS:
        tried = {}
        for (name, turn), (words, weight) in product(INPUTS.items(), weights.items()):
            codes = lsa(*(turn(side, weight) for side in plain), n)
            tried[name + words] = round(hits(codes, sides).mean().item(), 4)
        chosen[f"LSA {n}"] = {"input": max(tried, key=tried.get), "tried": tried}
        tried = {}
        for values in product(*TRIED.values()):
            options = dict(zip(TRIED, values, strict=True))
            codes = autoencoder(*rare, n, options, EPOCHS[0], 0)
            tried[json.dumps(options)] = round(hits(codes, sides).mean().item(), 4)
        best = json.loads(max(tried, key=tried.get))
        chosen[f"autoencoder {n}"] = best | {"tried": tried}
        print({name: one for name, one in chosen.items() if name.endswith(f" {n}")}, flush=True)
    return chosen


def main() -> None:
    torch.set_num_threads(1)
    start = time.perf_counter()
    posts = data.load("20-newsgroups")
    counts, test = posts.train["text"], posts.test["text"]
    labels = posts.train["label"], posts.test["label"]
    chosen = choose(counts, labels[0])
    rare, rare_test = weighted(counts, test)
    runs = []

    def add(method: str, codes: list[torch.Tensor], **about: object) -> None:
        runs.append({"method": method, **about, **judge(codes, labels)})
        print(f"{time.perf_counter() - start:6.0f} s {runs[-1]}", flush=True)

    add("bag of words", [F.normalize(side) for side in (counts, test)], numbers=counts.shape[1])
    add("tf-idf", [F.normalize(side) for side in (rare, rare_test)], numbers=counts.shape[1])
    gains = []
    for n in NUMBERS:
        name, _, words = chosen[f"LSA {n}"]["input"].partition(",")
        weight = rarity(counts) if words else torch.ones(counts.shape[1])
        linear = lsa(*(INPUTS[name](side, weight) for side in (counts, test)), n)
        add("LSA", linear, numbers=n)
        settings = chosen[f"autoencoder {n}"]
        for epochs in EPOCHS:
            mine = torch.zeros(len(test))
            for seed in SEEDS:
                codes = autoencoder(rare, rare_test, n, settings, epochs, seed)
                add("autoencoder", codes, numbers=n, epochs=epochs, seed=seed)
                mine += hits(codes, labels) / len(SEEDS)
            low, high = interval(mine - hits(linear, labels))
            gains.append({"numbers": n, "epochs": epochs, "low": low, "high": high})
    settings = chosen[f"autoencoder {NUMBERS[-1]}"]
    for weights, masked, epochs in product((True, False), MASKED, EPOCHS):
        if weights and masked == settings["masked"]:
            continue
        words = "weights" if weights else "no weights"
        name = f"autoencoder, {words}, {'masking' if masked else 'no masking'}"
        for seed in SEEDS:
            about = {"numbers": NUMBERS[-1], "epochs": epochs, "seed": seed}
            sides = (rare, rare_test) if weights else (counts, test)
            changed = settings | {"masked": masked}
            add(name, autoencoder(*sides, NUMBERS[-1], changed, epochs, seed), **about)
    record = {
        "settings": {"k": K, "batch_size": BATCH, "tried": TRIED, "epochs": EPOCHS},
        "n": [len(counts), len(test)],
        "chosen": chosen,
        "runs": runs,
        "gains": gains,
        "seconds": round(time.perf_counter() - start),
        "date": datetime.date.today().isoformat(),
        "machine": MACHINE,
    }
    RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
