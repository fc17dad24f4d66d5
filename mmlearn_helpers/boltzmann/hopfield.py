"""Memories as minima of an energy: the Hopfield network with states of -1 and 1."""

from __future__ import annotations

import torch

from mmlearn_helpers.checks import check_matrix, check_seed

MAX_SWEEPS = 1000


def hebbian(patterns: torch.Tensor) -> torch.Tensor:
    """Store patterns by Hebb's rule: units that agree in many patterns excite each other.

    The weights are whole numbers, so that fields and energies are exact. Many texts divide them by
    the number of units, which changes no sign.

    Parameters
    ----------
    patterns
        One pattern of -1 and 1 a row, ``(P, N)``.

    Returns
    -------
    torch.Tensor
        Symmetric weights with a diagonal of zeros, ``(N, N)``.

    Raises
    ------
    TypeError, ValueError
        If the patterns are not a non-empty floating-point matrix of -1 and 1.

    References
    ----------
    Hopfield, J. J. (1982). Neural networks and physical systems with emergent collective
    computational abilities. Proceedings of the National Academy of Sciences 79.
    """
    check_patterns(patterns)
    return (patterns.T @ patterns).fill_diagonal_(0)


def pseudo_inverse(patterns: torch.Tensor) -> torch.Tensor:
    """Store patterns by the projection on the space that they span.

    Linearly independent patterns, however alike, are then all at rest, as long as the projection
    does not reach 1 on the diagonal, which is set to zero.

    Parameters
    ----------
    patterns
        One pattern of -1 and 1 a row, ``(P, N)``.

    Returns
    -------
    torch.Tensor
        Symmetric weights with a diagonal of zeros, ``(N, N)``.

    Raises
    ------
    TypeError, ValueError
        If the patterns are not a non-empty floating-point matrix of -1 and 1.

    References
    ----------
    Personnaz, L., Guyon, I. and Dreyfus, G. (1985). Information storage and retrieval in spin-glass
    like neural networks. Journal de Physique Lettres 46.
    """
    check_patterns(patterns)
    _, lengths, directions = torch.linalg.svd(patterns, full_matrices=False)
    span = directions[lengths > lengths[0] * max(patterns.shape) * torch.finfo(lengths.dtype).eps]
    return (span.T @ span).fill_diagonal_(0)


def energy(weights: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
    """Evaluate the energy of states.

    Parameters
    ----------
    weights
        Symmetric, with a diagonal of zeros, ``(N, N)``.
    s
        States of -1 and 1, one a row, ``(M, N)``.

    Returns
    -------
    torch.Tensor
        ``(M,)``.

    Raises
    ------
    TypeError, ValueError
        If the weights are not symmetric with a diagonal of zeros, or the states do not fit them.
    """
    check_weights(weights)
    check_patterns(s, "s", weights)
    return -((s @ weights) * s).sum(dim=1) / 2


def recall(weights: torch.Tensor, s: torch.Tensor, *, seed: int = 0) -> torch.Tensor:
    """Let states fall into minima of the energy, one unit at a time.

    In every sweep all units take their turn, in an order drawn anew. A unit takes the sign of its
    field, the weighted sum of the others, and keeps its state when the field is 0. The recall ends
    with the first sweep in which nothing changes.

    Parameters
    ----------
    weights
        Symmetric, with a diagonal of zeros, ``(N, N)``.
    s
        States of -1 and 1 to begin with, one a row, ``(M, N)``; they are not changed.
    seed
        Seed of the orders.

    Returns
    -------
    torch.Tensor
        States at rest, ``(M, N)``.

    Raises
    ------
    TypeError, ValueError
        If the weights are not symmetric with a diagonal of zeros, the states do not fit them, or
        the seed cannot be one.
    ArithmeticError
        If there is still no rest after 1000 sweeps: the way down is longer (a chain of thousands
        of units can do that), or a field that should be 0 is not, by rounding.
    """
    check_weights(weights)
    check_patterns(s, "s", weights)
    check_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    units = s.T.clone(memory_format=torch.contiguous_format)
    for _ in range(MAX_SWEEPS):
        before = units.clone()
        for i in torch.randperm(len(units), generator=generator).tolist():
            field = weights[i] @ units
            units[i] = torch.where(field == 0, units[i], field.sign())
        if torch.equal(units, before):
            return units.T.contiguous()
    raise ArithmeticError(
        f"The states are not at rest after {MAX_SWEEPS} sweeps. In single precision rounding may "
        "keep them moving; use weights.double() and s.double(). Otherwise the way down is that "
        "long, as in a chain of thousands of units; set "
        "mmlearn_helpers.boltzmann.hopfield.MAX_SWEEPS to a larger number."
    )


def check_patterns(
    patterns: torch.Tensor, name: str = "patterns", weights: torch.Tensor | None = None
) -> None:
    """Demand a matrix of -1 and 1.

    Parameters
    ----------
    patterns
        What is to be checked.
    name
        What the message calls it.
    weights
        The weights that it has to fit; any width and type when ``None``.

    Raises
    ------
    TypeError, ValueError
        If it is none, or does not fit.
    """
    width, dtype = (None, None) if weights is None else (len(weights), weights.dtype)
    check_matrix(patterns, width, dtype, name)
    strange = (patterns.abs() != 1).nonzero()
    if len(strange):
        row, column = strange[0].tolist()
        raise ValueError(
            f"{name} holds {patterns[row, column].item():.4g} at row {row}, column {column}, but "
            "only -1 and 1 are expected; turn zeros and ones into them with 2 * x - 1, and shades "
            "of grey with torch.where(x > 0.5, 1.0, -1.0)."
        )


def check_weights(weights: torch.Tensor) -> None:
    """Demand symmetric weights with a diagonal of zeros.

    Parameters
    ----------
    weights
        What is to be checked.

    Raises
    ------
    TypeError, ValueError
        If they are no finite, square floating-point matrix, not symmetric, or units act on
        themselves.
    """
    check_matrix(weights, name="weights")
    if weights.shape[0] != weights.shape[1]:
        raise ValueError(
            f"weights has shape {tuple(weights.shape)}, but a square matrix (N, N) is expected; "
            "make one with hebbian or pseudo_inverse."
        )
    difference = (weights - weights.T).abs()
    if difference.max() > 1e-5 * weights.abs().max():
        i, j = divmod(difference.argmax().item(), len(weights))
        raise ValueError(
            f"The weights are not symmetric: weights[{i}, {j}] is {weights[i, j].item():.4g}, but "
            f"weights[{j}, {i}] is {weights[j, i].item():.4g}. Without symmetry there is no energy "
            "that falls; use (weights + weights.T) / 2."
        )
    if weights.diagonal().any():
        i = weights.diagonal().abs().argmax().item()
        raise ValueError(
            f"Unit {i} acts on itself: weights[{i}, {i}] is {weights[i, i].item():.4g}, but the "
            "diagonal has to be zero; use weights.fill_diagonal_(0)."
        )
