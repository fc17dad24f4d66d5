"""Fusion answers as its parts do by hand, and what is missing changes nothing."""

import io
import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mmlearn_helpers import data
from mmlearn_helpers.data import Split
from mmlearn_helpers.multimodal import fusion
from mmlearn_helpers.multimodal.fusion import FusionClassifier
from mmlearn_helpers.multimodal.merges import (
    Attention,
    Concatenation,
    Gate,
    LowRankBilinear,
    Sum,
)
from mmlearn_helpers.networks import mlp
from mmlearn_helpers.training import fit

WIDTHS = {"image": 5, "audio": 3, "text": 4}
K, R, C = 6, 7, 3
MERGES = {
    "sum": (Sum, K),
    "concatenation": (Concatenation, 3 * K),
    "gate": (lambda: Gate(3, K), K),
    "attention": (lambda: Attention(K), K),
    "bilinear": (lambda: LowRankBilinear(3, K, R), R),
}


def classifier(name="concatenation", seed=0, drop=0.0, hidden=8):
    torch.manual_seed(seed)
    make, width = MERGES[name]
    encoders = {modality: mlp([d, hidden, K]) for modality, d in WIDTHS.items()}
    return FusionClassifier(encoders, make(), mlp([width, C]), drop=drop).double()


def examples(n=12, seed=0, complete=False):
    generator = torch.Generator().manual_seed(seed)
    batch = {
        name: torch.randn(n, d, generator=generator, dtype=torch.float64)
        for name, d in WIDTHS.items()
    }
    if not complete:
        batch["image"][[0, 3, 5]] = math.nan
        batch["audio"][[3, 4]] = math.nan
        batch["text"][[1, 5]] = math.nan
    return batch


def labels(n=12):
    return torch.arange(n) % C


def labelled(n=12, **options):
    return examples(n, **options) | {"label": labels(n)}


def row(batch, i):
    """One example, without what it lacks."""
    return {name: x[i : i + 1] for name, x in batch.items() if not x[i].isnan().any()}


