"""What a claim depends on."""

from chainrule.documents.evidence.questions import SIZES, Question, cut_names
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.shapes import Shapes

TEXT = """
size n, m
W : matrix m n
b : column m
g : function(column m) -> number
c : 1..m
z := W @ x + b
y := g(z)
"""


def question(text, **options):
    derivation = derivation_of(TEXT + text)
    return Question.of(derivation, Shapes(derivation), Names.of(derivation), derivation.claims[-1], **options)


def test_free_names_are_those_that_definitions_use():
    asked = question("claim: y = 3 + b[c]")
    assert asked.free == ("W", "b", "x")
    assert asked.sizes == ("m", "n")
    assert [name for name, _ in asked.labels] == ["c"]
    assert list(asked.functions) == ["g"]
    assert asked.constants == [3]


def test_a_defined_name_by_which_is_differentiated_is_free():
    asked = question("claim: grad(y, z) = 2 * z", cut=frozenset({"z"}))
    assert (asked.free, asked.cut) == (("z",), {"z"})


def cut(claim):
    derivation = derivation_of(TEXT + "claim: " + claim)
    return cut_names(Names.of(derivation), derivation.claims[-1])


def test_no_name_is_cut_of_which_something_else_in_the_claim_is_changed():
    assert cut("grad(y, z) = z") == {"z"}
    assert cut("grad(y, z) = z when b[1] = 0") == {"z"}
    assert cut("grad(y, z) = grad(y, b)") == set()
    assert cut("grad(y, z) = at(z, x = zeros(n))") == set()
    assert cut("grad(y, z) + d(b) = z") == set()


def test_assumptions_bring_the_names_of_which_they_speak():
    asked = question("u, v, t : number\nassume u = v\nassume v < t\nassume t[1] = 2 * b[1]\nclaim: u = 1")
    assert asked.free[-3:] == ("t", "u", "v") or set(asked.free) >= {"t", "u", "v"}


def test_sizes_are_unequal_first_and_include_equal_ones():
    several = question("claim: y = 0").choices_of_sizes()
    assert several[0] == {"m": 2, "n": 3}
    assert {"m": 2, "n": 2} in several
    assert {size for choice in several for size in choice.values()} == {1, 2, 3}
    assert [choice["m"] for choice in question("claim: b = 0 * b").choices_of_sizes()] == list(SIZES)


def test_further_sizes_follow_from_the_degree():
    asked = question("k : column n\nclaim: n^7 * total(k) = 0")
    assert [choice["n"] for choice in asked.further_sizes()] == [6, 7, 8]
    assert question("k : column n\nclaim: n^70 * total(k) = 0").needs_too_many_sizes


def test_assumptions_that_share_a_size_alone_do_not_matter():
    asked = question("u, v : column n\nassume sum(i in n: u[i]) = n\nclaim: v = v")
    assert asked.assumptions == ()
    assert asked.free == ("v",)


def test_the_limit_of_a_sum_is_a_size_if_nobody_declares_it():
    asked = question("claim: sum(i in 0..limit: x[1] * i) = x[1] * limit * (limit + 1) / 2")
    assert "limit" in asked.sizes
    assert "limit" not in asked.free


def test_sizes_are_no_smaller_than_the_entries_that_stand_in_the_claim():
    asked = question("claim: x[3] + W[4, 2] = 1")
    assert asked.least == {"n": 3, "m": 4}
    assert all(sizes["n"] >= 3 and sizes["m"] >= 4 for sizes in asked.choices_of_sizes())
    assert [sizes["n"] for sizes in question("claim: x[3] = 1").choices_of_sizes()] == [3, 4, 5]
    assert question("claim: total(x) = 1").least == {}


def test_arguments_of_an_unknown_function_that_nothing_moves_are_left_out():
    text = """L : function(column m, column n, column m) -> number
J := L(z, x, b)
claim: grad(J, {0}) = 0 * {0}
"""
    assert [len(question(text.format(name)).functions["L"].arguments) for name in "Wxb"] == [1, 2, 2]
    twice = text.replace("claim:", "K := L(z, x, z)\nclaim:").replace("= 0", "= K")
    assert len(question(twice.format("W")).functions["L"].arguments) == 3
    called = text.replace("J :=", "J(x : column n) :=").replace("grad(J", "grad(J(2 * x) + J(x)")
    assert len(question(called.format("W")).functions["L"].arguments) == 3
