"""PCA agrees with scikit-learn, and the linear autoencoder finds the same subspace."""

import functools
import math

import numpy as np
import pytest
import torch
from scipy.linalg import subspace_angles
from sklearn import decomposition

from mmlearn_helpers.autoencoders.pca import PCA, LinearAutoencoder
from mmlearn_helpers.evaluation import reconstruction_error
from mmlearn_helpers.training import fit, one_cycle

# What else is unusable stands in test_checks.py.
UNUSABLE = [
    pytest.param([[1.0] * 6], TypeError, r"is a list.*as_tensor\(NAME, ", id="a list"),
    pytest.param(torch.ones(0, 6), ValueError, "nothing in it.*at least one", id="no rows"),
    pytest.param(torch.full((2, 6), math.nan), ValueError, "NaN.*remove", id="NaN"),
]
UNFIT = [
    UNUSABLE[0],
    pytest.param(torch.ones(2, 5), ValueError, "5 columns.*made for 6", id="narrow"),
    pytest.param(
        torch.ones(2, 6).double(), TypeError, r"convert.* NAME\.to\(torch\.float32\)", id="float64"
    ),
]


def refusal(error, name, words):
    return pytest.raises(error, match=rf"(?i)^{name} .*{words.replace('NAME', name)}")


def matrix(seed, n=60, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    draw = functools.partial(torch.randn, dtype=torch.float64, generator=generator)
    rotation, _ = torch.linalg.qr(draw(6, 6))
    deviations = torch.tensor([3, 2, 1, 0.5, 0.4, 0.3], dtype=torch.float64)
    return (draw(n, 6) * deviations @ rotation + draw(6)).to(dtype)


def eigenvalues(x):
    centred = x.numpy() - x.numpy().mean(axis=0)
    return np.linalg.eigvalsh(centred.T @ centred / len(centred))[::-1]


def close(found, expected, atol=1e-10):
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=0, atol=atol)


@pytest.mark.parametrize(("n", "k"), [(60, 1), (60, 6), (4, 3)])
def test_axes_are_those_of_scikit_learn_up_to_sign(n, k):
    x = matrix(0, n)
    expected = decomposition.PCA(k, svd_solver="full").fit(x.numpy()).components_
    found = PCA(k).fit(x).components.numpy()
    close(found * np.sign((found * expected).sum(axis=1, keepdims=True)), expected)


def test_variances_are_those_of_scikit_learn_with_n_in_the_denominator():
    x = matrix(0)
    expected = decomposition.PCA(4, svd_solver="full").fit(x.numpy()).explained_variance_
    close(PCA(4).fit(x).variances, expected * 59 / 60)


def test_new_examples_are_reconstructed_as_by_scikit_learn():
    x, new = matrix(0), matrix(100)
    reference = decomposition.PCA(3, svd_solver="full").fit(x.numpy())
    pca = PCA(3).fit(x)
    expected = reference.inverse_transform(reference.transform(new.numpy()))
    close(pca.decode(pca.encode(new)), expected)


def test_codes_are_uncorrelated_with_the_given_variances():
    x = matrix(0)
    pca = PCA(4).fit(x)
    close(np.cov(pca.encode(x).numpy().T, ddof=0), np.diag(pca.variances))


@pytest.mark.parametrize("k", [1, 3, 6])
def test_the_error_is_the_sum_of_the_eigenvalues_left_out(k):
    x = matrix(0)
    error = reconstruction_error(PCA(k).fit(x), x)
    assert error == pytest.approx(eigenvalues(x)[k:].sum(), rel=1e-10, abs=1e-12)


def test_no_random_subspace_reconstructs_better():
    x = matrix(0)
    centred = (x - x.mean(dim=0)).numpy()
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(200):
        axes, _ = np.linalg.qr(rng.normal(size=(6, 2)))
        errors.append(np.square(centred - centred @ axes @ axes.T).sum(axis=1).mean())
    assert reconstruction_error(PCA(2).fit(x), x) < min(errors)


def test_the_mean_is_that_of_every_feature():
    x = matrix(0)
    close(PCA(2).fit(x).mean, x.numpy().mean(axis=0))


def test_axes_are_orthonormal():
    axes = PCA(4).fit(matrix(0)).components.numpy()
    close(axes @ axes.T, np.eye(4))


def test_the_largest_variance_comes_first():
    variances = PCA(6).fit(matrix(0)).variances.tolist()
    assert variances == sorted(variances, reverse=True)


def test_the_entry_of_largest_magnitude_of_each_axis_is_positive():
    axes = np.concatenate([PCA(6).fit(matrix(seed)).components.numpy() for seed in range(5)])
    assert (axes.max(axis=1) == np.abs(axes).max(axis=1)).all()


