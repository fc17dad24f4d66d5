"""Restricted Boltzmann machines: all they compute and sample agrees with sums over all states."""

import math
from itertools import product

import pytest
import torch
from torch import nn

from mmlearn_helpers import data
from mmlearn_helpers.binary import all_states
from mmlearn_helpers.boltzmann.restricted import RBM
from mmlearn_helpers.evaluation import reconstruction_error
from mmlearn_helpers.likelihood import exact_log_partition
from mmlearn_helpers.training import fit, one_cycle

WAYS = [{}, {"n_steps": 3}, {"n_chains": 7}, {"n_chains": 7, "n_steps": 3}]


def rbm(n_visible=5, n_hidden=3, seed=0, scale=1.0, **options):
    model = RBM(n_visible, n_hidden, seed=seed, **options).double()
    torch.manual_seed(seed)
    for weights in model.parameters():
        nn.init.normal_(weights, std=scale)
    return model


def states(n):
    return all_states(n).double()


def examples(n=40, d=5, seed=0):
    return torch.randint(2, (n, d), generator=torch.Generator().manual_seed(seed)).double()


def joint(model):
    """Minus the energies of all pairs of states, visible ones in rows, by plain loops."""
    W, b, c = (weights.tolist() for weights in (model.W, model.b, model.c))
    table = []
    for v in product([0, 1], repeat=len(b)):
        row = []
        for h in product([0, 1], repeat=len(c)):
            pairs = sum(W[j][i] for i, on in enumerate(v) for j, up in enumerate(h) if on and up)
            on_visible = sum(bias for bias, on in zip(b, v, strict=True) if on)
            row.append(pairs + on_visible + sum(bias for bias, on in zip(c, h, strict=True) if on))
        table.append(row)
    return torch.tensor(table, dtype=torch.float64)


def to_hidden(model):
    """The probability of every hidden state, in columns, given every visible one, in rows."""
    return joint(model).softmax(dim=1)


def to_visible(model):
    """The probability of every visible state, in columns, given every hidden one, in rows."""
    return joint(model).T.softmax(dim=1)


def frequencies(s):
    places = 2 ** torch.arange(s.shape[1] - 1, -1, -1)
    return s.long().matmul(places).bincount(minlength=2 ** s.shape[1]).double() / len(s)


def variation(p, q):
    return ((p - q).abs().sum() / 2).item()


def negative_log_likelihood(model, v):
    return model.free_energy(v).mean() + exact_log_partition(model)


SIZES = [(5, 3), (3, 5), (4, 4), (1, 1), (1, 3), (3, 1)]


@pytest.mark.parametrize(("n_visible", "n_hidden"), SIZES)
def test_the_free_energy_sums_over_all_hidden_states(n_visible, n_hidden):
    model = rbm(n_visible, n_hidden)
    expected = -joint(model).logsumexp(dim=1)
    torch.testing.assert_close(model.free_energy(states(n_visible)), expected)


@pytest.mark.parametrize(("n_visible", "n_hidden"), SIZES)
def test_the_partition_function_sums_over_both_layers_whichever_is_gone_through(
    n_visible, n_hidden
):
    model = rbm(n_visible, n_hidden)
    expected = joint(model).logsumexp(dim=(0, 1))
    torch.testing.assert_close(exact_log_partition(model), expected)
    n, _ = model.enumeration()
    assert n == min(n_visible, n_hidden)


@pytest.mark.parametrize(("n_visible", "n_hidden"), SIZES)
def test_both_layers_have_their_conditional_probabilities(n_visible, n_hidden):
    model = rbm(n_visible, n_hidden)
    of_hidden = to_hidden(model) @ states(n_hidden)
    of_visible = to_visible(model) @ states(n_visible)
    torch.testing.assert_close(model.encode(states(n_visible)), of_hidden)
    torch.testing.assert_close(model.decode(states(n_hidden)), of_visible)


def test_probabilities_of_hidden_units_can_be_decoded():
    model, v = rbm(), examples()
    assert model.decode(model.encode(v)).shape == v.shape
    expected = (v - model.decode(model.encode(v))).square().sum(dim=1).mean().item()
    assert reconstruction_error(model, v) == pytest.approx(expected)


