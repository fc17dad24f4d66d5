"""Make a picture and its caption noisy, and see which of the two a gated model trusts."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cached_property

import torch
import traitlets
from matplotlib.figure import Figure
from torch.nn import functional as F

from mmlearn_helpers.checks import check_count
from mmlearn_helpers.live.chance import check_small_seed, uniforms
from mmlearn_helpers.live.figure import LiveFigure, script
from mmlearn_helpers.live.numbers import packed, unpacked
from mmlearn_helpers.live.senses import (
    SENSES,
    check_answers,
    check_level,
    check_scenes,
    told,
)
from mmlearn_helpers.multimodal.fusion import FusionClassifier
from mmlearn_helpers.plots import PALETTE


class NoisySenses(LiveFigure):
    """Examples of a picture and its caption, noise for each, and what a gated model makes of them.

    Noise of level s turns a number x of the picture into ``(1 - s) x + s u`` with u uniform between
    0 and 1, and replaces each word with probability s by any word of the vocabulary. The same u
    serve for every level, so that the same noise grows. They are the same in the browser and in
    Python, bit for bit. The weights travel in half precision; with these rounded weights both give
    the same shares and probabilities to rounding errors, and to about 1e-6 where there is a GELU.

    Parameters
    ----------
    model
        Its encoders are called ``"image"`` and ``"text"``, and each is an ``nn.Sequential`` that
        begins with ``nn.Flatten()``; linear layers and activations (ReLU, Tanh, Sigmoid, GELU)
        follow. The merge is a ``Gate``, the head linear layers and activations, or one linear
        layer. The figure has a copy of the model as it is when the figure is made.
    image
        Pictures, ``(P, C, H, W)`` in [0, 1], P at most 50. With C = 3 they are in colour; with
        C = 1 they are drawn from 0, white, to 1, black.
    text
        Captions, ``(P, L)`` numbers of words. The encoder takes them one-hot, ``(N, L, V)``.
    vocabulary
        The V words; an empty one stands for no word.
    classes
        Names of the classes that the head answers.
    labels
        The right answers, ``(P,)`` numbers of classes.
    image_noise, text_noise
        Levels of noise at first, from 0 to 1.
    seed
        Seed of the noise.
    label
        What the figure shows, as a sentence for those who cannot see it.

    Raises
    ------
    TypeError
        If the model is no such ``FusionClassifier``, or an argument is of the wrong type.
    ValueError
        If the encoders do not take the pictures and captions, the layers do not fit one another,
        the weights are not finite in half precision or more than 500 000, or an argument does not
        fit.
    """

    _esm = script("cells.js", "network.js", "noisy_senses.js")
    parts = traitlets.List().tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)
    shape = traitlets.List().tag(sync=True)
    image = traitlets.Bytes().tag(sync=True)
    text = traitlets.List().tag(sync=True)
    vocabulary = traitlets.List().tag(sync=True)
    classes = traitlets.List().tag(sync=True)
    labels = traitlets.List().tag(sync=True)
    example = traitlets.Int().tag(sync=True)
    image_noise = traitlets.Float().tag(sync=True)
    text_noise = traitlets.Float().tag(sync=True)
    random = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        model: FusionClassifier,
        image: torch.Tensor,
        text: torch.Tensor,
        *,
        vocabulary: Sequence[str],
        classes: Sequence[str],
        labels: torch.Tensor | None = None,
        image_noise: float = 0.0,
        text_noise: float = 0.0,
        seed: int = 0,
        label: str = "A picture and its caption, noise for each, and what the model trusts.",
    ) -> None:
        check_scenes(image, text, vocabulary)
        sizes = {"image": image[0].numel(), "text": text.shape[1] * len(vocabulary)}
        parts, weights = told(model, sizes)
        check_answers(classes, labels, parts[-1], len(image))
        check_level("image_noise", image_noise)
        check_level("text_noise", text_noise)
        check_small_seed(seed)
        self._model = copy.deepcopy(model).cpu().half().double()
        super().__init__(
            label,
            parts=parts,
            weights=weights,
            shape=list(image.shape[1:]),
            image=packed(image, "image"),
            text=text.tolist(),
            vocabulary=list(vocabulary),
            classes=list(classes),
            labels=[] if labels is None else labels.tolist(),
            image_noise=float(image_noise),
            text_noise=float(text_noise),
            random=int(seed),
        )

    @property
    def noisy_image(self) -> torch.Tensor:
        """The picture as the model sees it, ``(C, H, W)`` in double precision."""
        x, u = self._pictures[self.example], self._noise[0]
        return (1 - self.image_noise) * x + self.image_noise * u

    @property
    def noisy_text(self) -> torch.Tensor:
        """The numbers of the words as the model reads them, ``(L,)``."""
        words, u = torch.tensor(self.text[self.example]), self._noise[1]
        others = (u[:, 1] * len(self.vocabulary)).long()
        return torch.where(u[:, 0] < self.text_noise, others, words)

    @property
    def shares(self) -> torch.Tensor:
        """How much the gate trusts the picture and the caption, ``(2,)``."""
        shares = self._model.shares(self._batch)[0]
        return shares[[list(self._model.encoders).index(sense) for sense in SENSES]]

    @property
    def probabilities(self) -> torch.Tensor:
        """The probabilities of the classes, ``(C,)``."""
        with torch.no_grad():
            return self._model(self._batch)[0].softmax(dim=0)

    def other_noise(self) -> None:
        """Draw the noise anew."""
        self.random = uniforms(self.random, self._n_draws)[1]

    def still(self) -> Figure:
        """Draw the state with matplotlib.

        Returns
        -------
        Figure
            The picture at the left, then caption and shares, and the probabilities at the right.
        """
        figure = Figure(figsize=(8, 3.2), dpi=100, layout="constrained")
        picture, gate, answers = figure.subplots(1, 3, width_ratios=[3, 2.5, 2.5])
        grey = {"cmap": "gray_r", "vmin": 0, "vmax": 1} if self.shape[0] == 1 else {}
        picture.imshow(self.noisy_image.permute(1, 2, 0).numpy(), interpolation="nearest", **grey)
        picture.set_title(f"picture, {100 * self.image_noise:.0f} % noise", fontsize="medium")
        picture.set(xticks=[], yticks=[])
        picture.grid(visible=False)
        words = [self.vocabulary[number] or "–" for number in self.noisy_text]
        lines = [" ".join(words[start : start + 4]) for start in range(0, len(words), 4)]
        title = "\n".join([f"caption, {100 * self.text_noise:.0f} % noise:", *lines])
        gate.set_title(title, fontsize="medium")
        gate.bar(["picture", "caption"], self.shares.numpy(), color=PALETTE[:2])
        gate.set(ylim=(0, 1), ylabel="share")
        bars = answers.barh(range(len(self.classes)), self.probabilities.numpy(), color=PALETTE[0])
        answers.set_yticks(range(len(self.classes)), self.classes)
        answers.invert_yaxis()
        answers.set(xlim=(0, 1), xlabel="probability")
        if self.labels:
            right = self.labels[self.example]
            bars[right].set(edgecolor="black", linewidth=1.5)
            answers.set_title(f"right: {self.classes[right]}", fontsize="medium")
        return figure

    def __repr__(self) -> str:
        """Name the figure, its example and its noise."""
        levels = f"image_noise={self.image_noise:g}, text_noise={self.text_noise:g}"
        return f"NoisySenses(example={self.example}, {levels})"

    @cached_property
    def _pictures(self) -> torch.Tensor:
        return unpacked(self.image).reshape(-1, *self.shape)

    @property
    def _n_draws(self) -> int:
        return self._pictures[0].numel() + 2 * len(self.text[0])

    @property
    def _noise(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Uniform numbers for the picture, and two for each word: whether, and by which."""
        u, _ = uniforms(self.random, self._n_draws)
        n = self._pictures[0].numel()
        return u[:n].reshape(self.shape), u[n:].reshape(-1, 2)

    @property
    def _batch(self) -> dict[str, torch.Tensor]:
        text = F.one_hot(self.noisy_text, len(self.vocabulary)).double()
        return {"image": self.noisy_image[None], "text": text[None]}

    @traitlets.validate("image_noise", "text_noise")
    def _level(self, proposal: dict) -> float:
        check_level(proposal["trait"].name, proposal["value"])
        return proposal["value"]

    @traitlets.validate("example")
    def _is_there(self, proposal: dict) -> int:
        check_count("example", proposal["value"], least=0)
        if proposal["value"] >= len(self.text):
            raise ValueError(
                f"example is {proposal['value']}, but there are {len(self.text)}, counted from 0; "
                f"choose one from 0 to {len(self.text) - 1}."
            )
        return proposal["value"]

    @traitlets.validate("random")
    def _is_seed(self, proposal: dict) -> int:
        check_small_seed(proposal["value"])
        return proposal["value"]
