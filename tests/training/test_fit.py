"""The training loop is repeatable, records means per example, and stops when the loss is lost."""

import io
import math
import random
import sys
import time

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


class Scripted(nn.Module):
    """Goes down one step after another, and has the validation losses that it is told.

    A buffer counts the training batches.
    """

    def __init__(self, losses=()):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(1, dtype=torch.float64))
        self.register_buffer("seen", torch.zeros(1))
        self.losses = iter(losses)
        self.course = []

    def loss(self, x):
        if not self.training:
            self.course.append(self.w.item())
            return {"loss": next(self.losses)}
        self.seen += 1
        return {"loss": self.w.sum() + 0 * x.sum()}


def stop_early(losses, patience, epochs=9, **options):
    model = Scripted(losses)
    options = {"batch_size": 4, "learning_rate": 0.1, "validate": examples(2)} | options
    history = fit(model, examples(), epochs=epochs, patience=patience, **options)
    return model, history


@pytest.mark.parametrize(
    ("losses", "patience", "best"),
    [
        ([3, 2, 1, 2, 3], 2, 3),
        ([3, 2, 1, 2, 0, 4, 5], 2, 5),
        ([1, 2], 1, 1),
        ([1, 1, 1], 2, 1),
        ([3, 2, 2, 3, 2], 3, 2),
        ([-1, -3, -2, -3], 2, 2),
        ([9, 8, 7, 6, 5, 4, 3, 2, 1], 1, 9),
        ([9, 8, 1, 6, 5, 4, 3, 2, 2], 8, 3),
    ],
    ids=["stops", "late success", "1", "ties", "tie later", "below 0", "never worse", "no stop"],
)
def test_patience_counts_from_the_best_epoch_and_its_weights_come_back(losses, patience, best):
    model, history = stop_early([float(loss) for loss in losses], patience)
    assert history.validation["loss"] == losses
    assert len(history.train["loss"]) == len(losses)
    assert history.best_epoch == best
    assert model.w.item() == model.course[best - 1]
    assert model.seen.item() == 3 * best
    assert not model.training


def test_without_patience_the_last_weights_stay():
    model, history = stop_early([3.0, 1.0, 2.0], None, epochs=3)
    assert history.best_epoch is None
    assert model.w.item() == model.course[-1]


@pytest.mark.parametrize("patience", [None, 1, 5])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_validation_loss_that_is_not_finite_stops_the_run_and_says_so(value, patience):
    with pytest.raises(FloatingPointError, match=f"became {value} in validation after epoch 2"):
        stop_early([1.0, value, 1.0], patience)


def test_a_lost_validation_loss_is_lost_again_after_a_new_start(tmp_path):
    for losses in ([1.0, math.nan], [math.nan]):
        with pytest.raises(FloatingPointError, match="in validation after epoch 2"):
            stop_early(losses, 5, checkpoint=tmp_path / "a")


def test_a_run_that_stopped_early_is_read_and_not_repeated(tmp_path):
    model, history = stop_early([3.0, 1.0, 2.0, 2.0], 2, checkpoint=tmp_path / "a")
    again, known = stop_early([], 2, checkpoint=tmp_path / "a")
    assert known == history
    assert again.w.item() == model.w.item()
    assert again.seen.item() == 6
    assert not again.training


def test_an_infinite_term_beside_the_loss_is_recorded():
    class Beside(Centre):
        def loss(self, x):
            return super().loss(x) | {"beside": math.inf}

    assert fit(Beside(), examples(), epochs=2).train["beside"] == [math.inf] * 2


class Asked:
    """A schedule that remembers what it was asked for."""

    def __init__(self, n_steps):
        self.n_steps, self.steps = n_steps, []

    def __call__(self, step, n_steps):
        if n_steps == self.n_steps:
            self.steps.append(step)
        return 1 / (1 + step)


def test_a_schedule_is_asked_for_every_step_once():
    schedule = Asked(12)
    fit(Centre(), examples(), epochs=4, batch_size=4, schedule=schedule)
    assert schedule.steps == list(range(12))


class Stops(Centre):
    """Breaks off before a call."""

    def __init__(self, calls=10**9):
        super().__init__(noise=1.0)
        self.left = calls

    def loss(self, x):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().loss(x)


def stopped_and_started(path, calls, schedule=None):
    """Stop a run of 4 epochs with 3 batches each, and give the model that goes on with it."""
    settings = {"epochs": 4, "batch_size": 4, "schedule": schedule, "checkpoint": path}
    with pytest.raises(KeyboardInterrupt):
        fit(Stops(calls), examples(), **settings)
    model = Stops()
    fit(model, examples(), **settings)
    return model


@pytest.mark.parametrize(("calls", "epoch"), [(2, 0), (3, 1), (7, 2), (11, 3)])
def test_an_epoch_after_a_new_start_is_that_of_the_whole_run(tmp_path, calls, epoch):
    whole = Stops()
    fit(whole, examples(), epochs=4, batch_size=4)
    part = stopped_and_started(tmp_path / "a", calls)
    assert same(part.batches, whole.batches[3 * epoch :])
    assert same(parameters(part), parameters(whole))


