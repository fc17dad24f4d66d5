"""The denoising figure in a real browser: what Python computes, by every kind of input."""

import random

import pytest
import torch
from torch import nn

from mmlearn_helpers.autoencoders.deep import DeepAutoencoder
from mmlearn_helpers.live import Denoising

NAMES = ("picture", "steps", "kind", "amount", "random")
PRESS = """async (actions) => {
    const buttons = Array.from(document.querySelectorAll(".mml-live button"));
    const slider = document.querySelector("input");
    const cells = document.querySelector(".mml-cells");
    const press = (key) => cells.dispatchEvent(new KeyboardEvent("keydown", { key }));
    const states = [];
    for (const action of actions) {
        if (typeof action === "string") {
            const called = (button) => [button.textContent, button.ariaLabel].includes(action);
            buttons.find(called).click();
        } else if (Number.isInteger(action)) {
            press("Home");
            for (let i = 0; i < Math.floor(action / 8); i++) press("ArrowDown");
            for (let i = 0; i < action % 8; i++) press("ArrowRight");
            press(" ");
        } else {
            slider.value = action;
            slider.dispatchEvent(new Event("input"));
        }
        const { x, picture, steps, kind, amount, random } = window.state;
        states.push({ x: [...x], picture, steps, kind, amount, random });
    }
    return states;
}"""


def denoising(shape=(8, 8), hidden=20, seed=0, activation=nn.ReLU, error="squared", **options):
    n = shape[0] * shape[1]
    torch.manual_seed(seed)
    model = DeepAutoencoder([n, hidden, 9], activation=activation, error=error)
    pictures = torch.rand(4, n, generator=torch.Generator().manual_seed(1))
    return Denoising(model, shape, pictures, seed=seed, **options)


def do(figure, action):
    """Do in Python what the reader does."""
    if isinstance(action, float):
        figure.amount = action
    elif isinstance(action, int):
        x = list(figure.x)
        x[action] = 0.0 if x[action] > 0.5 else 1.0
        figure.begin(x)
    elif action.startswith("Picture"):
        figure.choose(int(action[8:]) - 1)
    elif action in ("normal", "masking", "salt and pepper"):
        figure.kind = action
    elif action == "Clear":
        figure.begin(len(figure.x) * [0.0])
    else:
        getattr(figure, action.lower())()


def same(figure, seen):
    """Whether the states are those of Python, and pixels to rounding errors."""
    ours, theirs = torch.tensor([figure.x, seen["x"]], dtype=torch.float64)
    exact = all(getattr(figure, name) == seen[name] for name in NAMES)
    return exact and (ours - theirs).abs().max() < 1e-6


def state(tab):
    return tab.evaluate("({ ...window.state, weights: undefined, pictures: undefined })")


def settled(tab):
    tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def grey(tab, name):
    script = """(canvas) => {
        const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        return Array.from(data).filter((_, i) => i % 4 === 0);
    }"""
    return torch.tensor(tab.locator(name).evaluate(script)).double()


@pytest.mark.parametrize("seed", [0, 1, 12345])
def test_hundreds_of_presses_give_the_states_of_python(show_state, seed):
    figure = denoising(seed=seed)
    draw = random.Random(seed)
    kinds = ["Step", "Step", "Spoil", "normal", "masking", "salt and pepper", "Picture 1"]
    kinds += ["Picture 4", "Clear", 0.0, -1, -1]
    actions = draw.choices(kinds, k=200)
    actions = [draw.randrange(64) if a == -1 else a for a in actions]
    actions = [draw.randint(1, 19) / 20 if isinstance(a, float) else a for a in actions]
    tab = show_state(figure)
    for number, (action, seen) in enumerate(
        zip(actions, tab.evaluate(PRESS, actions), strict=True)
    ):
        do(figure, action)
        assert same(figure, seen), (number, action)
    assert tab.said == []


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh, nn.GELU, nn.Sigmoid])
@pytest.mark.parametrize("error", ["squared", "cross-entropy"])
def test_every_network_gives_the_pictures_of_torch(show_state, activation, error):
    figure = denoising((5, 8), activation=activation, error=error)
    tab = show_state(figure)
    actions = ["Spoil", "Step", "Step", "Spoil", "Step"]
    for action, seen in zip(actions, tab.evaluate(PRESS, actions), strict=True):
        do(figure, action)
        assert same(figure, seen), action


