"""What is seen and heard in the clips is what the factors say, and follows from falling."""

from __future__ import annotations

import importlib
import math
import time

import pytest
import torch

from mmlearn_helpers import data
from mmlearn_helpers.data.audio import log_mel

clips = importlib.import_module("mmlearn_helpers.data.drawn.clips")


@pytest.fixture(scope="module")
def filmed():
    return data.load("clips", n_train=600, n_test=100)


@pytest.fixture(scope="module", params=[0.1, -0.1])
def shifted(request):
    return request.param, data.load("clips", n_train=600, n_test=100, offset=request.param)


def same(one, other):
    return all(
        torch.equal(x, other[split][name])
        for split, modalities in one.items()
        for name, x in modalities.items()
    )


def drawn(**options):
    dataset = clips._draw(**{"n_train": 520, "n_test": 30, "offset": 0.0, "seed": 3} | options)
    return {"train": dict(dataset.train), "test": dict(dataset.test)}


def test_clips_have_the_promised_shapes_and_ranges(filmed):
    for split, n in ((filmed.train, 600), (filmed.test, 100)):
        assert split["video"].shape == (n, 16, 1, 16, 16)
        assert split["video"].min() == 0
        assert split["video"].max() == 1
        assert split["wave"].shape == (n, 4000)
        assert split["wave"].abs().max() <= 1
        assert split["audio"].shape == (n, 1, 32, 32)
        assert split["place"].shape == (n, 16, 2)
        assert split["time"].shape == split["speed"].shape == (n, 6)
        assert split["label"].shape == split["radius"].shape == (n,)
        assert all(x.isfinite().all() for x in split.values())
        assert {x.dtype for name, x in split.items() if name != "label"} == {torch.float32}
    assert filmed.train["label"].max() < len(filmed.classes["label"])


def test_a_set_of_10_000_stays_below_400_megabytes(filmed):
    n_bytes = sum(x.numel() * x.element_size() for x in filmed.train.values())
    assert n_bytes / 600 * 10_000 < 400e6


def test_the_spectrograms_are_those_of_the_waves(filmed):
    expected = log_mel(filmed.test["wave"], 4000, n_mels=32, window=250, hop=125)
    torch.testing.assert_close(expected, filmed.test["audio"])


def in_small_steps(radius, x, speed_x, y, speed_y, step=1 / 32_000):
    """Let balls fall in small steps: places at the frames, and when each of them bounced."""
    x, speed_x, y, speed_y = (v.double().clone() for v in (x, speed_x, y, speed_y))
    places, bounces = [], [[] for _ in radius]
    for i in range(round(1 / step)):
        if (i - 1000) % 2000 == 0:
            places.append(torch.stack([x, y], 1))
        x += speed_x * step
        y += speed_y * step
        speed_y -= clips.FALL * step
        wall = ((x < radius) & (speed_x < 0)) | ((x > 1 - radius) & (speed_x > 0))
        floor = (y < radius) & (speed_y < 0)
        if wall.any() or floor.any():
            for n in [*wall.nonzero()[:, 0].tolist(), *floor.nonzero()[:, 0].tolist()]:
                bounces[n].append(i * step)
            speed_x = torch.where(wall, -speed_x, speed_x)
            speed_y = torch.where(floor, -clips.LOSS * speed_y, speed_y)
    return torch.stack(places, 1), bounces


def test_balls_fly_as_they_do_in_small_steps(filmed):
    n = 700
    thrown = clips._throw(n, torch.Generator().manual_seed(0))
    places, bounces = in_small_steps(*thrown)
    place = torch.cat([filmed.train["place"], filmed.test["place"]])
    assert (place - places).abs().max() < 2e-3
    for found, expected in zip(
        torch.cat([filmed.train["time"], filmed.test["time"]]).tolist(), bounces, strict=True
    ):
        found = [time for time in found if 0.0005 < time < 0.9995]
        expected = [time for time in expected if 0.0005 < time < 0.9995]
        assert found == pytest.approx(expected, abs=1e-3)


