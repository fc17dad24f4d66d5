"""Squared error per test picture of convolutional and fully connected autoencoders, 30 code units.

On MNIST and on Fashion-MNIST, with few and with all training pictures; the convolutional network
beside a fully connected one with as many weights, a wider one, and PCA. Writes each finished row
to `book/appendix/convolutional.json` at once. Needs the environment variable MMLEARN_DATA. With the
argument `--tiny` it tries itself on few pictures and writes nothing.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from record import log, put
from torch import nn

from mmlearn_helpers import data
from mmlearn_helpers.autoencoders.convolutional import ConvolutionalAutoencoder
from mmlearn_helpers.autoencoders.deep import DeepAutoencoder
from mmlearn_helpers.autoencoders.pca import PCA
from mmlearn_helpers.evaluation import reconstruction_error
from mmlearn_helpers.training import fit, one_cycle

RECORD = Path(__file__).parents[2] / "book" / "appendix" / "convolutional.json"
KEY = ("data", "pictures", "network", "steps")
TINY = "--tiny" in sys.argv
N_CODE = 30
SHAPE, CHANNELS = (1, 28, 28), [16, 32]
SETS = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST"}
NUMBERS = (200, 400) if TINY else (2000, 60_000)
TRYING, TRAINING = (4, (4, 8)) if TINY else (1500, (2000, 8000))  # steps
BATCH = 128
SEEDS = (0,) if TINY else (0, 1)
RATES = (1e-3, 3e-3, 1e-2, 3e-2)


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "convolutional": lambda: ConvolutionalAutoencoder(SHAPE, CHANNELS, N_CODE, kernel=4),
    "fully connected, as many weights": lambda: DeepAutoencoder([784, 64, N_CODE]),
    "fully connected, wide": lambda: DeepAutoencoder([784, 512, N_CODE]),
}


def as_input(model: nn.Module, x: torch.Tensor) -> torch.Tensor:
    return x.flatten(1) if isinstance(model, DeepAutoencoder) else x


def error(model: nn.Module, x: torch.Tensor) -> float:
    """Squared error, summed over a picture and averaged over pictures."""
    with torch.no_grad():
        parts = as_input(model, x).split(1000)
        return sum(model.loss(part)["loss"].item() * len(part) for part in parts) / len(x)


def trained(network: str, x: torch.Tensor, steps: int, rate: float, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    model = NETWORKS[network]()
    epochs = max(1, round(steps * BATCH / len(x)))
    settings = {"learning_rate": rate, "schedule": one_cycle, "seed": seed}
    fit(model, as_input(model, x), epochs=epochs, batch_size=BATCH, **settings)
    return model


def main() -> None:
    torch.set_num_threads(1)
    for name, title in SETS.items():
        loaded = data.load(name)
        everything, x_test = loaded.train["image"], loaded.test["image"]
        if TINY:
            everything, x_test = everything[:400], x_test[:200]
        for n in NUMBERS:
            x = everything[:n]
            flat, flat_test = x.flatten(1), x_test.flatten(1)
            pca = reconstruction_error(PCA(N_CODE).fit(flat), flat_test)
            log(f"{title}, {n} pictures: PCA {pca:.3f}")
            setting = {"data": title, "pictures": n, "code": N_CODE}
            if not TINY:
                put(RECORD, [{**setting, "network": "PCA", "steps": None, "test": [pca]}], KEY)
            for network in NETWORKS:
                found = {}
                for rate in RATES:
                    trial = trained(network, x[: -n // 6], TRYING, rate, 0)
                    found[rate] = error(trial, x[-n // 6 :])
                rate = min(found, key=found.get)
                log(f"{title}, {n} pictures, {network}: validation errors {found}")
                for steps in TRAINING:
                    began, errors = time.perf_counter(), []
                    for seed in SEEDS:
                        model = trained(network, x, steps, rate, seed)
                        errors.append(error(model, x_test))
                    row = {
                        **setting,
                        "network": network,
                        "weights": sum(parameter.numel() for parameter in model.parameters()),
                        "steps": steps,
                        "rate": rate,
                        "validation": found,
                        "test": errors,
                        "training": error(model, x),
                        "seconds": round((time.perf_counter() - began) / len(SEEDS)),
                    }
                    log(f"{row}")
                    if not TINY:
                        put(RECORD, [row], KEY)


if __name__ == "__main__":
    main()
