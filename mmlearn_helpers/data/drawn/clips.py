"""Moving pictures with sound: a ball that bounces in a box, and clicks."""

from __future__ import annotations

import math

import torch

from mmlearn_helpers.batches import take
from mmlearn_helpers.checks import check_count, check_number, check_seed
from mmlearn_helpers.data.audio import log_mel
from mmlearn_helpers.data.cache import drawn
from mmlearn_helpers.data.dataset import Dataset, Split

FRAMES, SIZE = 16, 16
SAMPLE_RATE = 4000
N_MELS, WINDOW, HOP = 32, 250, 125  # two columns of the spectrogram for every picture
FALL, LOSS = 6.0, 0.8  # box sides a second squared; the share of its speed that the floor leaves
N_FLOOR, N_WALL = 3, 3  # more bounces fit into no second
CLICK = 400
CHUNK = 500


def clips(
    *, n_train: int = 8000, n_test: int = 2000, offset: float = 0.0, seed: int = 0
) -> Dataset:
    """Film balls that are thrown into a box, for a second each.

    A ball falls, loses a fifth of its speed at each bounce on the floor and none at the walls.
    Each bounce clicks: the smaller the ball, the higher; the faster it hits, the louder.

    Parameters
    ----------
    n_train, n_test
        Numbers of examples.
    offset
        Seconds by which the sound comes late; early, if negative. Clicks that this moves beyond
        the beginning or the end of the second are not heard.
    seed
        Of sizes, places and speeds.

    Returns
    -------
    Dataset
        ``video`` is ``(N, 16, 1, 16, 16)`` in [0, 1], where frame ``i`` shows the moment
        ``(i + 0.5) / 16`` seconds and the edge of the picture is the box. ``wave`` is ``(N, 4000)``
        in [-1, 1] at 4 000 samples a second, ``audio`` its log-mel spectrogram ``(N, 1, 32, 32)``.
        ``radius`` is ``(N,)`` and ``place`` ``(N, 16, 2)``, the centre from the left and above the
        floor, both in sides of the box. ``time`` ``(N, 6)`` holds the seconds of the bounces as
        seen, in their order, and ``speed`` the sides a second at which they hit; both are -1 where
        there is no bounce more. ``label`` is the number of bounces, from 1 to 6.

    Raises
    ------
    TypeError, ValueError
        If a number of examples is not a whole number above 0, the seed none from 0, or the offset
        not between -1 and 1.

    Notes
    -----
    Places and bounces are solved exactly, not stepped from frame to frame: parabolas between the
    floor's bounces, whose times are a geometric series, and reflections at the walls.
    """
    check_count("n_train", n_train)
    check_count("n_test", n_test)
    check_seed(seed)
    check_number("offset", offset)
    if not -1 < offset < 1:
        raise ValueError(
            f"offset is {offset} seconds, but a clip lasts one second; choose a number between -1 "
            "and 1, such as 0.25 for sound that comes late."
        )
    return drawn("clips", _draw, n_train=n_train, n_test=n_test, offset=float(offset), seed=seed)


def _draw(n_train: int, n_test: int, offset: float, seed: int) -> Dataset:
    n = n_train + n_test
    radius, x, speed_x, y, speed_y = _throw(n, torch.Generator().manual_seed(seed))
    floor_time, floor_speed = _hit_floor(y - radius, speed_y)
    wall_time = _hit_walls(x - radius, speed_x, 1 - 2 * radius)
    time = torch.cat([floor_time, wall_time], 1)
    speed = torch.cat([floor_speed, speed_x.abs()[:, None].expand_as(wall_time)], 1)
    time, order = time.sort(dim=1, stable=True)
    is_seen = time < 1
    time = torch.where(is_seen, time, -1.0)
    speed = torch.where(is_seen, speed.gather(1, order), -1.0)

    moment = ((torch.arange(FRAMES) + 0.5) / FRAMES).expand(n, -1)
    across = radius[:, None] + _between_walls(x - radius, speed_x, 1 - 2 * radius, moment)
    above = radius[:, None] + _above_floor(y - radius, speed_y, floor_time, floor_speed, moment)
    place = torch.stack([across, above], 2)
    video, wave = torch.empty(n, FRAMES, 1, SIZE, SIZE), torch.empty(n, SAMPLE_RATE)
    for rows in torch.arange(n).split(CHUNK):
        video[rows] = _film(radius[rows], place[rows])
        wave[rows] = _clicks(radius[rows], time[rows], speed[rows], offset)
    modalities = {
        "video": video,
        "wave": wave,
        "audio": log_mel(wave, SAMPLE_RATE, n_mels=N_MELS, window=WINDOW, hop=HOP),
        "radius": radius,
        "place": place,
        "time": time,
        "speed": speed,
        "label": (time >= 0).sum(1),
    }
    return Dataset(
        name="clips",
        train=Split(take(modalities, slice(n_train))),
        test=Split(take(modalities, slice(n_train, None))),
        about="Synthetic: films of a ball that bounces in a box, with a click at each bounce.",
        source="drawn by mmlearn_helpers from a seed",
        licence="CC0 1.0",
        citation="None needed.",
        classes={"label": tuple("0123456")},
        sample_rate=SAMPLE_RATE,
    )