@pytest.mark.parametrize(("n_visible", "n_hidden"), [(5, 3), (3, 5)])
def test_the_gradient_is_the_difference_of_the_correlations(n_visible, n_hidden):
    model, v = rbm(n_visible, n_hidden), examples(d=n_visible)
    negative_log_likelihood(model, v).backward()
    p = joint(model).flatten().softmax(dim=0).reshape(2**n_visible, -1)
    free = states(n_hidden).T @ p.T @ states(n_visible)
    shares = frequencies(v)[:, None] * to_hidden(model)
    clamped = states(n_hidden).T @ shares.T @ states(n_visible)
    torch.testing.assert_close(model.W.grad, free - clamped, rtol=1e-6, atol=1e-10)
    difference = (p.sum(dim=1) - shares.sum(dim=1)) @ states(n_visible)
    torch.testing.assert_close(model.b.grad, difference, rtol=1e-6, atol=1e-10)
    difference = (p.sum(dim=0) - shares.sum(dim=0)) @ states(n_hidden)
    torch.testing.assert_close(model.c.grad, difference, rtol=1e-6, atol=1e-10)


@pytest.mark.parametrize(("n_visible", "n_hidden"), [(5, 3), (3, 5)])
def test_the_gradient_agrees_with_finite_differences(n_visible, n_hidden):
    model, v = rbm(n_visible, n_hidden), examples(d=n_visible)
    weights = [model._parameters.pop(name) for name in ("W", "b", "c")]

    def value(W, b, c):
        model.__dict__.update(W=W, b=b, c=c)
        return negative_log_likelihood(model, v)

    assert torch.autograd.gradcheck(value, weights, rtol=1e-6, atol=1e-8)


def expected_loss(model, v, n_steps, from_hidden=None):
    """The loss averaged over all that may be drawn: free energy of data less that of samples."""
    step = to_hidden(model) @ to_visible(model)
    shares = frequencies(v) @ step if from_hidden is None else from_hidden @ to_visible(model)
    for _ in range(n_steps - 1):
        shares = shares @ step
    free_energy = model.free_energy(states(v.shape[1]))
    return frequencies(v) @ free_energy - shares.detach() @ free_energy


@pytest.mark.parametrize("n_steps", [1, 2, 5])
def test_contrastive_divergence_is_on_average_what_sums_over_all_states_say(n_steps):
    model, v = rbm(n_steps=n_steps, scale=0.7), examples(n=20)
    expected = expected_loss(model, v, n_steps)
    gradients = torch.autograd.grad(expected, [*model.parameters()])
    torch.manual_seed(0)
    found = model.loss(v.repeat(5000, 1))["loss"]
    assert found.item() == pytest.approx(expected.item(), abs=0.03)
    for estimate, gradient in zip(
        torch.autograd.grad(found, [*model.parameters()]), gradients, strict=True
    ):
        torch.testing.assert_close(estimate, gradient, rtol=0, atol=0.01)


@pytest.mark.parametrize("n_steps", [1, 3])
def test_with_chains_the_steps_begin_where_the_chains_are(n_steps):
    model, v = rbm(n_steps=n_steps, n_chains=100_000, scale=0.7), examples(n=20).repeat(5000, 1)
    h = states(3)[5]
    model.chains.copy_(h.expand(100_000, -1))
    start = torch.zeros(8, dtype=torch.float64)
    start[5] = 1
    expected = expected_loss(model, v, n_steps, start)
    torch.manual_seed(0)
    assert model.loss(v)["loss"].item() == pytest.approx(expected.item(), abs=0.03)
    shares = start
    for _ in range(n_steps):
        shares = shares @ to_visible(model) @ to_hidden(model)
    assert variation(frequencies(model.chains), shares) < 0.01


def test_chains_that_are_samples_give_the_gradient_of_the_likelihood_on_average():
    model, v = rbm(n_chains=100_000, scale=0.7), examples(n=20)
    shares = joint(model).flatten().softmax(dim=0).reshape(32, 8).sum(dim=0)
    generator = torch.Generator().manual_seed(0)
    model.chains.copy_(states(3)[shares.multinomial(100_000, True, generator=generator)])
    expected = torch.autograd.grad(negative_log_likelihood(model, v), [*model.parameters()])
    torch.manual_seed(0)
    found = torch.autograd.grad(model.loss(v)["loss"], [*model.parameters()])
    for estimate, gradient in zip(found, expected, strict=True):
        torch.testing.assert_close(estimate, gradient, rtol=0, atol=0.01)


