"""What is missing is found row by row, and what is dropped is dropped as often as was asked."""

import math
from itertools import product

import pytest
import torch
from torch import nn

from mmlearn_helpers.data import Split, load
from mmlearn_helpers.multimodal.missing import (
    check_networks,
    check_present,
    check_share,
    drop_modalities,
    fill_missing,
    rows_of,
)

NAMES = ["a", "b", "c"]


def examples(n=6, d=4, seed=0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def lacking(x, *rows):
    x = x.clone()
    x[list(rows)] = math.nan
    return x


@pytest.mark.parametrize("shape", [(6,), (6, 1), (6, 4), (6, 3, 5), (6, 2, 3, 4)])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_a_row_of_nan_is_missing_and_becomes_zeros(shape, dtype):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(dtype)
    filled, present = fill_missing({"a": lacking(x, 1, 4), "b": examples()}, NAMES)
    expected = x.clone()
    expected[1] = expected[4] = 0
    assert torch.equal(filled["a"], expected) and filled["a"].dtype == dtype
    assert present.tolist() == [[i not in (1, 4), True, False] for i in range(6)]


def test_what_is_whole_is_handed_on_as_it_is():
    x = examples()
    filled, present = fill_missing({"a": x}, ["a"])
    assert filled["a"] is x
    assert present.all() and present.shape == (6, 1)


def test_the_batch_stays_as_it_was():
    x = lacking(examples(), 2)
    batch = {"a": x, "b": examples()}
    fill_missing(batch, NAMES)
    assert x[2].isnan().all() and list(batch) == ["a", "b"]


def test_zeros_are_there():
    _, present = fill_missing({"a": torch.zeros(3, 4)}, ["a"])
    assert present.all()


@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.bool])
def test_tensors_of_whole_numbers_lack_nothing(dtype):
    words = torch.ones(3, 5).to(dtype)
    filled, present = fill_missing({"a": words}, NAMES)
    assert filled["a"] is words
    assert present.tolist() == [[True, False, False]] * 3


def test_the_order_of_the_modalities_is_that_of_the_model():
    x = {name: lacking(examples(seed=i), i) for i, name in enumerate("abc")}
    forwards, first = fill_missing(x, NAMES)
    backwards, second = fill_missing(dict(reversed(x.items())), NAMES)
    assert list(forwards) == list(backwards) == NAMES
    assert torch.equal(first, second)
    assert (~first).nonzero().tolist() == [[0, 0], [1, 1], [2, 2]]


def test_a_split_of_a_data_set_is_a_batch_once_its_labels_are_left_out():
    split = load("scenes", n_train=3, n_test=3).train
    batch = Split({name: split[name] for name in ("image", "text")})
    _, present = fill_missing(batch, ["image", "text"])
    assert present.all()
    with pytest.raises(ValueError, match="has a modality 'size', but the model knows 'image', 't"):
        fill_missing(split, ["image", "text"])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_an_example_that_is_not_finite_in_parts_is_refused(value):
    x = examples()
    x[3, 1] = value
    with pytest.raises(ValueError, match=r"^x\['a'\] holds NaN or infinity in a part"):
        fill_missing({"a": x}, ["a"], name="x")
    x[3] = value
    if math.isnan(value):
        _, present = fill_missing({"a": x, "b": examples()}, NAMES)
        assert not present[3, 0]
    else:
        with pytest.raises(ValueError, match="holds NaN or infinity"):
            fill_missing({"a": x, "b": examples()}, NAMES)


def test_the_first_example_without_any_modality_is_named():
    batch = {"a": lacking(examples(), 1, 3, 5), "b": lacking(examples(), 0, 3, 5)}
    with pytest.raises(ValueError, match=r"^2 examples have no modality .* first is row 3"):
        fill_missing(batch, NAMES)


def probability_by_hand(present, p):
    """The probability of each set that may be left, by going through all that may be dropped."""
    there = [i for i, is_there in enumerate(present) if is_there]
    found = {}
    for kept in product([False, True], repeat=len(there)):
        weight = math.prod(1 - p if keep else p for keep in kept)
        left = tuple(i for i, keep in zip(there, kept, strict=True) if keep)
        for one in [left] if left else [(i,) for i in there]:
            found[one] = found.get(one, 0) + weight / (1 if left else len(there))
    return found


