"""Stands in for the package, so that a test can change it."""

ANSWER = 1
