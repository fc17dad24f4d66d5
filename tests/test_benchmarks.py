"""The benchmark compares like with like, and what it recorded makes the page."""

import itertools
import json
import re
import shutil
import statistics
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from chapters import ROOT
from results import write_rbm, write_results, write_vae
from results_conversion import write_conversion
from results_convolutional import write_convolutional
from results_multimodal import write_multimodal
from results_search import write_searches

from mmlearn_helpers.likelihood import exact_log_partition
from mmlearn_helpers.training import fit

APPENDIX = ROOT / "book" / "appendix"
RECORD = json.loads((APPENDIX / "speed.json").read_text())
VAE = json.loads((APPENDIX / "vae.json").read_text())
MACHINES = json.loads((APPENDIX / "rbm.json").read_text())
DIGITS = json.loads((APPENDIX / "multimodal.json").read_text())
CONVOLUTIONAL = json.loads((APPENDIX / "convolutional.json").read_text())
CONVERSION = json.loads((APPENDIX / "conversion.json").read_text())
SEARCH = json.loads((APPENDIX / "search.json").read_text())
SEARCH_SPEED = json.loads((APPENDIX / "search_speed.json").read_text())


@pytest.fixture
def peers(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tests" / "benchmarks")
    import peers

    yield peers
    del sys.modules["peers"]


@pytest.fixture
def boltzmann(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tests" / "benchmarks")
    import mnist_boltzmann

    yield mnist_boltzmann
    del sys.modules["mnist_boltzmann"], sys.modules["record"]


@pytest.fixture
def record(monkeypatch, tmp_path):
    """The function, with a file of its own in which two results stand."""
    monkeypatch.syspath_prepend(ROOT / "tests" / "benchmarks")
    import record

    results = tmp_path / "results.json"
    results.write_text(json.dumps([{"method": "A", "ours": 1.0}, {"method": "B", "ours": 2.0}]))
    monkeypatch.setattr(record, "RESULTS", results)
    yield record
    del sys.modules["record"]


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


@pytest.mark.parametrize("n", [1, 10])
def test_the_vae_of_the_benchmark_and_of_the_book_have_the_same_loss(peers, n):
    book, by_hand = peers.DynamicVAE((12, 8, 3)), peers.VAE((12, 8, 3))
    for network in (by_hand.encoder, by_hand.decoder):
        network[1] = torch.nn.Tanh()
    by_hand.load_state_dict(book.state_dict())
    x = torch.rand(n, 12).round()
    losses, gradients = [], []
    for model in (book, by_hand):
        torch.manual_seed(0)
        if model is by_hand:
            x.bernoulli()
        loss = model.loss(x)["loss"]
        loss.backward()
        losses.append(loss.item())
        gradients.append(torch.cat([weight.grad.flatten() for weight in model.parameters()]))
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    torch.testing.assert_close(*gradients)


def test_the_vae_of_the_book_sees_grey_pixels_as_new_black_and_white_ones(peers, monkeypatch):
    seen = []
    monkeypatch.setattr(peers.vae.VAE, "loss", lambda self, x: seen.append(x))
    model, grey = peers.DynamicVAE((12, 8, 3)), torch.full((5000, 12), 0.3)
    model.loss(grey)
    model.loss(grey)
    assert set(seen[0].unique().tolist()) == {0, 1}
    assert seen[0].mean().item() == pytest.approx(0.3, abs=0.02)
    assert not torch.equal(*seen)
    assert (grey == 0.3).all()


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
    for name in ("results.json", "speed.json", "vae.json", "rbm.json"):
        shutil.copy(APPENDIX / name, folder)
    write_results(tmp_path)
    tables = {"speed_trainers": 9, "speed_networks": 3, "speed_growth": 5}
    tables["results"] = len(json.loads((APPENDIX / "results.json").read_text()))
    tables |= {"vae_peers": 2, "rbm_peers": 6, "rbm_schedules": 5, "rbm_course": 5}
    for name, rows in tables.items():
        page = "speed" if name.startswith("speed") else "results"
        assert f"_build/derived/{name}.md" in (APPENDIX / f"{page}.md").read_text()
        table = (tmp_path / "_build" / "derived" / f"{name}.md").read_text()
        assert sum(line.startswith("| ") for line in table.splitlines()) == rows + 2


def test_only_what_is_recorded_becomes_a_table(tmp_path):
    folder = tmp_path / "book" / "appendix"
    folder.mkdir(parents=True)
    shutil.copy(APPENDIX / "results.json", folder)
    write_results(tmp_path)
    assert [path.name for path in (tmp_path / "_build" / "derived").iterdir()] == ["results.md"]


def vae_table(tmp_path, record):
    write_vae(tmp_path, record)
    return (tmp_path / "_build" / "derived" / "vae_peers.md").read_text()


def test_the_table_of_the_vae_has_the_numbers_of_the_record(tmp_path):
    text = vae_table(tmp_path, VAE).replace("−", "-")
    rows = {
        cells[0].strip("`"): [float(number) for cell in cells[1:] for number in cell.split(" ± ")]
        for cells in (line.strip("| ").split(" | ") for line in text.splitlines()[2:4])
    }
    assert list(rows) == ["fit", "pythae"]
    for way, found in rows.items():
        of_way = [run for run in VAE["runs"] if run["way"] == way]
        seconds, elbo, bound = (
            [run[key] for run in of_way] for key in ("seconds", "elbo", "bound")
        )
        expected = [min(seconds), statistics.mean(seconds)]
        for values in (elbo, bound):
            expected += [statistics.mean(values), statistics.stdev(values)]
        assert found == pytest.approx(expected, abs=0.051)
        assert found[2:] == pytest.approx(expected[2:], abs=0.0051)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("epochs", 77, "77 epochs"),
        ("n", 12_345, "12 345 pictures"),
        ("batch_size", 33, "batches of 33"),
        ("learning_rate", 0.5, "step size 0.5"),
        ("n_samples", 19, "takes 19 samples"),
        ("sizes", [9, 4, 2], "VAE 9-4-2"),
    ],
)
def test_the_sentence_below_the_vae_follows_its_settings(tmp_path, key, value, words):
    settings = {"settings": VAE["settings"] | {key: value}}
    assert words in vae_table(tmp_path, VAE | settings)
    assert words not in vae_table(tmp_path, VAE)


