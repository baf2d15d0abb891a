"""The fused value and pullback of losses, proved equal to the definition and its formal derivative."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.algebra import exact_numbers, gradient
from chainrule.checking.definitions import DEFINITIONS
from chainrule.checking.proofs.identity_proofs import prove_equalities
from chainrule.kernels import kernel_of
from chainrule.workspace import Workspace

SHAPE = (2, 2)


def fused(rule, targets, factor=1, **options):
    """Losses and cotangents of a batch, by the kernel beside the definition; `factor` multiplies the cotangents."""

    def equalities(x, w, y=None):
        rows = targets if y is None else y
        out = exact_numbers(np.zeros((len(x), 1))), exact_numbers(np.zeros(x.shape))
        losses, cotangents = kernel_of(rule).value_and_pullback(x, rows, w, out=out, work=Workspace(), **options)
        expected = DEFINITIONS[rule.name](x, rows, **options)
        per_row = expected if expected.ndim == 1 else np.sum(expected, axis=-1)
        yield "losses", losses[:, 0], per_row
        yield "cotangents", factor * cotangents, gradient(np.sum(w[:, 0] * per_row), x)

    return equalities


@pytest.mark.parametrize("smoothing", [{}, {"label_smoothing": 0.125}])
@pytest.mark.parametrize("labels", [(0, 1), (1, 1)])
def test_softmax_cross_entropy_of_labels(labels, smoothing):
    equalities = fused(rules.softmax_cross_entropy, np.array(labels), **smoothing)
    assert prove_equalities(equalities, shapes={"x": SHAPE, "w": (2, 1)}).ok


@pytest.mark.parametrize("smoothing", [{}, {"label_smoothing": 0.125}])
def test_softmax_cross_entropy_of_rows_that_sum_to_one(smoothing):
    equalities = fused(rules.softmax_cross_entropy, None, **smoothing)
    shapes, domains = {"x": (1, 3), "w": (1, 1), "y": (1, 3)}, {"y": "probabilities"}
    proof = prove_equalities(equalities, shapes=shapes, domains=domains)
    assert proof.ok, str(proof)


@pytest.mark.parametrize("rule", [rules.binary_cross_entropy, rules.half_squared_error], ids=lambda rule: rule.name)
def test_losses_of_one_logit(rule):
    shapes = {"x": (2, 1), "w": (2, 1), "y": (2, 1)}
    proof = prove_equalities(fused(rule, None), shapes=shapes, domains={"y": "unit"})
    assert proof.ok, str(proof)


def test_a_slightly_wrong_factor_fails():
    equalities = fused(rules.softmax_cross_entropy, np.array([0, 1]), factor=1.0000001)
    assert prove_equalities(equalities, shapes={"x": SHAPE, "w": (2, 1)}).verdict == "fail"
