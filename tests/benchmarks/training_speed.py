"""Time and memory of `fit` beside a hand-written loop, pythae, Keras and skorch, on MNIST.

Writes `book/appendix/speed.json` and draws `book/static/speed.png`. Needs the environment
variable MMLEARN_DATA and the peers, which `make benchmark` installs apart from the book.
"""

from __future__ import annotations

import argparse
import datetime
import json
import multiprocessing
import os
import platform
import tempfile
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from statistics import mean, median

import numpy as np

RECORD = Path(__file__).parents[2] / "book" / "appendix" / "speed.json"

PEERS = ["pythae", "keras", "skorch"]
MEDIUM = {"sizes": (784, 256, 64, 16), "n": 20_000, "epochs": 1}
STEPS = {"batch_size": 128, "learning_rate": 1e-3}
SIZE = 2048
ROUNDS = 16
GROWTH_EVERY = 2

# Model, way of training. The first of each model is what the others are compared with.
TRAINERS = [
    ("AE", "by hand"),
    ("AE", "fit"),
    ("DeepAutoencoder", "fit"),
    ("AE", "skorch"),
    ("AE", "Keras"),
    ("AE", "pythae"),
    ("VAE", "by hand"),
    ("VAE", "fit"),
    ("VAE", "pythae"),
]
NETWORKS = [
    {"sizes": (784, 64, 16), "n": 20_000, "epochs": 1},
    MEDIUM,
    {"sizes": (784, 1000, 500, 250, 30), "n": 10_000, "epochs": 1},
]
NUMBERS = [1_000, 3_000, 10_000, 30_000, 60_000]


def do(name: str, *args: object, **settings: object) -> dict[str, float]:
    """Call a function of `peers` in a child.

    Only children import torch: what a child's peak memory starts from is that of its parent.
    """
    import peers

    return getattr(peers, name)(*args, **settings)


def child() -> ProcessPoolExecutor:
    """Start a process that waits for work."""
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))


def jobs(file: str) -> dict[tuple, tuple[str, tuple, dict]]:
    """List everything that is measured: its name, the process that does it, and how."""
    listed = {}
    for model, way in TRAINERS:
        process = way if way in ("pythae", "Keras", "skorch") else "ours"
        listed["trainer", model, way] = (
            process,
            ("measure", way, file),
            {"model": model, **MEDIUM, **STEPS},
        )
    for i, network in enumerate(NETWORKS):
        for way in ("by hand", "fit"):
            if network is not MEDIUM:
                settings = {"model": "AE", **network, **STEPS}
                listed["network", i, way] = "ours", ("measure", way, file), settings
    for n in NUMBERS:
        settings = {"model": "AE", **MEDIUM, **STEPS, "n": n}
        listed["growth", n] = "ours", ("measure", "fit", file), settings
    listed["product",] = "ours", ("multiply", SIZE), {}
    return listed


def take_turns(file: str, rounds: int) -> dict[tuple, list[dict[str, float]]]:
    """Do everything in turn, back and forth, in processes that stay alive.

    The runs for the growth take long and are done in some rounds only.
    """
    listed = jobs(file)
    children = {process: child() for process, _, _ in listed.values()}
    results: dict[tuple, list[dict[str, float]]] = {key: [] for key in listed}
    for number in range(rounds):
        for key in sorted(listed, key=list(listed).index, reverse=bool(number % 2)):
            process, call, settings = listed[key]
            if key[0] == "growth" and number % GROWTH_EVERY:
                continue
            if settings:
                settings = settings | {"seed": number}
            results[key].append(children[process].submit(do, *call, **settings).result())
        load = os.getloadavg()[0]
        print(f"round {number + 1} of {rounds}, load average {load:.1f}", flush=True)
    for process in children.values():
        process.shutdown()
    return results


def memory(file: str) -> dict[tuple, dict[str, float]]:
    """Do once, each in a process of its own, what the memory is wanted of.

    A few pictures come first, so that the memory for training does not hold the code that torch
    and the peers load when they are first used.
    """
    results = {}
    for key, (_, call, settings) in jobs(file).items():
        if key[0] in ("trainer", "growth"):
            with child() as process:
                process.submit(do, *call, **settings | {"n": 256, "epochs": 1}).result()
                results[key] = process.submit(do, *call, **settings).result()
    return results


