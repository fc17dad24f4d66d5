"""Submissions that write to the grader themselves, or replace what they believe it uses."""

from __future__ import annotations

import pytest
from keeper import FULL, SOLUTION, function, grade, outcome, words

from mmlearn_helpers.homework import student

CHANNEL = """
import fcntl, io, os, struct, time, zipfile
import numpy as np

def writable_pipe(name):
    try:
        return "pipe:" in os.readlink(name) and fcntl.fcntl(int(name[14:]), fcntl.F_GETFL) & 1
    except OSError:
        return False

(pipe,) = (int(n) for n in os.listdir("/proc/self/fd") if writable_pipe(f"/proc/self/fd/{n}"))

def send(data):
    while data:
        data = data[os.write(pipe, data):]

def frame(data):
    return struct.pack("<I", len(data)) + data

def archive(method=0, **members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as file:
        for name, content in members.items():
            file.writestr(name + ".npy", content)
    return stream.getvalue()

def packed(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()

def npy(kind, shape, body=b""):
    head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode() + b"\\n"
    return b"\\x93NUMPY\\1\\0" + struct.pack("<H", len(head)) + head + body
"""
EVIL = """
class Evil:
    def __reduce__(self):
        return io.open, ({path!r}, "w")
"""
AWAIT = "\ntime.sleep(1000)"
LOST = {
    "garbage": ("send(bytes(range(32, 127)) * 100)", "was announced"),
    "4 GB announced": ("send(b'\\xff' * 4)", "4294967295 bytes was announced"),
    "nothing announced": ("send(frame(b''))", "cannot be read"),
    "half a message": ("send(frame(packed(answer=x.numpy()))[:200])", "took longer than"),
    "drops": (
        "send(b'\\0\\1\\0\\0')\nfor _ in range(250):\n    send(b'x')\n    time.sleep(0.01)",
        "took longer than",
    ),
    "no archive": ("send(frame(b'PK' * 1000))", "cannot be read"),
    "truncated": ("send(frame(packed(answer=x.numpy())[:-30]))", "cannot be read"),
    "bomb": ("send(frame(archive(14, answer=bytes(64 << 20))))", "compressed"),
    "pickle": (
        "send(frame(packed(answer=np.array([Evil()], dtype=object))))",
        "neither numbers nor words",
    ),
    "words": ("send(frame(packed(answer=np.array(['4 points']))))", "not of the kind"),
    "no number": ("send(frame(packed(answer=np.array([]))))", "not of the kind"),
    "10 ** 12 numbers": ("send(frame(archive(answer=npy('<f8', (10**12,)))))", "cannot be read"),
    "another question": ("send(frame(packed(points=np.array([4]))))", "not of the kind"),
    "200 000 members": ("send(frame(b'PK\\1\\2' + bytes(42)) * 180000)", "cannot be read"),
}
GRADED = {
    "an empty complaint": "send(frame(packed(error=np.array(''))) * 40)",
    "a complaint of nothing": "send(frame(packed(error=np.array([]))) * 40)",
    "a complaint in numbers": "send(frame(packed(error=np.ones(9))) * 40)",
    "frames ahead": "send(frame(packed(answer=np.zeros((6, 4)))) * 40)",
    "a large answer": "return torch.zeros(1000, 1000)",
    "two answers": "send(frame(packed(answer=x.numpy())) * 2)",
}
PATCHES = """
import builtins, json, sys
import numpy as np, torch
import mmlearn_helpers.homework as homework
from mmlearn_helpers.homework import calls, channel, checking, grading, judging, questions
torch.allclose = torch.equal = np.allclose = np.array_equal = lambda *a, **k: True
torch.Tensor.__eq__ = torch.Tensor.__ne__ = lambda *a: True
homework.check = checking.check = lambda *a: "all right"
judging._close = judging._same = lambda *a: True
judging._fault = lambda *a: ""
judging.TOLERANCE = 1e9
judging.Finding.points = property(lambda self: 4)
judging.examine = grading.examine = lambda *a: []
grading.grade_cells = lambda *a: ([], [])
questions.draw_examples = lambda *a: []
for module in (calls, sys.modules["mmlearn_helpers.homework.calls"]):
    module.call_function = lambda *a: np.ones(1)
"""
BREAKS = """
import gc, io, json, sys, zipfile
import numpy as np, torch

def nonsense(*arguments, **named):
    raise ValueError("replaced")

np.savez = np.load = json.loads = json.dumps = io.BytesIO = zipfile.ZipFile = nonsense
torch.tensor = torch.Tensor.numpy = np.asarray = nonsense
"""
PUPPETEER = """
import gc, types
import numpy as np
for thing in gc.get_objects():
    if isinstance(thing, types.FunctionType) and thing.__name__ in ("call_function", "pack"):
        home = thing.__globals__
        if "call_function" in home:
            home["call_function"] = lambda function, arguments: np.zeros((6, 4))
"""


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(student, "QUESTION_SECONDS", 2)


