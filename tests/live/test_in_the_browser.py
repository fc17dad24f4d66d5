"""A page with a live figure and no kernel, in a real browser that reaches nothing else."""

from __future__ import annotations

import base64
import copy
import gzip
import re
import shutil

import nbformat
import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from chapters import ROOT
from torch import nn

from mmlearn_helpers.autoencoders.deep import DeepAutoencoder
from mmlearn_helpers.data import load
from mmlearn_helpers.live import LatentPad
from mmlearn_helpers.training import fit

WCAG = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
CHAPTER = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# A chapter

```{code-cell} ipython3
---
mystnb:
  figure:
    caption: Drag the point, and see the {term}`moon` change.
---
import torch
from torch import nn

from mmlearn_helpers.live import LatentPad

_ = torch.manual_seed(0)
decoder = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 784), nn.Sigmoid())
LatentPad(decoder, codes=torch.randn(200, 2), label="A test.")
```
"""
MEMORY = """\
from mmlearn_helpers.boltzmann.hopfield import hebbian
from mmlearn_helpers.live import MemoryGrid

memories = torch.randn(4, 64).sign()
MemoryGrid(hebbian(memories), (8, 8), memories, label="A test.")
"""
COMPLETION = """\
from mmlearn_helpers.boltzmann.restricted import RBM
from mmlearn_helpers.live import Completion

pictures = torch.randint(2, (5, 64)).float()
Completion(RBM(64, 30), (8, 8), pictures, label="A test.")
"""
SENSES = """\
from mmlearn_helpers.live import NoisySenses
from mmlearn_helpers.multimodal.fusion import FusionClassifier
from mmlearn_helpers.multimodal.merges import Gate

encoders = {
    "image": nn.Sequential(nn.Flatten(), nn.Linear(192, 8)),
    "text": nn.Sequential(nn.Flatten(), nn.Linear(12, 8)),
}
NoisySenses(
    FusionClassifier(encoders, Gate(2, 8), nn.Linear(8, 2)),
    torch.rand(3, 3, 8, 8),
    torch.randint(3, (3, 4)),
    vocabulary=["", "moon", "triangle"],
    classes=["night", "day"],
    labels=torch.tensor([0, 1, 1]),
    text_noise=0.8,
    label="A test.",
)
"""
PAGES = ("chapter", "memory", "completion", "senses")
FIRST = ".mml-live :is([role=application], input)"
INDEX = """\
# A tiny book

It has {doc}`chapter`, {doc}`memory`, {doc}`completion` and {doc}`senses`.

