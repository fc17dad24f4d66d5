"""Every submission of the zoo is graded in a sandbox, in short time, and leaves no process."""

from __future__ import annotations

import shutil
import time
import uuid

import pytest
from keeper import MARK, survivors

from mmlearn_helpers.homework import student
from mmlearn_helpers.homework.sandbox import WORKER


@pytest.fixture(autouse=True)
def cage(monkeypatch):
    """Give a word that is in the command line of all that runs here; nothing with it survives."""
    if shutil.which("bwrap") is None:
        pytest.skip("no sandbox on this machine; install the package 'bubblewrap'")
    mark = f"{MARK}-{uuid.uuid4()}"
    monkeypatch.setattr(student, "WORKER", [*WORKER, mark])
    monkeypatch.setattr(student, "QUESTION_SECONDS", 4)
    yield mark
    end = time.monotonic() + 5
    while survivors(mark) and time.monotonic() < end:
        time.sleep(0.1)
    assert survivors(mark) == []
