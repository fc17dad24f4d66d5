"""Pretraining changes the layer it trains and no other, and refuses what would do so unseen."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mmlearn_helpers import data
from mmlearn_helpers.autoencoders import pretraining
from mmlearn_helpers.autoencoders.corruptions import masking
from mmlearn_helpers.autoencoders.pretraining import (
    Classifier,
    LayerAutoencoder,
    gradient_sizes,
    pretrain,
)
from mmlearn_helpers.evaluation import linear_probe
from mmlearn_helpers.networks import mlp
from mmlearn_helpers.training import fit, one_cycle

SIZES = [6, 5, 4, 3]


def network(seed=0, sizes=SIZES, activation=nn.Sigmoid):
    torch.manual_seed(seed)
    return mlp(sizes, activation)


def examples(n=40, d=6):
    return torch.rand(n, d, generator=torch.Generator().manual_seed(0))


def labels(n=40, n_classes=3):
    return torch.arange(n) % n_classes


def batch(n=40):
    return {"image": examples(n), "label": labels(n)}


def weights(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def changed(before, module):
    """Numbers of the layers of a network in which some weight is another than before."""
    pairs = ((name, before[name], value) for name, value in module.state_dict().items())
    return {int(name.split(".")[0]) // 2 for name, old, new in pairs if not torch.equal(old, new)}


def layer_autoencoder(corruption=None, seed=0):
    torch.manual_seed(seed)
    return LayerAutoencoder(nn.Linear(6, 4), nn.Sigmoid(), corruption)


def test_the_loss_of_a_layer_is_that_by_hand():
    model, x = layer_autoencoder(), examples()
    W, b, V, c = (p.detach().double().numpy() for p in model.parameters())
    code = 1 / (1 + np.exp(-(x.double().numpy() @ W.T + b)))
    expected = ((code @ V.T + c - x.double().numpy()) ** 2).sum() / len(x)
    assert list(model.loss(x)) == ["loss"]
    assert model.loss(x)["loss"].item() == pytest.approx(expected, rel=1e-5)


def test_a_corruption_spoils_the_input_and_not_the_target():
    x = examples()
    model, clean = layer_autoencoder(torch.zeros_like), layer_autoencoder()
    code = clean.activation(clean.layer(torch.zeros_like(x)))
    expected = (clean.decoder(code) - x).square().sum(dim=1).mean()
    assert torch.equal(model.loss(x)["loss"], expected)


def test_noise_is_for_training_only():
    model, clean, x = layer_autoencoder(masking(0.9)), layer_autoencoder(), examples()
    assert not torch.equal(model.loss(x)["loss"], clean.loss(x)["loss"])
    assert torch.equal(model.eval().loss(x)["loss"], clean.eval().loss(x)["loss"])


@pytest.mark.parametrize("activation", [nn.Sigmoid, nn.ReLU])
def test_each_stage_changes_its_own_layer_and_no_other(activation, monkeypatch):
    model, stages = network(activation=activation), []

    def watched(autoencoder, x, **options):
        before = weights(model)
        history = fit(autoencoder, x, **options)
        stages.append(changed(before, model))
        return history

    monkeypatch.setattr(pretraining, "fit", watched)
    histories = pretrain(model, examples(), epochs=2)
    assert stages == [{0}, {1}]
    assert [len(history.train["loss"]) for history in histories] == [2, 2]


def test_the_output_layer_keeps_its_weights_bit_for_bit():
    model = network()
    before = weights(model)
    pretrain(model, examples(), epochs=2)
    assert changed(before, model) == {0, 1}


def test_each_layer_is_trained_on_clean_codes_of_the_layers_before_it(monkeypatch):
    model, seen = network(), []

    def watched(autoencoder, x, **options):
        seen.append(x)
        return fit(autoencoder, x, **options)

    monkeypatch.setattr(pretraining, "fit", watched)
    x = examples()
    pretrain(model, x, epochs=2, corruption=masking(0.5))
    assert torch.equal(seen[0], x)
    assert torch.equal(seen[1], model[:2](x))
    assert not seen[1].requires_grad


def test_the_first_layer_is_that_of_an_autoencoder_trained_alone():
    model, alone, x = network(), network(), examples()
    pretrain(model, x, epochs=3, learning_rate=1e-2, batch_size=16, schedule=one_cycle, seed=7)
    torch.manual_seed(7)
    autoencoder = LayerAutoencoder(alone[0], alone[1])
    fit(autoencoder, x, epochs=3, learning_rate=1e-2, batch_size=16, schedule=one_cycle, seed=7)
    assert torch.equal(model[0].weight, alone[0].weight)


def test_a_seed_decides_and_the_callers_random_state_stays():
    first, second, other = network(), network(), network()
    x, state = examples(), torch.get_rng_state()
    pretrain(first, x, epochs=2, corruption=masking(0.5), seed=3)
    assert torch.equal(torch.get_rng_state(), state)
    pretrain(second, x, epochs=2, corruption=masking(0.5), seed=3)
    pretrain(other, x, epochs=2, corruption=masking(0.5), seed=4)
    assert changed(weights(first), second) == set()
    assert changed(weights(first), other) == {0, 1}


def test_pretraining_leaves_the_examples_as_they_were():
    x = examples()
    pretrain(network(), x, epochs=1, corruption=masking(0.5))
    assert torch.equal(x, examples())


def test_double_precision_is_kept():
    model = network().double()
    pretrain(model, examples().double(), epochs=1)
    assert model[0].weight.dtype == torch.float64


def test_a_layer_that_dies_is_named():
    model = network(sizes=[6, 5, 4, 4, 3], activation=nn.ReLU)
    with torch.no_grad():
        model[2].weight.fill_(-1)
        model[2].bias.fill_(-1)
    with pytest.raises(RuntimeError, match=r"layer 2 has died: its 4 units .*rate than 0\.001"):
        pretrain(model, examples(), epochs=1)


def test_one_living_unit_is_enough():
    model = network(activation=nn.ReLU)
    with torch.no_grad():
        for layer in model[:-1:2]:
            layer.weight.fill_(-1)
            layer.bias.fill_(-1)
            layer.bias[0] = 9
    pretrain(model, examples(), epochs=1)


@pytest.mark.parametrize("number", [0, 2])
def test_a_frozen_hidden_layer_is_refused(number):
    model = network()
    model[number].weight.requires_grad_(False)
    before = weights(model)
    with pytest.raises(ValueError, match=r"frozen.*requires_grad_\(True\)"):
        pretrain(model, examples(), epochs=1)
    assert changed(before, model) == set()


def test_a_frozen_output_layer_may_be_there():
    model = network()
    model[-1].requires_grad_(False)
    pretrain(model, examples(), epochs=1)


def test_layers_that_share_weights_are_refused():
    model = network(sizes=[6, 6, 6, 3])
    model[2].weight = model[0].weight
    with pytest.raises(ValueError, match="share their weights"):
        pretrain(model, examples(), epochs=1)


def test_layers_that_do_not_meet_are_refused():
    model = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(4, 3))
    for call in (lambda: pretrain(model, examples(), epochs=1), lambda: Classifier(model)):
        with pytest.raises(ValueError, match="Layer 1 gives 5 numbers, but layer 2 takes 4"):
            call()


@pytest.mark.parametrize(
    "model",
    [
        nn.Linear(6, 3),
        nn.Sequential(nn.Linear(6, 3)),
        nn.Sequential(nn.Linear(6, 3), nn.ReLU()),
        nn.Sequential(nn.Linear(6, 3), nn.Linear(3, 3), nn.Linear(3, 3)),
        nn.Sequential(nn.Linear(6, 3), nn.ReLU(), nn.ReLU(), nn.Linear(3, 3)),
        nn.Sequential(nn.ReLU(), nn.Linear(6, 3), nn.ReLU()),
    ],
)
def test_what_is_no_stack_of_layers_is_refused(model):
    with pytest.raises(TypeError, match=r"one activation between them is expected; .*mlp\("):
        pretrain(model, examples(), epochs=1)


def test_the_loss_of_the_classifier_is_the_mean_surprise():
    model = network()
    logits = model(examples()).detach().double()
    p = (logits.exp() / logits.exp().sum(dim=1, keepdim=True))[torch.arange(40), labels()]
    found = Classifier(model).loss(batch())
    assert list(found) == ["loss"]
    assert found["loss"].item() == pytest.approx(-p.log().mean().item(), rel=1e-5)


@pytest.mark.parametrize(("frozen", "layers"), [(True, {2}), (False, {0, 1, 2})])
def test_frozen_layers_keep_their_weights_bit_for_bit(frozen, layers):
    model = network()
    before = weights(model)
    fit(Classifier(model, frozen=frozen), batch(), epochs=2)
    assert changed(before, model) == layers


def test_a_network_that_was_frozen_is_trained_when_that_is_asked_for():
    model = network()
    Classifier(model, frozen=True)
    before = weights(model)
    fit(Classifier(model), batch(), epochs=1)
    assert changed(before, model) == {0, 1, 2}


def test_small_labels_are_taken():
    small = batch() | {"label": labels().to(torch.uint8)}
    model = Classifier(network())
    assert torch.equal(model.loss(small)["loss"], model.loss(batch())["loss"])


@pytest.mark.parametrize("label", [-1, 3])
def test_a_label_that_names_no_class_is_refused(label):
    wrong = labels()
    wrong[5] = label
    with pytest.raises(ValueError, match="but the network has 3 outputs"):
        Classifier(network()).loss(batch() | {"label": wrong})


def test_gradient_sizes_are_those_of_finite_differences():
    model = network(sizes=[3, 2, 2, 2]).double()
    x, y = examples(9, 3).double(), labels(9, 2)
    found = gradient_sizes(model, F.cross_entropy(model(x), y))
    for size, layer in zip(found, model[::2], strict=True):
        differences = []
        for i in range(layer.weight.numel()):
            ends = []
            for step in (1e-5, -1e-5):
                other = copy.deepcopy(model)
                with torch.no_grad():
                    other[list(model).index(layer)].weight.view(-1)[i] += step
                ends.append(F.cross_entropy(other(x), y).item())
            differences.append((ends[0] - ends[1]) / 2e-5)
        expected = np.sqrt(np.mean(np.square(differences)))
        assert size.item() == pytest.approx(expected, rel=1e-5)
    assert not found.requires_grad


def test_gradient_sizes_may_be_asked_for_twice_and_leave_no_gradient_behind():
    model = network()
    loss = Classifier(model).loss(batch())["loss"]
    assert torch.equal(gradient_sizes(model, loss), gradient_sizes(model, loss))
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("which", ["another network's", "a vector", "frozen", "without gradient"])
def test_a_loss_without_a_gradient_for_every_layer_is_refused(which):
    model = network()
    loss = Classifier(network(1)).loss(batch())["loss"]
    if which == "a vector":
        loss = model(examples()).sum(dim=1)
    elif which == "frozen":
        loss = Classifier(model, frozen=True).loss(batch())["loss"]
    elif which == "without gradient":
        loss = torch.zeros(())
    with pytest.raises(ValueError, match="depends on the weights of every layer"):
        gradient_sizes(model, loss)


def test_pretrained_codes_of_digits_say_more_than_those_of_random_layers():
    digits = data.load("digits")
    x, x_test = (split["image"].flatten(1) for split in (digits.train, digits.test))
    y, y_test = digits.train["label"], digits.test["label"]
    found = []
    for pretrained in (False, True):
        model = network(sizes=[64, 32, 32, 10], activation=nn.ReLU)
        if pretrained:
            pretrain(model, x, epochs=15, learning_rate=3e-3, corruption=masking(0.25))
        codes = [model[:-1](one).detach() for one in (x, x_test)]
        found.append(linear_probe(codes[0], y, codes[1], y_test))
    assert found[1] > found[0] + 0.03
