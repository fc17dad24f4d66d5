"""Homework: check it, hand it in, grade it safely."""

from mmlearn_helpers.homework.checking import check

__all__ = ["check"]
