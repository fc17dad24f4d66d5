"""The memory grid in a real browser: state for state what Python does, by every kind of input."""

import random
import re

import pytest
import torch

from mmlearn_helpers.boltzmann.hopfield import hebbian, pseudo_inverse
from mmlearn_helpers.live import MemoryGrid

NAMES = ("s", "order", "random", "energies", "spoiled")
PRESS = """async (actions) => {
    const buttons = Array.from(document.querySelectorAll(".mml-live button"));
    const named = (name) =>
        buttons.find((button) => [button.textContent, button.ariaLabel].includes(name));
    const slider = document.querySelector("input");
    const states = [];
    for (const action of actions) {
        if (typeof action === "number") {
            slider.value = action;
            slider.dispatchEvent(new Event("input"));
        } else {
            named(action).click();
        }
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        const { s, order, random, energies, spoiled } = window.state;
        const verdict = document.querySelector(".mml-result").textContent;
        states.push({ s, order, random, energies, spoiled, verdict });
    }
    return states;
}"""


def patterns(n=4, size=64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return 2.0 * torch.randint(2, (n, size), generator=generator) - 1


def grid(store=pseudo_inverse, shape=(8, 8), n=4, **options):
    memories = patterns(n, shape[0] * shape[1])
    return MemoryGrid(store(memories), shape, memories, **options)


def whole(memories):
    return hebbian(memories)


def clipped(memories):
    """Weights of -1, 0 and 1, with which a field is often exactly 0."""
    return hebbian(memories).sign()


def do(figure, action):
    """Do in Python what the reader does."""
    if isinstance(action, float):
        figure.spoiled = action
    elif action.startswith("Memory"):
        figure.begin(figure._memories[int(action[7:]) - 1])
    else:
        methods = {"One unit": "step", "All at once": "all_at_once"}
        getattr(figure, methods.get(action, action.lower()))()


def snapshot(figure):
    return {name: getattr(figure, name) for name in NAMES} | {"verdict": figure.verdict}


def settled(tab):
    tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def state(tab):
    return tab.evaluate(f"Object.fromEntries({list(NAMES)}.map((name) => [name, state[name]]))")


def centre(tab, row, column, side=8):
    box = tab.locator(".mml-cells canvas").bounding_box()
    share = box["width"] / side
    return box["x"] + share * (column + 0.5), box["y"] + share * (row + 0.5)


def pixels(tab):
    return tab.evaluate("""() => {
        const canvas = document.querySelector(".mml-cells canvas");
        const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        return Array.from(data).filter((_, i) => i % 4 === 0);
    }""")


@pytest.mark.parametrize("seed", [0, 1, 2, 2**32 - 1])
@pytest.mark.parametrize(("store", "n"), [(clipped, 10), (hebbian, 9), (pseudo_inverse, 20)])
def test_hundreds_of_presses_give_the_states_of_python(show_state, store, n, seed):
    figure = grid(store, n=n, seed=seed)
    draw = random.Random(seed)
    kinds = ["Spoil", "Recall", "One unit", "One unit", "All at once", "Memory", 0.0]
    actions = draw.choices(kinds, k=200)
    actions = [f"Memory {draw.randint(1, n)}" if a == "Memory" else a for a in actions]
    actions = [draw.randint(1, 20) / 20 if a == 0.0 else a for a in actions]
    tab = show_state(figure, reduced_motion="reduce")
    theirs = tab.evaluate(PRESS, actions)
    ties = 0
    for number, (action, seen) in enumerate(zip(actions, theirs, strict=True)):
        ties += ((figure._weights @ figure._state) == 0).sum()
        do(figure, action)
        assert seen == snapshot(figure), (number, action)
    assert tab.said == [] and (ties > 50) == (store is clipped)


@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (12, 9), (25, 28)])
def test_every_shape_gives_the_states_of_python(show_state, shape):
    figure = grid(shape=shape, n=2, seed=3, spoiled=0.4)
    tab = show_state(figure, reduced_motion="reduce")
    actions = ["Spoil", "One unit", "Recall", "Spoil", "All at once", "All at once", "Recall"]
    for action, seen in zip(actions, tab.evaluate(PRESS, actions), strict=True):
        do(figure, action)
        assert seen == snapshot(figure), action


