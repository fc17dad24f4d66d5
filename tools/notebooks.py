"""Derive from every chapter a plain notebook: no MyST, no outputs, no solutions."""

from __future__ import annotations

import ast
import re
import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pybtex
from chapters import chapters, is_homework, read
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from pybtex.database import BibliographyData, Entry, parse_file

NEEDS_PACKAGE = """\
from importlib.util import find_spec

if find_spec("mmlearn_helpers") is None:
    raise ModuleNotFoundError(
        "This notebook needs the package mmlearn_helpers, which is not "
        "installed here. Download its .whl file from the book's page "
        "'Using this book' and run %pip install followed by the path of "
        "that file; or, in a copy of the book's repository, run 'make lab' "
        "and open the chapter there."
    )"""
YOUR_ATTEMPT = "# Your attempt. The solution is folded away on the page of this chapter."
ADMONITIONS = {"admonition": "", "note": "Note", "tip": "Tip", "warning": "Warning"}

OPENING = re.compile(r"^(?P<fence>`{3,}|:{3,})(?:\{(?P<name>[\w:-]+)\}\s*(?P<argument>.*)|.*)$")
OPTION = re.compile(r"^:(?P<key>[\w-]+):\s*(?P<value>.*)$")
ROLE = re.compile(r"\{(?P<name>[\w:]+)\}`(?P<content>[^`]+)`")
EXPLICIT = re.compile(r"^(?P<text>.+?)\s*<(?P<target>[^>]+)>$", re.DOTALL)
LABELLED_MATH = re.compile(r"^\$\$ \((?P<label>[\w:-]+)\)$", re.MULTILINE)
PAGE_LINK = re.compile(r"\[(?P<text>[^\]]+)\]\([./\w-]+\.md\)")
TARGET = re.compile(r"^\([\w:-]+\)=\n", re.MULTILINE)


class UnknownMarkupError(ValueError):
    """A chapter uses MyST markup that has no plain counterpart here."""


def _author_year(entry: Entry) -> tuple[str, str]:
    names = [" ".join(person.last_names) for person in entry.persons["author"]]
    authors = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
    return authors, entry.fields["year"]


class Converter:
    """Turn the MyST Markdown of one chapter into plain Markdown.

    Parameters
    ----------
    root
        Folder that holds `_toc.yml`.
    page
        The chapter, as a path without suffix.
    notebook
        The chapter's cells, with or without outputs; read from its source by default.
    """

    def __init__(
        self, root: Path, page: str, notebook: nbformat.NotebookNode | None = None
    ) -> None:
        self.root, self.folder = root, (root / page).parent
        self.notebook = read(root, page) if notebook is None else notebook
        text = "\n".join(cell.source for cell in self.notebook.cells)
        self.equations = {
            label: str(number) for number, label in enumerate(LABELLED_MATH.findall(text), start=1)
        }
        self.bibliography: BibliographyData = parse_file(root / "book" / "references.bib")
        self.cited: list[str] = []
        self.n_exercises = 0

    def role(self, match: re.Match[str]) -> str:
        """Replace one role by what a reader should see in its place."""
        name, content = match["name"], match["content"]
        explicit = EXPLICIT.match(content)
        text, target = explicit.group("text", "target") if explicit else (content, content)
        if name == "term" or (name == "ref" and explicit):
            return text
        if name == "doc":
            return f"*{text if explicit else self.title(target)}*"
        if name == "eq":
            return f"({self.equations[target]})"
        if name in ("cite:t", "cite:p"):
            self.cited += content.split(",")
            cited = [_author_year(self.bibliography.entries[key]) for key in content.split(",")]
            if name == "cite:t":
                return ", ".join(f"{authors} ({year})" for authors, year in cited)
            return "(" + "; ".join(f"{authors}, {year}" for authors, year in cited) + ")"
        raise UnknownMarkupError(f"the role {match[0]}")

    def title(self, target: str) -> str:
        """Give the heading of another page."""
        base = self.root if target.startswith("/") else self.folder
        source = (base / f"{target.lstrip('/')}.md").read_text()
        return re.search(r"^# (.+)$", source, re.MULTILINE)[1]

    def directive(self, name: str, argument: str, body: list[str]) -> list[str]:
        """Replace one directive by plain Markdown."""
        options = {}
        while body and (option := OPTION.match(body[0])):
            options[option["key"]] = option["value"]
            body = body[1:]
        if name == "literalinclude":
            return self.quoted(argument, options["pyobject"])
        if name == "include":
            return self.included(argument)
        inner = self.lines(body)
        if name in ADMONITIONS:
            title = argument or ADMONITIONS[name]
            return [f"> **{title}**", ">", *(f"> {line}".rstrip() for line in inner)]
        if name == "dropdown":
            return ["<details>", f"<summary>{argument}</summary>", "", *inner, "", "</details>"]
        if name == "exercise":
            self.n_exercises += 1
            return [f"**Exercise {self.n_exercises}. {argument}**", "", *inner]
        raise UnknownMarkupError(f"the directive {{{name}}}")

    def quoted(self, path: str, name: str) -> list[str]:
        """Quote one object out of a module: a function, a class, or ``Class.method``."""
        source = (self.folder / path).read_text()
        node = ast.parse(source)
        for part in name.split("."):
            inside = (child for child in node.body if getattr(child, "name", None) == part)
            node = next(inside, None)
            if node is None:
                raise UnknownMarkupError(f"{name} of {path}, where no such object is, and")
        start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        code = "\n".join(source.splitlines()[start - 1 : node.end_lineno])
        return ["```python", *textwrap.dedent(code).splitlines(), "```"]

    def included(self, path: str) -> list[str]:
        """Put a derived file in the directive's place."""
        file = (self.folder / path).resolve()
        if not file.is_relative_to((self.root / "_build" / "derived").resolve()):
            raise UnknownMarkupError(
                f"the directive {{include}} of {path}, outside _build/derived,"
            )
        return self.prose(file.read_text()).splitlines()

    def references(self) -> str:
        """List what has been cited."""
        return "## References\n\n" + pybtex.format_from_file(
            self.root / "book" / "references.bib",
            style="plain",
            citations=sorted(set(self.cited)),
            output_backend="markdown",
        )

    def lines(self, lines: list[str]) -> list[str]:
        """Convert lines, directive by directive; ordinary code blocks stay as they are."""
        out: list[str] = []
        text: list[str] = []
        while lines:
            first, lines = lines[0], lines[1:]
            opening = OPENING.match(first)
            if opening is None:
                text.append(first)
                continue
            if opening["fence"] not in lines:
                raise UnknownMarkupError(f"{first!r}, which is never closed and")
            end = lines.index(opening["fence"])
            body, lines = lines[:end], lines[end + 1 :]
            out += self.roles(text)
            text = []
            if opening["name"]:
                out += self.directive(opening["name"], opening["argument"], body)
            else:
                out += [first, *body, opening["fence"]]
        return out + self.roles(text)

    def roles(self, lines: list[str]) -> list[str]:
        """Replace the roles in ordinary text."""
        return ROLE.sub(self.role, "\n".join(lines)).split("\n") if lines else []

    def prose(self, source: str) -> str:
        """Convert the text of one Markdown cell."""
        source = TARGET.sub("", source)
        source = LABELLED_MATH.sub(
            lambda match: rf"\tag{{{self.equations[match['label']]}}}" + "\n$$", source
        )
        return "\n".join(self.lines(source.splitlines())).strip()

    def convert(self) -> nbformat.NotebookNode:
        """Convert the whole chapter."""
        cells = [new_code_cell(NEEDS_PACKAGE)]
        for part, cell in without_solutions(self.notebook.cells):
            if part == "attempt":
                cells.append(new_code_cell(YOUR_ATTEMPT))
            elif cell.cell_type == "code":
                cells.append(plain_cell(cell))
                figure = cell.metadata.get("mystnb", {}).get("figure")
                if figure:
                    cells.append(new_markdown_cell(f"*{ROLE.sub(self.role, figure['caption'])}*"))
            else:
                cells.append(new_markdown_cell(self.prose(cell.source)))
        if self.cited:
            cells.append(new_markdown_cell(self.references()))
        cells = [cell for cell in cells if cell.source]
        for number, cell in enumerate(cells):
            cell.id = f"cell-{number}"
        return new_notebook(cells=cells, metadata={"kernelspec": self.notebook.metadata.kernelspec})


