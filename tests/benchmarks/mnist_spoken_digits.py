"""Written and spoken digits: fusion, missing modalities, and a shared code beside CCA.

Writes `book/appendix/multimodal.json`. Needs the environment variable MMLEARN_DATA.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import time
from collections.abc import Mapping
from importlib.metadata import version
from itertools import product
from pathlib import Path

import torch
from torch import nn

from mmlearn_helpers import data
from mmlearn_helpers.autoencoders.pca import PCA
from mmlearn_helpers.batches import take
from mmlearn_helpers.evaluation import linear_probe
from mmlearn_helpers.multimodal.autoencoders import Modality, MultimodalAutoencoder
from mmlearn_helpers.multimodal.fusion import FusionClassifier
from mmlearn_helpers.multimodal.merges import Attention, Concatenation, Gate, LowRankBilinear, Sum
from mmlearn_helpers.networks import mlp
from mmlearn_helpers.retrieval import mean_average_precision
from mmlearn_helpers.training import fit, one_cycle

RECORD = Path(__file__).parents[2] / "book" / "appendix" / "multimodal.json"
DIMENSIONS = {"image": 784, "audio": 1920}
VIEWS = {"both": ("image", "audio"), "audio": ("audio",), "image": ("image",)}
# The noise and the few pairs of the second were chosen before anything was run.
SETTINGS = {
    "plain": {"n_train": 5000, "noise": 0.0, "epochs": 15, "batch_size": 100},
    "hard": {"n_train": 1000, "noise": 0.5, "epochs": 40, "batch_size": 50},
}
N_TEST = 2000
SEEDS = (0, 1, 2)
N_FEATURES = 32
WIDTH = 128
TRIED = {"learning_rate": [1e-3, 3e-3, 1e-2], "dropout": [0.0, 0.5, 0.8], "width": [128, 256]}
SINGLE = {"sound alone": "audio", "picture alone": "image"}
FUSED = ("early", "concatenation", "gate", "attention", "low-rank bilinear")
DROP = 0.5
AUTOENCODER = {"epochs": 20, "batch_size": 100, "hidden": 128}
TRIED_CODES = {"learning_rate": [1e-3, 3e-3], "width": [16, 64]}
CCA = {"n_principal": 50, "tried": [5, 9, 20, 50]}

Batch = Mapping[str, torch.Tensor]
Codes = Mapping[str, torch.Tensor]


def pairs(setting: str, seed: int) -> tuple[Batch, Batch]:
    """Draw pairs of a picture and a sound as flat vectors, pictures with noise if asked for."""
    options = SETTINGS[setting]
    found = data.paired(
        "mnist", "spoken-digits", n_train=options["n_train"], n_test=N_TEST, seed=seed
    )
    generator = torch.Generator().manual_seed(seed)
    splits = []
    for split in (found.train, found.test):
        image = split["image"].flatten(1)
        noise = options["noise"] * torch.randn(image.shape, generator=generator)
        kept = {name: split[name] for name in ("label", "speaker")}
        splits.append({"image": image + noise, "audio": split["audio"].flatten(1)} | kept)
    return splits[0], splits[1]


def standardised(train: Batch, test: Batch) -> tuple[Batch, Batch]:
    """Bring each modality to mean 0 and deviation 1, over all its numbers in training."""
    scales = {name: torch.std_mean(train[name]) for name in DIMENSIONS}
    first, second = (
        {name: (batch[name] - mean) / deviation for name, (deviation, mean) in scales.items()}
        | {"label": batch["label"]}
        for batch in (train, test)
    )
    return first, second


def folds(train: Batch) -> list[tuple[Batch, Batch]]:
    """Leave one speaker out of the training pairs to validate: once the first, once the last."""
    speakers = train["speaker"].unique()
    found = []
    for speaker in (speakers[0], speakers[-1]):
        left_out = train["speaker"] == speaker
        found.append(standardised(take(train, ~left_out), take(train, left_out)))
    return found


def layers(n_in: int, n_out: int, width: int, dropout: float) -> nn.Sequential:
    """Make a network with one hidden layer and dropout on it."""
    return nn.Sequential(
        nn.Linear(n_in, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, n_out)
    )


def head(n_in: int) -> nn.Sequential:
    """Make the end that all classifiers have."""
    return nn.Sequential(nn.ReLU(), nn.Linear(n_in, 10))


def classifier(method: str, dropout: float, width: int, drop: float = 0.0) -> FusionClassifier:
    """Make a classifier of one modality, or of both."""
    if method in SINGLE:
        modality = SINGLE[method]
        whole = layers(DIMENSIONS[modality], N_FEATURES, width, dropout) + head(N_FEATURES)
        return FusionClassifier({modality: whole}, Sum(), nn.Identity())
    if method == "early":
        encoders = {name: nn.Linear(d, width) for name, d in DIMENSIONS.items()}
        rest = nn.Sequential(nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, N_FEATURES))
        return FusionClassifier(encoders, Sum(), rest + head(N_FEATURES), drop=drop)
    encoders = {name: layers(d, N_FEATURES, width, dropout) for name, d in DIMENSIONS.items()}
    merge = {
        "concatenation": Concatenation(),
        "gate": Gate(2, N_FEATURES),
        "attention": Attention(N_FEATURES),
        "low-rank bilinear": LowRankBilinear(2, N_FEATURES, N_FEATURES),
    }[method]
    n_merged = 2 * N_FEATURES if method == "concatenation" else N_FEATURES
    return FusionClassifier(encoders, merge, head(n_merged), drop=drop)


def late(parts: Mapping[str, FusionClassifier]) -> FusionClassifier:
    """Add the logits of classifiers that were trained apart."""
    encoders = {SINGLE[method]: model.encoders[SINGLE[method]] for method, model in parts.items()}
    return FusionClassifier(encoders, Sum(), nn.Identity()).eval()


def trained(
    method: str, setting: str, train: Batch, chosen: Mapping[str, float], drop: float, seed: int
) -> FusionClassifier:
    """Train a classifier with the settings that were chosen for it."""
    torch.manual_seed(seed)
    model = classifier(method, chosen["dropout"], chosen["width"], drop)
    used = {name: train[name] for name in ("label", *model.encoders)}
    schedule = {name: SETTINGS[setting][name] for name in ("epochs", "batch_size")}
    rate = chosen["learning_rate"]
    fit(model, used, learning_rate=rate, schedule=one_cycle, seed=seed, **schedule)
    return model


@torch.no_grad()
def accuracy(model: FusionClassifier, test: Batch, modalities: tuple[str, ...]) -> float:
    """Give the share of right answers when only some modalities are there."""
    answers = model({name: test[name] for name in modalities}).argmax(dim=1)
    return (answers == test["label"]).float().mean().item()


def tune(method: str, setting: str, splits: list[tuple[Batch, Batch]]) -> dict[str, object]:
    """Choose step size, dropout and, for a single modality, width by speakers not trained on."""
    widths = TRIED["width"] if method in SINGLE else [WIDTH]
    tried = []
    for rate, dropout, width in product(TRIED["learning_rate"], TRIED["dropout"], widths):
        options = {"learning_rate": rate, "dropout": dropout, "width": width}
        scores = []
        for train, validate in splits:
            model = trained(method, setting, train, options, 0.0, 0)
            scores.append(accuracy(model, validate, tuple(model.encoders)))
        tried.append(options | {"validation": sum(scores) / len(scores)})
    best = max(tried, key=lambda one: one["validation"])
    return {"setting": setting, "method": method, **best, "tried": tried}


def compare(setting: str) -> tuple[list[dict], list[dict]]:
    """Tune every method, then train it with three seeds and test with all that may be missing."""
    splits = folds(pairs(setting, SEEDS[0])[0])
    chosen = {}
    for method in (*SINGLE, *FUSED):
        start = time.perf_counter()
        chosen[method] = tune(method, setting, splits)
        shown = {name: value for name, value in chosen[method].items() if name != "tried"}
        print(shown, f"{time.perf_counter() - start:.0f} s", flush=True)
    runs = []
    for seed in SEEDS:
        train, test = standardised(*pairs(setting, seed))
        single = {m: trained(m, setting, train, chosen[m], 0.0, seed) for m in SINGLE}
        models = {(m, 0.0): model for m, model in single.items()} | {("late", 0.0): late(single)}
        for method, drop in product(FUSED, (0.0, DROP)):
            models[method, drop] = trained(method, setting, train, chosen[method], drop, seed)
        for (method, drop), model in models.items():
            can_read = [view for view, names in VIEWS.items() if set(names) <= set(model.encoders)]
            run = {"setting": setting, "method": method, "drop": drop, "seed": seed}
            run["parameters"] = sum(weights.numel() for weights in model.parameters())
            run |= {view: accuracy(model, test, VIEWS[view]) for view in can_read}
            runs.append(run)
            print(run, flush=True)
    return [*chosen.values()], runs


def autoencoder(width: int, drop: float) -> MultimodalAutoencoder:
    """Make an autoencoder in which every modality counts as much in all."""
    hidden = AUTOENCODER["hidden"]
    modalities = {
        name: Modality(mlp([d, hidden, width]), mlp([width, hidden, d]), weight=1000 / d)
        for name, d in DIMENSIONS.items()
    }
    return MultimodalAutoencoder(modalities, drop=drop)


def learnt_codes(
    train: Batch, test: Batch, options: Mapping[str, float], drop: float, seed: int
) -> tuple[Codes, Codes]:
    """Train an autoencoder, and code both splits from both modalities and from each alone."""
    torch.manual_seed(seed)
    model = autoencoder(options["width"], drop)
    fit(
        model,
        {name: train[name] for name in DIMENSIONS},
        epochs=AUTOENCODER["epochs"],
        batch_size=AUTOENCODER["batch_size"],
        learning_rate=options["learning_rate"],
        schedule=one_cycle,
        seed=seed,
    )
    with torch.no_grad():
        first, second = (
            {
                view: model.encode({name: batch[name] for name in names})
                for view, names in VIEWS.items()
            }
            for batch in (train, test)
        )
    return first, second


def cca_codes(train: Batch, test: Batch, width: int) -> tuple[Codes, Codes]:
    """Linear canonical correlation analysis between whitened principal components.

    The code from both modalities is the mean of the two.
    """
    found, whitened = [{}, {}], {}
    for name in DIMENSIONS:
        pca = PCA(CCA["n_principal"]).fit(train[name])
        components = [pca.encode(batch[name]) for batch in (train, test)]
        scale = components[0].std(dim=0)
        whitened[name] = [part / scale for part in components]
    u, _, v = torch.linalg.svd(whitened["image"][0].T @ whitened["audio"][0])
    for name, directions in (("image", u), ("audio", v.T)):
        for codes, part in zip(found, whitened[name], strict=True):
            codes[name] = part @ directions[:, :width]
    for codes in found:
        codes["both"] = (codes["image"] + codes["audio"]) / 2
    return found[0], found[1]


def each_standardised(train: Codes, test: Codes) -> tuple[Codes, Codes]:
    """Bring the codes from each view to mean 0 and deviation 1 by its own training codes."""
    scales = {view: torch.std_mean(z, dim=0) for view, z in train.items()}
    first, second = (
        {view: (codes[view] - mean) / (std + 1e-6) for view, (std, mean) in scales.items()}
        for codes in (train, test)
    )
    return first, second


def transfer(codes: tuple[Codes, Codes], labels: tuple[torch.Tensor, torch.Tensor]) -> dict:
    """Learn from the codes of one modality, test on those of the other."""
    (train, test), (y, y_test) = codes, labels
    return {
        f"{first} to {second}": linear_probe(train[first], y, test[second], y_test)
        for first, second in (("audio", "image"), ("image", "audio"))
    }


def judge(codes: tuple[Codes, Codes], labels: tuple[torch.Tensor, torch.Tensor]) -> dict:
    """Probe the codes of each view, learn across modalities, and search across them."""
    (train, test), (y, y_test) = codes, labels
    return {
        "probe": {view: linear_probe(train[view], y, test[view], y_test) for view in VIEWS},
        "transfer": transfer(codes, labels),
        "retrieval": {
            f"{first} to {second}": mean_average_precision(
                test[first], y_test, test[second], y_test
            )
            for first, second in (("audio", "image"), ("image", "audio"))
        },
    }


def tune_codes(splits: list[tuple[Batch, Batch]]) -> list[dict]:
    """Choose step size and width by learning across modalities, on speakers not trained on."""
    tried = []
    grid = product(TRIED_CODES["learning_rate"], TRIED_CODES["width"])
    options = [("autoencoder", {"learning_rate": rate, "width": width}) for rate, width in grid]
    options += [("CCA", {"width": width}) for width in CCA["tried"]]
    for method, option in options:
        scores = []
        for train, validate in splits:
            if method == "CCA":
                codes = cca_codes(train, validate, option["width"])
            else:
                codes = learnt_codes(train, validate, option, DROP, 0)
            scores += transfer(codes, (train["label"], validate["label"])).values()
        tried.append({"method": method, **option, "validation": sum(scores) / len(scores)})
        print(tried[-1], flush=True)
    return tried


def compare_codes() -> tuple[list[dict], list[dict]]:
    """Compare autoencoders, with and without modality dropout, with CCA."""
    tried = tune_codes(folds(pairs("plain", SEEDS[0])[0]))
    best = {
        method: max(
            (one for one in tried if one["method"] == method), key=lambda one: one["validation"]
        )
        for method in ("autoencoder", "CCA")
    }
    runs = []
    for seed in SEEDS:
        train, test = standardised(*pairs("plain", seed))
        labels = train["label"], test["label"]
        found = {("CCA", 0.0): cca_codes(train, test, best["CCA"]["width"])}
        for drop in (0.0, DROP):
            codes = learnt_codes(train, test, best["autoencoder"], drop, seed)
            found["autoencoder", drop] = codes
            found["autoencoder, each view standardised", drop] = each_standardised(*codes)
        for (method, drop), codes in found.items():
            runs.append({"method": method, "drop": drop, "seed": seed, **judge(codes, labels)})
            print(runs[-1], flush=True)
    return tried, runs


def main() -> None:
    torch.set_num_threads(1)
    start, before = time.perf_counter(), os.getloadavg()[0]
    chosen, runs = [], []
    for setting in SETTINGS:
        some_chosen, some_runs = compare(setting)
        chosen += some_chosen
        runs += some_runs
    chosen_codes, codes = compare_codes()
    settings = {
        "pairs": SETTINGS,
        "n_test": N_TEST,
        "n_features": N_FEATURES,
        "width": WIDTH,
        "tried": TRIED,
        "drop": DROP,
        "autoencoder": AUTOENCODER,
        "tried_codes": TRIED_CODES,
        "cca": CCA,
    }
    written = {
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, 1 thread",
        "load_average": [before, os.getloadavg()[0]],
        "seconds": round(time.perf_counter() - start),
        "versions": {name: version(name).split("+")[0] for name in ("torch", "scikit-learn")},
        "settings": settings,
        "chosen": chosen,
        "runs": runs,
        "chosen_codes": chosen_codes,
        "codes": codes,
    }
    RECORD.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
