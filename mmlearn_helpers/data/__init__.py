"""Data sets as tensors, each with its source, licence and citation.

*Embedded* sets are always there and need no network; those that are drawn are drawn once and kept.
*Real* sets are fetched once, into the folder that the environment variable ``MMLEARN_DATA`` names.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable

from mmlearn_helpers.data.dataset import Dataset, Split
from mmlearn_helpers.data.embedded import digits
from mmlearn_helpers.data.real import mnist

__all__ = ["Dataset", "Split", "load", "names"]

_LOADERS: dict[str, Callable[..., Dataset]] = {"digits": digits, "mnist": mnist}


def names() -> list[str]:
    """Give the names that :func:`load` knows, in alphabetical order."""
    return sorted(_LOADERS)


def load(name: str, **options: object) -> Dataset:
    """Load a data set by its name.

    Parameters
    ----------
    name
        One of :func:`names`.
    options
        What the function of that name in this package takes, for example
        ``load("glyphs", seed=1)``.

    Returns
    -------
    Dataset
        Training and test split, each a mapping from modality to a tensor with the examples along
        the first axis. Pictures are ``(N, C, H, W)`` with values in [0, 1].

    Raises
    ------
    ValueError
        If there is no set of that name, or an option has an impossible value.
    TypeError
        If the set has no such option.
    FileNotFoundError
        If a real set is asked for and its files are not in the folder ``MMLEARN_DATA``.
    """
    if name not in _LOADERS:
        near = difflib.get_close_matches(name.lower(), names(), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"There is no data set {name!r}.{hint} Known sets: {', '.join(names())}.")
    return _LOADERS[name](**options)
