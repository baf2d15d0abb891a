"""Tiles: gradients of networks on images against differences and PyTorch, threads and memory."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from chainrule import rules
from chainrule.arrays import random_stream
from chainrule.checking import balls, midpoints, precision
from chainrule.kernels import kernel_of, layout
from chainrule.networks import Plan, network_of_layers, tiles

TEXTS = {
    "LeNet": "conv 4 3x3 pad 1, relu, pool 2, conv 6 3x3, relu, pool 2, flatten, linear 7, relu, linear 3",
    "ReLU before everything": "relu, conv 4 3x3 pad 1 no bias, pool 3 stride 2, relu, pad 1, conv 4 3x3, softplus, "
    "global pool, linear 3",
    "strides and groups": "conv 4 3x3 stride 2 pad same groups 2, tanh, average pool 2, conv 3 2x1 pad full, "
    "sigmoid, flatten, linear 3",
    "pools alone": "pool 2, average pool 2, flatten, linear 3",
    "two in a row": "conv 4 3x3 pad 1, relu, conv 4 3x3 pad 1, relu, pool 2, conv 4 3x3, relu, conv 2 1x1, "
    "flatten, linear 3",
    "softmax along rows of pixels": "conv 4 3x3, softmax, pool 2, log_softmax, tanh, flatten, linear 3",
    "flatten alone": "flatten, linear 3",
    "dilated": "conv 4 3x3 dilation 2, relu, pool 2 stride 1 pad 1, flatten, linear 3",
}
SHAPE = (2, 11, 10)
PIXELS = 220


def problem(text, rows, dtype=np.float64):
    network = network_of_layers(text, SHAPE)
    stream = random_stream(41, rows)
    theta = network.initial_parameters(1) + 0.05 * stream.standard_normal(network.n_parameters)
    x, labels = stream.standard_normal((rows, PIXELS)), stream.integers(0, 3, rows)
    return network, theta.astype(dtype), x.astype(dtype), labels


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_the_gradient_is_that_of_the_rules_differentiated_by_pytorch(text):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    network, theta, x, labels = problem(text, 5)
    plan = Plan(network, 5, theta, input_gradient=True)
    loss = plan.loss_and_gradient(x, labels)
    flat, inputs = torch.tensor(theta, requires_grad=True), torch.tensor(x, requires_grad=True)
    value = inputs.reshape(5, *SHAPE)
    for k, layer in enumerate(network.layers):
        owned = [block.view(flat) for block in network.blocks if block.layer == k]
        value, _ = layer.rule.forward(value, *owned, **layer.options)
    expected = torch.nn.functional.cross_entropy(value, torch.tensor(labels))
    expected.backward()
    # Sums of hundreds of numbers below 10, some of them cancelling.
    assert loss == pytest.approx(float(expected.detach()), rel=1e-13, abs=0)
    np.testing.assert_allclose(plan.gradient, flat.grad.numpy(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(plan.input_gradient, inputs.grad.numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_tiles_and_pytorch_arrays_give_the_same_as_one_tile(text, monkeypatch):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    network, theta, x, labels = problem(text, 9)
    whole = Plan(network, 9, theta, input_gradient=True)
    loss = whole.loss_and_gradient(x, labels, dropout_key=(1, 2, 3))
    tensors = Plan(network, 9, torch.tensor(theta), input_gradient=True)
    # PyTorch, and tiles of other sizes, add hundreds of terms of size 1 in other orders.
    assert tensors.loss_and_gradient(torch.tensor(x), torch.tensor(labels)) == pytest.approx(loss, rel=1e-13, abs=0)
    # PyTorch, and tiles of other sizes, add hundreds of terms of size 1 in other orders.
    np.testing.assert_allclose(tensors.gradient.numpy(), whole.gradient, rtol=0, atol=1e-12)
    np.testing.assert_allclose(tensors.input_gradient.numpy(), whole.input_gradient, rtol=0, atol=1e-12)
    monkeypatch.setattr(tiles, "TILE", 2)
    monkeypatch.setattr(tiles, "WORTH_THREADS", 0)
    monkeypatch.setattr(tiles, "available_threads", lambda: 3)
    small = Plan(network, 9, theta, input_gradient=True)
    for _ in range(2):  # the second time over used buffers
        assert small.loss_and_gradient(x, labels) == pytest.approx(loss, rel=1e-13, abs=0)
        np.testing.assert_allclose(small.gradient, whole.gradient, rtol=0, atol=1e-12)
        np.testing.assert_allclose(small.input_gradient, whole.input_gradient, rtol=0, atol=1e-12)


def test_a_plan_of_balls_holds_the_exact_gradient():
    network, theta, x, labels = problem("conv 2 3x3 stride 3, relu, pool 2, flatten, linear 3", 2)
    plan = Plan(network, 2, theta)
    plan.loss_and_gradient(x, labels)
    with precision(200):
        exact = Plan(network, 2, balls(theta))
        exact.loss_and_gradient(balls(x), labels)
    # Only the floats are rounded.
    np.testing.assert_allclose(plan.gradient, midpoints(exact.gradient), rtol=0, atol=1e-14)
    assert (plan.gradient != 0).mean() > 0.5


def test_dropout_on_images_is_the_same_for_any_tiles_and_on_pytorch(monkeypatch):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    network, theta, x, labels = problem("conv 4 3x3, relu, dropout 0.4, pool 2, dropout 0.2, flatten, linear 3", 7)
    whole = Plan(network, 7, theta)
    loss = whole.loss_and_gradient(x, labels, dropout_key=(5, 1, 0))
    assert loss != Plan(network, 7, theta).loss_and_gradient(x, labels)
    tensors = Plan(network, 7, torch.tensor(theta))
    tensors.loss_and_gradient(torch.tensor(x), torch.tensor(labels), dropout_key=(5, 1, 0))
    # PyTorch, and tiles of other sizes, add hundreds of terms of size 1 in other orders.
    np.testing.assert_allclose(tensors.gradient.numpy(), whole.gradient, rtol=0, atol=1e-12)
    monkeypatch.setattr(tiles, "TILE", 2)
    small = Plan(network, 7, theta)
    small.loss_and_gradient(x, labels, dropout_key=(5, 1, 0))
    np.testing.assert_allclose(small.gradient, whole.gradient, rtol=0, atol=1e-12)
    h, direction = 1e-6, random_stream(3).standard_normal(theta.shape)
    ends = [
        Plan(network, 7, theta + s * h * direction).loss_and_gradient(x, labels, dropout_key=(5, 1, 0)) for s in (1, -1)
    ]
    # Truncation h^2 and rounding 1e-16 / h, against gradients of size 1.
    assert (ends[0] - ends[1]) / (2 * h) == pytest.approx(whole.gradient @ direction, abs=1e-8)


def test_a_network_may_end_in_a_layer_that_takes_images():
    network, theta, x, labels = problem("conv 4 3x3, relu, conv 3 3x3, global pool", 4)
    plan = Plan(network, 4, theta)
    plan.loss_and_gradient(x, labels)
    h, direction = 1e-6, random_stream(3).standard_normal(theta.shape)
    ends = [Plan(network, 4, theta + s * h * direction).loss_and_gradient(x, labels) for s in (1, -1)]
    # Truncation h^2 and rounding 1e-16 / h, against gradients of size 1.
    assert (ends[0] - ends[1]) / (2 * h) == pytest.approx(plan.gradient @ direction, abs=1e-8)


def test_a_relu_before_a_max_pool_is_applied_after_it_to_the_same_numbers():
    network, theta, x, _ = problem("conv 4 3x3, relu, pool 2, flatten, linear 3", 4)
    rules_in_order = [stage.layer.rule for stage in tiles.stages_of(network, range(network.n_image_layers), theta)]
    assert rules_in_order == [rules.conv2d, rules.max_pool2d, rules.relu, rules.flatten]
    got = Plan(network, 4, theta).logits(x)
    weight, bias, last, end = network.unpack(theta)
    expected = rules.max_pool2d(rules.relu(rules.conv2d(x.reshape(4, *SHAPE), weight, bias)))
    # The same sums in another order.
    np.testing.assert_allclose(got, rules.flatten(expected) @ last + end, rtol=0, atol=1e-13)


def test_ties_at_zero_let_no_cotangent_through_in_either_order():
    network = network_of_layers("conv 1 1x1, relu, pool 2, flatten, linear 2", (1, 2, 2))
    theta = np.zeros(network.n_parameters)
    theta[:] = [-1.0, 1.0, -1.0, 0.0, 0.0, 0.0]  # the weight of the convolution is negative: the ReLU is shut
    plan = Plan(network, 1, theta, input_gradient=True)
    plan.loss_and_gradient(np.ones((1, 4)), np.array([0]))
    assert (plan.input_gradient == 0).all()
    assert plan.gradient[0] == 0


def test_what_a_convolution_puts_out_before_a_pool_is_not_kept():
    network, theta, *_ = problem("conv 4 3x3, relu, pool 2, conv 4 3x3, relu, flatten, linear 3", 4)
    kept = [stage.kept for stage in tiles.stages_of(network, range(network.n_image_layers), theta)]
    assert kept == [False, True, True, True, True, True]


def test_the_first_layers_input_cotangent_is_computed_only_when_it_is_asked_for(monkeypatch):
    network, theta, x, labels = problem("conv 4 3x3, flatten, linear 3", 4)
    asked = []
    kernel = kernel_of(rules.conv2d)

    def watched(residuals, cotangent, *, out, work):
        asked.append(out[0] is not None)
        return kernel.pullback(residuals, cotangent, out=out, work=work)

    watching = replace(kernel, pullback=watched)
    monkeypatch.setattr(
        tiles, "kernel_of", lambda rule, theta: watching if rule is rules.conv2d else kernel_of(rule, theta)
    )
    Plan(network, 4, theta).loss_and_gradient(x, labels)
    Plan(network, 4, theta, input_gradient=True).loss_and_gradient(x, labels)
    assert asked == [False, True]


def test_the_matrix_of_all_patches_never_exists(monkeypatch):
    """9 x 16 channels x 64 x 64 pixels x 16 images are 37 MB in float32; the images themselves are 4 MB."""
    monkeypatch.setattr(tiles, "available_threads", lambda: 1)
    layout._scratch.buffers.clear()
    layout._scratch.works.clear()
    network = network_of_layers(
        "conv 16 3x3 pad 1, relu, conv 16 3x3 pad 1, relu, pool 4, flatten, linear 2", (1, 64, 64)
    )
    theta, x = network.initial_parameters(0, np.float32), np.ones((16, 4096), np.float32)
    tracemalloc.start()
    plan = Plan(network, 16, theta)
    plan.loss_and_gradient(x, np.arange(16) % 2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    layer = 4 * 16 * 16 * 4096
    # The patches alone would be nine layers. Measured are 8.3: two outputs, two cotangents in turn, images with zeros
    # around, a ReLU's zeros and slopes, and two buffers of a megabyte for patches and what lies beside them.
    assert peak < 9 * layer


def test_after_the_first_step_memory_no_longer_grows(monkeypatch):
    monkeypatch.setattr(tiles, "available_threads", lambda: 2)
    network, theta, x, labels = problem(TEXTS["LeNet"], 64, np.float32)
    plan = Plan(network, 64, theta)
    for _ in range(3):
        plan.loss_and_gradient(x, labels)
    grown, held = [], []
    for _ in range(5):  # threads that other tests left behind allocate now and then
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(5):
            plan.loss_and_gradient(x, labels)
        after, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        grown.append(after - before)
        held.append(peak - before)
    assert min(grown) < 30_000
    # Sums, weights turned around and views, measured at 63 kB: below one layer's 64 x 4 x 110 floats.
    assert min(held) < 100_000


def test_steps_from_two_threads_do_not_disturb_each_other():
    from concurrent.futures import ThreadPoolExecutor

    network, theta, x, labels = problem(TEXTS["two in a row"], 6)
    expected = Plan(network, 6, theta)
    expected.loss_and_gradient(x, labels)

    def run(_):
        plan = Plan(network, 6, theta.copy())
        for _ in range(5):
            plan.loss_and_gradient(x, labels)
        return plan.gradient

    with ThreadPoolExecutor(4) as pool:
        for gradient in pool.map(run, range(8)):
            # With another number of threads, the same terms are added in another order.
            np.testing.assert_allclose(gradient, expected.gradient, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("conv 2 3x3, relu, pool 2, flatten", [False, True, True, True]),  # the pool comes before the ReLU
        ("conv 2 3x3, average pool 2, flatten", [False, True, True]),
        ("conv 2 3x3, relu, pad 1, flatten", [True, True, True, True]),
        ("pool 2, pad 1, average pool 2, pad 1, flatten", [False, True, False, True, True]),
        ("conv 2 3x3, conv 2 3x3, pool 2, flatten", [True, False, True, True]),
        ("conv 2 3x3, dropout 0.5, pool 2, flatten", [True, False, True, True]),
    ],
)
def test_outputs_that_no_pullback_reads_share_one_buffer_and_no_two_neighbours_do(text, kept):
    network = network_of_layers(f"{text}, linear 2", SHAPE)
    theta, x = network.initial_parameters(0), random_stream(2).standard_normal((3, PIXELS))
    assert [stage.kept for stage in tiles.stages_of(network, range(network.n_image_layers), theta)] == kept
    plan, labels, h = Plan(network, 3, theta, input_gradient=True), np.array([0, 1, 1]), 1e-6
    plan.loss_and_gradient(x, labels)
    direction = random_stream(3).standard_normal(x.shape)
    ends = [Plan(network, 3, theta).loss_and_gradient(x + s * h * direction, labels) for s in (1, -1)]
    # Truncation h^2 and rounding 1e-16 / h, against slopes of size 1.
    assert (ends[0] - ends[1]) / (2 * h) == pytest.approx((plan.input_gradient * direction).sum(), abs=1e-8)
