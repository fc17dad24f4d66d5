"""Codes are means over what is present, and losses count what is there, one example at a time."""

import io
import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mmlearn_helpers import data
from mmlearn_helpers.data import Split
from mmlearn_helpers.multimodal import autoencoders
from mmlearn_helpers.multimodal.autoencoders import (
    Modality,
    MultimodalAutoencoder,
    squared_error,
    word_error,
)
from mmlearn_helpers.networks import mlp
from mmlearn_helpers.training import fit

WIDTHS = {"image": 5, "audio": 3, "text": 4}
WEIGHTS = {"image": 1.0, "audio": 2.5, "text": 0.1}
K = 2


def autoencoder(seed=0, drop=0.0, names=tuple(WIDTHS)):
    torch.manual_seed(seed)
    modalities = {
        name: Modality(mlp([WIDTHS[name], 7, K]), mlp([K, 7, WIDTHS[name]]), weight=WEIGHTS[name])
        for name in names
    }
    return MultimodalAutoencoder(modalities, drop=drop).double()


def examples(n=10, seed=0, complete=False):
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


def row(batch, i):
    """One example, without what it lacks."""
    return {name: x[i : i + 1] for name, x in batch.items() if not x[i].isnan().any()}


def code_by_hand(model, one):
    codes = [model.encoders[name](x) for name, x in one.items()]
    return sum(codes) / len(codes)


def terms_by_hand(model, batch):
    """The error of every modality, by a loop over the examples."""
    n = len(batch["image"])
    terms = dict.fromkeys(batch, 0.0)
    for i in range(n):
        one = row(batch, i)
        z = code_by_hand(model, one)
        for name, x in one.items():
            difference = (x - model.decoders[name](z)).detach().flatten().tolist()
            terms[name] += sum(d * d for d in difference) / n
    return terms


def test_the_code_is_the_mean_over_the_encoders_of_what_is_present():
    model, batch = autoencoder(), examples()
    expected = torch.cat([code_by_hand(model, row(batch, i)) for i in range(10)])
    torch.testing.assert_close(model.encode(batch), expected, rtol=0, atol=1e-12)


def test_an_example_is_coded_alike_whatever_the_others_lack():
    model, batch = autoencoder(), examples(complete=True)
    whole = model.encode(batch)
    batch["image"][1:] = math.nan
    torch.testing.assert_close(model.encode(batch)[0], whole[0], rtol=0, atol=1e-12)
    assert not torch.allclose(model.encode(batch)[1:], whole[1:])
    torch.testing.assert_close(
        model.encode({"text": batch["text"]}), model.encoders["text"](batch["text"])
    )


def test_the_loss_is_the_weighted_sum_of_errors_by_hand():
    model, batch = autoencoder(), examples()
    expected = terms_by_hand(model, batch)
    found = model.loss(batch)
    assert list(found) == ["loss", *WIDTHS]
    for name, value in expected.items():
        assert found[name].item() == pytest.approx(value, rel=1e-12)
    total = sum(WEIGHTS[name] * value for name, value in expected.items())
    assert found["loss"].item() == pytest.approx(total, rel=1e-12)


def test_the_loss_of_all_is_the_mean_of_the_losses_of_single_examples():
    model, batch = autoencoder(), examples()
    singles = [model.loss(row(batch, i)) for i in range(10)]
    for name in ("loss", *WIDTHS):
        expected = sum(terms.get(name, torch.zeros(())).item() for terms in singles) / 10
        assert model.loss(batch)[name].item() == pytest.approx(expected, rel=1e-12)


def test_a_modality_that_nobody_has_may_be_left_out_or_be_nan():
    model, batch = autoencoder(), examples(complete=True)
    gradients = []
    for there in (True, False):
        batch.pop("text", None)
        if there:
            batch["text"] = torch.full((10, 4), math.nan, dtype=torch.float64)
        model.zero_grad()
        terms = model.loss(batch)
        assert terms.get("text", 0) == 0
        terms["loss"].backward()
        gradients.append([weights.grad for weights in model.parameters()])
    for first, second in zip(*gradients, strict=True):
        assert torch.equal(first, torch.zeros_like(first) if second is None else second)


