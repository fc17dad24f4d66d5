"""The rendered book."""

from __future__ import annotations

from pathlib import Path

import pytest
from chapters import ROOT

HTML = ROOT / "_build" / "html"


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
