"""The corpus of gradients is what it says, judged without chainrule.

Each claim is held against a Jacobian from central differences, extrapolated to step 0 (Richardson), or from complex
steps, im f(x + 1e-30 i) / 1e-30, which round but never cancel, or against an mpmath reference of the record's own. The
two bounds are a factor 10 or 100 apart: a right claim is nearer than `rtol`, a wrong one farther than the multiple, so
no record sits where rounding decides.
"""

import importlib.util
import inspect
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest


def load():
    """The corpus as a package; tests are no package, so an import statement would not find it."""
    if "gradient_corpus" not in sys.modules:
        path = Path(__file__).parent / "gradient_corpus" / "__init__.py"
        spec = importlib.util.spec_from_file_location("gradient_corpus", path)
        sys.modules["gradient_corpus"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["gradient_corpus"])
    return sys.modules["gradient_corpus"]


CASES = load().CASES
RIGHT = [c for c in CASES if "wrong" not in c.kind and c.evidence != "argued"]
WRONG = [c for c in CASES if "wrong" in c.kind and c.evidence != "argued"]

# Extrapolated differences of these functions come within 1e-9, hence rtol 1e-8; complex steps round a few dozen times.
COMPLEX_RTOL = 2e-14
GAP = {"complex step": 10, "differences": 100}
LEVELS = 6


def names(cases):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


def is_float(x):
    return isinstance(x, float) or (isinstance(x, np.ndarray) and np.issubdtype(x.dtype, np.floating))


def copied(inputs):
    return [np.array(x) if isinstance(x, np.ndarray) else x for x in inputs]


def value_of(case, inputs):
    value = case.function(*copied(inputs))
    return np.asarray(value[0] if case.claim.get("gradient") is True else value)


def moved(inputs, position, index, by):
    changed = copied(inputs)
    if isinstance(changed[position], float):
        changed[position] = changed[position] + by
    elif isinstance(by, complex):
        changed[position] = changed[position].astype(complex)
        changed[position][index] += by
    else:
        changed[position][index] += by
    return changed


def extrapolated(function, step):
    """The limit at h = 0 of (f(h) - f(-h)) / 2h from six halvings, each entry from its steadiest extrapolation."""
    table = []
    for level in range(LEVELS):
        h = step / 2**level
        row = [(function(h) - function(-h)) / (2 * h)]
        for j, coarser in enumerate(table[-1] if table else []):
            row.append(row[j] + (row[j] - coarser) / (4 ** (j + 1) - 1))
        table.append(row)
    best, spread = table[1][1], np.full(np.shape(table[1][1]), np.inf)
    for level in range(1, LEVELS):
        for j in range(1, level + 1):
            off = np.maximum(
                np.abs(table[level][j] - table[level][j - 1]), np.abs(table[level][j] - table[level - 1][j - 1])
            )
            best, spread = np.where(off < spread, table[level][j], best), np.minimum(off, spread)
    return best


def jacobians(case, inputs):
    """One array of output shape + input shape for each float input."""
    found = []
    shape = value_of(case, inputs).shape
    for position, x in enumerate(inputs):
        if not is_float(x):
            continue
        jacobian = np.zeros(shape + np.shape(x))
        for index in np.ndindex(np.shape(x)):
            entry = float(np.asarray(x)[index])
            if case.evidence == "complex step":
                column = value_of(case, moved(inputs, position, index, 1e-30j)).imag / 1e-30
            else:
                size = case.step * (abs(entry) if 0 < abs(entry) < 1 else 1)
                column = extrapolated(
                    lambda h, position=position, index=index: value_of(case, moved(inputs, position, index, h)), size
                )
            jacobian[(..., *index)] = column
        found.append(jacobian)
    return found


def one_per_float_input(result, inputs):
    """The claim's arrays, without the None of integer inputs."""
    results = result if isinstance(result, tuple) else (result,)
    floats = [is_float(x) for x in inputs]
    if len(results) == len(inputs):
        assert all(f or r is None for r, f in zip(results, floats, strict=True))
        results = [r for r, f in zip(results, floats, strict=True) if f]
    assert len(results) == sum(floats)
    return [np.asarray(r) for r in results]


def claimed_and_true(case, inputs):
    """Pairs of arrays, for each float input: Jacobians, slopes, gradients or cotangents, as claimed."""
    ((keyword, claim),) = case.claim.items()
    if claim is True:
        claimed = case.function(*copied(inputs))[1]
    elif keyword == "pullback":
        cotangent = np.cos(1 + np.arange(value_of(case, inputs).size)).reshape(value_of(case, inputs).shape)
        claimed = claim(*copied(inputs), cotangent)
    else:
        claimed = claim(*copied(inputs))
    claimed = one_per_float_input(claimed, inputs)
    if callable(case.evidence):
        return list(zip(claimed, one_per_float_input(case.evidence(*inputs), inputs), strict=True))
    true = jacobians(case, inputs)
    if keyword == "pullback":
        true = [np.tensordot(cotangent, j, axes=cotangent.ndim) for j in true]
    if keyword == "slope":
        (jacobian,) = true
        size = int(np.prod(np.shape(inputs[0])))
        square = jacobian.reshape(size, size)
        across = square - np.diag(np.diag(square))
        assert np.all(np.abs(across) <= case.rtol * np.max(np.abs(square), initial=0)), "a slope is of one entry"
        true = [np.diag(square).reshape(np.shape(inputs[0]))]
    return list(zip(claimed, true, strict=True))


