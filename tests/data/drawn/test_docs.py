"""The documents are those of the installed packages, counted as scikit-learn counts."""

import importlib
import re

import pytest
import torch

from mmlearn_helpers import data
from mmlearn_helpers.data.drawn.docs import FEWEST_DOCUMENTS, PACKAGES


@pytest.fixture(scope="module")
def dataset():
    return data.load("docs")


def test_there_are_thousands_of_documents_of_all_packages(dataset):
    counts = torch.bincount(dataset.train["package"])
    assert dataset.train.n_examples > 3000
    assert len(counts) == len(PACKAGES)
    assert counts.min() > 300


def test_a_row_counts_the_words_of_the_docstring(dataset):
    for row in range(0, dataset.test.n_examples, 97):
        name = dataset.classes["name"][dataset.test["name"][row]]
        package, module, *path = name.split(".")
        thing = importlib.import_module(f"{package}.{module}")
        for part in path:
            thing = getattr(thing, part)
        words = re.findall(r"(?<![a-z0-9])[a-z]{2,}(?![a-z0-9])", thing.__doc__.lower())
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


def test_every_module_is_in_both_splits(dataset):
    n_modules = len(dataset.classes["module"])
    counts = torch.bincount(dataset.train["module"]) + torch.bincount(dataset.test["module"])
    assert counts.min() >= FEWEST_DOCUMENTS
    assert len(dataset.test["module"].unique()) == n_modules


def test_no_document_is_twice_in_the_set(dataset):
    names = torch.cat([dataset.train["name"], dataset.test["name"]])
    assert len(names.unique()) == len(names)


def test_stop_words_are_left_out_and_the_vocabulary_has_the_size_asked_for(dataset):
    assert len(dataset.vocabulary) == dataset.train["text"].shape[1] == 2000
    assert not {"the", "of", "is"} & set(dataset.vocabulary)
    assert len(data.load("docs", n_words=50).vocabulary) == 50
