"""Run the cells of a notebook, and stop neither for an assertion that falls nor without a trace."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import parent_process
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat.v4 import new_output

LIMIT = 900  # seconds for a chapter, which takes 40 on an idle machine
KERNEL = Path(__file__).parent / "kernel"
EXTENSIONS = ("softened_claims", "moved_seeds")


def run(notebook: nbformat.NotebookNode, limit: float, **environment: str) -> list[str]:
    """Execute a notebook in place, in a folder of its own, and give what went wrong.

    A cell that raises an exception ends the run; its traceback is the cell's output. So does the
    end of the time, and the end of the kernel.
    """
    return asyncio.run(_run(notebook, limit, environment, go_on=False))


def run_through(notebook: nbformat.NotebookNode, limit: float, **environment: str) -> list[str]:
    """Execute a notebook in place as `run` does, but go on after an exception."""
    return asyncio.run(_run(notebook, limit, environment, go_on=True))


def workers() -> ProcessPoolExecutor:
    """Start a process for each core; they end with this one, also when it is killed."""
    return ProcessPoolExecutor(max_workers=os.cpu_count(), initializer=_end_with_parent)


def _end_with_parent() -> None:
    def wait() -> None:
        parent_process().join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


async def _run(
    notebook: nbformat.NotebookNode, limit: float, environment: dict[str, str], *, go_on: bool
) -> list[str]:
    path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(KERNEL)]))
    environment = os.environ | {"PYTHONPATH": path} | environment
    wrong, end = [], time.monotonic() + limit
    with TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            record_timing=False,
            shutdown_kernel="immediate",
            extra_arguments=[f"--IPKernelApp.extensions={name}" for name in EXTENSIONS],
            resources={"metadata": {"path": folder}},
        )
        async with client.async_setup_kernel(env=environment):
            for i, cell in enumerate(notebook.cells):
                client.timeout = max(1, round(end - time.monotonic()))
                try:
                    await client.async_execute_cell(cell, i)
                except CellExecutionError as error:
                    wrong.append(f"{error.ename}: {error.evalue}")
                    if not go_on:
                        break
                except CellTimeoutError:
                    wrong.append(f"stopped after {limit:g} s, the limit for a chapter")
                    cell.outputs.append(_stopped("TimeLimit", wrong[-1]))
                    break
                except DeadKernelError:
                    wrong.append("the kernel died, perhaps for want of memory")
                    cell.outputs.append(_stopped("KernelDied", wrong[-1]))
                    break
    notebook.metadata.pop("widgets", None)  # myst-nb would fetch scripts from outside for them
    return wrong


def _stopped(name: str, words: str) -> nbformat.NotebookNode:
    return new_output("error", ename=name, evalue=words, traceback=[f"{name}: {words}"])
