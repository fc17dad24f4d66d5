"""Principal component analysis, and the linear autoencoder that finds the same subspace."""

from __future__ import annotations

import torch
from torch import nn

from mmlearn_helpers.checks import check_components, check_count, check_matrix


class PCA:
    """Principal component analysis by singular value decomposition.

    Parameters
    ----------
    n_components
        The code size K.

    Attributes
    ----------
    mean
        Mean of the training examples, ``(D,)``.
    components
        Principal axes as rows, ``(K, D)``, orthonormal, largest variance first. The sign of each
        row is such that its entry of largest magnitude is positive.
    variances
        Variance of the training codes along each axis, ``(K,)``, with N in the denominator.

    References
    ----------
    Jolliffe, I. T. (2002). Principal Component Analysis, 2nd edition. Springer.
    """

    def __init__(self, n_components: int) -> None:
        self.n_components = n_components

    @torch.no_grad()
    def fit(self, x: torch.Tensor) -> PCA:
        """Find mean, axes and variances.

        Parameters
        ----------
        x
            Training examples, ``(N, D)``.

        Returns
        -------
        PCA
            This object.

        Raises
        ------
        TypeError, ValueError
            If ``x`` is not a finite, non-empty floating-point matrix, or has fewer
            rows or columns than components.
        """
        check_matrix(x)
        if x.dtype not in (torch.float32, torch.float64):
            raise TypeError(
                f"x holds {x.dtype} numbers, but PCA computes with 32 or 64 bits; "
                "convert it with x.float()."
            )
        check_components(
            self.n_components, min(x.shape), f"{x.shape[0]} examples of {x.shape[1]} features"
        )
        self.mean = x.mean(dim=0)
        _, singular_values, axes = torch.linalg.svd(x - self.mean, full_matrices=False)
        axes = axes[: self.n_components]
        largest = axes.gather(1, axes.abs().argmax(dim=1, keepdim=True))
        self.components = axes * largest.sign()
        self.variances = singular_values[: self.n_components].square() / len(x)
        return self

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """Project examples on the principal axes.

        Parameters
        ----------
        x
            Examples, ``(N, D)``.

        Returns
        -------
        torch.Tensor
            Codes, ``(N, K)``.

        Raises
        ------
        RuntimeError
            If :meth:`fit` has not been called.
        TypeError, ValueError
            If ``x`` is not a finite, non-empty floating-point matrix with D columns.
        """
        self._demand_fit()
        check_matrix(x, len(self.mean), self.mean.dtype)
        return (x - self.mean) @ self.components.T

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Put examples together again from their codes.

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
        RuntimeError
            If :meth:`fit` has not been called.
        TypeError, ValueError
            If ``z`` is not a finite, non-empty floating-point matrix with K columns.
        """
        self._demand_fit()
        check_matrix(z, len(self.components), self.mean.dtype, name="z")
        return z @ self.components + self.mean

    def _demand_fit(self) -> None:
        if not hasattr(self, "components"):
            raise RuntimeError("This PCA has no axes yet; call fit(x) with training data first.")


class LinearAutoencoder(nn.Module):
    """One linear layer down to the code and one linear layer back.

    ``z = W (x − b)`` and ``x_hat = V z + b``. With tied weights ``V`` is the transpose of ``W``.

    Parameters
    ----------
    n_features
        Width D of the examples.
    n_components
        Code size K, at most D.
    tied
        Whether the decoder uses the encoder's weights.

    Raises
    ------
    TypeError, ValueError
        If ``n_features`` is not a whole number from 1, or ``n_components`` none from 1 to it.

    References
    ----------
    Baldi, P. and Hornik, K. (1989). Neural networks and principal component analysis: learning
    from examples without local minima. Neural Networks 2(1), 53–58.
    """

    def __init__(self, n_features: int, n_components: int, *, tied: bool = False) -> None:
        super().__init__()
        check_count("n_features", n_features)
        check_components(n_components, n_features, f"{n_features} features")
        self.W = nn.Parameter(nn.init.orthogonal_(torch.empty(n_components, n_features)) / 2)
        self.V = None if tied else nn.Parameter(self.W.detach().T.clone())
        self.b = nn.Parameter(torch.zeros(n_features))

    @property
    def decoder_weight(self) -> torch.Tensor:
        """The decoder's weights V, ``(D, K)``: the transpose of W when they are tied."""
        return self.W.T if self.V is None else self.V

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """Turn examples ``(N, D)`` into codes ``(N, K)``.

        Parameters
        ----------
        x
            Examples, ``(N, D)``.

        Returns
        -------
        torch.Tensor
            Codes, ``(N, K)``.

        Raises
        ------
        TypeError, ValueError
            If ``x`` is not a finite, non-empty floating-point matrix with D columns.
        """
        check_matrix(x, self.W.shape[1], self.W.dtype)
        return (x - self.b) @ self.W.T

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Turn codes ``(N, K)`` into reconstructions ``(N, D)``.

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
        check_matrix(z, self.W.shape[0], self.W.dtype, name="z")
        return z @ self.decoder_weight.T + self.b

    def loss(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """Squared reconstruction error per example.

        Parameters
        ----------
        x
            A batch of examples, ``(N, D)``.

        Returns
        -------
        dict[str, torch.Tensor]
            One term, ``"loss"``: summed over features, averaged over the batch.
        """
        x_hat = self.encode(x) @ self.decoder_weight.T + self.b
        return {"loss": (x - x_hat).square().sum(dim=1).mean()}
