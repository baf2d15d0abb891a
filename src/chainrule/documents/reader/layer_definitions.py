"""Definitions for one layer count for all: z^{(l)} = W^{(l)} a^{(l-1)} says what z^{(l+1)} and z^{(L)} are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import replace

from chainrule.documents.language import terms
from chainrule.documents.language.dimensions import OPEN
from chainrule.documents.language.terms import Definition, Derivation, Name, Term

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
