"""A schedule gives the factor of every step, and what is none is refused."""

import math

import numpy as np
import pytest

from mmlearn_helpers.training.schedules import check_schedule, one_cycle, step_size


class Schedule:
    """Can be called."""

    def __call__(self, step, n_steps, power=2):
        return (1 - step / n_steps) ** power


@pytest.mark.parametrize("schedule", [one_cycle, Schedule(), lambda *both: 1.0, math.dist])
def test_whatever_takes_two_numbers_is_a_schedule(schedule):
    check_schedule(schedule)


@pytest.mark.parametrize(
    "schedule", ["one_cycle", 1.0, True, [1.0, 0.5], lambda: 1.0, lambda step: 1.0, math.sqrt]
)
def test_anything_else_is_none(schedule):
    with pytest.raises(
        TypeError, match=r"^schedule is .*, but a function of the number of the step"
    ):
        check_schedule(schedule)


def test_without_a_schedule_the_step_size_is_the_learning_rate():
    assert [step_size(0.3, None, step, 9) for step in range(9)] == [0.3] * 9


@pytest.mark.parametrize("schedule", [one_cycle, Schedule()])
def test_the_step_size_is_the_learning_rate_times_the_factor(schedule):
    sizes = [step_size(0.3, schedule, step, 9) for step in range(9)]
    assert sizes == pytest.approx([0.3 * schedule(step, 9) for step in range(9)])


@pytest.mark.parametrize("factor", [1, True, np.float64(1), np.float32(1), np.int64(1)])
def test_a_factor_of_any_kind_gives_a_plain_number(factor):
    size = step_size(np.float64(0.25), lambda step, n_steps: factor, 0, 1)
    assert type(size) is float and size == 0.25


def test_a_factor_of_zero_is_a_step_of_no_length():
    assert step_size(0.3, lambda step, n_steps: 0, 0, 1) == 0


@pytest.mark.parametrize("factor", [None, "1", [1.0], math.nan, math.inf, -1e-9, 1j])
def test_a_factor_that_is_no_finite_number_from_0_is_refused(factor):
    words = r"^schedule\(4, 9\) is .*, but a finite factor of 0 or more is needed"
    with pytest.raises(ValueError, match=words):
        step_size(0.3, lambda step, n_steps: factor, 4, 9)


@pytest.mark.parametrize(
    ("step", "n_steps", "error", "words"),
    [
        (0, 0, ValueError, "n_steps is 0"),
        (-1, 10, ValueError, "step is -1"),
        (11, 10, ValueError, "step is 11, but the run has only 10 steps"),
        (1.5, 10, TypeError, "step is 1.5"),
        (1, 10.0, TypeError, "n_steps is 10.0"),
    ],
)
def test_one_cycle_refuses_steps_that_are_not_in_the_run(step, n_steps, error, words):
    with pytest.raises(error, match=words):
        one_cycle(step, n_steps)
