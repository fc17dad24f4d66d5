"""Test error of a classifier on MNIST with and without pretraining, beside the papers'.

Writes each finished row to `book/appendix/results.json` at once. Needs the environment variable
MMLEARN_DATA. With the argument `--tiny` it tries itself on few pictures and writes nothing.
"""

from __future__ import annotations

import copy
import sys
import time
from statistics import mean

import torch
from record import log, record
from torch import nn

from mmlearn_helpers import data
from mmlearn_helpers.autoencoders.corruptions import masking
from mmlearn_helpers.autoencoders.pretraining import Classifier, pretrain
from mmlearn_helpers.networks import mlp
from mmlearn_helpers.training import fit, one_cycle

SIZES = [784, 500, 500, 2000, 10]
TINY = "--tiny" in sys.argv
PRETRAINING, TRYING, TRAINING = (1, 1, 1) if TINY else (4, 2, 12)
SEEDS = (0, 1)
RATES = (1e-3, 3e-3, 1e-2)
MACHINES = {"ReLU": nn.ReLU, "sigmoid": nn.Sigmoid}
STARTS = {
    "random": (False, None),
    "autoencoders": (True, None),
    "denoising autoencoders": (True, masking(0.25)),
}
PAPERS = {
    "random": (1.6, "Hinton and Salakhutdinov 2006, random start"),
    "autoencoders": (1.2, "Hinton and Salakhutdinov 2006, pretrained as Boltzmann machines"),
    "denoising autoencoders": (1.3, "LISA tutorials, stacked denoising autoencoders"),
}


def new(machine: str, seed: int) -> nn.Sequential:
    """Initial weights: He's with zero biases for ReLUs; torch's own, 1/√n at most, for sigmoids."""
    torch.manual_seed(seed)
    network = mlp(SIZES, MACHINES[machine])
    if machine == "ReLU":
        for layer in network[::2]:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return network


def error(network: nn.Sequential, x: torch.Tensor, y: torch.Tensor) -> float:
    """Share of wrong answers in per cent."""
    with torch.no_grad():
        found = torch.cat([network(part).argmax(dim=1) for part in x.split(1000)])
    return 100 * (found != y).double().mean().item()


def main() -> None:
    torch.set_num_threads(1)
    mnist = data.load("mnist")
    (x, y), (x_test, y_test) = (
        (split["image"].flatten(1), split["label"]) for split in (mnist.train, mnist.test)
    )
    held_out = len(x) - 10_000
    if TINY:
        x, y, held_out = x[:1500], y[:1500], 1000
    rates, errors, seconds = {}, {}, {}
    for seed in SEEDS:
        for machine in MACHINES:
            for start, (pretrained, corruption) in STARTS.items():
                row = machine, start
                began = time.perf_counter()
                network = new(machine, seed)
                if pretrained:
                    settings = {"epochs": PRETRAINING, "schedule": one_cycle, "seed": seed}
                    histories = pretrain(network, x, corruption=corruption, **settings)
                    last = [round(history.train["loss"][-1], 2) for history in histories]
                    log(f"{row}, seed {seed}: pretrained, squared errors {last}")
                if row not in rates:
                    found = {}
                    for rate in RATES:
                        trial = copy.deepcopy(network)
                        part = {"image": x[:held_out], "label": y[:held_out]}
                        settings = {"epochs": TRYING, "schedule": one_cycle}
                        fit(Classifier(trial), part, learning_rate=rate, **settings)
                        found[rate] = error(trial, x[held_out:], y[held_out:])
                    rates[row] = min(found, key=found.get)
                    log(f"{row}: validation errors {found}")
                history = fit(
                    Classifier(network),
                    {"image": x, "label": y},
                    epochs=TRAINING,
                    learning_rate=rates[row],
                    schedule=one_cycle,
                    seed=seed,
                )
                errors.setdefault(row, []).append(error(network, x_test, y_test))
                seconds.setdefault(row, []).append(time.perf_counter() - began)
                training = history.train["loss"][-1]
                log(f"{row}, seed {seed}: test error {errors[row][-1]:.2f} %, loss {training:.5f}")
                if not TINY:
                    write(machine, start, errors[row], rates[row], mean(seconds[row]))


def write(machine: str, start: str, errors: list[float], rate: float, seconds: float) -> None:
    """Put one row into the record."""
    paper, source = PAPERS[start]
    initial = {
        "ReLU": "ReLUs with He's initial weights",
        "sigmoid": "Sigmoids with initial weights of at most one over the root of the fan-in",
    }
    how = "" if start == "random" else f"; {PRETRAINING} epochs of pretraining for each layer"
    if start.startswith("denoising"):
        how += ", with a quarter of its inputs masked"
    runs = " and ".join(f"{one:.2f}" for one in errors)
    record(
        [
            {
                "method": f"Classifier 784-500-500-2000-10, {machine}, {start}",
                "measure": "test error, %",
                "data": "MNIST, 60 000 training and 10 000 test pictures, pixels in [0, 1]",
                "source": source,
                "paper": paper,
                "ours": round(mean(errors), 3),
                "epochs": TRAINING,
                "seconds": round(seconds),
                "differs": (
                    f"{initial[machine]}; Adam{how}. The peak step size {rate:g} is the best of "
                    f"{', '.join(f'{one:g}' for one in RATES)} in {TRYING} epochs on the first "
                    f"50 000 training pictures, judged by the last 10 000. "
                    f"Test error of each seed: {runs} %."
                ),
            }
        ]
    )


if __name__ == "__main__":
    main()