def test_the_papers_show_the_state(show_state):
    figure = denoising()
    tab = show_state(figure)
    for action in ("Spoil", "Step"):
        tab.get_by_role("button", name=action, exact=True).click()
        do(figure, action)
    settled(tab)
    papers = {
        ".mml-cells canvas": torch.tensor(figure.x, dtype=torch.float64),
        "canvas[aria-label^=Reconstruction]": figure.reconstruction,
        "canvas[aria-label^=Clean]": figure._pictures[0],
    }
    for name, picture in papers.items():
        expected = 255 * (1 - picture.double().clamp(0, 1))
        assert (grey(tab, name) - expected).abs().max() <= 1, name
    clean = figure._pictures[0]
    far, farther = (
        (picture.double() - clean).square().sum()
        for picture in (torch.tensor(figure.x, dtype=torch.float64), figure.reconstruction)
    )
    words = f"Steps: 1. Squared distance to the clean picture: x {far:.2f}, r(x) {farther:.2f}."
    assert tab.locator(".mml-result").inner_text() == words


def test_going_on_makes_steps_until_something_else_is_done(show_state):
    figure = denoising()
    tab = show_state(figure)
    tab.get_by_role("button", name="Run").click()
    tab.wait_for_function("window.state.steps >= 3")
    tab.get_by_role("button", name="Clear").click()
    tab.wait_for_timeout(600)
    assert state(tab)["steps"] == 0 and not any(state(tab)["x"])


def test_going_on_ends_where_nothing_moves(show_state):
    figure = denoising()
    tab = show_state(figure)
    tab.get_by_role("button", name="Run").click()
    tab.wait_for_timeout(4000)
    steps = state(tab)["steps"]
    tab.wait_for_timeout(700)
    assert state(tab)["steps"] == steps
    figure.step(steps)
    assert same(figure, state(tab))


def test_the_mouse_paints_without_gaps(show_state):
    tab = show_state(denoising())
    tab.get_by_role("button", name="Clear").click()
    box = tab.locator(".mml-cells canvas").bounding_box()
    side = box["width"] / 8
    tab.mouse.move(box["x"] + side / 2, box["y"] + side / 2)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 7.5 * side, box["y"] + 7.5 * side)
    tab.mouse.up()
    assert state(tab)["x"] == [1 if i % 9 == 0 else 0 for i in range(64)]


def test_the_keyboard_alone_does_everything(show_state):
    figure = denoising()
    tab = show_state(figure)
    tab.keyboard.press("Tab")
    for key in ("ArrowRight", "ArrowDown", "Space"):
        tab.keyboard.press(key)
    do(figure, 9)
    for action in (*(f"Picture {p}" for p in range(1, 5)), "normal", "masking", "salt and pepper"):
        tab.keyboard.press("Tab")
        tab.keyboard.press("Enter")
        do(figure, action)
    tab.keyboard.press("Tab")
    tab.keyboard.press("ArrowRight")
    do(figure, 0.45)
    for action in ("Spoil", "Step"):
        tab.keyboard.press("Tab")
        tab.keyboard.press("Space")
        do(figure, action)
    assert same(figure, state(tab))


def test_a_screen_reader_hears_names_and_results(show_state):
    tab = show_state(denoising(label="Digits without noise."))
    tree = tab.locator("main").aria_snapshot()
    for words in (
        'group "Digits without noise."',
        'img "Clean picture"',
        "Picture to draw on",
        'img "Reconstruction of the picture"',
        'button "Picture 1" [pressed]',
        'button "normal" [pressed]',
        'slider "Amount"',
        'button "Run"',
    ):
        assert words in tree, tree
    tab.get_by_role("button", name="Clear").click()
    tab.locator(".mml-cells").focus()
    tab.keyboard.press("Space")
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowLeft")
    assert tab.locator(".mml-panel [aria-live]").inner_text() == "row 1, column 1: 100 % black"
    said = ".mml-controls [aria-live]"
    tab.wait_for_function(f"document.querySelector('{said}').textContent.startsWith('Steps: 0.')")


def test_everything_is_large_enough_for_a_finger(show_state):
    tab = show_state(denoising(), viewport={"width": 390, "height": 800})
    boxes = [button.bounding_box() for button in tab.locator("button").all()]
    assert len(boxes) == 11
    assert all(box["width"] >= 24 and box["height"] >= 24 for box in boxes)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_nothing_is_asked_for_and_nothing_said(show_state):
    tab = show_state(denoising())
    tab.get_by_role("button", name="Run").click()
    tab.wait_for_function("window.state.steps > 1")
    assert [url for url in tab.asked if not url.startswith(("file:", "blob:", "data:"))] == []
    assert tab.said == []


def test_without_scripts_there_is_a_still_picture(show):
    tab = show(denoising(label="Digits."), "img", java_script_enabled=False)
    assert tab.get_by_alt_text("Digits.").is_visible()
    assert tab.locator(".mml-live").count() == 0
