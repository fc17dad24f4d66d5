"""The training loop is repeatable, records means per example, and stops when the loss is lost."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from mmlearn_helpers.autoencoders.deep import DeepAutoencoder
from mmlearn_helpers.autoencoders.pca import LinearAutoencoder
from mmlearn_helpers.training import fit, one_cycle

pytestmark = pytest.mark.filterwarnings("error")


class Centre(nn.Module):
    """Learns the mean of its examples, and remembers every batch that it saw."""

    def __init__(self, n_features=3, noise=0.0):
        super().__init__()
        self.centre = nn.Parameter(torch.zeros(n_features, dtype=torch.float64))
        self.beside = nn.Parameter(torch.ones(1, dtype=torch.float64))
        self.noise = noise
        self.batches = []
        self.states = []

    def loss(self, x):
        self.batches.append(x.detach().clone())
        self.states.append((self.training, torch.is_grad_enabled()))
        x = x + self.noise * torch.randn_like(x)
        squared = (x - self.centre).square().flatten(1).sum(dim=1).mean()
        return {"loss": squared, "beside": 2 * squared.detach() + self.beside.sum()}


class Slope(nn.Module):
    """Has a constant gradient, so that each of Adam's steps is as long as the step size."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(1, dtype=torch.float64))
        self.course = []

    def loss(self, x):
        self.course.append(self.w.item())
        return {"loss": self.w.sum() + 0 * x.sum()}

    def step_sizes(self):
        return -np.diff([*self.course, self.w.item()])


class Breaks(nn.Module):
    """Has a usable loss for some calls and then another value."""

    def __init__(self, after, value):
        super().__init__()
        self.w = nn.Parameter(torch.ones(1))
        self.left, self.value = after, value

    def loss(self, x):
        self.left -= 1
        return {"loss": self.w.sum() * (1.0 if self.left >= 0 else self.value)}


def examples(n=10, d=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, dtype=torch.float64, generator=generator) + torch.arange(n)[:, None]


def autoencoder(kind):
    torch.manual_seed(0)
    return {
        "linear": lambda: LinearAutoencoder(3, 2),
        "deep": lambda: DeepAutoencoder([3, 5, 2]),
        "dropout": lambda: DeepAutoencoder([3, 5, 2], activation=nn.Dropout),
    }[kind]().double()


def parameters(model):
    return [parameter.detach().clone() for parameter in model.parameters()]


def same(first, second):
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("kind", ["linear", "deep", "dropout"])
def test_the_same_seed_gives_the_same_weights_and_history_bit_by_bit(kind):
    runs = []
    for caller_seed in (1, 2):
        model = autoencoder(kind)
        torch.manual_seed(caller_seed)
        history = fit(model, examples(), epochs=3, batch_size=4, schedule=one_cycle, seed=5)
        runs.append((parameters(model), history.train["loss"]))
    assert same(runs[0][0], runs[1][0])
    assert runs[0][1] == runs[1][1]


def test_another_seed_gives_other_weights():
    weights = []
    for seed in (5, 6):
        model = autoencoder("deep")
        fit(model, examples(), epochs=3, batch_size=4, seed=seed)
        weights.append(parameters(model))
    assert not same(*weights)


def test_the_seed_also_sets_the_noise_that_the_loss_draws():
    centres = []
    for seed in (5, 5, 6):
        model = Centre(noise=1.0)
        fit(model, examples(), epochs=1, batch_size=10, seed=seed)
        centres.append(model.centre.detach())
    assert torch.equal(centres[0], centres[1])
    assert not torch.equal(centres[0], centres[2])


def test_the_random_state_of_the_caller_is_left_as_it_was():
    torch.manual_seed(3)
    # NPY002 forbids numpy's legacy random state; here it is what must be left alone.
    np_state = np.random.get_state()[1].copy()  # noqa: NPY002
    before = torch.get_rng_state()
    fit(Centre(noise=1.0), examples(), epochs=2, batch_size=4)
    assert torch.equal(torch.get_rng_state(), before)
    assert (np.random.get_state()[1] == np_state).all()  # noqa: NPY002


