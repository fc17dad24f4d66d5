"""The moving kernel in a real browser: what Python computes, by every kind of input."""

import random
import re

import pytest
import torch

from mmlearn_helpers.live import Convolution

NAMES = ("picture", "kind", "size", "stride", "padding", "place")
DO = """async (actions) => {
    const buttons = Array.from(document.querySelectorAll(".mml-live button"));
    const sliders = Array.from(document.querySelectorAll("input"));
    const states = [];
    for (const action of actions) {
        if (typeof action === "string") {
            const called = (button) => [button.textContent, button.ariaLabel].includes(action);
            buttons.find(called).click();
        } else {
            sliders[action[0]].value = action[1];
            sliders[action[0]].dispatchEvent(new Event("input"));
        }
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        const { picture, kind, size, stride, padding, place } = window.state;
        const words = document.querySelector(".mml-controls [aria-live]").textContent;
        states.push({ picture, kind, size, stride, padding, place, words });
    }
    return states;
}"""


def convolution(n=2, height=9, width=7, **options):
    generator = torch.Generator().manual_seed(0)
    return Convolution(torch.rand(n, height, width, generator=generator), **options)


def do(figure, action):
    """Do in Python what the reader does."""
    if isinstance(action, list):
        name = ("size", "stride", "padding")[action[0]]
        value = min(action[1], figure.size - 1) if name == "padding" else action[1]
        figure.choose(**{name: value})
    elif action == "Step":
        figure.step()
    elif action.startswith("Picture"):
        figure.choose(picture=int(action[8:]) - 1)
    else:
        figure.choose(kind=action)


def snapshot(figure):
    return {name: getattr(figure, name) for name in NAMES} | {"words": figure.sentence}


def settled(tab):
    tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def pixels(tab, name):
    grey = tab.locator(f"canvas[aria-label^='{name}']").evaluate("""(canvas) => {
        const { width, height } = canvas;
        const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
        return [height, width, Array.from(data).filter((_, i) => i % 4 === 0)];
    }""")
    return torch.tensor(grey[2]).reshape(grey[:2]).double()


@pytest.mark.parametrize("seed", [0, 1])
def test_a_hundred_choices_give_the_states_of_python(show_state, seed):
    figure = convolution()
    draw = random.Random(seed)
    makers = [
        lambda: "Step",
        lambda: draw.choice(["mean", "edge", "Picture 1", "Picture 2"]),
        lambda: [0, draw.randint(2, 5)],
        lambda: [1, draw.randint(1, 4)],
        lambda: [2, draw.randint(0, 4)],
    ]
    actions = [draw.choice(makers)() for _ in range(100)]
    tab = show_state(figure)
    for number, (action, seen) in enumerate(zip(actions, tab.evaluate(DO, actions), strict=True)):
        do(figure, action)
        assert seen == snapshot(figure), (number, action)
    assert tab.said == []


@pytest.mark.parametrize("kind", ["mean", "edge"])
@pytest.mark.parametrize(("size", "stride", "padding"), [(3, 2, 0), (5, 3, 4), (2, 1, 1)])
def test_the_papers_show_what_torch_computes(show_state, kind, size, stride, padding):
    figure = convolution(kind=kind, size=size, stride=stride, padding=padding)
    tab = show_state(figure)
    for _ in range(5):
        do(figure, "Step")
        tab.get_by_role("button", name="Step", exact=True).click()
    settled(tab)
    middle = 0.5 if kind == "edge" else 0
    for name, numbers in {"Convolution": figure.convolved, "Spread": figure.spread}.items():
        expected = 255 * (1 - (numbers + middle).clamp(0, 1))
        assert pixels(tab, name).shape == expected.shape
        assert (pixels(tab, name) - expected).abs().max() <= 1, name
    picture = pixels(tab, "Picture x")
    inside = picture[padding : padding + 9, padding : padding + 7]
    assert (inside - 255 * (1 - figure._pictures[0])).abs().max() <= 1
    row, column = divmod(figure.place, figure.convolved.shape[1])
    number = f"{figure.convolved[row, column]:.2f}".replace("-", "−").replace("−0.00", "0.00")
    words = tab.locator(".mml-result").inner_text().replace("−0.00", "0.00")
    assert words == f"Row {row + 1}, column {column + 1}: {number}"


