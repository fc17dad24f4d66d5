"""Grade a class of 200 submissions of the first homework, ten of which are hostile.

Prints how long it took, how much memory the grader had, whether any mark is wrong, and whether any
process was left. Give a number to grade a smaller or a larger class.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import jupytext
import psutil
from nbformat.v4 import new_code_cell, new_notebook

from mmlearn_helpers.homework.classes import load_homework
from mmlearn_helpers.homework.source import graded_cells

ROOT = Path(__file__).parents[2]
NAME = "hw1"
N_SUBMISSIONS = 200
PAUSE = 0.2
WRONG = (
    "def {f}(*arguments): return None",
    "def {f}(*arguments): raise ValueError('I gave up')",
    "import torch\ndef {f}(*arguments): return torch.rand(3, 3)",
    "import torch\ndef {f}(*arguments): return torch.full((2,), float('nan'))",
    "del {f}",
)
SEND = (
    "import os\nfor fd in range(3, 99):\n    try: os.write(fd, b'x' * 99)\n    except OSError: pass"
)
HOSTILE = (
    "def {f}(*arguments):\n    while True: pass",
    "while True:\n    try:\n        for _ in iter(int, 1): pass\n    except TimeoutError: pass",
    "import os\ndef {f}(*arguments):\n    while True: os.fork()",
    "def {f}(*arguments):\n    import mmap\n    full = mmap.mmap(-1, 8 << 30)\n"
    "    for place in range(0, 8 << 30, 4096): full[place] = 1",
    "import os; os._exit(0)",
    "def {f}(*arguments):\n    import ctypes; ctypes.string_at(0)",
    SEND,
    "import os, time\nfor _ in range(99):\n    if os.fork() == 0:\n        os.setsid()\n"
    "        time.sleep(9999)",
    None,
    None,
)
Expected = dict[str, int | None]


def hand_in(folder: Path, number: int) -> Expected:
    """Write the notebook of one student, and say what it deserves."""
    homework = load_homework(NAME)
    cells = graded_cells(jupytext.read(ROOT / f"book/homework/{NAME}.md"))
    points = homework.points() | {homework.experiment: None}
    questions = list(homework.questions)
    hostile = number % 20 == 10
    if hostile:
        attack = HOSTILE[number // 20 % len(HOSTILE)]
        cells += [] if attack is None else [attack.format(f=homework.questions["q1"].function)]
        one = attack is not None and "{f}" in attack
        points |= dict.fromkeys(["q1"] if one else questions, None)
    elif number % 3:
        question = questions[number % len(questions)]
        wrong = WRONG[number % len(WRONG)]
        cells.append(wrong.format(f=homework.questions[question].function))
        points[question] = 0
    text = json.dumps(new_notebook(cells=list(map(new_code_cell, cells))))
    broken = hostile and attack is None
    path = folder / f"student{number:04}_{number}_99_{NAME}.ipynb"
    path.write_text(text[: len(text) // 2] if broken else text)
    return points


def grade(folder: Path, to: Path) -> tuple[float, list[int], set[psutil.Process], list[str]]:
    """Grade with the command; give seconds, the grader's memory, all its processes, its words."""
    start = time.monotonic()
    command = [sys.executable, "-m", "mmlearn_helpers", "homework", "grade", folder]
    grader = subprocess.Popen(
        [*command, "--homework", NAME, "--to", to], stdout=subprocess.PIPE, text=True
    )
    process = psutil.Process(grader.pid)
    memory, seen = [], set()
    while grader.poll() is None:
        try:
            memory.append(process.memory_info().rss)
            seen.update(process.children(recursive=True))
        except psutil.NoSuchProcess:
            break
        time.sleep(PAUSE)
    seconds = time.monotonic() - start
    return seconds, memory, seen, grader.stdout.read().splitlines()


def main() -> None:
    """Make the class, grade it and print what came of it."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else N_SUBMISSIONS
    with tempfile.TemporaryDirectory() as name:
        folder, to = Path(name, "class"), Path(name, "graded")
        folder.mkdir()
        expected = {f"student{n:04}_{n}": hand_in(folder, n) for n in range(number)}
        seconds, memory, seen, words = grade(folder, to)
        with (to / "grades.csv").open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
        sizes = sum(path.stat().st_size for path in to.rglob("*") if path.is_file())
    wrong = [
        row
        for row in rows
        if (int(row["points"]) if row["points"] else None)
        != expected[row["student"]][row["question"]]
    ]
    states = ", ".join(f"{n} {state}" for state, n in Counter(r["status"] for r in rows).items())
    quarter = max(1, len(memory) // 4)
    early, late = max(memory[quarter : 2 * quarter]) >> 20, max(memory[-quarter:]) >> 20
    print(words[-2])
    print(f"{number} submissions in {seconds:.0f} s on {os.cpu_count()} cores")
    print(f"answers: {states}")
    print(f"points wrongly given or taken: {len(wrong)}")
    for row in wrong:
        print(f"    {row['student']} {row['question']}: {row['points']} ({row['status']})")
    print(f"the grader's memory: {early} MiB in the second quarter, {late} MiB in the last")
    print(f"results: {sizes >> 10} KiB; {len(seen)} processes seen")
    _, left = psutil.wait_procs(seen, timeout=5)
    print(f"processes left: {len(left)}")


if __name__ == "__main__":
    main()
