"""Small handwritten digits: real, and always there, as scikit-learn carries them."""

from __future__ import annotations

import torch

from mmlearn_helpers.data.dataset import Dataset, Split


def digits() -> Dataset:
    """Load 1 797 handwritten digits of 8 × 8 pixels, as scikit-learn carries them.

    Returns
    -------
    Dataset
        ``image`` is ``(N, 1, 8, 8)`` in [0, 1] and ``label`` is ``(N,)``; 1 437 examples to train
        and 360 to test, split once and for all with the ten digits in equal shares.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    raw = load_digits()
    image = torch.tensor(raw.images / 16, dtype=torch.float32)[:, None]
    label = torch.tensor(raw.target)
    train, test = train_test_split(
        torch.arange(len(label)), test_size=360, random_state=0, stratify=label
    )
    return Dataset(
        name="digits",
        train=Split({"image": image[train], "label": label[train]}),
        test=Split({"image": image[test], "label": label[test]}),
        about="1 797 handwritten digits of 8 × 8 pixels in 17 shades.",
        source="Optical Recognition of Handwritten Digits, UCI; the copy in scikit-learn",
        licence="CC BY 4.0",
        citation=(
            "Alpaydin, E. and Kaynak, C. (1998). Optical Recognition of Handwritten Digits. "
            "UCI Machine Learning Repository. doi:10.24432/C50P49"
        ),
        classes={"label": tuple("0123456789")},
    )
