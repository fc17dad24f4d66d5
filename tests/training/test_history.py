"""A history keeps every term of every epoch, and knows whether the last was the best."""

import math

import pytest
import torch

from mmlearn_helpers.training.history import History


def recorded(*losses):
    history = History()
    for loss in losses:
        history.record({"loss": 0.0}, {"loss": loss})
    return history


def test_terms_are_kept_in_the_order_of_the_epochs():
    history = History()
    history.record({"loss": 3.0, "kl": 1.0}, {"loss": 4.0})
    history.record({"loss": 2.0, "kl": 0.5}, {"loss": 3.0})
    assert history.train == {"loss": [3.0, 2.0], "kl": [1.0, 0.5]}
    assert history.validation == {"loss": [4.0, 3.0]}


def test_a_new_history_is_empty():
    assert History() == History(train={}, validation={}, seconds=0.0, best_epoch=None)


def test_without_validation_nothing_is_recorded_of_it():
    history = History()
    history.record({"loss": 3.0}, {})
    assert history.validation == {}


def test_no_two_histories_share_their_lists():
    recorded(1.0)
    assert History().train == History().validation == {}


@pytest.mark.parametrize(
    ("losses", "improved"),
    [
        ([5.0], True),
        ([5.0, 4.0], True),
        ([5.0, 5.0], False),
        ([5.0, 6.0], False),
        ([5.0, 3.0, 4.0], False),
        ([5.0, 3.0, 4.0, 2.0], True),
        ([-1.0, -2.0], True),
        ([5.0, math.nan], False),
        ([5.0, math.inf], False),
    ],
)
def test_only_what_is_lower_than_all_before_is_better(losses, improved):
    assert recorded(*losses).has_improved() is improved


def test_other_terms_do_not_decide():
    history = History()
    history.record({"loss": 1.0}, {"loss": 1.0, "kl": 1.0})
    history.record({"loss": 0.5}, {"loss": 2.0, "kl": 0.1})
    assert not history.has_improved()


@pytest.mark.parametrize("history", [History(), History(validation={"kl": [1.0]})])
def test_without_a_validation_loss_nothing_can_be_better(history):
    with pytest.raises(ValueError, match="no validation loss yet; pass examples as validate"):
        history.has_improved()


@pytest.mark.parametrize(
    ("train", "validation", "words"),
    [
        ([1.0], {}, r"\[1.0\], but a mapping from names to numbers"),
        ({"loss": 1.0}, None, r"None, but a mapping .* \{\} if there was no validation"),
        ({"loss": torch.ones(2)}, {}, "The term 'loss' is tensor"),
        ({"loss": 1.0}, {"loss": "1.0"}, "The term 'loss' is '1.0', but a number is expected"),
        ({"loss": 1.0, "kl": None}, {}, "The term 'kl' is None"),
    ],
)
def test_what_is_no_term_is_refused_and_nothing_of_it_recorded(train, validation, words):
    history = recorded(1.0)
    with pytest.raises(TypeError, match=words):
        history.record(train, validation)
    assert history == recorded(1.0)
