"""How a fit goes and ends: early stopping, partial fits, warm starts, callbacks, interrupts and learning rates."""

import re
import warnings

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score

from chainrule import MLPClassifier
from chainrule.estimators import Progress
from chainrule.estimators.validation import hold_out

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, SPECIES = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
NOISY = np.where(np.random.default_rng(3).random(150) < 0.4, (SPECIES + 1) % 3, SPECIES)
"""Labels of which 40 % are wrong, so that scores on held-out samples go up and down."""


def model_of(**parameters):
    parameters = {"hidden_layer_sizes": (8,), "max_iter": 12, "random_state": 0, "batch_size": 32} | parameters
    return MLPClassifier(**parameters)


def state(model):
    return b"".join(block.tobytes() for block in (*model.coefs_, *model.intercepts_))


@pytest.mark.parametrize("y", [NOISY, NOISY == 1, np.stack([NOISY == 0, NOISY == 1], axis=1).astype(int)])
def test_early_stopping_restores_the_weights_of_the_best_epoch(y):
    model = model_of(early_stopping=True, validation_fraction=0.4, max_iter=500, learning_rate_init=0.3).fit(X, y)
    _, held_out = hold_out(y, model._encoding, fraction=0.4, seed=model._seed)
    assert len(held_out) == 60
    scores = model.validation_scores_
    recomputed = accuracy_score(y[held_out], model.predict(X[held_out]))
    assert recomputed == model.best_validation_score_ == max(scores)
    assert max(scores) > scores[-1], "the last epoch must not be the best, or restoring proves nothing"
    assert model.stopped_by_ == "patience"
    assert model.n_iter_ == len(scores) == len(model.loss_curve_) < 500
    assert model.best_loss_ is None


def test_early_stopping_waits_for_the_epochs_it_was_told():
    model = model_of(early_stopping=True, validation_fraction=0.4, max_iter=500, tol=10.0, n_iter_no_change=7)
    assert model.fit(X, NOISY).n_iter_ == 9  # the first, seven that are borne, and one that is not


def test_validation_samples_take_no_part_in_training():
    y = np.stack([NOISY == 0, NOISY == 1], axis=1).astype(int)  # several labels at once are not stratified
    options = {"early_stopping": True, "validation_fraction": 0.4, "tol": 0}
    model = model_of(**options).fit(X, y)
    _, held_out = hold_out(y, model._encoding, fraction=0.4, seed=model._seed)
    y[held_out] = 1 - y[held_out]
    other = model_of(**options).fit(X, y)
    assert model.loss_curve_ == other.loss_curve_
    assert model.validation_scores_ != other.validation_scores_
    assert model.t_ == 90 * 12


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("solver", ["adam", "adamw", "sgd", "gd"])
def test_as_many_partial_fits_as_epochs_make_a_fit(solver, shuffle):
    # Order, masks and the solver's averages go on from call to call, so that even shuffled epochs are the same ones.
    options = {"solver": solver, "shuffle": shuffle, "dropout": 0.0 if solver == "gd" else 0.2, "tol": 0}
    whole, steps = model_of(**options).fit(X, SPECIES), model_of(**options)
    for _ in range(12):
        steps.partial_fit(X, SPECIES, classes=[0, 1, 2])
    assert state(steps) == state(whole)
    assert steps.loss_curve_ == whole.loss_curve_
    assert (steps.t_, steps.n_iter_, steps.stopped_by_) == (whole.t_, 1, "partial_fit")
    assert steps.loss_ == whole.loss_
    assert steps.best_loss_ == min(whole.loss_curve_)


def test_partial_fit_after_fit_goes_on_from_there():
    more = model_of(max_iter=11, tol=0).fit(X, SPECIES).partial_fit(X, SPECIES)
    assert state(more) == state(model_of(tol=0).fit(X, SPECIES))


def test_classes_named_first_have_columns_before_they_are_seen():
    model = model_of()
    model.partial_fit(X[:50], np.array(["b"] * 50), classes=["c", "a", "b"])
    assert model.classes_.tolist() == ["a", "b", "c"]
    assert model.predict_proba(X).shape == (150, 3)
    for _ in range(200):
        model.partial_fit(X, np.array(["b", "a", "c"])[SPECIES])
    assert set(model.predict(X)) == {"a", "b", "c"}


def test_a_warm_start_goes_on_and_a_cold_one_begins_anew():
    # Gradient descent remembers nothing but its weights, so twice six epochs are twelve.
    options = {"solver": "gd", "learning_rate_init": 0.2, "tol": 0}
    twelve = model_of(**options).fit(X, SPECIES)
    warm = model_of(**options, max_iter=6, warm_start=True).fit(X, SPECIES).fit(X, SPECIES)
    assert state(warm) == state(twelve)
    assert warm.loss_curve_ == twelve.loss_curve_
    assert (warm.n_iter_, warm.t_) == (6, 1800)
    cold = model_of(**options, max_iter=6).fit(X, SPECIES)
    assert state(cold.fit(X, SPECIES)) == state(model_of(**options, max_iter=6).fit(X, SPECIES))


def test_callbacks_are_told_of_every_epoch():
    told = []
    model = model_of(callbacks=[told.append], early_stopping=True).fit(X, SPECIES)
    assert all(type(progress) is Progress for progress in told)
    assert [progress.epoch for progress in told] == list(range(1, 13))
    assert {progress.epochs for progress in told} == {12}
    assert [progress.loss for progress in told] == model.loss_curve_
    assert [progress.validation_score for progress in told] == model.validation_scores_
    seconds = [progress.seconds for progress in told]
    assert seconds == sorted(seconds)
    assert all(progress.seconds_per_epoch > 0 and progress.samples_per_second > 0 for progress in told)
    assert told[-1].time_left == 0


