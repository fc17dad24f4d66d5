"""The reader's own pictures and texts: what can be used is used, the rest is named."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from PIL import Image

from mmlearn_helpers.data import from_folder

WORDS = ["red", "green", "blue", "grey"]


@pytest.fixture
def folders(tmp_path):
    """Ten plain pictures, each with a text that tells its number and its shade."""
    images, texts = tmp_path / "images", tmp_path / "texts"
    images.mkdir()
    texts.mkdir()
    for i in range(10):
        Image.new("RGB", (40, 30), (20 * i, 0, 255)).save(images / f"p{i}.png")
        text = f"A {WORDS[i % 4]} picture, picture number{i}."
        (texts / f"p{i}.txt").write_text(text, encoding="utf-8")
    return images, texts


@pytest.fixture
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def all_names(loaded):
    order = torch.cat([loaded.train["name"], loaded.test["name"]])
    return [loaded.classes["name"][i] for i in order.tolist()]


def test_pictures_and_texts_are_matched_by_name(folders, quiet):
    own = from_folder(*folders, size=(6, 8))
    assert own.train["image"].shape == (8, 3, 6, 8)
    assert own.test["image"].shape == (2, 3, 6, 8)
    assert sorted(all_names(own)) == [f"p{i}" for i in range(10)]
    for split in (own.train, own.test):
        for picture, text, name in zip(*split.values(), strict=True):
            i = int(own.classes["name"][name][1:])
            colour = torch.tensor([20 * i / 255, 0, 1])
            assert torch.allclose(picture, colour[:, None, None].expand(3, 6, 8))
            counts = dict(zip(own.vocabulary, text.tolist(), strict=True))
            assert counts["picture"] == 2
            assert counts[WORDS[i % 4]] == 1


def test_pictures_keep_their_sides_and_names_their_order(folders):
    images, texts = folders
    ramp = np.linspace(0, 255, 40).astype(np.uint8)
    for path in images.iterdir():
        Image.fromarray(np.tile(ramp, (30, 1))).save(path)
    own = from_folder(images, texts, size=(3, 10), colour=False)
    picture = own.train["image"][0, 0]
    assert picture.shape == (3, 10)
    assert torch.equal(picture[0], picture[2])
    expected = torch.linspace(0, 1, 40).reshape(10, 4).mean(dim=1)
    torch.testing.assert_close(picture[1], expected, rtol=0, atol=0.03)
    for split in (own.train, own.test):
        assert split["name"].tolist() == sorted(split["name"].tolist())


def test_the_vocabulary_is_that_of_the_training_texts(folders):
    own = from_folder(*folders)
    train, test = (
        {f"number{own.classes['name'][i][1:]}" for i in split["name"]}
        for split in (own.train, own.test)
    )
    assert train <= set(own.vocabulary)
    assert not test & set(own.vocabulary)
    assert len(from_folder(*folders, n_words=3).vocabulary) == 3


def test_grey_pictures_have_one_channel_and_one_number_is_both_sizes(folders):
    own = from_folder(*folders, size=5, colour=False)
    assert own.train["image"].shape == (8, 1, 5, 5)
    assert own.train["image"].is_contiguous()
    assert own.train["image"].min() >= 0 and own.train["image"].max() <= 1


def test_the_split_depends_on_the_seed_alone(folders):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    one, same, other = (from_folder(*folders, seed=seed) for seed in (0, 0, 3))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(one.test["name"], same.test["name"])
    assert not torch.equal(one.test["name"], other.test["name"])


@pytest.mark.parametrize(("share", "n_test"), [(0.01, 1), (0.5, 5), (0.99, 9)])
def test_both_splits_have_an_example_at_least(folders, share, n_test):
    own = from_folder(*folders, test_share=share)
    assert (own.train.n_examples, own.test.n_examples) == (10 - n_test, n_test)


def test_pictures_and_texts_may_lie_in_one_folder(folders, quiet):
    images, texts = folders
    for path in texts.iterdir():
        path.rename(images / path.name)
    assert len(all_names(from_folder(images, images))) == 10


def test_pictures_of_any_kind_are_read_upright(folders):
    images, texts = folders
    black, palette = Image.new("1", (9, 9)), Image.new("P", (9, 9))
    black.save(images / "black.bmp")
    palette.save(images / "palette.gif")
    lying = Image.fromarray(np.uint8([[255, 0], [255, 0]]))  # white on the left
    orientation = lying.getexif()
    orientation[274] = 6  # to be turned by 90 degrees clockwise
    lying.save(images / "lying.png", exif=orientation)
    for name in ("black", "palette", "lying"):
        (texts / f"{name}.txt").write_text("some words")
    own = from_folder(images, texts, size=2, colour=False)
    names = all_names(own)
    image = torch.cat([own.train["image"], own.test["image"]])
    assert image[names.index("lying")].tolist() == [[[1, 1], [0, 0]]]
    assert not image[names.index("black")].any()


def test_letters_that_are_written_in_two_ways_match(folders, quiet):
    images, texts = folders
    (images / "p0.png").rename(images / "caf\u00e9.png")
    (texts / "p0.txt").rename(texts / "cafe\u0301.txt")
    assert "caf\u00e9" in all_names(from_folder(images, texts))


def spoil_picture(images, texts):
    (images / "p3.png").write_bytes(b"no picture")


def halve_picture(images, texts):
    Image.effect_noise((300, 300), 50).save(images / "p3.png")
    raw = (images / "p3.png").read_bytes()
    (images / "p3.png").write_bytes(raw[: len(raw) // 2])


def empty_picture(images, texts):
    (images / "p3.png").write_bytes(b"")


def spoil_text(images, texts):
    (texts / "p3.txt").write_bytes("café".encode("latin-1"))


def empty_text(images, texts):
    (texts / "p3.txt").write_bytes(b"")


def blank_text(images, texts):
    (texts / "p3.txt").write_text(" \n\t")


def lose_text(images, texts):
    (texts / "p3.txt").unlink()


def lose_picture(images, texts):
    (images / "p3.png").unlink()


def deepen_picture(images, texts):
    Image.fromarray(np.full((5, 5), 40_000, np.uint16)).save(images / "p3.png")


def double_picture(images, texts):
    (images / "p3.jpg").write_bytes((images / "p3.png").read_bytes())


def double_text(images, texts):
    (texts / "p3.md").write_text("another text")


FAULTS = {
    spoil_picture: r"p3.png \(not a readable picture\)",
    halve_picture: r"p3.png \(not a readable picture\)",
    empty_picture: r"p3.png \(not a readable picture\)",
    deepen_picture: r"p3.png \(more than 8 bits a pixel; save it with 8\)",
    spoil_text: r"p3.txt \(not written in UTF-8\)",
    empty_text: r"p3.txt \(empty\)",
    blank_text: r"p3.txt \(empty\)",
    lose_text: r"p3.png \(there is no text of that name\)",
    lose_picture: r"p3.txt \(there is no picture of that name\)",
    double_picture: r"p3.png \(p3.jpg has the same name\); p3.jpg \(it is not clear",
    double_text: r"p3.txt \(p3.md has the same name\); p3.md \(it is not clear",
}


@pytest.mark.parametrize("spoil", FAULTS, ids=lambda spoil: spoil.__name__)
def test_what_cannot_be_used_is_named_and_the_rest_is_used(folders, spoil):
    spoil(*folders)
    with pytest.warns(UserWarning, match=FAULTS[spoil]) as caught:
        own = from_folder(*folders)
    assert len(caught) == 1
    assert sorted(all_names(own)) == [f"p{i}" for i in range(10) if i != 3]


def test_hidden_files_and_other_kinds_are_named_in_one_warning(folders):
    images, texts = folders
    (images / ".DS_Store").write_bytes(b"x")
    (images / "notes.docx").write_bytes(b"x")
    (texts / ".p1.txt").write_text("hidden")
    (texts / "folder").mkdir()
    with pytest.warns(UserWarning) as caught:
        own = from_folder(*folders)
    (message,) = [str(warning.message) for warning in caught]
    for part in (".DS_Store (hidden)", ".p1.txt (hidden)", "notes.docx (it ends in none of .bmp"):
        assert part in message
    assert len(all_names(own)) == 10


@pytest.mark.parametrize("same", [False, True])
def test_all_files_without_their_other_half_are_named_in_one_warning(folders, same):
    images, texts = folders
    for i in (1, 4):
        (texts / f"p{i}.txt").unlink()
    for i in (2, 7):
        (images / f"p{i}.png").unlink()
    if same:
        for path in texts.iterdir():
            path.rename(images / path.name)
    with pytest.warns(UserWarning) as caught:
        own = from_folder(images, images if same else texts)
    (message,) = [str(warning.message) for warning in caught]
    lonely = [f"p{i}.png (there is no text of that name)" for i in (1, 4)]
    lonely += [f"p{i}.txt (there is no picture of that name)" for i in (2, 7)]
    assert message == f"Not used: {'; '.join(lonely)}."
    assert sorted(all_names(own)) == [f"p{i}" for i in (0, 3, 5, 6, 8, 9)]


def test_a_missing_folder_is_refused(folders):
    with pytest.raises(ValueError, match=r"There is no folder .*nowhere; check the name"):
        from_folder(folders[0], folders[1] / "nowhere")


def test_an_empty_folder_is_refused(folders, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"empty holds no file that ends in .bmp, .*put some"):
        from_folder(tmp_path / "empty", folders[1])


def test_if_nothing_usable_is_left_everything_is_named(folders):
    for path in folders[1].iterdir():
        path.write_bytes(b"")
    with pytest.raises(ValueError, match=r"0 pairs .* two are needed .* p0.txt \(empty\); p1"):
        from_folder(*folders)


def test_texts_without_words_are_refused(folders):
    for path in folders[1].iterdir():
        path.write_text("? ! .")
    with pytest.raises(ValueError, match=r"hold no word of two or more letters.*put words"):
        from_folder(*folders)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("size", 0, "at least 1 is needed"),
        ("size", (3, 4, 5), "height and the width"),
        ("n_words", 0, "at least 1 is needed"),
        ("test_share", 0, "a share between 0 and 1"),
        ("test_share", 1.0, "a share between 0 and 1"),
    ],
)
def test_impossible_options_are_refused(folders, option, value, said):
    with pytest.raises(ValueError, match=f"{option} is .*{said}"):
        from_folder(*folders, **{option: value})
