"""Training by a recipe: when it ends, what it keeps, what it tells, and that a run continues bit for bit."""

import copy
import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from chainrule.networks import mlp
from chainrule.solvers import SGD, Adam, Adaptive, Cosine, GradientDescent, InverseScaling, SolverState, constant
from chainrule.training import LBFGS, Judge, Objective, Recipe, Run, Samples, epochs, train
from chainrule.training.batch_gradients import BatchGradients


@pytest.fixture
def samples():
    """40 samples of three features in two classes that overlap a little."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(40, 3))
    return Samples(x, (x[:, 0] + 0.3 * rng.normal(size=40) > 0).astype(int))


OBJECTIVE = Objective(mlp(3, (5,), 2, dropout_rate=0.1), 1e-3)


def recipe(**changes):
    return replace(Recipe(OBJECTIVE, Adam(), learning_rate=0.02, batch_size=16, epochs=6, seed=3), **changes)


def first_theta():
    return OBJECTIVE.network.initial_parameters(1)


def trained(recipe, samples, judge=None):
    run = Run(first_theta())
    return run, train(recipe, samples, run, judge)


class Copies:
    """Keeps a copy of the run after every epoch, and of the state it is to start from."""

    def __init__(self, first=None):
        self.first, self.kept, self.ended = first, [], False

    def restore(self, run):
        if self.first is not None:
            vars(run).update(vars(copy.deepcopy(self.first)))

    def keep(self, run):
        self.kept.append(copy.deepcopy(run))

    def finished(self):
        self.ended = True


def scripted(figures, **options):
    """A judge that gives these figures, whatever the parameters."""
    following = iter(figures)
    return Judge(lambda theta: next(following), "figure", **options)


def judged(recipe, samples, figures, **options):
    run = Run(first_theta())
    run.history.scores = []
    return run, train(recipe, samples, run, scripted(figures, **options))


@pytest.mark.parametrize("solver", [Adam(), SGD(0.9, True)])
def test_training_is_the_epochs_of_the_loop(solver, samples):
    run, history = trained(recipe(solver=solver), samples)
    theta = first_theta()
    plain = Run(theta, solver.start(theta))
    each = epochs(Recipe(OBJECTIVE, solver, learning_rate=0.02, batch_size=16, seed=3), samples, plain)
    assert history.losses == [epoch.loss for epoch in itertools.islice(each, 6)]
    assert np.array_equal(run.theta, theta)
    assert (history.epochs, history.loss, history.best) == (6, history.losses[-1], min(history.losses))
    assert (history.stopped_by, history.scores, run.samples_seen) == ("max_iter", None, 240)


def test_without_a_batch_size_every_step_takes_all_samples(samples):
    run, history = trained(recipe(solver=GradientDescent(), batch_size=None), samples)
    theta = first_theta()
    plain = Run(theta, GradientDescent().start(theta))
    each = epochs(Recipe(OBJECTIVE, GradientDescent(), learning_rate=0.02, batch_size=None, seed=3), samples, plain)
    assert history.losses == [epoch.loss for epoch in itertools.islice(each, 6)]
    assert np.array_equal(run.theta, theta)


@pytest.mark.parametrize("solver", [Adam(), SGD(0.9, True)])
def test_the_solver_continues_with_the_vectors_and_steps_of_an_earlier_run(solver, samples):
    whole, _ = trained(recipe(solver=solver), samples)
    half, _ = trained(recipe(solver=solver, epochs=3), samples)
    again = Run(half.theta, SolverState(half.solver_state.vectors, half.solver_state.steps), epoch=3, samples_seen=120)
    train(recipe(solver=solver, epochs=3), samples, again)
    assert np.array_equal(again.theta, whole.theta)
    assert again.solver_state.steps == whole.solver_state.steps == 18


def test_patience_ends_it(samples):
    _, history = trained(recipe(epochs=50, tolerance=10.0, patience=2), samples)
    assert (history.stopped_by, history.epochs, history.waited) == ("patience", 4, 3)


def test_a_callback_ends_it_after_all_were_told(samples):
    told, also = [], []
    callbacks = (lambda progress: progress.epoch == 2, told.append, also.append)
    _, history = trained(recipe(callbacks=callbacks), samples)
    assert (history.stopped_by, history.epochs) == ("callback", 2)
    assert [(p.epoch, p.epochs, p.loss, p.validation_score) for p in told] == [
        (1, 6, history.losses[0], None),
        (2, 6, history.losses[1], None),
    ]
    assert also == told


@pytest.mark.parametrize(("larger_is_better", "best"), [(True, 3), (False, 2)])
def test_the_parameters_of_the_best_epoch_are_kept(larger_is_better, best, samples):
    figures = [0.5, 0.2, 0.9, 0.4, 0.3, 0.6]
    run, history = judged(recipe(), samples, figures, larger_is_better=larger_is_better)
    then, _ = trained(recipe(epochs=best), samples)
    assert np.array_equal(run.theta, then.theta)
    assert (history.best, history.scores) == (figures[best - 1], figures)


def test_a_judge_that_decides_nothing_is_only_recorded(samples):
    figures = [0.5, 0.2, 0.9, 0.4, 0.3, 0.6]
    run, history = judged(recipe(patience=2), samples, figures, decides=False)
    then, alone = trained(recipe(patience=2), samples)
    assert np.array_equal(run.theta, then.theta)
    assert (history.losses, history.best, history.waited) == (alone.losses, alone.best, alone.waited)
    assert history.scores == figures


def test_a_run_without_scores_is_resumed_with_a_judge_that_decides_nothing(samples):
    trained(recipe(epochs=3, checkpoint=(copies := Copies())), samples)
    run = Run(first_theta())
    train(recipe(epochs=4, checkpoint=Copies(copies.kept[-1])), samples, run, scripted([0.5, 0.2], decides=False))
    np.testing.assert_array_equal(run.history.scores, [math.nan, math.nan, 0.5, 0.2])
    assert np.array_equal(run.theta, trained(recipe(epochs=4), samples)[0].theta)


def test_a_figure_that_is_nan_is_an_error_that_names_it(samples):
    with pytest.raises(FloatingPointError, match=r"the figure of the held-out samples is NaN.*rate \(0.02\)"):
        judged(recipe(), samples, [0.5, math.nan])
    with pytest.raises(ValueError, match="eval_metric: figure of the held-out samples is NaN after the first epoch"):
        judged(recipe(), samples, [math.nan], may_be_nan=True)
    _, history = judged(recipe(epochs=2), samples, [0.5, math.nan], may_be_nan=True)
    assert history.best == 0.5


def test_an_adaptive_schedule_is_lowered_where_patience_runs_out_and_the_recipe_is_not(samples):
    said = []
    again = recipe(schedule=Adaptive(), epochs=50, tolerance=10.0, patience=1, learning_rate=1e-5, say=said.append)
    run, history = trained(again, samples)
    rates = [line for line in said if line.startswith("Setting")]
    assert rates == ["Setting learning rate to 2e-06", "Setting learning rate to 4e-07"]
    assert (history.stopped_by, history.epochs, run.rate_scale) == ("patience", 7, pytest.approx(1 / 25))
    assert said[-1] == "No improvement of at least tol=10 in 1 epochs."


@pytest.mark.parametrize(
    ("schedule", "divisions"),
    # 0.5 / 5^8 = 1.28e-6 is above the smallest rate of 1e-6, 0.5 / 5^9 is not.
    [(Adaptive(), 9), (Adaptive(factor=2.0, smallest=0.1), 3)],
)
def test_an_adaptive_schedule_divides_the_rate_until_it_is_at_most_the_smallest(schedule, divisions, samples):
    again = recipe(schedule=schedule, solver=GradientDescent(), tolerance=100.0, patience=0, learning_rate=0.5)
    run, history = trained(replace(again, epochs=50), samples)
    # The first epoch improves on none, and each other epoch ends patience.
    assert (history.stopped_by, history.epochs) == ("patience", divisions + 2)
    assert run.rate_scale == pytest.approx(schedule.factor**-divisions, rel=1e-14, abs=0)
    rates = [epoch.learning_rate for epoch in itertools.islice(epochs(again, samples, run), 2)]
    assert rates == [0.5 * run.rate_scale] * 2
    assert trained(replace(again, epochs=1), samples)[0].rate_scale == 1.0


def test_the_rate_of_a_run_is_scaled_under_every_schedule(samples):
    for schedule in (constant, Cosine(6), InverseScaling(0.5)):
        whole, half = (
            next(
                epochs(
                    recipe(schedule=schedule), samples, Run(first_theta(), Adam().start(first_theta()), rate_scale=s)
                )
            )
            for s in (1.0, 0.5)
        )
        assert half.learning_rate == whole.learning_rate / 2


@pytest.mark.parametrize("stop", [1, 2, 5])
@pytest.mark.parametrize("schedule", [Adaptive(), None])
def test_a_run_continues_from_what_was_kept_bit_for_bit(stop, schedule, samples):
    changes = {} if schedule is None else {"schedule": schedule, "tolerance": 0.5, "patience": 1}
    recipe_ = recipe(**changes)
    copies = Copies()
    run, history = trained(replace(recipe_, checkpoint=copies), samples)
    assert len(copies.kept) == history.epochs - 1, "nothing is kept after the last epoch"
    assert copies.ended
    again, its_history = trained(replace(recipe_, checkpoint=Copies(copies.kept[stop - 1])), samples)
    assert np.array_equal(again.theta, run.theta)
    assert its_history == again.history == history


def test_ctrl_c_ends_it_after_the_first_epoch_and_raises_before(samples):
    def third(progress):
        if progress.epoch == 3:
            raise KeyboardInterrupt

    def never(theta):
        raise KeyboardInterrupt

    copies = Copies()
    _, history = trained(recipe(callbacks=(third,), checkpoint=copies), samples)
    assert (history.stopped_by, history.epochs) == ("interrupt", 3)
    assert not copies.ended, "an interrupted fit keeps its checkpoint"
    run = Run(first_theta())
    run.history.scores = []
    with pytest.raises(KeyboardInterrupt):
        train(recipe(), samples, run, Judge(never, "figure"))


CONVEX = Objective(mlp(3, (), 2), 0.5)


def minimised(samples, *, evaluations=math.inf, **options):
    recipe = Recipe(CONVEX, LBFGS(evaluations), tolerance=1e-8, **options)
    run = Run(CONVEX.network.initial_parameters(1), samples_seen=7)
    return run, train(recipe, samples, run)


def test_lbfgs_arrives_where_the_gradient_is_zero(samples):
    run, history = minimised(samples)
    loss, gradient = BatchGradients(Recipe(CONVEX, LBFGS()), samples, run.theta).on_all_samples()
    assert np.abs(gradient).max() < 1e-8
    assert history.stopped_by == "convergence"
    # The same objective, computed again at the same point.
    assert history.loss == history.best == pytest.approx(loss, rel=1e-15, abs=0)
    assert history.losses == []


def test_the_limits_of_lbfgs_hold_and_the_samples_are_counted(samples):
    run, history = minimised(samples, epochs=2)
    assert (history.epochs, history.stopped_by) == (2, "max_iter")
    assert "ITERATIONS" in history.message
    assert (run.samples_seen - 7) % 40 == 0
    assert run.samples_seen >= 7 + 3 * 40
    _, history = minimised(samples, evaluations=3)
    assert history.stopped_by == "max_iter"


def test_a_loss_that_is_not_finite_after_lbfgs_is_an_error(samples):
    wild = Samples(samples.x * 1e200, samples.targets)
    with pytest.raises(FloatingPointError, match="the inputs are too large"), np.errstate(all="ignore"):
        minimised(wild)
