"""Macros of a document are expanded, within bounds."""

from chainrule.checking.documents import check_derivation
from chainrule.checking.documents.macros import expansions, macros


def lines(text):
    return [(step.line, step.verdict) for step in check_derivation(text).steps]


def test_macros_of_the_document_are_expanded():
    text = r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}} \def\x{\mathbf{x}} \DeclareMathOperator{\sm}{softmax}"
    known = macros(text)
    ((_, _, new),) = expansions(r"\pd{\sm}{\x_j}", known)
    assert new == r"\frac{\partial \operatorname{softmax}}{\partial \mathbf{x}_j}"
    text = r"\newcommand{\dd}[1]{\frac{d}{d#1}}" + "\n\n" + r"$$\dd{x} \tanh x = 1 - \tanh^2 x$$"
    assert lines(text) == [(3, "verified")]


def test_macros_may_use_each_other():
    text = r"\newcommand{\a}{\b + 1}\newcommand{\b}{\c + 1}\newcommand{\c}{\tanh x}" + "\n\n" + r"$$\a = 2 + \tanh x$$"
    assert lines(text) == [(3, "verified")]


def test_a_macro_that_grows_without_end_is_cut():
    text = r"\newcommand{\a}{\a\a\a\a} $$\a = 1$$"
    assert [verdict for _, verdict in lines(text)] == ["not read"]
