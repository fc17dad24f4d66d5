"""One training run, by hand, by `fit`, and by the trainers of pythae, Keras and skorch.

Every way gets the same model with the same first weights, the same pictures, batch size, epochs
and optimiser, and leaves its trained weights in the model, where one function judges them all.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from mmlearn_helpers import data
from mmlearn_helpers.autoencoders.deep import DeepAutoencoder
from mmlearn_helpers.networks import mlp
from mmlearn_helpers.training import fit
from mmlearn_helpers.variational import vae

Run = Callable[[], None]
BYTES = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Task:
    """What is to be trained, and on how much."""

    model: str
    sizes: tuple[int, ...]
    n: int
    epochs: int
    batch_size: int
    learning_rate: float
    seed: int = 0


class AE(nn.Module):
    """An autoencoder that checks nothing."""

    def __init__(self, sizes: tuple[int, ...]) -> None:
        super().__init__()
        self.encoder, self.decoder = mlp(sizes), mlp(sizes[::-1])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.decoder(self.encoder(x))

    def loss(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"loss": (x - self(x)).square().sum(dim=1).mean()}


class VAE(nn.Module):
    """Bernoulli pixels, Gaussian code; the loss is minus the ELBO in nats, with one sample."""

    def __init__(self, sizes: tuple[int, ...]) -> None:
        super().__init__()
        self.encoder, self.decoder = mlp([*sizes[:-1], 2 * sizes[-1]]), mlp(sizes[::-1])

    def loss(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        mean, log_sigma = self.encoder(x).chunk(2, dim=1)
        z = mean + log_sigma.exp() * torch.randn_like(mean)
        error = F.binary_cross_entropy_with_logits(self.decoder(z), x, reduction="none")
        divergence = (mean.square() + (2 * log_sigma).exp() - 1) / 2 - log_sigma
        return {"loss": (error.sum(dim=1) + divergence.sum(dim=1)).mean()}


class DynamicVAE(vae.VAE):
    """The VAE of the book, which sees grey pixels as new black and white ones in every batch."""

    def __init__(self, sizes: tuple[int, ...]) -> None:
        super().__init__(sizes, activation=nn.Tanh)

    def loss(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        return super().loss(x.bernoulli())


MODELS = {"AE": AE, "VAE": VAE, "DeepAutoencoder": DeepAutoencoder, "DynamicVAE": DynamicVAE}


def by_hand(model: nn.Module, x: torch.Tensor, task: Task) -> list[float]:
    """Train with the plain loop of torch; return the mean loss of every epoch."""
    optimiser = torch.optim.Adam(model.parameters(), lr=task.learning_rate, fused=True)
    course = []
    for _ in range(task.epochs):
        total = 0.0
        for rows in torch.randperm(len(x)).split(task.batch_size):
            loss = model.loss(x[rows])["loss"]
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(rows) / len(x)
        course.append(total)
    return course


def by_fit(model: nn.Module, x: torch.Tensor, task: Task) -> list[float]:
    """Train with the package; return the mean loss of every epoch."""
    history = fit(
        model,
        x,
        epochs=task.epochs,
        batch_size=task.batch_size,
        learning_rate=task.learning_rate,
        seed=task.seed,
    )
    return history.train["loss"]


def with_pythae(model: nn.Module, x: torch.Tensor, task: Task) -> Run:
    """Prepare pythae's trainer for the encoder and the decoder of a model."""
    import logging

    from pythae import models, trainers
    from pythae.data.datasets import BaseDataset
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder

    logging.getLogger("pythae").setLevel(logging.ERROR)
    logging.getLogger(trainers.base_trainer.base_trainer.__name__).setLevel(logging.ERROR)
    is_vae = task.model in ("VAE", "DynamicVAE")

    class Encoder(BaseEncoder):
        def __init__(self) -> None:
            super().__init__()
            self.layers = model.encoder

        def forward(self, x: torch.Tensor) -> ModelOutput:
            if not is_vae:
                return ModelOutput(embedding=self.layers(x))
            mean, log_sigma = self.layers(x).chunk(2, dim=1)
            return ModelOutput(embedding=mean, log_covariance=2 * log_sigma)

    class Dynamic(BaseDataset):
        def __getitem__(self, row: int) -> ModelOutput:
            return ModelOutput(data=self.data[row].bernoulli(), labels=self.labels[row])

    class Decoder(BaseDecoder):
        def __init__(self) -> None:
            super().__init__()
            self.layers = model.decoder

        def forward(self, z: torch.Tensor) -> ModelOutput:
            x = self.layers(z)
            return ModelOutput(reconstruction=x.sigmoid() if is_vae else x)

    shape = {"input_dim": (task.sizes[0],), "latent_dim": task.sizes[-1]}
    if is_vae:
        config = models.VAEConfig(**shape, reconstruction_loss="bce")
        peer = models.VAE(config, Encoder(), Decoder())
    else:
        peer = models.AE(models.AEConfig(**shape), Encoder(), Decoder())
    dataset = Dynamic if task.model == "DynamicVAE" else BaseDataset
    labelled = dataset(x, torch.zeros(len(x)))

    def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            settings = trainers.BaseTrainerConfig(
                output_dir=folder,
                num_epochs=task.epochs,
                per_device_train_batch_size=task.batch_size,
                learning_rate=task.learning_rate,
                optimizer_params={"fused": True},
                no_cuda=True,
                seed=task.seed,
            )
            trainers.BaseTrainer(peer, labelled, training_config=settings).train()

    return run


