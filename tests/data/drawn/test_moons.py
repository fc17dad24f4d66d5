"""A moon is lit as far as its phase says."""

import math

import pytest
import torch

from mmlearn_helpers import data
from mmlearn_helpers.data.drawn.moons import RADIUS, moon


@pytest.mark.parametrize("phase", [0.0, 0.2, 0.5, 0.75, 1.0])
def test_the_lit_area_is_that_of_the_ellipse(phase):
    area = moon(torch.tensor([phase])).sum().item()
    expected = math.pi * RADIUS**2 * (1 - math.cos(math.pi * phase)) / 2
    assert area == pytest.approx(expected, abs=0.04 * math.pi * RADIUS**2)


def test_a_half_moon_is_lit_on_the_right():
    image = moon(torch.tensor([0.5]))[0, 0]
    assert image[:, 14:].sum() > 180
    assert image[:, :14].sum() < 1


def test_a_later_phase_is_lit_wherever_an_earlier_one_is():
    images = moon(torch.linspace(0, 1, 30))
    assert (images.diff(dim=0) > -1e-6).all()


def test_a_moon_moves_with_its_place():
    image = moon(torch.ones(1), torch.tensor([[2.0, -1.0]]))[0, 0]
    along = torch.arange(28) - 13.5
    assert (image.sum(dim=0) @ along / image.sum()).item() == pytest.approx(2, abs=0.01)
    assert (image.sum(dim=1) @ along / image.sum()).item() == pytest.approx(-1, abs=0.01)


def test_the_pictures_are_drawn_from_the_factors_given():
    train = data.load("moons", n_train=20, n_test=5, wobble=2).train
    assert torch.equal(train["image"], moon(train["phase"], train["place"]))
    assert train["place"].abs().max() <= 2
    assert train["place"].std() > 0.5


def test_only_the_phases_asked_for_are_drawn_in_equal_shares():
    phase = data.load("moons", n_train=3000, n_test=5, phases=(0.5, 1.0)).train["phase"]
    assert set(phase.tolist()) == {0.5, 1.0}
    assert phase.mean().item() == pytest.approx(0.75, abs=0.02)


@pytest.mark.parametrize("phases", [[], [1.2], [0.5, -0.1], [math.nan]])
def test_impossible_phases_are_refused(phases):
    with pytest.raises(ValueError, match="at least one from 0"):
        data.load("moons", phases=phases)


@pytest.mark.parametrize("wobble", [-1, 3, math.nan])
def test_a_moon_may_not_leave_the_picture(wobble):
    with pytest.raises(ValueError, match="0 to 2 pixels"):
        data.load("moons", wobble=wobble)
