"""Turn the recorded results into the table of the page "Results beside the papers"."""

from __future__ import annotations

import json
from pathlib import Path

HEADER = ["Method", "Data and measure", "Paper", "Ours"]


def write_results(root: Path) -> None:
    """Write `_build/derived/results.md` from `book/appendix/results.json`."""
    results = json.loads((root / "book" / "appendix" / "results.json").read_text())
    rows = [HEADER, ["---"] * len(HEADER)]
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
    table = "".join("| " + " | ".join(row) + " |\n" for row in rows)
    target = root / "_build" / "derived" / "results.md"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(table + "\nWhat differs, and our runs:\n\n" + "".join(remarks))
