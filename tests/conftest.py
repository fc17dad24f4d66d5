"""What several tests share."""

from __future__ import annotations

import os

import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Where skips are forbidden, a test skipped for want of a program is a failed test."""
    outcome = yield
    report = outcome.get_result()
    if not report.skipped or os.environ.get("MMLEARN_NO_SKIPS") != "1":
        return
    if "MMLEARN_DATA" not in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, but MMLEARN_NO_SKIPS=1: {report.longrepr}"
