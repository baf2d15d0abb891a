"""Where rows fall apart, and what words say."""

import pytest

from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.syntax.formula_elements import elements_of
from chainrule.documents.reader.syntax.formula_tokens import tokens_of
from chainrule.documents.reader.syntax.parts_written import letters_of
from chainrule.documents.reader.syntax.segments import condition_of, kind_of, segments_of
from chainrule.documents.reader.syntax.token_groups import groups_of
from chainrule.documents.reader.syntax.written import Comparing, Symbol, Words
from chainrule.documents.reader.syntax.written_trees import FormulaReader


def outline(text):
    segments = segments_of(elements_of(groups_of(tokens_of(text))))
    return [(segment.before, segment.kind, len(segment.elements)) for segment in segments]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"a = b, c", [("", "", 3), (",", "", 1)]),
        (r"a = \quad b", [("", "", 3)]),
        (r"a = b, \quad i = j", [("", "", 3), ("wide", "", 3)]),
        (r"a \text{if } i = j", [("", "", 1), ("wide", "condition", 3)]),
        (r"\text{if } i = j : a = b", [("wide", "condition", 3), ("wide", "", 3)]),
        (r"a (\text{where } b = c)", [("", "", 1), ("wide", "chain", 3)]),
        (r"a = \text{a constant}", [("", "", 3)]),
        (r"a = b \text{ by the chain rule}", [("", "", 3), ("wide", "note", 0)]),
        (r"a \forall i", [("", "", 1), ("wide", "condition", 1)]),
    ],
)
def test_rows_fall_apart_at_commas_spaces_and_words(text, expected):
    assert outline(text) == expected


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("für", "condition"),
        ("unless", "denial"),
        ("if otherwise", "otherwise"),
        ("et", "chain"),
        ("if and only if we are so lucky", "note"),
        ("number of classes", ""),
    ],
)
def test_words_say_what_follows(words, kind):
    assert kind_of(words) == kind


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\text{if } x < y", Comparing((Symbol("x"), Symbol("y")), ("<",))),
        (r"\forall x", Symbol("x")),
        (r"\text{otherwise}", Words("otherwise")),
    ],
)
def test_conditions_say_what_they_say(text, expected):
    (segment,) = segments_of(elements_of(groups_of(tokens_of(text))))
    node = FormulaReader(segment.elements).alone() if segment.elements else None
    assert condition_of(segment, node) == expected
    assert (condition_of(segment, node, in_cases=True) is None) == (text == r"\text{otherwise}")


def test_wide_spaces_stand_between_factors_where_they_stand_around_the_only_sign():
    [chain] = chains_of(r"g \qquad = \qquad \delta \qquad\qquad U^T \qquad \circ \qquad s")
    assert len(chain.members) == 2
    assert not chain.conditions
    assert letters_of(chain.members[1]) >= {"delta", "U", "s"}
    for text in (r"y \quad = \quad x \quad z = 3", r"y = x \quad z", r"y \quad = \quad x \quad (x > 0)"):
        assert letters_of(chains_of(text)[0].members[1]) == {"x"}
