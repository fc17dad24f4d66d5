"""Write results where the page "Results beside the papers" reads them, and say how far one is."""

from __future__ import annotations

import datetime
import json
import platform
import time
from collections.abc import Sequence
from pathlib import Path

import torch

RESULTS = Path(__file__).parents[2] / "book" / "appendix" / "results.json"
MACHINE = f"{platform.machine()}, 1 thread, torch {torch.__version__.split('+')[0]}"
started = time.perf_counter()


def record(results: list[dict], machine: str = MACHINE) -> None:
    """Put results, with date and machine, in the place of earlier ones of the same methods."""
    put(RESULTS, results, ("method",), machine)


def put(path: Path, rows: list[dict], key: Sequence[str], machine: str = MACHINE) -> None:
    """Put rows, with date and machine, in the place of earlier ones that agree in the key."""
    today = {"date": datetime.date.today().isoformat(), "machine": machine}
    old = json.loads(path.read_text()) if path.exists() else []
    kept = {tuple(row[name] for name in key): row for row in [*old, *(row | today for row in rows)]}
    path.write_text(json.dumps([*kept.values()], indent=2, ensure_ascii=False) + "\n")


def log(words: str) -> None:
    """Print words behind the seconds since this module was imported."""
    print(f"{time.perf_counter() - started:7.0f} s  {words}", flush=True)
