"""What did not go as the book says: claims that fell, and chapters that broke off."""

from __future__ import annotations

import json
from pathlib import Path

from chapters import chapters
from execute import executed, open_cache


def write_outcome(root: Path) -> dict[str, dict[str, list[str]]]:
    """Write `_build/outcome.json`: for each such chapter its fallen claims and what went wrong."""
    cache, outcome = open_cache(root), {}
    for chapter in chapters(root):
        notebook, wrong = executed(root, cache, chapter)
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
        fell = [out.metadata["claim"] for out in outputs if "claim" in out.get("metadata", {})]
        if fell or wrong:
            outcome[chapter] = {"fell": fell, "wrong": wrong}
    path = root / "_build" / "outcome.json"
    path.write_text(json.dumps(outcome, indent=1, ensure_ascii=False), encoding="utf-8")
    return outcome


def read_outcome(root: Path) -> dict[str, dict[str, list[str]]]:
    """Read what `write_outcome` wrote."""
    return json.loads((root / "_build" / "outcome.json").read_text(encoding="utf-8"))


def lines(outcome: dict[str, dict[str, list[str]]]) -> list[str]:
    """Say it, a line each."""
    said = []
    for chapter, found in outcome.items():
        said += [f"{chapter} broke off: {wrong}" for wrong in found["wrong"]]
        said += [f"{chapter}: this claim did not hold here: {claim}" for claim in found["fell"]]
    return said
