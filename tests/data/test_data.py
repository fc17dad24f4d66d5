"""Data sets have the promised shapes, ranges and splits, and say what is missing."""

import copy
import dataclasses
import gzip
import hashlib
import os
import pickle
import struct
import warnings

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from mmlearn_helpers import data
from mmlearn_helpers.data.cache import data_folder
from mmlearn_helpers.data.real import registry

FILES = [
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
]

needs_real_data = pytest.mark.skipif(
    "MMLEARN_DATA" not in os.environ, reason="MMLEARN_DATA names no folder with data"
)


def write_idx(path, array):
    header = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(header + array.astype(np.uint8).tobytes()))


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    arrays = {
        FILES[0]: rng.integers(0, 256, (300, 2, 5)),
        FILES[1]: rng.integers(0, 10, 300),
        FILES[2]: rng.integers(0, 256, (7, 2, 5)),
        FILES[3]: rng.integers(0, 10, 7),
    }
    folder = tmp_path / "mnist"
    folder.mkdir()
    for name, array in arrays.items():
        write_idx(folder / name, array)
        sha256 = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        monkeypatch.setitem(registry.FILES, f"mnist/{name}", registry.File(sha256))
    monkeypatch.setenv("MMLEARN_DATA", str(tmp_path))
    return folder, arrays


@pytest.fixture(scope="module")
def digits():
    return data.load("digits")


@pytest.fixture(scope="module")
def mnist():
    return data.load("mnist")


def test_names_are_in_alphabetical_order():
    assert data.names() == sorted(data.names())
    assert {"digits", "mnist"} <= set(data.names())


@pytest.mark.parametrize(
    ("name", "near"),
    [("digit", "digits"), ("minst", "mnist"), ("MNIST", "mnist")],
)
def test_an_unknown_name_is_answered_with_the_nearest(name, near):
    with pytest.raises(ValueError, match=f"no data set '{name}'.*Did you mean '{near}'"):
        data.load(name)


@pytest.mark.parametrize("name", ["", "zebra"])
def test_a_name_near_to_none_is_answered_with_all_names(name):
    with pytest.raises(
        ValueError, match=r"Known sets: 20-newsgroups, .*digits, .*mnist"
    ) as refusal:
        data.load(name)
    assert "Did you mean" not in str(refusal.value)


@pytest.mark.parametrize(("split", "n"), [("train", 1437), ("test", 360)])
def test_digits_have_the_promised_shapes(digits, split, n):
    examples = getattr(digits, split)
    assert examples["image"].shape == (n, 1, 8, 8)
    assert examples["image"].dtype == torch.float32
    assert examples["label"].shape == (n,)
    assert examples["label"].dtype == torch.int64


@pytest.mark.parametrize("split", ["train", "test"])
def test_digits_fill_the_range_from_0_to_1(digits, split):
    image = getattr(digits, split)["image"]
    assert image.min() == 0
    assert image.max() == 1


@pytest.mark.parametrize("split", ["train", "test"])
def test_digits_are_the_same_on_each_call(digits, split):
    again = getattr(data.load("digits"), split)
    for modality, tensor in getattr(digits, split).items():
        assert torch.equal(tensor, again[modality])


def test_digits_do_not_depend_on_the_random_state_nor_change_it(digits):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    again = data.load("digits")
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(again.train["label"], digits.train["label"])


def test_changing_loaded_digits_does_not_change_the_next_that_are_loaded(digits):
    changed = data.load("digits")
    changed.train["image"].zero_()
    assert torch.equal(data.load("digits").train["image"], digits.train["image"])


def test_digits_to_train_and_to_test_do_not_overlap(digits):
    train, test = (
        {image.numpy().tobytes() for image in split["image"]}
        for split in (digits.train, digits.test)
    )
    assert not train & test


def test_digits_are_all_those_of_scikit_learn_each_with_its_label(digits):
    raw = load_digits()
    expected = sorted(
        (*image.ravel(), label) for image, label in zip(raw.images, raw.target, strict=True)
    )
    image = torch.cat([digits.train["image"], digits.test["image"]]).flatten(1) * 16
    label = torch.cat([digits.train["label"], digits.test["label"]])
    found = sorted((*row, digit) for row, digit in zip(image.tolist(), label.tolist(), strict=True))
    assert found == expected


def test_every_digit_has_the_same_share_in_both_splits(digits):
    counts = {
        split: torch.bincount(getattr(digits, split)["label"], minlength=10)
        for split in ("train", "test")
    }
    assert counts["train"].shape == counts["test"].shape == (10,)
    expected = (counts["train"] + counts["test"]) * 360 / 1797
    assert (counts["test"] - expected).abs().max() < 1


def test_a_data_set_names_where_it_comes_from(digits):
    assert digits.name == "digits"
    assert "UCI" in digits.source
    assert "CC BY" in digits.licence
    assert "Alpaydin" in digits.citation