def test_an_animated_recall_ends_like_that_of_python(show_state):
    figure = grid(n=12, seed=5, spoiled=0.3)
    tab = show_state(figure)
    for action in ("Spoil", "Recall"):
        tab.get_by_role("button", name=action).click()
        do(figure, action)
    lengths = tab.evaluate("""async () => {
        const lengths = [];
        while (document.querySelector(".mml-result").textContent.startsWith("Not")) {
            lengths.push(state.energies.length);
            await new Promise(requestAnimationFrame);
        }
        return lengths;
    }""")
    assert len(set(lengths)) > 3, "nothing was to be seen on the way"
    assert state(tab) == {name: getattr(figure, name) for name in NAMES}
    assert tab.locator(".mml-result").inner_text() == figure.verdict


def test_whatever_the_reader_does_ends_a_recall(show_state):
    figure = grid(n=12, seed=5, spoiled=0.3)
    tab = show_state(figure)
    for action in ("Spoil", "Recall", "Memory 2"):
        tab.get_by_role("button", name=action, exact=True).evaluate("(button) => button.click()")
    tab.wait_for_timeout(200)
    assert state(tab)["s"] == figure._memories[1].int().tolist()
    assert len(state(tab)["energies"]) == 1


def test_the_picture_and_the_energy_are_those_of_the_state(show_state):
    figure = grid(whole)
    tab = show_state(figure)
    for action in ("Spoil", "One unit"):
        tab.get_by_role("button", name=action).click()
        do(figure, action)
    settled(tab)
    assert pixels(tab) == [0 if s > 0 else 255 for s in figure.s]
    energy = f"{figure.energies[-1]:.2f}".replace("-", "−")
    assert tab.locator(".mml-panel .mml-number").inner_text() == energy
    label = tab.locator(".mml-curve").get_attribute("aria-label")
    assert label.startswith("Energy over 1 updates: ") and label.endswith(f"now {energy}")
    points = tab.locator("polyline").get_attribute("points").split()
    assert len(points) == 2


def test_the_mouse_paints_without_gaps(show_state):
    tab = show_state(grid())
    before = state(tab)["s"]
    tab.mouse.move(*centre(tab, 0, 0))
    tab.mouse.down()
    tab.mouse.move(*centre(tab, 7, 7))
    tab.mouse.up()
    tab.mouse.move(*centre(tab, 0, 7))
    after = state(tab)["s"]
    for i in range(64):
        assert after[i] == (-before[0] if i % 9 == 0 else before[i]), i


def test_the_mouse_may_leave_the_grid(show_state):
    tab = show_state(grid())
    before = state(tab)["s"]
    x, y = centre(tab, 3, 7)
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + 300, y + 10)
    tab.mouse.up()
    assert state(tab)["s"] == [-s if i == 31 else s for i, s in enumerate(before)]


def test_a_finger_paints_and_does_not_scroll(show_state):
    tab = show_state(grid(), has_touch=True)
    before = state(tab)["s"]
    tab.touchscreen.tap(*centre(tab, 2, 5))
    assert state(tab)["s"] == [-s if i == 21 else s for i, s in enumerate(before)]
    touch = "(e) => getComputedStyle(document.querySelector(e)).touchAction"
    assert tab.evaluate(touch, ".mml-cells") == "none"
    assert tab.evaluate(touch, ".mml-live") == "auto"


