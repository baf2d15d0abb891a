"""Sums over repeated indices that documents leave out."""

import pytest

from chainrule.documents.language.parsing import term_of
from chainrule.documents.language.printing import text_of
from chainrule.documents.language.terms import Name
from chainrule.documents.reader.translation.implied_sums import free_in, summed, used


@pytest.mark.parametrize(
    ("written", "indices", "meant"),
    [
        ("y[i] * log(p[i])", "i", "sum(i in n: y[i] * log(p[i]))"),
        ("W[i, j] * x[j] + b[i]", "j", "sum(j in n: W[i, j] * x[j]) + b[i]"),
        (
            "exp(W[o, j] * x[j]) / exp(W[w, k] * x[k])",
            "jkw",
            "exp(sum(j in n: W[o, j] * x[j])) / sum(w in n: exp(sum(k in n: W[w, k] * x[k])))",
        ),
        ("y[i] / p[i] * (p[i] - p[i] * p[m])", "im", "sum(i in n: y[i] / p[i] * (p[i] - p[i] * sum(m in n: p[m])))"),
        ("partial(y[a], v[b]) * partial(v[b], x[c])", "b", "sum(b in n: partial(y[a], v[b]) * partial(v[b], x[c]))"),
        ("partial(exp(x[i]), x[k])", "i", "partial(sum(i in n: exp(x[i])), x[k])"),
        ("log(tanh(W[o, j] * x[j]))", "j", "log(tanh(sum(j in n: W[o, j] * x[j])))"),
        ("log(tanh(-W[o, j] * x[j])) + c", "j", "log(tanh(sum(j in n: -W[o, j] * x[j]))) + c"),
        ("exp(tanh(x[j]))", "j", "sum(j in n: exp(tanh(x[j])))"),
        ("sum(i in m: x[i] * y[i])", "i", "sum(i in m: x[i] * y[i])"),
    ],
)
def test_an_index_is_summed_over_where_it_is_repeated(written, indices, meant):
    found = summed(term_of(written), set(indices), lambda index: Name("n"))
    assert text_of(found) == meant


def test_indices_in_two_factors_are_not_free():
    product = term_of("W[i, j] * x[j] * y[k]")
    assert free_in(product, {"i", "j", "k"}) == {"i", "k"}
    assert used(product, {"i", "x", "z"}) == {"i"}
