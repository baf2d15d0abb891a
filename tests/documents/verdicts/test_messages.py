import re
from pathlib import Path

import pytest

import chainrule.documents
from chainrule.documents import check_derivation
from chainrule.documents.evidence.findings import Counterexample, Finding
from chainrule.documents.verdicts.messages import SENTENCES, explained, pattern, sentence
from chainrule.documents.verdicts.verdict import VERDICTS

POINT = Counterexample({"n": 3}, {"i": 1, "j": 2}, {"x": "(0.3, -0.5, 1)"}, "-0.28630001", "-0.61152")


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_has_a_sentence_that_can_be_filled(verdict):
    told = explained(
        verdict,
        line=3,
        before=2,
        finding=Finding("differs", counterexample=POINT),
        reason="a reason",
        doubts=("a doubt",),
    )
    assert "{" not in told
    assert told == "" or (told[0].isupper() or told[0] == "a")


def test_a_wrong_step_is_told_with_numbers_and_with_the_indices_for_which_it_holds():
    finding = Finding("differs", counterexample=POINT, held=({"i": 1, "j": 1},), failed=({"i": 1, "j": 2},))
    assert explained("wrong", line=27, before=26, finding=finding) == (
        "It does not follow from line 26. With n = 3, i = 1, j = 2, x = (0.3, -0.5, 1): line 26 gives -0.2863, line 27 "
        "gives -0.61152. It holds when i = j; it failed for every i ≠ j that was tried."
    )


def test_steps_of_one_line_and_first_steps_are_told_by_their_sides():
    finding = Finding("differs", counterexample=POINT)
    assert explained("wrong", line=3, before=3, finding=finding).startswith("It does not follow from the step before.")
    first = explained("wrong", line=3, finding=finding)
    assert first.startswith("It does not follow from the left side. With n = 3")
    assert "the left side is -0.2863, the right side is -0.61152." in first


def test_what_is_uncertain_says_why_and_what_to_do():
    told = explained(
        "wrong if read so", line=3, finding=Finding("differs", counterexample=POINT), doubts=("L is not defined",)
    )
    assert "but it may mean something else: L is not defined." in told
    assumed = explained("hypothesis", line=3, reason="v is not defined above")
    assert assumed == "v is not defined above, so it is read as an assumption and was not checked."


def test_as_many_digits_as_show_the_difference():
    close = Finding("differs", counterexample=Counterexample({}, {}, {}, "1.00000000012", "1.00000000034"))
    assert "the left side is 1.0000000001, the right side is 1.0000000003." in explained("wrong", line=1, finding=close)


def test_functions_that_stand_for_unknown_ones_are_told():
    example = Counterexample({}, {}, {"x": "2"}, "1", "3", {"L": "p^2 with p = x1"})
    assert "With x = 2, L = p^2 with p = x1:" in explained(
        "wrong", line=1, finding=Finding("differs", counterexample=example)
    )


def test_a_loss_that_the_reader_made_up_has_no_formula_in_messages():
    example = Counterexample({}, {}, {"x": "2"}, "1", "3", {"L__any_of": "p^2 with p = x1"})
    assert "With x = 2, for some function L: the left" in explained(
        "wrong", line=1, finding=Finding("differs", counterexample=example)
    )


def test_names_of_several_parts_are_told_apart():
    example = Counterexample({}, {}, {"W__part_2_1": "2", "W_1": "4", "b__part_3": "5"}, "1", "3")
    assert "With W_1 of part 2 = 2, W_1 = 4, b = 5:" in explained(
        "wrong", line=1, finding=Finding("differs", counterexample=example)
    )
    told = explained("wrong if read so", line=1, doubts=("W__part_2_1 is not defined", "W__part_3_1 is not defined"))
    assert told.count("W_1 is not defined") == 1


def test_the_reason_that_a_known_line_settles_comes_first():
    doubts = (
        *(f"{name} is not defined" for name in "abcde"),
        "L__any depends on something, but the text does not say how",
    )
    told = explained("wrong if read so", line=1, doubts=doubts)
    assert "else: L depends on something, but the text does not say how (declare L: loss of NAMES); a is not" in told


@pytest.mark.parametrize(
    ("held", "failed", "told"),
    [
        ([(1, 1), (2, 2)], [(1, 2), (2, 1)], "i = j"),
        ([(1, 2), (2, 1)], [(1, 1)], "i ≠ j"),
        ([(1, 1)], [(1, 2), (2, 2)], ""),
        ([(1, 1), (1, 2)], [(2, 1)], ""),
    ],
)
def test_the_indices_for_which_a_claim_holds(held, failed, told):
    def places(pairs):
        return [dict(zip("ij", pair, strict=True)) for pair in pairs]

    assert pattern(places(held), places(failed)) == told


def test_every_sentence_is_used_and_is_plain():
    root = Path(chainrule.documents.__file__).parents[1]
    sources = "".join(
        path.read_text(encoding="utf-8") for part in ("documents", "cli") for path in (root / part).rglob("*.py")
    )
    for key, text in SENTENCES.items():
        assert key in VERDICTS or key.startswith("advice ") or sources.count(f'"{key}"') >= 2, (
            f"{key!r} is said nowhere"
        )
        assert not re.search(r"\b(residue|ball|jet|generator|unif|cotangent)\b", text), text


def test_a_sentence_needs_all_its_values():
    with pytest.raises(KeyError):
        sentence("repair", old="a")


def test_many_doubts_are_told_by_their_number_and_definitions_that_are_missing_alone():
    doubts = ("a is not defined", "b is not defined", "the definition of c is not read", "d is odd", "e is odd")
    told = explained("wrong if read so", line=1, doubts=doubts)
    assert "a is not defined; b is not defined; the definition of c is not read; and 2 more reasons" in told
    told = explained("wrong if read so", line=1, doubts=("whether 'a' in line 1 holds here", "d is odd", *doubts))
    assert "a is not defined; b is not defined; the definition of c is not read; and 3 more reasons" in told
    assert "c is not read; d is odd." in explained("wrong if read so", line=1, doubts=doubts[:4])
    assert explained("no definition", line=1, doubts=doubts) == "It was not checked: the definition of c is not read."


def test_numbers_that_are_too_large_for_floats_are_no_infinities():
    message = check_derivation("$$2^{10000} = 1$$").steps[0].message
    assert "the left side is 1.99506311688e+3010, the right side is 1.0" in message


def test_the_advice_shows_how_to_declare_a_command():
    assert sentence("advice not read").endswith(r"may be declared: \newcommand{\NAME}{FORMULA}.")
