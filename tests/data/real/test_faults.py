"""Whatever happens to a download, nothing half-written is taken for data.

The last line that this file prints is counted from what has happened.
"""

from __future__ import annotations

import functools
import hashlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest

from mmlearn_helpers.data import load
from mmlearn_helpers.data.real import downloads, fetch

PATH = "made-up/numbers.bin"
CONTENT = np.random.default_rng(0).bytes(2**19)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PAGE = b"\n<!DOCTYPE html><html><body>Please log in.</body></html>"
ELSEWHERE = f"""
import sys
from mmlearn_helpers.data.real import fetch, registry
registry.FILES[{PATH!r}] = registry.File({SHA256!r}, tuple(sys.argv[1:]))
print(fetch.fetch({PATH!r}))
"""
COUNT = {"tried": 0, "survived": 0, "lost": 0}


@pytest.fixture(scope="module", autouse=True)
def count(request):
    yield
    capture = request.config.pluginmanager.getplugin("capturemanager")
    line = "faults tried {tried}, survived {survived}, data lost {lost}".format(**COUNT)
    with capture.global_and_fixture_disabled():
        print(f"\n{line}", file=sys.stderr, flush=True)


def fault(test):
    """Count a fault that is tried, and whether it is survived."""

    @functools.wraps(test)
    def counted(*args, **kwargs):
        COUNT["tried"] += 1
        test(*args, **kwargs)
        COUNT["survived"] += 1

    return counted


@pytest.fixture
def target(data_home):
    """Where the file belongs. Afterwards there is the whole file, or none.

    A wrong file that the test itself has put there, and noted as planted, may still be there.
    """
    path = data_home / PATH
    yield path
    taken = path.read_bytes() if path.is_file() else None
    planted = path.with_suffix(".planted")
    if taken not in (None, CONTENT, planted.read_bytes() if planted.exists() else None):
        COUNT["lost"] += 1
        pytest.fail(f"{len(taken)} bytes are taken for data")


@pytest.fixture
def get(register, target):
    """Fetch the file from the given mirrors."""

    def from_mirrors(*mirrors):
        return fetch.fetch(register(PATH, CONTENT, *mirrors))

    return from_mirrors


@pytest.fixture
def refused(get, target):
    """Fetch from mirrors that do not have it, and check the message."""

    def from_mirrors(*mirrors):
        with pytest.raises(FileNotFoundError) as refusal:
            get(*mirrors)
        return helpful(str(refusal.value), target, mirrors)

    return from_mirrors


def helpful(message, target, mirrors):
    for part in (*mirrors, f"put it at {target}", f"SHA-256 of its content is {SHA256}"):
        assert part in message
    return message


def parts(target):
    return sorted(target.parent.glob("*.part"))