def test_the_sentence_below_the_vae_names_date_machine_versions_load_and_seeds(tmp_path):
    text = vae_table(tmp_path, VAE)
    for words in (VAE["date"], VAE["machine"], f"load average was {VAE['load_average']:.1f}"):
        assert words in text
    for name, number in VAE["versions"].items():
        assert f"{name} {number}" in text
    assert "over the seeds 0, 1, 2;" in text and {run["seed"] for run in VAE["runs"]} == {0, 1, 2}
    for words in (
        "start from the same weights",
        "one function judges both",
        "anew for every batch",
    ):
        assert words in text


def test_both_ways_have_every_seed_and_their_bounds_agree_within_a_nat():
    ways = {"fit": {}, "pythae": {}}
    for run in VAE["runs"]:
        ways[run["way"]][run["seed"]] = run
        assert run["bound"] > run["elbo"]
    assert set(ways["fit"]) == set(ways["pythae"])
    for key in ("elbo", "bound"):
        means = [statistics.mean(run[key] for run in runs.values()) for runs in ways.values()]
        assert abs(means[0] - means[1]) < 1


def rbm_tables(tmp_path, record=MACHINES):
    """The cells of the three tables without their headers, and the text below each."""
    write_rbm(tmp_path, record)
    tables = {}
    for name in ("peers", "schedules", "course"):
        text = (tmp_path / "_build" / "derived" / f"rbm_{name}.md").read_text().replace("−", "-")
        lines = [line for line in text.splitlines() if line.startswith("| ")]
        rows = [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines[2:]]
        tables[name] = rows, text[text.rindex(" |\n") :]
    return tables


def test_the_table_of_the_machines_has_the_numbers_of_the_record(tmp_path):
    rows, _ = rbm_tables(tmp_path)["peers"]
    *ways, unshuffled = rows
    assert [row[0].replace("`", "") for row in ways] == list(MACHINES["epoch_seconds"])
    for row, (way, seconds) in zip(ways, MACHINES["epoch_seconds"].items(), strict=True):
        runs = [run for run in MACHINES["runs"] if run["way"] == way]
        assert float(row[1]) == pytest.approx(min(seconds), abs=0.0051)
        assert float(row[2]) == pytest.approx(statistics.mean(seconds), abs=0.0051)
        assert {int(row[3])} == {run["epochs"] for run in runs}
        for cell, key in ((row[4], "estimate"), (row[5], "reverse")):
            mean = statistics.mean(run[key] for run in runs)
            assert float(cell.split(" ± ")[0]) == pytest.approx(mean, abs=0.0051)
    assert float(unshuffled[4]) == pytest.approx(MACHINES["sorted"]["estimate"], abs=0.0051)


def test_the_tables_of_schedules_and_of_the_course_have_the_numbers_of_the_record(tmp_path):
    tables = rbm_tables(tmp_path)
    for row, entry in zip(tables["schedules"][0], MACHINES["schedules"], strict=True):
        assert int(row[0].replace(" ", "")) == entry["n_temperatures"]
        assert float(row[1]) == pytest.approx(entry["estimate"], abs=0.0051)
        assert row[2].endswith("∞") == (entry["high"] is None)
        assert float(row[3]) == pytest.approx(entry["reverse"], abs=0.0051)
    for row, entry in zip(tables["course"][0], MACHINES["course"], strict=True):
        assert int(row[0]) == entry["epochs"]
        assert float(row[1]) == pytest.approx(entry["reconstruction"], abs=0.0051)
        assert float(row[2]) == pytest.approx(entry["estimate"], abs=0.0051)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("n", 12_345, "12 345 pictures"),
        ("n_hidden", 77, "77 hidden units"),
        ("batch_size", 33, "batches of 33"),
        ("n_chains", 19, "19 chains"),
        ("epochs", 21, "time of 21 epochs"),
        (
            "judge",
            {"n_chains": 11, "n_temperatures": 5432, "n_steps": 6543},
            "11 chains and 5 432 temperatures",
        ),
    ],
)
def test_the_sentences_below_the_machines_follow_their_settings(tmp_path, key, value, words):
    settings = {"settings": MACHINES["settings"] | {key: value}}
    assert words in rbm_tables(tmp_path, MACHINES | settings)["peers"][1]
    assert words not in rbm_tables(tmp_path)["peers"][1]


