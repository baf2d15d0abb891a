"""The verdicts of the corpus are true: by extrapolated differences, complex steps and many digits, not by chainrule."""

import cmath
from collections import Counter
from unittest.mock import patch

import mpmath
import numpy as np
import pytest

from .proof_corpus import CASES
from .proof_corpus.case import NUMPY, PYTHON, TORCH

EPS = np.finfo(float).eps
KINDS = ("gradient", "jacobian", "pullback", "slope")
CALLS = 6  # a claim may answer differently from call to call

H = mpmath.mpf(1e-30)


# wrong by less than floats show: the derivative and the claim, in many digits, at one of the inputs
def five_newton_steps(a):
    x, dx = mpmath.mpf(1), mpmath.mpf(0)
    for _ in range(5):
        x, dx = (x + a / x) / 2, (dx + 1 / x - a * dx / x**2) / 2
    return dx


BELOW_FLOATS = {
    "newton_five_limit": (five_newton_steps, lambda a: 1 / (2 * mpmath.sqrt(a))),
    "complex_step": (
        lambda x: mpmath.exp(x) * (mpmath.sin(x) + mpmath.cos(x)),
        lambda x: mpmath.im(mpmath.exp(mpmath.mpc(x, H)) * mpmath.sin(mpmath.mpc(x, H))) / H,
    ),
    "drowned_term": (lambda x: 3 * x**2, lambda x: 3 * x**2 + mpmath.mpf(1e-18) * x),
    "log_cosh_far": (mpmath.tanh, mpmath.sign),
    "cosine_series": (mpmath.cos, lambda x: 1 - x**2 / 2 + x**4 / 24 - x**6 / 720),
    "drowned_exponential": (lambda x: mpmath.cos(x), lambda x: mpmath.cos(x) + mpmath.exp(-60) * mpmath.cos(x)),
}

# derivatives of functions that cannot be evaluated at complex numbers, in many digits, entry by entry
IN_DIGITS = {
    "erf_digits": lambda x: 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-(x**2)),
    "lgamma_asymptotic": mpmath.digamma,
}


def fresh(inputs):
    return [np.array(value) if isinstance(value, np.ndarray) else value for value in inputs]


def is_float(value):
    return np.asarray(value).dtype == np.float64


def floats(inputs):
    return [place for place, value in enumerate(inputs) if is_float(value)]


def moved(inputs, place, entry, step):
    inputs = fresh(inputs)
    if isinstance(inputs[place], np.ndarray):
        if isinstance(step, complex):
            inputs[place] = inputs[place].astype(complex)
        inputs[place].flat[entry] += step
    else:
        inputs[place] = inputs[place] + step
    return inputs


def extrapolated(function, inputs, place, entry, levels=9):
    """Ridders' table of central differences: the derivative by one number, and an estimate of its error."""
    value = np.asarray(inputs[place]).ravel()
    size = abs(value[entry]) or np.max(np.abs(value)) or 1.0
    best = error = None
    previous = []
    step = 0.04 * size
    for _ in range(levels):
        high, low = (np.asarray(function(*moved(inputs, place, entry, s)), dtype=float) for s in (step, -step))
        row = [(high - low) / (2 * step)]
        noise = 4 * EPS * (np.abs(high) + np.abs(low)) / step
        for order, old in enumerate(previous, start=1):
            factor = 4.0**order
            new = (factor * row[-1] - old) / (factor - 1)
            guess = np.maximum(np.abs(new - row[-1]), np.abs(new - old)) + noise
            row.append(new)
            if best is None:
                best, error = new, guess
            else:
                best, error = np.where(guess < error, new, best), np.minimum(guess, error)
        previous = row
        step /= 2
    return best, error


def at_a_kink(function, inputs, place, entry):
    """One central difference with a small step."""
    step = 1e-7 * (np.max(np.abs(inputs[place])) or 1.0)
    high, low = (np.asarray(function(*moved(inputs, place, entry, s)), dtype=float) for s in (step, -step))
    slope = (high - low) / (2 * step)
    return slope, np.full_like(slope, 3e-7)


def jacobians(function, inputs, column):
    """Per input of floats, an array of the output's shape followed by the input's, for each result of `column`."""
    results = []
    for place in floats(inputs):
        shape = np.shape(inputs[place])
        columns = [column(function, inputs, place, entry) for entry in range(int(np.prod(shape)))]
        stacked = [np.stack(part, axis=-1) for part in zip(*columns, strict=True)]
        results.append([part.reshape(part.shape[:-1] + shape) for part in stacked])
    return results


def complex_step(function, inputs, place, entry):
    step = 1e-30 * (np.max(np.abs(inputs[place])) or 1.0)
    return (np.imag(np.asarray(function(*moved(inputs, place, entry, 1j * step)), dtype=complex)) / step,)


def as_tuple(answer, count):
    answers = (answer,) if count == 1 else tuple(answer)
    assert len(answers) == count
    return [np.asarray(a, dtype=float) for a in answers]


