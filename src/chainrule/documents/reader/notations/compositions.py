"""Functions as things of their own, as their values at a letter: f \\circ g, (f g)', D f(x), J_f(x), x \\mapsto x^2.

(f \\circ g)(x) is f(g(x)), its derivative at a point is that of f(g(u)) by a new letter u where u is the point, and
an equation between functions, h = f \\circ g, is one between their values at a letter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from chainrule.documents.language.derivation import FunctionKind
from chainrule.documents.reader.declaring.declarations import Declared, base_of
from chainrule.documents.reader.notations.arrow_maps import with_maps
from chainrule.documents.reader.syntax.derivative_signs import beside
from chainrule.documents.reader.syntax.known_words import ARGUMENT, EQUATED
from chainrule.documents.reader.syntax.parts_written import all_parts, base_letter, base_name, in_brackets, under
from chainrule.documents.reader.syntax.written import (
    Beside,
    Bracketed,
    Comparing,
    Differentiation,
    Fractional,
    Numeral,
    Scripted,
    Signed,
    Symbol,
    Written,
    WrittenChain,
    with_parts,
)

JACOBIANS = frozenset({"J", "Jac"})
"""Letters that with a function below them are its matrix of derivatives."""


def with_values(
    chains: Mapping[int, list[WrittenChain]], declared: Iterable[Declared]
) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, in which functions without arguments are values at letters.

    Parameters
    ----------
    chains : mapping
        By the numbers of their pieces.
    declared : iterable of Declared
        What sentences say of names: some are functions.
    """
    chains = with_maps(chains)
    every = [chain for found in chains.values() for chain in found]
    names = frozenset(base_of(each.name) for each in declared if isinstance(each.kind, FunctionKind))
    functions = (names | _called(every) | {*_of_derivatives(every)}) - SIGNS
    if not functions:
        return chains
    reader = _Functions(functions, _stands_before_functions("D", every, functions))
    reader.names = functions.union(*map(reader.defined, every))
    return {number: [reader.chain(each) for each in own] for number, own in chains.items()}


# What follows is private.


SIGNS = frozenset({"d", "D", "delta", "partial", "o", "O"})
"""Letters that stand before brackets and are no functions of which there are compositions."""


