"""Sphinx extension: pages of homework show no solution, nor do the copies of their sources."""

from __future__ import annotations

from pathlib import Path

from chapters import is_homework
from docutils import nodes
from sphinx.application import Sphinx


def hide_solutions(app: Sphinx, doctree: nodes.document) -> None:
    """Put an empty attempt into every code cell in place of its solution."""
    if not is_homework(app.env.docname):
        return
    from mmlearn_helpers.homework.source import without_solutions  # not every book has homework

    for block in doctree.findall(nodes.literal_block):
        code = without_solutions(block.astext())
        block.rawsource = code
        block.children = [nodes.Text(code)]


def hide_sources(app: Sphinx, exception: Exception | None) -> None:
    """Do the same to the copies of the sources that lie beside the pages."""
    sources = Path(app.outdir, "_sources")
    pages = [
        path for path in sources.glob("**/*.md") if is_homework(str(path.relative_to(sources)))
    ]
    if exception is None and pages:
        from mmlearn_helpers.homework.source import without_solutions

        for path in pages:
            path.write_text(without_solutions(path.read_text()))


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the two steps."""
    app.connect("doctree-read", hide_solutions)
    app.connect("build-finished", hide_sources)
    return {"parallel_read_safe": True}
