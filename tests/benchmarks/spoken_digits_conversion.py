"""Voice conversion between the five men of the Free Spoken Digits, judged by classifiers.

Every test recording is converted to each other speaker, whose voice is given by one training
recording of any word. Judges that learned from real recordings say who speaks and what is said; the
mel-cepstral distance compares with the target speaker's own test recordings of that word. Writes
each finished row to `book/appendix/conversion.json` at once. Needs the environment variable
MMLEARN_DATA. With the argument `--tiny` it tries itself on few steps and writes nothing.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from record import log, put
from torch import nn

from mmlearn_helpers import data
from mmlearn_helpers.autoencoders.disentangling import VoiceConverter, draw_partners
from mmlearn_helpers.autoencoders.normalisation import match_statistics
from mmlearn_helpers.batches import take
from mmlearn_helpers.evaluation import mel_cepstral_distance
from mmlearn_helpers.training import fit, one_cycle

RECORD = Path(__file__).parents[2] / "book" / "appendix" / "conversion.json"
KEY = ("method", "voices", "steps")
TINY = "--tiny" in sys.argv
N_SPEAKERS, N_WORDS = 5, 10
TRYING, TRAINING = (10, (10, 20)) if TINY else (1500, (1500, 4500))  # steps
SEEDS = (0,) if TINY else (0, 1, 2)
BATCH, RATE = 16, 1e-2
WIDTHS = (4, 16) if TINY else (4, 8, 16)
JUDGING = 1 if TINY else 30  # epochs
VALIDATION = 5  # recordings of each word by each speaker
METHODS = {"converter": {}, "converter without instance normalisation": {"normalise": False}}

Judges = dict[str, nn.Module]


class Judge(nn.Module):
    """Convolutions over time, mean and largest value of each channel, and a linear layer."""

    def __init__(self, n_classes: int, width: int = 64, dropout: float = 0.3) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *(nn.Conv1d(40, width, 5, 1, 2), nn.ReLU(), nn.Dropout(dropout)),
            *(nn.Conv1d(width, width, 5, 2, 2), nn.ReLU(), nn.Dropout(dropout)),
            *(nn.Conv1d(width, width, 5, 2, 2), nn.ReLU()),
        )
        self.out = nn.Linear(2 * width, n_classes)

    def forward(self, audio: torch.Tensor) -> torch.Tensor:
        h = self.layers(audio[:, 0] - 0.5)
        return self.out(torch.cat([h.mean(dim=2), h.amax(dim=2)], dim=1))

    def loss(self, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {"loss": nn.functional.cross_entropy(self(batch["audio"]), batch["answer"])}


def share(truth_values: torch.Tensor) -> float:
    return truth_values.double().mean().item()


@torch.no_grad()
def answers(judge: nn.Module, audio: torch.Tensor) -> torch.Tensor:
    return judge(audio).argmax(dim=1)


def taught(train: dict[str, torch.Tensor], name: str, n_classes: int) -> nn.Module:
    torch.manual_seed(0)
    judge = Judge(n_classes)
    batch = {"audio": train["audio"], "answer": train[name]}
    fit(judge, batch, epochs=JUDGING, batch_size=32, learning_rate=4e-3, schedule=one_cycle)
    return judge.eval()


def trained(train: dict[str, torch.Tensor], steps: int, seed: int, **options: object) -> nn.Module:
    """Train a converter; every pass over the recordings has new partners."""
    torch.manual_seed(seed)
    model = VoiceConverter(**options)
    n = len(train["speaker"])
    passes = -(-steps * BATCH // n)
    draws = [draw_partners(train["speaker"], seed=1000 * seed + i) for i in range(passes)]
    rows = torch.arange(n).repeat(passes)[: steps * BATCH]
    other = torch.cat(draws)[: steps * BATCH]
    batch = {"audio": train["audio"][rows], "same_speaker": train["audio"][other]}
    settings = {"learning_rate": RATE, "schedule": one_cycle, "seed": seed}
    fit(model, batch, epochs=1, batch_size=BATCH, **settings)
    return model.eval()


def conversions(
    train: dict[str, torch.Tensor], test: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Pair every test recording with each other speaker, and with one sample of that voice."""
    row = torch.arange(len(test["speaker"])).repeat_interleave(N_SPEAKERS)
    target = torch.arange(N_SPEAKERS).repeat(len(test["speaker"]))
    other = target != test["speaker"][row]
    row, target = row[other], target[other]
    generator = torch.Generator().manual_seed(0)
    sample = torch.empty_like(row)
    for speaker in range(N_SPEAKERS):
        of = (train["speaker"] == speaker).nonzero()[:, 0]
        mine = target == speaker
        drawn = torch.randint(len(of), (int(mine.sum()),), generator=generator)
        sample[mine] = of[drawn]
    return {"row": row, "target": target, "sample": sample}


def judged(
    audio: torch.Tensor,
    pairs: dict[str, torch.Tensor],
    test: dict[str, torch.Tensor],
    judges: Judges | None,
) -> dict[str, float]:
    """Say whom and what the judges hear, and how far the target's own recordings are."""
    row, target = pairs["row"], pairs["target"]
    word = test["label"][row]
    own = [
        ((test["label"] == w) & (test["speaker"] == t)).nonzero()[:, 0]
        for w, t in zip(word.tolist(), target.tolist(), strict=True)
    ]
    references = torch.stack([rows[:VALIDATION] for rows in own])
    distances = torch.stack(
        [mel_cepstral_distance(audio, test["audio"][column]) for column in references.T]
    )
    found = {
        "distance, nearest": distances.amin(dim=0).mean().item(),
        "distance, mean": distances.mean().item(),
    }
    if judges is not None:
        who = answers(judges["speaker"], audio)
        found |= {
            "as target": share(who == target),
            "as source": share(who == test["speaker"][row]),
            "right word": share(answers(judges["label"], audio) == word),
        }
    return found


