"""The VAE's loss is minus the bound computed by hand, and its samples are those of its model."""

import copy
import io
import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from mmlearn_helpers import data
from mmlearn_helpers.evaluation import reconstruction_error
from mmlearn_helpers.training import fit
from mmlearn_helpers.variational.vae import VAE

LIKELIHOODS = ["bernoulli", "gaussian"]
SIZES = [(6, 3), (6, 8, 5, 1), (2, 9), (1, 1), (5, 7, 2)]
NUMBERS = [1, 2, 7]


class Loss(nn.Module):
    """Makes a loss with fixed noise the forward pass, as functional_call wants it."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        torch.manual_seed(0)
        return self.model.loss(x)["loss"]


def vae(seed=0, sizes=(6, 4, 2), likelihood="bernoulli", **options):
    torch.manual_seed(seed)
    model = VAE(list(sizes), likelihood=likelihood, **options).double()
    if likelihood == "gaussian":
        nn.init.constant_(model.log_sigma, -0.3)
    return model


def examples(seed=0, n=11, d=6, likelihood="bernoulli"):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, d, dtype=torch.float64, generator=generator)
    return (x > 0).double() if likelihood == "bernoulli" else x


def run_by_hand(network, x):
    state = [parameter.detach().numpy() for parameter in network.parameters()]
    layers = list(zip(state[::2], state[1::2], strict=True))
    for i, (weight, bias) in enumerate(layers):
        x = x @ weight.T + bias
        if i < len(layers) - 1:
            x = np.maximum(x, 0)
    return x


def posterior_by_hand(model, x):
    output = run_by_hand(model.encoder, x.numpy())
    n_latents = output.shape[1] // 2
    return output[:, :n_latents], np.exp(output[:, n_latents:])


def log_likelihood_by_hand(model, x, z):
    """Of every example, given latents (…, N, K)."""
    output = run_by_hand(model.decoder, z)
    if model.log_sigma is None:
        p = 1 / (1 + np.exp(-output))
        return stats.bernoulli(p).logpmf(x.numpy()).sum(axis=-1)
    return stats.norm(output, math.exp(model.log_sigma.item())).logpdf(x.numpy()).sum(axis=-1)


def noise_of(seed, shape):
    torch.manual_seed(seed)
    return torch.randn(shape, dtype=torch.float64).numpy()


def loss_with_seed(model, x, seed=5):
    torch.manual_seed(seed)
    return {name: term.item() for name, term in model.loss(x).items()}


def set_output(network, *values):
    """Make a network give the same numbers whatever comes in."""
    with torch.no_grad():
        network[-1].weight.zero_()
        network[-1].bias.copy_(torch.tensor(values))


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("n", NUMBERS)
def test_the_terms_are_those_by_hand(likelihood, sizes, n):
    model, x = vae(1, sizes, likelihood, beta=0.7), examples(1, n, sizes[0], likelihood)
    mean, sigma = posterior_by_hand(model, x)
    z = mean + sigma * noise_of(5, mean.shape)
    reconstruction = -log_likelihood_by_hand(model, x, z).sum() / n
    kl = 0.5 * (mean**2 + sigma**2 - 1 - np.log(sigma**2)).sum() / n
    found = loss_with_seed(model, x)
    assert list(found) == ["loss", "reconstruction", "kl"]
    assert found["reconstruction"] == pytest.approx(reconstruction, rel=1e-10)
    assert found["kl"] == pytest.approx(kl, rel=1e-10, abs=1e-12)
    assert found["loss"] == pytest.approx(reconstruction + 0.7 * kl, rel=1e-10)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_beta_is_1_unless_said_otherwise(likelihood):
    model, x = vae(likelihood=likelihood), examples(likelihood=likelihood)
    found = loss_with_seed(model, x)
    assert found["loss"] == pytest.approx(found["reconstruction"] + found["kl"])


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_beta_changes_the_weight_of_the_kl_term_and_nothing_else(likelihood):
    x = examples(likelihood=likelihood)
    plain, none, tenfold = (
        loss_with_seed(vae(likelihood=likelihood, beta=beta), x) for beta in (1, 0, 10)
    )
    for other in (none, tenfold):
        assert (other["kl"], other["reconstruction"]) == (plain["kl"], plain["reconstruction"])
    assert none["loss"] == plain["reconstruction"]
    assert tenfold["loss"] - plain["loss"] == pytest.approx(9 * plain["kl"])


@pytest.mark.parametrize("logit", [0.0, 3.0, -3.0])
def test_the_reconstruction_term_of_a_known_probability_is_its_surprise_in_nats(logit):
    model = vae()
    set_output(model.decoder, *[logit] * 6)
    p = 1 / (1 + math.exp(-logit))
    ink = torch.tensor([[1, 1, 0, 0, 0, 0]], dtype=torch.float64)
    expected = -2 * math.log(p) - 4 * math.log(1 - p)
    assert loss_with_seed(model, ink)["reconstruction"] == pytest.approx(expected, rel=1e-12)


def test_the_reconstruction_term_of_a_sure_and_wrong_output_is_not_infinite():
    model = vae().float()
    set_output(model.decoder, *[-1e4] * 6)
    assert loss_with_seed(model, torch.ones(2, 6))["reconstruction"] == pytest.approx(6e4)


def test_the_gaussian_reconstruction_term_has_the_constant_of_the_density():
    model, x = vae(likelihood="gaussian"), torch.zeros(3, 6, dtype=torch.float64)
    set_output(model.decoder, *[0.0] * 6)
    expected = 6 * (math.log(2 * math.pi) / 2 - 0.3)
    assert loss_with_seed(model, x)["reconstruction"] == pytest.approx(expected, rel=1e-12)


def test_the_kl_term_is_0_where_the_posterior_is_the_prior_and_nowhere_else():
    model, x = vae(), examples()
    set_output(model.encoder, 0.0, 0.0, 0.0, 0.0)
    assert loss_with_seed(model, x)["kl"] == pytest.approx(0, abs=1e-12)
    for shift in ((0.1, 0, 0, 0), (0, 0, 0.1, 0), (0, 0, 0, -0.1)):
        set_output(model.encoder, *map(float, shift))
        assert loss_with_seed(model, x)["kl"] > 1e-3


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_every_example_has_noise_of_its_own(likelihood):
    model = vae(likelihood=likelihood)
    alike = examples(n=1, likelihood=likelihood).expand(50, -1)
    z = model.posterior(alike).sample()
    assert len(z.unique(dim=0)) == 50


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize("activation", [nn.Tanh, nn.GELU])
def test_gradients_agree_with_finite_differences(likelihood, activation):
    loss = Loss(vae(1, (4, 3, 2), likelihood, activation=activation, beta=0.7))
    x = examples(1, 3, 4, likelihood)
    names = [name for name, _ in loss.named_parameters()]
    assert ("model.log_sigma" in names) == (likelihood == "gaussian")

    def run(*parameters):
        return torch.func.functional_call(loss, dict(zip(names, parameters, strict=True)), x)

    assert torch.autograd.gradcheck(run, tuple(loss.parameters()))


def test_gradients_reach_real_valued_examples():
    loss = Loss(vae(1, (4, 3, 2), "gaussian", activation=nn.Tanh))
    assert torch.autograd.gradcheck(loss, examples(1, 3, 4, "gaussian").requires_grad_())


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize("sizes", SIZES)
def test_the_posterior_is_that_of_layers_by_hand_and_its_mean_is_the_code(likelihood, sizes):
    model, x = vae(0, sizes, likelihood), examples(0, d=sizes[0], likelihood=likelihood)
    mean, sigma = posterior_by_hand(model, x)
    q = model.posterior(x)
    np.testing.assert_allclose(q.mean.detach(), mean, rtol=0, atol=1e-12)
    np.testing.assert_allclose(q.stddev.detach(), sigma, rtol=1e-12)
    assert torch.equal(model.encode(x), q.mean)


@pytest.mark.parametrize("sizes", SIZES)
def test_reconstructions_are_the_mean_of_the_likelihood(sizes):
    z = torch.randn(7, sizes[-1], dtype=torch.float64)
    output = run_by_hand(vae(0, sizes).decoder, z.numpy())
    grey, real = (vae(0, sizes, likelihood).decode(z).detach() for likelihood in LIKELIHOODS)
    np.testing.assert_allclose(grey, 1 / (1 + np.exp(-output)), rtol=1e-10)
    np.testing.assert_allclose(real, output, rtol=0, atol=1e-12)


def test_the_gaussian_likelihood_has_the_learned_deviation():
    model = vae(likelihood="gaussian")
    p = model.likelihood(torch.zeros(3, 2, dtype=torch.float64))
    torch.testing.assert_close(p.stddev, torch.full((3, 6), math.exp(-0.3), dtype=torch.float64))


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("front", [(), (1,), (4,), (3, 2)])
@pytest.mark.parametrize("shared", [False, True])
def test_the_joint_density_broadcasts_and_is_that_by_hand(likelihood, sizes, front, shared):
    n = 5
    model, x = vae(2, sizes, likelihood), examples(2, n, sizes[0], likelihood)
    z = torch.randn(*front, 1 if shared else n, sizes[-1], dtype=torch.float64)
    found = model.log_joint(x, z).detach()
    prior = stats.norm.logpdf(z.numpy()).sum(axis=-1)
    assert found.shape == (*front, n)
    np.testing.assert_allclose(found, log_likelihood_by_hand(model, x, z.numpy()) + prior)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_the_loss_is_minus_log_joint_plus_log_posterior_on_average(likelihood):
    model, x = vae(likelihood=likelihood), examples(n=3, likelihood=likelihood)
    torch.manual_seed(0)
    z = model.posterior(x).sample((20_000,))
    q = model.posterior(x).log_prob(z).sum(dim=-1)
    bounds = (model.log_joint(x, z) - q).detach().mean(dim=1)
    torch.manual_seed(1)
    losses = torch.stack([model.loss(x)["loss"].detach() for _ in range(2000)])
    error = math.hypot(bounds.std() / len(bounds) ** 0.5, losses.std() / len(losses) ** 0.5)
    assert abs(losses.mean() + bounds.mean()) < 4 * error


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_samples_have_the_means_and_variances_of_the_model(likelihood):
    n = 100_000
    model = vae(3, (3, 8, 1), likelihood)
    with torch.no_grad():
        for layer in (model.decoder[0], model.decoder[2]):
            layer.weight.mul_(3)
    x = model.sample(n, seed=1)
    z = np.linspace(-10, 10, 4001)[:, None]
    mean = run_by_hand(model.decoder, z)
    if likelihood == "bernoulli":
        mean = 1 / (1 + np.exp(-mean))
        assert set(x.unique().tolist()) == {0, 1}
    weight = stats.norm.pdf(z) * (z[1] - z[0])
    expected = (weight * mean).sum(axis=0)
    products = (weight[:, :, None] * mean[:, :, None] * mean[:, None, :]).sum(axis=0)
    covariance = products - np.outer(expected, expected)
    within = expected * (1 - expected) if likelihood == "bernoulli" else None
    np.fill_diagonal(
        covariance, within if within is not None else covariance.diagonal() + math.exp(-0.6)
    )
    spread = np.sqrt(covariance.diagonal())
    np.testing.assert_allclose(x.mean(dim=0), expected, atol=5 * spread.max() / n**0.5)
    found = np.cov(x.numpy().T)
    np.testing.assert_allclose(found, covariance, atol=10 * spread.max() ** 2 / n**0.5)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_a_seed_repeats_its_samples_and_another_does_not(likelihood):
    model = vae(likelihood=likelihood)
    assert torch.equal(model.sample(5, seed=3), model.sample(5, seed=3))
    assert torch.equal(model.sample(5), model.sample(5, seed=0))
    assert not torch.equal(model.sample(50, seed=3), model.sample(50, seed=4))


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_sampling_leaves_the_global_random_state_alone_and_keeps_no_graph(likelihood):
    model = vae(likelihood=likelihood)
    before = torch.random.get_rng_state()
    x = model.sample(5)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not x.requires_grad and x.dtype == torch.float64 and x.shape == (5, 6)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_the_loss_of_the_same_examples_changes_with_the_noise(likelihood):
    model, x = vae(likelihood=likelihood), examples(likelihood=likelihood)
    first, second = loss_with_seed(model, x, 0), loss_with_seed(model, x, 1)
    assert first["reconstruction"] != second["reconstruction"]
    assert first["kl"] == second["kl"]


def digits(likelihood):
    split = data.load("digits")
    train, test = (part["image"].flatten(1) for part in (split.train, split.test))
    if likelihood == "bernoulli":
        train, test = train.round(), test.round()
    return train, test


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_it_trains_with_fit_and_reconstructs_new_digits_better_than_their_mean(likelihood):
    train, test = digits(likelihood)
    torch.manual_seed(0)
    model = VAE([64, 64, 8], likelihood=likelihood)
    history = fit(model, train, epochs=12, batch_size=64, learning_rate=5e-3, validate=test)
    assert list(history.train) == ["loss", "reconstruction", "kl"]
    assert history.validation["loss"][-1] < history.validation["loss"][0]
    of_the_mean = (test - train.mean(dim=0)).square().sum(dim=1).mean()
    assert reconstruction_error(model, test) < 0.8 * of_the_mean


def test_reconstruction_error_takes_the_mean_of_the_code():
    model, x = vae(), examples()
    mean, _ = posterior_by_hand(model, x)
    x_hat = 1 / (1 + np.exp(-run_by_hand(model.decoder, mean)))
    expected = ((x.numpy() - x_hat) ** 2).sum() / len(x)
    assert reconstruction_error(model, x) == pytest.approx(expected, rel=1e-10)


def test_without_the_kl_term_the_posterior_shrinks():
    train, _ = digits("bernoulli")
    spread = {}
    for beta in (0, 1):
        torch.manual_seed(0)
        model = VAE([64, 32, 4], beta=beta)
        fit(model, train, epochs=20, batch_size=64, learning_rate=5e-3)
        spread[beta] = model.posterior(train).stddev.median().item()
    assert spread[0] < 0.5 * spread[1]


def test_the_learned_deviation_approaches_the_root_mean_squared_error():
    train, _ = digits("gaussian")
    torch.manual_seed(0)
    model = VAE([64, 32, 4], likelihood="gaussian")
    fit(model, train, epochs=60, batch_size=64, learning_rate=5e-3)
    with torch.no_grad():
        drawn = model.posterior(train).sample((20,))
        squared = (train - model.likelihood(drawn).mean).square().mean().item()
    assert model.log_sigma.exp().item() == pytest.approx(squared**0.5, rel=0.03)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_saved_weights_give_the_same_loss_when_loaded(likelihood):
    saved, other = vae(0, likelihood=likelihood), vae(1, likelihood=likelihood)
    if likelihood == "gaussian":
        nn.init.constant_(other.log_sigma, 1.0)
    file, x = io.BytesIO(), examples(likelihood=likelihood)
    torch.save(saved.state_dict(), file)
    file.seek(0)
    assert loss_with_seed(other, x) != loss_with_seed(saved, x)
    other.load_state_dict(torch.load(file, weights_only=True))
    assert loss_with_seed(other, x) == loss_with_seed(saved, x)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_both_precisions_agree(likelihood):
    model, x = vae(likelihood=likelihood), examples(likelihood=likelihood)
    single = copy.deepcopy(model).float()
    z = torch.randn(4, 11, 2, dtype=torch.float64)
    found = single.log_joint(x.float(), z.float())
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), model.log_joint(x, z), rtol=1e-4, atol=1e-4)
    assert all(term.dtype == torch.float64 for term in model.loss(x).values())


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize(("sizes", "n"), [((1, 1), 1), ((6, 4, 1), 1), ((1, 3, 2), 5)])
def test_one_example_one_feature_and_one_latent_work(likelihood, sizes, n):
    model, x = vae(0, sizes, likelihood), examples(n=n, d=sizes[0], likelihood=likelihood)
    z = model.encode(x)
    assert z.shape == (n, sizes[-1])
    assert model.decode(z).shape == x.shape
    assert model.likelihood(z[0]).mean.shape == x[0].shape
    assert model.sample(n).shape == x.shape
    assert model.loss(x)["loss"].isfinite()


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_an_example_has_the_posterior_it_has_alone(likelihood):
    model, x = vae(likelihood=likelihood), examples(likelihood=likelihood)
    together, alone = model.posterior(x), model.posterior(x[3:4])
    torch.testing.assert_close(together.mean[3:4], alone.mean, rtol=0, atol=1e-12)
    torch.testing.assert_close(together.stddev[3:4], alone.stddev, rtol=0, atol=1e-12)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_the_loss_leaves_the_examples_as_they_were(likelihood):
    x = examples(likelihood=likelihood)
    vae(likelihood=likelihood).loss(x)
    assert torch.equal(x, examples(likelihood=likelihood))


def widths(network):
    return [(m.in_features, m.out_features) for m in network if isinstance(m, nn.Linear)]


def test_the_encoder_ends_in_mean_and_deviation_and_the_decoder_mirrors_the_rest():
    model = VAE((6, 5, 4, 2))
    assert widths(model.encoder) == [(6, 5), (5, 4), (4, 4)]
    assert widths(model.decoder) == [(2, 4), (4, 5), (5, 6)]


def test_the_gaussian_starts_with_deviation_1_and_the_bernoulli_has_none():
    assert VAE([6, 2], likelihood="gaussian").log_sigma.item() == 0
    assert "log_sigma" not in dict(VAE([6, 2]).named_parameters())


@pytest.mark.parametrize("method", ["posterior", "encode", "loss", "log_joint"])
@pytest.mark.parametrize(
    ("value", "words"), [(0.5, "with greys"), (-1.0, "from -1"), (255.0, "255")]
)
def test_a_single_pixel_that_is_neither_black_nor_white_is_refused(method, value, words):
    x = examples()
    x[3, 4] = value
    z = [torch.zeros(11, 2, dtype=torch.float64)] if method == "log_joint" else []
    with pytest.raises(ValueError, match=rf"x ranges.*{words}.*zeros and ones only.*gaussian"):
        getattr(vae(), method)(x, *z)
    assert vae(likelihood="gaussian").loss(x)["loss"].isfinite()


@pytest.mark.parametrize("shape", [(), (3,), (4, 3), (2, 4, 1)])
def test_latents_of_another_size_are_refused_with_both_sizes(shape):
    z = torch.zeros(shape, dtype=torch.float64)
    with pytest.raises(ValueError, match=r"z has shape .* takes 2 latents along the last axis"):
        vae().likelihood(z)


def test_latents_of_another_precision_are_refused():
    with pytest.raises(ValueError, match=r"torch.float32 numbers, .* in torch.float64"):
        vae().log_joint(examples(), torch.zeros(11, 2))


def test_a_model_that_is_lost_says_so_in_fit():
    model = vae()
    with torch.no_grad():
        model.encoder[0].weight[0, 0] = math.nan
    with pytest.raises(FloatingPointError, match=r"made encoder\.0\.weight NaN"):
        fit(model, examples(), epochs=1)
