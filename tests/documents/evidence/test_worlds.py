"""Values of terms at chosen sizes: against NumPy on numbers, and derivatives against difference quotients."""

import numpy as np
import pytest

from chainrule.algebra import Exact, Field, exact_numbers, variables
from chainrule.documents.evidence.array_values import Undefined
from chainrule.documents.evidence.worlds import Names, World
from chainrule.documents.language.parsing import derivation_of, term_of

TEXT = """
size n, m
x : column n
W : matrix m n
f(a) := a^3 + exp(a / 4)
h(c : column k) := sum(i in k: i * c[i])
z := W @ x
y := f(z)
s := y' @ y
"""
X, W = np.array([[0.5], [-1.25], [2.0]]), np.array([[1.0, -0.5, 0.25], [-2.0, 0.75, 1.5]])


def world():
    names = Names.of(derivation_of(TEXT))
    return World(names, {"n": 3, "m": 2}, {"x": variables("x", X), "W": variables("W", W)})


def floats(value):
    numbers = exact_numbers(value)
    return np.array([float((Exact(0) + each).value.mid()) for each in numbers.ravel().tolist()]).reshape(numbers.shape)


def f(a):
    return a**3 + np.exp(a / 4)


EXPECTED = {
    "W @ x": W @ X,
    "f(x)": f(X),
    "y": f(W @ X),
    "h(x)": 0.5 - 2.5 + 6,
    "h(z) / 2": ((W @ X) * [[1], [2]]).sum() / 2,
    "sum(i in n if i != 2: x[i])": 2.5,
    "sum(i in 2..n: x[i] * i)": -2.5 + 6,
    "prod(i in n: x[i])": -1.25,
    "max(i in n: x[i])": 2.0,
    "sum(i in 5..n: x[i])": 0,
    "[i in m, j in n: W[i, j] * i]": W * [[1], [2]],
    "cases(x if n > 5, 2 * x otherwise)": 2 * X,
    "at(s, x = zeros(n))": 2.0,
    "at(z, x = unit(2, n))": W[:, 1:2],
    "W @ table(1 | 2 | n)": W @ [[1], [2], [3]],
    "[x[1] < x[2]] + 2 * [n = 3 and m != 3]": 2,
    "eye(n) @ ones(n)": np.ones((3, 1)),
    "f''(2)": 12 + np.exp(0.5) / 16,
}


@pytest.mark.parametrize("text", EXPECTED)
def test_the_value_of(text):
    with Field():
        np.testing.assert_allclose(
            floats(world().value(term_of(text))).squeeze(), np.squeeze(EXPECTED[text]), rtol=1e-12
        )


def quotient(function, at, step=1e-6):
    """The central difference quotient of a function by each entry."""
    columns = []
    for place in np.ndindex(at.shape):
        up, down = at.copy(), at.copy()
        up[place] += step
        down[place] -= step
        columns.append((np.ravel(function(up)) - np.ravel(function(down))) / (2 * step))
    return np.stack(columns, axis=-1)


def s_of_x(x):
    return (f(W @ x) ** 2).sum()


DERIVATIVES = {
    "grad(s, x)": quotient(s_of_x, X).reshape(3, 1),
    "grad(s, W)": quotient(lambda w: (f(w @ X) ** 2).sum(), W).reshape(2, 3),
    "grad(s, z)": quotient(lambda z: (f(z) ** 2).sum(), W @ X).reshape(2, 1),
    "grad(s, y)": 2 * f(W @ X),
    "jac(y, x)": quotient(lambda x: f(W @ x), X),
    "partial(s, x[2])": quotient(s_of_x, X)[0, 1],
    "partial(y[1], z[1])": quotient(f, W @ X)[0, 0],
    "partial(y[1], z[2])": 0,
    "partial(x[1] * z[1], x[1] holding z)": (W @ X)[0, 0],
    "hess(x' @ W' @ W @ x, x)": 2 * W.T @ W,
}


@pytest.mark.parametrize("text", DERIVATIVES)
def test_the_derivative(text):
    with Field():
        found = floats(world().value(term_of(text)))
    np.testing.assert_allclose(found.squeeze(), np.squeeze(DERIVATIVES[text]), rtol=1e-7, atol=1e-9)


def test_conditions_of_a_derivative_do_not_speak_of_its_changes():
    names = Names.of(derivation_of("x : number\nz := 2 * x\ny := cases(z^2 if z > 1, z otherwise)"))
    with Field() as field:
        found = World(names, {}, {"x": variables("x", 3.0)}).value(term_of("partial(y, z)"))
        assert float(Exact(found[()]).value.mid()) == 12
        assert [str(condition) for condition in field.conditions] in (
            ["2 x - 1 > 0"],
            ["x - 1/2 > 0"],
            ["-1 + 2 x > 0"],
        )


@pytest.mark.parametrize(
    "text", ["x[4]", "x[0]", "unit(4, n)", "max(i in 5..n: x[i])", "cases(1 if 1 > 2)", "o", "f", "x[x[1]]", "k(2)"]
)
def test_a_term_without_a_value(text):
    with Field(), pytest.raises(Undefined):
        world().value(term_of(text))


def test_the_square_of_a_norm_has_a_derivative_where_it_is_zero(findings_of):
    first, second = findings_of("claim: grad(norm(x)^2, x) = 2 * x; claim: hess(norm(x)^2, x) = 2 * eye(n)")
    for finding in (first, second):
        assert (finding.status, finding.exceptions, finding.note) == ("proved", (), "")
