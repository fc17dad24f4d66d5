"""The docstrings of the installed scientific packages: a real text corpus that is always there."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from types import ModuleType

import torch

from mmlearn_helpers.batches import take
from mmlearn_helpers.checks import check_count
from mmlearn_helpers.data.cache import drawn
from mmlearn_helpers.data.dataset import Dataset, Split

PACKAGES = ("matplotlib", "numpy", "scipy", "sklearn", "torch")
LEFT_OUT = {
    "compiler",
    "conftest",
    "contrib",
    "f2py",
    "onnx",
    "package",
    "test",
    "testing",
    "tests",
}
FEWEST_WORDS, FEWEST_DOCUMENTS = 30, 10
ALIKE, BLOCK = 0.7, 500
WORD = r"(?<![a-z0-9])[a-z]{2,}(?![a-z0-9])"


def docs(*, n_words: int = 2000) -> Dataset:
    """Collect docs: thousands of docstrings of matplotlib, numpy, scipy, sklearn and torch.

    What there is depends on the installed versions. Only public functions, classes and methods with
    at least 30 words count, each text once, in modules with at least 10 of them.

    Many of these texts are nearly the same: those of the same method in several classes, say. Such
    families are never divided between training and testing. Two texts belong to one family if the
    cosine of their tf-idf vectors is above 0.7, or if a chain of such neighbours leads from one to
    the other. The families come in random order, and each is for testing as long as it fits into
    the fifth that is asked of each of its modules. So no text for testing has a neighbour above 0.7
    among those for training; of modules that are one large family, none is for testing.

    Parameters
    ----------
    n_words
        Size of the vocabulary: the most frequent words of the training texts, without English stop
        words and words of one letter.

    Returns
    -------
    Dataset
        ``text`` is ``(N, n_words)``, how often each word of the vocabulary occurs; ``package``
        and ``module`` are ``(N,)`` labels, and ``family`` numbers the families, of which more can
        be held back; ``name`` numbers the documents, and its class is what is documented. Nearly a
        fifth of the texts is for testing.

    Raises
    ------
    TypeError, ValueError
        If ``n_words`` is not a whole number of at least 1.
    """
    check_count("n_words", n_words)
    return drawn("docs", _collect, n_words=n_words)


def _collect(n_words: int) -> Dataset:
    from sklearn.feature_extraction.text import CountVectorizer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {text: name for package in PACKAGES for name, text in _texts(package)}
    modules = Counter(_module(name) for name in found.values())
    kept = sorted(
        (name, text) for text, name in found.items() if modules[_module(name)] >= FEWEST_DOCUMENTS
    )
    names, texts = zip(*kept, strict=True)
    module_names = sorted({_module(name) for name in names})
    module = torch.tensor([module_names.index(_module(name)) for name in names])
    package = torch.tensor([PACKAGES.index(name.split(".")[0]) for name in names])
    family = _families(texts)
    train, test = _split(family, module)
    vectoriser = CountVectorizer(max_features=n_words, stop_words="english", token_pattern=WORD)
    vectoriser.fit([texts[i] for i in train])
    counts = torch.from_numpy(vectoriser.transform(texts).toarray()).float()
    modalities = {
        "text": counts,
        "package": package,
        "module": module,
        "family": family,
        "name": torch.arange(len(names)),
    }
    return Dataset(
        name="docs",
        train=Split(take(modalities, train)),
        test=Split(take(modalities, test)),
        about="Docstrings of the installed scientific packages, as counts of words.",
        source="matplotlib, numpy, scipy, scikit-learn and torch, as installed",
        licence="BSD-style, that of each package",
        citation="See the page 'Citing' of each package.",
        classes={"package": PACKAGES, "module": tuple(module_names), "name": names},
        vocabulary=tuple(vectoriser.get_feature_names_out()),
    )


def _families(texts: Sequence[str]) -> torch.Tensor:
    """Give each text the number of its family: chains of neighbours that are nearly the same."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectoriser = TfidfVectorizer(stop_words="english", token_pattern=WORD, dtype=np.float32)
    x = vectoriser.fit_transform(texts)
    pairs = []
    for start in range(0, len(texts), BLOCK):
        cosine = (x[start : start + BLOCK] @ x[start:].T).tocoo()
        near = cosine.data > ALIKE
        pairs.append(np.stack([cosine.row[near], cosine.col[near]]) + start)
    rows, columns = np.concatenate(pairs, axis=1)
    near = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(texts), len(texts)))
    return torch.from_numpy(connected_components(near, directed=False)[1]).long()


def _split(family: torch.Tensor, module: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw whole families for testing, at most a fifth of every module."""
    generator = torch.Generator().manual_seed(0)
    room = (module.bincount() / 5).round().long()
    members = family.argsort(stable=True).split(family.bincount().tolist())
    test = torch.zeros(len(family), dtype=torch.bool)
    for i in torch.randperm(len(members), generator=generator).tolist():
        left = room - module[members[i]].bincount(minlength=len(room))
        if left.min() >= 0:
            room, test[members[i]] = left, True
    return (~test).nonzero().flatten(), test.nonzero().flatten()


def _module(name: str) -> str:
    return ".".join(name.split(".")[:2])


def _texts(package: str) -> Iterator[tuple[str, str]]:
    """Give name and docstring of what the public modules of a package hold."""
    root = importlib.import_module(package)
    for entry in pkgutil.iter_modules(root.__path__):
        if entry.name.startswith("_") or entry.name in LEFT_OUT:
            continue
        module = importlib.import_module(f"{package}.{entry.name}")
        for name, thing in _public(module):
            for path, described in [(name, thing), *_methods(name, thing)]:
                text = getattr(described, "__doc__", None)
                if isinstance(text, str) and len(text.split()) >= FEWEST_WORDS:
                    yield f"{module.__name__}.{path}", inspect.cleandoc(text)


def _public(thing: ModuleType | type) -> list[tuple[str, object]]:
    return [
        (name, value)
        for name, value in sorted(vars(thing).items(), key=lambda item: item[0])
        if not name.startswith("_") and callable(value)
    ]


def _methods(name: str, thing: object) -> list[tuple[str, object]]:
    if not inspect.isclass(thing):
        return []
    return [(f"{name}.{method}", value) for method, value in _public(thing)]
