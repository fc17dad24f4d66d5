"""What ``NoisySenses`` demands of its model and its examples, and how the page is told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from mmlearn_helpers.checks import check_labels, check_number, check_tensor
from mmlearn_helpers.live.network import flattened, half_precision, layer_kinds
from mmlearn_helpers.live.numbers import check_few
from mmlearn_helpers.multimodal.fusion import FusionClassifier
from mmlearn_helpers.multimodal.merges import Gate

SENSES = {"image": "picture", "text": "caption"}
MOST_EXAMPLES = 50


def told(model: FusionClassifier, sizes: Mapping[str, int]) -> tuple[list[list], bytes]:
    """Tell the page what the parts of a model are.

    Parameters
    ----------
    model
        Has encoders for ``"image"`` and ``"text"``, and a gate.
    sizes
        For both, how many numbers an example has.

    Returns
    -------
    tuple[list[list], bytes]
        Pairs of a name and layers, as ``makeNetworks`` in ``network.js`` expects them: both
        encoders in the model's order, ``"gate"`` and ``"head"``. And the weights of all.

    Raises
    ------
    TypeError, ValueError
        If the model is none that the figure can compute.
    """
    if not isinstance(model, FusionClassifier):
        raise TypeError(
            f"model is a {type(model).__name__}, but a FusionClassifier with a gate is expected, "
            "see mmlearn_helpers.multimodal.fusion."
        )
    if set(model.encoders) != set(SENSES):
        raise ValueError(
            f"The model has encoders for {', '.join(map(repr, model.encoders))}, but the figure "
            "shows a picture and its caption; train one with encoders for 'image' and 'text'."
        )
    if type(model.merge) is not Gate:
        raise TypeError(
            f"The model merges with {type(model.merge).__name__}, but the figure shows the shares "
            "of a gate; train one that merges with Gate."
        )
    parts, weights, widths = [], b"", []
    for sense, encoder in model.encoders.items():
        name = f"{SENSES[sense]} encoder"
        layers = _after_flatten(encoder, name)
        kinds = layer_kinds(layers, sizes[sense], name, first=1, n_outputs=32)
        parts.append([sense, kinds])
        weights += half_precision(layers, name, first=1)
        widths.append(_width(kinds))
    if widths[0] != widths[1]:
        raise ValueError(
            f"The encoders give {widths[0]} and {widths[1]} numbers, but a gate adds what they "
            "give; make both equally wide at the end."
        )
    score = model.merge.score
    if (score.in_features, score.out_features) != (2 * widths[0], 2):
        raise ValueError(
            f"The gate takes {score.in_features} numbers to {score.out_features} scores, but there "
            f"are two encoders that give {widths[0]}; make it with Gate(2, {widths[0]})."
        )
    parts.append(["gate", layer_kinds([score], 2 * widths[0], "gate")])
    weights += half_precision([score], "gate")
    head = nn.Sequential(model.head) if isinstance(model.head, nn.Linear) else model.head
    layers = flattened(head, "head", "train a model with such a head")
    parts.append(["head", layer_kinds(layers, widths[0], "head", n_outputs=10)])
    weights += half_precision(layers, "head")
    check_few(len(weights) // 2, "The model", "train a narrower one for the figure")
    return parts, weights


def check_scenes(image: torch.Tensor, text: torch.Tensor, vocabulary: Sequence[str]) -> None:
    """Demand a handful of pictures and as many captions.

    Parameters
    ----------
    image
        Pictures, ``(P, C, H, W)`` in [0, 1], with C 1 or 3.
    text
        Captions, ``(P, L)`` numbers of words.
    vocabulary
        The words.

    Raises
    ------
    TypeError, ValueError
        If they are not.
    """
    check_words("vocabulary", vocabulary)
    check_tensor(image, "image")
    if image.ndim != 4 or image.shape[1] not in (1, 3) or image.numel() == 0:
        raise ValueError(
            f"image has shape {tuple(image.shape)}, but pictures (P, C, H, W) with one or three "
            "colours are expected, and at least one; write a single picture as image[None]."
        )
    if len(image) > MOST_EXAMPLES:
        raise ValueError(
            f"There are {len(image)} examples, but the figure is for a handful, {MOST_EXAMPLES} at "
            "most; give the first few, image[:8] and text[:8]."
        )
    if not image.is_floating_point() or not (image.min() >= 0 and image.max() <= 1):
        raise ValueError(
            f"image holds {image.dtype} numbers from {image.min():g} to {image.max():g}, but "
            "floating-point numbers from 0 to 1 are expected; divide bytes by 255, and fill gaps."
        )
    check_tensor(text, "text", torch.int64)
    no_numbers = text.is_floating_point() or text.is_complex() or text.dtype == torch.bool
    if no_numbers or text.ndim != 2 or text.shape[1] == 0:
        raise ValueError(
            f"text has shape {tuple(text.shape)} and holds {text.dtype}, but captions (P, L) of "
            "whole numbers are expected, the places of the words in the vocabulary."
        )
    if len(text) != len(image):
        raise ValueError(
            f"There are {len(image)} pictures, but {len(text)} captions; select the same rows of "
            "both."
        )
    if text.min() < 0 or text.max() >= len(vocabulary):
        raise ValueError(
            f"text goes from {text.min()} to {text.max()}, but the vocabulary has words 0 to "
            f"{len(vocabulary) - 1}; give the vocabulary that the captions were written with."
        )


def check_answers(
    classes: Sequence[str], labels: torch.Tensor | None, head: list, n_examples: int
) -> None:
    """Demand a name for each class, and right answers among them.

    Parameters
    ----------
    classes
        The names.
    labels
        Numbers of classes, ``(P,)``, or ``None``.
    head
        What the page is told of the head.
    n_examples
        P, the number of examples.

    Raises
    ------
    TypeError, ValueError
        If they are not.
    """
    check_words("classes", classes)
    n_classes = _width(head[1])
    if len(classes) != n_classes:
        raise ValueError(
            f"classes has {len(classes)} names, but the head answers {n_classes} classes; give a "
            "name for each."
        )
    if labels is None:
        return
    check_labels(labels, n_examples)
    if labels.min() < 0 or labels.max() >= n_classes:
        raise ValueError(
            f"labels go from {labels.min()} to {labels.max()}, but the head answers {n_classes} "
            f"classes; number them from 0 to {n_classes - 1}."
        )


def check_words(name: str, words: Sequence[str]) -> None:
    """Demand a list of words.

    Parameters
    ----------
    name
        What the message calls it.
    words
        What is to be checked.

    Raises
    ------
    TypeError
        If it is no list of words, or empty.
    """
    is_list = isinstance(words, Sequence) and not isinstance(words, str) and len(words) > 0
    if not is_list or not all(isinstance(word, str) for word in words):
        raise TypeError(
            f"{name} is {words!r}, but a list of words is expected, and at least one, for example "
            "['red', 'green']."
        )


def check_level(name: str, level: float) -> None:
    """Demand a level of noise.

    Parameters
    ----------
    name
        What the message calls it.
    level
        What is to be checked.

    Raises
    ------
    TypeError, ValueError
        If it is no number from 0 to 1.
    """
    check_number(name, level)
    if not 0 <= level <= 1:
        raise ValueError(
            f"{name} is {level}, but a level from 0 to 1 is expected: 0 is no noise, 1 nothing but "
            "noise."
        )


def _after_flatten(encoder: nn.Module, name: str) -> list[nn.Module]:
    layers = flattened(encoder, name, f"train a model with such a {name}")
    first = layers[0] if layers else None
    if not isinstance(first, nn.Flatten) or (first.start_dim, first.end_dim) != (1, -1):
        raise TypeError(
            f"The {name} begins with {first}, but the figure gives it examples that are not flat; "
            "begin it with nn.Flatten()."
        )
    return layers[1:]


def _width(kinds: list[str | list[int]]) -> int:
    return [kind for kind in kinds if not isinstance(kind, str)][-1][1]