def test_the_reconstruction_is_one_step_from_the_data_and_back():
    v = examples(n=20)
    for n_steps in (1, 4):
        model = rbm(n_steps=n_steps)
        means = model.decode(states(3))
        errors = (v[:, None] - means).square().sum(dim=-1)
        of_hidden = to_hidden(model)[(v @ 2.0 ** torch.arange(4, -1, -1).double()).long()]
        expected = (of_hidden * errors).sum(dim=1).mean().item()
        torch.manual_seed(0)
        found = model.loss(v.repeat(5000, 1))["reconstruction"].item()
        assert found == pytest.approx(expected, abs=0.01)
    assert "reconstruction" not in rbm(n_chains=3).loss(v)


def test_gibbs_sampling_has_the_frequencies_of_the_exact_distribution():
    """Ten visible units, 20 000 chains: 50 steps, then two before each of 50 counts."""
    model = rbm(10, 4).float()
    v, found = torch.zeros(20_000, 10), 0
    v = model.gibbs(v, 50, seed=100)
    for seed in range(50):
        v = model.gibbs(v, 2, seed=seed)
        found = found + frequencies(v) / 50
    expected = (-model.double().free_energy(states(10))).detach().softmax(dim=0)
    assert variation(found, expected) < 0.01


def test_clamped_units_keep_their_states_and_the_others_have_the_conditional_distribution():
    """Five free units, 100 000 chains, 50 steps."""
    model = rbm(8, 4, scale=0.8)
    clamped = torch.tensor([True, False, False, True, False, False, True, False])
    start = torch.zeros(100_000, 8, dtype=torch.float64)
    start[:, [0, 6]] = 1
    v = model.gibbs(start, 50, clamped=clamped)
    assert torch.equal(v[:, clamped], start[:, clamped])
    fitting = (states(8)[:, clamped] == start[0, clamped]).all(dim=1)
    expected = (-model.free_energy(states(8)[fitting])).detach().softmax(dim=0)
    assert variation(frequencies(v[:, ~clamped]), expected) < 0.01


def test_one_step_of_gibbs_sampling_is_one_step():
    model, v = rbm(), torch.zeros(100_000, 5, dtype=torch.float64)
    expected = to_hidden(model)[0] @ to_visible(model)
    assert variation(frequencies(model.gibbs(v, 1)), expected) < 0.01


def test_samples_have_the_exact_distribution_and_begin_with_coins():
    model = rbm()
    expected = (-model.free_energy(states(5))).detach().softmax(dim=0)
    assert variation(frequencies(model.sample(50_000, 30)), expected) < 0.01
    coins = torch.full((32,), 1 / 32, dtype=torch.float64)
    first = coins @ to_hidden(model) @ to_visible(model)
    assert variation(frequencies(model.sample(50_000, 1)), first) < 0.01


@pytest.mark.parametrize("draws", [lambda m, **o: m.sample(30, 2, **o), None])
def test_a_seed_repeats_the_samples_and_the_global_random_state_is_left_alone(draws):
    model, v = rbm(), examples()
    draws = draws or (lambda m, **o: m.gibbs(v, 2, **o))
    before = torch.random.get_rng_state()
    found = draws(model, seed=3)
    assert torch.equal(found, draws(model, seed=3))
    assert not torch.equal(found, draws(model, seed=4))
    assert torch.equal(draws(model), draws(model, seed=0))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(v, examples()) and not found.requires_grad
    assert found.dtype == torch.float64 and set(found.unique().tolist()) == {0, 1}


def test_the_first_weights_are_small_and_they_and_the_chains_follow_the_seed():
    first, again, other = (RBM(50, 40, n_chains=5, seed=s).state_dict() for s in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["W"], other["W"])
    assert not torch.equal(first["chains"], other["chains"])
    assert first["W"].std().item() == pytest.approx(0.01, rel=0.1)
    assert not first["b"].any() and not first["c"].any()


