"""The names that a claim uses, and whether the text shows how they depend on the variables of its derivatives."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Relation, ValueKind
from chainrule.documents.language.dimensions import OPEN
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.operators import MADE_BY_SIZE, OPERATORS
from chainrule.documents.language.reachability import reached
from chainrule.documents.language.terms import is_printed
from chainrule.documents.reader.interpretation.readings import Reading
from chainrule.documents.reader.letters.suffixed_names import letter_of

HIDDEN = "?"
"""Stands among the letters of a formula for all that may be in what is not read."""

ELSEWHERE = (terms.Differential, terms.At, terms.LimitOf)
"""Terms in which names have other values."""


@dataclass(frozen=True, eq=False)
class Dependences:
    """How the names in the claims of a reading depend on others."""

    reading: Reading
    names: Names

    def used(self, claim: Relation) -> frozenset[str]:
        """The names in a claim, and in what it uses, but for made arrays and sizes that nobody says."""
        used = self.names.used_in(claim)
        return frozenset(name for name in used if name not in MADE_BY_SIZE and not name.startswith(OPEN))

    def every(self, claim: Relation) -> list[terms.Term]:
        """All terms in a claim, and in what it uses."""
        definitions = self.names.definitions
        bodies = [definitions[name].body for name in self.used(claim) if name in definitions]
        return [part for term in (claim.left, claim.right, *bodies) for part in terms.every(term)]

    def slopes(self, claim: Relation) -> list[terms.Slope]:
        """The derivatives in a claim, and in what it uses."""
        return [each for each in self.every(claim) if isinstance(each, terms.Slope)]

    @staticmethod
    def slopes_in_sides(claim: Relation) -> list[terms.Slope]:
        """The derivatives in the sides of a claim."""
        return [part for part in claim.parts if isinstance(part, terms.Slope)]

    def depends(self, slope: terms.Slope) -> bool:
        """Whether what a derivative is of is made of its variable."""
        return slope.moved in self.names.used_by(slope.body)

    def not_shown(self, claim: Relation) -> Iterator[str]:
        """Reasons why a proof of a claim says nothing: the text does not show how something in it depends on others."""
        yield from self.captured(claim) if self.changes(claim) else ()
        for reasons in (self.unshown, self.unmoved, self.recurrent, self.lost_arguments):
            yield from reasons(claim)

    def values_in(self, claim: Relation) -> frozenset[str]:
        """The names that stand in a claim, but for indices, sizes and functions."""
        bound = {name for name, _ in claim.over} | {"pi"}
        return frozenset(self.reading.shapes.names.keys() & self.used(claim)) - bound

    def reached(self, letter: str, through: Collection[str], part: int, *, called: bool = False) -> frozenset[str]:
        """The letters of which one is made in a part or before it, but for those that some letters are made of.

        If the letter is `called`, it is made of its arguments only where others are made of them, too.
        """

        def made_of(each: str) -> frozenset[str]:
            told = self.reading.beside_arguments if called and each == letter else self.reading.made_of
            there = told.get(each) or told.get(each.split("_")[0], {})
            before = [number for number in there if number <= part]
            return frozenset().union(*(there[number] for number in ([max(before)] if before else there)))

        return reached(letter, lambda each: () if each in through else made_of(each))

    def parameters_of(self, letter: str) -> frozenset[str]:
        """The letters that are parameters in all definitions of a letter; none if it is defined without parameters."""
        every = [each for each in self.reading.derivation.definitions if letter_of(each.name) == letter]
        own = [frozenset(letter_of(name) for name, _ in each.parameters) for each in every]
        return frozenset.intersection(*own) if own else frozenset()

    def operators(self, claim: Relation) -> frozenset[str]:
        """The operators in a claim, and in what it uses."""
        return frozenset(each.operator for each in self.every(claim) if isinstance(each, terms.Apply))

    def changes(self, claim: Relation) -> bool:
        """Whether a claim, or what it uses, has a derivative: names without a definition may move with it."""
        return any(
            isinstance(part, terms.Slope | terms.Differential) or (isinstance(part, terms.Call) and any(part.order))
            for part in self.every(claim)
        )

    def captured(self, claim: Relation) -> Iterator[str]:
        """Functions made of names that depend on a name which is their parameter, too: H(c) = S^2 with S = 2c."""
        for name in sorted(self.used(claim)):
            definition = self.names.definitions.get(name)
            parameters = {parameter for parameter, _ in definition.parameters} if definition else set[str]()
            if definition is not None and parameters:
                others = terms.free_names(definition.body) - parameters - {name}
                for parameter in sorted(parameters & frozenset[str]().union(*map(self.names.uses, others))):
                    yield f"{name} is made of names that depend on {parameter}"

    def unshown(self, claim: Relation) -> Iterator[str]:
        """Functions whose arguments do not stand in what they are: D(P, Q) = sum p_i log(p_i / q_i), at D(Q, P)."""
        for call in (each for each in self.every(claim) if isinstance(each, terms.Call)):
            definition = self.names.definitions.get(call.function)
            if definition is not None and not isinstance(definition.body, terms.Number):
                within = self.names.used_by(definition.body)
                for (name, _), argument in zip(definition.parameters, call.arguments, strict=False):
                    if name not in within and (argument != terms.Name(name) or not terms.free_names(definition.body)):
                        yield f"nothing shows how {letter_of(call.function)} depends on {name}"

    def unmoved(self, claim: Relation) -> Iterator[str]:
        """Derivatives that are 0 only because nothing shows how the function depends on the variable.

        An equation between such derivatives says nothing. These are all derivatives of a claim if none of its functions
        depends on the variable, unless a side is a number, as in dy/dx = 0, or if they make both sides 0. Otherwise
        they are the derivatives by what the text names as an argument.
        """
        slopes = self.slopes_in_sides(claim)
        constant = [slope for slope in slopes if not self.depends(slope)]
        all_are = len(constant) == len(slopes) and not any(map(is_printed, (claim.left, claim.right)))
        all_are |= bool(constant) and all(_vanishes(side, constant) for side in (claim.left, claim.right))
        for slope in constant:
            by, inside = letter_of(slope.moved), self.names.used_by(slope.body)
            if all_are or any(by in self.reading.parameters.get(name, ()) for name in inside):
                yield nothing_shows(slope)

    def recurrent(self, claim: Relation, deciding: Names | None = None) -> Iterator[str]:
        """Letters whose entries are variables of a claim and are made of each other: c in c_t = f_t c_{t-1}.

        The names of the reading that decides about the claim may define them so; then they are left out.
        """
        moved = {letter_of(each.moved).split("_")[0] for each in self.slopes(claim)}
        known = {letter_of(name) for name in (deciding or self.names).steps}
        for letter in sorted((moved & self.reading.recurrent) - known):
            yield f"the entries of {letter} are made of others"

    def lost_arguments(self, claim: Relation) -> Iterator[str]:
        """Values in derivatives of which nothing says how they depend on the variable that is their argument: F(x).

        A letter does not depend on itself, whatever stands in brackets behind it: x in "x (x + h)" and df/dx.
        """
        slopes = self.slopes(claim)
        by = {letter_of(each.moved) for each in slopes}
        inside = self.names.used_by(*(each.body for each in slopes)) - self.names.definitions.keys()
        for name in sorted(inside):
            arguments = self.reading.with_arguments.get(letter_of(name), frozenset())
            if (by - {letter_of(name)}) & {letter_of(one) for each in arguments for one in self.names.uses(each)}:
                yield f"nothing shows how {letter_of(name)} depends on its arguments"

    def other_arguments(self, claim: Relation) -> Iterator[str]:
        """Functions of numbers whose letter is no number outside of them: s' = s (1 - s) may be about a number x."""
        used, shapes = self.names.used_in(claim), self.reading.shapes.names
        for name in sorted(used & self.names.definitions.keys()):
            for letter, kind in self.names.definitions[name].parameters:
                known = shapes[letter].known if letter in used & shapes.keys() else None
                if known and isinstance(kind, ValueKind) and not kind.shape:
                    yield f"{letter} may be a number here, as in {name}({letter})"


