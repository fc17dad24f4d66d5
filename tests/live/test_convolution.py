"""The moving kernel as Python sees it: what torch computes, whatever is chosen."""

from itertools import product

import matplotlib.pyplot as plt
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mmlearn_helpers.live import Convolution


def pictures(n=2, height=9, width=7, seed=0):
    return torch.rand(n, height, width, generator=torch.Generator().manual_seed(seed))


def convolution(shown=None, **options):
    return Convolution(pictures() if shown is None else shown, **options)


def layer(figure, kind):
    made = kind(1, 1, figure.size, figure.stride, figure.padding, bias=False).double()
    made.weight.data[:] = figure.kernel
    return made


@pytest.mark.parametrize("kind", ["mean", "edge"])
@pytest.mark.parametrize(("size", "stride"), list(product(range(2, 6), range(1, 5))))
def test_every_choice_gives_what_the_layers_of_torch_give(kind, size, stride):
    for padding in range(size):
        figure = convolution(size=size, stride=stride, padding=padding, kind=kind)
        x = pictures()[:1, None].half().double()
        y = layer(figure, nn.Conv2d)(x)
        torch.testing.assert_close(figure.convolved, y[0, 0])
        figure.place = figure.convolved.numel() - 1
        back = layer(figure, nn.ConvTranspose2d)(y)
        torch.testing.assert_close(figure.spread, back[0, 0])


def test_the_weights_of_both_kinds_are_as_described():
    for size in range(2, 6):
        mean, edge = (convolution(size=size, kind=kind).kernel for kind in ("mean", "edge"))
        assert mean.unique().numel() == 1 and mean.sum() == pytest.approx(1)
        assert edge.abs().sum() == pytest.approx(1) and edge.sum() == pytest.approx(0)
        assert (edge.diff(dim=1) > 0).all() and not edge.diff(dim=0).any()


def test_the_transpose_puts_back_one_place_after_another():
    figure = convolution(size=3, stride=2)
    kernel, y, before = figure.kernel, figure.convolved, torch.zeros(9, 7).double()
    for place in range(y.numel()):
        assert figure.place == place
        row, column = divmod(place, y.shape[1])
        before[2 * row : 2 * row + 3, 2 * column : 2 * column + 3] += y[row, column] * kernel
        torch.testing.assert_close(figure.spread, before)
        figure.step()
    assert figure.place == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"stride": 2}, "9 × 7 becomes 4 × 3, and spreads back to 9 × 7."),
        (
            {"stride": 3},
            "9 × 7 becomes 3 × 2, and spreads back to 9 × 6; output padding 0 × 1 is missing.",
        ),
        ({"stride": 1, "padding": 1}, "9 × 7 becomes 9 × 7, and spreads back to 9 × 7."),
    ],
)
def test_the_sentence_has_the_sizes(options, words):
    figure = convolution(**options)
    assert figure.sentence == words
    assert repr(figure) == f"Convolution({words!r})"


def test_the_output_padding_that_is_missing_brings_the_size_back():
    for size, stride in product(range(2, 6), range(1, 5)):
        figure = convolution(size=size, stride=stride, padding=1)
        missing = [a - b for a, b in zip((9, 7), figure.spread.shape, strict=True)]
        back = F.conv_transpose2d(
            figure.convolved[None, None],
            figure.kernel[None, None],
            stride=stride,
            padding=1,
            output_padding=missing,
        )
        assert back.shape[2:] == (9, 7)


def test_a_choice_begins_anew_and_a_smaller_kernel_takes_less_padding():
    figure = convolution(size=5, padding=4)
    figure.step()
    figure.choose(size=3)
    assert (figure.size, figure.padding, figure.place) == (3, 2, 0)
    figure.choose(picture=1, kind="edge", stride=1)
    assert (figure.picture, figure.kind, figure.stride, figure.padding) == (1, "edge", 1, 2)


def test_a_refused_choice_leaves_everything_as_it_was():
    figure = convolution()
    before = figure.get_state()
    for wrong in ({"size": 6}, {"stride": 0}, {"padding": 3}, {"picture": 2}, {"kind": "blur"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            figure.choose(**{"size": 3} | wrong)
    assert figure.get_state() == before


def test_the_still_picture_shows_all_four():
    figure = convolution(padding=2, kind="edge")
    drawn = [axes.images[0].get_array() for axes in figure.still().axes]
    assert [panel.shape for panel in drawn] == [(13, 11), (3, 3), (6, 5), (9, 7)]
    assert not plt.get_fignums()


def test_the_same_figure_is_the_same_page():
    first, second = (convolution()._repr_mimebundle_()[0]["text/html"] for _ in range(2))
    assert first == second