@pytest.mark.parametrize("name", MERGES)
def test_an_example_is_answered_alike_alone_and_among_others(name):
    model, batch = classifier(name), examples()
    logits = model(batch)
    assert logits.shape == (12, C) and logits.isfinite().all()
    alone = torch.cat([model(row(batch, i)) for i in range(12)])
    torch.testing.assert_close(logits, alone, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", MERGES)
def test_the_order_of_the_batch_does_not_matter(name):
    model, batch = classifier(name), examples()
    assert torch.equal(model(dict(reversed(batch.items()))), model(batch))


@pytest.mark.parametrize("name", MERGES)
def test_a_missing_modality_leaves_no_trace_in_the_gradient(name):
    """No example has a text: the gradient is that of a batch without texts."""
    gradients = []
    for there in (True, False):
        model, batch = classifier(name), labelled()
        batch["image"], batch["audio"] = (examples(complete=True)[m] for m in ("image", "audio"))
        if there:
            batch["text"] = torch.full_like(batch["text"], math.nan)
        else:
            del batch["text"]
        model.loss(batch)["loss"].backward()
        gradients.append([weights.grad for weights in model.parameters()])
        if there:
            assert all(not weights.grad.any() for weights in model.encoders["text"].parameters())
    for first, second in zip(*gradients, strict=True):
        assert torch.equal(first, torch.zeros_like(first) if second is None else second)


def test_gradients_of_encoders_come_only_from_examples_that_have_the_modality():
    model, batch = classifier(), labelled()
    model.loss(batch)["loss"].backward()
    found = [weights.grad.clone() for weights in model.encoders["image"].parameters()]
    model.zero_grad()
    for i in range(12):
        one = row(examples(), i)
        if "image" in one:
            (model.loss(one | {"label": batch["label"][i : i + 1]})["loss"] / 12).backward()
    for first, second in zip(found, model.encoders["image"].parameters(), strict=True):
        torch.testing.assert_close(first, second.grad, rtol=1e-10, atol=1e-12)


def test_the_loss_is_the_cross_entropy_in_nats():
    model, batch = classifier(), labelled()
    logits = model(examples()).detach()
    expected = -sum(
        math.log(math.exp(line[label]) / sum(map(math.exp, line)))
        for line, label in zip(logits.tolist(), batch["label"].tolist(), strict=True)
    )
    assert list(model.loss(batch)) == ["loss"]
    assert model.loss(batch)["loss"].item() == pytest.approx(expected / 12, rel=1e-12)


@pytest.mark.parametrize("dtype", [torch.int32, torch.uint8, torch.int64])
def test_labels_may_be_whole_numbers_of_any_kind(dtype):
    model, batch = classifier(), labelled()
    found = model.loss(batch | {"label": batch["label"].to(dtype)})["loss"]
    assert found == model.loss(batch)["loss"]


def test_early_fusion_is_one_linear_layer_on_the_concatenated_input():
    torch.manual_seed(0)
    encoders = {name: nn.Linear(d, K) for name, d in WIDTHS.items()}
    head = nn.Sequential(nn.ReLU(), nn.Linear(K, C))
    model, batch = FusionClassifier(encoders, Sum(), head).double(), examples(complete=True)
    joint = nn.Linear(sum(WIDTHS.values()), K).double()
    with torch.no_grad():
        joint.weight.copy_(torch.cat([encoders[name].weight for name in WIDTHS], dim=1))
        joint.bias.copy_(sum(encoders[name].bias for name in WIDTHS))
    expected = head(joint(torch.cat([batch[name] for name in WIDTHS], dim=1)))
    torch.testing.assert_close(model(batch), expected)


def test_late_fusion_adds_the_logits_of_whole_classifiers():
    torch.manual_seed(0)
    classifiers = {name: mlp([d, 8, C]).double() for name, d in WIDTHS.items()}
    model, batch = FusionClassifier(classifiers, Sum(), nn.Identity()), examples()
    logits = model(batch)
    for i in range(12):
        expected = sum(classifiers[name](x) for name, x in row(batch, i).items())
        torch.testing.assert_close(logits[i : i + 1], expected)


@pytest.mark.parametrize("name", MERGES)
def test_a_third_modality_is_one_more_entry(name):
    model, batch = classifier(name), examples(complete=True)
    assert list(model.encoders) == list(WIDTHS)
    for left in WIDTHS:
        without = {name: x for name, x in batch.items() if name != left}
        assert model(without).shape == (12, C)
        assert not torch.allclose(model(without), model(batch))


@pytest.mark.parametrize("name", ["gate", "attention"])
def test_shares_add_up_to_one_over_what_is_present(name):
    model, batch = classifier(name), examples()
    shares = model.shares(batch)
    assert shares.shape == (12, 3) and not shares.requires_grad
    for i, share in enumerate(shares.tolist()):
        there = row(batch, i)
        assert sum(share) == pytest.approx(1)
        assert [value > 0 for value in share] == [name in there for name in WIDTHS]
        alone = model.shares(there)[0]
        torch.testing.assert_close(shares[i], alone, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["sum", "concatenation", "bilinear"])
def test_a_merge_without_shares_says_so(name):
    with pytest.raises(TypeError, match="gives modalities no shares; merge with Gate or Atten"):
        classifier(name).shares(examples())


@pytest.mark.parametrize("method", ["loss", "forward"])
def test_nothing_is_drawn_but_in_training_losses(method):
    model, batch = classifier(drop=0.5), labelled() if method == "loss" else examples()
    if method == "loss":
        model.eval()
    state = torch.get_rng_state()
    first, second = getattr(model, method)(batch), getattr(model, method)(batch)
    assert torch.equal(torch.get_rng_state(), state)
    assert first == second if method == "loss" else torch.equal(first, second)
    model.train()
    assert model.loss(labelled())["loss"] != model.loss(labelled())["loss"]


def test_what_is_dropped_is_treated_as_missing(monkeypatch):
    model, batch = classifier("gate", drop=0.5), labelled(complete=True)
    asked = []

    def drop(present, probability):
        asked.append((present.clone(), probability))
        return torch.tensor([[True, False, True]]).expand(12, -1)

    monkeypatch.setattr(fusion, "drop_modalities", drop)
    found = model.loss(batch)["loss"]
    del batch["audio"]
    torch.testing.assert_close(found, model.eval().loss(batch)["loss"])
    assert len(asked) == 1 and asked[0][0].all() and asked[0][1] == 0.5


@pytest.mark.parametrize("name", MERGES)
def test_saved_weights_come_back(name):
    saved, other, file = classifier(name, 0), classifier(name, 1), io.BytesIO()
    torch.save(saved.state_dict(), file)
    file.seek(0)
    other.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(other(examples()), saved(examples()))


@pytest.mark.parametrize("name", MERGES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_other_precisions_work_and_agree(name, dtype):
    model, batch = classifier(name), labelled()
    expected = model.loss(batch)["loss"].item()
    lower = {k: x.to(dtype) if x.is_floating_point() else x for k, x in batch.items()}
    found = model.to(dtype).loss(lower)["loss"]
    assert found.dtype == dtype
    assert found.item() == pytest.approx(expected, abs=1e-5 if dtype == torch.float32 else 0.05)


def test_another_precision_than_that_of_the_model_is_refused_by_name():
    with pytest.raises(ValueError, match=r"of 'image' cannot take .* of torch\.float64; its"):
        classifier().float()(examples())


def words(n=12):
    return torch.arange(4 * n).reshape(n, 4) % 9


def test_words_are_read_by_an_embedding():
    torch.manual_seed(0)
    reader = nn.Sequential(nn.Embedding(9, 3), nn.Flatten(), nn.Linear(12, K))
    model = FusionClassifier({"text": reader, "image": mlp([5, K])}, Sum(), nn.Linear(K, C))
    batch = {"text": words(), "image": examples()["image"].float(), "label": labels()}
    history = fit(model, batch, epochs=3)
    assert history.train["loss"][-1] < history.train["loss"][0]
    batch["text"][0, 0] = 9
    with pytest.raises(ValueError, match=r"encoder of 'text' cannot take .*index out of range"):
        model.loss(batch)


@pytest.mark.parametrize("name", MERGES)
def test_it_trains_with_rows_of_nan_and_goes_on_from_a_checkpoint_bit_for_bit(name, restarted):
    def make():
        return classifier(name, drop=0.5).float()

    batch = {k: x.float() if x.is_floating_point() else x for k, x in labelled().items()}
    settings = {"epochs": 4, "batch_size": 5, "learning_rate": 0.01, "seed": 3}
    whole = make()
    history = fit(whole, batch, **settings)
    assert history.train["loss"][-1] < history.train["loss"][0]
    again = restarted(make, batch, 8, **settings)
    for key, weights in whole.state_dict().items():
        assert torch.equal(again.state_dict()[key], weights), key


@pytest.mark.parametrize("name", ["sum", "concatenation", "gate", "attention", "bilinear"])
def test_both_modalities_of_scenes_lower_the_loss_of_new_ones(name):
    """What shape the first thing has: the caption says it, and the picture says it in part."""
    scenes = data.load("scenes", n_train=600, n_test=200)
    merge = {
        "sum": Sum(),
        "concatenation": Concatenation(),
        "gate": Gate(2, 16),
        "attention": Attention(16),
        "bilinear": LowRankBilinear(2, 16, 16),
    }[name]
    train, test = (
        Split({"image": split["image"], "text": split["text"], "label": split["shape"][:, 0]})
        for split in (scenes.train, scenes.test)
    )
    torch.manual_seed(0)
    encoders = {
        "image": nn.Sequential(nn.Flatten(), mlp([3 * 32 * 32, 16])),
        "text": nn.Sequential(nn.Embedding(16, 8), nn.Flatten(), mlp([80, 16])),
    }
    width = 32 if name == "concatenation" else 16
    model = FusionClassifier(encoders, merge, mlp([width, 3]), drop=0.3)
    history = fit(model, train, epochs=12, batch_size=32, learning_rate=3e-3, validate=test)
    course = history.validation["loss"]
    assert course[-1] < 0.8 * math.log(3) and course[-1] < course[0]
    with torch.no_grad():
        right = (model({"text": test["text"]}).argmax(dim=1) == test["label"]).float().mean()
    assert right > 0.6


@pytest.mark.parametrize(
    ("label", "words"),
    [
        (torch.arange(12) % 4, "label goes from 0 to 3, but the head answers for 3 classes"),
        (torch.full((12,), -100), "label goes from -100 to -100, but the head"),
        (torch.zeros(11, dtype=torch.int64), r"label has shape \(11,\), but one label for each of"),
    ],
)
def test_labels_that_do_not_fit_are_refused(label, words):
    with pytest.raises(ValueError, match=words):
        classifier().loss(examples() | {"label": label})


def test_cross_entropy_agrees_with_torch():
    model, batch = classifier(), labelled()
    expected = F.cross_entropy(model(examples()), batch["label"])
    torch.testing.assert_close(model.loss(batch)["loss"], expected)
