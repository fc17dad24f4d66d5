"""Measures that know no model."""

from mmlearn_helpers.evaluation.clusters import clustering_accuracy, kmeans_accuracy
from mmlearn_helpers.evaluation.errors import Reconstructor, reconstruction_error
from mmlearn_helpers.evaluation.intervals import interval
from mmlearn_helpers.evaluation.probes import linear_probe, linear_probe_correct
from mmlearn_helpers.evaluation.speech import (
    mel_cepstra,
    mel_cepstral_distance,
    pitch,
    warped_mean,
)

__all__ = [
    "Reconstructor",
    "clustering_accuracy",
    "interval",
    "kmeans_accuracy",
    "linear_probe",
    "linear_probe_correct",
    "mel_cepstra",
    "mel_cepstral_distance",
    "pitch",
    "reconstruction_error",
    "warped_mean",
]