def test_time_left_is_the_last_epochs_pace_for_those_to_come():
    progress = Progress(3, 10, 0.5, None, 100.0, 6.0, 1.5)
    assert progress.time_left == 10.5


def test_a_true_answer_of_any_callback_ends_the_fit():
    told = []
    callbacks = [lambda progress: progress.epoch == 3, told.append]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = model_of(callbacks=callbacks).fit(X, SPECIES)
    assert (model.n_iter_, model.stopped_by_, len(told)) == (3, "callback", 3)
    assert state(model) == state(model_of(max_iter=3).fit(X, SPECIES))


@pytest.mark.parametrize("early_stopping", [False, True])
def test_an_interrupt_keeps_the_weights_and_warns(early_stopping):
    def interrupt(progress):
        if progress.epoch == 4:
            raise KeyboardInterrupt

    model = model_of(callbacks=[interrupt], early_stopping=early_stopping, learning_rate_init=0.01)
    with pytest.warns(UserWarning, match="Training interrupted by user after 4 epochs"):
        model.fit(X, SPECIES)
    assert (model.n_iter_, model.stopped_by_) == (4, "interrupt")
    if not early_stopping:
        assert state(model) == state(model_of(max_iter=4, learning_rate_init=0.01).fit(X, SPECIES))
    assert model.score(X, SPECIES) > 0.5


def test_an_error_in_a_callback_is_not_swallowed():
    def fail(progress):
        raise RuntimeError("no disk left")

    with pytest.raises(RuntimeError, match="no disk left"):
        model_of(callbacks=[fail]).fit(X, SPECIES)


def test_a_fit_cut_short_warns_and_a_cosine_that_ran_its_course_does_not():
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(12\) reached"):
        model_of().fit(X, SPECIES)
    with pytest.warns(ConvergenceWarning, match="lbfgs failed to converge after 3 iterations"):
        model_of(solver="lbfgs", max_iter=3).fit(X, SPECIES)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = model_of(learning_rate="cosine", learning_rate_init=0.05).fit(X, SPECIES)
    assert (model.n_iter_, model.stopped_by_) == (12, "max_iter")


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_softmax_regression_by_gradient_descent_takes_the_steps_written_out(schedule):
    labels = (SPECIES == 1).astype(float)
    model = model_of(hidden_layer_sizes=(), solver="gd", learning_rate=schedule, learning_rate_init=0.5, alpha=3.0)
    start = model_of(hidden_layer_sizes=(), solver="gd", learning_rate_init=1e-300, max_iter=1).fit(X, labels)
    w, b = start.coefs_[0][:, 0].copy(), start.intercepts_[0][0]
    for t in range(12):
        rate = 0.5 if schedule == "constant" else 0.25 * (1 + np.cos(np.pi * t / 12))
        miss = 1 / (1 + np.exp(-(X @ w + b))) - labels
        w, b = w - rate * (X.T @ miss + 3.0 * w) / 150, b - rate * miss.mean()
    model.fit(X, labels)
    # Sums in another order, over 12 steps.
    np.testing.assert_allclose(model.coefs_[0][:, 0], w, rtol=1e-12)
    np.testing.assert_allclose(model.intercepts_[0][0], b, rtol=1e-12)


def test_adaptive_divides_the_rate_by_five_instead_of_stopping(capsys):
    options = {"solver": "sgd", "learning_rate_init": 0.5, "tol": 1e-3, "n_iter_no_change": 2, "max_iter": 1000}
    model = model_of(learning_rate="adaptive", verbose=True, **options).fit(X, SPECIES)
    rates = [float(rate) for rate in re.findall(r"Setting learning rate to (\S+)", capsys.readouterr().out)]
    # The rates are printed with six digits.
    np.testing.assert_allclose(rates, 0.5 / 5.0 ** np.arange(1, 10), rtol=1e-5)
    assert model.stopped_by_ == "patience"
    assert model.n_iter_ > model_of(**options).fit(X, SPECIES).n_iter_


def test_a_verbose_fit_says_what_it_does(capsys):
    model = model_of(verbose=True, early_stopping=True, max_iter=2).fit(X, SPECIES)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Iteration 1, loss = {model.loss_curve_[0]:.8f}"
    assert lines[1] == f"Validation score (accuracy): {model.validation_scores_[0]:f}"
    assert len(lines) == 4
    model_of().fit(X, SPECIES)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("norm", [1e-6, 1e6])
def test_gradients_are_clipped_to_the_norm(norm):
    options = {"solver": "gd", "learning_rate_init": 1.0, "max_iter": 1}
    start = model_of(**options | {"learning_rate_init": 1e-300}).fit(X, SPECIES)
    free, clipped = (model_of(**options, max_grad_norm=largest).fit(X, SPECIES) for largest in (None, norm))
    blocks = zip(clipped.coefs_ + clipped.intercepts_, start.coefs_ + start.intercepts_, strict=True)
    moved = np.sqrt(sum(((after - before) ** 2).sum() for after, before in blocks))
    if norm == 1e6:
        assert state(clipped) == state(free)
    else:
        # Differences of weights around 1 are rounded at 1e-16, and 80 of them are 1e-15 of 1e-6.
        assert moved == pytest.approx(norm, rel=1e-8, abs=0)