def test_the_sentences_below_the_machines_name_dates_versions_load_and_step_sizes(tmp_path):
    tables = rbm_tables(tmp_path)
    for name, part in (("peers", "side_by_side"), ("schedules", "long_run"), ("course", "course")):
        text, made = tables[name][1], MACHINES["parts"][part]
        assert made["date"] in text and made["machine"] in text
        assert f"{made['load_average'][1]:.1f} after" in text
    text = tables["peers"][1]
    for name, number in MACHINES["versions"].items():
        assert f"{name} {number}" in text
    for way, rate in MACHINES["settings"]["step_sizes"].items():
        assert rate in MACHINES["settings"]["tried"][way] and f"{way}: {rate:g} of" in text


def nats(way, key):
    return statistics.mean(run[key] for run in MACHINES["runs"] if run["way"] == way)


@pytest.mark.parametrize("key", ["estimate", "reverse"])
def test_the_page_says_of_the_machines_what_is_recorded(key):
    seconds = {way: min(course) for way, course in MACHINES["epoch_seconds"].items()}
    assert seconds["fit, PCD"] <= min(seconds["scikit-learn"], seconds["learnergy"])
    for way in ("scikit-learn", "scikit-learn, batches of 200", "learnergy"):
        assert nats("fit, PCD", key) > nats(way, key) + 4
    assert nats("fit, CD-1", key) < nats("learnergy", key) < nats("scikit-learn", key) - 10
    lost = nats("scikit-learn", key) - MACHINES["sorted"][key]
    assert lost == pytest.approx(50, abs=5)
    shortest, *_, longest = MACHINES["schedules"]
    assert shortest["estimate"] > -86.34 + 20 > longest["estimate"]
    assert shortest["reverse"] < longest["reverse"] < longest["estimate"]
    errors = [entry["reconstruction"] for entry in MACHINES["course"]]
    course = [entry[key] for entry in MACHINES["course"]]
    assert errors == sorted(errors, reverse=True)
    assert max(course) == course[1] and course[-1] < course[0] - 20


def test_weights_of_scikit_learn_mean_the_same_in_a_machine_of_the_book(boltzmann):
    from sklearn.neural_network import BernoulliRBM

    x = torch.rand(50, 12, generator=torch.Generator().manual_seed(0)).round()
    peer = BernoulliRBM(5, n_iter=3, random_state=0).fit(x.numpy())
    weights = (peer.components_, peer.intercept_visible_, peer.intercept_hidden_)
    model = boltzmann.copied(*map(torch.from_numpy, weights))
    found = model.free_energy(x).detach()
    torch.testing.assert_close(found, torch.from_numpy(peer._free_energy(x.numpy())))


def test_the_judge_finds_the_exact_log_likelihood_of_a_small_machine(boltzmann):
    torch.manual_seed(0)
    model = boltzmann.copied(torch.randn(5, 12), torch.randn(12), torch.randn(5))
    test = torch.rand(2500, 12).round()
    found = boltzmann.judge(model, test, n_chains=200, n_temperatures=300, n_steps=50)
    exact = (-model.free_energy(test).mean() - exact_log_partition(model)).item()
    assert found["estimate"] == pytest.approx(exact, abs=0.1)
    assert found["reverse"] == pytest.approx(exact, abs=0.1)
    assert found["low"] < found["estimate"] < found["high"]


def test_a_watched_machine_keeps_what_a_shorter_run_ends_with(boltzmann, monkeypatch):
    monkeypatch.setattr(boltzmann, "N_HIDDEN", 5)
    x = torch.rand(40, 784, generator=torch.Generator().manual_seed(0)).round()
    model, short = boltzmann.Watched([8]), boltzmann.RBM(784, 5)
    fit(model, x, epochs=3, batch_size=10)
    fit(short, x, epochs=2, batch_size=10)
    (kept,) = model.copies
    assert torch.equal(kept.W, short.W) and not torch.equal(model.W, short.W)


def test_every_result_names_its_unit_and_the_page_knows_it():
    page = (APPENDIX / "results.md").read_text()
    for result in json.loads((APPENDIX / "results.json").read_text()):
        (unit,) = re.findall("squared error|nats|%", result["measure"])
        assert unit in page
        assert result["measure"].startswith(("squared error", "minus the ", "test error"))


def test_a_record_replaces_its_own_entries_and_keeps_the_others(record):
    record.record([{"method": "B", "ours": 3.0}, {"method": "ü", "ours": 4.0}])
    found = json.loads(record.RESULTS.read_text())
    assert [(entry["method"], entry["ours"]) for entry in found] == [("A", 1), ("B", 3), ("ü", 4)]
    assert "date" not in found[0] and "ü" in record.RESULTS.read_text()
    for entry in found[1:]:
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", entry["date"])
        assert f"1 thread, torch {torch.__version__.split('+')[0]}" in entry["machine"]


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


