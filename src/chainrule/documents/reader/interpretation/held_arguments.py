"""Arguments that a derivative of L(w, b) by w holds fixed, although b is made of w.

Beside dL/dw, which lets b follow w, the sign of ∂L/∂w says that b is fixed. In a text that never writes dL/dw, nothing
is proved: many write ∂L/∂w for both.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import replace

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Derivation
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.terms import Name, Slope, Term
from chainrule.documents.reader.letters.suffixed_names import letter_of
from chainrule.documents.reader.structure.statements import Statement
from chainrule.documents.reader.syntax.parts_written import all_parts, base_letter
from chainrule.documents.reader.syntax.written import Differentiation


def with_held_arguments(
    derivation: Derivation, statements: Iterable[Statement]
) -> tuple[Derivation, dict[int, frozenset[str]]]:
    """The derivation in which only those arguments are held that move, if the text writes both signs.

    By number of a claim: the arguments of which it is not known whether they are held.
    """
    if not any(isinstance(part, Slope) and part.holding for part in derivation.parts):
        return derivation, {}
    names, straight, doubted = Names.of(derivation), _straight(statements), dict[int, frozenset[str]]()

    def moving(part: Slope) -> tuple[str, ...]:
        by = part.moved
        return tuple(each for each in part.holding if by in names.used_by(Name(each)))

    def is_told(part: Slope) -> bool:
        body = part.body.function if isinstance(part.body, terms.Call) else terms.base_of(part.body)
        return (letter_of(body), letter_of(part.moved)) in straight

    def held(part: Term) -> Term | None:
        if not isinstance(part, Slope) or not part.holding:
            return None
        inside = terms.substituted(part.body, held)
        return replace(part, body=inside, holding=moving(part) if is_told(part) else ())

    claims = tuple(each.substituted(held) for each in derivation.claims)
    bodies = {each.name: each.body for each in derivation.definitions}
    for number, claim in enumerate(derivation.claims):
        own = (claim.left, claim.right, *claim.conditions)
        inside = [bodies[name] for name in names.used_in(claim) if name in bodies]
        every = (part for whole in (*own, *inside) for part in terms.every(whole))
        slopes = [part for part in every if isinstance(part, Slope) and part.holding and not is_told(part)]
        if found := frozenset(each for part in slopes for each in moving(part)):
            doubted[number] = found
    definitions = tuple(replace(each, body=terms.substituted(each.body, held)) for each in derivation.definitions)
    return replace(derivation, claims=claims, definitions=definitions), doubted


# What follows is private.


def _straight(statements: Iterable[Statement]) -> Set[tuple[str, str]]:
    """The letters of values that a text differentiates with a straight d, with those by which it does."""
    return {
        (base_letter(part.subject), base_letter(variable))
        for statement in statements
        for side in (statement.left, statement.right)
        for part in all_parts(side)
        if isinstance(part, Differentiation) and part.sign == "d" and part.subject is not None
        for variable in part.variables
    }
