"""Memory grid and completion in a real JupyterLab: page and Python go through the same states."""

from __future__ import annotations

import ast
import re

import pytest

MAKE = """\
import torch
from IPython.display import display
from mmlearn_helpers.boltzmann.hopfield import hebbian
from mmlearn_helpers.boltzmann.restricted import RBM
from mmlearn_helpers.live import Completion, MemoryGrid

_ = torch.manual_seed(0)
memories = torch.randn(4, 36).sign()
grid = MemoryGrid(hebbian(memories), (6, 6), memories, spoiled=0.3)
pictures = torch.randint(2, (3, 36)).float()
digits = Completion(RBM(36, 20), (6, 6), pictures)
display({figure})"""
STATE = """\
print(("grid", grid.s, grid.random, grid.energies))
print(("digits", digits.v, digits.h, digits.steps, digits.random))"""
CELLS = [MAKE.format(figure="grid"), "display(digits)", STATE, "grid.spoil()\ndigits.step(10)"]
SPOIL = """\
grid.spoil()
grid.recall()
grid.step()
grid.all_at_once()
digits.step(101)
digits.start(1)
digits.step()
"""


@pytest.fixture(scope="module")
def notebook(open_notebook):
    """The opened notebook, both figures shown."""
    with open_notebook(CELLS) as tab:
        run(tab, 1)
        tab.locator(".mml-four").wait_for()
        yield tab


def run(tab, number):
    tab.cell(number).locator(".cm-content").click()
    tab.keyboard.press("Control+Enter")


def states(tab, steps):
    """What Python in the notebook says once the completion has made so many steps."""
    for _ in range(20):
        run(tab, 2)
        tab.wait_for_timeout(300)
        lines = tab.cell(2).locator(".jp-OutputArea-output").all_inner_texts()
        lines = [*map(ast.literal_eval, "\n".join(lines).strip().splitlines())]
        if len(lines) == 2 and lines[1][3] == steps:
            return lines
    raise AssertionError(lines)


def alone(source, capsys):
    """What Python says without any page."""
    own = {}
    exec(MAKE.format(figure="0"), own)
    exec(source, own)
    capsys.readouterr()
    exec(STATE, own)
    return [*map(ast.literal_eval, capsys.readouterr().out.strip().splitlines())]


def press(tab, name):
    tab.get_by_role("button", name=name, exact=True).click()


def test_presses_reach_python_state_for_state(notebook, capsys):
    for name in ("Spoil", "Recall"):
        press(notebook, name)
    notebook.locator(".mml-result", has_text=re.compile("^At rest")).wait_for()
    for name in ("One unit", "All at once", "100 steps", "Step", "Picture 2", "Step"):
        press(notebook, name)
    assert states(notebook, 1) == alone(SPOIL, capsys)


def test_what_python_does_is_shown(notebook, capsys):
    run(notebook, 3)
    notebook.get_by_text("Steps: 11").wait_for()
    ours = alone(SPOIL + CELLS[3], capsys)
    assert states(notebook, 11) == ours
    seen = notebook.locator(".mml-cells canvas").first.evaluate("""(canvas) => {
        const data = canvas.getContext("2d").getImageData(0, 0, 6, 6).data;
        return Array.from(data).filter((_, i) => i % 4 === 0);
    }""")
    assert seen == [0 if s > 0 else 255 for s in ours[0][1]]


def test_arrow_keys_move_the_cursor_and_not_the_cells(notebook):
    active = "Array.from(document.querySelectorAll('.jp-Cell'), (e) => e.matches('.jp-mod-active'))"
    notebook.locator(".mml-cells").first.focus()
    before = notebook.evaluate(active)
    notebook.keyboard.press("ArrowDown")
    notebook.keyboard.press("ArrowRight")
    heard = notebook.locator(".mml-panel [aria-live]").first
    assert heard.inner_text().startswith("row 2, column 2")
    assert notebook.evaluate(active) == before
