"""A run that is killed and started again ends as if nothing had happened."""

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from torch import nn

from mmlearn_helpers.autoencoders.deep import DeepAutoencoder
from mmlearn_helpers.boltzmann.restricted import RBM
from mmlearn_helpers.training import fit, one_cycle
from mmlearn_helpers.training.checkpoints import describe

STEPS = 16  # in an epoch of the run that is killed
IN_A_NEW_PROCESS = """
import pathlib, runpy, sys
runpy.run_path(sys.argv[1])["run"](pathlib.Path(sys.argv[2]))
"""


class Noisy(nn.Module):
    """Draws noise, drops units out, counts its calls in a buffer and tells them to a pipe."""

    def __init__(self, pipe=None):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(20, 30), nn.Dropout(0.3), nn.ReLU(), nn.Linear(30, 20))
        self.register_buffer("calls", torch.zeros(1))
        self.pipe = pipe

    def loss(self, batch):
        self.calls += 1
        if self.pipe is not None and self.training:
            os.write(self.pipe, b".")
        x = batch["image"] + 0.1 * torch.randn_like(batch["image"])
        return {"loss": (self.net(x) - batch["image"]).square().sum(dim=1).mean()}


def run(folder, pipe=None):
    """Train from the beginning, or from where the checkpoint in the folder is."""
    torch.manual_seed(0)
    model, x = Noisy(pipe), torch.randn(500, 20)
    history = fit(
        model,
        {"image": x, "label": torch.arange(500)},
        epochs=30,
        batch_size=32,
        schedule=one_cycle,
        validate={"image": x[:100], "label": torch.arange(100)},
        patience=25,
        seed=3,
        checkpoint=folder / "run.ckpt",
    )
    result = {name: getattr(history, name) for name in ("train", "validation", "best_epoch")}
    torch.save({"weights": model.state_dict(), **result}, folder / "result.pt")