def test_what_the_chapter_on_pretraining_says_in_words_is_in_the_record():
    entries = {
        tuple(entry["method"].split(", ")[1:]): entry
        for entry in json.loads((APPENDIX / "results.json").read_text())
        if entry["method"].startswith("Classifier 784-500-500-2000-10, ")
    }
    errors = {key: entry["ours"] for key, entry in entries.items()}
    seconds = {key: entry["seconds"] for key, entry in entries.items()}
    longer = {key: value for key, value in seconds.items() if key[1] != "random"}
    runs = [re.findall(r"(\d\.\d\d) and (\d\.\d\d) %", e["differs"]) for e in entries.values()]
    spread = [abs(float(one) - float(other)) for ((one, other),) in runs]
    gained = {key: errors[key[0], "random"] - value for key, value in errors.items()}
    share = statistics.mean(errors.values()) / 100
    chance = 100 * (2 * share * (1 - share) / 10_000) ** 0.5
    assert chance == pytest.approx(0.17, abs=0.02)
    assert all(abs(value) < chance for value in gained.values())
    assert max(abs(value) for value in gained.values()) < max(spread)
    assert all(pretrained > 1.4 * seconds[key[0], "random"] for key, pretrained in longer.items())


@pytest.fixture
def digits(monkeypatch):
    """The benchmark of written and spoken digits, with small examples."""
    monkeypatch.syspath_prepend(ROOT / "tests" / "benchmarks")
    import mnist_spoken_digits

    monkeypatch.setattr(mnist_spoken_digits, "DIMENSIONS", {"image": 6, "audio": 9})
    yield mnist_spoken_digits
    del sys.modules["mnist_spoken_digits"]


def pairs_of_vectors(n=400, seed=0):
    """Two modalities that share one direction."""
    generator = torch.Generator().manual_seed(seed)
    image, audio, common = (torch.randn(n, d, generator=generator) for d in (6, 9, 1))
    image[:, :1] += common
    audio[:, :1] += 2 * common
    label, speaker = torch.arange(n) % 10, torch.arange(n) % 4
    return {"image": 3 + image, "audio": 5 * audio, "label": label, "speaker": speaker}


def test_speakers_who_validate_are_not_trained_on(digits, monkeypatch):
    monkeypatch.setattr(digits, "standardised", lambda train, test: (train, test))
    pairs, left_out = pairs_of_vectors(), []
    for train, validate in digits.folds(pairs):
        speakers = [set(part["speaker"].tolist()) for part in (train, validate)]
        left_out += speakers[1]
        assert not speakers[0] & speakers[1] and len(speakers[0]) == 3
        assert len(train["label"]) + len(validate["label"]) == len(pairs["label"])
    assert left_out == [0, 3]


def test_only_the_training_examples_say_how_to_standardise(digits):
    train, test = pairs_of_vectors(), pairs_of_vectors(seed=1)
    train["speaker"] = test.pop("speaker")
    test["image"] += 100
    first, second = digits.standardised(train, test)
    for name in ("image", "audio"):
        assert first[name].mean().item() == pytest.approx(0, abs=1e-5)
        assert first[name].std().item() == pytest.approx(1, abs=1e-5)
    assert second["image"].mean() > 50
    assert list(first) == list(second) == ["image", "audio", "label"]


def test_only_the_hard_setting_has_noise_and_it_is_the_same_again(digits, monkeypatch):
    split = {
        "image": torch.rand(50, 1, 28, 28),
        "audio": torch.rand(50, 1, 40, 48),
        "label": torch.arange(50) % 10,
        "speaker": torch.arange(50) % 4,
    }
    found = SimpleNamespace(train=split, test=split)
    monkeypatch.setattr(digits.data, "paired", lambda *_, **__: found)
    assert torch.equal(digits.pairs("plain", 0)[0]["image"], split["image"].flatten(1))
    train, test = digits.pairs("hard", 0)
    noise = train["image"] - split["image"].flatten(1)
    assert noise.std().item() == pytest.approx(digits.SETTINGS["hard"]["noise"], rel=0.02)
    assert not torch.equal(train["image"], test["image"])
    assert torch.equal(digits.pairs("hard", 0)[1]["image"], test["image"])
    assert torch.equal(train["audio"], split["audio"].flatten(1))


def test_late_fusion_adds_the_logits_of_the_two_classifiers(digits):
    single = {method: digits.classifier(method, 0.0, 8).eval() for method in digits.SINGLE}
    batch = {name: x for name, x in pairs_of_vectors().items() if name in digits.DIMENSIONS}
    expected = sum(single[method]({name: batch[name]}) for method, name in digits.SINGLE.items())
    torch.testing.assert_close(digits.late(single)(batch), expected)