def test_the_random_state_of_the_caller_is_left_as_it_was_when_training_breaks_off():
    before = torch.get_rng_state()
    with pytest.raises(FloatingPointError):
        fit(Breaks(2, math.nan), examples(), epochs=2, batch_size=4)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("n", "batch_size", "lengths"),
    [(10, 4, [4, 4, 2]), (10, 5, [5, 5]), (10, 99, [10]), (1, 1, [1])],
)
def test_only_the_last_batch_of_an_epoch_is_smaller(n, batch_size, lengths):
    model = Centre()
    fit(model, examples(n), epochs=2, batch_size=batch_size)
    assert [len(batch) for batch in model.batches] == 2 * lengths


def test_every_epoch_sees_every_example_once_in_an_order_of_its_own():
    model, x = Centre(), examples()
    fit(model, x, epochs=3, batch_size=4)
    epochs = [torch.cat(model.batches[i : i + 3]) for i in (0, 3, 6)]
    assert not any(torch.equal(a, b) for a, b in [epochs[:2], epochs[1:], (epochs[0], x)])
    for seen in epochs:
        assert torch.equal(seen[seen[:, 0].argsort()], x[x[:, 0].argsort()])


def test_examples_may_have_more_axes():
    model = Centre((1, 4, 4))
    fit(model, torch.ones(5, 1, 4, 4, dtype=torch.float64), epochs=1, batch_size=2)
    assert [tuple(batch.shape) for batch in model.batches] == [(2, 1, 4, 4)] * 2 + [(1, 1, 4, 4)]


@pytest.mark.parametrize("batch_size", [3, 10])
def test_the_history_is_a_mean_per_example_also_with_a_smaller_last_batch(batch_size):
    x = examples()
    history = fit(Centre(), x, epochs=2, batch_size=batch_size, learning_rate=1e-30)
    expected = np.square(x.numpy()).sum() / 10
    assert history.train["loss"] == pytest.approx([expected, expected], rel=1e-12)


def test_the_history_weighs_the_losses_as_they_were_during_the_epoch():
    model = Slope()
    history = fit(model, examples(), epochs=1, batch_size=4, learning_rate=0.1)
    assert history.train["loss"] == [pytest.approx(np.dot(model.course, [0.4, 0.4, 0.2]))]


def test_every_term_is_recorded_once_an_epoch():
    history = fit(Centre(), examples(), epochs=4, batch_size=4, validate=examples(5))
    for record in (history.train, history.validation):
        assert set(record) == {"loss", "beside"}
        np.testing.assert_allclose(record["beside"], 2 * np.array(record["loss"]) + 1, rtol=1e-12)
        assert [len(course) for course in record.values()] == [4, 4]
        assert all(type(value) is float for value in record["loss"])


def test_only_the_term_called_loss_is_minimised():
    model = Centre()
    fit(model, examples(), epochs=3)
    assert model.beside.item() == 1
    assert (model.centre != 0).all()


def test_the_history_holds_plain_dictionaries_without_terms_that_were_not_recorded():
    history = fit(Centre(), examples(), epochs=1, validate=examples(5))
    for record in (history.train, history.validation):
        assert type(record) is dict
        with pytest.raises(KeyError):
            record["Loss"]


def test_the_time_of_the_run_is_recorded():
    assert fit(Centre(), examples(), epochs=1).seconds > 0


@pytest.mark.parametrize("learning_rate", [1e-3, 0.5])
def test_full_batches_take_the_steps_of_adam_as_published(learning_rate):
    model, x = Centre(), examples()
    fit(model, x, epochs=50, batch_size=10, learning_rate=learning_rate)
    centre, m, v = np.zeros(3), np.zeros(3), np.zeros(3)
    for step in range(1, 51):
        gradient = 2 * (centre - x.numpy().mean(axis=0))
        m = 0.9 * m + 0.1 * gradient
        v = 0.999 * v + 0.001 * gradient**2
        m_hat, v_hat = m / (1 - 0.9**step), v / (1 - 0.999**step)
        centre = centre - learning_rate * m_hat / (np.sqrt(v_hat) + 1e-8)
    np.testing.assert_allclose(model.centre.detach(), centre, rtol=1e-10)


