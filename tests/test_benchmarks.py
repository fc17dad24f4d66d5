"""The benchmark compares like with like, and what it recorded makes the page."""

import json
import shutil
import sys

import pytest
import torch
from chapters import ROOT
from results import write_results

APPENDIX = ROOT / "book" / "appendix"
RECORD = json.loads((APPENDIX / "speed.json").read_text())


@pytest.fixture
def peers(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tests" / "benchmarks")
    import peers

    yield peers
    del sys.modules["peers"]


def test_the_loop_by_hand_does_the_work_of_fit(peers, monkeypatch):
    monkeypatch.setattr(torch, "randperm", lambda n, **_: torch.arange(n))
    task = peers.Task("AE", (12, 8, 3), n=100, epochs=5, batch_size=32, learning_rate=0.01)
    x = torch.rand(task.n, 12, generator=torch.Generator().manual_seed(0))
    courses, weights = [], []
    for train in (peers.by_hand, peers.by_fit):
        torch.manual_seed(0)
        model = peers.AE(task.sizes)
        courses.append(train(model, x, task))
        weights.append(torch.cat([weight.flatten() for weight in model.parameters()]))
    assert len(courses[0]) == 5 and courses[0][-1] < courses[0][0]
    assert courses[0] == pytest.approx(courses[1], rel=1e-5)
    torch.testing.assert_close(*weights)


def test_the_models_of_the_benchmark_and_of_the_book_have_the_same_loss(peers):
    x = torch.rand(10, 12)
    losses = []
    for model in ("AE", "DeepAutoencoder"):
        torch.manual_seed(0)
        losses.append(peers.MODELS[model]((12, 8, 3)).loss(x)["loss"].item())
    assert losses[0] == pytest.approx(losses[1])


def test_operations_are_those_that_torch_counts(peers):
    from torch.utils.flop_counter import FlopCounterMode
    from training_speed import operations

    model = peers.AE((12, 8, 3))
    with FlopCounterMode(display=False) as counter:
        model.loss(torch.rand(5, 12))["loss"].backward()
    assert counter.get_total_flops() == 5 * operations((12, 8, 3))


def test_the_record_makes_the_tables_of_the_page(tmp_path):
    folder = tmp_path / "book" / "appendix"
    folder.mkdir(parents=True)
    for name in ("results.json", "speed.json"):
        shutil.copy(APPENDIX / name, folder)
    write_results(tmp_path)
    page = (APPENDIX / "speed.md").read_text()
    for name, rows in (("trainers", 9), ("networks", 3), ("growth", 5)):
        assert f"_build/derived/speed_{name}.md" in page
        table = (tmp_path / "_build" / "derived" / f"speed_{name}.md").read_text()
        assert sum(line.startswith("| ") for line in table.splitlines()) == rows + 2


def test_what_the_page_says_in_words_is_in_the_record():
    growth = RECORD["growth_of_memory"]
    assert growth["slope"] * 2**20 == pytest.approx(784 * 4, rel=0.1)
    shares = [network["share_of_product"] for network in RECORD["networks"]]
    assert shares == sorted(shares)
    for entry in RECORD["trainers"]:
        by_hand = next(
            other["loss"]
            for other in RECORD["trainers"]
            if other["way"] == "by hand" and (other["model"] == "VAE") == (entry["model"] == "VAE")
        )
        assert entry["loss"] == pytest.approx(by_hand, rel=0.03)
