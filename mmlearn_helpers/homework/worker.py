"""What runs inside the sandbox: the student's cells, and then the functions they define."""

from __future__ import annotations

import json
import math
import os
import resource
import signal
import sys
import time
from pathlib import Path
from types import FrameType

# Before the student's code does, so that nothing of it can be put in its place.
import numpy as np
import torch
from IPython.core.interactiveshell import InteractiveShell

from mmlearn_helpers.homework.calls import call_function
from mmlearn_helpers.homework.channel import pack, read_message
from mmlearn_helpers.homework.judging import AnswerError

CPU_SECONDS = 120
CELL_SECONDS = 15
CELLS_SECONDS = 25
MEMORY = 3 << 30
FILE_SIZE = 16 << 20
OPEN_FILES = 64
PROCESSES = 16


def set_limits(sandboxed: bool) -> None:
    """Limit what the student's code may use up; no process can lift these limits again.

    Parameters
    ----------
    sandboxed
        Whether this process has a user of its own, so that its processes can be counted.
    """
    limits = {
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_DATA: MEMORY,
        resource.RLIMIT_FSIZE: FILE_SIZE,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
    }
    if sandboxed:
        limits[resource.RLIMIT_NPROC] = PROCESSES
        Path("/proc/self/oom_score_adj").write_text("1000")  # before the grader, if memory is short
    for name, limit in limits.items():
        resource.setrlimit(name, (limit, limit))


def run_cells(cells: list[str]) -> tuple[dict, list[str]]:
    """Run a notebook's cells as Jupyter would, on beyond those that fail.

    Parameters
    ----------
    cells
        Their sources.

    Returns
    -------
    tuple[dict, list[str]]
        What they define, and a sentence about each that failed.
    """
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(colors="NoColor", display_banner=False)
    shell.history_manager.enabled = False
    shell.enable_gui = lambda gui=None: None  # of %matplotlib, for which there is no window here
    signal.signal(signal.SIGALRM, _too_long)
    faults = []
    end = time.monotonic() + CELLS_SECONDS
    for number, cell in enumerate(cells, start=1):
        left = math.ceil(end - time.monotonic())
        if left <= 0:
            faults.append(
                f"Code cell {number} and those below it were not run: those above took "
                f"{CELLS_SECONDS} s. Leave the experiment in its cell, which the grader skips."
            )
            break
        signal.alarm(min(CELL_SECONDS, left))
        result = shell.run_cell(cell, store_history=False)
        signal.alarm(0)
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            text = str(error).split("\n")[0][:200]
            faults.append(f"Code cell {number} raised {type(error).__name__}: {text}")
    return shell.user_ns, faults


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError("the cell took too long")


def main() -> None:
    """Run the cells that come first, then answer calls until the grader hangs up."""
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    set_limits(sandboxed="--sandboxed" in sys.argv)
    torch.set_num_threads(1)

    this = os.getpid()

    def answer(**arrays: np.ndarray | str | float) -> None:
        if os.getpid() != this:  # forked by the student's code, and not asked
            os._exit(1)
        outgoing.write(pack(**arrays))
        outgoing.flush()

    defined, faults = run_cells(json.loads(read_message(incoming)["cells"].tobytes()))
    names = [str(name)[:100] for name, value in defined.items() if callable(value)]
    answer(names=np.array(names, dtype=str), faults=np.array(faults, dtype=str))
    while True:
        try:
            message = read_message(incoming)
        except EOFError:
            return
        function = defined[str(message["function"])]
        arguments = [message[f"argument{i}"] for i in range(int(message["n"]))]
        plain = tuple(value if value.ndim else value.item() for value in arguments)
        try:
            answer(answer=call_function(function, plain))
        except AnswerError as error:
            answer(error=str(error))


if __name__ == "__main__":
    main()
