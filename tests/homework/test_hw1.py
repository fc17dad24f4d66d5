"""Homework 1: how each well-known mistake is made."""

from __future__ import annotations

MISTAKES = [
    ("q1", "mean = x.mean(dim=0)", "mean = 0", "and add it again in the end"),
    ("q1", "centred = x - mean", "centred = x", "though the mean was added"),
    ("q1", "eigh(centred @ centred.T)", "eigh(x @ x.T)", "centre before the eigenvectors"),
    ("q1", "x.mean(dim=0)", "x.mean(dim=1, keepdim=True)", "along the first axis"),
    ("q1", "return mean + codes @", "return codes @", "not added again"),
    (
        "q1",
        "return mean + codes @ (codes.T @ centred)",
        "return mean + codes @ torch.diag(1 / torch.linalg.eigvalsh(centred @ centred.T)[-K:])"
        " @ codes.T @ centred",
        "not the eigenvalue",
    ),
    ("q1", "eigenvectors[:, -K:]", "eigenvectors[:, :K]", "least variance"),
    ("q1", "(codes.T @ centred)", "(codes.T @ centred @ centred.T @ centred)", "length one"),
    ("q2", "/ len(x)", "", "not on the same scale"),
    ("q2", "/ len(x)", "/ (len(x) - 1)", "N - 1"),
    ("q2", "x - x.mean(dim=0)", "x", "not centred"),
    ("q2", "noise_variance *", "noise_variance**2 *", "squared"),
    ("q2", "(noisy, S)", "(noisy, torch.eye(len(S)))", "inverse alone"),
    ("q2", "torch.eye(len(S))", "1", "diagonal only"),
    ("q2", "return", "return torch.eye(len(S)) -", "gives back the noise"),
    ("q3", "(decoder + encoder)", "decoder", "decoder's term alone"),
    ("q3", "(decoder + encoder)", "encoder", "encoder's term alone"),
    ("q3", "(decoder + encoder)", "(decoder + decoder)", "counted twice"),
    ("q3", "-2 /", "2 /", "sign is wrong"),
    ("q3", "/ len(x)", "", "gradient of the sum"),
    ("q3", "len(x)", "x.numel()", "N times D"),
    ("q3", "-2 /", "-1 /", "factor 2"),
    ("q4", "1 - h.square()", "torch.ones_like(h)", "slope of tanh is missing"),
    ("q4", "1 - h.square()", "h * (1 - h)", "slope of a sigmoid"),
    ("q4", "1 - h.square()", "1 - h", "not 1 - h"),
    ("q4", "1 - h.square()", "1 - (x @ W1.T + b1).square()", "what tanh gets"),
    ("q4", " + b1)", ")", "bias of the hidden layer"),
    ("q4", "sum(dim=(1, 2))", "sum(dim=(1, 2)).sqrt()", "This is the norm"),
    ("q4", "sum(dim=(1, 2))", "mean(dim=(1, 2))", "mean of the squared entries"),
    ("q4", "sum(dim=(1, 2))", "sum(dim=(1, 2)).mean()", "mean over the batch"),
    ("q4", "sum(dim=(1, 2))", "sum()", "sum over the batch"),
    (
        "q4",
        "return jacobian.square().sum(dim=(1, 2))",
        "return slope.square() @ (W1.square().sum(1) * W2.square().sum(0))",
        "add first, then square",
    ),
]
