"""Log-likelihoods agree with closed forms and with quadrature; bounds lie below them."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch import nn
from torch.distributions import Normal

from mmlearn_helpers.likelihood import exact_log_likelihood, importance_weighted_bound, latents
from mmlearn_helpers.variational.vae import VAE


class Linear:
    """x = W z + b + noise, whose posterior and likelihood have closed forms.

    With orthogonal columns in W the latents stay independent given x, so q can be exact.
    """

    def __init__(self, n_latents=1, d=3, sigma=0.5, seed=0, off=0.0, dtype=torch.float64):
        generator = torch.Generator().manual_seed(seed)
        columns = torch.linalg.qr(torch.randn(d, d, dtype=dtype, generator=generator)).Q
        self.w = columns[:, :n_latents] * torch.linspace(1.5, 0.7, n_latents, dtype=dtype)
        self.b = torch.randn(d, dtype=dtype, generator=generator)
        self.sigma, self.off = sigma, off

    def posterior(self, x):
        precision = 1 + self.w.square().sum(dim=0) / self.sigma**2
        mean = (x - self.b) @ self.w / self.sigma**2 / precision
        return Normal(mean + self.off, precision.rsqrt().expand_as(mean))

    def log_joint(self, x, z):
        noise = Normal(z @ self.w.T + self.b, self.sigma)
        return Normal(0, 1).log_prob(z).sum(-1) + noise.log_prob(x).sum(-1)

    def exact(self, x):
        w = self.w.double().numpy()
        covariance = w @ w.T + self.sigma**2 * np.eye(len(w))
        normal = stats.multivariate_normal(self.b.double().numpy(), covariance)
        return torch.from_numpy(np.atleast_1d(normal.logpdf(x.double().numpy())))

    def examples(self, n=7, seed=1):
        generator = torch.Generator().manual_seed(seed)
        z = torch.randn(n, self.w.shape[1], dtype=self.w.dtype, generator=generator)
        noise = torch.randn(n, len(self.b), dtype=self.w.dtype, generator=generator)
        return z @ self.w.T + self.b + self.sigma * noise


def bernoulli_vae(n_latents=1, scale=3.0, d=5):
    torch.manual_seed(0)
    model = VAE([d, 6, n_latents], activation=nn.Tanh).double()
    with torch.no_grad():
        for layer in (model.decoder[0], model.decoder[2]):
            layer.weight.mul_(scale)
    return model


def binary(n=6, d=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(n, d, dtype=torch.float64, generator=generator).round()


def by_quadrature(model, example):
    """The log-likelihood and the evidence lower bound of one example and a single latent."""
    weight, bias = (p.detach().numpy() for p in model.decoder[0].parameters())
    weight_2, bias_2 = (p.detach().numpy() for p in model.decoder[2].parameters())
    q = model.posterior(example[None])
    density = stats.norm(q.mean.item(), q.stddev.item())

    def log_joint(z):
        logits = np.tanh(z * weight[:, 0] + bias) @ weight_2.T + bias_2
        x = example.numpy()
        surprise = np.logaddexp(0, logits) - x * logits
        return stats.norm.logpdf(z) - surprise.sum()

    options = {"epsabs": 0, "epsrel": 1e-11, "limit": 500, "points": [-3, 0, 3]}
    p, _ = integrate.quad(lambda z: math.exp(log_joint(z)), -12, 12, **options)
    elbo, _ = integrate.quad(
        lambda z: density.pdf(z) * (log_joint(z) - density.logpdf(z)), -12, 12, **options
    )
    return math.log(p), elbo


@pytest.mark.parametrize("n_latents", [1, 2])
@pytest.mark.parametrize(("d", "sigma"), [(3, 0.5), (2, 1.0), (7, 0.2)])
@pytest.mark.parametrize("n", [1, 7])
def test_the_exact_value_of_a_linear_model_is_its_closed_form(n_latents, d, sigma, n):
    model = Linear(n_latents, d, sigma)
    x = model.examples(n)
    torch.testing.assert_close(exact_log_likelihood(model, x), model.exact(x), rtol=0, atol=1e-6)


def test_the_exact_value_of_a_vae_with_one_latent_is_that_of_quadrature():
    model, x = bernoulli_vae(), binary()
    expected = [by_quadrature(model, example)[0] for example in x]
    assert exact_log_likelihood(model, x).tolist() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("n_latents", [1, 2])
def test_the_probabilities_of_all_pictures_add_up_to_1(n_latents):
    every = torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=torch.float64)] * 5)
    log_p = exact_log_likelihood(bernoulli_vae(n_latents), every)
    assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-6)


def test_three_latents_are_refused():
    model = Linear(3)
    with pytest.raises(ValueError, match=r"has 3 latents, .* use importance_weighted_bound"):
        exact_log_likelihood(model, model.examples())


@pytest.mark.parametrize(("n_latents", "sigma"), [(1, 1e-6), (2, 1e-3)])
def test_a_posterior_too_narrow_for_the_grid_is_an_error_and_not_a_number(n_latents, sigma):
    model = Linear(n_latents, sigma=sigma)
    n_points = 2 ** (20 // n_latents)  # a million in all
    with pytest.raises(
        ArithmeticError, match=rf"With {n_points} .* p\(z\|x\) is very narrow.*importance_weighted"
    ):
        exact_log_likelihood(model, model.examples(2))


def test_single_precision_is_an_error_at_a_tolerance_it_cannot_hold():
    model = Linear(d=30, sigma=0.05, dtype=torch.float32)
    model.b += 1000
    x = model.examples(2)
    with pytest.raises(ArithmeticError, match=r"more than 1e-06: .*model.double\(\) with x.double"):
        exact_log_likelihood(model, x)
    found = exact_log_likelihood(model, x, tolerance=0.1)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), model.exact(x), rtol=0, atol=0.1)


@pytest.mark.parametrize("distance", [20.0, 1000.0])
@pytest.mark.parametrize("tolerance", [1e-6, 0.1, 5.0])
def test_an_example_whose_latents_lie_beyond_the_grid_is_an_error_and_not_a_number(
    monkeypatch, distance, tolerance
):
    monkeypatch.setattr(latents, "MAX_POINTS", 2**14)
    model = Linear(sigma=1.0)
    x = model.examples(5)
    x[3] = model.b + distance * model.w[:, 0]
    with pytest.raises(ArithmeticError, match=r"row 3 reaches beyond latents of 10, .* look at"):
        exact_log_likelihood(model, x, tolerance=tolerance)
    x[3] = model.b + 4 * model.w[:, 0]
    torch.testing.assert_close(exact_log_likelihood(model, x), model.exact(x), rtol=0, atol=1e-6)


@pytest.mark.parametrize("rows", [1, 3, 10**6])
def test_the_exact_value_does_not_depend_on_batches_and_chunks(monkeypatch, rows):
    model, x = bernoulli_vae(), binary(5)
    together = exact_log_likelihood(model, x)
    monkeypatch.setattr(latents, "ROWS", rows)
    parts = torch.cat([exact_log_likelihood(model, part) for part in x.split([1, 3, 1])])
    torch.testing.assert_close(parts, together, rtol=0, atol=1e-8)


@pytest.mark.parametrize("measure", [exact_log_likelihood, importance_weighted_bound])
def test_no_gradient_graph_is_kept_and_the_random_state_is_left_alone(measure):
    before = torch.random.get_rng_state()
    found = measure(bernoulli_vae(), binary())
    assert not found.requires_grad
    assert found.shape == (6,) and found.dtype == torch.float64
    torch.manual_seed(0)
    state = torch.random.get_rng_state()
    measure(Linear(), Linear().examples())
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.random.set_rng_state(before)


@pytest.mark.parametrize("n_latents", [1, 2, 3])
@pytest.mark.parametrize("n_samples", [1, 2, 5000])
def test_with_the_true_posterior_the_bound_is_exact_at_any_number_of_samples(n_latents, n_samples):
    model = Linear(n_latents)
    x = model.examples(3)
    found = importance_weighted_bound(model, x, n_samples)
    torch.testing.assert_close(found, model.exact(x), rtol=0, atol=1e-9)


def repeated(model, example, n_samples, times=4000, seed=0):
    """Many estimates for one example."""
    return importance_weighted_bound(model, example.expand(times, -1), n_samples, seed=seed)


def deviation(values):
    """The standard error of a mean."""
    return (values.std() / len(values) ** 0.5).item()


def test_the_bound_rises_with_the_number_of_samples_and_stays_below_the_exact_value():
    model = Linear(off=0.4)
    example = model.examples(1)
    courses = [repeated(model, example, n_samples) for n_samples in (1, 3, 10, 100)]
    for lower, higher in pairwise(courses):
        error = math.hypot(deviation(lower), deviation(higher))
        assert higher.mean() - lower.mean() > 4 * error
    exact = model.exact(example).item()
    assert all(course.mean().item() < exact + 4 * deviation(course) for course in courses)
    assert courses[0].mean().item() < exact - 0.5


def test_the_bound_converges_to_the_exact_value():
    model, x = bernoulli_vae(), binary(4)
    found = importance_weighted_bound(model, x, 100_000)
    torch.testing.assert_close(found, exact_log_likelihood(model, x), rtol=0, atol=0.02)


@pytest.mark.parametrize("n_samples", [1, 7])
def test_the_estimated_probability_is_right_on_average(n_samples):
    model = Linear(off=0.2)
    example = model.examples(1)
    p = repeated(model, example, n_samples, 20_000).exp()
    assert abs(p.mean().item() - model.exact(example).exp().item()) < 4 * deviation(p)


def test_one_sample_gives_the_evidence_lower_bound_on_average():
    model, x = bernoulli_vae(), binary(2)
    for example in x:
        estimates = repeated(model, example[None], 1, 40_000)
        _, elbo = by_quadrature(model, example)
        assert abs(estimates.mean().item() - elbo) < 4 * deviation(estimates)


@pytest.mark.parametrize("rows", [1, 4, 17, 10**6])
@pytest.mark.parametrize("n_samples", [1, 10])
def test_chunks_do_not_change_what_is_estimated(monkeypatch, rows, n_samples):
    model = Linear(off=0.4)
    example = model.examples(1)
    whole = repeated(model, example, n_samples, 1500)
    monkeypatch.setattr(latents, "ROWS", rows)
    chunked = repeated(model, example, n_samples, 1500, seed=1)
    error = math.hypot(deviation(whole), deviation(chunked))
    assert abs(whole.mean() - chunked.mean()) < 4 * error
    assert chunked.std().item() == pytest.approx(whole.std().item(), rel=0.2)


@pytest.mark.parametrize(("rows", "n_samples", "n"), [(4, 10, 3), (2000, 4500, 2), (1, 3, 5)])
def test_every_example_gets_all_its_samples_and_none_twice(monkeypatch, rows, n_samples, n):
    drawn = []

    class Watched(Linear):
        def log_joint(self, x, z):
            drawn.append(z)
            assert z.shape[0] * z.shape[1] <= max(rows, z.shape[1])
            return super().log_joint(x, z)

    monkeypatch.setattr(latents, "ROWS", rows)
    model = Watched()
    importance_weighted_bound(model, model.examples(n), n_samples)
    z = torch.cat([z.flatten() for z in drawn])
    assert len(z.unique()) == len(z) == n * n_samples


@pytest.mark.parametrize("n_samples", [1, 2500])
def test_a_seed_repeats_the_bound_and_another_does_not(n_samples):
    model = Linear(off=0.4)
    x = model.examples()
    first, again, other = (
        importance_weighted_bound(model, x, n_samples, seed=seed) for seed in (3, 3, 4)
    )
    assert torch.equal(first, again)
    assert (first != other).all()
    assert torch.equal(
        importance_weighted_bound(model, x, n_samples),
        importance_weighted_bound(model, x, n_samples, seed=0),
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_tiny_and_huge_probabilities_do_not_underflow(dtype):
    class Shifted(Linear):
        shift = 0.0

        def log_joint(self, x, z):
            return super().log_joint(x, z) + self.shift

    model = Shifted(dtype=dtype)
    x = model.examples()
    for shift in (-1e5, 1e5):
        model.shift = shift
        for found in (
            importance_weighted_bound(model, x, 2500),
            exact_log_likelihood(model, x, tolerance=0.1),
        ):
            expected = model.exact(x) + shift
            torch.testing.assert_close(found.double(), expected, rtol=0, atol=0.05)


def test_latents_of_one_example_and_one_feature_are_integrated_out():
    torch.manual_seed(0)
    model = VAE([1, 1], likelihood="gaussian").double()
    x = torch.tensor([[0.3]], dtype=torch.float64)
    weight, bias = model.decoder[0].weight.item(), model.decoder[0].bias.item()
    expected = stats.norm(bias, math.hypot(weight, 1)).logpdf(0.3)
    assert exact_log_likelihood(model, x).item() == pytest.approx(expected, abs=1e-6)
    assert importance_weighted_bound(model, x, 100_000).item() == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("measure", [exact_log_likelihood, importance_weighted_bound])
@pytest.mark.parametrize("missing", ["posterior", "log_joint"])
def test_a_model_without_a_method_is_refused_by_its_name(measure, missing):
    class Half:
        pass

    setattr(Half, {"posterior": "log_joint", "log_joint": "posterior"}[missing], lambda *_: None)
    with pytest.raises(TypeError, match=rf"is a Half without {missing}, .* give a VAE"):
        measure(Half(), torch.ones(2, 3))
