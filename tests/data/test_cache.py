"""What was drawn is kept until something that it depends on changes."""

from __future__ import annotations

import pytest
import torch

from mmlearn_helpers.data import Dataset, Split, cache

FACTS = {"about": "Made up.", "source": "here", "licence": "CC0", "citation": "none (2020)"}


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Ask for a set, and count how often it is drawn."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    times = []

    def draw(n):
        times.append(n)
        x = torch.arange(n, dtype=torch.float32)
        return Dataset("ramp", Split({"x": x}), Split({"x": x + n}), vocabulary=("a",), **FACTS)

    def ask(name="ramp", **options):
        dataset = cache.drawn(name, draw, **({"n": 3} | options))
        return dataset, len(times)

    return ask


def test_a_set_is_drawn_once_and_is_the_same_when_it_is_read(drawn):
    first, _ = drawn()
    again, times = drawn()
    assert times == 1
    assert torch.equal(again.train["x"], torch.arange(3.0))
    assert torch.equal(again.test["x"], torch.arange(3.0) + 3)
    facts = ("name", "about", "source", "licence", "citation", "vocabulary", "sample_rate")
    assert all(getattr(first, fact) == getattr(again, fact) for fact in facts)


def test_other_options_and_names_are_other_sets(drawn):
    drawn()
    assert drawn(n=4)[1] == 2
    assert drawn(name="other")[1] == 3
    assert drawn()[1] == 3


@pytest.mark.parametrize("library", cache.DRAWN_WITH)
def test_another_version_of_a_library_draws_anew(drawn, monkeypatch, library):
    drawn()
    version = cache.version
    newer = {library: "99.0"}
    monkeypatch.setattr(cache, "version", lambda name: newer.get(name) or version(name))
    assert drawn()[1] == 2
    assert drawn()[1] == 2


@pytest.mark.parametrize("name", ["one.py", "drawn/two.py"])
def test_other_source_code_of_the_sets_draws_anew(drawn, tmp_path, monkeypatch, name):
    (tmp_path / "drawn").mkdir()
    monkeypatch.setattr(cache, "__file__", str(tmp_path / "cache.py"))
    (tmp_path / name).write_text("SIZE = 1")
    drawn()
    assert drawn()[1] == 1
    (tmp_path / name).write_text("SIZE = 2")
    assert drawn()[1] == 2


def test_a_damaged_file_is_drawn_anew_with_a_warning(drawn, tmp_path):
    drawn()
    (path,) = tmp_path.rglob("ramp-*.pt")
    path.write_bytes(b"no set")
    with pytest.warns(UserWarning, match="cannot be read and is drawn anew"):
        assert drawn()[1] == 2
    assert drawn()[1] == 2


def test_a_set_that_cannot_be_kept_is_given_all_the_same(drawn, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.warns(UserWarning, match="ramp cannot be kept for the next time"):
        dataset, _ = drawn()
    assert dataset.train.n_examples == 3


def test_a_folder_that_is_named_holds_the_real_data(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MMLEARN_DATA", raising=False)
    assert cache.data_folder() == tmp_path / "mmlearn_helpers" / "data"
    monkeypatch.setenv("MMLEARN_DATA", "~/sets")
    assert cache.data_folder() == tmp_path / "home" / "sets"
