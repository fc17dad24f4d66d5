"""Open a figure in a browser, from a file and without a kernel."""

from __future__ import annotations

import pytest


def _document(figure):
    page = figure._repr_mimebundle_()[0]["text/html"]
    return f"<!doctype html><html lang='en'><title>A test</title><main>{page}</main></html>"


@pytest.fixture(scope="session")
def document():
    """Give the page with a figure."""
    return _document


@pytest.fixture
def show(browser, tmp_path):
    """Open a page with a figure; `asked` and `said` have its requests and console messages."""
    contexts = []

    def open_page(figure, selector=".mml-live", change=("", ""), **options):
        (tmp_path / "page.html").write_text(_document(figure).replace(*change))
        options = {"viewport": {"width": 800, "height": 700}} | options
        contexts.append(browser.new_context(**options))
        tab = contexts[-1].new_page()
        tab.asked, tab.said = [], []
        tab.on("request", lambda request: tab.asked.append(request.url))
        tab.on("console", lambda message: tab.said.append(message.text))
        tab.on("pageerror", lambda error: tab.said.append(str(error)))
        tab.goto((tmp_path / "page.html").as_uri())
        tab.locator(selector).wait_for()
        return tab

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def show_state(show):
    """Open a page as `show` does, with the state of the figure in the window."""
    change = ("const listeners = [];", "const listeners = []; window.state = values;")
    return lambda figure, **options: show(figure, change=change, **options)
