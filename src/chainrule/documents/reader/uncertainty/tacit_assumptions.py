"""Assumptions of a proof that the text does not say: with one, a claim is `proved if` it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import FunctionKind, Relation, SizeKind
from chainrule.documents.language.dimensions import Dim, Shape, vector_axis
from chainrule.documents.language.name_uses import Names
from chainrule.documents.reader.interpretation.layer_definitions import leads_down
from chainrule.documents.reader.interpretation.readings import Reading
from chainrule.documents.reader.letters.suffixed_names import layer_of, letter_of, lost_name
from chainrule.documents.reader.syntax.known_words import (
    ALL_IN_SUMS,
    ALL_REAL,
    COLUMN_AS_ROW,
    CONSTANT_HERE,
    LAYOUT_GUESSED,
    LIKE_OTHERS,
    LOGARITHMS_ARE_NATURAL,
    ONLY_THROUGH,
    STACKS_COLUMNS,
)
from chainrule.documents.reader.uncertainty.dependences import ELSEWHERE, HIDDEN, Dependences

_ANY = Shape()

OF_REALS = frozenset({"norm", "norm1", "norminf", "abs", "sqrt", "log", "sign", "max", "min"})
"""Operators with rules that hold for real numbers alone."""


@dataclass(frozen=True, eq=False)
class TacitAssumptions:
    """The assumptions behind the claims of a reading."""

    reading: Reading
    names: Names
    dependences: Dependences

    def of(self, claim: Relation, part: int) -> list[str]:
        """The assumptions, in words, under which a proof of a claim in a part is one of what the text means."""
        unfit = self.dependences.used(claim) & self._unfit.get(part, frozenset())
        has_log = "log" in self.dependences.operators(claim)
        has_sum = any(isinstance(each, terms.Fold) for each in self.dependences.every(claim))
        return [
            *([LOGARITHMS_ARE_NATURAL] if self.reading.has_bases and has_log else []),
            *(f"{loss} {ONLY_THROUGH}" for loss in self._penalised(claim)),
            *(f"{name} {LIKE_OTHERS}" for name in self._like_others(claim)),
            *([ALL_IN_SUMS] if self.reading.has_partial_sums and has_sum else []),
            *([STACKS_COLUMNS] if self.reading.has_stacked_rows and "vec" in self.dependences.operators(claim) else []),
            *([ALL_REAL] if self.reading.has_complex and self._is_of_reals(claim) else []),
            *(f"{name} {CONSTANT_HERE}" for name in sorted(self.moving_elsewhere(claim, part))),
            *(f"{name} is a number" for name in sorted(unfit)),
            *([LAYOUT_GUESSED] if any(map(self.may_be_turned, self.turned(claim))) else []),
            *(f"{name} is a vector" for name in self._vectors_beside(claim)),
            *([COLUMN_AS_ROW] if any(self._is_column(each) for each in _pulled(claim)) else []),
        ]

    def moving_elsewhere(self, claim: Relation, part: int, whole: Dependences | None = None) -> frozenset[str]:
        """The letters in derivatives of a claim that have no definition here, and move by one elsewhere in a part.

        They move with a letter by which the claim differentiates, but not through their own arguments. `whole` are the
        dependences in the document, if this reading is one of a few formulas.
        """
        every, definitions = self.dependences.every(claim), self.names.definitions
        slopes = [each for each in every if isinstance(each, terms.Slope)]
        primed = {each.function for each in every if isinstance(each, terms.Call) and any(each.order)}
        own = [definitions[name] for name in primed if name in definitions]  # of f'(x)
        by = {each.moved for each in slopes} | {name for each in own for name, _ in each.parameters}
        moved = {letter_of(name) for name in by} | ({HIDDEN} if by else set())
        others = any(isinstance(each, ELSEWHERE) for each in every)
        differentiated = [each for slope in slopes for each in (slope.body, slope.variable)]
        inside = self.names.used_by(*differentiated, *(each.body for each in own))
        outside = self._apart.used_by(claim.left, claim.right)
        values, found = self.dependences.values_in(claim), set[str]()
        starts = {f"{each}_0" for each in self.names.steps}
        for name in values if others else values & inside:  # what stands outside of derivatives may have any value
            body = definitions[name].body if name in definitions else None
            if name == lost_name(letter_of(name)) or name in starts:
                continue  # another assumption says on what it depends, or it is given before the first step
            if (body is None or definitions[name].is_unknown_loss) and not self._rests(name, by, outside, part):
                arguments = {terms.base_of(each) for each in body.arguments} if isinstance(body, terms.Call) else set()
                through = {letter_of(each) for each in arguments if each in by or letter_of(each) not in moved}
                called = isinstance(self.names.kinds.get(name), FunctionKind)  # any function of what it is called with
                if called:
                    through |= (whole or self.dependences).parameters_of(letter_of(name))
                reached = (whole or self.dependences).reached(letter_of(name), through, part, called=called)
                if reached & moved - {letter_of(name)} - through and not (
                    whole and self._is_argument_beside(letter_of(name), moved, whole.reading.made_of, part)
                ):
                    found.add(letter_of(name))
        return frozenset(found)

    def turned(self, claim: Relation) -> list[terms.Slope]:
        """The derivatives in a claim that are read as transposes because other relations fit so."""
        if not self.reading.transposed:
            return []
        turned = (part for part in claim.parts if isinstance(part, terms.Apply) and part.operator == "'")
        operands = (part.operands[0] for part in turned)
        return [each for each in operands if isinstance(each, terms.Slope)]

    def may_be_turned(self, slope: terms.Slope) -> bool:
        """Whether a derivative may be its transpose, too: one by a matrix, or one of n numbers by n others."""
        shapes = self.reading.shapes.names
        variable, body = (shapes.get(terms.base_of(part), _ANY).known for part in (slope.variable, slope.body))
        if slope.kind != "jacobian":
            return variable is None or _is_matrix(variable)
        if not (variable and body):
            return True
        return variable[0].final == body[0].final and not (_is_matrix(variable) or _is_matrix(body))

    # What follows is private.

    def _is_argument_beside(
        self, letter: str, moved: Set[str], made_of: Mapping[str, Mapping[int, Set[str]]], part: int
    ) -> bool:
        """Whether a function has a letter for an argument beside one that moves, as in f(x, y) = x + y, in a part.

        Then both are free there, if only other parts say what the letter is made of.
        """
        functions = ({letter_of(name) for name, _ in each.parameters} for each in self.names.definitions.values())
        every = [*functions, *self.reading.parameters.values()]
        return part not in made_of.get(letter, {}) and any(letter in each and each & moved for each in every)

    def _vectors_beside(self, claim: Relation) -> list[str]:
        """The capital letters of which nothing says what they are, read as vectors: they are multiplied entry by entry,
        or something is differentiated by them."""
        pairs = (
            each.operands
            for each in self.dependences.every(claim)
            if isinstance(each, terms.Apply) and each.operator == ".*"
        )
        names = {term.text for pair in pairs for term in pair if isinstance(term, terms.Name)}
        names |= {each.moved for each in self.dependences.slopes_in_sides(claim)}
        told = self.reading.declared | self.names.definitions.keys()
        return sorted(name for name in names - told if name[:1].isupper() and self._is_column(terms.Name(name)))

    def _is_column(self, term: terms.Term) -> bool:
        """Whether a vector is a column: a name that is one stands in it without a transpose."""
        if isinstance(term, terms.Name):
            return vector_axis(self.reading.shapes.names.get(term.text, _ANY)) == 0
        if isinstance(term, terms.Slope):
            return term.kind == "gradient" and self._is_column(term.variable)
        turns = isinstance(term, terms.Apply) and term.operator == "'"
        return not turns and any(map(self._is_column, terms.parts(term)))

    def _penalised(self, claim: Relation) -> list[str]:
        """The unknown losses in a claim, by what they depend on through others, where the text speaks of penalties."""
        if not self.reading.has_penalties:
            return []
        slopes = self.dependences.slopes(claim)
        pairs = [(terms.base_of(each.body), each.moved) for each in slopes]
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

    def _is_of_reals(self, claim: Relation) -> bool:
        """Whether a claim says something that need not hold for complex numbers."""
        return claim.relation not in ("=", "!=") or bool(self.dependences.operators(claim) & OF_REALS)

    def _rests(self, name: str, by: Set[str], outside: Set[str], part: int) -> bool:
        """Whether a name lies in a layer below all variables, or moves with them only as what a loss depends on.

        Such is a^{(L)} in J(a^{(L)}, z^{(l+1)}), if z^{(l)} moves and nothing else has a^{(L)}: J is any function.
        `outside` are the names of the claim without what losses depend on.
        """
        layer, others = layer_of(name), [other for each in by if (other := layer_of(each)) is not None]
        if layer is None or len(others) < len(by):
            return False
        reached = {layer.base} | self.dependences.reached(letter_of(name), (), part)
        made = [each for each in self.names.definitions.values() if letter_of(each.name) in reached]
        if HIDDEN in reached or not leads_down(each for each in made if not each.parameters):
            return False
        is_below = all(each.letter == layer.letter and each.number > layer.number for each in others)
        return is_below or (name not in outside and all(each.letter != layer.letter for each in others))

    @cached_property
    def _losses(self) -> dict[str, frozenset[str]]:
        """The unknown losses, with the names of which they are functions."""
        every = {name: each.body for name, each in self.names.definitions.items() if each.is_unknown_loss}
        return {name: terms.free_names(body) for name, body in every.items()}

    @cached_property
    def _apart(self) -> Names:
        """The names without what unknown losses depend on."""
        return self.names.without(frozenset(self._losses))

    @cached_property
    def _unfit(self) -> Mapping[int, frozenset[str]]:
        """By part: names like those of matrices that are read as numbers, with which a formula there does not fit."""
        shapes, found = self.reading.shapes, dict[int, frozenset[str]]()
        sizes = {name for name, kind in self.names.kinds.items() if isinstance(kind, SizeKind)}
        small = {name for name in shapes.matrices if shapes.names.get(name, _ANY).known == ()}
        small -= self.reading.declared | sizes
        for entry in self.reading.entries:
            if entry.kind == "does not fit" and entry.claim is not None:
                part = self.reading.places.get(id(entry.statement.piece), 0)
                names = self.dependences.used(self.reading.derivation.claims[entry.claim]) & small
                found[part] = found.get(part, frozenset()) | names
        return found


def _is_matrix(dims: Sequence[Dim]) -> bool:
    """Whether it is the shape of a matrix with more than one row and column, as far as its sizes are known."""
    return len(dims) > 1 and not any(dim.is_one for dim in dims)


def _pulled(claim: Relation) -> Iterator[terms.Term]:
    """The vectors in front of derivatives by matrices."""
    for part in claim.parts:
        if isinstance(part, terms.Apply) and part.operator == "pulled":
            yield part.operands[0]
