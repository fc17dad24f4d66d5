"""In JupyterLab a chapter opens as a notebook with one double click."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from chapters import ROOT

TOKEN = "test"


@pytest.fixture
def lab(tmp_path):
    """A running JupyterLab over a copy of the chapters; the address of its start page."""
    shutil.copytree(ROOT / "book", tmp_path / "book")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    clean = {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
    command = [Path(sys.executable).with_name("jupyter"), "lab", tmp_path / "book", "--no-browser"]
    command += ["--allow-root", f"--port={port}", f"--IdentityProvider.token={TOKEN}"]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            command, env=os.environ | clean, stdout=log, stderr=log, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}/lab?token={TOKEN}"
    for _ in range(120):
        try:
            urllib.request.urlopen(address).close()
            break
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.5)
    else:
        pytest.fail((tmp_path / "log").read_text())
    yield address
    os.killpg(server.pid, signal.SIGKILL)
    server.wait()


def test_a_double_click_opens_a_chapter_as_a_notebook(browser, lab):
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.goto(lab)
    tab.locator(".jp-DirListing-item", has_text="autoencoders").dblclick(timeout=60_000)
    tab.locator(".jp-DirListing-item", has_text="pca.md").dblclick()
    tab.locator(".jp-NotebookPanel .jp-CodeCell").first.wait_for(timeout=60_000)
    tab.locator(".jp-NotebookPanel h1", has_text="PCA").first.wait_for()
    tab.close()
