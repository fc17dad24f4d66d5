"""The documents are those of the installed packages, counted as scikit-learn counts."""

import importlib
import math
import re
from collections import Counter

import numpy as np
import pytest
import torch
from scipy.sparse import diags_array, dok_array
from scipy.sparse.linalg import norm
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from mmlearn_helpers import data
from mmlearn_helpers.data.drawn.docs import ALIKE, FEWEST_DOCUMENTS, PACKAGES


@pytest.fixture(scope="module")
def dataset():
    return data.load("docs")


def words_of(name):
    package, module, *path = name.split(".")
    thing = importlib.import_module(f"{package}.{module}")
    for part in path:
        thing = getattr(thing, part)
    return re.findall(r"(?<![a-z0-9])[a-z]{2,}(?![a-z0-9])", thing.__doc__.lower())


def test_there_are_thousands_of_documents_of_all_packages(dataset):
    counts = torch.bincount(dataset.train["package"])
    assert dataset.train.n_examples > 3000
    assert len(counts) == len(PACKAGES)
    assert counts.min() > 300


def test_a_row_counts_the_words_of_the_docstring(dataset):
    for row in range(0, dataset.test.n_examples, 97):
        name = dataset.classes["name"][dataset.test["name"][row]]
        words = words_of(name)
        expected = [words.count(word) for word in dataset.vocabulary]
        assert dataset.test["text"][row].tolist() == expected, name


def test_the_labels_are_those_of_the_name(dataset):
    for split in (dataset.train, dataset.test):
        for package, module, name in zip(
            split["package"].tolist(), split["module"].tolist(), split["name"].tolist(), strict=True
        ):
            spelt = dataset.classes["name"][name]
            assert spelt.startswith(dataset.classes["module"][module] + ".")
            assert spelt.startswith(PACKAGES[package] + ".")


def test_every_module_is_for_training_and_no_more_than_a_fifth_of_it_for_testing(dataset):
    n_modules = len(dataset.classes["module"])
    train, test = (
        torch.bincount(split["module"], minlength=n_modules)
        for split in (dataset.train, dataset.test)
    )
    assert (train + test).min() >= FEWEST_DOCUMENTS
    assert (test <= ((train + test) / 5).round()).all()
    assert (test > 0).float().mean() > 0.95
    assert 0.18 < test.sum() / (train + test).sum() < 0.22


def test_no_text_for_testing_is_nearly_the_same_as_one_for_training(dataset):
    sides = [
        [words_of(dataset.classes["name"][i]) for i in split["name"].tolist()]
        for split in (dataset.train, dataset.test)
    ]
    texts = [
        [word for word in words if word not in ENGLISH_STOP_WORDS] for words in sides[0] + sides[1]
    ]
    n_with = Counter(word for words in texts for word in set(words))
    place = {word: i for i, word in enumerate(n_with)}
    rarity = {word: math.log((1 + len(texts)) / (1 + n)) + 1 for word, n in n_with.items()}
    x = dok_array((len(texts), len(place)))
    for row, words in enumerate(texts):
        for word, n in Counter(words).items():
            x[row, place[word]] = n * rarity[word]
    x = x.tocsr()
    x = diags_array(1 / norm(x, axis=1)) @ x
    n_train, nearest = len(sides[0]), []
    for start in range(n_train, len(texts), 200):
        nearest.append((x[start : start + 200] @ x[:n_train].T).max(axis=1).toarray())
    nearest = torch.from_numpy(np.concatenate(nearest))
    assert nearest.max() < ALIKE + 1e-5
    assert nearest.median() > 0.3  # the measure is not blind


def test_a_family_is_never_divided_and_most_texts_have_one_of_their_own(dataset):
    train, test = (set(split["family"].tolist()) for split in (dataset.train, dataset.test))
    assert not train & test
    sizes = torch.cat([dataset.train["family"], dataset.test["family"]]).bincount()
    assert sizes.min() == 1 and sizes.max() > 20
    assert (sizes == 1).float().mean() > 0.5


def test_no_document_is_twice_in_the_set(dataset):
    names = torch.cat([dataset.train["name"], dataset.test["name"]])
    assert len(names.unique()) == len(names)


def test_stop_words_are_left_out_and_the_vocabulary_has_the_size_asked_for(dataset):
    assert len(dataset.vocabulary) == dataset.train["text"].shape[1] == 2000
    assert not {"the", "of", "is"} & set(dataset.vocabulary)
    assert len(data.load("docs", n_words=50).vocabulary) == 50
