"""Draw `book/static/speed.png` from `book/appendix/speed.json`."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from mmlearn_helpers import plots

BOOK = Path(__file__).parents[2] / "book"


def draw(record: dict) -> None:
    """Draw the times beside those by hand, and their growth with the number of examples."""
    plots.use_style()
    figure, (upper, lower) = plt.subplots(2, figsize=(5, 6.4), height_ratios=(3, 2))
    names = {"AE": "", "DeepAutoencoder": ", book's model", "VAE": ", VAE"}
    labels = [entry["way"] + names[entry["model"]] for entry in record["trainers"]]
    ratios = [entry["times_by_hand"] for entry in record["trainers"]]
    colours = {"by hand": plots.PALETTE[-1], "fit": plots.PALETTE[0]}
    upper.barh(
        labels,
        ratios,
        color=[colours.get(entry["way"], plots.PALETTE[1]) for entry in record["trainers"]],
    )
    for i, ratio in enumerate(ratios):
        upper.text(ratio + 0.02, i, f"{ratio:.2f}", va="center")
    upper.axvline(1, color="black", linewidth=1)
    upper.invert_yaxis()
    upper.grid(axis="y", visible=False)
    upper.set(xlabel="time, by hand = 1", xlim=(0, max(ratios) * 1.12))

    n = np.array([point["n"] for point in record["growth"]])
    course = record["growth_of_seconds"]
    lower.plot(n, course["start"] + course["slope"] * n, color=plots.PALETTE[-1], linewidth=1)
    lower.plot(n, [point["seconds"] for point in record["growth"]], "o", color=plots.PALETTE[0])
    lower.set(xlabel="pictures", ylabel="seconds an epoch", xlim=(0, None), ylim=(0, None))
    lower.set_xticks(range(0, n.max() + 1, 20_000))
    figure.savefig(BOOK / "static" / "speed.png", dpi=160)


if __name__ == "__main__":
    draw(json.loads((BOOK / "appendix" / "speed.json").read_text()))
