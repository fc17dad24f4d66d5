"""Partition functions: exact sums, and estimates that bracket them."""

import math

import pytest
import torch
from torch import nn

from mmlearn_helpers import data
from mmlearn_helpers.binary import all_states
from mmlearn_helpers.boltzmann.machine import BoltzmannMachine
from mmlearn_helpers.boltzmann.restricted import RBM
from mmlearn_helpers.likelihood import ais_log_partition, exact_log_partition, partition
from mmlearn_helpers.training import fit, one_cycle


def rbm(n_visible=12, n_hidden=8, seed=0, scale=1.0, dtype=torch.float32):
    model = RBM(n_visible, n_hidden, seed=seed).to(dtype)
    torch.manual_seed(seed)
    for weights in model.parameters():
        nn.init.normal_(weights, std=scale)
    return model


def samples(model, n=500, seed=0):
    """Independent states of the visible units, from the exact distribution of the hidden ones."""
    states = all_states(len(model.c)).to(model.W)
    shares = (-model._free_energy_of_hidden(states)).detach().softmax(dim=0)
    generator = torch.Generator().manual_seed(seed)
    h = states[shares.multinomial(n, replacement=True, generator=generator)]
    return model.decode(h).bernoulli(generator=generator).detach()


class Machine(nn.Module):
    """A sum of known terms: each unit adds its weight."""

    def __init__(self, n):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.b = nn.Parameter(torch.randn(n, dtype=torch.float64, generator=generator))

    def enumeration(self):
        return len(self.b), lambda s: -(s.to(self.b) @ self.b)


@pytest.mark.parametrize("at_once", [1, 4, 2**14])
def test_the_exact_sum_of_independent_units_is_a_product(monkeypatch, at_once):
    monkeypatch.setattr(partition, "AT_ONCE", at_once)
    model = Machine(7)
    found = exact_log_partition(model)
    assert found.item() == pytest.approx(nn.functional.softplus(model.b).sum().item(), abs=1e-12)
    found.backward()
    torch.testing.assert_close(model.b.grad, model.b.detach().sigmoid())


def test_twenty_units_are_summed_in_parts_without_being_asked():
    model = Machine(20)
    expected = nn.functional.softplus(model.b).sum().item()
    assert partition.AT_ONCE < 2**20
    assert exact_log_partition(model).item() == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("at_once", [1, 16, 128])
@pytest.mark.parametrize("make", [lambda: rbm(dtype=torch.float64), lambda: BoltzmannMachine(5, 3)])
def test_several_parts_give_the_sum_and_the_gradient_of_one(monkeypatch, at_once, make):
    model = make().double()
    whole = exact_log_partition(model)
    gradients = torch.autograd.grad(whole, [*model.parameters()])
    monkeypatch.setattr(partition, "AT_ONCE", at_once)
    parts = exact_log_partition(model)
    torch.testing.assert_close(parts, whole, rtol=1e-12, atol=0)
    torch.testing.assert_close(torch.autograd.grad(parts, [*model.parameters()]), gradients)


def test_parts_keep_one_part_of_the_states_in_memory(monkeypatch):
    monkeypatch.setattr(partition, "AT_ONCE", 16)
    seen = []

    class Watched(Machine):
        def enumeration(self):
            n, free_energy = super().enumeration()
            return n, lambda s: seen.append(len(s)) or free_energy(s)

    exact_log_partition(Watched(6))
    assert seen == [16] * 4


@pytest.mark.parametrize(
    ("n_visible", "n_hidden", "scale"),
    [(12, 8, 0.01), (12, 8, 0.3), (12, 8, 1.0), (30, 20, 0.3), (10, 16, 1.0)],
)
def test_the_estimate_of_a_random_machine_is_right_with_the_default_settings(
    n_visible, n_hidden, scale
):
    model = rbm(n_visible, n_hidden, scale=scale)
    exact = exact_log_partition(model).item()
    found = ais_log_partition(model, samples(model))
    assert found.estimate == pytest.approx(exact, abs=0.05)
    assert found.reverse == pytest.approx(exact, abs=0.05)


@pytest.mark.parametrize("options", [{}, {"n_chains": 50}])
def test_the_estimate_of_a_trained_machine_is_right_with_the_default_settings(options):
    train = data.load("digits").train["image"].flatten(1).round()
    model = RBM(64, 12, **options)
    fit(model, train, epochs=15, batch_size=50, learning_rate=0.03, schedule=one_cycle)
    exact = exact_log_partition(model).item()
    found = ais_log_partition(model, model.sample(500, 300))
    assert found.estimate == pytest.approx(exact, abs=0.05)
    assert found.reverse == pytest.approx(exact, abs=0.1)


@pytest.fixture(scope="module")
def repeats():
    """With 50 temperatures and 100 chains, which is quick; the truth is known."""
    model = rbm(scale=0.5)
    v = samples(model, 20)
    found = [
        ais_log_partition(model, v, n_chains=100, n_temperatures=50, seed=seed)
        for seed in range(100)
    ]
    return exact_log_partition(model).item(), found


