"""Submissions that end, block or multiply their process; it is lost, and nobody else's is."""

from __future__ import annotations

import os

import pytest
from keeper import FULL, SOLUTION, function, grade, outcome, words

from mmlearn_helpers.homework import student

DEAF = """
import signal
signal.alarm(1)
while True:
    try:
        for _ in iter(int, 1): pass
    except TimeoutError: pass
"""
LOST = {
    "loop": ("while True: pass", "took longer than 4 s"),
    "sleep": ("import time; time.sleep(1000)", "took longer than 4 s"),
    "deaf loop": (
        "while True:\n    try:\n        for _ in iter(int, 1): pass\n"
        "    except BaseException: pass",
        "took longer than 4 s",
    ),
    "exit": ("import os; os._exit(0)", "process ended"),
    "segmentation fault": ("import ctypes; ctypes.string_at(0)", "process ended"),
    "kill itself": ("import os; os.kill(os.getpid(), 9)", "process ended"),
    "close all": ("import os; os.closerange(0, 128)", "process ended"),
    "interrupt": ("raise KeyboardInterrupt", "process ended"),
    "memory of children": (
        "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n"
        "        full = b'1' * (400 << 20)\n        time.sleep(1000)\ntime.sleep(1000)",
        "MiB",
    ),
    "shared memory": (
        "import mmap, time\nfull, part = mmap.mmap(-1, 8 << 30), bytes(64 << 20)\n"
        "for _ in range(128): full.write(part)\ntime.sleep(1000)",
        "MiB",
    ),
}

TOO_MANY = {
    "fork bomb": "import os\nwhile True: os.fork()",
    "patient fork bomb": "import os, time\nwhile True:\n    os.fork()\n    time.sleep(0.05)",
    "daemons": "import os, time\nfor _ in range(100):\n    if os.fork() == 0:\n"
    "        os.setsid()\n        if os.fork():\n            os._exit(0)\n"
    "        time.sleep(1000)\ntime.sleep(1000)",
}


@pytest.fixture
def little_memory(monkeypatch):
    monkeypatch.setattr(student, "MEMORY", 1 << 29)


@pytest.mark.parametrize(("body", "said"), LOST.values(), ids=LOST)
@pytest.mark.usefixtures("little_memory")
def test_a_function_that_loses_its_process_is_failed_and_the_next_is_graded(tmp_path, body, said):
    graded = grade(tmp_path, *SOLUTION, function("centre", body))
    assert outcome(graded) == FULL | {"q1": "failed"}
    assert said in words(graded, "q1")


@pytest.mark.parametrize("body", TOO_MANY.values(), ids=TOO_MANY)
def test_processes_in_masses_are_ended(tmp_path, body):
    graded = grade(tmp_path, *SOLUTION, function("centre", body))
    told = words(graded, "q1")
    if os.getuid():  # the limit on processes holds for everybody but root
        assert outcome(graded) == FULL | {"q1": 0}
        assert "temporarily unavailable" in told
    else:
        assert outcome(graded) == FULL | {"q1": "failed"}
        assert "processes" in told


def test_a_fork_bomb_in_a_cell_is_ended(tmp_path):
    graded = grade(tmp_path, *SOLUTION, "import os\nwhile True: os.fork()")
    assert outcome(graded) == (FULL if os.getuid() else {"q1": "failed", "q2": "failed"})


def test_a_forked_process_does_not_answer_in_its_parents_place(tmp_path):
    body = "import os, time\ntime.sleep(0.3 if os.fork() else 0.4)\nreturn x - x.mean(dim=0)"
    assert outcome(grade(tmp_path, *SOLUTION, function("centre", body))) == FULL


@pytest.mark.parametrize(
    "cell",
    [
        "import os; os._exit(0)",
        "import ctypes; ctypes.string_at(0)",
        DEAF,
    ],
)
def test_a_cell_that_loses_the_process_fails_all(tmp_path, monkeypatch, cell):
    monkeypatch.setattr(student, "LOAD_SECONDS", 8)
    graded = grade(tmp_path, *SOLUTION, cell)
    assert outcome(graded) == {"q1": "failed", "q2": "failed"}
    assert [mark.points for mark in graded.marks] == [None, None, None]


def test_a_cell_that_loops_is_interrupted_and_the_rest_counts(tmp_path):
    graded = grade(tmp_path, "import time; time.sleep(1000)", *SOLUTION)
    assert outcome(graded) == FULL
    assert "took too long" in graded.faults[0]
