"""Figures show every picture in its place, in the promised colours."""

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.offsetbox import AnnotationBbox

from mmlearn_helpers import plots
from mmlearn_helpers.training.history import History

pytestmark = pytest.mark.filterwarnings("error")

OKABE_ITO = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky blue": "#56B4E9",
    "bluish green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "reddish purple": "#CC79A7",
}


@pytest.fixture(autouse=True)
def figures():
    plt.switch_backend("agg")
    with mpl.rc_context():
        yield
    plt.close("all")


def pictures(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def shown(axes):
    (image,) = axes.images
    return image.get_array()


def windows(array, n_rows, n, height, width):
    """Cut the picture of each row and column out of the canvas."""
    down = (array.shape[0] - n_rows * height) // max(1, n_rows - 1) + height
    right = (array.shape[1] - n * width) // max(1, n - 1) + width
    for row in range(n_rows):
        for column in range(n):
            top, left = row * down, column * right
            yield row, column, array[top : top + height, left : left + width]


def thumbnails(axes):
    return [artist for artist in axes.artists if isinstance(artist, AnnotationBbox)]


def ink(thumbnail):
    image = thumbnail.offsetbox.get_children()[0]
    return 1 - image.to_rgba(image.get_array())[:, :, :3].mean(axis=2)


def test_the_palette_is_that_of_okabe_and_ito_without_yellow():
    assert len(plots.PALETTE) == 7
    assert set(plots.PALETTE) == set(OKABE_ITO.values()) - {OKABE_ITO["yellow"]}


def test_lines_are_drawn_in_the_colours_of_the_palette_in_order():
    plots.use_style()
    _, axes = plt.subplots()
    lines = [axes.plot([0, 1])[0].get_color() for _ in plots.PALETTE]
    assert lines == list(plots.PALETTE)


def test_the_style_draws_a_figure():
    plots.use_style()
    figure, axes = plt.subplots()
    axes.plot([0, 1], label="a line")
    axes.legend()
    figure.canvas.draw()


@pytest.mark.parametrize(
    ("shapes", "named"),
    [
        ([], r"\[\]"),
        ([(2, 3, 3), (3, 3, 3)], r"\(2, 3, 3\), \(3, 3, 3\)"),
        ([(2, 3, 3), (3, 3)], r"\(2, 3, 3\), \(3, 3\)"),
    ],
)
def test_rows_without_one_common_shape_are_refused_with_their_shapes(shapes, named):
    rows = {str(i): torch.ones(shape) for i, shape in enumerate(shapes)}
    with pytest.raises(ValueError, match=rf"{named}.* one shape \(N, H, W\) for all"):
        plots.picture_rows(rows)
    assert not plt.get_fignums()


@pytest.mark.parametrize(
    ("n_rows", "n", "diverging"), [(1, 1, False), (5, 3, True), (2, 60, False)]
)
def test_rows_of_any_number_and_length_are_drawn(n_rows, n, diverging):
    rows = {f"row {i}": pictures(n, 8, 8, seed=i) for i in range(n_rows)}
    axes = plots.picture_rows(rows, diverging=diverging)
    assert isinstance(axes, Axes)
    axes.figure.canvas.draw()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 30)])
def test_every_picture_stands_in_its_row_and_column(height, width):
    rows = {f"row {i}": pictures(4, height, width, seed=i) for i in range(3)}
    array = shown(plots.picture_rows(rows))
    for row, column, window in windows(array, 3, 4, height, width):
        assert np.array_equal(window, rows[f"row {row}"][column].numpy())


@pytest.mark.parametrize("diverging", [False, True])
def test_only_the_gaps_between_pictures_are_left_out(diverging):
    rows = {name: pictures(4, 6, 5, seed=i) for i, name in enumerate("ab")}
    array = np.ma.masked_invalid(shown(plots.picture_rows(rows, diverging=diverging)))
    assert array.count() == 2 * 4 * 6 * 5
    assert not any(window.mask.any() for *_, window in windows(array, 2, 4, 6, 5))


@pytest.mark.parametrize("diverging", [False, True])
def test_a_single_picture_fills_the_canvas(diverging):
    array = shown(plots.picture_rows({"one": pictures(1, 8, 6)}, diverging=diverging))
    assert array.shape == (8, 6)
    assert np.isfinite(array).all()


@pytest.mark.parametrize("side", [8, 28])
def test_every_row_has_its_name_at_its_left(side):
    names = ["original", "by PCA", "by the deep one"]
    axes = plots.picture_rows({name: pictures(2, side, side) for name in names})
    assert [label.get_text() for label in axes.get_yticklabels()] == names
    pitch = (shown(axes).shape[0] - side) / 2
    for row, tick in enumerate(axes.get_yticks()):
        assert row * pitch < tick + 0.5 < row * pitch + side


