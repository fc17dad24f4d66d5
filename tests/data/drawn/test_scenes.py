"""A caption says what the picture shows."""

import math

import pytest
import torch

from mmlearn_helpers import data
from mmlearn_helpers.data.drawn.scenes import COLOURS, RADII, SHAPES

AREAS = {"circle": math.pi, "square": 1.78**2, "triangle": 1.7**2 / math.sqrt(3)}  # radius 1


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


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ("red", (0.84, 0.1, 0.11)),
        ("green", (0.1, 0.59, 0.25)),
        ("blue", (0.13, 0.33, 0.8)),
        ("yellow", (0.95, 0.8, 0.1)),
    ],
)
def test_colours_in_the_middle_of_a_thing_are_what_they_are_called(dataset, colour, expected):
    column, row = dataset.train["centre"][:, 0].floor().long().T
    seen = dataset.train["image"][torch.arange(600), :, row, column]
    these = seen[dataset.train["colour"][:, 0] == dataset.classes["colour"].index(colour)]
    assert these.amax(dim=0).tolist() == pytest.approx(expected, abs=0.01)  # in full light


def test_the_two_things_are_lit_differently_at_random(dataset):
    image, paint = dataset.train["image"], torch.tensor(list(COLOURS.values()))
    lights = []
    for k in range(2):
        column, row = dataset.train["centre"][:, k].floor().long().T
        seen = image[torch.arange(600), :, row, column]
        lights.append((seen / paint[dataset.train["colour"][:, k]]).mean(dim=1))
    light = torch.stack(lights)
    assert light.mean().item() == pytest.approx(0.95, abs=0.005)
    assert light.std(dim=1).tolist() == pytest.approx([0.1 / math.sqrt(12)] * 2, rel=0.1)
    assert light.corrcoef()[0, 1].abs() < 0.15


def covered(train, k):
    """Which share of each pixel the thing covers, by its darkest colour: ``(N, 32, 32)``."""
    centre, along = train["centre"], torch.arange(32) + 0.5
    x, y = (centre[:, :, axis, None] - along for axis in (0, 1))
    radius = torch.tensor(list(RADII.values()))[train["size"]]
    away = torch.maximum(x.abs()[:, :, None, :], y.abs()[..., None]) - radius[:, :, None, None]
    channel = torch.tensor(list(COLOURS.values()))[train["colour"][:, k]].argmin(dim=1)
    dark = 1 - train["image"][torch.arange(len(centre)), channel]
    column, row = centre[:, k].floor().long().T
    full = dark[torch.arange(len(centre)), row, column]
    return torch.where(away[:, k] < away[:, 1 - k], dark / full[:, None, None], 0.0)


@pytest.fixture(scope="module", params=[0, 1], ids=["first", "other"])
def seen(dataset, request):
    """Shape, radius, area and centre of mass of each thing, the last from where it should be."""
    train, k = dataset.train, request.param
    cover, along = covered(train, k), torch.arange(32) + 0.5
    area = cover.sum(dim=(1, 2))
    x, y = (cover.sum(dim=axis) @ along / area for axis in (1, 2))
    radius = torch.tensor(list(RADII.values()))[train["size"][:, k]]
    return train["shape"][:, k], radius, area, torch.stack([x, y], 1) - train["centre"][:, k]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("radius", RADII.values(), ids=RADII)
def test_a_thing_has_the_area_of_its_shape_and_radius(seen, shape, radius):
    shapes, radii, area, _ = seen
    these = area[(shapes == SHAPES.index(shape)) & (radii == radius)]
    assert these.mean().item() == pytest.approx(AREAS[shape] * radius**2, rel=0.03)
    assert these.std() < 0.015 * these.mean()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_triangle_stands_on_its_base_and_the_others_are_the_same_upside_down(seen, shape):
    shapes, radius, _, off = seen
    lower = 0.4 / 3 if shape == "triangle" else 0.0  # corners at -1, 0.7 and 0.7 from the centre
    relative = (off / radius[:, None])[shapes == SHAPES.index(shape)]
    expected = torch.tensor([0.0, lower]).expand_as(relative)
    torch.testing.assert_close(relative, expected, rtol=0, atol=0.04)


def test_a_square_has_corners_and_a_circle_has_none(dataset):
    train = dataset.train
    cover, along = covered(train, 0), torch.arange(32) + 0.5
    x, y = ((train["centre"][:, 0, axis, None] - along).abs() for axis in (0, 1))
    radius = torch.tensor(list(RADII.values()))[train["size"][:, 0], None, None]
    corner = (x[:, None, :] > 0.72 * radius) & (y[..., None] > 0.72 * radius)
    ink = torch.where(corner, cover, 0.0).sum(dim=(1, 2)) / radius[:, 0, 0].square()
    shape = train["shape"][:, 0]
    assert ink[shape == SHAPES.index("square")].mean() > 0.08
    assert ink[shape == SHAPES.index("circle")].mean() < 0.02


def test_nothing_touches_the_edge_or_the_other_thing(dataset):
    image = dataset.train["image"]
    for edge in (image[..., 0, :], image[..., -1, :], image[..., 0], image[..., -1]):
        assert edge.min() > 0.4
    gap = (dataset.train["centre"][:, 1] - dataset.train["centre"][:, 0]).abs().amax(dim=1)
    radius = torch.tensor(list(RADII.values()))[dataset.train["size"]].sum(dim=1)
    assert (gap >= radius + 0.99).all()


def places(dataset):
    """Where the things are from the middle, along their relation and across it: ``(N, 2)``."""
    off = dataset.train["centre"] - 16
    is_level = torch.tensor([name.endswith("of") for name in dataset.classes["relation"]])
    level = is_level[dataset.train["relation"], None]
    return (torch.where(level, off[..., i], off[..., 1 - i]) for i in (0, 1))


@pytest.mark.parametrize("relation", range(4))
def test_across_their_relation_things_are_up_to_three_pixels_off_each_by_itself(dataset, relation):
    _, across = places(dataset)
    across = across[dataset.train["relation"] == relation]
    assert across.abs().max() <= 3
    assert across.mean(dim=0).abs().max() < 0.6
    assert across.std(dim=0).tolist() == pytest.approx([6 / math.sqrt(12)] * 2, rel=0.12)
    assert across.T.corrcoef()[0, 1].abs() < 0.3


def test_along_their_relation_things_take_all_the_room_there_is(dataset):
    along, _ = places(dataset)
    radius = torch.tensor(list(RADII.values()))[dataset.train["size"]]
    low, high = (along - radius).amin(dim=1), (along + radius).amax(dim=1)
    gap = along.diff(dim=1)[:, 0].abs() - radius.sum(dim=1)
    room = 32 - 2 - 2 * radius.sum(dim=1)
    assert low.min().item() == pytest.approx(-15.5, abs=0.05)
    assert high.max().item() == pytest.approx(15.5, abs=0.05)
    assert gap.min().item() == pytest.approx(1, abs=0.05)
    assert ((gap - 1) / room).mean().item() == pytest.approx(0.25, abs=0.03)
    assert ((gap - 1) / room).max() > 0.8


def test_all_sorts_are_drawn_about_equally_often(dataset):
    for name in ("size", "colour", "shape", "relation"):
        counts = torch.bincount(dataset.train[name].flatten()).float()
        assert counts.min() > 0.75 * counts.mean()
