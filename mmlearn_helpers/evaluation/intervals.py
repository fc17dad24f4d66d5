"""How sure a mean over test examples is."""

from __future__ import annotations

import torch

from mmlearn_helpers.checks import check_labels, check_matrix


def interval(values: torch.Tensor, example: torch.Tensor | None = None) -> tuple[float, float]:
    """Give the 95 % interval of a mean over test examples, some of which may share an example.

    A test set of 2 000 pairs that are made of 360 pictures says as much about pictures as 360 do:
    rows of the same picture are not independent, and are added up before their spread is taken.

    Parameters
    ----------
    values
        What was measured on each row of the test set, ``(N,)``: for an accuracy, truth values; for
        a comparison of two models, the difference of theirs.
    example
        Which distinct example each row is made of, ``(N,)`` integers in any order; by default each
        row is its own. ``x.flatten(1).unique(dim=0, return_inverse=True)[1]`` tells equal rows.

    Returns
    -------
    tuple[float, float]
        Mean minus and plus 1.96 standard errors. It covers what other test examples would have
        given, not what other seeds or other training sets would.

    Raises
    ------
    TypeError, ValueError
        If the values are no finite, non-empty vector, the examples no whole numbers, one for each
        value, or there is only one distinct example.

    References
    ----------
    Liang, K.-Y. and Zeger, S. L. (1986). Longitudinal data analysis using generalized linear
    models. Biometrika 73, 13–22.
    """
    if not isinstance(values, torch.Tensor) or values.ndim != 1:
        shape = tuple(values.shape) if isinstance(values, torch.Tensor) else type(values).__name__
        raise ValueError(
            f"values is {shape}, but a tensor with one number for each row of the test set, (N,), "
            "is expected; take the mean over everything else first."
        )
    values = values.double()
    check_matrix(values[:, None], name="values")
    if example is None:
        example = torch.arange(len(values), device=values.device)
    check_labels(example, len(values), "example")
    _, which = example.unique(return_inverse=True)
    n = int(which.max()) + 1
    if n < 2:
        raise ValueError(
            "All rows are of one example, but a spread needs at least two; give more test examples."
        )
    mean = values.mean()
    sums = values.new_zeros(n).index_add(0, which, values - mean)
    error = (n / (n - 1) * sums.square().sum()).sqrt() / len(values)
    return (mean - 1.96 * error).item(), (mean + 1.96 * error).item()
