"""Definitions for one layer count for all: z^{(l)} = W^{(l)} a^{(l-1)} says what z^{(l+1)} and z^{(L)} are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Definition, Derivation
from chainrule.documents.language.dimensions import OPEN
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.terms import Name, Term
from chainrule.documents.reader.letters.suffixed_names import NameInLayer, layer_of

_Schemas = dict[str, dict[str, tuple[Definition, NameInLayer]]]
"""Definitions for one layer, by the base of the name and by the letter of the layer."""


def with_layers(derivation: Derivation) -> Derivation:
    """With definitions for the layers that claims name, and for those between them, from that for another layer.

    Between are also the layers through which a loss may depend on a layer of a claim: z^{(l+1)} = W^{(l+1)} a^{(l)} if
    the claim has a^{(l)} and z^{(l+1)}, and a^{(l+2)} if that has a^{(l)} in its definition.
    """
    schemas = _schemas(derivation)
    used = [layer for layer in map(layer_of, _used(derivation)) if layer is not None]
    counts = {
        letter: [each.number for each in used if each.letter == letter] for letter in {each.letter for each in used}
    }
    between = (each for letter, own in counts.items() for each in _between(schemas, letter, min(own), max(own)))
    known = {each.name: each for each in derivation.definitions}
    made, pending = dict[str, Definition](), [*used, *between]
    while pending:
        layer = pending.pop()
        if layer.base not in schemas or layer.name in known.keys() | made.keys():
            continue
        definition, own = schemas[layer.base].get(layer.letter) or next(iter(schemas[layer.base].values()))
        body = _moved(definition.body, own.letter, layer.letter, layer.number - own.number)
        inside = [each for each in map(layer_of, terms.free_names(body)) if each is not None]
        if "__-" in " ".join(terms.free_names(body)):  # below layer 0
            continue
        if layer.name in Names(known | made, {}).used_by(body):  # z = A^{-1} x in one layer, x = A z in another
            continue
        made[layer.name] = replace(definition, name=layer.name, body=body)
        pending += [each for each in inside if _lies_between(each, counts.get(each.letter, []))]
    return replace(derivation, definitions=(*derivation.definitions, *(made[name] for name in sorted(made))))


def is_derivative_elsewhere(name: str, definitions: Mapping[str, Definition]) -> bool:
    """Whether a name is a derivative by the definition for another layer: what is said of it is then a claim.

    The other layer is l, and the name has L, a number, or l - 1.
    """
    layer = layer_of(name)
    if layer is None:
        return False
    letters = {layer.letter, layer.letter.lower(), "l"}
    return any(
        other is not None and other != layer and other.base == layer.base and other.letter.islower()
        and other.letter in letters and _has_derivative(each)
        for each in definitions.values() for other in [layer_of(each.name)]
    )  # fmt: skip


def leads_down(definitions: Iterable[Definition]) -> bool:
    """Whether layers are made only of themselves and lower ones: no definition names a higher one, or a derivative."""
    for each in definitions:
        own = layer_of(each.name)
        layers = [layer for layer in map(layer_of, terms.free_names(each.body)) if layer is not None]
        if _has_derivative(each) or (own is None and layers):
            return False
        if own is not None and any(layer.letter != own.letter or layer.number > own.number for layer in layers):
            return False
    return True


def last_layers(names: Set[str], definitions: Mapping[str, Definition], known: Set[str]) -> dict[str, str]:
    """The names of the last layer, by letters without a layer that nothing defines: a^L for a in nabla_a C."""
    layers = {name: layer for name in names if (layer := layer_of(name)) is not None}
    last = {each.base: name for name, each in layers.items() if each.letter.isupper() and not each.number}
    made = {layer.base for name in definitions if (layer := layer_of(name)) is not None}
    return {name: last[name] for name in names & last.keys() & made - known}


# What follows is private.


def _has_derivative(definition: Definition) -> bool:
    return any(isinstance(part, terms.Slope) for part in terms.every(definition.body))


def _schemas(derivation: Derivation) -> _Schemas:
    """The definitions from which those for other layers are made: no numbered one, for layer 1 may be another thing."""
    found: _Schemas = {}
    for each in derivation.definitions:
        layer = layer_of(each.name)
        if layer is not None and layer.letter and not each.parameters:
            found.setdefault(layer.base, {}).setdefault(layer.letter, (each, layer))
    return found


def _between(schemas: _Schemas, letter: str, low: int, high: int) -> Iterator[NameInLayer]:
    """The layers above the lowest of a claim, up to those through which this reaches the highest.

    Names that are defined as derivatives are left out: a loss does not depend on them.
    """
    for base, every in schemas.items():
        definition, own = every.get(letter) or next(iter(every.values()))
        if letter in ("", own.letter) and not _has_derivative(definition):
            inside = filter(None, map(layer_of, terms.free_names(definition.body)))
            lowest = min((each.number for each in inside if each.letter == own.letter), default=own.number)
            for number in range(low + 1, high + max(own.number - lowest, 1)):
                yield NameInLayer(base, letter, number)


def _lies_between(layer: NameInLayer, counts: Sequence[int]) -> bool:
    """Whether a layer lies above the lowest one of a claim, or is this one and has a number, up to the highest."""
    low, high = (min(counts), max(counts)) if counts else (0, -1)
    return (low if not layer.letter else low + 1) <= layer.number <= high


def _used(derivation: Derivation) -> Set[str]:
    return {part.text for claim in derivation.claims for part in claim.parts if isinstance(part, Name)}


def _moved(term: Term, old: str, new: str, by: int) -> Term:
    """A term for another layer."""
    if isinstance(term, Name):
        layer = layer_of(term.text)
        if term.text.startswith(OPEN):
            return replace(term, text=f"{term.text}_{new}{by}")
        if layer is None or layer.letter != old:
            return term
        return replace(term, text=NameInLayer(layer.base, new, layer.number + by).name)
    return terms.mapped(term, lambda part: _moved(part, old, new, by))
