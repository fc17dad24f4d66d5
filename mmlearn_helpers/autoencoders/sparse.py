"""Sparse autoencoders: a wide code, of which each example uses few units."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

from mmlearn_helpers.checks import check_count, check_matrix, check_number


class SparseAutoencoder(nn.Module):
    """One layer of ReLUs as a code, a linear decoder, and a penalty on the sum of the code.

    The code is ``z = relu(W (x - c) + b)``, the reconstruction ``V z + c``. Column k of ``V`` is
    the part that unit k adds to an example.

    Parameters
    ----------
    n_features
        Numbers of an example, D.
    n_units
        Units of the code, K; may be more than D.
    weight
        Weight of the penalty in the loss, at least 0.
    unit_columns
        Whether the decoder uses the columns of ``V`` divided by their lengths. Without it, a small
        code and long columns make the penalty small and nothing sparse.

    Attributes
    ----------
    W, b, V, c
        Weights and biases of encoder, ``(K, D)`` and ``(K,)``, and decoder, ``(D, K)`` and
        ``(D,)``. At first ``V`` has columns of length 1 in random directions and ``W`` is its
        transpose.

    Raises
    ------
    TypeError, ValueError
        If a width is no whole number above 0, or ``weight`` no finite number of at least 0.

    References
    ----------
    Olshausen, B. A. and Field, D. J. (1996). Emergence of simple-cell receptive field properties by
    learning a sparse code for natural images. Nature 381, 607–609.

    Bricken, T. et al. (2023). Towards monosemanticity: decomposing language models with dictionary
    learning. Transformer Circuits Thread.
    """

    def __init__(
        self, n_features: int, n_units: int, *, weight: float = 0.0, unit_columns: bool = True
    ) -> None:
        super().__init__()
        check_count("n_features", n_features)
        check_count("n_units", n_units)
        check_number("weight", weight)
        if not 0 <= weight < math.inf:
            raise ValueError(
                f"weight is {weight}, but a finite number of at least 0 is needed: a negative "
                "penalty would reward codes for being large."
            )
        self.weight, self.unit_columns = weight, unit_columns
        V = F.normalize(torch.randn(n_features, n_units), dim=0)
        W = V.T.clone(memory_format=torch.contiguous_format)
        self.W, self.b = nn.Parameter(W), nn.Parameter(torch.zeros(n_units))
        self.V, self.c = nn.Parameter(V), nn.Parameter(torch.zeros(n_features))

    @property
    def columns(self) -> torch.Tensor:
        """The parts as the decoder uses them, ``(D, K)``."""
        return F.normalize(self.V, dim=-2) if self.unit_columns else self.V

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """Turn examples into codes.

        Parameters
        ----------
        x
            Examples, ``(N, D)``.

        Returns
        -------
        torch.Tensor
            Codes, ``(N, K)``, at least 0.

        Raises
        ------
        TypeError, ValueError
            If ``x`` is not a finite, non-empty floating-point matrix with D columns.
        """
        check_matrix(x, self.W.shape[-1], self.W.dtype)
        return self._activate(self._logits(x))

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Turn codes into reconstructions.

        Parameters
        ----------
        z
            Codes, ``(N, K)``.

        Returns
        -------
        torch.Tensor
            Reconstructions, ``(N, D)``.

        Raises
        ------
        TypeError, ValueError
            If ``z`` is not a finite, non-empty floating-point matrix with K columns.
        """
        check_matrix(z, self.W.shape[-2], self.W.dtype, name="z")
        return self._draw(z)

    def loss(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """Squared error and penalty, per example.

        Parameters
        ----------
        x
            A batch of examples, ``(N, D)``.

        Returns
        -------
        dict[str, torch.Tensor]
            ``"error"``, summed over features and averaged over the batch; ``"penalty"``, summed
            over units; and ``"loss"``, the first plus ``weight`` times the second.

        Raises
        ------
        TypeError, ValueError
            As in :meth:`encode`.
        """
        check_matrix(x, self.W.shape[-1], self.W.dtype)
        error, penalty = self._terms(x)
        return {"loss": error + self.weight * penalty, "error": error, "penalty": penalty}

    def _logits(self, x: torch.Tensor) -> torch.Tensor:
        return (x - self.c) @ self.W.mT + self.b

    def _draw(self, z: torch.Tensor) -> torch.Tensor:
        return z @ self.columns.mT + self.c

    def _terms(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        a = self._logits(x)
        z = self._activate(a)
        error = (x - self._draw(z)).square().sum(dim=-1).mean(dim=-1)
        return error, self._penalty(a, z)

    def _activate(self, a: torch.Tensor) -> torch.Tensor:
        return a.relu()

    def _penalty(self, a: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        return z.sum(dim=-1).mean(dim=-1)


class TopKAutoencoder(SparseAutoencoder):
    """Keeps the k largest units of each example, and needs no penalty.

    Parameters
    ----------
    n_features, n_units, unit_columns
        As for :class:`SparseAutoencoder`.
    k
        Units that an example may use. Fewer are active where fewer are above 0.

    Raises
    ------
    TypeError, ValueError
        If a width is no whole number above 0, or ``k`` none from 1 to ``n_units``.

    References
    ----------
    Makhzani, A. and Frey, B. (2014). k-sparse autoencoders. International Conference on Learning
    Representations.
    """

    def __init__(self, n_features: int, n_units: int, *, k: int, unit_columns: bool = True) -> None:
        super().__init__(n_features, n_units, unit_columns=unit_columns)
        check_count("k", k)
        if k > n_units:
            raise ValueError(
                f"k is {k}, but the code has {n_units} units; choose k from 1 to {n_units}."
            )
        self.k = k

    def _activate(self, a: torch.Tensor) -> torch.Tensor:
        values, units = a.relu().topk(self.k, dim=-1)
        return torch.zeros_like(a).scatter(-1, units, values)


class KLAutoencoder(SparseAutoencoder):
    """Sigmoid units, whose mean over each batch is to be ``rho``.

    The penalty is the Kullback–Leibler divergence of a coin that shows 1 with the unit's mean
    activation from one that does so with probability ``rho``, summed over units. It asks for a mean
    over examples; that single examples use few units does not follow from it.

    Parameters
    ----------
    n_features, n_units, weight, unit_columns
        As for :class:`SparseAutoencoder`.
    rho
        The mean activation asked for, between 0 and 1.

    Raises
    ------
    TypeError, ValueError
        As for :class:`SparseAutoencoder`, or if ``rho`` does not lie between 0 and 1.

    References
    ----------
    Ng, A. (2011). Sparse autoencoder. CS294A lecture notes, Stanford University.
    """

    def __init__(
        self,
        n_features: int,
        n_units: int,
        *,
        rho: float = 0.05,
        weight: float = 1.0,
        unit_columns: bool = True,
    ) -> None:
        super().__init__(n_features, n_units, weight=weight, unit_columns=unit_columns)
        check_number("rho", rho)
        if not 0 < rho < 1:
            raise ValueError(
                f"rho is {rho}, but a mean activation between 0 and 1 is needed, for example 0.05."
            )
        self.rho = rho

    def _activate(self, a: torch.Tensor) -> torch.Tensor:
        return a.sigmoid()

    def _penalty(self, a: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        # The logarithms of the mean activation and of 1 minus it, also where either is tiny.
        log_on = F.logsigmoid(a).logsumexp(dim=-2) - math.log(a.shape[-2])
        log_off = F.logsigmoid(-a).logsumexp(dim=-2) - math.log(a.shape[-2])
        rho = self.rho
        on, off = math.log(rho) - log_on, math.log1p(-rho) - log_off
        return (rho * on + (1 - rho) * off).sum(dim=-1)
