"""Hopfield networks: what is stored is at rest, and every change lowers the energy."""

import pytest
import torch

from mmlearn_helpers.boltzmann import hopfield
from mmlearn_helpers.boltzmann.hopfield import energy, hebbian, pseudo_inverse, recall


def spins(m, n, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(2, (m, n), generator=generator).to(dtype) * 2 - 1


def random_weights(n, seed=0):
    generator = torch.Generator().manual_seed(seed)
    weights = torch.randn(n, n, dtype=torch.float64, generator=generator)
    return (weights + weights.T).fill_diagonal_(0)


def energy_by_hand(weights, s):
    n = len(s)
    return -sum(weights[i, j] * s[i] * s[j] for i in range(n) for j in range(i)).item()


def recall_by_hand(weights, s, seed=0):
    """One state, with plain loops; also the energies after every change."""
    generator, s = torch.Generator().manual_seed(seed), s.clone()
    course, changed = [energy_by_hand(weights, s)], True
    while changed:
        changed = False
        for i in torch.randperm(len(s), generator=generator).tolist():
            field = sum((weights[i, j] * s[j]).item() for j in range(len(s)))
            if field * s[i] < 0:
                s[i], changed = -s[i], True
                course.append(energy_by_hand(weights, s))
    return s, course


def test_hebbian_weights_are_those_of_a_loop():
    x = spins(3, 7)
    weights = hebbian(x)
    for i in range(7):
        for j in range(7):
            by_hand = sum(x[p, i] * x[p, j] for p in range(3)) if i != j else 0
            assert weights[i, j].item() == pytest.approx(float(by_hand), abs=1e-12)


@pytest.mark.parametrize("n_patterns", [1, 3, 9])
def test_pseudo_inverse_weights_are_the_projection_without_its_diagonal(n_patterns):
    x = spins(n_patterns, 20)
    expected = (torch.linalg.pinv(x) @ x).fill_diagonal_(0)
    torch.testing.assert_close(pseudo_inverse(x), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_patterns_that_depend_on_others_do_not_change_the_pseudo_inverse(dtype):
    x = spins(4, 30, dtype=dtype)
    x[3] = torch.where(torch.arange(30) < 15, x[0], x[1])
    x[2] = torch.where(torch.arange(30) < 15, x[1], x[0])
    dependent = torch.cat([x, -x[:2], x[:1]])
    assert torch.linalg.matrix_rank(dependent) == 3
    expected = pseudo_inverse(x[:3].double())
    torch.testing.assert_close(pseudo_inverse(dependent).double(), expected, rtol=0, atol=1e-5)


def test_two_patterns_that_differ_in_two_units_of_400_are_two_patterns():
    x = spins(1, 400).repeat(2, 1)
    x[1, :2] *= -1
    expected = (torch.linalg.pinv(x) @ x).fill_diagonal_(0)
    torch.testing.assert_close(pseudo_inverse(x), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("store", [hebbian, pseudo_inverse])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_weights_are_symmetric_with_a_diagonal_of_zeros_and_keep_their_type(store, dtype):
    x = spins(5, 40, dtype=dtype)
    weights = store(x)
    assert weights.shape == (40, 40) and weights.dtype == dtype
    assert not weights.diagonal().any()
    torch.testing.assert_close(weights, weights.T)
    assert torch.equal(x, spins(5, 40, dtype=dtype))


@pytest.mark.parametrize("seed", range(3))
def test_a_few_patterns_stored_by_hebb_are_at_rest(seed):
    x = spins(4, 100, seed)
    assert torch.equal(recall(hebbian(x), x), x)


def alike():
    """Thirty patterns that share some 80 % of their units, and are linearly independent."""
    kept = torch.rand(30, 100, generator=torch.Generator().manual_seed(1)) < 0.8
    x = torch.where(kept, spins(1, 100), -spins(1, 100))
    assert torch.linalg.matrix_rank(x) == 30
    return x


def test_many_patterns_much_alike_are_at_rest_with_the_pseudo_inverse():
    x = alike()
    assert torch.equal(recall(pseudo_inverse(x), x), x)


def test_hebb_loses_patterns_much_alike():
    x = alike()
    assert not (recall(hebbian(x), x) == x).all(dim=1).any()


def test_a_spoilt_pattern_comes_back():
    x = spins(3, 100)
    spoilt = x.clone()
    spoilt[:, :15] *= -1
    assert torch.equal(recall(hebbian(x), spoilt), x)


@pytest.mark.parametrize("seed", range(3))
def test_the_energy_is_that_of_a_loop(seed):
    weights, s = random_weights(8, seed), spins(5, 8, seed)
    expected = [energy_by_hand(weights, state) for state in s]
    assert energy(weights, s).tolist() == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_recall_is_the_loop_by_hand_and_every_change_lowers_the_energy(seed):
    weights, s = random_weights(12, seed), spins(6, 12, seed)
    found = recall(weights, s, seed=seed)
    for start, end in zip(s, found, strict=True):
        expected, course = recall_by_hand(weights, start, seed)
        assert torch.equal(end, expected)
        assert len(course) > 1 and course == sorted(course, reverse=True)


@pytest.mark.parametrize("seed", range(5))
def test_no_single_change_lowers_the_energy_where_recall_ends(seed):
    weights = random_weights(50, seed)
    s = recall(weights, spins(20, 50, seed))
    assert ((s @ weights) * s >= 0).all()


def test_a_field_of_zero_changes_nothing():
    s = spins(10, 6)
    assert torch.equal(recall(torch.zeros(6, 6, dtype=torch.float64), s), s)
    weights = torch.zeros(3, 3, dtype=torch.float64)
    weights[0, 1] = weights[1, 0] = weights[0, 2] = weights[2, 0] = 1
    tied = torch.tensor([[1.0, 1, -1], [-1, 1, -1]], dtype=torch.float64)
    for seed in range(10):
        found = recall(weights, tied, seed=seed)
        assert ((found @ weights) * found >= 0).all()
    alone = torch.tensor([[1.0, -1, 1]], dtype=torch.float64)
    weights = torch.zeros(3, 3, dtype=torch.float64)
    weights[1, 2] = weights[2, 1] = 1
    assert all(recall(weights, alone, seed=seed)[0, 0] == 1 for seed in range(10))


def test_a_state_ends_as_it_ends_alone_and_is_not_changed():
    weights, s = random_weights(30), spins(10, 30)
    together = recall(weights, s)
    assert torch.equal(s, spins(10, 30))
    assert torch.equal(torch.cat([recall(weights, state[None]) for state in s]), together)


def test_a_seed_repeats_the_recall_another_gives_another_order():
    weights, s = random_weights(40), spins(30, 40)
    before = torch.random.get_rng_state()
    assert torch.equal(recall(weights, s), recall(weights, s, seed=0))
    assert not torch.equal(recall(weights, s), recall(weights, s, seed=1))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_states_that_do_not_come_to_rest_are_an_error(monkeypatch):
    monkeypatch.setattr(hopfield, "MAX_SWEEPS", 1)
    weights, s = random_weights(40), spins(30, 40)
    with pytest.raises(ArithmeticError, match=r"not at rest after 1 sweeps.*weights.double\(\)"):
        recall(weights, s)


def test_recall_leaves_a_single_state_as_it_was():
    weights, s = random_weights(40), spins(1, 40)
    before = s.clone()
    assert not torch.equal(recall(weights, s), before)
    assert torch.equal(s, before)


def test_a_long_way_down_is_no_matter_of_rounding(monkeypatch):
    pulls = torch.arange(1.0, 60, dtype=torch.float64)  # each unit follows its right neighbour
    weights = torch.diag(pulls, 1) + torch.diag(pulls, -1)
    s = -torch.ones(1, 60, dtype=torch.float64)
    s[:, -2:] = 1
    assert (recall(weights, s) == 1).all()
    monkeypatch.setattr(hopfield, "MAX_SWEEPS", 10)
    with pytest.raises(ArithmeticError, match=r"not at rest after 10 sweeps.*a chain.*MAX_SWEEPS"):
        recall(weights, s)


def test_weights_are_symmetric_but_for_rounding():
    weights, s = random_weights(10), spins(3, 10)
    expected = recall(weights, s)
    weights[3, 7] *= 1 + 1e-9
    assert torch.equal(recall(weights, s), expected)
    weights[3, 7] += 1e-3 * weights.abs().max()
    with pytest.raises(ValueError, match=r"not symmetric: weights\[3, 7\] is"):
        recall(weights, s)