def test_0_is_white_1_is_black_and_values_outside_are_clipped():
    (image,) = plots.picture_rows({"a": pictures(1, 2, 2)}).images
    colours = image.to_rgba(np.array([[0.0, 1.0, -5.0, 5.0]]))[0, :, :3]
    np.testing.assert_array_equal(colours, [[1] * 3, [0] * 3, [1] * 3, [0] * 3])


def test_values_between_0_and_1_are_drawn_as_the_grey_level_that_is_left():
    values = torch.linspace(0, 1, 21).reshape(1, 3, 7)
    (image,) = plots.picture_rows({"a": values}).images
    grey = image.to_rgba(image.get_array())[:, :, :3]
    np.testing.assert_allclose(grey, 1 - values[0, :, :, None].expand(3, 7, 3), atol=1 / 255)


def test_a_faint_picture_stays_faint_beside_a_strong_one():
    rows = {"a": torch.stack([torch.full((4, 4), 0.1), torch.ones(4, 4)])}
    (image,) = plots.picture_rows(rows).images
    grey = image.to_rgba(image.get_array())[:, :, 0]
    assert (grey[:, :4] > 0.9).all()
    assert (grey[:, -4:] == 0).all()


def test_diverging_pictures_are_each_divided_by_their_largest_magnitude():
    rows = {name: pictures(3, 4, 5, seed=i) * 10**i - 0.3 for i, name in enumerate("ab")}
    array = shown(plots.picture_rows(rows, diverging=True))
    for row, column, window in windows(array, 2, 3, 4, 5):
        picture = rows["ab"[row]][column].numpy()
        np.testing.assert_allclose(window, picture / np.abs(picture).max(), rtol=1e-6)


def test_a_diverging_picture_of_zeros_is_drawn_as_zeros_beside_another():
    rows = {"a": torch.stack([torch.zeros(3, 4), pictures(3, 4)])}
    array = shown(plots.picture_rows(rows, diverging=True))
    (_, _, zeros), (_, _, other) = windows(array, 1, 2, 3, 4)
    assert (np.ma.masked_invalid(zeros).filled(9) == 0).all()
    assert other.max() == 1


def test_zero_is_nearly_white_in_diverging_pictures_and_signs_are_told_apart():
    (image,) = plots.picture_rows({"a": pictures(1, 2, 2)}, diverging=True).images
    zero, plus, minus = image.to_rgba(np.array([[0.0, 1.0, -1.0]]))[0, :, :3]
    assert zero.min() > 0.95
    assert plus.max() < 0.5
    assert minus.max() < 0.5
    assert np.abs(plus - minus).max() > 0.25


@pytest.mark.parametrize("diverging", [False, True])
@pytest.mark.parametrize(
    "x",
    [
        pictures(2, 3, 4).double(),
        pictures(2, 3, 4).half(),
        pictures(2, 3, 4).requires_grad_(),
        pictures(4, 3, 2).permute(2, 1, 0),
        torch.ones(2, 3, 4, dtype=torch.uint8),
    ],
    ids=["float64", "float16", "with gradient", "not contiguous", "integers"],
)
def test_pictures_of_every_kind_are_drawn_and_left_as_they_were(x, diverging):
    before = x.detach().clone()
    axes = plots.picture_rows({"a": x}, diverging=diverging)
    axes.figure.canvas.draw()
    assert torch.equal(x.detach(), before)


@pytest.mark.parametrize(
    ("codes", "labels", "images"),
    [
        ((5, 3), (5,), (5, 4, 4)),
        ((5,), (5,), (5, 4, 4)),
        ((4, 2), (5,), (5, 4, 4)),
        ((5, 2), (4,), (5, 4, 4)),
        ((5, 2), (5, 1), (5, 4, 4)),
        ((5, 2), (5,), (4, 4, 4)),
        ((5, 2), (5,), (5, 1, 4, 4)),
        ((5, 2), (5,), (5, 16)),
        ((0, 2), (0,), (0, 4, 4)),
    ],
)
def test_codes_labels_and_pictures_that_do_not_fit_are_refused(codes, labels, images):
    words = r"do not fit; \(N, 2\), \(N,\) and \(N, H, W\) are expected"
    with pytest.raises(ValueError, match=words) as refusal:
        plots.code_map(torch.ones(codes), torch.ones(labels).long(), torch.ones(images))
    assert f"codes {codes}, labels {labels} and pictures {images}" in str(refusal.value)
    assert not plt.get_fignums()


