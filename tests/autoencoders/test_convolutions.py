"""The arithmetic of convolutions agrees with the framework's, and with sums by hand."""

import random

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mmlearn_helpers.autoencoders.convolutions import (
    convolution_matrix,
    output_padding,
    output_size,
    stride_energy,
)


def settings(seed):
    """Draw a setting of which the framework says that it is possible."""
    chance = random.Random(seed)
    while True:
        kernel, stride, dilation = (chance.randint(1, most) for most in (5, 4, 3))
        padding, size = chance.randint(0, 4), (chance.randint(1, 12), chance.randint(1, 12))
        if dilation * (kernel - 1) < min(size) + 2 * padding:
            return size, kernel, {"stride": stride, "padding": padding, "dilation": dilation}


def drawn(seed, *shape):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=generator)


def case(seed):
    size, kernel, options = settings(seed)
    return drawn(seed, 3, 2, kernel, kernel), drawn(seed + 1, 2, 2, *size), options


def flat(matrix, x):
    return x.flatten(1) @ matrix.T


@pytest.mark.parametrize("seed", range(250))
def test_the_matrix_is_the_framework_s_convolution_and_its_transpose_the_transposed_one(seed):
    weight, x, options = case(seed)
    matrix = convolution_matrix(weight, x.shape[2:], **options)
    y = F.conv2d(x, weight, **options)
    torch.testing.assert_close(flat(matrix, x), y.flatten(1), rtol=0, atol=1e-12)
    kernel = weight.shape[2]
    assert y.shape[2:] == tuple(output_size(n, kernel, **options) for n in x.shape[2:])
    extra = tuple(output_padding(n, kernel, **options) for n in x.shape[2:])
    v = drawn(seed + 2, *y.shape)
    layer = nn.ConvTranspose2d(3, 2, kernel, output_padding=extra, bias=False, **options).double()
    layer.weight.data = weight
    back = layer(v)
    assert back.shape == x.shape
    torch.testing.assert_close(flat(matrix.T, v), back.flatten(1), rtol=0, atol=1e-12)
    one, other = (y * v).sum(), (x * back).sum()
    assert abs(one - other) < 1e-6 * max(1, y.norm() * v.norm())


@pytest.mark.parametrize("seed", range(20))
def test_the_transpose_correlates_the_stuffed_input_with_the_flipped_kernel(seed):
    weight, x, options = case(seed)
    kernel, stride, padding, dilation = weight.shape[2], *options.values()
    y = F.conv2d(x, weight, **options)
    extra = [output_padding(n, kernel, **options) for n in x.shape[2:]]
    rows, columns = ((n - 1) * stride + 1 for n in y.shape[2:])
    stuffed = y.new_zeros(*y.shape[:2], rows + extra[0], columns + extra[1])
    stuffed[:, :, :rows:stride, :columns:stride] = y
    margin = dilation * (kernel - 1) - padding
    stuffed = F.pad(stuffed, (margin,) * 4)  # a negative margin cuts off
    found = F.conv2d(stuffed, weight.flip(2, 3).transpose(0, 1), dilation=dilation)
    matrix = convolution_matrix(weight, x.shape[2:], **options)
    torch.testing.assert_close(found.flatten(1), flat(matrix.T, y), rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_the_matrix_answers_unit_pictures_as_the_framework_does(seed):
    weight, x, options = case(seed)
    units = torch.eye(x[0].numel(), dtype=torch.float64).unflatten(1, x.shape[1:])
    found = F.conv2d(units, weight, **options).flatten(1).T
    assert torch.equal(convolution_matrix(weight, x.shape[2:], **options), found)


def test_a_small_matrix_is_the_one_by_hand():
    weight = torch.tensor([[[[1.0, 2, 3]]]])
    expected = torch.tensor([[1.0, 2, 3, 0, 0], [0, 0, 1, 2, 3]])
    assert torch.equal(convolution_matrix(weight, (1, 5), stride=2), expected)


def test_several_sizes_have_one_output_size_and_the_padding_tells_them_apart():
    assert [output_size(n, 3, 2, 1) for n in (27, 28, 29)] == [14, 14, 15]
    assert [output_padding(n, 3, 2, 1) for n in (27, 28, 29)] == [0, 1, 0]
    for n in range(9, 40):
        for kernel, stride, padding, dilation in ((3, 2, 1, 1), (4, 2, 1, 1), (5, 3, 0, 2)):
            setting = kernel, stride, padding, dilation
            back = (output_size(n, *setting) - 1) * stride - 2 * padding + dilation * (kernel - 1)
            assert back + 1 + output_padding(n, *setting) == n


def test_the_matrix_has_the_type_of_its_weight_and_carries_gradients():
    weight = torch.ones(1, 1, 2, 2, requires_grad=True)
    matrix = convolution_matrix(weight, (3, 3))
    assert matrix.dtype == torch.float32
    matrix.sum().backward()
    assert torch.equal(weight.grad, torch.full((1, 1, 2, 2), 4.0))


def test_the_energy_of_a_checkerboard_is_its_variance_wherever_it_lies():
    board = torch.tensor([[1.0, 0, 0], [0, 0, 0], [0, 0, 0]]).repeat(4, 4)[None, None]
    for shift in range(3):
        found = stride_energy(board.roll(shift, dims=3), 3)
        assert found.item() == pytest.approx(8 / 81)
    assert stride_energy(board, 2).item() == pytest.approx(0, abs=1e-12)


def test_the_energy_is_averaged_over_channels_and_scales_with_the_square():
    rows = torch.tensor([[1.0], [0.0]]).repeat(4, 6)
    pictures = torch.stack(
        [torch.stack([rows, torch.full_like(rows, 0.3)]), 2 * rows.repeat(2, 1, 1)]
    )
    assert stride_energy(pictures).tolist() == pytest.approx([0.125, 1.0])


def test_an_unfinished_last_cell_is_left_out():
    picture = drawn(0, 2, 3, 7, 9)
    assert torch.equal(stride_energy(picture, 2), stride_energy(picture[..., :6, :8], 2))


def test_a_constant_has_no_checkerboard_and_a_slope_has_hardly_any():
    assert stride_energy(torch.full((1, 1, 8, 8), 0.7)).item() == pytest.approx(0, abs=1e-12)
    slope = torch.linspace(0, 1, 64).expand(1, 1, 64, 64)
    assert stride_energy(slope) < 1e-3 * slope.var()


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((3, 5), ValueError, "kernel reaches over 5 pixels, but .* only 3; take a smaller"),
        ((7, 3, 1, 1, 5), ValueError, "reaches over 11 pixels, but .* only 9"),
        ((7, 3, 0), ValueError, "stride is 0, but at least 1"),
        ((7, 3, 1, -1), ValueError, "padding is -1, but at least 0"),
        ((7.0, 3), TypeError, "size is 7.0, but a whole number"),
    ],
)
def test_sizes_that_cannot_be_are_refused(arguments, error, words):
    for function in (output_size, output_padding):
        with pytest.raises(error, match=words):
            function(*arguments)
