"""What several tests share: a browser, servers to point it at, and a tiny book to spoil."""

from __future__ import annotations

import contextlib
import functools
import http.server
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TINY = ROOT / "tests" / "book" / "tiny"
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
TOKEN = "test"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Where skips are forbidden, a test skipped for want of a program is a failed test."""
    outcome = yield
    report = outcome.get_result()
    if not report.skipped or os.environ.get("MMLEARN_NO_SKIPS") != "1":
        return
    if "MMLEARN_DATA" not in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, but MMLEARN_NO_SKIPS=1: {report.longrepr}"


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine; install the package 'chromium'")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serve files and say nothing."""

    def log_message(self, *args):
        """Stay silent."""


@contextlib.contextmanager
def _serve(folder: Path):
    handler = functools.partial(QuietHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def serve():
    """Serve a folder on a free port of this machine: a context that gives the address."""
    return _serve


@contextlib.contextmanager
def _lab(folder: Path, scratch: Path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    clean = {name: str(scratch / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
    command = [Path(sys.executable).with_name("jupyter"), "lab", folder, "--no-browser"]
    command += ["--allow-root", f"--port={port}", f"--IdentityProvider.token={TOKEN}"]
    with (scratch / "log").open("w") as log:
        server = subprocess.Popen(
            command, env=os.environ | clean, stdout=log, stderr=log, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}/lab?token={TOKEN}"
    try:
        for _ in range(120):
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(address).close()
                break
            time.sleep(0.5)
        else:
            pytest.fail((scratch / "log").read_text())
        yield address
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


@pytest.fixture(scope="session")
def start_lab():
    """Run JupyterLab over a folder: a context that gives the address of its start page."""
    return _lab


class TinyBook:
    """A copy of the tiny book, with the real tools and the real configuration."""

    def __init__(self, root: Path, *, fresh: bool = True) -> None:
        self.root = root
        if not fresh:
            return
        shutil.copytree(TINY, root, dirs_exist_ok=True)
        for name in ("_config.yml", "requirements.txt", "pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, root)
        shutil.copytree(ROOT / "tools", root / "tools")
        shutil.copytree(ROOT / "book" / "static", root / "book" / "static")

    def run(self, tool: str, *options: str) -> subprocess.CompletedProcess[str]:
        command = self._command(tool, *options)
        return subprocess.run(**command, capture_output=True, text=True, check=False)

    def start(self, tool: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(**self._command(tool))

    def _command(self, tool: str, *options: str) -> dict:
        return {
            "args": [sys.executable, ROOT / "tools" / tool, "--root", self.root, *options],
            "env": os.environ | {"PYTHONPATH": str(self.root)},
        }

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.root / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    @property
    def page(self) -> str:
        return (self.root / "_build/html/book/chapter.html").read_text()


@pytest.fixture(scope="session")
def tiny_book():
    """Make a copy of the tiny book in a folder."""
    return TinyBook
