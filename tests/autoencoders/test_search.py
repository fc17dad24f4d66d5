"""Losses and codes of texts are those by hand, and codes find texts about the same thing."""

import math

import numpy as np
import pytest
import torch
from sklearn.feature_extraction.text import TfidfTransformer
from torch.nn import functional as F

from mmlearn_helpers import data
from mmlearn_helpers.autoencoders.corruptions import masking
from mmlearn_helpers.autoencoders.search import (
    TextAutoencoder,
    check_counts,
    rarity,
    root_shares,
)
from mmlearn_helpers.retrieval import nearest, precision_at_k
from mmlearn_helpers.training import fit, one_cycle


def texts(seed=0, n=9, n_words=6):
    generator = torch.Generator().manual_seed(seed)
    counts = torch.randint(4, (n, n_words), generator=generator).float()
    counts[:, 0] += 1
    return counts


def model(seed=0, sizes=(6, 5, 3), **options):
    torch.manual_seed(seed)
    return TextAutoencoder(sizes, **options)


def test_rarity_is_that_of_scikit_learn():
    counts = texts()
    expected = TfidfTransformer(smooth_idf=True).fit(counts.numpy()).idf_
    np.testing.assert_allclose(rarity(counts), expected, rtol=1e-6)


def test_rarity_does_not_ask_how_often_a_word_stands_in_a_text():
    counts = texts()
    assert torch.equal(rarity(counts), rarity(5 * counts))


def test_roots_of_shares_have_length_one_and_know_no_length_of_text():
    counts = texts()
    r = root_shares(counts)
    torch.testing.assert_close(r.norm(dim=1), torch.ones(9))
    torch.testing.assert_close(r, root_shares(7 * counts))
    by_hand = [[math.sqrt(n / sum(row)) for n in row] for row in counts.tolist()]
    np.testing.assert_allclose(r, by_hand, rtol=1e-6)


def test_the_loss_is_the_cross_entropy_of_the_shares_averaged_over_texts():
    autoencoder, counts = model(), texts()
    with torch.no_grad():
        pi = autoencoder.decode(autoencoder.encode(counts)).double().numpy()
    shares = (counts / counts.sum(dim=1, keepdim=True)).double().numpy()
    expected = -(shares * np.log(pi)).sum() / len(counts)
    assert list(autoencoder.loss(counts)) == ["loss"]
    assert autoencoder.loss(counts)["loss"].item() == pytest.approx(expected, rel=1e-5)


def test_the_loss_is_that_of_a_multinomial_without_its_constant():
    autoencoder, counts = model(), texts()
    with torch.no_grad():
        logits = autoencoder.decoder(autoencoder.encode(counts))
        total = 0.0
        for n, a in zip(counts, logits, strict=True):
            length = int(n.sum())
            orders = torch.lgamma(n.sum() + 1) - torch.lgamma(n + 1).sum()
            multinomial = torch.distributions.Multinomial(length, logits=a)
            total += (orders - multinomial.log_prob(n)) / length
        assert autoencoder.loss(counts)["loss"].item() == pytest.approx(total.item() / 9, rel=1e-5)


def test_long_and_short_texts_are_on_equal_terms():
    autoencoder, counts = model(), texts()
    lengths = torch.arange(1.0, 10.0)[:, None]
    expected = autoencoder.loss(counts)["loss"]
    torch.testing.assert_close(autoencoder.loss(lengths * counts)["loss"], expected)


def test_no_loss_is_below_the_entropy_of_the_texts():
    counts = texts(n=4)
    shares = counts / counts.sum(dim=1, keepdim=True)
    entropy = -torch.special.xlogy(shares, shares).sum(dim=1).mean()
    autoencoder = model(sizes=(6, 64, 4))
    fit(autoencoder, counts, epochs=600, batch_size=4, learning_rate=1e-2, schedule=one_cycle)
    assert entropy < autoencoder.loss(counts)["loss"] < entropy + 0.02


def test_decoded_rows_are_distributions():
    pi = model().decode(10 * torch.randn(5, 3))
    torch.testing.assert_close(pi.sum(dim=1), torch.ones(5))
    assert (pi >= 0).all()


@pytest.mark.parametrize("options", [{"corruption": masking(0.5)}, {"noise": 3.0}])
def test_codes_have_no_chance_in_them_also_in_training_mode(options):
    autoencoder, counts = model(**options).train(), texts()
    codes = autoencoder.encode(counts)
    assert torch.equal(codes, autoencoder.encode(counts))
    assert torch.equal(codes, autoencoder.eval().encode(counts))
    assert torch.equal(autoencoder.bits(counts), autoencoder.train().bits(counts))


