"""Boltzmann machines: energies, samples and gradients agree with sums over all states."""

import math
from itertools import product

import pytest
import torch
from torch import nn

from mmlearn_helpers.binary import all_states
from mmlearn_helpers.boltzmann.hopfield import hebbian, recall
from mmlearn_helpers.boltzmann.machine import BoltzmannMachine
from mmlearn_helpers.boltzmann.restricted import RBM
from mmlearn_helpers.likelihood import exact_log_partition
from mmlearn_helpers.training import fit, one_cycle


def machine(n_visible=5, n_hidden=3, seed=0, scale=1.0, **options):
    model = BoltzmannMachine(n_visible, n_hidden, seed=seed, **options).double()
    torch.manual_seed(seed)
    with torch.no_grad():
        model.W.normal_(std=scale)
        model.b.normal_(std=scale)
    return model


def energy_by_hand(model, s):
    """Minus the weights of all pairs of units that are on, and the biases of these."""
    W, on = (model.W * model.connected).tolist(), [i for i, unit in enumerate(s) if unit]
    pairs = sum(W[i][j] for i in on for j in on if i < j)
    return -pairs - sum(model.b[i].item() for i in on)


def states(n):
    return all_states(n).double()


def distribution(model, temperature=1.0):
    """The probabilities of all states of all units, from energies by hand."""
    energies = [energy_by_hand(model, s) for s in product([0, 1], repeat=len(model.b))]
    return (-torch.tensor(energies, dtype=torch.float64) / temperature).softmax(dim=0)


def frequencies(s):
    places = 2 ** torch.arange(s.shape[1] - 1, -1, -1)
    return s.long().matmul(places).bincount(minlength=2 ** s.shape[1]).double() / len(s)


def variation(p, q):
    return ((p - q).abs().sum() / 2).item()


def negative_log_likelihood(model, v):
    return model.free_energy(v).mean() + exact_log_partition(model)


def test_weights_are_symmetric_and_follow_the_connections():
    connections = torch.tensor([[0.0, 1, 0], [1, 0, 1], [0, 1, 0]])
    weights = BoltzmannMachine(2, 1, connections=connections).weights
    assert torch.equal(weights, weights.T)
    assert torch.equal((weights != 0).float(), connections)
    everywhere = BoltzmannMachine(2, 2).weights
    assert torch.equal(everywhere != 0, ~torch.eye(4, dtype=torch.bool))


@pytest.mark.parametrize("seed", range(3))
def test_the_energy_is_that_of_a_loop(seed):
    model, s = machine(seed=seed), states(8)
    expected = [energy_by_hand(model, state) for state in s]
    assert model.energy(s).tolist() == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("n_hidden", [0, 1, 3])
def test_the_free_energy_sums_over_all_hidden_states(n_hidden):
    model = machine(n_hidden=n_hidden)
    for v in states(5)[::7]:
        energies = [
            energy_by_hand(model, [*v.tolist(), *h]) for h in product([0, 1], repeat=n_hidden)
        ]
        expected = -torch.tensor(energies).neg().logsumexp(dim=0).item()
        assert model.free_energy(v[None]).item() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("n_hidden", [0, 3])
def test_the_probabilities_of_all_visible_states_add_up_to_1(n_hidden):
    model = machine(n_hidden=n_hidden)
    log_p = -model.free_energy(states(5)) - exact_log_partition(model)
    assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-12)


def bipartite(rbm):
    """The same machine with all units in one layer."""
    n_hidden, n_visible = rbm.W.shape
    connections = torch.zeros(n_visible + n_hidden, n_visible + n_hidden)
    connections[:n_visible, n_visible:] = connections[n_visible:, :n_visible] = 1
    model = BoltzmannMachine(n_visible, n_hidden, connections=connections).double()
    with torch.no_grad():
        model.W[:n_visible, n_visible:] = rbm.W.T
        model.b.copy_(torch.cat([rbm.b, rbm.c]))
    return model


def test_with_connections_between_two_layers_only_it_is_restricted():
    rbm = RBM(6, 4).double()
    torch.manual_seed(0)
    for weights in rbm.parameters():
        nn.init.normal_(weights)
    model = bipartite(rbm)
    torch.testing.assert_close(model.free_energy(states(6)), rbm.free_energy(states(6)))
    torch.testing.assert_close(exact_log_partition(model), exact_log_partition(rbm))


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_gibbs_sampling_has_the_frequencies_of_the_exact_distribution(temperature):
    """Ten units, 40 000 chains: 50 sweeps, then two before each of 50 counts."""
    model = machine(6, 4)
    s, found = torch.zeros(40_000, 10, dtype=torch.float64), 0
    s = model.gibbs(s, [temperature] * 50, seed=100)
    for seed in range(50):
        s = model.gibbs(s, [temperature] * 2, seed=seed)
        found = found + frequencies(s) / 50
    assert variation(found, distribution(model, temperature)) < 0.01