def plain_cell(cell: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Copy a code cell with its outputs; where a claim falls, "Run all" is to go on."""
    tags = (
        {"tags": ["claims", "raises-exception"]}
        if "claims" in cell.metadata.get("tags", [])
        else {}
    )
    copied = {name: cell[name] for name in ("execution_count", "outputs") if cell.get(name)}
    return new_code_cell(cell.source, metadata=tags, **copied)


def without_solutions(
    cells: list[nbformat.NotebookNode],
) -> Iterator[tuple[str, nbformat.NotebookNode | None]]:
    """Yield the cells, with an attempt in place of what lies between solution-start and -end."""
    start = re.compile(r"^`{3,}\{solution-start\}[^`]*^`{3,}\n?", re.MULTILINE)
    end = re.compile(r"^`{3,}\{solution-end\}\s*^`{3,}\n?", re.MULTILINE)
    inside = False
    for cell in cells:
        if cell.cell_type == "code":
            if not inside:
                yield "cell", cell
            continue
        text = cell.source
        while text:
            found = (end if inside else start).search(text)
            shown, text = (text[: found.start()], text[found.end() :]) if found else (text, "")
            if not inside and shown.strip():
                yield "cell", new_markdown_cell(shown)
            if found:
                inside = not inside
                if inside:
                    yield "attempt", None


def homework_notebook(root: Path, page: str) -> nbformat.NotebookNode:
    """Give what students get: no solutions, and names in place of links to other pages."""
    from mmlearn_helpers.homework.release import student_notebook  # not every book has homework

    notebook = student_notebook(root / f"{page}.md")
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = PAGE_LINK.sub(r"*\g<text>*", cell.source)
    notebook.cells.insert(0, new_code_cell(NEEDS_PACKAGE, id="needs-package"))
    return notebook


def write_notebooks(root: Path) -> None:
    """Write `_build/notebooks/<chapter>.ipynb` for every page with code."""
    folder = root / "_build" / "notebooks"
    shutil.rmtree(folder, ignore_errors=True)
    for page in chapters(root):
        path = folder / f"{page}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        if is_homework(page):
            nbformat.write(homework_notebook(root, page), path)
            continue
        try:
            nbformat.write(Converter(root, page).convert(), path)
        except UnknownMarkupError as error:
            raise SystemExit(
                f"{page}.md uses {error}, which has no plain Markdown counterpart; "
                "use other markup, or teach tools/notebooks.py what to write for it."
            ) from error
