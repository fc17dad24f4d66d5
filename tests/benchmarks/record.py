"""Write results where the page "Results beside the papers" reads them."""

from __future__ import annotations

import datetime
import json
import platform
from pathlib import Path

import torch

RESULTS = Path(__file__).parents[2] / "book" / "appendix" / "results.json"
MACHINE = f"{platform.machine()}, 1 thread, torch {torch.__version__.split('+')[0]}"


def record(results: list[dict], machine: str = MACHINE) -> None:
    """Put results, with date and machine, in the place of earlier ones of the same methods."""
    today = {"date": datetime.date.today().isoformat(), "machine": machine}
    new = {result["method"]: result | today for result in results}
    old = {result["method"]: result for result in json.loads(RESULTS.read_text())}
    RESULTS.write_text(json.dumps([*(old | new).values()], indent=2, ensure_ascii=False) + "\n")
