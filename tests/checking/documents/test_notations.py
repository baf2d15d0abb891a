"""Correct derivations in notations that are easily misread: none is called wrong, and nearly all are decided."""

from pathlib import Path

import pytest

from chainrule.checking.documents import check_derivation

NOTATIONS = sorted((Path(__file__).parent / "homework" / "notations").iterdir())


def checked(path):
    return check_derivation(path.read_text(), name=path.name)


@pytest.mark.parametrize("path", NOTATIONS, ids=[path.name for path in NOTATIONS])
def test_a_notation_that_is_easily_misread_is_not_called_wrong(path):
    report = checked(path)
    assert sum(step.verdict.startswith("verified") for step in report.relations) >= 3
    assert not [(step.line, step.verdict, step.message) for step in report.steps if step.is_fault]


def test_nearly_all_relations_in_these_notations_are_decided():
    steps = [step for path in NOTATIONS for step in checked(path).relations]
    # 172 of 178 when this was written.
    assert sum(step.is_decided for step in steps) >= 0.9 * len(steps)
