"""Greedy pretraining: the hidden layers of a network, one after another, as autoencoders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as F

from mmlearn_helpers.autoencoders.corruptions import Corruption, check_corruption, corrupted
from mmlearn_helpers.checks import check_labels, check_matrix, check_tensor
from mmlearn_helpers.training import History, fit


class LayerAutoencoder(nn.Module):
    """One layer of a network with a linear decoder of its own.

    Parameters
    ----------
    layer
        From D inputs to K units. Not copied: whoever trains the autoencoder trains it.
    activation
        What follows the layer.
    corruption
        Spoils the input of the layer in training; the target stays clean. None when ``None``.

    Raises
    ------
    TypeError
        If ``corruption`` cannot be called.
    """

    def __init__(
        self, layer: nn.Linear, activation: nn.Module, corruption: Corruption | None = None
    ) -> None:
        super().__init__()
        if corruption is not None:
            check_corruption(corruption)
        self.layer, self.activation, self.corruption = layer, activation, corruption
        like = {"dtype": layer.weight.dtype, "device": layer.weight.device}
        self.decoder = nn.Linear(layer.out_features, layer.in_features, **like)

    def loss(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """Squared error of the reconstruction from a code, in training from a spoiled one.

        Parameters
        ----------
        x
            A batch of inputs of the layer, ``(N, D)``.

        Returns
        -------
        dict[str, torch.Tensor]
            One term, ``"loss"``: summed over features and averaged over the batch.

        Raises
        ------
        TypeError, ValueError
            If ``x`` is not a finite, non-empty floating-point matrix with D columns.
        """
        check_matrix(x, self.layer.in_features, self.layer.weight.dtype)
        spoil = self.training and self.corruption is not None
        code = self.activation(self.layer(corrupted(self.corruption, x) if spoil else x))
        return {"loss": (self.decoder(code) - x).square().sum(dim=1).mean()}


def pretrain(
    network: nn.Sequential,
    x: torch.Tensor,
    *,
    epochs: int,
    learning_rate: float = 1e-3,
    corruption: Corruption | None = None,
    batch_size: int = 128,
    schedule: Callable[[int, int], float] | None = None,
    seed: int = 0,
) -> list[History]:
    """Train the hidden layers of a network one after another, without labels.

    Each is trained by ``fit`` as the encoder of a :class:`LayerAutoencoder`, on the codes from the
    layers before it, which stay as they are. The output layer is left alone.

    Parameters
    ----------
    network
        Linear layers with an activation between them, as from ``networks.mlp``. Its hidden layers
        are changed in place.
    x
        Examples, ``(N, D)``.
    epochs, learning_rate, batch_size, schedule
        As for ``fit``, for every layer.
    corruption
        Spoils the input of the layer that is being trained, in training only.
    seed
        Seed of decoders, shuffling and corruption. The caller's random state is left as it was.

    Returns
    -------
    list[History]
        The course of each layer's training.

    Raises
    ------
    TypeError, ValueError
        If the network is no such stack, a hidden layer is frozen or stands in it twice, or an
        argument is not usable.
    RuntimeError
        If a layer gives nothing but zeros afterwards, from which no later layer can learn.

    References
    ----------
    Bengio, Y. et al. (2007). Greedy layer-wise training of deep networks. NIPS.
    """
    stages = _hidden_stages(network)
    check_matrix(x, stages[0][0].in_features, stages[0][0].weight.dtype)
    settings = {"learning_rate": learning_rate, "schedule": schedule, "batch_size": batch_size}
    histories = []
    for number, (layer, activation) in enumerate(stages, start=1):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            autoencoder = LayerAutoencoder(layer, activation, corruption)
        histories.append(fit(autoencoder, x, epochs=epochs, seed=seed, **settings))
        with torch.no_grad():
            x = activation(layer(x))
        if not x.any():
            raise RuntimeError(
                f"Hidden layer {number} has died: its {layer.out_features} units are 0 for every "
                "example, and the layers after it can learn nothing from that. Make the network "
                f"anew and take a smaller learning_rate than {learning_rate:g}."
            )
    return histories


class Classifier(nn.Module):
    """A network that is trained to name the class of an example.

    Parameters
    ----------
    network
        Linear layers with an activation between them, and one output for each class. Not copied.
    frozen
        Whether only the output layer is to be trained; all others are frozen or unfrozen with it.

    Raises
    ------
    TypeError, ValueError
        If the network is no such stack, or widths do not meet.
    """

    def __init__(self, network: nn.Sequential, *, frozen: bool = False) -> None:
        super().__init__()
        _linear_layers(network)
        self.network = network
        network.requires_grad_(True)
        network[:-1].requires_grad_(not frozen)

    def loss(self, batch: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Cross-entropy of the labels.

        Parameters
        ----------
        batch
            ``"image"``, examples ``(N, D)``, and ``"label"``, classes ``(N,)`` counted from 0.

        Returns
        -------
        dict[str, torch.Tensor]
            One term, ``"loss"``, in nats, averaged over the batch.

        Raises
        ------
        TypeError, ValueError
            If examples or labels are missing or unusable, or a label names no class.
        """
        if not isinstance(batch, Mapping) or not {"image", "label"} <= batch.keys():
            raise TypeError(
                f"The batch is a {type(batch).__name__}, but a mapping with 'image' and 'label' is "
                "expected; train with fit(classifier, {'image': x, 'label': y}, …)."
            )
        x, label, first = batch["image"], batch["label"], self.network[0]
        check_matrix(x, first.in_features, first.weight.dtype, "image")
        check_labels(label, len(x), "label")
        n_classes = self.network[-1].out_features
        if label.min() < 0 or label.max() >= n_classes:
            raise ValueError(
                f"label ranges from {label.min()} to {label.max()}, but the network has "
                f"{n_classes} outputs; number the classes from 0, and give each an output."
            )
        return {"loss": F.cross_entropy(self.network(x), label.long())}


