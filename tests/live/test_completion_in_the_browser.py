"""The completion in a real browser: state for state what Python does, by every kind of input."""

import random

import pytest
import torch

from mmlearn_helpers.boltzmann.restricted import RBM
from mmlearn_helpers.data import load
from mmlearn_helpers.live import Completion
from mmlearn_helpers.training import fit

NAMES = ("v", "h", "clamped", "picture", "steps", "random")
PRESS = """(actions) => {
    const buttons = Array.from(document.querySelectorAll(".mml-live button"));
    const cells = document.querySelector(".mml-cells");
    const press = (key) => cells.dispatchEvent(new KeyboardEvent("keydown", { key }));
    const states = [];
    for (const action of actions) {
        if (typeof action === "number") {
            press("Home");
            for (let i = 0; i < Math.floor(action / 8); i++) press("ArrowDown");
            for (let i = 0; i < action % 8; i++) press("ArrowRight");
            press(" ");
        } else {
            const called = (button) => [button.textContent, button.ariaLabel].includes(action);
            buttons.find(called).click();
        }
        states.push({ ...window.state, weights: undefined, pictures: undefined });
    }
    return states;
}"""


def machine(n_visible=64, n_hidden=40, seed=0):
    rbm = RBM(n_visible, n_hidden, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in rbm.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator) / 2)
    return rbm


@pytest.fixture(scope="module")
def digits():
    """A trained machine, and digits that it has not seen."""
    data = load("digits")
    torch.manual_seed(0)
    rbm = RBM(64, 64, n_chains=50)
    x = data.train["image"].flatten(1).bernoulli()
    fit(rbm, x, epochs=10, learning_rate=3e-3)
    return rbm, (data.test["image"].flatten(1)[:5] > 0.5).float()


def completion(shape=(8, 8), n_hidden=40, **options):
    n = shape[0] * shape[1]
    pictures = torch.randint(2, (4, n), generator=torch.Generator().manual_seed(1)).float()
    return Completion(machine(n, n_hidden), shape, pictures, **options)


def do(figure, action):
    """Do in Python what the reader does."""
    height, width = figure.shape
    cells = torch.arange(height * width)
    masks = {
        "Upper half": cells < height // 2 * width,
        "Left half": cells % width < width // 2,
        "Nothing": cells < 0,
    }
    if isinstance(action, int):
        clamped = torch.tensor(figure.clamped, dtype=torch.bool)
        figure.start(clamped=clamped ^ (cells == action))
    elif action in masks:
        figure.start(clamped=masks[action])
    elif action.startswith("Picture"):
        figure.start(int(action[8:]) - 1)
    elif action == "Start again":
        figure.start()
    else:
        figure.step(100 if action == "100 steps" else 1)


def same(figure, seen):
    """Whether all states are those of Python, and the means up to rounding."""
    ours, theirs = torch.tensor([figure.mean, seen["mean"]], dtype=torch.float64)
    exact = all(getattr(figure, name) == seen[name] for name in NAMES)
    return exact and (ours - theirs).abs().max() < 1e-12


def settled(tab):
    tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def state(tab):
    return tab.evaluate("({ ...window.state, weights: undefined, pictures: undefined })")


def canvas(tab, name):
    script = """(canvas) => {
        const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        return Array.from(data).filter((_, i) => i % 4 === 0);
    }"""
    return tab.get_by_role("img", name=name).evaluate(script)


@pytest.mark.parametrize("seed", [0, 1, 2, 12345, 2**32 - 1])
def test_hundreds_of_presses_give_the_states_of_python(show_state, seed):
    figure = completion(seed=seed)
    draw = random.Random(seed)
    kinds = ["Step"] * 12 + ["100 steps", "Start again", "Upper half", "Left half", "Nothing"]
    kinds += ["Picture 1", "Picture 2", "Picture 4", -1]
    actions = [draw.randrange(64) if a == -1 else a for a in draw.choices(kinds, k=300)]
    tab = show_state(figure)
    for number, (action, seen) in enumerate(
        zip(actions, tab.evaluate(PRESS, actions), strict=True)
    ):
        do(figure, action)
        assert same(figure, seen), (number, action)
    assert tab.said == []


@pytest.mark.parametrize("seed", [0, 7])
def test_a_trained_machine_gives_the_states_of_python(show_state, digits, seed):
    figure = Completion(digits[0], (8, 8), digits[1], seed=seed)
    tab = show_state(figure)
    actions = 10 * ["100 steps", "Step", "Step", "Picture 3", "Step", "Left half", "100 steps"]
    for action, seen in zip(actions, tab.evaluate(PRESS, actions), strict=True):
        do(figure, action)
        assert same(figure, seen), action


@pytest.mark.parametrize(("shape", "n_hidden"), [((1, 5), 1), ((5, 1), 7), ((28, 28), 300)])
def test_every_shape_gives_the_states_of_python(show_state, shape, n_hidden):
    figure = completion(shape, n_hidden, seed=3)
    tab = show_state(figure)
    actions = ["Step", "100 steps", "Left half", "100 steps", "Nothing", "Step", "Picture 2"]
    for action, seen in zip(actions, tab.evaluate(PRESS, actions), strict=True):
        do(figure, action)
        assert same(figure, seen), action


def test_running_makes_the_steps_of_python_until_it_is_stopped(show_state):
    figure = completion(seed=5)
    tab = show_state(figure)
    tab.get_by_role("button", name="Run").click()
    tab.wait_for_function("window.state.steps >= 5")
    tab.get_by_role("button", name="Stop").click()
    steps = state(tab)["steps"]
    tab.wait_for_timeout(300)
    assert state(tab)["steps"] == steps
    assert tab.get_by_role("button", name="Run").is_visible()
    figure.step(steps)
    assert same(figure, state(tab))


