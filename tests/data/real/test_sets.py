"""Real data sets have the published sizes, splits and values."""

from __future__ import annotations

import gzip
import io
import os
import tarfile

import numpy as np
import pytest
import torch
from scipy.io import savemat

from mmlearn_helpers import data
from mmlearn_helpers.data.real import registry, scikit

needs_real_data = pytest.mark.skipif(
    "MMLEARN_DATA" not in os.environ, reason="MMLEARN_DATA names no folder with data"
)
SHAPES = {
    "20-newsgroups": {"text": (10_938, 7_249, 2000), "label": (10_938, 7_249)},
    "binarised-mnist": {"image": (50_000, 10_000, 1, 28, 28)},
    "fashion-mnist": {"image": (60_000, 10_000, 1, 28, 28), "label": (60_000, 10_000)},
    "frey-faces": {"image": (1600, 365, 1, 28, 20)},
    "multiple-features": {
        "fac": (1600, 400, 216),
        "fou": (1600, 400, 76),
        "kar": (1600, 400, 64),
        "mor": (1600, 400, 6),
        "pix": (1600, 400, 240),
        "zer": (1600, 400, 47),
        "label": (1600, 400),
    },
    "olivetti": {"image": (320, 80, 1, 64, 64), "label": (320, 80)},
}


@pytest.fixture(scope="module", params=SHAPES)
def loaded(request):
    return data.load(request.param)


@needs_real_data
def test_a_real_set_has_the_promised_modalities_and_shapes(loaded):
    assert loaded.name in SHAPES
    for modality, (n_train, n_test, *shape) in SHAPES[loaded.name].items():
        assert loaded.train[modality].shape == (n_train, *shape)
        assert loaded.test[modality].shape == (n_test, *shape)
        kind = torch.int64 if modality == "label" else torch.float32
        assert loaded.train[modality].dtype == loaded.test[modality].dtype == kind
    assert set(loaded.train) == set(loaded.test) == set(SHAPES[loaded.name])


@needs_real_data
def test_a_real_set_names_its_source_licence_and_citation(loaded):
    for text in (loaded.about, loaded.source, loaded.licence, loaded.citation):
        assert len(text) > 2
    assert any(character.isdigit() for character in loaded.citation)
    assert len(loaded._repr_html_()) > 500


@needs_real_data
def test_pictures_fill_the_range_and_labels_have_names(loaded):
    for split in (loaded.train, loaded.test):
        if "image" in split:
            assert 0 <= split["image"].min().item() < 0.1
            assert 0.9 < split["image"].max().item() <= 1
        if "label" in split:
            n_classes = len(loaded.classes["label"])
            assert split["label"].unique().tolist() == list(range(n_classes))


@needs_real_data
@pytest.mark.parametrize("name", ["fashion-mnist", "olivetti", "frey-faces"])
def test_no_picture_is_in_both_splits(name):
    pictures = data.load(name)
    train, test = (
        {picture.tobytes() for picture in split["image"].numpy()}
        for split in (pictures.train, pictures.test)
    )
    assert not train & test


@needs_real_data
def test_fashion_mnist_has_the_published_counts_and_mean():
    fashion = data.load("fashion-mnist")
    assert torch.bincount(fashion.train["label"]).tolist() == [6000] * 10
    assert torch.bincount(fashion.test["label"]).tolist() == [1000] * 10
    assert fashion.train["image"].mean().item() == pytest.approx(0.2860, abs=5e-5)
    assert fashion.train["image"].std().item() == pytest.approx(0.3530, abs=5e-5)
    assert fashion.classes["label"][9] == "ankle boot"


@needs_real_data
def test_binarised_mnist_is_mnist_in_black_and_white():
    binarised, mnist = data.load("binarised-mnist"), data.load("mnist")
    assert binarised.train["image"].unique().tolist() == [0, 1]
    grey, white = mnist.test["image"].mean(0), binarised.test["image"].mean(0)
    assert (grey - white).abs().max() < 0.03


@needs_real_data
def test_binarised_mnist_has_a_split_for_validation():
    usual, other = data.load("binarised-mnist"), data.load("binarised-mnist", validation=True)
    assert torch.equal(usual.train["image"], other.train["image"])
    assert other.test["image"].shape == (10_000, 1, 28, 28)
    assert not torch.equal(usual.test["image"], other.test["image"])


@needs_real_data
def test_views_of_multiple_features_are_those_in_the_files():
    mfeat = data.load("multiple-features")
    assert torch.bincount(mfeat.train["label"]).tolist() == [160] * 10
    assert torch.bincount(mfeat.test["label"]).tolist() == [40] * 10
    first = torch.tensor([1, 0, 0, 133.15, 1.3117, 1620.2])
    rows = torch.cat([mfeat.train["mor"], mfeat.test["mor"]])
    labels = torch.cat([mfeat.train["label"], mfeat.test["label"]])
    (row,) = (rows == first).all(1).nonzero()[:, 0].tolist()
    assert labels[row] == 0
    assert mfeat.train["pix"].unique().tolist() == list(range(7))


@needs_real_data
def test_every_person_is_in_both_splits_of_the_faces():
    faces = data.load("olivetti")
    assert torch.bincount(faces.train["label"]).tolist() == [8] * 40
    assert torch.bincount(faces.test["label"]).tolist() == [2] * 40


@needs_real_data
def test_frames_are_in_order_and_a_random_split_would_test_on_near_copies():
    film = data.load("frey-faces")
    frames = torch.cat([film.train["image"], film.test["image"]]).flatten(1)
    shuffled = frames[torch.randperm(len(frames), generator=torch.Generator().manual_seed(0))]
    step, jump = ((x[1:] - x[:-1]).pow(2).sum(1).median() for x in (frames, shuffled))
    assert step < jump / 3
    kept, random = (
        torch.cdist(x[1600:], x[:1600]).min(1).values.pow(2).median() for x in (frames, shuffled)
    )
    assert random < kept / 2


