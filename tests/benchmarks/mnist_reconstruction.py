"""Squared error per test picture on MNIST at 30 code units, beside Hinton and Salakhutdinov (2006).

Writes `book/appendix/results.json`. Needs the environment variable MMLEARN_DATA.
"""

from __future__ import annotations

import datetime
import json
import platform
import time
from pathlib import Path

import torch

from mmlearn_helpers import data
from mmlearn_helpers.autoencoders.deep import DeepAutoencoder
from mmlearn_helpers.autoencoders.pca import PCA
from mmlearn_helpers.evaluation import reconstruction_error
from mmlearn_helpers.training import fit

RESULTS = Path(__file__).parents[2] / "book" / "appendix" / "results.json"
SIZES = [784, 1000, 500, 250, 30]
STAGES = [(60, 1e-3), (30, 3e-4), (30, 1e-4), (20, 3e-5)]


def main() -> None:
    torch.set_num_threads(1)
    mnist = data.load("mnist")
    train, test = (split["image"].flatten(1) for split in (mnist.train, mnist.test))
    today = datetime.date.today().isoformat()
    machine = f"{platform.machine()}, 1 thread, torch {torch.__version__.split('+')[0]}"

    start = time.perf_counter()
    pca_error = reconstruction_error(PCA(30).fit(train), test)
    pca_seconds = time.perf_counter() - start
    print(f"PCA: {pca_error:.3f} in {pca_seconds:.0f} s", flush=True)

    torch.manual_seed(0)
    model = DeepAutoencoder(SIZES)
    seconds = 0.0
    for stage, (epochs, learning_rate) in enumerate(STAGES):
        history = fit(
            model, train, epochs=epochs, learning_rate=learning_rate, batch_size=256, seed=stage
        )
        seconds += history.seconds
        deep_error = reconstruction_error(model, test)
        print(
            f"after {epochs} more epochs at {learning_rate:g}: train {history.train['loss'][-1]:.3f}, "
            f"test {deep_error:.3f}, {seconds:.0f} s",
            flush=True,
        )

    common = {
        "measure": "squared error per test picture",
        "data": "MNIST, 60 000 training and 10 000 test pictures, pixels in [0, 1]",
        "source": "Hinton and Salakhutdinov 2006, Fig. 2B",
        "date": today,
        "machine": machine,
    }
    results = [
        {
            **common,
            "method": "PCA, 30 components",
            "paper": 13.87,
            "ours": round(pca_error, 3),
            "epochs": None,
            "seconds": round(pca_seconds),
            "differs": "Nothing that we know of.",
        },
        {
            **common,
            "method": "Deep autoencoder 784-1000-500-250-30",
            "paper": 3.00,
            "ours": round(deep_error, 3),
            "epochs": sum(epochs for epochs, _ in STAGES),
            "seconds": round(seconds),
            "differs": "",
        },
    ]
    RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
