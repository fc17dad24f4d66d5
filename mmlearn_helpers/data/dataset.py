"""What a data set is, and how it looks in a notebook."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch

from mmlearn_helpers.batches import check_examples, n_examples
from mmlearn_helpers.checks import check_tensor

N_SHOWN = 8


class Split(dict[str, torch.Tensor]):
    """One split of a data set: a mapping from modality to a tensor, examples along the first axis.

    Parameters
    ----------
    modalities
        ``"image"``, ``"audio"``, ``"text"``, ``"label"`` … with a tensor each, all of one length.

    Raises
    ------
    TypeError
        If it is no mapping of tensors.
    ValueError
        If there is no modality or no example, or the tensors differ in length.
    KeyError
        If a modality is asked for that is not there.
    """

    def __init__(self, modalities: Mapping[str, torch.Tensor]) -> None:
        try:
            super().__init__(modalities)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"A split is made of a {type(modalities).__name__}, but a mapping from modality to "
                "tensor is expected, for example {'image': x}."
            ) from error
        check_examples(self, "split")

    def __missing__(self, name: str) -> torch.Tensor:
        """Say which modalities there are."""
        raise KeyError(f"There is no modality {name!r} here, but {', '.join(map(repr, self))}.")

    @property
    def n_examples(self) -> int:
        """The number of examples."""
        return n_examples(self)

    def __repr__(self) -> str:
        """Name the modalities with their shapes."""
        shapes = ", ".join(f"{name} {tuple(tensor.shape)}" for name, tensor in self.items())
        return f"Split({shapes})"

    def _repr_html_(self) -> str:
        header = ["modality", "shape", "numbers", "smallest", "largest"]
        rows = []
        for name, x in self.items():
            low, high = (f"{value:.3g}" for value in (x.min().item(), x.max().item()))
            rows.append([name, str(tuple(x.shape)), str(x.dtype)[6:], low, high])
        return _table(header, rows) + "".join(_strip(name, x) for name, x in self.items())


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set with its two splits and where it comes from.

    Parameters
    ----------
    name
        The name it is loaded by.
    train, test
        :class:`Split` s. Pictures are ``(N, C, H, W)`` and spectrograms ``(N, 1, mel bands,
        frames)``, both in [0, 1]; moving pictures ``(N, frames, C, H, W)``; sound waves
        ``(N, samples)`` in [-1, 1]; captions ``(N, words)`` of word numbers, 0 where there is no
        word; documents ``(N, words of the vocabulary)`` of counts; labels ``(N,)`` integers.
    about
        What the data are, in a sentence.
    source, licence, citation
        Where the data come from, on which terms, and how to cite them.
    classes
        For every modality that holds labels, what the numbers 0, 1, … stand for.
    vocabulary
        The words that the numbers of a caption, or the columns of counts, stand for.
    sample_rate
        Samples of ``"wave"`` per second.
    """

    name: str
    train: Split = field(repr=False)
    test: Split = field(repr=False)
    about: str = field(repr=False)
    source: str = field(repr=False)
    licence: str = field(repr=False)
    citation: str = field(repr=False)
    classes: Mapping[str, Sequence[str]] = field(repr=False, default_factory=dict)
    vocabulary: Sequence[str] = field(repr=False, default=())
    sample_rate: int | None = field(repr=False, default=None)

    def words(self, tokens: torch.Tensor) -> list[str]:
        """Spell captions out.

        Parameters
        ----------
        tokens
            Rows of word numbers, ``(N, words)``.

        Returns
        -------
        list[str]
            One caption a row.

        Raises
        ------
        TypeError, ValueError
            If they are not a matrix of whole numbers, each of a word of the vocabulary.
        """
        check_tensor(tokens, "tokens", torch.int64)
        if tokens.ndim != 2 or tokens.is_floating_point():
            raise ValueError(
                f"tokens has shape {tuple(tokens.shape)} and holds {tokens.dtype} numbers, but "
                "captions (N, words) of word numbers are expected; write a single one as "
                "tokens[None]. Counts of words cannot be spelt out."
            )
        numbers = tokens.unique().tolist()
        if numbers and not 0 <= numbers[0] <= numbers[-1] < len(self.vocabulary):
            raise ValueError(
                f"tokens go from {numbers[0]} to {numbers[-1]}, but the vocabulary of "
                f"{self.name!r} has {len(self.vocabulary)} words, counted from 0; take captions of "
                "this set."
            )
        return [" ".join(self.vocabulary[i] for i in row if i) for row in tokens.tolist()]

    def _repr_html_(self) -> str:
        facts = "".join(
            f"<p><b>{name}</b>: {html.escape(text)}</p>"
            for name, text in {
                "what": self.about,
                "source": self.source,
                "licence": self.licence,
                "to cite": self.citation,
            }.items()
        )
        header = ["modality", "train", "test", "stands for"]
        rows = [
            [name, str(tuple(x.shape)), str(tuple(self.test[name].shape)), self._meaning(name)]
            for name, x in self.train.items()
        ]
        return f"<p><b>{self.name}</b></p>{_table(header, rows)}{facts}{self._examples()}"

    def _meaning(self, modality: str) -> str:
        names = self.classes.get(modality, self.vocabulary if modality == "text" else ())
        return ", ".join(names[:5]) + (f" … ({len(names)})" if len(names) > 5 else "")

    def _examples(self) -> str:
        shown = {name: x[:N_SHOWN] for name, x in self.train.items()}
        parts = [_strip(name, x) for name, x in shown.items()]
        for name, names in self.classes.items():
            rows = shown[name].reshape(len(shown[name]), -1).tolist()
            spelt = ", ".join(" and ".join(names[i] for i in row) for row in rows)
            parts.append(f"<p>{name}: {html.escape(spelt)}</p>")
        if "text" in shown and shown["text"].dtype == torch.int64:
            parts.append("<br>".join(self.words(shown["text"][:3])))
        if self.sample_rate:
            parts += [_player(wave, self.sample_rate) for wave in shown["wave"][:3]]
        return "".join(parts)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    body = "".join(line(row, "td") for row in rows)
    return f"<table><thead>{line(header, 'th')}</thead><tbody>{body}</tbody></table>"


def _strip(name: str, x: torch.Tensor) -> str:
    """Draw the first pictures in a row, or the frames of the first film; grey ones on white."""
    from PIL import Image

    if x.ndim == 5:
        x = x[0]
    if x.ndim != 4 or x.shape[1] not in (1, 3):
        return ""
    pictures = x[:N_SHOWN].flip(2) if name == "audio" else x[:N_SHOWN]
    pixels = (torch.cat(list(pictures), dim=2).clamp(0, 1) * 255).byte()
    channels = 255 - pixels[0] if len(pixels) == 1 else pixels.permute(1, 2, 0)
    file = io.BytesIO()
    Image.fromarray(channels.numpy()).save(file, "png")
    style = "width: 100%; max-width: 40em; image-rendering: pixelated"
    return f'<p><img alt="First examples of {name}." style="{style}" src="{_url(file, "png")}"></p>'


def _player(wave: torch.Tensor, sample_rate: int) -> str:
    from scipy.io import wavfile

    file = io.BytesIO()
    wavfile.write(file, sample_rate, (wave * 32767).short().numpy())
    source = _url(file, "wav", "audio")
    return f'<audio controls aria-label="A sound of the data set" src="{source}"></audio>'


def _url(file: io.BytesIO, kind: str, family: str = "image") -> str:
    return f"data:{family}/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"
