"""A document checked: every relation in its order, with its verdict."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain

from chainrule.documents.evidence import judging
from chainrule.documents.evidence.findings import Finding
from chainrule.documents.language.derivation import Derivation, Relation
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.reader.exercises import in_order, readings
from chainrule.documents.reader.interpretation.counting import COUNTED
from chainrule.documents.reader.interpretation.readings import Reading, ReadRelation
from chainrule.documents.reader.letters.suffixed_names import letter_of, lost_name
from chainrule.documents.reader.syntax.known_words import (
    ANOTHER_VALUE,
    IN_A_SENTENCE,
    MAYBE,
    OVER_ALL_ENTRIES,
    REACHES,
)
from chainrule.documents.reader.uncertainty.doubts import Doubts
from chainrule.documents.sources.pieces import Pieces
from chainrule.documents.verdicts.claimed_steps import claimed_step, or_assumed, step_of
from chainrule.documents.verdicts.dropped_numbers import with_numbers
from chainrule.documents.verdicts.equivalences import with_equivalences
from chainrule.documents.verdicts.first_entries import with_first_entries
from chainrule.documents.verdicts.first_factors import of_first_factors
from chainrule.documents.verdicts.later_members import later_members
from chainrule.documents.verdicts.nearby_conditions import other_meanings
from chainrule.documents.verdicts.past_steps import Past
from chainrule.documents.verdicts.second_definitions import MEANING, LastDefinitions, with_second_definitions
from chainrule.documents.verdicts.solved_equations import with_solved_equations
from chainrule.documents.verdicts.stacked_members import with_stacked_members
from chainrule.documents.verdicts.step import Step
from chainrule.documents.verdicts.verdict import VERDICTS, verdict_of

SECONDS_OTHERWISE = 2.0
"""Time for a claim in another reading, where only one doubt is left about it."""

NEAR = (6, 2)
"""Formulas: the text around one begins with at least so many before it, and ends with at most so many behind it."""

HOLDS_OTHERWISE = "it does not equal the step before, which holds in another reading"

PROVED = ("proved", "verified", "proved if")

ALONE = "it was read with only the formulas around it"


@dataclass(frozen=True, eq=False)
class Steps:
    """The steps of a document."""

    name: str
    steps: tuple[Step, ...]
    notes: tuple[tuple[int, str], ...] = ()


def steps_of(pieces: Pieces, *, seconds: float = judging.SECONDS) -> Steps:
    """All relations of a document, checked.

    Parameters
    ----------
    pieces : Pieces
    seconds : float
        Processor time for one claim.

    Examples
    --------
    >>> from chainrule.documents.sources.opening import pieces_of
    >>> found = steps_of(pieces_of("$$(x + 1)^2 = x^2 + 2x + 1$$", "a.md"))
    >>> [(step.line, step.verdict.name) for step in found.steps]
    [(1, 'proved')]
    """
    known = judging.Known()
    every = (zip(each.judged, steps_in(each, seconds=seconds, known=known), strict=True) for each in readings(pieces))
    return Steps(pieces.name, tuple(in_order(pieces, chain.from_iterable(every))), pieces.notes)


def steps_in(
    reading: Reading,
    *,
    seconds: float = judging.SECONDS,
    total: float = math.inf,
    known: judging.Known | None = None,
) -> Iterator[Step]:
    """The steps that a reading judges, one after another, within a total of seconds.

    A claim that is undecided there is tried with the formulas of its part alone, then with those of its display, then
    with the last definitions before it. `known` has the findings so far, also those of other readings.
    """
    anew = _Anew(reading, Past(), {} if known is None else known)
    holding = partial(anew.holding, seconds=seconds, end=time.monotonic() + total)
    pairs = _judged(reading, seconds, total, anew)
    judged = with_solved_equations(with_equivalences(pairs, reading.derivation.claims, holding))
    yield from (step for _, step in judged)


def _judged(reading: Reading, seconds: float, total: float, anew: _Anew) -> Iterator[tuple[ReadRelation, Step]]:
    """The relations that a reading judges, with their steps, before signs of equivalence have a verdict."""
    end, others = time.monotonic() + total, dict[tuple[Set[int], bool], dict[int, Step]]()
    past, known = anew.past, anew.known
    every = zip(reading.entries, _steps_in(reading, seconds, total, past, known), strict=True)
    for position, (entry, step) in enumerate(every):
        if not reading.judges(entry):
            continue
        for pieces in _apart(reading, entry) if not step.verdict.decided else ():
            if pieces not in others and (left := end - time.monotonic()) > 0:
                others[pieces] = _proved_alone(reading, *pieces, seconds / 2, left, past.norms, known)
            if found := others.get(pieces, {}).get(id(entry.statement)):
                step = replace(found, doubts=(*found.doubts, ALONE))
                break
        if not step.verdict.decided and time.monotonic() < end:
            step = anew.proved(position, seconds, end) or step
        if _rests_on_a_fault(reading, entry, step, anew.held):
            step = replace(step, verdict=VERDICTS["undecided"], reason=HOLDS_OTHERWISE)
        if entry.claim is not None and step.verdict.holds:
            anew.held.add(entry.claim)
            anew.sure |= {entry.claim} if step.verdict.name != "proved if" else set()
        yield entry, step


def _rests_on_a_fault(reading: Reading, entry: ReadRelation, step: Step, held: Set[int]) -> bool:
    """Whether a step follows from the beginning of its chain but not from the step before, which holds all the same."""
    before = None if entry.claim is None else reading.derivation.claims[entry.claim].follows
    return before in held and step.verdict.holds and step.finding is not None and step.finding.of_chain


@dataclass(eq=False)
class _Anew:
    """Claims under the last definitions before them, of names that a document defines more than once, under later
    members of the chains that define names, and with the numbers of examples that sums have lost."""

    reading: Reading
    past: Past
    known: judging.Known
    doubts: Doubts = field(init=False)
    last: LastDefinitions = field(init=False)
    without: dict[Set[int], Doubts] = field(default_factory=dict)
    held: set[int] = field(default_factory=set)
    sure: set[int] = field(default_factory=set)
    """The claims that hold without further assumptions."""

    def __post_init__(self) -> None:
        self.doubts, self.last = Doubts(self.reading), LastDefinitions(self.reading)

    def proved(self, position: int, seconds: float, end: float) -> Step | None:
        """The step at a position, if it is proved so, until `end`."""
        entry, reading = self.reading.entries[position], self.reading
        if entry.kind != "claim" or entry.claim is None or entry.claim in reading.bars:
            return None
        for doubts, words, numbered in self._ways(position, reading.derivation.claims[entry.claim]):
            if (left := min(seconds, end - time.monotonic())) <= 0:
                break
            step = _single_step(doubts, entry, left, self.known, numbered=numbered)
            if step is not None and step.finding is not None and step.verdict.name in PROVED:
                finding = replace(step.finding, status="proved if", assumed=(*words, *step.finding.assumed))
                return replace(step, verdict=VERDICTS["proved if"], finding=finding)
        return None

    def holding(self, entries: Sequence[ReadRelation], claim: Relation, *, seconds: float, end: float) -> list[Step]:
        """The steps of a claim that is made of some relations, as a step of each of them; none if it does not hold."""
        asked, left = replace(self.reading.derivation, claims=(claim,)), min(seconds, end - time.monotonic())
        if left <= 0 or (shapes := Shapes(asked)).faults:
            return []
        [finding] = judging.findings(asked, shapes, seconds=left, known=self.known)
        if finding.note:  # one side may be undefined where the other is defined
            return []
        steps = [claimed_step(entry, claim, finding, self.doubts, self.past) for entry in entries]
        return steps if all(step.verdict.name in PROVED for step in steps) else []

    def _ways(self, position: int, claim: Relation) -> Iterator[tuple[Doubts, list[str], bool]]:
        """The readings with what they assume, and whether numbers of examples are put in."""
        again = {lost: name for name in self.reading.again for lost in (name, lost_name(name))}
        used = list(dict.fromkeys(again[name] for name in self.doubts.uses(claim, again.keys())))
        dropped, told = self.last.before(position, used) if used else (frozenset[int](), dict[str, int]())
        barred = not told or self.reading.without is None or self.past.bar(claim, self.doubts, told)
        words = [MEANING.format(name=letter_of(name), line=line) for name, line in told.items()]
        if not barred:
            yield self._without(dropped), words, False
        if with_numbers(claim, self.reading) is not None:
            yield self.doubts, [], True
            if not barred:
                yield self._without(dropped), words, True
        yield from later_members(self.doubts, self.past, claim, self.held)
        yield from other_meanings(self.doubts, self.past, self.reading.entries[position], self.held, self.sure)
        yield from with_stacked_members(self.doubts, claim)
        yield from with_first_entries(self.doubts, claim)

    def _without(self, dropped: Set[int]) -> Doubts:
        assert self.reading.without is not None
        if dropped not in self.without:
            self.without[dropped] = Doubts(self.reading.without(dropped))
        return self.without[dropped]


def _single_step(
    doubts: Doubts, wanted: ReadRelation, seconds: float, known: judging.Known, *, numbered: bool
) -> Step | None:
    """The step of one relation in the reading that is doubted, if it is a claim there: as it is, or with the numbers
    of examples that its sums have lost."""
    reading = doubts.reading
    entry = next((each for each in reading.entries if each.statement is wanted.statement), None)
    if entry is None or entry.kind != "claim" or entry.claim is None:
        return None
    claims = reading.derivation.claims
    read = {each.claim for each in reading.entries if each.kind == "claim" and each.claim is not None}
    claim, head = claims[entry.claim], _from_head(claims, entry.claim, read)
    if numbered:
        if (completed := with_numbers(claim, reading)) is None:
            return None
        claim, words = completed
        entry, head = replace(entry, rests_on=entry.rests_on | {words}), None
    asked = replace(reading.derivation, claims=(claim,))
    heads = {0: head} if head else {}
    [finding] = judging.findings(asked, reading.shapes, seconds=seconds, from_heads=heads, known=known)
    return claimed_step(entry, claim, finding, doubts, Past())


def _apart(reading: Reading, entry: ReadRelation) -> Iterator[tuple[frozenset[int], bool]]:
    """Pieces with which a claim is read again: its part, its display, and the text of its part and around its display.

    True where they are read afresh, so that nothing counts that is said elsewhere.
    """
    changed = reading.bars.get(-1 if entry.claim is None else entry.claim, "").endswith(ANOTHER_VALUE)
    if reading.alone is not None and entry.kind in ("claim", "does not fit") and not changed:
        display, place = id(entry.statement.piece), reading.places.get(id(entry.statement.piece))
        own = list(dict.fromkeys(id(each.statement.piece) for each in reading.entries))
        part = [piece for piece in own if reading.places.get(piece) == place]
        at = {near: max(part.index(display) // near - 1, 0) * near for near in NEAR}
        around = [(part[begin : begin + 2 * near], True) for near, begin in at.items()]
        every = [(part, False), ([display], False), (part, True), *around]
        sets = dict.fromkeys((frozenset(pieces), afresh) for pieces, afresh in every)
        yield from (each for each in sets if each[0] != {*own} and each != (frozenset({display}), True))


def _proved_alone(
    reading: Reading,
    pieces: frozenset[int],
    afresh: bool,
    seconds: float,
    total: float,
    norms: str,
    known: judging.Known,
) -> dict[int, Step]:
    """The steps among some pieces that are proved without the other ones, by the identity of their statements.

    `norms` are words about what the text before them says of norms.
    """
    read = reading.afresh if afresh else reading.alone
    assert read is not None
    alone = read(pieces)
    whole, within, found = Doubts(reading), Doubts(alone), dict[int, Step]()
    every = {each.statement.key: each for each in reading.entries}
    for entry, step in zip(alone.entries, _steps_in(alone, seconds, total, Past(norms=norms), known), strict=True):
        part = reading.places.get(id(entry.statement.piece), 0)
        claim = step.claim if step.verdict.name in ("proved", "proved if") else None
        other = every.get(entry.statement.key)
        if claim is None or other is None or (afresh and entry.claim in alone.stationary):
            continue  # elsewhere the text may say what solves an equation
        here = claim if other.claim is None else reading.derivation.claims[other.claim]
        if step.finding is not None and _is_defined(step.finding.supposed, whole, here):
            continue
        if COUNTED not in entry.rests_on - other.rests_on and whole.leaves(claim, within, part, here):
            found[id(other.statement)] = step
    return found


def _is_defined(name: str, doubts: Doubts, claim: Relation) -> bool:
    """Whether the document defines a name of a claim, so that it is nothing that a proof supposes."""
    used = doubts.names.used_by(claim.left, claim.right) & doubts.names.definitions.keys()
    known = (each for each in used if not doubts.names.definitions[each].is_unknown_loss)
    return bool(name) and letter_of(name) in map(letter_of, known)


def _steps_in(reading: Reading, seconds: float, total: float, past: Past, known: judging.Known) -> Iterator[Step]:
    doubts = Doubts(reading)
    wanted = [entry.claim for entry in reading.entries if entry.kind == "claim" and entry.claim is not None]
    claims = reading.derivation.claims
    asked = replace(reading.derivation, claims=tuple(claims[number] for number in wanted))
    heads = {at: head for at, number in enumerate(wanted) if (head := _from_head(claims, number, set(wanted)))}
    anew = with_second_definitions(reading, wanted, doubts)
    under = {at: reading.stationary[number] for at, number in enumerate(wanted) if number in reading.stationary}
    found = judging.findings(
        asked, reading.shapes, seconds=seconds, total=total, from_heads=heads, renewed=anew, under=under, known=known
    )
    for entry in reading.entries:
        if entry.kind == "claim" and entry.claim is not None:
            claim, finding = claims[entry.claim], next(found)
            step = claimed_step(entry, claim, finding, doubts, past)
            if finding.status == "differs" and _differs_otherwise(asked, reading, claim, step.doubts):
                step = replace(step, verdict=verdict_of(finding, certain=True), doubts=())
            yield or_assumed(entry, step)
            inline = IN_A_SENTENCE in entry.rests_on and MAYBE not in entry.rests_on
            past.learn(step, claim, finding, doubts, inline=inline)
        elif entry.kind == "does not fit" and entry.claim is not None:
            reasons = doubts.of(claims[entry.claim], entry)
            verdict = verdict_of(Finding("does not fit"), certain=not reasons)
            yield or_assumed(entry, step_of(entry, verdict, entry.reason, doubts=reasons))
        else:
            past.renewed |= entry.renewed
            yield step_of(entry, VERDICTS[entry.kind], entry.reason or doubts.misfits.get(entry.defines, ""))


def _differs_otherwise(asked: Derivation, reading: Reading, claim: Relation, doubts: Sequence[str]) -> bool:
    """Whether the sides of a claim also differ in the only other way to read it.

    Each derivative may be that of its first factor alone, and a sum without a range may be over the examples.
    """
    match doubts:
        case (only,) if only == REACHES:
            otherwise = replace(claim, left=of_first_factors(claim.left), right=of_first_factors(claim.right))
        case (only,) if only == OVER_ALL_ENTRIES and (completed := with_numbers(claim, reading)) is not None:
            otherwise = completed[0]
        case _:
            return False
    alone = replace(asked, claims=(otherwise,))
    if Shapes(alone).faults:
        return False
    [finding] = judging.findings(alone, reading.shapes, seconds=SECONDS_OTHERWISE)
    return finding.status == "differs"


def _from_head(claims: Sequence[Relation], number: int, read: Set[int]) -> Relation | None:
    """The claim that the right side of a claim equals the beginning of its chain of equations."""
    head = last = claims[number]
    while head.follows is not None:
        if head.follows not in read or head.relation != "=" or claims[head.follows].relation != "=":
            return None
        head = claims[head.follows]
    if head is last:
        return None
    over = tuple(dict.fromkeys((*head.over, *last.over)))
    if len({name for name, _ in over}) < len(over):
        return None
    return replace(
        last, left=head.left, over=over, conditions=tuple(dict.fromkeys((*head.conditions, *last.conditions)))
    )
