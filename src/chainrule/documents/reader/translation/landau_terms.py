"""Limits, and what is left out in Taylor's formula: f(x + h) = f(x) + f'(x) h + o(h).

The sides are smooth, for the text differentiates them. So their difference D is o(|h|^p) if and only if D(t h) / t^p
tends to 0 with t for all h, and it is O(|h|^p) if it is o(|h|^(p - 1)).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from chainrule.documents.language import terms
from chainrule.documents.language.terms import ONE, ZERO, Apply, Name, Number, Term
from chainrule.documents.reader.letters.meanings import Meanings
from chainrule.documents.reader.letters.prefixes import CHANGE
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import NotMeant
from chainrule.documents.reader.syntax.parts_written import all_parts, base_name, letters_of
from chainrule.documents.reader.syntax.written import Written

SIGNS = frozenset({"o", "O"})

_EXPONENTIAL = frozenset({"exp", "tanh", "sinh", "cosh"})

LANDAU = "O is no function"

SMALL = frozenset({"h", "epsilon", "varepsilon"})
"""Letters that are small where something with them is about equal to something else."""

APPROXIMATE = "≈ is meant "


def limit(meanings: Meanings, part: w.BigOperator, body: Term) -> Term:
    """\\lim_{h \\to 0} of a term.

    Raises
    ------
    NotMeant
    """
    match part.lower:
        case w.Comparing(members=(w.Symbol(), w.Scripted(upper=w.Symbol(text="+" | "-"))), relations=("->",)):
            raise NotMeant("a limit from one side", part.place)
        case w.Comparing(members=(w.Symbol() as name, to), relations=("->",)) if (sign := _infinite(to)) is not None:
            return _far_away(meanings, body, meanings.named(base_name(name), alone=True), sign)
        case w.Comparing(members=(w.Symbol() as name, to), relations=("->",)):
            return terms.LimitOf(body, meanings.named(base_name(name), alone=True), meanings.term(to))
    raise NotMeant("a limit; expected below lim a letter, an arrow and a value", part.place)


def orders(written: Written) -> Iterator[tuple[w.Symbol, int]]:
    """The variables of the terms o(h) and O(h) of a sum, each with the power of |h| that is larger: 1 in O(h^2)."""
    for part in _terms(written):
        if (found := _order(part)) is not None:
            yield found


def without_orders(written: Written) -> Written | None:
    """A sum without these terms; None if nothing is left."""
    if not isinstance(written, w.Signed):
        return None if _order(written) else written
    kept = [(part, sign) for part, sign in zip(written.terms, written.signs, strict=True) if _order(part) is None]
    if not kept:
        return None
    return replace(written, terms=tuple(part for part, _ in kept), signs=tuple(sign for _, sign in kept))


def vanishing(meanings: Meanings, difference: Term, variable: w.Symbol, power: int) -> Term:
    """The limit of D(t h) / t^p where t tends to 0."""
    letter, name = Name(meanings.new_letter()), meanings.named(base_name(variable), alone=True)
    found: Term = terms.At(difference, name, Apply("beside", (letter, Name(name))))
    if power:
        found = Apply("over", (found, Apply("raised", (letter, Number(Fraction(power))))))
    return terms.LimitOf(found, letter.text, ZERO)


def approximation(sides: Sequence[Written]) -> tuple[w.Symbol, int, str] | None:
    """The only small letter in an approximation, a power, and what it means then; None if there is no such letter.

    f(x + h) ≈ f(x) + f'(x) h says that the difference is o(h). A quotient by h says this of a limit.
    """
    every = [part for side in sides for part in all_parts(side)]
    letters = {
        base_name(part): part
        for part in every
        if isinstance(part, w.Symbol) and (base_name(part) in SMALL or CHANGE in part.accents)
    }
    entries = [part.base for part in every if isinstance(part, w.Scripted) and part.lower is not None]
    several = {base_name(base) for base in entries if isinstance(base, w.Symbol)}
    if len(letters) != 1 or letters.keys() & several:
        return None
    [(name, letter)] = letters.items()
    divided = any(isinstance(part, w.Fractional) and name in letters_of(part.lower) for part in every)
    words = f"in the limit of {name} to 0" if divided else f"to first order in {name}"
    return letter, 0 if divided else 1, f"{APPROXIMATE}{words}"


# What follows is private.


def _infinite(to: Written) -> int | None:
    """1 for infinity, -1 for minus infinity; None for anything else."""
    match to:
        case w.Symbol(text="infty" | "infinity"):
            return 1
        case w.Signed(terms=(w.Symbol(text="infty" | "infinity"),), signs=(sign,)):
            return sign
    return None


def _far_away(meanings: Meanings, body: Term, name: str, sign: int) -> Term:
    """The limit of a term in x where x tends to infinity: that at 0 of the term in u with x = 1/u^2.

    Where x may stand in an exponential it is x = -log u^2, so that e^{-x} is u^2. Both are even in u, so that the
    limit from both sides is the one from above.
    """
    letter = Name(meanings.new_letter())
    square = Apply("^", (letter, Number(Fraction(2))))
    inside = [part for part in terms.every(body) if name in terms.free_names(part)]
    grows = any(isinstance(part, terms.Call | terms.RuleCall) for part in inside)
    grows |= any(isinstance(part, Apply) and part.operator in _EXPONENTIAL for part in inside)
    large = Apply("negative", (Apply("log", (square,)),)) if grows else Apply("/", (ONE, square))
    value = large if sign > 0 else Apply("negative", (large,))
    return terms.LimitOf(terms.At(body, name, value), letter.text, ZERO)


def _terms(written: Written) -> tuple[Written, ...]:
    return written.terms if isinstance(written, w.Signed) else (written,)


def _order(part: Written) -> tuple[w.Symbol, int] | None:
    """The variable of o(h^p) and p, or of O(h^p) and p - 1; None for another term."""
    match part:
        case w.Beside(parts=(sign, w.Bracketed(kind="(", items=(argument,))), joints=("",)):
            name, (letter, power) = _sign(sign), _power(argument)
            if name and letter is not None:
                return letter, power - (name == "O")
        case w.Scripted(
            base=w.Symbol(text="o"), lower=w.Comparing(members=(w.Symbol() as variable, _), relations=("->",))
        ):
            return variable, 1
    return None


def _sign(written: Written) -> str:
    match written:
        case w.Symbol(text=text, accents=()) if text in SIGNS:
            return text
        case w.Scripted(base=w.Symbol(text=text, accents=()), lower=w.Comparing(relations=("->",)), upper=None) if (
            text in SIGNS
        ):
            return text
    return ""


def _power(argument: Written) -> tuple[w.Symbol | None, int]:
    """The letter of h, |h|, h^2 and |h|^2, and the power."""
    match argument:
        case w.Symbol():
            return argument, 1
        case w.Bracketed(kind="|" | "||", items=(w.Symbol() as variable,)):
            return variable, 1
        case w.Scripted(base=base, lower=None, upper=w.Numeral(value=value), primes=0) if (
            value.denominator == 1 and value > 0
        ):
            letter, power = _power(base)
            return letter, power * int(value)
        case w.Scripted(base=w.Bracketed(kind="||", items=(w.Symbol() as variable,)), upper=None, primes=0):
            return variable, 1  # \\|h\\|_2
    return None, 0
