"""The places in which the letters of a document are seen."""

from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.letters.sightings import Sightings
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.syntax.written import (
    Beside,
    Bracketed,
    Differentiation,
    Scripted,
    Symbol,
    WrittenChain,
)


def seen(*formulas):
    found = Sightings()
    for text in formulas:
        found.see(chains_of(text))
    return found


def test_calls_derivatives_and_primes_are_counted():
    entry = Scripted(Symbol("L"), lower=Symbol("i"))
    members = (
        Beside((Symbol("f"), Bracketed("(", (Symbol("x"),))), ("",)),
        Differentiation("partial", entry, (Symbol("z"), Symbol("x"))),
        Scripted(Symbol("g"), primes=1),
    )
    found = Sightings()
    found.see([WrittenChain(members, (), ())])
    assert set(found.called) == {"f"}
    assert found.differentiated == {"L": 1}
    assert found.by == {"z": 1, "x": 1}
    assert found.primed == {"g"}


def test_signs_of_sums_bind_letters_and_limits_bind_none():
    found = seen(r"\sum_{i=1}^N x_i + \prod_{j, k} y_{jk} + \lim_{t \to 0} u")
    assert (found.bound, found.limits) == ({"i", "j", "k"}, {"N"})
    assert seen(r"\sum_{(x_i, y_i) \in D} x_i").sets == {"D"}
    assert seen(r"\sum_{(x_i, y_i) \in D} x_i").bound == {"i"}


def test_bold_and_transposed_letters_with_an_index_are_seen_as_vectors():
    found = seen(r"w^T \mathbf{x}_i + a_i^T b + c_i")
    assert {name: count for name, count in found.vectors.items() if count} == {"x": 2, "a": 1}
    assert {name: count for name, count in found.columns.items() if count} == {"x": 1}
    assert {name: count for name, count in found.plain.items() if count} == {"c": 1}
    assert seen(r"w^T x^{(i)} + y^{(i)}").arrays == {"x"}


def test_conditions_compare_letters_and_a_sum_beside_its_letters():
    found = seen(r"x_i = 0, \quad i \neq k", r"y = \sum_j [b + j = s + 1] w_b")
    assert found.compared >= {"i", "k"}
    assert frozenset("bjs") in found.comparisons


def test_letters_that_stand_alone_are_bare_and_between_bars_barred():
    found = seen(r"a + a_i + |a| + \mathbf{b}")
    assert (found.bare["a"], found.barred["a"], found.bold["b"]) == (2, 1, 1)
    assert len(found.subscripts["a"]) == 1


def test_the_sign_of_a_transpose_behind_brackets_is_no_letter():
    assert not Inventory.of(chains_of(r"(a - b)^T c = d")).bare["T"]
    assert Inventory.of(chains_of(r"(a - b)^T c = \sum_{t=1}^T x_t")).bare["T"]
    assert Inventory.of(chains_of(r"(a - b)^T c = T")).bare["T"]
