"""States of zeros and ones: all of them, in order, and drawn with the right frequency."""

from itertools import product

import pytest
import torch

from mmlearn_helpers.binary import all_states, check_binary, check_clamped, draw


@pytest.mark.parametrize("n", [1, 2, 5])
def test_all_states_are_there_in_the_order_of_binary_numbers(n):
    assert all_states(n).tolist() == [list(state) for state in product([0.0, 1.0], repeat=n)]


def test_parts_of_the_states_make_the_whole():
    parts = [all_states(6, start, start + 16) for start in range(0, 64, 16)]
    assert torch.equal(torch.cat(parts), all_states(6))
    assert torch.equal(all_states(6, 60), all_states(6)[60:])


def test_a_part_of_very_many_states_is_cheap():
    last = all_states(25, 2**25 - 2)
    assert last.shape == (2, 25) and last.sum().item() == 49


def test_states_have_the_default_type():
    before = torch.get_default_dtype()
    try:
        torch.set_default_dtype(torch.float64)
        assert all_states(2).dtype == torch.float64
    finally:
        torch.set_default_dtype(before)
    assert all_states(2).dtype == before


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_drawn_frequencies_are_the_probabilities(dtype):
    p = torch.tensor([0.0, 0.03, 0.5, 0.9, 1.0], dtype=dtype)
    torch.manual_seed(0)
    drawn = draw(p.expand(40_000, -1))
    assert drawn.dtype == dtype and set(drawn.unique().tolist()) == {0, 1}
    torch.testing.assert_close(drawn.mean(dim=0), p, rtol=0, atol=4 * 0.5 / 200)
    assert not drawn[:, 0].any() and drawn[:, 4].all()


def test_units_are_drawn_independently():
    torch.manual_seed(0)
    drawn = draw(torch.full((40_000, 3), 0.5))
    torch.testing.assert_close(drawn.T.cov(), 0.25 * torch.eye(3), rtol=0, atol=0.006)


def test_what_is_binary_or_clamped_passes():
    check_binary(all_states(3), 3, torch.float32)
    check_clamped(torch.tensor([True, False]), 2)


@pytest.mark.parametrize("value", [0.5, -1.0, 2.0])
def test_a_single_number_that_is_neither_0_nor_1_is_refused(value):
    x = all_states(4)
    x[3, 2] = value
    with pytest.raises(ValueError, match=r"pixels ranges from .*pixels.bernoulli\(\)"):
        check_binary(x, name="pixels")
