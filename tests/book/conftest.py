"""The rendered book, and a browser to look at it."""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
from pathlib import Path

import pytest
from chapters import ROOT, pages
from playwright.sync_api import sync_playwright

HTML = ROOT / "_build" / "html"
RENDERED = {
    str(path.relative_to(HTML).with_suffix(""))
    for path in HTML.glob("**/*.html")
    if "_static" not in path.parts
} - {"index"}  # it only sends the browser on, as a test of its own says
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serve files and say nothing."""

    def log_message(self, *args):
        """Stay silent."""


def serve(folder: Path):
    """Serve a folder on a free port of this machine; yield the address."""
    handler = functools.partial(QuietHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def html() -> Path:
    """Folder of the rendered pages."""
    assert (HTML / "index.html").exists(), "There are no pages yet; run 'make book' first."
    return HTML


@pytest.fixture(scope="session")
def site(html):
    """Address of the served book."""
    yield from serve(html)


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine; install the package 'chromium'")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


class Visit:
    """A page, opened, with what happened while it loaded."""

    def __init__(self, browser, site: str, page: str, width: int = 1280) -> None:
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
    """Open a page and close it when the next one is asked for."""
    seen: dict[tuple[str, int, str], Visit] = {}

    def open_page(page: str, width: int = 1280, site: str = site) -> Visit:
        if (page, width, site) not in seen:
            for old in seen.values():
                old.page.context.close()
            seen.clear()
            seen[page, width, site] = Visit(browser, site, page, width)
        return seen[page, width, site]

    yield open_page
    for old in seen.values():
        old.page.context.close()


@pytest.fixture(params=sorted(RENDERED | set(pages(ROOT))))
def page(request) -> str:
    """Each page in turn: those of the contents, and those that Sphinx adds."""
    return request.param
