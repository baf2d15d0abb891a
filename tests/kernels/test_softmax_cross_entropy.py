"""The fused softmax cross entropy of training, beside the rule."""

import numpy as np
import pytest

from chainrule.arrays import class_mask, random_stream
from chainrule.checking import balls, midpoints, precision
from chainrule.kernels import kernel_of, registered
from chainrule.kernels.tensors import of_log_softmax
from chainrule.rules import softmax_cross_entropy
from chainrule.workspace import Workspace

LOGITS = 40 * random_stream(11, 30, 5).standard_normal((30, 5))
LABELS = (7 * np.arange(30) + 1) % 5
TARGETS = {"labels": LABELS, "one-hot": class_mask(LABELS, 5) * 1.0, "rows": random_stream(6, 30).random((30, 5))}
KINDS = pytest.mark.parametrize("kind", TARGETS)
SMOOTHING = pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.1}], ids=["plain", "smoothed"])


def fused(x, targets, weights, out, **options):
    work = Workspace()
    for _ in range(2):  # the second time the workspace holds what the first one left
        out[1][...] = x
        results = registered(softmax_cross_entropy).value_and_pullback(
            out[1], targets, weights, out=out, work=work, **options
        )
        assert results[0] is out[0]
        assert results[1] is out[1]


@SMOOTHING
@KINDS
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("order", "CF")
def test_it_agrees_with_its_rule(kind, options, dtype, order):
    for scale in (1 / 40, 1):
        x = (scale * LOGITS).astype(dtype)
        targets = LABELS if kind == "labels" else TARGETS[kind].astype(dtype)
        weights = np.full((len(x), 1), 0.5, dtype)
        losses, slopes = np.empty((len(x), 1), dtype), np.empty(x.shape, dtype, order)
        fused(x, targets, weights, (losses, slopes), **options)
        unit = float(np.finfo(dtype).eps)
        gradient, _ = softmax_cross_entropy.vjp(x, targets, weights[:, 0], **options)
        np.testing.assert_allclose(losses[:, 0], softmax_cross_entropy(x, targets, **options), 8 * unit, 4 * unit)
        # Slopes cancel where a target and a probability nearly agree.
        np.testing.assert_allclose(slopes, gradient, rtol=8 * unit, atol=8 * unit)


@SMOOTHING
@KINDS
def test_in_exact_arithmetic_it_is_its_rule(kind, options):
    with precision(600):
        x, weights = balls(LOGITS[:4]), balls(np.array([[0.25], [1.0], [2.0], [3.0]]))
        targets = LABELS[:4] if kind == "labels" else balls(TARGETS[kind][:4])
        losses, slopes = balls(np.zeros((4, 1))), balls(np.zeros(x.shape))
        fused(x, targets, weights, (losses, slopes), **options)
        expected = softmax_cross_entropy(x, targets, **options)
        gradient, _ = softmax_cross_entropy.vjp(x, targets, weights[:, 0], **options)
    # Balls have many digits; their midpoints are rounded to floats.
    np.testing.assert_allclose(midpoints(losses)[:, 0], midpoints(expected), rtol=1e-15, atol=0)
    np.testing.assert_allclose(midpoints(slopes), midpoints(gradient), rtol=1e-15, atol=0)


@pytest.mark.parametrize("targets", [np.array([0, 1, 2]), np.array([[0.5, 0.25, 0.25]] * 3)], ids=["labels", "rows"])
def test_a_nan_stays_a_nan_in_its_row(targets):
    """There is no rule for infinities here; a nan must not be hidden."""
    x = np.array([[1.0, 2.0, 0.5], [np.nan, 1.0, 2.0], [1.0, 2.0, 0.5]])
    losses, slopes = np.empty((3, 1)), np.empty((3, 3))
    fused(x, targets, np.ones((3, 1)), (losses, slopes))
    assert np.isnan(losses[1])
    assert np.isnan(slopes[1]).any()
    assert np.isfinite(losses[[0, 2]]).all()
    assert np.isfinite(slopes[[0, 2]]).all()


@SMOOTHING
@pytest.mark.parametrize("kind", ["labels", "rows"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("form", ["of small kernels, for a GPU", "compiled, for main memory"])
def test_forms_for_tensors_agree_with_the_rule(form, dtype, kind, options):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    weights = torch.as_tensor(random_stream(8, 30).random((30, 1)), dtype=getattr(torch, dtype))
    x = torch.as_tensor(LOGITS, dtype=weights.dtype)
    targets = torch.as_tensor(LABELS) if kind == "labels" else torch.as_tensor(TARGETS[kind], dtype=weights.dtype)
    if form.startswith("compiled"):
        pytest.importorskip("numba", reason="needs numba: pip install -e '.[fast]'")
        compute = kernel_of(softmax_cross_entropy, x).value_and_pullback
        assert compute is not registered(softmax_cross_entropy).value_and_pullback
    else:
        compute = of_log_softmax
    losses, slopes, work = torch.empty((30, 1), dtype=x.dtype), torch.empty_like(x), Workspace()
    for _ in range(2):
        compute(x, targets, weights, out=(losses, slopes), work=work, **options)
    unit = float(np.finfo(dtype).eps)
    gradient, _ = softmax_cross_entropy.vjp(x, targets, weights[:, 0], **options)
    # log p is 100 in size; it is rounded once, which e^log p multiplies.
    near = {"rtol": 200 * unit, "atol": 8 * unit}
    np.testing.assert_allclose(losses[:, 0], softmax_cross_entropy(x, targets, **options), 8 * unit, 4 * unit)
    np.testing.assert_allclose(slopes, gradient, **near)
