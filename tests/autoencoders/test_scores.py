"""A network for scores: its formula, its loss, its limits, and the draws that it makes."""

import math

import pytest
import torch

from mmlearn_helpers.autoencoders.scores import ScoreNetwork
from mmlearn_helpers.training import fit, one_cycle


def network(sizes=(3, 8), scale=0.7, sigmas=(0.1, 2.0), seed=0):
    torch.manual_seed(seed)
    return ScoreNetwork(sizes, scale=scale, sigmas=sigmas).double()


def examples(n=9, d=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, dtype=torch.float64, generator=generator)


def silent(model):
    with torch.no_grad():
        for weight in model.network[-1].parameters():
            weight.zero_()
    return model


class Gaussian(ScoreNetwork):
    """The exact denoiser of a Gaussian around a centre."""

    def __init__(self, centre, scale, sigmas):
        super().__init__([len(centre), 2], scale=scale, sigmas=sigmas)
        self.centre = centre

    def denoise(self, x, sigma):
        share = self.scale**2 / (self.scale**2 + sigma**2)
        return self.centre + share * (x - self.centre)


@pytest.mark.parametrize("sigma", [0.1, 0.5, 2.0])
def test_the_formula_is_that_of_the_documentation(sigma):
    model, x = network(), examples()
    total = math.sqrt(0.7**2 + sigma**2)
    level = torch.full((9, 1), math.log(sigma) / 4, dtype=torch.float64)
    inner = model.network(torch.cat([x / total, level], dim=1))
    expected = x * 0.49 / total**2 + inner * sigma * 0.7 / total
    torch.testing.assert_close(model.denoise(x, sigma), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("sigma", [0.1, 0.5, 2.0])
def test_without_the_network_it_is_the_denoiser_of_a_gaussian(sigma):
    x = examples()
    score = silent(network()).score(x, sigma)
    torch.testing.assert_close(score, -x / (0.49 + sigma**2), rtol=1e-12, atol=1e-12)


def test_a_level_for_each_example_is_that_level():
    model, x = network(), examples()
    sigma = torch.linspace(0.1, 2, 9).double()[:, None]
    together = model.denoise(x, sigma), model.score(x, sigma)
    for i in range(9):
        one = x[i : i + 1], sigma[i].item()
        torch.testing.assert_close(together[0][i : i + 1], model.denoise(*one))
        torch.testing.assert_close(together[1][i : i + 1], model.score(*one))


def test_the_score_is_the_way_of_the_denoiser_over_the_variance():
    model, x = network(), examples()
    expected = (model.denoise(x, 0.3) - x) / 0.09
    torch.testing.assert_close(model.score(x, 0.3), expected)


def test_the_loss_is_the_weighted_squared_error_per_example():
    model, x = network(sigmas=(0.5, 0.5)), examples()
    torch.manual_seed(3)
    found = model.loss(x)
    torch.manual_seed(3)
    torch.rand_like(x[:, :1])
    spoiled = x + 0.5 * torch.randn_like(x)
    t = 0.5 * 0.7 / math.sqrt(0.5**2 + 0.7**2)
    expected = ((model.denoise(spoiled, 0.5) - x) / t).square().sum().item() / 9
    assert list(found) == ["loss"]
    assert found["loss"].item() == pytest.approx(expected, rel=1e-12)


def test_levels_are_drawn_for_each_example_between_the_two_on_a_logarithmic_scale():
    model, seen = network(sigmas=(0.01, 100.0)), []
    denoise = model.denoise
    model.denoise = lambda x, sigma: (seen.append(sigma), denoise(x, sigma))[1]
    model.loss(examples(20_000))
    share = (seen[0].log() - math.log(0.01)) / math.log(1e4)
    assert share.shape == (20_000, 1) and share.min() >= 0 and share.max() <= 1
    assert share.mean().item() == pytest.approx(1 / 2, abs=0.01)
    assert share.var().item() == pytest.approx(1 / 12, abs=0.005)


def test_targets_of_the_network_are_of_unit_size_at_every_level():
    x = 0.7 * examples(20_000)
    for sigma in (0.1, 0.7, 2.0):
        model = silent(network(sigmas=(sigma, sigma)))
        assert model.loss(x)["loss"].item() == pytest.approx(3, rel=0.05)


def test_the_loss_leaves_the_examples_alone_and_has_gradients():
    model, x = network(), examples()
    model.loss(x)["loss"].backward()
    assert torch.equal(x, examples())
    assert all(weight.grad.abs().sum() > 0 for weight in model.parameters())


def test_a_trained_network_has_the_score_of_two_points():
    sign = torch.tensor([[-1.0], [1.0]]).repeat(2000, 1)
    torch.manual_seed(0)
    model = ScoreNetwork([1, 32, 32], scale=1.0, sigmas=(0.3, 1.5))
    fit(model, sign, epochs=40, batch_size=500, learning_rate=1e-2, schedule=one_cycle)
    with torch.no_grad():
        for sigma in (0.5, 1.0):
            x = torch.linspace(-1.5, 1.5, 31)[:, None]
            mean = (x / sigma**2).tanh()
            assert (model.denoise(x, sigma) - mean).square().mean().sqrt() < 0.15
    drawn = model.sample(500, levels=12, steps=10, step_size=0.3)
    assert (drawn.abs() - 1).abs().median() < 0.1
    assert 0.35 < (drawn > 0).float().mean() < 0.65


@pytest.mark.parametrize("step_size", [0.1, 0.5])
def test_samples_have_mean_and_spread_of_a_gaussian(step_size):
    model = Gaussian(torch.tensor([2.0, -1.0]), 0.5, (0.01, 2.0))
    x = model.sample(4000, levels=25, steps=20, step_size=step_size)
    assert (x.mean(dim=0) - model.centre).abs().max() < 0.05
    assert (x.std(dim=0) - 0.5).abs().max() < 0.12


@pytest.mark.parametrize("step_size", [0.2, 1.0])
def test_the_spread_reached_at_a_level_is_too_wide_by_a_quarter_of_the_step(step_size):
    model, seen = network(sigmas=(0.5, 0.5)), []
    model.denoise = lambda x, sigma: (seen.append(x), torch.zeros_like(x))[1]
    model.sample(20_000, levels=1, steps=60, step_size=step_size)
    expected = 0.25 / (1 - step_size / 4)
    assert len(seen) == 61 and seen[-1].var().item() == pytest.approx(expected, rel=0.03)


def test_samples_begin_with_the_spread_of_the_noisiest_examples():
    model, seen = network(sigmas=(0.5, 2.0)), []
    model.denoise = lambda x, sigma: (seen.append((x, sigma)), torch.zeros_like(x))[1]
    model.sample(20_000, levels=3, steps=2)
    assert seen[0][0].var().item() == pytest.approx(4 + 0.49, rel=0.03)
    expected = [2, 2, 1, 1, 0.5, 0.5, 0.5]
    assert [sigma for _, sigma in seen] == pytest.approx(expected, rel=1e-12)


def test_levels_at_the_ends_may_be_rounded():
    rounded = 5.0 * (0.91 / 5.0) ** 1.0
    assert rounded < 0.91
    model = network(sigmas=(0.91, 5.0))
    for sigma in (0.91, 5.0, rounded):
        assert model.denoise(examples(), sigma).isfinite().all()


def test_samples_come_from_their_seed_alone():
    model = network()
    torch.manual_seed(0)
    state = torch.get_rng_state()
    first = model.sample(5, levels=2, steps=2)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(1)
    assert torch.equal(model.sample(5, levels=2, steps=2), first)
    assert not torch.equal(model.sample(5, levels=2, steps=2, seed=1), first)
    assert first.shape == (5, 3) and first.dtype == torch.float64 and not first.requires_grad


def test_one_level_and_many_levels_stay_within_the_range():
    for levels in (1, 2, 57):
        assert network().sample(2, levels=levels, steps=1).isfinite().all()
        assert network().float().sample(2, levels=levels, steps=1).isfinite().all()


@pytest.mark.parametrize("sigma", [0.05, 2.5, -1.0, math.nan])
def test_levels_outside_are_refused(sigma):
    with pytest.raises(ValueError, match=r"the network was made for 0\.1 to 2"):
        network().score(examples(), sigma)


@pytest.mark.parametrize("x", [torch.ones(2, 4).double(), torch.full((2, 3), torch.nan).double()])
def test_unusable_examples_are_refused(x):
    for method in (network().loss, lambda x: network().denoise(x, 0.5)):
        with pytest.raises(ValueError, match=r"^x has|^x holds"):
            method(x)


@pytest.mark.parametrize("sigmas", [0.5, (0.1,), (0.1, 0.2, 0.3), None])
def test_levels_that_are_no_pair_are_refused(sigmas):
    with pytest.raises(TypeError, match="but the lowest and the highest standard deviation"):
        ScoreNetwork([2, 4], scale=1.0, sigmas=sigmas)
