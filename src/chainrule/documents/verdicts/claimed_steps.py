"""The step of one claim: its finding, with what stays uncertain and what the proof assumes."""

from __future__ import annotations

from dataclasses import replace

from chainrule.documents.evidence.facts_in_conditions import is_met
from chainrule.documents.evidence.findings import NOT_EQUAL, Finding
from chainrule.documents.language.derivation import Relation
from chainrule.documents.reader.interpretation.readings import ReadRelation
from chainrule.documents.reader.letters.suffixed_names import letter_of
from chainrule.documents.reader.syntax.known_words import (
    AT_ITS_ARGUMENT,
    BRACKET,
    CASES_JOINED,
    DEFINED_ANEW,
    MAYBE,
    NO_OPERATOR,
    OF_LAST_LAYER,
    ONLY_THROUGH,
    SAME_SIZE,
    SUBSCRIPT_LEFT_OUT,
    SUPPOSES,
    UNTOLD,
)
from chainrule.documents.reader.translation.landau_terms import APPROXIMATE
from chainrule.documents.reader.uncertainty.doubts import Doubts
from chainrule.documents.verdicts.dropped_numbers import SAME_EXAMPLE
from chainrule.documents.verdicts.past_steps import Past
from chainrule.documents.verdicts.second_definitions import MEANING
from chainrule.documents.verdicts.step import Step
from chainrule.documents.verdicts.verdict import VERDICTS, Verdict, verdict_of


def claimed_step(entry: ReadRelation, claim: Relation, finding: Finding, doubts: Doubts, past: Past) -> Step:
    """The step of a claim, and of a name that an equation before it defines anew."""
    said = (words for names, words in past.doubted if doubts.uses(claim, names))
    beyond = doubts.beyond(claim, finding.free) if finding.status == "proved" else frozenset[str]()
    if letter_of(finding.supposed) in doubts.reading.made_of:  # the text says something else of this name
        finding = replace(finding, status="differs", assumed=())
    reasons, unread = (*doubts.of(claim, entry), *said), sorted({*doubts.unread(claim)} - beyond)
    doubted, point = doubts.reading.doubted, finding.counterexample
    reasons = tuple(each for each in reasons if point is None or not is_met(doubted.get(each), point))
    if not doubts.dependences.slopes(claim):  # a derivative may go along an equation
        reasons = tuple(each for each in reasons if each not in finding.settled)
    part = doubts.reading.places.get(id(entry.statement.piece), 0)
    again = [] if finding.with_both else doubts.uses(claim, past.renewed - beyond)
    holds = finding.status in ("proved", "verified", "proved if", "verified if")
    if again and holds and (named := doubts.named_derivatives(again)):
        told = (MEANING.format(name=letter_of(name), line=line) for name, line in named.items())
        finding, again = replace(finding, status="proved if", assumed=(*finding.assumed, *told)), []
    if again:
        reason = f"the second definition of {', '.join(again)}"
        return step_of(entry, VERDICTS["no definition"], reason, finding, reasons, claim)
    moving = unread and doubts.changes(claim)
    if moving and (unread := sorted({*unread} - doubts.still(claim, unread, part))):
        return step_of(entry, VERDICTS["no definition"], ", ".join(unread), finding, reasons, claim)
    bar = doubts.reading.bars.get(-1 if entry.claim is None else entry.claim) or past.bar(claim, doubts)
    bar = bar or next(doubts.dependences.not_shown(claim), "")
    if bar and finding.status in ("proved", "verified", "held", "proved if", "verified if"):
        return step_of(entry, VERDICTS["undecided"], bar, finding, reasons, claim)
    if finding.status in ("proved if", "verified if") and (other := past.other_value(claim, finding, reasons, doubts)):
        return step_of(entry, VERDICTS["undecided"], other, finding, reasons, claim)
    if meant := next((each for each in entry.rests_on if each.startswith(APPROXIMATE)), ""):
        finding = _approximated(finding, meant)
    supposed = {each for each in reasons if each.endswith((SUBSCRIPT_LEFT_OUT, SUPPOSES))}
    rests = tuple(sorted({*filter(_is_assumption, entry.rests_on), *supposed}))
    if rests and finding.status in ("proved", "verified", "proved if"):
        finding = replace(finding, status="proved if", assumed=(*finding.assumed, *rests))
    elif rests and finding.status == "held":
        finding = replace(finding, status="undecided", reason=f"it holds if {' and '.join(rests)}")
    if finding.status in ("proved", "verified"):
        losses = [each.removesuffix(UNTOLD) for each in entry.rests_on if each.endswith(UNTOLD)]
        through = (f"{loss}{ONLY_THROUGH}" for loss in losses)
        if assumed := (*through, *doubts.tacit.of(claim, part)):
            finding = replace(finding, status="proved if", assumed=(*finding.assumed, *assumed))
    verdict = verdict_of(finding, certain=not reasons, unread=bool(unread))
    return step_of(entry, verdict, finding.reason or finding.note, finding, reasons, claim)


def or_assumed(entry: ReadRelation, step: Step) -> Step:
    """A step of a sentence that may only say what a name is, or what it assumes: it counts as a claim if it holds."""
    if {DEFINED_ANEW, CASES_JOINED} & entry.rests_on and not step.verdict.holds:
        return replace(step, verdict=VERDICTS["definition"], reason="")
    if MAYBE not in entry.rests_on or step.verdict.holds:
        return step
    return replace(step, verdict=VERDICTS["hypothesis"], reason="The formula does not follow for all values")


def step_of(
    entry: ReadRelation,
    verdict: Verdict,
    reason: str,
    finding: Finding | None = None,
    doubts: tuple[str, ...] = (),
    claim: Relation | None = None,
) -> Step:
    """The step of a relation with a verdict."""
    statement = entry.statement
    start, end = statement.place
    line, column = statement.piece.place_of(start)
    (begin, _), (_, last) = sorted((statement.left.place, statement.right.place))  # a name may stand behind its value
    text = " ".join(statement.piece.text[begin:last].split()) or statement.piece.text[start:end]
    return Step(line, column, statement.piece.cell, text, statement.relation, verdict, reason, finding, doubts, claim)


# What follows is private.


def _is_assumption(reading: str) -> bool:
    """Whether a proof that rests on a reading is `proved if` this is meant."""
    return (
        reading == BRACKET
        or reading.endswith((SAME_EXAMPLE, SAME_SIZE, OF_LAST_LAYER, NO_OPERATOR))
        or (reading.endswith(AT_ITS_ARGUMENT) and reading.startswith("the "))
    )


def _approximated(finding: Finding, meant: str) -> Finding:
    """The finding for an approximation: it may be meant in another way than as a statement about a limit."""
    if finding.status in ("proved", "verified"):
        return replace(finding, status=f"{finding.status} if", assumed=(*finding.assumed, meant))
    if finding.status in ("proved if", "verified if"):
        return replace(finding, assumed=(*finding.assumed, meant))
    return replace(finding, status="undecided", reason=NOT_EQUAL, assumed=(), counterexample=None)
