"""Content and speaker: the algebra of normalisation, the partners, every length, every mistake."""

import io

import pytest
import torch
from scipy.signal import resample_poly
from torch.nn import functional as F

from mmlearn_helpers.autoencoders.disentangling import VoiceConverter, draw_partners
from mmlearn_helpers.autoencoders.normalisation import instance_norm, match_statistics
from mmlearn_helpers.data.audio import log_mel
from mmlearn_helpers.data.drawn.phones import draw_speakers
from mmlearn_helpers.data.drawn.voices import speak
from mmlearn_helpers.evaluation import mel_cepstral_distance
from mmlearn_helpers.training import fit, one_cycle


def converter(seed=0, n_mels=6, **options):
    torch.manual_seed(seed)
    return VoiceConverter(n_mels, 3, 5, width=8, **options).double()


def recordings(n=4, n_frames=9, n_mels=6, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(n, 1, n_mels, n_frames, dtype=torch.float64, generator=generator)


def test_instance_norm_is_torch_s_own():
    x = recordings()[:, 0]
    torch.testing.assert_close(instance_norm(x), F.instance_norm(x, eps=1e-4))
    torch.testing.assert_close(instance_norm(x, eps=0.1), F.instance_norm(x, eps=0.1))


def test_a_filter_is_taken_away_and_a_gain_but_for_eps():
    x = recordings(n_frames=50)[:, 0]
    offset, gain = torch.randn(6, 1).double(), 0.5 + torch.rand(6, 1).double()
    u = instance_norm(x)
    torch.testing.assert_close(instance_norm(x + offset), u)
    torch.testing.assert_close(instance_norm(gain * x, eps=1e-12), instance_norm(x, eps=1e-12))
    assert (instance_norm(-x) + u).abs().max() < 1e-12
    torch.testing.assert_close(u.mean(dim=2), torch.zeros(4, 6).double(), atol=1e-12, rtol=0)
    assert (u.var(dim=2, correction=0) - 1).abs().max() < 0.01


def test_moved_statistics_are_the_target_s():
    source, target = recordings(), 0.3 * recordings(n_frames=14, seed=1) + 0.1
    moved = match_statistics(source, target)
    assert moved.shape == source.shape
    torch.testing.assert_close(moved.mean(dim=3), target.mean(dim=3))
    ratio = moved.std(dim=3, correction=0) / target.std(dim=3, correction=0)
    assert (ratio - 1).abs().max() < 0.01
    torch.testing.assert_close(match_statistics(source, source), source, atol=1e-3, rtol=0)


@pytest.mark.parametrize("seed", range(5))
def test_partners_are_others_of_the_same_speaker(seed):
    speaker = torch.tensor([3, 1, 3, 7, 1, 7, 7, 3, 3])
    partner = draw_partners(speaker, seed=seed)
    assert (speaker[partner] == speaker).all()
    assert (partner != torch.arange(9)).all()
    assert (draw_partners(speaker, seed=seed) == partner).all()


def test_every_other_recording_is_as_likely():
    speaker = torch.tensor([0, 1, 0, 0, 1, 0])
    drawn = torch.stack([draw_partners(speaker, seed=seed) for seed in range(900)])
    counts = torch.stack([torch.bincount(column, minlength=6) for column in drawn.T])
    same = (speaker[:, None] == speaker) & ~torch.eye(6, dtype=torch.bool)
    assert (counts[~same] == 0).all()
    assert (counts[speaker == 0][same[speaker == 0]] > 230).all()  # 300 expected
    assert (counts[speaker == 1][same[speaker == 1]] == 900).all()


def test_partners_leave_the_caller_s_random_numbers_alone():
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    draw_partners(torch.zeros(5, dtype=torch.long))
    assert torch.rand(1) == expected


def test_the_converter_is_its_layers_by_hand():
    model, x, other = converter(), recordings(), recordings(seed=1)
    h = x[:, 0]
    for i, layer in enumerate(model.content):
        h = F.conv1d(h.relu() if i else h, layer.weight, layer.bias, padding=1)
        h = F.instance_norm(h, eps=1e-4)
    torch.testing.assert_close(model.encode_content(x), h)
    s = other[:, 0] - 0.5
    for layer in (model.speaker[0], model.speaker[2]):
        s = F.conv1d(s, layer.weight, layer.bias, padding=1).relu()
    s = s.mean(dim=2) @ model.speaker_code.weight.T + model.speaker_code.bias
    torch.testing.assert_close(model.encode_speaker(other), s)
    for layer, voice in zip(model.decoder, model.voices, strict=True):
        scale, shift = (s @ voice.weight.T + voice.bias)[:, :, None].split(8, dim=1)
        h = F.conv1d(h, layer.weight, layer.bias, padding=1)
        h = (h + scale * h + shift).relu()
    x_hat = F.conv1d(h, model.output.weight, model.output.bias, padding=1)[:, None]
    error = ((x - x_hat) ** 2).sum() / len(x)
    loss = model.loss({"audio": x, "same_speaker": other})
    assert list(loss) == ["loss"]
    torch.testing.assert_close(loss["loss"], error)
    torch.testing.assert_close(model.convert(x, other), x_hat.clamp(0, 1))


def test_what_is_made_without_options_is_what_the_chapter_trains():
    model = VoiceConverter()
    content, code = model.encode_content(torch.rand(2, 1, 40, 7)), torch.zeros(2, 16)
    assert content.shape == (2, 4, 7)
    assert model.encode_speaker(torch.rand(2, 1, 40, 7)).shape == code.shape
    assert model.content[0].out_channels == model.output.in_channels == 48
    assert (model.output.bias == 0.5).all()


def test_content_has_no_mean_and_no_deviation_of_its_own():
    content = converter().encode_content(recordings(n_frames=40))
    assert content.mean(dim=2).abs().max() < 1e-12
    assert (content.var(dim=2, correction=0) - 1).abs().max() < 0.05
    free = converter(normalise=False).encode_content(recordings(n_frames=40))
    assert free.mean(dim=2).abs().max() > 0.01


def test_one_voice_does_not_depend_on_the_order_of_frames_in_the_long_run():
    model, x = converter(), recordings(n_frames=200)
    code, turned = model.encode_speaker(x), model.encode_speaker(x.roll(100, dims=3))
    assert (code - turned).abs().max() < 0.05 * code.abs().max()


@pytest.mark.parametrize("n_source", [1, 2, 7, 31, 32, 48])
@pytest.mark.parametrize("n_target", [1, 5, 64])
def test_a_conversion_is_as_long_as_its_source(n_source, n_target):
    source, target = recordings(n_frames=n_source), recordings(n_frames=n_target, seed=1)
    converted = converter().convert(source, target)
    assert converted.shape == source.shape
    assert converted.isfinite().all()
    assert not converted.requires_grad
    assert 0 <= converted.min() <= converted.max() <= 1


@pytest.mark.parametrize("level", [0.0, 0.4, 1.0])
def test_silence_and_constant_sound_give_finite_numbers_and_gradients(level):
    model = converter(n_mels=40).float()
    silence = log_mel(torch.zeros(2, 1000), 8000) + level
    assert model.convert(silence, silence).isfinite().all()
    loss = model.loss({"audio": silence, "same_speaker": silence})["loss"]
    loss.backward()
    assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)


