"""On a graphics card `fit` does what it does on the processor, with every model of the book."""

import pytest
import torch
from torch import nn

from mmlearn_helpers.autoencoders.convolutional import ConvolutionalAutoencoder
from mmlearn_helpers.autoencoders.corruptions import masking
from mmlearn_helpers.autoencoders.deep import DeepAutoencoder
from mmlearn_helpers.autoencoders.denoising import DenoisingAutoencoder
from mmlearn_helpers.autoencoders.pca import LinearAutoencoder
from mmlearn_helpers.autoencoders.scores import ScoreNetwork
from mmlearn_helpers.autoencoders.sparse import KLAutoencoder, SparseAutoencoder, TopKAutoencoder
from mmlearn_helpers.boltzmann.gaussian import GaussianRBM
from mmlearn_helpers.boltzmann.machine import BoltzmannMachine
from mmlearn_helpers.boltzmann.restricted import RBM
from mmlearn_helpers.likelihood import (
    ais_log_partition,
    exact_log_likelihood,
    exact_log_partition,
    importance_weighted_bound,
    pseudo_log_likelihood,
)
from mmlearn_helpers.multimodal.autoencoders import Modality, MultimodalAutoencoder
from mmlearn_helpers.multimodal.fusion import FusionClassifier
from mmlearn_helpers.multimodal.merges import (
    Attention,
    Concatenation,
    Gate,
    LowRankBilinear,
    Sum,
)
from mmlearn_helpers.networks import mlp
from mmlearn_helpers.training import fit, one_cycle
from mmlearn_helpers.variational.vae import VAE

D, K = 12, 4


def real(n=50, seed=0):
    return torch.randn(n, D, generator=torch.Generator().manual_seed(seed))


def binary(n=50, seed=0):
    return (real(n, seed) > 0).float()


def pairs(n=50):
    first, second = real(n), real(n, seed=1)
    first[::5], second[1::5] = torch.nan, torch.nan
    return {"image": first, "sound": second}


def pictures(n=50):
    return real(n).unflatten(1, (1, 3, 4))


def labelled(n=50):
    return pairs(n) | {"label": torch.arange(n) % 3}


def multimodal():
    modalities = {
        name: Modality(
            nn.Sequential(nn.Linear(D, 8), nn.BatchNorm1d(8), nn.Linear(8, K)), mlp([K, 8, D])
        )
        for name in ("image", "sound")
    }
    return MultimodalAutoencoder(modalities, drop=0.2)


def classifier(merge, width=K):
    encoders = {name: mlp([D, 8, K]) for name in ("image", "sound")}
    return FusionClassifier(encoders, merge, mlp([width, 3]), drop=0.2)


MODELS = {
    "linear": (lambda: LinearAutoencoder(D, K), real),
    "tied": (lambda: LinearAutoencoder(D, K, tied=True), real),
    "deep": (lambda: DeepAutoencoder([D, 8, K]), real),
    "cross-entropy": (lambda: DeepAutoencoder([D, 8, K], error="cross-entropy"), binary),
    "denoising": (lambda: DenoisingAutoencoder([D, 8, K], corruption=masking(0.3)), real),
    "convolutional": (lambda: ConvolutionalAutoencoder((1, 3, 4), [4], K), pictures),
    "sparse": (lambda: SparseAutoencoder(D, 8, weight=0.1), real),
    "k largest": (lambda: TopKAutoencoder(D, 8, k=K), real),
    "mean activation": (lambda: KLAutoencoder(D, 8), real),
    "scores": (lambda: ScoreNetwork([D, 8], scale=1.0, sigmas=(0.1, 2.0)), real),
    "VAE": (lambda: VAE([D, 8, K]), binary),
    "Gaussian VAE": (lambda: VAE([D, 8, K], likelihood="gaussian"), real),
    "Boltzmann machine": (lambda: BoltzmannMachine(D, 2), binary),
    "RBM, CD-1": (lambda: RBM(D, K), binary),
    "RBM, PCD-3": (lambda: RBM(D, K, n_steps=3, n_chains=20), binary),
    "Gaussian RBM": (lambda: GaussianRBM(D, K), real),
    "multimodal": (multimodal, pairs),
    "sum": (lambda: classifier(Sum()), labelled),
    "concatenation": (lambda: classifier(Concatenation(), 2 * K), labelled),
    "gate": (lambda: classifier(Gate(2, K)), labelled),
    "attention": (lambda: classifier(Attention(K)), labelled),
    "bilinear": (lambda: classifier(LowRankBilinear(2, K, 5), 5), labelled),
}
WITHOUT_CHANCE = ("linear", "tied", "deep", "cross-entropy")


