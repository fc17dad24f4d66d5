"""What the tests of the data sets share: a cache of their own, and mirrors on this machine."""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mmlearn_helpers.data.real import registry


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Sets that are drawn are kept for the other tests of this run, but not for the user."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


class Handler(BaseHTTPRequestHandler):
    """Answers what the test has arranged for the address."""

    def do_GET(self):
        self.server.asked.append(self.path)
        self.server.answers[self.path](self)

    def log_message(self, *_):
        pass


class Mirror(ThreadingHTTPServer):
    """A mirror on this machine."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.asked = {}, []

    def offer(self, path, answer):
        """Arrange an answer, bytes or a function, and give its address."""
        self.answers[path] = whole(answer) if isinstance(answer, bytes) else answer
        return f"http://127.0.0.1:{self.server_port}{path}"


def whole(content):
    """Send everything, with its length."""

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


@pytest.fixture
def mirror(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    with Mirror() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def data_home(tmp_path, monkeypatch):
    """An empty folder for the real data."""
    folder = tmp_path / "data"
    monkeypatch.setenv("MMLEARN_DATA", str(folder))
    return folder


@pytest.fixture
def register(monkeypatch, data_home):
    """Put a file into the registry for the time of a test, which has a data folder of its own."""

    def put(path, content, *mirrors, **how):
        sha256 = hashlib.sha256(content).hexdigest()
        monkeypatch.setitem(registry.FILES, path, registry.File(sha256, mirrors, **how))
        return path

    return put
