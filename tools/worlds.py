"""Try every claim of the chapters in other worlds: other processors, seeds, data and threads."""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import date
from itertools import product
from pathlib import Path

from chapters import ROOT, chapters, read
from environment import AVX2, fix_environment, has_avx2
from nbformat.v4 import new_code_cell
from reach import chapter_hash, code_cells, read_record, record_path, sentence
from run import LIMIT, run_through, workers

INSTRUCTIONS = {
    "SSE4": {
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "MKL_CBWR": "COMPATIBLE",
        "OPENBLAS_CORETYPE": "Nehalem",
    },
    "AVX2": AVX2,
    "the machine's own": {},
}
SHIFTS = (0, 101, 202)
ASK = """\
import json
from softened_claims import machine
print(json.dumps([claims_tried(), machine()]))"""


def worlds(shifts: tuple[int, ...]) -> list[dict]:
    """List the worlds; the last of them, with its own instructions, has two threads."""
    sets = INSTRUCTIONS if has_avx2() else {"the machine's own": {}}
    listed = [
        {"instructions": name, "shift": shift, "threads": 1}
        for name, shift in product(sets, shifts)
    ]
    listed[-1]["threads"] = 2
    return listed


def try_world(root: Path, chapter: str, world: dict) -> dict:
    """Run a chapter in one world, and add to the world what was found."""
    notebook = read(root, chapter)
    n_cells = len(code_cells(notebook))
    notebook.cells.append(new_code_cell(ASK))
    start = time.perf_counter()
    wrong = run_through(
        notebook,
        LIMIT,
        OMP_NUM_THREADS=str(world["threads"]),
        MMLEARN_SEED_SHIFT=str(world["shift"]),
        XDG_CACHE_HOME=str(root / "_build" / "worlds" / f"cache-{world['shift']}"),
        **INSTRUCTIONS[world["instructions"]],
    )
    seconds = time.perf_counter() - start
    outputs = notebook.cells[-1].get("outputs", [])
    tried, machine = json.loads(outputs[-1].text) if outputs else ([], "")
    fell = [claim for claim in tried if not claim.pop("holds")]
    for claim in fell:
        claim["sentence"] = sentence(notebook, claim["cell"])
    fell += [
        {"cell": n_cells, "line": 0, "claim": f"no exception, but {x}", "sentence": ""}
        for x in wrong
    ]
    return world | {
        "claims": len(tried),
        "seconds": round(seconds, 1),
        "fell": fell,
        "machine": machine,
    }


def try_chapters(root: Path, names: list[str], shifts: tuple[int, ...]) -> dict[str, dict]:
    """Try chapters one after another, as many worlds at a time as there are cores.

    With the worlds of the record, what is found is recorded as soon as a chapter is through.
    """
    fix_environment(root)
    found = {}
    with workers() as pool:
        waiting = {
            name: [pool.submit(try_world, root, name, world) for world in worlds(shifts)]
            for name in names
        }
        hashes = {name: chapter_hash(root, name) for name in names}
        for name, futures in waiting.items():
            tried = [future.result() for future in futures]
            *_, machine = [world.pop("machine") for world in tried]
            found[name] = {
                "hash": hashes[name],
                "date": date.today().isoformat(),
                "machine": machine,
                "worlds": tried,
            }
            if hashes[name] != chapter_hash(root, name):
                raise SystemExit(f"{name} was changed while it was tried; try it again.")
            if shifts == SHIFTS:
                write_record(root, read_record(root) | {name: found[name]})
            say(name, tried)
    return found


def write_record(root: Path, record: dict[str, dict]) -> None:
    """Write the record, in the order of the book, without chapters that are no more."""
    kept = {name: record[name] for name in chapters(root) if name in record}
    text = json.dumps(kept, indent=1, ensure_ascii=False)
    record_path(root).write_text(f"{text}\n", encoding="utf-8")


def say(name: str, tried: list[dict]) -> None:
    """Print what was found."""
    n_fell = sum(len(world["fell"]) for world in tried)
    print(
        f"{name}: {max(world['claims'] for world in tried)} claims in {len(tried)} worlds, "
        f"{n_fell} fell, {max(world['seconds'] for world in tried):.0f} s at most",
        flush=True,
    )
    for world in tried:
        for claim in world["fell"]:
            print(
                f"  {world['instructions']}, seeds + {world['shift']}: cell {claim['cell']}, line "
                f"{claim['line']}: {claim['claim']}",
                flush=True,
            )


def wanted(root: Path, names: list[str]) -> list[str]:
    """Give the chapters named, or without names those whose record is missing, old or fell."""
    known, record = chapters(root), read_record(root)
    if names:
        unknown = [name for name in names if f"book/{name}" not in known]
        if unknown:
            raise SystemExit(
                f"There is no chapter {', '.join(unknown)}; name them like boltzmann/machine."
            )
        return [f"book/{name}" for name in names]
    return [
        name
        for name in known
        if name not in record
        or record[name]["hash"] != chapter_hash(root, name)
        or any(world["fell"] for world in record[name]["worlds"])
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("chapters", nargs="*", help="such as boltzmann/machine; else what is due")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder that holds _toc.yml")
    parser.add_argument(
        "--shifts", type=int, nargs="+", default=SHIFTS, help="tried, but not recorded"
    )
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    found = try_chapters(root, wanted(root, arguments.chapters), tuple(arguments.shifts))
    sys.exit(any(world["fell"] for tried in found.values() for world in tried["worlds"]))
