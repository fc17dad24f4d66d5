"""Search in 20 Newsgroups: an autoencoder's numbers beside as many of latent semantic analysis.

Writes `book/appendix/search.json`. Needs the environment variable MMLEARN_DATA.
"""

from __future__ import annotations

import datetime
import json
import time
from itertools import product
from pathlib import Path

import torch
from record import MACHINE
from sklearn.decomposition import PCA, TruncatedSVD
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
TRIED = {
    "power": (1, 2, 3),
    "hidden": (128, 256),
    "learning_rate": (1e-2, 2e-2),
    "masked": MASKED,
}
AXES = {"LSA": TruncatedSVD, "PCA": PCA}
TURNS = {"counts": lambda counts: counts, "logarithms": torch.log1p}
LINEAR = {"reads": TURNS, "power": (0, 1, 2, 3, 4, 5), "axes": AXES}
DISTANCES = ("cosine", "euclidean")
K = 10
BATCH = 100

Texts = tuple[torch.Tensor, torch.Tensor]


def weighted(counts: Texts, power: float) -> Texts:
    """Weight the words by a power of their rarity in the first collection."""
    weights = rarity(counts[0]) ** power
    return counts[0] * weights, counts[1] * weights


def linear_codes(counts: Texts, n_numbers: int, reads: str, power: int, axes: str) -> Texts:
    """Fit LSA, or PCA, which is LSA about the mean, to the first collection; codes of both."""
    turned = TURNS[reads](counts[0]), TURNS[reads](counts[1])
    x, y = (F.normalize(side).numpy() for side in weighted(turned, power))
    fitted = AXES[axes](n_numbers, random_state=0).fit(x)
    return torch.from_numpy(fitted.transform(x)), torch.from_numpy(fitted.transform(y))


def autoencoder(counts: Texts, n_numbers: int, chosen: dict, epochs: int, seed: int) -> Texts:
    """Train on the first collection, and give the codes of both."""
    x, y = weighted(counts, chosen["power"])
    torch.manual_seed(seed)
    corruption = masking(chosen["masked"]) if chosen["masked"] else None
    model = TextAutoencoder([x.shape[1], chosen["hidden"], n_numbers], corruption=corruption)
    options = {"learning_rate": chosen["learning_rate"], "schedule": one_cycle}
    fit(model, x, epochs=epochs, batch_size=BATCH, seed=seed, **options)
    model.eval()
    with torch.no_grad():
        return model.encode(x), model.encode(y)


def hits(codes: Texts, labels: Texts, distance: str) -> torch.Tensor:
    """Give for each query the share of its nearest that have its label."""
    found = nearest(codes[1], codes[0], K, distance=distance)
    return (labels[0][found] == labels[1][:, None]).float().mean(dim=1)


def choose(counts: torch.Tensor, labels: torch.Tensor) -> dict:
    """Choose every method's settings by the precision on a fifth of the posts, held back."""
    held = torch.rand(len(counts), generator=torch.Generator().manual_seed(0)) < 0.2
    sides = labels[~held], labels[held]
    plain = counts[~held], counts[held]
    methods = {
        "linear": (LINEAR, lambda n, options: linear_codes(plain, n, **options)),
        "autoencoder": (
            TRIED,
            lambda n, options: autoencoder(plain, n, options, EPOCHS[0], 0),
        ),
    }
    chosen = {}
    for n, (method, (grid, codes_with)) in product(NUMBERS, methods.items()):
        tried = {}
        for values in product(*grid.values()):
            options = dict(zip(grid, values, strict=True))
            codes = codes_with(n, options)
            for distance in DISTANCES:
                name = json.dumps(options | {"distance": distance})
                tried[name] = round(hits(codes, sides, distance).mean().item(), 4)
        best = max(tried, key=tried.get)
        chosen[f"{method} {n}"] = json.loads(best) | {"tried": tried}
        print(method, n, best, tried[best], flush=True)
    return chosen


def main() -> None:
    torch.set_num_threads(1)
    start = time.perf_counter()
    posts = data.load("20-newsgroups")
    counts = posts.train["text"], posts.test["text"]
    labels = posts.train["label"], posts.test["label"]
    chosen = choose(counts[0], labels[0])
    runs = []

    def add(method: str, codes: Texts, distance: str = "cosine", **about: object) -> torch.Tensor:
        """Record precision at ten and mean average precision, and give the hits."""
        found = hits(codes, labels, distance)
        average = mean_average_precision(
            codes[1], labels[1], codes[0], labels[0], distance=distance
        )
        measured = {"precision": round(found.mean().item(), 4), "average": round(average, 4)}
        runs.append({"method": method, **about, **measured})
        print(f"{time.perf_counter() - start:6.0f} s {runs[-1]}", flush=True)
        return found

    n_words = counts[0].shape[1]
    for name, power in {"bag of words": 0, "tf–idf": 1, "tf–idf, weights squared": 2}.items():
        add(name, weighted(counts, power), numbers=n_words)
    gains = []
    for n in NUMBERS:
        best = {name: chosen[f"linear {n}"][name] for name in LINEAR}
        distance = chosen[f"linear {n}"]["distance"]
        linear = linear_codes(counts, n, **best)
        given = add("LSA or PCA", linear, distance, numbers=n)
        settings = chosen[f"autoencoder {n}"]
        distance = settings["distance"]
        for epochs in EPOCHS:
            mine = torch.zeros(len(labels[1]))
            for seed in SEEDS:
                codes = autoencoder(counts, n, settings, epochs, seed)
                about = {"numbers": n, "epochs": epochs, "seed": seed}
                mine += add("autoencoder", codes, distance, **about) / len(SEEDS)
            low, high = interval(mine - given)
            gains.append({"numbers": n, "epochs": epochs, "low": low, "high": high})
    n = NUMBERS[-1]
    settings = chosen[f"autoencoder {n}"]
    for power, masked in dict.fromkeys(product((0, 1, settings["power"]), MASKED)):
        if (power, masked) == (settings["power"], settings["masked"]):
            continue
        name = f"autoencoder, weights to the power {power}, {masked:.0%} of the words hidden"
        for epochs, seed in product(EPOCHS, SEEDS):
            codes = autoencoder(
                counts, n, settings | {"power": power, "masked": masked}, epochs, seed
            )
            about = {"numbers": n, "epochs": epochs, "seed": seed}
            add(name, codes, settings["distance"], **about)
    record = {
        "settings": {"k": K, "batch_size": BATCH, "tried": TRIED, "epochs": EPOCHS},
        "n": [len(side) for side in labels],
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
