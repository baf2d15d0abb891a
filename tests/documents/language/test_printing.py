"""Text of the strict language is read back as what it was printed from."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.documents.language import terms
from chainrule.documents.language.parsing import derivation_of, term_of
from chainrule.documents.language.printing import statements, text_of
from chainrule.documents.language.terms import Apply, Name

NAMES = st.sampled_from([Name("x"), Name("y"), Name("W"), Name("n")])
INFIX = ["+", "-", "*", "/", ".*", "./", "@", "^", ".^"]


def conditions(parts):
    comparisons = st.builds(terms.Comparison, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), parts, parts)
    return st.one_of(
        comparisons,
        st.builds(terms.Not, comparisons),
        st.builds(lambda a, b: terms.Junction("and", (a, b)), comparisons, comparisons),
        st.builds(lambda a, b: terms.Junction("or", (a, b)), comparisons, comparisons),
    )


def larger(parts):
    ranges = st.tuples(st.sampled_from(["i", "j"]), parts)
    return st.one_of(
        st.builds(lambda name, a, b: Apply(name, (a, b)), st.sampled_from(INFIX), parts, parts),
        st.builds(lambda name, a: Apply(name, (a,)), st.sampled_from(["negative", "'", "exp", "trace"]), parts),
        st.builds(lambda a, b: terms.Entry(a, (b,)), parts, parts),
        st.builds(lambda a, n: terms.Call("f", (a,), (n,) if n else ()), parts, st.integers(0, 3)),
        st.builds(lambda a, b: terms.Call("g", (a, b), (1, 2)), parts, parts),
        st.builds(
            lambda kind, low, high, body, when: terms.Fold(kind, "k", low, high, body, when),
            st.sampled_from(["sum", "prod", "max"]),
            parts,
            parts,
            parts,
            st.none() | conditions(parts),
        ),
        st.builds(lambda one, body: terms.Family((one,), body), ranges, parts),
        st.builds(lambda when, a, b: terms.Choice(((when, a),), b), conditions(parts), parts, st.none() | parts),
        st.builds(terms.Truth, conditions(parts)),
        st.builds(lambda a, b, c, d: terms.Table(((a, b), (c, d))), parts, parts, parts, parts),
        st.builds(
            terms.Slope,
            st.sampled_from(["partial", "gradient", "jacobian", "hessian"]),
            parts,
            NAMES,
            st.sampled_from([(), ("y",)]),
        ),
        st.builds(terms.Differential, parts, st.sampled_from([(), ("y",)])),
        st.builds(lambda a, b: terms.At(a, "x", b), parts, parts),
        st.builds(lambda a, b: terms.LimitOf(a, "x", b), parts, parts),
    )


NUMBERS = st.builds(lambda n, d: terms.Number(Fraction(n, 10**d)), st.integers(0, 999), st.integers(0, 2))
TERMS = st.recursive(NAMES | NUMBERS, larger, max_leaves=12)


@given(TERMS)
def test_a_term_is_read_back(term):
    assert term_of(text_of(term)) == term


STATEMENTS = """size n
i : 1..n
x : column n, positive
y : row (n + 1)
t : column n, one-hot
W : matrix n 3
A : array n n 2
f : function(column n, number) -> column n
h(u : number, v : column k) := u * sum(i in k: v[i])
s := h(2, x)
assume sum(i in n: x[i]) = 1 and s > 0
claim 3 [k in n, j in n]: x[k] * x[j] = x[j] * x[k] when k != j
then 4: = 0.25 * s
claim 5: s >= -1
claim 6: f(x, 2) = f(x, 2)"""


def test_statements_are_read_back_in_their_order():
    derivation = derivation_of(STATEMENTS)
    text = "\n".join(statements(derivation))
    assert text == STATEMENTS
    again = derivation_of(text)
    assert again.claims == derivation.claims
    assert again.definitions[0].body == derivation.definitions[0].body


@pytest.mark.parametrize(
    "text", ["1 / 3", "a - (b - c)", "(a * b)^2", "(-a)^2", "-a^2", "2^(-a)", "(a + b)'", "x[i + 1]'"]
)
def test_brackets_stand_where_they_are_needed_and_nowhere_else(text):
    assert text_of(term_of(text)) == text.replace("2^(-a)", "2^-a")
