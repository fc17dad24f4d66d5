"""Execute the chapters, derive what is derived, and render the pages."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from chapters import ROOT, digest
from environment import fix_environment, pin_arithmetic
from execute import execute
from notebooks import write_notebooks
from outcome import lines, read_outcome, write_outcome
from package import write_package
from reach import write_reach
from results import write_results
from results_conversion import write_conversion
from results_convolutional import write_convolutional
from results_multimodal import write_multimodal
from results_search import write_searches
from run import LIMIT

INPUTS = [
    "_*.yml",
    "requirements.txt",
    "pyproject.toml",
    "book/**/*",
    "mmlearn_helpers/**/*",
    "tools/**/*",
]


def build(root: Path, limit: float) -> bool:
    """Bring the pages up to date and say whether all went well; a fallen claim is no fault."""
    stamp = root / "_build" / "inputs.sha256"
    wanted = digest(root, *INPUTS)
    well = stamp.exists() and stamp.read_text() == wanted
    if not well:
        stamp.unlink(missing_ok=True)
        fix_environment(root)
        pin_arithmetic()
        execute(root, limit)
        write_outcome(root)
        well = render(root) and not any(found["wrong"] for found in read_outcome(root).values())
        if well:
            stamp.write_text(wanted)
    for line in lines(read_outcome(root)):
        print(line)
    home = root / "_build" / "html" / "index.html"
    if not home.exists():
        print("There are no pages; the messages above say why.")
    else:
        ready = "The book is ready" if well else "The book is there, with the faults named above"
        print(f"{ready}: open {home.as_uri()}")
    return well


def render(root: Path) -> bool:
    """Write what is derived, then the pages, and say whether no warning came up."""
    write_results(root)
    write_convolutional(root)
    write_conversion(root)
    write_multimodal(root)
    write_searches(root)
    write_reach(root)
    write_package(root)
    write_notebooks(root)
    shutil.rmtree(root / "_build" / "html", ignore_errors=True)
    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    command = [jupyter_book, "build", root, "--all", "-W", "-n", "--keep-going", "-q"]
    return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="folder that holds _toc.yml")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds for a chapter")
    arguments = parser.parse_args()
    sys.exit(not build(arguments.root.resolve(), arguments.limit))
