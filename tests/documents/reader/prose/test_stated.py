"""The record of what sentences state."""

from chainrule.documents.reader.prose.stated import Stated
from chainrule.documents.reader.syntax.written import Symbol


def test_a_fact_that_is_known_holds_in_the_whole_document():
    stated = Stated()
    stated.know(Symbol("y"), "one-hot", 7)
    [known] = stated.hypotheses
    assert (known.subject, known.fact, known.start, known.end, known.certain) == (Symbol("y"), "one-hot", 0, 7, True)
    assert known.text == "y is one-hot"