def test_the_canonical_correlations_are_those_of_scikit_learn(digits, monkeypatch):
    from sklearn.cross_decomposition import CCA

    monkeypatch.setitem(digits.CCA, "n_principal", 5)
    batch = pairs_of_vectors()
    codes, again = digits.cca_codes(batch, batch, 2)
    for name in ("image", "audio"):
        torch.testing.assert_close(codes[name].T.cov(), torch.eye(2), atol=1e-4, rtol=0)
        assert torch.equal(codes[name], again[name])
    components = [digits.PCA(5).fit(batch[name]).encode(batch[name]) for name in ("image", "audio")]
    peer = CCA(2, max_iter=5000).fit(*(part.numpy() for part in components))
    theirs = peer.transform(*(part.numpy() for part in components))
    ours = [codes[name].numpy() for name in ("image", "audio")]
    found, expected = (
        [abs(np.corrcoef(x[:, i], y[:, i])[0, 1]) for i in (0, 1)] for x, y in (ours, theirs)
    )
    assert found == pytest.approx(expected, abs=1e-3)
    assert found[0] > found[1] + 0.2


def test_codes_of_each_view_are_standardised_by_their_own_training_codes(digits):
    train = {"image": 3 + 2 * torch.randn(500, 4), "audio": torch.randn(500, 4)}
    first, second = digits.each_standardised(train, {name: z + 1 for name, z in train.items()})
    torch.testing.assert_close(first["image"].mean(dim=0), torch.zeros(4), atol=1e-4, rtol=0)
    torch.testing.assert_close(
        second["audio"] - first["audio"],
        (1 / train["audio"].std(dim=0)).expand(500, -1),
        atol=1e-4,
        rtol=0,
    )


def test_all_ways_of_fusion_have_about_as_many_weights():
    counts = {}
    for run in DIGITS["runs"]:
        if run["method"] not in ("sound alone", "picture alone", "late"):
            counts[run["method"]] = run["parameters"]
    assert len(counts) == 5 and max(counts.values()) < 1.03 * min(counts.values())


def derived(tmp_path, name, record, write_tables):
    """What is written from a record."""
    folder = tmp_path / "book" / "appendix"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(record))
    write_tables(tmp_path)
    return (tmp_path / "_build" / "derived" / f"{name}.md").read_text()


def multimodal_tables(tmp_path, record=DIGITS):
    """The cells of the four tables without their headers, and the whole text."""
    text = derived(tmp_path, "multimodal", record, write_multimodal)
    tables = [[]]
    for line in text.splitlines():
        if line.startswith("| "):
            tables[-1].append(line.removeprefix("| ").removesuffix(" |").split(" | "))
        elif tables[-1]:
            tables.append([])
    return [table[2:] for table in tables if table], text


def agree(cell, values, scale=1.0, digits=1):
    """Whether a cell holds the mean and the range of values."""
    expected = [statistics.mean(values), min(values), max(values)]
    found = [float(number) for number in re.findall(r"[\d.]+", cell)]
    return found == pytest.approx([scale * value for value in expected], abs=0.51 * 10**-digits)


def test_the_tables_of_digits_have_the_numbers_of_the_record(tmp_path):
    (*accuracies, probes, across), _ = multimodal_tables(tmp_path)
    assert len(accuracies) == len(DIGITS["settings"]["pairs"]) == 2
    for setting, rows in zip(DIGITS["settings"]["pairs"], accuracies, strict=True):
        assert len(rows) == 2 + 1 + 5 * 2
        for name, *cells, weights in rows:
            runs = [
                run
                for run in DIGITS["runs"]
                if run["setting"] == setting
                and name == run["method"] + (", modalities dropped" if run["drop"] else "")
            ]
            assert len(runs) == 3 and int(weights.replace(" ", "")) == runs[0]["parameters"]
            for view, cell in zip(("both", "audio", "image"), cells, strict=True):
                assert (cell == "") == (view not in runs[0])
                assert not cell or agree(cell, [run[view] for run in runs], 100)
    assert (len(probes), len(across)) == (3, 5)
    for rows, kind, keys in (
        (probes, "probe", ("both", "audio", "image")),
        (across, "transfer", ("audio to image", "image to audio")),
        (across, "retrieval", ("audio to image", "image to audio")),
    ):
        for name, *cells in rows:
            runs = [
                run
                for run in DIGITS["codes"]
                if name == run["method"] + (", modalities dropped" if run["drop"] else "")
            ]
            shown = cells[:2] if kind == "transfer" else cells[-len(keys) :]
            for key, cell in zip(keys, shown, strict=True):
                scale, places = (1, 2) if kind == "retrieval" else (100, 1)
                assert agree(cell, [run[kind][key] for run in runs], scale, places)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("n_test", 1234, "1 234 pairs to test"),
        ("drop", 0.7, "probability 0.7 for each"),
        ("width", 99, "layer of 99 units for each modality"),
        ("n_features", 17, "merge 17 features"),
        ("cca", {"n_principal": 33}, "between 33 principal components"),
        ("autoencoder", {"epochs": 7, "hidden": 88}, "88 units in each encoder and decoder, 7 epo"),
        (
            "pairs",
            {
                name: options | {"n_train": 4321, "noise": 0.9}
                for name, options in DIGITS["settings"]["pairs"].items()
            },
            "4 321 pairs, pictures with noise of deviation 0.9",
        ),
    ],
)
def test_the_sentences_about_digits_follow_their_settings(tmp_path, key, value, words):
    settings = {"settings": DIGITS["settings"] | {key: value}}
    assert words in multimodal_tables(tmp_path, DIGITS | settings)[1]
    assert words not in multimodal_tables(tmp_path)[1]


