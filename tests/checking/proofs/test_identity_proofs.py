"""Identities of users' functions: proved, refuted, or left unchecked; never proved if wrong, never refuted if right."""

import math
import re
import time

import numpy as np
import pytest
from scipy import special

import chainrule
from chainrule import rules
from chainrule.algebra import gradient
from chainrule.checking import prove_identity
from chainrule.checking.proofs.identity_proofs import prove_equalities

NUMBER, ROW = {"x": ()}, {"x": ("n",)}


def softmax(x):
    result = np.zeros(len(x))
    for i in range(len(x)):
        result[i] = math.exp(x[i])
    return result / result.sum()


def relu(x):
    return np.maximum(x, 0)


RIGHT = {
    "loops": (softmax, rules.softmax, ROW, {}),
    "shift": (lambda x, c: softmax(x + c), softmax, {"x": ("n",), "c": ()}, {}),
    "maximum": (lambda x: np.max(x), lambda x: -np.min(-x), ROW, {}),
    "every sign": (relu, lambda x: (x + np.abs(x)) / 2, ROW, {}),
    "every order": (lambda x: np.sort(x).sum(), lambda x: x.sum(), ROW, {}),
    "borders": (lambda x: np.sign(x) ** 2, lambda x: np.where(x == 0, 0.0, 1.0), NUMBER, {}),
    "logarithms": (lambda x: np.log(x).sum(), lambda x: np.log(x.prod()), ROW, {"x": "positive"}),
    "logit": (special.logit, lambda x: np.log(x) - np.log1p(-x), NUMBER, {"x": "unit"}),
    "probabilities": (lambda x: x.sum(-1), np.ones(2), {"x": (2, 3)}, {"x": "probabilities"}),
    "picked": (lambda x, y: x @ y, lambda x, y: x[np.argmax(y)], {"x": (3,), "y": (3,)}, {"y": "one-hot"}),
    "nonzero": (lambda x: x / x, lambda x: np.ones(x.shape), ROW, {"x": "nonzero"}),
    "two results": (lambda x: (np.sinh(x), np.cosh(x)), lambda x: (-np.sinh(-x), np.cosh(-x)), NUMBER, {}),
    "matrices": (
        lambda x: np.linalg.det(x),
        lambda x: x[0, 0] * x[1, 1] - x[0, 1] * x[1, 0],
        {"x": (2, 2)},
        {"x": "positive"},
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_identities_are_proved_for_all_inputs(name):
    left, right, shapes, domains = RIGHT[name]
    report = prove_identity(left, right, shapes=shapes, domains=domains)
    assert report.ok, str(report)
    assert report.complete or name == "matrices"
    assert ("at sizes 1 to 4" if "n" in shapes["x"] else "at shapes") in report.claim


WRONG = {
    "a factor": (lambda x: 1.0000001 * x, lambda x: x, NUMBER, {}),
    "one sign": (lambda x: np.sqrt(x * x), lambda x: x, NUMBER, {}),
    "one border": (lambda x: np.sign(x), lambda x: np.where(x > 0, 1.0, -1.0), NUMBER, {}),
    "one order": (lambda x: x[0], lambda x: np.max(x), {"x": (3,)}, {}),
    "one label": (lambda x, y: x @ y, lambda x, y: x[0] + 0 * y[0], {"x": (3,), "y": (3,)}, {"y": "one-hot"}),
    "one size": (lambda x: x.prod(), lambda x: x[0] * x[-1], ROW, {"x": "positive"}),
    "one tie": (lambda x: np.where(x[0] == x[1], 1.0, 0.0), lambda x: 0 * x[0], {"x": (2,)}, {}),
    "far away": (lambda x: np.where(x > 1000, 1.0, 0.0), lambda x: 0 * x, NUMBER, {}),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_identities_fail_at_a_printed_point(name):
    left, right, shapes, domains = WRONG[name]
    report = prove_identity(left, right, shapes=shapes, domains=domains)
    assert report.verdict == "fail"
    assert "at x" in report.failures[0]


def test_the_report_of_a_failure_has_the_point_and_both_values():
    report = prove_identity(lambda x: np.abs(x), lambda x: x, shapes=NUMBER)
    assert str(report) == "identity: fail\n  at x = -0.6875: got 0.687500000000, expected -0.687500000000"


def by_type(x):
    return x if x.dtype == object else x + 1


def by_little(x):
    return x if x.dtype == object else x * (1 + 1e-7)


CALLS = []


def by_count(x):
    CALLS.append(1)
    return x


def by_little_by_little(x):
    return x if isinstance(x, np.ndarray) and x.dtype == object else x * (1 + 1e-12)


def by_chance(x):
    return x * np.random.default_rng().random()


def by_compiled_code(x):
    return np.linalg.cholesky(x)


def slow(x):
    while True:
        x = x + 1


@pytest.mark.parametrize("function", [by_type, by_little, by_little_by_little, by_count, by_chance, by_compiled_code])
def test_code_that_treats_floats_otherwise_is_unchecked(function):
    report = prove_identity(function, lambda x: x, shapes={"x": (1, 1)})
    assert report.verdict == "unchecked"
    assert report.unchecked


def test_what_the_code_reads_is_named():
    report = prove_identity(by_little_by_little, lambda x: x, shapes=NUMBER)
    assert "may depend on more than the values of their inputs" in report.unchecked[0]
    assert re.search(r"inputs: .* \(test_identity_proofs\.py, line \d+: ", report.unchecked[0])
    assert "dtype" in report.unchecked[0]


def test_an_endless_computation_is_unchecked():
    begun = time.monotonic()
    report = prove_identity(slow, lambda x: x, shapes=NUMBER, seconds=0.5)
    assert report.unchecked == ("no result within 0.5 s",)
    assert time.monotonic() - begun < 60


def test_all_sizes_together_take_the_given_time():
    begun = time.monotonic()
    report = prove_identity(
        lambda x, y: slow(x) if len(x) * len(y) > 4 else x, lambda x: x, shapes=ROW | {"y": ("m",)}, seconds=1
    )
    assert report.verdict == "unchecked"
    assert time.monotonic() - begun < 60


def test_rounded_constants_are_named_and_unknown_ones_do_not_fail():
    third = prove_identity(lambda x: x * (1 / 3), lambda x: x / 3, shapes=NUMBER)
    assert third.claim.endswith("up to the rounding of the constants 0.3333333333333333 = 1/3")
    odd = prove_identity(lambda x: x * math.exp(math.sqrt(5)), lambda x: x * np.exp(np.sqrt(5 + 0 * x)), shapes=NUMBER)
    assert odd.verdict == "unchecked"


def test_products_that_are_compared_give_sampled_cells_and_their_number():
    report = prove_identity(
        lambda x, y: np.maximum(x * y, 0), lambda x, y: (x * y + np.abs(x * y)) / 2, shapes={"x": (), "y": ()}
    )
    assert report.claim == "proved on 2 sampled cells at shapes x (), y ()"


def test_divisors_are_part_of_the_claim():
    report = prove_identity(lambda x: 1 / (1 - x), lambda x: 1 + x / (1 - x), shapes=NUMBER)
    assert report.claim == "proved for all inputs at shapes x () where x != 1"


def test_a_domain_without_a_sample_proves_nothing():
    report = prove_identity(lambda x: np.log(-np.exp(x)), lambda x: np.sqrt(-np.exp(x)), shapes=NUMBER)
    assert report.unchecked == ("no sample lies in the domain",)


def test_shapes_must_agree():
    report = prove_identity(lambda x: x.sum(), lambda x: x, shapes={"x": (2,)})
    assert report.verdict == "unchecked"
    assert "shapes () and (2,) differ" in report.unchecked[0]
    report = prove_identity(lambda x: (x, x), lambda x: x, shapes={"x": (2,)})
    assert "the left side has 2 results, the right side 1" in report.unchecked[0]


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match=r"domains: expected .* real, positive.*, got x: 'whole'"):
        prove_identity(relu, relu, shapes=NUMBER, domains={"x": "whole"})
    with pytest.raises(TypeError, match="shapes: expected a shape for each argument, got none for y"):
        prove_identity(lambda x, y: x, relu, shapes=NUMBER)


def test_a_side_that_is_undefined_where_the_other_is_not_is_no_proof():
    sides = {"right": (lambda x: x, lambda x: np.sqrt(x) ** 2), "left": (lambda x: np.exp(np.log(x)), lambda x: x)}
    for side, (left, right) in sides.items():
        proof = prove_identity(left, right, shapes=ROW)
        assert proof.verdict == "unchecked"
        assert f"the {side} side is undefined" in str(proof)
        assert prove_identity(left, right, shapes=ROW, domains={"x": "positive"}).ok
    both = prove_identity(lambda x: np.log(x) + np.log(x), lambda x: 2 * np.log(x), shapes=NUMBER)
    assert both.verdict == "proved"


def test_derivatives_are_proved_inside_of_cells():
    def slope(x):
        yield "right", gradient(relu(x).sum(), x), np.heaviside(x, 0.5)

    assert prove_equalities(slope, shapes=ROW).claim == "proved for all inputs inside of cells at sizes 1 to 4"

    def wrong(x):
        yield "wrong", gradient(relu(x).sum(), x), np.heaviside(-x, 0.5)

    assert prove_equalities(wrong, shapes=ROW).verdict == "fail"


def test_derivatives_on_borders_are_no_part_of_the_claim():
    def slope(x):
        y = np.where(x == 1, 3.0, x * x)
        yield "slope", gradient(y.sum(), x), 2 * x

    report = prove_equalities(slope, shapes={"x": (1,)})
    assert report.ok
    assert report.cells == (("x0 != 1",),)


def test_it_is_public():
    assert chainrule.prove_identity is prove_identity