def test_the_step_size_is_constant_unless_it_is_told_to_cycle():
    model = Slope()
    fit(model, examples(), epochs=30, batch_size=4, learning_rate=0.1)
    np.testing.assert_allclose(model.step_sizes(), np.full(90, 0.1), rtol=1e-6)


def test_one_cycle_rises_in_a_line_over_the_first_twentieth():
    factors = [one_cycle(step, 100) for step in range(6)]
    np.testing.assert_allclose(factors, np.arange(1, 7) / 6, rtol=1e-12)


def test_one_cycle_falls_to_zero_along_a_cosine():
    factors = [one_cycle(step, 80) for step in (4, 23, 42, 61, 80)]
    half = math.sqrt(0.5)
    expected = [1, (1 + half) / 2, 0.5, (1 - half) / 2, 0]
    np.testing.assert_allclose(factors, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("n_steps", [1, 2, 19, 20, 1000])
def test_one_cycle_has_one_peak_at_a_twentieth_and_no_step_without_length(n_steps):
    factors = np.array([one_cycle(step, n_steps) for step in range(n_steps + 1)])
    peak = factors.argmax()
    assert abs(peak - n_steps / 20) < 1
    assert (np.diff(factors[: peak + 1]) > 0).all()
    assert (np.diff(factors[peak:]) < 0).all()
    assert factors[:-1].min() > 0 and factors.max() <= 1
    assert factors[-1] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("n_steps", [1, 20, 60])
def test_a_run_of_any_number_of_steps_follows_one_cycle(n_steps):
    model = Slope()
    fit(model, examples(1), epochs=n_steps, learning_rate=0.1, schedule=one_cycle)
    expected = [0.1 * one_cycle(step, n_steps) for step in range(n_steps)]
    np.testing.assert_allclose(model.step_sizes(), expected, rtol=1e-6)


def test_one_cycle_counts_the_steps_of_all_epochs_and_the_smaller_last_batches():
    model = Slope()
    fit(model, examples(), epochs=20, batch_size=4, learning_rate=0.1, schedule=one_cycle)
    expected = [0.1 * one_cycle(step, 60) for step in range(60)]
    np.testing.assert_allclose(model.step_sizes(), expected, rtol=1e-6)


def test_the_last_validation_is_the_loss_of_the_finished_model():
    model, held_out = autoencoder("dropout"), examples(5, seed=1)
    history = fit(model, examples(), epochs=3, batch_size=4, validate=held_out)
    assert len(history.validation["loss"]) == 3
    assert history.validation["loss"][-1] == pytest.approx(
        model.loss(held_out)["loss"].item(), rel=1e-12
    )


@pytest.mark.parametrize(
    "make",
    [lambda: autoencoder("linear"), lambda: autoencoder("dropout"), lambda: Centre(noise=1.0)],
    ids=["linear", "dropout", "noisy loss"],
)
def test_validation_does_not_change_training(make):
    weights, histories = [], []
    for validate in (None, 100 + examples(5, seed=1)):
        model = make()
        history = fit(model, examples(), epochs=3, batch_size=4, validate=validate)
        weights.append(parameters(model))
        histories.append(history.train)
    assert same(*weights)
    assert histories[0] == histories[1]


def test_the_noise_that_validation_draws_is_repeatable_whatever_the_caller_drew():
    courses = []
    for caller_seed in (1, 2):
        torch.manual_seed(caller_seed)
        before = torch.get_rng_state()
        history = fit(Centre(noise=1.0), examples(), epochs=3, validate=examples(5), seed=5)
        assert torch.equal(torch.get_rng_state(), before)
        courses.append(history.validation["loss"])
    assert courses[0] == courses[1]


def test_validation_is_of_all_examples_at_once_in_evaluation_mode_without_gradients():
    model, held_out = Centre(), examples(5, seed=1)
    fit(model, examples(), epochs=2, batch_size=5, validate=held_out)
    assert model.states == 2 * [(True, True), (True, True), (False, False)]
    assert torch.equal(model.batches[2], held_out)
    assert torch.equal(model.batches[5], held_out)


def test_nothing_is_recorded_of_validation_that_was_not_asked_for():
    assert not fit(Centre(), examples(), epochs=2).validation


@pytest.mark.parametrize("validate", [None, examples(5)], ids=["alone", "with validation"])
def test_the_model_is_in_evaluation_mode_afterwards(validate):
    model = autoencoder("dropout")
    fit(model, examples(), epochs=1, validate=validate)
    assert not any(module.training for module in model.modules())


def test_a_model_in_evaluation_mode_is_trained_in_training_mode():
    model = Centre().eval()
    fit(model, examples(), epochs=1)
    assert model.states == [(True, True)]


def test_frozen_weights_stay_as_they_were():
    model = autoencoder("deep")
    model.encoder.requires_grad_(False)
    before = parameters(model.encoder)
    fit(model, examples(), epochs=2)
    assert same(parameters(model.encoder), before)


def test_examples_are_left_as_they_were():
    x = examples()
    fit(autoencoder("deep"), x, epochs=2, batch_size=4)
    assert torch.equal(x, examples())


def test_examples_that_are_not_contiguous_train_alike():
    weights = []
    for x in (examples(), examples().T.contiguous().T):
        model = autoencoder("deep")
        fit(model, x, epochs=3, batch_size=4)
        weights.append(parameters(model))
    for a, b in zip(*weights, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("value", [math.nan, -math.inf])
def test_a_loss_that_is_not_finite_stops_the_run_with_advice(value):
    with pytest.raises(FloatingPointError, match=rf"became {value} in epoch 1, .*learning_rate"):
        fit(Breaks(0, value), examples(), epochs=2)


def test_the_message_about_a_lost_loss_names_its_epoch():
    with pytest.raises(FloatingPointError, match="epoch 3"):
        fit(Breaks(7, math.nan), examples(), epochs=5, batch_size=4)


def test_a_loss_that_is_not_finite_is_not_trained_on():
    model = Breaks(0, math.nan)
    with pytest.raises(FloatingPointError):
        fit(model, examples(), epochs=1)
    assert model.w.item() == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda: LinearAutoencoder(3, 2),
        lambda: LinearAutoencoder(3, 2, tied=True),
        lambda: DeepAutoencoder([3, 5, 2]),
        lambda: DeepAutoencoder([3, 5, 5, 5, 2]),
        lambda: DeepAutoencoder([3, 5, 2], error="cross-entropy"),
    ],
    ids=["linear", "tied", "deep", "deeper", "cross-entropy"],
)
def test_an_autoencoder_that_diverges_blames_the_step_size_and_not_the_data(make):
    torch.manual_seed(0)
    x = examples(40).sigmoid().float()
    with pytest.raises(FloatingPointError, match="learning_rate"):
        fit(make(), x, epochs=20, batch_size=10, learning_rate=1e38)