def test_the_interval_holds_the_truth_in_nine_of_ten_repeats(repeats):
    exact, found = repeats
    assert sum(one.low <= exact <= one.high for one in found) >= 90
    assert all(one.low < one.estimate < one.high for one in found)
    assert sum(one.high - one.low for one in found) / 100 < 1


def test_the_interval_reaches_three_standard_errors_to_each_side(repeats):
    estimate, low, high = (
        torch.tensor([getattr(one, name) for one in repeats[1]], dtype=torch.float64).exp()
        for name in ("estimate", "low", "high")
    )
    for reach in (high - estimate, estimate - low):
        assert (reach.mean() / estimate.std()).item() == pytest.approx(3, rel=0.2)


def test_an_interval_that_reaches_below_zero_has_no_lower_end():
    model = rbm(scale=2.0)
    v = samples(model, 20)
    found = [
        ais_log_partition(model, v, n_chains=3, n_temperatures=1, seed=seed) for seed in range(10)
    ]
    assert all(one.low <= one.estimate <= one.high for one in found)
    assert any(one.low == -math.inf for one in found)


def test_the_estimate_is_too_low_on_average_and_the_reverse_too_high():
    """With a single temperature, and with samples drawn anew for every repeat."""
    model = rbm(scale=2.0)
    exact = exact_log_partition(model).item()
    found = []
    for seed in range(300):
        v = samples(model, 20, seed + 1000)
        found.append(ais_log_partition(model, v, n_chains=10, n_temperatures=1, seed=seed))
    forward, reverse = (
        torch.tensor([getattr(one, name) for one in found], dtype=torch.float64) - exact
        for name in ("estimate", "reverse")
    )
    assert forward.mean() < -3 * forward.std() / 300**0.5
    assert reverse.mean() > 3 * reverse.std() / 300**0.5


def test_the_reverse_is_not_too_low_for_samples_that_set_the_means_of_the_independent_units():
    """A sample used for both would begin where it is expected, and the reverse be too low."""
    model = rbm(scale=0.0)
    found = [
        ais_log_partition(
            model, samples(model, 10, seed + 1000), n_chains=2, n_temperatures=1, seed=seed
        ).reverse
        for seed in range(200)
    ]
    assert sum(found) / 200 > exact_log_partition(model).item() + 0.1


def test_the_partition_function_itself_is_right_on_average():
    model = rbm(6, 4, dtype=torch.float64)
    exact = exact_log_partition(model).item()
    found = ais_log_partition(model, samples(model), n_chains=100_000, n_temperatures=5)
    assert found.estimate == pytest.approx(exact, abs=0.05)
    assert found.low < exact < found.high


def test_more_temperatures_narrow_the_interval():
    model = rbm(40, 12)
    v = samples(model)
    found = [ais_log_partition(model, v, n_temperatures=n) for n in (1, 30, 1000)]
    widths = [one.high - one.low for one in found]
    assert widths[0] > 3 * widths[1] > 9 * widths[2]


def test_independent_units_are_exact_with_a_single_temperature():
    model = rbm(scale=0.0, dtype=torch.float64)
    with torch.no_grad():
        model.c.fill_(0.7)
    v = torch.tensor([0.0, 0.0, 1.0, 1.0], dtype=torch.float64)[:, None].expand(-1, 12)
    found = ais_log_partition(model, v, n_chains=10, n_temperatures=1)
    exact = exact_log_partition(model).item()
    for one in found:
        assert one == pytest.approx(exact, abs=1e-6)


def test_pixels_that_are_always_black_or_white_do_no_harm():
    model, v = rbm(), samples(rbm())
    v[:, 0], v[:, 1] = 0, 1
    assert all(math.isfinite(one) for one in ais_log_partition(model, v, n_temperatures=100))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_seed_repeats_the_estimate_and_the_global_random_state_is_left_alone(dtype):
    model = rbm(dtype=dtype)
    v = samples(model)
    before, kept = torch.random.get_rng_state(), v.clone()
    first, again, other = (
        ais_log_partition(model, v, n_chains=10, n_temperatures=20, seed=seed) for seed in (3, 3, 4)
    )
    assert first == again and first != other
    assert torch.equal(torch.random.get_rng_state(), before) and torch.equal(v, kept)
    assert all(isinstance(one, float) for one in first)


def test_huge_partition_functions_do_not_overflow():
    model = rbm(scale=0.01)
    with torch.no_grad():
        model.b.fill_(500.0)
    found = ais_log_partition(model, torch.ones(5, 12), n_chains=10, n_temperatures=2000)
    exact = exact_log_partition(model).item()
    assert exact > 5000
    assert found.estimate == pytest.approx(exact, abs=0.5)


def test_many_small_steps_add_up_exactly_in_single_precision():
    """Independent units, of which every chain weighs the same: 4 000 terms, 24 000 nats."""
    model = rbm(scale=0.0)
    with torch.no_grad():
        model.c.fill_(3000.5)
    v = torch.tensor([0.0, 0.0, 1.0, 1.0])[:, None].expand(-1, 12)
    found = ais_log_partition(model, v, n_chains=2, n_temperatures=2000)
    assert found.estimate == pytest.approx(12 * math.log(2) + 8 * 3000.5, abs=0.01)
