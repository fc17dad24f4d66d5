"""Modules that have moved, which still answer to their old names for one release."""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from types import ModuleType

_TRAINING = ("checkpoints", "contracts", "history", "processes", "schedules")
_DRAWN = ("clips", "digits", "docs", "glyphs", "moons", "phones", "scenes", "voices")
_REAL = ("registry", "spoken_digits")
_FILES = "mmlearn_helpers.data.real"
MOVED = {
    **{f"mmlearn_helpers.{name}": (f"mmlearn_helpers.training.{name}",) for name in _TRAINING},
    **{f"mmlearn_helpers.data.{name}": (f"mmlearn_helpers.data.drawn.{name}",) for name in _DRAWN},
    **{f"mmlearn_helpers.data.{name}": (f"{_FILES}.{name}",) for name in _REAL},
    "mmlearn_helpers.data.fetch": (f"{_FILES}.downloads", f"{_FILES}.fetch"),
    "mmlearn_helpers.data.scikit": (f"{_FILES}.made", f"{_FILES}.scikit"),
}


class MovedModule(ModuleType):
    """Stands under the old name of a module, and gives what the new one has with a warning.

    Parameters
    ----------
    old
        The full name.
    places
        Where its contents are now.
    """

    def __init__(self, old: str, places: tuple[str, ...]) -> None:
        super().__init__(old, f"Has moved to :mod:`{places[-1]}`.")
        self._places = places

    def __getattr__(self, name: str) -> object:
        """Give a thing of the module, and say where it is now."""
        if name.startswith("__"):  # asked by Python's own tools
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return from_its_new_place(self.__name__, self._places, name)

    def __call__(self, *args: object, **options: object) -> object:
        """Do what the function of the same name does: ``data.clips`` was module and function."""
        name = self.__name__.rpartition(".")[2]
        return from_its_new_place(self.__name__, self._places, name)(*args, **options)


def from_its_new_place(old: str, places: tuple[str, ...], name: str) -> object:
    """Give a thing that has moved, and warn whoever asked for it two calls above.

    Parameters
    ----------
    old
        The full name of the module where it was.
    places
        Full names of the modules where it may be now.
    name
        Its own name.

    Returns
    -------
    object
        The thing.

    Raises
    ------
    AttributeError
        If none of the modules has it.
    """
    for place in places:
        module = import_module(place)
        if hasattr(module, name):
            warnings.warn(
                f"{old}.{name} has moved; import {name} from {place}. The old name works for this "
                "release only.",
                DeprecationWarning,
                stacklevel=3,
            )
            return getattr(module, name)
    raise AttributeError(f"module {old!r} has no attribute {name!r}; it is {' and '.join(places)}")


def keep_old_names(package: str) -> None:
    """Let the modules that have left a package be imported from there as before.

    Nothing is imported for it. What the package itself has under such a name goes first.

    Parameters
    ----------
    package
        Its full name.
    """
    for old, places in MOVED.items():
        parent, _, name = old.rpartition(".")
        if parent == package:
            sys.modules[old] = MovedModule(old, places)
            vars(sys.modules[package]).setdefault(name, sys.modules[old])
