"""The lock, the environment for conda and the hooks name the same versions."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from itertools import chain

import pytest
import yaml
from chapters import ROOT
from packaging.requirements import Requirement

import mmlearn_helpers

LOCK = [
    Requirement(line)
    for line in (ROOT / "requirements.txt").read_text().splitlines()
    if not line.startswith("#")
]
PINS = {requirement.name.lower().replace("_", "-"): requirement.specifier for requirement in LOCK}


def test_the_lock_is_exact():
    assert all(re.fullmatch(r"==[\w.]+", str(specifier)) for specifier in PINS.values())


def test_the_lock_asks_for_no_particular_hardware():
    assert not [name for name in PINS if re.match("nvidia|cuda|triton", name)]
    assert "+" not in str(PINS["torch"])


@pytest.mark.parametrize("requirement", LOCK, ids=str)
def test_the_lock_is_what_is_installed(requirement):
    assert version(requirement.name).split("+")[0] in requirement.specifier


def test_the_lock_satisfies_every_range():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    del extras["search"]  # for readers with millions of texts; no page needs it
    ranges = chain(project["dependencies"], *extras.values())
    for requirement in map(Requirement, ranges):
        pin = str(PINS[requirement.name]).removeprefix("==")
        assert pin in requirement.specifier, requirement


def test_conda_installs_the_lock_and_nothing_else():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    (pip,) = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    others = [entry for entry in environment["dependencies"] if not isinstance(entry, dict)]
    assert pip == ["-r requirements.txt", "-e ."]
    assert others == ["python=3.11", "pip"]


def test_the_commit_hooks_run_the_locked_ruff():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert f"=={hooks['repos'][0]['rev'].removeprefix('v')}" == str(PINS["ruff"])


def test_the_citation_names_the_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == mmlearn_helpers.__version__
