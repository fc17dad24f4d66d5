"""The index finds what a loop over all bits finds, the nearest first."""

import pytest
import torch

from mmlearn_helpers.autoencoders.hashing import HammingIndex


@pytest.mark.parametrize("radius", [0, 1, 2, 5])
@pytest.mark.parametrize(("n", "n_bits"), [(1, 5), (40, 5), (300, 12), (50, 62)])
def test_the_index_finds_what_a_loop_over_all_bits_finds(n, n_bits, radius):
    if n_bits == 62 and radius == 5:
        radius = 3
    generator = torch.Generator().manual_seed(n)
    bits = torch.rand(n, n_bits, generator=generator) < 0.5
    bits[n // 2 :] = bits[: n - n // 2]  # every other stands there twice
    index = HammingIndex(bits)
    for query in [*bits[:3], torch.rand(n_bits, generator=generator) < 0.5]:
        apart = (bits != query).sum(dim=1)
        found = index.ball(query, radius)
        assert sorted(found.tolist()) == (apart <= radius).nonzero().flatten().tolist()
        assert (apart[found].diff() >= 0).all()


def test_a_text_that_stands_twice_is_found_twice():
    bits = torch.tensor([[True, False], [False, False], [True, False]])
    assert HammingIndex(bits).ball(bits[0], 0).tolist() == [0, 2]


def test_a_ball_may_be_empty():
    bits = torch.tensor([[True, True, True]])
    found = HammingIndex(bits).ball(~bits[0], 2)
    assert found.shape == (0,) and found.dtype == torch.long


def test_the_widest_ball_is_the_whole_collection_in_order_of_distance():
    bits = torch.tensor([[True, True], [False, False], [True, False]])
    assert HammingIndex(bits).ball(bits[0], 2).tolist() == [0, 2, 1]
