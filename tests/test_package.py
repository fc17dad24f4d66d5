"""The package as a whole: quick to import, documented, and with its command."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import mmlearn_helpers
from mmlearn_helpers.__main__ import main
from mmlearn_helpers.data import names
from mmlearn_helpers.data.real.registry import FILES, File

MODULES = [
    importlib.import_module(found.name)
    for found in pkgutil.walk_packages(mmlearn_helpers.__path__, "mmlearn_helpers.")
    if "homework.answers." not in found.name  # one line each, named for the mistake they make
]
OBJECTS = {
    f"{module.__name__}.{name}": thing
    for module in MODULES
    for name, thing in vars(module).items()
    if not name.startswith("_") and getattr(thing, "__module__", None) == module.__name__
}
METHODS = {
    f"{path}.{name}": method
    for path, thing in OBJECTS.items()
    if inspect.isclass(thing)
    for name, method in vars(thing).items()
    if not name.startswith("_") and inspect.isfunction(method)
}
CALLABLES = {path: thing for path, thing in (OBJECTS | METHODS).items() if callable(thing)}


def written(thing):
    """The function whose source says what is raised: itself, or the __init__ of a class.

    A dataclass or a protocol has an __init__ that stands in no file of the package.
    """
    if not inspect.isclass(thing):
        return thing
    start = vars(thing).get("__init__")
    ours = start and inspect.unwrap(start).__code__.co_filename == inspect.getfile(thing)
    return start if ours else None


WRITTEN = {path: written(thing) for path, thing in CALLABLES.items() if written(thing)}

TIME_IMPORT = """
import time, torch
start = time.perf_counter()
import mmlearn_helpers, mmlearn_helpers.data, mmlearn_helpers.training
import mmlearn_helpers.evaluation, mmlearn_helpers.autoencoders.pca
import mmlearn_helpers.autoencoders.deep
print(time.perf_counter() - start)
"""


def test_importing_takes_under_300_ms_beyond_torch():
    runs = (
        float(subprocess.check_output([sys.executable, "-c", TIME_IMPORT], text=True))
        for _ in range(3)
    )
    assert any(seconds < 0.3 for seconds in runs)  # at the first, if nothing else is going on


def test_something_public_was_found():
    assert {
        "mmlearn_helpers.training.fit.fit",
        "mmlearn_helpers.autoencoders.pca.PCA.encode",
    } <= set(CALLABLES)


@pytest.mark.parametrize("path", CALLABLES)
def test_every_public_name_is_documented(path):
    text = inspect.getdoc(CALLABLES[path])
    assert text and text.splitlines()[0].endswith(".")


@pytest.mark.parametrize("path", CALLABLES)
def test_every_argument_is_documented_and_typed(path):
    thing = CALLABLES[path]
    if getattr(thing, "_is_protocol", False) or "Reconstructor" in path:
        return
    if inspect.isclass(thing) and issubclass(thing, Exception):
        return
    text = inspect.getdoc(thing)
    for name, parameter in inspect.signature(thing).parameters.items():
        if name == "self" or hasattr(thing, "__dataclass_fields__"):
            continue
        assert name in text, f"{path} does not say what {name} is"
        assert parameter.annotation is not inspect.Parameter.empty, f"{path}: {name} has no type"


def test_every_error_is_documented():
    raising = [path for path, source in WRITTEN.items() if "raise " in inspect.getsource(source)]
    assert "mmlearn_helpers.networks.check_sizes" in raising
    assert "mmlearn_helpers.autoencoders.deep.DeepAutoencoder" in raising
    assert not [p for p in raising if "Raises\n------" not in inspect.getdoc(CALLABLES[p])]


def test_modules_stay_short():
    for module in MODULES:
        assert len(inspect.getsource(module).splitlines()) < 260, module.__name__


def test_the_command_lists_the_data_sets(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("MMLEARN_DATA", str(tmp_path))
    faces = tmp_path / "freyfaces" / "frey_rawface.mat"
    faces.parent.mkdir()
    faces.touch()
    main(["data", "list"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == names()
    kinds = {line.split()[0]: line[18:33].strip() for line in lines}
    assert kinds["digits"] == "embedded"
    assert kinds["frey-faces"] == "real, here"
    assert kinds["mnist"] == "real, to fetch"
    assert all(line.endswith(".") for line in lines)


def test_the_command_fetches_a_data_set(capsys, monkeypatch, tmp_path):
    path = "freyfaces/frey_rawface.mat"
    place = tmp_path / path
    place.parent.mkdir()
    place.write_bytes(b"face")
    monkeypatch.setenv("MMLEARN_DATA", str(tmp_path))
    monkeypatch.setitem(FILES, path, File(hashlib.sha256(b"face").hexdigest()))
    main(["data", "fetch", "frey-faces"])
    assert capsys.readouterr().out == f"{place} is right.\n"
    place.write_bytes(b"mask")
    with pytest.raises(SystemExit, match=r"^mmlearn: The file freyfaces/.* put it at "):
        main(["data", "fetch", "frey-faces"])


def test_the_command_has_nothing_to_fetch_for_an_embedded_set(capsys):
    main(["data", "fetch", "digits"])
    assert capsys.readouterr().out == "digits is always there: nothing to fetch.\n"


def test_the_command_answers_an_unknown_name_with_the_nearest():
    with pytest.raises(SystemExit, match=r"^mmlearn: .*'minst'. Did you mean 'mnist'\?") as stop:
        main(["data", "fetch", "minst"])
    assert stop.value.code != 0


def test_the_command_says_where_files_are_kept(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("MMLEARN_DATA", str(tmp_path))
    main(["data", "where"])
    real, cache = capsys.readouterr().out.splitlines()
    assert real.split() == ["real", "data", str(tmp_path)]
    assert cache.endswith("mmlearn_helpers")


def test_the_command_knows_its_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"mmlearn {mmlearn_helpers.__version__}\n"


def test_the_command_is_installed():
    answer = subprocess.run(
        [sys.executable, "-m", "mmlearn_helpers"], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 2 and "usage: mmlearn" in answer.stderr
