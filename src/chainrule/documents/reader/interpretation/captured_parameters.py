"""Functions made of names that depend on what their parameters are called: l(w) = y log p, with p = s(w x).

Such an l is a value that moves with w: l'(w) is its derivative by w, and l(v) its value where w is v.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Definition, Derivation
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.terms import At, Call, Entry, Name, Slope, Term


def with_captured_parameters(derivation: Derivation) -> Derivation:
    """The derivation in which these functions are values.

    >>> from chainrule.documents.language.parsing import derivation_of
    >>> from chainrule.documents.language.printing import text_of
    >>> text = "w : number\\nl(w : number) := p^2\\np := 3 * w\\nclaim 1: l'(w) = 6 * p"
    >>> text_of(with_captured_parameters(derivation_of(text)).claims[0].left)
    'slope(l, w)'
    """
    names = Names.of(derivation)
    captured = {each.name: each for each in derivation.definitions if _is_captured(each, names)}
    conditions = (condition for claim in derivation.claims for condition in claim.conditions)
    every = (*derivation.parts, *(part for condition in conditions for part in terms.every(condition)))
    calls = [part for part in every if isinstance(part, Call) and part.function in captured]
    others = {call.function for call in calls if not _is_plain(call, captured[call.function])}
    values = {name: each for name, each in captured.items() if name not in others}
    if not values:
        return derivation
    meant = partial(_as_value, values)
    definitions = (
        replace(
            each, body=terms.substituted(each.body, meant), parameters=() if each.name in values else each.parameters
        )
        for each in derivation.definitions
    )
    claims = tuple(each.substituted(meant) for each in derivation.claims)
    return replace(derivation, definitions=tuple(definitions), claims=claims)


# What follows is private.


def _is_captured(definition: Definition, names: Names) -> bool:
    parameters = {name for name, _ in definition.parameters}
    others = terms.free_names(definition.body) - parameters - {definition.name}
    return bool(parameters & frozenset[str]().union(*map(names.uses, others)))


def _is_plain(call: Call, definition: Definition) -> bool:
    """Whether a call is one of the value, at the parameters or where one of them is something else, but no example."""
    parameters = [name for name, _ in definition.parameters]
    moved = [
        argument
        for name, argument in zip(parameters, call.arguments, strict=False)
        if argument != Name(name) and terms.free_names(argument) & {*parameters}
    ]
    parts = (part for argument in call.arguments for part in terms.every(argument))
    of_examples = any(isinstance(part, Entry) or getattr(part, "operator", "") == "member" for part in parts)
    simple = len(parameters) == len(call.arguments) and (len(parameters) == 1 or not moved) and not of_examples
    return simple and (not any(call.order) or (len(parameters) == 1 and call.order[0] < 3))


def _as_value(values: dict[str, Definition], part: Term) -> Term | None:
    if not isinstance(part, Call) or part.function not in values:
        return None
    parameters = [name for name, _ in values[part.function].parameters]
    found: Term = Name(part.function, span=part.span)
    if any(part.order):
        found = Slope("written" if part.order[0] == 1 else "second", found, Name(parameters[0]), span=part.span)
    for name, argument in zip(parameters, part.arguments, strict=True):
        there = terms.substituted(argument, partial(_as_value, values))
        found = found if there == Name(name) else At(found, name, there)
    return found
