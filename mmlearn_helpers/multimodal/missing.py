"""Batches of several modalities in which some examples lack some of them.

A modality that no example has is left out of the mapping. An example that lacks a modality has a
row of NaN there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from mmlearn_helpers.batches import check_examples
from mmlearn_helpers.checks import check_number
from mmlearn_helpers.hints import did_you_mean

Batch = Mapping[str, torch.Tensor]


def check_networks(networks: Mapping[str, nn.Module], name: str, reserved: str) -> None:
    """Demand a network for each modality.

    Parameters
    ----------
    networks
        What is to be checked.
    name
        What the message calls it.
    reserved
        A name that no modality may have.

    Raises
    ------
    TypeError
        If it is no mapping from names to modules.
    ValueError
        If it is empty, or a modality has the reserved name or one that torch does not allow:
        ``nn.ModuleDict`` takes no name with a dot and none of its own, such as ``"keys"``.
    """
    wanted = "a mapping from the name of each modality to a torch.nn.Module is expected, for "
    wanted += "example {'image': mlp([64, 32, 8])}."
    if not isinstance(networks, Mapping):
        raise TypeError(f"{name} is a {type(networks).__name__}, but {wanted}")
    for key, network in networks.items():
        if not isinstance(key, str) or not isinstance(network, nn.Module):
            raise TypeError(f"{name} has {key!r}: a {type(network).__name__}, but {wanted}")
    if not networks:
        raise ValueError(f"{name} is empty, but at least one modality is needed.")
    for key in networks:
        if key == reserved or "." in key or not key or hasattr(nn.ModuleDict(), key):
            raise ValueError(
                f"{name} has a modality {key!r}, but {reserved!r} has another meaning here, and "
                "torch takes neither an empty name, nor one with a dot, nor names of its own such "
                f"as 'keys' and 'type'; choose another name, for example {key.replace('.', '_')}_x."
            )


def check_share(name: str, value: float) -> None:
    """Demand a number from 0 up to, but not including, 1.

    Parameters
    ----------
    name
        What the message calls it.
    value
        The number.

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it lies outside.
    """
    check_number(name, value)
    if not 0 <= value < 1:
        raise ValueError(
            f"{name} is {value}, but a probability below 1 is expected: with 1 nothing would be "
            "left to learn from; 0 never drops anything."
        )


def check_present(present: torch.Tensor) -> None:
    """Demand truth values that leave no example without any modality.

    Parameters
    ----------
    present
        What is to be checked.

    Raises
    ------
    TypeError
        If they are no tensor of truth values.
    ValueError
        If they are no matrix ``(N, M)``, or an example has no modality.
    """
    if not isinstance(present, torch.Tensor) or present.dtype != torch.bool:
        kind = present.dtype if isinstance(present, torch.Tensor) else type(present).__name__
        raise TypeError(
            f"present is {kind}, but a tensor of truth values (examples, modalities) is expected; "
            "convert it with torch.as_tensor(present, dtype=torch.bool)."
        )
    if present.ndim != 2:
        raise ValueError(
            f"present has shape {tuple(present.shape)}, but truth values (examples, modalities) "
            "are expected; write a single example as present[None]."
        )
    nothing = ~present.any(dim=1)
    if nothing.any():
        raise ValueError(
            f"{nothing.sum().item()} examples have no modality at all, the first is row "
            f"{nothing.nonzero()[0].item()}; a model can say nothing about them, so leave them out."
        )


def fill_missing(
    batch: Batch, modalities: Sequence[str], name: str = "batch"
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Say which example has which modality, and put zeros where there is none.

    Parameters
    ----------
    batch
        A tensor for each modality that some example has, ``(N, …)``; a row of NaN where an example
        lacks it. Tensors of whole numbers lack nothing.
    modalities
        The names that the model knows.
    name
        What the message calls the batch.

    Returns
    -------
    tuple[dict[str, torch.Tensor], torch.Tensor]
        The tensors in the order of ``modalities``, without NaN, and ``(N, M)`` truth values: what
        is present.

    Raises
    ------
    TypeError
        If the batch is no mapping of tensors.
    ValueError
        If a name is unknown, the modalities differ in length, a row is NaN or infinite in parts,
        or an example has no modality at all.
    """
    if not isinstance(batch, Mapping) or not batch:
        kind = "an empty mapping" if isinstance(batch, Mapping) else f"a {type(batch).__name__}"
        raise TypeError(
            f"{name} is {kind}, but a mapping from modality to tensor is expected, for example "
            f"{{{modalities[0]!r}: x}}."
        )
    known = ", ".join(map(repr, modalities))
    for modality in batch:
        if modality not in modalities:
            raise ValueError(
                f"{name} has a modality {modality!r}, but the model knows {known}."
                f"{did_you_mean(str(modality), modalities)} Leave out what the model is not to use."
            )
    check_examples(batch, name)
    filled, present = {}, []
    for modality in modalities:
        x = batch.get(modality)
        if x is None:
            present.append(None)
            continue
        if x.numel() == 0:
            raise ValueError(
                f"{name}[{modality!r}] has shape {tuple(x.shape)}: its examples are empty. Leave "
                "out a modality that nobody has; an example that lacks one is a row of NaN."
            )
        is_there = x.isfinite().reshape(len(x), -1).all(dim=1)
        if not is_there.all():
            is_missing = x.isnan().reshape(len(x), -1).all(dim=1)
            if not (is_there | is_missing).all():
                raise ValueError(
                    f"{name}[{modality!r}] holds NaN or infinity in a part of an example; an "
                    "example that lacks a modality is a whole row of NaN. Remove or fill the "
                    "others."
                )
            x = torch.where(is_there.reshape(-1, *[1] * (x.ndim - 1)), x, 0)
        filled[modality] = x
        present.append(is_there)
    nothing = torch.zeros_like(next(part for part in present if part is not None))
    present = torch.stack([nothing if part is None else part for part in present], dim=1)
    check_present(present)
    return filled, present


