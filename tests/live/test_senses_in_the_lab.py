"""Noisy senses in a real JupyterLab: what is set in the page is set in Python, and back."""

from __future__ import annotations

import ast

import pytest

MAKE = """\
import torch
from torch import nn
from mmlearn_helpers.live import NoisySenses
from mmlearn_helpers.multimodal.fusion import FusionClassifier
from mmlearn_helpers.multimodal.merges import Gate

_ = torch.manual_seed(0)
encoders = {
    "image": nn.Sequential(nn.Flatten(), nn.Linear(192, 8)),
    "text": nn.Sequential(nn.Flatten(), nn.Linear(12, 8)),
}
senses = NoisySenses(
    FusionClassifier(encoders, Gate(2, 8), nn.Linear(8, 2)),
    torch.rand(3, 3, 8, 8),
    torch.randint(3, (3, 4)),
    vocabulary=["", "red", "green"],
    classes=["night", "day"],
)
senses"""
STATE = """\
state = senses.example, senses.image_noise, senses.text_noise, senses.random
print((state, senses.shares.tolist(), senses.probabilities.tolist()))"""
SET = "senses.image_noise = 1\nsenses.text_noise = 0.25\nsenses.example = 0\nsenses.other_noise()"
CELLS = [MAKE, STATE, SET, "senses.text_noise = 2"]


@pytest.fixture(scope="module")
def notebook(open_notebook):
    """The opened notebook, its first cell run."""
    with open_notebook(CELLS) as tab:
        yield tab


def run(tab, number):
    tab.cell(number).locator(".cm-content").click()
    tab.keyboard.press("Control+Enter")


def state(tab):
    """What Python in the notebook says."""
    run(tab, 1)
    tab.wait_for_timeout(500)
    return ast.literal_eval(tab.cell(1).locator(".jp-OutputArea-output").inner_text())


def shown(tab):
    """What the page says: shares and probabilities in percent."""
    texts = tab.locator(".mml-ends span, .mml-answers .mml-number").all_inner_texts()
    return [int(text.split()[-2]) for text in texts]


def percents(numbers):
    return [round(100 * number) for number in numbers]


def test_what_is_set_in_the_page_reaches_python(notebook):
    notebook.get_by_role("button", name="Next").click()
    notebook.get_by_role("button", name="Other noise").click()
    active = "Array.from(document.querySelectorAll('.jp-Cell'), (e) => e.matches('.jp-mod-active'))"
    for slider in notebook.locator(".mml-live input").all():
        slider.focus()
        before = notebook.evaluate(active)
        for _ in range(8):
            notebook.keyboard.press("ArrowUp")
        assert notebook.evaluate(active) == before
    (example, image_noise, text_noise, random), shares, probabilities = state(notebook)
    assert (example, image_noise, text_noise) == (1, 0.4, 0.4) and random != 0
    assert shown(notebook) == percents([*shares, *probabilities])


def test_what_is_set_in_python_is_shown(notebook):
    before = state(notebook)
    run(notebook, 2)
    notebook.get_by_text("Example 1 of 3").wait_for()
    (example, image_noise, text_noise, random), shares, probabilities = state(notebook)
    assert (example, image_noise, text_noise) == (0, 1.0, 0.25) and random != before[0][3]
    levels = notebook.locator(".mml-live label .mml-number").all_inner_texts()
    assert levels == ["100 %", "25 %"]
    assert shown(notebook) == percents([*shares, *probabilities])


def test_a_level_that_python_refuses_changes_nothing(notebook):
    before = state(notebook)
    run(notebook, 3)
    notebook.cell(3).get_by_text("a level from 0 to 1 is expected").first.wait_for()
    assert state(notebook) == before
    levels = notebook.locator(".mml-live label .mml-number").all_inner_texts()
    assert levels == ["100 %", "25 %"]
