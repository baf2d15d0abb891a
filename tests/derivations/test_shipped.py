"""The derivations that come with the package: no step is called wrong, and their results are what the code returns."""

from functools import cache
from xml.etree import ElementTree

import pytest

from chainrule import derivations, rules
from chainrule.documents import check_derivation
from chainrule.documents.language import terms
from chainrule.documents.language.rule_functions import functions
from chainrule.documents.reports import article

UNDECIDED = {
    "backpropagation": 60,  # layers within layers: numbers of thousands of terms; fewer in more time
    "pooling": 16,  # many cells; maxima over ranges with two conditions are not read
    "convolution2d": 6,
    "convolution1d": 6,
    "logarithm": 8,  # positive functions of which nothing else is known
    "rearranging": 6,
    "relu": 3,
    "softmax_cross_entropy": 4,
}
"""The most right steps that are not decided, by derivation; all others are proved or verified in six seconds each."""

SPARE = 2
"""Steps that a slow machine may leave undecided in each other derivation."""

NOT_COMPARED: frozenset[str] = frozenset()
"""Functions of rules of which no comparison is decided yet."""


@cache
def checked(family):
    seconds = 1.0 if family == "backpropagation" else 6.0
    return check_derivation(derivations.text(family), name=f"{family}.md", repairs=False, seconds=seconds)


@pytest.mark.parametrize("family", derivations.families())
def test_nearly_every_step_of_the_derivation_is_proved(family):
    """An inequality may hold at the points tried, which is all that is known of one."""
    report = checked(family)
    assert report.faults == ()
    assert [s for s in report.claims if "if read so" in s.verdict] == []
    assert report.problems == ()
    wanted = {"=": ("proved", "verified")}
    others = [s for s in report.claims if s.verdict not in wanted.get(s.relation, ("proved", "verified", "held"))]
    assert len(others) <= UNDECIDED.get(family, SPARE), [(s.line, s.verdict, s.message) for s in others]
    assert len(report.claims) >= 10


def compared(family):
    """The package's functions that take part in a step that is decided."""
    report = checked(family)
    [reading] = report.readings
    claims = [reading.derivation.claims[entry.claim] for entry in reading.entries if entry.claim is not None]
    decided = [step.is_decided for step in report.steps if step.strict]
    parts = [
        part
        for claim, wanted in zip(claims, decided, strict=True)
        if wanted
        for side in (claim.left, claim.right)
        for part in terms.every(side)
    ]
    return {f"{part.rule.partition('(')[0]}.{part.part}" for part in parts if isinstance(part, terms.RuleCall)}


@pytest.mark.parametrize("name", rules.names())
def test_value_pullbacks_and_pushforward_of_every_rule_are_compared_with_the_code(name):
    assert set(functions(name)) - compared(derivations.family_of(name)) - NOT_COMPARED == set()


@pytest.mark.parametrize("family", derivations.families())
def test_every_derivation_can_be_read_in_all_forms(family):
    text = derivations.text(family)
    page = article.page(text, family, checked(family))
    ElementTree.fromstring(page.replace("<!DOCTYPE html>", ""))
    latex = article.latex(text)
    assert latex.count("\\[\n") == latex.count("\n\\]") == text.count("$$") // 2
    lines = "\n".join(part if isinstance(part, str) else part[1] for part in article.terminal(text, checked(family)))
    for written in (page, lines):
        assert "\N{OBJECT REPLACEMENT CHARACTER}" not in written
    assert not any(command in lines for command in ("\\frac", "\\sum", "\\mathtt", "\\partial", "\\begin"))


def test_an_unknown_family_and_a_rule_without_derivation_are_errors():
    with pytest.raises(ValueError, match="expected one of the derivations"):
        derivations.text("softmx")
    with pytest.raises(ValueError, match="no derivation holds the rule 'softmx'"):
        derivations.family_of("softmx")
