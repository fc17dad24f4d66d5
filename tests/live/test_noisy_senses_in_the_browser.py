"""The noisy senses in a real browser: the same noise and the same answers as in Python."""

import random

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mmlearn_helpers.data import load
from mmlearn_helpers.live import NoisySenses
from mmlearn_helpers.multimodal.fusion import FusionClassifier
from mmlearn_helpers.multimodal.merges import Gate
from mmlearn_helpers.training import fit

NAMES = ["red", "green", "blue", "yellow"]
COMPUTE = """async (states) => {
    const { module } = JSON.parse(document.querySelector("[type='application/json']").textContent);
    const address = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
    const { halfFloats, makeFusion, makeRows, oneHot, spoil } = await import(address);
    const { image, text, parts, weights, vocabulary } = window.state;
    const pictures = makeRows(halfFloats(image), window.state.shape.reduce((a, b) => a * b));
    const answer = makeFusion(parts, halfFloats(weights));
    return states.map(([example, levels, random]) => {
        const n = vocabulary.length;
        const seen = spoil(pictures[example], text[example], levels, n, random);
        return { ...seen, ...answer({ image: seen.image, text: oneHot(seen.text, n) }) };
    });
}"""
PIXELS = """(canvas) => {
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return Array.from(data);
}"""


def model(*middle, order=("image", "text"), n_pixels=3072, n_words=16, width=32, seed=0):
    torch.manual_seed(seed)
    sizes = {"image": n_pixels, "text": 10 * n_words}

    def encoder(n):
        return nn.Sequential(nn.Flatten(), nn.Linear(n, 64), *middle, nn.Linear(64, width))

    encoders = {sense: encoder(sizes[sense]) for sense in order}
    head = nn.Sequential(nn.Linear(width, 16), nn.Tanh(), nn.Linear(16, len(NAMES)))
    network = FusionClassifier(encoders, Gate(2, width), head)
    with torch.no_grad():  # louder, so that shares and answers differ
        for weights in (network.merge.score.weight, head[0].weight, head[2].weight):
            weights.mul_(5)
    return network


@pytest.fixture(scope="module")
def data():
    return load("scenes", n_train=1000, n_test=6)


def senses(data, network=None, **options):
    test = data.test
    options = {"labels": test["colour"][:, 0]} | options
    return NoisySenses(
        network or model(nn.ReLU()),
        test["image"],
        test["text"],
        vocabulary=data.vocabulary,
        classes=NAMES,
        **options,
    )


def settled(tab):
    tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def differences(tab, figure, n=30):
    """The largest differences of shares and probabilities; the noise has to be the same."""
    draw = random.Random(0)
    levels = [draw.choice([0, 1, draw.random()]) for _ in range(2 * n)]
    states = [
        [
            draw.randrange(len(figure.text)),
            {"image": levels[2 * i], "text": levels[2 * i + 1]},
            draw.choice([0, 2**32 - 1, draw.randrange(2**32)]),
        ]
        for i in range(n)
    ]
    largest = [0.0, 0.0]
    for (example, noise, seed), seen in zip(states, tab.evaluate(COMPUTE, states), strict=True):
        figure.example, figure.random = example, seed
        figure.image_noise, figure.text_noise = noise["image"], noise["text"]
        assert seen["image"] == figure.noisy_image.flatten().tolist()
        assert seen["text"] == figure.noisy_text.tolist()
        figure.other_noise()
        assert seen["state"] == figure.random
        figure.random = seed
        theirs = ([seen["shares"]["image"], seen["shares"]["text"]], seen["probabilities"])
        for k, ours in enumerate((figure.shares, figure.probabilities)):
            difference = torch.tensor(theirs[k], dtype=torch.float64) - ours
            largest[k] = max(largest[k], difference.abs().max().item())
    return largest


def shows(tab, figure):
    """Whether everything in the page is what Python computes."""
    settled(tab)
    pixels = torch.tensor(tab.locator("canvas").evaluate(PIXELS)).reshape(32, 32, 4)[:, :, :3]
    assert (pixels - 255 * figure.noisy_image.permute(1, 2, 0)).abs().max() <= 0.51
    old = [figure.vocabulary[number] or "–no word" for number in figure.text[figure.example]]
    new = [figure.vocabulary[number] or "–no word" for number in figure.noisy_text]
    pairs = zip(new, old, strict=True)
    words = [a if a == b else f"{a} instead of {b}" for a, b in pairs]
    assert tab.locator(".mml-words li").all_text_contents() == words
    trusted = round(100 * figure.shares[0].item())
    shares = tab.locator(".mml-ends span").all_inner_texts()
    assert shares == [f"picture {trusted} %", f"caption {100 - trusted} %"]
    numbers = tab.locator(".mml-answers .mml-number").all_inner_texts()
    assert numbers == [f"{100 * p:.0f} %" for p in figure.probabilities]
    wide = "(bars) => bars.map((bar) => parseFloat(bar.style.width))"
    widths = torch.tensor(tab.locator(".mml-bar span").evaluate_all(wide))
    expected = 100 * torch.cat([figure.shares[:1], figure.probabilities])
    assert (widths - expected).abs().max() < 0.01
    best = figure.probabilities.argmax()
    answer = f"Answer: {NAMES[best]}, {100 * figure.probabilities[best]:.0f} %.\n"
    right = figure.labels[figure.example]
    answer += "That is right." if best == right else f"Right is: {NAMES[right]}."
    assert tab.locator(".mml-result").inner_text() == answer
    assert tab.locator(".mml-right").inner_text().split()[:2] == ["✓", NAMES[right]]
    place = f"Example {figure.example + 1} of 6"
    assert tab.get_by_text(place, exact=True).is_visible()
    levels = [f"{100 * level:.0f} %" for level in (figure.image_noise, figure.text_noise)]
    assert tab.locator("label .mml-number").all_inner_texts() == levels
    return True


