"""What the record of a proof says, and what it does not say."""

from dataclasses import replace
from fractions import Fraction

import pytest

from chainrule.algebra import Attempt, Constraint, Difference
from chainrule.checking.proofs.proof import LISTED, Proof, joined_outcomes, joined_sizes

POSITIVE, NEGATIVE = Constraint("x", ">"), Constraint("x", "<")


def test_one_cell_without_comparisons_is_all_inputs():
    assert joined_outcomes("f", [Attempt(2)], sizes="size 3").claim == "proved for all inputs at size 3"
    assert joined_outcomes("f", [Attempt(2, comparisons=(POSITIVE,))]).claim == "proved for all inputs with x > 0"


def test_several_cells_are_all_inputs_only_if_they_are_said_to_be():
    cells = [Attempt(1, comparisons=(POSITIVE,)), Attempt(1, comparisons=(NEGATIVE,))]
    assert joined_outcomes("f", cells).claim == "proved on 2 sampled cells"
    assert joined_outcomes("f", cells, complete=True).claim == "proved for all inputs"


def test_a_claim_that_leaves_out_borders_says_so():
    cells = [Attempt(1, comparisons=(POSITIVE,)), Attempt(1, comparisons=(NEGATIVE,))]
    proof = replace(joined_outcomes("f", cells, complete=True, sizes="3"), inside_only=True)
    assert joined_sizes("f", [proof]).claim == "proved for all inputs inside of cells at size 3"


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        (["1", "2", "3", "3"], "sizes 1 to 3"),
        (["1", "3"], "sizes 1, 3"),
        (["(2, 3) x (3,)"], "shape (2, 3) x (3,)"),
        (["(2, 3)", "4"], "shapes (2, 3); (4,)"),
        ([f"({i}, 2)" for i in range(LISTED + 1)], "shapes (0, 2); (1, 2); (2, 2); (3, 2); (4, 2); 1 more"),
    ],
)
def test_sizes_in_words(sizes, words):
    proofs = [joined_outcomes("f", [Attempt(1)], sizes=size) for size in sizes]
    assert joined_sizes("f", proofs).claim == f"proved for all inputs at {words}"


def test_nothing_is_proved_without_an_equality():
    assert joined_outcomes("f", []).verdict == "unchecked"
    assert joined_outcomes("f", [Attempt()]).verdict == "unchecked"
    assert joined_outcomes("f", [Attempt(1, outside=True)]).verdict == "unchecked"
    assert Proof("f").verdict == "unchecked"


def test_one_failure_decides_and_one_doubt_leaves_it_open():
    failed = Attempt(5, differences=(Difference("y[0]", "1", "2"),), undecided=("too large",))
    assert joined_outcomes("f", [Attempt(3), failed]).verdict == "fail"
    assert str(joined_outcomes("f", [failed])).splitlines()[1] == f"  {failed.differences[0]}"
    doubtful = joined_outcomes("f", [Attempt(3), Attempt(5, undecided=("too large",))])
    assert doubtful.verdict == "unchecked"
    assert not doubtful.ok
    assert "too large" in str(doubtful)


def test_divisors_and_constants_are_part_of_the_claim():
    outcome = Attempt(1, divisors=(Constraint("x - 1", "!="),), idealised={0.1: "1/10"})
    claim = joined_outcomes("f", [outcome]).claim
    assert claim == "proved for all inputs where x - 1 != 0 up to the rounding of the constants 0.1 = 1/10"


def test_long_lists_are_cut_and_say_so():
    divisors = tuple(Constraint(f"x{i}", "!=") for i in range(LISTED + 2))
    assert joined_outcomes("f", [Attempt(1, divisors=divisors)]).claim.endswith("x4 != 0 and 2 more")


def test_a_list_of_conditions_that_is_cut_shows_each_constant():
    signs = [Constraint(f"x{i}", ">", {f"x{i}": Fraction(1)}) for i in range(LISTED + 2)]
    limit = Constraint("x6 - 1000", "<=", {"x6": Fraction(1)}, Fraction(-1000))
    claim = joined_outcomes("f", [Attempt(1, comparisons=(*signs, limit))]).claim
    assert claim.startswith("proved for all inputs with x6 <= 1000 and x0 > 0 and x1 > 0")
    assert claim.endswith("and 3 more")


def test_inputs_without_a_pullback_are_told():
    proof = replace(joined_outcomes("f", [Attempt(2)]), constants=("scale",))
    assert str(proof).endswith("\n  there is no pullback for scale, so nothing was checked there")


@pytest.mark.parametrize(
    ("lengths", "claim"),
    [
        ([100, 50], "{0} > 0 and {1} > 0"),
        ([100, 100, 1], "{0} > 0 and 2 more"),
        ([200], "1 condition"),
        ([1] * (LISTED + 3), " and ".join(["{0} > 0"] * LISTED) + " and 3 more"),
        ([1, 200] + [1] * (LISTED + 3), f"{{0}} > 0 and {LISTED + 4} more"),
    ],
)
def test_long_conditions_are_a_number(lengths, claim):
    names = ["x" * length for length in lengths]
    proof = joined_outcomes("f", [Attempt(1, comparisons=tuple(Constraint(name, ">") for name in names))])
    assert proof.claim == f"proved for all inputs with {claim.format(*names)}"