@dataclass
class _Functions:
    """The names that are functions, and whether D before one is its derivative."""

    names: Set[str]
    has_operator: bool
    made: Iterator[int] = field(default_factory=lambda: iter(range(1, 1 << 30)))

    def defined(self, chain: WrittenChain) -> frozenset[str]:
        """The letter that is a composition of functions: h = f \\circ g."""
        first, *others = chain.members
        is_one = self._equates(chain) and isinstance(first, Symbol) and any(map(_is_composed, filter(None, others)))
        return frozenset({base_name(first)} if is_one and isinstance(first, Symbol) else ())

    def chain(self, chain: WrittenChain) -> WrittenChain:
        """A chain, of values if it is one of functions."""
        whole: WrittenChain = with_parts(chain, _with_gradients)
        chain = whole if self._equates(whole) else chain
        members = [member for member in chain.members if member is not None]
        if self._equates(chain):
            at = in_brackets(Symbol(f"{EQUATED}{_innermost(members[-1])}", place=members[0].place))
            chain = replace(chain, members=tuple(each and self.value(each, at) for each in chain.members))
        found: WrittenChain = with_parts(chain, self.read)
        return found

    def read(self, written: Written) -> Written:
        """A formula in which every function has its argument."""
        match written:
            case Beside(parts=parts, joints=joints):
                found, kept = list[Written](), list[str]()
                at = 0
                while at < len(parts):
                    kept += [joints[at - 1]] if at else []
                    part, at = self._factor(parts, joints, at)
                    found.append(part)
                if len(found) == 1:
                    return replace(found[0], place=written.place)
                return replace(written, parts=tuple(found), joints=tuple(kept))
            case Differentiation(subject=Written() as subject, variables=(Symbol() as variable,)) if self.is_compound(
                subject
            ):
                return replace(written, subject=self.read(self.value(subject, in_brackets(variable))))
        whole: Written = with_parts(written, self.read)
        return whole

    def _factor(self, parts: Sequence[Written], joints: Sequence[str], at: int) -> tuple[Written, int]:
        """The factor that begins at a part, and where the next begins."""
        part, ahead = parts[at], parts[at + 1 : at + 3]
        close = [*joints[at : at + 2], "/", "/"]
        match part, *ahead:
            case Differentiation(sign=sign, subject=None, variables=()), Bracketed() as inside, bracket if (
                close[:2] == ["", ""] and self.is_compound(inside) and _bracket_of(bracket)
            ):
                return self._derived(sign, inside, bracket, part), at + 3
            case Symbol(text="D"), inside, bracket if (
                close[:2] == ["", ""] and self.has_operator and self.is_function(inside) and _bracket_of(bracket)
            ):
                return self._derived("jacobian", inside, bracket, part), at + 3
            case Scripted(base=Symbol() as base, lower=Written() as lower, upper=None, primes=0), bracket, *_ if (
                not close[0] and base_name(base) in JACOBIANS and self.is_function(lower) and _bracket_of(bracket)
            ):
                return self._derived("jacobian", lower, bracket, part), at + 2
            case Scripted(base=Bracketed() as inside, lower=None, upper=None, primes=primes), bracket, *_ if (
                primes and not close[0] and self._is_multiple(inside, bracket)
            ):
                return self._derived("d", inside, bracket, order=primes), at + 2
            case Differentiation(sign=sign, subject=Written() as inside, variables=(_,)), bracket, *_ if (
                not close[0] and self.is_compound(inside) and _bracket_of(bracket)
            ):
                return self._derived(sign, inside, bracket), at + 2
            case Bracketed(kind="(") as inside, bracket, *_ if (
                not close[0] and self._is_multiple(inside, bracket) and (called := _bracket_of(bracket))
            ):
                value = replace(self.read(self.value(inside, called)), place=(inside.place[0], bracket.place[1]))
                return self._with_scripts(value, bracket), at + 2
        return self.read(part), at + 1

    def _derived(
        self, sign: str, function: Written, bracket: Written, first: Written | None = None, order: int = 1
    ) -> Written:
        """The derivative of a function at what stands in brackets, with the scripts of these."""
        called = _bracket_of(bracket)
        assert called is not None
        (point,) = called.items
        letter = point if isinstance(point, Symbol) else self._letter(bracket)
        value = self.read(self.value(function, in_brackets(letter)))
        place = (first or function).place[0], bracket.place[1]
        found: Written = Differentiation(sign, value, (letter,) * order, place=place)
        if letter is not point:
            there = Comparing((letter, self.read(point)), ("=",), place=point.place)
            found = Scripted(Bracketed("at", (found,), place=place), there, place=place)
        return self._with_scripts(found, bracket)

    def _with_scripts(self, found: Written, bracket: Written) -> Written:
        if not isinstance(bracket, Scripted):
            return found
        inside = Bracketed("(", (found,), place=found.place)
        return Scripted(inside, bracket.lower, bracket.upper, place=(found.place[0], bracket.place[1]))

    def _letter(self, near: Written) -> Symbol:
        return Symbol(f"{ARGUMENT}{next(self.made)}", place=near.place)

    def value(self, function: Written, at: Bracketed) -> Written:
        """The value of a function at arguments in brackets."""
        place = function.place
        match function:
            case Bracketed(items=(inside,)):
                return replace(function, items=(self.value(inside, at),))
            case Beside(parts=parts, joints=joints):
                factors, kept = list[Written](), list[str]()
                for run, joint in _runs(parts, joints):
                    argument = at
                    for outer in reversed(run[1:]):
                        argument = in_brackets(self.value(outer, argument))
                    factors.append(self.value(run[0], argument))
                    kept.append(joint)
                return replace(beside(factors, kept[1:]), place=place)
            case Signed(terms=terms):
                return replace(function, terms=tuple(self.value(term, at) for term in terms))
            case Fractional(upper=upper, lower=lower):
                return replace(function, upper=self.value(upper, at), lower=self.value(lower, at))
            case Scripted(base=Bracketed() as inside, upper=upper, primes=0):
                return replace(function, base=Bracketed("(", (self.value(inside, at),), place=place))
            case Scripted(base=Bracketed() as inside, primes=primes):
                return self._derived("d", inside, at, order=primes)
            case Differentiation(subject=Written() as subject, variables=()):
                return replace(self._derived(function.sign, subject, at), place=function.place)
            case Scripted(base=Symbol(), upper=Numeral() as upper):
                called = Bracketed("(", (self.value(replace(function, upper=None), at),), place=place)
                return Scripted(called, None, upper, place=place)
            case Symbol() | Scripted() if base_letter(function) in self.names:
                return Beside((function, at), ("",), place=place)
        return function

    # What is a function

    def is_function(self, written: Written) -> bool:
        """Whether a formula is made of functions without arguments, and of numbers."""
        match written:
            case Symbol():
                return base_name(written) in self.names
            case Scripted(base=Symbol() as base, upper=None | Numeral() | Symbol(text="l" | "L")):
                return base_name(base) in self.names
            case Scripted(base=Bracketed() as inside, lower=None, upper=None | Numeral()):
                return self.is_function(inside)
            case Differentiation(sign="nabla" | "grad", subject=Written() as subject, variables=(), order=1):
                return self.is_function(subject)
            case Bracketed(kind="(" | "[", items=(inside,)):
                return self.is_function(inside)
            case Beside(parts=parts, joints=joints):
                calls = any(
                    not joint
                    and isinstance(other, Bracketed)
                    and isinstance(_head(one), Symbol)
                    and not (isinstance(other.items[0], Signed) and self.is_function(other))
                    for one, other, joint in zip(parts, parts[1:], joints, strict=False)
                )
                return not calls and "/" not in joints and self._all(parts)
            case Signed(terms=parts):
                return self._all(parts)
            case Fractional(upper=upper, lower=lower):
                return self._all((upper, lower))
        return False

    def _all(self, parts: Sequence[Written]) -> bool:
        numbers = [isinstance(part, Numeral) for part in parts]
        return not all(numbers) and all(
            plain or self.is_function(part) for plain, part in zip(numbers, parts, strict=True)
        )

    def is_compound(self, written: Written) -> bool:
        """Whether it is made of several functions."""
        inner = written
        while isinstance(inner, Bracketed) and len(inner.items) == 1:
            inner = inner.items[0]
        return isinstance(inner, Beside | Signed | Fractional) and self.is_function(inner)

    def _is_multiple(self, written: Written, bracket: Written) -> bool:
        """Whether it is made of functions, and of letters that are not in the brackets behind it: (c f)(x)."""
        called = _bracket_of(bracket)
        if called is None or self.is_compound(written):
            return called is not None
        inner = written
        while isinstance(inner, Bracketed) and len(inner.items) == 1:
            inner = inner.items[0]
        letters = {base_name(part) for part in all_parts(inner) if isinstance(part, Symbol)}
        if not letters & self.names or letters & {
            base_name(part) for part in all_parts(called) if isinstance(part, Symbol)
        }:
            return False
        return isinstance(inner, Beside | Signed | Fractional) and replace(
            self, names=frozenset(self.names | letters), made=self.made
        ).is_function(inner)

    def _equates(self, chain: WrittenChain) -> bool:
        """Whether all members are functions without arguments."""
        links = {link.relation for link in chain.links}
        members = [member for member in chain.members if member is not None]
        return bool(members and links) and links <= {"=", ":="} and self._are_functions(members)

    def _are_functions(self, members: Sequence[Written]) -> bool:
        """Whether members are functions without arguments: some are compositions or derivatives.

        The first may be a letter that the others define.
        """
        first, *others = members
        is_name = isinstance(first, Symbol | Scripted) and isinstance(_head(first), Symbol)
        if not others or not all(map(self.is_function, others)) or not (is_name or self.is_function(first)):
            return False
        derived = (_is_composed(each) or (_is_derived(each) and self.is_function(first)) for each in members)
        return any(derived)


