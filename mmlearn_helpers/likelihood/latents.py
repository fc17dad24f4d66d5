"""How probable a latent-variable model finds its data: exactly, or bounded from below."""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch.distributions import Distribution

from mmlearn_helpers.checks import check_count, check_matrix, check_positive, check_seed

ROWS = 2000
REACH = 10.0
MAX_POINTS = 2**20


class LatentVariableModel(Protocol):
    """Anything with continuous latents, a joint density and an approximate posterior."""

    def posterior(self, x: torch.Tensor) -> Distribution:
        """Give ``q(z|x)``, a distribution over each latent, for examples ``(N, D)``."""

    def log_joint(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        """Evaluate ``log p(x, z)`` in nats, ``(S, N)``, for latents ``(S, N or 1, K)``."""


@torch.no_grad()
def importance_weighted_bound(
    model: LatentVariableModel, x: torch.Tensor, n_samples: int = 5000, *, seed: int = 0
) -> torch.Tensor:
    """Estimate a lower bound on ``log p(x)`` that tightens with the number of samples.

    The mean of ``p(x, z) / q(z|x)`` over ``n_samples`` draws from ``q(z|x)`` estimates ``p(x)``
    without bias; its logarithm is too low on average. With one sample the average is the evidence
    lower bound.

    Parameters
    ----------
    model
        Has ``posterior`` and ``log_joint``.
    x
        Examples, ``(N, D)``.
    n_samples
        Latents to draw for each example.
    seed
        Seed of the draws.

    Returns
    -------
    torch.Tensor
        One estimate for each example, in nats, ``(N,)``.

    Raises
    ------
    TypeError
        If the model has no ``posterior`` or ``log_joint``.
    TypeError, ValueError
        If ``x`` is not a finite, non-empty floating-point matrix, ``n_samples`` no whole number
        above 0, or the seed cannot be one.

    References
    ----------
    Burda, Y., Grosse, R. and Salakhutdinov, R. (2016). Importance weighted autoencoders.
    International Conference on Learning Representations.
    """
    _check_model(model)
    check_matrix(x)
    check_count("n_samples", n_samples)
    check_seed(seed)
    at_once = min(n_samples, ROWS)
    bounds = []
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for part in x.split(math.ceil(ROWS / at_once)):
            q = model.posterior(part)
            total = part.new_full((len(part),), -math.inf)
            for start in range(0, n_samples, at_once):
                z = q.sample((min(at_once, n_samples - start),))
                log_weights = model.log_joint(part, z) - q.log_prob(z).sum(dim=-1)
                total = torch.logaddexp(total, log_weights.logsumexp(dim=0))
            bounds.append(total - math.log(n_samples))
    return torch.cat(bounds)


@torch.no_grad()
def exact_log_likelihood(
    model: LatentVariableModel, x: torch.Tensor, *, tolerance: float = 1e-6
) -> torch.Tensor:
    """Integrate the latents out: ``log p(x)`` of a model with one or two of them.

    The trapezoidal rule over latents from -10 to 10, with ever finer grids until the result of no
    example changes by more than the tolerance. Latents outside this range must not matter, which
    holds for a standard normal prior unless an example is very unlike what the model expects.

    Parameters
    ----------
    model
        Has ``posterior`` and ``log_joint``. In double precision the rounding errors stay far below
        the default tolerance.
    x
        Examples, ``(N, D)``.
    tolerance
        The change that is allowed, in nats.

    Returns
    -------
    torch.Tensor
        One number for each example, in nats, ``(N,)``.

    Raises
    ------
    TypeError
        If the model has no ``posterior`` or ``log_joint``.
    TypeError, ValueError
        If ``x`` is not a finite, non-empty floating-point matrix, or the tolerance not above 0.
    ValueError
        If the model has more than two latents.
    ArithmeticError
        If the finest grid is not fine enough, or ``p(z|x)`` reaches its edge.
    """
    _check_model(model)
    check_matrix(x)
    check_positive("tolerance", tolerance)
    n_latents = model.posterior(x[:1]).mean.shape[-1]
    if n_latents > 2:
        raise ValueError(
            f"The model has {n_latents} latents, but a grid can fill one or two dimensions only; "
            "use importance_weighted_bound."
        )
    n, settled = 128, False
    after, _ = _on_a_grid(model, x, n, n_latents)
    while not settled and (2 * n) ** n_latents <= MAX_POINTS:
        n, before = 2 * n, after
        after, on_the_edge = _on_a_grid(model, x, n, n_latents)
        settled = bool(((after - before).abs() <= tolerance).all())
    if (on_the_edge > tolerance).any():
        raise ArithmeticError(
            f"p(z|x) of the example in row {on_the_edge.argmax().item()} reaches beyond latents of "
            f"{REACH:g}, where the grid ends; look at it, or use importance_weighted_bound."
        )
    if not settled:
        raise ArithmeticError(
            f"With {n} points for each latent log p(x) still changes by more than {tolerance:g}: "
            "p(z|x) is very narrow, or the model's numbers are too coarse. Use model.double() with "
            "x.double(), a larger tolerance, or importance_weighted_bound."
        )
    return after


def _on_a_grid(
    model: LatentVariableModel, x: torch.Tensor, n: int, n_latents: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Integrate with n steps along each latent; give the density of p(z|x) on the edge, too."""
    along = torch.linspace(-REACH, REACH, n + 1, dtype=x.dtype, device=x.device)
    grid = torch.cartesian_prod(*[along] * n_latents).reshape(-1, 1, n_latents)
    total = edge = x.new_full((len(x),), -math.inf, dtype=torch.float64)
    for z in grid.split(math.ceil(ROWS / len(x))):
        heights = model.log_joint(x, z).double()
        total = torch.logaddexp(total, heights.logsumexp(dim=0))
        outermost = (z.abs() == REACH).any(dim=-1)
        edge = torch.logaddexp(edge, heights.where(outermost, -math.inf).logsumexp(dim=0))
    step = 2 * REACH / n
    return (total + n_latents * math.log(step)).to(x.dtype), (edge - total).exp() / step


def _check_model(model: LatentVariableModel) -> None:
    for name in ("posterior", "log_joint"):
        if not callable(getattr(model, name, None)):
            raise TypeError(
                f"The model is a {type(model).__name__} without {name}, but both posterior(x) and "
                "log_joint(x, z) are needed; give a VAE, for example."
            )
