"""Build the package as a wheel, for readers who downloaded a single notebook."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def write_package(root: Path) -> None:
    """Write the wheel and, in `_build/derived/package.md`, a link to it."""
    folder = root / "_build" / "derived"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.whl"):
        old.unlink()
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "-w", folder, root], check=True)
    (wheel,) = folder.glob("*.whl")
    link = f"{{download}}`{wheel.name} <../../_build/derived/{wheel.name}>`"
    (folder / "package.md").write_text(f"{link}\n")
