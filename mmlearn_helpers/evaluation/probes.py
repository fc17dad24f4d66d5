"""What a linear classifier reads off codes."""

from __future__ import annotations

import torch

from mmlearn_helpers.checks import check_labels, check_matrix, check_positive
from mmlearn_helpers.evaluation.arrays import as_array


def linear_probe(
    codes: torch.Tensor,
    labels: torch.Tensor,
    test_codes: torch.Tensor,
    test_labels: torch.Tensor,
    *,
    inverse_penalty: float = 1.0,
) -> float:
    """Test accuracy of a logistic regression on standardised codes.

    Parameters
    ----------
    codes, test_codes
        ``(N, K)`` and ``(M, K)``. Mean and deviation of the former standardise both.
    labels, test_labels
        ``(N,)`` and ``(M,)`` integers; at least two different ones to train on.
    inverse_penalty
        One over the strength of the squared penalty on the weights: scikit-learn's ``C``.

    Returns
    -------
    float
        Share of right answers on the test codes.

    Raises
    ------
    TypeError, ValueError
        If codes and labels do not fit together, or are not usable numbers.
    """
    correct = linear_probe_correct(
        codes, labels, test_codes, test_labels, inverse_penalty=inverse_penalty
    )
    return correct.double().mean().item()


def linear_probe_correct(
    codes: torch.Tensor,
    labels: torch.Tensor,
    test_codes: torch.Tensor,
    test_labels: torch.Tensor,
    *,
    inverse_penalty: float = 1.0,
) -> torch.Tensor:
    """Say which test examples :func:`linear_probe` gets right, one by one.

    Parameters
    ----------
    codes, labels, test_codes, test_labels, inverse_penalty
        As for :func:`linear_probe`.

    Returns
    -------
    torch.Tensor
        Truth values, ``(M,)``.

    Raises
    ------
    TypeError, ValueError
        If codes and labels do not fit together, or are not usable numbers.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    check_matrix(codes, name="codes")
    check_matrix(test_codes, codes.shape[1], name="test_codes")
    check_labels(labels, len(codes))
    check_labels(test_labels, len(test_codes), "test_labels")
    check_positive("inverse_penalty", inverse_penalty)
    if len(labels.unique()) < 2:
        raise ValueError(
            f"All training labels are {labels[0].item()}, but a probe needs at least two classes."
        )
    regression = LogisticRegression(C=inverse_penalty, max_iter=5000)
    probe = make_pipeline(StandardScaler(), regression)
    probe.fit(as_array(codes), as_array(labels))
    return torch.from_numpy(probe.predict(as_array(test_codes)) == as_array(test_labels))
