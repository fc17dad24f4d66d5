"""Examples, as one tensor or as a mapping from modality to tensor."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np
import torch

Examples = torch.Tensor | Mapping[str, torch.Tensor]


def check_examples(x: Examples, name: str = "data") -> None:
    """Demand at least one example, in a tensor or in a mapping of tensors of equal length.

    Parameters
    ----------
    x
        What is to be checked.
    name
        What the message calls it.

    Raises
    ------
    TypeError
        If ``x`` is neither a tensor nor a mapping of tensors, or one of them is sparse.
    ValueError
        If there are no examples, or the modalities differ in length.
    """
    for modality, tensor in _parts(x).items():
        if not isinstance(tensor, torch.Tensor) or tensor.ndim == 0:
            what = f"{name}[{modality!r}]" if isinstance(x, Mapping) else name
            axes = " without axes" if isinstance(tensor, torch.Tensor) else ""
            raise TypeError(
                f"{what} is a {type(tensor).__name__}{axes}, but a tensor with the examples along "
                "its first axis is expected, or a mapping from modality to such tensors; convert "
                "arrays with torch.as_tensor, and take the train or the test of a Dataset."
            )
        if tensor.layout != torch.strided:
            raise TypeError(f"{name} has a sparse tensor; make it a full one with x.to_dense().")
    lengths = {modality: len(tensor) for modality, tensor in _parts(x).items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(
            f"The modalities of {name} have lengths {lengths}, but every example needs all of "
            "them; select the same rows in each."
        )
    if sum(lengths.values()) == 0:
        raise ValueError(f"There are no examples in {name}; check how the data were selected.")


def n_examples(x: Examples) -> int:
    """Count the examples.

    Parameters
    ----------
    x
        A tensor, or a mapping of tensors of equal length.

    Returns
    -------
    int
        The length of the first axis.
    """
    return len(next(iter(_parts(x).values())))


def take(x: Examples, rows: torch.Tensor | slice) -> Examples:
    """Pick examples.

    Parameters
    ----------
    x
        A tensor, or a mapping of tensors of equal length.
    rows
        Numbers of the examples, ``(B,)``, truth values, ``(N,)``, or a slice.

    Returns
    -------
    torch.Tensor or Mapping[str, torch.Tensor]
        The same kind of thing with B examples.
    """
    if isinstance(x, Mapping):
        return {modality: tensor[rows] for modality, tensor in x.items()}
    return x[rows]


def move(x: Examples, device: torch.device) -> Examples:
    """Bring examples to a device.

    Parameters
    ----------
    x
        A tensor, or a mapping of tensors.
    device
        Where to.

    Returns
    -------
    torch.Tensor or Mapping[str, torch.Tensor]
        The same kind of thing on that device; no copy if it was there.
    """
    if isinstance(x, Mapping):
        return {modality: tensor.to(device) for modality, tensor in x.items()}
    return x.to(device)


def is_finite(x: Examples) -> bool:
    """Say whether no number is NaN or infinite.

    Parameters
    ----------
    x
        A tensor, or a mapping of tensors.

    Returns
    -------
    bool
        True if all numbers are finite.
    """
    return all(tensor.isfinite().all() for tensor in _parts(x).values())


def fingerprint(x: Examples) -> dict[str, list[int]]:
    """Tell data sets apart by their shapes and checksums.

    Parameters
    ----------
    x
        A tensor, or a mapping of tensors.

    Returns
    -------
    dict[str, list[int]]
        For every modality its shape, followed by the CRC-32 of its bytes.
    """
    return {
        modality: [*tensor.shape, zlib.crc32(tensor.cpu().contiguous().view(torch.uint8).numpy())]
        for modality, tensor in sorted(_parts(x).items())
    }


def mixed_seed(*numbers: int) -> int:
    """Make one seed out of several numbers, so that no two runs share their random numbers.

    Parameters
    ----------
    numbers
        Whole numbers from 0, for example the seed of a run and the number of the epoch.

    Returns
    -------
    int
        A seed.
    """
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def shuffled(n: int, seed: int, epoch: int) -> torch.Tensor:
    """Give the order in which an epoch goes through the examples.

    Parameters
    ----------
    n
        The number of examples.
    seed
        The seed of the run.
    epoch
        The number of the epoch, from 0.

    Returns
    -------
    torch.Tensor
        The numbers from 0 to n - 1, ``(n,)``.
    """
    generator = torch.Generator().manual_seed(mixed_seed(seed, epoch, 0))
    return torch.randperm(n, generator=generator)


def _parts(x: Examples) -> Mapping[str, torch.Tensor]:
    return x if isinstance(x, Mapping) else {"": x}
