"""What a data set is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch


@dataclass(frozen=True)
class Dataset:
    """A data set with its two splits and where it comes from.

    Parameters
    ----------
    name
        The name it is loaded by.
    train, test
        Mappings from modality (``"image"``, ``"label"`` …) to a tensor whose first axis counts
        the examples. Pictures are ``(N, C, H, W)`` with values in [0, 1]; labels are ``(N,)``
        integers.
    source, licence, citation
        Where the data come from, on which terms, and how to cite them.
    """

    name: str
    train: Mapping[str, torch.Tensor] = field(repr=False)
    test: Mapping[str, torch.Tensor] = field(repr=False)
    source: str = field(repr=False)
    licence: str = field(repr=False)
    citation: str = field(repr=False)
