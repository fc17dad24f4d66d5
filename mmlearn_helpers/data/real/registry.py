"""The files of the real data sets: where they lie, where they come from, and how to know them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class File:
    """A file of a real data set.

    Parameters
    ----------
    sha256
        Of its bytes, in hexadecimal digits; with ``numbers``, of its numbers.
    mirrors
        The addresses it can be fetched from, in the order in which they are tried.
    numbers
        Whether only the numbers in the text count, and of each no more than five digits: the
        copies of UCI's feature sets are not all written with the same precision.
    made_from
        For a file that scikit-learn makes from another one: that other one.
    """

    sha256: str = ""
    mirrors: tuple[str, ...] = ()
    numbers: bool = False
    made_from: str = ""


def _files(
    folder: str, hosts: list[str], sha256: dict[str, str], numbers: bool = False
) -> dict[str, File]:
    return {
        f"{folder}/{name}": File(digest, tuple(host + name for host in hosts), numbers)
        for name, digest in sha256.items()
    }


# The SHA-256 of scikit-learn's two archives are those in scikit-learn's source.
FILES: dict[str, File] = {
    **_files(
        "mnist",
        [
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ],
        {
            "train-images-idx3-ubyte.gz": (
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
            ),
            "train-labels-idx1-ubyte.gz": (
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
            ),
            "t10k-images-idx3-ubyte.gz": (
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
            ),
            "t10k-labels-idx1-ubyte.gz": (
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
            ),
        },
    ),
    **_files(
        "fashion-mnist",
        [
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        ],
        {
            "train-images-idx3-ubyte.gz": (
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
            ),
            "train-labels-idx1-ubyte.gz": (
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
            ),
            "t10k-images-idx3-ubyte.gz": (
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
            ),
            "t10k-labels-idx1-ubyte.gz": (
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
            ),
        },
    ),
    **_files(
        "binarized_mnist",
        ["http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/"],
        {
            "binarized_mnist_train.amat": (
                "ad693b29f94c14277b095f5238ddefbbdaaae0939789dd2f4f0205278cee3e4d"
            ),
            "binarized_mnist_valid.amat": (
                "1de3d397c40fe8eeb33dafd4099a1f665ec01e96d9be234aaeeac8a34930e2e2"
            ),
            "binarized_mnist_test.amat": (
                "e6687bfea3f820c174f33b7865140b2a2dd2930ef786f35d45795fc193b5ab2c"
            ),
        },
    ),
    **_files(
        "fsdd",
        [
            "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/",
            "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/",
        ],
        {"v1.0.9.tar.gz": "8bc44cde129d505cbbb6b365c09f80c663f2aa77578afc634e6141a2f87100c0"},
    ),
    **_files(
        "freyfaces",
        ["https://cs.nyu.edu/~roweis/data/", "http://www.cs.nyu.edu/~roweis/data/"],
        {"frey_rawface.mat": "39ac53a2d949e0a651ca77a27f89cefc5734f7a8017315043fbfcdf41d0a89a7"},
    ),
    **_files(
        "mfeat",
        ["https://archive.ics.uci.edu/ml/machine-learning-databases/mfeat/"],
        {
            "mfeat-fac": "92250afd634d2624fd45efd7ce50203827f66d922074c8bfae0a28e31a5c9db6",
            "mfeat-fou": "ab911e444b2ee3eed2632324d1383f0b1d64742025138ade706de5786bf1e9b0",
            "mfeat-kar": "147ba7d4db678210942690c9400c25a0bdc1f03b3bbc3173bcb6f3912adaccf7",
            "mfeat-mor": "3592976aeb419a851150868851ab6d3e048acb2ae102c8b50cf8ca27eed2a418",
            "mfeat-pix": "7f4a974ecfb8a9d69cefee3076f34db36ae48a515c83696ad877f45244cf1628",
            "mfeat-zer": "c79b6721306742e1541669da63545c09fdd98de1f3d2a115d1a5af41ad3ebf0e",
        },
        numbers=True,
    ),
    "scikit_learn/20news-bydate.tar.gz": File(
        "8f1b2514ca22a5ade8fbb9cfa5727df95fa587f4c87b786e15c759fa66d95610",
        ("https://ndownloader.figshare.com/files/5975967",),
    ),
    "scikit_learn/20news-bydate_py3.pkz": File(made_from="scikit_learn/20news-bydate.tar.gz"),
    "scikit_learn/olivettifaces.mat": File(
        "b612fb967f2dc77c9c62d3e1266e0c73d5fca46a4b8906c18e454d41af987794",
        ("https://ndownloader.figshare.com/files/5976027",),
    ),
    "scikit_learn/olivetti_py3.pkz": File(made_from="scikit_learn/olivettifaces.mat"),
}


def _of(folder: str) -> tuple[str, ...]:
    return tuple(path for path in FILES if path.startswith(f"{folder}/"))


# The files that every real data set is read from.
SETS: dict[str, tuple[str, ...]] = {
    "20-newsgroups": ("scikit_learn/20news-bydate_py3.pkz",),
    "binarised-mnist": _of("binarized_mnist"),
    "fashion-mnist": _of("fashion-mnist"),
    "frey-faces": _of("freyfaces"),
    "mnist": _of("mnist"),
    "multiple-features": _of("mfeat"),
    "olivetti": ("scikit_learn/olivetti_py3.pkz",),
    "spoken-digits": _of("fsdd"),
}
