"""The text of the strict language: its statements and their errors."""

import pytest

from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.strict_tokens import LanguageError
from chainrule.documents.language.terms import Name


def test_a_chain_follows_its_head_with_the_same_indices_and_line():
    first, second = derivation_of("claim 7 [i in n]: x[i] = y[i] when i != 1\nthen: = z[i]").claims
    assert (first.line, second.line, second.follows, second.over) == (7, 7, 0, (("i", Name("n")),))
    assert second.left == first.right
    assert first.conditions
    assert not second.conditions
    assert first.text == "x[i] = y[i]"


def test_statements_of_all_kinds():
    found = derivation_of(
        """
        size n, m   # two sizes
        y : 1..n
        x, v : column n, positive
        t : column n, one-hot
        A : array n m (n + 1)
        L : function(column n, number) -> row m
        f(u, w : column n) := u * w
        assume sum(i in n: x[i]) = 1
        """
    )
    assert [d.name for d in found.declarations] == ["n", "m", "y", "x", "v", "t", "A", "L"]
    assert found.declarations[3].kind.facts == {"positive"}
    assert found.declarations[5].kind.facts == {"one-hot"}
    assert len(found.declarations[6].kind.shape) == 3
    assert [name for name, _ in found.definitions[0].parameters] == ["u", "w"]
    assert len(found.assumptions) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("claim: x = ", "expected a name, got 'the end'"),
        ("claim: x", "expected one of = != <= >= < > ~, got 'the end'"),
        ("then: = x", "a claim before `then`"),
        ("x : vector n", "expected number, column, row, matrix, array, function or 1..n, got 'vector'"),
        ("x : column n, lovely", "expected one of positive, .*got 'lovely'"),
        ("size n\nx : column n, by-columns", "line 2: expected a matrix with the fact by-columns"),
        ("x : number\nx := 3", "x: declared or defined twice"),
        ("claim: x y = 2", "got 'y'"),
    ],
)
def test_a_mistake_is_named_with_its_place(text, message):
    with pytest.raises(LanguageError, match=message):
        derivation_of(text)
