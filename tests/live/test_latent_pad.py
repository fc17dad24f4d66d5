"""The pad as Python sees it: what is sent, and what is refused."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from torch import nn

from mmlearn_helpers.live import LatentPad
from mmlearn_helpers.live.network import half_precision, layer_kinds


def decoder(*middle):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 8), *(middle or [nn.Tanh()]), nn.Linear(8, 6))


def sent(pad):
    return torch.from_numpy(np.frombuffer(pad.weights, "<f2").copy())


def test_layers_and_weights_are_sent_in_their_order():
    model = decoder()
    pad = LatentPad(model, (2, 3))
    assert pad.layers == [[2, 8], "tanh", [8, 6]]
    numbers = torch.cat([weight.detach().flatten() for weight in model.parameters()])
    assert torch.equal(sent(pad), numbers.half())


def test_a_nested_decoder_is_unfolded():
    pad = LatentPad(nn.Sequential(nn.Sequential(decoder(), nn.GELU()), nn.Sigmoid()), (2, 3))
    assert pad.layers == [[2, 8], "tanh", [8, 6], "gelu", "sigmoid"]


def test_a_layer_without_biases_has_biases_of_zero():
    pad = LatentPad(nn.Sequential(nn.Linear(2, 3, bias=False)), (1, 3))
    assert len(sent(pad)) == 9 and torch.equal(sent(pad)[6:], torch.zeros(3).half())


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_a_decoder_of_another_precision_will_do(dtype):
    pad = LatentPad(decoder().to(dtype), (2, 3))
    assert len(sent(pad)) == 78
    pad.still()


def test_the_figure_keeps_the_decoder_as_it_was():
    model = decoder()
    pad = LatentPad(model, (2, 3))
    before = pad._repr_mimebundle_()[0]["text/html"]
    with torch.no_grad():
        model[0].weight.zero_()
    assert pad._repr_mimebundle_()[0]["text/html"] == before


def test_the_point_can_be_set_in_many_ways():
    pad = LatentPad(decoder(), (2, 3), z=[0.5, -1])
    assert pad.z == (0.5, -1.0)
    for z in (torch.tensor([1.0, 2.0]), np.array([1, 2]), [1, 2], (1, 2)):
        pad.z = z
        assert pad.z == (1.0, 2.0) and type(pad.z[0]) is float
    assert repr(pad) == "LatentPad(z=(1.0, 2.0))"


def test_a_refused_point_leaves_the_old_one():
    pad = LatentPad(decoder(), (2, 3), z=(1, 1))
    with pytest.raises(ValueError, match=r"z is \(4.0, 0.0\), .* from -3 to 3"):
        pad.z = (4, 0)
    assert pad.z == (1.0, 1.0)
    with pytest.raises(ValueError, match="z is "):
        pad.set_state({"z": [4, 0]})
    assert pad.z == (1.0, 1.0)


def test_dots_are_sent_as_shares_of_the_limit():
    codes = torch.tensor([[1.0, -2.0], [9.0, 0.0], [-4.0, 4.0]])
    pad = LatentPad(decoder(), (2, 3), limit=4, codes=codes, labels=torch.tensor([0, 1, 2]))
    assert np.frombuffer(pad.places, "<f2").tolist() == [0.25, -0.5, -1.0, 1.0]
    assert pad.colours == ["#1f77b4", "#2ca02c"]  # the first and the third of plots.code_map


def test_no_more_than_a_thousand_dots_are_drawn():
    codes = torch.linspace(-1, 1, 2501)[:, None].expand(-1, 2)
    pad = LatentPad(decoder(), (2, 3), codes=codes)
    assert len(pad.colours) == 834 and len(pad.places) == 4 * 834


def test_the_still_picture_shows_the_answer_of_the_decoder():
    model = nn.Sequential(decoder(), nn.Sigmoid())
    axes = LatentPad(model, (2, 3), z=(1, -2)).still().axes
    drawn = torch.from_numpy(axes[1].images[0].get_array().data)
    assert torch.allclose(drawn, model(torch.tensor([[1.0, -2.0]])).reshape(2, 3))
    assert [line.get_xydata().tolist() for line in axes[0].lines][-1] == [[1, -2]]
    assert not plt.get_fignums()


def test_the_still_picture_is_the_same_under_any_style():
    pad = LatentPad(decoder(), (2, 3))
    plain = pad._repr_mimebundle_()[0]["text/html"]
    with plt.rc_context({"axes.grid": True}):
        assert pad._repr_mimebundle_()[0]["text/html"] == plain


def test_every_kind_of_layer_has_a_name():
    assert layer_kinds([nn.Linear(3, 2), nn.ReLU()], 3) == [[3, 2], "relu"]
    assert half_precision([nn.ReLU()]) == b""
