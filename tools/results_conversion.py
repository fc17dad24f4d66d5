"""Turn the record of converted voices into a table."""

from __future__ import annotations

from pathlib import Path

from results import derive, mean_and_range, spaced, table

MEASURES = {
    "distance, mean": "Distance, dB",
    "as target": "As target",
    "as source": "As source",
    "right word": "Right word",
}


def write_conversion(root: Path) -> None:
    """Write `_build/derived/conversion.md`, if there is a record."""
    derive(root, "conversion", conversions)


def conversions(record: list[dict]) -> str:
    """Write how far conversions are from the target and what judges take them for."""
    rows = [
        [
            row["method"],
            row["voices"],
            spaced(row["steps"]) if row["steps"] else "",
            *(mean_and_range(row[measure], 2) for measure in MEASURES),
        ]
        for row in record
    ]
    dates = sorted({row["date"] for row in record})
    return (
        f"{table(['Converted by', 'Voices', 'Steps', *MEASURES.values()], rows)}\n"
        "Mel-cepstral distance to the target's own recordings of the word, and what the judges "
        "take a conversion for; means, with the range over three seeds or over five speakers left "
        f"out. On real test recordings the judges are right in {record[0]['judge of speakers']:.0%}"
        f" (speakers) and {record[0]['judge of words']:.0%} (words). {' and '.join(dates)}: "
        f"{record[0]['machine']}.\n"
    )
