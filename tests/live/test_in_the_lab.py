"""A pad in a real JupyterLab: the browser tells Python, and Python tells the browser."""

from __future__ import annotations

import pytest
import torch
from torch import nn

MAKE = """\
import os
import torch
from torch import nn
from mmlearn_helpers.live import LatentPad

_ = torch.manual_seed(0)
decoder = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 64), nn.Sigmoid())
pad = LatentPad(decoder, (8, 8))
pad"""
CELLS = [MAKE, "print('now', pad.z)", "pad.z = (1, 0)", "pad.z = (9, 0)", "os._exit(1)"]
NUMBERS = """(texts) => {
    const numbers = Array.from(document.querySelectorAll(".mml-number"));
    return numbers.map((number) => number.textContent).join() === texts;
}"""
PIXELS = """() => {
    const canvas = document.querySelector(".mml-live canvas");
    const data = canvas.getContext("2d").getImageData(0, 0, 8, 8).data;
    return Array.from(data).filter((_, i) => i % 4 === 0);
}"""


@pytest.fixture(scope="module")
def notebook(open_notebook):
    """The opened notebook, its first cell run."""
    with open_notebook(CELLS) as tab:
        yield tab


def run(tab, number):
    tab.cell(number).locator(".cm-content").click()
    tab.keyboard.press("Control+Enter")


def output(tab, number):
    return tab.cell(number).locator(".jp-OutputArea")


def shown(z):
    torch.manual_seed(0)
    decoder = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 64), nn.Sigmoid())
    return 255 * (1 - decoder(torch.tensor([z]))[0].detach())


def wait_for(tab, z):
    """Wait until the coordinates are these, and say whether the picture is that of torch."""
    texts = [f"{value:.2f}".replace("-", "−") for value in z]
    tab.wait_for_function(NUMBERS, arg=",".join(texts))
    return (torch.tensor(tab.evaluate(PIXELS)) - shown(z)).abs().max() <= 1


def test_dragging_changes_the_number_in_python(notebook):
    box = notebook.locator(".mml-pad").bounding_box()
    assert wait_for(notebook, (0.0, 0.0))
    notebook.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    notebook.mouse.down()
    notebook.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4, steps=5)
    notebook.mouse.up()
    assert wait_for(notebook, (-1.5, 1.5))
    run(notebook, 1)
    output(notebook, 1).get_by_text("now (-1.5, 1.5)").wait_for()


def test_python_moves_the_point(notebook):
    run(notebook, 2)
    assert wait_for(notebook, (1.0, 0.0))
    assert not torch.allclose(shown((1.0, 0.0)), shown((-1.5, 1.5)), atol=2)


def test_arrow_keys_move_the_point_and_not_the_cells(notebook):
    notebook.locator(".mml-pad").focus()
    for key in ("ArrowDown", "ArrowDown", "Shift+ArrowRight"):
        notebook.keyboard.press(key)
    assert wait_for(notebook, (1.5, -0.2))
    run(notebook, 1)
    output(notebook, 1).get_by_text("now (1.5, -0.2)").wait_for()


def test_arrow_keys_move_a_slider_and_not_the_cells(notebook):
    active = "Array.from(document.querySelectorAll('.jp-Cell'), (e) => e.matches('.jp-mod-active'))"
    notebook.locator(".mml-live input").first.focus()
    before = notebook.evaluate(active)
    notebook.keyboard.press("ArrowDown")
    assert wait_for(notebook, (1.4, -0.2))
    notebook.keyboard.press("ArrowUp")
    assert wait_for(notebook, (1.5, -0.2))
    assert notebook.evaluate(active) == before


def test_a_point_that_python_refuses_moves_nothing(notebook):
    run(notebook, 3)
    output(notebook, 3).get_by_text("two numbers from -3 to 3 are expected").first.wait_for()
    assert wait_for(notebook, (1.5, -0.2))


def test_without_its_kernel_the_figure_goes_on(notebook):
    run(notebook, 4)
    notebook.locator(".jp-Dialog").get_by_text("appears to have died").wait_for(timeout=60_000)
    notebook.locator(".jp-Dialog button").first.click()
    notebook.locator(".mml-pad").focus()
    notebook.keyboard.press("Home")
    assert wait_for(notebook, (0.0, 0.0))
    notebook.keyboard.press("ArrowLeft")
    assert wait_for(notebook, (-0.1, 0.0))
