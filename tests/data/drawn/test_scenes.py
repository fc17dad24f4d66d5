"""A caption says what the picture shows."""

import pytest
import torch

from mmlearn_helpers import data
from mmlearn_helpers.data.drawn.scenes import COLOURS, RADII


@pytest.fixture(scope="module")
def dataset():
    return data.load("scenes", n_train=600, n_test=50)


def test_a_caption_names_sizes_colours_shapes_and_relation(dataset):
    train, classes = dataset.train, dataset.classes
    for i, caption in enumerate(dataset.words(train["text"])):
        parts = [
            f"a {classes['size'][train['size'][i, k]]} {classes['colour'][train['colour'][i, k]]} "
            f"{classes['shape'][train['shape'][i, k]]}"
            for k in range(2)
        ]
        assert caption == f"{parts[0]} {classes['relation'][train['relation'][i]]} {parts[1]}"


def test_the_gaps_of_a_caption_come_last(dataset):
    empty = dataset.train["text"] == 0
    assert (empty.int().diff(dim=1) >= 0).all()
    assert set((~empty).sum(dim=1).tolist()) == {9, 10}


def test_the_relation_holds_in_the_picture(dataset):
    train = dataset.train
    dx, dy = (train["centre"][:, 1] - train["centre"][:, 0]).T
    names = [dataset.classes["relation"][i] for i in train["relation"]]
    holds = {"left of": dx > 0, "right of": dx < 0, "above": dy > 0, "below": dy < 0}
    clear = {"left of": dx.abs() > dy.abs(), "above": dy.abs() > dx.abs()}
    clear |= {"right of": clear["left of"], "below": clear["above"]}
    for i, name in enumerate(names):
        assert holds[name][i]
        assert clear[name][i]


def test_each_thing_has_its_colour_at_its_centre(dataset):
    train = dataset.train
    for k in range(2):
        column, row = train["centre"][:, k].floor().long().T
        seen = train["image"][torch.arange(600), :, row, column]
        paint = torch.tensor(list(COLOURS.values()))[train["colour"][:, k]]
        light = (seen * paint).sum(dim=1) / paint.square().sum(dim=1)
        torch.testing.assert_close(seen, light[:, None] * paint, atol=0.02, rtol=0)
        assert light.min() > 0.89
        assert light.max() < 1.01


def test_a_large_circle_has_the_area_of_its_radius(dataset):
    train = dataset.train
    ink = (1 - train["image"].amin(dim=1)).gt(0.3).flatten(1).sum(dim=1)
    both_circles = (train["shape"] == 0).all(dim=1)
    radius = torch.tensor(list(RADII.values()))[train["size"]]
    expected = torch.pi * radius.square().sum(dim=1)
    torch.testing.assert_close(ink[both_circles].float(), expected[both_circles], atol=12, rtol=0.1)


def test_nothing_touches_the_edge_or_the_other_thing(dataset):
    image = dataset.train["image"]
    for edge in (image[..., 0, :], image[..., -1, :], image[..., 0], image[..., -1]):
        assert edge.min() > 0.4
    gap = (dataset.train["centre"][:, 1] - dataset.train["centre"][:, 0]).abs().amax(dim=1)
    radius = torch.tensor(list(RADII.values()))[dataset.train["size"]].sum(dim=1)
    assert (gap >= radius + 0.99).all()


def test_all_sorts_are_drawn_about_equally_often(dataset):
    for name in ("size", "colour", "shape", "relation"):
        counts = torch.bincount(dataset.train[name].flatten()).float()
        assert counts.min() > 0.75 * counts.mean()