def rows_of(there: torch.Tensor) -> slice | torch.Tensor:
    """Give an index to the rows that are there, which copies nothing where they are all.

    Parameters
    ----------
    there
        Truth values, ``(N,)``.

    Returns
    -------
    slice | torch.Tensor
        What to index a tensor ``(N, …)`` with.

    Raises
    ------
    TypeError
        If they are no truth values.
    """
    if there.dtype != torch.bool:
        raise TypeError(
            f"there holds {there.dtype} numbers, but truth values are expected, one for each "
            "example; compare the numbers with something first."
        )
    return slice(None) if there.all() else there


def drop_modalities(present: torch.Tensor, probability: float) -> torch.Tensor:
    """Drop modalities at random, but leave each example at least one.

    Parameters
    ----------
    present
        What is present, truth values ``(N, M)``, at least one in a row.
    probability
        With which each modality of each example is dropped, independently; where that leaves none,
        one of those that were present is kept, all with the same chance. 0 draws nothing.

    Returns
    -------
    torch.Tensor
        What is left, truth values ``(N, M)``.

    Raises
    ------
    TypeError, ValueError
        If the probability is not in [0, 1), or ``present`` is not usable.

    References
    ----------
    Neverova, N., Wolf, C., Taylor, G. and Nebout, F. (2016). ModDrop: adaptive multi-modal gesture
    recognition. IEEE Transactions on Pattern Analysis and Machine Intelligence 38, 1692–1706.
    """
    check_present(present)
    check_share("probability", probability)
    if probability == 0:
        return present
    chance = torch.rand(present.shape, device=present.device)
    left = present & (chance >= probability)
    luckiest = torch.where(present, chance, -1).argmax(dim=1, keepdim=True)
    return left.scatter(1, luckiest, True)
