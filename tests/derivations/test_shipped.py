"""The derivations that come with the package: no step is called wrong, and their results are what the code returns."""

from xml.etree import ElementTree

import pytest

from chainrule import derivations, rules
from chainrule.documents.language import terms
from chainrule.documents.language.rule_functions import functions
from chainrule.documents.reports import article
from docs.site import rule_pages

UNDECIDED = {
    "backpropagation": 60,  # layers within layers: numbers of thousands of terms; fewer in more time
    "pooling": 16,  # many cells; maxima over ranges with two conditions are not read
    "convolution2d": 6,
    "convolution1d": 6,
    "logarithm": 8,  # positive functions of which nothing else is known
    "rearranging": 6,
    "relu": 3,
    "softmax_cross_entropy": 6,  # points at larger sizes, which must be tried, take seconds here and in the next ones
    "scaled_softmax": 6,
    "softmax_expectation": 4,
    "members_cross_entropy": 4,
}
"""The most right steps that are not decided, by derivation; all others are proved or verified in the seconds of the site."""

SPARE = 2
"""Steps that a slow machine may leave undecided in each other derivation."""


def is_left(step):
    """Whether a step is not decided. An inequality may hold at the points tried, which is all that is known of one."""
    return step.verdict not in ("proved", "verified", *(["held"] if step.relation != "=" else []))


def compared(report):
    """The package's functions that take part in a step that is decided."""
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


def in_all_forms(family, report):
    """The pages and lines in which the derivation is shown, which must be well formed."""
    text = derivations.text(family)
    page = article.page(text, family, report)
    ElementTree.fromstring(page.replace("<!DOCTYPE html>", ""))
    latex = article.latex(text)
    assert latex.count("\\[\n") == latex.count("\n\\]") == text.count("$$") // 2
    lines = "\n".join(part if isinstance(part, str) else part[1] for part in article.terminal(text, report))
    assert not any(command in lines for command in ("\\frac", "\\sum", "\\mathtt", "\\partial", "\\begin"))
    return page, lines


@pytest.mark.parametrize("family", derivations.families())
def test_nearly_every_step_is_proved_and_every_function_of_its_rules_compared(family):
    """One test, since the steps of a family take up to a minute and a half; the site tells the same verdicts."""
    report = rule_pages.checked(family)
    assert report.faults == ()
    assert [step for step in report.claims if "if read so" in step.verdict] == []
    assert report.problems == ()
    assert len(report.claims) >= 10
    left = [(step.line, step.verdict, step.message) for step in report.claims if is_left(step)]
    assert len(left) <= UNDECIDED.get(family, SPARE), left
    assert compared(report) >= {each for name in rule_pages.rules_of(family) for each in functions(name)}
    for written in in_all_forms(family, report):
        assert "\N{OBJECT REPLACEMENT CHARACTER}" not in written
    rule_pages.keep(family, report)


def test_an_unknown_family_and_a_rule_without_derivation_are_errors():
    with pytest.raises(ValueError, match="expected one of the derivations"):
        derivations.text("softmx")
    with pytest.raises(ValueError, match="no derivation holds the rule 'softmx'"):
        derivations.family_of("softmx")


def test_each_rule_has_a_derivation():
    assert {name for family in derivations.families() for name in rule_pages.rules_of(family)} == {*rules.names()}
