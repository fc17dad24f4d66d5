"""The ``mmlearn`` command."""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from mmlearn_helpers import __version__

GRADING_NEEDS = ("IPython", "jupytext", "psutil")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command.

    ``mmlearn data list`` prints every data set that :func:`mmlearn_helpers.data.load` knows,
    ``mmlearn data fetch NAME`` fetches and checks the files of one, ``mmlearn data where`` prints
    where they are kept, and ``mmlearn --version`` the version of the package. ``mmlearn homework
    release SOURCE`` writes a student's notebook, ``grade FOLDER --homework NAME`` grades a class,
    and ``report FOLDER`` merges the marks given by hand.

    Parameters
    ----------
    arguments
        The words after ``mmlearn``; those of the command line when ``None``.

    Raises
    ------
    SystemExit
        With a message and a code other than 0 if the words make no sense, or a file that is asked
        for cannot be had.
    """
    parser = argparse.ArgumentParser(prog="mmlearn", description="Helper of the course.")
    parser.add_argument("--version", action="version", version=f"mmlearn {__version__}")
    commands = parser.add_subparsers(required=True)
    data = commands.add_parser("data", help="the data sets of the course").add_subparsers(
        required=True
    )
    data.add_parser("list", help="what there is").set_defaults(run=list_data)
    fetch = data.add_parser("fetch", help="fetch and check the files of a real data set")
    fetch.add_argument("name", help="as in the list")
    fetch.set_defaults(run=fetch_data)
    data.add_parser("where", help="the folders that files are kept in").set_defaults(
        run=show_places
    )
    homework = commands.add_parser("homework", help="release, grade and report homework")
    add_homework(homework.add_subparsers(dest="action", required=True))
    options = vars(parser.parse_args(arguments))
    run = options.pop("run")
    try:
        run(**options)
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        sys.exit(f"mmlearn: {error}")


def add_homework(actions: argparse._SubParsersAction) -> None:
    """Describe the words after ``mmlearn homework``.

    Parameters
    ----------
    actions
        Where each action gets a parser of its own.
    """
    release = actions.add_parser("release", help="write the student's notebook")
    release.add_argument("source", type=Path, help="such as book/homework/hw1.md")
    release.add_argument("--to", type=Path, help="the notebook to write")
    grade = actions.add_parser("grade", help="grade a folder of submissions")
    grade.add_argument("folder", type=Path, help="the submissions, as downloaded")
    grade.add_argument("--homework", required=True, help="such as hw1")
    grade.add_argument("--to", type=Path, help="folder for the results")
    grade.add_argument("--no-sandbox", action="store_true", help="run unguarded: code you trust")
    report = actions.add_parser("report", help="merge marks given by hand")
    report.add_argument("folder", type=Path, help="the results of grade")
    for action in (release, grade, report):
        action.set_defaults(run=run_homework)


def run_homework(action: str, **options: object) -> None:
    """Release a homework, grade a class or report its marks.

    Parameters
    ----------
    action
        ``"release"``, ``"grade"`` or ``"report"``.
    options
        As the functions of :mod:`mmlearn_helpers.homework.command` take them.

    Raises
    ------
    ImportError
        If a library is missing that students do not need.
    """
    missing = [name for name in GRADING_NEEDS if find_spec(name) is None]
    if missing:
        raise ImportError(
            f"Grading needs {', '.join(missing)}, which this Python has not; install what is "
            "missing with: python -m pip install 'mmlearn-helpers[grading]'"
        )
    from mmlearn_helpers.homework import command

    getattr(command, f"{action}_homework")(**options)


def list_data() -> None:
    """Print the data sets: name, kind, whether the files of a real set are here, what it is."""
    from mmlearn_helpers.data import loader, names
    from mmlearn_helpers.data.real.fetch import is_here
    from mmlearn_helpers.data.real.registry import SETS

    for name in names():
        kind = "embedded"
        if name in SETS:
            kind = "real, here" if all(map(is_here, SETS[name])) else "real, to fetch"
        print(f"{name:18} {kind:14}  {inspect.getdoc(loader(name)).splitlines()[0]}")


def fetch_data(name: str) -> None:
    """Fetch the files of a real data set that are not here yet, and check all of them.

    Parameters
    ----------
    name
        The name of the set.

    Raises
    ------
    ValueError
        If there is no set of that name.
    FileNotFoundError
        If a file is not here and cannot be fetched.
    """
    from mmlearn_helpers.data import loader
    from mmlearn_helpers.data.real.fetch import fetch
    from mmlearn_helpers.data.real.registry import SETS

    loader(name)
    if name not in SETS:
        print(f"{name} is always there: nothing to fetch.")
    for path in SETS.get(name, ()):
        print(f"{fetch(path)} is right.")


def show_places() -> None:
    """Print the folder of the real data and that of what can be made again."""
    from mmlearn_helpers.data.cache import cache_folder, data_folder

    print(f"real data  {data_folder()}")
    print(f"cache      {cache_folder()}")


if __name__ == "__main__":
    main()
