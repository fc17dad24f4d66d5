"""What the made-up speakers of :func:`~mmlearn_helpers.data.drawn.voices.voices` say, and how."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from mmlearn_helpers.checks import check_count, check_seed

# A phone: its formants F1 to F3 and their bandwidths in Hz, as a man speaks it; then how strong
# are voice, breath and hiss; last, where the hiss lies and how wide it is, in Hz. Vowels: Peterson
# and Barney (1952), JASA 24, means of 33 men. Diphthongs (two phones each), consonants and widths:
# after Klatt (1980), JASA 67; UW is spoken further in front, as it is today, and N has no zeros
# but wide formants.
PHONES = {
    "-": (400, 1500, 2500, 200, 120, 200, 0.0, 0.0, 0.0, 3000, 2000),
    "AH": (640, 1190, 2390, 80, 70, 140, 1.0, 0.0, 0.0, 3000, 2000),
    "AO": (570, 840, 2410, 80, 80, 110, 1.0, 0.0, 0.0, 3000, 2000),
    "EH": (530, 1840, 2480, 60, 90, 200, 1.0, 0.0, 0.0, 3000, 2000),
    "IH": (390, 1990, 2550, 50, 100, 140, 1.0, 0.0, 0.0, 3000, 2000),
    "IY": (270, 2290, 3010, 45, 100, 250, 1.0, 0.0, 0.0, 3000, 2000),
    "uw": (350, 1450, 2300, 65, 110, 140, 1.0, 0.0, 0.0, 3000, 2000),
    "UW": (320, 1050, 2200, 65, 110, 140, 0.9, 0.0, 0.0, 3000, 2000),
    "ax": (480, 1550, 2450, 60, 90, 140, 0.9, 0.0, 0.0, 3000, 2000),
    "a": (660, 1200, 2550, 100, 70, 200, 1.0, 0.0, 0.0, 3000, 2000),
    "i": (400, 1880, 2500, 70, 100, 200, 0.9, 0.0, 0.0, 3000, 2000),
    "e": (480, 1720, 2520, 70, 100, 200, 1.0, 0.0, 0.0, 3000, 2000),
    "y": (330, 2020, 2600, 55, 100, 200, 0.9, 0.0, 0.0, 3000, 2000),
    "o": (540, 1100, 2300, 80, 70, 70, 1.0, 0.0, 0.0, 3000, 2000),
    "u": (450, 900, 2300, 80, 70, 70, 0.9, 0.0, 0.0, 3000, 2000),
    "R": (310, 1060, 1380, 70, 100, 120, 0.7, 0.0, 0.0, 3000, 2000),
    "W": (290, 610, 2150, 50, 80, 60, 0.7, 0.0, 0.0, 3000, 2000),
    "N": (270, 1340, 2470, 60, 200, 250, 0.6, 0.0, 0.0, 3000, 2000),
    "V": (250, 1100, 2080, 60, 90, 120, 0.5, 0.0, 0.01, 3000, 4000),
    "Z": (240, 1390, 2530, 70, 60, 180, 0.3, 0.0, 0.05, 3800, 900),
    "F": (340, 1100, 2080, 200, 120, 150, 0.0, 0.0, 0.02, 3000, 4000),
    "TH": (320, 1290, 2540, 200, 90, 200, 0.0, 0.0, 0.02, 3000, 4000),
    "S": (320, 1390, 2530, 200, 80, 200, 0.0, 0.0, 0.10, 3800, 900),
    "t": (400, 1600, 2600, 300, 120, 250, 0.0, 0.0, 0.2, 3500, 1500),
    "k": (300, 1990, 2850, 250, 160, 330, 0.0, 0.0, 0.15, 2200, 600),
    "h": (400, 1500, 2500, 300, 120, 250, 0.0, 0.2, 0.02, 3500, 1500),
}
# The words as phones, each with its milliseconds.
WORDS = {
    "zero": "Z 60 IH 100 R 70 o 90 u 90",
    "one": "W 70 AH 160 N 110",
    "two": "t 15 h 40 uw 90 UW 150",
    "three": "TH 50 R 70 IY 190",
    "four": "F 50 AO 170 R 110",
    "five": "F 50 a 160 i 100 V 70",
    "six": "S 90 IH 100 - 50 k 15 S 90",
    "seven": "S 70 EH 110 V 40 ax 80 N 90",
    "eight": "e 110 y 90 - 60 t 15 h 35",
    "nine": "N 65 a 150 i 120 N 90",
}
# A speaker: mean pitch in Hz; how many times shorter than a man's the vocal tract is; tempo; which
# share of a cycle the glottis is open; breath; bandwidth in Hz of the tilt of the voice's spectrum.
SPEAKERS = {
    "Abel": (98, 0.96, 0.92, 0.50, 0.01, 8000),
    "Berta": (212, 1.16, 1.05, 0.65, 0.05, 4500),
    "Cleo": (310, 1.36, 1.00, 0.65, 0.06, 4500),
    "Dirk": (118, 1.00, 1.00, 0.55, 0.02, 7000),
    "Emma": (238, 1.20, 1.15, 0.70, 0.08, 4000),
    "Finn": (272, 1.30, 0.90, 0.60, 0.04, 5000),
    "Gus": (142, 1.05, 1.12, 0.60, 0.03, 5000),
    "Hana": (186, 1.12, 0.95, 0.60, 0.03, 6000),
}


def draw_speakers(n: int, *, seed: int = 0) -> torch.Tensor:
    """Make up more speakers than the eight that have a name.

    Parameters
    ----------
    n
        How many.
    seed
        Seed of their voices.

    Returns
    -------
    torch.Tensor
        ``(n, 6)``, a row like those of ``SPEAKERS`` each: the pitch is as likely in each octave
        between 90 and 320 Hz; the higher it is, the shorter is the vocal tract, as with the eight,
        give or take 6 per cent; the rest does not depend on it.

    Raises
    ------
    TypeError, ValueError
        If the number is no whole number above 0, or the seed none from 0.
    """
    check_count("n", n)
    check_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    low = torch.tensor([0.0, 0.94, 0.9, 0.5, 0.01, 4000])
    high = torch.tensor([1.0, 1.06, 1.15, 0.7, 0.08, 8000])
    rows = low + (high - low) * torch.rand(n, 6, generator=generator)
    rows[:, 0] = 90 * (320 / 90) ** rows[:, 0]
    rows[:, 1] *= (rows[:, 0] / 112) ** 0.29
    return rows


def spell(words: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Spell words out as numbers.

    Parameters
    ----------
    words
        Each a string of phones and their milliseconds, as in ``WORDS``.

    Returns
    -------
    phones : torch.Tensor
        The rows of ``PHONES``, ``(words, longest + 2, 11)``. The first phone of a word stands also
        before it, and the last one behind it, without sound.
    seconds : torch.Tensor
        How long they last, ``(words, longest)``; 0 where there is none.
    """
    spelt = [word.split() for word in words]
    longest = max(len(word) for word in spelt) // 2
    seconds = torch.zeros(len(spelt), longest)
    phones = torch.zeros(len(spelt), longest + 2, 11)
    for i, word in enumerate(spelt):
        names = [word[0], *word[::2], *[word[-2]] * (longest + 1 - len(word) // 2)]
        phones[i] = torch.tensor([PHONES[name] for name in names])
        phones[i, 0, 6:9] = phones[i, len(word) // 2 + 1 :, 6:9] = 0
        seconds[i, : len(word) // 2] = torch.tensor([int(ms) / 1000 for ms in word[1::2]])
    return phones, seconds
