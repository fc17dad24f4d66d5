"""Pairs share their label, and no example or speaker is in both splits."""

from __future__ import annotations

import functools

import pytest
import torch

from mmlearn_helpers import data
from mmlearn_helpers.data import Dataset, Split, catalogue, paired

FACTS = {"about": "Made up.", "source": "here", "licence": "CC0", "citation": "none (2020)"}


def pictures(n_train=200, n_test=50, names=("0", "one", "cat"), **modalities):
    """Pictures that tell their number: those of the training split first."""
    number = torch.arange(n_train + n_test)
    whole = {"image": number.float()[:, None], "label": number % len(names)} | modalities
    return Dataset(
        name="pictures",
        train=Split({name: x[:n_train] for name, x in whole.items()}),
        test=Split({name: x[n_train:] for name, x in whole.items()}),
        classes={"label": names},
        **FACTS,
    )


def sounds(names=("cat", "1", "zero", "three"), n_speakers=6, speakers=True):
    """Recordings that tell their number, each speaker in both splits."""
    number = torch.arange(240)
    whole = {"wave": number.float()[:, None], "label": number % len(names)}
    if speakers:
        whole["speaker"] = number // len(names) % n_speakers
    return Dataset(
        name="sounds",
        train=Split({name: x[:160] for name, x in whole.items()}),
        test=Split({name: x[160:] for name, x in whole.items()}),
        classes={"label": names, "speaker": [f"speaker {i}" for i in range(n_speakers)]},
        sample_rate=8000,
        **FACTS,
    )


@pytest.fixture
def put(monkeypatch):
    def under(name, dataset):
        monkeypatch.setitem(catalogue._LOADERS, name, lambda: dataset)
        return name

    return under


@pytest.fixture
def pairs(put):
    first, second = put("pictures", pictures()), put("sounds", sounds())
    return paired(first, second, n_train=600, n_test=90)


def test_pairs_have_the_modalities_of_both_and_the_numbers_asked_for(pairs):
    assert set(pairs.train) == set(pairs.test) == {"image", "wave", "speaker", "label"}
    assert (pairs.train.n_examples, pairs.test.n_examples) == (600, 90)
    assert pairs.sample_rate == 8000
    assert pairs.classes["label"] == ["0", "1", "cat"]
    assert pairs.classes["speaker"][5] == "speaker 5"
    assert "CC0" in pairs.licence


