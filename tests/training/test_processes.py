"""Two processes under torchrun train as one does."""

import json
import os
import runpy
import subprocess
import sys

import pytest
import torch
from torch import nn

from mmlearn_helpers.training import fit, run
from mmlearn_helpers.training.processes import Processes

RUN = """
import json, os, sys, torch
from torch import nn
from mmlearn_helpers.autoencoders.deep import DeepAutoencoder
from mmlearn_helpers.training import fit, one_cycle

for n in (101, 103, 120):
    torch.manual_seed(0)
    x = torch.rand(n, 12).double()
    model = DeepAutoencoder([12, 16, 3], activation=nn.Tanh).double()
    path, looks = f"{sys.argv[1]}.{n}", []
    def look(epoch):
        looks.append([epoch, torch.rand(1).item(), model.loss(x[:30])["loss"].item()])
    history = fit(model, x, epochs=8, batch_size=20, learning_rate=1e-2, schedule=one_cycle,
                  max_gradient_norm=1.0, validate=x[:30], checkpoint=path + ".ckpt",
                  after_epoch=look)
    with open(path + "." + os.environ.get("RANK", "alone"), "w") as file:
        json.dump([history.train["loss"], history.validation["loss"],
                   model.decoder[-1].bias.tolist(), looks], file)
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The same runs, by this process and by two others."""
    folder = tmp_path_factory.mktemp("runs")
    program = folder / "run.py"
    program.write_text(RUN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["run.py", str(folder / "out")])
        runpy.run_path(str(program))
    for left in folder.glob("*.ckpt"):
        left.unlink()
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    torchrun += ["--master-port", str(29500 + os.getpid() % 1000)]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "TQDM_DISABLE": "1"}
    subprocess.run(
        [*torchrun, program, folder / "out"],
        check=True,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return folder


@pytest.mark.parametrize("n", [101, 103, 120])
def test_two_processes_have_the_loss_curve_of_one(runs, n):
    alone, *together = (
        json.loads((runs / f"out.{n}.{name}").read_text()) for name in ("alone", "0", "1")
    )
    assert together[0] == together[1]
    assert [epoch for epoch, *_ in together[0][3]] == list(range(1, 9))
    for a, b in zip(alone, together[0], strict=True):
        torch.testing.assert_close(torch.tensor(b), torch.tensor(a), rtol=1e-5, atol=1e-5)


def test_the_parts_of_a_batch_make_up_its_mean():
    values = torch.randn(11, dtype=torch.float64)
    for size in (1, 2, 3, 16):
        weighted = []
        for rank in range(size):
            processes = Processes("cpu")
            processes.rank, processes.size = rank, size
            rows, weight = processes.share(torch.arange(11))
            weighted.append(weight * values[rows].mean().item())
        assert sum(weighted) / size == pytest.approx(values.mean().item(), rel=1e-12)


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_named(kind):
    if getattr(torch, kind).is_available():
        pytest.skip(f"this machine has a {kind} device")
    with pytest.raises(RuntimeError, match=f"no {kind} device here; use device='cpu'"):
        Processes(kind)


def test_without_fabric_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setitem(sys.modules, "lightning_fabric", None)
    with pytest.raises(ImportError, match=r"pip install 'mmlearn-helpers\[distributed\]'"):
        Processes("cpu")


class Listens(nn.Module):
    """Draws noise in its loss, and remembers it."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.ones(1))
        self.heard = []

    def loss(self, x):
        noise = torch.rand(4)
        self.heard.append(noise)
        return {"loss": (self.w * noise.mean() * x).mean()}


@pytest.fixture
def trained_as(monkeypatch):
    """Train as one of two processes would, which do not hear of each other here."""
    join = Processes.__init__

    def train(rank, **options):
        def pretend(self, device):
            join(self, device)
            self.rank, self.size = rank, 2

        monkeypatch.setattr(Processes, "__init__", pretend)
        model = Listens()
        fit(model, torch.ones(10, 1), **({"epochs": 3, "batch_size": 5} | options))
        return model

    return train


def test_every_process_draws_noise_of_its_own(trained_as):
    first, again, second = (torch.stack(trained_as(rank).heard) for rank in (0, 0, 1))
    assert torch.equal(first, again)
    assert not (first == second).any()


def test_only_the_first_process_writes_checkpoints(trained_as, tmp_path, monkeypatch):
    written, save = [], run.save_checkpoint
    monkeypatch.setattr(run, "save_checkpoint", lambda *state: written.append(save(*state)))
    trained_as(1, checkpoint=tmp_path / "second")
    assert not written and not list(tmp_path.iterdir())
    trained_as(0, checkpoint=tmp_path / "first")
    assert len(written) == 3


def test_a_process_for_which_nothing_is_left_pulls_at_no_weight(trained_as):
    """Of batches of one the first process takes all, and the second has a weight of zero."""
    first, second = (trained_as(rank, batch_size=1) for rank in (0, 1))
    assert len(first.heard) == len(second.heard) == 30
    assert first.w.item() < 0.999
    assert second.w.item() == 1
