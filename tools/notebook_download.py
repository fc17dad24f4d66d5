"""Sphinx extension: every page with code offers its own notebook for download."""

from __future__ import annotations

import shutil
from pathlib import Path

from sphinx.application import Sphinx


def _notebooks(app: Sphinx) -> Path:
    return Path(app.srcdir) / "_build" / "notebooks"


def offer_notebook(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object
) -> None:
    """Tell the theme, which puts the link into the page's download menu."""
    if (_notebooks(app) / f"{pagename}.ipynb").exists():
        context["ipynb_source"] = f"{pagename}.ipynb"


def copy_notebooks(app: Sphinx, exception: Exception | None) -> None:
    """Put the notebooks where the theme's link points to."""
    if exception is None:
        shutil.copytree(_notebooks(app), Path(app.outdir) / "_sources", dirs_exist_ok=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the two steps."""
    app.connect("html-page-context", offer_notebook, priority=490)
    app.connect("build-finished", copy_notebooks)
    return {"parallel_read_safe": True}
