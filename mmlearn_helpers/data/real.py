"""Data sets that are read from the folder that the environment variable MMLEARN_DATA names."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import torch

from mmlearn_helpers.data.dataset import Dataset, Split


def _find(relative: str) -> Path:
    folder = os.environ.get("MMLEARN_DATA")
    if not folder:
        raise FileNotFoundError(
            f"{relative} is needed, but the environment variable MMLEARN_DATA is not set; "
            f"put the file at FOLDER/{relative} and set MMLEARN_DATA to FOLDER."
        )
    path = Path(folder) / relative
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no file {path}; put it there, or set MMLEARN_DATA to the folder that "
            f"holds {relative}."
        )
    return path


def _read_idx(relative: str) -> torch.Tensor:
    raw = gzip.decompress(_find(relative).read_bytes())
    n_axes = raw[3]
    shape = np.frombuffer(raw, ">i4", count=n_axes, offset=4)
    return torch.from_numpy(
        np.frombuffer(raw, np.uint8, offset=4 + 4 * n_axes).reshape(shape).copy()
    )


def mnist() -> Dataset:
    """Load MNIST: 70 000 handwritten digits of 28 × 28 pixels.

    Returns
    -------
    Dataset
        ``image`` is ``(N, 1, 28, 28)`` in [0, 1] and ``label`` is ``(N,)``; the official 60 000
        examples to train and 10 000 to test.

    Raises
    ------
    FileNotFoundError
        If the four files ``mnist/*-ubyte.gz`` are not in the folder ``MMLEARN_DATA``.
    """

    def split(prefix: str) -> Split:
        image = _read_idx(f"mnist/{prefix}-images-idx3-ubyte.gz")[:, None] / 255
        label = _read_idx(f"mnist/{prefix}-labels-idx1-ubyte.gz").long()
        return Split({"image": image, "label": label})

    return Dataset(
        name="mnist",
        train=split("train"),
        test=split("t10k"),
        about="70 000 handwritten digits of 28 × 28 pixels, by some 500 writers.",
        source="The MNIST database of handwritten digits, as published by LeCun, Cortes and Burges",
        licence="CC BY-SA 3.0",
        citation=(
            "LeCun, Y., Bottou, L., Bengio, Y. and Haffner, P. (1998). Gradient-based learning "
            "applied to document recognition. Proceedings of the IEEE 86(11), 2278–2324."
        ),
        classes={"label": tuple("0123456789")},
    )
