"""Turn the records of search, in 20 Newsgroups and in growing collections, into tables."""

from __future__ import annotations

from pathlib import Path

from results import derive, made, mean_and_range, spaced, table

SPEED = ["Search", "Texts", "Milliseconds a query", "Precision at 10", "Bytes a text"]
COMPARED = {"cosine": "cosine similarity", "euclidean": "Euclidean distance"}
CHOSEN = ["Numbers", "Linear code", "Autoencoder"]
TEXTS = ["Method", "Numbers a text", "Epochs", "Precision at 10", "Mean average precision"]


def write_searches(root: Path) -> None:
    """Write `search.md` and `search_speed.md` in `_build/derived`, from what records there are."""
    derive(root, "search", search)
    derive(root, "search_speed", speed)


def search(record: dict) -> str:
    """Write the table of 20 Newsgroups, the gains over LSA and PCA, and how it was made."""
    rows = []
    kinds = [(run["method"], run["numbers"], run.get("epochs", "")) for run in record["runs"]]
    for kind in dict.fromkeys(kinds):
        runs = [run for run, other in zip(record["runs"], kinds, strict=True) if other == kind]
        cells = [
            mean_and_range([run[measure] for run in runs], 3)
            for measure in ("precision", "average")
        ]
        rows.append([kind[0], spaced(kind[1]), f"{kind[2]}", *cells])
    gains = "; ".join(
        f"{gain['numbers']} numbers, {gain['epochs']} epochs: {gain['low']:+.3f} to "
        f"{gain['high']:+.3f}".replace("-", "−")
        for gain in record["gains"]
    )
    numbers = dict.fromkeys(gain["numbers"] for gain in record["gains"])
    chosen = [
        [
            f"{n}",
            linear(record["chosen"][f"linear {n}"]),
            ours(record["chosen"][f"autoencoder {n}"]),
        ]
        for n in numbers
    ]
    n_train, n_test = map(spaced, record["n"])
    return (
        f"{table(TEXTS, rows)}\n{n_test} test posts are the queries, {n_train} training posts the "
        "collection; right is what went to the same group. Mean over three seeds, with the range "
        "in brackets. The gain of the autoencoder over the linear code in precision, as 95 % "
        f"intervals over test posts: {gains}. What a method reads, and its settings, were chosen "
        "for each number on a fifth of the training posts, the autoencoder's after "
        f"{record['settings']['epochs'][0]} epochs:\n\n{table(CHOSEN, chosen)}\n"
        f"{record['seconds']} seconds in all, {record['date']}: {record['machine']}.\n"
    )


def linear(chosen: dict) -> str:
    """Say what a linear code reads and how it is compared."""
    return (
        f"{chosen['axes']} of {chosen['reads']}, weights to the power {chosen['power']}, "
        f"{COMPARED[chosen['distance']]}"
    )


def ours(chosen: dict) -> str:
    """Say what an autoencoder reads, how it is trained, and how its codes are compared."""
    return (
        f"weights to the power {chosen['power']}, {chosen['hidden']} wide, peak step size "
        f"{chosen['learning_rate']:g}, {chosen['masked']:.0%} of the words hidden, "
        f"{COMPARED[chosen['distance']]}"
    )


def speed(record: dict) -> str:
    """Write the table of growing collections, and how it was made."""
    settings = record["settings"]
    rows = [
        [
            row["index"],
            spaced(row["texts"]),
            f"{row['milliseconds']:.3f}",
            f"{row['precision']:.2f}",
            f"{row['bytes_a_text']}",
        ]
        for row in sorted(record["rows"], key=lambda row: row["texts"])
    ]
    versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    return (
        f"{table(SPEED, rows)}\n{settings['queries']} queries, one at a time; codes of "
        f"{settings['numbers']} numbers, and of {settings['bits']} bits with a ball of radius "
        f"{settings['radius']}, of which the first {settings['k']} count; faiss looks into "
        f"{settings['cells_looked_into']} cells. The best of three passes. A larger collection "
        "holds more near copies of each text, so its precision is higher. "
        f"{made(record)}, {versions}.\n"
    )