def test_a_run_goes_on_with_another_picture(show_state):
    tab = show_state(completion())
    for name in ("Run", "Picture 2"):
        tab.get_by_role("button", name=name).click()
    tab.wait_for_function("window.state.picture === 1 && window.state.steps > 1")


def test_a_run_is_slow_for_readers_who_want_little_motion(show_state):
    tab = show_state(completion(), reduced_motion="reduce")
    tab.get_by_role("button", name="Run").click()
    tab.wait_for_timeout(700)
    assert state(tab)["steps"] == 1
    tab.wait_for_function("window.state.steps === 2")


def test_the_papers_show_the_state(show_state):
    figure = completion()
    tab = show_state(figure)
    tab.get_by_role("button", name="100 steps").click()
    do(figure, "100 steps")
    settled(tab)
    assert canvas(tab, "State of the visible units") == [255 * (1 - v) for v in figure.v]
    grey = torch.tensor(canvas(tab, "Mean of the visible"))
    assert (grey - 255 * (1 - torch.tensor(figure.mean))).abs().max() <= 1
    hidden = canvas(tab, "States of the hidden units")
    assert hidden[:40] == [255 * (1 - h) for h in figure.h]
    assert tab.locator(".mml-result").inner_text() == "Steps: 100"
    red = tab.locator(".mml-cells canvas").evaluate(
        "(e) => [0, 7].map((row) => e.getContext('2d').getImageData(0, row, 1, 1).data[2])"
    )
    assert red[0] == (0 if figure.v[0] else 255) and 0 < red[1] < 255


def test_pixels_are_clamped_and_freed_by_drawing(show_state):
    figure = completion()
    tab = show_state(figure)
    box = tab.locator(".mml-cells canvas").bounding_box()
    side = box["width"] / 8

    def drag(start, end):
        for place, act in ((start, tab.mouse.down), (end, tab.mouse.up)):
            tab.mouse.move(box["x"] + side * (place[1] + 0.5), box["y"] + side * (place[0] + 0.5))
            act()

    drag((7, 0), (7, 7))
    clamped = state(tab)["clamped"]
    assert clamped == [1] * 32 + [0] * 24 + [1] * 8
    assert state(tab)["v"][56:] == figure._pictures[0][56:].tolist() and state(tab)["steps"] == 0
    drag((0, 0), (3, 0))
    clamped = state(tab)["clamped"]
    assert [i for i in range(32) if not clamped[i]] == [0, 8, 16, 24]


def test_the_keyboard_alone_does_everything(show_state):
    figure = completion()
    tab = show_state(figure)
    tab.keyboard.press("Tab")
    for key in ("ArrowRight", "ArrowDown", "Space"):
        tab.keyboard.press(key)
    do(figure, 9)
    actions = [f"Picture {p}" for p in range(1, 5)]
    for action in (*actions, "Upper half", "Left half", "Nothing", "Step", "100 steps"):
        tab.keyboard.press("Tab")
        tab.keyboard.press("Enter")
        do(figure, action)
    assert same(figure, state(tab))
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.wait_for_function("window.state.steps > 102")
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    assert state(tab)["steps"] == 0


def test_a_screen_reader_hears_names_and_results(show_state):
    figure = completion(label="Digits that are completed.")
    tab = show_state(figure)
    tree = tab.locator("main").aria_snapshot()
    for words in (
        'group "Digits that are completed."',
        "Picture, of which pixels are clamped",
        'img "State of the visible units"',
        "Mean of the visible units",
        'img "States of the hidden units"',
        'button "Picture 1" [pressed]',
        'button "Start again"',
    ):
        assert words in tree, tree
    tab.locator(".mml-cells").focus()
    tab.keyboard.press("ArrowRight")
    colour = "black" if figure._pictures[0, 1] else "white"
    heard = tab.locator(".mml-panel [aria-live]")
    assert heard.inner_text() == f"row 1, column 2: {colour}, clamped"
    tab.keyboard.press("Space")
    assert heard.inner_text() == f"row 1, column 2: {colour}, free"
    tab.get_by_role("button", name="100 steps").click()
    said = ".mml-controls [aria-live]"
    tab.wait_for_function(f"document.querySelector('{said}').textContent === 'Steps: 100'")


def test_everything_is_large_enough_for_a_finger(show_state):
    tab = show_state(completion(), viewport={"width": 390, "height": 800})
    boxes = [button.bounding_box() for button in tab.locator("button").all()]
    assert len(boxes) == 11
    assert all(box["width"] >= 24 and box["height"] >= 24 for box in boxes)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_step_of_a_large_machine_is_quick(show_state):
    tab = show_state(completion((28, 28), 500))
    times = tab.evaluate("""async () => {
        const times = [];
        const buttons = Array.from(document.querySelectorAll("button"));
        const step = buttons.find((button) => button.textContent === "Step");
        for (let i = 0; i < 50; i++) {
            const start = performance.now();
            step.click();
            await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
            times.push(performance.now() - start);
        }
        return times.sort((a, b) => a - b);
    }""")
    print(f"a step of 784 and 500 units and its drawing take {times[25]:.0f} ms")
    assert times[25] < 60


def test_nothing_is_asked_for_and_nothing_said(show_state):
    tab = show_state(completion())
    tab.get_by_role("button", name="Run").click()
    tab.wait_for_function("window.state.steps > 1")
    assert [url for url in tab.asked if not url.startswith(("file:", "blob:", "data:"))] == []
    assert tab.said == []


def test_without_scripts_there_is_a_still_picture(show):
    tab = show(completion(label="Digits."), "img", java_script_enabled=False)
    assert tab.get_by_alt_text("Digits.").is_visible()
    assert tab.locator(".mml-live").count() == 0