def _throw(n: int, generator: torch.Generator) -> tuple[torch.Tensor, ...]:
    """Choose radius, place and speed; no ball is thrown so high that it would leave the box."""
    chance = torch.rand(6, n, generator=generator)
    radius = 0.08 + 0.12 * chance[0]
    x = radius + (1 - 2 * radius) * chance[1]
    speed_x = (0.2 + 1.3 * chance[2]) * torch.where(chance[3] < 0.5, -1.0, 1.0)
    y = radius + (1 - 2 * radius) * (0.3 + 0.6 * chance[4])
    highest = (2 * FALL * (1 - radius - y)).sqrt()
    return radius, x, speed_x, y, highest * (2 * chance[5] - 1)


def _hit_floor(height: torch.Tensor, speed: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Give the times ``(N, bounces)`` of the floor's bounces and the speeds of impact."""
    first_speed = (speed.square() + 2 * FALL * height).sqrt()
    number = torch.arange(N_FLOOR)
    impact = first_speed[:, None] * LOSS**number
    in_the_air = 2 * LOSS * (1 - LOSS**number) / (1 - LOSS) / FALL
    return ((speed + first_speed) / FALL)[:, None] + first_speed[:, None] * in_the_air, impact


def _above_floor(
    height: torch.Tensor,
    speed: torch.Tensor,
    floor_time: torch.Tensor,
    floor_speed: torch.Tensor,
    moment: torch.Tensor,
) -> torch.Tensor:
    """Height of the lowest point of the ball: a parabola from the last bounce, ``(N, moments)``."""
    start = torch.cat([torch.zeros_like(height)[:, None], floor_time], 1)
    upward = torch.cat([speed[:, None], LOSS * floor_speed], 1)
    at = torch.cat([height[:, None], torch.zeros_like(floor_time)], 1)
    last = (moment[:, :, None] >= floor_time[:, None, :]).sum(2)
    since = moment - start.gather(1, last)
    return at.gather(1, last) + upward.gather(1, last) * since - FALL / 2 * since.square()


def _hit_walls(x: torch.Tensor, speed: torch.Tensor, width: torch.Tensor) -> torch.Tensor:
    """Give the times ``(N, bounces)`` at which a point bounces between 0 and ``width``."""
    way = torch.where(speed > 0, width - x, x)
    return (way[:, None] + width[:, None] * torch.arange(N_WALL)) / speed.abs()[:, None]


def _between_walls(
    x: torch.Tensor, speed: torch.Tensor, width: torch.Tensor, moment: torch.Tensor
) -> torch.Tensor:
    """Unfold the reflections: the place is a triangle wave of the way gone."""
    way = (x[:, None] + speed[:, None] * moment).remainder(2 * width[:, None])
    return torch.minimum(way, 2 * width[:, None] - way)


def _film(radius: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
    """Draw discs: a pixel on an edge is as bright as the share of it that is covered."""
    centre = (torch.arange(SIZE) + 0.5) / SIZE
    right = (centre - place[..., :1])[:, :, None, :]
    up = (centre.flip(0) - place[..., 1:])[:, :, :, None]
    inside = radius[:, None, None, None] - torch.hypot(right, up)
    return (inside * SIZE + 0.5).clamp(0, 1)[:, :, None]


def _clicks(
    radius: torch.Tensor, time: torch.Tensor, speed: torch.Tensor, offset: float
) -> torch.Tensor:
    """Let each bounce ring and fade: 100 milliseconds of a sine that is damped."""
    n = len(time)
    frequency = 100 / radius[:, None]
    wave = torch.zeros(n, 3 * SAMPLE_RATE + CLICK)  # from a second before the clip to one behind it
    time = torch.where(speed < 0, 0.0, time + offset)
    for start, hit in zip(time.unbind(1), speed.unbind(1), strict=True):
        first = (start * SAMPLE_RATE).ceil().long()[:, None] + torch.arange(CLICK)
        since = first / SAMPLE_RATE - start[:, None]
        click = (-since / 0.015).exp() * torch.sin(2 * math.pi * frequency * since)
        loud = torch.where(hit < 0, 0.0, 0.9 * hit / (2 * FALL) ** 0.5)
        wave.scatter_add_(1, first + SAMPLE_RATE, loud[:, None] * click)
    return wave[:, SAMPLE_RATE : 2 * SAMPLE_RATE].clamp(-1, 1)
