"""One relation with its verdict."""

from chainrule.documents.sources.opening import pieces_of
from chainrule.documents.verdicts.document_steps import steps_of


def test_a_step_tells_its_place_and_formula():
    (step,) = steps_of(pieces_of("Text.\n\n$$x + x\n= 3x$$", "a.md")).steps
    assert (step.line, step.column, step.text, step.sign) == (4, 1, "x + x = 3x", "=")
    assert step.finding.counterexample is not None
