"""No false statement of the stored corpora is proved, verified or held, and no true one has a fault.

`statements` was written without sight of the code and has an oracle; `given` is a list of short documents that misled
an earlier checker. A table tells the line of each false claim. If this line has several relations, one of them is
false.
"""

import csv
import re
from pathlib import Path

import pytest

from chainrule.documents.sources.opening import pieces_of
from chainrule.documents.verdicts.document_steps import steps_of

HERE = Path(__file__).parent
STATEMENTS = HERE / "statements"
ORACLE = list(csv.DictReader((STATEMENTS / "oracle.csv").read_text(encoding="utf-8").splitlines()))
HOLDING = ("proved", "verified", "held")
_GIVEN = re.compile(r"^## (\w+) \([^\n]*\)\n.*?```text\n(.*?)```", re.MULTILINE | re.DOTALL)


def given(name):
    """The short documents of a list, by their labels."""
    return dict(_GIVEN.findall((HERE / "given" / f"{name}.md").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def steps(claim_seconds):
    return lambda text, name="a.md": steps_of(pieces_of(text, name), seconds=claim_seconds).steps


def faults(found):
    return [(step.line, step.verdict.name) for step in found if step.verdict.fault]


@pytest.mark.parametrize("row", [row for row in ORACLE if row["expected"] == "false"], ids=lambda row: row["file"])
def test_a_false_statement_does_not_hold(row, steps):
    found = steps((STATEMENTS / row["file"]).read_text(encoding="utf-8"), row["file"])
    verdicts = [step.verdict.name for step in found if step.line == int(row["line"])]
    assert not (verdicts and all(name in HOLDING for name in verdicts)), row["reason"]


@pytest.mark.parametrize("row", [row for row in ORACLE if row["expected"] == "true"], ids=lambda row: row["file"])
def test_a_true_statement_has_no_fault(row, steps):
    assert not faults(steps((STATEMENTS / row["file"]).read_text(encoding="utf-8"), row["file"]))


@pytest.mark.parametrize("label", given("false"))
def test_a_document_with_a_false_claim_does_not_hold(label, steps):
    claims = [step.verdict.name for step in steps(given("false")[label])]
    assert not all(name in (*HOLDING, "definition", "hypothesis") for name in claims)


@pytest.mark.parametrize("label", given("true"))
def test_a_document_of_true_claims_has_no_fault(label, steps):
    assert not faults(steps(given("true")[label]))


def test_the_lists_are_whole():
    assert (len(given("false")), len(given("true")), len(ORACLE)) == (53, 51, 451)
