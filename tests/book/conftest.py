"""The rendered book."""

from __future__ import annotations

from pathlib import Path

import pytest
from chapters import ROOT, pages

HTML = ROOT / "_build" / "html"
RENDERED = {
    str(path.relative_to(HTML).with_suffix(""))
    for path in HTML.glob("**/*.html")
    if "_static" not in path.parts
} - {"index"}  # it only sends the browser on, as a test of its own says


@pytest.fixture(scope="session")
def html() -> Path:
    """Folder of the rendered pages."""
    assert (HTML / "index.html").exists(), "There are no pages yet; run 'make book' first."
    return HTML


@pytest.fixture(scope="session")
def site(html, serve):
    """Address of the served book."""
    with serve(html) as address:
        yield address


UNFOLD = """() => {
    document.querySelectorAll("details").forEach(fold => fold.open = true);
    document.querySelectorAll(".toggle-hidden > .admonition-title").forEach(title => title.click());
}"""


class Visit:
    """A page, opened, with what happened while it loaded."""

    def __init__(self, browser, site: str, page: str, width: int = 1200) -> None:
        self.outside: list[str] = []
        self.errors: list[str] = []
        context = browser.new_context(viewport={"width": width, "height": 900})
        context.route("**/*", lambda route: self.answer(route, site))
        self.page = context.new_page()
        self.page.on("console", self.listen)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("requestfailed", lambda request: self.errors.append(f"failed: {request.url}"))
        self.page.goto(f"{site}/{page}.html", wait_until="load")
        if self.page.locator(".math").count():
            self.page.wait_for_function("window.MathJax?.startup?.promise !== undefined")
            self.page.evaluate("MathJax.startup.promise")

    def unfold(self) -> None:
        """Open everything that is folded away."""
        self.page.evaluate(UNFOLD)

    def answer(self, route, site: str) -> None:
        if route.request.url.startswith((site, "data:", "blob:")):
            route.continue_()
        else:
            self.outside.append(route.request.url)
            route.abort()

    def listen(self, message) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)


@pytest.fixture(scope="module")
def visit(browser, site):
    """Open a page, at any width, and close it when another one is asked for."""
    seen: dict[tuple[str, str, int], Visit] = {}

    def open_page(page: str, width: int = 1200, site: str = site) -> Visit:
        if any(key[:2] != (site, page) for key in seen):
            close()
        if (site, page, width) not in seen:
            seen[site, page, width] = Visit(browser, site, page, width)
        return seen[site, page, width]

    def close() -> None:
        for old in seen.values():
            old.page.context.close()
        seen.clear()

    yield open_page
    close()


@pytest.fixture(scope="module", params=sorted(RENDERED | set(pages(ROOT))))
def page(request) -> str:
    """Each page in turn: those of the contents, and those that Sphinx adds."""
    return request.param
