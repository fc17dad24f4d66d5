"""Turn the recorded results into the tables of the pages that show them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from statistics import mean, stdev
from typing import Any

RESULTS = ["Method", "Data and measure", "Paper", "Ours"]
TRAINERS = [
    "Model",
    "Trained",
    "Seconds an epoch",
    "By hand = 1",
    "Loss",
    "MiB for training",
    "MiB in all",
]
NETWORKS = ["Widths", "Million operations", "Microseconds", "By hand = 1", "Share"]
GROWTH = [
    "Pictures",
    "Seconds an epoch",
    "Microseconds a picture",
    "MiB in all",
    "MiB for training",
]
BESIDE_PYTHAE = [
    "Trained by",
    "Seconds, best",
    "Seconds, mean",
    "Evidence lower bound",
    "Importance-weighted bound",
]
MACHINES = [
    "Trained by",
    "Seconds an epoch, best",
    "Seconds an epoch, mean",
    "Epochs",
    "Test log-likelihood",
    "From reverse runs",
]
SCHEDULES = ["Temperatures", "Test log-likelihood", "Three standard errors", "From reverse runs"]
COURSE = ["Epochs", "Squared error of a reconstruction", "Test log-likelihood", "From reverse runs"]
PEERS = ("skorch", "Keras", "pythae")
NAMES = {"AE": "autoencoder", "DeepAutoencoder": "autoencoder of the book", "VAE": "VAE"}


def write_results(root: Path) -> None:
    """Write the tables in `_build/derived` from the records in `book/appendix`."""
    results = json.loads((root / "book" / "appendix" / "results.json").read_text())
    rows = []
    remarks = []
    for result in results:
        epochs = f"{result['epochs']} epochs, " if result["epochs"] else ""
        run = f"{epochs}{result['seconds']} s on {result['machine']}, {result['date']}"
        rows.append(
            [
                result["method"],
                f"{result['data']}: {result['measure']}",
                f"{result['paper']:.2f} ({result['source']})",
                f"**{result['ours']:.2f}**",
            ]
        )
        remarks.append(f"- **{result['method']}.** {result['differs']} Our run: {run}.\n")
    text = "\nWhat differs, and our runs:\n\n" + "".join(remarks)
    write(root, "results", table(RESULTS, rows) + text)
    for name, write_tables in (("speed", write_speed), ("vae", write_vae), ("rbm", write_rbm)):
        record = root / "book" / "appendix" / f"{name}.json"
        if record.exists():
            write_tables(root, json.loads(record.read_text()))


def write_speed(root: Path, record: dict) -> None:
    """Write the tables of the page "Speed beside the peers", each with a sentence."""
    trainers = [
        [
            NAMES[entry["model"]],
            entry["way"],
            f"{min(entry['seconds']):.2f}",
            f"{entry['times_by_hand']:.2f}",
            f"{entry['loss']:.1f}",
            f"{entry['memory_for_training']:.0f}",
            f"{entry['memory']:.0f}",
        ]
        for entry in record["trainers"]
    ]
    settings = record["settings"]
    widths = ", ".join(map(str, settings["sizes"]))
    task = (
        f"The task is always the same: layers of {widths} units and back, ReLU between them, "
        f"{settings['n']} pictures, {settings['epochs']} epoch, batches of "
        f"{settings['batch_size']}, Adam with step size {settings['learning_rate']}.\n\n"
    )
    versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    before, after = record["load_average"]
    ratio = {(entry["model"], entry["way"]): entry["times_by_hand"] for entry in record["trainers"]}
    others = {way: ratio[model, way] for model, way in ratio if model == "AE" and way in PEERS}
    fastest = min(others, key=others.get)
    text = (
        f"\n`fit` took {ratio['AE', 'fit']:.2f} times as long as the loop by hand, and "
        f"{ratio['VAE', 'fit']:.2f} times for the VAE; the fastest of the other trainers, "
        f"{fastest}, took {others[fastest]:.2f} times as long.\n"
        f"\nThe best of {record['rounds']} runs each on {record['date']}: {record['machine']}, "
        f"{versions}. The load average was {before:.1f} before and {after:.1f} after; half of all "
        f"runs took more than {record['median_over_best']:.2f} times as long as the best of "
        "their kind.\n"
    )
    write(root, "speed_trainers", task + table(TRAINERS, trainers) + text)

    networks = [
        [
            "-".join(map(str, network["sizes"])),
            f"{network['operations_per_example'] / 1e6:.2f}",
            f"{network['fit'] / network['n'] / network['epochs'] * 1e6:.1f}",
            f"{network['fit'] / network['by_hand']:.2f}",
            f"{network['share_of_product']:.0%}",
        ]
        for network in record["networks"]
    ]
    product = record["product"]
    text = (
        f"\nThe product of two matrices of {product['size']} rows and columns ran at "
        f"{product['operations_per_second'] / 1e9:.0f} thousand million operations a second.\n"
    )
    write(root, "speed_networks", table(NETWORKS, networks) + text)

    growth = [
        [
            spaced(point["n"]),
            f"{point['seconds']:.3f}",
            f"{point['seconds'] / point['n'] * 1e6:.1f}",
            f"{point['memory']:.0f}",
            f"{point['memory_for_training']:.1f}",
        ]
        for point in record["growth"]
    ]
    seconds, memory = record["growth_of_seconds"], record["growth_of_memory"]
    text = (
        f"\nThe straight lines: {seconds['start'] * 1e3:.0f} milliseconds and "
        f"{seconds['slope'] * 1e6:.1f} microseconds a picture, at most "
        f"{seconds['worst_relative_error']:.0%} off; {memory['start']:.0f} MiB and "
        f"{memory['slope'] * 2**20:.0f} bytes a picture, at most "
        f"{memory['worst_relative_error']:.1%} off. A picture itself has 784 × 4 = 3136 bytes.\n"
    )
    write(root, "speed_growth", table(GROWTH, growth) + text)


def write_vae(root: Path, record: dict) -> None:
    """Write the table of a VAE trained by `fit` and by pythae, with a sentence."""
    runs = {
        way: [run for run in record["runs"] if run["way"] == way]
        for way in sorted({run["way"] for run in record["runs"]})
    }
    rows = [
        [
            f"`{way}`" if way == "fit" else way,
            f"{min(run['seconds'] for run in of_way):.1f}",
            f"{mean(run['seconds'] for run in of_way):.1f}",
            *(spread([run[bound] for run in of_way]) for bound in ("elbo", "bound")),
        ]
        for way, of_way in runs.items()
    ]
    settings = record["settings"]
    widths = "-".join(map(str, settings["sizes"]))
    seeds = sorted({run["seed"] for run in record["runs"]})
    versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    text = (
        f"\nThe VAE {widths} with Bernoulli pixels and tanh between the layers: "
        f"{settings['epochs']} epochs on {spaced(settings['n'])} pictures, batches of "
        f"{settings['batch_size']}, Adam with step size {settings['learning_rate']}, pixels drawn "
        "black or white by their grey values anew for every batch. For each seed both ways start "
        "from the same weights, and one function judges both afterwards, on test pictures drawn "
        f"black and white once; the evidence lower bound takes one sample of the latents and the "
        f"importance-weighted bound takes {settings['n_samples']} samples. The bounds are nats per "
        "test picture, mean ± standard deviation over the seeds "
        f"{', '.join(map(str, seeds))}; higher is better. Run on {record['date']}: "
        f"{record['machine']}, {versions}; the load average was {record['load_average']:.1f} "
        "at the end.\n"
    )
    write(root, "vae_peers", table(BESIDE_PYTHAE, rows) + text)


def write_rbm(root: Path, record: dict) -> None:
    """Write the tables of the restricted Boltzmann machines, each with what it was made by."""
    settings, parts = record["settings"], record["parts"]
    judge = settings["judge"]
    rows = []
    for way, seconds in record["epoch_seconds"].items():
        runs = [run for run in record["runs"] if run["way"] == way]
        rows.append(
            [
                way.replace("fit", "`fit`"),
                f"{min(seconds):.2f}",
                f"{mean(seconds):.2f}",
                f"{runs[0]['epochs']}",
                *(spread([run[key] for run in runs]) for key in ("estimate", "reverse")),
            ]
        )
    unshuffled = record["sorted"]
    rows.append(
        [
            "scikit-learn, rows sorted by class",
            "",
            "",
            f"{unshuffled['epochs']}",
            *(nats(unshuffled[key]) for key in ("estimate", "reverse")),
        ]
    )
    sizes = "; ".join(
        f"{way}: {rate:g} of {', '.join(f'{tried:g}' for tried in settings['tried'][way])}"
        for way, rate in settings["step_sizes"].items()
    )
    seeds = sorted({run["seed"] for run in record["runs"]})
    versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    rounds = len(next(iter(record["epoch_seconds"].values())))
    text = (
        f"\nMachines with 784 visible and {settings['n_hidden']} hidden units on "
        f"{spaced(settings['n'])} pictures in single precision, drawn black and white once, in "
        f"batches of {settings['batch_size']} unless said otherwise. `fit` takes Adam with the "
        "one-cycle step size, visible biases that begin at the log-odds of the pixels and, for "
        f"persistent contrastive divergence (PCD), {settings['n_chains']} chains; the others keep "
        "their step size, and their biases begin at 0. The seconds are those of "
        f"the processor, for single epochs in {rounds} rounds of all ways in turn. Then each way "
        f"had the time of {settings['epochs']} epochs of scikit-learn, by the best of these "
        "seconds. scikit-learn does not shuffle; except in the last row, which is a single run, "
        "its rows were shuffled beforehand. The step sizes, each chosen by the test log-likelihood "
        f"of short runs from those tried: {sizes}.\n"
        "\nOne function judges the weights of all: annealed importance sampling with "
        f"{judge['n_chains']} chains and {spaced(judge['n_temperatures'])} temperatures. Its "
        "estimate of the log-likelihood is too high on average, that of the reverse runs too low "
        "if they begin with samples of the model; they begin with test pictures after "
        f"{spaced(judge['n_steps'])} steps of Gibbs sampling. Nats per test picture, mean ± "
        f"standard deviation over the seeds {', '.join(map(str, seeds))}; higher is better. Run on "
        f"{made(parts['side_by_side'])}, {versions}. {record['remark']}\n"
    )
    write(root, "rbm_peers", table(MACHINES, rows) + text)

    rows = [
        [
            spaced(entry["n_temperatures"]),
            nats(entry["estimate"]),
            f"{nats(entry['low'])} to {'∞' if entry['high'] is None else nats(entry['high'])}",
            nats(entry["reverse"]),
        ]
        for entry in record["schedules"]
    ]
    text = (
        f"\nAlways the same machine, that of the row in the table of papers, and "
        f"{judge['n_chains']} chains. Nats per test picture. Run on {made(parts['long_run'])}.\n"
    )
    write(root, "rbm_schedules", table(SCHEDULES, rows) + text)

    rows = [
        [
            f"{entry['epochs']}",
            f"{entry['reconstruction']:.2f}",
            nats(entry["estimate"]),
            nats(entry["reverse"]),
        ]
        for entry in record["course"]
    ]
    text = (
        "\nContrastive divergence with one step (CD-1), Adam with the constant step size "
        f"{settings['course']:g}: one run, looked at after so many epochs. Judged as above, with "
        f"{spaced(settings['watch']['n_temperatures'])} temperatures. "
        f"Run on {made(parts['course'])}.\n"
    )
    write(root, "rbm_course", table(COURSE, rows) + text)


def made(part: dict) -> str:
    """Write when and where something was measured, and how busy the machine was."""
    before, after = part["load_average"]
    return (
        f"{part['date']}: {part['machine']}, load average {before:.1f} before and {after:.1f} after"
    )


def nats(value: float) -> str:
    """Write a number of nats with a true minus sign."""
    return f"{value:.2f}".replace("-", "−")


def spread(values: list[float]) -> str:
    """Write mean and standard deviation."""
    return f"{mean(values):.2f} ± {stdev(values):.2f}".replace("-", "−")


def spaced(number: int) -> str:
    """Write a number with a space before every three digits."""
    return f"{number:,}".replace(",", " ")


def table(header: list[str], rows: list[list[str]]) -> str:
    """Write a table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def mean_and_range(values: list[float], digits: int) -> str:
    """Write the mean of numbers, and their range if there are several."""
    spread = f" ({min(values):.{digits}f} to {max(values):.{digits}f})" if len(values) > 1 else ""
    return f"{mean(values):.{digits}f}{spread}"


def derive(root: Path, name: str, text: Callable[[Any], str]) -> None:
    """Write `_build/derived/NAME.md` from the record `NAME.json`, if there is one."""
    path = root / "book" / "appendix" / f"{name}.json"
    if path.exists():
        write(root, name, text(json.loads(path.read_text())))


def write(root: Path, name: str, text: str) -> None:
    """Write `_build/derived/NAME.md`."""
    target = root / "_build" / "derived" / f"{name}.md"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
