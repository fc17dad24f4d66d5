"""A function is called with tensors of its own, and anything but numbers is told apart."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mmlearn_helpers.homework.calls import call_function
from mmlearn_helpers.homework.judging import AnswerError

X = np.arange(6, dtype=np.float32).reshape(2, 3)


class WithArray:
    def __array__(self, *arguments, **named):
        return X


class Broken:
    def __array__(self, *arguments, **named):
        raise RuntimeError("no array")


class Stubborn(torch.Tensor):
    def __eq__(self, other):
        return True


GOOD = {
    "tensor": lambda x: x,
    "gradients": lambda x: x.clone().requires_grad_(),
    "half": lambda x: x.half(),
    "list": lambda x: x.tolist(),
    "array": lambda x: x.numpy(),
    "turned": lambda x: x.T.contiguous().T,
    "__array__": lambda x: WithArray(),
    "subclass": lambda x: x.as_subclass(Stubborn),
    "parameter": lambda x: torch.nn.Parameter(x),
    "view": lambda x: x.expand(2, 3),
}
BAD = {
    "nothing": (lambda x: None, "returns nothing. Has it a return?"),
    "ellipsis": (lambda x: ..., "returns nothing"),
    "words": (lambda x: "four", "returns a str"),
    "complex": (lambda x: x.to(torch.complex64), "returns an array of complex64"),
    "empty": (lambda x: x[:0], r"with shape \(0, 3\)"),
    "objects": (lambda x: np.array([None, x], dtype=object), "array of object"),
    "dictionary": (lambda x: {"a": 1}, "returns a dict"),
    "itself": (lambda x: call_function, "returns a function"),
    "ragged": (lambda x: [[1, 2], [3]], "raised ValueError"),
    "sparse": (lambda x: x.to_sparse(), "raised TypeError"),
    "broken": (lambda x: Broken(), "raised RuntimeError: no array"),
    "assertion": (lambda x: torch.testing.assert_close(x, -x), "raised AssertionError"),
    "arguments": (lambda: 1, "raised TypeError"),
    "exit": (lambda x: exit(3), "raised SystemExit: 3"),
    "long": (lambda x: int("9" * 5000 + "x"), "raised ValueError"),
}


@pytest.mark.parametrize("function", GOOD.values(), ids=GOOD)
def test_whatever_holds_the_numbers_is_an_answer(function):
    answer = call_function(function, (X,))
    assert answer.dtype == np.float64
    np.testing.assert_array_equal(answer, X)


@pytest.mark.parametrize(("function", "words"), BAD.values(), ids=BAD)
def test_what_holds_none_is_said_to_be_what_it_is(function, words):
    with pytest.raises(AnswerError, match=words) as caught:
        call_function(function, (X,))
    assert len(str(caught.value)) < 400


def test_numbers_stay_numbers_and_arrays_become_tensors_of_its_own():
    def spoil(x, k):
        assert isinstance(k, int)
        x.zero_()
        return x + k

    before = X.copy()
    np.testing.assert_array_equal(call_function(spoil, (X, 2)), np.full((2, 3), 2.0))
    np.testing.assert_array_equal(X, before)


def test_ctrl_c_in_the_notebook_is_not_a_wrong_answer():
    def stopped(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call_function(stopped, (X,))
