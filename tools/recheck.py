"""Execute every chapter once more, as readers download it, and compare each text output.

Outside the checkout, with the package from the book's wheel, each notebook must print what its
page shows. Solutions are in no download: those of chapters have run in the build, and those of
homework run here, too.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from chapters import ROOT, chapters, is_homework
from environment import fix_environment, pin_arithmetic
from execute import executed, longest_first, open_cache
from jupyter_cache.base import JupyterCacheAbstract
from nbformat.v4 import new_code_cell, new_output
from notebooks import Converter
from outcome import lines, read_outcome

WHERE = "import mmlearn_helpers\nprint(mmlearn_helpers.__file__)"


def install_package(wheel: Path, folder: Path) -> None:
    """Unpack a wheel that the book offers."""
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", folder, wheel]
    subprocess.run(command, check=True)


def reference(
    root: Path, cache: JupyterCacheAbstract, chapter: str, package: Path
) -> nbformat.NotebookNode:
    """Give a notebook as it is downloaded, with the outputs that its page was rendered from.

    The outputs come from jupyter-cache: the copies beside the rendered pages are not raw. A last
    cell says where the package was found.
    """
    found = executed(root, cache, chapter)
    if found is None:
        raise SystemExit(f"No executed copy of {chapter} to compare with. Build first.")
    notebook = found[0]
    if not is_homework(chapter):
        notebook = Converter(root, chapter, notebook).convert()
        downloaded = nbformat.read(root / f"_build/html/_sources/{chapter}.ipynb", as_version=4)
        if [cell.source for cell in notebook.cells] != [cell.source for cell in downloaded.cells]:
            raise SystemExit(f"The download of {chapter} is not that of its page. Build first.")
    path = f"{package / 'mmlearn_helpers' / '__init__.py'}\n"
    printed = [new_output("stream", name="stdout", text=path)]
    notebook.cells.append(new_code_cell(WHERE, outputs=printed, execution_count=1))
    return notebook


def recheck(root: Path) -> int:
    """Compare with nbval and return its exit status."""
    said = lines(read_outcome(root))
    if said:
        print("This is not as the book says:", *said, sep="\n")
        return 1
    fix_environment(root)
    pin_arithmetic()
    with TemporaryDirectory() as temporary:
        folder, package = Path(temporary, "chapters"), Path(temporary, "package")
        (wheel,) = (root / "_build" / "derived").glob("*.whl")
        install_package(wheel, package)
        names = longest_first(root, chapters(root))
        cache = open_cache(root)
        for chapter in names:
            path = folder / f"{chapter}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(reference(root, cache, chapter, package), path)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        command += ["-n", str(os.cpu_count()), "--dist", "loadfile", "--no-loadscope-reorder"]
        command += ["--nbval", "--nbval-current-env", "--rootdir", str(folder)]
        command += [f"{folder / chapter}.ipynb" for chapter in names]
        environment = os.environ | {"PYTHONPATH": str(package)}
        return subprocess.run(command, check=False, cwd=folder, env=environment).returncode


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="folder that holds _toc.yml")
    sys.exit(recheck(parser.parse_args().root.resolve()))
