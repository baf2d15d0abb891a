"""The epochs of a fit: what one does, written out; runs that resume bit for bit; failures."""

import copy
import itertools

import numpy as np
import pytest

from chainrule.networks import Plan, mlp
from chainrule.solvers import SGD, Adam, Cosine, GradientDescent, InverseScaling
from chainrule.training import Objective, Recipe, Run, Samples, batch_gradients, epochs


@pytest.fixture
def samples():
    """23 samples of four features and three classes, with unequal weights."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(23, 4))
    return Samples(x, (x[:, 0] > 0).astype(int) + (x[:, 1] > 0.5), rng.uniform(0.2, 3, 23))


def begin(solver, *, dropout=0.0, dtype=np.float64, **options):
    network = mlp(4, (6, 5), 3, activation="tanh", dropout_rate=dropout)
    theta = network.initial_parameters(3, dtype)
    return Objective(network, **options), Run(theta, solver.start(theta))


def first(iterator, count):
    return list(itertools.islice(iterator, count))


def test_epochs_are_steps_over_batches_in_order(samples):
    objective, run = begin(GradientDescent(), alpha=0.7, label_smoothing=0.1)
    theta, sizes = run.theta.copy(), []
    done = first(
        epochs(Recipe(objective, GradientDescent(), learning_rate=0.2, batch_size=8, shuffle=False), samples, run), 3
    )
    for epoch in done:
        total = weight = 0.0
        for start in (0, 8, 16):
            part = slice(start, min(start + 8, 23))
            w = samples.weights[part]
            plan = Plan(objective.network, len(w), theta)
            # alpha / (2 w) |W|^2 with w the batch's total weight, on weights only.
            loss = plan.loss_and_gradient(
                samples.x[part], samples.targets[part], w, l2=0.35 / w.sum(), label_smoothing=0.1
            )
            theta -= 0.2 * plan.gradient
            total, weight = total + loss * w.sum(), weight + w.sum()
            sizes.append(len(w))
        # The mean of the batches' objectives by weight, each before its step; the sums are the same ones.
        assert epoch.loss == pytest.approx(total / weight, rel=1e-15, abs=0)
        assert epoch.learning_rate == 0.2
    np.testing.assert_allclose(run.theta, theta, rtol=1e-14, atol=1e-15)
    assert sizes[:3] == [8, 8, 7]
    assert [epoch.number for epoch in done] == [1, 2, 3]
    assert (run.epoch, run.samples_seen, run.solver_state.steps) == (3, 69, 9)


def test_samples_without_weights_weigh_one_each(samples):
    plain, ones = Samples(samples.x, samples.targets), Samples(samples.x, samples.targets, np.ones(23))
    thetas = []
    for each in (plain, ones):
        objective, run = begin(Adam(), alpha=0.7)
        first(epochs(Recipe(objective, Adam(), learning_rate=0.02, batch_size=8), each, run), 4)
        thetas.append(run.theta)
    # Weights of 1 divide by a sum, absent ones by a count; Adam magnifies the last digits of small gradients.
    np.testing.assert_allclose(*thetas, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("stop", [0, 1, 4])
@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize(
    "solver", [Adam(), Adam(weight_decay=0.1, n_weights=5), SGD(0.9)], ids=["adam", "adamw", "sgd"]
)
def test_a_run_resumed_from_a_copy_ends_bit_for_bit_where_it_would_have(samples, solver, shuffle, stop):
    objective, run = begin(solver, dropout=0.3, alpha=0.1)
    options = {"learning_rate": 0.05, "batch_size": 5, "schedule": Cosine(35), "shuffle": shuffle, "max_norm": 0.4}
    unbroken = epochs(Recipe(objective, solver, seed=9, **options), samples, run)
    first(unbroken, stop)
    kept = copy.deepcopy(run)
    whole = first(unbroken, 7 - stop)
    rest = first(epochs(Recipe(objective, solver, seed=9, **options), samples, kept), 7 - stop)
    assert kept.theta.tobytes() == run.theta.tobytes()
    for name, vector in run.solver_state.vectors.items():
        assert kept.solver_state.vectors[name].tobytes() == vector.tobytes()
    assert (kept.epoch, kept.samples_seen, kept.solver_state.steps) == (7, 161, 35)
    assert [(e.number, e.loss, e.learning_rate) for e in rest] == [(e.number, e.loss, e.learning_rate) for e in whole]


def test_a_full_batch_run_resumes_bit_for_bit(samples):
    objective, run = begin(SGD(0.9), alpha=0.1)
    unbroken = epochs(Recipe(objective, SGD(0.9), learning_rate=0.05, batch_size=None), samples, run)
    first(unbroken, 3)
    kept = copy.deepcopy(run)
    first(unbroken, 4)
    first(epochs(Recipe(objective, SGD(0.9), learning_rate=0.05, batch_size=None), samples, kept), 4)
    assert kept.theta.tobytes() == run.theta.tobytes()


@pytest.mark.parametrize("changed", ["seed", "shuffle", "dropout"])
def test_another_seed_or_order_or_dropout_ends_elsewhere(samples, changed):
    thetas = []
    for altered in (False, True):
        objective, run = begin(Adam(), dropout=0.3 if changed != "dropout" or altered else 0.0)
        shuffle = changed == "seed" or (changed == "shuffle" and altered)
        seed = 1 if altered and changed == "seed" else 0
        run_on = {"learning_rate": 0.05, "batch_size": 5, "shuffle": shuffle, "seed": seed}
        first(epochs(Recipe(objective, Adam(), **run_on), samples, run), 2)
        thetas.append(run.theta)
    # Two runs that differ agree in the third digit only by chance.
    assert np.isclose(*thetas, rtol=1e-3).mean() < 0.1


def test_masks_differ_from_batch_to_batch_and_from_epoch_to_epoch(monkeypatch, samples):
    keys = []
    original = Plan.loss_and_gradient

    def noted(self, *arguments, dropout_key=None, **options):
        keys.append(dropout_key)
        return original(self, *arguments, dropout_key=dropout_key, **options)

    monkeypatch.setattr(Plan, "loss_and_gradient", noted)
    objective, run = begin(Adam(), dropout=0.3)
    first(epochs(Recipe(objective, Adam(), learning_rate=0.05, batch_size=8, seed=4), samples, run), 3)
    assert keys == [(4, epoch, batch) for epoch in (1, 2, 3) for batch in (0, 1, 2)]


@pytest.mark.parametrize("block", [7, 1000])
def test_a_full_batch_epoch_is_one_step_whatever_the_blocks(monkeypatch, samples, block):
    monkeypatch.setattr(batch_gradients, "FULL_BATCH_BLOCK", block)
    objective, run = begin(GradientDescent(), alpha=0.7)
    theta, w = run.theta.copy(), samples.weights
    done = first(epochs(Recipe(objective, GradientDescent(), learning_rate=0.3, batch_size=None), samples, run), 5)
    for epoch in done:
        plan = Plan(objective.network, 23, theta)
        loss = plan.loss_and_gradient(samples.x, samples.targets, w, l2=0.35 / w.sum())
        # The same terms in another order.
        assert epoch.loss == pytest.approx(loss, rel=1e-14, abs=0)
        theta -= 0.3 * plan.gradient
    np.testing.assert_allclose(run.theta, theta, rtol=1e-13, atol=1e-14)
    assert (run.epoch, run.samples_seen, run.solver_state.steps) == (5, 115, 5)


@pytest.mark.parametrize("full", [True, False])
def test_a_loss_that_is_no_number_ends_the_run_and_names_epoch_and_rate(samples, full):
    def schedule(rate, steps, seen):
        return np.inf if seen == 46 else rate  # the step of the third epoch breaks theta, the fourth sees it

    objective, run = begin(GradientDescent())
    keywords = {"learning_rate": 1.25, "schedule": schedule} | {"batch_size": None if full else 23}
    runs = epochs(Recipe(objective, GradientDescent(), **keywords), samples, run)
    message = r"the loss is nan in epoch 4: the inputs are too large or the learning rate \(1\.25\) is too high"
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match=message):
        first(runs, 9)


@pytest.mark.parametrize("full", [True, False])
def test_clipping_bounds_the_length_of_a_step(samples, full):
    objective, run = begin(GradientDescent())
    theta, keywords = run.theta.copy(), {"batch_size": None if full else 23}
    first(epochs(Recipe(objective, GradientDescent(), learning_rate=0.5, max_norm=1e-3, **keywords), samples, run), 1)
    # A step of 5e-4 is the difference of numbers near 1, which are rounded at 1e-16.
    assert np.linalg.norm(run.theta - theta) == pytest.approx(5e-4, rel=1e-9, abs=0)


def test_the_schedule_is_asked_before_every_step_with_steps_and_samples(samples):
    asked = []

    def schedule(rate, steps, seen):
        asked.append((rate, steps, seen))
        return rate

    objective, run = begin(GradientDescent())
    first(
        epochs(Recipe(objective, GradientDescent(), learning_rate=0.1, batch_size=12, schedule=schedule), samples, run),
        2,
    )
    assert asked == [(0.1, 0, 0), (0.1, 1, 0), (0.1, 2, 23), (0.1, 3, 23)]


def test_an_epoch_reports_the_rate_of_its_last_step(samples):
    objective, run = begin(GradientDescent())
    steps = {"learning_rate": 0.1, "batch_size": 12, "schedule": InverseScaling(0.5)}
    rates = [
        epoch.learning_rate for epoch in first(epochs(Recipe(objective, GradientDescent(), **steps), samples, run), 3)
    ]
    assert rates == [0.1, 0.1 / 24**0.5, 0.1 / 47**0.5]


def test_tensors_train_as_arrays_do(samples):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    objective, run = begin(Adam(), alpha=0.1)
    first(epochs(Recipe(objective, Adam(), learning_rate=0.05, batch_size=5), samples, run), 4)
    objective, other = begin(Adam(), alpha=0.1)
    theta = torch.tensor(other.theta)
    other = Run(theta, Adam().start(theta))
    tensors = Samples(*(torch.tensor(each) for each in (samples.x, samples.targets, samples.weights)))
    first(epochs(Recipe(objective, Adam(), learning_rate=0.05, batch_size=5), tensors, other), 4)
    # Gradients agree to some 1e-15; where one is nearly 0, Adam's steps follow its sign: measured, 1e-14.
    np.testing.assert_allclose(theta.numpy(), run.theta, rtol=0, atol=1e-12)