@pytest.mark.parametrize("p", [0.0, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("present", [(1, 1, 1), (1, 0, 1), (0, 1, 1), (0, 0, 1), (1, 1), (1,)])
def test_every_set_is_left_as_often_as_it_should_be(present, p):
    n = 100_000
    torch.manual_seed(0)
    left = drop_modalities(torch.tensor(present, dtype=torch.bool).expand(n, -1), p)
    found = {}
    for row, count in zip(*left.unique(dim=0, return_counts=True), strict=True):
        found[tuple(row.nonzero()[:, 0].tolist())] = count.item() / n
    expected = probability_by_hand(present, p)
    assert all(found.get(left, 0) == pytest.approx(expected[left], abs=0.007) for left in expected)
    assert set(found) <= set(expected)


def test_each_example_keeps_one_modality_and_gets_none_that_it_lacked():
    torch.manual_seed(0)
    present = torch.rand(10_000, 4) < 0.5
    present = present[present.any(dim=1)]
    left = drop_modalities(present, 0.95)
    assert left.any(dim=1).all()
    assert not (left & ~present).any()
    assert (left.sum(dim=1) == 1).float().mean() > 0.8


def test_examples_are_dropped_independently():
    torch.manual_seed(0)
    left = drop_modalities(torch.ones(100_000, 2, dtype=torch.bool), 0.5).double()
    above, below = left[:-1, 0], left[1:, 0]
    assert abs(torch.corrcoef(torch.stack([above, below]))[0, 1].item()) < 0.02


def test_what_is_present_stays_as_it_was():
    present = torch.ones(50, 3, dtype=torch.bool)
    drop_modalities(present, 0.5)
    assert present.all()


def test_where_nothing_is_dropped_no_random_number_is_drawn():
    before = torch.get_rng_state()
    present = torch.tensor([[True, False], [True, True]])
    assert drop_modalities(present, 0.0).equal(present)
    assert torch.get_rng_state().equal(before)


def test_all_rows_are_a_view_and_some_are_those_that_are_there():
    x = torch.arange(6.0).view(3, 2)
    everything = x[rows_of(torch.ones(3, dtype=torch.bool))]
    assert everything.equal(x) and everything.data_ptr() == x.data_ptr()
    assert x[rows_of(torch.tensor([True, False, True]))].equal(x[[0, 2]])
    assert x[rows_of(torch.zeros(3, dtype=torch.bool))].shape == (0, 2)


@pytest.mark.parametrize("name", ["keys", "type", "training", "forward", "pop", "to"])
def test_names_that_torch_has_itself_are_refused_as_torch_would(name):
    with pytest.raises(KeyError):
        nn.ModuleDict({name: nn.Identity()})
    with pytest.raises(ValueError, match=f"has a modality {name!r}.* choose another .*{name}_x"):
        check_networks({name: nn.Identity()}, "encoders", "label")


def test_every_name_that_is_accepted_is_one_that_torch_takes():
    for name in ("image", "Bild 1", "ton-2", "文字", "x", "0"):
        check_networks({name: nn.Identity()}, "encoders", "label")
        assert name in nn.ModuleDict({name: nn.Identity()})


@pytest.mark.parametrize("value", [0, 0.5, 0.999])
def test_shares_below_one_are_accepted(value):
    check_share("drop", value)


@pytest.mark.parametrize("value", [1, 1.0, -0.1, math.nan, math.inf])
def test_other_shares_are_refused(value):
    with pytest.raises(ValueError, match=f"drop is {value}, but a probability below 1"):
        check_share("drop", value)


def test_truth_values_are_demanded():
    check_present(torch.tensor([[True, False], [False, True]]))
    with pytest.raises(ValueError, match=r"^2 examples .* the first is row 1;"):
        check_present(torch.tensor([[True], [False], [False]]))
    with pytest.raises(TypeError, match=r"present is torch\.float32, but a tensor of truth"):
        check_present(torch.ones(2, 2))
