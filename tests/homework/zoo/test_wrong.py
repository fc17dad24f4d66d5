"""Submissions that are right, wrong in a way that has a name, or not complete."""

from __future__ import annotations

import pytest
from keeper import CENTRE, FULL, LOG_SUM_EXP, SOLUTION, function, grade, outcome, words

WRONG = [
    ("q1", "x.mean(dim=0)", "x.mean(dim=1, keepdim=True)", 0, "belongs over the examples"),
    ("q1", "x.mean(dim=0)", "x.mean()", 1, "One mean was taken of all numbers"),
    ("q1", "x - mean_of_features", "(x - mean_of_features) / x.std(dim=0)", 0, "standardised"),
    ("q1", "x - mean_of_features", "(x - mean_of_features).T", 0, "transposed"),
    ("q1", "x - mean_of_features", "mean_of_features - x", 0, "sign is wrong"),
    ("q1", "x - mean_of_features", "2 * (x - mean_of_features)", 0, "2 times what is expected"),
    ("q1", "x - mean_of_features", "x - mean_of_features + 1", 0, "+1 away from"),
    ("q1", "x - mean_of_features", "x * x", 0, "numbers are wrong"),
    ("q1", "x - mean_of_features", "mean_of_features", 0, "The shape is (4,), but (6, 4)"),
    ("q1", "x - mean_of_features", "(x - mean_of_features) / 0", 0, "NaN or infinite"),
    ("q1", "x - mean_of_features", "str(x)", 0, "returns a str"),
    ("q1", "x - mean_of_features", "x - nothing", 0, "raised NameError: name 'nothing'"),
    ("q1", "return x - mean", "x - mean", 0, "returns nothing"),
    ("q1", "x - mean_of_features", "x - torch.rand(()) - mean_of_features", 0, "two different"),
    ("q2", "x - largest", "x - (largest := 0 * largest)", 3, "exp overflows"),
    ("q2", "sum(dim=-1)", "mean(dim=-1)", 1, "logarithm of a mean"),
    ("q2", " + largest.squeeze(-1)", "", 0, "not added again"),
    ("q2", "largest.squeeze(-1)", "largest", 0, "Which axis"),
    ("q2", "sum(dim=-1)", "sum(dim=-1, keepdim=True)", 0, "Which axis"),
    ("q2", "return torch.log(total) +", "return -torch.log(total) -", 0, "sign is wrong"),
]
UNSTEADY = {
    "random": "return torch.rand_like(x)",
    "counter": "calls.append(1)\nreturn x - x.mean(dim=0) if len(calls) < 4 else x",
    "alternating": "calls.append(1)\nreturn x - x.mean(dim=0) if len(calls) % 2 else x",
    "remembers": "calls.append(x)\nreturn calls[0]",
}


def test_what_is_right_earns_all_points(tmp_path):
    graded = grade(tmp_path, *SOLUTION)
    assert outcome(graded) == FULL
    assert [mark.status for mark in graded.marks] == ["graded", "graded", "by hand"]
    assert graded.faults == []
    assert graded.marks[2].points is None


@pytest.mark.parametrize(("question", "right", "wrong", "points", "said"), WRONG)
def test_a_mistake_costs_points_and_is_named(tmp_path, question, right, wrong, points, said):
    place = {"q1": 1, "q2": 2}[question]
    assert SOLUTION[place].count(right) == 1
    changed = list(SOLUTION)
    changed[place] = SOLUTION[place].replace(right, wrong)
    graded = grade(tmp_path, *changed)
    assert outcome(graded) == FULL | {question: points}
    assert said in words(graded, question)


@pytest.mark.parametrize("body", UNSTEADY.values(), ids=UNSTEADY)
def test_an_answer_that_changes_earns_nothing(tmp_path, body):
    graded = grade(tmp_path, *SOLUTION, "calls = []", function("centre", body))
    assert outcome(graded) == FULL | {"q1": 0}
    assert "two different answers" in words(graded, "q1") or "numbers are wrong" in words(
        graded, "q1"
    )


def test_an_empty_notebook_misses_everything(tmp_path):
    graded = grade(tmp_path)
    assert outcome(graded) == {"q1": 0, "q2": 0}
    assert {mark.status for mark in graded.marks[:2]} == {"missing"}


def test_cells_may_be_deleted_and_reordered(tmp_path):
    graded = grade(tmp_path, LOG_SUM_EXP, "import torch")
    assert outcome(graded) == FULL | {"q1": 0}
    assert graded.marks[0].status == "missing"


def test_a_function_by_another_name_is_missing_and_meant(tmp_path):
    graded = grade(tmp_path, "import torch", CENTRE.replace("def centre", "def center"))
    assert outcome(graded) == {"q1": 0, "q2": 0}
    assert "Is center meant?" in words(graded, "q1")


def test_a_cell_with_a_fault_does_not_stop_the_others(tmp_path):
    odd = ["x = = 1", "1 / 0", "raise SystemExit(3)", "exit()", "%matplotlib inline", "!ls"]
    odd += ["lone = '\ud800'", "print('\udcff')", "raise KeyboardInterrupt", "\0", "%%bash\nls"]
    graded = grade(tmp_path, *odd, *SOLUTION)
    assert outcome(graded) == FULL
    told = " ".join(graded.faults)
    for word in ("SyntaxError", "ZeroDivisionError", "SystemExit", "KeyboardInterrupt"):
        assert word in told


def test_a_later_cell_counts(tmp_path):
    assert outcome(grade(tmp_path, *SOLUTION, "centre = None"))["q1"] == 0
    assert outcome(grade(tmp_path, *SOLUTION, "log_sum_exp = 7"))["q2"] == 0
