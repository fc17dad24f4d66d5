"""Sphinx extension: claims are folded, and a page says at its top what did not go as it says."""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from outcome import read_outcome
from sphinx.application import Sphinx

PROMPT = "The claims of the text, checked"
TITLE = re.compile(r"^# .+\n", re.MULTILINE)
FELL = """
:::{warning}
On the machine that made this page, %s did not hold: look for “This claim did not hold here”.
The appendix says in which worlds the claims of the book were tried.
:::
"""
BROKE = """
:::{danger}
This page is not complete: its code broke off when the page was made (%s).
What follows that place has no results.
:::
"""


def mark(app: Sphinx, page: str, source: list[str]) -> None:
    """Put what happened behind the title."""
    found = read_outcome(Path(app.srcdir)).get(page)
    if found:
        notes = ""
        if found["wrong"]:
            notes += BROKE % found["wrong"][0].replace("{", "(").replace("`", "'")
        if found["fell"]:
            n = len(found["fell"])
            notes += FELL % ("one claim of the text" if n == 1 else f"{n} claims of the text")
        source[0] = TITLE.sub(lambda title: title[0] + notes, source[0], count=1)


def fold(app: Sphinx, doctree: nodes.document) -> None:
    """Fold the code of the cells of claims; what fell stands in their outputs."""
    for cell in doctree.findall(nodes.container):
        if cell.get("nb_element") == "cell_code" and "tag_claims" in cell["classes"]:
            cell["hide_mode"], cell["prompt_show"], cell["prompt_hide"] = "input", PROMPT, PROMPT


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the steps."""
    app.connect("source-read", mark)
    app.connect("doctree-read", fold)
    return {"parallel_read_safe": True}
