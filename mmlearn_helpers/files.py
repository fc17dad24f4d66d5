"""Files that are either whole or as they were before."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import torch


def check_path(name: str, path: str | Path) -> Path:
    """Demand the path of a file or folder, there or not.

    Parameters
    ----------
    name
        What the message calls it.
    path
        What is to be checked.

    Returns
    -------
    pathlib.Path
        The same path; ``~`` at its beginning is the user's home.

    Raises
    ------
    TypeError
        If it is neither a string nor a path.
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(
            f"{name} is {path!r}, but a path is expected; give a string or a pathlib.Path."
        )
    return Path(path).expanduser()


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing; whatever happens meanwhile, no half-written file is left in place.

    Parameters
    ----------
    path
        Where to; its folder is made if need be.

    Yields
    ------
    BinaryIO
        The file, under another name until all is written.

    Raises
    ------
    OSError
        If the file cannot be written; what stood there before is left as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def save_atomically(path: Path, content: object) -> None:
    """Save with ``torch.save``, to the end or not at all.

    Parameters
    ----------
    path
        Where to; its folder is made if need be.
    content
        Tensors, numbers, strings, and lists and dictionaries of them.

    Raises
    ------
    OSError
        If the file cannot be written; what stood there before is left as it was.
    """
    with whole_file(path) as file:
        torch.save(content, file)
