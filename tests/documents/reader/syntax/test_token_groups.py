"""Brackets, environments and \\left \\right as groups; what has no other end is named."""

import pytest

from chainrule.documents.reader.syntax.formula_tokens import tokens_of
from chainrule.documents.reader.syntax.token_groups import MOST_DEPTH, Group, construct_of, groups_of, split


def outline(items):
    return " ".join(
        f"{item.opening}{outline(item.items)}{item.closing}"
        if isinstance(item, Group)
        else f"?{item.text}"
        if item.kind == "problem"
        else item.text
        for item in items
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(a[b]{c})", "(a [b[ {c{("),
        ("[0, 1)", "[0 , 1("),
        ("a]b", "a ?bracket ] without a beginning b"),
        ("a) b", "b"),
        ("{(a}", "{(a( ?bracket ( without an end{"),
        ("[(a + b]", "[(a + b( ?bracket ( without an end["),
        ("(a + b = c", "(a + b( ?bracket ( without an end = c"),
        ("(= c", "?bracket ( without an end = c"),
        ("a}", "a ?} without a beginning"),
        (r"\begin{array}{cc} a \end{array}", "arrayaarray"),
        (r"\left( a \right. \\ \left. b \right)", "(a \\ b("),
        (r"\left\{ a \right.", "{a."),
        (r"\left. a \right|_b", ".a| _ b"),
        (r"a \right)", r"a ?\right without \left"),
        (r"P(y \rvert x)", "P (y vert x("),
        (r"\bigl( a \bigr)", "(a("),
    ],
)
def test_brackets_become_groups(text, expected):
    assert outline(groups_of(tokens_of(text))) == expected


def test_groups_that_lie_too_deep_are_named():
    deep = "{" * (MOST_DEPTH + 5) + "x" + "}" * (MOST_DEPTH + 5) + "y"
    assert "groups within each other" in outline(groups_of(tokens_of(deep)))
    assert groups_of(tokens_of(deep))[-1].text == "y"


def test_unknown_commands_have_a_role_of_their_own():
    (token,) = tokens_of(r"\foo")
    assert construct_of(token).role == "unknown"


def test_rows_end_without_an_empty_one():
    assert [len(row) for row in split(groups_of(tokens_of(r"a b \\ c \\")), "row")] == [2, 1]
