"""A student's process is watched, ended and never waited for in vain."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from mmlearn_helpers.homework import sandbox, student, worker
from mmlearn_helpers.homework.grading import grade_cells
from mmlearn_helpers.homework.judging import AnswerError
from mmlearn_helpers.homework.questions import draw_all
from mmlearn_helpers.homework.student import LostError, Student

DOUBLE = "def double(x): return 2 * x"
needs_bwrap = pytest.mark.skipif(
    shutil.which("bwrap") is None,
    reason="no sandbox on this machine; install the package 'bubblewrap'",
)
both = pytest.mark.parametrize(
    "guarded", [pytest.param(True, marks=needs_bwrap), False], ids=["sandbox", "unguarded"]
)


@both
def test_it_answers_calls_and_ends(guarded):
    with Student([DOUBLE, "1 / 0"], guarded) as asked:
        assert "double" in asked.names
        assert asked.faults == ["Code cell 2 raised ZeroDivisionError: division by zero"]
        answer = asked.call("double", (np.ones((2, 3), np.float32),))
        np.testing.assert_array_equal(answer, np.full((2, 3), 2.0))
        assert asked.call("double", (1.5,)) == 3
        with pytest.raises(AnswerError, match="raised TypeError"):
            asked.call("double", (1, 2))
        folder, process = asked._folder.name, psutil.Process(asked._process.pid)
        family = [process, *process.children(recursive=True)]
    assert not Path(folder).exists()
    assert psutil.wait_procs(family, timeout=5)[1] == []
    asked.close()


@both
def test_a_process_killed_from_outside_is_lost(guarded):
    with Student([DOUBLE], guarded) as asked:
        asked._process.send_signal(signal.SIGKILL)
        time.sleep(0.5)
        with pytest.raises(LostError, match="process ended"):
            asked.call("double", (1,))


def test_a_process_that_is_gone_while_it_is_watched_is_lost(monkeypatch):
    class Gone:
        def memory_info(self):
            raise psutil.NoSuchProcess(1)

    class Denied(Gone):
        def memory_info(self):
            raise psutil.AccessDenied(1)

    with Student([DOUBLE], sandbox=False) as asked:
        monkeypatch.setattr(psutil.Process, "children", lambda *a, **k: [Gone(), Denied()])
        asked._watched = 0
        assert asked.call("double", (1,)) == 2

        def gone(*arguments, **named):
            raise psutil.NoSuchProcess(1)

        monkeypatch.setattr(psutil.Process, "children", gone)
        asked._watched = 0
        asked._process.kill()
        with pytest.raises(LostError):
            asked.call("double", (1,))


def test_a_program_that_ends_at_once_is_lost(monkeypatch):
    monkeypatch.setattr(student, "WORKER", ["/bin/false"])
    with pytest.raises(LostError, match="process ended"):
        Student([DOUBLE] * 10_000, sandbox=False)


def test_a_program_that_never_reads_is_lost_in_time(monkeypatch):
    monkeypatch.setattr(student, "WORKER", ["/bin/sleep", "1000"])
    monkeypatch.setattr(student, "LOAD_SECONDS", 1)
    start = time.monotonic()
    with pytest.raises(LostError, match="took longer than 1 s"):
        Student(["x" * (1 << 20)], sandbox=False)
    assert time.monotonic() - start < 5


def test_marks_earned_before_a_restart_that_fails_are_kept(monkeypatch):
    from keeper import FULL, HOMEWORK, SOLUTION, function

    starts = []

    def once(*arguments):
        if starts:
            raise LostError("The code took longer than 40 s.")
        starts.append(Student(*arguments))
        return starts[0]

    monkeypatch.setattr("mmlearn_helpers.homework.grading.Student", once)
    questions = HOMEWORK.questions | {"q9": HOMEWORK.questions["q1"]}
    homework = HOMEWORK._replace(questions=questions)
    exits = function("log_sum_exp", "import os; os._exit(0)")
    marks, _ = grade_cells([*SOLUTION, exits], homework, draw_all(homework, 1), False)
    assert [mark.question for mark in marks] == ["q1", "q2", "q9"]
    assert [mark.points for mark in marks] == [FULL["q1"], None, None]


@needs_bwrap
def test_the_sandbox_shows_and_lends_nothing(monkeypatch):
    look = """
import os, socket, resource
def look(x):
    return [
        os.getuid(),
        len(open("/proc/1/environ", "rb").read()),
        sum("TOKEN" in word for word in os.environ),
        int(open("/proc/self/oom_score_adj").read()),
        len([n for n in os.listdir("/proc") if n.isdecimal()]),
        len(socket.if_nameindex()),
        resource.getrlimit(resource.RLIMIT_DATA)[1],
        resource.getrlimit(resource.RLIMIT_NPROC)[1],
    ]
"""
    monkeypatch.setenv("ZOO_TOKEN", "secret")
    with Student([look]) as asked:
        seen = asked.call("look", (1,)).tolist()
    assert seen == [65534, 0, 0, 1000, 2, 1, worker.MEMORY, worker.PROCESSES]


@needs_bwrap
def test_a_checkout_may_lie_in_tmp(monkeypatch):
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        check_checkout(Path(name), monkeypatch)


def check_checkout(tmp_path, monkeypatch):
    package = tmp_path / "mmlearn_helpers"
    shutil.copytree(sandbox.PACKAGE, package)
    monkeypatch.setattr(sandbox, "PACKAGE", package)
    monkeypatch.setattr(sandbox, "ANSWERS", package / "homework" / "answers")
    monkeypatch.setitem(sandbox.ENVIRONMENT, "PYTHONPATH", str(tmp_path))
    sandbox.check_sandbox()
    listing = sandbox.sandboxed(["/bin/ls", str(package / "homework" / "answers")])
    assert subprocess.run(listing, capture_output=True, check=True).stdout == b""


@needs_bwrap
def test_a_sandbox_in_which_no_python_starts_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(sandbox, "PACKAGE", tmp_path)
    with pytest.raises(RuntimeError, match="no Python starts in its sandbox"):
        monkeypatch.setitem(sandbox.ENVIRONMENT, "PYTHONPATH", "/nowhere")
        sandbox.check_sandbox()
