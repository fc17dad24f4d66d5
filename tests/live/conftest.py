"""Open a figure in a browser: from a file and without a kernel, or in JupyterLab."""

from __future__ import annotations

import contextlib

import nbformat
import pytest
import torch
from nbformat.v4 import new_code_cell, new_notebook

from mmlearn_helpers.autoencoders.search import TextAutoencoder
from mmlearn_helpers.live import TextSearch


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


@pytest.fixture(scope="module")
def open_notebook(browser, start_lab, tmp_path_factory):
    """Open a notebook with these cells in a JupyterLab, and run the first, which ends in a figure.

    A context that gives the page; its `cell` finds a cell by its number.
    """

    @contextlib.contextmanager
    def opened(sources):
        folder = tmp_path_factory.mktemp("lab")
        (folder / "work").mkdir()
        cells = [new_code_cell(source) for source in sources]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(notebook, folder / "work" / "figure.ipynb")
        with start_lab(folder / "work", folder) as address:
            tab = browser.new_page(viewport={"width": 1280, "height": 1000})
            tab.goto(address.replace("/lab?", "/lab/tree/figure.ipynb?"))
            tab.cell = tab.locator(".jp-Notebook .jp-CodeCell").nth
            tab.cell(len(sources) - 1).wait_for(timeout=60_000)
            idle = tab.get_by_text("| Idle")  # before, a cell that is run does nothing
            idle.wait_for(timeout=60_000)
            tab.cell(0).locator(".cm-content").click()
            tab.keyboard.press("Control+Enter")
            tab.locator(".mml-live").wait_for(timeout=60_000)
            yield tab
            tab.close()

    return opened


@pytest.fixture
def search():
    """Make a search among few texts; `model`, `raw_weights`, `counts` are what it is made of."""

    def make(seed=0, query="random normal", n=12):
        torch.manual_seed(seed)
        words = ["random", "normal", "plot", "axis", "matrix", "inverse"]
        counts = torch.randint(4, (n, 6)).float()
        counts[:, seed % 6] += 1
        model, weights = TextAutoencoder([6, 8, 3]), torch.rand(6) + 0.5
        names = [f"text.{i}" for i in range(n)]
        figure = TextSearch(model, words, counts, names, weights, query=query)
        figure.model, figure.raw_weights, figure.counts = model, weights, counts
        return figure

    return make
