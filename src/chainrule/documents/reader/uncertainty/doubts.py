"""Why a document might mean something else by a claim than its reading says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field, replace
from functools import cached_property

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import FunctionKind, Relation, SizeKind, ValueKind, first_of_chain
from chainrule.documents.language.dimensions import Shape, vector_axis
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.reader.interpretation.readings import Reading, ReadRelation
from chainrule.documents.reader.interpretation.supposed_equations import VALUES
from chainrule.documents.reader.interpretation.unknown_losses import has_ways_around
from chainrule.documents.reader.letters.suffixed_names import layer_of, letter_of
from chainrule.documents.reader.letters.usual_functions import TEMPLATES
from chainrule.documents.reader.prose.conditions_stated import given_by
from chainrule.documents.reader.syntax.known_words import (
    CASES_JOINED,
    IS_OF_THESE,
    LAYOUT_GUESSED,
    LOGARITHMS_ARE_NATURAL,
    STACKS_COLUMNS,
)
from chainrule.documents.reader.translation.index_ranges import NUMBERED, is_of_set
from chainrule.documents.reader.uncertainty.dependences import (
    ELSEWHERE,
    HIDDEN,
    Dependences,
    is_entrywise,
    nothing_shows,
)
from chainrule.documents.reader.uncertainty.tacit_assumptions import TacitAssumptions

_ANY = Shape()


@dataclass(eq=False)
class Doubts:
    """The doubts about the claims of a document. A claim without one is certain: it can be wrong."""

    reading: Reading
    names: Names = field(init=False)
    dependences: Dependences = field(init=False)
    tacit: TacitAssumptions = field(init=False)

    def __post_init__(self) -> None:
        self.names = Names.of(self.reading.derivation)
        self.dependences = Dependences(self.reading, self.names)
        self.tacit = TacitAssumptions(self.reading, self.names, self.dependences)

    @cached_property
    def misfits(self) -> dict[str, str]:
        """By name: why the shapes of its definition do not fit, so that it is left out."""
        faults = {id(term): why for term, why in self.reading.shapes.faults}
        every = self.reading.shapes.derivation.definitions
        return {each.name: faults[id(each.body)] for each in every if id(each.body) in faults}

    def unread(self, claim: Relation) -> list[str]:
        """The names in a claim, and in what it uses, whose definitions are not understood, or do not fit."""
        return sorted(self.dependences.used(claim) & (self.reading.unread.keys() | self.misfits.keys()))

    def changes(self, claim: Relation) -> bool:
        """Whether a claim, or what it uses, has a derivative: names without a definition may move with it."""
        return self.dependences.changes(claim)

    def uses(self, claim: Relation, names: Set[str]) -> list[str]:
        """The names, among the given ones, that a claim uses, also through definitions."""
        return sorted(self.dependences.used(claim) & names)

    def named_derivatives(self, names: list[str]) -> dict[str, int]:
        """The lines that first define the names, if all are names of derivatives; otherwise nothing."""
        first = {name: self.names.definitions.get(name) for name in names}
        bodies = {
            each.name: each.body.body if isinstance(each.body, terms.Family) else each.body
            for each in first.values()
            if each is not None
        }
        if len(bodies) < len(names) or not all(isinstance(body, terms.Slope) for body in bodies.values()):
            return {}
        return {name: self.names.definitions[name].line for name in names}

    def with_facts(self) -> frozenset[str]:
        """The names of which the document says more than their shape: symmetric, positive."""
        kinds = {
            name for name, kind in self.names.kinds.items() if isinstance(kind, ValueKind) and kind.facts - {"any"}
        }
        said = (each.condition for each in self.reading.derivation.assumptions)
        return frozenset(kinds | {terms.base_of(each.subject) for each in said if isinstance(each, terms.Is)})

    def beyond(self, claim: Relation, free: Set[str]) -> frozenset[str]:
        """The names whose definitions do not matter for a claim that is proved for all values of some free names.

        These are the free ones, and what only their definitions use, if nothing moves but one of them.
        """
        moved = {part.moved for part in self.dependences.every(claim) if isinstance(part, terms.Slope)}
        if not free or any(isinstance(part, ELSEWHERE) for part in self.dependences.every(claim)):
            return frozenset()
        inside = self.names.without(frozenset(free)).used_by(claim.left, claim.right, *claim.conditions)
        one = moved <= free and len(moved) < 2 and not inside & free - moved
        return frozenset(free) | (self.dependences.used(claim) - inside if one or not moved else frozenset())

    def still(self, claim: Relation, names: Iterable[str], part: int) -> frozenset[str]:
        """Names whose definitions are not understood, but are made of letters that do not move in a claim of a part.

        Functions are any functions of their arguments, which may move.
        """
        every = self.dependences.every(claim)
        if any(isinstance(each, ELSEWHERE) for each in every):
            return frozenset()
        moved = {letter_of(each.moved) for each in every if isinstance(each, terms.Slope)} | {HIDDEN}
        own = {
            name: self.reading.parameters.get(name, frozenset())
            for name in names
            if isinstance(self.names.kinds.get(name), FunctionKind)
        }
        made_of = {
            name: {letter_of(name)}
            | self.dependences.reached(letter_of(name), own.get(name, ()), part) - own.get(name, frozenset())
            for name in names
        }
        return frozenset(name for name, letters in made_of.items() if not letters & moved)

    def moving_in(self, claim: Relation) -> frozenset[str]:
        """The names in a claim that may depend on something: no size does."""
        kinds = self.names.kinds
        return frozenset(
            name for name in self.dependences.values_in(claim) if not isinstance(kinds.get(name), SizeKind)
        )

    def leaves(self, claim: Relation, within: Doubts, part: int, here: Relation) -> bool:
        """Whether what the document says elsewhere leaves a claim as it is within a few formulas of a part.

        `here` is the claim as the whole document reads it: it shows by which names its letters go there. What is free
        within the formulas holds for all values of the same kind, and an unknown function is any function. But where
        something is differentiated, no name may move by what it is made of elsewhere, unless by its own arguments.
        """
        if within.tacit.moving_elsewhere(claim, part, self.dependences) or has_ways_around(
            self.names, self.dependences.every(here)
        ):
            return False
        if (
            any(self.dependences.recurrent(here, within.names))
            or any(self.dependences.lost_arguments(here))
            or self._loses_layers(claim)
            or self._has_way_around(claim, within, here)
        ):
            return False
        values = within.dependences.values_in(claim)
        functions = {name for name, kind in within.names.kinds.items() if isinstance(kind, FunctionKind)}
        free = values - within.names.definitions.keys() - functions
        if any(self._is_function(letter_of(name)) for name in free):
            return False
        calls = {each.function for each in within.dependences.every(claim) if isinstance(each, terms.Call)}
        usual = {name for name in calls if name.lower() in TEMPLATES and name in within.names.definitions}
        if any(
            self._is_function(name) and self.names.definitions.get(name) != within.names.definitions[name]
            for name in usual
        ):
            return False
        whole, few = self.reading.shapes, within.reading.shapes
        sure = whole.names.keys() - {*whole.guessed} - whole.with_one_entry()
        told = {letter_of(name): _rank(whole.names[name]) for name in sure & self.dependences.used(here)}
        said = {letter_of(each.name) for each in whole.derivation.declarations}
        ranks = {letter_of(name): _rank(few.names[name]) for name in values & {*few.guessed}}
        for name in values & few.names.keys():  # x_1 by itself is one of the vectors x_i
            letter, _, number = name.partition("_")
            if letter in said and number.isdigit():
                ranks[letter] = _rank(few.names[name]) + 1
        return all(told.get(letter, rank) == rank for letter, rank in ranks.items())

    def _has_way_around(self, claim: Relation, within: Doubts, here: Relation) -> bool:
        """Whether the document makes a value of a variable in a way around what it is a function of within formulas.

        So is J = 3v with v = a + u, which is a function of u in dJ/da = dJ/du du/da by itself.
        """
        used = self.names.definitions.keys() & self.names.used_by(here.left, here.right)
        for slope in within.dependences.slopes(claim):
            value = within.names.definitions.get(terms.base_of(slope.body))
            if value is None or not value.is_unknown_loss or not isinstance(value.body, terms.Call):
                continue
            through = {letter_of(terms.base_of(each)) for each in value.body.arguments}
            if letter_of(slope.moved) in through:
                continue
            behind = {name for name in used if letter_of(name) in through}
            for name in (each for each in used if letter_of(each) == letter_of(value.name)):
                around = self.names.uses_around(name, behind) - behind
                if (
                    letter_of(slope.moved) in map(letter_of, around)
                    and not self.names.definitions[name].is_unknown_loss
                ):
                    return True
        return False

    def _loses_layers(self, claim: Relation) -> bool:
        """Whether a claim differentiates by entries of what has layers in this reading: x_l of x_{l-1}."""
        by = [each.moved for each in self.dependences.slopes(claim)]
        return any(letter_of(each) in self._layered and layer_of(each) is None for each in by)

    @cached_property
    def _layered(self) -> frozenset[str]:
        """The letters of which a layer is defined."""
        return frozenset(letter_of(name) for name in self.names.definitions if layer_of(name) is not None)

    def _is_function(self, letter: str) -> bool:
        """Whether the document defines a function."""
        return letter in self.names.definitions and bool(self.names.definitions[letter].parameters)

    def of(self, claim: Relation, entry: ReadRelation) -> tuple[str, ...]:
        """The doubts about a claim, in words."""
        return tuple(dict.fromkeys(self._of(claim, entry)))

    def _is_open(self, words: str) -> bool:
        """Whether a reading may be wrong; the same arguments everywhere leave no doubt if none depends on another."""
        letters = self.reading.parameters.get(words.removesuffix(IS_OF_THESE), ())
        return not letters or any(letter_of(name) in letters for name in self.names.definitions)

    def _unstated(self, claim: Relation, *, fits: bool) -> frozenset[str]:
        """The names of which the document does not say what they are: it may do so in words, or nowhere.

        A name that something is differentiated by is a variable, if the claim fits. So is a number of which no sentence
        speaks, or which is an argument of a function there. A name that is alone on a side may be defined there.
        """
        used, both = self.dependences.used(claim), self._with_head(claim)
        used_in_both = frozenset[str]().union(*map(self.dependences.used, both))
        every = [part for each in both for part in self.dependences.every(each)]
        by = {part.moved for part in every if isinstance(part, terms.Slope)} if fits else set()
        alone = {terms.base_of(claim.left), terms.base_of(claim.right)} - {""}
        left, right = (self.names.used_by(side) for side in (claim.left, claim.right))
        told = frozenset[str]().union(*(self.reading.parameters.get(name, ()) for name in used_in_both))
        given = self._given(claim)
        alone |= left - right - by - told - given if claim.follows is None else frozenset()
        known = self.names.definitions.keys() | self.reading.declared
        known |= {name for name, kind in self.names.kinds.items() if not isinstance(kind, ValueKind)}
        named = {name for name in alone if name not in known}
        numbers = {name for name in used if self.reading.shapes.names.get(name, _ANY).known == ()}
        functions = (self.names.definitions[name] for name in used_in_both if name in self.names.definitions)
        arguments = told | {letter_of(parameter) for each in functions for parameter, _ in each.parameters}
        calls = [part for part in every if isinstance(part, terms.Call) and part.function in self.names.definitions]
        arguments |= {letter_of(each.text) for call in calls for each in call.arguments if isinstance(each, terms.Name)}
        known |= {name for name in numbers if name in self.reading.variables or letter_of(name) in arguments}
        known |= self._constants(claim) | given
        bound = {name for name, _ in claim.over} | {
            name for part in self.dependences.every(claim) for name in terms.bound_in(part)
        }
        there = self.reading.shapes.names.keys() - bound - {"pi"}
        return (used - known - by | named) & there

    def _given(self, claim: Relation) -> frozenset[str]:
        """The names of which the text gives the only value that it tells, and which a claim assumes."""
        conditions = (*claim.conditions, *(each.condition for each in self.reading.derivation.assumptions))
        every = (found[0] for each in conditions if (found := given_by(each)) is not None)
        return frozenset(name for name in every if letter_of(name) in self.reading.told_once)

    def _with_head(self, claim: Relation) -> list[Relation]:
        """A claim, and the one at the beginning of its chain."""
        claims = self.reading.derivation.claims
        return [claim] if claim.follows is None else [claim, claims[first_of_chain(claims, claim.follows)]]

    def _constants(self, claim: Relation) -> frozenset[str]:
        """The names in a function of told arguments, L(w) = (y - w x)^2, beside which its derivative has no others.

        Another name, as in (y - a) g'(z) x, would show that one of them depends on the argument.
        """
        match claim.left:
            case terms.Slope(body=terms.Name(text=name), variable=terms.Name(text=by)) if (
                name in self.names.definitions and letter_of(by) in self.reading.parameters.get(name, ())
            ):
                inside = terms.free_names(self.names.definitions[name].body)
                if by in inside and terms.free_names(claim.right) <= inside:
                    return inside - self.names.definitions.keys()
        return frozenset()

    def _meant(self, body: terms.Term) -> terms.Term:
        """The meaning of a name that is defined without parameters; anything else as it is."""
        definition = self.names.definitions.get(terms.base_of(body)) if isinstance(body, terms.Name) else None
        return body if definition is None or definition.parameters else definition.body

    def _fits_turned(self, claim: Relation) -> bool:
        """Whether a claim that does not fit does with transposed derivatives, and nothing says which way they lie."""
        shapes = self.reading.shapes
        if self.reading.has_layout or all(map(shapes.is_number, self.dependences.slopes_in_sides(claim))):
            return False

        def turned(part: terms.Term) -> terms.Term | None:
            return terms.Apply("turned", (part,), span=part.span) if isinstance(part, terms.Slope) else None

        left, right = (terms.substituted(side, turned) for side in (claim.left, claim.right))
        alone = replace(shapes.derivation, claims=(replace(claim, left=left, right=right, follows=None),))
        found = Shapes(alone, shapes.matrices, shapes.vectors, shapes.rows)
        return not any(term is left for term, _ in found.faults)

    @cached_property
    def _readings(self) -> dict[str, frozenset[str]]:
        """By name: on what the reading of its definition rests."""
        found = {each.defines: each.rests_on - {CASES_JOINED} for each in self.reading.entries if each.defines}
        return {name: rests_on for name, rests_on in found.items() if rests_on}

    @cached_property
    def _closed(self) -> frozenset[str]:
        """The names of one value each: pi, and those whose definitions are made of numbers alone."""
        every = self.names.definitions.items()
        return frozenset({"pi", *(name for name, each in every if _is_computed(each.body) and not each.parameters)})

    def _of(self, claim: Relation, entry: ReadRelation) -> Iterator[str]:
        yield from filter(self._is_open, sorted(entry.rests_on))
        if claim.relation == "!=":
            yield "it may say only that the sides are not always equal"
        used = self.dependences.used(claim)
        if self.tacit.turned(claim):
            yield LAYOUT_GUESSED
        for name in sorted(used & self.reading.unread.keys()):
            yield f"the definition of {name} is not read"
        for name in sorted(used & self._readings.keys()):
            yield from filter(self._is_open, sorted(self._readings[name]))
        yield from self.dependences.captured(claim)
        yield from self.dependences.unshown(claim)
        if self.reading.has_bases and "log" in self.dependences.operators(claim):
            yield LOGARITHMS_ARE_NATURAL
        if self.reading.has_stacked_rows and "vec" in self.dependences.operators(claim):
            yield STACKS_COLUMNS
        if self.reading.is_summing and any(isinstance(each, terms.Entry) for each in self.dependences.every(claim)):
            yield "repeated indices are summed over"
        yield from self._by_symmetric(claim)
        yield from self._of_small_letters(used)
        shapes = self.reading.shapes
        if any(term is claim.left for term, _ in shapes.faults[shapes.certain :]):
            yield "nothing shows whether names in it are numbers"
        for name in sorted(used):
            if isinstance(self.names.kinds.get(name), FunctionKind) and name not in self.reading.declared:
                yield f"{name.removesuffix('_of')} is not defined"
        yield from (f"the definition of {name} does not fit" for name in sorted(used & self.misfits.keys()))
        for name in sorted(self._unstated(claim, fits=entry.kind != "does not fit") - self.misfits.keys()):
            yield f"{name} is not defined"
        yield from (
            nothing_shows(slope)
            for slope in self.dependences.slopes_in_sides(claim)
            if not self.dependences.depends(slope)
        )
        if entry.kind == "does not fit":
            yield from (words for each in self._with_head(claim) for words in self.dependences.other_arguments(each))
            if any(
                is_entrywise(self._meant(each.body), each.variable) for each in self.dependences.slopes_in_sides(claim)
            ):
                yield "the derivative of an entrywise function may be meant entry by entry"
            if self._fits_turned(claim):
                yield LAYOUT_GUESSED
            for name in sorted(used - self.names.definitions.keys() - self.names.kinds.keys()):
                yield f"the shape of {name} is not told"
        for name in sorted(used - self.names.definitions.keys() - self.names.kinds.keys()):
            if name.endswith(("_0", "__0", "star", "ast")):
                yield f"{name} may have a value that is told elsewhere"
        if any(isinstance(part, terms.Fold) and is_of_set(part.high) for part in self.dependences.every(claim)):
            yield NUMBERED
        for part in self.dependences.every(claim):
            if isinstance(part, terms.Fold) and terms.free_names(part.high) & shapes.untold:
                yield f"nothing says up to which number {part.index} runs"
        is_given = isinstance(claim.left, terms.Name) and claim.left.text not in self.names.definitions
        is_given = is_given and isinstance(claim.right, terms.Number)  # x = 0.3
        if used - self._closed and (is_given or any(_is_computed(side) for side in (claim.left, claim.right))):
            yield VALUES
        for name in sorted(used & self.reading.again.keys()):
            yield f"{name} is defined more than once"

    def _of_small_letters(self, used: Set[str]) -> Iterator[str]:
        """The vectors and entries that may be those of a matrix without a definition: z_{ij} beside Z."""
        shapes, definitions = self.reading.shapes.names, self.names.definitions
        for name in sorted(used - definitions.keys()):
            letter, mark, rest = name.partition("_")
            small = f"{letter.lower()}{mark}{rest}"
            if len(letter) == 1 and letter.isupper() and _rank(shapes.get(name, _ANY)) == 2:
                is_told = small in definitions and not definitions[small].parameters
                if (is_told or small in used) and _rank(shapes.get(small, _ANY)) > 0:
                    yield f"{small} may be made of parts of {name}"

    def _by_symmetric(self, claim: Relation) -> Iterator[str]:
        """Most texts differentiate by a symmetric matrix as if its entries above and below the diagonal were free."""
        said = [each.condition for each in self.reading.derivation.assumptions]
        symmetric = {
            terms.base_of(each.subject) for each in said if isinstance(each, terms.Is) and each.fact == "symmetric"
        }
        for slope in self.dependences.every(claim):
            name = slope.moved if isinstance(slope, terms.Slope) else ""
            kind = self.names.kinds.get(name)
            if name in symmetric or (isinstance(kind, ValueKind) and "symmetric" in kind.facts):
                yield f"the derivative by {name} may be that without its symmetry"


def _is_computed(side: terms.Term) -> bool:
    """Whether a side is computed from numbers alone, as 100 / 500, but is no whole number."""
    return not isinstance(side, terms.Number) and not any(isinstance(part, terms.Name) for part in terms.every(side))


def _rank(shape: Shape) -> int:
    """0 for a number, 1 for a column or a row, 2 for a matrix, and the number of axes of other arrays."""
    return 1 if vector_axis(shape) is not None else len(shape.known or ())
