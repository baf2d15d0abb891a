"""Networks that are continued: of the same shapes, or with more classes."""

import numpy as np
import pytest

from chainrule.estimators.continued_networks import check_same_shapes, with_more_classes
from chainrule.networks import Plan, mlp


def test_a_network_of_other_shapes_is_refused_by_the_name_of_the_block():
    check_same_shapes(mlp(4, (5,), 3), mlp(4, (5,), 3, activation="tanh"), ("activation",))
    with pytest.raises(ValueError, match=r"has W1 of shape \(4, 5\).*with W1 of shape \(4, 6\): put hidden, loss back"):
        check_same_shapes(mlp(4, (5,), 3), mlp(4, (6,), 3), ("hidden", "loss"))


@pytest.mark.parametrize(("before", "loss"), [(3, "softmax_cross_entropy"), (1, "binary_cross_entropy")])
def test_known_classes_keep_their_odds(before, loss):
    narrow, wide = mlp(4, (5,), before, loss=loss), mlp(4, (5,), 5)
    old, x = narrow.initial_parameters(1), np.random.default_rng(0).normal(size=(7, 4))
    columns = np.array([0, 2, 4]) if before == 3 else np.array([1, 3])
    theta = with_more_classes(narrow.unpack(old), wide, columns, seed=1)
    logits = Plan(narrow, 7, old, forward_only=True).logits(x).copy()
    known = Plan(wide, 7, theta, forward_only=True).logits(x)[:, columns]
    differences = logits - logits[:, :1] if before == 3 else np.hstack([np.zeros((7, 1)), logits])
    # Differences of logits that are rounded otherwise.
    np.testing.assert_allclose(known - known[:, :1], differences, rtol=1e-12, atol=1e-14)