def test_a_schedule_goes_on_with_the_number_of_the_step(tmp_path):
    schedule = Asked(12)
    stopped_and_started(tmp_path / "a", 8, schedule)
    assert schedule.steps == [*range(9), *range(6, 12)]


def norms_that_reach_adam(monkeypatch, gradients, limit):
    """Lengths of the gradient over all weights, as Adam gets to see it."""
    seen = []

    class Watched(torch.optim.Adam):
        def step(self):
            weights = [w for group in self.param_groups for w in group["params"]]
            seen.append(math.hypot(*(w.grad.item() for w in weights)))
            super().step()

    class Pulled(nn.Module):
        def __init__(self):
            super().__init__()
            self.weights = nn.ParameterList(nn.Parameter(torch.zeros(1)) for _ in gradients)

        def loss(self, x):
            return {"loss": sum(g * w.sum() for g, w in zip(gradients, self.weights, strict=True))}

    monkeypatch.setattr(torch.optim, "Adam", Watched)
    fit(Pulled(), examples(), epochs=2, batch_size=10, max_gradient_norm=limit)
    return seen


@pytest.mark.parametrize(
    ("limit", "norm"), [(None, 5.0), (1.0, 1.0), (4.99, 4.99), (5.01, 5.0), (100, 5.0)]
)
def test_the_gradient_over_all_weights_is_no_longer_than_allowed(monkeypatch, limit, norm):
    seen = norms_that_reach_adam(monkeypatch, [3.0, 4.0], limit)
    assert seen == pytest.approx([norm, norm], rel=1e-5)


def test_every_modality_of_a_batch_is_of_the_same_examples():
    class Watches(Centre):
        def loss(self, batch):
            assert list(batch) == ["image", "label", "twice"]
            assert torch.equal(batch["image"][:, 0].long(), batch["label"])
            assert torch.equal(batch["twice"], 2 * batch["image"])
            return super().loss(batch["image"])

    image = torch.arange(10.0, dtype=torch.float64)[:, None].expand(-1, 3)
    data = {"image": image, "label": torch.arange(10), "twice": 2 * image}
    model = Watches()
    held_out = {name: x[3:5] for name, x in data.items()}
    fit(model, data, epochs=2, batch_size=4, validate=held_out)
    assert [len(batch) for batch in model.batches] == 2 * [4, 4, 2, 2]
    assert not torch.equal(model.batches[0], model.batches[4])


@pytest.mark.parametrize("batch_size", [1, 3, 4, 7, 100])
def test_validation_in_batches_is_the_mean_over_its_examples(batch_size):
    model, held_out = Centre(), examples(7, seed=1)
    history = fit(model, examples(), epochs=1, batch_size=batch_size, validate=held_out)
    assert history.validation["loss"] == [
        pytest.approx(model.loss(held_out)["loss"].item(), rel=1e-12)
    ]
    lengths = [
        len(b) for b, state in zip(model.batches, model.states, strict=True) if not any(state)
    ]
    assert lengths == [len(part) for part in held_out.split(batch_size)]
    assert torch.equal(torch.cat(model.batches[-1 - len(lengths) : -1]), held_out)


def test_validation_draws_the_same_noise_after_every_epoch_and_in_no_two_batches():
    class Noise(Centre):
        def loss(self, x):
            if not self.training:
                self.batches.append(torch.randn(3))
            return {"loss": self.centre.sum()}

    model = Noise()
    fit(model, examples(), epochs=3, batch_size=4, validate=examples(8))
    assert same(model.batches[:2], model.batches[2:4])
    assert same(model.batches[:2], model.batches[4:])
    assert not torch.equal(*model.batches[:2])


def test_the_noise_of_training_differs_from_step_to_step_and_from_epoch_to_epoch():
    class Noise(Centre):
        def loss(self, x):
            self.batches.append(torch.randn(1).item())
            return {"loss": self.centre.sum()}

    model = Noise()
    fit(model, examples(), epochs=3, batch_size=4)
    assert len(set(model.batches)) == 9


