"""Perceptrons have the layers that were asked for, and no others."""

import pytest
from torch import nn

from mmlearn_helpers.networks import mlp


def test_an_activation_stands_between_layers_and_nowhere_else():
    kinds = [type(module) for module in mlp([6, 5, 4, 2], nn.Tanh)]
    assert kinds == [nn.Linear, nn.Tanh, nn.Linear, nn.Tanh, nn.Linear]


def test_two_widths_make_one_linear_layer():
    assert [type(module) for module in mlp([6, 2])] == [nn.Linear]


@pytest.mark.parametrize("sizes", [[], [6], [6, 0], [6, -1, 2]])
def test_fewer_than_two_widths_or_a_width_below_one_are_refused(sizes):
    with pytest.raises(ValueError, match=r"at least two widths .*, for example") as refusal:
        mlp(sizes)
    assert f"sizes is {sizes}" in str(refusal.value)
