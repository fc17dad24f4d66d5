"""Turn the record of convolutional and fully connected autoencoders into a table."""

from __future__ import annotations

from pathlib import Path

from results import derive, spaced, table

SETTINGS = ("data", "pictures")
RUNS = ("network", "steps")


def write_convolutional(root: Path) -> None:
    """Write `_build/derived/convolutional.md`, if there is a record."""
    derive(root, "convolutional", errors)


def errors(record: list[dict]) -> str:
    """Write the errors on test pictures, a column for each training set, and how they were made."""
    settings = dict.fromkeys(tuple(row[name] for name in SETTINGS) for row in record)
    found = {tuple(row[name] for name in (*RUNS, *SETTINGS)): row for row in record}
    rows = []
    for network, steps in dict.fromkeys(tuple(row[name] for name in RUNS) for row in record):
        runs = [found[network, steps, *setting] for setting in settings]
        counts = [spaced(number) if number else "" for number in (runs[0].get("weights"), steps)]
        rows.append([network, *counts, *(between(run["test"]) for run in runs)])
    names = [f"{data}, {spaced(pictures)} pictures" for data, pictures in settings]
    tuned = [row for row in record if "validation" in row]
    tried = ", ".join(f"{float(rate):g}" for rate in tuned[0]["validation"])
    seconds = sum(row["seconds"] * len(row["test"]) for row in tuned)
    dates = sorted({row["date"] for row in record})
    return (
        f"{table(['Autoencoder', 'Weights', 'Steps', *names], rows)}\n"
        "Squared error, summed over the pixels and averaged over the 10 000 test pictures, at a "
        f"code of {record[0]['code']} numbers; of two seeds the lower and the higher. Each network "
        f"had the step size of {tried} that was best on the last sixth of the training pictures. "
        f"{seconds} seconds of training in all, {' and '.join(dates)}: {record[0]['machine']}.\n"
    )


def between(values: list[float]) -> str:
    """Write the lowest and the highest number, or the only one."""
    return " to ".join(f"{value:.2f}" for value in sorted({min(values), max(values)}))