def test_examples_mirrored_or_in_another_order_have_the_same_axes():
    x = matrix(0)
    axes = PCA(3).fit(x).components
    close(PCA(3).fit(-x).components, axes)
    close(PCA(3).fit(x.flip(0)).components, axes)


def test_shifted_examples_have_the_same_axes():
    x = matrix(0)
    close(PCA(3).fit(x + 5).components, PCA(3).fit(x).components)


@pytest.mark.parametrize("unit", [1e-100, 1e100])
def test_axes_do_not_depend_on_the_unit(unit):
    x = matrix(0)
    expected = PCA(3).fit(x)
    found = PCA(3).fit(x * unit)
    close(found.components, expected.components)
    close(found.variances / unit**2, expected.variances)


@pytest.mark.parametrize(("n", "k"), [(60, 6), (3, 3), (1, 1)])
def test_as_many_components_as_possible_reconstruct_exactly(n, k):
    x = matrix(0, n)
    pca = PCA(k).fit(x)
    close(pca.decode(pca.encode(x)), x)


def test_a_component_more_than_independent_directions_has_no_variance():
    close(PCA(3).fit(matrix(0, 3)).variances[2], 0)


def test_decoding_and_encoding_again_gives_the_code_back():
    x = matrix(0)
    pca = PCA(3).fit(x)
    z = matrix(1)[:, :3]
    close(pca.encode(pca.decode(z)), z)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_type_of_the_numbers_is_kept(dtype):
    x = matrix(0, dtype=dtype)
    pca = PCA(2).fit(x)
    tensors = [pca.mean, pca.components, pca.variances, pca.encode(x), pca.decode(pca.encode(x))]
    assert {tensor.dtype for tensor in tensors} == {dtype}


def test_single_precision_finds_the_axes_of_double_precision():
    x = matrix(0)
    close(PCA(3).fit(x.float()).components, PCA(3).fit(x).components, atol=1e-5)


def test_constant_data_have_no_variance_and_are_reconstructed():
    x = torch.full((7, 4), 0.1)
    pca = PCA(2).fit(x)
    close(pca.variances, [0, 0])
    close(pca.components @ pca.components.T, np.eye(2), atol=1e-6)
    close(pca.decode(pca.encode(x)), x, atol=1e-7)


def test_a_constant_feature_has_no_part_in_the_first_axes():
    x = matrix(0)
    x[:, 2] = 4
    close(PCA(5).fit(x).components[:, 2], np.zeros(5))


def test_the_axis_of_one_feature_is_plus_one():
    x = matrix(0)[:, :1]
    pca = PCA(1).fit(x)
    close(pca.components, [[1]])
    close(pca.variances, np.var(x.numpy(), axis=0))


def test_examples_that_are_not_contiguous_are_fitted_and_encoded_alike():
    x = matrix(0)
    strided = x.T.contiguous().T
    expected, found = PCA(3).fit(x), PCA(3).fit(strided)
    close(found.components, expected.components)
    close(found.encode(strided), expected.encode(x))


def test_fitting_and_encoding_leave_the_examples_as_they_were():
    x = matrix(0)
    before = x.clone()
    pca = PCA(3).fit(x)
    pca.decode(pca.encode(x))
    assert torch.equal(x, before)


def test_gradients_flow_through_codes_and_reconstructions():
    pca = PCA(2).fit(matrix(0))
    x = matrix(1, 3).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: pca.decode(pca.encode(x).square()), x)


def test_what_was_fitted_to_examples_with_a_gradient_has_none_itself():
    pca = PCA(2).fit(matrix(0).requires_grad_())
    assert not any(t.requires_grad for t in (pca.mean, pca.components, pca.variances))


def test_fit_returns_the_object_itself():
    pca = PCA(2)
    assert pca.fit(matrix(0)) is pca


def test_fitting_again_forgets_the_first_data():
    second = matrix(1)[:, :4]
    again, fresh = PCA(2).fit(matrix(0)).fit(second), PCA(2).fit(second)
    for name in ("mean", "components", "variances"):
        assert torch.equal(getattr(again, name), getattr(fresh, name))


def test_a_refused_fit_keeps_the_axes_found_before():
    x = matrix(0)
    pca = PCA(2).fit(x)
    before = pca.encode(x)
    with pytest.raises(ValueError, match="NaN"):
        pca.fit(torch.full((8, 6), math.nan))
    assert torch.equal(pca.encode(x), before)


@pytest.mark.parametrize(("n", "k", "most"), [(60, 0, 6), (60, -1, 6), (60, 7, 6), (3, 4, 3)])
def test_a_number_of_components_that_the_examples_do_not_allow_is_refused_by_fit(n, k, most):
    pca = PCA(k)
    words = rf"{k} components.*1 to {most} .*\({n} examples of 6 features\); choose n_components"
    with pytest.raises(ValueError, match=words):
        pca.fit(matrix(0, n))


