"""Evaluation: names through frames, definitions, budgets."""

import pytest

from chainrule.checking.documents import check_derivation
from chainrule.checking.documents.evaluate import Machine
from chainrule.checking.documents.grammar import parse
from chainrule.checking.documents.model import Scope
from chainrule.checking.documents.points import Point
from chainrule.checking.documents.stream import NotRead
from chainrule.checking.documents.tokens import tokens


def test_evaluation_stops_at_its_budget():
    machine = Machine(Scope(), Point(), budget=100)
    node = parse(tokens("1 + " * 200 + "1"))
    with pytest.raises(NotRead, match="more than 100 steps"):
        machine.value(node, machine.root, {})


def test_a_definition_in_terms_of_itself_has_no_value():
    (step,) = check_derivation("Let $f(x) = g(x)$ and $g(x) = f(x)$.\n\n$$f(x) = g(x) + 1$$").relations
    assert step.verdict == "not read"
    assert "leads to itself" in step.message


def test_a_definition_sees_the_variable_that_is_varied():
    text = "Let $z = w x$ and $p = z^2$.\n\n$$\\frac{\\partial p}{\\partial w} = %s$$"
    verdicts = [check_derivation(text % side).steps[-1].verdict for side in ("2 w x^2", "2 w x")]
    assert verdicts == ["verified", "wrong"]


def test_a_result_is_kept_in_the_outermost_frame_on_which_it_cannot_depend():
    machine = Machine(Scope(), Point())
    inner = type(machine.root)({"x": 1}, machine.root)
    assert machine.once(inner, frozenset({"y"}), "key", lambda home: home) is machine.root
    assert machine.once(inner, frozenset({"x"}), "key", lambda home: home) is inner
    assert machine.once(inner, frozenset({"y"}), "key", lambda home: pytest.fail("computed twice")) is machine.root


def test_an_index_that_is_only_compared_runs_as_far_as_the_label():
    declared = "---\nx: vector n\nk: index n\nt_i := [i = k]\n---\n\n"
    claims = (r"t^\top x = x_k", r"t^\top x = 2 x_k", r"\sum_i [i = k] = 1", r"\sum_i [i = k] = n")
    verdicts = [check_derivation(f"{declared}$${claim}$$").steps[-1].verdict for claim in claims]
    assert verdicts == ["verified", "wrong", "verified", "wrong"]


def test_a_refusal_names_the_first_of_the_names_without_a_definition():
    names = "pqrstuvw"  # in the order of a set, another name would come first in another run
    text = "".join(f"$${name} := \\int_0^1 z\\,dz$$\n\n" for name in names)
    step = check_derivation(f"{text}$${' + '.join(reversed(names))} = 1$$").steps[-1]
    assert (step.verdict, step.message) == ("name has no definition", "p: its definition is not read")
