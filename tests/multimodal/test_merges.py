"""Every merge gives what loops over the examples and their modalities give."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from torch import nn

from mmlearn_helpers.multimodal.merges import Attention, Concatenation, Gate, LowRankBilinear, Sum

N, M, K, R = 9, 3, 4, 5
MERGES = {
    "sum": Sum,
    "concatenation": Concatenation,
    "gate": lambda: Gate(M, K),
    "attention": lambda: Attention(K),
    "bilinear": lambda: LowRankBilinear(M, K, R),
}
WEIGHING = ("gate", "attention")


def made(name, seed=0):
    torch.manual_seed(seed)
    return MERGES[name]().double()


def features(seed=0, n=N):
    """Features with zeros where a modality is missing, and what is present."""
    generator = torch.Generator().manual_seed(seed)
    present = torch.rand(n, M, generator=generator) < 0.6
    present[:, 1] |= ~present.any(dim=1)
    present[0] = True
    present[1] = torch.tensor([False, True, False])
    x = torch.randn(n, M, K, generator=generator, dtype=torch.float64)
    return x * present[:, :, None], present


def softmax(scores):
    scores = np.exp(scores - max(scores))
    return scores / scores.sum()


def weights_of(linear):
    return linear.weight.detach().numpy(), linear.bias.detach().numpy()


def shares_by_hand(name, merge, x, present):
    """For one example: the shares, 0 for what is missing."""
    if name == "gate":
        W, b = weights_of(merge.score)
        scores = W @ x.reshape(-1) + b
    else:
        W, b = weights_of(merge.key)
        query = merge.query.detach().numpy()
        scores = np.array([query @ (W @ row + b) / math.sqrt(K) for row in x])
    shares = np.zeros(M)
    there = [i for i in range(M) if present[i]]
    shares[there] = softmax(scores[there])
    return shares


def by_hand(name, merge, x, present):
    """For one example: what is merged."""
    if name == "sum":
        return sum(x)
    if name == "concatenation":
        return np.concatenate(list(x))
    if name == "bilinear":
        maps = [weights_of(factor) for factor in merge.factors]
        return np.prod([W @ row + b for (W, b), row in zip(maps, x, strict=True)], axis=0)
    shares = shares_by_hand(name, merge, x, present)
    if name == "attention":
        W, b = weights_of(merge.value)
        x = [W @ row + b for row in x]
    return sum(share * row for share, row in zip(shares, x, strict=True))


@pytest.mark.parametrize("name", MERGES)
def test_each_example_is_merged_as_by_hand(name):
    merge, (x, present) = made(name), features()
    expected = [by_hand(name, merge, *row) for row in zip(x.numpy(), present.tolist(), strict=True)]
    np.testing.assert_allclose(merge(x, present).detach(), np.array(expected), atol=1e-12)


@pytest.mark.parametrize("name", WEIGHING)
def test_shares_are_those_by_hand_add_up_to_one_and_are_zero_for_what_is_missing(name):
    merge, (x, present) = made(name), features()
    shares = merge.shares(x, present).detach()
    expected = [
        shares_by_hand(name, merge, *row) for row in zip(x.numpy(), present.tolist(), strict=True)
    ]
    np.testing.assert_allclose(shares, np.array(expected), atol=1e-12)
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(N, dtype=torch.float64))
    assert (shares[~present] == 0).all() and (shares[present] > 0).all()
    assert shares[1].tolist() == [0, 1, 0]


@pytest.mark.parametrize("name", WEIGHING)
def test_a_score_of_any_size_gives_finite_shares_and_gradients(name):
    merge, (x, present) = made(name), features()
    x.requires_grad_()
    merge(1e6 * x, present).sum().backward()
    assert x.grad.isfinite().all()
    assert all(weights.grad.isfinite().all() for weights in merge.parameters())


def test_attention_does_not_depend_on_the_order_of_the_modalities():
    merge, (x, present) = made("attention"), features()
    order = [2, 0, 1]
    torch.testing.assert_close(merge(x[:, order], present[:, order]), merge(x, present))


def test_the_gate_weighs_a_modality_by_what_the_others_say():
    merge, (x, present) = made("gate"), features()
    other = x.clone()
    other[0, 2] += 1
    assert not torch.allclose(merge.shares(other, present)[0], merge.shares(x, present)[0])


def test_the_product_is_a_full_multilinear_form_with_a_factorised_tensor():
    """Each output is the sum of T[i, j, k] a[i] b[j] c[k] with a 1 put before each modality."""
    merge, (x, _) = made("bilinear"), features()
    factors = [np.column_stack(weights_of(factor)[::-1]) for factor in merge.factors]
    tensor = np.zeros((R, K + 1, K + 1, K + 1))
    for r, i, j, k in product(range(R), *[range(K + 1)] * 3):
        tensor[r, i, j, k] = factors[0][r, i] * factors[1][r, j] * factors[2][r, k]
    with_one = np.concatenate([np.ones((N, M, 1)), x.numpy()], axis=2)
    expected = np.einsum("rijk,ni,nj,nk->nr", tensor, *with_one.transpose(1, 0, 2))
    present = torch.ones(N, M, dtype=torch.bool)
    np.testing.assert_allclose(merge(x, present).detach(), expected, atol=1e-12)


def test_a_missing_modality_leaves_the_product_of_the_others_times_its_bias():
    merge, (x, _) = made("bilinear"), features()
    x[:, 2] = 0
    first, second, third = merge.factors
    expected = first(x[:, 0]) * second(x[:, 1]) * third.bias
    present = torch.tensor([True, True, False]).expand(N, -1)
    torch.testing.assert_close(merge(x, present), expected)


@pytest.mark.parametrize("name", MERGES)
def test_gradients_agree_with_finite_differences(name):
    merge, (x, present) = made(name), features(n=4)
    names = [name for name, _ in merge.named_parameters()]

    def run(x, *parameters):
        weights = dict(zip(names, parameters, strict=True))
        return torch.func.functional_call(merge, weights, (x, present))

    assert torch.autograd.gradcheck(run, (x.requires_grad_(), *merge.parameters()))


@pytest.mark.parametrize("name", MERGES)
def test_saved_weights_come_back(name):
    saved, other, (x, present) = made(name, 0), made(name, 1), features()
    other.load_state_dict(saved.state_dict())
    assert torch.equal(other(x, present), saved(x, present))


@pytest.mark.parametrize("name", MERGES)
def test_one_modality_one_feature_and_one_example_work(name):
    one = {"gate": Gate(1, 1), "attention": Attention(1), "bilinear": LowRankBilinear(1, 1, 1)}
    merge = one.get(name) or MERGES[name]()
    assert merge(torch.ones(1, 1, 1), torch.tensor([[True]])).shape == (1, 1)


@pytest.mark.parametrize("name", ["gate", "bilinear"])
def test_another_number_of_modalities_is_refused(name):
    present = torch.ones(N, 2, dtype=torch.bool)
    with pytest.raises(ValueError, match="There are 2 modalities, but the merge was made for 3"):
        made(name)(torch.ones(N, 2, K).double(), present)


@pytest.mark.parametrize("name", ["gate", "attention", "bilinear"])
def test_another_width_is_refused(name):
    present = torch.ones(N, M, dtype=torch.bool)
    with pytest.raises(ValueError, match="There are 7 features, but the merge was made for 4"):
        made(name)(torch.ones(N, M, 7).double(), present)


@pytest.mark.parametrize("name", MERGES)
def test_features_and_presence_must_fit_together(name):
    merge, (x, present) = made(name), features()
    with pytest.raises(ValueError, match=r"has shape \(9, 3, 4\) and present \(8, 3\)"):
        merge(x, present[:8])
    with pytest.raises(ValueError, match="examples have no modality at all"):
        merge(x, torch.zeros_like(present))
    with pytest.raises(TypeError, match=r"present is torch\.float64, but a tensor of truth"):
        merge(x, present.double())
    with pytest.raises(ValueError, match=r"features is \(9, 12\), but a tensor \(examples, mod"):
        merge(x.flatten(1), present)


def test_merges_are_modules_without_surprises():
    assert all(isinstance(made(name), nn.Module) for name in MERGES)
    counts = {name: sum(w.numel() for w in made(name).parameters()) for name in MERGES}
    assert counts["sum"] == counts["concatenation"] == 0
    assert counts["gate"] == M * (M * K + 1)
    assert counts["attention"] == 2 * K * (K + 1) + K
    assert counts["bilinear"] == M * R * (K + 1)


def test_new_attention_looks_for_something():
    merge, (x, present) = made("attention"), features()
    assert merge.query.std() > 0.3
    assert merge.shares(x, present)[0].std() > 0.01
