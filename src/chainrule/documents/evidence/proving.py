"""Claims of a derivation decided in exact numbers: proved for all values at small sizes, or refuted by a point.

Defined names are free at first, and common terms of both sides are names of their own. What differs is looked at again
under assumptions that the text does not state.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from types import MappingProxyType

from chainrule.algebra import Undecided
from chainrule.documents.evidence.assumptions import candidates, is_telling, means
from chainrule.documents.evidence.clocks import Clock, OutOfTime
from chainrule.documents.evidence.common_terms import in_full, with_common_terms
from chainrule.documents.evidence.findings import HOLDS, Finding
from chainrule.documents.evidence.float_readings import BY_ROUNDING, FloatReading
from chainrule.documents.evidence.questions import Question, cut_names
from chainrule.documents.evidence.search import POINTS, Search
from chainrule.documents.language import terms
from chainrule.documents.language.derivation import (
    Declaration,
    Definition,
    Derivation,
    FunctionKind,
    Relation,
    ValueKind,
)
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.printing import text_of
from chainrule.documents.language.resolving import function_kind
from chainrule.documents.language.shapes import Shapes

MOST_ASSUMED = 16
"""Most assumptions that are tried."""

SMOOTH = frozenset({"+", "-", "*", "/", "negative", "exp", "log", "tanh", "sin", "cos"})
"""Operators of functions that have all derivatives where they are defined."""

NOT_COMPUTED = "a part of it cannot be computed as it was read"


@dataclass(frozen=True, eq=False)
class Prover:
    """Decides the claims of one derivation.

    Parameters
    ----------
    derivation : Derivation
    shapes : Shapes
    seconds : float
        Processor time for one claim; what is known then is the finding.
    floats : FloatReading
        How floats in code are read.
    """

    derivation: Derivation
    shapes: Shapes
    seconds: float = math.inf
    floats: FloatReading = field(default_factory=FloatReading)
    names: Names = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", Names.of(self.derivation))

    def finding(self, claim: Relation) -> Finding:
        """The evidence for a claim.

        Floats in code are what they are at first. A claim that does not hold for them may hold for the simple numbers
        that they stand for, and it differs only if it does so whatever was rounded.
        """
        exactly, simply, roughly = FloatReading(), FloatReading(ideal=True), FloatReading(rounded=True)
        found = self._finding_with(exactly, claim)
        if found.status in HOLDS or not exactly.floats:
            return found
        again = self._finding_with(simply, claim)
        if again.status in HOLDS:
            return replace(again, constants=simply.texts)
        if found.status != "differs":
            return found
        surely = self._finding_with(roughly, claim)
        return surely if surely.status == "differs" else Finding("undecided", reason=BY_ROUNDING)

    def finding_with_free_names(self, claim: Relation) -> Finding:
        """The evidence for a claim, with its floats in one reading.

        Defined names are free at first, as far as they can be: a claim that is proved for all their values holds, if
        both sides are defined and equal at points where they have their own values. A claim that is too large with the
        functions of the document may be proved for any smooth functions.
        """
        found = self.finding_within(claim, Clock(self.seconds))
        if found.status not in ("undecided", "verified", "held") or (general := self._for_any_functions(claim)) is None:
            return found
        again = general.finding_within(claim, Clock(self.seconds / 2))
        return again if again.status == "proved" else found

    def finding_within(self, claim: Relation, clock: Clock) -> Finding:
        """The evidence for a claim that is found until a clock ends."""
        try:
            return self._found(claim, clock)
        except (Undecided, OutOfTime) as error:
            return Finding("undecided", reason=str(error) or NOT_COMPUTED)
        except (ArithmeticError, LookupError, TypeError, ValueError, RuntimeError):  # shapes that no message is for
            return Finding("undecided", reason=NOT_COMPUTED)

    # What follows is private.

    def _finding_with(self, floats: FloatReading, claim: Relation) -> Finding:
        return replace(self, floats=floats).finding_with_free_names(claim)

    def _for_any_functions(self, claim: Relation) -> Prover | None:
        """The prover for which the smooth functions in a claim are unknown; None if there are none."""
        used = self.names.used_in(claim)
        smooth = {each.name: each for each in self.derivation.definitions if each.name in used and _is_smooth(each)}
        if not smooth:
            return None
        unknown = (Declaration(name, FunctionKind(((),) * len(each.parameters), ())) for name, each in smooth.items())
        derivation = replace(
            self.derivation,
            declarations=(*self.derivation.declarations, *unknown),
            definitions=tuple(each for each in self.derivation.definitions if each.name not in smooth),
        )
        return replace(self, derivation=derivation)

    def _found(self, claim: Relation, clock: Clock) -> Finding:
        if (found := self._with_common_terms(claim, clock.part())) is not None:
            return found
        cut = cut_names(self.names, claim)
        looping = sorted((self.names.circular - self.names.steps.keys()) & self.names.used_in(claim))
        if not cut.issuperset(looping):
            return Finding("undecided", reason=f"the definition of {looping[0]} leads to itself")
        said = terms.free_names(claim.left) | terms.free_names(claim.right)
        lowest = {name for name in cut if not any(other != name for other in self.names.uses(name) & said & cut)}
        equation = claim.relation == "="
        for chosen in dict.fromkeys((cut, frozenset(lowest).union(looping), frozenset(looping))):
            search = Search(self._question(claim, chosen), clock)
            if not chosen:
                whole = search.finding()
                return self._assumed(claim, search, whole) if whole.status == "differs" and equation else whole
            found = search.by_cells()
            if found is None and search.is_enough():
                found = search.finding()
            is_proved = found is not None and found.status == "proved"
            if found and is_proved and (looping or Search(self._question(claim), clock).holds_at_points()):
                return replace(found, free=chosen)
        return Finding("undecided", reason=f"the definition of {looping[0]} leads to itself")

    def _with_common_terms(self, claim: Relation, clock: Clock) -> Finding | None:
        """The proof for all values of costly terms that stand on both sides; None if there is none."""
        other = with_common_terms(self.derivation, claim)
        if other is None:
            return None
        [named], names, shapes = other.claims, Names.of(other), Shapes(other)
        new = names.definitions.keys() - self.names.definitions.keys()
        cut = cut_names(names, named)
        if not new <= cut or any(term is named.left for term, _ in shapes.faults):
            return None
        with suppress(ArithmeticError, LookupError, TypeError, ValueError, RuntimeError, Undecided, OutOfTime):
            found = Search(Question.of(other, shapes, names, named, cut=cut, floats=self.floats), clock).by_cells()
            if found and found.status == "proved" and Search(self._question(claim), clock).holds_at_points(POINTS):
                exceptions = tuple(in_full(each, other) for each in found.exceptions)
                return replace(found, free=cut - new, exceptions=exceptions, note=in_full(found.note, other))
        return None

    def _assumed(self, claim: Relation, search: Search, differs: Finding) -> Finding:
        """The finding for a claim that differs: it may hold under an assumption that the text does not state."""
        for words, found in self._under_assumptions(claim, search):
            if found.status in ("proved", "verified"):
                return replace(
                    found, status=f"{found.status} if", assumed=(words,), counterexample=differs.counterexample
                )
        return differs

    def _under_assumptions(self, claim: Relation, search: Search) -> Iterator[tuple[str, Finding]]:
        """The findings under one assumption after another: what a loss or a function is, then facts about names."""
        match claim.left, claim.right:
            case terms.Slope(body=terms.Name(text=name)) as left, terms.Slope(body=body) as right if (
                replace(left, body=body) == right
                and self._is_unknown(name, search.question)
                and name not in self.names.used_by(body)
            ):  # dL/dw = d/dw (y - w x)^2, where nothing says what L is
                yield f"{name} = {text_of(body)}", Finding("proved", supposed=name)
        for words, definition in self.derivation.supposed.items():
            is_used = definition.is_unknown_loss and definition.name in self.names.used_by(claim.left, claim.right)
            if is_used or definition.name in search.question.functions:
                yield words, self._supposing(definition).finding_within(claim, search.clock.part())
        made, words = means(search.question)
        if made:
            yield words, self._supposing(*made).finding_within(claim, search.clock.part())
        for facts, words in islice(candidates(search.question), MOST_ASSUMED):
            question = self._question(claim, assumed=facts)
            with suppress(ArithmeticError, LookupError, TypeError, ValueError, RuntimeError, Undecided, OutOfTime):
                one = Search(question, search.clock.part())
                found = one.finding()
                if is_telling(question, facts, found) and not (found.status == "verified" and one.is_cut):
                    yield words, found

    def _supposing(self, definition: Definition, *others: Definition) -> Prover:
        """The prover for the derivation in which a function, an unknown loss or values are what a supposition says."""
        gone, declared = {each.name for each in (definition, *others)}, list[Declaration]()
        if definition.is_unknown_loss and isinstance(definition.body, terms.Call):
            arguments = [terms.base_of(each) for each in definition.body.arguments]
            result = self.shapes.names[definition.name].known if definition.name in self.shapes.names else ()
            gone.add(definition.body.function)
            if (kind := function_kind(arguments, result, self.shapes)) is not None:
                declared.append(Declaration(definition.body.function, kind))
        declarations = (*(each for each in self.derivation.declarations if each.name not in gone), *declared)
        definitions = (*(each for each in self.derivation.definitions if each.name not in gone), definition, *others)
        supposing = replace(self.derivation, declarations=declarations, definitions=definitions, supposed={})
        return replace(self, derivation=supposing)

    def _is_unknown(self, name: str, question: Question) -> bool:
        """Whether nothing says what a name is, or only what it depends on."""
        definition = self.names.definitions.get(name)
        if definition is None:
            return name in question.free
        return definition.is_unknown_loss

    def _question(
        self,
        claim: Relation,
        cut: frozenset[str] = frozenset(),
        assumed: Mapping[str, frozenset[str]] = MappingProxyType({}),
    ) -> Question:
        return Question.of(
            self.derivation, self.shapes, self.names, claim, cut=cut, assumed=assumed, floats=self.floats
        )


def _is_smooth(definition: Definition) -> bool:
    """Whether it is that of a function of numbers that has all derivatives where it is defined."""
    of_numbers = all(isinstance(kind, ValueKind) and not kind.shape for _, kind in definition.parameters)
    inner = {name for name, _ in definition.parameters}
    closed = of_numbers and terms.free_names(definition.body) <= inner
    return bool(inner) and closed and all(map(_is_smooth_part, terms.every(definition.body)))


def _is_smooth_part(term: terms.Term) -> bool:
    match term:
        case terms.Number() | terms.Name():
            return True
        case terms.Apply("^", (_, terms.Number(value=power))):
            return power == int(power)
        case terms.Apply(operator=operator):
            return operator in SMOOTH
    return False