@pytest.mark.parametrize("split", ["train", "test"])
def test_both_halves_of_a_pair_mean_the_same(pairs, split):
    pair = getattr(pairs, split)
    number = pair["wave"][:, 0].long()
    said = [("cat", "1", "0", "3")[i] for i in (number % 4).tolist()]
    seen = [pairs.classes["label"][i] for i in (pair["image"][:, 0].long() % 3).tolist()]
    meant = [pairs.classes["label"][i] for i in pair["label"].tolist()]
    assert said == seen == meant
    assert torch.equal(pair["speaker"], number // 4 % 6)


@pytest.mark.parametrize(("split", "share"), [("train", 200), ("test", 30)])
def test_all_labels_have_equal_shares_in_random_order(pairs, split, share):
    label = getattr(pairs, split)["label"]
    assert torch.bincount(label).tolist() == [share] * 3
    for lag in (1, 2, 3, 6):
        assert (label[lag:] == label[:-lag]).float().mean() < 0.5


def test_no_picture_and_no_speaker_is_in_both_splits(pairs):
    assert pairs.train["image"].max() < 200 <= pairs.test["image"].min()
    assert pairs.train["speaker"].unique().tolist() == [0, 1, 2, 3]
    assert pairs.test["speaker"].unique().tolist() == [4, 5]
    train, test = (set(split["wave"][:, 0].tolist()) for split in (pairs.train, pairs.test))
    assert not train & test
    assert max(train) >= 160, "recordings of both splits are used"


def test_partners_are_drawn_and_not_dealt_out(pairs):
    """600 draws among 200 pictures: a twentieth is never drawn, and some are drawn often."""
    counts = torch.bincount(pairs.train["image"][:, 0].long(), minlength=200)
    assert (counts == 0).sum() > 2
    assert counts.max() > 6
    assert counts.float().var(correction=0).item() == pytest.approx(3, rel=0.3)


def test_pairs_are_mixed_at_random(pairs):
    couples = set(
        zip(pairs.train["image"][:, 0].tolist(), pairs.train["wave"][:, 0].tolist(), strict=True)
    )
    assert len(couples) > 500
    assert len(set(pairs.train["image"][:, 0].tolist())) > 180


def test_without_speakers_the_splits_stay_as_they_are(put):
    second = put("sounds", sounds(speakers=False))
    pairs = paired(put("pictures", pictures()), second, n_train=300, n_test=300)
    assert pairs.train["wave"].max() < 160 <= pairs.test["wave"].min()


def test_speakers_may_be_in_the_first_set(put):
    first = put("sounds", sounds())
    pairs = paired(first, put("pictures", pictures()), n_train=300, n_test=300)
    assert not set(pairs.train["speaker"].tolist()) & set(pairs.test["speaker"].tolist())
    assert pairs.classes["label"] == ["cat", "1", "0"]
    assert pairs.sample_rate == 8000


def test_the_seed_and_nothing_else_decides(put):
    first, second = put("pictures", pictures()), put("sounds", sounds())
    torch.manual_seed(1)
    before = torch.get_rng_state()
    one, same, other = (paired(first, second, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(one.train["wave"], same.train["wave"])
    assert not torch.equal(one.train["wave"], other.train["wave"])
    assert (one.train.n_examples, one.test.n_examples) == (10_000, 2_000)


def test_a_modality_in_both_is_refused(put):
    first = put("pictures", pictures())
    with pytest.raises(ValueError, match=r"both have 'image'.*choose sets that differ"):
        paired(first, first)


def test_sets_without_labels_are_refused(put):
    full = pictures()
    bare = Dataset(
        name="bare",
        train=Split({"image": full.train["image"]}),
        test=Split({"image": full.test["image"]}),
        **FACTS,
    )
    with pytest.raises(ValueError, match=r"'bare' has no labels.*choose a set"):
        paired(put("bare", bare), put("sounds", sounds()))
    nameless = Dataset(name="nameless", train=full.train, test=full.test, **FACTS)
    with pytest.raises(ValueError, match=r"'nameless' has no labels"):
        paired(put("nameless", nameless), put("sounds", sounds()))


def test_sets_without_a_common_label_are_refused(put):
    first = put("pictures", pictures(names=("dog", "cow", "pig")))
    with pytest.raises(
        ValueError, match=r"no label in common \(dog, cow, pig … and cat, 1, zero …\)"
    ):
        paired(first, put("sounds", sounds()))


@pytest.mark.parametrize(("n_speakers", "n_held_out"), [(2, 1), (3, 1), (5, 1), (6, 2)])
def test_the_last_third_of_the_speakers_and_one_at_least_is_held_out(put, n_speakers, n_held_out):
    second = put("sounds", sounds(n_speakers=n_speakers))
    pairs = paired(put("pictures", pictures()), second, n_train=300, n_test=300)
    speakers = list(range(n_speakers))
    assert pairs.train["speaker"].unique().tolist() == speakers[:-n_held_out]
    assert pairs.test["speaker"].unique().tolist() == speakers[-n_held_out:]


def test_one_speaker_alone_is_refused(put):
    second = put("sounds", sounds(n_speakers=1))
    with pytest.raises(ValueError, match=r"'sounds' has one speaker only.*choose a set with more"):
        paired(put("pictures", pictures()), second)


def test_a_label_that_is_missing_from_a_split_is_named(put):
    first = put("pictures", pictures(n_test=1))
    with pytest.raises(ValueError, match=r"A split of 'pictures' has no example of the label"):
        paired(first, put("sounds", sounds()))


@pytest.mark.parametrize("number", ["n_train", "n_test"])
def test_a_number_below_one_is_refused(put, number):
    first, second = put("pictures", pictures()), put("sounds", sounds())
    with pytest.raises(ValueError, match=f"{number} is 0, but at least 1 is needed"):
        paired(first, second, **{number: 0})


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match="Did you mean 'mnist'"):
        paired("minst", "digits")


def test_embedded_digits_can_be_paired_with_voices(monkeypatch):
    few = functools.partial(data.loader("voices"), n_train=300, n_test=60)
    monkeypatch.setitem(catalogue._LOADERS, "voices", few)
    pairs = paired("digits", "voices", n_train=50, n_test=20)
    assert {"image", "audio", "wave", "speaker", "label"} <= set(pairs.train)
    assert pairs.classes["label"] == list("0123456789")
    assert not set(pairs.train["speaker"].tolist()) & set(pairs.test["speaker"].tolist())
