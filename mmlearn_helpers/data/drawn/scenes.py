"""Pictures of two things, with captions that say what they are and which is where."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from mmlearn_helpers.batches import take
from mmlearn_helpers.checks import check_count, check_seed
from mmlearn_helpers.data.cache import drawn
from mmlearn_helpers.data.dataset import Dataset, Split

SIZE = 32
COLOURS = {
    "red": (0.84, 0.10, 0.11),
    "green": (0.10, 0.59, 0.25),
    "blue": (0.13, 0.33, 0.80),
    "yellow": (0.95, 0.80, 0.10),
}
SHAPES = ("circle", "square", "triangle")
RADII = {"small": 3.5, "large": 6.0}
RELATIONS = {"left of": (1, 0), "right of": (-1, 0), "above": (0, 1), "below": (0, -1)}
VOCABULARY = ("", "a", *RADII, *COLOURS, *SHAPES, "left", "right", "above", "below", "of")
TOKEN = {word: number for number, word in enumerate(VOCABULARY)}


def scenes(*, n_train: int = 8000, n_test: int = 2000, seed: int = 0) -> Dataset:
    """Draw scenes: 32 × 32 colour pictures of two things, each with a caption.

    Parameters
    ----------
    n_train, n_test
        Numbers of examples.
    seed
        Seed of every factor.

    Returns
    -------
    Dataset
        ``image`` is ``(N, 3, 32, 32)`` in [0, 1]; ``text`` is ``(N, 10)``, the numbers of the
        caption's words, such as *a small red circle left of a large blue square*, 0 after its end.
        ``size``, ``colour`` and ``shape`` are ``(N, 2)``, for the thing named first and the
        other one; ``relation`` is ``(N,)``. ``centre`` is ``(N, 2, 2)``: of each thing, pixels from
        the left and from the top.

    Raises
    ------
    TypeError, ValueError
        If a number of examples is below 1, or the seed below 0.
    """
    check_count("n_train", n_train)
    check_count("n_test", n_test)
    check_seed(seed)
    return drawn("scenes", _draw, n_train=n_train, n_test=n_test, seed=seed)


def _draw(n_train: int, n_test: int, seed: int) -> Dataset:
    generator = torch.Generator().manual_seed(seed)
    n = n_train + n_test

    def choose(k: int, *shape: int) -> torch.Tensor:
        return torch.randint(k, (n, *shape), generator=generator)

    size, colour, shape = choose(len(RADII), 2), choose(len(COLOURS), 2), choose(len(SHAPES), 2)
    relation = choose(len(RELATIONS))
    radius = torch.tensor(list(RADII.values()))[size]
    centre = _centres(radius, relation, torch.rand(n, 4, generator=generator))
    light = 0.9 + 0.1 * torch.rand(n, 2, generator=generator)
    modalities = {
        "image": _pictures(centre, radius, shape, colour, light),
        "text": _captions(size, colour, shape, relation),
        "size": size,
        "colour": colour,
        "shape": shape,
        "relation": relation,
        "centre": centre,
    }
    return Dataset(
        name="scenes",
        train=Split(take(modalities, slice(n_train))),
        test=Split(take(modalities, slice(n_train, None))),
        about="Synthetic: two coloured shapes and a caption that names them and their relation.",
        source="drawn by mmlearn_helpers from a seed",
        licence="CC0 1.0",
        citation="None needed.",
        classes={
            "size": tuple(RADII),
            "colour": tuple(COLOURS),
            "shape": SHAPES,
            "relation": tuple(RELATIONS),
        },
        vocabulary=VOCABULARY,
    )


def _centres(radius: torch.Tensor, relation: torch.Tensor, chance: torch.Tensor) -> torch.Tensor:
    """Place two things: along the relation one pixel apart or more, across it nearly level."""
    free = SIZE - 2 - 2 * radius.sum(dim=1)
    start, rest = chance[:, 0] * free, chance[:, 1]
    low = 0.5 + radius[:, 0] + start
    along = torch.stack([low, low + radius.sum(dim=1) + 1 + rest * (free - start)], dim=1)
    along = along - SIZE / 2
    across = (2 * chance[:, 2:] - 1) * 3
    direction = torch.tensor(list(RELATIONS.values()))[relation]
    x = along * direction[:, :1] + across * direction[:, 1:]
    y = along * direction[:, 1:] + across * direction[:, :1]
    return torch.stack([x, y], dim=2) + SIZE / 2


def _pictures(
    centre: torch.Tensor,
    radius: torch.Tensor,
    shape: torch.Tensor,
    colour: torch.Tensor,
    light: torch.Tensor,
) -> torch.Tensor:
    """Paint the two things on white; a pixel on an edge has the share of it that is covered."""
    along = torch.arange(SIZE) + 0.5
    paint = torch.tensor(list(COLOURS.values()))[colour] * light[:, :, None]
    image = torch.ones(len(centre), 3, SIZE, SIZE)
    for i in range(2):
        x = along[None, None, :] - centre[:, i, 0, None, None]
        y = along[None, :, None] - centre[:, i, 1, None, None]
        r = radius[:, i, None, None]
        sides = torch.stack(
            [
                r - torch.hypot(x, y),
                0.89 * r - torch.maximum(x.abs(), y.abs()),
                torch.minimum(0.7 * r - y, (r + y - 3**0.5 * x.abs()) / 2),
            ],
            dim=1,
        )
        inside = sides[torch.arange(len(sides)), shape[:, i]]
        cover = (inside + 0.5).clamp(0, 1)[:, None]
        image = image * (1 - cover) + cover * paint[:, i, :, None, None]
    return image


def _captions(
    size: torch.Tensor, colour: torch.Tensor, shape: torch.Tensor, relation: torch.Tensor
) -> torch.Tensor:
    def numbers(words: Iterable[str]) -> torch.Tensor:
        return torch.tensor([TOKEN[word] for word in words])

    a = torch.full_like(relation, TOKEN["a"])
    sizes, colours, shapes = numbers(RADII), numbers(COLOURS), numbers(SHAPES)
    things = [[a, sizes[size[:, i]], colours[colour[:, i]], shapes[shape[:, i]]] for i in range(2)]
    names = torch.tensor([[TOKEN[word] for word in [*name.split(), ""][:2]] for name in RELATIONS])[
        relation
    ]
    caption = torch.stack([*things[0], names[:, 0], names[:, 1], *things[1]], dim=1)
    gaps_last = (caption == 0).to(torch.uint8).argsort(dim=1, stable=True)
    return caption.gather(1, gaps_last)
