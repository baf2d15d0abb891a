"""Declarations: what they mean, and what is said about those that are not understood."""

import pytest

from chainrule.checking.documents import check_derivation
from chainrule.checking.documents.model import Scope
from chainrule.checking.documents.preamble import declare
from chainrule.checking.documents.templates import ALIASES, BUNDLES, FUNCTIONS, canonical


def declared(*lines):
    scope = Scope()
    assert declare(scope, list(enumerate(lines))) == []
    return scope


@pytest.mark.parametrize(
    ("line", "name", "kind"),
    [
        ("n: size", "n", "size"),
        ("x: vector n", "x", "vector n"),
        ("x: vector 3", "x", "vector 3"),
        ("W: matrix m n", "W", "matrix m n"),
        (r"\lambda: scalar, positive", "λ", "scalar, positive"),
        ("t: vector n, sum 1", "t", "vector n, sum 1"),
        ("p: scalar, in (0,1)", "p", "scalar, in (0,1)"),
        ("y: index n", "y", "index n"),
        ("f: function", "f", "function"),
        ("W^{(1)}: matrix h d", "W^(1)", "matrix h d"),
        ("o_1: scalar", "o_1", "scalar"),
        (r"\mathbf{x}: vector n", "x", "vector n"),
    ],
)
def test_a_line_declares_a_name(line, name, kind):
    assert str(declared(line).kinds[name]) == kind


def test_several_names_share_a_line_and_sizes_come_with_vectors():
    scope = declared("x, y: vector n")
    assert {name: str(kind) for name, kind in scope.kinds.items()} == {"x": "vector n", "y": "vector n", "n": "size"}


def test_a_definition_has_indices_and_parameters():
    scope = declared(r"s(x)_i := \frac{e^{x_i}}{\sum_k e^{x_k}}", "h^a := W x")
    assert (scope.definitions["s"].parameters, scope.definitions["s"].indices) == (("x",), ("i",))
    assert "h^a" in scope.definitions


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("x", "expected 'name: kind'"),
        ("x: tensor n", r"expected a kind .* after 'x:', got 'tensor n'"),
        ("x: vector", "expected 1 sizes after 'vector', got 0"),
        ("W: matrix n", "expected 2 sizes after 'matrix', got 1"),
        ("x: vector n, small", r"expected a fact .* got 'small'"),
        ("use: swish", r"expected a template .* got 'swish'"),
        ("use: softmax as 3", "expected a name after 'as', got '3'"),
        ("layout: diagonal", "expected 'layout: rows' or 'layout: columns', got 'diagonal'"),
        ("x + y := 3", r"expected a name such as s\(x\)_i before ':=', got 'x \+ y'"),
        ("x :=", "expected a formula after 'x :='"),
        ("a + b: scalar", "expected names before the colon"),
    ],
)
def test_what_is_not_understood_is_said_with_what_was_expected(line, message):
    (problem,) = declare(Scope(), [(7, line)])
    assert problem.offset == 7
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(problem.message)


def test_a_bad_declaration_is_reported_with_its_line_and_keeps_the_document_from_passing():
    report = check_derivation("---\nx: scalar\ny: tensor\n---\n\n$$\\sinh 2x = 2 \\sinh x \\cosh x$$")
    assert [(note.line, note.verdict) for note in report.notes] == [(3, "declaration")]
    assert [step.verdict for step in report.steps] == ["verified"]
    assert report.exit_code == 2


def test_declarations_come_from_the_block_the_comments_or_the_caller():
    display = r"$$\frac{\partial L}{\partial x_j} = s_j - t_j$$"
    given = ["t: vector n, sum 1", "use: softmax as s", r"L := -\sum_i t_i \log s_i"]
    block = "---\n" + "\n".join(given) + "\n---\n\n" + display
    comments = "\n".join(f"%! {line}" for line in given) + "\n" + display
    for report in (
        check_derivation(block),
        check_derivation(comments, name="a.tex"),
        check_derivation(display, preamble="\n".join(given)),
    ):
        assert [step.verdict for step in report.relations] == ["verified"]


def test_a_declaration_of_the_document_goes_before_that_of_the_caller():
    report = check_derivation("---\n\\sigma(u) := u + 1\n---\n\n$$\\sigma(1) = 2$$", preamble="use: sigmoid as \\sigma")
    assert [step.verdict for step in report.steps] == ["verified"]


@pytest.mark.parametrize("name", [*FUNCTIONS, *BUNDLES])
def test_every_template_can_be_used(name):
    scope = declared(f"use: {name}" if name in BUNDLES else f"use: {name} as q")
    assert "q" in scope.definitions or len(scope.kinds) > 3


def test_every_alias_leads_to_a_template():
    assert {canonical(alias) for alias in ALIASES} <= {*FUNCTIONS, *BUNDLES}


def test_the_two_layer_network_is_a_template():
    text = r"""---
use: two-layer-network
layout: columns
---

$$\frac{\partial L}{\partial W^{(2)}} = (p - t) (a^{(1)})^\top, \qquad
\frac{\partial L}{\partial W^{(1)}} =
\left( (W^{(2)})^\top (p - t) \odot a^{(1)} \odot (1 - a^{(1)}) \right) x^\top$$"""
    assert [step.verdict for step in check_derivation(text).steps] == ["verified", "verified"]
