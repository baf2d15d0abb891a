"""How a plan weighs rows, penalises parameters, and refuses what does not fit."""

import numpy as np
import pytest

from chainrule.networks import Plan, mlp


@pytest.mark.parametrize("kind", ["labels", "rows", "several", "squared"])
def test_integer_weights_are_repeated_rows(problem, kind):
    case = problem("softplus", kind)
    counts = np.array([1, 3, 0, 2, 1, 5, 1])
    weighted, repeated = case.plan(), Plan(case.network, counts.sum(), case.theta)
    index = np.repeat(np.arange(7), counts)
    loss = weighted.loss_and_gradient(case.x, case.targets, counts.astype(float), l2=0.1)
    # 13 terms of one size instead of 7 of several: measured, 5e-16.
    assert loss == pytest.approx(
        repeated.loss_and_gradient(case.x[index], case.targets[index], l2=0.1), rel=1e-14, abs=0
    )
    largest = abs(repeated.gradient).max()
    np.testing.assert_allclose(weighted.gradient, repeated.gradient, rtol=0, atol=1e-14 * largest)


@pytest.mark.parametrize("factor", [2.0**-1000, 2.0**40, 2.0**1000])
def test_only_the_ratios_of_weights_matter(problem, factor):
    case = problem("tanh", "labels")
    plan = case.plan()
    loss, gradient = plan.loss_and_gradient(case.x, case.targets, case.weights), plan.gradient.copy()
    # A power of two changes no digit of a quotient.
    assert plan.loss_and_gradient(case.x, case.targets, factor * case.weights) == loss
    assert (plan.gradient == gradient).all()


def test_a_row_of_weight_zero_counts_for_nothing(problem):
    case = problem("relu", "labels")
    plan = case.plan()
    assert case.weights[1] == 0
    loss, gradient = plan.loss_and_gradient(case.x, case.targets, case.weights), plan.gradient.copy()
    case.x[1], case.targets[1] = -1e3, 3 - case.targets[1]
    assert plan.loss_and_gradient(case.x, case.targets, case.weights) == loss
    assert (plan.gradient == gradient).all()


@pytest.mark.parametrize("biases", [False, True])
def test_the_penalty_adds_l2_times_the_sum_of_squares_and_its_slope(problem, biases):
    case = problem("tanh", "labels")
    plan = case.plan()
    loss, gradient = plan.loss_and_gradient(case.x, case.targets), plan.gradient.copy()
    penalised = case.theta.copy()
    if not biases:
        penalised[case.network.n_weights :] = 0
    for l2 in (1e-3, 0.5, 1e6):
        total = plan.loss_and_gradient(case.x, case.targets, l2=l2, penalise_biases=biases)
        # The penalty is a sum in another order.
        assert total == pytest.approx(loss + l2 * (penalised**2).sum(), rel=1e-14, abs=0)
        np.testing.assert_allclose(plan.gradient, gradient + 2 * l2 * penalised, rtol=1e-14, atol=1e-16)


def test_a_step_without_penalty_follows_one_with_it_undisturbed(problem):
    case = problem("tanh", "labels")
    plan = case.plan()
    loss, gradient = plan.loss_and_gradient(case.x, case.targets), plan.gradient.copy()
    plan.loss_and_gradient(case.x, case.targets, l2=0.5, penalise_biases=True)
    assert plan.loss_and_gradient(case.x, case.targets) == loss
    assert (plan.gradient == gradient).all()


@pytest.mark.parametrize("wrong", [(6, 3), (8, 3), (7, 4), (7,), (7, 3, 1)])
def test_a_batch_of_another_shape_is_refused(problem, wrong):
    case = problem("relu", "labels")
    plan = case.plan()
    for refused in (
        lambda x: plan.loss_and_gradient(x, case.targets),
        lambda x: plan.logits(x),
    ):
        with pytest.raises(ValueError, match=r"a batch: expected shape \(7, 3\), got"):
            refused(np.zeros(wrong))


@pytest.mark.parametrize("wrong", [(6,), (7, 1), ()])
def test_weights_of_another_shape_are_refused(problem, wrong):
    case = problem("relu", "labels")
    with pytest.raises(ValueError, match=r"weights: expected shape \(7,\), got"):
        case.plan().loss_and_gradient(case.x, case.targets, np.ones(wrong))


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan])
def test_weights_without_a_positive_sum_are_refused(problem, value):
    case = problem("relu", "labels")
    with pytest.raises(ValueError, match="weights of a batch must have a positive sum"):
        case.plan().loss_and_gradient(case.x, case.targets, np.full(7, value))


@pytest.mark.parametrize(
    ("kind", "targets", "message"),
    [
        ("labels", np.full(7, 4), r"labels lie in 0\.\.3 for 4 classes, got 4\.\.4"),
        ("labels", np.array([0, 1, 2, 3, -1, 0, 0]), r"got -1\.\.3"),
        ("labels", np.zeros(6, dtype=int), r"targets \(labels\): expected shape \(7,\), got \(6,\)"),
        ("labels", np.zeros((7, 3)), r"targets .*: expected shape \(7, 4\), got \(7, 3\)"),
        ("binary", np.zeros(7), r"targets: expected shape \(7, 1\), got \(7,\)"),
        ("squared", np.zeros((7, 1)), r"targets: expected shape \(7, 2\), got \(7, 1\)"),
    ],
)
def test_targets_that_do_not_fit_the_loss_are_refused(problem, kind, targets, message):
    case = problem("relu", kind)
    with pytest.raises(ValueError, match=message):
        case.plan().loss_and_gradient(case.x, targets)


@pytest.mark.parametrize("length", [8, 10])
def test_parameters_of_another_length_are_refused(length):
    # 2 x 2 + 2 x 1 weights and 2 + 1 biases.
    with pytest.raises(ValueError, match=rf"theta: expected shape \(9,\), got \({length},\)"):
        Plan(mlp(2, (2,), 1), 7, np.zeros(length))


@pytest.mark.parametrize("rows", [0, -3])
def test_a_plan_needs_a_row(rows):
    with pytest.raises(ValueError, match=f"rows: expected at least 1, got {rows}"):
        Plan(mlp(2, (2,), 1), rows, np.zeros(9))


def test_a_plan_of_one_row_is_enough(problem):
    case = problem("tanh", "labels")
    one = Plan(case.network, 1, case.theta)
    losses = [one.loss_and_gradient(case.x[[i]], case.targets[[i]]) for i in range(7)]
    # A mean of seven numbers in another order.
    assert case.plan().loss_and_gradient(case.x, case.targets) == pytest.approx(np.mean(losses), rel=1e-14, abs=0)
