"""A network that does not fit is named, and the reason that torch gives is not lost."""

import pytest
import torch
from torch import nn

from mmlearn_helpers.multimodal.networks import encode_each, run_network
from mmlearn_helpers.networks import mlp

X = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))


def test_a_network_that_fits_answers_as_if_it_were_called():
    network = mlp([4, 3])
    assert torch.equal(run_network(network, X, "It"), network(X))


@pytest.mark.parametrize(
    ("network", "x", "reason"),
    [
        (nn.Linear(3, 2), X, "mat1 and mat2 shapes cannot be multiplied"),
        (nn.Linear(4, 2), X.double(), "same dtype"),
        (nn.Embedding(3, 2), torch.tensor([[7]]), "index out of range"),
        (nn.Conv2d(1, 1, 3), X, "Expected 3D"),
    ],
)
def test_what_torch_says_is_the_end_of_the_message_and_the_cause(network, x, reason):
    with pytest.raises(ValueError, match=f"^It cannot take .* torch says: .*{reason}") as refusal:
        run_network(network, x, "It")
    assert reason in str(refusal.value.__cause__)


def test_a_mistake_inside_a_network_stays_what_it_is():
    class Broken(nn.Module):
        def forward(self, x):
            return x.no_such_method()

    with pytest.raises(AttributeError, match="no_such_method"):
        run_network(Broken(), X, "It")


def test_only_the_encoders_of_what_is_there_are_run_in_the_order_of_the_examples():
    encoders = nn.ModuleDict({"a": mlp([4, 3]), "b": mlp([2, 3]), "c": mlp([1, 3])})
    found = encode_each(encoders, {"b": X[:, :2], "a": X})
    assert list(found) == ["b", "a"]
    assert torch.equal(found["a"], encoders["a"](X))
    assert torch.equal(found["b"], encoders["b"](X[:, :2]))


@pytest.mark.parametrize("network", [nn.Flatten(0), nn.Unflatten(1, (2, 2)), nn.Identity()])
def test_all_encoders_give_one_row_of_the_same_width_for_each_example(network):
    with pytest.raises(ValueError, match=r"The encoders turn 5 examples into .* \(5, K\) with the"):
        encode_each({"a": network, "b": mlp([4, 3])}, {"a": X, "b": X})


def test_all_encoders_agreeing_on_a_wrong_number_of_rows_is_no_agreement():
    class Loses(nn.Linear):
        def forward(self, x):
            return super().forward(x)[1:]

    with pytest.raises(ValueError, match=r"The encoders turn 5 examples into .*\(4, 3\)"):
        encode_each({"a": Loses(4, 3), "b": Loses(4, 3)}, {"a": X, "b": X})
