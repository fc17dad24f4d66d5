"""Which files the book is made of, and what its pages depend on."""

from __future__ import annotations

import hashlib
from pathlib import Path

import jupytext
import nbformat
from sphinx_external_toc.parsing import parse_toc_yaml

ROOT = Path(__file__).resolve().parents[1]


def pages(root: Path) -> list[str]:
    """Give every page of `_toc.yml` as a path without suffix, in reading order."""
    return list(parse_toc_yaml(root / "_toc.yml"))


def read(root: Path, page: str) -> nbformat.NotebookNode:
    """Read the MyST source of a page as a notebook without outputs."""
    return jupytext.read(root / f"{page}.md")


def chapters(root: Path) -> list[str]:
    """Give the pages that hold code cells."""
    return [
        page
        for page in pages(root)
        if any(cell.cell_type == "code" for cell in read(root, page).cells)
    ]


def is_homework(page: str) -> bool:
    """Say whether a page lies in the folder of homework, where solutions are not shown."""
    return page.startswith("book/homework/")


def digest(root: Path, *patterns: str) -> str:
    """Hash names and contents of the files that match, so that any change to them shows."""
    files = {path for pattern in patterns for path in root.glob(pattern) if path.is_file()}
    total = hashlib.sha256()
    for path in sorted(files):
        if "__pycache__" not in path.parts:
            total.update(str(path.relative_to(root)).encode() + b"\0")
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
