"""Where a student's code runs: no network, no files, no other processes, and limits on the rest.

The sandbox is that of bubblewrap (Linux). The limits on time, memory, files and processes are set
by the process in it, before it runs the student's code; see :mod:`mmlearn_helpers.homework.worker`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
ANSWERS = Path(__file__).with_name("answers")
SYSTEM = ("bin", "sbin", "lib", "lib64")
SCRATCH = 64 << 20
ENVIRONMENT = {
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "agg",
    "OMP_NUM_THREADS": "1",
    "PATH": "/usr/bin:/bin",
    "PYTHONPATH": str(PACKAGE.parent),
    "TQDM_DISABLE": "1",
}
WORKER = [sys.executable, "-P", "-m", "mmlearn_helpers.homework.worker"]


def sandboxed(command: list[str]) -> list[str]:
    """Give the command that runs another one in a sandbox.

    It sees the system's programs, the Python that runs this and this package, all to read only and
    without the answers; an empty folder /tmp of 64 MiB; and nothing else.

    Parameters
    ----------
    command
        Program and arguments.

    Returns
    -------
    list[str]
        Program and arguments.
    """
    words = [
        shutil.which("bwrap") or "bwrap",
        "--unshare-all",
        "--unshare-user",
        "--disable-userns",
    ]
    words += ["--die-with-parent", "--new-session", "--uid", "65534", "--gid", "65534"]
    words += ["--hostname", "sandbox", "--clearenv", "--ro-bind", "/usr", "/usr"]
    words += ["--size", str(SCRATCH), "--tmpfs", "/tmp", "--chdir", "/tmp"]
    for name in SYSTEM:
        folder = Path("/", name)
        if folder.is_symlink():
            words += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.exists():
            words += ["--ro-bind", str(folder), str(folder)]
    words += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    for folder in dict.fromkeys([sys.base_prefix, sys.prefix, str(PACKAGE)]):
        words += ["--ro-bind", folder, folder]
    if ANSWERS.exists():
        words += ["--size", "4096", "--tmpfs", str(ANSWERS), "--remount-ro", str(ANSWERS)]
    words += ["--proc", "/proc", "--dev", "/dev", "--size", "4096", "--tmpfs", "/dev/shm"]
    words += ["--remount-ro", "/dev"]
    for name, value in ENVIRONMENT.items():
        words += ["--setenv", name, value]
    return [*words, "--remount-ro", "/", *command]


def check_sandbox() -> None:
    """Demand a sandbox that works.

    Raises
    ------
    RuntimeError
        If bubblewrap is missing or cannot make one here.
    """
    otherwise = (
        "Without it, students' code could read your files and change your marks; "
        "--no-sandbox grades all the same, and only code that you trust should be graded so."
    )
    if shutil.which("bwrap") is None:
        raise RuntimeError(
            "Grading needs bubblewrap, which is not installed here; install it with "
            f"'sudo apt install bubblewrap' or 'sudo dnf install bubblewrap' (Linux). {otherwise}"
        )
    command = sandboxed([*WORKER[:2], "-c", f"import {WORKER[-1]}"])
    trial = subprocess.run(command, capture_output=True, text=True, check=False)
    if trial.returncode:
        why = trial.stderr.strip().split("\n")[-1]
        raise RuntimeError(
            f"bubblewrap is installed, but no Python starts in its sandbox here: {why} Version "
            "0.8 or newer is needed, and the right to make user namespaces, which containers and "
            f"some distributions withhold. {otherwise}"
        )
