"""The variational autoencoder: a latent-variable model and an encoder that infers the latents."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import nn
from torch.distributions import Bernoulli, Distribution, Normal, kl_divergence

from mmlearn_helpers import checks
from mmlearn_helpers.networks import check_sizes, mlp


class VAE(nn.Module):
    """Multilayer perceptrons for ``q(z|x)`` and ``p(x|z)``, and a standard normal prior ``p(z)``.

    Parameters
    ----------
    sizes
        Widths from the examples to the latents, for example ``[784, 200, 200, 50]``; the decoder
        uses the same widths backwards.
    likelihood
        What ``p(x|z)`` is. ``"bernoulli"`` takes examples of zeros and ones. ``"gaussian"`` takes
        any real numbers; its standard deviation is one number, learned with the weights, whose
        logarithm is ``log_sigma``.
    beta
        Weight of the KL term in the loss, at least 0; with 1 the loss is minus the evidence lower
        bound.
    activation
        Makes the module that stands between two layers.

    Raises
    ------
    TypeError, ValueError
        If ``sizes`` is no list of two or more widths, ``activation`` makes no module,
        ``likelihood`` is unknown, or ``beta`` is no finite number of at least 0.

    References
    ----------
    Kingma, D. P. and Welling, M. (2014). Auto-encoding variational Bayes. International Conference
    on Learning Representations.

    Higgins, I. et al. (2017). beta-VAE: learning basic visual concepts with a constrained
    variational framework. International Conference on Learning Representations.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        likelihood: Literal["bernoulli", "gaussian"] = "bernoulli",
        beta: float = 1.0,
        activation: Callable[[], nn.Module] = nn.ReLU,
    ) -> None:
        super().__init__()
        if likelihood not in ("bernoulli", "gaussian"):
            raise ValueError(
                f"likelihood is {likelihood!r}, but 'bernoulli' or 'gaussian' is expected."
            )
        checks.check_number("beta", beta)
        if not 0 <= beta < math.inf:
            raise ValueError(
                f"beta is {beta}, but a finite number of at least 0 is needed; 1 gives the bound."
            )
        check_sizes(sizes)
        self.beta = beta
        self.encoder = mlp([*sizes[:-1], 2 * sizes[-1]], activation)
        self.decoder = mlp(sizes[::-1], activation)
        self.log_sigma = nn.Parameter(torch.zeros(())) if likelihood == "gaussian" else None

    def posterior(self, x: torch.Tensor) -> Normal:
        """Infer the latents: the approximate posterior ``q(z|x)``.

        Parameters
        ----------
        x
            Examples, ``(N, D)``.

        Returns
        -------
        torch.distributions.Normal
            Independent normal distributions with mean and standard deviation ``(N, K)``.

        Raises
        ------
        TypeError, ValueError
            If ``x`` is not a finite, non-empty floating-point matrix with D columns, or holds
            anything but 0 and 1 while the likelihood is Bernoulli.
        """
        self._check(x)
        mean, log_sigma = self.encoder(x).chunk(2, dim=1)
        return Normal(mean, log_sigma.exp(), validate_args=False)

    def likelihood(self, z: torch.Tensor) -> Distribution:
        """Give the distribution of examples for given latents, ``p(x|z)``.

        Parameters
        ----------
        z
            Latents, ``(…, K)``.

        Returns
        -------
        torch.distributions.Distribution
            Independent Bernoulli or normal distributions, ``(…, D)``.

        Raises
        ------
        TypeError, ValueError
            If ``z`` is no tensor of the model's type with K entries along the last axis.
        """
        weight = self.decoder[0].weight
        checks.check_tensor(z, "z", weight.dtype)
        if z.shape[-1:] != weight.shape[1:] or z.dtype != weight.dtype:
            raise ValueError(
                f"z has shape {tuple(z.shape)} and holds {z.dtype} numbers, but the decoder takes "
                f"{weight.shape[1]} latents along the last axis, in {weight.dtype}; pass such z."
            )
        output = self.decoder(z)
        if self.log_sigma is None:
            return Bernoulli(logits=output, validate_args=False)
        return Normal(output, self.log_sigma.exp(), validate_args=False)

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """Turn examples into codes: the mean of ``q(z|x)``.

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
            As in :meth:`posterior`.
        """
        return self.posterior(x).mean

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Turn codes into reconstructions: the mean of ``p(x|z)``.

        Parameters
        ----------
        z
            Codes, ``(N, K)``.

        Returns
        -------
        torch.Tensor
            Reconstructions, ``(N, D)``; probabilities if the likelihood is Bernoulli.

        Raises
        ------
        TypeError, ValueError
            If ``z`` is not a finite, non-empty floating-point matrix with K columns.
        """
        first = self.decoder[0]
        checks.check_matrix(z, first.in_features, first.weight.dtype, name="z")
        return self.likelihood(z).mean

    def log_joint(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        """Evaluate ``log p(x, z) = log p(z) + log p(x|z)``.

        Parameters
        ----------
        x
            Examples, ``(N, D)``.
        z
            Latents, ``(…, N, K)``, or ``(…, 1, K)`` for the same latents beside every example.

        Returns
        -------
        torch.Tensor
            In nats, ``(…, N)``.

        Raises
        ------
        TypeError, ValueError
            As in :meth:`posterior` and :meth:`likelihood`.
        """
        self._check(x)
        return self.likelihood(z).log_prob(x).sum(-1) + _standard_normal(z).log_prob(z).sum(-1)

    def loss(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """Minus the evidence lower bound, with one sample of the latents for each example.

        Parameters
        ----------
        x
            A batch of examples, ``(N, D)``.

        Returns
        -------
        dict[str, torch.Tensor]
            In nats, averaged over the batch: ``"reconstruction"``, which is ``-log p(x|z)`` summed
            over features; ``"kl"``, the divergence of ``q(z|x)`` from ``p(z)``; and ``"loss"``,
            the first plus beta times the second.

        Raises
        ------
        TypeError, ValueError
            As in :meth:`posterior`.
        """
        q = self.posterior(x)
        z = q.rsample()
        reconstruction = -self.likelihood(z).log_prob(x).sum(dim=1).mean()
        kl = kl_divergence(q, _standard_normal(z)).sum(dim=1).mean()
        return {"loss": reconstruction + self.beta * kl, "reconstruction": reconstruction, "kl": kl}

    @torch.no_grad()
    def sample(self, n: int, seed: int = 0) -> torch.Tensor:
        """Draw new examples: latents from the prior, then each number from ``p(x|z)``.

        Parameters
        ----------
        n
            How many.
        seed
            Seed of the draw.

        Returns
        -------
        torch.Tensor
            ``(n, D)``.

        Raises
        ------
        TypeError, ValueError
            If ``n`` is no whole number above 0, or the seed cannot be one.
        """
        checks.check_count("n", n)
        checks.check_seed(seed)
        weight = self.decoder[0].weight
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            z = torch.randn(n, weight.shape[1]).to(weight)
            return self.likelihood(z).sample()

    def _check(self, x: torch.Tensor) -> None:
        checks.check_matrix(x, self.encoder[0].in_features, self.encoder[0].weight.dtype)
        if self.log_sigma is None and not ((x == 0) | (x == 1)).all():
            grey = "" if x.min() < 0 or x.max() > 1 else ", with greys in between"
            raise ValueError(
                f"x ranges from {x.min().item():.3g} to {x.max().item():.3g}{grey}, but a "
                "Bernoulli likelihood takes zeros and ones only; use likelihood='gaussian', or "
                "rescale x to [0, 1] and draw black-and-white examples with x.bernoulli()."
            )


def _standard_normal(like: torch.Tensor) -> Normal:
    return Normal(like.new_zeros(()), like.new_ones(()), validate_args=False)
