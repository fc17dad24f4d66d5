"""How far the claims reach: the record of the worlds they were tried in, and its page."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from chapters import chapters, read
from results import table, write

HEADER = ["Chapter", "Claims", "Worlds", "Fell", "Seconds", "Tried on"]


def record_path(root: Path) -> Path:
    """Give the file of the record."""
    return root / "book" / "appendix" / "claims.json"


def read_record(root: Path) -> dict[str, dict]:
    """Read the record: for each chapter its hash, when and where it was tried, and its worlds."""
    path = record_path(root)
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_modules(root: Path, chapter: str) -> list[Path]:
    """Find the modules of its own part that a chapter imports, and those that they import."""
    part = f"mmlearn_helpers.{chapter.split('/')[1]}"
    sources = [code_cell.source for code_cell in code_cells(read(root, chapter))]
    found: set[Path] = set()
    while sources:
        for name in _imported(sources.pop()):
            if name == part or name.startswith(f"{part}."):
                stem = root.joinpath(*name.split("."))
                for path in (stem.with_suffix(".py"), stem / "__init__.py"):
                    if path.exists() and path not in found:
                        found.add(path)
                        sources.append(path.read_text(encoding="utf-8"))
    return sorted(found)


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Give the cells that a kernel counts."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def chapter_hash(root: Path, chapter: str) -> str:
    """Hash what the cells of a chapter and the modules of its own part that it imports compute.

    Comments, formatting and where a cell ends do not count.
    """
    cells = "\n".join(cell.source for cell in code_cells(read(root, chapter)))
    modules = [path.read_text(encoding="utf-8") for path in own_modules(root, chapter)]
    trees = [ast.dump(ast.parse(source)) for source in (cells, *modules)]
    return hashlib.sha256("\0".join(trees).encode()).hexdigest()[:16]


def sentence(notebook: nbformat.NotebookNode, number: int) -> str:
    """Give the last sentence of the prose before the code cell with this number, from 1."""
    cell = code_cells(notebook)[number - 1]
    before = notebook.cells[: notebook.cells.index(cell)]
    prose = [cell.source for cell in before if cell.cell_type == "markdown"]
    paragraphs = [
        paragraph
        for text in prose
        for paragraph in text.split("\n\n")
        if not paragraph.startswith(("#", ":::", "```", "(", "$$"))
    ]
    return re.split(r"(?<=[.:]) ", " ".join(paragraphs[-1].split()))[-1] if paragraphs else ""


def worlds_in_words(worlds: list[dict]) -> str:
    """Sum up which worlds a chapter was tried in."""
    instructions = list(dict.fromkeys(world["instructions"] for world in worlds))
    shifts = list(dict.fromkeys(world["shift"] for world in worlds))
    two = sum(world["threads"] == 2 for world in worlds)
    return (
        f"{len(worlds)}: {', '.join(instructions)}; seeds + {', '.join(map(str, shifts))}; "
        f"{two} with two threads"
    )


def write_reach(root: Path) -> None:
    """Write `_build/derived/claims.md` from the record."""
    record, rows, fell, untried = read_record(root), [], [], []
    for chapter in chapters(root):
        if chapter not in record:
            untried.append(f"{{doc}}`/{chapter}`")
            continue
        worlds = record[chapter]["worlds"]
        seconds = sorted(world["seconds"] for world in worlds)
        fallen = [(world, found) for world in worlds for found in world["fell"]]
        title = f"{{doc}}`/{chapter}`"
        rows.append(
            [
                title,
                f"{max(world['claims'] for world in worlds)}",
                worlds_in_words(worlds),
                f"{len({(found['cell'], found['line']) for _, found in fallen})}",
                f"{seconds[0]:.0f} to {seconds[-1]:.0f}",
                f"{record[chapter]['machine']}, {record[chapter]['date']}",
            ]
        )
        fell += [
            f"- {title}, {world['instructions']}, seeds + {world['shift']}: `{found['claim']}` — "
            f"{found['sentence']}"
            for world, found in fallen
        ]
    ending = "\n".join(["", "Claims that fell:", "", *fell]) if fell else "\nNo claim fell."
    if untried:
        ending += f"\n\nNot tried yet: {', '.join(untried)}."
    write(root, "claims", f"{table(HEADER, rows)}{ending}\n")