def test_a_recording_at_another_rate_has_other_frames_until_it_is_brought_back():
    wave = speak(torch.arange(4), torch.arange(4))["wave"]
    fast = torch.tensor(resample_poly(wave.numpy(), 2, 1, axis=1)).float()
    back = torch.tensor(resample_poly(fast.numpy(), 1, 2, axis=1)).float()
    usual, wrong, mended = log_mel(wave, 8000), log_mel(fast, 16_000), log_mel(back, 8000)
    assert wrong.shape[3] == 2 * usual.shape[3]
    assert (mended - usual).abs().mean() < 0.02 < (wrong[..., ::2] - usual).abs().mean()


def test_gradients_are_those_of_differences():
    model, x, other = converter(), recordings(n=2), recordings(n=2, seed=1)
    batch = {"audio": x, "same_speaker": other}
    model.loss(batch)["loss"].backward()
    for parameter in (model.content[0].weight, model.speaker_code.weight, model.output.bias):
        place = (0,) * parameter.ndim
        with torch.no_grad():
            values = []
            for step in (1e-5, -2e-5):
                parameter[place] += step
                values.append(model.loss(batch)["loss"].item())
            parameter[place] += 1e-5
        found = (values[0] - values[1]) / 2e-5
        assert found == pytest.approx(parameter.grad[place].item(), rel=1e-4, abs=1e-6)


def test_the_weights_go_through_a_file():
    model, x = converter(), recordings()
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    other = converter(seed=1)
    other.load_state_dict(torch.load(file))
    torch.testing.assert_close(model.convert(x, x), other.convert(x, x), rtol=0, atol=0)


def test_training_brings_the_conversion_closer_to_the_truth_than_the_source():
    n = 800
    speaker = torch.arange(n) % 20
    label = torch.arange(n) // 20 % 10
    x = speak(label, draw_speakers(20)[speaker])["audio"]
    torch.manual_seed(0)
    model = VoiceConverter()
    other = torch.cat([draw_partners(speaker, seed=i) for i in range(6)])
    batch = {"audio": x.repeat(6, 1, 1, 1), "same_speaker": x[other]}
    fit(model, batch, epochs=1, batch_size=16, learning_rate=1e-2, schedule=one_cycle)
    word, men, women = torch.arange(40) % 10, torch.tensor([0, 3]), torch.tensor([1, 4])
    a, b = men.repeat(20), women.repeat(20)
    source, truth = (speak(word, who, seed=5)["audio"] for who in (a, b))
    sample = speak((word + 1) % 10, b, seed=6)["audio"]
    before = mel_cepstral_distance(source, truth).mean()
    assert mel_cepstral_distance(model.convert(source, sample), truth).mean() < before - 0.5


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda m, x: m.encode_content(x[:, 0]), ValueError, r"\(N, 1, 6, frames\)"),
        (lambda m, x: m.encode_speaker(x[:, :, :5]), ValueError, "with as many bands"),
        (lambda m, x: m.encode_content([*x]), TypeError, "different lengths .* padded with 0"),
        (lambda m, x: m.convert(x, x[:2]), ValueError, "4 contents and 2 speakers"),
        (lambda m, x: m.decode(x[:, 0], torch.zeros(4, 5).double()), ValueError, "encode_content"),
        (lambda m, x: m.loss(x), ValueError, "'same_speaker'"),
        (lambda m, x: m.loss({"audio": x}), ValueError, "draw_partners"),
        (lambda m, x: m.convert(x * torch.nan, x), ValueError, "NaN"),
        (lambda m, x: m.convert(x.float(), x), TypeError, "float64"),
    ],
)
def test_what_cannot_be_used_is_refused_with_advice(call, error, words):
    with pytest.raises(error, match=words):
        call(converter(), recordings())


def test_a_speaker_with_a_single_recording_is_named():
    with pytest.raises(ValueError, match=r"Speaker 4 has a single recording, row 2, .* leave this"):
        draw_partners(torch.tensor([1, 1, 4]))