def test_clamped_units_keep_their_states_and_the_others_have_the_conditional_distribution():
    """Six free units, 200 000 chains, 30 sweeps."""
    model = machine(6, 4, seed=1)
    clamped = torch.tensor([True, False] * 4 + [False] * 2)
    start = torch.zeros(200_000, 10, dtype=torch.float64)
    start[:, [0, 4]] = 1
    s = model.gibbs(start, [1.0] * 30, clamped=clamped)
    assert torch.equal(s[:, clamped], start[:, clamped])
    fitting = (states(10)[:, clamped] == start[0, clamped]).all(dim=1)
    expected = distribution(model)[fitting]
    assert variation(frequencies(s[:, ~clamped]), expected / expected.sum()) < 0.01


def test_all_units_clamped_leave_nothing_to_do():
    model, s = machine(), states(8)
    assert torch.equal(model.gibbs(s, [1.0] * 5, clamped=torch.ones(8, dtype=torch.bool)), s)


def test_a_very_cold_machine_recalls_like_a_hopfield_network():
    generator = torch.Generator().manual_seed(0)
    x = torch.randint(2, (3, 60), generator=generator).double() * 2 - 1
    weights = hebbian(x)
    model = BoltzmannMachine(60).double()
    with torch.no_grad():
        model.W.copy_(4 * weights)
        model.b.copy_(-2 * weights.sum(dim=1))
    spoilt = x.clone()
    spoilt[:, :10] *= -1
    found = model.gibbs((spoilt + 1) / 2, [0.01] * 20)
    assert not torch.equal(spoilt, x)
    assert torch.equal(2 * found - 1, recall(weights, spoilt))
    assert torch.equal(2 * found - 1, x)


def test_a_very_hot_machine_tosses_coins():
    s = machine().gibbs(torch.zeros(20_000, 8, dtype=torch.float64), [1e6])
    torch.testing.assert_close(s.mean(dim=0), torch.full_like(s[0], 0.5), rtol=0, atol=0.02)


def test_the_temperatures_are_gone_through_in_turn():
    model = machine(4, 0)
    s = model.gibbs(torch.zeros(5000, 4, dtype=torch.float64), [1e6] * 5 + [1e-6] * 20)
    fields = s @ model.weights + model.b
    assert torch.equal(s, (fields > 0).double())
    hot = model.gibbs(s, [1e-6] * 20 + [1e6] * 5)
    assert variation(frequencies(hot), torch.full((16,), 1 / 16)) < 0.05


def test_a_seed_repeats_the_samples_and_the_global_random_state_is_left_alone():
    model, s = machine(), states(8)
    before = torch.random.get_rng_state()
    found = model.gibbs(s, [1.0] * 3, seed=3)
    assert torch.equal(found, model.gibbs(s, [1.0] * 3, seed=3))
    assert not torch.equal(found, model.gibbs(s, [1.0] * 3, seed=4))
    assert torch.equal(model.gibbs(s, [1.0]), model.gibbs(s, [1.0], seed=0))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(s, states(8)) and found.dtype == torch.float64 and not found.requires_grad


def test_a_single_state_is_left_as_it_was_and_so_is_a_single_chain_in_evaluation():
    model, s = machine(n_chains=1), torch.ones(1, 8, dtype=torch.float64)
    for seed in range(5):
        model.gibbs(s, [1.0] * 3, seed=seed)
        assert s.all()
    model.eval()
    before = model.chains.clone()
    for _ in range(5):
        model.loss(torch.ones(2, 5, dtype=torch.float64))
        assert torch.equal(model.chains, before)