def test_the_sentences_about_digits_name_date_machine_versions_seeds_and_what_was_chosen(tmp_path):
    text = multimodal_tables(tmp_path)[1]
    for words in (DIGITS["date"], DIGITS["machine"], f"{DIGITS['seconds']} seconds", "0, 1, 2"):
        assert words in text
    for name, number in DIGITS["versions"].items():
        assert f"{name} {number}" in text
    for one in DIGITS["chosen"]:
        assert one["validation"] == max(tried["validation"] for tried in one["tried"])
        assert f"{one['method']}: step size {one['learning_rate']:g}, dropout" in text
    for runs in (DIGITS["runs"], DIGITS["codes"]):
        assert {run["seed"] for run in runs} == {0, 1, 2}
    assert "_build/derived/multimodal.md" in (APPENDIX / "results.md").read_text()


def digit_mean(setting, method, view, drop=0.0):
    return statistics.mean(
        run[view]
        for run in DIGITS["runs"]
        if (run["setting"], run["method"], run["drop"]) == (setting, method, drop)
    )


def code_mean(method, kind, key, drop=0.0):
    return statistics.mean(
        run[kind][key] for run in DIGITS["codes"] if (run["method"], run["drop"]) == (method, drop)
    )


FUSED = ("early", "concatenation", "gate", "attention", "low-rank bilinear")


DROP = DIGITS["settings"]["drop"]


def gain(setting, method, view):
    """What dropping modalities in training changes."""
    return digit_mean(setting, method, view, DROP) - digit_mean(setting, method, view)


@pytest.mark.parametrize("setting", ["plain", "hard"])
def test_the_page_says_of_fusion_what_is_recorded(setting):
    weights = {run["method"]: run["parameters"] for run in DIGITS["runs"]}
    late, picture = digit_mean(setting, "late", "both"), digit_mean(setting, "late", "image")
    for method in FUSED:
        assert weights["late"] > weights[method]
        assert gain(setting, method, "audio") > 0
        for drop in (0.0, DROP):
            assert digit_mean(setting, method, "both", drop) < late
            assert digit_mean(setting, method, "image", drop) < picture
        if setting == "hard":
            assert digit_mean(setting, method, "both") > picture + 0.05
        assert digit_mean(setting, method, "audio") < digit_mean(setting, "late", "audio") - 0.05


def test_the_page_says_of_clean_pictures_what_is_recorded():
    picture = digit_mean("plain", "picture alone", "image")
    above = {method: digit_mean("plain", method, "both") - picture for method in FUSED}
    assert above["low-rank bilinear"] > 0.01 and above["early"] < 0
    assert max(value for method, value in above.items() if method != "low-rank bilinear") < 0.005
    for run in DIGITS["runs"]:
        if run["setting"] == "plain" and run["method"] in ("gate", "attention") and not run["drop"]:
            assert run["both"] == run["image"]
    chosen = {one["method"]: one for one in DIGITS["chosen"] if one["setting"] == "plain"}
    best = chosen["picture alone"]["validation"]
    assert all(chosen[method]["validation"] < best for method in FUSED)


def test_the_page_says_of_dropped_modalities_what_is_recorded():
    cases = [(setting, method) for setting in ("plain", "hard") for method in FUSED]
    assert sum(gain(*case, "image") > 0 for case in cases) > 5
    assert sum(gain(*case, "both") < 0 for case in cases) > 5


def test_the_page_says_of_shared_codes_what_is_recorded():
    for kind in ("transfer", "retrieval"):
        for way in ("audio to image", "image to audio"):
            canonical = code_mean("CCA", kind, way)
            for method in ("autoencoder", "autoencoder, each view standardised"):
                dropped = code_mean(method, kind, way, DROP)
                assert code_mean(method, kind, way) < dropped < canonical
    of_autoencoder = code_mean("autoencoder", "probe", "both", DROP)
    assert 0 < of_autoencoder - code_mean("CCA", "probe", "both") < 0.03


def derived_table(*record):
    """The cells of the header and of the rows, and the whole text."""
    text = derived(*record)
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    header, _, *rows = [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines]
    return header, rows, text


@pytest.mark.parametrize(
    "write_tables", [write_convolutional, write_conversion, write_multimodal, write_searches]
)
def test_without_records_there_are_no_tables(tmp_path, write_tables):
    write_tables(tmp_path)
    assert not (tmp_path / "_build").exists()