```{glossary}
moon
  A companion.
```
"""
DECODE = """async (codes) => {
    const parts = JSON.parse(document.querySelector("script[type='application/json']").textContent);
    const blob = new Blob([parts.module], { type: "text/javascript" });
    const { halfFloats, makeDecoder } = await import(URL.createObjectURL(blob));
    const bytes = Uint8Array.from(atob(parts.bytes.weights), (c) => c.charCodeAt(0));
    const decode = makeDecoder(parts.values.layers, halfFloats(new DataView(bytes.buffer)));
    const answers = codes.map((z) => new Uint8Array(decode(z).buffer));
    const reader = new FileReader();
    reader.readAsDataURL(new Blob(answers));
    await new Promise((done) => (reader.onload = done));
    return reader.result.split(",")[1];
}"""
GROUND = """() => {
    const colour = (element) => getComputedStyle(element).backgroundColor;
    let element = document.activeElement.parentElement;
    while (colour(element) === "rgba(0, 0, 0, 0)") {
        element = element.parentElement;
    }
    return colour(element);
}"""
PIXELS = """() => {
    const canvas = document.querySelector(".mml-live canvas");
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return Array.from(data).filter((_, i) => i % 4 === 0);
}"""


@pytest.fixture(scope="module")
def moons():
    """A trained decoder, and codes of examples."""
    data = load("moons", n_train=1000, n_test=300, wobble=1.0)
    model = DeepAutoencoder([784, 64, 2], error="cross-entropy", activation=nn.Tanh)
    fit(model, data.train["image"].flatten(1), epochs=5, learning_rate=3e-3)
    with torch.no_grad():
        codes = model.encode(data.test["image"].flatten(1))
    return nn.Sequential(model.decoder, nn.Sigmoid()), codes


def small(*middle):
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(2, 32), *middle, nn.Linear(32, 784), nn.Sigmoid())


def settled(tab):
    tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def grey_values(decoder, z):
    with torch.no_grad():
        return 255 * (1 - decoder(torch.tensor([z], dtype=torch.float32))[0])


def shows(tab, decoder, z):
    """Whether the picture is what torch draws for a code, to a grey value of 255."""
    settled(tab)
    seen = torch.tensor(tab.evaluate(PIXELS), dtype=torch.float32)
    return (seen - grey_values(decoder, z)).abs().max() <= 1


def drag(tab, start, end):
    """Drag on the pad between two places, given as shares of its width and height."""
    box = tab.locator(".mml-pad").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    tab.mouse.move(*places[0])
    tab.mouse.down()
    tab.mouse.move(*places[1], steps=5)
    tab.mouse.up()


def largest_difference(tab, decoder, codes):
    raw = base64.b64decode(tab.evaluate(DECODE, codes.tolist()))
    answers = torch.from_numpy(np.frombuffer(raw, "<f8").copy()).reshape(len(codes), -1)
    with torch.no_grad():
        return (answers - decoder(codes)).abs().max().item()


def test_the_browser_and_torch_agree_on_a_thousand_codes(show, moons):
    decoder, codes = moons
    limit = codes.abs().max().item()
    tab = show(LatentPad(decoder, limit=limit))
    codes = limit * (2 * torch.rand(1000, 2, generator=torch.Generator().manual_seed(0)) - 1)
    rounded = copy.deepcopy(decoder).half().float()
    same = largest_difference(tab, rounded, codes)
    own = largest_difference(tab, decoder, codes)
    print(f"largest difference: {same:.1e} to the rounded decoder, {own:.1e} to the model's own")
    assert same < 1e-5 and own < 1e-3


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh, nn.Sigmoid, nn.GELU])
def test_every_activation_is_that_of_torch(show, activation):
    decoder = small(activation(), nn.Linear(32, 32), activation())
    tab = show(LatentPad(decoder))
    codes = 6 * torch.rand(100, 2, generator=torch.Generator().manual_seed(0)) - 3
    assert largest_difference(tab, copy.deepcopy(decoder).half().float(), codes) < 1e-5


def test_half_precision_numbers_are_read_as_they_are(show):
    every = torch.arange(2**16, dtype=torch.int32).to(torch.uint16).view(torch.float16)
    every = every[every.isfinite()]
    decoder = nn.Sequential(nn.Linear(2, len(every)))
    with torch.no_grad():
        decoder[0].weight.zero_()
        decoder[0].bias.copy_(every)
    tab = show(LatentPad(decoder, (1, len(every))))
    assert largest_difference(tab, decoder, torch.zeros(1, 2)) == 0


def test_dragging_changes_the_picture(show, moons):
    decoder, _ = moons
    tab = show(LatentPad(decoder, limit=2, z=(0.5, -0.5)))
    assert shows(tab, decoder, (0.5, -0.5))
    drag(tab, (0.5, 0.5), (0.75, 0.125))
    assert shows(tab, decoder, (1.0, 1.5)) and not shows(tab, decoder, (0.5, -0.5))
    assert tab.locator(".mml-number").all_inner_texts() == ["1.00", "1.50"]
    circle = tab.locator(".mml-point")
    assert float(circle.get_attribute("cx")) == pytest.approx(0.75 * 288, abs=1.5)
    assert float(circle.get_attribute("cy")) == pytest.approx(0.125 * 288, abs=1.5)


def test_dots_lie_where_their_codes_are(show, moons):
    codes, labels = torch.tensor([[1.0, -1.5], [-2.0, 1.0]]), torch.tensor([3, 0])
    tab = show(LatentPad(moons[0], limit=2, codes=codes, labels=labels))
    dots = tab.locator(".mml-pad circle:not(.mml-point)").evaluate_all(
        "(all) => all.map((e) => ['cx', 'cy', 'fill'].map((name) => e.getAttribute(name)))"
    )
    assert dots == [["216", "252", "#d62728"], ["0", "72", "#1f77b4"]]


def test_the_decimals_are_as_fine_as_the_pad(show, moons):
    tab = show(LatentPad(moons[0], limit=0.05))
    tab.locator(".mml-pad").focus()
    tab.keyboard.press("ArrowLeft")
    assert shows(tab, moons[0], (-0.0017, 0.0))
    assert tab.locator(".mml-number").first.inner_text() == "−0.0017"
    tab.keyboard.press("ArrowRight")
    assert shows(tab, moons[0], (0.0, 0.0))


def test_the_point_stays_on_the_pad(show, moons):
    tab = show(LatentPad(moons[0], limit=2.9999))
    drag(tab, (0.5, 0.5), (1.2, -0.1))
    assert shows(tab, moons[0], (2.9999, 2.9999))


def test_a_finger_drags_the_point_and_does_not_scroll(show, moons):
    tab = show(LatentPad(moons[0], limit=2), has_touch=True)
    box = tab.locator(".mml-pad").bounding_box()
    tab.touchscreen.tap(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    assert shows(tab, moons[0], (-1.0, 1.0))
    touch = "(e) => getComputedStyle(document.querySelector(e)).touchAction"
    assert tab.evaluate(touch, ".mml-pad") == "none"
    assert tab.evaluate(touch, ".mml-live") == "auto"


def test_keys_move_the_point(show, moons):
    decoder, _ = moons
    tab = show(LatentPad(decoder, limit=3), viewport={"width": 800, "height": 320})
    tab.keyboard.press("Tab")
    before = tab.evaluate("scrollY")
    assert tab.evaluate("document.activeElement.classList.contains('mml-pad')")
    for key, z in [
        ("ArrowRight", (0.1, 0.0)),
        ("ArrowUp", (0.1, 0.1)),
        ("Shift+ArrowLeft", (-0.4, 0.1)),
        ("Shift+ArrowDown", (-0.4, -0.4)),
        ("ArrowDown", (-0.4, -0.5)),
        ("Home", (0.0, 0.0)),
    ]:
        tab.keyboard.press(key)
        assert shows(tab, decoder, z), key
    for _ in range(7):
        tab.keyboard.press("Shift+ArrowUp")
    assert shows(tab, decoder, (0.0, 3.0))
    assert tab.evaluate("scrollY") == before


def test_other_keys_are_left_to_the_page(show, moons):
    tab = show(LatentPad(moons[0]))
    tab.locator(".mml-pad").focus()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.type") == "range"


def test_sliders_move_the_point_along_one_axis(show, moons):
    decoder, _ = moons
    tab = show(LatentPad(decoder, limit=3, z=(1, 1)))
    tab.locator("input").nth(1).focus()
    tab.keyboard.press("ArrowLeft")
    assert shows(tab, decoder, (1.0, 0.9))
    tab.locator("input").first.focus()
    tab.keyboard.press("ArrowRight")
    assert shows(tab, decoder, (1.1, 0.9))


def test_a_screen_reader_hears_names_and_values(show, moons):
    tab = show(LatentPad(moons[0], label="The moon's two numbers."))
    tree = tab.locator("main").aria_snapshot()
    for words in (
        "The moon's two numbers.",
        "Point in the plane of the code",
        'slider "z1"',
        'slider "z2"',
        "What the decoder draws for this point",
    ):
        assert words in tree, tree
    tab.locator(".mml-pad").focus()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function("document.querySelector('[aria-live]').textContent === '0.10, 0.00'")
    assert tab.locator("input").first.get_attribute("aria-valuetext") == "0.10"
    described = tab.locator(".mml-pad").get_attribute("aria-describedby")
    assert tab.locator(f"#{described}").inner_text().startswith("Drag the point, or use the arrow")


def test_two_figures_on_a_page_do_not_mix(show, document, moons, tmp_path):
    decoder, other = moons[0], small(nn.ReLU())
    tab = show(LatentPad(decoder))
    both = [document(LatentPad(model)) for model in (decoder, other)]
    (tmp_path / "page.html").write_text("".join(both))
    tab.reload()
    tab.locator(".mml-live").nth(1).wait_for()
    tab.locator(".mml-pad").nth(1).focus()
    tab.keyboard.press("ArrowUp")
    assert shows(tab, decoder, (0.0, 0.0))
    assert tab.locator(".mml-number").all_inner_texts() == ["0.00", "0.00", "0.00", "0.10"]
    ids = tab.locator("[id]").evaluate_all("(all) => all.map((e) => e.id)")
    assert len(ids) == len(set(ids)) == 2


def test_a_redraw_of_a_hundred_thousand_weights_is_quick(show):
    decoder = nn.Sequential(nn.Linear(2, 128), nn.Tanh(), nn.Linear(128, 784), nn.Sigmoid())
    assert sum(weight.numel() for weight in decoder.parameters()) > 100_000
    tab = show(LatentPad(decoder, codes=torch.randn(1000, 2)))
    tab.evaluate("""() => {
        window.times = [];
        const original = window.requestAnimationFrame;
        window.requestAnimationFrame = (call) => original(() => {
            const start = performance.now();
            call();
            window.times.push(performance.now() - start);
        });
    }""")
    tab.locator(".mml-pad").focus()
    for i in range(200):
        tab.keyboard.press("ArrowLeft" if i % 2 else "ArrowRight")
        tab.wait_for_function(f"window.times.length > {i}")
    times = sorted(tab.evaluate("window.times"))
    print(f"a redraw takes {times[100]:.1f} ms, the slowest of 200 {times[-1]:.1f} ms")
    assert times[100] < 16


def test_many_moves_at_once_are_one_redraw(show, moons):
    tab = show(LatentPad(moons[0]))
    redraws = tab.evaluate("""async () => {
        const pad = document.querySelector(".mml-pad");
        const context = CanvasRenderingContext2D.prototype;
        const original = context.putImageData;
        let redraws = 0;
        context.putImageData = function (...args) { redraws++; original.apply(this, args); };
        for (let i = 0; i < 50; i++) {
            pad.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowUp" }));
        }
        await new Promise((done) => setTimeout(done, 200));
        return redraws;
    }""")
    assert redraws == 1


def test_a_file_asks_for_nothing_but_itself(show, moons):
    tab = show(LatentPad(moons[0]))
    assert [url for url in tab.asked if not url.startswith(("file:", "blob:", "data:"))] == []


def test_without_scripts_there_is_a_still_picture(show, moons):
    tab = show(LatentPad(moons[0], label="A moon and its code."), "img", java_script_enabled=False)
    still = tab.get_by_alt_text("A moon and its code.")
    assert still.is_visible() and still.bounding_box()["width"] > 300
    assert tab.locator(".mml-live").count() == 0


def test_with_scripts_the_still_picture_has_gone(show, moons):
    assert show(LatentPad(moons[0])).locator("img").count() == 0


def test_weights_that_are_missing_are_said_to_be(show, moons):
    pad = LatentPad(moons[0])
    n = len(pad.weights) // 2
    pad.weights = pad.weights[:-2]
    tab = show(pad, "[role=alert]")
    words = f"This figure has stopped: the decoder needs {n} numbers, but has {n - 1}."
    assert tab.locator("main").inner_text() == words


def test_weights_that_are_nan_are_said_to_be(show, moons):
    pad = LatentPad(moons[0])
    pad.weights = b"\x00\x7e" + pad.weights[2:]
    tab = show(pad, "[role=alert]")
    assert "the decoder's answer is not 28 × 28 finite numbers" in tab.inner_text("main")


def test_a_shape_that_does_not_fit_is_said_to_be(show, moons):
    change = ('"shape": [28, 28]', '"shape": [28, 27]')
    tab = show(LatentPad(moons[0]), "[role=alert]", change)
    assert "the decoder's answer is not 28 × 27 finite numbers" in tab.inner_text("main")


def test_a_script_that_does_not_load_leaves_the_still_picture(show, moons):
    pad = LatentPad(moons[0])
    pad._esm = "this is no script"
    tab = show(pad, "[role=alert]")
    assert tab.locator("img").is_visible()
    assert tab.locator("[role=alert]").inner_text().startswith("This figure cannot move here: ")


# The whole way: a chapter of a book, built with the real tools and the real theme.


@pytest.fixture(scope="module")
def book(tiny_book, tmp_path_factory):
    """A built tiny book with a chapter for each kind of figure."""
    book = tiny_book(tmp_path_factory.mktemp("book"))
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(
        ROOT / "mmlearn_helpers",
        book.root / "mmlearn_helpers",
        dirs_exist_ok=True,
        ignore=ignored,
    )
    start = CHAPTER.split("from mmlearn_helpers.live import LatentPad\n")[0]
    for page, cell in zip(PAGES, (None, MEMORY, COMPLETION, SENSES), strict=True):
        text = CHAPTER if cell is None else f"{start}_ = torch.manual_seed(0)\n{cell}```\n"
        (book.root / "book" / f"{page}.md").write_text(text)
    toc = "".join(f"  - file: book/{page}\n" for page in PAGES)
    book.edit("_toc.yml", "  - file: book/chapter\n", toc)
    (book.root / "book" / "index.md").write_text(INDEX)
    build = book.run("build.py")
    assert build.returncode == 0, build.stdout + build.stderr
    return book


@pytest.fixture
def visit(book, serve, browser):
    """Open the chapter; requests to elsewhere are stopped and kept in `outside`."""
    contexts = []
    with serve(book.root / "_build" / "html") as site:

        def open_page(width=1280, scheme="light", page="chapter"):
            window = {"width": width, "height": 900}
            contexts.append(browser.new_context(viewport=window, color_scheme=scheme))
            tab = contexts[-1].new_page()
            tab.outside, tab.errors = [], []

            def answer(route):
                if route.request.url.startswith((site, "data:", "blob:")):
                    return route.continue_()
                tab.outside.append(route.request.url)
                return route.abort()

            tab.route("**/*", answer)
            tab.on("console", lambda message: tab.errors.append((message.type, message.text)))
            tab.on("pageerror", lambda error: tab.errors.append(("error", str(error))))
            tab.goto(f"{site}/book/{page}.html")
            tab.locator(".mml-live").wait_for()
            return tab

        yield open_page
        for context in contexts:
            context.close()


def test_a_chapter_with_a_figure_is_the_same_when_run_again(book):
    recheck = book.run("recheck.py")
    assert recheck.returncode == 0, recheck.stdout
    assert f"{3 * len(PAGES)} passed" in recheck.stdout  # two look for the package


def test_a_chapter_with_a_figure_has_no_trace_of_widgets(book):
    assert "widget-state" not in book.page and "widget-view" not in book.page
    assert "cdn" not in re.sub(r"base64,[^\"]*|\"weights\": \"[^\"]*", "", book.page)


def test_the_downloaded_notebook_has_the_cell_and_its_caption(book):
    path = book.root / "_build" / "notebooks" / "book" / "chapter.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    at = next(i for i, cell in enumerate(cells) if "LatentPad(decoder" in cell.source)
    assert cells[at + 1].source == "*Drag the point, and see the moon change.*"


def test_the_caption_stands_under_the_figure(visit):
    tab = visit()
    caption = tab.locator("figure:has(.mml-live) figcaption")
    assert "Drag the point, and see the moon change." in caption.inner_text()
    figure = tab.locator(".mml-live").bounding_box()
    assert caption.bounding_box()["y"] >= figure["y"] + figure["height"]


@pytest.mark.parametrize("page", PAGES)
def test_a_chapter_asks_for_nothing_outside_and_logs_nothing(visit, page):
    tab = visit(page=page)
    tab.locator(FIRST).first.focus()
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("Space")
    settled(tab)
    assert tab.outside == []
    assert [error for error in tab.errors if error[0] in ("error", "warning")] == []


@pytest.mark.parametrize("width", [390, 1280])
def test_the_figure_fits_its_window(visit, width):
    tab = visit(width)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    boxes = [tab.locator(part).bounding_box() for part in (".mml-pad", ".mml-live canvas")]
    for box in boxes:
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert box["width"] >= 240 and box["height"] == pytest.approx(box["width"], abs=1)
    below = boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"]
    assert below == (width == 390)


@pytest.mark.parametrize("page", PAGES[1:])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_every_paper_fits_its_window(visit, width, page):
    tab = visit(width, page=page)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    boxes = [part.bounding_box() for part in tab.locator(".mml-paper, .mml-live button").all()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    assert all(box["width"] >= 24 and box["height"] >= 24 for box in boxes)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("page", PAGES)
def test_everybody_can_read_and_use_the_figure(visit, width, scheme, page):
    tab = visit(width, scheme, page)
    assert tab.evaluate("document.documentElement.dataset.theme") == scheme
    tab.locator(FIRST).first.focus()
    options = {"runOnly": WCAG, "resultTypes": ["violations", "passes"]}
    results = Axe().run(tab, context=".mml-live", options=options).response
    assert results["violations"] == []
    assert "color-contrast" in {rule["id"] for rule in results["passes"]}


def luminance(colour):
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("page", "part"),
    [(page, "[role=application]") for page in PAGES[:3]]
    + [("memory", "button"), ("memory", "input"), ("chapter", "input")]
    + [("senses", "button"), ("senses", "input")],
)
def test_the_focus_can_be_seen(visit, scheme, page, part):
    tab = visit(scheme=scheme, page=page)
    tab.locator(f".mml-live {part}").first.focus()
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Tab")
    style = "getComputedStyle(document.activeElement)"
    assert tab.evaluate(f"{style}.outlineStyle") == "solid"
    assert float(tab.evaluate(f"{style}.outlineWidth").removesuffix("px")) >= 2
    ring = luminance(tab.evaluate(f"{style}.outlineColor"))
    ground = luminance(tab.evaluate(GROUND))
    assert (max(ring, ground) + 0.05) / (min(ring, ground) + 0.05) > 3


def test_a_page_with_a_large_decoder_is_light(document):
    decoder = nn.Sequential(nn.Linear(2, 128), nn.Tanh(), nn.Linear(128, 784), nn.Sigmoid())
    pad = LatentPad(decoder, codes=torch.randn(1000, 2), labels=torch.arange(1000) % 10)
    size = len(gzip.compress(document(pad).encode()))
    print(f"a figure with 100 000 weights adds {size / 1000:.0f} kB to a page")
    assert size < 400_000