def test_the_first_weights_and_chains_follow_the_seed():
    first, again, other = (BoltzmannMachine(5, 3, seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["W"], other["W"])
    assert not torch.equal(first["chains"], other["chains"])


def data(n=40, d=5):
    return torch.randint(2, (n, d), generator=torch.Generator().manual_seed(0)).double()


def correlations(model, v=None):
    """Mean products of two units and mean states, with visible states given or without."""
    s = states(len(model.b))
    energies = torch.tensor([energy_by_hand(model, state) for state in s], dtype=torch.float64)
    if v is None:
        p = (-energies).softmax(dim=0)
    else:
        p = 0
        for example in v:
            fits = (s[:, : len(example)] == example).all(dim=1)
            p = p + (-energies).masked_fill(~fits, -torch.inf).softmax(dim=0) / len(v)
    return (s.T * p @ s).triu(1), p @ s


@pytest.mark.parametrize("n_hidden", [0, 3])
def test_the_gradient_is_the_difference_of_the_correlations(n_hidden):
    model, v = machine(n_hidden=n_hidden), data()
    negative_log_likelihood(model, v).backward()
    (free, free_mean), (clamped, clamped_mean) = correlations(model), correlations(model, v)
    torch.testing.assert_close(model.W.grad, free - clamped, rtol=1e-6, atol=1e-10)
    torch.testing.assert_close(model.b.grad, free_mean - clamped_mean, rtol=1e-6, atol=1e-10)


@pytest.mark.parametrize("n_hidden", [0, 3])
def test_the_gradient_agrees_with_finite_differences(n_hidden):
    model, v = machine(n_hidden=n_hidden), data()

    def value(W, b):
        model.__dict__.update(W=W, b=b)
        return negative_log_likelihood(model, v)

    weights = [model._parameters.pop(name) for name in ("W", "b")]
    assert torch.autograd.gradcheck(value, weights, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("n_hidden", [0, 3])
def test_the_gradient_of_the_loss_is_on_average_that_of_the_likelihood(n_hidden):
    model = machine(n_hidden=n_hidden, scale=0.5, n_sweeps=30, n_chains=40_000)
    v = data()
    negative_log_likelihood(model, v).backward()
    expected = [weights.grad.clone() for weights in model.parameters()]
    model.zero_grad()
    torch.manual_seed(0)
    model.loss(v.repeat(1000, 1))["loss"].backward()
    for weights, gradient in zip(model.parameters(), expected, strict=True):
        torch.testing.assert_close(weights.grad, gradient, rtol=0, atol=5 * 0.7 / 200)


def test_the_chains_move_in_training_only():
    model = machine()
    before = model.chains.clone()
    model.eval()
    model.loss(data())
    assert torch.equal(model.chains, before)
    model.train()
    model.loss(data())
    assert not torch.equal(model.chains, before)
    assert set(model.chains.unique().tolist()) == {0, 1}


def stuck(n_visible, n_hidden, chains):
    """Two units so tied to each other that the second takes the state of the first, and stays."""
    model = BoltzmannMachine(n_visible, n_hidden, n_chains=len(chains)).double()
    with torch.no_grad():
        model.W.zero_()
        model.W[-2, -1] = 1000
        model.b.zero_()[-2:] = -500
        model.chains.copy_(torch.tensor(chains))
    return model


def test_the_free_phase_begins_where_the_chains_are():
    model = stuck(2, 0, [[0.0, 0], [1, 1], [0, 0], [1, 1], [1, 1]])
    before = model.chains.clone()
    for _ in range(3):
        model.loss(torch.zeros(4, 2, dtype=torch.float64))
        assert torch.equal(model.chains, before)


def test_both_phases_are_means_whatever_their_numbers_of_states():
    model = stuck(2, 0, [[0.0, 0], [1, 1], [1, 1]])
    v = torch.tensor([[1.0, 1]] * 2 + [[0, 0]] * 5, dtype=torch.float64)
    loss = model.loss(v)["loss"]
    loss.backward()
    assert model.b.grad.tolist() == pytest.approx([2 / 3 - 2 / 7] * 2)
    assert model.W.grad[0, 1].item() == pytest.approx(2 / 3 - 2 / 7)
    states = torch.cat([v, model.chains])
    of_data, of_model = model.energy(states).split([7, 3])
    assert loss.item() == pytest.approx((of_data.mean() - of_model.mean()).item(), abs=1e-9)


def test_hidden_units_of_the_clamped_phase_begin_by_chance():
    model = stuck(1, 2, [[0.0, 0, 0]] * 3)
    torch.manual_seed(0)
    model.loss(torch.ones(4000, 1, dtype=torch.float64))["loss"].backward()
    assert model.b.grad[1:].tolist() == pytest.approx([-0.5, -0.5], abs=0.03)


def test_the_first_weights_are_small():
    W = BoltzmannMachine(60).W.detach()
    assert W.std().item() == pytest.approx(0.1, rel=0.05)
    assert W.mean().abs() < 0.01


def test_saved_weights_and_chains_come_back():
    saved, other = machine(), machine(seed=1)
    saved.loss(data())
    other.load_state_dict(saved.state_dict())
    losses = []
    for model in (saved, other):
        torch.manual_seed(0)
        losses.append(model.loss(data())["loss"].item())
    assert losses[0] == losses[1]
    assert torch.equal(saved.chains, other.chains)


def test_without_hidden_units_it_learns_as_much_as_there_is_to_learn():
    """Then the likelihood has a single maximum, which exact gradients find."""
    v = machine(4, 0).gibbs(torch.zeros(400, 4, dtype=torch.float64), [1.0] * 20).float()
    best = BoltzmannMachine(4)
    optimiser = torch.optim.LBFGS(best.parameters(), max_iter=200)

    def closure():
        optimiser.zero_grad()
        value = negative_log_likelihood(best, v)
        value.backward()
        return value

    optimiser.step(closure)
    model = BoltzmannMachine(4, n_sweeps=3)
    before = negative_log_likelihood(model, v).item()
    fit(model, v, epochs=100, batch_size=100, learning_rate=0.05, schedule=one_cycle)
    found, expected = (negative_log_likelihood(m, v).item() for m in (model, best))
    assert expected + 0.2 < before
    assert expected - 1e-4 < found < expected + 0.02


def test_hidden_units_learn_what_pairs_cannot_tell():
    """Among three units of even parity all pairs are independent."""
    v = states(3)[states(3).sum(dim=1) % 2 == 0].float().repeat(25, 1)
    model = BoltzmannMachine(3, 4, n_sweeps=5)
    fit(model, v, epochs=300, batch_size=100, learning_rate=0.1, schedule=one_cycle)
    assert negative_log_likelihood(model, v) < 3 * math.log(2) - 0.1
