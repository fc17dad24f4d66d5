"""Guess what somebody meant who wrote a name that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Give a question that names the nearest known name.

    Parameters
    ----------
    name
        What was asked for.
    known
        The names that exist.

    Returns
    -------
    str
        `` Did you mean 'image'?``, with a space before it; empty if no name is near.
    """
    near = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
