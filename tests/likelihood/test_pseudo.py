"""The pseudo-likelihood is what the probabilities of all states say."""

import pytest
import torch
from torch import nn

from mmlearn_helpers.binary import all_states
from mmlearn_helpers.boltzmann.machine import BoltzmannMachine
from mmlearn_helpers.boltzmann.restricted import RBM
from mmlearn_helpers.likelihood import pseudo_log_likelihood


def random(model, seed=0):
    model = model.double()
    torch.manual_seed(seed)
    for weights in model.parameters():
        nn.init.normal_(weights)
    return model


@pytest.mark.parametrize("make", [lambda: RBM(5, 3), lambda: BoltzmannMachine(5, 2)])
def test_each_unit_has_its_probability_given_all_others(make):
    model, states = random(make()), all_states(5).double()
    p = (-model.free_energy(states)).detach().softmax(dim=0)
    expected = []
    for number, v in enumerate(states):
        total = 0
        for i in range(5):
            both = ((states == v).sum(dim=1) >= 4) & (states[:, i] != v[i])
            both[number] = True
            total += (p[number] / p[both].sum()).log().item()
        expected.append(total)
    assert pseudo_log_likelihood(model, states).tolist() == pytest.approx(expected, abs=1e-10)


def test_of_independent_units_it_is_the_likelihood():
    model, states = random(RBM(5, 3)), all_states(5).double()
    nn.init.zeros_(model.W)
    log_p = (-model.free_energy(states)).detach().log_softmax(dim=0)
    torch.testing.assert_close(pseudo_log_likelihood(model, states), log_p)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_examples_are_kept_and_no_graph_is(dtype):
    model, v = random(RBM(5, 3)).to(dtype), all_states(5).to(dtype)
    before = v.clone()
    found = pseudo_log_likelihood(model, v)
    assert torch.equal(v, before)
    assert found.dtype == dtype and found.shape == (32,) and not found.requires_grad


def test_certainty_overflows_nowhere():
    model = random(RBM(5, 3))
    nn.init.constant_(model.b, 1e4)
    v = torch.tensor([[1.0] * 5, [0.0] * 5], dtype=torch.float64)
    sure, surprised = pseudo_log_likelihood(model, v).tolist()
    assert sure == pytest.approx(0, abs=1e-9) and surprised == pytest.approx(-5e4, rel=1e-2)
