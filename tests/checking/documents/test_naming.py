"""Which tokens name something, and which are a formula."""

import pytest

from chainrule.checking.documents.naming import Naming, names, naming
from chainrule.checking.documents.tokens import tokens


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x", Naming("x")),
        ("x_i", Naming("x", ("i",))),
        ("W_{ij}", Naming("W", ("i", "j"))),
        ("W_{i,j}", Naming("W", ("i", "j"))),
        ("x_1", Naming("x_1")),
        (r"x_{\mathrm{max}}", Naming("x_max")),
        ("W^{(1)}_{ij}", Naming("W^(1)", ("i", "j"))),
        ("x^*", Naming("x^*")),
        ("x^{*}", Naming("x^*")),
        ("w^+", Naming("w^+")),
        ("x^{-}_i", Naming("x^-", ("i",))),
        ("x^{-1}", None),
        (r"\sigma(x)_i", Naming("σ", ("i",), ("x",))),
        ("f(x, y)", Naming("f", (), ("x", "y"))),
        (r"D(p \| q)", Naming("D", (), ("p", "q"))),
        (r"g(s_1, \dots, s_K)", Naming("g", (), ("s",))),
        ("x^2", None),
        ("x + y", None),
        ("f(x + 1)", None),
        ("f(x)(y)", None),
        ("2", None),
        ("", None),
    ],
)
def test_a_name_has_indices_and_parameters(text, found):
    assert naming(tokens(text)) == found


def test_a_superscript_belongs_to_a_declared_name_only():
    assert naming(tokens("h^a")) is None
    assert naming(tokens("h^a"), declared=True) == Naming("h^a")
    assert naming(tokens("h^a"), decorations={"h^a"}) == Naming("h^a")
    assert naming(tokens("W_k"), decorations={"W_k"}) == Naming("W_k")
    assert naming(tokens("A^T"), declared=True) is None


def test_lists_of_names():
    assert names(tokens("x, y")) == [Naming("x"), Naming("y")]
    assert names(tokens(r"x \text{ and } y")) == [Naming("x"), Naming("y")]
    assert names(tokens(r"z_1, \dots, z_n")) == [Naming("z", ("·",))]
    assert names(tokens("x, 2 y")) is None
    assert names(tokens("")) is None