@pytest.mark.parametrize("order", [("image", "text"), ("text", "image")])
def test_noise_is_the_same_and_answers_agree(show_state, data, order):
    figure = senses(data, model(nn.ReLU(), order=order))
    shares, probabilities = differences(show_state(figure), figure)
    print(f"largest difference: {shares:.1e} of shares, {probabilities:.1e} of probabilities")
    assert max(shares, probabilities) < 1e-12


@pytest.mark.parametrize(
    ("activation", "limit"), [(nn.Tanh, 1e-12), (nn.Sigmoid, 1e-12), (nn.GELU, 1e-6)]
)
def test_every_activation_agrees(show_state, data, activation, limit):
    figure = senses(data, model(activation(), nn.Linear(64, 64), activation()))
    shares, probabilities = differences(show_state(figure), figure)
    print(f"largest difference: {shares:.1e} of shares, {probabilities:.1e} of probabilities")
    assert max(shares, probabilities) < limit


def test_a_trained_model_agrees(show_state, data):
    network = model(nn.ReLU())
    text = F.one_hot(data.train["text"], 16).float()
    batch = {"image": data.train["image"], "text": text, "label": data.train["colour"][:, 0]}
    fit(network, batch, epochs=5, learning_rate=1e-3)
    figure = senses(data, network)
    assert max(differences(show_state(figure), figure)) < 1e-12


@pytest.mark.parametrize("shape", [(1, 1, 5), (1, 8, 8), (3, 7, 4)])
def test_pictures_of_every_shape_agree(show_state, shape):
    torch.manual_seed(1)
    image, text = torch.rand(3, *shape), torch.randint(5, (3, 10))
    network = model(nn.ReLU(), n_pixels=image[0].numel(), n_words=5)
    figure = NoisySenses(network, image, text, vocabulary=list("abcde"), classes=NAMES)
    tab = show_state(figure)
    assert max(differences(tab, figure)) < 1e-12
    figure.example, figure.image_noise, figure.text_noise, figure.random = 0, 0, 0, 0
    pixels = torch.tensor(tab.locator("canvas").evaluate(PIXELS)).reshape(*shape[1:], 4)
    colours = figure.noisy_image if shape[0] == 3 else 1 - figure.noisy_image.expand(3, -1, -1)
    assert (pixels[:, :, :3] - 255 * colours.permute(1, 2, 0)).abs().max() <= 0.51
    assert tab.locator(".mml-result").inner_text().endswith("%.")
    assert tab.locator(".mml-right").count() == 0 and tab.said == []


def test_the_page_shows_what_python_computes(show_state, data):
    figure = senses(data, image_noise=0.3, text_noise=0.6, seed=5)
    tab = show_state(figure)
    assert shows(tab, figure)
    for name, step in (("Next", 1), ("Other noise", 0), ("Previous", -1), ("Previous", -1)):
        tab.get_by_role("button", name=name).click()
        figure.example = (figure.example + step) % 6
        if name == "Other noise":
            figure.other_noise()
        assert shows(tab, figure), name
    assert tab.evaluate("[state.example, state.random]") == [5, figure.random]


def test_a_click_on_a_slider_sets_the_noise(show_state, data):
    figure = senses(data)
    tab = show_state(figure)
    for sense, trait in (("Picture", "image_noise"), ("Caption", "text_noise")):
        box = tab.get_by_role("slider", name=f"{sense} noise").bounding_box()
        tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        setattr(figure, trait, 0.5)
        assert shows(tab, figure)
        assert tab.evaluate(f"state.{trait}") == 0.5


def test_a_finger_sets_the_noise(show_state, data):
    figure = senses(data)
    tab = show_state(figure, has_touch=True, viewport={"width": 390, "height": 900})
    tab.get_by_role("slider").nth(1).tap()
    figure.text_noise = 0.5
    tab.get_by_role("button", name="Next").tap()
    figure.example = 1
    assert shows(tab, figure)