def with_keras(model: nn.Module, x: torch.Tensor, task: Task) -> Run:
    """Build the same layers in Keras, with the same weights; afterwards, bring these back."""
    import keras

    linear = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
    n_encoder = len(linear) // 2
    straight = (n_encoder - 1, 2 * n_encoder - 1)
    peer = keras.Sequential([keras.Input((task.sizes[0],))])
    for i, layer in enumerate(linear):
        peer.add(keras.layers.Dense(layer.out_features, None if i in straight else "relu"))
    for layer, copy in zip(linear, peer.layers, strict=True):
        copy.set_weights([layer.weight.detach().T.numpy(), layer.bias.detach().numpy()])
    peer.compile(
        keras.optimizers.Adam(task.learning_rate, epsilon=1e-8),
        lambda x, y: keras.ops.sum(keras.ops.square(x - y), axis=-1),
    )
    pictures = x.numpy()

    def run() -> None:
        peer.fit(pictures, pictures, batch_size=task.batch_size, epochs=task.epochs, verbose=0)
        with torch.no_grad():
            for layer, copy in zip(linear, peer.layers, strict=True):
                weight, bias = copy.get_weights()
                layer.weight.copy_(torch.tensor(weight.T))
                layer.bias.copy_(torch.tensor(bias))

    return run


class SquaredError(nn.Module):
    """The loss as skorch wants it."""

    def forward(self, output: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return (x - output).square().sum(dim=1).mean()


def with_skorch(model: nn.Module, x: torch.Tensor, task: Task) -> Run:
    """Prepare skorch's net around a model."""
    from skorch import NeuralNet

    net = NeuralNet(
        model,
        SquaredError,
        optimizer=torch.optim.Adam,
        optimizer__fused=True,
        lr=task.learning_rate,
        max_epochs=task.epochs,
        batch_size=task.batch_size,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )
    return lambda: net.fit(x, x)


WAYS: dict[str, Callable[[nn.Module, torch.Tensor, Task], Run]] = {
    "by hand": lambda *what: lambda: by_hand(*what),
    "fit": lambda *what: lambda: by_fit(*what),
    "pythae": with_pythae,
    "Keras": with_keras,
    "skorch": with_skorch,
}


def pictures(task: Task, file: str) -> torch.Tensor:
    """Read the first pictures of a file of 32-bit floats; for the VAE, in black and white."""
    n_pixels = task.sizes[0]
    x = torch.from_numpy(np.fromfile(file, np.float32, task.n * n_pixels)).view(task.n, n_pixels)
    return x.round_() if task.model == "VAE" else x


def peak_memory() -> float:
    """Give the most memory that this process has ever held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES / 2**20


def measure(way: str, file: str, **settings: object) -> dict[str, float]:
    """Train once; give the time, the loss afterwards on all pictures, and the memory."""
    torch.set_num_threads(1)
    task = Task(**settings)
    x = pictures(task, file)
    torch.manual_seed(0)
    model = MODELS[task.model](task.sizes)
    run = WAYS[way](model, x, task)
    torch.manual_seed(task.seed)
    before = peak_memory()
    start = time.perf_counter()
    run()
    seconds = time.perf_counter() - start
    peak = peak_memory()
    torch.manual_seed(0)
    with torch.no_grad():
        losses = [model.loss(part)["loss"].item() * len(part) for part in x.split(1000)]
    return {
        "seconds": seconds,
        "loss": sum(losses) / len(x),
        "memory": peak,
        "memory_for_training": peak - before,
    }


def multiply(size: int) -> dict[str, float]:
    """Time one product of two square matrices."""
    torch.set_num_threads(1)
    a, b = torch.rand(2, size, size)
    start = time.perf_counter()
    torch.mm(a, b)
    return {"seconds": time.perf_counter() - start}


def write_pictures(file: str) -> None:
    """Write the training pictures of MNIST as 32-bit floats, so that others read only some."""
    data.load("mnist").train["image"].numpy().tofile(file)
