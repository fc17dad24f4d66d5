"""Turn the record of written and spoken digits into the tables of the page that shows them."""

from __future__ import annotations

from pathlib import Path
from statistics import mean

from results import derive, made, spaced, table

ACCURACY = ["Method", "Both", "Sound only", "Picture only", "Weights"]
PROBE = ["Code", "Width", "Both", "Sound only", "Picture only"]
ACROSS = [
    "Code",
    "Learnt from sounds, tested on pictures",
    "Learnt from pictures, tested on sounds",
    "Pictures found for sounds",
    "Sounds found for pictures",
]
VIEWS = ("both", "audio", "image")
DIRECTIONS = ("audio to image", "image to audio")


def write_multimodal(root: Path) -> None:
    """Write `_build/derived/multimodal.md`, if there is a record."""
    derive(root, "multimodal", write_parts)


def write_parts(record: dict) -> str:
    """Write the tables of each setting and of the codes, and how all was made."""
    parts = [write_setting(record, setting) for setting in record["settings"]["pairs"]]
    return "\n".join([*parts, write_codes(record), write_making(record)])


def write_setting(record: dict, setting: str) -> str:
    """Write the table of the classifiers in one setting, below what the setting is."""
    options = record["settings"]["pairs"][setting]
    noise = f"pictures with noise of deviation {options['noise']}" if options["noise"] else ""
    rows = []
    of_setting = [run for run in record["runs"] if run["setting"] == setting]
    for method, drop in dict.fromkeys((run["method"], run["drop"]) for run in of_setting):
        runs = [run for run in of_setting if (run["method"], run["drop"]) == (method, drop)]
        cells = [per_cent([run[view] for run in runs]) if view in runs[0] else "" for view in VIEWS]
        name = f"{method}, modalities dropped" if drop else method
        rows.append([name, *cells, spaced(runs[0]["parameters"])])
    return (
        f"{spaced(options['n_train'])} pairs{f', {noise}' if noise else ', clean pictures'} "
        f"({options['epochs']} epochs, batches of {options['batch_size']}):\n\n"
        f"{table(ACCURACY, rows)}\n{write_chosen(record, setting)}"
    )


def write_chosen(record: dict, setting: str) -> str:
    """Say what was chosen for each method, and how well it did where it was chosen."""
    chosen = [
        f"{one['method']}: step size {one['learning_rate']:g}, dropout {one['dropout']:g}, width "
        f"{one['width']} ({one['validation']:.1%})"
        for one in record["chosen"]
        if one["setting"] == setting
    ]
    return f"Chosen, with the accuracy where it was chosen: {'; '.join(chosen)}.\n"


def write_codes(record: dict) -> str:
    """Write the tables of the shared codes."""
    settings, widths = record["settings"], {}
    for one in record["chosen_codes"]:
        best = widths.get(one["method"])
        if best is None or one["validation"] > best["validation"]:
            widths[one["method"]] = one
    probes, across = [], []
    for method, drop in dict.fromkeys((run["method"], run["drop"]) for run in record["codes"]):
        runs = [run for run in record["codes"] if (run["method"], run["drop"]) == (method, drop)]
        name = f"{method}, modalities dropped" if drop else method
        width = widths[method.split(",")[0]]["width"]
        if "standardised" not in method:
            cells = [per_cent([run["probe"][view] for run in runs]) for view in VIEWS]
            probes.append([name, f"{width}", *cells])
        across.append(
            [name]
            + [per_cent([run["transfer"][way] for run in runs]) for way in DIRECTIONS]
            + [share([run["retrieval"][way] for run in runs]) for way in DIRECTIONS]
        )
    network, options = widths["autoencoder"], settings["autoencoder"]
    plain = settings["pairs"]["plain"]
    return (
        f"Codes learnt without labels from {spaced(plain['n_train'])} pairs, judged by a linear "
        f"classifier that is trained and tested on codes made of the same modalities:\n\n"
        f"{table(PROBE, probes)}\n"
        "Learning across modalities, where the linear classifier has never seen a code of the "
        "modality it is tested on, and retrieval by the cosine of the codes of new pairs, as mean "
        f"average precision; chance is 10 % and 0.10:\n\n{table(ACROSS, across)}\n"
        f"The autoencoder has one hidden layer of {options['hidden']} units in each encoder and "
        f"decoder, {options['epochs']} epochs with step size {network['learning_rate']:g}, and "
        "squared errors in which both modalities count as much in all. Canonical correlation "
        "analysis (CCA) is linear, between "
        f"{settings['cca']['n_principal']} principal components of each modality; its code from "
        "both is the mean of the two. Step size and width were chosen by learning across "
        "modalities on speakers not trained on, for the autoencoder with modalities dropped. "
        "*Standardised* means that the codes of each modality have mean 0 and deviation 1.\n"
    )


def write_making(record: dict) -> str:
    """Say what holds for all tables, and when and where they were made."""
    settings = record["settings"]
    seeds = sorted({run["seed"] for run in record["runs"]})
    versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    return (
        f"All numbers: the mean over the seeds {', '.join(map(str, seeds))} of both pairing and "
        f"training, with the range in brackets; {spaced(settings['n_test'])} pairs to test, of new "
        "pictures and a speaker who is not heard in training. *Modalities dropped* means with "
        f"probability {settings['drop']:g} for each of an example, never both. Networks have one "
        f"hidden layer of {settings['width']} units for each modality, early fusion one for both, "
        f"and merge {settings['n_features']} features; late fusion adds the logits of the two "
        "single classifiers. Adam with the one-cycle step size. Pictures and spectrograms are "
        "standardised by one mean and one deviation each. Every method has chosen, without "
        f"modalities dropped, its step size among {listed(settings['tried']['learning_rate'])} and "
        f"its dropout among {listed(settings['tried']['dropout'])}, the single classifiers their "
        f"width among {listed(settings['tried']['width'])}: by the accuracy on the first and on "
        "the last of the training speakers, each after training on the others. "
        f"{record['seconds']} seconds in all, on {made(record)}, "
        f"{versions}.\n"
    )


def listed(numbers: list[float]) -> str:
    """Write numbers with commas between them."""
    return ", ".join(f"{number:g}" for number in numbers)


def per_cent(values: list[float]) -> str:
    """Write mean and range of shares as percentages."""
    low, middle, high = (f"{100 * v:.1f}" for v in (min(values), mean(values), max(values)))
    return f"{middle} ({low} to {high})"


def share(values: list[float]) -> str:
    """Write mean and range of numbers from 0 to 1."""
    return f"{mean(values):.2f} ({min(values):.2f} to {max(values):.2f})"
