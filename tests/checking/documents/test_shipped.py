"""The derivations that come with the package: every step follows, and their results are what the code returns."""

from xml.etree import ElementTree

import pytest

from chainrule import derivations, rules
from chainrule.checking.documents import check_derivation, reading
from chainrule.checking.documents.code import functions
from chainrule.checking.documents.tokens import tokens

REPORTS = {family: check_derivation(derivations.text(family), repairs=False) for family in derivations.families()}


@pytest.mark.parametrize("family", derivations.families())
def test_every_step_of_the_derivation_is_verified(family):
    """An inequality holds at the points tried, which is all that is known of one."""
    report = REPORTS[family]
    wanted = {"=": "verified", ":=": "verified"}
    others = [s for s in report.relations if s.verdict != wanted.get(s.operator, "held at the points tried")]
    assert [(s.line, s.verdict, s.message) for s in others] == []
    assert report.problems == ()
    assert len(report.relations) >= 10


def called(family):
    """The package's functions that take part in a verified relation."""
    sides = [side for s in REPORTS[family].relations if s.verdict == "verified" for side in (s.left, s.right)]
    words = {token.text for side in sides for token in tokens(side) if token.code}
    return {word if "." in word else f"{word}.forward" for word in words}


@pytest.mark.parametrize("name", rules.names())
def test_value_pullbacks_and_pushforward_of_every_rule_are_compared_with_the_code(name):
    assert set(functions(name)) - called(derivations.family_of(name)) == set()


@pytest.mark.parametrize("family", derivations.families())
def test_every_derivation_can_be_read_in_all_forms(family):
    text = derivations.text(family)
    page = reading.page(text, family, REPORTS[family])
    ElementTree.fromstring(page.replace("<!DOCTYPE html>", ""))
    latex = reading.latex(text)
    assert latex.count("\\[\n") == latex.count("\n\\]") == text.count("$$") // 2
    lines = "\n".join(part if isinstance(part, str) else part[1] for part in reading.terminal(text, REPORTS[family]))
    for written in (page, lines):
        assert "\N{OBJECT REPLACEMENT CHARACTER}" not in written
    assert not any(command in lines for command in ("\\frac", "\\sum", "\\mathtt", "\\partial", "\\begin"))


def test_an_unknown_family_and_a_rule_without_derivation_are_errors():
    with pytest.raises(ValueError, match="expected one of the derivations"):
        derivations.text("softmx")
    with pytest.raises(ValueError, match="no derivation holds the rule 'softmx'"):
        derivations.family_of("softmx")
