"""The origins of the exponents: whatever a row's largest logit, nothing overflows and no tail loses its digits."""

import numpy as np
import pytest

from chainrule.arrays import to_numpy
from chainrule.checking import balls, precision, ulp_errors
from chainrule.rules import softmax

CLASSES = 40
BOUND = 10
"""In units of the last place: 4 by exp, 4 by rounding x - c, half by the quotient, the rest by the row's sum."""


def rows(dtype):
    """Logits whose largest lies on either side of every limit, the others between it and where exponentials vanish."""
    info = np.finfo(dtype)
    vanish = -np.log(float(info.smallest_subnormal))
    added = np.log(float(info.max)) - np.log(CLASSES) - 1
    limits = np.array(
        [
            1e-9,
            0.3,
            1,
            added,
            added + 20,
            1.2 * vanish,
            1.5 * vanish,
            vanish,
            2 * vanish,
            3 * vanish,
            1e6,
            float(info.max) / 2,
        ]
    )
    largest = np.sort(np.concatenate([0.997 * limits, 1.003 * limits, [0.0, *(-1.003 * limits), *(-0.997 * limits)]]))
    below = np.random.default_rng(0).uniform(0, vanish, (len(largest), CLASSES))
    logits = (largest[:, None] - below) * (1 + 1e-9 * below / vanish)  # with digits that no difference has
    logits[:, CLASSES // 3] = largest
    return logits.astype(dtype)


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_probability_keeps_its_digits_wherever_the_largest_logit_lies(dtype, library):
    logits = rows(dtype)
    given = logits if library == "numpy" else pytest.importorskip("torch").from_numpy(logits)
    with precision(300):
        exact = softmax(balls(logits))
    errors = ulp_errors(to_numpy(softmax(given)), exact)
    assert {
        float(row.max()): error.max() for row, error in zip(logits, errors, strict=True) if not error.max() <= BOUND
    } == {}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_no_row_sees_another_one(dtype):
    logits = rows(dtype)
    np.testing.assert_array_equal(softmax(logits), [softmax(row) for row in logits])
