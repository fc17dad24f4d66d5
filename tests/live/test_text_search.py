"""The search finds what torch finds, and says what it does not know."""

import pytest
import torch
from torch.nn import functional as F

from mmlearn_helpers.autoencoders.search import TextAutoencoder, root_shares
from mmlearn_helpers.live import TextSearch

WORDS = ["random", "normal", "plot", "axis", "matrix", "inverse"]


@pytest.mark.parametrize("seed", range(4))
def test_what_is_found_is_what_torch_finds(search, seed):
    figure = search(seed)
    model, weights = figure.model, figure.raw_weights.half().float()
    x = figure.counts * weights
    query = torch.tensor([[1.0, 1, 0, 0, 0, 0]]) * weights
    by_words = (root_shares(x) @ root_shares(query)[0]).detach()
    by_code = F.cosine_similarity(model.encode(x), model.encode(query)).detach()
    for way, alike in {"words": by_words, "code": by_code}.items():
        found = figure.found()[way]
        values, _ = alike.topk(5)
        expected = values[values > 0] if way == "words" else values
        assert [value for _, value in found] == pytest.approx(expected.tolist(), abs=0.01)
        for name, value in found:
            assert alike[int(name[5:])].item() == pytest.approx(value, abs=0.01)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "Type a word or two."),
        (" ,.! ", "Type a word or two."),
        ("frobnicate", "Not among the words counted here: frobnicate. Try others."),
        ("Random frobnicate", "Not among the words counted here, and left out: frobnicate."),
        ("RANDOM, plot", ""),
        ("苹果", "The texts are in English and have no Chinese words: type English ones."),
        ("苹果 plot", "Not among the words counted here, and left out: 苹果."),
    ],
)
def test_what_is_not_known_is_said(search, query, words):
    figure = search(query=query)
    assert figure.message == words
    assert bool(figure.found()["code"]) == any(w in query.lower() for w in ("random", "plot"))


def test_a_text_that_shares_no_word_is_found_by_code_only():
    torch.manual_seed(0)
    only = torch.tensor([[1.0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1.0, 0]])
    figure = TextSearch(TextAutoencoder([6, 3]), WORDS, only, ["a", "b"], torch.ones(6))
    figure.query = "matrix"
    assert [name for name, _ in figure.found()["words"]] == ["b"]
    assert sorted(name for name, _ in figure.found()["code"]) == ["a", "b"]


def test_the_figure_has_a_copy_of_the_model(search):
    figure = search()
    before = figure.found()
    with torch.no_grad():
        figure.model.encoder[0].weight.zero_()
    assert figure.found() == before


def test_the_still_picture_says_what_is_found(search):
    figure = search()
    words = [text.get_text() for text in figure.still().texts]
    assert any("random normal" in text for text in words)
    assert sum("text." in text for text in words) >= 5


def test_it_is_called_by_what_is_searched_for(search):
    assert repr(search(query="plot")) == "TextSearch('plot')"
