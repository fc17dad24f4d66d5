"""Every page, opened in a real browser that reaches nothing but the book itself."""

from __future__ import annotations

import re

import pytest
from chapters import ROOT, chapters, pages

HTML = ROOT / "_build" / "html"
RENDERED = {
    str(path.relative_to(HTML).with_suffix(""))
    for path in HTML.glob("**/*.html")
    if "_static" not in path.parts
} - {"index"}  # it only sends the browser on, as a test of its own says
WIDTHS = {"phone": 390, "desktop": 1280}


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
    seen: dict[tuple[str, int], Visit] = {}

    def open_page(page: str, width: int = 1280) -> Visit:
        if (page, width) not in seen:
            for old in seen.values():
                old.page.context.close()
            seen.clear()
            seen[page, width] = Visit(browser, site, page, width)
        return seen[page, width]

    yield open_page
    for old in seen.values():
        old.page.context.close()


@pytest.fixture(params=sorted(RENDERED | set(pages(ROOT))))
def page(request) -> str:
    """Each page in turn: those of the contents, and those that Sphinx adds."""
    return request.param


def test_a_page_asks_for_nothing_outside(visit, page):
    assert visit(page).outside == []


def test_a_page_logs_no_error(visit, page):
    assert visit(page).errors == []


def test_every_formula_is_rendered(visit, page):
    unrendered = visit(page).page.evaluate(
        "[...document.querySelectorAll('.math')]"
        ".filter(e => !e.querySelector('mjx-container') || e.querySelector('mjx-merror'))"
        ".map(e => e.textContent)"
    )
    assert unrendered == []


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_a_page_fits_its_window(visit, page, width):
    tab = visit(page, width).page
    too_wide = tab.evaluate(
        "[...document.querySelectorAll('body *')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
        ".map(e => e.outerHTML.slice(0, 120)).slice(0, 5)"
    )
    assert tab.evaluate("document.documentElement.scrollWidth") <= width, too_wide


def test_every_picture_has_alt_text(visit, page):
    alts = visit(page).page.evaluate(
        "[...document.querySelectorAll('img')].map(e => [e.src, e.getAttribute('alt')])"
    )
    bare = [src for src, alt in alts if not alt or re.search(r"\.(png|svg|jpe?g)$|[\\/]", alt)]
    assert bare == []


@pytest.mark.parametrize("chapter", chapters(ROOT))
def test_a_page_with_code_offers_its_notebook(visit, site, chapter):
    link = visit(chapter).page.locator("a[href$='.ipynb']").first
    address = link.evaluate("e => e.href")
    answer = visit(chapter).page.request.get(address)
    assert answer.ok and answer.json()["nbformat"] == 4


def test_the_front_door_leads_to_the_first_page(browser, site):
    tab = browser.new_page()
    tab.goto(f"{site}/index.html")
    tab.wait_for_url(f"{site}/book/index.html")
    tab.close()


def test_formulas_render_when_the_pages_are_opened_as_files(browser, html):
    tab = Visit(browser, html.as_uri(), "book/autoencoders/pca").page
    assert tab.locator("mjx-container").count() > 50
    tab.context.close()


def test_an_answer_is_folded_away_and_opens(visit):
    tab = visit("book/autoencoders/pca").page
    answer = tab.get_by_text("Every invertible mixture")
    assert not answer.is_visible()
    tab.get_by_text("Answer", exact=True).first.click()
    assert answer.is_visible()


def test_a_solution_is_folded_away_with_its_code(visit):
    tab = visit("book/autoencoders/pca").page
    code = tab.get_by_text("components_for").first
    assert not code.is_visible()
