"""Submissions that use up what they can, or look for what is outside."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from pathlib import Path

import pytest
from keeper import FULL, SOLUTION, function, grade, outcome, submission, words

from mmlearn_helpers.homework import sandbox

HARMLESS = {
    "40 MB on the screen": "import sys\nfor _ in range(40): print('x' * 1000000)\n"
    "sys.stderr.write('y' * 1000000)",
    "output of the process": "import os\nfor fd in (1, 2): os.write(fd, b'x' * 1000000)\n"
    "os.system('yes | head -c 10000000')",
    "closed streams": "import sys\nsys.stdout.close(); sys.stdin.close()",
    "a sleeping daemon": "import subprocess\n"
    "subprocess.Popen(['/bin/sleep', '98765'], start_new_session=True)",
    "a few threads": "import threading, time\n"
    "threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()",
}
EARNS_NOTHING = {
    "6 GB": ("return torch.ones(6 << 28) * x.sum()", "raised RuntimeError"),
    "exits": ("raise SystemExit(0)", "raised SystemExit"),
    "threads in masses": (
        "import threading, time\nfor _ in range(5000):\n"
        "    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()",
        "raised RuntimeError",
    ),
    "fills /tmp": (
        "for n in range(50): open(f'/tmp/{n}', 'wb').write(bytes(8 << 20))",
        "No space left",
    ),
    "one large file": ("open('/tmp/large', 'wb').write(bytes(32 << 20))", "File too large"),
    "fills /dev/shm": ("open('/dev/shm/x', 'wb').write(bytes(1 << 20))", "No space left"),
    "opens files": ("files = [open('/dev/null') for _ in range(1000)]", "Too many open files"),
    "recursion": ("return centre(x)", "raised RecursionError"),
    "lifts limits": (
        "import resource\nresource.setrlimit(resource.RLIMIT_DATA, (1 << 40, 1 << 40))",
        "raised ValueError",
    ),
    "own namespaces": (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nif libc.unshare(0x10000000):\n"
        "    raise OSError(ctypes.get_errno())",
        "raised OSError",
    ),
    "kill all": ("import os; os.kill(-1, 9)", "The function"),
    "long complaint": ("raise ValueError('<script>' * 1000000)", "raised ValueError"),
}
SPY = """
import os, socket
found = []
for path in SECRETS:
    try:
        with open(path, "rb") as file:
            if file.read(1):
                found.append(path)
    except OSError:
        pass
    try:
        found += os.listdir(path)
    except OSError:
        pass
for folder in FOLDERS:
    try:
        open(folder + "/written-by-eve", "w").close()
        found.append(folder)
    except OSError:
        pass
for kind, address in ADDRESSES:
    family = socket.AF_INET if isinstance(address, list) else socket.AF_UNIX
    address = tuple(address) if isinstance(address, list) else address
    with socket.socket(family, getattr(socket, kind)) as plug:
        plug.settimeout(1)
        try:
            plug.connect(address)
            plug.send(b"x")
            if kind != "SOCK_DGRAM":
                found.append(address)
        except OSError:
            pass
if found:
    raise ValueError(found)
return x - x.mean(dim=0)
"""


@pytest.mark.parametrize("body", HARMLESS.values(), ids=HARMLESS)
def test_noise_costs_nothing(tmp_path, body):
    body += "\nreturn x - x.mean(dim=0)"
    assert outcome(grade(tmp_path, *SOLUTION, function("centre", body))) == FULL


@pytest.mark.parametrize(("body", "said"), EARNS_NOTHING.values(), ids=EARNS_NOTHING)
def test_too_much_is_refused_and_earns_nothing(tmp_path, body, said):
    graded = grade(tmp_path, *SOLUTION, function("centre", body))
    assert outcome(graded) == FULL | {"q1": 0}
    assert said in words(graded, "q1")
    assert len(words(graded, "q1")) < 2000


@contextlib.contextmanager
def listening(heard):
    """Listen with TCP, UDP and an abstract socket; whatever arrives is put into a list."""
    inet = [("SOCK_STREAM", ("127.0.0.1", 0)), ("SOCK_DGRAM", ("127.0.0.1", 0))]
    with contextlib.ExitStack() as stack:
        addresses = []
        for kind, address in [*inet, ("SOCK_STREAM", f"\0zoo{os.getpid()}")]:
            family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
            ear = stack.enter_context(socket.socket(family, getattr(socket, kind)))
            ear.bind(address)
            name = ear.getsockname()
            addresses.append((kind, name.decode() if isinstance(name, bytes) else list(name)))
            if kind == "SOCK_STREAM":
                ear.listen()
            wait = ear.accept if kind == "SOCK_STREAM" else lambda ear=ear: ear.recv(1)
            threading.Thread(target=lambda wait=wait: heard.append(wait()), daemon=True).start()
        yield addresses


def test_a_spy_finds_and_reaches_nothing(tmp_path):
    root = Path(sandbox.PACKAGE).parent
    neighbour = submission(tmp_path, *SOLUTION, name="ada").paths[0]
    (tmp_path / "seed.txt").write_text("7")
    secrets = [tmp_path, neighbour, tmp_path / "seed.txt", "/etc/passwd", "/etc/hostname"]
    secrets += [sandbox.ANSWERS / "hw1.py", sandbox.ANSWERS, root / "book/homework/hw1.md"]
    secrets += [f"/proc/{os.getpid()}/environ", "/proc/1/environ", Path.home() / ".ssh", "/home"]
    secrets += ["/sys", root / "tests", root / "pyproject.toml", root / ".git"]
    folders = ["/", "/usr", "/etc", "/dev", "/proc", tmp_path, sandbox.PACKAGE, root / "tests"]
    heard = []
    with listening(heard) as addresses:
        known = f"SECRETS = {json.dumps(list(map(str, secrets)))}\n"
        known += f"FOLDERS = {json.dumps(list(map(str, folders)))}\nADDRESSES = {addresses!r}"
        graded = grade(tmp_path, *SOLUTION, known, function("centre", SPY))
    assert words(graded, "q1").strip() == ""
    assert outcome(graded) == FULL
    assert heard == []
    assert not list(tmp_path.rglob("written-by-eve"))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "ada.ipynb",
        "eve.ipynb",
        "seed.txt",
    ]