def test_a_data_set_cannot_be_given_another_split(digits):
    with pytest.raises(dataclasses.FrozenInstanceError):
        digits.train = digits.test


def test_a_data_set_prints_as_its_name(digits):
    assert repr(digits) == "Dataset(name='digits')"


@pytest.mark.parametrize(("split", "images"), [("train", FILES[0]), ("test", FILES[2])])
def test_pictures_are_read_from_idx_files_and_divided_by_255(made_up, split, images):
    image = getattr(data.load("mnist"), split)["image"]
    expected = made_up[1][images][:, None] / 255
    assert image.dtype == torch.float32
    assert image.shape == expected.shape
    np.testing.assert_allclose(image.numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize(("split", "labels"), [("train", FILES[1]), ("test", FILES[3])])
def test_labels_are_read_from_idx_files(made_up, split, labels):
    label = getattr(data.load("mnist"), split)["label"]
    assert label.dtype == torch.int64
    assert label.tolist() == made_up[1][labels].tolist()


@pytest.fixture
def repeated_warnings():
    before = torch.is_warn_always_enabled()
    torch.set_warn_always(True)
    yield
    torch.set_warn_always(before)


def test_tensors_that_were_read_can_be_changed_without_a_warning(made_up, repeated_warnings):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded = data.load("mnist")
        loaded.train["image"].zero_()
        loaded.train["label"].zero_()


@pytest.mark.parametrize("value", [None, ""])
def test_without_the_environment_variable_the_message_says_how_to_set_it(
    monkeypatch, tmp_path, value
):
    if value is None:
        monkeypatch.delenv("MMLEARN_DATA", raising=False)
    else:
        monkeypatch.setenv("MMLEARN_DATA", value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(registry.FILES, f"mnist/{FILES[0]}", registry.File("0" * 64))
    with pytest.raises(FileNotFoundError, match=r"or let .* MMLEARN_DATA name a folder") as refusal:
        data.load("mnist")
    place = tmp_path / "mmlearn_helpers" / "data" / "mnist" / FILES[0]
    assert f"put it at {place}" in str(refusal.value)


@pytest.mark.parametrize("missing", [FILES[0], FILES[3]])
def test_a_file_that_is_missing_is_named_with_its_folder(made_up, missing):
    path = made_up[0] / missing
    path.unlink()
    with pytest.raises(FileNotFoundError, match=f"The file mnist/{missing} is needed") as refusal:
        data.load("mnist")
    assert f"put it at {path}" in str(refusal.value)


@needs_real_data
@pytest.mark.parametrize(("split", "n"), [("train", 60_000), ("test", 10_000)])
def test_mnist_has_the_promised_shapes_and_range(mnist, split, n):
    examples = getattr(mnist, split)
    assert examples["image"].shape == (n, 1, 28, 28)
    assert examples["image"].min() == 0
    assert examples["image"].max() == 1
    assert examples["label"].shape == (n,)


@needs_real_data
@pytest.mark.parametrize(
    ("split", "counts"),
    [
        ("train", [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]),
        ("test", [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]),
    ],
)
def test_mnist_has_the_published_number_of_every_digit(mnist, split, counts):
    assert torch.bincount(getattr(mnist, split)["label"]).tolist() == counts


@needs_real_data
def test_mnist_has_the_well_known_mean_and_deviation(mnist):
    image = mnist.train["image"]
    assert image.mean().item() == pytest.approx(0.1307, abs=5e-5)
    assert image.std().item() == pytest.approx(0.3081, abs=5e-5)


@pytest.mark.parametrize("content", [b"", b"some text", [1], {"train": 3, "test": 4}, {"a": 1}])
def test_a_kept_set_that_is_something_else_is_drawn_anew(tmp_path, monkeypatch, content):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = data.load("moons", n_train=3, n_test=2)
    (kept,) = tmp_path.rglob("moons-*.pt")
    if isinstance(content, bytes):
        kept.write_bytes(content)
    else:
        torch.save(content, kept)
    with pytest.warns(UserWarning, match=r"cannot be read and is drawn anew"):
        again = data.load("moons", n_train=3, n_test=2)
    assert torch.equal(again.train["image"], first.train["image"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data.load("moons", n_train=3, n_test=2)


def test_a_data_set_can_be_compared_kept_and_copied(digits):
    other = data.load("digits")
    assert digits == digits and digits != other
    assert {digits: "seen"}.get(other) is None
    for copied in (pickle.loads(pickle.dumps(digits)), copy.deepcopy(digits)):
        assert type(copied.train) is data.Split
        assert torch.equal(copied.test["image"], digits.test["image"])
    assert dataclasses.asdict(digits)["train"].n_examples == 1437


def test_a_tilde_in_the_folder_of_the_data_is_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MMLEARN_DATA", "~/sets")
    assert data_folder() == tmp_path / "sets"
