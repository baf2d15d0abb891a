"""A plan on every kind of array: layouts, dtypes, sparse rows, tensors, balls; and what it refuses."""

import numpy as np
import pytest
import scipy.sparse

from chainrule.checking import balls, midpoints, radii
from chainrule.networks import Plan, network_of_layers

DROPPED = (5, 3, 2)


def step(plan, case, x=None, **options):
    """Copies of loss, gradient, and input gradient where there is one."""
    x = case.x if x is None else x
    loss = plan.loss_and_gradient(x, case.targets, case.weights, **case.options, **options)
    by_input = None if plan.input_gradient is None else plan.input_gradient.copy()
    return loss, plan.gradient.copy(), by_input


def difference_quotient(network, theta, x, targets, **options):
    """Fourth-order differences of the loss by x: at h = 1e-3, off by some h^4 = 1e-12 and by 1e-16 / h."""

    def loss(i, j, h):
        moved = x.copy()
        moved[i, j] += h
        return Plan(network, len(x), theta).loss_and_gradient(moved, targets, **options)

    h = 1e-3
    slopes = np.empty(x.shape)
    for i, j in np.ndindex(x.shape):
        near, far = loss(i, j, h) - loss(i, j, -h), loss(i, j, 2 * h) - loss(i, j, -2 * h)
        slopes[i, j] = (8 * near - far) / (12 * h)
    return slopes


def test_logits_are_the_products_written_out(problem):
    case = problem("tanh", "labels")
    w1, b1, w2, b2, w3, b3 = case.network.unpack(case.theta)
    expected = np.tanh(np.tanh(case.x @ w1 + b1) @ w2 + b2) @ w3 + b3
    # Sums of at most 6 terms in three layers, of magnitudes around 1, perhaps in another order; measured, equal.
    np.testing.assert_allclose(case.plan().logits(case.x), expected, rtol=0, atol=1e-14)


def test_logits_are_free_of_dropout(problem):
    case, bare = problem("relu", "labels", dropout=0.5), problem("relu", "labels")
    assert (case.plan().logits(case.x) == bare.plan().logits(bare.x)).all()


def test_dropout_depends_on_its_key_alone(problem):
    case = problem("tanh", "labels", dropout=0.5)
    plan = case.plan()
    once, other, again = (step(plan, case, dropout_key=key)[1] for key in (DROPPED, (5, 3, 3), DROPPED))
    assert (once == again).all()
    assert not (once == other).all()


def test_a_step_without_dropout_after_one_with_it_is_as_if_there_had_been_none(problem):
    case, bare = problem("tanh", "labels", dropout=0.5), problem("tanh", "labels")
    plan = case.plan()
    plan.loss_and_gradient(case.x, case.targets, dropout_key=DROPPED)
    assert (step(plan, case)[1] == step(bare.plan(), bare)[1]).all()


def test_the_input_gradient_is_computed_on_request_only(problem):
    case = problem("softplus", "labels")
    plan = case.plan()
    step(plan, case)
    assert plan.input_gradient is None


@pytest.mark.parametrize(
    "layers",
    [
        "linear 4",
        "linear 5, tanh, linear 4",
        "softplus, linear 4",
        "linear 3, dropout 0.25, linear 4",
        "dropout 0.25, linear 4",
        "linear 5, tanh, sigmoid, linear 4",
        "identity, linear 4",
        "softmax, linear 4",
    ],
)
def test_the_input_gradient_is_the_slope_of_the_loss(layers):
    rng = np.random.default_rng(3)
    network = network_of_layers(layers, (3,))
    theta, x, labels = network.initial_parameters(7), rng.normal(size=(5, 3)), np.array([3, 0, 0, 1, 2])
    plan = Plan(network, 5, theta, input_gradient=True)
    plan.input_gradient[...] = np.nan
    plan.loss_and_gradient(x, labels, dropout_key=DROPPED)
    slopes = difference_quotient(network, theta, x, labels, dropout_key=DROPPED)
    # Fourth differences of losses around 1 at h = 1e-3 are good to about 1e-12.
    np.testing.assert_allclose(plan.input_gradient, slopes, rtol=0, atol=1e-11)


@pytest.mark.parametrize("last", ["tanh", "sigmoid", "softplus", "relu", "softmax", "log_softmax", "identity"])
def test_a_network_may_end_in_an_activation(last):
    rng = np.random.default_rng(4)
    network = network_of_layers(f"linear 4, {last}", (3,))
    theta, x, labels = network.initial_parameters(7), rng.normal(size=(5, 3)), np.array([3, 0, 0, 1, 2])
    plan = Plan(network, 5, theta, input_gradient=True)
    plan.loss_and_gradient(x, labels)
    slopes = difference_quotient(network, theta, x, labels)
    # Fourth differences of losses around 1 at h = 1e-3 are good to about 1e-12.
    np.testing.assert_allclose(plan.input_gradient, slopes, rtol=0, atol=1e-11)


def test_batches_laid_out_otherwise_in_memory_give_the_same_gradients(problem):
    case = problem("tanh", "labels")
    plan = case.plan(input_gradient=True)
    wanted = step(plan, case)
    wide, reverse = np.full((14, 9), np.nan), case.x[::-1].copy()
    wide[::2, 1::3] = case.x
    for x in (np.asfortranarray(case.x), wide[::2, 1::3], reverse[::-1]):
        assert not x.flags.c_contiguous
        for got, want in zip(step(plan, case, x), wanted, strict=True):
            # The products may be summed in another order; measured, equal.
            np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-15)


