"""Definitions for one layer count for all: z^{(l)} = W^{(l)} a^{(l-1)} says what z^{(l+1)} and z^{(L)} are.

A loss whose definition does not lead to what it is differentiated by depends on it through layers that nobody writes
down: there it is an unknown function, so that a claim about it holds for every loss or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import replace

from chainrule.documents.language import terms
from chainrule.documents.language.dimensions import OPEN
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.terms import Derivation, Name, Relation, Term

_LAYER = re.compile(r"(?P<base>.*)__(?P<letter>[A-Za-z]+?)(?:_(?P<sign>plus|minus)_(?P<count>\d+))?\Z")


def with_layers(derivation: Derivation) -> Derivation:
    """With definitions for the layers that claims name, from the definition for another layer."""
    known = {each.name: each for each in derivation.definitions}
    schemas = {layer[0]: (each, layer) for each in derivation.definitions if (layer := _layer(each.name)) is not None}
    made = []
    for name in sorted(_used(derivation) - known.keys()):
        layer = _layer(name)
        if layer is None or layer[0] not in schemas:
            continue
        definition, (_, letter, offset) = schemas[layer[0]]
        if definition.parameters:
            continue
        made.append(replace(definition, name=name, body=_moved(definition.body, letter, layer[1], layer[2] - offset)))
    return replace(derivation, definitions=(*derivation.definitions, *made))


def with_unknown_losses(derivation: Derivation) -> tuple[Derivation, dict[int, str]]:
    """Unknown functions in place of losses that do not lead to what they are differentiated by, with the claims."""
    defined, uses = {each.name for each in derivation.definitions}, Names.of(derivation).uses

    def lost(*terms_: Term) -> dict[str, str]:
        slopes = [part for term in terms_ for part in terms.every(term) if isinstance(part, terms.Slope)]
        names = {
            (terms.base_of(each.body), terms.base_of(each.variable)) for each in slopes if isinstance(each.body, Name)
        }
        return {name: lost_name(name) for name, by in names if name in defined and by not in uses(name)}

    bodies = {each.name: lost(each.body) for each in derivation.definitions}
    definitions = tuple(replace(each, body=_renamed(each.body, bodies[each.name])) for each in derivation.definitions)
    found, claims = dict[int, str](), list[Relation]()
    for number, claim in enumerate(derivation.claims):
        new = lost(claim.left, claim.right)
        used = [name for term in (claim.left, claim.right) for each in terms.free_names(term) for name in uses(each)]
        if losses := new.keys() | {name for each in used for name in bodies.get(each, {})}:
            found[number] = ", ".join(sorted(losses))
        claims.append(
            replace(claim, left=_renamed(claim.left, new), right=_renamed(claim.right, new)) if new else claim
        )
    return replace(derivation, definitions=definitions, claims=tuple(claims)), found


def lost_name(name: str) -> str:
    """The name of the unknown function that stands for a loss.

    >>> lost_name("J")
    'J__any'
    """
    return f"{name}__any"


# What follows is private.


def _layer(name: str) -> tuple[str, str, int] | None:
    """The parts of a name with a layer: its letter and what is added to it."""
    match = _LAYER.match(name)
    if match is None or match["base"].startswith("_") or match["letter"] in ("part", "any"):
        return None
    count = int(match["count"] or 0)
    return match["base"], match["letter"], -count if match["sign"] == "minus" else count


def _used(derivation: Derivation) -> Set[str]:
    return {part.text for claim in derivation.claims for side in (claim.left, claim.right) for part in terms.every(side)
            if isinstance(part, Name)}  # fmt: skip


def _moved(term: Term, old: str, new: str, by: int) -> Term:
    """A term for another layer."""
    if isinstance(term, Name):
        layer = _layer(term.text)
        if term.text.startswith(OPEN):
            return replace(term, text=f"{term.text}_{new}{by}")
        if layer is None or layer[1] != old:
            return term
        offset = layer[2] + by
        sign = f"_plus_{offset}" if offset > 0 else f"_minus_{-offset}" if offset else ""
        return replace(term, text=f"{layer[0]}__{new}{sign}")
    return terms.mapped(term, lambda part: _moved(part, old, new, by))


def _renamed(term: Term, new: dict[str, str]) -> Term:
    if isinstance(term, Name):
        return replace(term, text=new.get(term.text, term.text))
    return terms.mapped(term, lambda part: _renamed(part, new))
