"""Fetch the files of the real data sets once: from a mirror, or made from what came from there."""

from __future__ import annotations

import gzip
from pathlib import Path

from mmlearn_helpers.data.cache import data_folder
from mmlearn_helpers.data.real.downloads import download, places
from mmlearn_helpers.data.real.made import make
from mmlearn_helpers.data.real.registry import FILES


def fetch(path: str) -> Path:
    """Give the place of a file of a real data set; fetch it if it is not there yet.

    It is downloaded from one of its mirrors, or made by scikit-learn from a file that is.

    Parameters
    ----------
    path
        Where the file lies below :func:`~mmlearn_helpers.data.cache.data_folder`; one of the keys
        of ``mmlearn_helpers.data.real.registry.FILES``. A file that is not compressed may also lie
        there packed, with ``.gz`` at the end of its name.

    Returns
    -------
    pathlib.Path
        The file, whose content has been checked.

    Raises
    ------
    KeyError
        If no file is registered under that path.
    FileNotFoundError
        If the right file is not there and cannot be fetched or kept; the message says what every
        mirror answered and where to put the file by hand.
    """
    if path not in FILES:
        raise KeyError(
            f"No file {path!r} is registered; expected is one of {', '.join(FILES)}. Check the "
            "spelling, or add the file to mmlearn_helpers/data/real/registry.py."
        )
    return make(path) if FILES[path].made_from else download(path)


def is_here(path: str) -> bool:
    """Say whether a file of a real data set is there; its content is not checked.

    Parameters
    ----------
    path
        As for :func:`fetch`.

    Returns
    -------
    bool
        Whether it is there, packed or not.
    """
    return any(place.is_file() for place in places(data_folder() / path))


def content(path: str) -> bytes:
    """Read a file of a real data set, unpacked if it lies there packed; fetch it if need be.

    Parameters
    ----------
    path
        As for :func:`fetch`, which says what is raised.

    Returns
    -------
    bytes
        What the published file holds.
    """
    place = fetch(path)
    raw = place.read_bytes()
    return raw if place == data_folder() / path else gzip.decompress(raw)
