"""After its first step a plan allocates nothing: measured by tracemalloc, to which NumPy reports its arrays.

NumPy's own loops take a buffer of 8192 entries where an operand is broadcast, whatever its size; `np.setbufsize` brings
it down to 16 here, so that what is left of a step is a few Python objects, 2 KB, where one batch takes 120.
"""

import time
import tracemalloc

import numpy as np
import pytest

from chainrule import rules
from chainrule.networks import Plan, mlp, network_of_layers

ROWS = 500
BOUND = 8_000
"""Bytes. Measured: 1.6 to 2.2 KB, of views, tuples and the generator of masks, none of which grow with the batch."""
SMALLEST_ARRAY = ROWS * 60 * 4
"""A batch of the narrowest layer in float32, 120 KB."""
KINDS = ("labels", "smoothed labels", "rows", "binary", "squared", "many classes")


def growth(step, *, seconds=5.0):
    """The most bytes that a call of `step` holds at once, beyond those held before it.

    Threads that other tests left behind, such as those of a cluster, allocate for some time: this is the least of 25
    measurements, and of more within these seconds as long as it is not below the bound.
    """
    before = np.setbufsize(16)
    try:
        step()
        step()
        tracemalloc.start()
        try:
            step()  # tracemalloc's own first entries
            least = min(_held_in(step) for _ in range(25))
            end = time.monotonic() + seconds
            while least >= BOUND and time.monotonic() < end:
                time.sleep(0.1)
                least = min(least, _held_in(step))
            return least
        finally:
            tracemalloc.stop()
    finally:
        np.setbufsize(before)


def _held_in(step):
    tracemalloc.reset_peak()
    held, _ = tracemalloc.get_traced_memory()
    step()
    return tracemalloc.get_traced_memory()[1] - held


def steps(activation, kind, dtype, dropout=0.0, **options):
    """A function that takes one training step of an 80-100-60 network, unless told otherwise."""
    rng = np.random.default_rng(0)
    outputs = {"binary": 1, "squared": 2, "many classes": 70}.get(kind, 5)
    loss = {"binary": "binary_cross_entropy", "squared": "half_squared_error"}.get(kind, "softmax_cross_entropy")
    network = mlp(80, (100, 60), outputs, activation=activation, dropout_rate=dropout, loss=loss)
    return stepping(network, kind, dtype, rng, **options)


def stepping(network, kind, dtype, rng, weighted=True, **options):
    plan = Plan(network, ROWS, network.initial_parameters(0, dtype))
    x, weights = rng.normal(size=(ROWS, 80)).astype(dtype), rng.random(ROWS).astype(dtype)
    if kind in ("labels", "smoothed labels", "many classes"):
        targets = rng.integers(0, network.out_features, ROWS)
    else:
        targets = rng.dirichlet(np.ones(network.out_features), ROWS).astype(dtype)
    if "smoothed" in kind:
        options["label_smoothing"] = 0.1
    return lambda: plan.loss_and_gradient(x, targets, weights if weighted else None, validate=False, **options)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "softplus", "identity"])
def test_a_step_allocates_no_array(activation, kind, dtype):
    assert growth(steps(activation, kind, dtype)) < BOUND


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "options",
    [
        {"dropout_key": (1, 2, 3)},
        {"l2": 0.1},
        {"l2": 0.1, "penalise_biases": True},
        {"weighted": False},
        {"dropout_key": (1, 2, 3), "l2": 0.1, "penalise_biases": True},
    ],
    ids=lambda options: "-".join(options),
)
def test_neither_dropout_nor_penalty_nor_equal_weights_allocate_an_array(options, dtype):
    assert growth(steps("relu", "labels", dtype, dropout=0.3, **options)) < BOUND


@pytest.mark.parametrize("activation", ["softmax", "log_softmax"])
def test_activations_along_rows_allocate_no_array_either(activation):
    assert growth(steps(activation, "labels", np.float32)) < BOUND


def test_an_identity_layer_written_out_allocates_no_array():
    network = network_of_layers("linear 60, identity, linear 5", (80,))
    assert growth(stepping(network, "labels", np.float32, np.random.default_rng(0))) < BOUND


def test_changing_the_dropout_key_allocates_no_array():
    rng, keys = np.random.default_rng(0), iter(range(100))
    network = mlp(80, (100, 60), 5, dropout_rate=0.3)
    plan = Plan(network, ROWS, network.initial_parameters(0))
    x, labels = rng.normal(size=(ROWS, 80)), rng.integers(0, 5, ROWS)
    assert growth(lambda: plan.loss_and_gradient(x, labels, dropout_key=(1, 2, next(keys)), validate=False)) < BOUND


def test_logits_allocate_no_array():
    network = mlp(80, (100, 60), 5)
    plan, x = Plan(network, ROWS, network.initial_parameters(0)), np.ones((ROWS, 80))
    assert growth(lambda: plan.logits(x)) < BOUND


def test_one_allocated_activation_would_be_noticed():
    # A rule without `out` and `work`: its result is allocated, then copied to the plan's buffer.
    doubled = rules.Rule("doubled", lambda x: (x + x, None), lambda _, v: v + v)
    network = network_of_layers(["linear 60", doubled, "linear 5"], (80,))
    step = stepping(network, "labels", np.float32, np.random.default_rng(0))
    assert growth(step, seconds=0) > SMALLEST_ARRAY


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_allocated_batch_would_be_noticed(dtype):
    step, batch = steps("relu", "labels", dtype), np.ones((ROWS, 60), dtype)
    assert growth(lambda: (step(), batch + 1), seconds=0) > SMALLEST_ARRAY
    assert growth(lambda: (step(), batch[::2])) < BOUND