def test_the_table_of_search_has_the_numbers_of_the_record(tmp_path):
    _, rows, text = derived_table(tmp_path, "search", SEARCH, write_searches)
    left = list(SEARCH["runs"])
    for method, numbers, epochs, *cells in (row for row in rows if len(row) == 5):
        runs = [
            run
            for run in left
            if run["method"] == method
            and run["numbers"] == int(numbers.replace(" ", ""))
            and str(run.get("epochs", "")) == epochs
        ]
        left = [run for run in left if run not in runs]
        assert len(runs) == (1 if epochs == "" else 3)
        for cell, measure in zip(cells, ("precision", "average"), strict=True):
            found = [float(number) for number in re.findall(r"[\d.]+", cell)]
            values = [run[measure] for run in runs]
            expected = [statistics.mean(values), min(values), max(values)]
            assert found == pytest.approx(expected[: len(found)], abs=6e-4)
    assert not left
    for gain in SEARCH["gains"]:
        assert f"{gain['low']:+.3f}".replace("-", "−") in text


def measured(measure, method, numbers, epochs=None):
    return [
        run[measure]
        for run in SEARCH["runs"]
        if (run["method"], run["numbers"], run.get("epochs")) == (method, numbers, epochs)
    ]


def test_the_intervals_of_search_lie_around_the_differences():
    assert len(SEARCH["gains"]) == 6
    for gain in SEARCH["gains"]:
        found = measured("precision", "autoencoder", gain["numbers"], gain["epochs"])
        (linear,) = measured("precision", "LSA or PCA", gain["numbers"])
        assert len(found) == 3
        middle = (gain["low"] + gain["high"]) / 2
        assert statistics.mean(found) - linear == pytest.approx(middle, abs=0.002)


def test_what_the_book_says_of_search_in_newsgroups_is_in_the_record():
    def mean(measure, *which):
        return statistics.mean(measured(measure, *which))

    gains = {(gain["numbers"], gain["epochs"]): gain for gain in SEARCH["gains"]}
    assert gains[8, 10]["low"] < 0 < gains[8, 10]["high"] < 0.02 and gains[8, 30]["low"] > 0
    for epochs in SEARCH["settings"]["epochs"]:
        assert gains[2, epochs]["low"] > 0
        assert gains[32, epochs]["high"] < -0.05
        for numbers in (8, 32):
            ours = mean("average", "autoencoder", numbers, epochs)
            assert ours < mean("average", "LSA or PCA", numbers)
    words = max(mean("precision", name, 2000) for name in ("bag of words", "tf–idf"))
    assert mean("precision", "LSA or PCA", 32) > words + 0.05

    def held(reads, power):
        settings = {"reads": reads, "power": power, "axes": "LSA", "distance": "cosine"}
        return SEARCH["chosen"]["linear 32"]["tried"][json.dumps(settings)]

    ours = max(SEARCH["chosen"]["autoencoder 32"]["tried"].values())
    assert held("counts", 1) < ours - 0.02 and held("logarithms", 3) > ours + 0.05
    for epochs in SEARCH["settings"]["epochs"]:
        plain = "autoencoder, weights to the power 0"
        none, masked = (
            mean("precision", f"{plain}, {share} of the words hidden", 32, epochs)
            for share in ("0%", "30%")
        )
        both = mean("precision", "autoencoder", 32, epochs)
        assert none < masked < both
        assert both - none < held("logarithms", 3) - held("logarithms", 0)


def test_each_method_searches_with_the_best_of_what_was_tried():
    for chosen in SEARCH["chosen"].values():
        best = max(chosen["tried"].values())
        settings = {name: value for name, value in chosen.items() if name != "tried"}
        assert chosen["tried"][json.dumps(settings)] == best


def test_the_table_of_growing_collections_has_the_numbers_of_the_record(tmp_path):
    _, rows, _ = derived_table(tmp_path, "search_speed", SEARCH_SPEED, write_searches)
    found = {(row[0], int(row[1].replace(" ", ""))): row[2:] for row in rows}
    assert len(found) == len(SEARCH_SPEED["rows"]) == 16
    for row in SEARCH_SPEED["rows"]:
        milliseconds, precision, n_bytes = map(float, found[row["index"], row["texts"]])
        assert milliseconds == pytest.approx(row["milliseconds"], abs=6e-4)
        assert precision == pytest.approx(row["precision"], abs=6e-3)
        assert n_bytes == row["bytes_a_text"]


def test_what_the_chapter_says_of_growing_collections_is_in_the_record():
    at = {(row["index"], row["texts"]): row for row in SEARCH_SPEED["rows"]}
    few, many = 1000, 1_000_000

    def growth(name):
        return at[name, many]["milliseconds"] / at[name, few]["milliseconds"]

    assert growth("torch, all codes") > 200 and growth("faiss, exact") > 200
    assert growth("bits, ball") < 20 and growth("faiss, cells") < 30
    cells, exact, ball = (at[name, many] for name in ("faiss, cells", "faiss, exact", "bits, ball"))
    assert cells["precision"] > exact["precision"] - 0.03 > ball["precision"]
    assert cells["milliseconds"] < exact["milliseconds"] / 20
    assert exact["bytes_a_text"] == 8 * ball["bytes_a_text"]


