"""Sets that are fetched once, and the fetching."""

from mmlearn_helpers.moved import from_its_new_place

_LEFT = ("binarised_mnist", "fashion_mnist", "frey_faces", "mfeat", "mnist")


def __getattr__(name: str) -> object:
    if name in _LEFT:
        return from_its_new_place(__name__, (f"{__name__}.pictures",), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