def killed(folder, after):
    """Run in a process of its own, killed during or right after so many steps."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        torch.set_num_threads(1)  # the threads of the parent do not come along
        os.close(reading)
        try:
            run(folder, writing)
        finally:
            os._exit(1)
    os.close(writing)
    steps = 0
    while steps < after and (told := os.read(reading, after - steps)):
        steps += len(told)
    os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    os.close(reading)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    assert not (folder / "result.pt").exists()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    run(folder)
    return torch.load(folder / "result.pt", weights_only=True)


def same_end(folder, expected):
    ended = torch.load(folder / "result.pt", weights_only=True)
    for name, weights in expected["weights"].items():
        assert torch.equal(ended["weights"][name], weights), name
    assert ended["weights"].keys() == expected["weights"].keys()
    for course in ("train", "validation", "best_epoch"):
        assert ended[course] == expected[course]
    assert not list(folder.glob("*.part"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.parametrize("seed", range(5))
def test_a_killed_run_ends_with_the_same_bits(tmp_path, uninterrupted, seed):
    moments = random.Random(seed)
    killed(tmp_path, 1 + moments.randrange(6 * STEPS))  # anywhere in the first epochs
    killed(tmp_path, STEPS * (1 + moments.randrange(6)))  # in validation, or while it is saved
    killed(tmp_path, 1 + moments.randrange(STEPS))  # in the first epoch after a new start
    run(tmp_path)
    same_end(tmp_path, uninterrupted)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_another_process_goes_on_with_a_killed_run(tmp_path, uninterrupted):
    killed(tmp_path, 3 * STEPS + 5)
    command = [sys.executable, "-c", IN_A_NEW_PROCESS, __file__, tmp_path]
    subprocess.run(command, check=True, env={**os.environ, "TQDM_DISABLE": "1"})
    same_end(tmp_path, uninterrupted)


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


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ({"learning_rate": np.float64(1e-3)}, {"learning_rate": 1e-3}),
        ({"epochs": np.int64(6)}, {"epochs": 6}),
        ({"schedule": lambda step, n_steps: np.cos(step / n_steps)}, None),
        ({"max_gradient_norm": np.float64(1.0)}, {"max_gradient_norm": 1.0}),
    ],
    ids=["step size", "epochs", "schedule", "norm"],
)
def test_numbers_of_numpy_are_kept_as_plain_ones(tmp_path, first, again):
    history = fit(Stops(), examples(), checkpoint=tmp_path / "a", **(SETTINGS | first))
    settings = SETTINGS | (again or first)
    assert fit(Stops(0), examples(), checkpoint=tmp_path / "a", **settings).train == history.train


def test_a_checkpoint_of_another_model_is_refused_and_the_model_left_as_it_was(tmp_path):
    fit(Stops(), examples(), checkpoint=tmp_path / "a", **SETTINGS)
    wider = DeepAutoencoder([4, 7, 2])
    before = [weights.clone() for weights in wider.parameters()]
    with pytest.raises(ValueError, match=r"with model = 'Stops with 90 .* 'DeepAutoencoder with"):
        fit(wider, examples(), checkpoint=tmp_path / "a", **SETTINGS)
    assert all(torch.equal(a, b) for a, b in zip(wider.parameters(), before, strict=True))


def test_a_checkpoint_of_a_frozen_model_is_refused(tmp_path):
    frozen = Stops()
    frozen.inner.encoder.requires_grad_(False)
    fit(frozen, examples(), checkpoint=tmp_path / "a", **SETTINGS)
    with pytest.raises(ValueError, match="with model = "):
        fit(Stops(), examples(), checkpoint=tmp_path / "a", **SETTINGS)


def test_a_run_with_frozen_weights_goes_on(tmp_path):
    def frozen(calls=10**9):
        model = Stops(calls)
        model.inner.encoder.requires_grad_(False)
        return model

    whole, again = frozen(), frozen()
    fit(whole, examples(), **SETTINGS)
    with pytest.raises(KeyboardInterrupt):
        fit(frozen(9), examples(), checkpoint=tmp_path / "a", **SETTINGS)
    fit(again, examples(), checkpoint=tmp_path / "a", **SETTINGS)
    assert all(map(torch.equal, again.parameters(), whole.parameters()))
    assert all(
        map(torch.equal, again.inner.encoder.parameters(), Stops().inner.encoder.parameters())
    )


def test_the_order_of_the_modalities_does_not_matter(tmp_path):
    class Named(Stops):
        def loss(self, batch):
            return super().loss(batch["image"])

    x, label = examples(), torch.arange(50)
    first = fit(Named(), {"image": x, "label": label}, checkpoint=tmp_path / "a", **SETTINGS)
    again = fit(Named(0), {"label": label, "image": x}, checkpoint=tmp_path / "a", **SETTINGS)
    assert again.train == first.train


def test_what_a_killed_process_left_is_removed_but_not_what_another_run_is_writing(tmp_path):
    mine, others = tmp_path / "run[1].abcdefgh.part", tmp_path / "run[1].2.abcdefgh.part"
    for left in (mine, others):
        left.touch()
    fit(Stops(), examples(), checkpoint=tmp_path / "run[1]", **SETTINGS)
    assert {path.name for path in tmp_path.iterdir()} == {"run[1]", others.name}


def test_the_folder_of_a_checkpoint_is_made_and_a_tilde_is_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    fit(Stops(), examples(), checkpoint="~/runs/first", **SETTINGS)
    assert (tmp_path / "runs" / "first").is_file()


def test_a_file_whose_content_breaks_the_reading_is_no_checkpoint(tmp_path):
    for i, start in enumerate("abcdefghijklmnopqrstuvwxyz0123456789.({"):
        path = tmp_path / str(i)
        path.write_text(f"{start}ome words of a text\n")
        with pytest.raises(ValueError, match="is not a checkpoint of fit; remove"):
            fit(Stops(), examples(), checkpoint=path, **SETTINGS)
    torch.save({"settings": 3, "state": {}}, path)
    with pytest.raises(ValueError, match="is not a checkpoint of fit; remove"):
        fit(Stops(), examples(), checkpoint=path, **SETTINGS)


def test_models_with_other_buffers_are_other_models(tmp_path):
    v = torch.ones(10, 4)
    fit(RBM(4, 2, n_chains=5), v, epochs=1, checkpoint=tmp_path / "a")
    with pytest.raises(ValueError, match=r"with model = 'RBM with .* 'RBM with"):
        fit(RBM(4, 2, n_chains=6), v, epochs=1, checkpoint=tmp_path / "a")
    with pytest.raises(ValueError, match="with model = "):
        fit(RBM(4, 2), v, epochs=1, checkpoint=tmp_path / "a")


def test_models_are_told_apart_by_all_that_is_kept_of_them():
    def described(name="net", n=3, dtype=torch.float32, frozen=False, buffer=2):
        model = nn.Module()
        model.register_module(name, nn.Linear(n, 2).to(dtype).requires_grad_(not frozen))
        model.register_buffer("seen", torch.zeros(buffer))
        return describe(model)

    changes = ({"name": "other"}, {"n": 4}, {"dtype": torch.float64}, {"frozen": True})
    others = [described(**change) for change in (*changes, {"buffer": 1})]
    assert described() == described()
    assert len({described(), *others}) == 6
    assert described().startswith("Module with 8 weights (")


@pytest.mark.parametrize("name", ["patience", "seed", "data"])
def test_a_checkpoint_that_lacks_a_setting_is_refused(tmp_path, name):
    path = tmp_path / "a"
    fit(Stops(), examples(), checkpoint=path, **SETTINGS)
    stored = torch.load(path)
    del stored["settings"][name]
    torch.save(stored, path)
    with pytest.raises(ValueError, match=rf"of a run with {name} = None, but this one has {name}"):
        fit(Stops(), examples(), checkpoint=path, **SETTINGS)


def test_the_seconds_of_all_parts_of_a_run_are_added_up(tmp_path, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])

    class Slow(Stops):
        def loss(self, batch):
            now[0] += 1
            return super().loss(batch)

    with pytest.raises(KeyboardInterrupt):
        fit(Slow(9), examples(), checkpoint=tmp_path / "a", **SETTINGS)  # 4 steps an epoch
    now[0] += 5000
    history = fit(Slow(), examples(), checkpoint=tmp_path / "a", **SETTINGS)
    assert history.seconds == pytest.approx(24)
