"""The recordings of spoken digits are read whole, and split as their authors say."""

from __future__ import annotations

import importlib
import io
import os
import tarfile
import warnings
import wave

import numpy as np
import pytest
import torch

from mmlearn_helpers import data
from mmlearn_helpers.data.audio import log_mel
from mmlearn_helpers.data.cache import data_folder

spoken_digits = importlib.import_module("mmlearn_helpers.data.real.spoken_digits")

needs_real_data = pytest.mark.skipif(
    "MMLEARN_DATA" not in os.environ, reason="MMLEARN_DATA names no folder with data"
)


@pytest.fixture(scope="module")
def recordings():
    return data.load("spoken-digits")


def wav(samples):
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, 8000, 0, "NONE", ""))
        writer.writeframes(np.asarray(samples, "<i2").tobytes())
    return file.getvalue()


def packed(files):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"fsdd-1/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()


@pytest.fixture
def made_up(register, data_home):
    rng = np.random.default_rng(0)
    samples = {
        (digit, speaker, number): rng.integers(-(2**15), 2**15, 5000 + 400 * number)
        for digit in (7, 0)
        for speaker in ("zoe", "ann")
        for number in (5, 4, 3)
    }
    files = {
        "README.md": b"2_ann_3",
        **{
            f"recordings/{digit}_{speaker}_{number}.wav": wav(x)
            for (digit, speaker, number), x in samples.items()
        },
    }
    archive = packed(files)
    (data_home / "fsdd").mkdir(parents=True)
    (data_home / register("fsdd/v1.0.9.tar.gz", archive)).write_bytes(archive)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return spoken_digits._read(), samples


def test_recordings_are_padded_with_silence_or_cut(made_up):
    loaded, samples = made_up
    for split, numbers in ((loaded.train, [5]), (loaded.test, [3, 4])):
        keys = [key for key in sorted(samples) if key[2] in numbers]
        assert split["wave"].shape == (len(keys), 6144)
        for row, key in zip(split["wave"].numpy(), keys, strict=True):
            expected = np.zeros(6144)
            kept = samples[key][:6144]
            expected[: len(kept)] = kept / 2**15
            np.testing.assert_allclose(row, expected, atol=1e-7)


def test_recordings_0_to_4_are_the_test(made_up):
    loaded, _ = made_up
    assert loaded.train["label"].tolist() == [0, 0, 7, 7]
    assert loaded.train["speaker"].tolist() == [0, 1, 0, 1]
    assert loaded.test["label"].tolist() == [0] * 4 + [7] * 4
    assert loaded.classes["speaker"] == ("ann", "zoe")


@needs_real_data
@pytest.mark.parametrize(("split", "n"), [("train", 45), ("test", 5)])
def test_every_speaker_says_every_digit_as_often(recordings, split, n):
    examples = getattr(recordings, split)
    pairs = torch.bincount(examples["label"] * 5 + examples["speaker"])
    assert pairs.tolist() == [n] * 50
    assert examples["label"].dtype == examples["speaker"].dtype == torch.int64


@needs_real_data
@pytest.mark.parametrize(("split", "n"), [("train", 2250), ("test", 250)])
def test_spoken_digits_have_the_promised_shapes_and_ranges(recordings, split, n):
    examples = getattr(recordings, split)
    assert examples["wave"].shape == (n, 6144)
    assert examples["wave"].dtype == examples["audio"].dtype == torch.float32
    assert examples["wave"].abs().max() <= 1
    assert examples["audio"].shape == (n, 1, 40, 48)
    assert examples["audio"].min() == 0
    assert examples["audio"].max() <= 1
    torch.testing.assert_close(log_mel(examples["wave"][:50], 8000), examples["audio"][:50])


@needs_real_data
def test_a_recording_is_the_one_in_the_archive(recordings):
    with tarfile.open(data_folder() / "fsdd" / "v1.0.9.tar.gz") as tar:
        name = "free-spoken-digit-dataset-1.0.9/recordings/3_jackson_4.wav"
        with wave.open(tar.extractfile(name)) as reader:
            samples = np.frombuffer(reader.readframes(reader.getnframes()), "<i2")
    jackson = recordings.classes["speaker"].index("jackson")
    of_him = (recordings.test["speaker"] == jackson) & (recordings.test["label"] == 3)
    found = recordings.test["wave"][of_him][4]
    np.testing.assert_allclose(found[: len(samples)].numpy(), samples[:6144] / 2**15, atol=1e-7)
    assert found[len(samples) :].eq(0).all()


@needs_real_data
def test_26_recordings_are_cut(recordings):
    wave = torch.cat([recordings.train["wave"], recordings.test["wave"]])
    assert 20 <= (wave[:, -8:] != 0).any(1).sum() <= 26


@needs_real_data
def test_the_licence_and_the_players_are_shown(recordings):
    assert recordings.licence == "CC BY-SA 4.0"
    assert recordings.sample_rate == 8000
    assert recordings.classes["label"] == tuple("0123456789")
    assert recordings._repr_html_().count("<audio") == 3
