"""Run every chapter whose cells, package or lock have changed, one process a core."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from chapters import chapters, digest, read
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from jupyter_cache.executors.utils import ExecutionResult, single_nb_execution

CELL_TIMEOUT = 300


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


def missing(root: Path, cache: JupyterCacheAbstract) -> list[str]:
    """Give the chapters that the cache does not hold."""

    def cached(chapter: str) -> bool:
        try:
            cache.match_cache_notebook(read(root, chapter))
        except KeyError:
            return False
        return True

    return [chapter for chapter in chapters(root) if not cached(chapter)]


def _run(notebook: nbformat.NotebookNode) -> tuple[nbformat.NotebookNode, ExecutionResult]:
    with TemporaryDirectory() as folder:
        result = single_nb_execution(
            notebook, cwd=folder, timeout=CELL_TIMEOUT, allow_errors=False, meta_override=True
        )
    notebook.metadata.pop("widgets", None)  # myst-nb would fetch scripts from outside for them
    return notebook, result


def execute(root: Path) -> bool:
    """Bring the cache up to date and say whether every chapter ran without error."""
    cache = open_cache(root)
    to_run = missing(root, cache)
    well = True
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        runs = pool.map(_run, [read(root, chapter) for chapter in to_run])
        for chapter, (notebook, result) in zip(to_run, runs, strict=True):
            if result.err is not None:
                well = False
                print(f"{chapter} failed:\n{result.exc_string}", flush=True)
                continue
            cache.cache_notebook_bundle(
                CacheBundleIn(
                    notebook,
                    str(root / f"{chapter}.md"),
                    data={"execution_seconds": result.time},
                ),
                check_validity=False,
                overwrite=True,
            )
            print(f"{chapter}: {result.time:.0f} s", flush=True)
    return well
