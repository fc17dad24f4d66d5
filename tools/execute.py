"""Run every chapter whose cells, package or lock have changed, one process a core."""

from __future__ import annotations

import json
import shutil
import time
from functools import partial
from pathlib import Path

import nbformat
from chapters import chapters, digest, read
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from run import run, workers


def open_cache(root: Path) -> JupyterCacheAbstract:
    """Open the store of executed chapters, emptied if the package or the lock has changed.

    jupyter-cache finds a chapter by its cells alone; without the emptying, a changed helper would
    be shown with the output of its former self.
    """
    folder = root / "_build" / ".jupyter_cache"
    stamp = folder / "package.sha256"
    wanted = digest(root, "mmlearn_helpers/**/*", "requirements.txt")
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        stamp.write_text(wanted)
    return get_cache(folder)


def executed(
    root: Path, cache: JupyterCacheAbstract, chapter: str
) -> tuple[nbformat.NotebookNode, list[str]] | None:
    """Give a chapter with its outputs, and what went wrong; None if it has not been run."""
    notebook = read(root, chapter)
    try:
        record = cache.match_cache_notebook(notebook)
    except KeyError:
        return None
    return cache.merge_match_into_notebook(notebook)[1], record.data["wrong"]


def longest_first(root: Path, names: list[str]) -> list[str]:
    """Order chapters by the seconds on record, so that no long one is left for the end."""
    path = root / "book" / "appendix" / "claims.json"
    known = json.loads(path.read_text()) if path.exists() else {}

    def seconds(name: str) -> float:
        return max((w["seconds"] for w in known.get(name, {}).get("worlds", [])), default=1e9)

    return sorted(names, key=seconds, reverse=True)


def _run(
    notebook: nbformat.NotebookNode, limit: float
) -> tuple[nbformat.NotebookNode, list[str], float]:
    start = time.perf_counter()
    wrong = run(notebook, limit)
    return notebook, wrong, time.perf_counter() - start


def execute(root: Path, limit: float) -> None:
    """Bring the cache up to date. Chapters in which something went wrong are run again."""
    cache = open_cache(root)
    found = {chapter: executed(root, cache, chapter) for chapter in chapters(root)}
    to_run = [chapter for chapter, run in found.items() if run is None or run[1]]
    to_run = longest_first(root, to_run)
    with workers() as pool:
        runs = pool.map(partial(_run, limit=limit), [read(root, chapter) for chapter in to_run])
        for chapter, (notebook, wrong, seconds) in zip(to_run, runs, strict=True):
            cache.cache_notebook_bundle(
                CacheBundleIn(
                    notebook,
                    str(root / f"{chapter}.md"),
                    data={"execution_seconds": seconds, "wrong": wrong},
                ),
                check_validity=False,
                overwrite=True,
            )
            print(f"{chapter}: {seconds:.0f} s", flush=True)