def operations(sizes: tuple[int, ...]) -> int:
    """Count the multiplications and additions in the matrix products of one training example.

    Two for each weight forward, two for its gradient, and two for the gradient of the layer's
    input, which the first layer does not need.
    """
    weights = [n_in * n_out for n_in, n_out in pairwise([*sizes, *sizes[-2::-1]])]
    return 6 * sum(weights) - 2 * weights[0]


def line(x: list[float], y: list[float]) -> dict[str, float]:
    """Lay a straight line through points, each weighted by its relative error."""
    slope, start = np.polyfit(x, y, 1, w=1 / np.asarray(y))
    error = np.abs((start + slope * np.asarray(x)) / y - 1).max()
    return {"start": start, "slope": slope, "worst_relative_error": error}


def summarise(turns: dict, memories: dict) -> dict[str, object]:
    """Pick the best times, and compare."""

    def best(*key: object) -> float:
        return min(result["seconds"] for result in turns[key])

    trainers = []
    for model, way in TRAINERS:
        key = ("trainer", model, way)
        reference = "VAE" if model == "VAE" else "AE"
        trainers.append(
            {
                "model": model,
                "way": way,
                "seconds": [round(result["seconds"], 4) for result in turns[key]],
                "times_by_hand": best(*key) / best("trainer", reference, "by hand"),
                "loss": round(mean(result["loss"] for result in turns[key]), 3),
                "loss_range": [
                    round(pick(result["loss"] for result in turns[key]), 3) for pick in (min, max)
                ],
                "memory": memories[key]["memory"],
                "memory_for_training": memories[key]["memory_for_training"],
            }
        )
    product = 2 * SIZE**3 / best("product")
    networks = []
    for i, network in enumerate(NETWORKS):
        by_hand, fit = (
            best("trainer", "AE", way) if network is MEDIUM else best("network", i, way)
            for way in ("by hand", "fit")
        )
        work = operations(network["sizes"]) * network["n"] * network["epochs"]
        networks.append(
            {
                **network,
                "by_hand": by_hand,
                "fit": fit,
                "operations_per_example": operations(network["sizes"]),
                "share_of_product": work / fit / product,
                "share_by_hand": work / by_hand / product,
            }
        )
    growth = [
        {
            "n": n,
            "seconds": best("growth", n),
            "memory": memories["growth", n]["memory"],
            "memory_for_training": memories["growth", n]["memory_for_training"],
        }
        for n in NUMBERS
    ]
    return {
        "trainers": trainers,
        "product": {"size": SIZE, "operations_per_second": product},
        "networks": networks,
        "growth": growth,
        "growth_of_seconds": line(NUMBERS, [point["seconds"] for point in growth]),
        "growth_of_memory": line(NUMBERS, [point["memory"] for point in growth]),
        "median_over_best": median(
            result["seconds"] / best(*key) for key, results in turns.items() for result in results
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="runs of which the best counts")
    rounds = parser.parse_args().rounds
    os.environ.update(OMP_NUM_THREADS="1", KERAS_BACKEND="torch", TQDM_DISABLE="1")
    load = [os.getloadavg()[0]]
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/pictures"
        with child() as process:
            process.submit(do, "write_pictures", file).result()
        memories = memory(file)
        turns = take_turns(file, rounds)
    load.append(os.getloadavg()[0])
    record = {
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, 1 thread",
        "versions": {name: version(name).split("+")[0] for name in ("torch", *PEERS)},
        "load_average": load,
        "rounds": rounds,
        "settings": {**MEDIUM, **STEPS},
        **summarise(turns, memories),
    }
    RECORD.write_text(json.dumps(record, indent=2) + "\n")
    from speed_picture import draw  # it imports torch, see do()

    draw(record)
    for entry in record["trainers"]:
        print(
            f"{entry['model']:16}{entry['way']:8} {min(entry['seconds']):6.2f} s"
            f" {entry['times_by_hand']:5.2f} loss {entry['loss']:.2f} {entry['loss_range']}"
            f" memory {entry['memory']:.0f} MiB, for training {entry['memory_for_training']:.0f}"
        )
    for network in record["networks"]:
        print(
            f"{network['sizes']}: fit / by hand {network['fit'] / network['by_hand']:.3f}, "
            f"share of the product {network['share_of_product']:.2f}"
        )
    for key in ("product", "growth", "growth_of_seconds", "growth_of_memory", "load_average"):
        print(key, record[key])


if __name__ == "__main__":
    main()
