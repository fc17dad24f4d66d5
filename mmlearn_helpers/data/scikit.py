"""Data sets that scikit-learn's loaders read: 20 Newsgroups and the Olivetti faces."""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from mmlearn_helpers.data.cache import data_folder, drawn
from mmlearn_helpers.data.dataset import Dataset, Split
from mmlearn_helpers.data.fetch import fetch
from mmlearn_helpers.data.registry import FILES

N_WORDS = 2000


def make(path: str) -> Path:
    """Give the place of a file that scikit-learn keeps; let it be made if it is not there.

    The archive is fetched as every other file is, scikit-learn makes its own file from it in a
    folder aside, and that is moved into place in one step.

    Parameters
    ----------
    path
        ``"scikit_learn/20news-bydate_py3.pkz"`` or ``"scikit_learn/olivetti_py3.pkz"``.

    Returns
    -------
    pathlib.Path
        The file, which scikit-learn has read without complaint.

    Raises
    ------
    FileNotFoundError
        If the file is not there and its archive cannot be fetched, or nothing can be written.
    """
    target = data_folder() / path
    if target.is_file():
        try:
            _read(path, target.parent)
        except Exception as error:  # reading a damaged pickle can raise anything
            warnings.warn(f"{target} cannot be read ({error}) and is made anew.", stacklevel=3)
        else:
            return target
    source = fetch(FILES[path].made_from)
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix="made-") as home:
            # Where scikit-learn itself would have put what it downloads.
            where = Path(home, "20news_home" if "20news" in path else "", source.name)
            where.parent.mkdir(exist_ok=True)
            shutil.copyfile(source, where)
            _read(path, Path(home), download_if_missing=True)
            Path(home, target.name).replace(target)
    except OSError as error:
        raise FileNotFoundError(
            f"scikit-learn cannot make {target} from {source}: {error}. Free some space there, or "
            f"put scikit-learn's own {target.name} from another computer at {target}."
        ) from error
    return target


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
        raw[split] = _read(path, home, subset=split, remove=("headers", "footers", "quotes"))
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
    raw = _read(path, make(path).parent)
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


def _read(path: str, home: Path, download_if_missing: bool = False, **options: object) -> Any:  # noqa: ANN401
    from sklearn import datasets

    load: Callable[..., Any] = (
        datasets.fetch_20newsgroups if "20news" in path else datasets.fetch_olivetti_faces
    )
    with contextlib.redirect_stdout(io.StringIO()):  # both loaders print
        return load(data_home=str(home), download_if_missing=download_if_missing, **options)
