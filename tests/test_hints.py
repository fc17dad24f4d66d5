"""A name that is nearly right is met with a question, any other with nothing."""

import pytest

from mmlearn_helpers.hints import did_you_mean

KNOWN = ["image", "text", "audio"]


@pytest.mark.parametrize(
    ("name", "meant"), [("imgae", "image"), ("texts", "text"), ("adio", "audio"), ("text", "text")]
)
def test_a_misspelt_name_is_met_with_the_nearest(name, meant):
    assert did_you_mean(name, KNOWN) == f" Did you mean {meant!r}?"


@pytest.mark.parametrize("name", ["", "speaker", "x"])
def test_a_name_that_is_near_to_none_is_met_with_nothing(name):
    assert did_you_mean(name, KNOWN) == ""


def test_without_known_names_there_is_nothing_to_mean():
    assert did_you_mean("image", []) == ""


def test_the_known_names_may_come_from_any_iterable():
    assert did_you_mean("imge", dict.fromkeys(KNOWN)) == " Did you mean 'image'?"
    assert did_you_mean("imge", iter(KNOWN)) == " Did you mean 'image'?"
