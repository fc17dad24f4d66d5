"""Glyphs have the characters, fonts and factors that they say."""

import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge

from mmlearn_helpers import data
from mmlearn_helpers.data.drawn.glyphs import CHARACTERS, FONTS, _masters, _picture


def draw(**factors):
    zero = torch.zeros(1)
    start = {"label": 0, "font": 0, "slant": zero, "weight": zero, "turn": zero, "bend": zero}
    start = start | {"place": torch.zeros(1, 2)} | factors
    start["label"], start["font"] = torch.tensor([start["label"]]), torch.tensor([start["font"]])
    return _picture(_masters("I1"), **start)[0, 0]


def centre(image):
    along = torch.arange(28) - 13.5
    return (image.sum(dim=0) @ along / image.sum(), image.sum(dim=1) @ along / image.sum())


def test_a_place_moves_the_glyph_right_and_down():
    x, y = centre(draw())
    x_moved, y_moved = centre(draw(place=torch.tensor([[2.0, -1.0]])))
    assert (x_moved - x).item() == pytest.approx(2, abs=0.05)
    assert (y_moved - y).item() == pytest.approx(-1, abs=0.05)


def test_a_slant_moves_the_top_to_the_right():
    image = draw(slant=torch.tensor([0.3]))
    top, bottom = image[:13].sum(dim=0), image[15:].sum(dim=0)
    along = torch.arange(28.0)
    assert top @ along / top.sum() > bottom @ along / bottom.sum() + 2


def test_a_weight_of_one_makes_a_stroke_one_pixel_thicker():
    plain, heavy = (draw(weight=torch.tensor([w]))[10:18].sum(dim=1) for w in (0.0, 1.0))
    assert (heavy - plain).mean().item() == pytest.approx(1, abs=0.15)


def test_every_character_has_ink_in_every_font_and_no_two_look_alike():
    ink = (_masters(CHARACTERS) > 0).flatten(2)
    assert ink.sum(dim=2).min() > 100
    for font in range(len(FONTS)):
        assert len(ink[:, font].unique(dim=0)) >= len(CHARACTERS) - 1


def test_no_ink_is_cut_off_by_the_edge_of_its_master():
    masters = _masters(CHARACTERS)
    edges = torch.cat(
        [masters[..., 0, :], masters[..., -1, :], masters[..., 0], masters[..., -1]], dim=-1
    )
    assert (edges > 0).float().mean() < 0.002


def test_characters_are_drawn_in_equal_shares():
    train = data.load("glyphs", n_train=997, n_test=3, characters="3a3b").train
    counts = torch.bincount(train["label"])
    assert counts.sum() == 997
    assert counts.max() - counts.min() <= 3
    assert data.load("glyphs", n_train=9, n_test=9, characters="b3a").classes["label"] == tuple(
        "3ab"
    )


def test_a_digit_can_be_read_and_its_weight_be_measured():
    dataset = data.load("glyphs", n_train=2000, n_test=500, characters="0123456789")
    train, test = (split["image"].flatten(1) for split in (dataset.train, dataset.test))
    reader = LogisticRegression(max_iter=2000).fit(train, dataset.train["label"])
    assert reader.score(test, dataset.test["label"]) > 0.7
    for factor in ("slant", "weight"):
        line = Ridge(10.0).fit(train, dataset.train[factor])
        assert line.score(test, dataset.test[factor]) > 0.2


@pytest.mark.parametrize("characters", ["", "é", "a b"])
def test_other_characters_are_refused(characters):
    with pytest.raises(ValueError, match="but some of '0123"):
        data.load("glyphs", characters=characters)
