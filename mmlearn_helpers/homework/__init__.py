"""Homework: check it, hand it in, grade it safely."""

from mmlearn_helpers.homework.checking import Report, check

__all__ = ["Report", "check"]