def test_the_keyboard_alone_does_everything(show_state):
    figure = grid(whole)
    tab = show_state(figure, reduced_motion="reduce", viewport={"width": 800, "height": 200})
    tab.keyboard.press("Tab")
    scrolled = tab.evaluate("scrollY")
    for key in ("ArrowUp", "ArrowDown", "ArrowDown", "ArrowRight", "ArrowLeft", "ArrowRight"):
        tab.keyboard.press(key)
    assert tab.locator(".mml-cursor").is_visible()
    tab.keyboard.press("Space")
    s = list(figure.s)
    s[17] *= -1
    figure.begin(s)
    assert state(tab)["s"] == figure.s and tab.evaluate("scrollY") == scrolled
    tab.keyboard.press("Home")
    tab.keyboard.press("Space")
    figure.begin([-figure.s[0], *figure.s[1:]])
    for action in ("Memory 1", "Memory 2", "Memory 3", "Memory 4"):
        tab.keyboard.press("Tab")
        do(figure, action)
        tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    tab.keyboard.press("ArrowRight")
    do(figure, 0.25)
    for action in ("Spoil", "One unit", "Recall", "All at once"):
        tab.keyboard.press("Tab")
        tab.keyboard.press("Space")
        do(figure, action)
    assert state(tab) == {name: getattr(figure, name) for name in NAMES}


def test_a_screen_reader_hears_names_and_results(show_state):
    tab = show_state(grid(label="Four letters."))
    tree = tab.locator("main").aria_snapshot()
    for words in (
        'group "Four letters."',
        "State of the network",
        'img "Energy over 0 updates',
        'button "Memory 4"',
        'slider "Share to flip"',
        'button "Spoil"',
    ):
        assert words in tree, tree
    assert tab.locator("input").get_attribute("aria-valuetext") == "20 %"
    tab.locator(".mml-cells").focus()
    tab.keyboard.press("ArrowDown")
    colour = "black" if state(tab)["s"][8] > 0 else "white"
    heard = tab.locator(".mml-panel [aria-live]")
    assert heard.inner_text() == f"row 2, column 1: {colour}"
    assert tab.locator(".mml-result").get_attribute("aria-live") == "polite"
    described = tab.locator(".mml-cells").get_attribute("aria-describedby")
    assert "arrow keys" in tab.locator(f"#{described}").inner_text()


def test_a_result_is_said_once(show_state):
    tab = show_state(grid(n=1))
    changes = tab.evaluate("""async () => {
        let changes = 0;
        const watch = { childList: true, characterData: true, subtree: true };
        new MutationObserver(() => changes++).observe(document.querySelector(".mml-result"), watch);
        const buttons = Array.from(document.querySelectorAll("button"));
        const one = buttons.find((button) => button.textContent === "One unit");
        for (let i = 0; i < 20; i++) {
            one.click();
            await new Promise(requestAnimationFrame);
        }
        return changes;
    }""")
    assert changes == 0


def test_everything_is_large_enough_for_a_finger(show_state):
    tab = show_state(grid(), viewport={"width": 390, "height": 800})
    boxes = [button.bounding_box() for button in tab.locator("button").all()]
    assert len(boxes) == 8
    assert all(box["width"] >= 24 and box["height"] >= 24 for box in boxes)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_press_of_a_large_network_is_quick(show_state):
    figure = grid(shape=(25, 28), n=20, spoiled=0.4)
    tab = show_state(figure)
    tab.get_by_role("button", name="Spoil").click()
    times = tab.evaluate("""async () => {
        const times = [];
        const buttons = Array.from(document.querySelectorAll("button"));
        const one = buttons.find((button) => button.textContent === "One unit");
        for (let i = 0; i < 50; i++) {
            const start = performance.now();
            one.click();
            await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
            times.push(performance.now() - start);
        }
        return times.sort((a, b) => a - b);
    }""")
    print(f"an update of 700 units and its drawing take {times[25]:.0f} ms")
    assert times[25] < 60


def test_nothing_is_asked_for_and_nothing_said(show_state):
    tab = show_state(grid())
    tab.get_by_role("button", name="Recall").click()
    settled(tab)
    assert [url for url in tab.asked if not url.startswith(("file:", "blob:", "data:"))] == []
    assert tab.said == []


def test_without_scripts_there_is_a_still_picture(show):
    tab = show(grid(label="Four letters."), "img", java_script_enabled=False)
    assert tab.get_by_alt_text("Four letters.").is_visible()
    assert tab.locator(".mml-live").count() == 0


def test_what_goes_wrong_is_said(show):
    tab = show(grid(), "[role=alert]", ('"memories"', '"forgotten"'))
    assert re.match("This figure has stopped: ", tab.locator("main").inner_text())
