"""Sphinx extension: mend the markup of Sphinx that a screen reader cannot make sense of."""

from __future__ import annotations

from sphinx.application import Sphinx


def mend_lists(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object
) -> None:
    """Make items of the references, and put the modules' inner lists into items of the outer."""
    body = context.get("body", "").replace('role="doc-biblioentry"', 'role="listitem"')
    if pagename == "_modules/index":
        body = body.replace("</li>\n<ul>", "\n<ul>").replace("</ul>", "</ul></li>")
        body = body.removesuffix("</li>")
    context["body"] = body


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the step."""
    app.connect("html-page-context", mend_lists)
    return {"parallel_read_safe": True}