@pytest.mark.parametrize("x", [torch.ones(0, 3), torch.ones(0)])
def test_no_examples_are_refused(x):
    with pytest.raises(ValueError, match="no examples in data; check how the data were sel"):
        fit(Centre(), x, epochs=1)


@pytest.mark.parametrize("name", ["epochs", "batch_size"])
def test_epochs_and_batches_below_one_are_refused(name):
    settings = {"epochs": 1, "batch_size": 4, name: 0}
    with pytest.raises(ValueError, match=f"{name} is 0, but at least 1 is needed"):
        fit(Centre(), examples(), **settings)


@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        (torch.ones(4, 2), ValueError, "2 columns, but the model was made for 3"),
        (torch.full((4, 3), math.nan), ValueError, "NaN or infinite"),
        (torch.ones(4, 3).double(), TypeError, r"x\.to\(torch\.float32\)"),
        (np.ones((4, 3)), TypeError, "as_tensor"),
    ],
)
def test_examples_that_the_model_refuses_are_refused(x, error, words):
    with pytest.raises(error, match=words):
        fit(DeepAutoencoder([3, 2]), x, epochs=1)


def test_a_divergence_in_the_very_last_step_is_reported():
    model = LinearAutoencoder(4, 2)
    x = torch.rand(8, 4, generator=torch.Generator().manual_seed(0))
    with pytest.raises(FloatingPointError, match=r"smaller learning_rate"):
        fit(model, x * 1e18, epochs=1, batch_size=8, learning_rate=1e39)