def row_of(method: str, voices: str, runs: list[dict[str, float]], **more: object) -> dict:
    return {
        "method": method,
        "voices": voices,
        "steps": None,
        **more,
        **{name: [run[name] for run in runs] for name in runs[0]},
    }


def main() -> None:
    torch.set_num_threads(1)
    loaded = data.load("spoken-digits")
    train, test = dict(loaded.train), dict(loaded.test)
    pairs = conversions(train, test)
    if TINY:
        pairs = take(pairs, slice(None, None, 20))
    judges = {"speaker": taught(train, "speaker", N_SPEAKERS)}
    judges["label"] = taught(train, "label", N_WORDS)
    sure = {name: share(answers(j, test["audio"]) == test[name]) for name, j in judges.items()}
    log(f"judges on real test recordings: {sure}")

    def write_row(row: dict) -> None:
        log(f"{row}")
        if not TINY:
            judges_right = {"judge of speakers": sure["speaker"], "judge of words": sure["label"]}
            put(RECORD, [row | judges_right], KEY)

    def look(convert: Callable[..., torch.Tensor], some: dict[str, torch.Tensor]) -> dict:
        source, sample = test["audio"][some["row"]], train["audio"][some["sample"]]
        return judged(convert(source, sample).clamp(0, 1), some, test, judges)

    write_row(row_of("source as it is", "known", [look(lambda source, _: source, pairs)]))
    write_row(row_of("statistics, one sample", "known", [look(match_statistics, pairs)]))
    own = torch.stack(
        [
            (train["label"] == w).logical_and(train["speaker"] == t).nonzero()[0, 0]
            for w, t in zip(test["label"][pairs["row"]], pairs["target"], strict=True)
        ]
    )
    write_row(
        row_of(
            "the target itself, once more", "known", [look(lambda *_: train["audio"][own], pairs)]
        )
    )
    many = {
        speaker: torch.cat([*train["audio"][train["speaker"] == speaker][::23]], dim=2)[None]
        for speaker in range(N_SPEAKERS)
    }
    together = torch.cat([many[speaker] for speaker in pairs["target"].tolist()])
    write_row(
        row_of(
            f"statistics, {together.shape[3] // 48} samples",
            "known",
            [look(lambda source, _: match_statistics(source, together), pairs)],
        )
    )

    own_voice = torch.cat([many[a] for a in test["speaker"][pairs["row"]].tolist()])
    (from_deviation, from_mean), (to_deviation, to_mean) = (
        torch.std_mean(x, dim=3, keepdim=True) for x in (own_voice, together)
    )
    scale = to_deviation / from_deviation.clamp_min(1e-2)
    write_row(
        row_of(
            f"statistics of both, {together.shape[3] // 48} samples",
            "known",
            [look(lambda source, _: (source - from_mean) * scale + to_mean, pairs)],
        )
    )

    kept = torch.zeros(len(train["label"]), dtype=torch.bool)
    for speaker in range(N_SPEAKERS):
        for w in range(N_WORDS):
            rows = ((train["speaker"] == speaker) & (train["label"] == w)).nonzero()[:, 0]
            kept[rows[-VALIDATION:]] = True
    smaller, held_out = take(train, ~kept), take(train, kept)
    trial = conversions(smaller, held_out)
    widths = {}
    for method, options in METHODS.items():
        found = {}
        for width in WIDTHS:
            model = trained(smaller, TRYING, 0, n_content=width, **options)
            source = held_out["audio"][trial["row"]]
            audio = model.convert(source, smaller["audio"][trial["sample"]])
            found[width] = judged(audio, trial, held_out, None)["distance, mean"]
        widths[method] = min(found, key=found.get)
        log(f"{method}: validation distances {found}")

    for method, options in METHODS.items():
        code = {"n_content": widths[method]}
        for steps in TRAINING:
            began = time.perf_counter()
            models = [trained(train, steps, seed, **code, **options) for seed in SEEDS]
            seconds = round((time.perf_counter() - began) / len(SEEDS))
            runs = [look(model.convert, pairs) for model in models]
            write_row(
                row_of(method, "known", runs, steps=steps, seconds=seconds, content=widths[method])
            )

    steps = TRAINING[-1]
    for method, options in METHODS.items():
        runs: dict[str, list] = {"unseen source": [], "unseen target": []}
        for speaker in range(2 if TINY else N_SPEAKERS):
            four = take(train, train["speaker"] != speaker)
            model = trained(four, steps, 0, n_content=widths[method], **options)
            new_source = test["speaker"][pairs["row"]] == speaker
            for name, keep in zip(runs, (new_source, pairs["target"] == speaker), strict=True):
                runs[name].append(look(model.convert, take(pairs, keep)))
        for name, found in runs.items():
            write_row(row_of(method, name, found, steps=steps, content=widths[method]))


if __name__ == "__main__":
    main()
