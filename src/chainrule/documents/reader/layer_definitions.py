"""Definitions for one layer count for all: z^{(l)} = W^{(l)} a^{(l-1)} says what z^{(l+1)} and z^{(L)} are.

A loss whose definition does not lead to what it is differentiated by depends on it through layers that nobody writes
down: there it is an unknown function, so that a claim about it holds for every loss or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import replace

from chainrule.documents.language import terms
from chainrule.documents.language.dimensions import OPEN
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.terms import Definition, Derivation, Name, Relation, Term

_Schemas = dict[str, dict[str, tuple[Definition, str, int]]]
"""Definitions for one layer, its letter and what is added to it, by the name without its layer and by this letter."""

_LAYER = re.compile(
    r"(?P<base>.*)__(?:(?P<number>\d+)|(?P<letter>[A-Za-z]+?)(?:_(?P<sign>plus|minus)_(?P<count>\d+))?)\Z"
)


def with_layers(derivation: Derivation) -> Derivation:
    """With definitions for the layers that claims name, and for those between them, from that for another layer.

    Between are also the layers through which a loss may depend on a layer of a claim: z^{(l+1)} = W^{(l+1)} a^{(l)} if
    the claim has a^{(l)} and z^{(l+1)}, and a^{(l+2)} if that has a^{(l)} in its definition.
    """
    schemas = _schemas(derivation)
    used = {name: layer for name in _used(derivation) if (layer := layer_of(name)) is not None}
    ranges = {letter: [count for _, own, count in used.values() if own == letter] for _, letter, _ in used.values()}
    known, made, pending = {each.name for each in derivation.definitions}, dict[str, Definition](), dict(used)
    for letter, counts in ranges.items():
        pending |= _between(schemas, letter, min(counts), max(counts))
    while pending:
        name, (base, letter, count) = pending.popitem()
        if base not in schemas or name in known or name in made:
            continue
        definition, own, offset = schemas[base].get(letter) or next(iter(schemas[base].values()))
        body = _moved(definition.body, own, letter, count - offset)
        if any("__-" in part for part in terms.free_names(body)):  # below layer 0
            continue
        made[name] = replace(definition, name=name, body=body)
        for part in terms.free_names(made[name].body):
            layer = layer_of(part)
            there = [] if layer is None else ranges.get(layer[1], [])
            if layer is not None and there and min(there) - (not layer[1]) < layer[2] <= max(there):
                pending[part] = layer
    return replace(derivation, definitions=(*derivation.definitions, *(made[name] for name in sorted(made))))


def with_unknown_losses(derivation: Derivation) -> tuple[Derivation, dict[int, str]]:
    """Unknown functions in place of losses that do not lead to what they are differentiated by, with the claims.

    If what a name means is written out in a loss, as W x in E = |W x|^2 beside s = W x, the name takes its place.
    """
    derivation, named = _with_names_in_place(derivation)
    defined, uses = {each.name for each in derivation.definitions}, Names.of(derivation).uses

    def pairs(*terms_: Term) -> set[tuple[str, str]]:
        return {(loss, by) for loss, by in map(_differentiated, _slopes(*terms_)) if loss in defined}

    def lost(*terms_: Term) -> dict[str, str]:
        return {name: lost_name(name) for name, by in pairs(*terms_) if by not in uses(name)}

    bodies = {each.name: lost(each.body) for each in derivation.definitions}
    guessed = {
        each.name: {loss for loss, by in pairs(each.body) if (loss, by) in named} for each in derivation.definitions
    }
    definitions = tuple(replace(each, body=_renamed(each.body, bodies[each.name])) for each in derivation.definitions)
    found, claims = dict[int, str](), list[Relation]()
    for number, claim in enumerate(derivation.claims):
        new = lost(claim.left, claim.right)
        used = [name for term in (claim.left, claim.right) for each in terms.free_names(term) for name in uses(each)]
        losses = new.keys() | {loss for loss, _ in pairs(claim.left, claim.right) & named}
        if losses := losses | {name for each in used for name in (*bodies.get(each, {}), *guessed.get(each, ()))}:
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


def layer_of(name: str) -> tuple[str, str, int] | None:
    """What stands before a name's layer, the letter of this layer, and what is added to it; None without a layer.

    >>> layer_of("z__l_plus_1")
    ('z', 'l', 1)
    >>> layer_of("z__2")
    ('z', '', 2)
    """
    match = _LAYER.match(name)
    if match is not None and match["number"] and not match["base"].startswith("_"):
        return match["base"], "", int(match["number"])
    if match is None or match["base"].startswith("_") or match["letter"] in ("part", "any"):
        return None
    count = int(match["count"] or 0)
    return match["base"], match["letter"], -count if match["sign"] == "minus" else count


def is_derivative_elsewhere(name: str, definitions: Mapping[str, Definition]) -> bool:
    """Whether a name is a derivative by the definition for another layer: what is said of it is then a claim.

    The other layer is l, and the name has L, a number, or l - 1.
    """
    layer = layer_of(name)
    if layer is None:
        return False
    every = ((each.body, layer_of(each.name)) for each in definitions.values())
    others = [(body, other) for body, other in every if other is not None and other[0] == layer[0] and other != layer]
    bodies = [
        body for body, (_, letter, _) in others if letter.islower() and letter in (layer[1], layer[1].lower(), "l")
    ]
    return any(isinstance(part, terms.Slope) for body in bodies for part in terms.every(body))


def leads_down(definitions: Iterable[Definition]) -> bool:
    """Whether layers are made only of themselves and lower ones: no definition names a higher one, or a derivative."""
    for each in definitions:
        own = layer_of(each.name)
        layers = [layer for name in terms.free_names(each.body) if (layer := layer_of(name)) is not None]
        if any(isinstance(part, terms.Slope) for part in terms.every(each.body)) or (own is None and layers):
            return False
        if own is not None and not all(layer[1] == own[1] and layer[2] <= own[2] for layer in layers):
            return False
    return True


# What follows is private.


def _slopes(*every: Term) -> list[terms.Slope]:
    """The derivatives of names in some terms."""
    found = (part for term in every for part in terms.every(term))
    return [part for part in found if isinstance(part, terms.Slope) and isinstance(part.body, Name)]


def _differentiated(slope: terms.Slope) -> tuple[str, str]:
    return terms.base_of(slope.body), terms.base_of(slope.variable)


def _with_names_in_place(derivation: Derivation) -> tuple[Derivation, set[tuple[str, str]]]:
    """Names in place of what they mean, in what a loss is made of that is differentiated by them; these pairs."""
    every = {each.name: each for each in derivation.definitions}
    named = set[tuple[str, str]]()
    for loss, by in dict.fromkeys(map(_differentiated, _slopes(*derivation.parts))):
        meant, uses = every.get(by), Names(every, {}).uses
        if loss not in every or meant is None or meant.parameters or isinstance(meant.body, Name) or by in uses(loss):
            continue
        inside = [each for name in uses(loss) - uses(by) if (each := every.get(name)) is not None]
        new = {each.name: replace(each, body=_put(each, meant)) for each in inside}
        if any(new[each.name] != each for each in inside) and not any(
            _has_all(each.body, meant) for each in new.values()
        ):
            every |= new
            named.add((loss, by))
    return replace(derivation, definitions=tuple(every.values())), named


def _put(definition: Definition, meant: Definition) -> Term:
    """The body of a definition, with the name of another one where what that means is written out."""
    own = _factors(meant.body)

    def put(term: Term) -> Term:
        if term == meant.body:
            return Name(meant.name)
        found = _factors(term)
        for at in range(len(found) - len(own) + 1 if len(own) > 1 else 0):
            if found[at : at + len(own)] == own:  # W x in c^T W x
                return _product([*map(put, found[:at]), Name(meant.name), *map(put, found[at + len(own) :])])
        return terms.mapped(term, put)

    bound = {name for name, _ in definition.parameters}
    return definition.body if bound & terms.free_names(meant.body) else put(definition.body)


def _has_all(body: Term, meant: Definition) -> bool:
    """Whether a product has all names of what another name means: perhaps it is written there in another way."""
    names = terms.free_names(meant.body)
    products = (part for part in terms.every(body) if len(names) == 1 or len(_factors(part)) > 1)
    return any(names <= terms.free_names(part) for part in products)


def _factors(term: Term) -> list[Term]:
    """The factors of a product as it is written."""
    if isinstance(term, terms.Apply) and term.operator == "beside":
        return [*_factors(term.operands[0]), *term.operands[1:]]
    return [term]


def _product(factors: list[Term]) -> Term:
    found, *others = factors
    for each in others:
        found = terms.Apply("beside", (found, each))
    return found


def _name(base: str, letter: str, count: int) -> str:
    """A name with a layer."""
    if not letter:
        return f"{base}__{count}"
    return f"{base}__{letter}" + (f"_plus_{count}" if count > 0 else f"_minus_{-count}" if count else "")


def _schemas(derivation: Derivation) -> _Schemas:
    """The definitions for one layer, by the names without layers and by the letters of these layers."""
    found: _Schemas = {}
    for each in derivation.definitions:
        layer = layer_of(each.name)
        if layer is not None and layer[1] and not each.parameters:  # layer 1 may be made in another way
            base, letter, offset = layer
            found.setdefault(base, {}).setdefault(letter, (each, letter, offset))
    return found


def _between(schemas: _Schemas, letter: str, low: int, high: int) -> dict[str, tuple[str, str, int]]:
    """The names that lie above a layer, up to those through which it reaches the highest, if no derivatives are."""
    found = dict[str, tuple[str, str, int]]()
    for base, every in schemas.items():
        definition, letter_there, offset = every.get(letter) or next(iter(every.values()))
        if letter in ("", letter_there) and not any(
            isinstance(part, terms.Slope) for part in terms.every(definition.body)
        ):
            layers = (layer_of(part) for part in terms.free_names(definition.body))
            lowest = min((count for _, own, count in filter(None, layers) if own == letter_there), default=offset)
            for count in range(low + 1, high + max(offset - lowest, 1)):
                found[_name(base, letter, count)] = base, letter, count
    return found


def _used(derivation: Derivation) -> Set[str]:
    return {part.text for claim in derivation.claims for side in (claim.left, claim.right) for part in terms.every(side)
            if isinstance(part, Name)}  # fmt: skip


def _moved(term: Term, old: str, new: str, by: int) -> Term:
    """A term for another layer."""
    if isinstance(term, Name):
        layer = layer_of(term.text)
        if term.text.startswith(OPEN):
            return replace(term, text=f"{term.text}_{new}{by}")
        if layer is None or layer[1] != old:
            return term
        return replace(term, text=_name(layer[0], new, layer[2] + by))
    return terms.mapped(term, lambda part: _moved(part, old, new, by))


def _renamed(term: Term, new: dict[str, str]) -> Term:
    if isinstance(term, Name):
        return replace(term, text=new.get(term.text, term.text))
    return terms.mapped(term, lambda part: _renamed(part, new))
