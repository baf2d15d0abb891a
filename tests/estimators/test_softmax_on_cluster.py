"""Softmax regression on clusters: total weights are those of memory."""

from functools import partial

import numpy as np
import pytest

from chainrule.estimators.class_encoding import encoding_of
from chainrule.estimators.classifier import class_mass, weights_of_classes, with_class_weight
from chainrule.estimators.softmax_on_cluster import total_weights

N, K = 700, 9
rng = np.random.default_rng(8)
LABELS = np.array(list("abcdefghi"))[rng.integers(0, K, N)]
SOFT = np.asfortranarray(rng.dirichlet(np.full(K, 0.1), N))
WEIGHTS = rng.uniform(-1, 3, N)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["without weights", "with weights"])
@pytest.mark.parametrize("y", [LABELS, SOFT], ids=["labels", "probabilities"])
def test_total_weights_of_parts_have_the_bits_of_memory(y, weights, dtype):
    encoding, X = encoding_of(y, probabilities=y.ndim == 2), np.empty((N, 1), dtype)
    weights = None if weights is None else weights.astype(dtype)
    class_weight = dict(zip(encoding.classes.tolist(), rng.uniform(0.1, 3, K), strict=True))
    expected = with_class_weight(class_weight, encoding, X, y, weights)[2]
    factors = weights_of_classes(class_weight, encoding.classes, class_mass(encoding, y, weights))
    total = partial(total_weights, dtype, encoding, factors)
    for start, stop in ((0, 1), (1, 333), (333, N)):
        part = slice(start, stop)
        found = total(np.array(y[part], order="C"), None if weights is None else weights[part])
        assert found.dtype == dtype
        assert np.array_equal(found, expected[part])
