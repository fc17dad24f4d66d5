"""Fusion: several modalities, one answer."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional as F

from mmlearn_helpers.checks import check_labels
from mmlearn_helpers.multimodal.missing import (
    Batch,
    check_networks,
    check_share,
    drop_modalities,
    fill_missing,
)
from mmlearn_helpers.multimodal.networks import encode_each, run_network


class FusionClassifier(nn.Module):
    """An encoder for each modality, a way to merge what they say, and a head that answers.

    Early fusion is a sum of linear encoders, with a head that begins with the activation; late
    fusion is a sum of whole classifiers, with ``nn.Identity()`` as its head.

    Parameters
    ----------
    encoders
        For every modality a network from ``(N, …)`` to features ``(N, K)``, the same K for all.
    merge
        Takes features ``(N, M, K)``, zero where a modality is missing, and truth values ``(N, M)``
        that say what is present, to what the head takes: a class of
        :mod:`mmlearn_helpers.multimodal.merges`.
    head
        Takes what is merged to the logits of the classes, ``(N, C)``.
    drop
        Probability with which :meth:`loss` drops a modality of an example in training.

    Raises
    ------
    TypeError
        If encoders, merge or head are not modules.
    ValueError
        If there is no encoder, a modality is called ``"label"``, or ``drop`` is not in [0, 1).
    """

    def __init__(
        self,
        encoders: Mapping[str, nn.Module],
        merge: nn.Module,
        head: nn.Module,
        *,
        drop: float = 0.0,
    ) -> None:
        super().__init__()
        check_networks(encoders, "encoders", "label")
        for name, network in (("merge", merge), ("head", head)):
            if not isinstance(network, nn.Module):
                raise TypeError(
                    f"{name} is {network!r}, but a torch.nn.Module is expected, for example "
                    "Concatenation() to merge and mlp([64, 32, 10]) as the head."
                )
        check_share("drop", drop)
        self.encoders = nn.ModuleDict(encoders)
        self.merge, self.head, self.drop = merge, head, drop

    def forward(self, batch: Batch) -> torch.Tensor:
        """Answer.

        Parameters
        ----------
        batch
            From modality to ``(N, …)``, with rows of NaN where an example lacks a modality.

        Returns
        -------
        torch.Tensor
            Logits of the classes, ``(N, C)``.

        Raises
        ------
        TypeError, ValueError
            If the batch is not usable, see :func:`mmlearn_helpers.multimodal.missing.fill_missing`,
            or the encoders disagree about the width of their features.
        """
        return self._answer(*self._features(batch))

    @torch.no_grad()
    def shares(self, batch: Batch) -> torch.Tensor:
        """Say how much each modality counts in a merge that weighs them.

        Parameters
        ----------
        batch
            As for :meth:`forward`.

        Returns
        -------
        torch.Tensor
            Shares ``(N, M)`` in the order of the encoders; each row adds up to 1.

        Raises
        ------
        TypeError
            If the merge weighs nothing: only ``Gate`` and ``Attention`` do.
        TypeError, ValueError
            If the batch is not usable.
        """
        if not callable(getattr(self.merge, "shares", None)):
            raise TypeError(
                f"{type(self.merge).__name__} gives modalities no shares; merge with Gate or "
                "Attention to see what counts how much."
            )
        return self.merge.shares(*self._features(batch))

    def loss(self, batch: Batch) -> dict[str, torch.Tensor]:
        """Cross-entropy of the right answers.

        Parameters
        ----------
        batch
            As for :meth:`forward`, and ``"label"``: the classes, ``(N,)`` integers.

        Returns
        -------
        dict[str, torch.Tensor]
            One term, ``"loss"``: nats an example, averaged over the batch.

        Raises
        ------
        TypeError, ValueError
            If the batch is not usable, or has no label for each example.
        """
        if not isinstance(batch, Mapping):
            raise TypeError(
                f"batch is a {type(batch).__name__}, but a mapping with the modalities and a "
                "'label' (N,) is expected; take the train or the test of a Dataset."
            )
        if "label" not in batch:
            raise ValueError(
                "The batch has no 'label', but a classifier learns from labels; give a mapping "
                "with a 'label' (N,) beside the modalities."
            )
        modalities = {name: x for name, x in batch.items() if name != "label"}
        features, present = self._features(modalities, drop=self.training)
        label = batch["label"]
        check_labels(label, len(features), "label")
        logits = self._answer(features, present)
        if label.min() < 0 or label.max() >= logits.shape[1]:
            raise ValueError(
                f"label goes from {label.min().item()} to {label.max().item()}, but the head "
                f"answers for {logits.shape[1]} classes, counted from 0; number the classes so, "
                "or widen the head."
            )
        return {"loss": F.cross_entropy(logits, label.long())}

    def _features(self, batch: Batch, drop: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
        filled, present = fill_missing(batch, list(self.encoders))
        if drop:
            present = drop_modalities(present, self.drop)
        return encode_each(self.encoders, filled, present), present

    def _answer(self, features: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        logits = run_network(self.head, self.merge(features, present), "The head")
        if logits.ndim != 2 or len(logits) != len(features):
            raise ValueError(
                f"The head gives {tuple(logits.shape)} for {len(features)} examples, but one row "
                "of logits for each is expected; let it end with a linear layer to the classes."
            )
        return logits
