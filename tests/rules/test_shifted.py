"""The origins of the exponents: wherever a row's largest logit lies, no sum overflows and no tail loses its digits."""

import numpy as np
import pytest

from chainrule.arrays import to_numpy
from chainrule.checking import balls, precision, ulp_errors
from chainrule.rules import log_softmax, softmax, softmax_cross_entropy
from chainrule.rules.shifted import CONDITIONED_BOUND, shifted

DTYPES = [np.float64, np.float32]


def normal(dtype):
    """The least exponent, but for its sign, whose exponential is a normal number."""
    return -np.log(float(np.finfo(dtype).smallest_normal))


def vanish(dtype):
    return -np.log(float(np.finfo(dtype).smallest_subnormal))


def added(dtype, classes):
    """The largest logit whose exponentials, as many as there are classes, are added as they are."""
    return np.log(float(np.finfo(dtype).max)) - np.log(classes) - 1


def largest_logits(dtype, classes):
    """Logits on either side of every limit."""
    last = 2 + 2 * vanish(dtype)
    limits = np.array([1e-9, 0.3, 1, added(dtype, classes), added(dtype, classes) + 20, 1.5 * vanish(dtype), last, 1e6])
    limits = np.append(limits, float(np.finfo(dtype).max) / 2)
    return np.concatenate([[0.0], *(factor * limits for factor in (0.997, 1.003, -0.997, -1.003))])


def rows(dtype, classes):
    """A row for each largest logit, with the other logits between it and the point where exponentials vanish."""
    largest, stream = largest_logits(dtype, classes)[:, None], np.random.default_rng(0)
    logits = largest - stream.uniform(0, vanish(dtype), (len(largest), classes))
    # A difference from the largest logit is a multiple of its ulp; add digits below that to small logits.
    logits = np.minimum(logits + 1e-9 * stream.uniform(size=logits.shape), largest)
    logits[:, classes // 3] = largest[:, 0]
    return logits.astype(dtype)


def rounded_rows(dtype, classes):
    """Rows whose smallest differences from the origin are inexact, and exponentials normal numbers nevertheless."""
    largest, stream = added(dtype, classes) + np.array([[0.3], [1], [2], [4]]), np.random.default_rng(1)
    below = stream.uniform(added(dtype, classes) + 5, normal(dtype) - 0.1, (len(largest), classes))
    logits = (largest - below) * (1 + 1e-9 * stream.uniform(size=below.shape))
    logits[:, classes // 3] = largest[:, 0]
    return logits.astype(dtype)


def given(logits, library):
    if library == "numpy":
        return logits
    return pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'").from_numpy(logits)


def assert_within(results, exact, logits):
    errors = ulp_errors(to_numpy(results), exact)
    worst = errors.reshape(len(logits), -1).max(axis=1)
    assert {
        float(row.max()): error for row, error in zip(logits, worst, strict=True) if not error <= CONDITIONED_BOUND
    } == {}


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("draw", "classes"), [(rows, 40), (rounded_rows, 1000), (rounded_rows, 20_000)])
def test_every_probability_keeps_its_digits_wherever_the_largest_logit_lies(draw, classes, dtype, library):
    logits = draw(dtype, classes)
    with precision(300):
        exact = softmax(balls(logits))
    assert_within(softmax(given(logits, library)), exact, logits)


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_log_probabilities_and_losses_keep_theirs(dtype, library):
    """Sums of terms of one sign, so that the bound is one of the results."""
    logits, stream = rows(dtype, 40), np.random.default_rng(2)
    targets = stream.dirichlet(np.ones(40), len(logits)).astype(dtype)
    labels = stream.integers(0, 40, len(logits))
    x = given(logits, library)
    with precision(300):
        assert_within(log_softmax(x), log_softmax(balls(logits)), logits)
        assert_within(
            softmax_cross_entropy(x, given(targets, library)),
            softmax_cross_entropy(balls(logits), balls(targets)),
            logits,
        )
        assert_within(
            softmax_cross_entropy(x, given(labels, library)), softmax_cross_entropy(balls(logits), labels), logits
        )


@pytest.mark.parametrize("dtype", [*DTYPES, np.float16])
@pytest.mark.parametrize("classes", [1, 2, 1000, 30_000])
def test_sums_of_equal_logits_are_finite_and_no_exponential_is_0(classes, dtype):
    largest = largest_logits(dtype, classes) if dtype != np.float16 else np.linspace(-40, 40, 97)
    logits = np.repeat(largest[:, None], classes, axis=1).astype(dtype)
    result = shifted(logits)
    assert np.isfinite(result.total).all()
    assert result.exponentials.min() >= 0.5


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_row_sees_another_one(dtype):
    logits = rows(dtype, 40)
    np.testing.assert_array_equal(softmax(logits), [softmax(row) for row in logits])


@pytest.mark.parametrize("offset", [-50, 0, 150])
def test_sums_are_as_good_where_columns_lie_together(offset):
    logits = (np.random.default_rng(3).uniform(0, 1, (16, 8192)) + offset).astype(np.float32)
    np.testing.assert_array_equal(softmax(np.asfortranarray(logits)), softmax(logits))
    np.testing.assert_array_equal(log_softmax(np.asfortranarray(logits)), log_softmax(logits))


@pytest.mark.parametrize("rule", [softmax, log_softmax])
def test_long_doubles_of_numpy_have_limits_beyond_python_floats(rule):
    logits = rows(np.float64, 5).astype(np.longdouble)
    results = rule(logits)
    assert results.dtype == np.longdouble
    np.testing.assert_allclose(results.astype(np.float64), rule(logits.astype(np.float64)), rtol=1e-13, atol=1e-300)
