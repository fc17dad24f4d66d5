"""The ``mmlearn`` command."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mmlearn_helpers import __version__


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command.

    ``mmlearn data list`` prints every data set that :func:`mmlearn_helpers.data.load` knows, and
    ``mmlearn --version`` the version of the package.

    Parameters
    ----------
    arguments
        The words after ``mmlearn``; those of the command line when ``None``.
    """
    parser = argparse.ArgumentParser(prog="mmlearn", description="Helper of the course.")
    parser.add_argument("--version", action="version", version=f"mmlearn {__version__}")
    commands = parser.add_subparsers(required=True)
    data = commands.add_parser("data", help="the data sets of the course").add_subparsers(
        required=True
    )
    data.add_parser("list", help="names of the data sets").set_defaults(run=list_data)
    parser.parse_args(arguments).run()


def list_data() -> None:
    """Print the names of the data sets, one a line."""
    from mmlearn_helpers.data import names

    print("\n".join(names()))


if __name__ == "__main__":
    main()
