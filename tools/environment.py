"""What makes a run repeat bit for bit, and its printed numbers agree between machines."""

from __future__ import annotations

import os
from pathlib import Path

# The arithmetic of a laptop of 2013, which nearly every x86 machine has.
AVX2 = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
}


def has_avx2() -> bool:
    """Say whether this is an x86 machine with AVX2, as far as Linux tells."""
    about = Path("/proc/cpuinfo")
    return about.exists() and " avx2 " in about.read_text()


def fix_environment(root: Path) -> None:
    """Give the kernels that start from here what makes a run repeat.

    One thread each, a fixed hash seed, no progress bars, and no start-up files of the person who
    builds the book. Where a kernel is given more threads, those that wait sleep.
    """
    ipython = root / "_build" / ".ipython"
    config = ipython / "profile_default" / "ipython_kernel_config.py"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("c.IPKernelApp.log_level = 40\n")
    os.environ.update(OMP_NUM_THREADS="1", PYTHONHASHSEED="0", IPYTHONDIR=str(ipython))
    os.environ.update(TQDM_DISABLE="1", OMP_WAIT_POLICY="PASSIVE")


def pin_arithmetic() -> None:
    """Let the kernels compute with AVX2 where the processor has it; what is set outside stays."""
    if has_avx2():
        for name, value in AVX2.items():
            os.environ.setdefault(name, value)
