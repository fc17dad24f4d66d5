"""Data sets that scikit-learn's loaders read: 20 Newsgroups and the Olivetti faces."""

from __future__ import annotations

import torch

from mmlearn_helpers.data.cache import drawn
from mmlearn_helpers.data.dataset import Dataset, Split
from mmlearn_helpers.data.real.made import make, read

N_WORDS = 2000


def newsgroups() -> Dataset:
    """Load 20 Newsgroups: 18 846 posts of 1993 as word counts, with the group each was sent to.

    Headers, signatures and quotations are removed, because they give the group away. A word is a
    run of three or more letters, in lower case and not among scikit-learn's English stop words;
    the vocabulary holds the 2 000 most frequent of those that stand in at least 20 training posts.
    Posts with none of them are left out: 376 of 11 314 to train and 283 of 7 532 to test.

    Returns
    -------
    Dataset
        ``text`` is ``(N, 2000)`` of counts and ``label`` is ``(N,)``, one of 20 groups; split by
        date, as its maker did: the posts to test are later than those to train.

    Raises
    ------
    FileNotFoundError
        If the data are not there and cannot be fetched.
    """
    stored = drawn("20-newsgroups", _count_words, n_words=N_WORDS)
    for split in (stored.train, stored.test):
        split["text"] = split["text"].float()
    return stored


def _count_words(n_words: int) -> Dataset:
    from sklearn.feature_extraction.text import CountVectorizer

    path = "scikit_learn/20news-bydate_py3.pkz"
    home = make(path).parent
    count = CountVectorizer(
        max_features=n_words, min_df=20, stop_words="english", token_pattern=r"(?u)\b[^\W\d_]{3,}\b"
    )
    raw, splits = {}, {}
    for split in ("train", "test"):
        raw[split] = read(path, home, subset=split, remove=("headers", "footers", "quotes"))
        known = count.fit_transform if split == "train" else count.transform
        text = torch.from_numpy(known(raw[split].data).toarray()).short()
        label = torch.from_numpy(raw[split].target).long()
        filled = text.any(1)
        splits[split] = Split({"text": text[filled], "label": label[filled]})
    return Dataset(
        name="20-newsgroups",
        **splits,
        about=(
            "Posts to 20 Usenet groups of 1993, without headers, signatures and quotations, as "
            f"counts of the {n_words:,} most frequent words."
        ),
        source="20 Newsgroups, version bydate, by Jason Rennie; through scikit-learn",
        licence="not stated by the source",
        citation=(
            "Lang, K. (1995). NewsWeeder: learning to filter netnews. Proceedings of the 12th "
            "International Conference on Machine Learning, 331–339."
        ),
        classes={"label": list(raw["train"].target_names)},
        vocabulary=count.get_feature_names_out().tolist(),
    )


def olivetti() -> Dataset:
    """Load the Olivetti faces: 400 grey pictures of 64 × 64 pixels, ten of each of 40 people.

    Returns
    -------
    Dataset
        ``image`` is ``(N, 1, 64, 64)`` in [0, 1] and ``label`` is ``(N,)``, the person; the first
        eight pictures of everybody to train and the last two to test. There is no official split.

    Raises
    ------
    FileNotFoundError
        If the data are not there and cannot be fetched.
    """
    path = "scikit_learn/olivetti_py3.pkz"
    raw = read(path, make(path).parent)
    image = torch.from_numpy(raw.images).float()[:, None]
    label = torch.from_numpy(raw.target).long()
    last = torch.arange(len(label)) % 10 >= 8
    return Dataset(
        name="olivetti",
        train=Split({"image": image[~last], "label": label[~last]}),
        test=Split({"image": image[last], "label": label[last]}),
        about="Ten faces of each of 40 people, taken between 1992 and 1994, 64 × 64 pixels.",
        source="The ORL Database of Faces, AT&T Laboratories Cambridge; through scikit-learn",
        licence="not stated by the source; it asks to give credit to AT&T Laboratories Cambridge",
        citation=(
            "Samaria, F. and Harter, A. (1994). Parameterisation of a stochastic model for human "
            "face identification. Proceedings of the 2nd IEEE Workshop on Applications of "
            "Computer Vision, 138–142."
        ),
        classes={"label": [f"person {i}" for i in range(40)]},
    )
