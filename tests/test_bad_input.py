"""Whatever a reader may give by mistake is answered with a sentence about what to do instead."""

from __future__ import annotations

import inspect
import math
import sys
import traceback
from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from torch import nn

import mmlearn_helpers
from mmlearn_helpers import (
    binary,
    data,
    evaluation,
    homework,
    likelihood,
    live,
    networks,
    plots,
    retrieval,
    tables,
    training,
)
from mmlearn_helpers.__main__ import main
from mmlearn_helpers.autoencoders import (
    convolutional,
    convolutions,
    corruptions,
    deep,
    denoising,
    disentangling,
    normalisation,
    pca,
    pretraining,
    scores,
    search,
    sparse,
    units,
)
from mmlearn_helpers.autoencoders.convolutional import ConvolutionalAutoencoder
from mmlearn_helpers.autoencoders.convolutions import (
    convolution_matrix,
    output_padding,
    output_size,
    stride_energy,
)
from mmlearn_helpers.autoencoders.corruptions import (
    check_corruption,
    corrupted,
    masking,
    normal_noise,
    salt_and_pepper,
)
from mmlearn_helpers.autoencoders.deep import DeepAutoencoder
from mmlearn_helpers.autoencoders.denoising import DenoisingAutoencoder
from mmlearn_helpers.autoencoders.disentangling import VoiceConverter, draw_partners
from mmlearn_helpers.autoencoders.hashing import HammingIndex
from mmlearn_helpers.autoencoders.normalisation import (
    instance_norm,
    match_statistics,
    normalised,
)
from mmlearn_helpers.autoencoders.pca import PCA, LinearAutoencoder
from mmlearn_helpers.autoencoders.pretraining import (
    Classifier,
    LayerAutoencoder,
    gradient_sizes,
    pretrain,
)
from mmlearn_helpers.autoencoders.scores import ScoreNetwork
from mmlearn_helpers.autoencoders.search import (
    TextAutoencoder,
    check_counts,
    rarity,
    root_shares,
)
from mmlearn_helpers.autoencoders.sparse import KLAutoencoder, SparseAutoencoder, TopKAutoencoder
from mmlearn_helpers.autoencoders.units import dead as dead_units
from mmlearn_helpers.autoencoders.units import n_active, revive
from mmlearn_helpers.binary import all_states, check_binary, check_clamped, draw
from mmlearn_helpers.boltzmann import gaussian, hopfield, machine, restricted
from mmlearn_helpers.boltzmann.gaussian import GaussianRBM
from mmlearn_helpers.boltzmann.hopfield import (
    check_patterns,
    check_weights,
    energy,
    hebbian,
    pseudo_inverse,
    recall,
)
from mmlearn_helpers.boltzmann.machine import BoltzmannMachine
from mmlearn_helpers.boltzmann.restricted import RBM
from mmlearn_helpers.data import Split, audio, from_folder, load, loader, paired
from mmlearn_helpers.data.audio import (
    check_spectrograms,
    griffin_lim,
    log_mel,
    mel_filterbank,
)
from mmlearn_helpers.data.drawn.moons import moon
from mmlearn_helpers.data.drawn.phones import draw_speakers
from mmlearn_helpers.data.drawn.voices import speak
from mmlearn_helpers.data.real.fetch import fetch
from mmlearn_helpers.evaluation import (
    clustering_accuracy,
    interval,
    kmeans_accuracy,
    linear_probe,
    linear_probe_correct,
    mel_cepstra,
    mel_cepstral_distance,
    pitch,
    reconstruction_error,
    warped_mean,
)
from mmlearn_helpers.homework import check
from mmlearn_helpers.likelihood import (
    ais_log_partition,
    exact_log_likelihood,
    exact_log_partition,
    importance_weighted_bound,
    pseudo_log_likelihood,
)
from mmlearn_helpers.live import (
    Completion,
    Convolution,
    Denoising,
    LatentPad,
    LiveFigure,
    MemoryGrid,
    NoisySenses,
    TextSearch,
)
from mmlearn_helpers.multimodal import autoencoders as multimodal_autoencoders
from mmlearn_helpers.multimodal import fusion, merges, missing
from mmlearn_helpers.multimodal import networks as multimodal_networks
from mmlearn_helpers.multimodal.autoencoders import (
    Modality,
    MultimodalAutoencoder,
    squared_error,
    word_error,
)
from mmlearn_helpers.multimodal.fusion import FusionClassifier
from mmlearn_helpers.multimodal.merges import Attention, Concatenation, Gate, LowRankBilinear, Sum
from mmlearn_helpers.multimodal.missing import (
    check_networks,
    check_present,
    check_share,
    drop_modalities,
    fill_missing,
    rows_of,
)
from mmlearn_helpers.multimodal.networks import encode_each, run_network
from mmlearn_helpers.networks import check_sizes, mlp
from mmlearn_helpers.plots import (
    code_map,
    latent_manifold,
    loss_curves,
    picture_grid,
    picture_rows,
    retrieval_rows,
    spectrogram,
    spread_out,
)
from mmlearn_helpers.retrieval import mean_average_precision, nearest, precision_at_k, ranks
from mmlearn_helpers.tables import mean_and_spread
from mmlearn_helpers.training import History, fit, one_cycle
from mmlearn_helpers.variational import vae
from mmlearn_helpers.variational.vae import VAE

PACKAGE = Path(mmlearn_helpers.__file__).parent
MODULES = (
    homework,
    audio,
    binary,
    convolutional,
    convolutions,
    corruptions,
    data,
    deep,
    denoising,
    disentangling,
    evaluation,
    gaussian,
    hopfield,
    likelihood,
    live,
    machine,
    networks,
    normalisation,
    pca,
    plots,
    pretraining,
    restricted,
    retrieval,
    search,
    scores,
    sparse,
    tables,
    training,
    units,
    vae,
    fusion,
    merges,
    missing,
    multimodal_autoencoders,
    multimodal_networks,
)

X = torch.randn(12, 4, generator=torch.Generator().manual_seed(0))
GAP = X.clone()
GAP[2, 1] = math.nan
LABELS = torch.arange(12) % 3
BINARY = (X > 0).float()
SPINS = 2 * BINARY - 1
WEIGHTS = hebbian(SPINS)
FREE = torch.zeros(4, dtype=torch.bool)
PICTURES = torch.rand(12, 8, 8, generator=torch.Generator().manual_seed(0))
WAVES = torch.zeros(2, 1000)
MEL = torch.zeros(1, 1, 40, 4)


class Answers(nn.Module):
    """Has the loss that the test wants, which may differ in validation."""

    def __init__(self, terms, in_validation=None):
        super().__init__()
        self.w = nn.Parameter(torch.ones(1))
        self.terms, self.in_validation = terms, in_validation or terms

    def loss(self, _):
        return (self.terms if self.training else self.in_validation)(self.w.sum())


def net(*sizes, **options):
    return DeepAutoencoder(list(sizes) or [4, 3, 2], **options)


def picture_net(shape=(1, 8, 8), channels=(2, 3), n_code=2, **options):
    return ConvolutionalAutoencoder(shape, channels, n_code, **options)


def dead():
    """A network whose hidden units are off for every example that is not negative."""
    network = networks.mlp([4, 3, 2])
    nn.init.constant_(network[0].weight, -1)
    nn.init.constant_(network[0].bias, -1)
    return network


def bernoulli(*sizes, **options):
    return VAE(list(sizes) or [4, 3, 2], **options)


def rbm(n_visible=4, n_hidden=3, **options):
    return RBM(n_visible, n_hidden, **options)


def spoilt(x, row, column, value):
    """A copy with another value in one place."""
    x = x.clone()
    x[row, column] = value
    return x


