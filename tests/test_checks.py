"""Unusable input is refused with a sentence that says what to do."""

import math
import re

import numpy as np
import pytest
import torch

from mmlearn_helpers.checks import (
    check_components,
    check_count,
    check_labels,
    check_matrix,
    check_number,
    check_positive,
    check_seed,
)


def with_value(value, row=1, column=2):
    x = torch.zeros(3, 4)
    x[row, column] = value
    return x


@pytest.mark.parametrize(
    "x",
    [
        torch.zeros(3, 4),
        torch.zeros(3, 4, dtype=torch.float16),
        torch.zeros(1, 1),
        torch.zeros(3, 4, requires_grad=True),
        torch.full((2, 2), torch.finfo(torch.float32).max),
    ],
    ids=["float32", "float16", "one number", "with gradient", "huge"],
)
def test_finite_floating_point_matrices_are_accepted(x):
    check_matrix(x)


@pytest.mark.parametrize(
    ("x", "kind"),
    [([[1.0]], "list"), (np.ones((2, 2)), "ndarray"), (None, "NoneType")],
)
def test_what_is_no_tensor_is_refused_with_the_way_to_make_one(x, kind):
    with pytest.raises(TypeError, match=rf"x is a {kind}.*torch\.as_tensor\(x, dtype="):
        check_matrix(x)


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool])
def test_numbers_without_a_point_are_refused_with_the_way_to_convert_them(dtype):
    with pytest.raises(TypeError, match=rf"x holds {dtype} numbers.*x\.float\(\)"):
        check_matrix(torch.zeros(3, 4, dtype=dtype))


@pytest.mark.parametrize("shape", [(), (4,), (3, 1, 2, 2)])
def test_another_number_of_axes_is_refused_with_the_way_to_flatten(shape):
    with pytest.raises(ValueError, match=r"matrix \(examples, features\).*flatten.*x\[None\]"):
        check_matrix(torch.zeros(shape))


@pytest.mark.parametrize("shape", [(0, 4), (3, 0)])
def test_a_matrix_without_numbers_is_refused_with_its_shape(shape):
    with pytest.raises(ValueError, match=rf"{shape[0]}, {shape[1]}.*nothing.*At least one example"):
        check_matrix(torch.zeros(shape))


@pytest.mark.parametrize("width", [3, 5])
def test_another_width_than_the_model_has_is_refused_with_both_widths(width):
    with pytest.raises(ValueError, match=rf"{width} columns.*made for 4.*pass data of that width"):
        check_matrix(torch.zeros(3, width), n_features=4)


def test_the_width_of_the_model_is_accepted():
    check_matrix(torch.zeros(3, 4), n_features=4)


@pytest.mark.parametrize("value", [math.nan, -math.inf])
def test_values_that_are_not_finite_are_refused_with_their_place(value):
    with pytest.raises(ValueError, match=r"1 values .*row 1, column 2.*remove those rows or fill"):
        check_matrix(with_value(value))


def test_all_values_that_are_not_finite_are_counted_and_the_first_is_named():
    x = with_value(math.nan, 2, 0)
    x[1, 3] = math.inf
    x[2, 3] = -math.inf
    with pytest.raises(ValueError, match=r"3 values .* row 1, column 3"):
        check_matrix(x)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_type_of_the_model_is_accepted(dtype):
    check_matrix(torch.zeros(3, 4, dtype=dtype), dtype=dtype)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (torch.float64, torch.float32),
        (torch.float16, torch.float64),
    ],
)
def test_another_floating_point_type_is_refused_with_advice_that_works(given, wanted):
    x = torch.zeros(3, 4, dtype=given)
    with pytest.raises(
        TypeError, match=f"x holds {given} numbers, but the model {wanted}"
    ) as refusal:
        check_matrix(x, dtype=wanted)
    (dtype,) = re.findall(r"convert it with x\.to\((torch\.\w+)\)", str(refusal.value))
    check_matrix(x.to(getattr(torch, dtype.removeprefix("torch."))), dtype=wanted)