@pytest.mark.parametrize(
    "options",
    [{}, {"validate": examples(5)}, {"validate": examples(5), "patience": 1}, {"checkpoint": "a"}],
    ids=["alone", "validate", "patience", "checkpoint"],
)
def test_looking_after_every_epoch_does_not_disturb_the_run(tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    settings = {"epochs": 4, "batch_size": 4, "schedule": one_cycle, "seed": 5}
    blind = autoencoder("dropout")
    expected = fit(blind, examples(), **settings, **options)
    looking = autoencoder("dropout")

    def look(_):
        torch.randn(7)
        looking.train().loss(examples())["loss"].backward()

    for path in tmp_path.iterdir():
        path.unlink()
    before = torch.get_rng_state()
    history = fit(looking, examples(), **settings, **options, after_epoch=look)
    assert torch.equal(torch.get_rng_state(), before)
    assert same(parameters(looking), parameters(blind))
    assert (history.train, history.validation) == (expected.train, expected.validation)
    assert not any(module.training for module in looking.modules())


def test_a_look_sees_the_model_of_its_epoch_in_evaluation_mode():
    looks, weights = [], []
    for epochs in (1, 2, 3):
        model = autoencoder("dropout")
        fit(model, examples(), epochs=epochs, batch_size=4)
        weights.append(parameters(model))
    model = autoencoder("dropout")

    def look(done):
        assert not any(module.training for module in model.modules())
        looks.append((done, parameters(model)))

    fit(model, examples(), epochs=3, batch_size=4, after_epoch=look)
    assert [done for done, _ in looks] == [1, 2, 3]
    assert all(same(seen, known) for (_, seen), known in zip(looks, weights, strict=True))


def test_what_a_look_draws_is_repeatable_and_differs_from_epoch_to_epoch_and_seed_to_seed():
    drawn = []
    for seed in (5, 5, 6):
        torch.manual_seed(len(drawn))
        fit(
            Centre(noise=1.0),
            examples(),
            epochs=2,
            seed=seed,
            after_epoch=lambda _: drawn.append(torch.randn(1).item()),
        )
    assert drawn[:2] == drawn[2:4]
    assert len(set(drawn)) == 4


def test_after_a_new_start_only_the_remaining_epochs_are_looked_at(tmp_path):
    looks = []

    def look(done):
        looks.append(done)
        if looks == [1, 2]:
            raise KeyboardInterrupt

    settings = {"epochs": 4, "batch_size": 4, "checkpoint": tmp_path / "a", "after_epoch": look}
    with pytest.raises(KeyboardInterrupt):
        fit(Centre(noise=1.0), examples(), **settings)
    model, whole = Centre(noise=1.0), Centre(noise=1.0)
    fit(model, examples(), **settings)
    assert looks == [1, 2, 3, 4]
    fit(whole, examples(), epochs=4, batch_size=4)
    assert same(parameters(model), parameters(whole))


def test_a_run_that_stops_early_is_looked_at_to_its_last_epoch():
    looks = []
    stop_early([3.0, 1.0, 2.0, 2.0], 2, after_epoch=looks.append)
    assert looks == [1, 2, 3, 4]


def test_the_time_of_a_look_is_not_counted():
    history = fit(Centre(), examples(), epochs=3, after_epoch=lambda _: time.sleep(0.5))
    assert 0 < history.seconds < 0.5


class Terminal(io.StringIO):
    """What a person looks at."""

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stderr", "modules", "environment", "shown"),
    [
        (Terminal, {}, {}, True),
        (io.StringIO, {}, {}, False),
        (io.StringIO, {"ipykernel": math}, {}, True),
        (Terminal, {}, {"TQDM_DISABLE": "1"}, False),
        (Terminal, {"ipykernel": math}, {"TQDM_DISABLE": "1"}, False),
    ],
    ids=["terminal", "file", "notebook", "build at a terminal", "build in a notebook"],
)
def test_a_bar_is_shown_where_a_person_would_see_it(
    monkeypatch, stderr, modules, environment, shown
):
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    written = stderr()
    monkeypatch.setattr(sys, "stderr", written)
    fit(Centre(), examples(), epochs=2)
    assert ("epochs" in written.getvalue()) is shown
    assert bool(written.getvalue()) is shown


@pytest.mark.parametrize(
    "options",
    [
        {"validate": examples(5)},
        {"validate": examples(5), "patience": 1},
        {"schedule": one_cycle, "max_gradient_norm": 1.0},
        {"checkpoint": "a"},
    ],
    ids=lambda options: ", ".join(options),
)
def test_no_option_touches_the_random_state_of_the_caller(tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    states = random.getstate(), torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    for _ in range(2):  # the second time from the checkpoint
        fit(Centre(noise=1.0), examples(), epochs=3, **options)
    assert random.getstate() == states[0]
    assert torch.equal(torch.get_rng_state(), states[1])
    assert (np.random.get_state()[1] == states[2]).all()  # noqa: NPY002


@pytest.mark.parametrize("device", ["cpu", "cpu:0", torch.device("cpu"), torch.device("cpu", 0)])
def test_a_device_may_be_a_name_or_a_device(device):
    model, expected = Centre(), Centre()
    fit(model, examples(), epochs=2, device=device)
    fit(expected, examples(), epochs=2)
    assert same(parameters(model), parameters(expected))


def test_parameters_without_a_gradient_are_left_alone_and_kept_in_the_checkpoint(tmp_path):
    model = autoencoder("deep")
    model.register_parameter("fixed", nn.Parameter(torch.tensor(5.0), requires_grad=False))
    fit(model, examples(), epochs=2, checkpoint=tmp_path / "a")
    state = torch.load(tmp_path / "a", weights_only=True)["state"]
    assert state["model"]["fixed"].item() == model.fixed.item() == 5


def test_a_caller_who_switched_gradients_off_is_told():
    with torch.no_grad(), pytest.raises(ValueError, match=r"no gradient.* or torch.no_grad\(\)"):
        fit(Centre(), examples(), epochs=1)