def in_another_process(*mirrors, before=(), **options):
    command = [*before, sys.executable, "-c", ELSEWHERE, *mirrors]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def halfway(handler):
    """Promise everything, send half and drop the connection."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(CONTENT)))
    handler.end_headers()
    handler.wfile.write(CONTENT[: len(CONTENT) // 2])


def truncated(handler):
    """Send half and promise nothing, so that only the hash can tell."""
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(CONTENT[: len(CONTENT) // 2])


def reset(handler):
    """Send half and tear the connection down without a farewell."""
    halfway(handler)
    handler.wfile.flush()
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.close()


def hung_up(handler):
    """Say nothing at all."""


def missing(handler):
    handler.send_error(404)


def broken(handler):
    handler.send_error(503)


BAD_MIRRORS = {
    "drops halfway": (halfway, "broke the connection off"),
    "is torn down halfway": (reset, "broke the connection off"),
    "hangs up": (hung_up, "broke the connection off"),
    "sends half": (truncated, f"sent {len(CONTENT) // 2:,} bytes"),
    "sends nothing": (b"", "sent 0 bytes"),
    "sends another file": (CONTENT[::-1], f"sent {len(CONTENT):,} bytes"),
    "has no such file": (missing, "answered 404 Not Found"),
    "is out of order": (broken, "answered 503 Service Unavailable"),
    "sends a web page": (PAGE, "sent a web page instead of the file"),
}


@pytest.mark.parametrize("trouble", BAD_MIRRORS)
@fault
def test_after_a_bad_mirror_the_next_is_tried(mirror, get, target, trouble):
    answer, _ = BAD_MIRRORS[trouble]
    assert get(mirror.offer("/bad", answer), mirror.offer("/good", CONTENT)) == target
    assert mirror.asked == ["/bad", "/good"]
    assert target.read_bytes() == CONTENT
    assert not parts(target)


@pytest.mark.parametrize("trouble", BAD_MIRRORS)
@fault
def test_the_message_says_what_every_mirror_answered(mirror, refused, target, trouble):
    answer, said = BAD_MIRRORS[trouble]
    bad, worse = mirror.offer("/bad", answer), mirror.offer("/worse", missing)
    message = refused(bad, worse)
    assert f"{bad} {said}" in message and f"{worse} answered 404" in message
    assert not target.exists() and not parts(target)


@fault
def test_a_mirror_that_falls_silent_is_left(mirror, get, target, monkeypatch):
    monkeypatch.setattr(downloads, "SECONDS", (1.0, 0.3))
    awake = threading.Event()

    def silent(handler):
        halfway(handler)
        handler.wfile.flush()
        awake.wait(20)

    start = time.monotonic()
    try:
        get(mirror.offer("/silent", silent), mirror.offer("/good", CONTENT))
    finally:
        awake.set()
    assert time.monotonic() - start < 10
    assert target.read_bytes() == CONTENT


@fault
def test_where_nobody_listens_the_message_says_so(refused):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert "Connection refused" in refused(f"http://127.0.0.1:{port}/numbers.bin")


@fault
def test_a_name_that_cannot_be_resolved_is_told(refused):
    message = refused("http://mirror.invalid/numbers.bin")
    assert "could not be reached" in message and "mirror.invalid" in message


@fault
def test_a_file_on_a_full_disk_is_not_kept(mirror, target):
    url = mirror.offer("/good", CONTENT)
    target.parent.mkdir(parents=True)
    # A file system of 64 KiB if this machine lets us make one, else a limit on the file's size.
    mount = f'mount -t tmpfs -o size=64k tmpfs {target.parent} && exec "$@"'
    private = ("unshare", "--mount", "--map-root-user", "sh", "-c", mount, "sh")
    possible = shutil.which("unshare") and subprocess.run([*private, "true"], check=False)
    if possible and possible.returncode == 0:
        answer, said = in_another_process(url, url, before=private), "No space left on device"
    else:
        answer = in_another_process(url, url, preexec_fn=limit_files)
        said = "File too large"
    out, err = answer.communicate(timeout=60)
    assert answer.returncode == 1 and out == ""
    message = helpful(err, target, [url])
    assert f"nothing can be written to the folder {target.parent}" in message and said in message
    assert mirror.asked == ["/good"], "another mirror does not mend a full disk"
    assert not target.exists() and not parts(target)


def limit_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, 2**16))


@fault
def test_a_folder_that_cannot_be_written_is_named(mirror, target):
    url = mirror.offer("/good", CONTENT)
    target.parent.mkdir(parents=True)
    target.parent.chmod(0o500)
    before = ()
    if os.geteuid() == 0:  # for whom permissions do not count, unless he gives that up
        if not shutil.which("setpriv"):
            pytest.skip("setpriv is missing, without which root can write everywhere")
        before = ("setpriv", "--inh-caps=-all", "--bounding-set=-all")
    process = in_another_process(url, before=before)
    out, err = process.communicate(timeout=60)
    target.parent.chmod(0o700)
    assert process.returncode == 1 and out == ""
    assert "Permission denied" in helpful(err, target, [url])
    assert not list(target.parent.iterdir())


@fault
def test_a_read_only_folder_that_holds_the_file_is_enough(target, get):
    target.parent.mkdir(parents=True)
    target.write_bytes(CONTENT)
    target.parent.chmod(0o500)
    try:
        assert get("http://mirror.invalid/") == target
    finally:
        target.parent.chmod(0o700)


@fault
def test_a_file_in_place_of_the_folder_is_told(mirror, refused, data_home):
    data_home.write_text("not a folder")
    assert str(data_home) in refused(mirror.offer("/good", CONTENT))
    assert data_home.read_text() == "not a folder"


@fault
def test_two_processes_that_fetch_at_once_both_succeed(mirror, target):
    both = threading.Barrier(2, timeout=60)

    def together(handler):
        halfway(handler)
        handler.wfile.flush()
        both.wait()
        handler.wfile.write(CONTENT[len(CONTENT) // 2 :])

    url = mirror.offer("/good", together)
    processes = [in_another_process(url) for _ in range(2)]
    answers = [process.communicate(timeout=60) for process in processes]
    assert [out.strip() for out, _ in answers] == [str(target)] * 2, answers
    assert mirror.asked == ["/good"] * 2
    assert target.read_bytes() == CONTENT
    assert not parts(target)


def stopped_halfway(mirror, target, stop):
    """Stop another process while it downloads; give how it ended."""
    stopped = threading.Event()

    def waits(handler):
        halfway(handler)
        handler.wfile.flush()
        stopped.wait(60)

    process = in_another_process(mirror.offer("/slow", waits))
    deadline = time.monotonic() + 60
    while not any(part.stat().st_size for part in parts(target)):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    process.send_signal(stop)
    process.communicate(timeout=60)
    stopped.set()
    return process.returncode


@fault
def test_after_a_kill_the_next_start_fetches_the_file(mirror, get, target):
    assert stopped_halfway(mirror, target, signal.SIGKILL) == -signal.SIGKILL
    (left_over,) = parts(target)
    assert not target.exists()
    url = mirror.offer("/good", CONTENT)
    get(url)
    assert target.read_bytes() == CONTENT
    assert parts(target) == [left_over], "it might be another process that is still at work"
    long_ago = time.time() - 2 * downloads.SECONDS_OF_SILENCE
    os.utime(left_over, (long_ago, long_ago))
    target.unlink()
    get(url)
    assert target.read_bytes() == CONTENT
    assert not parts(target)


@fault
def test_an_interrupt_leaves_nothing_behind(mirror, target):
    assert stopped_halfway(mirror, target, signal.SIGINT) != 0
    assert not list(target.parent.iterdir())


@pytest.mark.parametrize("content", [b"", CONTENT[:1000], CONTENT[::-1], PAGE])
@fault
def test_a_file_that_is_wrong_is_replaced(mirror, get, target, content):
    target.parent.mkdir(parents=True)
    target.write_bytes(content)
    with pytest.warns(UserWarning, match=r"not that of the published file; the right one has been"):
        get(mirror.offer("/good", CONTENT))
    assert target.read_bytes() == CONTENT
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        get(mirror.offer("/good", CONTENT))
    assert mirror.asked == ["/good"]


@fault
def test_a_file_that_is_wrong_and_cannot_be_replaced_is_not_used(mirror, refused, target):
    target.parent.mkdir(parents=True)
    target.write_bytes(CONTENT[:1000])
    target.with_suffix(".planted").write_bytes(CONTENT[:1000])
    message = refused(mirror.offer("/gone", missing))
    assert f"{target} is there, but its content is not that of the published file" in message
    assert target.read_bytes() == CONTENT[:1000], "the reader's file was changed"


@fault
def test_a_damaged_packed_file_is_not_used(mirror, get, target):
    target.parent.mkdir(parents=True)
    target.with_name(f"{target.name}.gz").write_bytes(b"\x1f\x8b damaged")
    with pytest.warns(UserWarning, match=r"numbers.bin.gz is there, but"):
        assert get(mirror.offer("/good", CONTENT)) == target
    assert target.read_bytes() == CONTENT


@fault
def test_a_data_set_without_network_says_where_its_file_belongs(register, data_home):
    path = "freyfaces/frey_rawface.mat"
    register(path, CONTENT, "http://mirror.invalid/frey_rawface.mat")
    with pytest.raises(FileNotFoundError) as refusal:
        load("frey-faces")
    helpful(str(refusal.value), data_home / path, ["http://mirror.invalid/frey_rawface.mat"])
