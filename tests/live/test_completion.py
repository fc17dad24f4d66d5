"""The completion as Python sees it: what it does, and that the package does the same."""

import copy

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from mmlearn_helpers.binary import all_states
from mmlearn_helpers.boltzmann.restricted import RBM
from mmlearn_helpers.live import Completion
from mmlearn_helpers.live.chance import uniforms

HALF = torch.arange(12) < 6


def machine(n_visible=12, n_hidden=5, seed=0):
    """A machine that has not learned anything, but has opinions."""
    rbm = RBM(n_visible, n_hidden, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in rbm.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator))
    return rbm


def pictures(n=3, size=12):
    return torch.randint(2, (n, size), generator=torch.Generator().manual_seed(1)).float()


def completion(shape=(4, 3), **options):
    return Completion(machine(), shape, pictures(), **options)


def rounded(rbm):
    return copy.deepcopy(rbm).half().double()


def test_the_upper_half_is_clamped_at_first():
    figure = completion()
    assert figure.clamped == 6 * [1] + 6 * [0]
    assert figure.v[:6] == pictures()[0, :6].tolist() and figure.steps == 0
    assert figure.mean == [*pictures()[0, :6].tolist(), *6 * [0.5]] and figure.h == 5 * [0]


def test_free_pixels_begin_with_tossed_coins():
    u, state = uniforms(7, 12)
    figure = completion(seed=7)
    assert figure.v[6:] == (u < 0.5).int()[6:].tolist() and figure.random == state


def test_the_weights_travel_in_half_precision():
    figure, rbm = completion(), rounded(machine())
    assert all(map(torch.equal, figure._parts, (rbm.W, rbm.b, rbm.c)))


@pytest.mark.parametrize("seed", range(5))
def test_every_step_draws_with_the_probabilities_of_the_machine(seed):
    figure, rbm = completion(seed=seed), rounded(machine())
    total = torch.zeros(12).double()
    for steps in range(1, 101):
        u, state = uniforms(figure.random, 17)
        v = torch.tensor([figure.v]).double()
        figure.step()
        h = torch.tensor([figure.h]).double()
        assert torch.equal(h[0], (u[:5] < rbm.encode(v)[0]).double())
        drawn = torch.where(HALF, v[0], (u[5:] < rbm.decode(h)[0]).double())
        assert torch.equal(torch.tensor(figure.v).double(), drawn) and figure.random == state
        total += torch.where(HALF, v[0], rbm.decode(h)[0])
        assert (torch.tensor(figure.mean, dtype=torch.float64) - total / steps).abs().max() < 1e-12
    assert figure.steps == 100 and figure.v[:6] == pictures()[0, :6].tolist()


def test_many_steps_are_as_good_as_single_ones():
    one, many = completion(seed=3), completion(seed=3)
    for _ in range(50):
        one.step()
    many.step(20)
    many.step(30)
    for name in ("v", "h", "mean", "steps", "random"):
        assert getattr(one, name) == getattr(many, name)


@pytest.mark.parametrize("clamped", [HALF, ~HALF, torch.zeros(12).bool()])
def test_the_mean_is_that_of_the_conditional_distribution(clamped):
    figure, rbm = completion(clamped=clamped), rounded(machine())
    states = all_states(12).double()
    shown = pictures()[0].double()
    states = states[(states == shown)[:, clamped].all(dim=1)]
    exact = rbm.free_energy(states).neg().softmax(dim=0) @ states
    figure.step(10_000)
    assert (torch.tensor(figure.mean, dtype=torch.float64) - exact).abs().max() < 0.05


def test_a_start_can_take_another_picture_and_other_pixels():
    figure = completion()
    figure.step(5)
    figure.start(2)
    assert figure.picture == 2 and figure.v[:6] == pictures()[2, :6].tolist()
    figure.start(clamped=~HALF)
    assert figure.picture == 2 and figure.v[6:] == pictures()[2, 6:].tolist()
    before = figure.random
    figure.start()
    assert figure.clamped == (~HALF).int().tolist() and figure.random != before
    assert figure.steps == 0 and figure.mean[:6] == 6 * [0.5]


def test_everything_can_be_clamped():
    figure = completion(clamped=torch.ones(12).bool())
    figure.step(10)
    assert figure.v == figure.mean == pictures()[0].tolist()


def test_the_figure_keeps_the_machine_as_it_was():
    rbm = machine()
    figure = Completion(rbm, (4, 3), pictures())
    before = figure._repr_mimebundle_()[0]["text/html"]
    with torch.no_grad():
        rbm.W.zero_()
    assert figure._repr_mimebundle_()[0]["text/html"] == before
    assert repr(figure) == "Completion(picture=0, steps=0)"


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_a_machine_of_another_precision_will_do(dtype):
    figure = Completion(machine().to(dtype), (4, 3), pictures())
    figure.step(3)
    figure.still()


def test_a_refused_state_leaves_the_old_one():
    figure = completion()
    before = figure.v
    for v in ([2] * 12, [1, 0], 0.5 * torch.ones(12)):
        with pytest.raises(ValueError, match=r"v .* 12 numbers, each 0 or 1"):
            figure.v = v
    assert figure.v == before


def test_the_still_picture_shows_what_is_clamped_state_and_mean():
    figure = completion()
    figure.step(3)
    with plt.rc_context({"axes.grid": True}):
        axes = figure.still().axes
    drawn = [np.asarray(part.images[0].get_array()) for part in axes]
    assert drawn[0].flatten()[:6].tolist() == figure.v[:6]
    assert drawn[1].flatten().tolist() == figure.v and drawn[1].shape == (4, 3)
    assert drawn[2].flatten().tolist() == figure.mean
    assert drawn[3].flatten().tolist() == [*figure.h, 0]
    assert axes[2].get_title() == "mean of 3 steps" and not plt.get_fignums()
