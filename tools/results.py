"""Turn the recorded results into the table of the page "Results beside the papers"."""

from __future__ import annotations

import json
from pathlib import Path

HEADER = ["Method", "Measure", "Paper", "Ours", "What differs", "Our run"]


def write_results(root: Path) -> None:
    """Write `_build/derived/results.md` from `book/appendix/results.json`, if the book has one."""
    source = root / "book" / "appendix" / "results.json"
    if not source.exists():
        return
    rows = [HEADER, ["---"] * len(HEADER)]
    for result in json.loads(source.read_text()):
        epochs = f"{result['epochs']} epochs, " if result["epochs"] else ""
        rows.append(
            [
                f"{result['method']}; {result['data']}",
                result["measure"],
                f"{result['paper']:.2f} ({result['source']})",
                f"**{result['ours']:.2f}**",
                result["differs"],
                f"{epochs}{result['seconds']} s on {result['machine']}, {result['date']}",
            ]
        )
    target = root / "_build" / "derived" / "results.md"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("".join("| " + " | ".join(row) + " |\n" for row in rows))
