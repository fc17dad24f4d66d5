"""The grader is killed, interrupted, or has no sandbox."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from keeper import SOLUTION, notebook, survivors

from mmlearn_helpers.homework.sandbox import PACKAGE

GRADE = """
import sys
from keeper import HOMEWORK
from mmlearn_helpers.__main__ import main
from mmlearn_helpers.homework import classes, command, student

classes.load_homework = command.load_homework = lambda name: HOMEWORK
student.WORKER = [*student.WORKER, sys.argv[1]]
main(["homework", "grade", *sys.argv[2:]])
"""


def start(mark, folder, *options, path=os.environ["PATH"]):
    words = [folder, "--homework", "hw1", "--to", folder.with_name("graded"), *options]
    places = os.pathsep.join([str(PACKAGE.parent), str(Path(__file__).parent)])
    return subprocess.Popen(
        [sys.executable, "-c", GRADE, mark, *words],
        env=os.environ | {"PYTHONPATH": places, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def folder(tmp_path):
    """A class of six, each of which takes a second."""
    folder = tmp_path / "class"
    folder.mkdir()
    for number in range(6):
        text = notebook(*SOLUTION, "import time; time.sleep(1)")
        (folder / f"student{number}.ipynb").write_text(text)
    return folder


def results(folder):
    found = folder.with_name("graded").glob("results/*.json")
    return {path.name: path.stat().st_mtime_ns for path in found}


def wait_for(count, folder):
    end = time.monotonic() + 60
    while len(results(folder)) < count:
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT])
def test_a_grader_that_is_stopped_leaves_no_process_and_carries_on(folder, cage, blow):
    first = start(cage, folder)
    wait_for(1, folder)
    first.send_signal(blow)
    first.communicate(timeout=60)
    assert first.returncode
    end = time.monotonic() + 5
    while survivors(cage) and time.monotonic() < end:
        time.sleep(0.1)
    assert survivors(cage) == []
    done = results(folder)
    assert 1 <= len(done) < 6
    second = start(cage, folder)
    out, _ = second.communicate(timeout=100)
    assert second.returncode == 0
    assert f"{len(done)} of 6 were graded before." in out
    assert out.count(": q1 4/4, q2 5/5") == 6 - len(done)
    after = results(folder)
    assert len(after) == 6
    assert {name: after[name] for name in done} == done
    check_anew(folder, cage, after)


def check_anew(folder, cage, done):
    """What was handed in anew is graded anew, and nothing else; what is gone goes."""
    (folder / "student2.ipynb").write_text(notebook("import torch"))
    (folder / "student3.ipynb").unlink()
    out, _ = start(cage, folder).communicate(timeout=100)
    assert "4 of 5 were graded before." in out
    assert "student2: q1 0/4, q2 0/5, q3 by hand" in out
    after = results(folder)
    changed = {name for name in done if after.get(name) != done[name]}
    assert changed == {"student2.json", "student3.json"}


def test_without_bubblewrap_grading_refuses_and_names_what_to_install(folder, cage, tmp_path):
    grader = start(cage, folder, path=str(tmp_path))
    _, err = grader.communicate(timeout=60)
    assert grader.returncode == 1
    assert "sudo apt install bubblewrap" in err
    assert "--no-sandbox" in err
    assert "Traceback" not in err
    assert results(folder) == {}


def test_without_a_sandbox_if_told_so_and_with_a_warning(folder, cage, tmp_path):
    for number in range(1, 6):
        (folder / f"student{number}.ipynb").unlink()
    grader = start(cage, folder, "--no-sandbox", path=str(tmp_path))
    out, err = grader.communicate(timeout=100)
    assert grader.returncode == 0
    assert "Warning: without a sandbox" in err
    assert "student0: q1 4/4, q2 5/5" in out


def test_a_sandbox_that_does_not_start_is_refused_with_its_words(folder, cage, tmp_path):
    words = "Creating new namespace failed: Operation not permitted"
    fake = tmp_path / "bwrap"
    fake.write_text(f"#!/bin/sh\necho 'bwrap: {words}' >&2\nexit 1\n")
    fake.chmod(0o755)
    grader = start(cage, folder, path=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    _, err = grader.communicate(timeout=60)
    assert grader.returncode == 1
    assert f"bwrap: {words}" in err
    assert "Traceback" not in err
    assert results(folder) == {}