@pytest.mark.parametrize("k", [2.0, "2"])
def test_a_number_of_components_that_is_not_whole_is_refused(k):
    words = f"n_components is {k!r}, but a whole number is expected"
    pca = PCA(k)
    with pytest.raises(TypeError, match=words):
        pca.fit(matrix(0))
    with pytest.raises(TypeError, match=words):
        LinearAutoencoder(6, k)


@pytest.mark.parametrize(("x", "error", "words"), UNUSABLE)
def test_pca_refuses_to_fit_unusable_examples(x, error, words):
    with refusal(error, "x", words):
        PCA(1).fit(x)


@pytest.mark.parametrize(("method", "name"), [("encode", "x"), ("decode", "z")])
@pytest.mark.parametrize(("value", "error", "words"), UNFIT)
def test_pca_refuses_unusable_examples_and_codes(method, name, value, error, words):
    pca = PCA(6).fit(matrix(0, dtype=torch.float32))
    with refusal(error, name, words):
        getattr(pca, method)(value)


def test_pca_in_double_precision_refuses_single_precision():
    pca = PCA(6).fit(matrix(0))
    for method in (pca.encode, pca.decode):
        with pytest.raises(TypeError, match=r"\.to\(torch\.float64\)"):
            method(torch.ones(2, 6))


@pytest.mark.parametrize("method", ["encode", "decode"])
def test_pca_refuses_to_work_before_fit(method):
    with pytest.raises(RuntimeError, match=r"no axes yet; call fit\(x\) with training data first"):
        getattr(PCA(2), method)(torch.ones(3, 2))


@functools.cache
def fitted(tied):
    torch.manual_seed(0)
    model = LinearAutoencoder(6, 2, tied=tied).double()
    fit(model, matrix(0), epochs=1500, batch_size=60, learning_rate=0.03, schedule=one_cycle)
    return model.requires_grad_(False)


def linear(seed, tied, k=2):
    torch.manual_seed(seed)
    model = LinearAutoencoder(6, k, tied=tied).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter))
    return model


TIED = pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])


@TIED
def test_the_decoder_reaches_the_subspace_of_pca(tied):
    model = fitted(tied)
    axes = PCA(2).fit(matrix(0)).components
    assert subspace_angles(model.decoder_weight.numpy(), axes.T.numpy()).max() < 1e-3


# What an untied encoder reads outside the subspace costs little, so it is unlearnt late.
@TIED
def test_the_encoder_reaches_the_subspace_of_pca(tied):
    axes = PCA(2).fit(matrix(0)).components
    assert subspace_angles(fitted(tied).W.T.numpy(), axes.T.numpy()).max() < 2e-2


@TIED
def test_the_linear_autoencoder_reaches_the_error_of_pca_and_not_less(tied):
    x = matrix(0)
    least = eigenvalues(x)[2:].sum()
    error = reconstruction_error(fitted(tied), x)
    assert least * (1 - 1e-10) <= error < least * (1 + 1e-4)


def test_tied_weights_become_orthonormal():
    W = fitted(True).W
    close(W @ W.T, np.eye(2), atol=1e-4)


def test_an_untied_encoder_becomes_an_inverse_of_its_decoder():
    model = fitted(False)
    close(model.W @ model.decoder_weight, np.eye(2), atol=1e-4)


@TIED
def test_the_mean_example_becomes_its_own_reconstruction(tied):
    model = fitted(tied)
    mean = matrix(0).mean(dim=0, keepdim=True)
    close(model.decode(model.encode(mean)), mean, atol=1e-3)


@TIED
def test_without_training_no_linear_autoencoder_beats_pca(tied):
    x = matrix(0)
    least = eigenvalues(x)[2:].sum()
    assert all(reconstruction_error(linear(seed, tied), x) > least for seed in range(20))


def test_the_decoder_weights_are_v_itself_or_the_transpose_of_w():
    untied, tied = linear(0, False), linear(0, True)
    assert untied.decoder_weight is untied.V
    assert torch.equal(tied.decoder_weight, tied.W.T)
    assert untied.decoder_weight.shape == tied.decoder_weight.shape == (6, 2)


@TIED
def test_the_decoder_weights_follow_training(tied):
    model, z = linear(0, tied), matrix(1)[:, :2]
    fit(model, matrix(0), epochs=1, learning_rate=0.1)
    close((z @ model.decoder_weight.T + model.b).detach(), model.decode(z).detach())


def test_tied_weights_are_half_as_many():
    def n_weights(tied):
        model = LinearAutoencoder(6, 2, tied=tied)
        return sum(weight.numel() for weight in model.parameters()) - model.b.numel()

    assert n_weights(tied=True) == 6 * 2
    assert n_weights(tied=False) == 2 * n_weights(tied=True)