def test_the_table_of_convolutional_autoencoders_has_the_numbers_of_the_record(tmp_path):
    header, rows, _ = derived_table(tmp_path, "convolutional", CONVOLUTIONAL, write_convolutional)
    settings = header[3:]
    shown = {(row[0], row[2].replace(" ", "")): row for row in rows}
    for row in CONVOLUTIONAL:
        cells = shown[row["network"], str(row["steps"] or "")]
        assert cells[1].replace(" ", "") == str(row.get("weights", ""))
        pictures = f"{row['pictures']:,}".replace(",", " ")
        column = settings.index(f"{row['data']}, {pictures} pictures")
        found = [float(number) for number in cells[3 + column].split(" to ")]
        assert found == pytest.approx(sorted(row["test"]), abs=6e-3)
    assert len(rows) * len(settings) == len(CONVOLUTIONAL)


def test_each_convolutional_autoencoder_has_the_best_step_size_that_was_tried():
    for row in CONVOLUTIONAL:
        if row["network"] != "PCA":
            tried = {float(rate): value for rate, value in row["validation"].items()}
            assert row["rate"] == min(tried, key=tried.get)


def test_what_the_book_says_of_convolutional_autoencoders_is_in_the_record():
    found = {
        tuple(row[name] for name in ("data", "pictures", "network", "steps")): row
        for row in CONVOLUTIONAL
    }

    def errors(*which):
        return found[which]["test"]

    small, wide = "fully connected, as many weights", "fully connected, wide"
    settings = [(data, n) for data in ("MNIST", "Fashion-MNIST") for n in (2000, 60_000)]
    for setting in settings:
        for steps in (2000, 8000):
            ours = max(errors(*setting, "convolutional", steps))
            assert ours < errors(*setting, "PCA", None)[0]
            assert ours < min(errors(*setting, small, steps))
            of_wide = errors(*setting, wide, steps)
            if setting == ("Fashion-MNIST", 60_000):
                assert min(errors(*setting, "convolutional", steps)) < min(of_wide)
                assert max(of_wide) < ours
            else:
                assert ours < min(of_wide)
    for data in ("MNIST", "Fashion-MNIST"):
        for network in ("convolutional", wide):
            brief, long = (found[data, 2000, network, steps] for steps in (2000, 8000))
            assert min(long["test"]) > max(brief["test"]) and long["training"] < brief["training"]
        brief, long = (errors(data, 2000, small, steps) for steps in (2000, 8000))
        assert statistics.mean(long) < statistics.mean(brief)
    ours = statistics.mean(errors("Fashion-MNIST", 2000, "convolutional", 8000))
    assert statistics.mean(errors("Fashion-MNIST", 2000, small, 8000)) < 1.05 * ours
    (deep,) = (
        entry
        for entry in json.loads((APPENDIX / "results.json").read_text())
        if entry["method"].startswith("Deep autoencoder")
    )
    sizes = [784, 1000, 500, 250, 30]
    weights = sum(2 * a * b + a + b for a, b in itertools.pairwise(sizes))
    ours = found["MNIST", 60_000, "convolutional", 8000]
    assert weights / ours["weights"] == pytest.approx(25, abs=1)
    assert deep["ours"] < max(ours["test"]) < 1.25 * deep["ours"] and deep["epochs"] == 100
    assert round(8000 * 128 / 60_000) == 17


def test_the_table_of_conversions_has_the_numbers_of_the_record(tmp_path):
    _, rows, _ = derived_table(tmp_path, "conversion", CONVERSION, write_conversion)
    measures = ("distance, mean", "as target", "as source", "right word")
    for row, line in zip(CONVERSION, rows, strict=True):
        assert line[:2] == [row["method"], row["voices"]]
        assert line[2].replace(" ", "") == str(row["steps"] or "")
        for cell, values in zip(line[3:], (row[measure] for measure in measures), strict=True):
            found = [float(number) for number in re.findall(r"[\d.]+", cell)]
            expected = [statistics.mean(values), min(values), max(values)]
            assert found == pytest.approx(expected[: len(found)], abs=6e-3)
            assert len(found) == (1 if len(values) == 1 else 3)


def test_what_the_page_says_of_conversions_is_in_the_record():
    found = {(row["method"], row["voices"], row["steps"]): row for row in CONVERSION}

    def of(measure, method, voices="known", steps=None):
        return statistics.mean(found[method, voices, steps][measure])

    plain, ours = "converter without instance normalisation", "converter"
    distance, both = "distance, mean", "statistics of both, 20 samples"
    rivals = [key for key in found if key[0] not in (ours, "the target itself, once more")]
    for steps in (1500, 4500):
        nearest = of(distance, ours, steps=steps)
        assert all(nearest < of(distance, *key) for key in rivals if key[1] == "known")
        assert nearest > of(distance, "the target itself, once more")
        for measure in ("as target", "right word"):
            assert of(measure, both) > of(measure, ours, steps=steps)
    assert 0 < of(distance, "source as it is") - of(distance, both) < 0.1
    assert of("as target", ours, steps=4500) > of("as target", ours, steps=1500)
    assert of(distance, ours, steps=4500) > of(distance, ours, steps=1500) - 0.02
    assert of("as source", plain, steps=4500) > 0.7 < of("right word", plain, steps=4500)
    assert abs(of(distance, ours, "unseen source", 4500) - of(distance, ours, steps=4500)) < 0.15
    for method in (ours, plain):
        assert of("as target", method, "unseen target", 4500) < 0.05
