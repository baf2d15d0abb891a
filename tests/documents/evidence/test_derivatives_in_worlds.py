"""Arrays that are made of their earlier entries: a recurrent network against loops of NumPy."""

from contextlib import suppress

import numpy as np
import pytest

from chainrule.algebra import Exact, Field, Memory, exact_numbers
from chainrule.algebra.memory import Restart
from chainrule.documents.evidence.array_values import Undefined
from chainrule.documents.evidence.worlds import World
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.parsing import derivation_of, term_of

TEXT = """
size n, d, T
x : matrix d T; W : matrix n n; U : matrix n d; s : column n
a := [i in n, t in T: (W @ cases(s if t = 1, member(h, t - 1) otherwise) + U @ member(x, t))[i]]
h := [i in n, t in T: tanh(a[i, t])]
L := sum(t in T: t * (h[1, t] - 2 * h[2, t]))
"""
X = np.array([[0.5, -1.25, 0.75], [1.0, 0.25, -0.5]])
W, U, S = np.array([[0.5, -0.75], [1.25, 0.25]]), np.array([[1.0, -0.5], [0.25, 0.75]]), np.array([0.5, -1.0])


def run(x=X, w=W, u=U, s=S, on_a=0.0, on_h=0.0):
    """All states and the loss, with something added to the entries of a and of h where they are made."""
    a, h = np.zeros((2, 3)), np.zeros((2, 3))
    for t in range(3):
        a[:, t] = w @ (s if t == 0 else h[:, t - 1]) + u @ x[:, t] + np.broadcast_to(on_a, a.shape)[:, t]
        h[:, t] = np.tanh(a[:, t]) + np.broadcast_to(on_h, h.shape)[:, t]
    return a, h, sum((t + 1) * (h[0, t] - 2 * h[1, t]) for t in range(3))


def value(text):
    memory = Memory()
    while True:
        with suppress(Restart), Field(memory=memory):
            given = {name: exact_numbers(each) for name, each in (("x", X), ("W", W), ("U", U), ("s", S[:, None]))}
            world = World(Names.of(derivation_of(TEXT)), {"n": 2, "d": 2, "T": 3}, given)
            numbers = exact_numbers(world.value(term_of(text)))
            entries = [float((Exact(0) + each).value.mid()) for each in numbers.ravel().tolist()]
            return np.array(entries).reshape(numbers.shape)


def quotient(function, shape, step=1e-6):
    """The central difference quotients by something that is added to an array."""
    found = []
    for place in np.ndindex(shape):
        added = np.zeros(shape)
        added[place] = step
        found.append((function(added) - function(-added)) / (2 * step))
    return np.stack(found, axis=-1).reshape((*np.shape(found[0]), *shape))


def test_entries_are_those_of_a_loop():
    np.testing.assert_allclose(value("h"), run()[1], rtol=1e-13)
    np.testing.assert_allclose(value("a[2, 3] + member(h, 2)[1]"), run()[0][1, 2] + run()[1][0, 1], rtol=1e-13)
    np.testing.assert_allclose(value("L"), run()[2], rtol=1e-13)


EXPECTED = {
    "grad(L, h)": quotient(lambda e: run(on_h=e)[2], (2, 3)),
    "grad(L, a)": quotient(lambda e: run(on_a=e)[2], (2, 3)),
    "member(grad(L, a), 2)": quotient(lambda e: run(on_a=e)[2], (2, 3))[:, 1:2],
    "partial(L, h[1, 2])": quotient(lambda e: run(on_h=e)[2], (2, 3))[0, 1],
    "jac(member(h, 3), member(h, 1))": quotient(lambda e: run(on_h=e)[1][:, 2], (2, 3))[:, :, 0],
    "jac(member(h, 1), member(h, 3))": np.zeros((2, 2)),
    "jac(member(a, 3), member(h, 2))": W,
    "jac(member(h, 3), s)": quotient(lambda e: run(s=S + e)[1][:, 2], (2,)),
    "grad(h[1, 2], W)": quotient(lambda e: run(w=W + e)[1][0, 1], (2, 2)),
    "grad(L, x)": quotient(lambda e: run(x=X + e)[2], (2, 3)),
    "jac(member(h, 2), member(x, 1))": quotient(lambda e: run(x=X + e)[1][:, 1], (2, 3))[:, :, 0],
    "partial(partial(L, h[1, 2]), W[2, 1])": quotient(
        lambda e: quotient(lambda g: run(w=W + e, on_h=g)[2], (2, 3), 1e-3)[0, 1], (2, 2), 1e-3
    )[1, 0],
    "at(L, W = zeros(n) @ ones(n)')": run(w=0 * W)[2],
    "at(grad(L, U), h = ones(n) @ ones(T)')": np.zeros((2, 2)),
}


@pytest.mark.parametrize("text", EXPECTED)
def test_a_derivative_goes_through_all_later_entries(text):
    np.testing.assert_allclose(value(text), EXPECTED[text], rtol=2e-5, atol=1e-8)


@pytest.mark.parametrize("text", ["h[1, 4]", "member(h, 0)", "h[3, 1]", "partial(L, h[1, 0])", "grad(L, member(h, 4))"])
def test_no_entry_lies_beyond_the_ends(text):
    with pytest.raises(Undefined, match="an index beyond the end"):
        value(text)