def test_the_error_of_what_is_missing_is_never_computed():
    """An error with a logarithm is NaN for the zeros that stand where nothing is."""

    def divergence(output, x):
        p, q = x.softmax(dim=1) if (x == 0).all() else x, output.softmax(dim=1)
        return (p * (p / q).log()).sum(dim=1)

    batch = examples()
    batch["text"] = batch["text"].softmax(dim=1)
    modalities = {
        "image": Modality(mlp([5, K]), mlp([K, 5])),
        "text": Modality(mlp([4, K]), mlp([K, 4]), divergence),
    }
    del batch["audio"]
    batch["image"][[3, 5]] = 1.0
    model = MultimodalAutoencoder(modalities).double()
    terms = model.loss(batch)
    terms["loss"].backward()
    assert terms["text"] > 0
    assert all(weights.grad.isfinite().all() for weights in model.parameters())


def test_the_order_of_the_batch_does_not_matter():
    model, batch = autoencoder(), examples()
    backwards = dict(reversed(batch.items()))
    assert torch.equal(model.encode(backwards), model.encode(batch))
    assert model.loss(backwards) == model.loss(batch)


def test_a_third_modality_is_one_more_entry():
    two, three, batch = autoencoder(names=("image", "audio")), autoencoder(), examples()
    three.load_state_dict(two.state_dict(), strict=False)
    del batch["text"]
    batch = {name: x[6:] for name, x in batch.items()}
    torch.testing.assert_close(three.encode(batch), two.encode(batch))
    assert three.loss(batch) == two.loss(batch)
    assert list(three.decode(two.encode(batch))) == ["image", "audio", "text"]


def test_what_is_hidden_in_training_is_reconstructed_all_the_same(monkeypatch):
    model, batch = autoencoder(drop=0.5), examples(complete=True)
    hidden = torch.tensor([True, False, False]).expand(10, -1)
    monkeypatch.setattr(autoencoders, "drop_modalities", lambda present, p: hidden)
    outputs = model.decode(model.encode({"image": batch["image"]}))
    found = model.loss(batch)
    for name, x in batch.items():
        torch.testing.assert_close(found[name], squared_error(outputs[name], x).mean())


def test_what_is_hidden_is_drawn_from_what_is_present_and_can_be_read(monkeypatch):
    asked = []
    modalities = {
        "image": Modality(None, mlp([K, 5])),
        "audio": Modality(mlp([3, K]), None),
        "text": Modality(mlp([4, K]), mlp([K, 4])),
    }
    model = MultimodalAutoencoder(modalities, drop=0.25).double()
    monkeypatch.setattr(
        autoencoders, "drop_modalities", lambda present, p: asked.append((present, p)) or present
    )
    batch = examples()
    batch["audio"][3] = 1.0
    model.loss(batch)
    ((present, probability),) = asked
    assert probability == 0.25
    expected = torch.stack([~batch[name].isnan().any(dim=1) for name in ("audio", "text")], dim=1)
    assert torch.equal(present, expected)


def test_nothing_is_drawn_but_in_training():
    model, batch = autoencoder(drop=0.5).eval(), examples()
    state = torch.get_rng_state()
    assert model.loss(batch) == model.loss(batch)
    assert torch.equal(torch.get_rng_state(), state)
    model.train()
    assert model.loss(batch)["loss"] != model.loss(batch)["loss"]


