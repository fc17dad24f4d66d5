"""RBMs with Gaussian visible units agree with integrals over them."""

import pytest
import torch
from torch import nn
from torch.distributions import Normal

from mmlearn_helpers.binary import all_states
from mmlearn_helpers.boltzmann.gaussian import GaussianRBM
from mmlearn_helpers.likelihood import exact_log_partition
from mmlearn_helpers.training import fit, one_cycle


def gaussian(n_visible=2, n_hidden=3, seed=0, scale=1.0, **options):
    model = GaussianRBM(n_visible, n_hidden, **options).double()
    torch.manual_seed(seed)
    for weights in model.parameters():
        nn.init.normal_(weights, std=scale)
    return model


def grid(d, reach=14, n=561):
    """The points of a grid, and the logarithm of the volume that each stands for."""
    along = torch.linspace(-reach, reach, n, dtype=torch.float64)
    points = torch.cartesian_prod(*[along] * d).reshape(-1, d)
    return points, d * (along[1] - along[0]).log()


def density(model, points, log_volume):
    """The model's probability of every cell of the grid, from the free energy alone."""
    log_p = -model.free_energy(points).detach() + log_volume
    return (log_p - log_p.logsumexp(dim=0)).exp()


def real(n=40, d=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, dtype=torch.float64, generator=generator)


def energy_by_hand(model, v, h):
    pairs = sum(
        h[j] * model.W[j, i] * v[i] for i in range(len(model.b)) for j in range(len(model.c))
    )
    quadratic = sum((v[i] - model.b[i]) ** 2 / 2 for i in range(len(model.b)))
    return quadratic - pairs - sum(h[j] * model.c[j] for j in range(len(model.c)))


def test_the_free_energy_sums_over_all_hidden_states():
    model, v = gaussian(3, 4), real(5, 3)
    for example in v:
        energies = torch.stack([energy_by_hand(model, example, h) for h in all_states(4)])
        expected = -(-energies).logsumexp(dim=0)
        torch.testing.assert_close(model.free_energy(example[None])[0], expected)


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("n_hidden", [1, 3])
def test_the_partition_function_is_that_of_quadrature(d, n_hidden):
    model = gaussian(d, n_hidden)
    points, log_volume = grid(d)
    expected = (-model.free_energy(points)).logsumexp(dim=0) + log_volume
    torch.testing.assert_close(exact_log_partition(model), expected, rtol=0, atol=1e-9)


def test_the_gradient_of_the_likelihood_is_that_of_quadrature():
    model, v = gaussian(), real()
    points, log_volume = grid(2)
    expected = (-model.free_energy(points)).logsumexp(dim=0) + log_volume
    expected = torch.autograd.grad(expected + model.free_energy(v).mean(), [*model.parameters()])
    found = exact_log_partition(model) + model.free_energy(v).mean()
    found = torch.autograd.grad(found, [*model.parameters()])
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-8)


def test_the_visible_units_are_summed_over_hidden_ones_even_if_there_are_fewer_visible():
    n, _ = gaussian(1, 6).enumeration()
    assert n == 6


def test_hidden_units_have_their_conditional_probabilities():
    model, v = gaussian(), real()
    energies = torch.stack(
        [torch.stack([energy_by_hand(model, x, h) for h in all_states(3)]) for x in v]
    )
    expected = (-energies).softmax(dim=1) @ all_states(3).double()
    torch.testing.assert_close(model.encode(v), expected)


def test_visible_units_have_the_conditional_mean_of_quadrature():
    model = gaussian()
    points, _ = grid(2)
    for h in all_states(3).double():
        p = (-energy_by_hand(model, points.T, h)).softmax(dim=0)
        torch.testing.assert_close(model.decode(h[None])[0], p @ points, rtol=0, atol=1e-8)


def test_samples_have_the_moments_of_quadrature():
    model = gaussian(scale=0.7)
    points, log_volume = grid(2)
    p = density(model, points, log_volume)
    mean = p @ points
    covariance = ((points - mean).T * p) @ (points - mean)
    found = model.sample(100_000, 100)
    torch.testing.assert_close(found.mean(dim=0), mean, rtol=0, atol=0.03)
    torch.testing.assert_close(found.T.cov(), covariance, rtol=0, atol=0.08)


def test_clamped_units_keep_their_states_and_the_others_have_the_conditional_mean():
    model = gaussian(scale=0.7)
    start = torch.tensor([[0.8, 0.0]], dtype=torch.float64).expand(100_000, -1)
    v = model.gibbs(start, 50, clamped=torch.tensor([True, False]))
    assert (v[:, 0] == 0.8).all()
    along = torch.linspace(-14, 14, 2001, dtype=torch.float64)
    points = torch.stack([torch.full_like(along, 0.8), along], dim=1)
    p = (-model.free_energy(points)).softmax(dim=0)
    assert v[:, 1].mean().item() == pytest.approx((p @ along).item(), abs=0.03)


@pytest.mark.parametrize("options", [{}, {"n_chains": 100_000}])
def test_the_loss_takes_samples_with_noise_of_deviation_1(options):
    model = gaussian(scale=0.5, **options)
    v = real(20).repeat(5000, 1)
    h = all_states(3).double()
    if options:
        model.chains.copy_(h[5].expand(100_000, -1))
        shares = torch.eye(8, dtype=torch.float64)[5]
    else:
        p = model.encode(v[:20])
        shares = torch.where(h[:, None] == 1, p, 1 - p).prod(dim=-1).mean(dim=1)
    points, log_volume = grid(2)
    of_state = [Normal(mean, 1.0).log_prob(points).sum(dim=1) for mean in model.decode(h)]
    p = shares @ (torch.stack(of_state) + log_volume).exp()
    expected = model.free_energy(v).mean() - p @ model.free_energy(points)
    torch.manual_seed(0)
    assert model.loss(v)["loss"].item() == pytest.approx(expected.item(), abs=0.03)


def test_a_machine_without_connections_is_a_normal_distribution():
    model = GaussianRBM(2, 3).double()
    nn.init.zeros_(model.W)
    with torch.no_grad():
        model.b.copy_(torch.tensor([0.5, -1.0]))
    expected = Normal(model.b, 1.0).log_prob(real()).sum(dim=1)
    found = -model.free_energy(real()) - exact_log_partition(model)
    torch.testing.assert_close(found, expected)


def test_it_trains_with_fit_and_finds_two_clusters():
    centres = torch.tensor([[1.5, 1.5], [-1.5, -1.5]]).repeat(200, 1)
    v = centres + torch.randn(400, 2, generator=torch.Generator().manual_seed(0))
    model = GaussianRBM(2, 4, n_chains=100)
    fit(model, v, epochs=60, batch_size=50, learning_rate=0.03, schedule=one_cycle)
    found = (-model.free_energy(v).mean() - exact_log_partition(model)).item()
    normal = torch.distributions.MultivariateNormal(v.mean(dim=0), v.T.cov())
    assert found > normal.log_prob(v).mean().item() + 0.1


def test_samples_keep_no_graph():
    model = gaussian()
    assert not model.sample(5, 3).requires_grad
    assert not model.gibbs(real(5), 3).requires_grad
