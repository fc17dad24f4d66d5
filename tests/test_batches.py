"""Examples are picked, moved, shuffled and told apart alike, one tensor or several."""

import numpy as np
import pytest
import torch

from mmlearn_helpers.batches import (
    check_examples,
    fingerprint,
    is_finite,
    mixed_seed,
    move,
    n_examples,
    shuffled,
    take,
)

X = torch.arange(12.0).reshape(6, 2)
BOTH = {"image": X, "label": torch.arange(6)}


@pytest.mark.parametrize("x", [X, BOTH, X[:1], X[:, 0], X > 3, X[:, :0]])
def test_tensors_and_mappings_with_examples_are_accepted(x):
    check_examples(x)


@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        (
            X.numpy(),
            TypeError,
            "^mine is a ndarray, but a tensor .* convert arrays with torch.as_t",
        ),
        (None, TypeError, "^mine is a NoneType"),
        (torch.tensor(1.0), TypeError, "^mine is a Tensor without axes"),
        ({"a": X, "b": [1]}, TypeError, r"^mine\['b'\] is a list"),
        ({"a": X, "b": X.to_sparse()}, TypeError, r"^mine has a sparse tensor.*x.to_dense\(\)"),
        ({"a": X, "b": X[:2]}, ValueError, "of mine have lengths {'a': 6, 'b': 2}"),
        (X[:0], ValueError, "no examples in mine"),
        ({}, ValueError, "no examples in mine"),
        ({"a": X[:0]}, ValueError, "no examples in mine"),
    ],
)
def test_anything_else_is_refused_by_its_name(x, error, words):
    with pytest.raises(error, match=words):
        check_examples(x, "mine")


@pytest.mark.parametrize(("x", "n"), [(X, 6), (BOTH, 6), ({"a": X[:2], "b": X[:2]}, 2)])
def test_examples_are_counted_along_the_first_axis(x, n):
    assert n_examples(x) == n


def test_all_modalities_are_picked_by_the_same_rows():
    rows = torch.tensor([4, 0, 0])
    assert torch.equal(take(X, rows), torch.tensor([[8.0, 9], [0, 1], [0, 1]]))
    picked = take(BOTH, rows)
    assert torch.equal(picked["image"], take(X, rows))
    assert picked["label"].tolist() == [4, 0, 0]
    assert list(picked) == ["image", "label"]


def test_what_is_picked_is_a_copy():
    picked = take(BOTH, torch.arange(6))
    picked["image"].zero_()
    assert X.sum() == 66


def test_moving_to_where_examples_are_copies_nothing():
    device = torch.device("cpu")
    assert move(X, device) is X
    moved = move(BOTH, device)
    assert moved["image"] is X and list(moved) == ["image", "label"]


def test_moving_reaches_every_modality():
    moved = move(BOTH, torch.device("meta"))
    assert {x.device.type for x in moved.values()} == {"meta"}


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_value_is_enough_to_be_not_finite(value):
    lost = X.clone()
    lost[5, 1] = value
    assert is_finite(X) and is_finite(BOTH)
    assert not is_finite(lost)
    assert not is_finite({"label": torch.arange(6), "image": lost})


CHANGED = X.clone()
CHANGED[3, 1] += 1e-6


@pytest.mark.parametrize(
    "other",
    [CHANGED, X[:5], X.T.contiguous(), X.reshape(-1), X.flip(0), {"image": X}, {"": X, "b": X}],
    ids=["a value", "fewer", "transposed", "flat", "order", "a name", "one more"],
)
def test_other_data_have_another_fingerprint(other):
    assert fingerprint(other) != fingerprint(X)


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.bfloat16, torch.float64])
def test_a_fingerprint_is_that_of_the_bytes(dtype):
    x = (X % 2).to(dtype)
    expected = fingerprint(x)
    assert expected[""][:2] == [6, 2]
    assert fingerprint(x.clone()) == expected
    assert fingerprint(x.T.contiguous().T) == expected
    assert fingerprint(1 - x.float()) != expected


def test_the_order_of_the_names_does_not_matter():
    backwards = dict(reversed(BOTH.items()))
    assert list(backwards) != list(BOTH)
    assert repr(fingerprint(backwards)) == repr(fingerprint(BOTH))


def test_mixed_seeds_are_all_different():
    seeds = [mixed_seed(a, b, c) for a in range(12) for b in range(12) for c in range(4)]
    assert len(set(seeds)) == len(seeds)
    assert all(type(seed) is int and 0 <= seed < 2**32 for seed in seeds)


def test_a_seed_depends_on_the_order_of_its_numbers_and_on_all_bits():
    assert mixed_seed(1, 2) != mixed_seed(2, 1)
    assert mixed_seed(2**40) != mixed_seed(0) != mixed_seed(2**62)


@pytest.mark.parametrize("n", [1, 2, 1000])
def test_every_example_has_its_place_in_the_order(n):
    assert torch.equal(shuffled(n, seed=3, epoch=7).sort().values, torch.arange(n))


def test_every_seed_and_every_epoch_has_an_order_of_its_own_that_nothing_else_changes():
    orders = [shuffled(50, seed, epoch) for seed in range(4) for epoch in range(4)]
    assert len({tuple(order.tolist()) for order in orders}) == 16
    torch.manual_seed(99)
    before = torch.get_rng_state()
    assert torch.equal(shuffled(50, 1, 2), orders[6])
    assert torch.equal(torch.get_rng_state(), before)