def test_a_modality_may_be_only_read_or_only_reconstructed():
    modalities = {
        "image": Modality(mlp([5, K]), None),
        "audio": Modality(None, mlp([K, 3])),
    }
    model, batch = MultimodalAutoencoder(modalities).double(), examples(complete=True)
    del batch["text"]
    z = model.encode({"image": batch["image"]})
    assert torch.equal(z, model.encoders["image"](batch["image"]))
    assert list(model.decode(z)) == ["audio"]
    terms = model.loss(batch)
    assert list(terms) == ["loss", "audio"]
    expected = (batch["audio"] - model.decoders["audio"](z)).square().sum() / 10
    torch.testing.assert_close(terms["loss"], expected)
    with pytest.raises(ValueError, match="batch has a modality 'audio', but the model knows 'ima"):
        model.encode(batch)
    with pytest.raises(ValueError, match="holds 'image', but only 'audio' can be reconstructed"):
        model.loss({"image": batch["image"]})
    with pytest.raises(ValueError, match=r"nothing that can be read.* made of 'image'; leave"):
        model.loss({"audio": batch["audio"]})


def test_the_squared_error_is_summed_over_all_numbers_of_an_example():
    output, x = torch.randn(2, 4, 3, 2, dtype=torch.float64)
    expected = [
        sum((a - b) ** 2 for a, b in zip(p, q, strict=True))
        for p, q in zip(output.flatten(1).tolist(), x.flatten(1).tolist(), strict=True)
    ]
    assert squared_error(output, x).tolist() == pytest.approx(expected)


def test_the_error_of_words_is_the_cross_entropy_at_each_place():
    torch.manual_seed(0)
    logits, words = torch.randn(4, 6, 9).double(), torch.randint(9, (4, 6))
    each = F.cross_entropy(logits.reshape(24, 9), words.reshape(24), reduction="none")
    one_hot = F.one_hot(words, 9).double()
    torch.testing.assert_close(word_error(logits, one_hot), each.reshape(4, 6).sum(dim=1))


def test_the_error_of_counts_is_the_cross_entropy_of_every_word():
    torch.manual_seed(0)
    logits, counts = torch.randn(4, 9).double(), torch.randint(3, (4, 9))
    expected = [
        sum(
            F.cross_entropy(line[None], torch.tensor([word])).item() * count
            for word, count in enumerate(of_one)
        )
        for line, of_one in zip(logits, counts.tolist(), strict=True)
    ]
    assert word_error(logits, counts).tolist() == pytest.approx(expected)


def test_gradients_agree_with_finite_differences():
    model, batch = autoencoder(), examples(6)
    for module in model.modules():
        if isinstance(module, nn.Sequential):
            module[1] = nn.Tanh()
    names = [name for name, _ in model.named_parameters()]

    class Loss(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self):
            return self.model.loss(batch)["loss"]

    def run(*parameters):
        weights = {f"model.{n}": p for n, p in zip(names, parameters, strict=True)}
        return torch.func.functional_call(Loss(), weights, ())

    assert torch.autograd.gradcheck(run, tuple(model.parameters()))


def test_saved_weights_come_back():
    saved, other, batch, file = autoencoder(0), autoencoder(1), examples(), io.BytesIO()
    torch.save(saved.state_dict(), file)
    file.seek(0)
    other.load_state_dict(torch.load(file, weights_only=True))
    assert other.loss(batch) == saved.loss(batch)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_other_precisions_work_and_agree(dtype):
    model, batch = autoencoder(), examples()
    expected = model.loss(batch)["loss"].item()
    found = model.to(dtype).loss({name: x.to(dtype) for name, x in batch.items()})["loss"]
    assert found.dtype == dtype
    assert found.item() == pytest.approx(expected, rel=1e-5 if dtype == torch.float32 else 0.05)


@pytest.mark.parametrize("drop", [0.0, 0.5])
def test_it_trains_with_rows_of_nan_and_goes_on_from_a_checkpoint_bit_for_bit(drop, restarted):
    def make():
        return autoencoder(drop=drop).float()

    batch = {name: x.float() for name, x in examples(20).items()}
    settings = {"epochs": 6, "batch_size": 8, "learning_rate": 0.01, "seed": 3}
    whole = make()
    history = fit(whole, batch, **settings)
    assert set(history.train) == {"loss", *WIDTHS}
    assert history.train["loss"][-1] < history.train["loss"][0]
    again = restarted(make, batch, 10, **settings)
    for key, weights in whole.state_dict().items():
        assert torch.equal(again.state_dict()[key], weights), key


