"""A run that is killed and started again ends as if nothing had happened."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
import torch
from torch import nn

from mmlearn_helpers.autoencoders.deep import DeepAutoencoder
from mmlearn_helpers.training import fit, one_cycle

RUN = """
import sys, time, torch
from torch import nn
from mmlearn_helpers.training import fit, one_cycle

class Noisy(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(20, 30), nn.Dropout(0.3), nn.ReLU(), nn.Linear(30, 20))
        self.register_buffer("calls", torch.zeros(1))

    def loss(self, batch):
        self.calls += 1
        x = batch["image"] + 0.1 * torch.randn_like(batch["image"])
        return {"loss": (self.net(x) - batch["image"]).square().sum(dim=1).mean()}

torch.manual_seed(0)
model = Noisy()
x = torch.randn(500, 20)
print("started", flush=True)
history = fit(
    model, {"image": x, "label": torch.arange(500)}, epochs=60, batch_size=32, schedule=one_cycle,
    validate={"image": x[:100], "label": torch.arange(100)}, patience=50, seed=3,
    checkpoint=sys.argv[1],
)
torch.save({"weights": model.state_dict(), "train": history.train,
            "validation": history.validation, "best": history.best_epoch}, sys.argv[2])
"""


def start(folder, name):
    command = [sys.executable, "-c", RUN, folder / "run.ckpt", folder / name]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, "TQDM_DISABLE": "1"}, text=True
    )


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    process = start(folder, "result.pt")
    assert process.stdout.readline() == "started\n"
    begun = time.perf_counter()
    assert process.wait() == 0
    seconds = time.perf_counter() - begun
    return torch.load(folder / "result.pt", weights_only=True), seconds


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_run_ends_with_the_same_bits(tmp_path, uninterrupted, seed):
    expected, seconds = uninterrupted
    pause = random.Random(seed)
    kills = 0
    while kills < 3:
        process = start(tmp_path, "result.pt")
        process.stdout.readline()
        time.sleep(pause.uniform(0, 0.6 * seconds))
        process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
        if process.returncode == 0:
            break
    else:
        assert start(tmp_path, "result.pt").wait() == 0
    assert kills > 0
    ended = torch.load(tmp_path / "result.pt", weights_only=True)
    for name, weights in expected["weights"].items():
        assert torch.equal(ended["weights"][name], weights), name
    for course in ("train", "validation", "best"):
        assert ended[course] == expected[course]
    assert not list(tmp_path.glob("*.part"))


class Stops(nn.Module):
    """Raises after so many calls, as if the machine had stopped there."""

    def __init__(self, calls=10**9):
        super().__init__()
        torch.manual_seed(0)
        self.inner = DeepAutoencoder([4, 6, 2], activation=nn.Tanh)
        self.left = calls

    def loss(self, batch):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return self.inner.loss(batch)


def examples(seed=0):
    return torch.randn(50, 4, generator=torch.Generator().manual_seed(seed))


SETTINGS = {"epochs": 6, "batch_size": 16, "schedule": one_cycle}


@pytest.mark.parametrize("calls", [0, 1, 4, 5, 8, 23])
def test_a_run_stopped_at_any_step_goes_on_from_the_last_epoch(tmp_path, calls):
    whole, part = Stops(), Stops(calls)
    expected = fit(whole, examples(), **SETTINGS)
    with pytest.raises(KeyboardInterrupt):
        fit(part, examples(), checkpoint=tmp_path / "a", **SETTINGS)
    again = Stops()
    history = fit(again, examples(), checkpoint=tmp_path / "a", **SETTINGS)
    assert again.left == 10**9 - (24 - calls // 4 * 4)
    assert history.train == expected.train
    for a, b in zip(again.parameters(), whole.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_finished_run_is_read_and_not_repeated(tmp_path):
    first = fit(Stops(), examples(), checkpoint=tmp_path / "a", **SETTINGS)
    model = Stops(0)
    second = fit(model, examples(), checkpoint=tmp_path / "a", **SETTINGS)
    assert second.train == first.train
    assert second.seconds == first.seconds


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 7},
        {"batch_size": 15},
        {"learning_rate": 1e-2},
        {"schedule": None},
        {"max_gradient_norm": 1.0},
        {"seed": 1},
        {"validate": examples()},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_checkpoint_of_another_run_is_refused(tmp_path, change):
    fit(Stops(), examples(), checkpoint=tmp_path / "a", **SETTINGS)
    name = next(iter(change))
    with pytest.raises(ValueError, match=rf"with {name} = .* remove .* to start anew"):
        fit(Stops(), examples(), checkpoint=tmp_path / "a", **(SETTINGS | change))


def test_a_checkpoint_of_other_data_is_refused(tmp_path):
    fit(Stops(), examples(), checkpoint=tmp_path / "a", **SETTINGS)
    with pytest.raises(ValueError, match="with data = "):
        fit(Stops(), examples(1), checkpoint=tmp_path / "a", **SETTINGS)


@pytest.mark.parametrize("content", [b"", b"no checkpoint", "half"])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path, content):
    path = tmp_path / "a"
    if content == "half":
        fit(Stops(), examples(), checkpoint=path, **SETTINGS)
        content = path.read_bytes()[:1000]
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is not a checkpoint of fit; remove"):
        fit(Stops(), examples(), checkpoint=path, **SETTINGS)


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path):
    class Evil:
        def __reduce__(self):
            return (os.system, (f"touch {tmp_path / 'harm'}",))

    torch.save(Evil(), tmp_path / "a")
    with pytest.raises(ValueError, match="is not a checkpoint"):
        fit(Stops(), examples(), checkpoint=tmp_path / "a", **SETTINGS)
    assert not (tmp_path / "harm").exists()


def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(tmp_path, monkeypatch):
    path = tmp_path / "a"
    with pytest.raises(KeyboardInterrupt):
        fit(Stops(8), examples(), checkpoint=path, **SETTINGS)
    before = path.read_bytes()

    def full(content, file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(torch, "save", full)
        fit(Stops(), examples(), checkpoint=path, **SETTINGS)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a"]
