"""How probable a model finds its data: exactly, estimated, or bounded."""

from mmlearn_helpers.likelihood.latents import exact_log_likelihood, importance_weighted_bound
from mmlearn_helpers.likelihood.partition import (
    LogPartition,
    ais_log_partition,
    exact_log_partition,
)
from mmlearn_helpers.likelihood.pseudo import pseudo_log_likelihood

__all__ = [
    "LogPartition",
    "ais_log_partition",
    "exact_log_likelihood",
    "exact_log_partition",
    "importance_weighted_bound",
    "pseudo_log_likelihood",
]