def _innermost(function: Written) -> str:
    """The name of a function that takes the argument itself: g for f \\circ g."""
    match function:
        case Beside(parts=parts, joints=joints):
            run, _ = next(_runs(parts, joints))
            return _innermost(run[-1])
        case Symbol():
            return base_name(function)
    return next((name for part in under(function) if (name := _innermost(part))), "")


def _is_composed(written: Written) -> bool:
    return any(isinstance(part, Beside) and "o" in part.joints for part in all_parts(written))


def _is_derived(written: Written) -> bool:
    return any((isinstance(part, Scripted) and part.primes) or _is_gradient(part) for part in all_parts(written))


def _is_gradient(part: Written) -> bool:
    return isinstance(part, Differentiation) and part.subject is not None and not part.variables


def _with_gradients(written: Written) -> Written:
    """A formula in which \\nabla and the factor behind it are one."""
    found: Written = with_parts(written, _with_gradients)
    if not isinstance(found, Beside):
        return found
    parts, joints = list(found.parts), list(found.joints)
    for at in range(len(parts) - 2, -1, -1):
        match parts[at], joints[at]:
            case Differentiation(sign="nabla" | "grad", subject=None, variables=()) as sign, "":
                place = sign.place[0], parts[at + 1].place[1]
                parts[at : at + 2] = [replace(sign, subject=parts[at + 1], place=place)]
                del joints[at]
    return parts[0] if len(parts) == 1 else replace(found, parts=tuple(parts), joints=tuple(joints))


