"""Losses of one number per row: targets as labels and as rows, and what is refused."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.rules.row_losses import check_targets, target_rows

Z = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.6, 0.3]]))
LABELS = np.array([2, 1])


def test_labels_mean_rows_with_one_1():
    rows = target_rows(LABELS, Z)
    assert rows.tolist() == [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    assert target_rows(rows, Z) is rows
    assert rules.nll(Z, LABELS).tolist() == rules.nll(Z, rows).tolist() == [-Z[0, 2], -Z[1, 1]]


def test_labels_have_neither_cotangent_nor_tangent():
    by_z, by_targets = rules.nll.vjp(Z, LABELS, np.array([1.0, 3.0]))
    assert by_z.tolist() == [[0.0, 0.0, -1.0], [0.0, -3.0, 0.0]]
    assert by_targets is None
    with pytest.raises(ValueError, match=r"nll.jvp: targets: labels have no tangent"):
        rules.nll.jvp(Z, LABELS, None, np.ones(2))


def test_a_class_that_does_not_change_does_not_count_where_its_gradient_is_infinite():
    logits, targets = np.array([[0.0, -np.inf]]), np.array([[1.0, 0.0]])
    assert rules.softmax_cross_entropy.jvp(logits, targets, None, np.array([[1.0, 0.0]])).tolist() == [0.0]


@pytest.mark.parametrize(
    ("z", "targets", "message"),
    [
        (Z, LABELS[:1], r"targets \(labels\): expected shape \(2,\), got \(1,\)"),
        (Z, Z[:1], r"targets \(rows of class weights\): expected shape \(2, 3\), got \(1, 3\)"),
        (Z, np.array([0, 3]), r"targets: labels lie in 0\.\.2 for 3 classes, got 0\.\.3"),
        (np.array(1.0), np.array(0), "expected classes on the last axis"),
    ],
)
def test_targets_that_do_not_fit_are_named(z, targets, message):
    with pytest.raises(ValueError, match=message):
        check_targets(z, targets)
