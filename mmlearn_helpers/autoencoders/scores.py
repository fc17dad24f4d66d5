"""A denoiser for every level of normal noise, the score that it holds, and drawing with it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn

from mmlearn_helpers.checks import (
    check_count,
    check_matrix,
    check_number,
    check_positive,
    check_seed,
)
from mmlearn_helpers.networks import mlp


class ScoreNetwork(nn.Module):
    """One multilayer perceptron that removes normal noise of any standard deviation in a range.

    The network F sees an input of unit scale and has a target of unit scale at every level::

        r(x, sigma) = x * s² / (s² + sigma²) + F(x / sqrt(s² + sigma²), log sigma) * t
        t = sigma * s / sqrt(s² + sigma²)

    where s is the scale of the data. The first term alone is the best linear denoiser for data of
    mean 0 and variance s² in every direction.

    Parameters
    ----------
    sizes
        Width of the examples and of the hidden layers, for example ``[2, 128, 128]``. The output
        is as wide as the examples.
    scale
        Standard deviation of the features, in their units; centre the data first.
    sigmas
        Lowest and highest standard deviation of the noise, in units of the features. Equal ones
        make a network for one level.

    Raises
    ------
    TypeError, ValueError
        If ``sizes`` is no list of two or more widths, ``scale`` no finite number above 0, or
        ``sigmas`` no two such numbers in rising order.

    References
    ----------
    Vincent, P. (2011). A connection between score matching and denoising autoencoders. Neural
    Computation 23, 1661–1674.

    Karras, T., Aittala, M., Aila, T. and Laine, S. (2022). Elucidating the design space of
    diffusion-based generative models. Advances in Neural Information Processing Systems 35.
    """

    def __init__(self, sizes: Sequence[int], *, scale: float, sigmas: tuple[float, float]) -> None:
        super().__init__()
        check_positive("scale", scale)
        low, high = _two_levels(sigmas)
        widths = mlp(sizes)[0].in_features, *sizes[1:]
        self.network = mlp([widths[0] + 1, *widths[1:], widths[0]], nn.SiLU)
        self.scale, self.low, self.high = float(scale), low, high

    def denoise(self, x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        """Estimate the mean of all clean examples that noise may have turned into these.

        Parameters
        ----------
        x
            Noisy examples, ``(N, D)``.
        sigma
            Standard deviation of their noise, in units of the features: one number, or one for
            each example, ``(N, 1)``.

        Returns
        -------
        torch.Tensor
            Estimates of the clean examples, ``(N, D)``.

        Raises
        ------
        TypeError, ValueError
            If ``x`` is not a finite, non-empty floating-point matrix with D columns, or ``sigma``
            lies outside the range that the network was made for.
        """
        first = self.network[0]
        check_matrix(x, first.in_features - 1, first.weight.dtype)
        sigma = self._levels(x, sigma)
        total = (self.scale**2 + sigma.square()).sqrt()
        output = self.network(torch.cat([x / total, sigma.log() / 4], dim=1))
        return x * (self.scale / total).square() + output * (sigma * self.scale / total)

    def score(self, x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        """Estimate the gradient of the log-density of noisy examples: ``(r(x) - x) / sigma²``.

        Parameters
        ----------
        x
            Where, ``(N, D)``.
        sigma
            Standard deviation of the noise: one number, or one for each example, ``(N, 1)``.

        Returns
        -------
        torch.Tensor
            Gradients, ``(N, D)``, in nats per unit of the features.

        Raises
        ------
        TypeError, ValueError
            As for :meth:`denoise`.
        """
        r = self.denoise(x, sigma)
        return (r - x) / self._levels(x, sigma).square()

    def loss(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """Squared error of the network F, with noise drawn anew for every example.

        Every example has its own level of noise, drawn uniformly on a logarithmic scale.

        Parameters
        ----------
        x
            A batch of clean examples, ``(N, D)``.

        Returns
        -------
        dict[str, torch.Tensor]
            One term, ``"loss"``: ``|r(x + sigma * e) - x|² / t²`` with the t of the class, summed
            over features and averaged over the batch.

        Raises
        ------
        TypeError, ValueError
            If ``x`` is not a finite, non-empty floating-point matrix with D columns.
        """
        first = self.network[0]
        check_matrix(x, first.in_features - 1, first.weight.dtype)
        sigma = self.low * (self.high / self.low) ** torch.rand_like(x[:, :1])
        error = self.denoise(x + sigma * torch.randn_like(x), sigma) - x
        weight = 1 / sigma.square() + 1 / self.scale**2
        return {"loss": (weight * error.square()).sum(dim=1).mean()}

    @torch.no_grad()
    def sample(
        self, n: int, *, levels: int = 20, steps: int = 20, step_size: float = 0.2, seed: int = 0
    ) -> torch.Tensor:
        """Draw examples by Langevin steps while the noise decreases.

        At each level ``x ← x + step_size / 2 * (r(x) - x) + sqrt(step_size) * sigma * e``; at the
        end the noise of the lowest level is removed.

        Parameters
        ----------
        n
            How many examples.
        levels
            Standard deviations, from the highest to the lowest at equal ratios.
        steps
            Steps at each level.
        step_size
            In units of half the variance of the noise; the spread that is reached at a level is
            too wide by about a quarter of it. Above 0 and at most 1.
        seed
            Seed of all draws.

        Returns
        -------
        torch.Tensor
            Examples, ``(n, D)``.

        Raises
        ------
        TypeError, ValueError
            If an argument is not as described.

        References
        ----------
        Song, Y. and Ermon, S. (2019). Generative modeling by estimating gradients of the data
        distribution. Advances in Neural Information Processing Systems 32.
        """
        for name, value in {"n": n, "levels": levels, "steps": steps}.items():
            check_count(name, value)
        check_number("step_size", step_size)
        if not 0 < step_size <= 1:
            raise ValueError(
                f"step_size is {step_size}, but a number above 0, at most 1, is needed."
            )
        check_seed(seed)
        weight = self.network[0].weight
        generator = torch.Generator(weight.device).manual_seed(seed)
        shape = (n, weight.shape[1] - 1)

        def noise() -> torch.Tensor:
            kind = {"device": weight.device, "dtype": weight.dtype}
            return torch.randn(shape, generator=generator, **kind)

        x = math.hypot(self.high, self.scale) * noise()
        for share in torch.linspace(0, 1, levels).tolist():
            sigma = self.high * (self.low / self.high) ** share
            for _ in range(steps):
                x = x + step_size / 2 * (self.denoise(x, sigma) - x)
                x = x + math.sqrt(step_size) * sigma * noise()
        return self.denoise(x, sigma)

    def _levels(self, x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        """Give the level of every example, ``(N, 1)``."""
        sigma = torch.as_tensor(sigma, dtype=x.dtype, device=x.device)
        if sigma.ndim and sigma.shape != (len(x), 1):
            raise ValueError(
                f"sigma has shape {tuple(sigma.shape)}, but one number, or one for each example, "
                f"({len(x)}, 1), is expected."
            )
        near = 1e-5  # for levels that come from powers
        if not ((sigma >= self.low * (1 - near)) & (sigma <= self.high * (1 + near))).all():
            raise ValueError(
                f"sigma goes from {sigma.min():.3g} to {sigma.max():.3g}, but the network was made "
                f"for {self.low:.3g} to {self.high:.3g}; make and train it with other sigmas."
            )
        return sigma.expand(len(x), 1)


def _two_levels(sigmas: tuple[float, float]) -> tuple[float, float]:
    try:
        low, high = sigmas
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"sigmas is {sigmas!r}, but the lowest and the highest standard deviation are "
            "expected, for example (0.05, 5)."
        ) from error
    check_positive("The lowest of sigmas", low)
    check_positive("The highest of sigmas", high)
    if low > high:
        raise ValueError(f"sigmas is {sigmas}, but the lowest must come first; swap them.")
    return float(low), float(high)