def _runs(parts: Sequence[Written], joints: Sequence[str]) -> Iterator[tuple[list[Written], str]]:
    """The parts between which no sign of a composition stands, with the joint before each of them."""
    run, before = [parts[0]], ""
    for part, joint in zip(parts[1:], joints, strict=True):
        if joint == "o":
            run.append(part)
        else:
            yield run, before
            run, before = [part], joint
    yield run, before


def _head(written: Written) -> Written:
    return written.base if isinstance(written, Scripted) else written


def _bracket_of(written: Written) -> Bracketed | None:
    """The brackets with the only argument of a function, perhaps with scripts behind them."""
    inside = _head(written)
    return inside if isinstance(inside, Bracketed) and inside.kind == "(" and len(inside.items) == 1 else None


def _called(chains: Iterable[WrittenChain]) -> frozenset[str]:
    """The names that never stand without brackets behind them, but beside a sign of a composition."""
    total, called = Counter[str](), Counter[str]()
    for chain in chains:
        for member in filter(None, chain.members if chain.links else ()):
            for part in all_parts(member):
                if isinstance(part, Symbol):
                    total[base_name(part)] += 1
                if isinstance(part, Beside):
                    for at, one in enumerate(part.parts):
                        around = part.joints[max(at - 1, 0) : at + 1]
                        after = part.parts[at + 1] if at + 1 < len(part.parts) and not part.joints[at] else None
                        if isinstance(head := _head(one), Symbol):
                            is_call = after is not None and _bracket_of(after) is not None
                            called[base_name(head)] += is_call or "o" in around
    return frozenset(name for name, count in called.items() if count == total[name])


def _of_derivatives(chains: Sequence[WrittenChain]) -> Iterator[str]:
    """The letters of functions whose derivative is made of themselves: s' = s (1 - s), unless s(z) is defined."""
    firsts = [chain.members[0] for chain in chains if chain.links]
    told = {
        base_name(each.parts[0]) for each in firsts if isinstance(each, Beside) and isinstance(each.parts[0], Symbol)
    }
    for chain in chains:
        match chain.members[:2]:
            case Scripted(base=Symbol() as base, lower=None, upper=None, primes=1), Written() as right if {
                base_name(part) for part in all_parts(right) if isinstance(part, Symbol)
            } == {base_name(base)} - told:
                yield base_name(base)


def _stands_before_functions(sign: str, chains: Iterable[WrittenChain], functions: Set[str]) -> bool:
    """Whether a letter stands before functions with arguments only, and before brackets with compositions."""
    total = before = 0
    for chain in chains:
        for member in filter(None, chain.members):
            for part in all_parts(member):
                total += isinstance(part, Symbol) and part.text == sign
                for one, other in zip(part.parts, part.parts[1:], strict=False) if isinstance(part, Beside) else ():
                    head = _head(other)
                    is_sign = isinstance(one, Symbol) and one.text == sign
                    before += is_sign and (
                        base_name(head) in functions if isinstance(head, Symbol) else _is_composed(other)
                    )
    return before == total > 0