def of_scenes(n_train, n_test):
    scenes = data.load("scenes", n_train=n_train, n_test=n_test)
    return (
        Split({"image": split["image"], "text": F.one_hot(split["text"], 16).float()})
        for split in (scenes.train, scenes.test)
    )


def test_on_scenes_pictures_say_which_words_belong_to_them():
    train, test = of_scenes(800, 200)
    torch.manual_seed(0)
    n_pixels = 3 * 32 * 32
    modalities = {
        "image": Modality(
            nn.Sequential(nn.Flatten(), mlp([n_pixels, 64, 16])),
            nn.Sequential(mlp([16, 64, n_pixels]), nn.Unflatten(1, (3, 32, 32))),
        ),
        "text": Modality(
            nn.Sequential(nn.Flatten(), mlp([160, 64, 16])),
            nn.Sequential(mlp([16, 64, 160]), nn.Unflatten(1, (10, 16))),
            word_error,
        ),
    }
    model = MultimodalAutoencoder(modalities, drop=0.5)
    history = fit(model, train, epochs=12, batch_size=32, learning_rate=3e-3, validate=test)
    assert history.validation["loss"][-1] < 0.8 * history.validation["loss"][0]
    with torch.no_grad():
        logits = model.decode(model.encode({"image": test["image"]}))["text"]
    own = word_error(logits, test["text"]).mean()
    others = word_error(logits, test["text"].roll(1, dims=0)).mean()
    assert own < others


def test_an_error_for_the_whole_batch_is_refused():
    modalities = {"image": Modality(mlp([5, K]), mlp([K, 5]), F.mse_loss)}
    model = MultimodalAutoencoder(modalities).double()
    with pytest.raises(ValueError, match=r"error of 'image' gives \(\) for 10 examples, but one"):
        model.loss({"image": examples(complete=True)["image"]})


def test_validation_measures_what_is_hidden_and_training_reads_everything():
    model, batch = autoencoder(), examples(complete=True)
    model.hidden_in_evaluation = ("image",)
    whole = terms_by_hand(model, batch)
    z = (model.encoders["audio"](batch["audio"]) + model.encoders["text"](batch["text"])) / 2
    from_others = squared_error(model.decoders["image"](z), batch["image"]).mean().item()
    model.train()
    assert model.loss(batch)["image"].item() == pytest.approx(whole["image"])
    model.eval()
    terms = model.loss(batch)
    assert list(terms) == ["loss", "image"]
    assert terms["loss"].item() == WEIGHTS["image"] * terms["image"].item()
    assert terms["image"].item() == pytest.approx(from_others)
    assert from_others != pytest.approx(whole["image"], rel=1e-4)


def test_an_example_of_which_validation_hides_everything_is_named():
    model, batch = autoencoder().eval(), examples(complete=True)
    model.hidden_in_evaluation = ("image", "text")
    batch["audio"][2] = math.nan
    with pytest.raises(ValueError, match=r"nothing that can be read, .* made of 'audio'; leave"):
        model.loss(batch)


def test_early_stopping_watches_what_the_model_is_for():
    """What is noise to the other modality is learnt by heart: only a hidden one shows it."""
    generator = torch.Generator().manual_seed(0)
    a, noise = torch.randn(2, 120, 6, generator=generator)
    batch = {"a": a, "b": 0.5 * a + noise}
    train, kept = ({m: x[rows] for m, x in batch.items()} for rows in (slice(40), slice(40, 120)))
    epochs = {}
    for hidden in ((), ("b",)):
        torch.manual_seed(0)
        modalities = {m: Modality(mlp([6, 64, 12]), mlp([12, 64, 6])) for m in batch}
        model = MultimodalAutoencoder(modalities, drop=0.5, hidden_in_evaluation=hidden)
        settings = {"epochs": 150, "batch_size": 20, "learning_rate": 3e-3, "patience": 20}
        epochs[hidden] = len(fit(model, train, validate=kept, **settings).train["loss"])
    assert epochs["b",] < 0.7 * epochs[()]