def test_balls_are_thrown_up_and_down_left_and_right_from_anywhere():
    radius, x, speed_x, y, speed_y = clips._throw(4000, torch.Generator().manual_seed(0))
    room = 1 - 2 * radius
    share = speed_y / (2 * clips.FALL * (1 - radius - y)).sqrt()  # of what reaches the ceiling
    for found, low, high in (
        (radius, 0.08, 0.2),
        ((x - radius) / room, 0, 1),
        (speed_x.abs(), 0.2, 1.5),
        ((y - radius) / room, 0.3, 0.9),
        (share, -1, 1),
    ):
        assert found.mean().item() == pytest.approx((low + high) / 2, abs=0.03 * (high - low))
        assert found.std().item() == pytest.approx((high - low) / math.sqrt(12), rel=0.05)
        assert found.min() > low - 1e-4 and found.max() < high + 1e-4
    assert (speed_x > 0).float().mean().item() == pytest.approx(0.5, abs=0.03)


def test_the_ball_stays_in_the_box(filmed):
    radius, place = filmed.train["radius"][:, None, None], filmed.train["place"]
    assert (place > radius - 1e-5).all()
    assert (place < 1 - radius + 1e-5).all()


def test_the_ball_is_seen_where_it_is_and_as_large_as_it_is(filmed):
    video = filmed.train["video"][:, :, 0]
    light = video.sum((2, 3))
    area = math.pi * (16 * filmed.train["radius"]).square()
    assert (light / area[:, None] - 1).abs().max() < 0.15
    assert (light / area[:, None] - 1).mean().abs() < 0.03
    pixel = torch.arange(16) + 0.5
    across = (video.sum(2) * pixel).sum(2) / light
    above = (video.sum(3) * pixel.flip(0)).sum(2) / light
    error = torch.stack([across, above], 2) - 16 * filmed.train["place"]
    assert error.abs().max() < 0.2


def test_times_are_in_order_and_as_many_as_the_label_says(filmed):
    seen = filmed.train["time"] >= 0
    assert torch.equal(seen.sum(1), filmed.train["label"])
    assert ((filmed.train["time"].diff(dim=1) >= 0) | ~seen[:, 1:]).all()
    assert (filmed.train["time"][~seen] == -1).all()
    assert (filmed.train["speed"][~seen] == -1).all()
    assert (filmed.train["speed"][seen] > 0).all()
    assert seen[:, 0].all()


def onset(wave):
    """The first moment that is not silent, in seconds; 2 if there is none."""
    heard = wave.abs() > 1e-6
    return torch.where(heard.any(1), heard.float().argmax(1) / 4000, 2.0)


def test_the_first_click_is_heard_at_the_first_bounce(filmed):
    assert (onset(filmed.train["wave"]) - filmed.train["time"][:, 0]).abs().max() < 0.001


def test_sound_comes_late_or_early_by_the_offset(filmed, shifted):
    offset, moved = shifted
    assert torch.equal(moved.train["video"], filmed.train["video"])
    assert torch.equal(moved.train["time"], filmed.train["time"])
    heard = moved.train["time"] + offset
    inside = (moved.train["time"] >= 0) & (heard > 0) & (heard < 0.99)
    before = (moved.train["time"] >= 0) & (heard <= 0) & (heard > -0.12)
    first = torch.where(inside, heard, 2.0).amin(1)
    clear = ~before.any(1) & (first < 2)
    assert clear.sum() > 300
    assert (onset(moved.train["wave"]) - first)[clear].abs().max() < 0.001


@pytest.mark.parametrize("offset", [0.999, -0.999])
def test_nearly_all_sound_may_be_cut_off(offset):
    moved = drawn(offset=offset)["train"]
    heard = (moved["time"] >= 0) & (moved["time"] + offset > -0.1) & (moved["time"] + offset < 1)
    assert not moved["wave"][~heard.any(1)].any()