def answers(case):
    """Pairs of what the claim says and how the same is made of a Jacobian."""
    ((kind, claim),) = case.claim.items()
    places = floats(case.inputs)
    shape = np.shape(case.function(*fresh(case.inputs)))
    generator = np.random.default_rng(5)
    for _ in range(CALLS):
        if kind == "pullback":
            v = generator.normal(size=shape) if shape else float(generator.normal())

            def of(j, v=v):
                return np.tensordot(v, j, axes=len(shape)), np.tensordot(np.abs(v), np.abs(j), axes=len(shape))

            said = as_tuple(claim(*fresh(case.inputs), v), len(places))
        else:

            def of(j):
                if kind == "slope":
                    n = int(np.prod(shape))
                    j = np.diagonal(j.reshape(n, n)).reshape(shape)
                return j, np.abs(j)

            said = as_tuple(claim(*fresh(case.inputs)), len(places))
        yield said, of


def excess(case, truth, relative, times, share):
    """The largest of |claim - truth| / tolerance over entries and calls, with the claim's shapes checked."""
    largest = []
    for said, of in answers(case):
        worst = 0.0
        for claimed, (values, errors) in zip(said, truth, strict=True):
            value, size = of(values)
            tolerance = times * of(errors)[1] + relative * np.maximum(size, share * np.max(size))
            assert claimed.shape == value.shape
            gap = np.abs(claimed - value)
            worst = max(worst, np.max(np.where(gap == 0, 0.0, gap / np.where(tolerance == 0, 1e-300, tolerance))))
        largest.append(worst)
    return largest


def name(case):
    return case.name


def differs_clearly(case, relative, times):
    truth = jacobians(case.function, case.inputs, at_a_kink if case.kink else extrapolated)
    return max(excess(case, truth, relative, times, 1e-3)) > 1


def in_digits(case):
    with mpmath.workdps(40):
        (x,) = case.inputs
        values = np.array([float(IN_DIGITS[case.name](mpmath.mpf(entry))) for entry in np.ravel(x)])
    return [(values.reshape(np.shape(x)), np.zeros(np.shape(x)))]


def exact(case):
    if case.name in IN_DIGITS:
        return in_digits(case)
    with patch.dict(case.function.__globals__, math=cmath):
        steps = [(j, np.zeros_like(j)) for (j,) in jacobians(case.function, case.inputs, complex_step)]
    for (j, _), (rough, error) in zip(steps, jacobians(case.function, case.inputs, extrapolated), strict=True):
        assert np.all(np.abs(j - rough) <= 5 * error + 1e-9 * np.max(np.abs(rough)))
    return steps


@pytest.mark.parametrize("case", [c for c in CASES if c.right], ids=name)
def test_right_ones_agree_with_differences(case):
    truth = jacobians(case.function, case.inputs, at_a_kink if case.kink else extrapolated)
    for values, errors in truth:
        assert np.all(errors <= 1e-6 * np.max(np.abs(values)) + 1e-9)
    assert max(excess(case, truth, 2e-8, 5, 1e-3)) <= 1


def reached(case):
    """By complex steps, or nothing where the function is not made for complex numbers."""
    try:
        return exact(case)
    except (AssertionError, AttributeError, TypeError, np.exceptions.ComplexWarning):
        return None


def test_three_in_four_of_the_right_ones_agree_with_complex_steps_to_thirteen_digits():
    checked = [(case, reached(case)) for case in CASES if case.right and not case.kink]
    checked = [(case, steps) for case, steps in checked if steps is not None]
    assert len(checked) >= 150
    assert [case.name for case, steps in checked if max(excess(case, steps, 1e-13, 0, 1e-3)) > 1] == []


@pytest.mark.parametrize("case", [c for c in CASES if not c.right and c.name not in BELOW_FLOATS], ids=name)
def test_wrong_ones_differ_clearly_or_differ_from_complex_steps_and_say_why(case):
    if not differs_clearly(case, 1e-6, 100):
        assert case.why
        assert differs_clearly(case, 5e-9, 20) or max(excess(case, exact(case), 64 * EPS, 0, 1e-3)) > 1


@pytest.mark.parametrize("name", BELOW_FLOATS)
def test_what_is_below_floats_differs_in_many_digits(name):
    (case,) = (c for c in CASES if c.name == name)
    assert not case.right
    assert case.why
    true, claimed = BELOW_FLOATS[name]
    with mpmath.workdps(80):
        (x,) = case.inputs
        for entry in np.ravel(x):
            t, c = true(mpmath.mpf(entry)), claimed(mpmath.mpf(entry))
            assert 0 < abs(t - c) < abs(t) * mpmath.mpf(10) ** -16


def test_there_are_as_many_right_as_wrong_and_styles_are_even():
    assert Counter(c.right for c in CASES) == {True: 200, False: 200}
    for right in (True, False):
        counts = Counter(c.style for c in CASES if c.right is right)
        assert set(counts) == {NUMPY, TORCH, PYTHON}
        assert min(counts.values()) >= 60


def test_names_are_unique_and_claims_are_of_one_kind():
    assert len({c.name for c in CASES}) == len(CASES)
    assert all(len(c.claim) == 1 and set(c.claim) <= set(KINDS) for c in CASES)
    assert all(floats(c.inputs) for c in CASES)
