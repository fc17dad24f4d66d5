"""Search by code: autoencoders for counts of words, whose codes are numbers or bits."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from mmlearn_helpers.autoencoders.corruptions import Corruption, check_corruption, corrupted
from mmlearn_helpers.checks import check_matrix, check_number
from mmlearn_helpers.networks import mlp


def check_counts(counts: torch.Tensor, n_words: int | None = None) -> None:
    """Demand weights of words, none of them negative, and one known word a document at least.

    Parameters
    ----------
    counts
        How often each word occurs, or these numbers times weights, ``(N, n_words)``.
    n_words
        The number of words expected; any when ``None``.

    Raises
    ------
    TypeError, ValueError
        If it is no finite, non-empty floating-point matrix of that width, a number is negative, or
        a document has no word at all.
    """
    check_matrix(counts, n_words, name="counts")
    if counts.min() < 0:
        raise ValueError(
            f"counts holds {counts.min().item():.3g}, but a word occurs 0 times or more; give the "
            "counts themselves, neither centred nor standardised."
        )
    empty = (counts.sum(dim=1) == 0).nonzero().flatten()
    if len(empty):
        raise ValueError(
            f"{len(empty)} documents have no known word, the first in row {empty[0].item()}; "
            "nothing can be said of them, so leave them out with counts[counts.sum(dim=1) > 0]."
        )


def rarity(counts: torch.Tensor) -> torch.Tensor:
    """Give each word a weight that is larger the fewer documents have it.

    Parameters
    ----------
    counts
        How often each word occurs in the documents of the collection, ``(N, n_words)``.

    Returns
    -------
    torch.Tensor
        1 + log((1 + N) / (1 + n)) for a word that n of N documents have, ``(n_words,)``.

    Raises
    ------
    TypeError, ValueError
        If the counts are not usable.

    References
    ----------
    Spärck Jones, K. (1972). A statistical interpretation of term specificity and its application
    in retrieval. Journal of Documentation 28, 11–21.
    """
    check_counts(counts)
    n_with = (counts > 0).sum(dim=0)
    return 1 + torch.log((1 + len(counts)) / (1 + n_with)).to(counts.dtype)


def root_shares(counts: torch.Tensor) -> torch.Tensor:
    """Give the square root of each word's share of its document, a vector of length 1.

    Parameters
    ----------
    counts
        Weights of words, ``(N, n_words)``.

    Returns
    -------
    torch.Tensor
        ``(N, n_words)``; long and short documents are on equal terms.

    Raises
    ------
    TypeError, ValueError
        If the counts are not usable.
    """
    check_counts(counts)
    return (counts / counts.sum(dim=1, keepdim=True)).sqrt()


class TextAutoencoder(nn.Module):
    """An autoencoder for weights of words whose output is a distribution over the vocabulary.

    Parameters
    ----------
    sizes
        Widths from the vocabulary to the code, for example ``[2000, 256, 32]``; the decoder uses
        the same widths backwards.
    corruption
        Spoils what the encoder reads in training, never what the decoder should restore.
    noise
        Standard deviation of the normal noise that is added to the code in training. Without it
        the code is linear. With it a sigmoid stands behind the noise, so that codes lie between 0
        and 1, and the larger the noise, the nearer to the two ends.

    Raises
    ------
    TypeError, ValueError
        If the widths, the corruption or the noise are not usable.

    References
    ----------
    Salakhutdinov, R. and Hinton, G. (2009). Semantic hashing. International Journal of Approximate
    Reasoning 50, 969–978.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        corruption: Corruption | None = None,
        noise: float | None = None,
    ) -> None:
        super().__init__()
        if corruption is not None:
            check_corruption(corruption)
        if noise is not None:
            check_number("noise", noise)
            if not 0 <= noise < float("inf"):
                raise ValueError(f"noise is {noise}, but a finite number of at least 0 is needed.")
        self.corruption, self.noise = corruption, noise
        self.encoder = mlp(sizes)
        self.decoder = mlp(sizes[::-1])

    def encode(self, counts: torch.Tensor) -> torch.Tensor:
        """Turn documents into codes, without corruption and without noise.

        Parameters
        ----------
        counts
            Weights of words, ``(N, n_words)``; only each word's share of its document counts.

        Returns
        -------
        torch.Tensor
            Codes, ``(N, K)``.

        Raises
        ------
        TypeError, ValueError
            If the counts are not usable, or a document has no known word.
        """
        first = self.encoder[0]
        check_counts(counts, first.in_features)
        z = self.encoder(root_shares(counts))
        return z if self.noise is None else z.sigmoid()

    def bits(self, counts: torch.Tensor) -> torch.Tensor:
        """Turn documents into binary codes.

        Parameters
        ----------
        counts
            Weights of words, ``(N, n_words)``.

        Returns
        -------
        torch.Tensor
            ``(N, K)``, true where the encoder's last layer is above 0.

        Raises
        ------
        TypeError, ValueError
            If the counts are not usable, or a document has no known word.
        """
        check_counts(counts, self.encoder[0].in_features)
        with torch.no_grad():
            return self.encoder(root_shares(counts)) > 0

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Turn codes into distributions over the vocabulary.

        Parameters
        ----------
        z
            Codes, ``(N, K)``.

        Returns
        -------
        torch.Tensor
            Probabilities of the words, ``(N, n_words)``; each row adds up to 1.

        Raises
        ------
        TypeError, ValueError
            If ``z`` is not a finite, non-empty floating-point matrix with K columns.
        """
        first = self.decoder[0]
        check_matrix(z, first.in_features, first.weight.dtype, name="z")
        return self.decoder(z).softmax(dim=1)

    def loss(self, counts: torch.Tensor) -> dict[str, torch.Tensor]:
        """Multinomial cross-entropy per document, divided by the document's length.

        Parameters
        ----------
        counts
            Weights of words, ``(N, n_words)``.

        Returns
        -------
        dict[str, torch.Tensor]
            One term, ``"loss"``, in nats a word.

        Raises
        ------
        TypeError, ValueError
            If the counts are not usable, a document has no known word, or the corruption returns
            what it must not.
        """
        check_counts(counts, self.encoder[0].in_features)
        x = root_shares(counts)
        if self.training and self.corruption is not None:
            x = corrupted(self.corruption, x)
        z = self.encoder(x)
        if self.noise is not None:
            z = (z + self.noise * torch.randn_like(z) if self.training else z).sigmoid()
        shares = counts / counts.sum(dim=1, keepdim=True)
        nats = -(shares * F.log_softmax(self.decoder(z), dim=1)).sum(dim=1)
        return {"loss": nats.mean()}