def restless():
    """Recall a state that takes more sweeps than there may be."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hopfield, "MAX_SWEEPS", 1)
        recall(spoilt(spoilt(torch.zeros(2, 2), 0, 1, 1.0), 1, 0, 1.0), torch.tensor([[1.0, -1]]))


def too_narrow():
    """Integrate a posterior that falls between the points of every grid."""
    model = VAE([4, 1], likelihood="gaussian").double()
    with torch.no_grad():
        model.decoder[0].weight.fill_(1e4)
        model.log_sigma.fill_(-10)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(likelihood.latents, "MAX_POINTS", 2**12)
        exact_log_likelihood(model, X[:1].double())


def train(model=None, x=X, **options):
    return fit(net() if model is None else model, x, **({"epochs": 1} | options))


def answer(terms, in_validation=None):
    validate = None if in_validation is None else X
    return train(Answers(terms, in_validation), validate=validate)


def go_on(path, first, second):
    """Start a run with a checkpoint and go on with something else."""
    for options in (first, second):
        train(**({"checkpoint": path} | options))


def files(folder, n=3):
    """A folder with pictures and texts."""
    from PIL import Image

    for i in range(n):
        Image.new("L", (5, 5)).save(folder / f"{i}.png")
        (folder / f"{i}.txt").write_text("some words")
    return folder


def without_fabric():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORLD_SIZE", "2")
        patch.setitem(sys.modules, "lightning_fabric", None)
        train()


def no_grad(call):
    with torch.no_grad():
        call()


def scenes():
    return load("scenes", n_train=3, n_test=3)


# What is called with which mistake: the call, which gets an empty folder, the error, and what must
# be said about what was wrong and what to do. A name begins with that of the function.
CASES = {
    # Data sets.
    "load, a misspelt name": (
        lambda _: load("digit"),
        (ValueError, r"no data set 'digit'. Did you mean 'digits'\?"),
    ),
    "load, no name": (
        lambda _: load(None),
        (TypeError, "NoneType, but a string .* known sets: 20"),
    ),
    "load, a list": (lambda _: load(["digits"]), (TypeError, "a list, but a string is expected")),
    "load, a data set": (lambda _: load(load("digits")), (TypeError, "a Dataset, but a string is")),
    "load, a misspelt option": (
        lambda _: load("glyphs", n_trian=3),
        (
            TypeError,
            "no option 'n_trian'. Did you mean 'n_train'.* Its options: n_train, n_test, c",
        ),
    ),
    "load, an option too many": (
        lambda _: load("digits", n_train=3),
        (TypeError, "'digits' has no option 'n_train'. Its options: none"),
    ),
    "load, a float for a number": (
        lambda _: load("moons", n_train=10.0),
        (TypeError, r"n_train is 10.0, but a whole number is expected"),
    ),
    "load, True for a number": (
        lambda _: load("scenes", n_test=True),
        (TypeError, "n_test is True, but a whole number is expected"),
    ),
    "load, no examples": (
        lambda _: load("voices", n_test=0),
        (ValueError, "n_test is 0, but at least 1 is needed"),
    ),
    "load, a negative seed": (
        lambda _: load("glyphs", seed=-1),
        (ValueError, "seed is -1, but at least 0 is needed"),
    ),
    "load, a huge seed": (
        lambda _: load("moons", seed=2**70),
        (ValueError, r"seed is 11\d+, but a number below 2\*\*63 is needed; choose a smaller"),
    ),
    "load, a word for phases": (
        lambda _: load("moons", phases="full"),
        (TypeError, "phases is 'full', but a list of numbers from 0 to 1"),
    ),
    "load, one number for phases": (
        lambda _: load("moons", phases=0.5),
        (TypeError, "phases is 0.5, but a list of numbers from 0 to 1"),
    ),
    "load, a phase that is NaN": (
        lambda _: load("moons", phases=[0.5, math.nan]),
        (ValueError, r"phases is \[0.5, nan\], but at least one from 0 \(new\) to 1"),
    ),
    "load, a word for a length": (
        lambda _: load("moons", wobble="1"),
        (TypeError, "wobble is '1', but a number is expected"),
    ),
    "load, a length out of range": (
        lambda _: load("moons", wobble=3),
        (ValueError, "wobble is 3, but 0 to 2 pixels are possible"),
    ),
    "load, characters that are not drawn": (
        lambda _: load("glyphs", characters="äö"),
        (ValueError, "characters is 'äö', but some of '0123.* are expected, in a string"),
    ),
    "load, a list of characters": (
        lambda _: load("glyphs", characters=["a", "b"]),
        (ValueError, r"characters is \['a', 'b'\], but .* in a string"),
    ),
    "load, a word for seconds": (
        lambda _: load("clips", offset="0.25"),
        (TypeError, "offset is '0.25', but a number is expected"),
    ),
    "load, seconds that are NaN": (
        lambda _: load("clips", offset=math.nan),
        (ValueError, "offset is nan seconds.* choose a number between -1 and 1"),
    ),
    "load, a vocabulary of none": (
        lambda _: load("docs", n_words=0),
        (ValueError, "n_words is 0, but at least 1 is needed"),
    ),
    "load, a word for a truth value": (
        lambda _: load("binarised-mnist", validation="no"),
        (TypeError, "validation is 'no', but True or False is expected"),
    ),
    "loader, a misspelt name": (
        lambda _: loader("fashon-mnist"),
        (ValueError, "Did you mean 'fashion-mnist'"),
    ),
    "paired, a misspelt name": (
        lambda _: paired("digits", "voice"),
        (ValueError, "no data set 'voice'. Did you mean 'voices'"),
    ),
    "paired, a data set": (
        lambda _: paired(load("digits"), "voices"),
        (TypeError, "a Dataset, but a string is expected"),
    ),
    "paired, the same set twice": (
        lambda _: paired("digits", "digits"),
        (ValueError, "both have 'image'.* choose sets that differ in it"),
    ),
    "paired, half a pair": (
        lambda _: paired("digits", "voices", n_train=1.5),
        (TypeError, "n_train is 1.5, but a whole number is expected"),
    ),
    "paired, a negative seed": (
        lambda _: paired("digits", "voices", seed=-1),
        (ValueError, "seed is -1, but at least 0 is needed"),
    ),
    "from_folder, no folder": (
        lambda p: from_folder(None, p),
        (TypeError, "images is None, but a path is expected; give a string or"),
    ),
    "from_folder, a missing folder": (
        lambda p: from_folder(p, p / "nowhere"),
        (ValueError, r"holds no file|no folder .*nowhere; check the name"),
    ),
    "from_folder, an empty folder": (
        lambda p: from_folder(p, p),
        (ValueError, r"holds no file that ends in .bmp.* put some there"),
    ),
    "from_folder, a word for the size": (
        lambda p: from_folder(files(p), p, size="28"),
        (TypeError, "size is '2', but a whole number is expected"),
    ),
    "from_folder, no size": (
        lambda p: from_folder(files(p), p, size=None),
        (TypeError, "size is None, but a whole number is expected"),
    ),
    "from_folder, half a pixel": (
        lambda p: from_folder(files(p), p, size=(28.5, 28)),
        (TypeError, "size is 28.5, but a whole number is expected"),
    ),
    "from_folder, three sizes": (
        lambda p: from_folder(files(p), p, size=(8, 8, 3)),
        (ValueError, r"size is \(8, 8, 3\).* give two whole numbers from 1, or one for both"),
    ),
    "from_folder, a word for a truth value": (
        lambda p: from_folder(files(p), p, colour="no"),
        (TypeError, "colour is 'no', but True or False is expected"),
    ),
    "from_folder, a word for a number": (
        lambda p: from_folder(files(p), p, n_words="all"),
        (TypeError, "n_words is 'all', but a whole number is expected"),
    ),
    "from_folder, a share that is NaN": (
        lambda p: from_folder(files(p), p, test_share=math.nan),
        (ValueError, "test_share is nan, but a share between 0 and 1 is expected; 0.2 keeps"),
    ),
    "from_folder, a negative seed": (
        lambda p: from_folder(files(p), p, seed=-1),
        (ValueError, "seed is -1, but at least 0 is needed"),
    ),
    "Split, a list": (
        lambda _: Split({"image": [1, 2]}),
        (TypeError, r"split\['image'\] is a list, but a tensor .* convert arrays with"),
    ),
    "Split, a tensor": (
        lambda _: Split(torch.ones(3)),
        (TypeError, r"made of a Tensor, but a mapping .* for example \{'image': x\}"),
    ),
    "Split, nothing": (lambda _: Split({}), (ValueError, "no examples in split; check how")),
    "Split, no examples": (
        lambda _: Split({"image": X[:0]}),
        (ValueError, "no examples in split; check how the data were selected"),
    ),
    "Split, two lengths": (
        lambda _: Split({"image": X, "label": LABELS[:5]}),
        (ValueError, r"lengths \{'image': 12, 'label': 5\}.* select the same rows in each"),
    ),
    "Split, an unknown modality": (
        lambda _: load("digits").train["picture"],
        (KeyError, "no modality 'picture' here, but 'image', 'label'"),
    ),
    "Dataset, words for captions": (
        lambda _: scenes().words(["a red circle"]),
        (TypeError, r"tokens is a list.* convert it with torch.as_tensor\(tokens, dtype=torch.int"),
    ),
    "Dataset, a single caption": (
        lambda _: scenes().words(torch.tensor([1, 2])),
        (ValueError, r"shape \(2,\).* \(N, words\).* write a single one as tokens\[None\]"),
    ),
    "Dataset, counts for captions": (
        lambda _: scenes().words(torch.ones(2, 3)),
        (ValueError, "torch.float32 numbers, but captions .* Counts of words cannot be spelt out"),
    ),
    "Dataset, an unknown word": (
        lambda _: scenes().words(torch.tensor([[99]])),
        (
            ValueError,
            "99 to 99, but the vocabulary of 'scenes' has 16 words.* captions of this set",
        ),
    ),
    "Dataset, a word from the end": (
        lambda _: scenes().words(torch.tensor([[-1]])),
        (ValueError, "tokens go from -1 to -1, but the vocabulary .* counted from 0"),
    ),
    "moon, a list": (
        lambda _: moon([0.5]),
        (TypeError, r"phase is a list.* convert it with torch.as_tensor\(phase"),
    ),
    "moon, a phase out of range": (
        lambda _: moon(torch.tensor([7.5])),
        (ValueError, r"phase lies outside 0 \(new\) to 1 \(full\); rescale"),
    ),
    "moon, one place for many": (
        lambda _: moon(torch.rand(3), torch.zeros(2)),
        (ValueError, r"place \(2,\), but \(N,\) and \(N, 2\) are expected"),
    ),
    "fetch, an unknown file": (
        lambda _: fetch("mnist/nothing.gz"),
        (KeyError, "No file 'mnist/nothing.gz' is registered.* Check the spelling"),
    ),
    "main, a misspelt name": (
        lambda _: main(["data", "fetch", "minst"]),
        (SystemExit, "no data set 'minst'. Did you mean 'mnist'"),
    ),
    # Homework.
    "check, a question that is not there": (
        lambda _: check("hw1.q9", math.sqrt),
        (ValueError, "no check for 'hw1.q9'; there are checks for hw1.q1, hw1.q2"),
    ),
    "check, a homework that is not there": (
        lambda _: check("hw9.q1", math.sqrt),
        (ValueError, "no check for 'hw9.q1'; there are checks for hw1.q1, hw2.q1"),
    ),
    "check, a number": (
        lambda _: check(1, math.sqrt),
        (ValueError, "no check for 1; there are checks for hw1.q1"),
    ),
    "check, an answer in place of the function": (
        lambda _: check("hw1.q1", X),
        (TypeError, "given a Tensor, but the function reconstruct is expected.* without brackets"),
    ),
    "check, nothing": (
        lambda _: check("hw1.q1", None),
        (TypeError, "given a NoneType, but the function reconstruct is expected"),
    ),
    # Sound.
    "mel_filterbank, a word for a rate": (
        lambda _: mel_filterbank("8000"),
        (TypeError, "sample_rate is '8000', but a number above 0 is expected"),
    ),
    "mel_filterbank, a rate that is NaN": (
        lambda _: mel_filterbank(math.nan),
        (ValueError, "sample_rate is nan, but a finite number above 0 is needed"),
    ),
    "mel_filterbank, half a band": (
        lambda _: mel_filterbank(8000, 40.5),
        (TypeError, "n_mels is 40.5, but a whole number is expected"),
    ),
    "mel_filterbank, bands without frequencies": (
        lambda _: mel_filterbank(8000, 400),
        (ValueError, "of 400 mel bands hold none .* ask for fewer bands or a longer window"),
    ),
    "log_mel, an array": (
        lambda _: log_mel(np.zeros((2, 1000)), 8000),
        (TypeError, r"wave is a ndarray, .* convert it with torch.as_tensor\(wave"),
    ),
    "log_mel, a single wave": (
        lambda _: log_mel(WAVES[0], 8000),
        (ValueError, r"shape \(1000,\).* give one row a wave"),
    ),
    "log_mel, whole numbers": (
        lambda _: log_mel(WAVES.short(), 8000),
        (ValueError, "type torch.int16, but a floating-point tensor"),
    ),
    "log_mel, NaN": (
        lambda _: log_mel(WAVES / 0, 8000),
        (ValueError, "NaN or infinity.* look at how the waves were made"),
    ),
    "log_mel, half a sample": (
        lambda _: log_mel(WAVES, 8000, hop=2.5),
        (TypeError, "hop is 2.5, but a whole number is expected"),
    ),
    "log_mel, a hop beyond the window": (
        lambda _: log_mel(WAVES, 8000, hop=300),
        (ValueError, "hop is 300 and the window 256.* try half the window"),
    ),
    "griffin_lim, an array": (
        lambda _: griffin_lim(MEL.numpy(), 8000),
        (TypeError, r"audio is a ndarray.* convert it with torch.as_tensor\(audio"),
    ),
    "griffin_lim, one axis less": (
        lambda _: griffin_lim(MEL[0], 8000),
        (
            ValueError,
            r"\(1, 40, 4\), but .*\(N, 1, mel bands, frames\).* give what log_mel returns",
        ),
    ),
    "griffin_lim, no hop": (
        lambda _: griffin_lim(MEL, 8000, hop=0),
        (ValueError, "hop is 0, but at least 1 is needed"),
    ),
    "griffin_lim, a hop beyond the window": (
        lambda _: griffin_lim(MEL, 8000, hop=500),
        (ValueError, "hop is 500 and the window 256.* try half the window"),
    ),
    "griffin_lim, a word for a number": (
        lambda _: griffin_lim(MEL, 8000, n_iterations="many"),
        (TypeError, "n_iterations is 'many', but a whole number is expected"),
    ),
    "griffin_lim, a negative seed": (
        lambda _: griffin_lim(MEL, 8000, seed=-1),
        (ValueError, "seed is -1, but at least 0 is needed"),
    ),
    # Training: the model and its loss.
    "fit, a class for a model": (
        lambda _: train(DeepAutoencoder),
        (TypeError, r"model is a type, but a torch.nn.Module with a method loss\(batch\) is exp"),
    ),
    "fit, a model without a loss": (
        lambda _: train(nn.Linear(4, 4)),
        (TypeError, r"model is a Linear, but .* loss\(batch\) .* mean over the batch"),
    ),
    "fit, a model that needs no training": (
        lambda _: train(PCA(2)),
        (TypeError, r"model is a PCA, but a torch.nn.Module"),
    ),
    "fit, a frozen model": (
        lambda _: train(net().requires_grad_(False)),
        (ValueError, "no weights that could be trained.* unfreeze"),
    ),
    "fit, a loss that is no mapping": (
        lambda _: answer(lambda w: w),
        (TypeError, r"returned a Tensor, but a mapping .* for example \{'loss': error\}"),
    ),
    "fit, terms without a loss": (
        lambda _: answer(lambda w: {"kl": w}),
        (ValueError, r"terms \['kl'\], but one called 'loss' is needed"),
    ),
    "fit, a loss per example": (
        lambda _: answer(lambda w: {"loss": w.expand(3)}),
        (ValueError, r"'loss' has shape \(3,\).* sum over features and average over the batch"),
    ),
    "fit, a word for a term": (
        lambda _: answer(lambda w: {"loss": w, "kl": "none"}),
        (TypeError, "term 'kl' is 'none', but a real number is expected; return a tensor"),
    ),
    "fit, a complex loss": (
        lambda _: answer(lambda w: {"loss": w * 1j}),
        (TypeError, "term 'loss' is .*, but a real number is expected"),
    ),
    "fit, a float for a loss": (
        lambda _: answer(lambda w: {"loss": 1.0}),
        (ValueError, "'loss' has no gradient.* compute it from the model's parameters, without it"),
    ),
    "fit, a detached loss": (
        lambda _: answer(lambda w: {"loss": w.detach()}),
        (ValueError, r"'loss' has no gradient.* without item\(\), detach\(\)"),
    ),
    "fit, under no_grad": (
        lambda _: no_grad(train),
        (ValueError, r"'loss' has no gradient.* or torch.no_grad\(\)"),
    ),
    "fit, a loss of NaN": (
        lambda _: answer(lambda w: {"loss": w * math.nan}),
        (FloatingPointError, "became nan in epoch 1, step 1 of 1.* a smaller learning_rate"),
    ),
    "fit, a validation loss of NaN": (
        lambda _: answer(lambda w: {"loss": w}, lambda w: {"loss": w * math.nan}),
        (FloatingPointError, "became nan in validation after epoch 1.* a smaller learning_rate"),
    ),
    # Training: the data.
    "fit, an array": (
        lambda _: train(x=X.numpy()),
        (TypeError, "data is a ndarray, .* convert arrays with torch.as_tensor"),
    ),
    "fit, a list": (
        lambda _: train(x=[X]),
        (TypeError, "data is a list, but a tensor with the ex"),
    ),
    "fit, no data": (lambda _: train(x=None), (TypeError, "data is a NoneType, but a tensor with")),
    "fit, a whole data set": (
        lambda _: train(x=load("digits")),
        (TypeError, "data is a Dataset, .* take the train or the test of a Dataset"),
    ),
    "fit, a split for a model of one modality": (
        lambda _: train(net(64, 2), load("digits").train),
        (TypeError, r"x is a mapping of 'image', 'label'.* pick one .* x\['image'\]"),
    ),
    "fit, arrays in a mapping": (
        lambda _: train(x={"image": X.numpy()}),
        (TypeError, r"data\['image'\] is a ndarray.* convert arrays with torch.as_tensor"),
    ),
    "fit, an empty mapping": (lambda _: train(x={}), (ValueError, "no examples in data; check")),
    "fit, two lengths": (
        lambda _: train(x={"image": X, "label": LABELS[:5]}),
        (ValueError, r"lengths \{'image': 12, 'label': 5\}.* select the same rows in each"),
    ),
    "fit, a single number": (
        lambda _: train(x=torch.tensor(1.0)),
        (TypeError, "data is a Tensor without axes, but a tensor with the examples along"),
    ),
    "fit, a sparse tensor": (
        lambda _: train(x=X.to_sparse()),
        (TypeError, r"sparse tensor; make it a full one with x.to_dense\(\)"),
    ),
    "fit, NaN in the data": (
        lambda _: train(x=GAP),
        (ValueError, r"1 values that are NaN .* column 1; remove those rows or fill the gaps"),
    ),
    "fit, NaN in the data of a model that does not look": (
        lambda _: train(Blind(), GAP),
        (FloatingPointError, "became nan .*The batch holds NaN or infinity: remove or mend"),
    ),
    "fit, NaN in the validation of a model that does not look": (
        lambda _: train(Blind(), validate=GAP),
        (FloatingPointError, "in validation after epoch 1. The batch holds NaN .* remove or mend"),
    ),
    "fit, pictures that are not flat": (
        lambda _: train(x=PICTURES),
        (ValueError, r"shape \(12, 8, 8\).* flatten pictures with x.flatten\(1\)"),
    ),
    "fit, whole numbers": (
        lambda _: train(x=LABELS[:, None]),
        (TypeError, r"torch.int64 numbers, .* convert it with x.float\(\)"),
    ),
    "fit, double precision": (
        lambda _: train(x=X.double()),
        (TypeError, r"torch.float64 numbers, .* convert it with x.to\(torch.float32\)"),
    ),
    "fit, values outside 0 and 1 for a cross-entropy": (
        lambda _: train(net(error="cross-entropy")),
        (ValueError, r"ranges from .* values in \[0, 1\] only; rescale x, or use error='squared'"),
    ),
    # Training: the options.
    "fit, no epochs": (lambda _: train(epochs=0), (ValueError, "epochs is 0, but at least 1 is")),
    "fit, a word for epochs": (
        lambda _: train(epochs="ten"),
        (TypeError, "epochs is 'ten', but a whole number is expected"),
    ),
    "fit, True for epochs": (
        lambda _: train(epochs=True),
        (TypeError, "epochs is True, but a whole number is expected"),
    ),
    "fit, no batch size": (
        lambda _: train(batch_size=None),
        (TypeError, "batch_size is None, but a whole number is expected"),
    ),
    "fit, a negative step": (
        lambda _: train(learning_rate=-0.1),
        (ValueError, "learning_rate is -0.1, but a finite number above 0 is needed"),
    ),
    "fit, a step that is NaN": (
        lambda _: train(learning_rate=math.nan),
        (ValueError, "learning_rate is nan, but a finite number above 0 is needed"),
    ),
    "fit, a word for a step": (
        lambda _: train(learning_rate="1e-3"),
        (TypeError, "learning_rate is '1e-3', but a number above 0 is expected"),
    ),
    "fit, the name of a schedule": (
        lambda _: train(schedule="one_cycle"),
        (TypeError, "schedule is 'one_cycle', but a function .* such as mmlearn_helpers.training"),
    ),
    "fit, a schedule of one number": (
        lambda _: train(schedule=lambda step: 0.9**step),
        (TypeError, "a function of the number of the step and that of all steps is expected"),
    ),
    "fit, a schedule that returns nothing": (
        lambda _: train(schedule=lambda step, n_steps: None),
        (ValueError, r"schedule\(0, 1\) is None, but a finite factor .* return a float"),
    ),
    "fit, a schedule that is NaN": (
        lambda _: train(schedule=lambda step, n_steps: math.nan),
        (ValueError, r"schedule\(0, 1\) is nan, but a finite factor of 0 or more is needed"),
    ),
    "fit, a schedule that goes uphill": (
        lambda _: train(schedule=lambda step, n_steps: -1.0),
        (ValueError, r"schedule\(0, 1\) is -1.0, but a finite factor of 0 or more is needed"),
    ),
    "fit, gradients of no length": (
        lambda _: train(max_gradient_norm=0),
        (ValueError, "max_gradient_norm is 0, but a finite number above 0 is needed"),
    ),
    "fit, a share for validation": (
        lambda _: train(validate=0.1),
        (TypeError, "validate is a float, but a tensor with the examples along its first axis"),
    ),
    "fit, no validation examples": (
        lambda _: train(validate=X[:0]),
        (ValueError, "no examples in validate; check how the data were selected"),
    ),
    "fit, validation of another width": (
        lambda _: train(validate=X[:, :2]),
        (ValueError, "2 columns, but the model was made for 4; pass data of that width"),
    ),
    "fit, patience without validation": (
        lambda _: train(patience=1),
        (ValueError, "patience needs a validation loss; pass examples as validate"),
    ),
    "fit, no patience": (
        lambda _: train(patience=0, validate=X),
        (ValueError, "patience is 0, but at least 1 is needed"),
    ),
    "fit, infinite patience": (
        lambda _: train(patience=math.inf, validate=X),
        (TypeError, "patience is inf, but a whole number is expected"),
    ),
    "fit, True for a checkpoint": (
        lambda _: train(checkpoint=True),
        (TypeError, "checkpoint is True, but a path is expected; give a string or"),
    ),
    "fit, a folder for a checkpoint": (
        lambda p: train(checkpoint=p),
        (ValueError, "checkpoint is the folder .*, but a file is needed; name one in it"),
    ),
    "fit, a checkpoint below a file": (
        lambda p: train(checkpoint=files(p) / "0.txt" / "run"),
        (ValueError, "No checkpoint can be kept at .*; choose a folder that can be written"),
    ),
    "fit, a file that is no checkpoint": (
        lambda p: train(checkpoint=files(p) / "0.txt"),
        (ValueError, "0.txt is not a checkpoint of fit; remove .* or give this run another file"),
    ),
    "fit, a checkpoint of another model": (
        lambda p: go_on(p / "run", {"model": net()}, {"model": net(4, 2)}),
        (ValueError, r"with model = .* 48 weights .* this one .* 22 weights .* remove .* anew"),
    ),
    "fit, a checkpoint of other data": (
        lambda p: go_on(p / "run", {"x": X}, {"x": 2 * X}),
        (ValueError, "of a run with data = .*; use the same, or remove .* to start anew"),
    ),
    "fit, a checkpoint of another seed": (
        lambda p: go_on(p / "run", {"seed": 1}, {"seed": 2}),
        (ValueError, "with seed = 1, but this one has seed = 2; use the same, or remove"),
    ),
    "fit, a number of epochs between looks": (
        lambda _: train(after_epoch=5),
        (TypeError, "after_epoch is 5, but a function of one argument is expected; give one that"),
    ),
    "fit, a function that looks at model and epoch": (
        lambda _: train(after_epoch=lambda model, epoch: None),
        (TypeError, "after_epoch is <function .*, but a function of one argument .* by itself"),
    ),
    "fit, an unknown device": (
        lambda _: train(device="gpu"),
        (ValueError, "device is 'gpu', but 'cpu', 'cuda' or 'mps' is expected"),
    ),
    "fit, the number of a device": (
        lambda _: train(device=0),
        (ValueError, "device is 0, but 'cpu', 'cuda' or 'mps' is expected; 'cuda:1' is"),
    ),
    "fit, no device": (lambda _: train(device=None), (ValueError, "device is None, but 'cpu', 'c")),
    "fit, a device that is not there": (
        lambda _: train(device="cuda:99"),
        (RuntimeError, "no cuda:99 device here; use device='cpu'"),
    ),
    "fit, no seed": (
        lambda _: train(seed=None),
        (TypeError, "seed is None, but a whole number is expected"),
    ),
    "fit, several processes without the extra": (
        lambda _: without_fabric(),
        (ImportError, r"need Lightning Fabric .* python -m pip install 'mmlearn-helpers\[distrib"),
    ),
    "one_cycle, no steps": (
        lambda _: one_cycle(0, 0),
        (ValueError, "n_steps is 0, but at least 1 is needed"),
    ),
    "one_cycle, a step beyond the end": (
        lambda _: one_cycle(11, 10),
        (ValueError, "step is 11, but the run has only 10 steps; count from 0"),
    ),
    "one_cycle, half a step": (
        lambda _: one_cycle(0.5, 10),
        (TypeError, "step is 0.5, but a whole number is expected"),
    ),
    "History, nothing to draw": (
        lambda _: History().plot(),
        (ValueError, "history is empty; draw it after fit has run"),
    ),
    "History, no validation": (
        lambda _: History(train={"loss": [1.0]}).has_improved(),
        (ValueError, "no validation loss yet; pass examples as validate"),
    ),
    "History, a list": (
        lambda _: History().record([1.0], {}),
        (TypeError, r"\[1.0\], but a mapping from names to numbers is expected, for example"),
    ),
    "History, no validation terms": (
        lambda _: History().record({"loss": 1.0}, None),
        (TypeError, r"None, but a mapping .* or \{\} if there was no validation"),
    ),
    "History, a tensor": (
        lambda _: History().record({"loss": torch.ones(2)}, {}),
        (TypeError, "term 'loss' is tensor.*, but a number is expected"),
    ),
    # Measures.
    "reconstruction_error, a model that cannot decode": (
        lambda _: reconstruction_error(nn.Linear(4, 4), X),
        (TypeError, r"Linear without encode, but .* give a trained autoencoder"),
    ),
    "reconstruction_error, a model that answers with two things": (
        lambda _: reconstruction_error(Tuple(), X),
        (ValueError, r"into tuple; the decoder's output must have the shape of the encoder's"),
    ),
    "reconstruction_error, an array": (
        lambda _: reconstruction_error(net(), X.numpy()),
        (TypeError, r"x is a ndarray, .* convert it with torch.as_tensor\(x"),
    ),
    "interval, one example": (
        lambda _: interval(X[:, 0], torch.zeros(12, dtype=torch.long)),
        (ValueError, "All rows are of one example, but a spread needs at least two"),
    ),
    "interval, a matrix": (
        lambda _: interval(X),
        (ValueError, r"values is \(12, 4\), but a tensor with one number for each row"),
    ),
    "interval, a list": (
        lambda _: interval([1.0, 0.0]),
        (ValueError, "values is list, but a tensor with one number for each row"),
    ),
    "interval, too few examples": (
        lambda _: interval(X[:, 0], LABELS[:3]),
        (ValueError, r"example has shape \(3,\), but one label for each of 12 examples"),
    ),
    "interval, NaN": (
        lambda _: interval(X[:, 0] * math.nan),
        (ValueError, "values"),
    ),
    "linear_probe_correct, one class": (
        lambda _: linear_probe_correct(X, LABELS * 0, X, LABELS),
        (ValueError, "All training labels are 0, but a probe needs at least two classes"),
    ),
    "linear_probe, codes of two widths": (
        lambda _: linear_probe(X, LABELS, X[:, :2], LABELS),
        (ValueError, "test_codes has 2 columns, .* for 4; pass data of that width"),
    ),
    "linear_probe, a list of labels": (
        lambda _: linear_probe(X, LABELS.tolist(), X, LABELS),
        (TypeError, "labels are list, .* number the classes from 0 and convert with torch.as_ten"),
    ),
    "linear_probe, labels with a point": (
        lambda _: linear_probe(X, LABELS, X, LABELS.float()),
        (TypeError, "test_labels are torch.float32, but a tensor of whole numbers is expected"),
    ),
    "linear_probe, a label too few": (
        lambda _: linear_probe(X, LABELS[:-1], X, LABELS),
        (ValueError, r"labels has shape \(11,\), but one label for each of 12 examples is expect"),
    ),
    "linear_probe, one class": (
        lambda _: linear_probe(X, 0 * LABELS, X, LABELS),
        (ValueError, "All training labels are 0, but a probe needs at least two classes"),
    ),
    "linear_probe, no penalty": (
        lambda _: linear_probe(X, LABELS, X, LABELS, inverse_penalty=0),
        (ValueError, "inverse_penalty is 0, but a finite number above 0 is needed"),
    ),
    "clustering_accuracy, nothing": (
        lambda _: clustering_accuracy(None, None),
        (TypeError, "labels are NoneType, but a tensor of whole numbers is expected; number the"),
    ),
    "clustering_accuracy, two lengths": (
        lambda _: clustering_accuracy(LABELS, LABELS[:3]),
        (ValueError, r"clusters has shape \(12,\), but one label for each of 3 examples"),
    ),
    "clustering_accuracy, a single number": (
        lambda _: clustering_accuracy(LABELS[0], LABELS[0]),
        (ValueError, r"labels has shape \(\), but one label for each"),
    ),
    "kmeans_accuracy, NaN": (
        lambda _: kmeans_accuracy(GAP, LABELS),
        (ValueError, "codes holds 1 values that are NaN .* row 2, column 1; remove those rows"),
    ),
    "kmeans_accuracy, a list of seeds": (
        lambda _: kmeans_accuracy(X, LABELS, seeds=[0, 1]),
        (TypeError, r"seeds is \[0, 1\], but a whole number is expected"),
    ),
    "nearest, an unknown distance": (
        lambda _: nearest(X, X, 2, distance="cosin"),
        (ValueError, "distance is 'cosin', but 'cosine' or 'euclidean' is expected"),
    ),
    "nearest, more than there are": (
        lambda _: nearest(X, X, 13),
        (ValueError, "k is 13, but the gallery has only 12 items; choose a k up to that"),
    ),
    "nearest, none": (lambda _: nearest(X, X, 0), (ValueError, "k is 0, but at least 1 is needed")),
    "nearest, two precisions": (
        lambda _: nearest(X.double(), X, 2),
        (TypeError, r"queries holds torch.float64 .* convert it with queries.to\(torch.float32\)"),
    ),
    "ranks, more queries than items": (
        lambda _: ranks(X, X[:5]),
        (ValueError, "There are 12 queries and 5 items in the gallery, but each query's own item"),
    ),
    "ranks, an unknown distance": (
        lambda _: ranks(X, X, distance="cosinus"),
        (ValueError, "distance is 'cosinus', but 'cosine' or 'euclidean' is expected"),
    ),
    "ranks, NaN": (
        lambda _: ranks(X, X * math.nan),
        (ValueError, "gallery"),
    ),
    "precision_at_k, no queries": (
        lambda _: precision_at_k(None, LABELS, X, LABELS, 2),
        (TypeError, r"queries is a NoneType, .* convert it with torch.as_tensor\(queries"),
    ),
    "precision_at_k, labels of others": (
        lambda _: precision_at_k(X[:2], LABELS, X, LABELS, 2),
        (ValueError, r"query_labels has shape \(12,\), but one label for each of 2 examples"),
    ),
    "mean_average_precision, labels that are not there": (
        lambda _: mean_average_precision(X, LABELS + 7, X, LABELS),
        (ValueError, r"no item with the labels \[7, 8, 9\].* leave those queries out"),
    ),
    "mean_average_precision, a gallery without axes": (
        lambda _: mean_average_precision(X, LABELS, torch.tensor(1.0), LABELS),
        (ValueError, r"gallery has shape \(\), but a matrix \(examples, features\) is expected"),
    ),
    # Tables.
    "mean_and_spread, a single run": (
        lambda _: mean_and_spread(X[:, :1]),
        (ValueError, r"runs is \(12, 1\), but a tensor with at least two runs along its last axis"),
    ),
    "mean_and_spread, a list": (
        lambda _: mean_and_spread([0.5, 0.6]),
        (ValueError, "runs is list, but a tensor with at least two runs"),
    ),
    "mean_and_spread, half a digit": (
        lambda _: mean_and_spread(X, 0.5),
        (TypeError, "decimals is 0.5"),
    ),
    # Figures.
    "code_map, an array": (
        lambda _: code_map(X[:, :2].numpy(), LABELS, PICTURES),
        (TypeError, r"codes is a ndarray.* convert it with torch.as_tensor\(codes"),
    ),
    "code_map, codes of four units": (
        lambda _: code_map(X, LABELS, PICTURES),
        (ValueError, r"codes \(12, 4\), .* do not fit; \(N, 2\), \(N,\) and \(N, H, W\) are exp"),
    ),
    "code_map, labels with a point": (
        lambda _: code_map(X[:, :2], LABELS.float(), PICTURES),
        (TypeError, "labels are torch.float32, but a tensor of whole numbers is expected"),
    ),
    "code_map, more classes than colours": (
        lambda _: code_map(X[:, :2], torch.arange(12), PICTURES),
        (ValueError, "labels go from 0 to 11, but there are ten colours.* ten classes at a time"),
    ),
    "code_map, NaN": (
        lambda _: code_map(GAP[:, :2], LABELS, PICTURES),
        (ValueError, "Some codes are NaN or infinite; leave those examples out"),
    ),
    "spread_out, no points": (
        lambda _: spread_out(X[:0], 3),
        (ValueError, r"points has shape \(0, 4\): there is nothing in it.* check how"),
    ),
    "spread_out, NaN": (
        lambda _: spread_out(GAP, 3),
        (ValueError, "points holds 1 values that are NaN .* remove those rows"),
    ),
    "spread_out, a limit of none": (
        lambda _: spread_out(X, 0),
        (ValueError, "limit is 0, but at least 1 is needed"),
    ),
    "latent_manifold, a model": (
        lambda _: latent_manifold(net(), (2, 2)),
        (TypeError, "decode is a DeepAutoencoder, .* give the method model.decode"),
    ),
    "latent_manifold, one number for the size": (
        lambda _: latent_manifold(net().decode, 2),
        (TypeError, r"size is 2, but height and width are expected, such as \(28, 28\)"),
    ),
    "latent_manifold, another size": (
        lambda _: latent_manifold(net().decode, (3, 3)),
        (ValueError, "pictures of 3 by 3 pixels are expected; check size"),
    ),
    "latent_manifold, no extent": (
        lambda _: latent_manifold(net().decode, (2, 2), limit=0),
        (ValueError, "limit is 0, but a finite number above 0 is needed"),
    ),
    "latent_manifold, one step": (
        lambda _: latent_manifold(net().decode, (2, 2), steps=1),
        (ValueError, "steps is 1, but at least 2 is needed"),
    ),
    "latent_manifold, a decoder that gives an array": (
        lambda _: latent_manifold(lambda z: z.numpy(), (1, 2)),
        (TypeError, r"decode\(codes\) is a ndarray, but a torch tensor is expected; convert it"),
    ),
    "loss_curves, a dictionary": (
        lambda _: loss_curves({"loss": [2.0, 1.0]}),
        (TypeError, "history is a dict, but a History is expected; give what fit returns"),
    ),
    "loss_curves, a data set": (
        lambda _: loss_curves(data.load("digits")),
        (TypeError, "history is a Dataset, but a History is expected; give what fit returns"),
    ),
    "spectrogram, an array": (
        lambda _: spectrogram(MEL[0, 0].numpy(), seconds=1),
        (TypeError, r"log_mel is a ndarray.* convert it with torch.as_tensor\(log_mel"),
    ),
    "spectrogram, a whole batch": (
        lambda _: spectrogram(MEL, seconds=1),
        (ValueError, r"shape \(1, 1, 40, 4\), .* pick one example and .* audio\[i, 0\]"),
    ),
    "spectrogram, no time": (
        lambda _: spectrogram(MEL[0, 0], seconds=0),
        (ValueError, "seconds is 0, but a finite number above 0 is needed"),
    ),
    "picture_rows, a list": (
        lambda _: picture_rows([PICTURES]),
        (TypeError, r"rows is a list, but a mapping .* for example \{'originals': x\}"),
    ),
    "picture_rows, an array": (
        lambda _: picture_rows({"originals": PICTURES.numpy()}),
        (TypeError, r"rows\['originals'\] is a ndarray, .* convert it with torch.as_tensor"),
    ),
    "picture_rows, rows of two lengths": (
        lambda _: picture_rows({"a": PICTURES, "b": PICTURES[:3]}),
        (ValueError, r"\(3, 8, 8\), \(12, 8, 8\).* one shape \(N, H, W\) for all is expected"),
    ),
    "picture_rows, nothing": (
        lambda _: picture_rows({}),
        (ValueError, r"shapes \[\], but one shape \(N, H, W\) for all is expected"),
    ),
    "picture_grid, a list": (
        lambda _: picture_grid([PICTURES[0]]),
        (TypeError, r"pictures is a list, .* convert it with torch.as_tensor\(pictures"),
    ),
    "picture_grid, flat examples": (
        lambda _: picture_grid(PICTURES.flatten(1)),
        (ValueError, r"shape \(12, 64\), .* become pictures with x.reshape\(-1, H, W\)"),
    ),
    "picture_grid, no pictures": (
        lambda _: picture_grid(PICTURES[:0]),
        (ValueError, r"shape \(0, 1, 8, 8\), but .* at least one picture is expected"),
    ),
    "picture_grid, no columns": (
        lambda _: picture_grid(PICTURES, columns=0),
        (ValueError, "columns is 0, but at least 1 is needed"),
    ),
    "retrieval_rows, a list of truth values": (
        lambda _: retrieval_rows(PICTURES[:2], PICTURES[:4].unflatten(0, (2, 2)), [[True] * 2] * 2),
        (TypeError, r"right is a list.* torch.as_tensor\(right, dtype=torch.bool\)"),
    ),
    "retrieval_rows, coloured finds for a grey query": (
        lambda _: retrieval_rows(PICTURES[:2], torch.rand(2, 3, 3, 8, 8), torch.ones(2, 3)),
        (ValueError, r"queries \(2, 1, 8, 8\), found \(2, 3, 3, 8, 8\) .* do not fit; \(Q, H, W\)"),
    ),
    "retrieval_rows, nothing found": (
        lambda _: retrieval_rows(PICTURES, None, None),
        (TypeError, "found is a NoneType, but a torch tensor is expected"),
    ),
    # Models.
    "PCA, an array": (
        lambda _: PCA(2).fit(X.numpy()),
        (TypeError, r"x is a ndarray, .* convert it with torch.as_tensor\(x"),
    ),
    "PCA, NaN": (
        lambda _: PCA(2).fit(GAP),
        (
            ValueError,
            "1 values that are NaN .* row 2, column 1; remove those rows or fill the gaps",
        ),
    ),
    "PCA, half precision": (
        lambda _: PCA(2).fit(X.half()),
        (TypeError, r"torch.float16 numbers, .* 32 or 64 bits; convert it with x.float\(\)"),
    ),
    "PCA, True for a number": (
        lambda _: PCA(True).fit(X),
        (TypeError, "n_components is True, but a whole number is expected"),
    ),
    "PCA, more components than features": (
        lambda _: PCA(9).fit(X),
        (ValueError, "9 components .* only 1 to 4 .* choose n_components in that range"),
    ),
    "PCA, used before fit": (
        lambda _: PCA(2).encode(X),
        (RuntimeError, r"no axes yet; call fit\(x\) with training data first"),
    ),
    "PCA, codes of another width": (
        lambda _: PCA(2).fit(X).decode(X),
        (ValueError, "z has 4 columns, but the model was made for 2; pass data of that width"),
    ),
    "LinearAutoencoder, a word for a width": (
        lambda _: LinearAutoencoder("4", 2),
        (TypeError, "n_features is '4', but a whole number is expected"),
    ),
    "LinearAutoencoder, no features": (
        lambda _: LinearAutoencoder(0, 1),
        (ValueError, "n_features is 0, but at least 1 is needed"),
    ),
    "LinearAutoencoder, a code that is too wide": (
        lambda _: LinearAutoencoder(4, 5),
        (ValueError, r"5 components .* 1 to 4 are possible here \(4 features\); choose"),
    ),
    "LinearAutoencoder, a split": (
        lambda _: LinearAutoencoder(4, 2).loss({"image": X}),
        (TypeError, r"x is a mapping of 'image', .* pick one of them, for example x\['image'\]"),
    ),
    "DeepAutoencoder, one number for the sizes": (
        lambda _: DeepAutoencoder(4),
        (TypeError, r"sizes is 4, but a list of whole numbers is expected, for example \[64"),
    ),
    "DeepAutoencoder, one size": (
        lambda _: net(4),
        (ValueError, r"sizes is \[4\], but at least two widths of 1 or more are needed, for ex"),
    ),
    "DeepAutoencoder, half a unit": (
        lambda _: net(4, 2.5),
        (TypeError, r"sizes is \[4, 2.5\], but a list of whole numbers is expected"),
    ),
    "DeepAutoencoder, an unknown error": (
        lambda _: net(error="crossentropy"),
        (ValueError, "error is 'crossentropy', but 'squared' or 'cross-entropy' is expected"),
    ),
    "DeepAutoencoder, the name of an activation": (
        lambda _: net(activation="relu"),
        (TypeError, "activation is 'relu', but something that makes a module is expected: the cla"),
    ),
    "DeepAutoencoder, a module for an activation": (
        lambda _: net(activation=nn.ReLU()),
        (TypeError, r"activation is ReLU\(\), .* the class nn.ReLU, .* not the module nn.ReLU\(\)"),
    ),
    "DeepAutoencoder, a function for an activation": (
        lambda _: net(activation=torch.relu),
        (TypeError, "something that makes a module is expected: .* nor the function torch.relu"),
    ),
    "DeepAutoencoder, a single example": (
        lambda _: net().encode(X[0]),
        (ValueError, r"shape \(4,\), .* write a single example as x\[None\]"),
    ),
    "ConvolutionalAutoencoder, pictures without channels": (
        lambda _: picture_net((28, 28)),
        (TypeError, r"shape is \(28, 28\), but whole numbers .* for example \(1, 28, 28\)"),
    ),
    "ConvolutionalAutoencoder, one number of channels": (
        lambda _: picture_net(channels=16),
        (TypeError, r"channels is 16, but whole numbers are expected, for example \[16, 32\]"),
    ),
    "ConvolutionalAutoencoder, small pictures": (
        lambda _: picture_net(channels=(2, 2, 2, 2)),
        (ValueError, "8 × 8 pixels can be halved 3 times, but channels has 4 .* leave some out"),
    ),
    "ConvolutionalAutoencoder, an even kernel where sizes are kept": (
        lambda _: picture_net(upsampling="nearest", kernel=4),
        (ValueError, "kernel is 4, but .* as much padding on both sides; take an odd kernel, or"),
    ),
    "ConvolutionalAutoencoder, an unknown way up": (
        lambda _: picture_net(upsampling="bilinear"),
        (ValueError, "upsampling is 'bilinear', but 'transposed' or 'nearest' is expected"),
    ),
    "ConvolutionalAutoencoder, grey pictures without a channel": (
        lambda _: picture_net().loss(PICTURES),
        (ValueError, r"x has shape \(12, 8, 8\), but the network was made for \(N, 1, 8, 8\)"),
    ),
    "ConvolutionalAutoencoder, colour": (
        lambda _: picture_net().encode(torch.ones(2, 3, 8, 8)),
        (ValueError, r"x has shape \(2, 3, 8, 8\), .* or make the network anew for this shape"),
    ),
    "ConvolutionalAutoencoder, flattened pictures": (
        lambda _: picture_net().encode(PICTURES.flatten(1)),
        (ValueError, r"flattened ones as x\.unflatten\(1, \(1, 8, 8\)\)"),
    ),
    "ConvolutionalAutoencoder, another code": (
        lambda _: picture_net().decode(X),
        (ValueError, "z has 4 columns, but the model was made for 2"),
    ),
    "output_size, a large kernel": (
        lambda _: output_size(5, 8, padding=1),
        (ValueError, "kernel reaches over 8 pixels, but .* picture has only 7; take a smaller"),
    ),
    "output_size, no stride": (
        lambda _: output_size(5, 3, 0),
        (ValueError, "stride is 0, but at least 1 is needed"),
    ),
    "output_padding, a large dilation": (
        lambda _: output_padding(5, 3, dilation=4),
        (ValueError, "kernel reaches over 9 pixels, but .* only 5; take a smaller kernel or dil"),
    ),
    "convolution_matrix, a single kernel": (
        lambda _: convolution_matrix(torch.ones(3, 3), (8, 8)),
        (ValueError, r"weight has shape \(3, 3\), .* single kernel as weight\[None, None\]"),
    ),
    "convolution_matrix, a large kernel": (
        lambda _: convolution_matrix(torch.ones(1, 1, 9, 9), (8, 8)),
        (ValueError, "kernel reaches over 9 pixels, but .* only 8"),
    ),
    "convolution_matrix, one number for the size": (
        lambda _: convolution_matrix(torch.ones(1, 1, 3, 3), 8),
        (TypeError, r"size is 8, but \(height, width\) is expected, for example \(28, 28\)"),
    ),
    "stride_energy, a single picture": (
        lambda _: stride_energy(PICTURES[0]),
        (ValueError, r"shape \(8, 8\), .* single grey picture as pictures\[None, None\]"),
    ),
    "stride_energy, no period": (
        lambda _: stride_energy(PICTURES[:, None], 1),
        (ValueError, "stride is 1, but at least 2 is needed"),
    ),
    # Voices.
    "speak, a word's name": (
        lambda _: speak(["seven"], LABELS[:1]),
        (TypeError, "label are list, but a tensor of whole numbers"),
    ),
    "speak, an eleventh word": (
        lambda _: speak(LABELS + 9, LABELS),
        (ValueError, r"label goes from 9 to 11, but numbers from 0 to 9 .* load\('voices'\)"),
    ),
    "speak, an unknown speaker": (
        lambda _: speak(LABELS, LABELS + 7),
        (ValueError, "speaker goes from 7 to 9, but numbers from 0 to 7"),
    ),
    "speak, too few speakers": (
        lambda _: speak(LABELS, LABELS[:3]),
        (ValueError, "one label for each of 12 examples"),
    ),
    "speak, short rows": (
        lambda _: speak(LABELS, X),
        (ValueError, "4 columns, but the model was made for 6"),
    ),
    "speak, too few rows": (
        lambda _: speak(LABELS, draw_speakers(3)),
        (ValueError, "speaker has 3 rows for 12 words, .* a row of positive numbers a word"),
    ),
    "speak, no tract": (
        lambda _: speak(LABELS, 0 * draw_speakers(12)),
        (ValueError, "the smallest number is 0, but a row of positive numbers"),
    ),
    "speak, a list of names": (
        lambda _: speak(LABELS, ["Abel"] * 12),
        (TypeError, "speaker are list, but a tensor of whole numbers"),
    ),
    "draw_speakers, none": (
        lambda _: draw_speakers(0),
        (ValueError, "n is 0, but at least 1"),
    ),
    "check_spectrograms, whole numbers": (
        lambda _: check_spectrograms("x", MEL.long()),
        (TypeError, r"x holds torch.int64 numbers, .* convert it with x.float\(\)"),
    ),
    "instance_norm, with the channel": (
        lambda _: instance_norm(MEL),
        (ValueError, r"\(N, channels, frames\) is expected; .* audio\[:, 0\]"),
    ),
    "instance_norm, eps 0": (
        lambda _: instance_norm(MEL[0], eps=0),
        (ValueError, "eps is 0, but a finite number above 0"),
    ),
    "normalised, eps 0": (
        lambda _: normalised(X, 0),
        (ValueError, "eps is 0, but a finite number above 0"),
    ),
    "match_statistics, too few targets": (
        lambda _: match_statistics(MEL.expand(3, -1, -1, -1), MEL),
        (ValueError, r"3 sources and 1 targets, .* target.expand\(len\(source\)"),
    ),
    "match_statistics, other bands": (
        lambda _: match_statistics(MEL, MEL[:, :, :30]),
        (ValueError, r"target has shape \(1, 1, 30, 4\), but \(N, 1, 40, frames\)"),
    ),
    "match_statistics, different lengths": (
        lambda _: match_statistics([MEL[0], MEL[0, :, :, :2]], MEL),
        (TypeError, "source is a list, .* one by one, or padded with 0"),
    ),
    "draw_partners, a single recording": (
        lambda _: draw_partners(torch.tensor([0, 0, 2])),
        (ValueError, "Speaker 2 has a single recording, row 2, .* record another, leave this"),
    ),
    "draw_partners, names": (
        lambda _: draw_partners(["Abel", "Abel"]),
        (TypeError, "speaker are list, but a tensor of whole numbers"),
    ),
    "VoiceConverter, no content": (
        lambda _: VoiceConverter(n_content=0),
        (ValueError, "n_content is 0, but at least 1"),
    ),
    "VoiceConverter, half a band": (
        lambda _: VoiceConverter(39.5),
        (TypeError, "n_mels is 39.5, but a whole number"),
    ),
    "VoiceConverter, waves": (
        lambda _: VoiceConverter().encode_content(WAVES),
        (ValueError, r"\(2, 1000\), but \(N, 1, 40, frames\) .* what log_mel returns"),
    ),
    "VoiceConverter, other bands": (
        lambda _: VoiceConverter(30).convert(MEL, MEL),
        (ValueError, r"but \(N, 1, 30, frames\) is expected"),
    ),
    "VoiceConverter, recordings of different lengths": (
        lambda _: VoiceConverter().encode_speaker([MEL, MEL[..., :2]]),
        (TypeError, "audio is a list, .* one by one, or padded with 0, which is silence"),
    ),
    "VoiceConverter, a target for two": (
        lambda _: VoiceConverter().convert(MEL.expand(2, -1, -1, -1), MEL),
        (ValueError, r"2 contents and 1 speakers, .* speaker.expand\(len\(content\), -1\)"),
    ),
    "VoiceConverter, the speaker for the content": (
        lambda _: VoiceConverter().decode(torch.zeros(1, 16), torch.zeros(1, 16)),
        (ValueError, r"content has shape \(1, 16\), but \(N, 4, frames\) .* encode_content"),
    ),
    "VoiceConverter, no partners": (
        lambda _: fit(VoiceConverter(), MEL, epochs=1),
        (ValueError, "mapping with 'audio' and 'same_speaker', .* draw_partners finds some"),
    ),
    "mel_cepstra, too many": (
        lambda _: mel_cepstra(MEL, n_coefficients=40),
        (ValueError, "n_coefficients is 40, but 40 mel bands have only 39 .* ask for fewer"),
    ),
    "mel_cepstral_distance, one reference for two": (
        lambda _: mel_cepstral_distance(MEL.expand(2, -1, -1, -1), MEL),
        (ValueError, "one reference for each recording, with as many bands"),
    ),
    "mel_cepstral_distance, a single spectrogram": (
        lambda _: mel_cepstral_distance(MEL[0, 0], MEL),
        (ValueError, r"audio has shape \(40, 4\), but \(N, 1, mel bands, frames\)"),
    ),
    "warped_mean, a single matrix": (
        lambda _: warped_mean(X),
        (ValueError, r"\(N, frames, frames\) is expected; .* cost\[None\]"),
    ),
    "warped_mean, NaN": (
        lambda _: warped_mean(GAP[None]),
        (ValueError, "cost holds 1 values that are NaN"),
    ),
    "pitch, a short wave": (
        lambda _: pitch(WAVES[:, :100], 8000),
        (ValueError, "100 samples, but at least 512 are needed, .* append silence"),
    ),
    "pitch, no rate": (
        lambda _: pitch(WAVES, 0),
        (ValueError, "sample_rate is 0, but a finite number above 0"),
    ),
    "LayerAutoencoder, a share for a corruption": (
        lambda _: LayerAutoencoder(nn.Linear(4, 3), nn.ReLU(), 0.3),
        (TypeError, r"corruption is 0.3, but a function .* for example masking\(0.3\)"),
    ),
    "LayerAutoencoder, a gap": (
        lambda _: LayerAutoencoder(nn.Linear(4, 3), nn.ReLU()).loss(GAP),
        (ValueError, "1 values that are NaN .* row 2, column 1"),
    ),
    "pretrain, an autoencoder": (
        lambda _: pretrain(net(), X, epochs=1),
        (TypeError, r"one activation between them is expected; make it with mlp\("),
    ),
    "pretrain, another width": (
        lambda _: pretrain(networks.mlp([5, 3, 2]), X, epochs=1),
        (ValueError, "x has 4 columns, but the model was made for 5"),
    ),
    "pretrain, a data set": (
        lambda _: pretrain(networks.mlp([64, 3, 2]), load("digits").train, epochs=1),
        (TypeError, "x is a mapping of 'image'.* pick one"),
    ),
    "pretrain, a frozen network": (
        lambda _: pretrain(networks.mlp([4, 3, 2]).requires_grad_(False), X, epochs=1),
        (ValueError, r"frozen, so it cannot be pretrained; call network.requires_grad_\(True\)"),
    ),
    "pretrain, a dead layer": (
        lambda _: pretrain(dead(), X.abs(), epochs=1),
        (RuntimeError, "layer 1 has died.* take a smaller learning_rate than 0.001"),
    ),
    "Classifier, layers that do not meet": (
        lambda _: Classifier(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(2, 2))),
        (ValueError, "Layer 1 gives 3 numbers, but layer 2 takes 2; make the two widths equal"),
    ),
    "Classifier, pictures without labels": (
        lambda _: train(Classifier(networks.mlp([4, 3, 2]))),
        (TypeError, r"batch is a Tensor, but a mapping .* train with fit\(classifier, \{'image'"),
    ),
    "Classifier, a class too many": (
        lambda _: train(Classifier(networks.mlp([4, 3, 2])), {"image": X, "label": LABELS}),
        (ValueError, "label ranges from 0 to 2, but the network has 2 outputs; number the"),
    ),
    "Classifier, shares for labels": (
        lambda _: Classifier(networks.mlp([4, 3, 2])).loss({"image": X, "label": X[:, 0]}),
        (TypeError, "label are torch.float32, but a tensor of whole numbers is expected"),
    ),
    "gradient_sizes, a number": (
        lambda _: gradient_sizes(networks.mlp([4, 3, 2]), 0.5),
        (TypeError, "loss is a float, but a torch tensor is expected"),
    ),
    "gradient_sizes, another network": (
        lambda _: gradient_sizes(networks.mlp([4, 3, 2]), networks.mlp([4, 3, 2])(X).sum()),
        (ValueError, "depends on the weights of every layer is expected; compute it with this"),
    ),
    # States of zeros and ones.
    "all_states, half a unit": (
        lambda _: all_states(2.5),
        (TypeError, "n is 2.5, but a whole number is expected"),
    ),
    "all_states, no units": (
        lambda _: all_states(0),
        (ValueError, "n is 0, but at least 1 is needed"),
    ),
    "all_states, too many": (
        lambda _: all_states(26),
        (ValueError, r"26 units have 2\^26 states, .* at most 2\^25 .* with .*ais_log_partition"),
    ),
    "all_states, from a negative number": (
        lambda _: all_states(3, -1),
        (ValueError, "start is -1, but at least 0 is needed"),
    ),
    "all_states, backwards": (
        lambda _: all_states(3, 5, 2),
        (ValueError, "stop is 2, but at least 6 is needed"),
    ),
    "all_states, beyond the last": (
        lambda _: all_states(3, 0, 9),
        (ValueError, "stop is 9, but 3 units have only 8 states"),
    ),
    "draw, an array": (
        lambda _: draw(np.full(3, 0.5)),
        (TypeError, r"probabilities is a ndarray, .* torch.as_tensor\(probabilities"),
    ),
    "draw, whole numbers": (
        lambda _: draw(LABELS),
        (TypeError, r"probabilities holds torch.int64 .* convert it with probabilities.float\(\)"),
    ),
    "check_binary, shades of grey": (
        lambda _: check_binary(spoilt(BINARY, 2, 1, 0.5)),
        (ValueError, r"x ranges from 0 to 1 and does not .* black or white with x.bernoulli\(\)"),
    ),
    "check_binary, -1 and 1": (
        lambda _: check_binary(SPINS),
        (ValueError, r"x ranges from -1 to 1 .* turn -1 and 1 into them with \(x \+ 1\) / 2"),
    ),
    "check_binary, truth values": (
        lambda _: check_binary(BINARY.bool()),
        (TypeError, r"x holds torch.bool numbers, .* convert it with x.float\(\)"),
    ),
    "check_clamped, numbers": (
        lambda _: check_clamped(torch.zeros(4), 4),
        (ValueError, r"clamped has shape \(4,\) and holds torch.float32 .* \(4,\) booleans"),
    ),
    "check_clamped, too few": (
        lambda _: check_clamped(FREE[:3], 4),
        (ValueError, r"clamped has shape \(3,\) .* \(4,\) booleans .* True for each unit that"),
    ),
    "check_clamped, a list": (
        lambda _: check_clamped([True] * 4, 4),
        (TypeError, r"clamped is a list, .* torch.as_tensor\(clamped, dtype=torch.bool\)"),
    ),
    # Hopfield networks.
    "hebbian, zeros and ones": (
        lambda _: hebbian(BINARY),
        (ValueError, r"patterns holds 0 at row \d+, .* only -1 and 1 are expected; .* 2 \* x - 1"),
    ),
    "hebbian, shades of grey": (
        lambda _: hebbian(spoilt(SPINS, 2, 1, 0.5)),
        (ValueError, r"patterns holds 0.5 at row 2, column 1, .* grey with torch.where\(x > 0.5"),
    ),
    "hebbian, whole numbers": (
        lambda _: hebbian(SPINS.long()),
        (TypeError, r"patterns holds torch.int64 numbers, .* convert it with patterns.float\(\)"),
    ),
    "hebbian, NaN": (
        lambda _: hebbian(spoilt(SPINS, 2, 1, math.nan)),
        (ValueError, "patterns holds 1 values that are NaN .* row 2, column 1; remove"),
    ),
    "hebbian, pictures": (
        lambda _: hebbian(PICTURES.round() * 2 - 1),
        (ValueError, r"patterns has shape \(12, 8, 8\), .* flatten pictures with patterns.flatten"),
    ),
    "hebbian, no patterns": (
        lambda _: hebbian(SPINS[:0]),
        (ValueError, r"patterns has shape \(0, 4\): there is nothing in it"),
    ),
    "hebbian, an array": (
        lambda _: hebbian(SPINS.numpy()),
        (TypeError, r"patterns is a ndarray, .* convert it with torch.as_tensor\(patterns"),
    ),
    "pseudo_inverse, zeros and ones": (
        lambda _: pseudo_inverse(BINARY),
        (ValueError, r"patterns holds 0 at row .* turn zeros and ones into them with 2 \* x - 1"),
    ),
    "pseudo_inverse, infinity": (
        lambda _: pseudo_inverse(spoilt(SPINS, 2, 1, math.inf)),
        (ValueError, "patterns holds 1 values that are NaN or infinite"),
    ),
    "pseudo_inverse, a single pattern": (
        lambda _: pseudo_inverse(SPINS[0]),
        (ValueError, r"shape \(4,\), .* write a single example as patterns\[None\]"),
    ),
    "energy, states of another width": (
        lambda _: energy(WEIGHTS, SPINS[:, :3]),
        (ValueError, "s has 3 columns, but the model was made for 4; pass data of that width"),
    ),
    "energy, zeros and ones": (
        lambda _: energy(WEIGHTS, BINARY),
        (ValueError, r"s holds 0 at row .* only -1 and 1 are expected"),
    ),
    "energy, another precision": (
        lambda _: energy(WEIGHTS, SPINS.double()),
        (TypeError, r"s holds torch.float64 numbers, but the model torch.float32; .* s.to\(torch"),
    ),
    "recall, weights and states in the wrong order": (
        lambda _: recall(SPINS, WEIGHTS),
        (
            ValueError,
            r"weights has shape \(12, 4\), but a square matrix \(N, N\) is expected; make",
        ),
    ),
    "recall, no symmetry": (
        lambda _: recall(spoilt(WEIGHTS, 2, 1, 3.0), SPINS),
        (ValueError, r"not symmetric: weights\[\d, \d\] is .*no energy that falls; use \(weights"),
    ),
    "recall, units that act on themselves": (
        lambda _: recall(spoilt(WEIGHTS, 2, 2, 1.0), SPINS),
        (
            ValueError,
            r"Unit 2 acts on itself: weights\[2, 2\] is 1, .*weights.fill_diagonal_\(0\)",
        ),
    ),
    "recall, weights that are NaN": (
        lambda _: recall(spoilt(WEIGHTS, 2, 1, math.nan), SPINS),
        (ValueError, "weights holds 1 values that are NaN .* row 2, column 1"),
    ),
    "recall, a negative seed": (
        lambda _: recall(WEIGHTS, SPINS, seed=-1),
        (ValueError, "seed is -1, but at least 0 is needed"),
    ),
    "recall, no rest": (
        lambda _: restless(),
        (ArithmeticError, r"not at rest after 1 sweeps.* use weights.double\(\) and s.double\(\)"),
    ),
    "check_patterns, twos": (
        lambda _: check_patterns(2 * SPINS, "states"),
        (ValueError, r"states holds -?2 at row 0, column 0, but only -1 and 1 are expected"),
    ),
    "check_weights, whole numbers": (
        lambda _: check_weights(torch.zeros(3, 3, dtype=torch.long)),
        (TypeError, r"weights holds torch.int64 .* convert it with weights.float\(\)"),
    ),
    "check_weights, a row of them": (
        lambda _: check_weights(WEIGHTS[0]),
        (ValueError, r"weights has shape \(4,\), but a matrix"),
    ),
    # Boltzmann machines.
    "BoltzmannMachine, half a unit": (
        lambda _: BoltzmannMachine(4.5),
        (TypeError, "n_visible is 4.5, but a whole number is expected"),
    ),
    "BoltzmannMachine, fewer hidden units than none": (
        lambda _: BoltzmannMachine(4, -1),
        (ValueError, "n_hidden is -1, but at least 0 is needed"),
    ),
    "BoltzmannMachine, no sweeps": (
        lambda _: BoltzmannMachine(4, n_sweeps=0),
        (ValueError, "n_sweeps is 0, but at least 1 is needed"),
    ),
    "BoltzmannMachine, no chains": (
        lambda _: BoltzmannMachine(4, n_chains=0),
        (ValueError, "n_chains is 0, but at least 1 is needed"),
    ),
    "BoltzmannMachine, a seed that is a word": (
        lambda _: BoltzmannMachine(4, seed="1"),
        (TypeError, "seed is '1', but a whole number is expected"),
    ),
    "BoltzmannMachine, connections of the visible units only": (
        lambda _: BoltzmannMachine(4, 2, connections=1 - torch.eye(4)),
        (ValueError, r"shape \(4, 4\), but a matrix \(6, 6\) .* for each of the 6 units"),
    ),
    "BoltzmannMachine, connections with weights": (
        lambda _: BoltzmannMachine(4, connections=WEIGHTS),
        (ValueError, r"connections .* zeros and ones is expected"),
    ),
    "BoltzmannMachine, connections with a direction": (
        lambda _: BoltzmannMachine(4, connections=torch.ones(4, 4).triu(1)),
        (ValueError, r"connections is not symmetric .* use torch.maximum\(connections, conn"),
    ),
    "BoltzmannMachine, connections of units with themselves": (
        lambda _: BoltzmannMachine(4, connections=torch.ones(4, 4)),
        (ValueError, r"no unit acts on itself; .* fill_diagonal_\(0\)"),
    ),
    "BoltzmannMachine, a list of connections": (
        lambda _: BoltzmannMachine(2, connections=[[0, 1], [1, 0]]),
        (TypeError, r"connections is a list, .* convert it with torch.as_tensor\(connections"),
    ),
    "BoltzmannMachine, grey data": (
        lambda _: BoltzmannMachine(4).loss(spoilt(BINARY, 2, 1, 0.5)),
        (ValueError, r"v ranges from 0 to 1 and does not consist of zeros and ones"),
    ),
    "BoltzmannMachine, states of the visible units only": (
        lambda _: BoltzmannMachine(4, 2).energy(BINARY),
        (ValueError, "s has 4 columns, but the model was made for 6"),
    ),
    "BoltzmannMachine, the states of all units for the visible ones": (
        lambda _: BoltzmannMachine(3, 1).free_energy(BINARY),
        (ValueError, "v has 4 columns, but the model was made for 3"),
    ),
    "BoltzmannMachine, hidden units without end": (
        lambda _: BoltzmannMachine(4, 26).free_energy(BINARY),
        (ValueError, r"26 units have 2\^26 states, .* at most 2\^25 .*ais_log_partition"),
    ),
    "BoltzmannMachine, one number for the temperatures": (
        lambda _: BoltzmannMachine(4).gibbs(BINARY, 1.0),
        (TypeError, r"temperatures is 1.0, but a list .* \[1.0\] \* 100 samples, for 100 sweeps"),
    ),
    "BoltzmannMachine, no temperatures": (
        lambda _: BoltzmannMachine(4).gibbs(BINARY, []),
        (TypeError, r"temperatures is \[\], but a list with one number for each sweep is expect"),
    ),
    "BoltzmannMachine, a word for the temperatures": (
        lambda _: BoltzmannMachine(4).gibbs(BINARY, "cold"),
        (TypeError, "A temperature is 'c', but a number is expected"),
    ),
    "BoltzmannMachine, a temperature of 0": (
        lambda _: BoltzmannMachine(4).gibbs(BINARY, [1.0, 0.0]),
        (
            ValueError,
            "A temperature is 0.0, but .* above 0 .* Hopfield network: use .*recall",
        ),
    ),
    "BoltzmannMachine, a negative temperature": (
        lambda _: BoltzmannMachine(4).gibbs(BINARY, [-1.0]),
        (ValueError, "A temperature is -1.0, but a finite number above 0 is needed"),
    ),
    "BoltzmannMachine, a temperature that is NaN": (
        lambda _: BoltzmannMachine(4).gibbs(BINARY, [math.nan]),
        (ValueError, "A temperature is nan, but a finite number above 0 is needed"),
    ),
    "BoltzmannMachine, a mask of numbers": (
        lambda _: BoltzmannMachine(4).gibbs(BINARY, [1.0], clamped=torch.zeros(4)),
        (ValueError, r"clamped .* holds torch.float32 numbers, but \(4,\) booleans are expected"),
    ),
    "RBM, no hidden units": (
        lambda _: RBM(4, 0),
        (ValueError, "n_hidden is 0, but at least 1 is needed"),
    ),
    "RBM, True for a number": (
        lambda _: RBM(True, 3),
        (TypeError, "n_visible is True, but a whole number is expected"),
    ),
    "RBM, no steps": (
        lambda _: rbm(n_steps=0),
        (ValueError, "n_steps is 0, but at least 1 is needed"),
    ),
    "RBM, no chains": (
        lambda _: rbm(n_chains=0),
        (ValueError, "n_chains is 0, but at least 1 is needed"),
    ),
    "RBM, a negative seed": (
        lambda _: rbm(seed=-1),
        (ValueError, "seed is -1, but at least 0 is needed"),
    ),
    "RBM, data that are not binary": (
        lambda _: train(rbm()),
        (ValueError, r"v ranges from .* draw shades of grey .* with v.bernoulli\(\)"),
    ),
    "RBM, data with a gap": (
        lambda _: rbm().encode(spoilt(BINARY, 2, 1, math.nan)),
        (ValueError, "v holds 1 values that are NaN .* row 2, column 1"),
    ),
    "RBM, whole numbers": (
        lambda _: rbm().free_energy(BINARY.long()),
        (TypeError, r"v holds torch.int64 numbers, .* convert it with v.float\(\)"),
    ),
    "RBM, another precision": (
        lambda _: rbm().loss(BINARY.double()),
        (TypeError, r"v holds torch.float64 numbers, but the model torch.float32"),
    ),
    "RBM, visible states to decode": (
        lambda _: rbm().decode(BINARY),
        (ValueError, "h has 4 columns, but the model was made for 3"),
    ),
    "RBM, no steps of sampling": (
        lambda _: rbm().gibbs(BINARY, 0),
        (ValueError, "n_steps is 0, but at least 1 is needed"),
    ),
    "RBM, temperatures for the steps": (
        lambda _: rbm().gibbs(BINARY, [1.0]),
        (TypeError, r"n_steps is \[1.0\], but a whole number is expected"),
    ),
    "RBM, a mask that is too short": (
        lambda _: rbm().gibbs(BINARY, 1, clamped=FREE[:2]),
        (ValueError, r"clamped has shape \(2,\) .* but \(4,\) booleans are expected"),
    ),
    "RBM, half a sample": (
        lambda _: rbm().sample(2.5),
        (TypeError, "n is 2.5, but a whole number is expected"),
    ),
    "GaussianRBM, no visible units": (
        lambda _: GaussianRBM(0, 3),
        (ValueError, "n_visible is 0, but at least 1 is needed"),
    ),
    "GaussianRBM, NaN": (
        lambda _: GaussianRBM(4, 3).loss(GAP),
        (ValueError, "v holds 1 values that are NaN .* row 2, column 1"),
    ),
    "GaussianRBM, another width": (
        lambda _: GaussianRBM(3, 3).encode(X),
        (ValueError, "v has 4 columns, but the model was made for 3"),
    ),
    # Partition functions.
    "exact_log_partition, a model without energy": (
        lambda _: exact_log_partition(net()),
        (TypeError, r"a DeepAutoencoder without enumeration\(\), .* give a BoltzmannMachine or an"),
    ),
    "exact_log_partition, too many units": (
        lambda _: exact_log_partition(RBM(30, 26)),
        (ValueError, r"2\^26 terms, .* of 26 units, .* at most 2\^25 .* with ais_log_partition"),
    ),
    "exact_log_partition, too many units in one layer": (
        lambda _: exact_log_partition(BoltzmannMachine(20, 6)),
        (ValueError, r"2\^26 terms, .* at most 2\^25 can be summed; .* annealed importance sampl"),
    ),
    "ais_log_partition, a model in one layer": (
        lambda _: ais_log_partition(BoltzmannMachine(4), BINARY),
        (TypeError, r"a BoltzmannMachine without weights W \(K, D\), .* with exact_log_partition"),
    ),
    "ais_log_partition, Gaussian units": (
        lambda _: ais_log_partition(GaussianRBM(4, 3), BINARY),
        (TypeError, "a GaussianRBM .* not that of binary units, .* with exact_log_partition"),
    ),
    "ais_log_partition, samples of another width": (
        lambda _: ais_log_partition(rbm(), BINARY[:, :3]),
        (ValueError, "samples has 3 columns, but the model was made for 4"),
    ),
    "ais_log_partition, probabilities for samples": (
        lambda _: ais_log_partition(rbm(), BINARY / 2),
        (ValueError, r"samples ranges from 0 to 0.5 .* with samples.bernoulli\(\)"),
    ),
    "ais_log_partition, a single sample": (
        lambda _: ais_log_partition(rbm(), BINARY[:1]),
        (ValueError, r"samples is a single state, but at least two .* with model.sample\(500\)"),
    ),
    "ais_log_partition, one chain": (
        lambda _: ais_log_partition(rbm(), BINARY, n_chains=1),
        (ValueError, "n_chains is 1, but at least 2 is needed"),
    ),
    "ais_log_partition, no temperatures": (
        lambda _: ais_log_partition(rbm(), BINARY, n_temperatures=0),
        (ValueError, "n_temperatures is 0, but at least 1 is needed"),
    ),
    "ais_log_partition, a list of temperatures": (
        lambda _: ais_log_partition(rbm(), BINARY, n_temperatures=[0.0, 1.0]),
        (TypeError, r"n_temperatures is \[0.0, 1.0\], but a whole number is expected"),
    ),
    "ais_log_partition, a huge seed": (
        lambda _: ais_log_partition(rbm(), BINARY, seed=2**63),
        (ValueError, r"seed is \d+, but a number below 2\*\*63 is needed"),
    ),
    "pseudo_log_likelihood, a model without energy": (
        lambda _: pseudo_log_likelihood(net(), BINARY),
        (TypeError, r"a DeepAutoencoder without free_energy\(v\), .* give a BoltzmannMachine or"),
    ),
    "pseudo_log_likelihood, Gaussian data": (
        lambda _: pseudo_log_likelihood(GaussianRBM(4, 3), X),
        (ValueError, "v ranges from .* binary units take nothing else"),
    ),
    "pseudo_log_likelihood, another width": (
        lambda _: pseudo_log_likelihood(rbm(), BINARY[:, :3]),
        (ValueError, "v has 3 columns, but the model was made for 4"),
    ),
    "VAE, one number for the sizes": (
        lambda _: VAE(4),
        (TypeError, r"sizes is 4, but a list of whole numbers is expected, for example \[64"),
    ),
    "VAE, one size": (
        lambda _: bernoulli(4),
        (ValueError, r"sizes is \[4\], but at least two widths of 1 or more are needed, for ex"),
    ),
    "VAE, half a latent": (
        lambda _: bernoulli(4, 2.5),
        (TypeError, r"sizes is \[4, 2.5\], but a list of whole numbers is expected"),
    ),
    "VAE, a function for an activation": (
        lambda _: bernoulli(activation=torch.tanh),
        (TypeError, "something that makes a module is expected: .* nor the function torch.relu"),
    ),
    "VAE, an unknown likelihood": (
        lambda _: bernoulli(likelihood="poisson"),
        (ValueError, "likelihood is 'poisson', but 'bernoulli' or 'gaussian' is expected"),
    ),
    "VAE, a likelihood in capitals": (
        lambda _: bernoulli(likelihood="Gaussian"),
        (ValueError, "likelihood is 'Gaussian', but 'bernoulli' or 'gaussian' is expected"),
    ),
    "VAE, a class for a likelihood": (
        lambda _: bernoulli(likelihood=torch.distributions.Bernoulli),
        (ValueError, "likelihood is <class .*Bernoulli'>, but 'bernoulli' or 'gaussian' is expe"),
    ),
    "VAE, a negative beta": (
        lambda _: bernoulli(beta=-0.1),
        (ValueError, "beta is -0.1, but a finite number of at least 0 is needed"),
    ),
    "VAE, a beta that is NaN": (
        lambda _: bernoulli(beta=math.nan),
        (ValueError, "beta is nan, but a finite number of at least 0 is needed"),
    ),
    "VAE, an infinite beta": (
        lambda _: bernoulli(beta=math.inf),
        (ValueError, "beta is inf, but a finite number of at least 0 is needed"),
    ),
    "VAE, a word for beta": (
        lambda _: bernoulli(beta="4"),
        (TypeError, "beta is '4', but a number is expected"),
    ),
    "VAE, a tensor for beta": (
        lambda _: bernoulli(beta=torch.ones(())),
        (TypeError, r"beta is tensor\(1.\), but a number is expected"),
    ),
    "VAE, grey pixels": (
        lambda _: bernoulli().loss(BINARY * 0.5),
        (ValueError, r"from 0 to 0.5, with greys .* use likelihood='gaussian', or .* x.bernoulli"),
    ),
    "VAE, values outside 0 and 1": (
        lambda _: bernoulli().encode(255 * BINARY),
        (
            ValueError,
            r"from 0 to 255, but .* zeros and ones only; .* rescale x to \[0, 1\] and draw",
        ),
    ),
    "VAE, grey pixels beside latents": (
        lambda _: bernoulli().log_joint(BINARY * 0.5, X[:, :2]),
        (ValueError, r"with greys in between, but a Bernoulli likelihood takes zeros and ones"),
    ),
    "VAE, negative values in fit": (
        lambda _: train(bernoulli()),
        (ValueError, r"x ranges from -.*zeros and ones only; use likelihood='gaussian'"),
    ),
    "VAE, labels": (
        lambda _: bernoulli().loss(LABELS),
        (TypeError, r"torch.int64 numbers, .* convert it with x.float\(\)"),
    ),
    "VAE, a split": (
        lambda _: bernoulli().loss({"image": BINARY, "label": LABELS}),
        (TypeError, r"x is a mapping of 'image', 'label', .* pick one .* x\['image'\]"),
    ),
    "VAE, examples of another width": (
        lambda _: bernoulli().posterior(BINARY[:, :3]),
        (ValueError, "x has 3 columns, but the model was made for 4; pass data of that width"),
    ),
    "VAE, one column for all beside latents": (
        lambda _: bernoulli().log_joint(BINARY[:, :1], X[:, :2]),
        (ValueError, "x has 1 columns, but the model was made for 4; pass data of that width"),
    ),
    "VAE, NaN": (
        lambda _: bernoulli(likelihood="gaussian").loss(GAP),
        (ValueError, "x holds 1 values that are NaN .* row 2, column 1; remove those rows"),
    ),
    "VAE, double precision": (
        lambda _: bernoulli().loss(BINARY.double()),
        (TypeError, r"torch.float64 numbers, .* convert it with x.to\(torch.float32\)"),
    ),
    "VAE, a single example": (
        lambda _: bernoulli().encode(BINARY[0]),
        (ValueError, r"shape \(4,\), .* write a single example as x\[None\]"),
    ),
    "VAE, latents of another size": (
        lambda _: bernoulli().likelihood(X),
        (ValueError, r"z has shape \(12, 4\) .* takes 2 latents along the last axis"),
    ),
    "VAE, latents of another size beside examples": (
        lambda _: bernoulli().log_joint(BINARY, X[:, :1]),
        (ValueError, r"z has shape \(12, 1\) .* takes 2 latents along the last axis"),
    ),
    "VAE, whole numbers for latents": (
        lambda _: bernoulli().likelihood(LABELS[:2]),
        (ValueError, r"holds torch.int64 numbers, .* in torch.float32; pass such z"),
    ),
    "VAE, an array of latents": (
        lambda _: bernoulli().log_joint(BINARY, X[:, :2].numpy()),
        (TypeError, r"z is a ndarray, .* convert it with torch.as_tensor\(z, dtype=torch.float32"),
    ),
    "VAE, codes of another size": (
        lambda _: bernoulli().decode(X),
        (ValueError, "z has 4 columns, but the model was made for 2; pass data of that width"),
    ),
    "VAE, no samples": (
        lambda _: bernoulli().sample(0),
        (ValueError, "n is 0, but at least 1 is needed"),
    ),
    "VAE, half a sample": (
        lambda _: bernoulli().sample(2.5),
        (TypeError, "n is 2.5, but a whole number is expected"),
    ),
    "VAE, a negative seed": (
        lambda _: bernoulli().sample(1, seed=-1),
        (ValueError, "seed is -1, but at least 0 is needed"),
    ),
    # How probable examples are.
    "importance_weighted_bound, an autoencoder": (
        lambda _: importance_weighted_bound(net(), X),
        (TypeError, r"DeepAutoencoder without posterior, but .* needed; give a VAE"),
    ),
    "importance_weighted_bound, an array": (
        lambda _: importance_weighted_bound(bernoulli(), BINARY.numpy()),
        (TypeError, r"x is a ndarray, .* convert it with torch.as_tensor\(x"),
    ),
    "importance_weighted_bound, grey pixels": (
        lambda _: importance_weighted_bound(bernoulli(), BINARY * 0.5),
        (ValueError, "with greys in between, but a Bernoulli likelihood takes zeros and ones only"),
    ),
    "importance_weighted_bound, no samples": (
        lambda _: importance_weighted_bound(bernoulli(), BINARY, 0),
        (ValueError, "n_samples is 0, but at least 1 is needed"),
    ),
    "importance_weighted_bound, a float for a number": (
        lambda _: importance_weighted_bound(bernoulli(), BINARY, 1e3),
        (TypeError, "n_samples is 1000.0, but a whole number is expected"),
    ),
    "importance_weighted_bound, a negative seed": (
        lambda _: importance_weighted_bound(bernoulli(), BINARY, 1, seed=-1),
        (ValueError, "seed is -1, but at least 0 is needed"),
    ),
    "exact_log_likelihood, a decoder": (
        lambda _: exact_log_likelihood(bernoulli().decoder, BINARY),
        (TypeError, r"Sequential without posterior, but both posterior\(x\) and log_joint\(x, z\)"),
    ),
    "exact_log_likelihood, too many latents": (
        lambda _: exact_log_likelihood(bernoulli(4, 3), BINARY),
        (ValueError, "has 3 latents, but a grid can fill one or two .* importance_weighted_bound"),
    ),
    "exact_log_likelihood, no tolerance": (
        lambda _: exact_log_likelihood(bernoulli(), BINARY, tolerance=0),
        (ValueError, "tolerance is 0, but a finite number above 0 is needed"),
    ),
    "exact_log_likelihood, a negative tolerance": (
        lambda _: exact_log_likelihood(bernoulli(), BINARY, tolerance=-1e-6),
        (ValueError, "tolerance is -1e-06, but a finite number above 0 is needed"),
    ),
    "exact_log_likelihood, a tolerance that is NaN": (
        lambda _: exact_log_likelihood(bernoulli(), BINARY, tolerance=math.nan),
        (ValueError, "tolerance is nan, but a finite number above 0 is needed"),
    ),
    "exact_log_likelihood, a word for a tolerance": (
        lambda _: exact_log_likelihood(bernoulli(), BINARY, tolerance="1e-6"),
        (TypeError, "tolerance is '1e-6', but a number above 0 is expected"),
    ),
    "exact_log_likelihood, no examples": (
        lambda _: exact_log_likelihood(bernoulli(), BINARY[:0]),
        (ValueError, r"shape \(0, 4\): there is nothing in it.* check how the data were selected"),
    ),
    "exact_log_likelihood, a posterior too narrow": (
        lambda _: too_narrow(),
        (
            ArithmeticError,
            r"p\(z\|x\) is very narrow, .* Use model.double\(\) with x.double\(\), a",
        ),
    ),
    "check_sizes, one width": (
        lambda _: check_sizes([4]),
        (ValueError, r"sizes is \[4\], but at least two widths .* for example"),
    ),
    "mlp, True for a width": (
        lambda _: mlp([4, True]),
        (TypeError, r"sizes is \[4, True\], but a list of whole numbers is expected"),
    ),
}


def decoder(*sizes, value=None):
    """Linear layers from 2 numbers to 6 if nothing else is said, perhaps with a weight set."""
    sizes = sizes or (2, 3, 6)
    layers = [nn.Linear(*pair) for pair in pairwise(sizes)]
    if value is not None:
        with torch.no_grad():
            layers[-1].weight[0, 0] = value
    return nn.Sequential(*layers)


def pad(model=None, shape=(2, 3), **options):
    return LatentPad(decoder() if model is None else model, shape, **options)


def moved(z):
    pad().z = z


# Live figures.
CASES |= {
    "LiveFigure, no label": (
        lambda _: LiveFigure(None),
        (TypeError, "label is None, but a sentence is expected that says what the figure shows"),
    ),
    "LiveFigure, an empty label": (
        lambda _: pad(label=" "),
        (ValueError, "label is empty, but readers who cannot see .* write a sentence"),
    ),
    "LatentPad, a whole autoencoder": (
        lambda _: pad(net(6, 2)),
        (TypeError, "decoder is a DeepAutoencoder, but .* for example model.decoder"),
    ),
    "LatentPad, a layer that cannot be computed": (
        lambda _: pad(nn.Sequential(nn.Linear(2, 6), nn.Softmax(dim=1))),
        (TypeError, "Layer 1 of the decoder is a Softmax, but .* only Linear, ReLU, Tanh, Sigmo"),
    ),
    "LatentPad, an inexact GELU": (
        lambda _: pad(nn.Sequential(nn.Linear(2, 6), nn.GELU("tanh"))),
        (ValueError, r"Layer 1 of the decoder is GELU\(approximate='tanh'\), but .* use that"),
    ),
    "LatentPad, nothing linear": (
        lambda _: pad(nn.Sequential(nn.Sigmoid())),
        (ValueError, "no linear layer, but at least one is needed, for example"),
    ),
    "LatentPad, a code of three": (
        lambda _: pad(decoder(3, 6)),
        (ValueError, "Layer 0 of the decoder takes 3 numbers, but 2 come to it; give a decoder"),
    ),
    "LatentPad, layers that do not fit": (
        lambda _: pad(nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(5, 6))),
        (ValueError, "Layer 2 of the decoder takes 5 numbers, but 4 come to it; .* fit one"),
    ),
    "LatentPad, another size of picture": (
        lambda _: pad(shape=(2, 2)),
        (ValueError, r"shape is \(2, 2\), but the decoder gives 6 numbers; give a height and a wi"),
    ),
    "LatentPad, one number for a shape": (
        lambda _: pad(shape=6),
        (ValueError, "shape is 6, but the decoder gives 6 numbers; .* whose product is 6"),
    ),
    "LatentPad, a negative shape": (
        lambda _: pad(shape=(-2, -3)),
        (ValueError, r"shape is \(-2, -3\), but the decoder gives 6 numbers"),
    ),
    "LatentPad, half a pixel": (
        lambda _: pad(shape=(2.5, 3)),
        (ValueError, r"shape is \(2.5, 3\), but the decoder gives 6 numbers"),
    ),
    "LatentPad, NaN weights": (
        lambda _: pad(decoder(value=math.nan)),
        (ValueError, "Layer 1 of the decoder has weights that are NaN .* smaller learning rate"),
    ),
    "LatentPad, a huge weight": (
        lambda _: pad(decoder(value=1e5)),
        (ValueError, "Layer 1 .* a weight of 1e.05, but .* half precision, at most 65504; train"),
    ),
    "LatentPad, too many weights": (
        lambda _: pad(decoder(2, 800, 800), (20, 40)),
        (ValueError, "has 643200 weights, but a page can carry 500000 at most; train a narrower"),
    ),
    "LatentPad, no room": (
        lambda _: pad(limit=0),
        (ValueError, "limit is 0, but a finite number above 0 is needed"),
    ),
    "LatentPad, a point outside": (
        lambda _: pad(z=(3.1, 0)),
        (ValueError, r"z is \(3.1, 0.0\), but two numbers from -3 to 3 .* a larger limit"),
    ),
    "LatentPad, a point that is NaN": (
        lambda _: moved((math.nan, 0)),
        (ValueError, r"z is \(nan, 0.0\), but two numbers from -3 to 3 are expected"),
    ),
    "LatentPad, a point of three": (
        lambda _: moved(torch.zeros(3)),
        (ValueError, r"z is \(0.0, 0.0, 0.0\), but two numbers from -3 to 3 are expected"),
    ),
    "LatentPad, one number for a point": (
        lambda _: moved(1),
        (TypeError, r"z is 1, but two numbers are expected, for example \(0.5, -1\)"),
    ),
    "LatentPad, a word for a point": (
        lambda _: moved("ab"),
        (TypeError, "z is 'ab', but two numbers are expected"),
    ),
    "LatentPad, codes of four": (
        lambda _: pad(codes=X),
        (ValueError, "codes has 4 columns, but the model was made for 2"),
    ),
    "LatentPad, a code that is NaN": (
        lambda _: pad(codes=GAP[:, :2]),
        (ValueError, "codes holds 1 values that are NaN .* row 2, column 1"),
    ),
    "LatentPad, codes far away": (
        lambda _: pad(codes=X[:, :2].sign() * 7),
        (ValueError, "None of the codes lies within 3; the nearest reaches to 7; .* larger limit"),
    ),
    "LatentPad, labels for nothing": (
        lambda _: pad(labels=LABELS),
        (ValueError, r"labels colour codes, but there are no codes; give codes, \(M, 2\)"),
    ),
    "LatentPad, too few labels": (
        lambda _: pad(codes=X[:, :2], labels=LABELS[:5]),
        (ValueError, r"labels has shape \(5,\), but one label for each of 12 examples"),
    ),
    "LatentPad, eleven classes": (
        lambda _: pad(codes=X[:, :2], labels=torch.arange(12)),
        (ValueError, "labels go from 0 to 11, but there are ten colours, .* ten classes at a time"),
    ),
}


def grid(weights=None, shape=(2, 2), memories=None, **options):
    weights = torch.ones(4, 4) - torch.eye(4) if weights is None else weights
    return MemoryGrid(weights, shape, X[:2].sign() if memories is None else memories, **options)


def completion(rbm=None, shape=(2, 2), pictures=BINARY, **options):
    return Completion(RBM(4, 3) if rbm is None else rbm, shape, pictures, **options)


def with_weight(value):
    rbm = RBM(4, 3)
    with torch.no_grad():
        rbm.W[1, 2] = value
    return rbm


CASES |= {
    "MemoryGrid, weights that are not symmetric": (
        lambda _: grid(X[:4]),
        (ValueError, r"The weights are not symmetric: .* use \(weights \+ weights.T\) / 2"),
    ),
    "MemoryGrid, units that act on themselves": (
        lambda _: grid(torch.ones(4, 4)),
        (ValueError, r"Unit 0 acts on itself: .* use weights.fill_diagonal_\(0\)"),
    ),
    "MemoryGrid, weights that are not square": (
        lambda _: grid(X),
        (ValueError, r"weights has shape \(12, 4\), but a square matrix \(N, N\) is expected"),
    ),
    "MemoryGrid, huge weights": (
        lambda _: grid(1e5 * (1 - torch.eye(4))),
        (ValueError, "The network has a weight of 1e.05, .* 65504; divide all weights by the same"),
    ),
    "MemoryGrid, too many units": (
        lambda _: grid(torch.zeros(800, 800)),
        (ValueError, "network has 640000 weights, but a page .* 500000 at most; make .* fewer"),
    ),
    "MemoryGrid, another size": (
        lambda _: grid(shape=(2, 3)),
        (ValueError, r"shape is \(2, 3\), but the network has 4 units; .* whose product is 4"),
    ),
    "MemoryGrid, one number for a shape": (
        lambda _: grid(shape=4),
        (ValueError, "shape is 4, but the network has 4 units; give a height and a width"),
    ),
    "MemoryGrid, memories of zeros and ones": (
        lambda _: grid(memories=torch.tensor([[1.0, 1, 0, 1]])),
        (ValueError, "memories holds 0 at row 0, column 2, but only -1 and 1 .* 2 . x - 1"),
    ),
    "MemoryGrid, wide memories": (
        lambda _: grid(memories=torch.ones(1, 5)),
        (ValueError, "memories has 5 columns, but the model was made for 4"),
    ),
    "MemoryGrid, a state of zeros and ones": (
        lambda _: grid(s=[0, 1, 1, 0]),
        (ValueError, "s holds 0, but 4 numbers, each -1 or 1, are expected, one for each cell"),
    ),
    "MemoryGrid, a long state": (
        lambda _: grid().begin([1] * 5),
        (ValueError, "s has 5 numbers, but 4 numbers, each -1 or 1, are expected"),
    ),
    "MemoryGrid, a word for a state": (
        lambda _: grid(s="four"),
        (TypeError, "s is 'four', but 4 numbers, each -1 or 1, are expected"),
    ),
    "MemoryGrid, more than all cells": (
        lambda _: grid(spoiled=20),
        (ValueError, "spoiled is 20, but a share from 0 to 1 is expected; 0.2 flips a fifth"),
    ),
    "MemoryGrid, a share that is NaN": (
        lambda _: setattr(grid(), "spoiled", math.nan),
        (ValueError, "spoiled is nan, but a share from 0 to 1 is expected"),
    ),
    "MemoryGrid, a word for a share": (
        lambda _: grid(spoiled="all"),
        (TypeError, "spoiled is 'all', but a number is expected"),
    ),
    "MemoryGrid, a long seed": (
        lambda _: grid(seed=2**32),
        (ValueError, r"seed is 4294967296, but figures draw with 32 bits; .* below 2\*\*32"),
    ),
    "MemoryGrid, no steps": (
        lambda _: grid().step(0),
        (ValueError, "n is 0, but at least 1 is needed"),
    ),
    "Completion, another model": (
        lambda _: completion(net(4, 3)),
        (TypeError, "rbm is a DeepAutoencoder, but an RBM with binary units is expected, one of"),
    ),
    "Completion, Gaussian units": (
        lambda _: completion(GaussianRBM(4, 3)),
        (TypeError, "rbm is a GaussianRBM, but an RBM with binary units is expected"),
    ),
    "Completion, a weight that is NaN": (
        lambda _: completion(with_weight(math.nan)),
        (ValueError, "The machine has weights that are NaN or infinite; train it anew, perhaps"),
    ),
    "Completion, a huge weight": (
        lambda _: completion(with_weight(1e5)),
        (ValueError, "The machine has a weight of 1e.05, .* at most 65504; train it with a smal"),
    ),
    "Completion, too many weights": (
        lambda _: completion(RBM(784, 700)),
        (ValueError, "machine has 550284 weights, but a page .* 500000 at most; train .* hidden"),
    ),
    "Completion, another size": (
        lambda _: completion(shape=(28, 28)),
        (ValueError, r"shape is \(28, 28\), but the machine has 4 visible units; .* product is 4"),
    ),
    "Completion, shades of grey": (
        lambda _: completion(pictures=X.sigmoid()),
        (ValueError, r"pictures ranges .* zeros and ones, .* with pictures.bernoulli\(\)"),
    ),
    "Completion, wide pictures": (
        lambda _: completion(pictures=torch.ones(2, 5)),
        (ValueError, "pictures has 5 columns, but the model was made for 4"),
    ),
    "Completion, zeros and ones for booleans": (
        lambda _: completion(clamped=torch.ones(4)),
        (ValueError, r"clamped has shape \(4,\) and holds torch.float32 .* \(4,\) booleans"),
    ),
    "Completion, no such picture": (
        lambda _: completion().start(12),
        (ValueError, "picture is 12, but there are 12, counted from 0; choose one from 0 to 11"),
    ),
    "Completion, a negative seed": (
        lambda _: completion(seed=-1),
        (ValueError, "seed is -1, but at least 0 is needed"),
    ),
    "Completion, half a step": (
        lambda _: completion().step(0.5),
        (TypeError, "n is 0.5, but a whole number is expected"),
    ),
}


def fusion(image=None, text=None, merge=None, head=None):
    """A gated model of pictures of 2 by 2 pixels and captions of 3 words, of 2 that there are."""
    image, text = image or flat(4, 5), flat(6, 5) if text is None else text
    encoders = {"image": image, "text": text}
    return FusionClassifier(encoders, merge or Gate(2, 5), head or nn.Linear(5, 2))


def flat(*sizes):
    return nn.Sequential(nn.Flatten(), *decoder(*sizes))


def senses(model=None, image=PICTURES[:2, None, :2, :2], text=None, **options):
    text = torch.zeros(2, 3, dtype=torch.int64) if text is None else text
    options = {"vocabulary": ["a", "b"], "classes": ["yes", "no"]} | options
    return NoisySenses(model or fusion(), image, text, **options)


def with_other_senses(*names):
    return FusionClassifier({name: flat(4, 5) for name in names}, Gate(2, 5), nn.Linear(5, 2))


CASES |= {
    "NoisySenses, another model": (
        lambda _: senses(net(4, 3)),
        (TypeError, "model is a DeepAutoencoder, but a FusionClassifier with a gate is expected"),
    ),
    "NoisySenses, other modalities": (
        lambda _: senses(with_other_senses("image", "audio")),
        (ValueError, "encoders for 'image', 'audio', but .* encoders for 'image' and 'text'"),
    ),
    "NoisySenses, one modality": (
        lambda _: senses(with_other_senses("image")),
        (ValueError, "encoders for 'image', but the figure shows a picture and its caption"),
    ),
    "NoisySenses, another merge": (
        lambda _: senses(fusion(merge=Sum())),
        (TypeError, "merges with Sum, but the figure shows the shares .* merges with Gate"),
    ),
    "NoisySenses, an encoder that is no Sequential": (
        lambda _: senses(fusion(image=nn.Linear(4, 5))),
        (TypeError, "picture encoder is a Linear, but an nn.Sequential .* such a picture encoder"),
    ),
    "NoisySenses, an encoder that does not flatten": (
        lambda _: senses(fusion(text=decoder(6, 5))),
        (TypeError, r"The caption encoder begins with Linear.* begin it with nn.Flatten\(\)"),
    ),
    "NoisySenses, an empty encoder": (
        lambda _: senses(fusion(text=nn.Sequential())),
        (TypeError, r"The caption encoder begins with None, .* begin it with nn.Flatten\(\)"),
    ),
    "NoisySenses, an encoder that flattens the batch": (
        lambda _: senses(fusion(image=nn.Sequential(nn.Flatten(0), nn.Linear(4, 5)))),
        (TypeError, r"The picture encoder begins with Flatten\(start_dim=0.* nn.Flatten\(\)"),
    ),
    "NoisySenses, a layer that cannot be computed": (
        lambda _: senses(fusion(image=nn.Sequential(nn.Flatten(), nn.Linear(4, 5), nn.SiLU()))),
        (TypeError, "Layer 2 of the picture encoder is a SiLU, but .* train a picture encoder of"),
    ),
    "NoisySenses, an encoder with nothing linear": (
        lambda _: senses(fusion(text=nn.Sequential(nn.Flatten(), nn.ReLU()))),
        (ValueError, r"The caption encoder has no linear layer, .*nn.Linear\(6, 32\)"),
    ),
    "NoisySenses, an encoder of other pictures": (
        lambda _: senses(fusion(image=flat(5, 5))),
        (ValueError, "Layer 1 of the picture encoder takes 5 numbers, but 4 come to it"),
    ),
    "NoisySenses, an encoder of other captions": (
        lambda _: senses(vocabulary=["a", "b", "c"]),
        (ValueError, "Layer 1 of the caption encoder takes 6 numbers, but 9 come to it"),
    ),
    "NoisySenses, encoders of two widths": (
        lambda _: senses(fusion(image=flat(4, 7))),
        (ValueError, "The encoders give 7 and 5 numbers, but .* both equally wide at the end"),
    ),
    "NoisySenses, a wide gate": (
        lambda _: senses(fusion(merge=Gate(3, 5))),
        (ValueError, r"gate takes 15 numbers to 3 scores, but .* make it with Gate\(2, 5\)"),
    ),
    "NoisySenses, a head that cannot be computed": (
        lambda _: senses(fusion(head=nn.Sequential(nn.Linear(5, 2), nn.Dropout()))),
        (TypeError, "Layer 1 of the head is a Dropout, but .* train a head of these"),
    ),
    "NoisySenses, no head": (
        lambda _: senses(fusion(head=nn.Identity())),
        (TypeError, "head is a Identity, but an nn.Sequential .* a model with such a head"),
    ),
    "NoisySenses, a wide head": (
        lambda _: senses(fusion(head=nn.Linear(6, 2))),
        (ValueError, "Layer 0 of the head takes 6 numbers, but 5 come to it; give a head that"),
    ),
    "NoisySenses, NaN weights": (
        lambda _: senses(fusion(head=decoder(5, 2, value=math.nan))),
        (ValueError, "Layer 0 of the head has weights that are NaN or infinite; train it anew"),
    ),
    "NoisySenses, a huge weight": (
        lambda _: senses(fusion(image=nn.Sequential(nn.Flatten(), decoder(4, 5, value=1e6)))),
        (ValueError, r"Layer 1 of the picture encoder has a weight of 1e\+06, but .* 65504"),
    ),
    "NoisySenses, too many weights": (
        lambda _: senses(fusion(flat(4, 60000, 5), flat(6, 1, 5))),
        (ValueError, "The picture encoder has 600005 weights, but a page can carry 500000"),
    ),
    "NoisySenses, too many weights together": (
        lambda _: senses(fusion(flat(4, 30000, 5), flat(6, 30000, 5))),
        (ValueError, "The model has 660044 weights, but a page can carry 500000 at most; train"),
    ),
    "NoisySenses, a picture without axes": (
        lambda _: senses(image=PICTURES[:2]),
        (ValueError, r"image has shape \(2, 8, 8\), but pictures \(P, C, H, W\) .* image\[None\]"),
    ),
    "NoisySenses, two colours": (
        lambda _: senses(image=torch.zeros(2, 2, 2, 2)),
        (ValueError, r"image has shape \(2, 2, 2, 2\), but .* one or three colours"),
    ),
    "NoisySenses, a list for pictures": (
        lambda _: senses(image=[[1.0]]),
        (TypeError, "image is a list, but a torch tensor is expected"),
    ),
    "NoisySenses, no examples": (
        lambda _: senses(image=torch.zeros(0, 1, 2, 2)),
        (ValueError, r"image has shape \(0, 1, 2, 2\), but pictures .* and at least one"),
    ),
    "NoisySenses, a whole data set": (
        lambda _: senses(image=torch.zeros(51, 1, 2, 2)),
        (ValueError, r"There are 51 examples, but .* a handful, 50 at most; .* image\[:8\]"),
    ),
    "NoisySenses, bytes": (
        lambda _: senses(image=torch.full((2, 1, 2, 2), 255, dtype=torch.uint8)),
        (ValueError, "image holds torch.uint8 numbers from 255 to 255, but .* divide bytes by 255"),
    ),
    "NoisySenses, pixels beyond 1": (
        lambda _: senses(image=torch.full((2, 1, 2, 2), 2.0)),
        (ValueError, "image holds torch.float32 numbers from 2 to 2, but .* from 0 to 1"),
    ),
    "NoisySenses, pixels that are NaN": (
        lambda _: senses(image=torch.full((2, 1, 2, 2), math.nan)),
        (ValueError, "image holds torch.float32 numbers from nan to nan, but .* fill gaps"),
    ),
    "NoisySenses, one-hot captions": (
        lambda _: senses(text=torch.zeros(2, 3, 2)),
        (ValueError, r"text has shape \(2, 3, 2\) and holds torch.float32, but captions \(P, L\)"),
    ),
    "NoisySenses, captions of words": (
        lambda _: senses(text=["a red circle", "a blue square"]),
        (TypeError, "text is a list, but a torch tensor is expected"),
    ),
    "NoisySenses, truth values for captions": (
        lambda _: senses(text=torch.ones(2, 3, dtype=torch.bool)),
        (ValueError, r"text has shape \(2, 3\) and holds torch.bool, but .* whole numbers"),
    ),
    "NoisySenses, captions without words": (
        lambda _: senses(text=torch.zeros(2, 0, dtype=torch.int64)),
        (ValueError, r"text has shape \(2, 0\) .* but captions \(P, L\) of whole numbers"),
    ),
    "NoisySenses, too few captions": (
        lambda _: senses(text=torch.zeros(1, 3, dtype=torch.int64)),
        (ValueError, "There are 2 pictures, but 1 captions; select the same rows of both"),
    ),
    "NoisySenses, a word that is not in the vocabulary": (
        lambda _: senses(text=torch.tensor([[0, 1, 2], [0, 0, 0]])),
        (ValueError, "text goes from 0 to 2, but the vocabulary has words 0 to 1; give the voc"),
    ),
    "NoisySenses, one string for a vocabulary": (
        lambda _: senses(vocabulary="ab"),
        (TypeError, "vocabulary is 'ab', but a list of words is expected, and at least one"),
    ),
    "NoisySenses, no vocabulary": (
        lambda _: senses(vocabulary=[]),
        (TypeError, r"vocabulary is \[\], but a list of words is expected, and at least one"),
    ),
    "NoisySenses, numbers for classes": (
        lambda _: senses(classes=[0, 1]),
        (TypeError, r"classes is \[0, 1\], but a list of words is expected"),
    ),
    "NoisySenses, too many classes": (
        lambda _: senses(classes=["yes", "no", "perhaps"]),
        (ValueError, "classes has 3 names, but the head answers 2 classes; give a name for each"),
    ),
    "NoisySenses, too few labels": (
        lambda _: senses(labels=torch.tensor([1])),
        (ValueError, r"labels has shape \(1,\), but one label for each of 2 examples"),
    ),
    "NoisySenses, a class that is not there": (
        lambda _: senses(labels=torch.tensor([1, 2])),
        (ValueError, "labels go from 1 to 2, but the head answers 2 classes; .* from 0 to 1"),
    ),
    "NoisySenses, more than noise": (
        lambda _: senses(image_noise=30),
        (ValueError, "image_noise is 30, but a level from 0 to 1 is expected: 0 is no noise"),
    ),
    "NoisySenses, a level that is NaN": (
        lambda _: setattr(senses(), "text_noise", math.nan),
        (ValueError, "text_noise is nan, but a level from 0 to 1 is expected"),
    ),
    "NoisySenses, a word for a level": (
        lambda _: senses(text_noise="loud"),
        (TypeError, "text_noise is 'loud', but a number is expected"),
    ),
    "NoisySenses, no such example": (
        lambda _: setattr(senses(), "example", 2),
        (ValueError, "example is 2, but there are 2, counted from 0; choose one from 0 to 1"),
    ),
    "NoisySenses, a negative example": (
        lambda _: setattr(senses(), "example", -1),
        (ValueError, "example is -1, but at least 0 is needed"),
    ),
    "NoisySenses, a long seed": (
        lambda _: senses(seed=2**32),
        (ValueError, r"seed is 4294967296, but figures draw with 32 bits; .* below 2\*\*32"),
    ),
    "NoisySenses, a label that says nothing": (
        lambda _: senses(label=""),
        (ValueError, "label is empty, but readers who cannot see .* write a sentence"),
    ),
}

BOTH = {"image": X, "text": X[:, :3]}
THERE = torch.ones(12, 2, dtype=torch.bool)
FEATURES = torch.ones(12, 2, 3)


def fused(encoders=None, merge=None, head=None, **options):
    encoders = {"image": mlp([4, 3]), "text": mlp([3, 3])} if encoders is None else encoders
    return FusionClassifier(encoders, merge or Sum(), head or mlp([3, 2]), **options)


def fused_loss(model=None, **batch):
    return (model or fused()).loss(BOTH | {"label": LABELS % 2} | batch)


def shared(drop=0.0, hidden_in_evaluation=(), **modalities):
    image = Modality(mlp([4, 2]), mlp([2, 4]))
    text = Modality(mlp([3, 2]), mlp([2, 3]))
    modalities = {"image": image, "text": text} | modalities
    return MultimodalAutoencoder(modalities, drop=drop, hidden_in_evaluation=hidden_in_evaluation)


class Two(nn.Module):
    """Answers twice."""

    def forward(self, x):
        return x, x


CASES |= {
    "check_networks, a list": (
        lambda _: check_networks([mlp([4, 3])], "encoders", "label"),
        (TypeError, "encoders is a list, but a mapping from the name of each modality to a tor"),
    ),
    "check_networks, none": (
        lambda _: check_networks({}, "encoders", "label"),
        (ValueError, "encoders is empty, but at least one modality is needed"),
    ),
    "check_present, numbers": (
        lambda _: check_present(torch.ones(12, 2)),
        (TypeError, r"present is torch\.float32, but a tensor of truth values .*as_tensor"),
    ),
    "check_present, a list": (
        lambda _: check_present([[True]]),
        (TypeError, "present is list, but a tensor of truth values"),
    ),
    "check_present, a single example": (
        lambda _: check_present(THERE[0]),
        (ValueError, r"present has shape \(2,\), but .* single example as present\[None\]"),
    ),
    "check_share, a word": (
        lambda _: check_share("drop", "half"),
        (TypeError, "drop is 'half', but a number is expected"),
    ),
    "drop_modalities, everything": (
        lambda _: drop_modalities(THERE, 1.0),
        (ValueError, "probability is 1.0, but a probability below 1 .* nothing would be left"),
    ),
    "drop_modalities, less than nothing": (
        lambda _: drop_modalities(THERE, -0.5),
        (ValueError, "probability is -0.5, but a probability below 1 is expected"),
    ),
    "drop_modalities, an example without any": (
        lambda _: drop_modalities(~THERE, 0.5),
        (ValueError, "12 examples have no modality at all, the first is row 0; .* leave them out"),
    ),
    "rows_of, numbers": (
        lambda _: rows_of(torch.ones(3)),
        (TypeError, r"there holds torch\.float32 numbers, but truth values are expected"),
    ),
    "fill_missing, a tensor": (
        lambda _: fill_missing(X, ["image"]),
        (TypeError, "batch is a Tensor, but a mapping from modality to tensor .* {'image': x}"),
    ),
    "fill_missing, nothing": (
        lambda _: fill_missing({}, ["image"]),
        (TypeError, "batch is an empty mapping, but a mapping from modality to tensor"),
    ),
    "fill_missing, a misspelt modality": (
        lambda _: fill_missing({"imgae": X}, ["image", "text"]),
        (ValueError, "modality 'imgae', but the model knows 'image', 'text'. Did you mean 'image'"),
    ),
    "fill_missing, a number for a name": (
        lambda _: fill_missing({3: X}, ["image", "text"]),
        (ValueError, "modality 3, but the model knows 'image', 'text'. Leave out what"),
    ),
    "fill_missing, an array": (
        lambda _: fill_missing({"image": X.numpy()}, ["image"]),
        (TypeError, r"batch\['image'\] is a ndarray, but a tensor .* torch.as_tensor"),
    ),
    "fill_missing, other lengths": (
        lambda _: fill_missing({"image": X, "text": X[:5]}, ["image", "text"]),
        (ValueError, r"lengths {'image': 12, 'text': 5}, .* select the same rows in each"),
    ),
    "fill_missing, no examples": (
        lambda _: fill_missing({"image": X[:0]}, ["image"]),
        (ValueError, "There are no examples in batch; check how the data were selected"),
    ),
    "fill_missing, empty examples": (
        lambda _: fill_missing({"image": X[:, :0]}, ["image"]),
        (ValueError, r"batch\['image'\] has shape \(12, 0\): its examples are empty. Leave out"),
    ),
    "fill_missing, a gap": (
        lambda _: fill_missing({"image": GAP}, ["image"]),
        (ValueError, r"batch\['image'\] holds NaN or infinity in a part .* whole row of NaN"),
    ),
    "fill_missing, infinity": (
        lambda _: fill_missing({"image": spoilt(X, 1, 1, math.inf)}, ["image"]),
        (ValueError, r"batch\['image'\] holds NaN or infinity .* Remove or fill the others"),
    ),
    "fill_missing, an example without any": (
        lambda _: fill_missing({"image": torch.where(X[:, :1] > 1, math.nan, X)}, ["image"]),
        (ValueError, r"\d examples have no modality at all, the first is row \d+; .* leave them"),
    ),
    "run_network, another width": (
        lambda _: run_network(mlp([3, 2]), X, "The reader"),
        (ValueError, r"The reader cannot take .*\(12, 4\) of torch.float32; .* torch says: mat1"),
    ),
    "run_network, two answers": (
        lambda _: run_network(Two(), X, "The reader"),
        (TypeError, "The reader gives a tuple, but one tensor is expected; end it with a layer"),
    ),
    "encode_each, widths that differ": (
        lambda _: encode_each({"image": mlp([4, 3]), "text": mlp([3, 2])}, BOTH, THERE),
        (ValueError, r"examples into {'image': \(12, 3\), 'text': \(12, 2\)}, but one row of the"),
    ),
    "encode_each, pictures for features": (
        lambda _: encode_each({"image": nn.Unflatten(1, (2, 2))}, {"image": X}, THERE),
        (ValueError, r"{'image': 12} examples into {'image': \(12, 2, 2\)}, but .* last layers"),
    ),
    "Sum, a matrix": (
        lambda _: Sum()(X, THERE),
        (ValueError, r"features is \(12, 4\), but a tensor \(examples, modalities, width\)"),
    ),
    "Sum, a list": (
        lambda _: Sum()([X, X], THERE),
        (ValueError, r"features is .*list.*, but a tensor .* together with torch.stack"),
    ),
    "Concatenation, other examples": (
        lambda _: Concatenation()(FEATURES, THERE[:5]),
        (ValueError, r"shape \(12, 2, 3\) and present \(5, 2\), but both need the same examples"),
    ),
    "Gate, no modality": (
        lambda _: Gate(0, 3),
        (ValueError, "n_modalities is 0, but at least 1 is needed"),
    ),
    "Gate, other modalities": (
        lambda _: Gate(3, 3)(FEATURES, THERE),
        (ValueError, "There are 2 modalities, but the merge was made for 3; make it anew"),
    ),
    "Attention, half a feature": (
        lambda _: Attention(2.5),
        (TypeError, "width is 2.5, but a whole number is expected"),
    ),
    "Attention, another width": (
        lambda _: Attention(4)(FEATURES, THERE),
        (ValueError, "There are 3 features, but the merge was made for 4; make it anew"),
    ),
    "LowRankBilinear, no rank": (
        lambda _: LowRankBilinear(2, 3, 0),
        (ValueError, "rank is 0, but at least 1 is needed"),
    ),
    "LowRankBilinear, other modalities": (
        lambda _: LowRankBilinear(3, 3, 2)(FEATURES, THERE),
        (ValueError, "There are 2 modalities, but the merge was made for 3; make it anew"),
    ),
    "FusionClassifier, no encoders": (
        lambda _: fused({}),
        (ValueError, "encoders is empty, but at least one modality is needed"),
    ),
    "FusionClassifier, an encoder that is no module": (
        lambda _: fused({"image": torch.relu}),
        (TypeError, "encoders has 'image': a builtin.*, but a mapping .* torch.nn.Module is expec"),
    ),
    "FusionClassifier, a merge that is no module": (
        lambda _: fused(merge="sum"),
        (TypeError, r"merge is 'sum', but a torch.nn.Module is expected, .* Concatenation\(\)"),
    ),
    "FusionClassifier, a class for a merge": (
        lambda _: fused(merge=Sum),
        (TypeError, r"merge is <class .*Sum'>, but a torch.nn.Module is expected"),
    ),
    "FusionClassifier, a modality called label": (
        lambda _: fused({"label": mlp([4, 3])}),
        (ValueError, "modality 'label', but 'label' has another meaning here, .* choose another"),
    ),
    "FusionClassifier, a name with a dot": (
        lambda _: fused({"image.left": mlp([4, 3])}),
        (ValueError, "modality 'image.left', .* nor one with a dot, .* image_left"),
    ),
    "FusionClassifier, an empty name": (
        lambda _: fused({"": mlp([4, 3])}),
        (ValueError, "modality '', .* neither an empty name"),
    ),
    "FusionClassifier, a modality called keys": (
        lambda _: fused({"keys": mlp([4, 3])}),
        (ValueError, "modality 'keys', .* nor names of its own .* for example keys_x"),
    ),
    "FusionClassifier, everything dropped": (
        lambda _: fused(drop=1),
        (ValueError, "drop is 1, but a probability below 1 is expected"),
    ),
    "FusionClassifier, no label": (
        lambda _: fused().loss(BOTH),
        (ValueError, r"The batch has no 'label', .* a 'label' \(N,\) beside the modalities"),
    ),
    "FusionClassifier, a tensor for a batch": (
        lambda _: fused().loss(X),
        (TypeError, "batch is a Tensor, but a mapping with the modalities and a 'label'"),
    ),
    "FusionClassifier, labels only": (
        lambda _: fused().loss({"label": LABELS}),
        (TypeError, "batch is an empty mapping, but a mapping from modality to tensor"),
    ),
    "FusionClassifier, a label where there is none": (
        lambda _: fused()(BOTH | {"label": LABELS}),
        (ValueError, "batch has a modality 'label', but the model knows .* Leave out what"),
    ),
    "FusionClassifier, too few labels": (
        lambda _: fused_loss(label=LABELS[:5]),
        (ValueError, r"label has shape \(5,\), but one label for each of 12 examples"),
    ),
    "FusionClassifier, labels that are no whole numbers": (
        lambda _: fused_loss(label=LABELS.float()),
        (TypeError, "label are torch.float32, but a tensor of whole numbers"),
    ),
    "FusionClassifier, more classes than answers": (
        lambda _: fused_loss(label=LABELS),
        (ValueError, "label goes from 0 to 2, but the head answers for 2 classes, counted from 0"),
    ),
    "FusionClassifier, a head of another width": (
        lambda _: fused_loss(fused(head=mlp([5, 2]))),
        (ValueError, r"The head cannot take what it is given, \(12, 3\) of .* torch says: mat1"),
    ),
    "FusionClassifier, a head without logits": (
        lambda _: fused_loss(fused(head=nn.Flatten(0))),
        (ValueError, r"The head gives \(36,\) for 12 examples, but one row of logits for each"),
    ),
    "FusionClassifier, shares of a sum": (
        lambda _: fused().shares(BOTH),
        (TypeError, "Sum gives modalities no shares; merge with Gate or Attention"),
    ),
    "FusionClassifier, in double precision": (
        lambda _: fused()({"image": X.double()}),
        (ValueError, "The encoder of 'image' cannot take .* of torch.float64; its first layer"),
    ),
    "squared_error, another shape": (
        lambda _: squared_error(X[:, :1], X),
        (ValueError, r"output has shape \(12, 1\) and x \(12, 4\), but the same shape is needed"),
    ),
    "word_error, numbers of words": (
        lambda _: word_error(torch.zeros(12, 4, 9), torch.zeros(12, 4, dtype=torch.int64)),
        (ValueError, r"output has shape \(12, 4, 9\) and x \(12, 4\), .*one_hot"),
    ),
    "Modality, neither encoder nor decoder": (
        lambda _: shared(audio=Modality(None, None)),
        (ValueError, "'audio' has neither an encoder nor a decoder; give it one of them"),
    ),
    "Modality, no weight": (
        lambda _: shared(image=Modality(mlp([4, 2]), mlp([2, 4]), weight=0)),
        (ValueError, "The weight of 'image' is 0, but a finite number above 0 is needed"),
    ),
    "Modality, a weight that is NaN": (
        lambda _: shared(image=Modality(mlp([4, 2]), mlp([2, 4]), weight=math.nan)),
        (ValueError, "The weight of 'image' is nan, but a finite number above 0 is needed"),
    ),
    "Modality, a word for an error": (
        lambda _: shared(image=Modality(mlp([4, 2]), mlp([2, 4]), "squared")),
        (TypeError, "The error of 'image' is 'squared', but a function is expected, such as sq"),
    ),
    "Modality, an encoder that is no module": (
        lambda _: shared(image=Modality(torch.relu, mlp([2, 4]))),
        (TypeError, "The mapping of encoders has 'image': a builtin.*, but a mapping from the na"),
    ),
    "Modality, an error for the whole batch": (
        lambda _: shared(image=Modality(mlp([4, 2]), mlp([2, 4]), nn.MSELoss())).loss(BOTH),
        (ValueError, r"The error of 'image' gives \(\) for 12 examples, but one number for each"),
    ),
    "MultimodalAutoencoder, nothing": (
        lambda _: MultimodalAutoencoder({}),
        (ValueError, "The mapping of encoders is empty, but at least one modality is needed"),
    ),
    "MultimodalAutoencoder, only read": (
        lambda _: MultimodalAutoencoder({"image": Modality(mlp([4, 2]), None)}),
        (ValueError, "The mapping of decoders is empty, but at least one modality is needed"),
    ),
    "MultimodalAutoencoder, pairs of networks": (
        lambda _: MultimodalAutoencoder({"image": (mlp([4, 2]), mlp([2, 4]))}),
        (TypeError, "modalities has 'image': a tuple, but a mapping from name to Modality is"),
    ),
    "MultimodalAutoencoder, a list": (
        lambda _: MultimodalAutoencoder([Modality(mlp([4, 2]), mlp([2, 4]))]),
        (TypeError, "modalities is a list, but a mapping from name to Modality is expected"),
    ),
    "MultimodalAutoencoder, a number for a name": (
        lambda _: MultimodalAutoencoder({1: Modality(mlp([4, 2]), mlp([2, 4]))}),
        (TypeError, "The mapping of encoders has 1: a Sequential, but a mapping from the name"),
    ),
    "MultimodalAutoencoder, a modality called loss": (
        lambda _: shared(loss=Modality(mlp([4, 2]), mlp([2, 4]))),
        (ValueError, "modality 'loss', but 'loss' has another meaning here, .* choose another"),
    ),
    "MultimodalAutoencoder, a modality called type": (
        lambda _: shared(type=Modality(None, mlp([2, 4]))),
        (ValueError, "modality 'type', .* nor names of its own .* for example type_x"),
    ),
    "MultimodalAutoencoder, less than nothing dropped": (
        lambda _: shared(drop=-0.1),
        (ValueError, "drop is -0.1, but a probability below 1 is expected"),
    ),
    "MultimodalAutoencoder, everything hidden": (
        lambda _: shared(hidden_in_evaluation=("image", "text")),
        (ValueError, r"hidden_in_evaluation is \('image', 'text'\), .* one must be left to read"),
    ),
    "MultimodalAutoencoder, an unknown name hidden": (
        lambda _: shared(hidden_in_evaluation=("picture",)),
        (ValueError, "hidden_in_evaluation is .* the modalities that are read .* 'image', 'text'"),
    ),
    "MultimodalAutoencoder, a word for names": (
        lambda _: shared(hidden_in_evaluation="text"),
        (TypeError, r"hidden_in_evaluation is 'text', .* give names in a tuple"),
    ),
    "MultimodalAutoencoder, labels": (
        lambda _: shared().loss(Split(BOTH | {"label": LABELS})),
        (ValueError, "batch has a modality 'label', but the model knows .* Leave out what"),
    ),
    "MultimodalAutoencoder, a tensor for a batch": (
        lambda _: shared().encode(X),
        (TypeError, "batch is a Tensor, but a mapping from modality to tensor"),
    ),
    "MultimodalAutoencoder, a modality that is never read": (
        lambda _: shared(audio=Modality(None, mlp([2, 4]))).encode({"audio": X}),
        (ValueError, "batch has a modality 'audio', but the model knows 'image', 'text'"),
    ),
    "MultimodalAutoencoder, nothing that is read": (
        lambda _: shared(audio=Modality(None, mlp([2, 4]))).loss({"audio": X}),
        (ValueError, "nothing that can be read, but the code is made of 'image', 'text'; leave"),
    ),
    "MultimodalAutoencoder, nothing that is reconstructed": (
        lambda _: shared(audio=Modality(mlp([4, 2]), None)).loss({"audio": X}),
        (ValueError, "The batch holds 'audio', but only 'image', 'text' can be reconstructed"),
    ),
    "MultimodalAutoencoder, codes that differ": (
        lambda _: shared(text=Modality(mlp([3, 1]), mlp([2, 3]))).loss(BOTH),
        (ValueError, r"{'image': \(12, 2\), 'text': \(12, 1\)}, but .* change their last layers"),
    ),
    "MultimodalAutoencoder, a decoder of another shape": (
        lambda _: shared(text=Modality(mlp([3, 2]), mlp([2, 5]))).loss(BOTH),
        (ValueError, r"decoder of 'text' gives \(12, 5\), but the examples are \(12, 3\); end it"),
    ),
    "MultimodalAutoencoder, steps that are too large": (
        lambda _: train(
            shared(),
            {"image": torch.cat([torch.full_like(X, math.nan), X]), "text": X[:, :3].repeat(2, 1)},
            learning_rate=1e30,
            epochs=5,
        ),
        (FloatingPointError, "loss became .* takes rows of NaN for what is missing, a smaller lea"),
    ),
    "MultimodalAutoencoder, a wide code": (
        lambda _: shared().decode(X),
        (ValueError, r"The decoder of 'image' cannot take .*\(12, 4\) of .* torch says: mat1"),
    ),
    "MultimodalAutoencoder, a code that is NaN": (
        lambda _: shared().decode(GAP[:, :2]),
        (ValueError, "z holds 1 values that are NaN .* row 2, column 1"),
    ),
    "MultimodalAutoencoder, one code": (
        lambda _: shared().decode(X[0]),
        (ValueError, r"z has shape \(4,\), but a matrix .* single example as z\[None\]"),
    ),
}


COUNTS = torch.arange(24.0).reshape(4, 6) % 5 + 1
BITS = COUNTS > 3


def counting(**options):
    return TextAutoencoder([6, 4, 2], **options)


def looked_up(model=None, counts=COUNTS, names="abcd", weights=None, **options):
    model = counting() if model is None else model
    weights = torch.ones(6) if weights is None else weights
    return TextSearch(model, list("uvwxyz"), counts, list(names), weights, **options)


CASES |= {
    "normal_noise, NaN": (
        lambda _: normal_noise(math.nan),
        (ValueError, "sigma is nan, but a standard deviation is a finite number"),
    ),
    "corrupted, another shape": (
        lambda _: corrupted(lambda x: x[:, :2], X),
        (ValueError, r"returned shape \(12, 2\) for \(12, 4\), but the shape must stay"),
    ),
    "corrupted, NaN": (
        lambda _: corrupted(lambda x: x * math.nan, X),
        (ValueError, "returned NaN or infinite .* mark a missing feature with a number"),
    ),
    "corrupted, whole numbers": (
        lambda _: corrupted(lambda x: x.long(), X),
        (TypeError, "returned torch.int64, but a tensor of torch.float32"),
    ),
    "check_counts, less than no word": (
        lambda _: check_counts(-COUNTS),
        (ValueError, "counts holds -5, but a word occurs 0 times or more; .* neither centred"),
    ),
    "check_counts, another vocabulary": (
        lambda _: check_counts(COUNTS, 9),
        (ValueError, "counts has 6 columns, but the model was made for 9"),
    ),
    "check_counts, no texts": (
        lambda _: check_counts(COUNTS[:0]),
        (ValueError, r"counts has shape \(0, 6\): there is nothing in it"),
    ),
    "rarity, a text without words": (
        lambda _: rarity(torch.cat([COUNTS, torch.zeros(2, 6)])),
        (ValueError, "2 documents have no known word, the first in row 4; .* leave them out with"),
    ),
    "rarity, whole numbers": (
        lambda _: rarity(COUNTS.long()),
        (TypeError, r"counts holds torch.int64 .* convert it with counts.float\(\)"),
    ),
    "root_shares, one text": (
        lambda _: root_shares(COUNTS[0]),
        (ValueError, r"counts has shape \(6,\), .* single example as counts\[None\]"),
    ),
    "TextAutoencoder, one width": (
        lambda _: TextAutoencoder([6]),
        (ValueError, r"sizes is \[6\], but at least two widths"),
    ),
    "TextAutoencoder, a number for a corruption": (
        lambda _: counting(corruption=0.3),
        (TypeError, "corruption is 0.3, but a function"),
    ),
    "TextAutoencoder, less than no noise": (
        lambda _: counting(noise=-1),
        (ValueError, "noise is -1, but a finite number of at least 0"),
    ),
    "TextAutoencoder, a word for noise": (
        lambda _: counting(noise="much"),
        (TypeError, "noise is 'much', but a number is expected"),
    ),
    "TextAutoencoder, standardised counts": (
        lambda _: counting().loss(COUNTS - COUNTS.mean()),
        (ValueError, "counts holds -.*, but a word occurs 0 times or more"),
    ),
    "TextAutoencoder, an empty text": (
        lambda _: counting().encode(0 * COUNTS),
        (ValueError, "4 documents have no known word, the first in row 0"),
    ),
    "TextAutoencoder, words that are not known to it": (
        lambda _: counting().bits(COUNTS[:, :5]),
        (ValueError, "counts has 5 columns, but the model was made for 6"),
    ),
    "TextAutoencoder, codes of another width": (
        lambda _: counting().decode(COUNTS),
        (ValueError, "z has 6 columns, but the model was made for 2"),
    ),
    "TextAutoencoder, a corruption that removes words": (
        lambda _: counting(corruption=lambda x: x[:, 1:]).loss(COUNTS),
        (ValueError, r"returned shape \(4, 5\) for \(4, 6\), but the shape must stay"),
    ),
    "HammingIndex, numbers": (
        lambda _: HammingIndex(COUNTS),
        (TypeError, "bits holds torch.float32 numbers, but truth values .* bits > 0.5"),
    ),
    "HammingIndex, no texts": (
        lambda _: HammingIndex(BITS[:0]),
        (ValueError, r"bits has shape \(0, 6\), but a non-empty matrix .* no index"),
    ),
    "HammingIndex, too many bits": (
        lambda _: HammingIndex(torch.ones(2, 63, dtype=torch.bool)),
        (ValueError, r"shape \(2, 63\), .* at most 62 bits"),
    ),
    "HammingIndex, a query of other width": (
        lambda _: HammingIndex(BITS).ball(BITS[0, :3], 1),
        (ValueError, r"query has shape \(3,\), but the index holds codes of 6 bits"),
    ),
    "HammingIndex, a query of numbers": (
        lambda _: HammingIndex(BITS).ball(COUNTS[0], 1),
        (TypeError, "query holds torch.float32 numbers, but truth values"),
    ),
    "HammingIndex, a radius below zero": (
        lambda _: HammingIndex(BITS).ball(BITS[0], -1),
        (ValueError, "radius is -1, but at least 0"),
    ),
    "HammingIndex, a radius beyond the bits": (
        lambda _: HammingIndex(BITS).ball(BITS[0], 7),
        (ValueError, "radius is 7, but codes of 6 bits differ in no more than that"),
    ),
    "TextSearch, another model": (
        lambda _: looked_up(DeepAutoencoder([6, 2])),
        (TypeError, "model is a DeepAutoencoder, but a TextAutoencoder is expected"),
    ),
    "TextSearch, a model for bits": (
        lambda _: looked_up(counting(noise=1.0)),
        (ValueError, "The model makes bits, but the figure compares numbers"),
    ),
    "TextSearch, an empty text": (
        lambda _: looked_up(counts=torch.cat([COUNTS[:3], torch.zeros(1, 6)])),
        (ValueError, "1 documents have no known word, the first in row 3"),
    ),
    "TextSearch, too few names": (
        lambda _: looked_up(names="ab"),
        (ValueError, "2 names for 4 texts; give one for each text"),
    ),
    "TextSearch, a weight of zero": (
        lambda _: looked_up(weights=torch.zeros(6)),
        (ValueError, r"rarity has shape \(6,\), but a weight above 0 for each of 6 words"),
    ),
    "TextSearch, weights of other words": (
        lambda _: looked_up(weights=torch.ones(5)),
        (ValueError, r"rarity has shape \(5,\), but a weight above 0 for each of 6 words"),
    ),
    "TextSearch, a list of words": (
        lambda _: looked_up(query=["u", "v"]),
        (TypeError, r"query is \['u', 'v'\], but words are expected, in one string"),
    ),
    "TextSearch, another vocabulary": (
        lambda _: looked_up(TextAutoencoder([9, 4, 2])),
        (ValueError, "Layer 0 of the encoder takes 9 numbers, but 6 come to it"),
    ),
}


class Blind(nn.Module):
    """Does not look at what it is given."""

    def __init__(self):
        super().__init__()
        self.centre = nn.Parameter(torch.zeros(4))

    def loss(self, x):
        return {"loss": (x - self.centre).square().sum(dim=1).mean()}


class Tuple(nn.Module):
    """Decodes into mean and variance."""

    def encode(self, x):
        return x

    def decode(self, z):
        return z, z


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def denoiser(corruption=None, **options):
    return DenoisingAutoencoder([4, 3], corruption=corruption or masking(0.5), **options)


def score_network(sizes=(4, 8), scale=1.0, sigmas=(0.1, 2.0)):
    return ScoreNetwork(sizes, scale=scale, sigmas=sigmas)


def denoising_figure(model=None, shape=(2, 2), pictures=BINARY, **options):
    return Denoising(net(4, 3) if model is None else model, shape, pictures, **options)


CASES |= {
    "normal_noise, a negative deviation": (
        lambda _: normal_noise(-0.1),
        (ValueError, "sigma is -0.1, but a standard deviation is a finite number of at least 0"),
    ),
    "normal_noise, a word": (
        lambda _: normal_noise("much"),
        (TypeError, "sigma is 'much', but a number is expected"),
    ),
    "masking, per cent": (
        lambda _: masking(30),
        (ValueError, "share is 30, but a probability from 0 to 1 is expected"),
    ),
    "salt_and_pepper, NaN": (
        lambda _: salt_and_pepper(math.nan),
        (ValueError, "share is nan, but a probability from 0 to 1 is expected"),
    ),
    "check_corruption, a number": (
        lambda _: check_corruption(0.3),
        (TypeError, r"corruption is 0.3, but a function .* for example masking\(0.3\) or norm"),
    ),
    "corrupted, a function without return": (
        lambda _: corrupted(lambda x: None, X),
        (
            TypeError,
            "The corruption returned NoneType, but a tensor of torch.float32 .* return the",
        ),
    ),
    "corrupted, a mask of booleans": (
        lambda _: corrupted(lambda x: x > 0, X),
        (TypeError, "The corruption returned torch.bool, but a tensor of torch.float32"),
    ),
    "DenoisingAutoencoder, a word for the corruption": (
        lambda _: denoiser("masking"),
        (TypeError, r"corruption is 'masking', but a function .* for example masking\(0.3\)"),
    ),
    "DenoisingAutoencoder, a corruption that removes features": (
        lambda _: denoiser(lambda x: x[:, :3]).loss(X),
        (ValueError, r"returned shape \(12, 3\) for \(12, 4\), .* spoil features instead of rem"),
    ),
    "DenoisingAutoencoder, a corruption that marks gaps with NaN": (
        lambda _: denoiser(lambda x: x.masked_fill(x > 0, math.nan)).loss(X),
        (ValueError, "returned NaN or infinite values, .* mark a missing feature with a number"),
    ),
    "DenoisingAutoencoder, an unknown error": (
        lambda _: denoiser(error="mse"),
        (ValueError, "error is 'mse', but 'squared' or 'cross-entropy' is expected"),
    ),
    "DenoisingAutoencoder, gaps in the data": (
        lambda _: denoiser().loss(GAP),
        (ValueError, "x holds 1 values that are NaN or infinite, the first at row 2, column 1"),
    ),
    "ScoreNetwork, one size": (
        lambda _: score_network([4]),
        (ValueError, r"sizes is \[4\], but at least two widths of 1 or more are needed"),
    ),
    "ScoreNetwork, data that do not vary": (
        lambda _: score_network(scale=0.0),
        (ValueError, "scale is 0.0, but a finite number above 0 is needed"),
    ),
    "ScoreNetwork, one level": (
        lambda _: score_network(sigmas=0.2),
        (TypeError, r"sigmas is 0.2, but the lowest and the highest .* for example \(0.05, 5\)"),
    ),
    "ScoreNetwork, levels from high to low": (
        lambda _: score_network(sigmas=(2.0, 0.1)),
        (ValueError, r"sigmas is \(2.0, 0.1\), but the lowest must come first; swap them"),
    ),
    "ScoreNetwork, no noise at all": (
        lambda _: score_network(sigmas=(0, 1.0)),
        (ValueError, "The lowest of sigmas is 0, but a finite number above 0 is needed"),
    ),
    "ScoreNetwork, a level outside": (
        lambda _: score_network().score(X, 5.0),
        (ValueError, "sigma goes from 5 to 5, but the network was made for 0.1 to 2; make and"),
    ),
    "ScoreNetwork, a row of levels": (
        lambda _: score_network().denoise(X, torch.ones(12)),
        (ValueError, r"sigma has shape \(12,\), but one number, .* \(12, 1\), is expected"),
    ),
    "ScoreNetwork, wide examples": (
        lambda _: score_network().loss(torch.ones(3, 5)),
        (ValueError, "x has 5 columns, but the model was made for 4"),
    ),
    "ScoreNetwork, no samples": (
        lambda _: score_network().sample(0),
        (ValueError, "n is 0, but at least 1 is needed"),
    ),
    "ScoreNetwork, a step that is too long": (
        lambda _: score_network().sample(2, step_size=3.0),
        (ValueError, "step_size is 3.0, but a number above 0, at most 1, is needed"),
    ),
    "ScoreNetwork, a negative seed": (
        lambda _: score_network().sample(2, seed=-1),
        (ValueError, "seed is -1, but at least 0 is needed"),
    ),
    "Denoising, a part of a model": (
        lambda _: denoising_figure(net(4, 3).encoder),
        (TypeError, "model is a Sequential, but a DenoisingAutoencoder .* give the whole model"),
    ),
    "Denoising, an activation that cannot be computed": (
        lambda _: denoising_figure(net(4, 8, 3, activation=nn.SiLU)),
        (TypeError, "Layer 1 of the autoencoder is a SiLU, but .* only Linear, ReLU, Tanh, Sig"),
    ),
    "Denoising, too many weights": (
        lambda _: denoising_figure(net(784, 400), (28, 28), torch.ones(1, 784)),
        (ValueError, "autoencoder has 628384 weights, but a page .* 500000 at most; train a narr"),
    ),
    "Denoising, another size": (
        lambda _: denoising_figure(shape=(2, 3)),
        (ValueError, r"shape is \(2, 3\), but the autoencoder takes 4 numbers; .* product is 4"),
    ),
    "Denoising, wide pictures": (
        lambda _: denoising_figure(pictures=torch.ones(2, 5)),
        (ValueError, "pictures has 5 columns, but the model was made for 4"),
    ),
    "Denoising, an unknown noise": (
        lambda _: denoising_figure(kind="gaussian"),
        (ValueError, "kind is 'gaussian', but one of 'normal', 'masking', 'salt and pepper' is"),
    ),
    "Denoising, per cent": (
        lambda _: denoising_figure(amount=30),
        (ValueError, "amount is 30, but a number from 0 to 1 is expected: a standard deviation"),
    ),
    "Denoising, a long seed": (
        lambda _: denoising_figure(seed=2**32),
        (ValueError, "seed is 4294967296, but figures draw with 32 bits"),
    ),
    "Denoising, no such picture": (
        lambda _: denoising_figure().choose(12),
        (ValueError, "picture is 12, but there are 12, counted from 0; choose one from 0 to 11"),
    ),
    "Denoising, a short picture": (
        lambda _: denoising_figure().begin([0.5] * 3),
        (ValueError, "x has 3 numbers, but 4 finite numbers are expected, one for each cell"),
    ),
    "Denoising, a word for a picture": (
        lambda _: denoising_figure().begin("nine"),
        (TypeError, "x is 'nine', but 4 finite numbers are expected"),
    ),
    "Denoising, half a step": (
        lambda _: denoising_figure().step(0.5),
        (TypeError, "n is 0.5, but a whole number is expected"),
    ),
}


def kernel_figure(pictures=None, **options):
    return Convolution(torch.rand(2, 8, 8) if pictures is None else pictures, **options)


CASES |= {
    "Convolution, one picture": (
        lambda _: kernel_figure(torch.rand(8, 8)),
        (ValueError, r"pictures has shape \(8, 8\), but \(pictures, height, width\) with sides"),
    ),
    "Convolution, large pictures": (
        lambda _: kernel_figure(torch.rand(2, 28, 28)),
        (ValueError, r"pictures has shape \(2, 28, 28\), but .* average larger ones down"),
    ),
    "Convolution, no pictures": (
        lambda _: kernel_figure(torch.rand(0, 8, 8)),
        (ValueError, "pictures"),
    ),
    "Convolution, bright pictures": (
        lambda _: kernel_figure(255 * torch.ones(2, 8, 8)),
        (ValueError, "pictures holds numbers from 255 to 255, but pixels from 0, white, to 1"),
    ),
    "Convolution, gaps": (
        lambda _: kernel_figure(torch.full((2, 8, 8), torch.nan)),
        (ValueError, "pictures"),
    ),
    "Convolution, a huge kernel": (
        lambda _: kernel_figure(size=7),
        (ValueError, "size is 7, but a whole number from 2 to 5 is expected"),
    ),
    "Convolution, no stride": (
        lambda _: kernel_figure(stride=0),
        (ValueError, "stride is 0, but"),
    ),
    "Convolution, half a stride": (
        lambda _: kernel_figure(stride=1.5),
        (TypeError, "stride is 1.5, but a whole number is expected"),
    ),
    "Convolution, padding that the kernel may miss the picture in": (
        lambda _: kernel_figure(padding=3),
        (ValueError, "padding is 3, but a whole number from 0 to 2 is expected"),
    ),
    "Convolution, an unknown kernel": (
        lambda _: kernel_figure(kind="blur"),
        (ValueError, "kind is 'blur', but 'mean' or 'edge' is expected"),
    ),
    "Convolution, no such picture": (
        lambda _: kernel_figure().choose(picture=2),
        (ValueError, "picture is 2, but a whole number from 0 to 1 is expected"),
    ),
}


CASES |= {
    "SparseAutoencoder, a negative penalty": (
        lambda _: SparseAutoencoder(4, 3, weight=-0.1),
        (ValueError, "weight is -0.1, but a finite number of at least 0 .* would reward codes"),
    ),
    "SparseAutoencoder, a word for the penalty": (
        lambda _: SparseAutoencoder(4, 3, weight="L1"),
        (TypeError, "weight is 'L1', but a number is expected"),
    ),
    "SparseAutoencoder, no units": (
        lambda _: SparseAutoencoder(4, 0),
        (ValueError, "n_units is 0, but at least 1 is needed"),
    ),
    "SparseAutoencoder, a list of widths": (
        lambda _: SparseAutoencoder([4, 3], 3),
        (TypeError, r"n_features is \[4, 3\], but a whole number is expected"),
    ),
    "SparseAutoencoder, wide examples": (
        lambda _: SparseAutoencoder(5, 3).loss(X),
        (ValueError, "x has 4 columns, but the model was made for 5"),
    ),
    "SparseAutoencoder, examples for codes": (
        lambda _: SparseAutoencoder(4, 3).decode(X),
        (ValueError, "z has 4 columns, but the model was made for 3"),
    ),
    "revive, narrow examples": (
        lambda _: revive(SparseAutoencoder(5, 3), X),
        (ValueError, "x has 4 columns, but the model was made for 5"),
    ),
    "dead, a single example": (
        lambda _: dead_units(SparseAutoencoder(4, 3), X[0]),
        (ValueError, r"x has shape \(4,\), but a matrix .* a single example as x\[None\]"),
    ),
    "n_active, per cent": (
        lambda _: n_active(SparseAutoencoder(4, 3), X, 10),
        (ValueError, "share is 10, but a number from 0 to below 1 is needed"),
    ),
    "TopKAutoencoder, more than there are": (
        lambda _: TopKAutoencoder(4, 3, k=4),
        (ValueError, "k is 4, but the code has 3 units; choose k from 1 to 3"),
    ),
    "TopKAutoencoder, none": (
        lambda _: TopKAutoencoder(4, 3, k=0),
        (ValueError, "k is 0, but at least 1 is needed"),
    ),
    "TopKAutoencoder, a share": (
        lambda _: TopKAutoencoder(4, 3, k=0.1),
        (TypeError, "k is 0.1, but a whole number is expected"),
    ),
    "KLAutoencoder, always off": (
        lambda _: KLAutoencoder(4, 3, rho=0),
        (ValueError, "rho is 0, but a mean activation between 0 and 1 is needed, for example 0.05"),
    ),
    "KLAutoencoder, per cent": (
        lambda _: KLAutoencoder(4, 3, rho=5),
        (ValueError, "rho is 5, but a mean activation between 0 and 1 is needed"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_answer_says_what_was_wrong_and_what_to_do(case, tmp_path):
    call, (error, words) = CASES[case]
    with pytest.raises(error, match=words) as refusal:
        call(tmp_path)
    message = str(refusal.value)
    assert type(refusal.value) is error
    assert message.endswith(".") or len(message) >= 40
    assert Path(traceback.extract_tb(refusal.tb)[-1].filename).is_relative_to(PACKAGE)
    assert not plt.get_fignums(), "an empty figure is left behind"


def test_there_is_a_mistake_for_every_public_function_that_takes_something():
    public = set()
    for module in MODULES:
        for name in getattr(module, "__all__", vars(module)):
            thing = getattr(module, name)
            ours = getattr(thing, "__module__", "").startswith("mmlearn_helpers")
            here = hasattr(module, "__all__") or getattr(thing, "__module__", "") == module.__name__
            if ours and here and not name.startswith("_") and inspect.signature(thing).parameters:
                public.add(name)
    public -= {"Reconstructor", "LatentVariableModel", "LogPartition"}
    assert {"fit", "code_map", "load", "mlp", "VAE", "nearest", "linear_probe"} <= public
    assert not public - {case.split(",")[0] for case in CASES}
