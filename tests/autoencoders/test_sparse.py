"""The three sparse autoencoders' codes, penalties and gradients are those by hand."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mmlearn_helpers.autoencoders.sparse import KLAutoencoder, SparseAutoencoder, TopKAutoencoder
from mmlearn_helpers.autoencoders.units import dead, n_active, revive
from mmlearn_helpers.training import fit

KINDS = {
    "l1": lambda **options: SparseAutoencoder(6, 9, weight=0.3, **options),
    "k largest": lambda **options: TopKAutoencoder(6, 9, k=2, **options),
    "mean": lambda **options: KLAutoencoder(6, 9, rho=0.1, weight=0.3, **options),
}


def autoencoder(kind="l1", seed=0, **options):
    """A model in double precision whose weights are all different, and no column of length 1."""
    torch.manual_seed(seed)
    model = KINDS[kind](**options).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
        model.V.mul_(1 + torch.rand(9))
    return model


def examples(seed=0, n=11, d=6):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, dtype=torch.float64, generator=generator)


def arrays(model):
    return [getattr(model, name).detach().numpy() for name in ("W", "b", "V", "c")]


def code_by_hand(kind, model, x):
    W, b, _, c = arrays(model)
    a = (x - c) @ W.T + b
    if kind == "mean":
        return 1 / (1 + np.exp(-a))
    z = np.maximum(a, 0)
    if kind == "k largest":
        for row in z:
            row[np.argsort(row)[:-2]] = 0
    return z


def picture_by_hand(model, z):
    _, _, V, c = arrays(model)
    if model.unit_columns:
        V = V / np.sqrt((V**2).sum(axis=0))
    return z @ V.T + c


@pytest.mark.parametrize("unit_columns", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_codes_and_reconstructions_are_those_by_hand(kind, unit_columns):
    model, x = autoencoder(kind, unit_columns=unit_columns), examples()
    z = code_by_hand(kind, model, x.numpy())
    np.testing.assert_allclose(model.encode(x).detach(), z, rtol=0, atol=1e-12)
    found = model.decode(torch.from_numpy(z)).detach()
    np.testing.assert_allclose(found, picture_by_hand(model, z), rtol=0, atol=1e-12)


@pytest.mark.parametrize("unit_columns", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_losses_are_summed_over_numbers_and_averaged_over_examples(kind, unit_columns):
    model, x = autoencoder(kind, unit_columns=unit_columns), examples()
    z = code_by_hand(kind, model, x.numpy())
    error = ((x.numpy() - picture_by_hand(model, z)) ** 2).sum() / 11
    penalty = z.sum() / 11
    if kind == "mean":
        on = z.mean(axis=0)
        penalty = (0.1 * np.log(0.1 / on) + 0.9 * np.log(0.9 / (1 - on))).sum()
    weight = 0 if kind == "k largest" else 0.3
    terms = {name: value.item() for name, value in model.loss(x).items()}
    expected = {"loss": error + weight * penalty, "error": error, "penalty": penalty}
    assert terms == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_agree_with_finite_differences(kind):
    model, x = autoencoder(kind, seed=1), examples(1, 3)
    model.loss(x)["loss"].backward()
    for parameter in model.parameters():
        flat, slope = parameter.data.view(-1), parameter.grad.view(-1)
        for i in range(0, len(flat), 5):
            values = []
            for step in (1e-6, -2e-6):
                flat[i] += step
                values.append(model.loss(x)["loss"].item())
            flat[i] += 1e-6
            assert (values[0] - values[1]) / 2e-6 == pytest.approx(slope[i].item(), abs=1e-5)


def test_a_mean_activation_far_below_what_is_representable_still_pulls():
    model = KLAutoencoder(6, 9, rho=0.1)
    model.b.data.fill_(-500.0)
    penalty = model.loss(torch.zeros(4, 6))["penalty"]
    expected = 9 * (0.1 * (math.log(0.1) + 500) + 0.9 * math.log(0.9))
    assert penalty.item() == pytest.approx(expected, rel=1e-5)
    penalty.backward()
    torch.testing.assert_close(model.b.grad, torch.full((9,), -0.1))


def test_the_penalty_on_the_mean_is_nothing_where_the_mean_is_what_was_asked_for():
    model = KLAutoencoder(6, 9, rho=0.1)
    model.b.data.fill_(math.log(0.1 / 0.9))
    assert model.loss(torch.zeros(4, 6))["penalty"].item() == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("k", [1, 4, 9])
def test_no_example_uses_more_than_its_k_largest_units(k):
    torch.manual_seed(0)
    model, x = TopKAutoencoder(6, 9, k=k).double(), examples(n=50)
    z, a = model.encode(x), SparseAutoencoder.encode(_same(model), x)
    assert ((z > 0).sum(dim=1) <= k).all()
    assert torch.equal(z[z > 0], a[z > 0])
    assert (torch.where(z > 0, 0.0, a).amax(dim=1) <= a.topk(k, dim=1).values[:, -1]).all()


def _same(model):
    plain = SparseAutoencoder(6, 9).double()
    plain.load_state_dict(model.state_dict())
    return plain


def test_the_scale_of_a_code_changes_the_penalty_and_neither_pictures_nor_the_count():
    model, x = autoencoder(unit_columns=False), examples()
    before, active = model.loss(x), n_active(model, x, 0.2)
    with torch.no_grad():
        model.W.mul_(0.01), model.b.mul_(0.01), model.V.mul_(100)
    after = model.loss(x)
    assert after["error"].item() == pytest.approx(before["error"].item(), rel=1e-10)
    assert after["penalty"].item() == pytest.approx(0.01 * before["penalty"].item(), rel=1e-10)
    assert torch.equal(n_active(model, x, 0.2), active)


def test_with_unit_columns_the_length_of_a_column_changes_nothing_and_gets_no_gradient():
    model, x = autoencoder(), examples()
    before = model.loss(x)["loss"]
    before.backward()
    along = (model.V * model.V.grad).sum(dim=0)
    torch.testing.assert_close(along, torch.zeros_like(along), rtol=0, atol=1e-12)
    model.V.data *= 3
    assert model.loss(x)["loss"].item() == pytest.approx(before.item(), rel=1e-12)
    torch.testing.assert_close(model.columns.norm(dim=0), torch.ones(9, dtype=torch.float64))


def test_a_count_is_of_additions_above_a_share_of_the_largest():
    model = SparseAutoencoder(3, 4, unit_columns=False)
    with torch.no_grad():
        model.W.copy_(torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 0, 0]]))
        model.V.copy_(torch.tensor([[1.0, 0, 0, 0], [0, 10, 0, 0], [0, 0, 1, 0]]))
    x = torch.tensor([[1.0, 0.1, 0.4], [0, 0, 0], [1, 1, 1], [-1, 0, 0]])
    assert n_active(model, x, 0.5).tolist() == [2, 0, 1, 0]
    assert n_active(model, x, 0.0).tolist() == [3, 0, 3, 0]


def test_dead_units_are_those_that_are_0_on_every_example():
    model, x = autoencoder(), examples()
    model.b.data[[2, 5]] = -100.0
    expected = (model.encode(x) > 0).sum(dim=0) == 0
    assert expected[[2, 5]].all()
    assert torch.equal(dead(model, x), expected)


@pytest.mark.parametrize("kind", ["l1", "k largest"])
def test_a_dead_unit_gets_no_gradient(kind):
    model, x = autoencoder(kind), examples()
    model.b.data[2] = -100.0
    model.loss(x)["loss"].backward()
    gradients = [model.W.grad[2], model.b.grad[2], model.V.grad[:, 2]]
    assert all((gradient == 0).all() for gradient in gradients)


def test_revived_units_start_at_the_examples_that_were_explained_worst():
    model, x = autoencoder(), examples(n=50)
    model.b.data[[2, 5]] = -100.0
    n_dead = dead(model, x).sum().item()
    missing = (x - model.decode(model.encode(x))).norm(dim=1)
    worst = missing.argsort(descending=True)[:n_dead]
    others = [unit for unit in range(9) if not dead(model, x)[unit]]
    kept = [weights[..., others].clone() for weights in (model.V, model.b)]
    units = dead(model, x).nonzero()[:, 0]
    assert revive(model, x) == n_dead
    assert not dead(model, x)[units].any()
    z = model.encode(x)
    for unit, example in zip(units, worst, strict=True):
        away = x[example] - model.c
        assert z[example, unit].item() == pytest.approx(missing[example].item())
        cosine = F.cosine_similarity(model.columns[:, unit], away, dim=0)
        assert cosine.item() == pytest.approx(1)
    assert all(
        torch.equal(a, b[..., others]) for a, b in zip(kept, (model.V, model.b), strict=True)
    )


def test_nothing_is_revived_where_nothing_is_dead_and_at_most_one_unit_an_example():
    model, x = autoencoder("mean"), examples()
    state = {name: value.clone() for name, value in model.state_dict().items()}
    assert revive(model, x) == 0
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    model = autoencoder()
    model.b.data.fill_(-100.0)
    assert revive(model, x[:2]) == 9
    assert dead(model, x[:2]).sum() == 7


def test_units_can_be_revived_while_fit_trains():
    torch.manual_seed(0)
    model, x = SparseAutoencoder(6, 9, weight=0.1), examples(n=40).float()
    model.b.data.fill_(-100.0)
    fit(model, x, epochs=3, after_epoch=lambda epoch: revive(model, x) if epoch == 1 else None)
    assert (model.b > -10).any()


@pytest.mark.parametrize("kind", KINDS)
def test_training_lowers_the_loss(kind):
    torch.manual_seed(0)
    model = KINDS[kind]()
    losses = fit(model, examples(n=200).float(), epochs=30, learning_rate=1e-2).train["loss"]
    assert losses[-1] < 0.9 * losses[0]


def test_a_larger_weight_leaves_fewer_units_active():
    active = []
    for weight in (0.0, 0.5, 2.0):
        torch.manual_seed(0)
        model = SparseAutoencoder(6, 9, weight=weight)
        fit(model, examples(n=200).float(), epochs=60, learning_rate=1e-2)
        active.append(n_active(model, examples(n=200).float()).float().mean().item())
    assert active[0] > 1.2 * active[1] > 1.2 * active[2]


@pytest.mark.parametrize("kind", KINDS)
def test_columns_begin_with_length_1_and_the_encoder_as_their_transpose(kind):
    model = KINDS[kind]()
    torch.testing.assert_close(model.V.norm(dim=0), torch.ones(9))
    assert torch.equal(model.W, model.V.T)
    model.V.data.zero_()
    assert model.W.abs().min() > 0
