"""How many sizes settle a claim in which a size stands as a number.

If both sides are polynomials in n of degree at most D, with coefficients that are alike for all sizes, then D + 1 sizes
settle the claim. The degree is bounded by the syntax: products add, powers multiply, a sum over 1, ..., n of something
that is alike for all indices adds 1. A quotient has the degrees of its numerator and denominator. Everything else, such
as 2^n or sqrt(n), has no degree: then no number of sizes settles the claim.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Relation, ValueKind
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.terms import Term

Degree: TypeAlias = tuple[float, float]
"""The degrees of a numerator and of a denominator; infinite where there is none."""

CONSTANT: Degree = (0, 0)
UNBOUNDED: Degree = (math.inf, math.inf)

_PRODUCTS = ("*", ".*", "@", "kron")
_SUMS = ("+", "-")
_UNCHANGED = ("negative", "'", "diag", "diagonal", "vec")
_CONTRACTIONS = ("@", "total", "trace")


@dataclass(frozen=True, eq=False)
class SizeDegrees:
    """The degrees of terms in one size.

    Parameters
    ----------
    names : Names
    size : str
    every : bool
        True to take all sums for sums of something that is alike for all indices.
    arrays : set of str
        Free names without a declaration that are arrays.
    of_steps : bool
        False to take arrays that are made of their earlier entries for free ones.
    """

    names: Names
    size: str
    every: bool = False
    arrays: Set[str] = frozenset()
    of_steps: bool = True
    _known: dict[str, Degree] = field(default_factory=dict)

    def of_claim(self, claim: Relation) -> float:
        """The degree of a claim: of the difference of its sides, without denominators."""
        bound = {name: self._index(size) for name, size in claim.over}
        (p, q), (r, s) = self.of(claim.left, bound), self.of(claim.right, bound)
        conditions = (part for each in claim.conditions for part in terms.every(each))
        if any(isinstance(part, terms.Name) and part.text == self.size for part in conditions):
            return math.inf
        return max(p + s, r + q)

    def of(self, term: Term, bound: Mapping[str, Degree]) -> Degree:
        """The degree of a term in which some names are bound."""
        match term:
            case terms.Number():
                return CONSTANT
            case terms.Name(text=text):
                return self._of_name(text, bound)
            case terms.Entry(base=base) | terms.Apply("member", (base, _)):
                return self.of(base, bound)
            case terms.Apply(operator=operator, operands=operands):
                return self._applied(operator, operands, bound)
            case terms.Fold():
                return self._fold(term, bound)
            case terms.Family(indices=indices, body=body):
                return self.of(body, {**bound, **{name: self._index(size) for name, size in indices}})
            case terms.Slope(body=body) | terms.Differential(body=body):
                return self.of(body, bound)
            case terms.Choice(branches=branches, otherwise=otherwise):
                values = [value for _, value in branches] + ([otherwise] if otherwise else [])
                known = [self.of(value, bound) for value in values]
                certain = not any(self._stands_in(condition) for condition, _ in branches)
                return _joined(known) if certain else UNBOUNDED
            case terms.Truth(condition=condition):
                return UNBOUNDED if self._stands_in(condition) else CONSTANT
            case terms.LimitOf(body=body, name=name, to=to):
                tends = self.of(body, {**bound, name: CONSTANT}) == self.of(to, bound) == CONSTANT
                return CONSTANT if tends else UNBOUNDED
            case terms.At(body=body, value=value):
                return self.of(body, bound) if self.of(value, bound) == CONSTANT else UNBOUNDED
            case terms.Call(function=function, arguments=arguments):
                return self._called(function, arguments, bound)
            case terms.RuleCall(arguments=arguments):
                return self._called("", arguments, bound)
        return UNBOUNDED

    # What follows is private.

    def _index(self, size: Term) -> Degree:
        return (1, 0) if self.size in terms.free_names(size) else CONSTANT

    def _stands_in(self, condition: Term) -> bool:
        return self.size in self.names.used_by(condition)

    def _of_name(self, name: str, bound: Mapping[str, Degree]) -> Degree:
        if name in bound:
            return bound[name]
        if name == self.size:
            return (1, 0)
        definition = self.names.definitions.get(name)
        if definition is None:
            return CONSTANT
        if name in self.names.steps and not self.of_steps:
            return CONSTANT
        if name in self.names.steps and name not in self._known:
            self._know_steps()
        if name not in self._known:
            self._known[name] = self.of(definition.body, {})
        return self._known[name]

    def _know_steps(self) -> None:
        """Enter the arrays that are made of their earlier entries: each step may add to the degree, as in t h_{t-1}."""
        steps = self.names.steps
        self._known.update(dict.fromkeys(steps, CONSTANT))
        bodies = [self.names.definitions[name].body for name in steps]
        alike = all(self.of(body, {}) == CONSTANT for body in bodies)
        alike &= self.size not in self.names.sizes_of_steps
        self._known.update(dict.fromkeys(steps, CONSTANT if alike else UNBOUNDED))

    def _applied(self, operator: str, operands: tuple[Term, ...], bound: Mapping[str, Degree]) -> Degree:
        known = [self.of(operand, bound) for operand in operands]
        if operator == "@" or operator in _CONTRACTIONS:
            alike = not any(self._is_generic(operand) for operand in operands)
            return (sum(p for p, _ in known) + alike, sum(q for _, q in known))
        if all(each == CONSTANT for each in known) and operator != "norm":
            return CONSTANT
        if operator in _SUMS:
            return _joined(known)
        if operator in _PRODUCTS:
            return (sum(p for p, _ in known), sum(q for _, q in known))
        if operator in ("/", "./"):
            (p, q), (r, s) = known
            return (p + s, q + r)
        if operator in _UNCHANGED:
            return known[0]
        if operator in ("^", ".^", "power"):
            exponent, (p, q) = _constant(operands[1]), known[0]
            if exponent is not None and exponent.denominator == 1:
                return (p * exponent, q * exponent) if exponent >= 0 else (-q * exponent, -p * exponent)
        if operator == "norm" and known[0] == CONSTANT and self._is_generic(operands[0]):
            return CONSTANT
        return UNBOUNDED

    def _fold(self, term: terms.Fold, bound: Mapping[str, Degree]) -> Degree:
        within = self.size in terms.free_names(term.low) | terms.free_names(term.high)
        if term.condition is not None and self._stands_in(term.condition):
            return UNBOUNDED
        inside = {**bound, term.index: (1, 0) if within else CONSTANT}
        p, q = self.of(term.body, inside)
        if term.kind == "sum":
            if self.of(term.body, {**bound, term.index: CONSTANT})[1] != q:
                return UNBOUNDED
            return (p + (within and not self._is_generic(term.body, term.index)), q)
        if term.kind == "prod" and isinstance(term.low, terms.Number) and isinstance(term.high, terms.Number):
            count = float(term.high.value - term.low.value + 1)
            return (p * count, q * count)
        if term.kind == "prod" and self.every and within:
            return UNBOUNDED
        return CONSTANT if (p, q) == CONSTANT and (not within or self._is_generic(term.body, term.index)) else UNBOUNDED

    def _called(self, name: str, arguments: tuple[Term, ...], bound: Mapping[str, Degree]) -> Degree:
        definition = self.names.definitions.get(name)
        known = [self.of(argument, bound) for argument in arguments]
        if name in ("ones", "zeros", "eye", "unit"):
            return CONSTANT
        if definition is None or len(definition.parameters) != len(known):
            return CONSTANT if all(each == CONSTANT for each in known) else UNBOUNDED
        parameters = dict(zip((name for name, _ in definition.parameters), known, strict=True))
        return self.of(definition.body, dict.fromkeys(definition.lengths, (1.0, 0.0)) | parameters)

    def _is_generic(self, term: Term, index: str | None = None) -> bool:
        """Whether a term has entries of free arrays (at an index), so that its sum is no number of equal terms."""
        if self.every:
            return False
        if isinstance(term, terms.Entry):
            inside = frozenset[str]().union(*map(terms.free_names, term.indices))
            return index is not None and index in inside and self._is_generic(term.base)
        if isinstance(term, terms.Apply) and term.operator == "member":
            chosen = index is None or index in terms.free_names(term.operands[1])
            return chosen and self._is_generic(term.operands[0])
        if isinstance(term, terms.Name):
            return index is None and self._is_free_array(term.text)
        return any(self._is_generic(part, index) for part in terms.parts(term))

    def _is_free_array(self, name: str) -> bool:
        definition = self.names.definitions.get(name)
        if name in self.names.steps:
            return not self.of_steps
        if definition is not None:
            return not definition.parameters and self._is_generic(definition.body)
        if name in self.arrays:
            return True
        kind = self.names.kinds.get(name)
        return isinstance(kind, ValueKind) and kind.shape != ()


def _constant(term: Term) -> Fraction | None:
    """The value of a number, with or without a sign."""
    match term:
        case terms.Number(value=value):
            return value
        case terms.Apply(operator="negative", operands=(terms.Number(value=value),)):
            return -value
    return None


def _joined(known: list[Degree]) -> Degree:
    """The degree of a sum of quotients."""
    p, q = known[0]
    for r, s in known[1:]:
        p, q = max(p + s, r + q), q + s
    return (p, q)
