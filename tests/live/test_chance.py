"""Random numbers of the figures: uniform, unrelated, and the same in the browser."""

import pytest
import torch
from torch import nn

from mmlearn_helpers.live import LatentPad
from mmlearn_helpers.live.chance import shuffled, uniforms

SEEDS = [0, 1, 2, 12345, 2**31, 2**32 - 1]
DRAW = """async (seed) => {
    const parts = JSON.parse(document.querySelector("script[type='application/json']").textContent);
    const blob = new Blob([parts.module], { type: "text/javascript" });
    const { makeRandom } = await import(URL.createObjectURL(blob));
    const random = makeRandom(seed);
    const numbers = Array.from({ length: 10000 }, random.uniform);
    return [numbers, random.shuffled(500), random.shuffled(1), random.state];
}"""


def test_the_generator_is_mulberry32():
    """The first numbers of the C program by its author, for the seed 0."""
    numbers, state = uniforms(0, 3)
    assert (numbers * 2**32 - 0.5).tolist() == [1144304738, 1416247, 958946056]
    assert state == 3 * 0x6D2B79F5 % 2**32


@pytest.mark.parametrize("seed", SEEDS)
def test_the_browser_draws_the_same_numbers(show, seed):
    tab = show(LatentPad(nn.Sequential(nn.Linear(2, 4)), (2, 2)))
    theirs = tab.evaluate(DRAW, seed)
    numbers, state = uniforms(seed, 10_000)
    many, state = shuffled(state, 500)
    one, state = shuffled(state, 1)
    assert theirs == [numbers.tolist(), many, one, state]


@pytest.mark.parametrize("seed", SEEDS)
def test_drawing_in_parts_is_drawing_at_once(seed):
    first, middle = uniforms(seed, 7)
    second, end = uniforms(middle, 5)
    every, state = uniforms(seed, 12)
    assert torch.equal(torch.cat([first, second]), every) and state == end
    assert uniforms(seed, 0)[1] == seed


def test_the_numbers_are_uniform_and_unrelated():
    numbers, _ = uniforms(1, 1_000_000)
    assert numbers.dtype == torch.float64 and numbers.min() > 0 and numbers.max() < 1
    counts = torch.histc(numbers, bins=100, min=0, max=1)
    assert ((counts - 10_000).square() / 10_000).sum() < 150  # chi-square: 99 +- 14
    centred = numbers - 0.5
    for lag in (1, 2, 10):
        assert abs((centred[lag:] * centred[:-lag]).mean() * 12) < 0.004


def test_every_order_is_drawn_equally_often():
    counts, state = {}, 0
    for _ in range(6000):
        order, state = shuffled(state, 3)
        counts[tuple(order)] = counts.get(tuple(order), 0) + 1
    assert len(counts) == 6 and all(abs(count - 1000) < 120 for count in counts.values())
