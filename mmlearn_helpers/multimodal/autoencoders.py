"""Multimodal autoencoders: one shared code, an encoder and a decoder for each modality."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

import torch
from torch import nn

from mmlearn_helpers.checks import check_matrix, check_positive
from mmlearn_helpers.multimodal.errors import squared_error, word_error
from mmlearn_helpers.multimodal.missing import (
    Batch,
    check_networks,
    check_share,
    drop_modalities,
    fill_missing,
    rows_of,
)
from mmlearn_helpers.multimodal.networks import encode_each, run_network

__all__ = ["Modality", "MultimodalAutoencoder", "squared_error", "word_error"]


class Modality(NamedTuple):
    """What a multimodal autoencoder needs to know about a modality.

    Parameters
    ----------
    encoder
        A network from ``(N, …)`` to codes ``(N, K)``; ``None`` for a modality that is only
        reconstructed, never read.
    decoder
        A network from codes ``(N, K)`` to ``(N, …)``; ``None`` for one that is only read.
    error
        Takes what the decoder gives and the examples to an error an example, ``(N,)``.
    weight
        What an error of 1 counts in the sum over modalities.
    """

    encoder: nn.Module | None
    decoder: nn.Module | None
    error: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = squared_error
    weight: float = 1.0


class MultimodalAutoencoder(nn.Module):
    """Reconstruct all modalities from those that are present.

    The code of an example is the mean of what the encoders of its present modalities say. A further
    modality is a further entry.

    Parameters
    ----------
    modalities
        From the name of each modality to its :class:`Modality`.
    drop
        Probability with which :meth:`loss` hides a modality of an example from the encoders in
        training. It is reconstructed all the same.
    hidden_in_evaluation
        Modalities that the model is to reconstruct from the others. In evaluation mode, and so in
        the validation of ``fit``, :meth:`loss` hides them from the encoders and counts their errors
        only. With nothing hidden it counts all errors of reconstruction from everything.

    Raises
    ------
    TypeError
        If encoders and decoders are not modules.
    ValueError
        If there is no encoder or no decoder, a modality is called ``"loss"`` or has neither, a
        weight is not above 0, ``drop`` is not in [0, 1), or ``hidden_in_evaluation`` leaves no
        encoder or has an unknown name.

    References
    ----------
    Ngiam, J., Khosla, A., Kim, M., Nam, J., Lee, H. and Ng, A. Y. (2011). Multimodal deep learning.
    ICML. There the shared layer reads both modalities side by side, zeros for one that is missing.
    """

    def __init__(
        self,
        modalities: Mapping[str, Modality],
        *,
        drop: float = 0.0,
        hidden_in_evaluation: Collection[str] = (),
    ) -> None:
        super().__init__()
        modalities = _modalities(modalities)
        check_share("drop", drop)
        encoders = {name: m.encoder for name, m in modalities.items() if m.encoder is not None}
        decoders = {name: m.decoder for name, m in modalities.items() if m.decoder is not None}
        check_networks(encoders, "The mapping of encoders", "loss")
        check_networks(decoders, "The mapping of decoders", "loss")
        self.encoders, self.decoders = nn.ModuleDict(encoders), nn.ModuleDict(decoders)
        self.modalities, self.drop = tuple(modalities), drop
        self.hidden_in_evaluation = _hidden(hidden_in_evaluation, encoders)
        self.errors = {name: m.error for name, m in modalities.items()}
        self.weights = {name: float(m.weight) for name, m in modalities.items()}

    def encode(self, batch: Batch) -> torch.Tensor:
        """Turn examples into codes.

        Parameters
        ----------
        batch
            From modality to ``(N, …)``: some or all of the modalities that have an encoder, with
            rows of NaN where an example lacks one.

        Returns
        -------
        torch.Tensor
            Codes, ``(N, K)``.

        Raises
        ------
        TypeError, ValueError
            If the batch is not usable, see :func:`mmlearn_helpers.multimodal.missing.fill_missing`,
            or the encoders disagree about the width of the code.
        """
        return self._encode(*fill_missing(batch, list(self.encoders)))

    def decode(self, z: torch.Tensor) -> dict[str, torch.Tensor]:
        """Turn codes into every modality that has a decoder.

        Parameters
        ----------
        z
            Codes, ``(N, K)``.

        Returns
        -------
        dict[str, torch.Tensor]
            What the decoders give: for :func:`word_error`, logits.

        Raises
        ------
        TypeError, ValueError
            If ``z`` is not a finite, non-empty floating-point matrix.
        """
        check_matrix(z, name="z")
        return self._decode(z)

    def loss(self, batch: Batch) -> dict[str, torch.Tensor]:
        """Weighted sum of the reconstruction errors of what is present.

        Parameters
        ----------
        batch
            From modality to ``(N, …)``, with rows of NaN where an example lacks a modality.

        Returns
        -------
        dict[str, torch.Tensor]
            ``"loss"``, and the error of every modality under its name, averaged over the batch; an
            example that lacks a modality counts as 0 there.

        Raises
        ------
        TypeError, ValueError
            If the batch is not usable, or a decoder's answer has another shape than its modality.
        """
        filled, present = fill_missing(batch, self.modalities)
        hidden = () if self.training else self.hidden_in_evaluation
        shown = torch.tensor([name not in hidden for name in self.encoders], device=present.device)
        columns = [self.modalities.index(name) for name in self.encoders]
        readable = present[:, columns] & shown
        if not readable.any(dim=1).all():
            read = [name for name in self.encoders if name not in hidden]
            raise ValueError(
                f"Some examples have nothing that can be read, but the code is made of "
                f"{', '.join(map(repr, read))}; leave those examples out."
            )
        if self.training:
            readable = drop_modalities(readable, self.drop)
        outputs = self._decode(self._encode(filled, readable))
        terms, total = {}, 0.0
        for name in [name for name in filled if name in outputs and (not hidden or name in hidden)]:
            x = filled[name]
            if outputs[name].shape != x.shape:
                raise ValueError(
                    f"The decoder of {name!r} gives {tuple(outputs[name].shape)}, but the examples "
                    f"are {tuple(x.shape)}; end it with nn.Unflatten, or change its last layer."
                )
            rows = rows_of(present[:, self.modalities.index(name)])
            terms[name] = self._error(name, outputs[name][rows], x[rows]).sum() / len(x)
            total = total + self.weights[name] * terms[name]
        if not terms:
            raise ValueError(
                f"The batch holds {', '.join(map(repr, filled))}, but only "
                f"{', '.join(map(repr, hidden or self.decoders))} can be reconstructed; add one of "
                "them."
            )
        return {"loss": total, **terms}

    def _decode(self, z: torch.Tensor) -> dict[str, torch.Tensor]:
        decoders = self.decoders.items()
        return {name: run_network(net, z, f"The decoder of {name!r}") for name, net in decoders}

    def _error(self, name: str, output: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        error = self.errors[name](output, x)
        shape = tuple(error.shape) if isinstance(error, torch.Tensor) else type(error).__name__
        if shape != (len(x),):
            raise ValueError(
                f"The error of {name!r} gives {shape} for {len(x)} examples, but one number for "
                "each is expected: sum over the numbers of an example, not over examples."
            )
        return error

    def _encode(self, filled: Batch, present: torch.Tensor) -> torch.Tensor:
        features = encode_each(self.encoders, filled, present)
        return features.sum(dim=1) / present.sum(dim=1, keepdim=True)


def _hidden(names: Collection[str], encoders: Mapping[str, nn.Module]) -> tuple[str, ...]:
    wanted = "hidden_in_evaluation is {!r}, but some of the modalities that are read are expected, "
    wanted += f"{', '.join(map(repr, encoders))}, and one must be left to read"
    if isinstance(names, str) or not isinstance(names, Collection):
        raise TypeError(f"{wanted.format(names)}; give names in a tuple, such as ('caption',).")
    if set(names) - set(encoders) or set(names) == set(encoders):
        raise ValueError(f"{wanted.format(names)}.")
    return tuple(names)


def _modalities(modalities: Mapping[str, Modality]) -> Mapping[str, Modality]:
    wanted = "a mapping from name to Modality is expected, for example {'image': "
    wanted += "Modality(mlp([64, 32, 8]), mlp([8, 32, 64]))}."
    if not isinstance(modalities, Mapping):
        raise TypeError(f"modalities is a {type(modalities).__name__}, but {wanted}")
    for name, modality in modalities.items():
        if not isinstance(modality, Modality):
            raise TypeError(f"modalities has {name!r}: a {type(modality).__name__}, but {wanted}")
        if modality.encoder is None and modality.decoder is None:
            raise ValueError(
                f"The modality {name!r} has neither an encoder nor a decoder; give it one of them."
            )
        if not callable(modality.error):
            raise TypeError(
                f"The error of {name!r} is {modality.error!r}, but a function is expected, such as "
                "squared_error."
            )
        check_positive(f"The weight of {name!r}", modality.weight)
    return modalities