def test_every_bounce_is_heard_when_the_sound_before_it_has_faded(filmed):
    times, wave = filmed.train["time"], filmed.train["wave"]
    for k in range(1, 4):
        apart = (times[:, k] - times[:, k - 1] > 0.15) & (times[:, k] < 0.97)
        assert apart.sum() > 5
        first = (times[apart, k] * 4000).ceil().long()
        before, after = (
            wave[apart].gather(1, first[:, None] + torch.arange(a, b)).abs().amax(1)
            for a, b in ((-40, 0), (0, 40))
        )
        assert (after > 20 * before).all()


def first_click(filmed):
    """The first clicks that nothing follows for 50 milliseconds: ``(N, 200)``."""
    times = filmed.train["time"]
    second = torch.where(times[:, 1] < 0, 2.0, times[:, 1])
    alone = (second - times[:, 0] > 0.05) & (times[:, 0] < 0.94)
    first = (times[alone, 0] * 4000).ceil().long()
    return alone, filmed.train["wave"][alone].gather(1, first[:, None] + torch.arange(200))


def test_the_smaller_the_ball_the_higher_the_click(filmed):
    alone, click = first_click(filmed)
    pitch = torch.fft.rfft(click, 4000).abs().argmax(1)
    torch.testing.assert_close(
        pitch.float(), 100 / filmed.train["radius"][alone], rtol=0.03, atol=2.0
    )


def test_the_faster_the_ball_hits_the_louder_the_click(filmed):
    alone, click = first_click(filmed)
    ratio = click.square().sum(1).sqrt() / filmed.train["speed"][alone, 0]
    assert ratio.std() / ratio.mean() < 0.05


def test_a_click_of_a_fall_through_the_whole_box_starts_at_nine_tenths_and_fades(filmed):
    """By the energy of a sine that is damped with 15 milliseconds, from 0 and from 20 on."""
    alone, click = first_click(filmed)
    hit = filmed.train["speed"][alone, 0] / math.sqrt(2 * clips.FALL)
    turn = 2 * math.pi * 100 / filmed.train["radius"][alone]
    second = torch.arange(200) / 4000
    plain = (-second / 0.015).exp() * (turn[:, None] * second).sin()
    for start in (0, 80):
        energy, expected = (x[:, start:].square().sum(1).sqrt() for x in (click, plain))
        ratio = energy / hit / expected
        assert ratio.median().item() == pytest.approx(0.9, rel=0.02), start


def test_clips_are_drawn_the_same_with_any_number_of_threads():
    here = drawn()
    assert same(drawn(), here)
    assert not same(drawn(seed=4), here)
    threads = torch.get_num_threads()
    torch.set_num_threads(2 if threads == 1 else 1)
    try:
        assert same(drawn(), here)
    finally:
        torch.set_num_threads(threads)


def test_what_was_drawn_is_read_in_a_fifth_of_a_second(filmed):
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        data.load("clips", n_train=600, n_test=100)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.2


@pytest.mark.parametrize("offset", [1, -1.0, 2.5, float("nan"), float("inf")])
def test_an_offset_beyond_the_clip_is_refused(offset):
    with pytest.raises(ValueError, match=r"offset is .* but a clip lasts one second; choose"):
        data.load("clips", offset=offset)


@pytest.mark.parametrize(
    ("option", "value", "fault"),
    [("n_train", 0, ValueError), ("n_test", 2.5, TypeError), ("seed", -1, ValueError)],
)
def test_impossible_options_are_refused(option, value, fault):
    with pytest.raises(fault, match=f"{option} is {value}"):
        data.load("clips", **{option: value})


def test_a_picture_and_a_player_are_shown(filmed):
    shown = filmed._repr_html_()
    assert shown.count("<audio") == 3
    assert shown.count("<img") == 2
