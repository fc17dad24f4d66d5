"""The memory grid as Python sees it: what it does, and that the package does the same."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from mmlearn_helpers.boltzmann import hopfield
from mmlearn_helpers.live import MemoryGrid
from mmlearn_helpers.live.numbers import unpacked


def patterns(n=3, size=36, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return 2.0 * torch.randint(2, (n, size), generator=generator) - 1


def grid(weights=None, shape=(6, 6), memories=None, **options):
    memories = patterns() if memories is None else memories
    return MemoryGrid(hopfield.hebbian(memories) if weights is None else weights, shape, memories)


def rounded(figure):
    return unpacked(figure.weights).reshape(2 * [len(figure.s)])


def state(figure):
    return torch.tensor([figure.s]).double()


def pair(s):
    """Two units that want to be alike."""
    return MemoryGrid(torch.tensor([[0.0, 1.0], [1.0, 0.0]]), (1, 2), torch.ones(1, 2), s=s)


def test_the_first_memory_is_the_first_state():
    figure = grid()
    assert torch.equal(state(figure)[0], patterns()[0].double())
    assert figure.random == 0 and figure.order == [] and len(figure.energies) == 1


def test_weights_that_are_not_quite_symmetric_are_made_so():
    weights = hopfield.pseudo_inverse(patterns())
    weights[0, 1] *= 1 + 1e-6
    both = rounded(grid(weights))
    assert torch.equal(both, both.T) and not both.diagonal().any()
    assert (both - weights).abs().max() < 2**-11


def test_whole_numbers_travel_as_they_are():
    weights = hopfield.hebbian(patterns(8))
    assert torch.equal(rounded(grid(weights)), weights.double())


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("store", [hopfield.hebbian, hopfield.pseudo_inverse])
def test_a_recall_ends_where_the_package_finds_rest(store, seed):
    memories = patterns(8, seed=seed)
    figure = MemoryGrid(store(memories), (6, 6), memories, spoiled=0.3, seed=seed)
    figure.spoil()
    before = figure.energies[0]
    assert not figure.at_rest
    figure.recall()
    weights = rounded(figure)
    assert figure.at_rest
    assert torch.equal(hopfield.recall(weights, state(figure)), state(figure))
    falls = torch.tensor(figure.energies).double().diff()
    assert (falls <= 0).all() and falls[-1] < 0 and figure.energies[0] == before
    assert figure.energies[-1] == hopfield.energy(weights, state(figure)).item()


def test_the_energy_is_followed_exactly():
    figure = grid(hopfield.pseudo_inverse(patterns(10)))
    figure.spoiled = 0.5
    figure.spoil()
    for _ in range(50):
        figure.step()
        exact = hopfield.energy(rounded(figure), state(figure)).item()
        assert figure.energies[-1] == exact
    assert len(figure.energies) == 51


def test_every_unit_has_its_turn_in_every_sweep():
    figure = grid()
    figure.step()
    rest = list(figure.order)
    assert len(rest) == 35 == len(set(rest))
    figure.step(35)
    assert figure.order == []
    figure.step()
    assert set(figure.order) != set(rest) and len(figure.order) == 35


@pytest.mark.parametrize(("share", "n"), [(0, 0), (0.2, 7), (0.375, 14), (0.5, 18), (1, 36)])
def test_spoiling_flips_a_share_of_the_cells(share, n):
    figure = grid()
    figure.spoiled = share
    before = torch.tensor(figure.s)
    figure.spoil()
    assert (torch.tensor(figure.s) != before).sum() == n
    assert figure.energies == [hopfield.energy(rounded(figure), state(figure)).item()]


def test_all_at_once_takes_the_signs_of_all_fields():
    figure = grid(hopfield.hebbian(patterns(9)), memories=patterns(9))
    figure.spoil()
    for _ in range(5):
        s = state(figure)[0]
        field = rounded(figure) @ s
        figure.all_at_once()
        assert torch.equal(state(figure)[0], torch.where(field == 0, s, field.sign()))
    assert len(figure.energies) == 6


def test_two_states_may_take_turns_all_at_once_and_not_one_by_one():
    figure = pair([1, -1])
    assert figure.verdict == "Not at rest: all at once, it goes to and fro between two states."
    figure.all_at_once()
    assert figure.s == [-1, 1]
    figure.all_at_once()
    assert figure.s == [1, -1] and figure.energies == [1, 1, 1]
    figure.recall()
    assert figure.s in ([1, 1], [-1, -1]) and figure.energies[-1] == -1


def test_a_field_of_zero_changes_nothing():
    figure = MemoryGrid(torch.zeros(4, 4), (2, 2), patterns(1, 4), s=[1, -1, 1, 1])
    assert figure.at_rest
    figure.step(8)
    figure.all_at_once()
    assert figure.s == [1, -1, 1, 1] and figure.energies == [0] * 10


def test_the_verdict_names_the_memory():
    figure = grid(hopfield.pseudo_inverse(patterns()))
    assert figure.verdict == "At rest in memory 1."
    figure.begin(-patterns()[2])
    assert figure.verdict == "At rest in the negative of memory 3."
    figure.begin([-figure.s[0], *figure.s[1:]])
    assert figure.verdict == "Not at rest."
    empty = MemoryGrid(torch.zeros(4, 4), (2, 2), patterns(1, 4), s=-patterns(1, 4)[0].roll(1))
    assert empty.verdict == "At rest, but in none of the memories."
    assert repr(empty) == "MemoryGrid('At rest, but in none of the memories.')"


def test_the_same_seed_gives_the_same_states():
    first, second = grid(), grid()
    for figure in (first, second):
        figure.spoil()
        figure.recall()
        figure.spoil()
    assert first.s == second.s and first.random == second.random
    assert first._repr_mimebundle_()[0]["text/html"] == second._repr_mimebundle_()[0]["text/html"]


def test_a_state_can_be_set_in_many_ways():
    figure = grid(memories=patterns(1, 4), shape=(2, 2))
    for s in ([1, -1, 1, 1], torch.tensor([1.0, -1, 1, 1]), np.array([1, -1, 1, 1])):
        figure.s = s
        assert figure.s == [1, -1, 1, 1] and type(figure.s[0]) is int
    assert figure.energies == [hopfield.energy(rounded(figure), state(figure)).item()]


def test_a_refused_state_leaves_the_old_one():
    figure = grid(memories=patterns(1, 4), shape=(2, 2))
    before = figure.s
    for s in ([0, 1, 1, 1], [1, 1], "ab", 3):
        with pytest.raises((TypeError, ValueError), match=r"s .*4 numbers, each -1 or 1"):
            figure.s = s
        with pytest.raises((TypeError, ValueError)):
            figure.begin(s)
    with pytest.raises(ValueError, match="spoiled is 2"):
        figure.spoiled = 2
    assert figure.s == before and figure.spoiled == 0.2


def test_a_state_from_the_page_keeps_its_energies():
    figure, other = grid(), grid()
    for each in (figure, other):
        each.spoil()
        each.step(20)
    names = ("s", "energies", "order", "random")
    figure.begin(patterns()[1])
    figure.set_state({name: getattr(other, name) for name in names})
    assert all(getattr(figure, name) == getattr(other, name) for name in names)


def test_the_still_picture_shows_state_and_memories():
    figure = grid(memories=patterns(3))
    figure.begin(-patterns()[1])
    drawn = [axes.images[0].get_array() for axes in figure.still().axes if axes.images]
    assert len(drawn) == 4
    assert np.array_equal(drawn[0].flatten(), -patterns()[1])
    assert np.array_equal(drawn[3].flatten(), patterns()[2])
    with plt.rc_context({"axes.grid": True, "image.interpolation": "bilinear"}):
        again = figure.still()
    assert len(again.axes) == 5 and not plt.get_fignums()
