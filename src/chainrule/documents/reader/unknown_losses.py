"""Losses without a definition: each is an unknown function of what it is differentiated by.

If J is differentiated by z = W x and by x, it is a function of z. But if the document also defines y = z + x, x reaches
more than z, and J may depend on that: then J is a function of y.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import replace

from chainrule.documents.language import terms
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.resolving import size_term
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.language.terms import Declaration, Definition, Derivation, FunctionKind, Name


def with_losses(derivation: Derivation, shapes: Shapes) -> Derivation:
    """Names that are differentiated and not defined are unknown functions of what they are differentiated by."""
    defined = {d.name for d in derivation.definitions}
    by = _differentiated(derivation.parts, defined)
    names = Names.of(derivation)
    made, functions = [], []
    for name, variables in by.items():
        last = _last(names, by, name)
        last = _with_ways_around(names, last, variables, by.keys())
        known = [shapes.names[v].known for v in last if v in shapes.names]
        result = shapes.names[name].known if name in shapes.names else ()
        if len(known) != len(last) or any(shape is None for shape in (*known, result)) or not last:
            continue
        function = f"{name}_of"
        shapes_of = tuple(tuple(size_term(d.final) for d in shape or ()) for shape in known)
        kind = FunctionKind(shapes_of, tuple(size_term(d.final) for d in result or ()))
        functions.append(Declaration(function, kind))
        made.append(Definition(name, terms.Call(function, tuple(map(Name, last)))))
    made_names = {each.name for each in made}
    return replace(
        derivation,
        declarations=(*(each for each in derivation.declarations if each.name not in made_names), *functions),
        definitions=(*derivation.definitions, *made),
    )


def has_ways_around(names: Names, parts: Iterable[terms.Term]) -> bool:
    """Whether definitions lead from what a loss is differentiated by in some terms around the last of these names.

    `names` are those of a document in which unknown losses are functions.
    """
    losses = {name for name, each in names.definitions.items() if each.is_unknown}
    by = _differentiated(parts, names.definitions.keys() - losses)
    lasts = ((name, _last(names, by, name)) for name in by)
    return any(_with_ways_around(names, last, by[name], losses | by.keys()) != last for name, last in lasts)


# What follows is private.


def _last(names: Names, by: Mapping[str, Iterable[str]], loss: str) -> list[str]:
    """What a loss is differentiated by, without what others of these names are made of."""
    below = {each: names.uses(each) | _reached(by, each) for each in by[loss]}
    return [each for each in below if not any(each != one and each in below[one] - {loss} for one in below)]


def _differentiated(parts: Iterable[terms.Term], defined: Set[str]) -> dict[str, dict[str, None]]:
    """The names without a definition that are differentiated, with those by which they are."""
    by = dict[str, dict[str, None]]()
    for part in parts:
        if isinstance(part, terms.Slope):
            body, variable = terms.base_of(part.body), terms.base_of(part.variable)
            if body and variable and body != variable and body not in defined:
                by.setdefault(body, {})[variable] = None
    return by


def _with_ways_around(names: Names, last: list[str], variables: Iterable[str], losses: Set[str]) -> list[str]:
    """The last names on which a loss depends, with definitions that its variables reach in other ways, too."""
    found, moved = list(last), frozenset(variables)
    for each in names.definitions.values():
        inside = names.uses(each.name)
        if each.parameters or inside & losses or any(each.name in names.uses(one) for one in found):
            continue
        if names.without(frozenset(found)).uses(each.name) & moved - {*found}:
            found = [one for one in found if one not in inside]
            found.append(each.name)
    return found


def _reached(by: Mapping[str, Iterable[str]], name: str) -> set[str]:
    """The names by which a name without a definition is differentiated, and those by which these are."""
    found, waiting = set[str](), [name]
    while waiting:
        more = set(by.get(waiting.pop(), ())) - found
        found |= more
        waiting += more
    return found
