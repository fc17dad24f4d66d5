"""A data set of the reader's own pictures and texts."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch

from mmlearn_helpers.checks import check_count, check_number, check_seed
from mmlearn_helpers.data.dataset import Dataset, Split
from mmlearn_helpers.files import check_path

PICTURES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
TEXTS = (".txt", ".md")


def from_folder(
    images: str | Path,
    texts: str | Path,
    *,
    size: int | tuple[int, int] = (28, 28),
    colour: bool = True,
    n_words: int = 1000,
    test_share: float = 0.2,
    seed: int = 0,
) -> Dataset:
    """Make a data set of pictures and texts that are matched by file name.

    ``cat.jpg`` and ``cat.txt`` make one example. Whatever cannot be used is named in one warning:
    files that are unreadable, empty, hidden, of another kind or without their other half, and two
    files of the same kind and name. Folders inside the folders are not looked into.

    Parameters
    ----------
    images, texts
        The folders; they may be the same one. Pictures end in .png, .jpg, .jpeg, .gif, .bmp,
        .webp, .tif or .tiff, texts in .txt or .md and are written in UTF-8.
    size
        Height and width that every picture is brought to, in pixels; one number for both.
    colour
        Whether pictures have three channels, or one of grey.
    n_words
        The size of the vocabulary: the words that are most frequent in the training texts. A word
        is a run of two or more letters or digits, so scripts without spaces must be cut into words
        beforehand.
    test_share
        The share of the examples that is kept for the test, between 0 and 1.
    seed
        Of the random split.

    Returns
    -------
    Dataset
        ``image`` is ``(N, C, height, width)`` in [0, 1], ``text`` is ``(N, words)`` of counts, and
        ``name`` is ``(N,)``, for which ``classes["name"]`` gives the file names.

    Raises
    ------
    TypeError
        If an option is of the wrong kind.
    ValueError
        If a number is impossible, a folder is missing or has no file of its kind, or fewer than
        two examples or no word at all can be used.
    """
    shape = tuple(size) if isinstance(size, Sequence) else (size, size)
    _check_options(shape, colour, n_words, test_share)
    check_seed(seed)
    images, texts = check_path("images", images), check_path("texts", texts)
    unused: list[str] = []
    same = images.resolve() == texts.resolve()
    found = [
        _find(images, PICTURES, TEXTS if same else (), unused),
        _find(texts, TEXTS, PICTURES if same else (), unused),
    ]
    for i, lacks in enumerate(("text", "picture")):
        lonely = sorted(found[i].keys() - found[1 - i].keys())
        unused += [f"{found[i][stem].name} (there is no {lacks} of that name)" for stem in lonely]
    pictures, words = {}, {}
    for stem in sorted(found[0].keys() & found[1].keys()):
        try:
            text = _read_text(found[1][stem])
            pictures[stem] = _read_picture(found[0][stem], shape, colour)
            words[stem] = text
        except ValueError as error:
            unused.append(str(error))
    if len(words) < 2:
        raise ValueError(
            f"{len(words)} pairs of a picture and a text can be used, but two are needed at least, "
            f"one to train and one to test; put pairs like cat.jpg and cat.txt into {images} and "
            f"{texts}. {_list(unused)}"
        )
    if unused:
        warnings.warn(_list(unused), stacklevel=2)
    return _dataset(list(words.values()), pictures, n_words, test_share, seed, f"{images}, {texts}")


def _check_options(shape: tuple[int, ...], colour: bool, n_words: int, test_share: float) -> None:
    if len(shape) != 2:
        raise ValueError(
            f"size is {shape}, but the height and the width in pixels are expected; give two whole "
            "numbers from 1, or one for both."
        )
    for side in shape:
        check_count("size", side)
    if not isinstance(colour, bool):
        raise TypeError(f"colour is {colour!r}, but True or False is expected.")
    check_count("n_words", n_words)
    check_number("test_share", test_share)
    if not 0 < test_share < 1:
        raise ValueError(
            f"test_share is {test_share}, but a share between 0 and 1 is expected; 0.2 keeps one "
            "example in five for the test."
        )


def _find(
    folder: Path, suffixes: tuple[str, ...], others: tuple[str, ...], unused: list[str]
) -> dict[str, Path]:
    """Give the usable files of a kind by name, and note the others."""
    if not folder.is_dir():
        raise ValueError(f"There is no folder {folder}; check the name, or make it and fill it.")
    found: dict[str, Path] = {}
    twice = set()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        stem, suffix = unicodedata.normalize("NFC", path.stem), path.suffix.lower()
        if path.name.startswith("."):
            unused.append(f"{path.name} (hidden)")
        elif suffix not in suffixes + others:
            unused.append(f"{path.name} (it ends in none of {', '.join(suffixes + others)})")
        elif suffix in suffixes and stem in found:
            unused.append(f"{path.name} ({found[stem].name} has the same name)")
            twice.add(stem)
        elif suffix in suffixes:
            found[stem] = path
    for stem in twice:
        unused.append(f"{found.pop(stem).name} (it is not clear which of the two is meant)")
    if not found:
        raise ValueError(
            f"The folder {folder} holds no file that ends in {', '.join(suffixes)} and can be "
            f"used; put some there. {_list(unused)}"
        )
    return found


def _read_text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} (not written in UTF-8)") from error
    except OSError as error:
        raise ValueError(f"{path.name} (cannot be read: {error.strerror})") from error
    if not text.strip():
        raise ValueError(f"{path.name} (empty)")
    return text


def _read_picture(path: Path, shape: tuple[int, ...], colour: bool) -> torch.Tensor:
    import numpy as np
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as file:
            mode = file.mode
            upright = ImageOps.exif_transpose(file).convert("RGB" if colour else "L")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path.name} (not a readable picture)") from error
    if mode[0] in "IF":  # Pillow has cut values above 255 off
        raise ValueError(f"{path.name} (more than 8 bits a pixel; save it with 8)")
    pixels = np.array(upright.resize((shape[1], shape[0])), dtype=np.float32) / 255
    return torch.from_numpy(pixels.reshape(*shape, -1)).permute(2, 0, 1)


def _dataset(
    texts: list[str],
    pictures: dict[str, torch.Tensor],
    n_words: int,
    test_share: float,
    seed: int,
    source: str,
) -> Dataset:
    from sklearn.feature_extraction.text import CountVectorizer

    n = len(texts)
    n_test = min(max(1, round(test_share * n)), n - 1)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    rows = {"train": order[n_test:].sort().values, "test": order[:n_test].sort().values}
    count = CountVectorizer(max_features=n_words)
    try:
        count.fit([texts[i] for i in rows["train"].tolist()])
    except ValueError as error:
        raise ValueError(
            "The training texts hold no word of two or more letters, but the vocabulary is made of "
            "such words; put words with spaces between them into the texts."
        ) from error
    image = torch.stack(list(pictures.values())).contiguous()
    text = torch.from_numpy(count.transform(texts).toarray()).float()
    splits = {
        split: Split({"image": image[row], "text": text[row], "name": row})
        for split, row in rows.items()
    }
    return Dataset(
        name="folder",
        **splits,
        about=f"{n} pictures, each with a text, from the reader's own folders.",
        source=source,
        licence="whatever the reader has agreed with the makers of the files",
        citation="none: these are the reader's own files",
        classes={"name": list(pictures)},
        vocabulary=count.get_feature_names_out().tolist(),
    )


def _list(unused: list[str]) -> str:
    return f"Not used: {'; '.join(unused)}." if unused else ""
