"""The search in a real browser: it finds what Python finds, while one types."""

import pytest
import torch

from mmlearn_helpers.autoencoders.search import TextAutoencoder
from mmlearn_helpers.live import TextSearch

FOUND = """() => Object.fromEntries(["words", "code"].map((way) => {
    const items = document.querySelectorAll(`ol[aria-label="Nearest by ${way}"] li`);
    const words = (item) => Array.from(item.children, (part) => part.textContent);
    return [way, Array.from(items, words)];
}))"""
QUERIES = [
    "plot",
    "normal normal axis",
    "inverse MATRIX, matrix",
    "",
    "frobnicate",
    "苹果",
    "plot x",
]


def shown(figure):
    return {
        way: [[f"{value:.2f}".replace("-", "−"), name] for name, value in found]
        for way, found in figure.found().items()
    }


def settled(tab):
    tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


@pytest.mark.parametrize("seed", range(3))
def test_typing_finds_what_python_finds(show, search, seed):
    figure = search(seed)
    tab = show(figure)
    assert tab.evaluate(FOUND) == shown(figure)
    for query in QUERIES:
        tab.get_by_label("Words", exact=True).fill(query)
        settled(tab)
        figure.query = query
        assert tab.evaluate(FOUND) == shown(figure), query
        assert tab.locator(".mml-result").inner_text() == figure.message
    assert tab.said == []
    assert all(address.startswith(("file:", "blob:")) for address in tab.asked)


def test_a_thousand_words_and_hundreds_of_texts_are_no_burden(show):
    torch.manual_seed(0)
    words = [f"w{i}" for i in range(1000)]
    counts = (torch.rand(400, 1000) < 0.04).float()
    model = TextAutoencoder([1000, 128, 32])
    names = [f"text {i}" for i in range(400)]
    figure = TextSearch(model, words, counts, names, torch.rand(1000) + 0.5, query="w1 w2")
    assert len(figure.weights) < 400_000
    tab = show(figure)
    milliseconds = tab.evaluate("""() => new Promise((done) => {
        const input = document.querySelector("input");
        const start = performance.now();
        input.value = "w3 w77 w500";
        input.dispatchEvent(new Event("input"));
        requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
    })""")
    figure.query = "w3 w77 w500"
    assert tab.evaluate(FOUND) == shown(figure)
    assert milliseconds < 500 and tab.said == []


def test_the_field_is_reached_by_the_keyboard_and_has_a_name(show, search):
    tab = show(search())
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.labels[0].textContent.trim()") == "Words"
    tab.keyboard.type(" plot")
    settled(tab)
    assert tab.evaluate("document.activeElement.value").endswith("plot")


def test_on_a_phone_nothing_is_wider_than_the_screen(show, search):
    figure = search()
    figure.names = ["sklearn.linear_model.LogisticRegressionCV.set_score_request"] * 12
    tab = show(figure, viewport={"width": 360, "height": 700})
    assert tab.evaluate("document.documentElement.scrollWidth <= 360")
    assert "random" in tab.get_by_label("Words", exact=True).input_value()
