"""Ways to merge the features of several modalities."""

from __future__ import annotations

import math

import torch
from torch import nn

from mmlearn_helpers.checks import check_count
from mmlearn_helpers.multimodal.missing import check_present


class Sum(nn.Module):
    """Add the features of all modalities that are present."""

    def __init__(self) -> None:
        super().__init__()

    def forward(self, features: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """Take features ``(N, M, K)``, zero where present ``(N, M)`` is false, to ``(N, K)``."""
        _check(features, present)
        return features.sum(dim=1)


class Concatenation(nn.Module):
    """Put the features of all modalities side by side, zeros for those that are missing."""

    def __init__(self) -> None:
        super().__init__()

    def forward(self, features: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """Take features ``(N, M, K)``, zero where present ``(N, M)`` is false, to ``(N, M K)``."""
        _check(features, present)
        return features.flatten(1)


class Gate(nn.Module):
    """Weigh the modalities; the weights depend on the features of all of them.

    Parameters
    ----------
    n_modalities, width
        M and K of the features.

    Raises
    ------
    TypeError, ValueError
        If a number is not whole, or below 1.

    References
    ----------
    Arevalo, J., Solorio, T., Montes-y-Gómez, M. and González, F. A. (2017). Gated multimodal units
    for information fusion. ICLR workshop. There each feature has a gate of its own.
    """

    def __init__(self, n_modalities: int, width: int) -> None:
        super().__init__()
        check_count("n_modalities", n_modalities)
        check_count("width", width)
        self.score = nn.Linear(n_modalities * width, n_modalities)

    def forward(self, features: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """Take features ``(N, M, K)``, zero where present ``(N, M)`` is false, to ``(N, K)``."""
        return (self.shares(features, present)[:, :, None] * features).sum(dim=1)

    def shares(self, features: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """Give the weights ``(N, M)`` of the features; they add up to 1 over what is present."""
        n_modalities = self.score.out_features
        _check(features, present, n_modalities, self.score.in_features // n_modalities)
        scores = self.score(features.flatten(1))
        return scores.masked_fill(~present, -math.inf).softmax(dim=1)


class Attention(nn.Module):
    """Weigh the modalities by how well the key of each fits a learned query.

    Parameters
    ----------
    width
        K of the features.

    Raises
    ------
    TypeError, ValueError
        If it is not whole, or below 1.

    References
    ----------
    Vaswani, A. et al. (2017). Attention is all you need. NeurIPS, for the scaled product.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        check_count("width", width)
        self.key, self.value = nn.Linear(width, width), nn.Linear(width, width)
        self.query = nn.Parameter(torch.randn(width))

    def forward(self, features: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """Take features ``(N, M, K)``, zero where present ``(N, M)`` is false, to ``(N, K)``."""
        return (self.shares(features, present)[:, :, None] * self.value(features)).sum(dim=1)

    def shares(self, features: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """Give the weights ``(N, M)`` of the features; they add up to 1 over what is present."""
        _check(features, present, width=len(self.query))
        scores = self.key(features) @ self.query / math.sqrt(len(self.query))
        return scores.masked_fill(~present, -math.inf).softmax(dim=1)


class LowRankBilinear(nn.Module):
    """Multiply linear maps of all modalities, feature by feature.

    Each map has a bias, so that products of fewer modalities are in it too, and a modality that is
    missing leaves the others' product, times its bias.

    Parameters
    ----------
    n_modalities, width
        M and K of the features.
    rank
        R, the number of products.

    Raises
    ------
    TypeError, ValueError
        If a number is not whole, or below 1.

    References
    ----------
    Liu, Z. et al. (2018). Efficient low-rank multimodal fusion with modality-specific factors. ACL.
    """

    def __init__(self, n_modalities: int, width: int, rank: int) -> None:
        super().__init__()
        check_count("n_modalities", n_modalities)
        check_count("width", width)
        check_count("rank", rank)
        self.factors = nn.ModuleList(nn.Linear(width, rank) for _ in range(n_modalities))

    def forward(self, features: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """Take features ``(N, M, K)``, zero where present ``(N, M)`` is false, to ``(N, R)``."""
        _check(features, present, len(self.factors), self.factors[0].in_features)
        product = 1.0
        for factor, column in zip(self.factors, features.unbind(dim=1), strict=True):
            product = product * factor(column)
        return product


def _check(
    features: torch.Tensor,
    present: torch.Tensor,
    n_modalities: int | None = None,
    width: int | None = None,
) -> None:
    check_present(present)
    if not isinstance(features, torch.Tensor) or features.ndim != 3:
        kind = tuple(features.shape) if isinstance(features, torch.Tensor) else type(features)
        raise ValueError(
            f"features is {kind}, but a tensor (examples, modalities, width) is expected; put the "
            "modalities together with torch.stack(…, dim=1)."
        )
    if features.shape[:2] != present.shape:
        raise ValueError(
            f"features has shape {tuple(features.shape)} and present {tuple(present.shape)}, but "
            "both need the same examples and the same modalities."
        )
    for i, axis, made_for in ((1, "modalities", n_modalities), (2, "features", width)):
        if made_for is not None and features.shape[i] != made_for:
            raise ValueError(
                f"There are {features.shape[i]} {axis}, but the merge was made for {made_for}; "
                "make it anew with the number of encoders and the width of what they give."
            )
