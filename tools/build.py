"""Execute the chapters, derive what is derived, and render the pages."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from chapters import ROOT, digest, fix_environment
from execute import execute
from notebooks import write_notebooks
from package import write_package
from results import write_results
from results_multimodal import write_multimodal

INPUTS = [
    "_*.yml",
    "requirements.txt",
    "pyproject.toml",
    "book/**/*",
    "mmlearn_helpers/**/*",
    "tools/**/*",
]


def build(root: Path) -> bool:
    """Bring the pages up to date and say whether all went well."""
    stamp = root / "_build" / "inputs.sha256"
    wanted = digest(root, *INPUTS)
    if not stamp.exists() or stamp.read_text() != wanted:
        stamp.unlink(missing_ok=True)
        fix_environment(root)
        if not execute(root):
            return False
        write_results(root)
        write_multimodal(root)
        write_package(root)
        write_notebooks(root)
        jupyter_book = Path(sys.executable).with_name("jupyter-book")
        command = [jupyter_book, "build", root, "--all", "-W", "-n", "--keep-going", "-q"]
        if subprocess.run(command, check=False).returncode:
            return False
        stamp.write_text(wanted)
    print(f"The book is ready: open {(root / '_build/html/index.html').as_uri()}")
    return True


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="folder that holds _toc.yml")
    sys.exit(not build(parser.parse_args().root.resolve()))
