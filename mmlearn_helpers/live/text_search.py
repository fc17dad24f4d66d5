"""Type words, and see which texts a bag of words finds and which an autoencoder's code."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence

import torch
import traitlets
from matplotlib.figure import Figure
from torch.nn import functional as F

from mmlearn_helpers.autoencoders.search import TextAutoencoder, check_counts, root_shares
from mmlearn_helpers.checks import check_tensor
from mmlearn_helpers.live.figure import LiveFigure, script
from mmlearn_helpers.live.network import flattened, half_precision, layer_kinds
from mmlearn_helpers.live.numbers import packed, unpacked

N_FOUND = 5
CHINESE = re.compile("[\u3400-\u9fff]")


class TextSearch(LiveFigure):
    """A field for words, and the texts of a collection that are nearest by words and by code.

    By words: the cosine of the roots of the weighted shares of the words. By code: the cosine of
    the codes. The encoder and the weights of the words travel in half precision; with these rounded
    numbers the browser finds what Python finds.

    Parameters
    ----------
    model
        Trained, with a linear code. The figure has a copy of it as it is when the figure is made.
    vocabulary
        The words, in lower case, in the order of the columns of ``counts``.
    counts
        How often each word occurs in each text of the collection, ``(N, n_words)``, without
        weights.
    names
        What the N texts are called.
    rarity
        The weight of each word, ``(n_words,)``, with which the model was trained.
    query
        The words that are searched for at first.
    label
        What the figure shows, as a sentence for those who cannot see it.

    Raises
    ------
    TypeError
        If the model is no ``TextAutoencoder``, or an argument is of the wrong type.
    ValueError
        If an argument does not fit the others, the model makes bits, a weight of a word is not
        above 0, or the encoder has more than 500 000 weights or such that are not finite in half
        precision.
    """

    _esm = script("network.js", "text_search.js")
    layers = traitlets.List().tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)
    codes = traitlets.Bytes().tag(sync=True)
    rarity = traitlets.Bytes().tag(sync=True)
    vocabulary = traitlets.List().tag(sync=True)
    texts = traitlets.List().tag(sync=True)
    names = traitlets.List().tag(sync=True)
    query = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        model: TextAutoencoder,
        vocabulary: Sequence[str],
        counts: torch.Tensor,
        names: Sequence[str],
        rarity: torch.Tensor,
        *,
        query: str = "",
        label: str = "A field for words, and the texts nearest to them by words and by code.",
    ) -> None:
        if not isinstance(model, TextAutoencoder):
            raise TypeError(
                f"model is a {type(model).__name__}, but a TextAutoencoder is expected; train one "
                "on the counts of the collection."
            )
        if model.noise is not None:
            raise ValueError(
                "The model makes bits, but the figure compares numbers; train one without noise."
            )
        check_counts(counts, len(vocabulary))
        if len(names) != len(counts):
            raise ValueError(
                f"There are {len(names)} names for {len(counts)} texts; give one for each text."
            )
        _check_weights(rarity, len(vocabulary))
        if not isinstance(query, str):
            raise TypeError(f"query is {query!r}, but words are expected, in one string.")
        layers = flattened(model.encoder, "encoder")
        kinds = layer_kinds(layers, len(vocabulary), "encoder", n_outputs=32)
        self._encoder = copy.deepcopy(model.encoder).cpu().half().double().requires_grad_(False)
        sent = packed(rarity, "rarity", "divide all weights of words by the same number")
        self._bag = root_shares(counts.double() * unpacked(sent))
        codes = packed(F.normalize(self._encoder(self._bag)), "codes")
        self._codes = F.normalize(unpacked(codes).reshape(len(counts), -1))
        self._column = {word: i for i, word in enumerate(vocabulary)}
        super().__init__(
            label,
            layers=kinds,
            weights=half_precision(layers, "encoder"),
            codes=codes,
            rarity=sent,
            vocabulary=list(vocabulary),
            texts=[_sparse(row) for row in counts],
            names=list(names),
            query=query,
        )

    @property
    def message(self) -> str:
        """A sentence on the words that are not known; empty when all are."""
        known, unknown = self._sorted_words()
        if unknown and not known and CHINESE.search(self.query):
            return "The texts are in English and have no Chinese words: type English ones."
        if unknown and not known:
            return f"Not among the words counted here: {', '.join(unknown)}. Try others."
        if not known:
            return "Type a word or two."
        if not unknown:
            return ""
        return f"Not among the words counted here, and left out: {', '.join(unknown)}."

    def found(self) -> dict[str, list[tuple[str, float]]]:
        """Search.

        Returns
        -------
        dict[str, list[tuple[str, float]]]
            For ``"words"`` and ``"code"`` names of at most five texts and their cosines, the
            nearest first. Without a known word there are none, and by words only those that share
            one.
        """
        known, _ = self._sorted_words()
        if not known:
            return {"words": [], "code": []}
        counts = torch.zeros(1, len(self.vocabulary), dtype=torch.float64)
        for word in known:
            counts[0, self._column[word]] += 1
        r = root_shares(counts * unpacked(self.rarity))
        by_words = self._nearest(self._bag @ r[0])
        by_code = self._nearest(self._codes @ F.normalize(self._encoder(r))[0])
        return {"words": [(name, value) for name, value in by_words if value > 0], "code": by_code}

    def still(self) -> Figure:
        """Draw the words searched for, and what is found, with matplotlib.

        Returns
        -------
        Figure
            What words find at the left, what codes find at the right.
        """
        figure = Figure(figsize=(7, 2.6), dpi=100)
        figure.text(0.02, 0.9, f"Words: {self.query}   {self.message}", weight="bold")
        for x, (way, items) in zip((0.02, 0.52), self.found().items(), strict=True):
            figure.text(x, 0.76, f"Nearest by {way}", weight="bold", size=9)
            for row, (name, value) in enumerate(items):
                figure.text(x, 0.62 - 0.13 * row, f"{value:.2f}  {name[-46:]}", size=8)
        return figure

    def __repr__(self) -> str:
        """Name the figure and what is searched for."""
        return f"TextSearch({self.query!r})"

    def _sorted_words(self) -> tuple[list[str], list[str]]:
        words = re.findall(r"[^\W_]+", self.query.lower())
        known = [word for word in words if word in self._column]
        return known, [word for word in words if word not in self._column]

    def _nearest(self, alike: torch.Tensor) -> list[tuple[str, float]]:
        rounded = (alike * 1e6).round() / 1e6
        order = rounded.argsort(descending=True, stable=True)[:N_FOUND]
        return [(self.names[i], rounded[i].item()) for i in order.tolist()]


def _check_weights(rarity: torch.Tensor, n_words: int) -> None:
    check_tensor(rarity, "rarity")
    if rarity.shape != (n_words,) or not (rarity > 0).all():
        raise ValueError(
            f"rarity has shape {tuple(rarity.shape)}, but a weight above 0 for each of {n_words} "
            "words is expected; use autoencoders.search.rarity of the training counts."
        )


def _sparse(row: torch.Tensor) -> list[list[float]]:
    words = row.nonzero().flatten()
    return [words.tolist(), row[words].tolist()]
