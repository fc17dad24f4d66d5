"""Where files are kept, and the drawing of a data set once only."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import torch

from mmlearn_helpers.data.dataset import Dataset, Split
from mmlearn_helpers.files import save_atomically

DRAWN_WITH = ("matplotlib", "numpy", "scikit-learn", "scipy", "torch")


def cache_folder() -> Path:
    """Give the user's folder for files that can be made again."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("mmlearn_helpers", appauthor=False))


def data_folder() -> Path:
    """Give the folder of the real data: ``MMLEARN_DATA`` if set, else one in the user's cache."""
    named = os.environ.get("MMLEARN_DATA")
    return Path(named).expanduser() if named else cache_folder() / "data"


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
            splits = {split: Split(stored[split]) for split in ("train", "test")}
            return Dataset(**stored | splits)
        except Exception:  # a damaged file can fail in any way
            warnings.warn(f"{path} cannot be read and is drawn anew.", stacklevel=2)
    dataset = draw(**options)
    stored = vars(dataset) | {"train": dict(dataset.train), "test": dict(dataset.test)}
    try:
        save_atomically(path, stored)
    except OSError as error:
        warnings.warn(f"{name} cannot be kept for the next time: {error}.", stacklevel=2)
    return dataset


def _key(options: dict[str, object]) -> str:
    digest = hashlib.sha256(repr(sorted(options.items())).encode())
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.read_bytes())
    for library in DRAWN_WITH:
        digest.update(version(library).encode())
    return digest.hexdigest()[:16]