@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_codes_that_are_not_finite_are_refused(value):
    codes = pictures(5, 2)
    codes[3, 1] = value
    with pytest.raises(ValueError, match="codes are NaN or infinite; leave those examples out"):
        plots.code_map(codes, torch.arange(5), pictures(5, 4, 4))
    assert not plt.get_fignums()


def code_map(n, codes=None, images=None):
    codes = pictures(n, 2) if codes is None else codes
    labels = (3 + 7 * torch.arange(n)) % 10
    images = pictures(n, 6, 5, seed=1) if images is None else images
    axes = plots.code_map(codes, labels, images)
    axes.figure.canvas.draw()
    return axes, codes, labels, images


@pytest.mark.parametrize("n", [1, 500])
def test_every_code_is_a_point_in_its_place(n):
    axes, codes, *_ = code_map(n)
    assert isinstance(axes, Axes)
    np.testing.assert_allclose(axes.collections[0].get_offsets(), codes.numpy(), rtol=1e-6)


def test_every_label_has_one_colour_whichever_labels_are_present():
    axes, _, labels, _ = code_map(20)
    for rgba, label in zip(axes.collections[0].get_facecolors(), labels, strict=True):
        assert tuple(rgba[:3]) == to_rgb(f"C{label}")
    for label in (0, 7):
        few = plots.code_map(pictures(3, 2), torch.full((3,), label), pictures(3, 4, 4))
        few.figure.canvas.draw()
        assert tuple(few.collections[0].get_facecolors()[0][:3]) == to_rgb(f"C{label}")


def test_every_thumbnail_shows_a_picture_at_its_code_in_the_colour_of_its_label():
    axes, codes, labels, images = code_map(50)
    for thumbnail in thumbnails(axes):
        row = int((codes - torch.tensor(thumbnail.xy)).norm(dim=1).argmin())
        np.testing.assert_allclose(thumbnail.xy, codes[row], rtol=1e-6)
        np.testing.assert_allclose(ink(thumbnail), images[row], atol=1 / 255)
        assert to_rgb(thumbnail.patch.get_edgecolor()) == to_rgb(f"C{labels[row]}")


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_a_thumbnail_of_one_value_is_as_dark_as_that_value(value):
    axes, *_ = code_map(1, images=torch.full((1, 4, 4), value))
    (thumbnail,) = thumbnails(axes)
    np.testing.assert_allclose(ink(thumbnail), np.full((4, 4), value), atol=1 / 255)


@pytest.mark.parametrize(("n", "most"), [(30, 30), (2000, 60)])
def test_the_pictures_are_those_of_codes_spread_out_and_at_most_60(n, most):
    axes, codes, *_ = code_map(n)
    places = [tuple(thumbnail.xy) for thumbnail in thumbnails(axes)]
    assert places == [tuple(codes[row].tolist()) for row in plots.spread_out(codes, 60)]
    assert len(places) == len(set(places)) <= most
    assert n < 60 or len(places) == 60


def test_few_codes_far_apart_are_all_drawn_as_pictures():
    corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    axes, *_ = code_map(4, corners)
    assert sorted(tuple(t.xy) for t in thumbnails(axes)) == sorted(map(tuple, corners.tolist()))


@pytest.mark.parametrize("value", [0.0, -1e3])
def test_codes_that_are_all_identical_are_drawn_as_one_picture(value):
    axes, *_ = code_map(30, torch.full((30, 2), value))
    assert len(thumbnails(axes)) == 1


def test_a_single_example_is_drawn_as_its_picture():
    axes, codes, _, images = code_map(1)
    (thumbnail,) = thumbnails(axes)
    np.testing.assert_allclose(thumbnail.xy, codes[0], rtol=1e-6)
    np.testing.assert_allclose(ink(thumbnail), images[0], atol=1 / 255)


@pytest.mark.parametrize("unit", [0.0, 3.0])
def test_one_code_unit_that_is_always_the_same_still_gives_a_map(unit):
    codes = pictures(30, 2)
    codes[:, 1] = unit
    axes, *_ = code_map(30, codes)
    assert len(thumbnails(axes)) > 5


@pytest.mark.parametrize(
    "codes",
    [
        pictures(30, 2).requires_grad_(),
        pictures(30, 2).double(),
        pictures(2, 30).T,
        pictures(30, 2) * 1e30,
    ],
    ids=["with gradient", "float64", "not contiguous", "huge"],
)
def test_codes_of_every_kind_are_drawn(codes):
    axes, *_ = code_map(30, codes)
    assert len(thumbnails(axes)) > 5