@pytest.mark.parametrize(
    ("z", "error", "advice"),
    [
        ([1.0], TypeError, "torch.as_tensor(z, dtype=torch.float32)"),
        (torch.zeros(2, 2, dtype=torch.int64), TypeError, "convert it with z.float()"),
        (torch.zeros(2, 2, dtype=torch.float64), TypeError, "convert it with z.to(torch.float32)"),
        (torch.zeros(2), ValueError, "z.flatten(1), and write a single example as z[None]"),
        (torch.zeros(0, 2), ValueError, "check how the data were selected"),
        (torch.zeros(2, 3), ValueError, "pass data of that width"),
        (torch.full((2, 2), math.nan), ValueError, "remove those rows"),
    ],
)
def test_message_and_advice_speak_of_the_matrix_by_its_name(z, error, advice):
    with pytest.raises(error, match=r"^z ") as refusal:
        check_matrix(z, n_features=2, dtype=torch.float32, name="z")
    assert advice in str(refusal.value)
    assert not re.search(r"\bx\b", str(refusal.value))


@pytest.mark.parametrize("n_components", [1, 5])
def test_components_up_to_the_limit_are_accepted(n_components):
    check_components(n_components, 5, "5 features")


@pytest.mark.parametrize("n_components", [-1, 0, 6])
def test_components_outside_the_limits_are_refused_with_the_range_and_its_reason(n_components):
    with pytest.raises(ValueError, match=rf"{n_components} components.*1 to 5.*\(5 features\)"):
        check_components(n_components, 5, "5 features")


@pytest.mark.parametrize("n_components", [2.0, math.nan, "2", None])
def test_components_that_are_no_whole_number_are_refused(n_components):
    words = rf"n_components is {n_components!r}, but a whole number is expected"
    with pytest.raises(TypeError, match=words):
        check_components(n_components, 5, "5 features")


@pytest.mark.parametrize("value", [1e-300, 1, 2.5, np.float32(3), 1e300])
def test_finite_numbers_above_0_are_positive(value):
    check_positive("width", value)


@pytest.mark.parametrize("value", [0, -1, -1e-9, math.inf, math.nan])
def test_other_numbers_are_not_positive(value):
    with pytest.raises(ValueError, match=f"width is {value}, but a finite number above 0"):
        check_positive("width", value)


@pytest.mark.parametrize("check", [check_positive, check_number])
@pytest.mark.parametrize("value", [True, "1", None, 1j, torch.ones(1)])
def test_what_is_no_real_number_is_refused(check, value):
    with pytest.raises(TypeError, match=r"width is .* but a number"):
        check("width", value)


@pytest.mark.parametrize("value", [0, -2.5, math.nan, math.inf, np.float64(1)])
def test_any_real_number_is_a_number(value):
    check_number("width", value)


@pytest.mark.parametrize("dtype", [torch.float32, torch.complex64])
def test_labels_with_a_point_or_complex_are_refused(dtype):
    with pytest.raises(TypeError, match=f"labels are {dtype}, but a tensor of whole numbers"):
        check_labels(torch.ones(3, dtype=dtype))


@pytest.mark.parametrize(
    ("shape", "n"), [((0,), None), ((0,), 0), ((3,), 4), ((3, 1), None), ((3, 1), 3), ((), None)]
)
def test_labels_are_one_for_each_example_and_one_at_least(shape, n):
    with pytest.raises(ValueError, match=r"targets has shape .* one label for each of"):
        check_labels(torch.zeros(shape, dtype=torch.int64), n, "targets")


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.uint8, torch.bool])
def test_labels_may_be_of_any_whole_type(dtype):
    check_labels(torch.zeros(3, dtype=dtype), 3)
    check_labels(torch.zeros(3, dtype=dtype))


def test_counts_begin_at_1_unless_told_otherwise():
    check_count("n", 1)
    check_count("n", 0, least=0)
    check_count("n", np.int64(7), least=7)
    for value, least in ((0, 1), (-1, 0), (6, 7)):
        with pytest.raises(ValueError, match=f"n is {value}, but at least {least} is needed"):
            check_count("n", value, least=least)


def test_seeds_go_from_0_to_63_bits():
    for seed in (0, 2**63 - 1):
        check_seed(seed)
        torch.Generator().manual_seed(seed)
    with pytest.raises(ValueError, match="seed is -1, but at least 0"):
        check_seed(-1)
    with pytest.raises(ValueError, match=r"a number below 2\*\*63 is needed"):
        check_seed(2**63)
