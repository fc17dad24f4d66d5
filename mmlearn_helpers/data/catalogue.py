"""The names of the data sets, and the functions that make them."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from mmlearn_helpers.data.dataset import Dataset
from mmlearn_helpers.data.drawn.clips import clips
from mmlearn_helpers.data.drawn.digits import digits
from mmlearn_helpers.data.drawn.docs import docs
from mmlearn_helpers.data.drawn.glyphs import glyphs
from mmlearn_helpers.data.drawn.moons import moons
from mmlearn_helpers.data.drawn.scenes import scenes
from mmlearn_helpers.data.drawn.voices import voices
from mmlearn_helpers.data.real.pictures import (
    binarised_mnist,
    fashion_mnist,
    frey_faces,
    mfeat,
    mnist,
)
from mmlearn_helpers.data.real.scikit import newsgroups, olivetti
from mmlearn_helpers.data.real.spoken_digits import spoken_digits
from mmlearn_helpers.hints import did_you_mean

_LOADERS: dict[str, Callable[..., Dataset]] = {
    "20-newsgroups": newsgroups,
    "binarised-mnist": binarised_mnist,
    "digits": digits,
    "docs": docs,
    "fashion-mnist": fashion_mnist,
    "frey-faces": frey_faces,
    "mnist": mnist,
    "multiple-features": mfeat,
    "glyphs": glyphs,
    "moons": moons,
    "scenes": scenes,
    "olivetti": olivetti,
    "clips": clips,
    "spoken-digits": spoken_digits,
    "voices": voices,
}


def names() -> list[str]:
    """Give the names that :func:`load` knows, in alphabetical order."""
    return sorted(_LOADERS)


def loader(name: str) -> Callable[..., Dataset]:
    """Give the function that loads a data set.

    Parameters
    ----------
    name
        One of :func:`names`.

    Returns
    -------
    Callable
        A function of this package, whose documentation says what the set holds.

    Raises
    ------
    TypeError
        If the name is no string.
    ValueError
        If there is no set of that name.
    """
    if not isinstance(name, str):
        raise TypeError(
            f"The name of a data set is a {type(name).__name__}, but a string is expected; "
            f"known sets: {', '.join(names())}."
        )
    if name not in _LOADERS:
        hint = did_you_mean(name.lower(), names())
        raise ValueError(f"There is no data set {name!r}.{hint} Known sets: {', '.join(names())}.")
    return _LOADERS[name]


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
        If a real set is asked for and its files are neither there nor can be fetched; the message
        says what every mirror answered and where to put them by hand.
    """
    make = loader(name)
    known = list(inspect.signature(make).parameters)
    for option in options:
        if option not in known:
            raise TypeError(
                f"The data set {name!r} has no option {option!r}.{did_you_mean(option, known)} "
                f"Its options: {', '.join(known) or 'none'}."
            )
    return make(**options)
