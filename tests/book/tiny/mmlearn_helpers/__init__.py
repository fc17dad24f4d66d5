"""Stands in for the package, so that a test can change it."""

__version__ = "0"
ANSWER = 1
