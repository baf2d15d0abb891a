"""Losses without a definition: each is an unknown function of what it is differentiated by.

If J is differentiated by z = W x and by x, it is a function of z. But if the document also defines y = z + x, x reaches
more than z, and J may depend on that: then J is a function of y.

A loss whose definition does not lead to what it is differentiated by depends on it through layers that nobody writes
down: there it is an unknown function, so that a claim about it holds for every loss or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import replace
from itertools import chain
from types import MappingProxyType

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Declaration, Definition, Derivation, Relation
from chainrule.documents.language.dimensions import Shape, vector_axis
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.reachability import reached
from chainrule.documents.language.resolving import function_kind
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.language.terms import Name, Term
from chainrule.documents.language.trees import kept
from chainrule.documents.reader.letters.suffixed_names import letter_of, lost_name, name_as_written
from chainrule.documents.reader.letters.usual_functions import TEMPLATES


def with_losses(
    derivation: Derivation, shapes: Shapes, told: Mapping[str, Set[str]] = MappingProxyType({})
) -> Derivation:
    """Names that are differentiated and not defined are unknown functions of what they are differentiated by.

    `told` has the letters of losses of which a block says on which names they depend.

    Where definitions lead around the last of these variables, but not from it, a claim may hold only if the loss does
    not depend on them: this is a supposition.
    """
    defined = {d.name for d in derivation.definitions}
    by = _differentiated(derivation.parts, defined)
    names, functions, made = Names.of(derivation), list[Declaration](), list[Definition]()
    supposed = dict[str, Definition]()
    for name, variables in by.items():
        last = _last(names, by, name)
        given = _given(names, variables, told.get(letter_of(name), frozenset()))
        around = given or _with_ways_around(names, last, variables, by.keys())
        result = shapes.names[name].known if name in shapes.names else ()
        kind = function_kind(around, result, shapes)
        if kind is None:
            continue
        functions.append(Declaration(f"{name}_of", kind))
        made.append(_loss_of(name, around))
        behind = given or [each for each in around if each in last or names.uses(each) & {*last}] or last
        if behind != around:
            words = f"{letter_of(name)} depends on its variables only through {' and '.join(behind)}"
            supposed[words] = _loss_of(name, behind)
    counts = {each.name: len(each.body.arguments) for each in made if isinstance(each.body, terms.Call)}

    def called(term: Term) -> Term:
        """A term in which such a function is also the one that has brackets behind it: f(x) beside df/dx."""
        found = terms.mapped(term, called)
        is_same = isinstance(found, terms.Call) and counts.get(found.function) == len(found.arguments)
        return replace(found, function=f"{found.function}_of") if isinstance(found, terms.Call) and is_same else found

    kept = (each for each in derivation.declarations if each.name not in counts)
    return replace(
        derivation,
        declarations=(*kept, *functions),
        definitions=(*(replace(each, body=called(each.body)) for each in derivation.definitions), *made),
        claims=tuple(replace(each, left=called(each.left), right=called(each.right)) for each in derivation.claims),
        supposed={**derivation.supposed, **supposed},
    )


def has_ways_around(names: Names, parts: Iterable[terms.Term]) -> bool:
    """Whether definitions lead from what a loss is differentiated by in some terms around the last of these names.

    `names` are those of a document in which unknown losses are functions.
    """
    losses = {name for name, each in names.definitions.items() if each.is_unknown_loss}
    by = _differentiated(parts, names.definitions.keys() - losses)
    lasts = ((name, _last(names, by, name)) for name in by)
    return any(_with_ways_around(names, last, by[name], losses | by.keys()) != last for name, last in lasts)


def with_unknown_losses(derivation: Derivation) -> tuple[Derivation, dict[int, str]]:
    """Unknown functions in place of losses that do not lead to what they are differentiated by, with the claims.

    If what a name means is written out in a loss, as W x in E = |W x|^2 beside s = W x, the name takes its place.
    """
    derivation, named = _with_names_in_place(derivation)
    defined, names = {each.name for each in derivation.definitions}, Names.of(derivation).uses
    variables = _differentiated(derivation.parts, defined)

    def uses(name: str) -> Set[str]:
        """The names that a name is made of, and those by which the document differentiates the unknown ones of them."""
        return names(name).union(*(variables.get(each, ()) for each in names(name)))

    def lost(*sides: Term) -> tuple[dict[str, str], set[str]]:
        """New names for losses that do not lead to their variables, and all losses that are doubted."""
        pairs = _pairs(*sides)
        new = {loss: lost_name(loss) for loss, by in pairs if loss in defined and by not in uses(loss)}
        return new, new.keys() | {loss for loss, by in pairs if (loss, by) in named}

    bodies = {each.name: lost(each.body) for each in derivation.definitions}
    definitions = [replace(each, body=_renamed(each.body, bodies[each.name][0])) for each in derivation.definitions]
    found, claims = dict[int, str](), list[Relation]()
    for number, claim in enumerate(derivation.claims):
        new, doubted = lost(claim.left, claim.right)
        used = {name for side in (claim.left, claim.right) for each in terms.free_names(side) for name in uses(each)}
        if losses := doubted.union(*(bodies[each][1] for each in used & bodies.keys())):
            found[number] = ", ".join(sorted(losses))
        claims.append(replace(claim, left=_renamed(claim.left, new), right=_renamed(claim.right, new)))
    return replace(derivation, definitions=tuple(definitions), claims=tuple(claims)), found


def with_softmax_supposed(derivation: Derivation, shapes: Shapes, told: Set[str]) -> Derivation:
    """A column that nothing defines, and that depends on one column as long, may be its softmax: a supposition.

    `told` has the letters of which the document says what they are.
    """
    supposed = dict[str, Definition]()
    for each in derivation.definitions:
        match each:
            case Definition(name=name, body=terms.Call(arguments=(Name(text=of),)), is_unknown_loss=True):
                sides = [shapes.names[one].known for one in (name, of) if one in shapes.names]
                lengths = [[dim.final for dim in side] for side in sides if side and vector_axis(Shape(side)) == 0]
                if len(lengths) == 2 and lengths[0] == lengths[1] and letter_of(name) not in told:
                    [softmax] = derivation_of(f"{name}_of{TEMPLATES['softmax']}").definitions
                    supposed[f"{letter_of(name)} is the softmax of {letter_of(of)}"] = softmax
    return replace(derivation, supposed={**derivation.supposed, **supposed})


# What follows is private.


def _loss_of(name: str, arguments: list[str]) -> Definition:
    """A loss as an unknown function of some names."""
    return Definition(name, terms.Call(f"{name}_of", tuple(map(Name, arguments))))


def _given(names: Names, variables: Iterable[str], told: Set[str]) -> list[str]:
    """The names, among those that a block tells, that are variables of a loss or made of them."""
    variables = {*variables}
    every = dict.fromkeys((*names.definitions, *variables))
    mine = (each for each in every if name_as_written(each) in told)
    return sorted(each for each in mine if each in variables or names.uses(each) & variables)


def _last(names: Names, by: Mapping[str, Iterable[str]], loss: str) -> list[str]:
    """The variables of a loss that no other of them is made of."""
    below = {each: names.uses(each) | reached(each, lambda one: by.get(one, ())) for each in by[loss]}
    return [each for each in below if not any(each != one and each in below[one] - {loss} for one in below)]


def _differentiated(parts: Iterable[terms.Term], defined: Set[str]) -> dict[str, dict[str, None]]:
    """The names without a definition that are differentiated, with those by which they are."""
    by = dict[str, dict[str, None]]()
    for part in parts:
        if isinstance(part, terms.Slope):
            body, variable = terms.base_of(part.body), part.moved
            if body and variable and body != variable and body not in defined:
                by.setdefault(body, {})[variable] = None
    return by


def _with_ways_around(names: Names, last: list[str], variables: Iterable[str], losses: Set[str]) -> list[str]:
    """The last names on which a loss depends, with definitions that its variables reach in other ways, too."""
    found, moved = list(last), frozenset(variables)
    elsewhere = {name_as_written(each) for each in moved}  # z of one part is not reached by z of another
    for each in names.definitions.values():
        inside = names.uses(each.name)
        is_loss = each.name in losses or lost_name(each.name) in losses or inside & losses
        is_same = each.name not in moved and name_as_written(each.name) in elsewhere
        if each.parameters or is_loss or is_same or _is_renaming(each):
            continue
        if any(each.name in names.uses(one) for one in found):
            continue
        if names.without(frozenset(found)).uses(each.name) & moved - {*found}:
            found = [one for one in found if one not in inside]
            found.append(each.name)
    return found


def _is_renaming(definition: Definition) -> bool:
    """Whether a name is another one, entry by entry: x_i = X_i."""
    match definition.body:
        case terms.Family(indices=ranges, body=terms.Entry(base=Name(), indices=indices)):
            return [each for each, _ in ranges] == [each.text for each in indices if isinstance(each, Name)]
    return isinstance(definition.body, Name)


def _pairs(*every: Term) -> dict[tuple[str, str], None]:
    """The names that are differentiated in some terms, each with the variable."""
    return dict.fromkeys(chain.from_iterable(map(_pairs_in, every)))


@kept
def _pairs_in(term: Term) -> tuple[tuple[str, str], ...]:
    slopes = (part for part in terms.every(term) if isinstance(part, terms.Slope) and isinstance(part.body, Name))
    return tuple((terms.base_of(each.body), each.moved) for each in slopes)


def _with_names_in_place(derivation: Derivation) -> tuple[Derivation, set[tuple[str, str]]]:
    """Names in place of what they mean, in what a loss is made of that is differentiated by them; these pairs.

    An unknown loss is made of all by which it is differentiated: of H = f(W x) beside z = W x.
    """
    every = {each.name: each for each in derivation.definitions}
    named, uses = set[tuple[str, str]](), Names(every, {}).uses
    sides = (side for claim in derivation.claims for side in (claim.left, claim.right))
    pairs = _pairs(*(each.body for each in derivation.definitions), *sides)
    for loss, by in pairs:
        meant = every.get(by)
        if meant is None or meant.parameters or isinstance(meant.body, Name):
            continue
        others = [loss] if loss in every else [each for one, each in pairs if one == loss and each != by]
        made = frozenset[str]().union(*map(uses, others))
        inside = [each for name in made - uses(by) if (each := every.get(name)) is not None]
        new = {each.name: replace(each, body=_put(each, meant)) for each in inside}
        is_written_out = any(new[each.name] != each for each in inside) and (loss not in every or by not in made)
        if is_written_out and not any(_has_all(each.body, meant) for each in new.values()):
            every |= new
            named, uses = named | {(loss, by)}, Names(every, {}).uses
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


def _renamed(term: Term, new: Mapping[str, str]) -> Term:
    """A term with other names; the term itself if there are none."""
    if isinstance(term, Name):
        return replace(term, text=new.get(term.text, term.text))
    return terms.mapped(term, lambda part: _renamed(part, new)) if new else term