def test_the_keyboard_alone_does_everything(show_state, data):
    figure = senses(data)
    tab = show_state(figure)
    for trait, key, level in (
        ("image_noise", "ArrowRight", 0.05),
        ("text_noise", "End", 1.0),
    ):
        tab.keyboard.press("Tab")
        tab.keyboard.press(key)
        setattr(figure, trait, level)
        assert shows(tab, figure), trait
    for key, example in (("Enter", 5), ("Space", 0)):
        tab.keyboard.press("Tab")
        tab.keyboard.press(key)
        figure.example = example
        assert shows(tab, figure)
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    figure.other_noise()
    assert shows(tab, figure)


def test_a_screen_reader_hears_names_and_results(show_state, data):
    figure = senses(data, label="Two senses.", text_noise=1.0)
    tab = show_state(figure)
    tree = tab.locator("main").aria_snapshot()
    for words in (
        'group "Two senses."',
        'img "Picture with 0 % noise"',
        'list "Words of the caption"',
        "instead of",
        'slider "Picture noise"',
        'slider "Caption noise"',
        'button "Other noise"',
        'list "Probabilities"',
        "What the gate trusts",
    ):
        assert words in tree, tree
    heard = tab.locator(".mml-controls [aria-live]")
    assert heard.inner_text() == ""
    tab.get_by_role("slider").first.focus()
    tab.keyboard.press("ArrowRight")
    figure.image_noise = 0.05
    trusted = round(100 * figure.shares[0].item())
    answer = tab.locator(".mml-result").text_content()
    words = f"picture {trusted} %, caption {100 - trusted} %, {answer}"
    said = "document.querySelector('.mml-controls [aria-live]').textContent"
    tab.wait_for_function(f"(words) => {said} === words", arg=words)
    assert tab.get_by_role("slider").first.get_attribute("aria-valuetext") == "5 %"


def test_new_words_are_marked_and_nothing_jumps(show_state, data):
    figure = senses(data)
    tab = show_state(figure)
    box = tab.locator(".mml-words").bounding_box()
    assert tab.locator("del").count() == 0
    tab.get_by_role("slider").nth(1).focus()
    tab.keyboard.press("End")
    settled(tab)
    figure.text_noise = 1.0
    changed = figure.noisy_text != torch.tensor(figure.text[0])
    assert tab.locator("del").count() == changed.sum() > 5
    marked = tab.locator(".mml-words li:has(del)").first
    assert marked.evaluate("(e) => getComputedStyle(e).borderTopStyle") == "dashed"
    assert tab.locator(".mml-words").bounding_box() == box


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_everything_fits_and_is_large_enough_for_a_finger(show_state, data, width):
    tab = show_state(senses(data, text_noise=1.0), viewport={"width": width, "height": 900})
    boxes = [button.bounding_box() for button in tab.locator("button").all()]
    assert len(boxes) == 3
    assert all(box["width"] >= 24 and box["height"] >= 24 for box in boxes)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    parts = tab.locator(".mml-words li, .mml-answers li > *, .mml-row > *, label > *")
    inside = "(all) => all.every((e) => e.scrollWidth <= Math.max(1, e.offsetWidth))"
    assert parts.evaluate_all(inside)


def test_a_redraw_is_quick(show_state, data):
    tab = show_state(senses(data, text_noise=0.5))
    times = tab.evaluate("""async () => {
        const times = [];
        const slider = document.querySelector("input");
        for (let i = 0; i < 50; i++) {
            slider.value = i / 50;
            slider.dispatchEvent(new Event("input"));
            const start = performance.now();
            await new Promise((done) => requestAnimationFrame(() => {
                setTimeout(() => done(times.push(performance.now() - start)));
            }));
        }
        return times.sort((a, b) => a - b);
    }""")
    print(f"a redraw of 200 000 weights, and the wait for it, take {times[25]:.0f} ms")
    assert times[25] < 60


def test_weights_that_are_missing_or_nan_are_said_to_be(show, data):
    figure = senses(data)
    weights, n = figure.weights, len(figure.weights) // 2
    figure.weights = weights[:-2]
    words = f"This figure has stopped: the model needs {n} numbers, but has {n - 1}."
    assert show(figure, "[role=alert]").locator("main").inner_text() == words
    figure.weights = weights[:-2] + b"\x00\x7e"
    words = "the model's answer is not 4 finite probabilities"
    assert words in show(figure, "[role=alert]").inner_text("main")


def test_nothing_is_asked_for_and_nothing_said(show_state, data):
    tab = show_state(senses(data))
    tab.get_by_role("button", name="Other noise").click()
    settled(tab)
    assert [url for url in tab.asked if not url.startswith(("file:", "blob:", "data:"))] == []
    assert tab.said == []


def test_without_scripts_there_is_a_still_picture(show, data):
    tab = show(senses(data, label="Two senses."), "img", java_script_enabled=False)
    assert tab.get_by_alt_text("Two senses.").is_visible()
    assert tab.locator(".mml-live").count() == 0
