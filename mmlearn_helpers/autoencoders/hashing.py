"""An index of bits: the documents within a Hamming ball, found by their addresses."""

from __future__ import annotations

from itertools import combinations

import torch

from mmlearn_helpers.checks import check_count, check_tensor

MOST_BITS = 62


class HammingIndex:
    """Finds the documents whose bits differ from those of a query in few places, by address.

    The bits of a code are read as one number, the address. All addresses within the radius are
    tried, so the time of a search depends on their number and on what stands there, and only
    through that, and a binary search, on the size of the collection.

    Parameters
    ----------
    bits
        The collection, ``(N, B)`` truth values with at most 62 bits. Documents may share an
        address.

    Raises
    ------
    TypeError
        If ``bits`` is no tensor of truth values.
    ValueError
        If it is empty, no matrix, or has too many columns.

    References
    ----------
    Salakhutdinov, R. and Hinton, G. (2009). Semantic hashing. International Journal of Approximate
    Reasoning 50, 969–978.
    """

    def __init__(self, bits: torch.Tensor) -> None:
        _check_bits(bits, "bits")
        if bits.ndim != 2 or bits.numel() == 0 or bits.shape[1] > MOST_BITS:
            raise ValueError(
                f"bits has shape {tuple(bits.shape)}, but a non-empty matrix (documents, bits) "
                f"with at most {MOST_BITS} bits is expected; an empty collection has no index."
            )
        self.n_bits = bits.shape[1]
        self._powers = 2 ** torch.arange(self.n_bits)
        self._choices: dict[int, torch.Tensor] = {}
        self.addresses, self.rows = self._addresses(bits).sort(stable=True)

    def ball(self, query: torch.Tensor, radius: int) -> torch.Tensor:
        """Find all documents within a radius of one query.

        Parameters
        ----------
        query
            Its bits, ``(B,)`` truth values.
        radius
            In how many bits a document may differ, from 0 to B.

        Returns
        -------
        torch.Tensor
            Their rows in the collection, ``(n,)``, the nearest first; perhaps none.

        Raises
        ------
        TypeError, ValueError
            If the query has another number of bits, or the radius is no whole number in range.
        """
        _check_bits(query, "query")
        if query.shape != (self.n_bits,):
            raise ValueError(
                f"query has shape {tuple(query.shape)}, but the index holds codes of "
                f"{self.n_bits} bits; give the bits of one document, ({self.n_bits},)."
            )
        check_count("radius", radius, 0)
        if radius > self.n_bits:
            raise ValueError(
                f"radius is {radius}, but codes of {self.n_bits} bits differ in no more than that."
            )
        near = self._addresses(query[None]) ^ self._flips(radius)
        first = torch.searchsorted(self.addresses, near)
        n_there = torch.searchsorted(self.addresses, near, right=True) - first
        first, n_there = first[n_there > 0], n_there[n_there > 0]
        ends = n_there.cumsum(0)
        within = torch.arange(int(n_there.sum())) - (ends - n_there).repeat_interleave(n_there)
        return self.rows[first.repeat_interleave(n_there) + within]

    def _addresses(self, bits: torch.Tensor) -> torch.Tensor:
        return (bits * self._powers).sum(dim=1)

    def _flips(self, radius: int) -> torch.Tensor:
        """Give, as numbers, all choices of at most so many bits, the smaller choices first."""
        if radius not in self._choices:
            powers = self._powers.tolist()
            sums = [sum(c) for r in range(radius + 1) for c in combinations(powers, r)]
            self._choices[radius] = torch.tensor(sums)
        return self._choices[radius]


def _check_bits(bits: torch.Tensor, name: str) -> None:
    check_tensor(bits, name, torch.bool)
    if bits.dtype != torch.bool:
        raise TypeError(
            f"{name} holds {bits.dtype} numbers, but truth values are expected; compare the codes "
            f"with a threshold, for example {name} > 0.5."
        )
