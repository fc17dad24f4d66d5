"""Pairs of examples from two data sets that carry the same label."""

from __future__ import annotations

import torch

from mmlearn_helpers.batches import take
from mmlearn_helpers.checks import check_count, check_seed
from mmlearn_helpers.data.catalogue import load
from mmlearn_helpers.data.dataset import Dataset, Split

SPOKEN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def paired(
    first: str, second: str, *, n_train: int = 10_000, n_test: int = 2_000, seed: int = 0
) -> Dataset:
    """Pair two data sets by label, for example written digits with spoken ones.

    Each pair is drawn at random among all pairs of one label, and all labels have equal shares.
    No example is in both splits: training pairs are made of training examples only, test pairs of
    test examples. Of a set that knows its speakers both splits are joined, and the last third of
    the speakers is kept for the test, so that nobody who is heard there was heard in training.

    Parameters
    ----------
    first, second
        Names that :func:`mmlearn_helpers.data.load` knows. Labels are matched by what they stand
        for, where "zero" and "0" are the same; those that only one set has are left out.
    n_train, n_test
        The number of pairs to train and to test.
    seed
        Of the drawing.

    Returns
    -------
    Dataset
        The modalities of both sets, and one ``label``, numbered as in the first set where both
        have the same ones.

    Raises
    ------
    TypeError
        If a name is no string, or a number is not whole.
    ValueError
        If a set has no labels, the two share no label or have another modality in common, a label
        is missing from a split, there are too few speakers, or a number is below 1.
    """
    check_count("n_train", n_train)
    check_count("n_test", n_test)
    check_seed(seed)
    sets = [load(first), load(second)]
    names = _shared(sets)
    splits = [_without_shared_speakers(dataset) for dataset in sets]
    generator = torch.Generator().manual_seed(seed)
    train, test = (
        _pair([pair[i] for pair in splits], sets, names, n, generator)
        for i, n in enumerate((n_train, n_test))
    )
    return Dataset(
        name=f"{first} with {second}",
        train=train,
        test=test,
        about=f"Pairs of the same label. {' '.join(dataset.about for dataset in sets)}",
        source="; ".join(dataset.source for dataset in sets),
        licence="; ".join(dataset.licence for dataset in sets),
        citation=" ".join(dataset.citation for dataset in sets),
        classes={**sets[1].classes, **sets[0].classes, "label": names},
        vocabulary=sets[0].vocabulary or sets[1].vocabulary,
        sample_rate=sets[0].sample_rate or sets[1].sample_rate,
    )


def _shared(sets: list[Dataset]) -> list[str]:
    """Give the labels that both sets have, after a look at whether they can be paired."""
    for dataset in sets:
        if "label" not in dataset.train or "label" not in dataset.classes:
            raise ValueError(
                f"{dataset.name!r} has no labels, but sets are paired by label; choose a set that "
                "has a modality 'label'."
            )
    both = sorted((set(sets[0].train) & set(sets[1].train)) - {"label"})
    if both:
        raise ValueError(
            f"{sets[0].name!r} and {sets[1].name!r} both have {', '.join(map(repr, both))}, but a "
            "modality of a pair can come from one of them only; choose sets that differ in it."
        )
    first, second = (_labels(dataset) for dataset in sets)
    names = [name for name in first if name in second]
    if not names:
        raise ValueError(
            f"{sets[0].name!r} and {sets[1].name!r} have no label in common "
            f"({', '.join(sets[0].classes['label'][:3])} … and "
            f"{', '.join(sets[1].classes['label'][:3])} …), but pairs need the same label; choose "
            "two sets of the same things."
        )
    return names


def _labels(dataset: Dataset) -> list[str]:
    """Give what the labels stand for, digits always as numerals."""
    return [
        str(SPOKEN.index(name)) if name in SPOKEN else name for name in dataset.classes["label"]
    ]


def _without_shared_speakers(dataset: Dataset) -> tuple[Split, Split]:
    if "speaker" not in dataset.train:
        return dataset.train, dataset.test
    whole = {name: torch.cat([x, dataset.test[name]]) for name, x in dataset.train.items()}
    speakers = whole["speaker"].unique()
    if len(speakers) < 2:
        raise ValueError(
            f"{dataset.name!r} has one speaker only, but one is needed to train and another to "
            "test; choose a set with more."
        )
    held_out = torch.isin(whole["speaker"], speakers[-max(1, len(speakers) // 3) :])
    return (
        Split(take(whole, ~held_out)),
        Split(take(whole, held_out)),
    )


def _pair(
    splits: list[Split], sets: list[Dataset], names: list[str], n: int, generator: torch.Generator
) -> Split:
    label = torch.arange(n)[torch.randperm(n, generator=generator)] % len(names)
    modalities = {}
    for split, dataset in zip(splits, sets, strict=True):
        chosen = torch.empty(n, dtype=torch.int64)
        for number, name in enumerate(names):
            among = (split["label"] == _labels(dataset).index(name)).nonzero()[:, 0]
            wanted = (label == number).nonzero()[:, 0]
            if len(wanted) and not len(among):
                raise ValueError(
                    f"A split of {dataset.name!r} has no example of the label {name!r}, but every "
                    "label needs one in both splits; choose another set."
                )
            if len(wanted):
                drawn = torch.randint(len(among), (len(wanted),), generator=generator)
                chosen[wanted] = among[drawn]
        modalities |= {name: x[chosen] for name, x in split.items() if name != "label"}
    return Split(modalities | {"label": label})
