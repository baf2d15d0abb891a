"""Derivations in which nothing is left to the shapes."""

from chainrule.documents.language.derivation import ValueKind
from chainrule.documents.language.printing import text_of
from chainrule.documents.language.terms import free_names


def test_a_loss_that_nobody_defines_is_an_unknown_function_of_what_comes_last(definitions):
    text = (
        r"$$z_j = \sum_i w_{ji} x_i$$"
        + "\n\n"
        + r"$$\frac{\partial L}{\partial x_i} = \sum_j \frac{\partial L}{\partial z_j} w_{ji}$$"
    )
    assert definitions(text)["L"] == "L_of(z)"


def test_every_name_of_the_strict_form_is_declared_defined_or_bound(reading_of):
    text = (
        r"$$z_j = \sum_i w_{ji} x_i$$"
        + "\n\n"
        + r"$$\frac{\partial L}{\partial x_i} = \sum_j \frac{\partial L}{\partial z_j} w_{ji}$$"
    )
    strict = reading_of(text).derivation
    [claim] = strict.claims
    known = {d.name for d in strict.declarations} | {d.name for d in strict.definitions}
    assert free_names(claim.left) | free_names(claim.right) <= known | {name for name, _ in claim.over}
    assert {
        d.name: tuple(map(text_of, d.kind.shape)) for d in strict.declarations if isinstance(d.kind, ValueKind)
    } == {"w": ("n0", "n1"), "x": ("n1", "1")}