def test_the_chains_move_in_training_only():
    model, v = rbm(n_chains=20), examples()
    before = model.chains.clone()
    model.eval()
    model.loss(v)
    assert torch.equal(model.chains, before)
    model.train()
    model.loss(v)
    assert not torch.equal(model.chains, before)
    assert set(model.chains.unique().tolist()) == {0, 1}


@pytest.mark.parametrize("options", WAYS)
def test_saved_weights_and_chains_come_back(options):
    saved, other = rbm(**options), rbm(seed=1, **options)
    saved.loss(examples())
    other.load_state_dict(saved.state_dict())
    losses = []
    for model in (saved, other):
        torch.manual_seed(0)
        losses.append(model.loss(examples()))
    assert losses[0] == losses[1]
    assert ("chains" in saved.state_dict()) == ("n_chains" in options)


class StoppedError(Exception):
    """The run ends here."""


@pytest.mark.parametrize("options", WAYS)
def test_a_run_that_is_stopped_goes_on_from_its_checkpoint_bit_for_bit(options, tmp_path):
    class Stopping(RBM):
        steps_left = math.inf

        def loss(self, v):
            self.steps_left -= 1
            if self.steps_left < 0:
                raise StoppedError
            return super().loss(v)

    v, settings = examples().float(), {"epochs": 4, "batch_size": 8, "seed": 3}
    whole, stopped, again = (Stopping(5, 3, **options) for _ in range(3))
    fit(whole, v, **settings)
    stopped.steps_left = 12
    for model, error in ((stopped, StoppedError), (again, None)):
        if error:
            with pytest.raises(error):
                fit(model, v, checkpoint=tmp_path / "run", **settings)
        else:
            fit(model, v, checkpoint=tmp_path / "run", **settings)
    assert again.steps_left == math.inf
    for name, weights in whole.state_dict().items():
        assert torch.equal(again.state_dict()[name], weights), name
        assert not torch.equal(stopped.state_dict()[name], weights), name


@pytest.mark.parametrize("options", [{}, {"n_chains": 50}, {"n_chains": 100, "n_steps": 3}])
def test_it_trains_with_fit_and_finds_new_digits_more_probable(options):
    digits = data.load("digits")
    train, test = (part["image"].flatten(1).round() for part in (digits.train, digits.test))
    model = RBM(64, 12, **options)
    history = fit(model, train, epochs=15, batch_size=50, learning_rate=0.03, schedule=one_cycle)
    means = train.mean(dim=0).clamp(0.01, 0.99)
    independent = (test * means.log() + (1 - test) * (1 - means).log()).sum(dim=1).mean().item()
    assert -negative_log_likelihood(model, test).item() > independent + 2
    if not options:
        course = history.train["reconstruction"]
        assert course[-1] < 0.8 * course[0]


def test_both_precisions_agree():
    model, v = rbm(), examples()
    single = RBM(5, 3)
    single.load_state_dict(model.state_dict())
    for method in ("encode", "free_energy"):
        found = getattr(single, method)(v.float())
        assert found.dtype == torch.float32
        torch.testing.assert_close(found.double(), getattr(model, method)(v), rtol=0, atol=1e-5)
    assert all(term.dtype == torch.float64 for term in model.loss(v).values())


@pytest.mark.parametrize("options", WAYS)
def test_huge_weights_overflow_nowhere(options):
    model = RBM(5, 3, **options)
    with torch.no_grad():
        model.W.copy_(torch.tensor([1e4, -1e4, 1e3, 0, 1e4]).expand(3, 5))
    v = examples().float()
    model.loss(v)["loss"].backward()
    assert all(weights.grad.isfinite().all() for weights in model.parameters())
    assert model.free_energy(v).isfinite().all() and exact_log_partition(model).isfinite()
    assert model.gibbs(v, 3).isfinite().all()


@pytest.mark.parametrize("options", WAYS)
def test_a_single_example_will_do_and_stays_as_it_was(options):
    model, v = rbm(**options), examples(1)
    model.loss(v)["loss"].backward()
    assert torch.equal(v, examples(1))