def test_a_step_leaves_its_inputs_alone(problem):
    case = problem("relu", "smoothed rows", dropout=0.25)
    given = [array.copy() for array in (case.theta, case.x, case.targets, case.weights)]
    step(case.plan(input_gradient=True), case, l2=0.3, dropout_key=DROPPED)
    for before, after in zip(given, (case.theta, case.x, case.targets, case.weights), strict=True):
        assert (before == after).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["labels", "binary"])
def test_compressed_sparse_rows_give_what_dense_rows_give(problem, kind, dtype):
    case = problem("softplus", kind, dtype=dtype)
    case.x[[0, 2, 4], [1, 0, 2]] = 0
    case.x[5] = 0
    dense, sparse = case.plan(input_gradient=True), case.plan(input_gradient=True)
    tolerance = 32 * np.finfo(dtype).eps  # sums of at most 7 terms in another order: measured, 2 eps
    for x in (scipy.sparse.csr_matrix(case.x), scipy.sparse.csr_array(case.x)):
        for got, want in zip(step(sparse, case, x, l2=0.1), step(dense, case, l2=0.1), strict=True):
            np.testing.assert_allclose(got, want, rtol=0, atol=tolerance * np.abs(want).max())
        np.testing.assert_allclose(sparse.logits(x), dense.logits(case.x), rtol=0, atol=tolerance * 10)


@pytest.mark.parametrize("kind", ["labels", "smoothed rows", "binary", "squared"])
def test_single_precision_is_as_close_to_double_as_its_digits_allow(problem, kind):
    single, double = problem("tanh", kind, dtype=np.float32), problem("tanh", kind)
    got, want = step(single.plan(), single, l2=0.1), step(double.plan(), double, l2=0.1)
    assert got[1].dtype == np.float32
    # Inputs, parameters and every sum are rounded at 6e-8: measured, 5e-7 of the largest entry at most.
    np.testing.assert_allclose(got[0], want[0], rtol=4e-6)
    np.testing.assert_allclose(got[1], want[1], rtol=0, atol=4e-6 * abs(want[1]).max())


@pytest.mark.parametrize("dropped", [None, DROPPED], ids=["", "dropout"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", ["labels", "smoothed labels", "rows", "binary", "squared"])
def test_tensors_give_what_arrays_give(problem, kind, dtype, dropped):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    case = problem("softplus", kind, dtype=np.dtype(dtype), dropout=0.25 if dropped else 0.0)
    wanted = step(case.plan(input_gradient=True), case, l2=0.1, dropout_key=dropped)
    x, targets, weights = (torch.tensor(array) for array in (case.x, case.targets, case.weights))
    plan = Plan(case.network, 7, torch.tensor(case.theta), input_gradient=True)
    loss = plan.loss_and_gradient(x, targets, weights, l2=0.1, dropout_key=dropped, **case.options)
    assert plan.gradient.dtype == getattr(torch, dtype)
    bound = 32 * np.finfo(dtype).eps
    for got, want in zip((loss, plan.gradient.numpy(), plan.input_gradient.numpy()), wanted, strict=True):
        # exp and log1p of two libraries differ by an ulp or two, sums in their order: measured, 5 eps of the largest.
        np.testing.assert_allclose(got, want, rtol=0, atol=bound * np.abs(want).max())


def test_a_plan_runs_on_balls_and_encloses_what_floats_give(problem):
    case = problem("softplus", "rows", rows=4)
    plan = Plan(case.network, 4, balls(case.theta))
    loss = plan.loss_and_gradient(balls(case.x), balls(case.targets), balls(case.weights), l2=0.1)
    wanted = step(case.plan(), case, l2=0.1)
    for got, want in zip((loss, plan.gradient), wanted[:2], strict=True):
        # Only the floats are rounded: a few units of 1e-16 per entry, relative to the largest.
        np.testing.assert_allclose(midpoints(got), want, rtol=0, atol=1e-14 * np.abs(want).max())
        # Balls of 53 bits grow with every operation, but a few dozen of them leave 12 digits.
        assert (radii(got) < 1e-12).all()


def test_theta_and_a_given_gradient_are_used_in_place(problem):
    case = problem("tanh", "labels")
    gradient = np.full_like(case.theta, np.nan)
    plan = case.plan(gradient=gradient)
    assert plan.theta is case.theta
    first, _, _ = step(plan, case)
    assert np.isfinite(gradient).all()
    case.theta -= 0.01 * gradient
    assert step(plan, case)[0] < first


def test_a_plan_for_logits_alone_has_the_same_and_no_memory_for_gradients(problem):
    case = problem("tanh", "labels")
    both = Plan(case.network, len(case.x), case.theta)
    alone = Plan(case.network, len(case.x), case.theta, forward_only=True)
    assert np.array_equal(alone.logits(case.x), both.logits(case.x))
    assert alone.gradient.size == 0
    with pytest.raises(ValueError, match="made with forward_only=True, for logits alone"):
        alone.loss_and_gradient(case.x, case.targets)


def test_a_plan_for_logits_of_images_shares_its_buffers_between_tiles():
    layers = "conv 4 3x3 pad 1, relu, conv 3 3x3, pool 2, dropout 0.3, flatten, linear 5"
    network = network_of_layers(layers, (2, 10, 10))
    x, theta = np.random.default_rng(0).normal(size=(200, 200)), network.initial_parameters(0)
    alone = Plan(network, 200, theta, forward_only=True)
    # Tiles of other sizes multiply in blocks of other sizes, so sums are in another order.
    assert np.allclose(alone.logits(x), Plan(network, 200, theta).logits(x), rtol=1e-12, atol=1e-13)
    assert np.allclose(alone.logits(x[::-1]), Plan(network, 200, theta).logits(x)[::-1], rtol=1e-12, atol=1e-13)
    assert network.n_image_products == 4 * 2 * 9 * 100 + 3 * 4 * 9 * 64
    assert network.n_products == network.n_image_products + 3 * 16 * 5
