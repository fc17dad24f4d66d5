"""What has moved still answers to its old name, and says where it is now."""

from __future__ import annotations

import importlib
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import mmlearn_helpers
from mmlearn_helpers import moved

ROOT = Path(__file__).parents[1]
THINGS = {
    "mmlearn_helpers.checkpoints": ["save_checkpoint", "load_checkpoint", "describe"],
    "mmlearn_helpers.contracts": ["check_trainable", "check_terms", "loss_terms"],
    "mmlearn_helpers.history": ["History"],
    "mmlearn_helpers.processes": ["Processes"],
    "mmlearn_helpers.schedules": ["one_cycle", "check_schedule", "step_size"],
    "mmlearn_helpers.data.clips": ["clips"],
    "mmlearn_helpers.data.digits": ["digits"],
    "mmlearn_helpers.data.docs": ["docs", "PACKAGES"],
    "mmlearn_helpers.data.fetch": ["fetch", "is_here", "content", "digest", "five_digits"],
    "mmlearn_helpers.data.glyphs": ["glyphs", "CHARACTERS"],
    "mmlearn_helpers.data.moons": ["moons", "moon"],
    "mmlearn_helpers.data.phones": ["spell", "PHONES", "SPEAKERS"],
    "mmlearn_helpers.data.real": [
        "mnist",
        "fashion_mnist",
        "binarised_mnist",
        "frey_faces",
        "mfeat",
    ],
    "mmlearn_helpers.data.registry": ["FILES", "SETS", "File"],
    "mmlearn_helpers.data.scenes": ["scenes", "COLOURS"],
    "mmlearn_helpers.data.scikit": ["newsgroups", "olivetti", "make"],
    "mmlearn_helpers.data.spoken_digits": ["spoken_digits"],
    "mmlearn_helpers.data.voices": ["voices"],
}
OLD = [(module, name) for module, names in THINGS.items() for name in names]


def run(code):
    """Run a program in a Python of its own that shows every warning."""
    command = [sys.executable, "-W", "always::DeprecationWarning", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)


def test_every_moved_module_is_tested():
    assert set(moved.MOVED) == set(THINGS) - {"mmlearn_helpers.data.real"}


@pytest.mark.parametrize(("module", "name"), OLD)
def test_an_old_name_gives_the_same_thing_and_names_the_new_place(module, name):
    with pytest.warns(DeprecationWarning, match=rf"^{module}.{name} has moved; import") as caught:
        thing = getattr(importlib.import_module(module), name)
    (warning,) = caught
    assert warning.filename == __file__
    place = str(warning.message).partition(f"import {name} from ")[2].partition(". The")[0]
    assert thing is getattr(importlib.import_module(place), name)
    assert getattr(thing, "__module__", place) == place


def test_every_old_import_works_in_a_new_process_and_warns_in_its_own_line():
    lines = [f"from {module} import {name}" for module, name in OLD]
    lines += [f"import {module}" for module in THINGS]
    answer = run("\n".join(lines))
    for number, (module, name) in enumerate(OLD, 1):
        assert f"<string>:{number}: DeprecationWarning: {module}.{name} has moved" in answer.stderr
    assert len({line for line in answer.stderr.splitlines() if "Deprec" in line}) == len(OLD)


def test_a_module_that_moved_may_be_the_very_first_import():
    for name in ("history.History", "data.glyphs.glyphs"):
        module = f"mmlearn_helpers.{name}".rpartition(".")[0]
        assert "has moved" in run(f"import {module}; mmlearn_helpers.{name}").stderr


def test_what_was_module_and_function_still_is_both():
    with pytest.warns(DeprecationWarning, match=r"has moved; import clips from .*drawn\.clips"):
        clips = mmlearn_helpers.data.clips(n_train=3, n_test=2)
    with pytest.warns(DeprecationWarning, match="has moved"):
        again = mmlearn_helpers.data.clips.clips(n_train=3, n_test=2)
    assert clips.name == again.name == "clips"


def test_a_history_that_was_pickled_under_its_old_name_can_be_read():
    from mmlearn_helpers.training import History

    old = pickle.dumps(History({"loss": [1.0]}), protocol=0)
    old = old.replace(b"mmlearn_helpers.training.history", b"mmlearn_helpers.history")
    with pytest.warns(DeprecationWarning, match=r"training\.history"):
        assert pickle.loads(old) == History({"loss": [1.0]})


@pytest.mark.parametrize("module", THINGS)
def test_what_was_never_there_is_not_there(module):
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        importlib.import_module(module).nothing  # noqa: B018


def test_the_package_itself_uses_the_new_names():
    code = "import pkgutil, importlib, mmlearn_helpers\n"
    code += "for found in pkgutil.walk_packages(mmlearn_helpers.__path__, 'mmlearn_helpers.'):\n"
    code += "    importlib.import_module(found.name)"
    assert "has moved" not in run(code).stderr


def test_the_book_and_the_tools_use_the_new_names():
    for path in (*ROOT.glob("book/**/*.md"), *ROOT.glob("t*/**/*.py"), *ROOT.glob("*.md")):
        if path.name not in ("CHANGELOG.md", "test_moved.py"):
            text = path.read_text()
            assert not [old for old in moved.MOVED if old in text], path