def relative_distance(claimed, true):
    """The largest difference, relative to the largest entry of the truth; infinite for the wrong shape."""
    if claimed.shape != true.shape:
        return np.inf
    if not np.all(np.isfinite(claimed)):
        return np.inf
    difference = np.max(np.abs(claimed - true), initial=0.0)
    largest = np.max(np.abs(true), initial=0.0)
    return difference / largest if largest else difference


def bound(case):
    return COMPLEX_RTOL if case.evidence == "complex step" else case.rtol


def gap(case):
    return GAP["complex step" if case.evidence == "complex step" else "differences"]


def test_names_are_unique_and_there_are_enough_of_every_kind():
    assert [name for name, count in Counter(c.name for c in CASES).items() if count > 1] == []
    counts = Counter(c.kind for c in CASES)
    # Without PyTorch and JAX ten of each remain.
    assert counts["right"] >= 70
    assert counts["wrong"] >= 90
    assert counts["delicate"] >= 40
    assert counts["opaque right"] >= 10
    assert counts["opaque wrong"] >= 10


def test_an_argued_record_is_rare_and_argues():
    argued = [c for c in CASES if c.evidence == "argued"]
    assert all(c.why for c in argued)
    assert not [c for c in argued if c.kind in ("right", "opaque right", "opaque wrong")]
    assert len([c for c in argued if c.kind == "wrong"]) <= 2


@names(RIGHT)
def test_a_right_claim_is_right_at_every_point(case):
    for inputs in case.points:
        for claimed, true in claimed_and_true(case, inputs):
            assert relative_distance(claimed, true) <= bound(case)


@names(WRONG)
def test_a_wrong_claim_is_measurably_wrong_at_every_point(case):
    for inputs in case.points:
        assert max(relative_distance(c, t) for c, t in claimed_and_true(case, inputs)) > gap(case) * bound(case)


def linear_maps(case, inputs):
    """Pairs of Jacobians, claimed and true, for a Jacobian or a pullback; pairs of gradients otherwise."""
    ((keyword, claim),) = case.claim.items()
    if keyword != "pullback":
        return claimed_and_true(case, inputs)
    shape = value_of(case, inputs).shape
    rows = [
        one_per_float_input(claim(*copied(inputs), basis.reshape(shape)), inputs)
        for basis in np.eye(int(np.prod(shape)))
    ]
    claimed = [np.stack(column).reshape(shape + column[0].shape) for column in zip(*rows, strict=True)]
    return list(zip(claimed, jacobians(case, inputs), strict=True))


def is_transposed(case, claimed, true):
    """The gradient of a matrix, or the pullback's, or the Jacobian itself, turned over."""
    turned = [np.swapaxes(claimed, -1, -2)]
    if claimed.ndim == 2:
        turned.append(claimed.T)
    return any(relative_distance(t, true) <= bound(case) for t in turned)


def holds(slip, case, inputs):
    """Whether the wrong inputs' claims, and all of them, are the slip that the record names."""
    wrong = [(c, t) for c, t in linear_maps(case, inputs) if relative_distance(c, t) > gap(case) * bound(case)]
    assert wrong
    if slip == "sign":
        return all(relative_distance(-c, t) <= bound(case) for c, t in wrong)
    if slip == "factor":
        ratios = [np.vdot(c, t) / np.vdot(c, c) for c, t in wrong]
        parts = Fraction(ratios[0]).limit_denominator(20)
        # A factor of -1 is a sign.
        scaled = all(
            r > 0 and relative_distance(r * c, t) <= bound(case) for r, (c, t) in zip(ratios, wrong, strict=True)
        )
        return scaled and (
            case.factor is None
            or (case.factor in (parts.numerator, parts.denominator) and abs(ratios[0] / parts - 1) <= bound(case))
        )
    if slip in ("transposed", "indices swapped"):
        return all(is_transposed(case, c, t) for c, t in wrong)
    if slip == "diagonal":
        return all(relative_distance(c, np.diag(np.diag(t))) <= bound(case) for c, t in wrong)
    if slip == "sum to one":
        *others, targets = inputs
        normal = [(c, t) for c, t in claimed_and_true(case, (*others, targets / targets.sum()))]
        return all(relative_distance(c, t) <= bound(case) for c, t in normal)
    raise AssertionError(f"no such slip: {slip!r}")


@names([c for c in WRONG if c.slip is not None])
def test_the_slip_that_a_record_names_is_what_happened(case):
    for inputs in case.points:
        assert any(holds(slip, case, inputs) for slip in ([case.slip] if isinstance(case.slip, str) else case.slip))


@names(CASES)
def test_claims_leave_their_inputs_alone_and_answer_twice_the_same(case):
    ((keyword, claim),) = case.claim.items()
    for inputs in case.points:
        with np.errstate(all="ignore"):
            if claim is True:
                first, second = (case.function(*copied(inputs))[1] for _ in range(2))
            else:
                extra = (np.ones(value_of(case, inputs).shape),) if keyword == "pullback" else ()
                given = copied(inputs)
                first, second = claim(*given, *extra), claim(*copied(inputs), *extra)
                for before, after in zip(inputs, given, strict=True):
                    np.testing.assert_array_equal(before, after)
        for a, b in zip(*(r if isinstance(r, tuple) else (r,) for r in (first, second)), strict=True):
            assert (a is None and b is None) or np.array_equal(a, b, equal_nan=True)


def test_records_are_plain_code_that_never_imports_chainrule():
    for module in load().MODULES:
        assert "chainrule" not in inspect.getsource(module)
