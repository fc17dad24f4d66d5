"""The Free Spoken Digit Dataset: digits spoken by five people."""

from __future__ import annotations

import io
import tarfile

import torch

from mmlearn_helpers.batches import take
from mmlearn_helpers.data.audio import log_mel
from mmlearn_helpers.data.cache import drawn
from mmlearn_helpers.data.dataset import Dataset, Split
from mmlearn_helpers.data.real.fetch import fetch

ARCHIVE = "fsdd/v1.0.9.tar.gz"
SAMPLE_RATE = 8000
SAMPLES = 6144


def spoken_digits() -> Dataset:
    """Load 2 500 recordings of English digits, 50 of each digit by each of five speakers.

    Returns
    -------
    Dataset
        ``wave`` is ``(N, 6144)`` in [-1, 1] at 8 000 samples a second: each recording from its
        beginning, with silence behind it; of the 26 recordings that last longer than 768
        milliseconds the end is cut off. ``audio`` is its log-mel spectrogram ``(N, 1, 40, 48)`` in
        [0, 1]; ``label`` is the digit and ``speaker`` who says it, both ``(N,)``. The split is the
        official one: recordings 0 to 4 of each digit and speaker are the 250 to test, the others
        the 2 250 to train, so the same speakers are in both.

    Raises
    ------
    FileNotFoundError
        If the archive is neither there nor can be fetched; the message says what to do.
    """
    return drawn("spoken-digits", _read)


def _read() -> Dataset:
    from scipy.io import wavfile

    recordings = {}
    with tarfile.open(fetch(ARCHIVE)) as archive:
        for member in archive:
            if member.name.endswith(".wav"):
                _, wave = wavfile.read(io.BytesIO(archive.extractfile(member).read()))
                digit, speaker, number = member.name.split("/")[-1][: -len(".wav")].split("_")
                recordings[int(digit), speaker, int(number)] = torch.tensor(wave[:SAMPLES])
    keys = sorted(recordings)
    wave = torch.zeros(len(keys), SAMPLES)
    for row, key in zip(wave, keys, strict=True):
        row[: len(recordings[key])] = recordings[key] / 2**15
    speakers = sorted({speaker for _, speaker, _ in keys})
    is_test = torch.tensor([number < 5 for _, _, number in keys])
    modalities = {
        "wave": wave,
        "audio": log_mel(wave, SAMPLE_RATE),
        "label": torch.tensor([digit for digit, _, _ in keys]),
        "speaker": torch.tensor([speakers.index(speaker) for _, speaker, _ in keys]),
    }
    return Dataset(
        name="spoken-digits",
        train=Split(take(modalities, ~is_test)),
        test=Split(take(modalities, is_test)),
        about="2 500 recordings of English digits, 50 of each digit by each of five men.",
        source="Free Spoken Digit Dataset, version 1.0.9, github.com/Jakobovski",
        licence="CC BY-SA 4.0",
        citation="Jackson, Z. and others. Free Spoken Digit Dataset, version 1.0.9.",
        classes={"label": tuple("0123456789"), "speaker": tuple(speakers)},
        sample_rate=SAMPLE_RATE,
    )