def test_the_frame_is_where_the_kernel_is(show_state):
    figure = convolution(size=3, stride=2, padding=1)
    tab = show_state(figure)
    for _ in range(6):
        tab.get_by_role("button", name="Step", exact=True).click()
    settled(tab)
    frames = tab.locator(".mml-frame").evaluate_all("""(frames) =>
        frames.map(({ style }) => ["top", "left", "height", "width"].map((side) =>
            parseFloat(style[side])))""")
    assert state(tab)["place"] == 6  # row 1, column 2 of 5 by 4
    assert frames[0] == pytest.approx([100 * 2 / 11, 100 * 4 / 9, 300 / 11, 300 / 9], abs=0.01)
    assert frames[1] == pytest.approx([100 / 5, 100 * 2 / 4, 100 / 5, 100 / 4], abs=0.01)
    assert frames[2] == pytest.approx([100 / 9, 100 * 3 / 7, 300 / 9, 300 / 7], abs=0.01)


def state(tab):
    return tab.evaluate(f"Object.fromEntries({list(NAMES)}.map((name) => [name, state[name]]))")


def test_a_run_goes_to_the_end_and_stops(show_state):
    figure = convolution(size=5, stride=4)
    tab = show_state(figure)
    tab.get_by_role("button", name="Run").click()
    tab.wait_for_function("window.state.place > 0")
    tab.get_by_role("button", name="Run").wait_for()
    assert state(tab)["place"] == 0
    tab.get_by_role("button", name="Run").click()
    tab.get_by_role("button", name="edge").click()
    tab.wait_for_timeout(500)
    assert state(tab)["place"] == 0 and state(tab)["kind"] == "edge"


def test_the_keyboard_alone_does_everything(show_state):
    figure = convolution()
    tab = show_state(figure)
    for action in ("Picture 1", "Picture 2", "mean", "edge"):
        tab.keyboard.press("Tab")
        tab.keyboard.press("Enter")
        do(figure, action)
    for action in ([0, 4], [1, 3], [2, 1]):
        tab.keyboard.press("Tab")
        tab.keyboard.press("ArrowRight")
        do(figure, action)
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    do(figure, "Step")
    assert state(tab) == {name: getattr(figure, name) for name in NAMES}


def test_a_screen_reader_hears_names_and_sizes(show_state):
    tab = show_state(convolution(label="A kernel that moves."))
    tree = tab.locator("main").aria_snapshot()
    for words in (
        'group "A kernel that moves."',
        'img "Picture x, 9 × 7, padded with 0"',
        'img "Kernel: mean, 3 × 3"',
        'img "Convolution, 4 × 3"',
        'img "Spread back, 9 × 7"',
        'slider "Size"',
        'button "Picture 2"',
        'button "Run"',
    ):
        assert words in tree, tree


def test_it_fits_a_phone(show_state):
    tab = show_state(convolution(), viewport={"width": 390, "height": 800})
    boxes = [button.bounding_box() for button in tab.locator("button").all()]
    assert all(box["width"] >= 24 and box["height"] >= 24 for box in boxes)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_nothing_is_asked_for_and_without_scripts_there_is_a_still_picture(show_state, show):
    tab = show_state(convolution())
    tab.get_by_role("button", name="Step", exact=True).click()
    settled(tab)
    assert [url for url in tab.asked if not url.startswith(("file:", "blob:", "data:"))] == []
    still = show(convolution(label="A kernel."), "img", java_script_enabled=False)
    assert still.get_by_alt_text("A kernel.").is_visible()


def test_what_goes_wrong_is_said(show):
    tab = show(convolution(), "[role=alert]", ('"pictures"', '"forgotten"'))
    assert re.match("This figure has stopped: ", tab.locator("main").inner_text())
