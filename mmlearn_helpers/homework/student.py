"""A student's code, running in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from tempfile import TemporaryDirectory

import numpy as np
import psutil

from mmlearn_helpers.homework.channel import HEADER, GarbageError, length, pack, unpack
from mmlearn_helpers.homework.judging import AnswerError
from mmlearn_helpers.homework.questions import Argument
from mmlearn_helpers.homework.sandbox import ENVIRONMENT, WORKER, sandboxed

LOAD_SECONDS = 40
QUESTION_SECONDS = 20
WATCH_SECONDS = 0.2
PROCESSES = 8
MEMORY = 4 << 30
MOST_NAMES = 10_000


class LostError(Exception):
    """The student's process gives no further answers; the message says why."""


class Student:
    """A process that has run a notebook's cells and answers calls; to be used with ``with``.

    Parameters
    ----------
    cells
        The code.
    sandbox
        Whether to run it in a sandbox.

    Attributes
    ----------
    names
        What the cells define and can be called.
    faults
        A sentence for each cell that failed.

    Raises
    ------
    LostError
        If the cells end the process, or run for too long.
    """

    def __init__(self, cells: Sequence[str], sandbox: bool = True) -> None:
        code = np.frombuffer(json.dumps(list(cells)).encode(), np.uint8)
        self._folder = TemporaryDirectory(ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            sandboxed([*WORKER, "--sandboxed"]) if sandbox else WORKER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._folder.name,
            env={} if sandbox else os.environ | ENVIRONMENT | {"HOME": self._folder.name},
            start_new_session=True,
        )
        self._watched = time.monotonic()
        os.set_blocking(self._process.stdin.fileno(), False)
        os.set_blocking(self._process.stdout.fileno(), False)
        try:
            self._allow(LOAD_SECONDS)
            first = self._exchange(pack(cells=code))
            self.start_question()
            self.names = set(map(str, first["names"].ravel()[:MOST_NAMES]))
            self.faults = [str(fault)[:300] for fault in first["faults"].ravel()[:20]]
        except KeyError as error:
            self.close()
            raise LostError("The answer is not of the kind that was asked for.") from error
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Student:
        """Give itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """End the process."""
        self.close()

    def start_question(self) -> None:
        """Give the calls that follow time for one question."""
        self._allow(QUESTION_SECONDS)

    def call(self, function: str, arguments: tuple[Argument, ...]) -> np.ndarray:
        """Call a function of the student.

        Parameters
        ----------
        function
            Its name, one of ``names``.
        arguments
            Arrays and plain numbers.

        Returns
        -------
        numpy.ndarray
            The answer.

        Raises
        ------
        AnswerError
            If the function raises an exception or returns no numbers.
        LostError
            If the process ends, takes too long, or sends what is no answer.
        """
        named = {f"argument{i}": value for i, value in enumerate(arguments)}
        message = self._exchange(pack(function=function, n=len(arguments), **named))
        if "error" in message:
            raise AnswerError("".join(map(str, message["error"].ravel()[:1]))[:500])
        answer = message.get("answer")
        if answer is None or answer.dtype.kind not in "fiub" or answer.size == 0:
            self.close()
            raise LostError("The answer is not of the kind that was asked for.")
        return answer.astype(np.float64)

    def close(self) -> None:
        """End the process and all that it has started."""
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
        self._folder.cleanup()

    def _allow(self, seconds: float) -> None:
        self._seconds, self._end = seconds, time.monotonic() + seconds

    def _exchange(self, request: bytes) -> dict[str, np.ndarray]:
        try:
            return unpack(self._bytes(request))
        except TimeoutError as error:
            self.close()
            raise LostError(f"The code took longer than {self._seconds} s.") from error
        except (EOFError, OSError, ValueError) as error:
            self.close()
            why = f": {error}" if isinstance(error, GarbageError) else ""
            raise LostError(f"The process ended or sent no answer{why}.") from error

    def _bytes(self, request: bytes) -> bytes:
        """Send a request and receive the archive that answers it."""
        answer = bytearray()
        wanted = HEADER.size
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdin, selectors.EVENT_WRITE)
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while len(answer) < wanted:
                if time.monotonic() > self._end:
                    raise TimeoutError
                self._watch()
                ready = selector.select(WATCH_SECONDS)
                for key, _ in ready:
                    if key.fileobj is self._process.stdin:
                        request = request[os.write(key.fd, request) :]
                        if not request:
                            selector.unregister(key.fileobj)
                        continue
                    received = os.read(key.fd, 1 << 16)
                    if not received:
                        raise EOFError
                    answer += received
                    if len(answer) >= HEADER.size:
                        wanted = HEADER.size + length(answer[: HEADER.size])
        return bytes(answer[HEADER.size : wanted])

    def _watch(self) -> None:
        """End the process if it and those it has started use too much, looking now and then."""
        if time.monotonic() < self._watched + WATCH_SECONDS:
            return
        processes, memory = [], 0
        with contextlib.suppress(psutil.Error):  # it may end while it is looked at
            processes = psutil.Process(self._process.pid).children(recursive=True)
        for process in processes:
            with contextlib.suppress(psutil.Error):
                memory += process.memory_info().rss
        if len(processes) > PROCESSES or memory > MEMORY:
            self.close()
            raise LostError(
                f"The code started {len(processes)} processes and used {memory >> 20} MiB; "
                f"{PROCESSES} and {MEMORY >> 20} are allowed."
            )
        self._watched = time.monotonic()
