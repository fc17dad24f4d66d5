"""Where files are kept, and the drawing of a data set once only."""

from __future__ import annotations

import hashlib
import os
import pickle
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import torch

from mmlearn_helpers.data.dataset import Dataset, Split

DRAWN_WITH = ("matplotlib", "numpy", "scikit-learn", "scipy", "torch")


def cache_folder() -> Path:
    """Give the user's folder for files that can be made again."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("mmlearn_helpers", appauthor=False))


def data_folder() -> Path:
    """Give the folder of the real data: ``MMLEARN_DATA`` if set, else one in the user's cache."""
    named = os.environ.get("MMLEARN_DATA")
    return Path(named) if named else cache_folder() / "data"


def drawn(name: str, draw: Callable[..., Dataset], **options: object) -> Dataset:
    """Draw a data set, or read it from the cache if it has been drawn before.

    Parameters
    ----------
    name
        The name of the set.
    draw
        Makes the set from the options.
    options
        Everything that the set depends on besides the code of this package and the versions of
        the libraries it is drawn with.

    Returns
    -------
    Dataset
        The set; from the cache, its tensors are mapped from the file and read when used.
    """
    path = cache_folder() / "drawn" / f"{name}-{_key(options)}.pt"
    if path.exists():
        try:
            stored = torch.load(path, mmap=True, weights_only=True)
        except (EOFError, OSError, RuntimeError, pickle.UnpicklingError):
            warnings.warn(f"{path} cannot be read and is drawn anew.", stacklevel=2)
        else:
            stored["train"], stored["test"] = Split(stored["train"]), Split(stored["test"])
            return Dataset(**stored)
    dataset = draw(**options)
    stored = asdict(dataset) | {"train": dict(dataset.train), "test": dict(dataset.test)}
    try:
        write_atomically(path, stored)
    except OSError as error:
        warnings.warn(f"{name} cannot be kept for the next time: {error}.", stacklevel=2)
    return dataset


def write_atomically(path: Path, content: object) -> None:
    """Save with ``torch.save`` so that the file is either whole or as it was before.

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
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _key(options: dict[str, object]) -> str:
    digest = hashlib.sha256(repr(sorted(options.items())).encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    for library in DRAWN_WITH:
        digest.update(version(library).encode())
    return digest.hexdigest()[:16]