@pytest.mark.parametrize(
    "images",
    [
        pictures(30, 6, 5).requires_grad_(),
        pictures(30, 6, 5).half(),
        pictures(5, 6, 30).permute(2, 1, 0),
        torch.ones(30, 6, 5, dtype=torch.uint8),
    ],
    ids=["with gradient", "float16", "not contiguous", "integers"],
)
def test_thumbnails_of_every_kind_are_drawn(images):
    axes, codes, *_ = code_map(30, images=images)
    for thumbnail, row in zip(thumbnails(axes), plots.spread_out(codes, 60), strict=True):
        np.testing.assert_allclose(ink(thumbnail), images[row].detach(), atol=1.5 / 255)


def test_both_axes_of_the_map_are_named():
    axes, *_ = code_map(3)
    assert axes.get_xlabel() == "first code unit"
    assert axes.get_ylabel() == "second code unit"


def scaled(points):
    low, high = points.min(axis=0), points.max(axis=0)
    return (points - low) / (high - low)


def test_each_point_is_the_furthest_from_those_chosen_before():
    points = pictures(300, 3).double() * torch.tensor([1, 100, 0.01]) - 7
    chosen = plots.spread_out(points, 25)
    places = scaled(points.numpy())
    assert len(chosen) == 25
    for i in range(1, 25):
        distances = np.linalg.norm(places[:, None] - places[chosen[:i]], axis=2).min(axis=1)
        assert distances[chosen[i]] == pytest.approx(distances.max())


def test_choosing_ends_when_every_point_is_closer_than_a_twentieth_of_the_range():
    points = pictures(2000, 2).double() * torch.tensor([1e-3, 1e3])
    chosen = plots.spread_out(points, 2000)
    places = scaled(points.numpy())
    distances = np.linalg.norm(places[:, None] - places[chosen], axis=2)
    assert distances.min(axis=1).max() < 0.05
    apart = distances[chosen][~np.eye(len(chosen), dtype=bool)]
    assert apart.min() >= 0.05


@pytest.mark.parametrize("limit", [1, 20])
def test_a_limit_keeps_the_first_of_the_points(limit):
    points = pictures(300, 2)
    chosen = plots.spread_out(points, limit)
    assert len(chosen) == limit
    assert chosen == plots.spread_out(points, 40)[:limit]
    assert all(type(row) is int for row in chosen)


@pytest.mark.parametrize(("unit", "origin"), [(2.0**20, 0.0), (2.0**-20, 0.0), (2.0**-10, 1.0)])
def test_the_points_do_not_depend_on_unit_and_origin(unit, origin):
    points = pictures(500, 2).double()
    expected = plots.spread_out(points, 60)
    assert plots.spread_out(points * unit + origin, 60) == expected


def test_a_column_that_is_constant_has_no_say():
    points = pictures(500, 2)
    points[:, 1] = 3
    assert plots.spread_out(points, 60) == plots.spread_out(points[:, :1], 60)


def test_points_that_are_all_the_same_are_one():
    assert plots.spread_out(torch.full((9, 2), 3.0), 5) == [0]


@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 3, 3), (0, 3, 3), (2, 1, 1, 3, 3)])
@pytest.mark.parametrize("draw", [plots.picture_grid, lambda x: plots.picture_rows({"a": x})])
def test_what_is_no_list_of_pictures_is_refused(draw, shape):
    with pytest.raises(
        ValueError, match=r"pictures have shape .* but \(N, H, W\) or \(N, C, H, W\)"
    ):
        draw(torch.zeros(shape))


def image(axes):
    return np.ma.filled(axes.get_images()[0].get_array().astype(float), np.nan)


def test_a_grid_holds_every_picture_in_reading_order():
    pictures = torch.rand(7, 4, 5)
    drawn = image(plots.picture_grid(pictures, columns=3))
    assert drawn.shape == (3 * 5 - 1, 3 * 6 - 1)
    for i, picture in enumerate(pictures):
        row, column = divmod(i, 3)
        tile = drawn[5 * row : 5 * row + 4, 6 * column : 6 * column + 5]
        np.testing.assert_array_equal(tile, picture)
    assert np.isnan(drawn[10:, 6:]).all()


def test_a_grid_draws_colours_and_leaves_no_column_empty():
    pictures = torch.rand(2, 3, 8, 8)
    drawn = image(plots.picture_grid(pictures, columns=8))
    assert drawn.shape == (8, 8 + 1 + 8, 3)
    np.testing.assert_array_equal(drawn[:, 9:], pictures[1].permute(1, 2, 0))