def made(name):
    torch.manual_seed(0)
    make, examples = MODELS[name]
    return make(), examples()


def weights(model):
    return [tensor.detach().cpu().clone() for tensor in model.state_dict().values()]


@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_trained_there(name):
    model, x = made(name)
    before = weights(model)
    history = fit(model, x, epochs=2, batch_size=16, validate=x, device="cuda")
    assert {tensor.device.type for tensor in model.state_dict().values()} == {"cuda"}
    assert torch.tensor(history.train["loss"]).isfinite().all()
    assert any(not torch.equal(a, b) for a, b in zip(before, weights(model), strict=True))


@pytest.mark.parametrize("name", WITHOUT_CHANCE)
@pytest.mark.parametrize("device", ["cuda", torch.device("cuda", 0)])
def test_the_curves_are_those_of_the_processor(name, device):
    curves = []
    for where in ("cpu", device):
        model, x = made(name)
        run = fit(model, x, epochs=20, batch_size=16, validate=x, schedule=one_cycle, device=where)
        curves.append((run.train["loss"], run.validation["loss"]))
    for here, there in zip(*curves, strict=True):
        assert there == pytest.approx(here, rel=1e-4)


class StoppedError(Exception):
    """The run ends here."""


def stop(epoch):
    if epoch == 2:
        raise StoppedError


@pytest.mark.parametrize("name", MODELS)
def test_a_run_goes_on_bit_for_bit(name, tmp_path):
    settings = {"epochs": 5, "batch_size": 16, "device": "cuda"}
    model, x = made(name)
    with pytest.raises(StoppedError):
        fit(model, x, checkpoint=tmp_path / "run", after_epoch=stop, **settings)
    again, _ = made(name)
    history = fit(again, x, checkpoint=tmp_path / "run", **settings)
    at_once, _ = made(name)
    expected = fit(at_once, x, **settings)
    assert all(torch.equal(a, b) for a, b in zip(weights(again), weights(at_once), strict=True))
    assert history.train == expected.train


def test_the_callers_random_numbers_are_left_alone():
    model, x = made("VAE")
    model.to("cuda")
    before = torch.cuda.get_rng_state(), torch.get_rng_state()
    fit(model, x, epochs=1, device="cuda")
    after = torch.cuda.get_rng_state(), torch.get_rng_state()
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_card_that_is_not_there_is_named():
    missing = torch.cuda.device_count()
    with pytest.raises(RuntimeError, match=f"no cuda:{missing} device here; use device='cpu'"):
        fit(nn.Linear(D, K), real(), epochs=1, device=f"cuda:{missing}")


def test_likelihoods_are_those_of_the_processor():
    machine, x = made("RBM, CD-1")
    full, _ = made("Boltzmann machine")
    torch.manual_seed(0)
    small, real_x = VAE([D, 8, 2], likelihood="gaussian"), real()
    expected = {
        "partition": exact_log_partition(machine),
        "full": exact_log_partition(full),
        "pseudo": pseudo_log_likelihood(machine, x),
        "integral": exact_log_likelihood(small.double(), real_x.double(), tolerance=1e-3),
    }
    machine, full, small = machine.to("cuda"), full.to("cuda"), small.to("cuda")
    x, real_x = x.to("cuda"), real_x.double().to("cuda")
    found = {
        "partition": exact_log_partition(machine),
        "full": exact_log_partition(full),
        "pseudo": pseudo_log_likelihood(machine, x),
        "integral": exact_log_likelihood(small, real_x, tolerance=1e-3),
    }
    for name, value in expected.items():
        torch.testing.assert_close(found[name].cpu(), value, msg=name)
    estimate = ais_log_partition(machine, machine.sample(100), n_temperatures=200)
    assert estimate.estimate == pytest.approx(expected["partition"].item(), abs=0.2)
    bound = importance_weighted_bound(small, real_x, n_samples=2000)
    assert bound.mean().item() == pytest.approx(expected["integral"].mean().item(), abs=0.3)


def test_what_is_drawn_stays_there():
    machine, x = made("RBM, CD-1")
    machine.to("cuda")
    assert machine.sample(10, n_steps=5).device.type == "cuda"
    clamped = torch.arange(D) < 3
    v = machine.gibbs(x.to("cuda"), 5, clamped=clamped)
    assert torch.equal(v[:, :3].cpu(), x[:, :3])
    vae, _ = made("VAE")
    assert vae.to("cuda").sample(10).device.type == "cuda"
    full, states = made("Boltzmann machine")
    everything = torch.cat([states, torch.zeros(len(states), 2)], dim=1)
    assert full.to("cuda").gibbs(everything.to("cuda"), [1.0] * 3).device.type == "cuda"
