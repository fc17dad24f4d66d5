"""Files are known by their content, wherever they come from and however they are packed."""

from __future__ import annotations

import gzip
import hashlib
import re
import stat

import pytest

from mmlearn_helpers.data import names
from mmlearn_helpers.data.real import downloads, fetch, registry
from mmlearn_helpers.data.real.registry import FILES, SETS

NUMBERS = b"   0.06588172   133.150670  -1620.19814\n 1.00000000 0.5\t7e2\n"
ROUNDED = b"0.065882 133.15 -1620.2\n1 0.5 700\n"


def test_every_file_has_a_hash_and_a_mirror_or_is_made_from_one_that_has():
    for path, file in FILES.items():
        if file.made_from:
            assert FILES[file.made_from].sha256, path
        else:
            assert re.fullmatch("[0-9a-f]{64}", file.sha256), path
            assert file.mirrors, path
            assert all(re.match(r"https?://[\w.-]+/", url) for url in file.mirrors), path


def test_every_set_with_files_can_be_loaded_and_has_files():
    assert {"mnist", "fashion-mnist", "olivetti"} <= set(SETS)
    assert set(SETS) - {"spoken-digits"} <= set(names())
    for name, paths in SETS.items():
        assert paths and set(paths) <= set(FILES), name


def test_the_package_names_no_host_of_packages():
    hosts = " ".join(url for file in FILES.values() for url in file.mirrors)
    assert not re.search("pypi|pythonhosted|conda", hosts)


def test_a_file_that_is_there_is_not_fetched(mirror, register, data_home):
    path = register("set/file", b"right", mirror.offer("/file", b"right"))
    (data_home / "set").mkdir(parents=True)
    (data_home / path).write_bytes(b"right")
    assert fetch.fetch(path) == data_home / path
    assert not mirror.asked


def test_a_file_is_fetched_once(mirror, register, data_home):
    path = register("set/file", b"right", mirror.offer("/file", b"right"))
    assert fetch.fetch(path) == fetch.fetch(path) == data_home / path
    assert mirror.asked == ["/file"]


def test_without_a_named_folder_files_go_to_the_cache(mirror, register, monkeypatch, tmp_path):
    monkeypatch.delenv("MMLEARN_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = register("set/file", b"right", mirror.offer("/file", b"right"))
    assert fetch.fetch(path) == tmp_path / "mmlearn_helpers" / "data" / "set" / "file"


def test_a_fetched_file_can_be_read_by_whom_the_folder_is_for(mirror, register, data_home):
    data_home.mkdir()
    (data_home / "usual").touch()
    place = fetch.fetch(register("set/file", b"right", mirror.offer("/file", b"right")))
    assert stat.S_IMODE(place.stat().st_mode) == stat.S_IMODE((data_home / "usual").stat().st_mode)


def test_what_a_server_has_packed_is_kept_as_it_was_published(mirror, register):
    raw = gzip.compress(b"right")
    asked_for = []

    def obliging(handler):
        """Send a .gz file as some servers do: unpacked on the way, unless asked not to."""
        asked_for.append(handler.headers["Accept-Encoding"])
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(raw if asked_for == ["identity"] else b"right")

    place = fetch.fetch(register("set/file.gz", raw, mirror.offer("/file.gz", obliging)))
    assert place.read_bytes() == raw


@pytest.mark.parametrize("packed", [False, True])
def test_a_plain_file_may_also_lie_there_packed(register, data_home, packed):
    path = register("set/file.amat", b"0 1 \n")
    assert not fetch.is_here(path)
    place = data_home / (f"{path}.gz" if packed else path)
    place.parent.mkdir(parents=True)
    place.write_bytes(gzip.compress(b"0 1 \n") if packed else b"0 1 \n")
    assert fetch.is_here(path)
    assert fetch.fetch(path) == place
    assert fetch.content(path) == b"0 1 \n"


@pytest.mark.parametrize("copy", [NUMBERS, ROUNDED])
def test_numbers_are_known_in_any_precision(register, data_home, copy):
    sha256 = hashlib.sha256(b"0.065882 133.15 -1620.2 1 0.5 700").hexdigest()
    FILES[register("set/numbers", b"")] = registry.File(sha256, numbers=True)
    (data_home / "set").mkdir(parents=True)
    (data_home / "set" / "numbers").write_bytes(copy)
    assert downloads.five_digits(fetch.content("set/numbers")) == downloads.five_digits(ROUNDED)


@pytest.mark.parametrize("copy", [ROUNDED.replace(b"700", b"701"), ROUNDED[:-4], b"words", b""])
def test_other_numbers_are_refused(register, data_home, copy):
    sha256 = hashlib.sha256(b"0.065882 133.15 -1620.2 1 0.5 700").hexdigest()
    FILES[register("set/numbers", b"")] = registry.File(sha256, numbers=True)
    (data_home / "set").mkdir(parents=True)
    (data_home / "set" / "numbers").write_bytes(copy)
    with pytest.raises(FileNotFoundError, match=r"content is not that .* each with five digits"):
        fetch.fetch("set/numbers")


def test_a_file_that_nobody_knows_is_refused():
    with pytest.raises(KeyError, match=r"No file 'mnist/nothing' is registered; .*Check"):
        fetch.fetch("mnist/nothing")
