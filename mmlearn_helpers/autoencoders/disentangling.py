"""Who speaks apart from what is said: a content code, a speaker code, and voice conversion."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from mmlearn_helpers.autoencoders.normalisation import normalised
from mmlearn_helpers.checks import (
    check_count,
    check_labels,
    check_matrix,
    check_tensor,
)
from mmlearn_helpers.data.audio import check_spectrograms

KERNEL = 3  # frames
MIDDLE = 0.5  # of the range of a spectrogram


def draw_partners(speaker: torch.Tensor, *, seed: int = 0) -> torch.Tensor:
    """Draw for each recording another one of the same speaker.

    Parameters
    ----------
    speaker
        Who speaks, ``(N,)`` integers.
    seed
        Seed of the choice.

    Returns
    -------
    torch.Tensor
        Numbers of recordings, ``(N,)``: each of the speaker's others is as likely.

    Raises
    ------
    TypeError, ValueError
        If the speakers are no whole numbers, or one has a single recording.
    """
    check_labels(speaker, name="speaker")
    _, which, counts = speaker.cpu().unique(return_inverse=True, return_counts=True)
    if counts.min() < 2:
        row = int((counts[which] < 2).nonzero()[0])
        raise ValueError(
            f"Speaker {speaker[row].item()} has a single recording, row {row}, so there is no "
            "other one of the same voice; record another, leave this one out, or cut it in two."
        )
    generator = torch.Generator().manual_seed(seed)
    order = torch.sort(which, stable=True).indices
    place = torch.empty_like(order).scatter_(0, order, torch.arange(len(order)))
    start = (counts.cumsum(0) - counts)[which]
    # From its own place in the list of its speaker go 1 to n - 1 places ahead, round in a circle.
    ahead = 1 + (torch.rand(len(which), generator=generator) * (counts[which] - 1)).long()
    return order[start + (place - start + ahead) % counts[which]].to(speaker.device)


class VoiceConverter(nn.Module):
    """Two encoders, of what changes and of what stays over a recording, and one decoder.

    Every layer goes over time, with the mel bands as channels, so recordings may have any number
    of frames.

    Parameters
    ----------
    n_mels
        Mel bands of the spectrograms.
    n_content
        Numbers in the content code, per frame: the bottleneck.
    n_speaker
        Numbers in the speaker code, per recording.
    width
        Channels of the hidden layers.
    normalise
        Whether the content encoder takes mean and deviation over time away.

    Raises
    ------
    TypeError, ValueError
        If a number is no whole number above 0.

    References
    ----------
    Chou, J., Yeh, C. and Lee, H. (2019). One-shot voice conversion by separating speaker and
    content representations with instance normalization. Interspeech. Qian, K. et al. (2019).
    AutoVC: zero-shot voice style transfer with only autoencoder loss. ICML. This is smaller than
    both, and takes the speaker from another recording in training, too.
    """

    def __init__(
        self,
        n_mels: int = 40,
        n_content: int = 4,
        n_speaker: int = 16,
        *,
        width: int = 48,
        normalise: bool = True,
    ) -> None:
        super().__init__()
        sizes = {"n_mels": n_mels, "n_content": n_content, "n_speaker": n_speaker, "width": width}
        for name, size in sizes.items():
            check_count(name, size)
        self.n_mels, self.n_content, self.n_speaker = n_mels, n_content, n_speaker
        self.normalise = normalise
        self.content = nn.ModuleList(
            [_conv(n_mels, width), _conv(width, width), _conv(width, n_content)]
        )
        self.speaker = nn.Sequential(
            _conv(n_mels, width), nn.ReLU(), _conv(width, width), nn.ReLU()
        )
        self.speaker_code = nn.Linear(width, n_speaker)
        self.decoder = nn.ModuleList([_conv(n_content, width), _conv(width, width)])
        self.voices = nn.ModuleList([nn.Linear(n_speaker, 2 * width) for _ in self.decoder])
        self.output = _conv(width, n_mels)
        nn.init.constant_(self.output.bias, MIDDLE)

    def encode_content(self, audio: torch.Tensor) -> torch.Tensor:
        """Infer what changes over time.

        Parameters
        ----------
        audio
            Spectrograms, ``(N, 1, mel bands, T)``.

        Returns
        -------
        torch.Tensor
            Content codes, ``(N, n_content, T)``.

        Raises
        ------
        TypeError, ValueError
            If they are no finite spectrograms with the model's number of bands.
        """
        check_spectrograms("audio", audio, self.n_mels, self.output.weight.dtype)
        h = audio[:, 0]
        for i, layer in enumerate(self.content):
            h = layer(h.relu() if i else h)
            h = normalised(h) if self.normalise else h
        return h

    def encode_speaker(self, audio: torch.Tensor) -> torch.Tensor:
        """Infer what stays the same over time.

        Parameters
        ----------
        audio
            Spectrograms, ``(N, 1, mel bands, T)``.

        Returns
        -------
        torch.Tensor
            Speaker codes, ``(N, n_speaker)``.

        Raises
        ------
        TypeError, ValueError
            As :meth:`encode_content`.
        """
        check_spectrograms("audio", audio, self.n_mels, self.output.weight.dtype)
        return self.speaker_code(self.speaker(audio[:, 0] - MIDDLE).mean(dim=2))

    def decode(self, content: torch.Tensor, speaker: torch.Tensor) -> torch.Tensor:
        """Turn content ``(N, n_content, T)`` and speakers ``(N, n_speaker)`` into spectrograms.

        Returns
        -------
        torch.Tensor
            ``(N, 1, mel bands, T)``.

        Raises
        ------
        TypeError, ValueError
            If they are no codes of this model, or not as many of one as of the other.
        """
        check_tensor(content, "content")
        if content.ndim != 3 or content.shape[1] != self.n_content:
            raise ValueError(
                f"content has shape {tuple(content.shape)}, but (N, {self.n_content}, frames) is "
                "expected; give what encode_content returns."
            )
        dtype = self.output.weight.dtype
        check_matrix(content.flatten(1), dtype=dtype, name="content")
        check_matrix(speaker, self.n_speaker, dtype, "speaker")
        if len(content) != len(speaker):
            raise ValueError(
                f"There are {len(content)} contents and {len(speaker)} speakers, but one for each "
                "is expected; repeat a single speaker with speaker.expand(len(content), -1)."
            )
        h = content
        for layer, voice in zip(self.decoder, self.voices, strict=True):
            scale, shift = voice(speaker)[:, :, None].chunk(2, dim=1)
            h = ((1 + scale) * layer(h) + shift).relu()
        return self.output(h)[:, None]

    def convert(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Let the speaker of the target say what is said in the source, without gradients.

        Parameters
        ----------
        source, target
            Spectrograms ``(N, 1, mel bands, frames)``; their numbers of frames may differ.

        Returns
        -------
        torch.Tensor
            ``(N, 1, mel bands, frames)`` in [0, 1], exactly as long as the source.

        Raises
        ------
        TypeError, ValueError
            As :meth:`encode_content` and :meth:`decode`.
        """
        with torch.no_grad():
            x_hat = self.decode(self.encode_content(source), self.encode_speaker(target))
        return x_hat.clamp(0, 1)

    def loss(self, batch: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Squared error of each recording, rebuilt with the voice of another one.

        Parameters
        ----------
        batch
            ``"audio"`` and ``"same_speaker"``, another recording of the same speaker for each;
            both ``(N, 1, mel bands, frames)``, as :func:`draw_partners` finds them.

        Returns
        -------
        dict[str, torch.Tensor]
            One term, ``"loss"``: summed over bands and frames, averaged over the batch.

        Raises
        ------
        TypeError, ValueError
            If one of them is missing, or as :meth:`encode_content` and :meth:`decode`.
        """
        if not isinstance(batch, Mapping) or not {"audio", "same_speaker"} <= set(batch):
            raise ValueError(
                "The batch must be a mapping with 'audio' and 'same_speaker', another recording "
                "of each one's speaker; draw_partners finds some: "
                "{'audio': x, 'same_speaker': x[draw_partners(speaker)]}."
            )
        x, other = batch["audio"], batch["same_speaker"]
        x_hat = self.decode(self.encode_content(x), self.encode_speaker(other))
        return {"loss": (x - x_hat).square().sum(dim=(1, 2, 3)).mean()}


def _conv(n_in: int, n_out: int) -> nn.Conv1d:
    return nn.Conv1d(n_in, n_out, KERNEL, padding=KERNEL // 2)