@pytest.mark.parametrize(("body", "said"), LOST.values(), ids=LOST)
def test_what_is_no_answer_loses_the_process_and_earns_nothing(tmp_path, body, said):
    evil = EVIL.format(path=str(tmp_path / "executed"))
    graded = grade(tmp_path, *SOLUTION, CHANNEL, evil, function("centre", body + AWAIT))
    assert graded.faults == []
    assert outcome(graded) == FULL | {"q1": "failed"}
    assert said in words(graded, "q1")
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("body", GRADED.values(), ids=GRADED)
def test_what_only_looks_like_an_answer_earns_nothing(tmp_path, body):
    graded = grade(tmp_path, *SOLUTION, CHANNEL, function("centre", body))
    assert graded.faults == []
    assert graded.marks[0].status == "graded"
    assert outcome(graded)["q1"] == 0
    assert words(graded, "q1").strip()


def test_answers_written_ahead_earn_nothing(tmp_path):
    wrong = [function("centre", "return x"), function("log_sum_exp", "return x[:, 0] + 1")]
    ahead = "send(frame(packed(names=np.array(['centre', 'log_sum_exp']), faults=np.array(['']))))"
    ahead += "\nfor _ in range(40): send(frame(packed(answer=np.zeros((6, 4)))))"
    graded = grade(tmp_path, "import torch", *wrong, CHANNEL, ahead)
    assert set(outcome(graded).values()) <= {"failed", 0}


@pytest.mark.parametrize(
    "first",
    [
        "packed(names=np.array(['centre', 'other']), faults=np.array([['x' * 99999] * 9]))",
        "archive(names=npy('<U0', (10**12,)), faults=npy('<U1', (1,), b'xxxx'))",
        "packed(answer=np.ones(3))",
        "packed(names=np.array([f'centr{n}' for n in range(150000)]), faults=np.ones(3))",
    ],
)
def test_forged_names_are_no_functions(tmp_path, first):
    cell = f"send(frame({first}))\nos._exit(0)"
    graded = grade(tmp_path, "import torch", CHANNEL, cell)
    assert set(outcome(graded).values()) <= {"failed", 0}
    assert graded.marks[0].seconds < 10
    assert sum(map(len, graded.faults)) < 10_000


def test_there_is_an_end_to_the_names_that_are_looked_through():
    names = (
        "packed(names=np.array([f'centr{n}' for n in range(99999)]), faults=np.array(['no'] * 99))"
    )
    with student.Student(["import torch", CHANNEL, f"send(frame({names}))"]) as forger:
        assert len(forger.names) == student.MOST_NAMES
        assert len(forger.faults) == 20


def test_a_daemon_that_disturbs_the_channel_earns_nothing(tmp_path):
    daemon = "if os.fork() == 0:\n    os.setsid()\n    while True: send(b'x' * 1000)"
    graded = grade(tmp_path, *SOLUTION, CHANNEL, daemon)
    assert set(outcome(graded).values()) <= {"failed", 0}


@pytest.mark.parametrize("patch", [PATCHES, BREAKS, PUPPETEER], ids=["judge", "channel", "worker"])
def test_what_is_replaced_is_only_the_students_own(tmp_path, patch):
    wrong = function("centre", "return 0 * x")
    graded = grade(tmp_path, *SOLUTION, wrong, patch)
    assert not outcome(graded)["q1"] or outcome(graded)["q1"] == "failed"
    assert outcome(graded)["q2"] in (0, 5, "failed")
    assert outcome(grade(tmp_path, *SOLUTION)) == FULL


def test_odd_objects_are_no_better_than_what_they_hold(tmp_path):
    liar = """
        class Liar(torch.Tensor):
            def __eq__(self, other): return True
            def __sub__(self, other): return self * 0
            def detach(self): return self
            def cpu(self): return self
            def numpy(self): return Array()

        class Array:
            dtype = torch.float32
            def __array__(self, *arguments, **named): return np.zeros((6, 4))

        return x.as_subclass(Liar)
    """
    graded = grade(tmp_path, *SOLUTION, "import numpy as np", function("centre", liar))
    assert outcome(graded) == FULL | {"q1": 0}