def is_entrywise(body: terms.Term, variable: terms.Term) -> bool:
    """Whether a derivative is that of a function of numbers, by its argument: d/dx tanh x, where x may be an array."""
    every = list(terms.every(body))
    operators = [each.operator for each in every if isinstance(each, terms.Apply)]
    is_of_numbers = any(OPERATORS[each].rule == "entrywise" and each != "negative" for each in operators)
    others = any(not isinstance(each, terms.Apply | terms.Name | terms.Number) for each in every)
    return is_of_numbers and variable in every and not others and "@" not in operators


def _vanishes(term: terms.Term, constant: Sequence[terms.Slope]) -> bool:
    """Whether a side is 0 because these derivatives are."""
    match term:
        case terms.Slope():
            return any(term is each for each in constant)
        case terms.Apply(operator="*" | ".*" | "@" | "pulled", operands=factors):
            return any(_vanishes(each, constant) for each in factors)
        case terms.Apply(operator="+" | "-" | "negative" | "'", operands=summands):
            return all(_vanishes(each, constant) for each in summands)
        case terms.Apply(operator="/", operands=(above, _)):
            return _vanishes(above, constant)
        case terms.Fold(kind="sum", body=body) | terms.Family(body=body) | terms.Entry(base=body):
            return _vanishes(body, constant)
    return False


def nothing_shows(slope: terms.Slope) -> str:
    """The doubt about a derivative that is 0 as it was read."""
    return f"nothing shows that {terms.base_of(slope.body) or 'it'} depends on {slope.moved}"