def test_filters_have_a_scale_each_with_zero_in_the_middle():
    weights = torch.stack([torch.tensor([[1.0, -2.0]]), torch.tensor([[0.01, 0.0]])])
    axes = plots.picture_grid(weights, columns=2, diverging=True)
    np.testing.assert_allclose(image(axes)[0, [0, 1, 3, 4]], [0.5, -1, 1, 0])
    assert axes.get_images()[0].get_clim() == (-1, 1)


def test_a_manifold_shows_the_first_unit_to_the_right_and_the_second_upwards():
    axes = plots.latent_manifold(lambda z: z[:, :1] + 10 * z[:, 1:], (1, 1), limit=1, steps=3)
    np.testing.assert_allclose(image(axes), [[9, 10, 11], [-1, 0, 1], [-11, -10, -9]])
    assert axes.get_xlim() == (-1.5, 1.5)
    assert axes.get_ylim() == (-1.5, 1.5)


def test_a_manifold_of_another_size_is_refused():
    with pytest.raises(ValueError, match="pictures of 3 by 3 pixels are expected; check size"):
        plots.latent_manifold(lambda z: z, (3, 3))


def test_loss_curves_show_every_term_for_training_and_validation():
    history = History(
        train={"loss": [3.0, 2.0], "kl": [1.0, 0.5]}, validation={"loss": [4.0, 3.0]}, best_epoch=2
    )
    axes = history.plot()
    curves = {line.get_label(): line for line in axes.get_lines()}
    assert list(curves) == ["loss, training", "loss, validation", "kl, training", "best epoch"]
    assert list(curves["loss, validation"].get_xdata()) == [1, 2]
    assert list(curves["loss, validation"].get_ydata()) == [4.0, 3.0]
    assert curves["loss, validation"].get_color() == curves["loss, training"].get_color()
    assert axes.get_legend() is not None


def test_an_empty_history_has_no_picture():
    with pytest.raises(ValueError, match="history is empty"):
        History().plot()


def test_a_spectrogram_has_low_bands_below_and_seconds_to_the_right():
    log_mel = torch.rand(20, 30)
    axes = plots.spectrogram(log_mel, seconds=0.5)
    np.testing.assert_array_equal(image(axes), log_mel)
    assert axes.get_images()[0].origin == "lower"
    assert axes.get_xlim() == (0, 0.5)


def test_a_batch_of_spectrograms_is_refused():
    with pytest.raises(ValueError, match=r"pick one example .* audio\[i, 0\]"):
        plots.spectrogram(torch.rand(3, 1, 20, 30), seconds=0.5)


def test_wrong_finds_and_only_they_are_framed():
    right = torch.tensor([[True, False, True], [False, False, True]])
    axes = plots.retrieval_rows(torch.rand(2, 6, 6), torch.rand(2, 3, 6, 6), right)
    frames = [patch.get_xy() for patch in axes.patches]
    assert frames == [(2 * 8 - 1, -1), (1 * 8 - 1, 7), (2 * 8 - 1, 7)]


def test_finds_stand_beside_their_query():
    queries, found = torch.rand(2, 6, 6), torch.rand(2, 3, 6, 6)
    drawn = image(plots.retrieval_rows(queries, found, torch.ones(2, 3, dtype=torch.bool)))
    np.testing.assert_array_equal(drawn[8:14, :6], queries[1])
    np.testing.assert_array_equal(drawn[8:14, 24:30], found[1, 2])


def test_finds_that_do_not_fit_their_queries_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        plots.retrieval_rows(torch.rand(2, 6, 6), torch.rand(2, 3, 6, 6), torch.ones(3, 3) > 0)


def test_colours_can_be_told_apart_with_red_green_blindness():
    rgb = np.array([to_rgb(colour) for colour in plots.PALETTE])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    for simulate in VIENOT.values():
        seen = np.clip(linear @ np.array(simulate).T, 0, 1)
        lab = np.array([to_lab(colour) for colour in seen])
        distances = np.linalg.norm(lab[:, None] - lab[None], axis=2)
        assert distances[~np.eye(len(lab), dtype=bool)].min() > 10


# Viénot, F., Brettel, H. and Mollon, J. D. (1999). Digital video colourmaps for checking the
# legibility of displays by dichromats. Color Research and Application 24(4).
VIENOT = {
    "protanopia": [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]],
    "deuteranopia": [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]],
}


def to_lab(linear):
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.cbrt(np.array(to_xyz) @ linear / [0.9505, 1.0, 1.089] + 1e-9)
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
