"""Numbers for scikit-learn."""

from __future__ import annotations

import numpy as np
import torch


def as_array(x: torch.Tensor) -> np.ndarray:
    """Give numbers to scikit-learn, which knows no gradients, devices and 16-bit numbers.

    Parameters
    ----------
    x
        Any numbers.

    Returns
    -------
    numpy.ndarray
        The same in 32 bits or more.
    """
    x = x.detach().cpu()
    return (x.float() if x.is_floating_point() and x.itemsize < 4 else x).numpy()
