"""Letters and digits in matplotlib's fonts, bent and shifted, with every factor known."""

from __future__ import annotations

from pathlib import Path
from string import ascii_letters, digits

import numpy as np
import torch
from torch.nn import functional as F

from mmlearn_helpers.batches import take
from mmlearn_helpers.checks import check_count, check_seed
from mmlearn_helpers.data.cache import drawn
from mmlearn_helpers.data.dataset import Dataset, Split

FONTS = {
    "sans": "DejaVuSans.ttf",
    "sans bold": "DejaVuSans-Bold.ttf",
    "mono": "DejaVuSansMono.ttf",
    "mono bold": "DejaVuSansMono-Bold.ttf",
    "serif": "DejaVuSerif.ttf",
    "serif bold": "DejaVuSerif-Bold.ttf",
    "times": "STIXGeneral.ttf",
    "times bold": "STIXGeneralBol.ttf",
    "modern": "cmr10.ttf",
    "modern bold": "cmb10.ttf",
    "modern sans": "cmss10.ttf",
    "typewriter": "cmtt10.ttf",
}
CHARACTERS = digits + ascii_letters
MASTER, SIZE, CHUNK = 64, 28, 1000


def glyphs(
    *,
    n_train: int = 8000,
    n_test: int = 2000,
    characters: str = CHARACTERS,
    seed: int = 0,
) -> Dataset:
    """Draw glyphs: 28 × 28 pictures of letters and digits in twelve fonts, bent and shifted.

    Parameters
    ----------
    n_train, n_test
        Numbers of examples.
    characters
        Which to draw, in equal shares; some of ``0`` to ``9``, ``a`` to ``z`` and ``A`` to ``Z``.
    seed
        Seed of every factor.

    Returns
    -------
    Dataset
        ``image`` is ``(N, 1, 28, 28)`` in [0, 1]; ``label`` says which character and ``font``
        which font, ``(N,)``. The other factors are ``(N,)`` floats: ``slant``, pixels to the right
        per pixel upwards; ``weight``, pixels that each stroke is thicker than in its font;
        ``turn``, radians; ``bend``, pixels. ``place`` is ``(N, 2)``, pixels to the right and down.

    Raises
    ------
    TypeError, ValueError
        If a number of examples is below 1, or there are other characters or none.
    """
    check_count("n_train", n_train)
    check_count("n_test", n_test)
    check_seed(seed)
    is_text = isinstance(characters, str) and characters != ""
    if not is_text or not set(characters) <= set(CHARACTERS):
        raise ValueError(
            f"characters is {characters!r}, but some of {CHARACTERS!r} are expected, in a string."
        )
    characters = "".join(sorted(set(characters), key=CHARACTERS.index))
    return drawn("glyphs", _draw, n_train=n_train, n_test=n_test, characters=characters, seed=seed)


def _draw(n_train: int, n_test: int, characters: str, seed: int) -> Dataset:
    generator = torch.Generator().manual_seed(seed)
    n = n_train + n_test

    def spread(low: float, high: float, *shape: int) -> torch.Tensor:
        return low + (high - low) * torch.rand(n, *shape, generator=generator)

    factors = {
        "label": torch.randperm(n, generator=generator) % len(characters),
        "font": torch.randint(len(FONTS), (n,), generator=generator),
        "slant": spread(-0.3, 0.3),
        "weight": spread(-0.4, 1.2),
        "turn": spread(-0.15, 0.15),
        "bend": spread(-1.5, 1.5),
        "place": spread(-2.0, 2.0, 2),
    }
    masters = _masters(characters)
    parts = [
        _picture(masters, **{name: x[start : start + CHUNK] for name, x in factors.items()})
        for start in range(0, n, CHUNK)
    ]
    modalities = {"image": torch.cat(parts), **factors}
    return Dataset(
        name="glyphs",
        train=Split(take(modalities, slice(n_train))),
        test=Split(take(modalities, slice(n_train, None))),
        about="Synthetic: characters in twelve of matplotlib's fonts, slanted, bent and shifted.",
        source="drawn by mmlearn_helpers from a seed, with DejaVu, STIX and Computer Modern fonts",
        licence="CC0 1.0",
        citation="None needed.",
        classes={"label": tuple(characters), "font": tuple(FONTS)},
    )


def _masters(characters: str) -> torch.Tensor:
    """Give every pixel's distance to the outline, positive inside, for each character and font.

    Returns ``(characters, fonts, 64, 64)``, in pixels of the small picture.
    """
    import matplotlib as mpl
    from PIL import Image, ImageDraw, ImageFont
    from scipy.ndimage import distance_transform_edt

    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    distances = np.empty((len(characters), len(FONTS), MASTER, MASTER), np.float32)
    for column, file in enumerate(FONTS.values()):
        font = ImageFont.truetype(folder / file, 52)
        for row, character in enumerate(characters):
            page = Image.new("L", (MASTER, MASTER))
            middle = (MASTER // 2, MASTER // 2 + 13)
            ImageDraw.Draw(page).text(middle, character, 255, font, anchor="ms")
            ink = np.asarray(page) > 127
            outside, inside = distance_transform_edt(~ink), distance_transform_edt(ink)
            distances[row, column] = np.where(ink, inside - 0.5, 0.5 - outside)
    return torch.from_numpy(distances) * SIZE / MASTER


def _picture(
    masters: torch.Tensor,
    label: torch.Tensor,
    font: torch.Tensor,
    slant: torch.Tensor,
    weight: torch.Tensor,
    turn: torch.Tensor,
    bend: torch.Tensor,
    place: torch.Tensor,
) -> torch.Tensor:
    """Look up, for every pixel, the distance to the outline where the warp takes it from."""
    along = torch.arange(SIZE) - (SIZE - 1) / 2
    y, x = torch.meshgrid(along, along, indexing="ij")
    slant, weight, turn, bend = (t[:, None, None] for t in (slant, weight, turn, bend))
    x, y = x - place[:, 0, None, None], y - place[:, 1, None, None]
    x, y = x * turn.cos() + y * turn.sin(), y * turn.cos() - x * turn.sin()
    x = x + slant * y + bend * torch.cos(torch.pi * y / 10)
    grid = torch.stack([x, y], dim=3) / (SIZE / 2)
    distance = F.grid_sample(
        masters[label, font][:, None], grid, padding_mode="border", align_corners=False
    )
    return (distance + weight[:, None] / 2 + 0.5).clamp(0, 1)
