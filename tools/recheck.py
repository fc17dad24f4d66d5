"""Execute every chapter once more and compare each text output with what the page shows."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from chapters import ROOT, chapters, fix_environment, read
from execute import missing, open_cache


def write_references(root: Path) -> Path:
    """Write every chapter with the outputs that its page was rendered from.

    The outputs come from jupyter-cache: the copies beside the rendered pages lack those of glue.
    """
    folder = root / "_build" / "references"
    shutil.rmtree(folder, ignore_errors=True)
    cache = open_cache(root)
    without = missing(root, cache)
    if without:
        raise SystemExit(f"No executed copy to compare with: {', '.join(without)}. Build first.")
    for chapter in chapters(root):
        _, notebook = cache.merge_match_into_notebook(read(root, chapter))
        path = folder / f"{chapter}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, path)
    return folder


def recheck(root: Path) -> int:
    """Compare with nbval and return its exit status."""
    fix_environment(root)
    folder = write_references(root)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["-n", str(os.cpu_count()), "--dist", "loadfile"]
    command += ["--nbval", "--nbval-current-env", "--rootdir", str(folder), str(folder)]
    return subprocess.run(command, check=False, cwd=folder).returncode


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="folder that holds _toc.yml")
    sys.exit(recheck(parser.parse_args().root.resolve()))