@needs_real_data
def test_posts_hold_counts_of_words_and_none_is_empty():
    news = data.load("20-newsgroups")
    assert len(news.vocabulary) == len(set(news.vocabulary)) == 2000
    assert "the" not in news.vocabulary and "space" in news.vocabulary
    text = news.train["text"]
    assert torch.equal(text, text.round()) and (text >= 0).all()
    assert text.any(1).all() and news.test["text"].any(1).all()
    hockey = news.classes["label"].index("rec.sport.hockey")
    column = text[:, news.vocabulary.index("hockey")]
    assert column[news.train["label"] == hockey].mean() > 10 * column.mean() / 2


def test_bits_are_read_from_lines_of_text_packed_or_not(register, data_home):
    bits = np.random.default_rng(0).integers(0, 2, (3, 784))
    text = "".join(" ".join(map(str, row)) + "\n" for row in bits.tolist()).encode()
    for split, packed in {"train": True, "valid": False, "test": False}.items():
        path = register(f"binarized_mnist/binarized_mnist_{split}.amat", text)
        place = data_home / (f"{path}.gz" if packed else path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(gzip.compress(text) if packed else text)
    for validation in (False, True):
        loaded = data.load("binarised-mnist", validation=validation)
        for split in (loaded.train, loaded.test):
            assert split["image"].flatten(1).tolist() == bits.tolist()


@pytest.fixture
def faces(mirror, register, monkeypatch):
    """The archive of the Olivetti faces, made up, at a mirror; scikit-learn knows its hash."""
    from sklearn.datasets import _olivetti_faces

    file = io.BytesIO()
    savemat(file, {"faces": np.random.default_rng(0).integers(0, 256, (4096, 400), np.uint8)})
    path = register(
        "scikit_learn/olivettifaces.mat", file.getvalue(), mirror.offer("/faces", file.getvalue())
    )
    known = _olivetti_faces.FACES._replace(checksum=registry.FILES[path].sha256, url="no:thing")
    monkeypatch.setattr(_olivetti_faces, "FACES", known)
    return registry.FILES[path]


def test_scikit_learn_makes_its_file_from_what_was_fetched(faces, mirror, data_home, capsys):
    first, again = data.load("olivetti"), data.load("olivetti")
    assert first.train["image"].shape == (320, 1, 64, 64)
    assert torch.equal(first.train["image"], again.train["image"])
    assert mirror.asked == ["/faces"]
    names = {path.name for path in (data_home / "scikit_learn").iterdir()}
    assert names == {"olivettifaces.mat", "olivetti_py3.pkz"}
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("damage", [b"", b"damaged", "half"])
def test_a_damaged_file_of_scikit_learn_is_made_anew(faces, data_home, damage):
    whole = data.load("olivetti")
    place = data_home / "scikit_learn" / "olivetti_py3.pkz"
    raw = place.read_bytes()
    place.write_bytes(raw[: len(raw) // 2] if damage == "half" else damage)
    with pytest.warns(UserWarning, match=r"olivetti_py3.pkz cannot be read .* is made anew"):
        mended = data.load("olivetti")
    assert torch.equal(whole.train["image"], mended.train["image"])
    assert place.read_bytes() == raw


@pytest.mark.parametrize("name", ["olivetti", "20-newsgroups"])
def test_without_network_scikit_learns_sets_say_where_to_put_which_file(
    name, monkeypatch, data_home, tmp_path
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # where no counts are kept
    archive = registry.FILES[registry.SETS[name][0]].made_from
    sha256, url = registry.FILES[archive].sha256, "http://127.0.0.1:9/archive"
    monkeypatch.setitem(registry.FILES, archive, registry.File(sha256, (url,)))
    with pytest.raises(FileNotFoundError, match=r"could not be reached") as refusal:
        data.load(name)
    message = str(refusal.value)
    assert url in message and sha256 in message and f"put it at {data_home / archive}" in message


def test_posts_are_counted_with_words_of_the_training_posts_only(
    mirror, register, monkeypatch, data_home, tmp_path
):
    from sklearn.datasets import _twenty_newsgroups

    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for split, word in {"train": "rocket", "test": "puck"}.items():
            for i in range(25):
                body = "" if i == 3 else f"the rocket and {word}s, {word}s again in 1993"
                post = f"From: a@b\nSubject: secret\n\n{body}\n".encode()
                group = ("rec.sport.hockey", "sci.space")[i % 2]
                entry = tarfile.TarInfo(f"20news-bydate-{split}/{group}/{i}")
                entry.size = len(post)
                archive.addfile(entry, io.BytesIO(post))
    raw = file.getvalue()
    path = register("scikit_learn/20news-bydate.tar.gz", raw, mirror.offer("/news", raw))
    known = _twenty_newsgroups.ARCHIVE._replace(
        checksum=registry.FILES[path].sha256, url="no:thing"
    )
    monkeypatch.setattr(_twenty_newsgroups, "ARCHIVE", known)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    news = scikit.newsgroups()
    assert news.vocabulary == ["rocket", "rockets"]
    assert news.train["text"].tolist() == [[1, 2]] * 24
    assert news.test["text"].tolist() == [[1, 0]] * 24
    assert news.classes["label"] == ["rec.sport.hockey", "sci.space"]
    assert {p.name for p in (data_home / "scikit_learn").iterdir()} == {
        "20news-bydate.tar.gz",
        "20news-bydate_py3.pkz",
    }