@pytest.mark.parametrize("options", [{"corruption": masking(0.5)}, {"noise": 3.0}])
def test_the_loss_has_chance_in_it_in_training_only(options):
    autoencoder, counts = model(**options).train(), texts()
    with torch.no_grad():
        assert autoencoder.loss(counts)["loss"] != autoencoder.loss(counts)["loss"]
        autoencoder.eval()
        assert autoencoder.loss(counts)["loss"] == autoencoder.loss(counts)["loss"]


def test_the_corruption_spoils_what_is_read_and_not_what_is_restored():
    seen = []

    def spoil(x):
        seen.append(x.clone())
        return torch.zeros_like(x)

    autoencoder, counts = model(corruption=spoil).train(), texts()
    with torch.no_grad():
        a = autoencoder.decoder(autoencoder.encoder(torch.zeros(9, 6)))
        shares = counts / counts.sum(dim=1, keepdim=True)
        expected = -(shares * a.log_softmax(dim=1)).sum(dim=1).mean()
        torch.testing.assert_close(autoencoder.loss(counts)["loss"], expected)
    torch.testing.assert_close(seen[0], root_shares(counts))


def test_noise_stands_before_the_sigmoid():
    autoencoder, counts = model(noise=2.0).train(), texts()
    torch.manual_seed(3)
    found = autoencoder.loss(counts)["loss"]
    torch.manual_seed(3)
    a = autoencoder.encoder(root_shares(counts))
    h = (a + 2 * torch.randn_like(a)).sigmoid()
    shares = counts / counts.sum(dim=1, keepdim=True)
    expected = -(shares * autoencoder.decoder(h).log_softmax(dim=1)).sum(dim=1).mean()
    torch.testing.assert_close(found, expected)


def test_bits_are_codes_cut_at_one_half():
    autoencoder, counts = model(noise=1.0), texts()
    assert torch.equal(autoencoder.bits(counts), autoencoder.encode(counts) > 0.5)


def test_noise_drives_codes_to_the_ends():
    counts = texts(n=60, n_words=6)
    away = []
    for noise in (0.0, 3.0):
        autoencoder = model(sizes=(6, 32, 3), noise=noise)
        fit(autoencoder, counts, epochs=200, batch_size=20, learning_rate=1e-2)
        away.append((autoencoder.eval().encode(counts) - 0.5).abs().mean().item())
    assert away[1] > away[0] + 0.03 and away[1] > 0.4


def test_codes_find_topics_that_share_no_word():
    """Words 0 and 1 never meet, but both meet word 2; words 3 and 4 meet word 5."""
    pairs = torch.tensor([[0, 2], [1, 2], [3, 5], [4, 5]])
    counts = torch.zeros(200, 6).scatter_add(1, pairs.repeat(50, 1), torch.ones(200, 2))
    autoencoder = model(sizes=(6, 16, 2))
    fit(autoencoder, counts, epochs=60, batch_size=20, learning_rate=1e-2)
    apple, orange, plane = autoencoder.encode(torch.eye(6)[[0, 1, 3]]).detach()
    assert F.cosine_similarity(apple, orange, dim=0) > F.cosine_similarity(apple, plane, dim=0)


def test_real_texts_are_found_with_eight_numbers():
    docs = data.load("docs", n_words=1000)
    counts, y = docs.train["text"][:1500], docs.train["module"][:1500]
    kept = counts.sum(dim=1) > 0
    counts, y = counts[kept] * rarity(counts[kept]), y[kept]
    autoencoder = model(sizes=(1000, 64, 8))
    before = autoencoder.encode(counts)
    fit(autoencoder, counts, epochs=6, batch_size=64, learning_rate=1e-2, schedule=one_cycle)
    after = autoencoder.encode(counts)
    untrained, trained = (
        precision_at_k(z[::3], y[::3], z[1::3], y[1::3], 5) for z in (before, after)
    )
    assert trained > untrained + 0.2


def test_a_text_without_a_known_word_is_named():
    counts = texts()
    counts[4] = 0
    with pytest.raises(ValueError, match=r"1 documents have no known word, the first in row 4"):
        check_counts(counts)


def test_the_cosine_of_such_a_text_would_be_nan_and_rank_first():
    """What `check_counts` is there for."""
    counts = texts()
    zero = torch.zeros(1, 6)
    alike = (counts @ zero.T).flatten() / (counts.norm(dim=1) * zero.norm())
    assert alike.isnan().all()
    assert nearest(zero, counts, 9).shape == (1, 9)  # what torch.normalize makes of it: any order


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_other_precisions_stay_what_they_are(dtype):
    counts = texts().to(dtype)
    autoencoder = model().to(dtype)
    assert rarity(counts).dtype == root_shares(counts).dtype == dtype
    assert autoencoder.encode(counts).dtype == dtype
    assert autoencoder.loss(counts)["loss"].dtype == dtype
