"""The page about the strict language: its example is read, fits and is true, and it names every word there is."""

import re
from pathlib import Path

from chainrule.documents.evidence.proving import Prover
from chainrule.documents.language.operators import MADE_BY_SIZE, OPERATORS
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.language.strict_terms import FACTS

PAGE = (Path(__file__).parents[3] / "docs" / "check" / "strict_language.md").read_text(encoding="utf-8")
EXAMPLE = PAGE.partition("```text\n")[2].partition("```")[0]


def test_the_example_is_read_and_every_claim_in_it_is_proved():
    derivation = derivation_of(EXAMPLE)
    shapes = Shapes(derivation)
    assert not shapes.faults
    assert not shapes.guessed
    prover = Prover(derivation, shapes)
    assert [prover.finding(claim).status for claim in derivation.claims] == ["proved"] * 5


def test_every_fact_and_function_is_on_the_page():
    words = set(re.findall(r"[\w-]+", PAGE))
    functions = {name for name, operator in OPERATORS.items() if operator.place == "function"}
    assert functions | MADE_BY_SIZE.keys() | set(FACTS) <= words