def gradient_sizes(network: nn.Sequential, loss: torch.Tensor) -> torch.Tensor:
    """Measure how large the gradient is in each layer.

    Parameters
    ----------
    network
        Linear layers with an activation between them.
    loss
        A scalar computed with the network.

    Returns
    -------
    torch.Tensor
        Root mean square of the derivatives by the weights of each linear layer, ``(L,)``.

    Raises
    ------
    TypeError, ValueError
        If the network is no such stack, or the loss no scalar that depends on all its weights.
    """
    weights = [layer.weight for layer in _linear_layers(network)]
    check_tensor(loss, "loss")
    try:
        gradients = torch.autograd.grad(loss, weights, retain_graph=True)
    except RuntimeError as error:
        raise ValueError(
            f"loss has shape {tuple(loss.shape)}, but one number that depends on the weights of "
            "every layer is expected; compute it with this network, and with none of it frozen."
        ) from error
    return torch.stack([gradient.square().mean().sqrt() for gradient in gradients])


def _linear_layers(network: nn.Sequential) -> list[nn.Linear]:
    """Demand linear layers that meet, with one activation between them."""
    modules = list(network) if isinstance(network, nn.Sequential) else []
    linear = [isinstance(module, nn.Linear) for module in modules]
    if len(modules) < 3 or linear != [i % 2 == 0 for i in range(len(modules))] or not linear[-1]:
        raise TypeError(
            f"The network is {network!r}, but a torch.nn.Sequential of linear layers with one "
            "activation between them is expected; make it with mlp([64, 100, 100, 10])."
        )
    layers = modules[::2]
    for number, (before, after) in enumerate(pairwise(layers), start=1):
        if before.out_features != after.in_features:
            raise ValueError(
                f"Layer {number} gives {before.out_features} numbers, but layer {number + 1} "
                f"takes {after.in_features}; make the two widths equal."
            )
    return layers


def _hidden_stages(network: nn.Sequential) -> list[tuple[nn.Linear, nn.Module]]:
    """Give each hidden layer with its activation, and demand that it can be trained alone."""
    layers = _linear_layers(network)
    if len({id(layer.weight) for layer in layers}) < len(layers):
        raise ValueError(
            "Two layers share their weights, so training one would change the other; give each "
            "layer its own."
        )
    if not all(parameter.requires_grad for parameter in network[:-1].parameters()):
        raise ValueError(
            "A hidden layer is frozen, so it cannot be pretrained; call "
            "network.requires_grad_(True) first."
        )
    return list(zip(layers[:-1], network[1::2], strict=True))
