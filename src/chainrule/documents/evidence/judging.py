"""The findings for all claims of a derivation, each within limits of time and memory."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import chain
from typing import TypeAlias

from chainrule.algebra.limits import Exceeded, limited_each
from chainrule.documents.defects import in_words
from chainrule.documents.evidence.assumptions import BEYOND, MEAN, MEANS, PADDED, with_zeros_beyond
from chainrule.documents.evidence.clocks import TOO_LONG
from chainrule.documents.evidence.findings import HOLDS, NEARLY, Finding, Setting
from chainrule.documents.evidence.proving import Prover
from chainrule.documents.evidence.roundings import FAR, tolerances
from chainrule.documents.evidence.same_questions import key_of
from chainrule.documents.language.derivation import Derivation, Relation
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.language.terms import Apply, Comparison, Name, Number, every, free_names, is_printed

SECONDS = 10.0
"""Processor time for one claim."""

SHARE = 0.7
"""The part of this after which a claim is decided by what is known."""

ROUNDED = "it holds to the digits that are printed"

RATIONAL = frozenset({"+", "-", "*", "/", "^", "negative"})
"""Operators that make rational numbers of such, as powers in texts mostly do."""

TOO_LARGE = "it needs more memory than one step may have; smaller steps, or smaller numbers in sums, need less"

NO_TIME_LEFT = "the time for the whole document was over"

MEGABYTES = 1500

Known: TypeAlias = dict[Hashable, tuple[float, Finding]]
"""Findings by the keys of claims, with the seconds that they were given."""


def findings(
    derivation: Derivation,
    shapes: Shapes,
    *,
    seconds: float = SECONDS,
    total: float = math.inf,
    megabytes: int = MEGABYTES,
    from_heads: Mapping[int, Relation] | None = None,
    renewed: Mapping[int, Derivation] | None = None,
    under: Mapping[int, Sequence[Setting]] | None = None,
    known: Known | None = None,
) -> Iterator[Finding]:
    """The findings for all claims, in order; all are decided in one child process.

    A claim that takes too long is undecided, and the next ones are decided by another process. So is one on which the
    prover fails, and what is left after `total` seconds. `from_heads` has, by the number of a claim in a chain, the
    claim that its right side equals the beginning of the chain. If that holds and the claim does not, then a step
    before it is wrong, and this one right. `renewed` has, by the number of a claim, the derivation with the second
    definitions of its names; a claim that holds is tried with these, too. `under` has, by the number of a claim, the
    claim under equations that the document assumes; these are tried where it does not hold without them. `known` has
    findings by the keys of claims, with the seconds that they were given: those are not judged again, but for undecided
    ones with less time, and the others are added.

    Examples
    --------
    >>> from chainrule.documents.language.parsing import derivation_of
    >>> found = derivation_of("x : number; claim: (x + 1)^2 = x^2 + 2 * x + 1; claim: (x + 1)^2 = x^2 + 1")
    >>> [each.status for each in findings(found, Shapes(found))]
    ['proved', 'differs']
    """
    prover = Prover(derivation, shapes, SHARE * seconds)
    from_heads, renewed, under = from_heads or {}, renewed or {}, under or {}
    others = {n: Prover(other, shapes, SHARE * seconds) for n, other in renewed.items()}
    known, end = {} if known is None else known, time.monotonic() + total
    keys, work = list[Hashable](), dict[Hashable, Callable[[], Finding]]()
    for n, claim in enumerate(derivation.claims):
        asked = prover, claim, from_heads.get(n), others.get(n), under.get(n, ())
        keys.append(key := _key(*asked))
        if not _is_known(known, key, seconds):
            work[key] = partial(_finding, *asked)
    judged = zip(work, limited_each(list(work.values()), seconds=seconds, megabytes=megabytes), strict=True)
    for n, key in enumerate(keys):
        if n and not _is_known(known, key, seconds) and time.monotonic() > end:
            yield from [Finding("undecided", reason=NO_TIME_LEFT)] * (len(keys) - n)
            break
        while not _is_known(known, key, seconds):
            new, found = next(judged)
            if isinstance(found, Exceeded):
                found = Finding("undecided", reason=f"{TOO_LONG}: {found}")
            known[new] = seconds, found
        yield known[key][1]


# What follows is private.


def _is_known(known: Known, key: Hashable, seconds: float) -> bool:
    given, found = known.get(key, (0.0, None))
    return found is not None and (found.status != "undecided" or given >= seconds)


def _key(
    prover: Prover, claim: Relation, from_head: Relation | None, other: Prover | None, under: Sequence[Setting]
) -> Hashable:
    return (
        key_of(prover, claim),
        from_head and key_of(prover, from_head),
        other and key_of(other, claim),
        tuple((key_of(prover, each.claim), each.where, each.assumed, each.both, each.settles) for each in under),
    )


def _finding(
    prover: Prover, claim: Relation, from_head: Relation | None, other: Prover | None, under: Sequence[Setting]
) -> Finding:
    try:
        found = _with_zeros_beyond(prover, claim, prover.finding(claim))
        if found.status in HOLDS:
            return found if other is None else replace(found, with_both=other.finding(claim).status in HOLDS)
        found = _under(prover, claim, found, under)
        if found.status != "differs":
            return found
        if reason := _rounding(prover, claim, found):
            return Finding("undecided", reason=reason)
        again = found if from_head is None else prover.finding(from_head)
        return replace(again, of_chain=True) if again.status in HOLDS else found
    except MemoryError:
        return Finding("undecided", reason=TOO_LARGE)
    except Exception as error:  # a defect of the prover costs this claim, not the document
        return Finding("undecided", reason=f"the prover failed ({in_words(error)}); please report it with the text")


def _with_zeros_beyond(prover: Prover, claim: Relation, found: Finding) -> Finding:
    """The finding for a claim whose sums choose entries beyond the ends of arrays: these may be 0."""
    if BEYOND not in found.note + found.reason or (padded := with_zeros_beyond(claim, prover.shapes)) == claim:
        return found
    again = prover.finding(padded)
    if again.status in HOLDS and BEYOND not in again.note:
        return replace(again, status=f"{again.status} if", assumed=(PADDED,))
    return Finding("undecided", reason=BEYOND) if found.status in HOLDS else found


def _under(prover: Prover, claim: Relation, found: Finding, under: Sequence[Setting]) -> Finding:
    """The finding for a claim that does not hold everywhere: it may hold, or surely differ, under equations."""
    for each in under:
        again = prover.finding(each.claim)
        if again.status.removesuffix(" if") in HOLDS and all(
            MEAN in words or MEANS in words for words in again.assumed
        ):
            ways = chain((again,), _backwards(prover, each)) if each.both else ()
            if not all(way.status in HOLDS and not way.note for way in ways):  # a note says what is undefined
                continue
            assumed = (*again.assumed, *filter(None, [each.assumed]))
            status = again.status.removesuffix(" if") + (" if" if assumed else "")
            return replace(again, status=status, assumed=assumed, where=each.where, both=each.both)
        if again.status == found.status == "differs" and not (each.assumed or _may_be_a_case(prover, claim, each)):
            found = replace(again, where=each.where, settled=each.settles)
    return found


def _may_be_a_case(prover: Prover, claim: Relation, under: Setting) -> bool:
    """Whether a claim that does not follow from equations may be one of the cases that they leave.

    x = 2 is one of x^2 = 4. It is none if an equation fails where the claim and the other equations hold. But where
    letters are left, a text may choose their values: x = 1 after x + y = 1.
    """
    rounded = tolerances(claim)
    if claim.relation != "=" or claim.over or (rounded is not None and rounded[1] is not None):
        return True
    letters = frozenset[str]().union(*map(free_names, under.equations))
    if isinstance(claim.left, Name) and isinstance(claim.right, Number) and letters != {claim.left.text}:
        return True
    return all(each.status != "differs" for each in _backwards(prover, under))


def _backwards(prover: Prover, under: Setting) -> Iterator[Finding]:
    """For each equation, the finding for the claim that it holds where the claim and the other equations do."""
    claim = under.claim
    itself = Comparison("=", claim.left, claim.right)
    for each in under.equations:
        others = (*(other for other in claim.conditions if other is not each), itself)
        yield prover.finding(replace(claim, left=each.left, right=each.right, conditions=others, follows=None))


def _rounding(prover: Prover, claim: Relation, differs: Finding) -> str:
    """Why the sides of an equation may differ by rounding alone; nothing if they differ by more.

    They agree to the decimals that are printed, or nearly so for a function of other decimals, which may be rounded.
    Decimals that are left out, as in 2/3 = 0.66, are no fault either.
    """
    if claim.relation != "=" or (wanted := tolerances(claim)) is None or wanted[1] is None:
        return ""
    again = prover.finding(replace(claim, relation="~"))
    if again.status in HOLDS:
        return ROUNDED
    is_near = again.reason == NEARLY and (_is_of_decimals(claim) or _is_cut(differs, wanted[1] / FAR))
    return NEARLY if is_near else ""


def _is_of_decimals(claim: Relation) -> bool:
    """Whether the side that is not printed has a function, and decimals in it."""
    inside = [*every(claim.right if is_printed(claim.left) else claim.left)]
    has_function = any(isinstance(part, Apply) and part.operator not in RATIONAL for part in inside)
    return has_function and any(isinstance(part, Number) and part.decimals for part in inside)


def _is_cut(differs: Finding, unit: Fraction) -> bool:
    """Whether the right side is the left one without its further decimals."""
    point = differs.counterexample
    with suppress(ValueError):
        if point is not None:
            value, cut = Fraction(point.left), Fraction(point.right)
            return value * cut >= 0 and 0 <= abs(value) - abs(cut) < unit
    return False
