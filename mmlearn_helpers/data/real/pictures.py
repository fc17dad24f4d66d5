"""Pictures that this package reads by itself; scikit-learn reads those in ``scikit``."""

from __future__ import annotations

import gzip

import numpy as np
import torch

from mmlearn_helpers.batches import take
from mmlearn_helpers.data.cache import drawn
from mmlearn_helpers.data.dataset import Dataset, Split
from mmlearn_helpers.data.real.downloads import five_digits
from mmlearn_helpers.data.real.fetch import content, fetch

DIGITS = tuple("0123456789")
CLOTHES = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
VIEWS = ("fac", "fou", "kar", "mor", "pix", "zer")


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
        If the files are not there and cannot be fetched.
    """
    return Dataset(
        name="mnist",
        train=_idx_split("mnist/train"),
        test=_idx_split("mnist/t10k"),
        about="70 000 handwritten digits of 28 × 28 pixels, by some 500 writers.",
        source="The MNIST database of handwritten digits, as published by LeCun, Cortes and Burges",
        licence="CC BY-SA 3.0",
        citation=(
            "LeCun, Y., Bottou, L., Bengio, Y. and Haffner, P. (1998). Gradient-based learning "
            "applied to document recognition. Proceedings of the IEEE 86(11), 2278–2324."
        ),
        classes={"label": DIGITS},
    )


def fashion_mnist() -> Dataset:
    """Load Fashion-MNIST: 70 000 grey pictures of clothes, 28 × 28 pixels, ten kinds.

    Returns
    -------
    Dataset
        ``image`` is ``(N, 1, 28, 28)`` in [0, 1] and ``label`` is ``(N,)``; the official 60 000
        examples to train and 10 000 to test.

    Raises
    ------
    FileNotFoundError
        If the files are not there and cannot be fetched.
    """
    return Dataset(
        name="fashion-mnist",
        train=_idx_split("fashion-mnist/train"),
        test=_idx_split("fashion-mnist/t10k"),
        about="70 000 grey pictures of Zalando's articles, 28 × 28 pixels, of ten kinds.",
        source="Fashion-MNIST, Zalando Research",
        licence="MIT",
        citation=(
            "Xiao, H., Rasul, K. and Vollgraf, R. (2017). Fashion-MNIST: a novel image dataset for "
            "benchmarking machine learning algorithms. arXiv:1708.07747."
        ),
        classes={"label": CLOTHES},
    )


def binarised_mnist(validation: bool = False) -> Dataset:
    """Load binarised MNIST: the fixed black and white copy on which likelihoods are compared.

    Each pixel was set once and for all, to 1 with a probability equal to its grey value. The
    labels were not published with it.

    Parameters
    ----------
    validation
        Whether ``test`` is to hold the 10 000 pictures for validation, to choose a model by,
        instead of the 10 000 for the one number that is reported.

    Returns
    -------
    Dataset
        ``image`` is ``(N, 1, 28, 28)`` of zeros and ones: Larochelle's 50 000 to train, and 10 000.

    Raises
    ------
    TypeError
        If ``validation`` is neither true nor false.
    FileNotFoundError
        If the files are not there and cannot be fetched.
    """
    if not isinstance(validation, bool):
        raise TypeError(f"validation is {validation!r}, but True or False is expected.")
    second = "valid" if validation else "test"
    return Dataset(
        name="binarised-mnist",
        train=Split({"image": _read_bits("binarized_mnist/binarized_mnist_train.amat")}),
        test=Split({"image": _read_bits(f"binarized_mnist/binarized_mnist_{second}.amat")}),
        about="MNIST in black and white, drawn once from the grey values; no labels.",
        source="Hugo Larochelle, University of Toronto",
        licence="not stated by the source",
        citation=(
            "Larochelle, H. and Murray, I. (2011). The neural autoregressive distribution "
            "estimator. AISTATS, 29–37. The pixels as in Salakhutdinov, R. and Murray, I. (2008). "
            "On the quantitative analysis of deep belief networks. ICML, 872–879."
        ),
    )


def frey_faces() -> Dataset:
    """Load the Frey faces: 1 965 frames of a film of one man's face, 28 × 20 pixels.

    The frames stay in the order of the film. Neighbours hardly differ, so a random split would
    put near copies of the training frames into the test; here its last part is kept for that.

    Returns
    -------
    Dataset
        ``image`` is ``(N, 1, 28, 20)`` in [0, 1]; the first 1 600 frames to train and the last 365
        to test. There is no official split.

    Raises
    ------
    FileNotFoundError
        If the file is not there and cannot be fetched.
    """
    from scipy.io import loadmat

    raw = loadmat(fetch("freyfaces/frey_rawface.mat"))["ff"].T.reshape(-1, 1, 28, 20)
    image = torch.from_numpy(raw.copy()) / 255
    return Dataset(
        name="frey-faces",
        train=Split({"image": image[:1600]}),
        test=Split({"image": image[1600:]}),
        about="1 965 frames of a film of Brendan Frey's face, 28 × 20 pixels, in their order.",
        source="Data for MATLAB hackers, Sam Roweis, New York University",
        licence="not stated by the source",
        citation=(
            "Roweis, S. T., Saul, L. K. and Hinton, G. E. (2002). Global coordination of local "
            "linear models. Advances in Neural Information Processing Systems 14, 889–896."
        ),
    )


def mfeat() -> Dataset:
    """Load Multiple Features: 2 000 handwritten digits, each described in six ways.

    The views are 216 profile correlations (``fac``), 76 Fourier coefficients of the outline
    (``fou``), 64 Karhunen–Loève coefficients (``kar``), 6 morphological features (``mor``), 240
    averages of 2 × 3 pixels (``pix``) and 47 Zernike moments (``zer``), as they were published,
    not standardised. Every number is taken with five digits, so that all copies give the same.

    Returns
    -------
    Dataset
        The six views ``(N, D)`` and ``label`` ``(N,)``; 160 of each digit to train and 40 to test,
        split once and for all. There is no official split.

    Raises
    ------
    FileNotFoundError
        If the files are not there and cannot be fetched.
    """
    return drawn("multiple-features", _read_views)


def _read_views() -> Dataset:
    from sklearn.model_selection import train_test_split

    label = torch.arange(10).repeat_interleave(200)
    modalities = {"label": label}
    for view in VIEWS:
        numbers = five_digits(content(f"mfeat/mfeat-{view}")).split()
        modalities[view] = torch.from_numpy(np.array(numbers, np.float32).reshape(2000, -1))
    train, test = train_test_split(
        torch.arange(len(label)), test_size=400, random_state=0, stratify=label
    )
    return Dataset(
        name="multiple-features",
        train=Split(take(modalities, train)),
        test=Split(take(modalities, test)),
        about="2 000 digits from Dutch utility maps, 200 of each, in six sets of features.",
        source="Multiple Features, UCI Machine Learning Repository",
        licence="CC BY 4.0",
        citation="Duin, R. (1998). Multiple Features. UCI Machine Learning Repository. "
        "doi:10.24432/C5HC70",
        classes={"label": DIGITS},
    )


def _idx_split(start: str) -> Split:
    image = _read_idx(f"{start}-images-idx3-ubyte.gz")[:, None] / 255
    return Split({"image": image, "label": _read_idx(f"{start}-labels-idx1-ubyte.gz").long()})


def _read_idx(path: str) -> torch.Tensor:
    raw = gzip.decompress(content(path))
    n_axes = raw[3]
    shape = np.frombuffer(raw, ">i4", count=n_axes, offset=4)
    return torch.from_numpy(
        np.frombuffer(raw, np.uint8, offset=4 + 4 * n_axes).reshape(shape).copy()
    )


def _read_bits(path: str) -> torch.Tensor:
    """Read lines of 784 zeros and ones with a space, or the end of the line, after each."""
    bits = np.frombuffer(content(path), np.uint8).reshape(-1, 2 * 784)[:, ::2] == ord("1")
    return torch.from_numpy(bits).float().reshape(-1, 1, 28, 28)