def test_tied_and_untied_start_with_the_same_reconstructions():
    x = matrix(0, dtype=torch.float32)
    outputs = []
    for tied in (False, True):
        torch.manual_seed(3)
        model = LinearAutoencoder(6, 2, tied=tied)
        outputs.append(model.decode(model.encode(x)))
    assert torch.equal(*outputs)


def test_another_seed_starts_with_other_weights():
    weights = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        weights.append(LinearAutoencoder(6, 2).W)
    assert not torch.allclose(*weights)


@TIED
@pytest.mark.parametrize("k", [1, 6])
def test_linear_codes_and_reconstructions_are_those_of_the_formula(tied, k):
    model, x = linear(0, tied, k), matrix(0)
    W, b = model.W.detach().numpy(), model.b.detach().numpy()
    V = W.T if tied else model.V.detach().numpy()
    z = np.stack([W @ (row - b) for row in x.numpy()])
    close(model.encode(x).detach(), z)
    close(model.decode(torch.from_numpy(z)).detach(), np.stack([V @ code + b for code in z]))


@TIED
def test_the_linear_loss_is_summed_over_features_and_averaged_over_examples(tied):
    model, x = linear(0, tied), matrix(0)
    x_hat = model.decode(model.encode(x)).detach().numpy()
    expected = ((x.numpy() - x_hat) ** 2).sum() / len(x)
    assert list(model.loss(x)) == ["loss"]
    assert model.loss(x)["loss"].item() == pytest.approx(expected, rel=1e-12)


@TIED
def test_gradients_of_the_linear_loss_are_those_by_hand(tied):
    model, x = linear(0, tied), matrix(0)
    model.loss(x)["loss"].backward()
    W, b = model.W.detach().numpy(), model.b.detach().numpy()
    V = W.T if tied else model.V.detach().numpy()
    shifted = x.numpy() - b
    residual = shifted @ W.T @ V.T - shifted
    by_encoder = 2 / len(x) * V.T @ residual.T @ shifted
    by_decoder = 2 / len(x) * residual.T @ shifted @ W.T
    close(model.b.grad, 2 / len(x) * (np.eye(6) - V @ W).T @ residual.sum(axis=0), atol=1e-9)
    if tied:
        close(model.W.grad, by_encoder + by_decoder.T, atol=1e-9)
    else:
        close(model.W.grad, by_encoder, atol=1e-9)
        close(model.V.grad, by_decoder, atol=1e-9)


@TIED
def test_saved_linear_weights_give_the_same_reconstructions_when_loaded(tied):
    saved, other, x = linear(0, tied), linear(1, tied), matrix(0)
    other.load_state_dict(saved.state_dict())
    assert torch.equal(other.decode(other.encode(x)), saved.decode(saved.encode(x)))


def test_one_feature_and_one_unit_are_learnt_exactly():
    x = matrix(0, dtype=torch.float32)[:, :1]
    model = LinearAutoencoder(1, 1)
    fit(model, x, epochs=300, batch_size=60, learning_rate=0.05, schedule=one_cycle)
    assert reconstruction_error(model, x) < 1e-6


@pytest.mark.parametrize("k", [0, -1, 7])
def test_a_code_size_outside_1_to_the_number_of_features_is_refused(k):
    words = rf"{k} components.*1 to 6 .*\(6 features\); choose n_components"
    with pytest.raises(ValueError, match=words):
        LinearAutoencoder(6, k)


@pytest.mark.parametrize(("method", "name"), [("encode", "x"), ("loss", "x"), ("decode", "z")])
@pytest.mark.parametrize(("value", "error", "words"), UNFIT)
def test_the_linear_autoencoder_refuses_unusable_examples_and_codes(
    method, name, value, error, words
):
    with refusal(error, name, words):
        getattr(LinearAutoencoder(6, 6), method)(value)


def test_a_linear_autoencoder_made_double_refuses_single_precision():
    model = LinearAutoencoder(6, 6).double()
    for method in (model.encode, model.loss, model.decode):
        with pytest.raises(TypeError, match=r"\.to\(torch\.float64\)"):
            method(torch.ones(2, 6))


def test_another_number_of_components_counts_from_the_next_fit():
    x = matrix(0)
    pca = PCA(2).fit(x)
    expected = pca.decode(pca.encode(x))
    pca.n_components = 3
    close(pca.decode(pca.encode(x)), expected)
    assert pca.fit(x).encode(x).shape[1] == 3


def test_encoder_and_decoder_begin_alike_and_short_but_do_not_share_their_numbers():
    model = LinearAutoencoder(6, 3)
    assert torch.equal(model.V, model.W.T)
    close(torch.linalg.svdvals(model.W.detach()), torch.full((3,), 0.5), atol=1e-6)
    before = model.V.detach().clone()
    with torch.no_grad():
        model.W.zero_()
    assert torch.equal(model.V, before)
