"""Why a document might mean something else by a claim than its reading says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property

from chainrule.documents.language import terms
from chainrule.documents.language.dimensions import Shape
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.operators import OPERATORS
from chainrule.documents.language.terms import FunctionKind, Relation, ValueKind
from chainrule.documents.reader.conditions_stated import given_by
from chainrule.documents.reader.dependences import Dependences, nothing_shows
from chainrule.documents.reader.index_ranges import NUMBERED, is_of_set
from chainrule.documents.reader.known_words import (
    ALL_IN_SUMS,
    ALL_REAL,
    COLUMN_AS_ROW,
    CONSTANT_HERE,
    LAYOUT_GUESSED,
    LIKE_OTHERS,
    LOGARITHMS_ARE_NATURAL,
    ONLY_THROUGH,
)
from chainrule.documents.reader.layer_definitions import leads_down
from chainrule.documents.reader.readings import Reading, ReadRelation
from chainrule.documents.reader.suffixed_names import layer_of, letter_of, lost_name
from chainrule.documents.reader.unknown_losses import has_ways_around
from chainrule.documents.reader.usual_functions import TEMPLATES

_ANY = Shape()
HIDDEN = "?"
"""Stands among the letters of a formula for all that may be in what is not read."""

OF_REALS = frozenset({"norm", "norm1", "norminf", "abs", "sqrt", "log", "sign", "max", "min"})
"""Operators with rules that hold for real numbers alone."""

_ELSEWHERE = (terms.Differential, terms.At, terms.LimitOf)
"""Terms in which names have other values."""


@dataclass(eq=False)
class Doubts:
    """The doubts about the claims of a document. A claim without one is certain: it can be wrong."""

    reading: Reading
    names: Names = field(init=False)
    dependences: Dependences = field(init=False)

    def __post_init__(self) -> None:
        self.names = Names.of(self.reading.derivation)
        self.dependences = Dependences(self.reading, self.names)

    @cached_property
    def misfits(self) -> dict[str, str]:
        """By name: why the shapes of its definition do not fit, so that it is left out."""
        faults = {id(term): why for term, why in self.reading.shapes.faults}
        every = self.reading.shapes.derivation.definitions
        return {each.name: faults[id(each.body)] for each in every if id(each.body) in faults}

    def unread(self, claim: Relation) -> list[str]:
        """The names in a claim, and in what it uses, whose definitions are not understood."""
        return sorted(self.dependences.used(claim) & self.reading.unread.keys())

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
        moved = {
            terms.base_of(part.variable) for part in self.dependences.every(claim) if isinstance(part, terms.Slope)
        }
        if not free or any(isinstance(part, _ELSEWHERE) for part in self.dependences.every(claim)):
            return frozenset()
        inside = self.names.without(frozenset(free)).used_by(claim.left, claim.right, *claim.conditions)
        one = moved <= free and len(moved) < 2 and not inside & free - moved
        return frozenset(free) | (self.dependences.used(claim) - inside if one or not moved else frozenset())

    def still(self, claim: Relation, names: Iterable[str], part: int) -> frozenset[str]:
        """Names whose definitions are not understood, but are made of letters that do not move in a claim of a part."""
        every = self.dependences.every(claim)
        if any(isinstance(each, _ELSEWHERE) for each in every):
            return frozenset()
        moved = {letter_of(terms.base_of(each.variable)) for each in every if isinstance(each, terms.Slope)} | {HIDDEN}
        made_of = {name: {letter_of(name)} | self._reached(letter_of(name), (), part) for name in names}
        return frozenset(name for name, letters in made_of.items() if not letters & moved)

    def values_in(self, claim: Relation) -> frozenset[str]:
        """The names that stand in a claim, but for indices, sizes and functions."""
        bound = {name for name, _ in claim.over} | {"pi"}
        return frozenset(self.reading.shapes.names.keys() & self.dependences.used(claim)) - bound

    def moving_in(self, claim: Relation) -> frozenset[str]:
        """The names in a claim that may depend on something: no size does."""
        kinds = self.names.kinds
        return frozenset(name for name in self.values_in(claim) if not isinstance(kinds.get(name), terms.SizeKind))

    def leaves(self, claim: Relation, within: Doubts, part: int, here: Relation) -> bool:
        """Whether what the document says elsewhere leaves a claim as it is within a few formulas of a part.

        `here` is the claim as the whole document reads it: it shows by which names its letters go there. What is free
        within the formulas holds for all values of the same kind, and an unknown function is any function. But where
        something is differentiated, no name may move by what it is made of elsewhere, unless by its own arguments.
        """
        if within.moving_elsewhere(claim, part, self) or has_ways_around(self.names, self.dependences.every(here)):
            return False
        if (
            any(self.dependences.recurrent(here))
            or any(self.dependences.lost_arguments(here))
            or self._loses_layers(claim)
        ):
            return False
        values = within.values_in(claim)
        if any(self._is_function(letter_of(name)) for name in values - within.names.definitions.keys()):
            return False
        calls = {each.function for each in within.dependences.every(claim) if isinstance(each, terms.Call)}
        usual = {name for name in calls if name.lower() in TEMPLATES and name in within.names.definitions}
        if any(
            self._is_function(name) and self.names.definitions.get(name) != within.names.definitions[name]
            for name in usual
        ):
            return False
        ranks = {name: shape.known for name, shape in self.reading.shapes.names.items()}
        sure = ranks.keys() - {*self.reading.shapes.guessed} - self.reading.shapes.with_one_entry()
        told = {letter_of(name): len(ranks[name] or ()) for name in sure & self.dependences.used(here)}
        guessed = values & {*within.reading.shapes.guessed}
        own = {name: len(within.reading.shapes.names[name].known or ()) for name in guessed}
        return all(told.get(letter_of(name), rank) == rank for name, rank in own.items())

    def _loses_layers(self, claim: Relation) -> bool:
        """Whether a claim differentiates by entries of what has layers in this reading: x_l of x_{l-1}."""
        by = [terms.base_of(each.variable) for each in self.dependences.slopes(claim)]
        return any(letter_of(each) in self._layered and layer_of(each) is None for each in by)

    @cached_property
    def _layered(self) -> frozenset[str]:
        """The letters of which a layer is defined."""
        return frozenset(letter_of(name) for name in self.names.definitions if layer_of(name) is not None)

    def _is_function(self, letter: str) -> bool:
        """Whether the document defines a function."""
        return letter in self.names.definitions and bool(self.names.definitions[letter].parameters)

    def _reached(self, letter: str, through: Collection[str], part: int) -> frozenset[str]:
        """The letters of which one is made in a part or before it, but for those that some letters are made of."""
        found, pending = set[str](), {letter}
        while pending:
            new = set[str]()
            for each in pending.difference(through):
                there = self.reading.made_of.get(each) or self.reading.made_of.get(each.split("_")[0], {})
                before = [number for number in there if number <= part]
                new |= frozenset().union(*(there[number] for number in ([max(before)] if before else there)))
            pending = new - found
            found |= pending
        return frozenset(found)

    def of(self, claim: Relation, entry: ReadRelation) -> tuple[str, ...]:
        """The doubts about a claim, in words."""
        return tuple(dict.fromkeys(self._of(claim, entry)))

    def assumed(self, claim: Relation, part: int) -> list[str]:
        """The assumptions, in words, under which a proof of a claim in a part is one of what the text means."""
        unfit = self.dependences.used(claim) & self._unfit.get(part, frozenset())
        return [
            *([LOGARITHMS_ARE_NATURAL] if self.reading.has_bases and "log" in self.operators(claim) else []),
            *(f"{loss} {ONLY_THROUGH}" for loss in self._penalised(claim)),
            *(f"{name} {LIKE_OTHERS}" for name in self._like_others(claim)),
            *([ALL_IN_SUMS] if self.reading.has_partial_sums and self._has(claim, terms.Fold) else []),
            *([ALL_REAL] if self.reading.has_complex and self._is_of_reals(claim) else []),
            *(f"{name} {CONSTANT_HERE}" for name in sorted(self.moving_elsewhere(claim, part))),
            *(f"{name} is a number" for name in sorted(unfit)),
            *([LAYOUT_GUESSED] if any(map(self.may_be_turned, self.turned(claim))) else []),
            *(f"{name} is a vector" for name in self._vectors_beside(claim)),
            *([COLUMN_AS_ROW] if any(self._is_column(each) for each in _pulled(claim)) else []),
        ]

    def _vectors_beside(self, claim: Relation) -> list[str]:
        """The capital letters of which nothing says what they are, read as vectors and multiplied entry by entry."""
        pairs = (
            each.operands
            for each in self.dependences.every(claim)
            if isinstance(each, terms.Apply) and each.operator == ".*"
        )
        names = {term.text for pair in pairs for term in pair if isinstance(term, terms.Name)}
        told = self.reading.declared | self.names.definitions.keys()
        return sorted(name for name in names - told if name[:1].isupper() and self._is_column(terms.Name(name)))

    def _is_column(self, term: terms.Term) -> bool:
        """Whether a vector is a column: a name that is one stands in it without a transpose."""
        if isinstance(term, terms.Name):
            known = self.reading.shapes.names.get(term.text, _ANY).known or ()
            return len(known) == 2 and bool(known[1].is_one) and not known[0].is_one
        if isinstance(term, terms.Slope):
            return term.kind == "grad"
        turns = isinstance(term, terms.Apply) and term.operator == "'"
        return not turns and any(map(self._is_column, terms.parts(term)))

    def _penalised(self, claim: Relation) -> list[str]:
        """The unknown losses in a claim, by what they depend on through others, where the text speaks of penalties."""
        if not self.reading.has_penalties:
            return []
        slopes = self.dependences.slopes(claim)
        pairs = [(terms.base_of(each.body), terms.base_of(each.variable)) for each in slopes]
        return sorted({letter_of(loss) for loss, by in pairs if by not in self._losses.get(loss, {by})})

    def _like_others(self, claim: Relation) -> list[str]:
        """The functions of the last layer in a claim that are those of another layer, if the text says otherwise."""
        if not self.reading.has_other_layers:
            return []
        every = [
            (each, layer) for each in self.names.definitions.values() if (layer := layer_of(each.name)) is not None
        ]
        lines, used = Counter(each.line for each, _ in every), self._apart.used_by(claim.left, claim.right)
        last = [each for each, layer in every if each.name in used and layer.letter.isupper()]
        made = [each for each in last if each.line and lines[each.line] > 1]
        return sorted(each.name for each in made if any(isinstance(one, terms.Call) for one in terms.every(each.body)))

    @cached_property
    def _losses(self) -> dict[str, frozenset[str]]:
        """The unknown losses, with the names of which they are functions."""
        every = {name: each.body for name, each in self.names.definitions.items() if each.is_unknown_loss}
        return {name: terms.free_names(body) for name, body in every.items()}

    @cached_property
    def _apart(self) -> Names:
        """The names without what unknown losses depend on."""
        return self.names.without(frozenset(self._losses))

    def operators(self, claim: Relation) -> frozenset[str]:
        """The operators in a claim, and in what it uses."""
        return frozenset(each.operator for each in self.dependences.every(claim) if isinstance(each, terms.Apply))

    def _has(self, claim: Relation, kind: type[terms.Term]) -> bool:
        return any(isinstance(each, kind) for each in self.dependences.every(claim))

    def _is_of_reals(self, claim: Relation) -> bool:
        """Whether a claim says something that need not hold for complex numbers."""
        return claim.relation not in ("=", "!=") or bool(self.operators(claim) & OF_REALS)

    def moving_elsewhere(self, claim: Relation, part: int, whole: Doubts | None = None) -> frozenset[str]:
        """The letters in derivatives of a claim that have no definition here, and move by one elsewhere in a part.

        They move with a letter by which the claim differentiates, but not through their own arguments. `whole` are the
        doubts about the document, if this reading is one of a few formulas.
        """
        every, definitions = self.dependences.every(claim), self.names.definitions
        slopes = [each for each in every if isinstance(each, terms.Slope)]
        primed = {each.function for each in every if isinstance(each, terms.Call) and any(each.order)}
        own = [definitions[name] for name in primed if name in definitions]  # of f'(x)
        by = {terms.base_of(each.variable) for each in slopes} | {name for each in own for name, _ in each.parameters}
        moved = {letter_of(name) for name in by} | ({HIDDEN} if by else set())
        others = any(isinstance(each, _ELSEWHERE) for each in every)
        differentiated = [each for slope in slopes for each in (slope.body, slope.variable)]
        inside = self.names.used_by(*differentiated, *(each.body for each in own))
        outside = self._apart.used_by(claim.left, claim.right)
        values, found = self.values_in(claim), set[str]()
        for name in values if others else values & inside:  # what stands outside of derivatives may have any value
            body = definitions[name].body if name in definitions else None
            if name == lost_name(letter_of(name)):
                continue  # another assumption says how it depends on its variables
            if (body is None or definitions[name].is_unknown_loss) and not self._rests(name, by, outside, part):
                arguments = {terms.base_of(each) for each in body.arguments} if isinstance(body, terms.Call) else set()
                through = {letter_of(each) for each in arguments if each in by or letter_of(each) not in moved}
                reached = (whole or self)._reached(letter_of(name), through, part)
                if reached & moved - {letter_of(name)} - through:
                    found.add(letter_of(name))
        return frozenset(found)

    def _rests(self, name: str, by: Set[str], outside: Set[str], part: int) -> bool:
        """Whether a name lies in a layer below all variables, or moves with them only as what a loss depends on.

        Such is a^{(L)} in J(a^{(L)}, z^{(l+1)}), if z^{(l)} moves and nothing else has a^{(L)}: J is any function.
        `outside` are the names of the claim without what losses depend on.
        """
        layer, others = layer_of(name), [other for each in by if (other := layer_of(each)) is not None]
        if layer is None or len(others) < len(by):
            return False
        reached = {layer.base} | self._reached(letter_of(name), (), part)
        made = [each for each in self.names.definitions.values() if letter_of(each.name) in reached]
        if HIDDEN in reached or not leads_down(each for each in made if not each.parameters):
            return False
        is_below = all(each.letter == layer.letter and each.number > layer.number for each in others)
        return is_below or (name not in outside and all(each.letter != layer.letter for each in others))

    @cached_property
    def _unfit(self) -> Mapping[int, frozenset[str]]:
        """By part: names like those of matrices that are read as numbers, with which a formula there does not fit."""
        shapes, found = self.reading.shapes, dict[int, frozenset[str]]()
        sizes = {name for name, kind in self.names.kinds.items() if isinstance(kind, terms.SizeKind)}
        small = {name for name in shapes.matrices if shapes.names.get(name, _ANY).known == ()}
        small -= self.reading.declared | sizes
        for entry in self.reading.entries:
            if entry.kind == "does not fit" and entry.claim is not None:
                part = self.reading.places.get(id(entry.statement.piece), 0)
                names = self.dependences.used(self.reading.derivation.claims[entry.claim]) & small
                found[part] = found.get(part, frozenset()) | names
        return found

    def turned(self, claim: Relation) -> list[terms.Slope]:
        """The derivatives in a claim that are read as transposes because other relations fit so."""
        if not self.reading.transposed:
            return []
        every = (part for side in (claim.left, claim.right) for part in terms.every(side))
        operands = (part.operands[0] for part in every if isinstance(part, terms.Apply) and part.operator == "'")
        return [each for each in operands if isinstance(each, terms.Slope)]

    def may_be_turned(self, slope: terms.Slope) -> bool:
        """Whether a derivative may be its transpose, too: one by a matrix, or one of n numbers by n others."""
        shapes = self.reading.shapes.names
        variable, body = (shapes.get(terms.base_of(part), _ANY).known for part in (slope.variable, slope.body))
        if slope.kind != "jac":
            return variable is None or (len(variable) > 1 and not any(dim.is_one for dim in variable))
        return not (variable and body) or variable[0].final == body[0].final

    def _unstated(self, claim: Relation, *, fits: bool) -> frozenset[str]:
        """The names of which the document does not say what they are: it may do so in words, or nowhere.

        A name that something is differentiated by is a variable, if the claim fits. So is a number of which no sentence
        speaks, or which is an argument of a function there. A name that is alone on a side may be defined there.
        """
        used, both = self.dependences.used(claim), self._with_head(claim)
        used_in_both = frozenset[str]().union(*map(self.dependences.used, both))
        every = [part for each in both for part in self.dependences.every(each)]
        by = {terms.base_of(part.variable) for part in every if isinstance(part, terms.Slope)} if fits else set()
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
        return [claim] if claim.follows is None else [claim, claims[terms.first_of_chain(claims, claim.follows)]]

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

    @cached_property
    def _readings(self) -> dict[str, frozenset[str]]:
        """By name: on what the reading of its definition rests."""
        return {each.defines: each.rests_on for each in self.reading.entries if each.defines and each.rests_on}

    @cached_property
    def _closed(self) -> frozenset[str]:
        """The names whose definitions are made of numbers alone."""
        every = self.names.definitions.items()
        return frozenset(name for name, each in every if _is_computed(each.body) and not each.parameters)

    def _of(self, claim: Relation, entry: ReadRelation) -> Iterator[str]:
        yield from sorted(entry.rests_on)
        if claim.relation == "!=":
            yield "it may say only that the sides are not always equal"
        used = self.dependences.used(claim)
        if self.turned(claim):
            yield LAYOUT_GUESSED
        for name in self.unread(claim):
            yield f"the definition of {name} is not read"
        for name in sorted(used & self._readings.keys()):
            yield from sorted(self._readings[name])
        yield from self.dependences.captured(claim)
        yield from self.dependences.unshown(claim)
        if self.reading.has_bases and "log" in self.operators(claim):
            yield LOGARITHMS_ARE_NATURAL
        if self.reading.is_summing and self._has(claim, terms.Entry):
            yield "repeated indices are summed over"
        shapes = self.reading.shapes
        if any(term is claim.left for term, _ in shapes.faults[shapes.certain :]):
            yield "nothing shows whether names in it are numbers"
        for name in sorted(used):
            if isinstance(self.names.kinds.get(name), FunctionKind) and name not in self.reading.declared:
                yield f"{name.removesuffix('_of')} is not defined"
        for name in sorted(self._unstated(claim, fits=entry.kind != "does not fit")):
            misfit = f"the definition of {name} does not fit" if name in self.misfits else ""
            yield misfit or f"{name} is not defined"
        yield from (
            nothing_shows(slope)
            for slope in self.dependences.slopes_in_sides(claim)
            if not self.dependences.depends(slope)
        )
        if entry.kind == "does not fit":
            if any(_is_entrywise(slope.body, slope.variable) for slope in self.dependences.slopes_in_sides(claim)):
                yield "the derivative of an entrywise function may be meant entry by entry"
            for name in sorted(used - self.names.definitions.keys() - self.names.kinds.keys()):
                yield f"the shape of {name} is not told"
        for name in sorted(used - self.names.definitions.keys() - self.names.kinds.keys()):
            if name.endswith(("_0", "__0", "star", "ast")):
                yield f"{name} may have a value that is told elsewhere"
        if any(isinstance(part, terms.Fold) and is_of_set(part.high) for part in self.dependences.every(claim)):
            yield NUMBERED
        is_given = isinstance(claim.left, terms.Name) and claim.left.text not in self.names.definitions
        is_given = is_given and isinstance(claim.right, terms.Number)  # x = 0.3
        if used - self._closed and (is_given or any(_is_computed(side) for side in (claim.left, claim.right))):
            yield "letters may have values here"
        for name in sorted(used & self.reading.again.keys()):
            yield f"{name} is defined more than once"


def _pulled(claim: Relation) -> Iterator[terms.Term]:
    """The vectors in front of derivatives by matrices."""
    for side in (claim.left, claim.right):
        for part in terms.every(side):
            if isinstance(part, terms.Apply) and part.operator == "pulled":
                yield part.operands[0]


def _is_entrywise(body: terms.Term, variable: terms.Term) -> bool:
    """Whether a derivative is that of a function of numbers, by its argument: d/dx tanh x, where x may be an array."""
    is_function = isinstance(body, terms.Apply) and OPERATORS[body.operator].rule == "entrywise"
    return is_function and variable in terms.parts(body)


def _is_computed(side: terms.Term) -> bool:
    """Whether a side is computed from numbers alone, as 100 / 500, but is no whole number."""
    return not isinstance(side, terms.Number) and not any(isinstance(part, terms.Name) for part in terms.every(side))
