"""A derivation without anything left to the shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from types import MappingProxyType
from typing import cast

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import (
    Assumption,
    Declaration,
    Definition,
    Derivation,
    FunctionKind,
    IndexKind,
    Kind,
    Relation,
    SizeKind,
    ValueKind,
)
from chainrule.documents.language.dimensions import OPEN
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.resolving import resolved, size_term
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.language.strict_terms import BY_COLUMNS
from chainrule.documents.language.terms import Apply, Comparison, Condition, Is, Name, Term
from chainrule.documents.reader.interpretation.unknown_losses import with_losses

SUMMED = frozenset({"one-hot", "probabilities", "sum-one"})
"""Facts about the rows of matrices, or about their columns where these are the vectors."""


def strict_form(
    shapes: Shapes,
    always: Sequence[Condition],
    reached: Sequence[tuple[Condition, ...]],
    losses: Mapping[str, Set[str]] = MappingProxyType({}),
) -> Derivation:
    """The derivation without anything left to the shapes; unknown functions in place of unknown losses.

    Parameters
    ----------
    shapes : Shapes
    always : sequence of Condition
        The assumptions.
    reached : sequence of tuple of Condition
        Further conditions for each claim.
    losses : mapping
        By letter of a loss: the names of which a block says that it is a function.
    """
    derivation = shapes.derivation
    faults = {id(term) for term, _ in shapes.faults}

    def made(term: Term) -> Term:
        return resolved(term, shapes)

    def condition(each: Condition) -> Condition:
        if isinstance(each, Comparison) and (zeros := _zeros(each, shapes)) is not None:
            each = replace(each, right=zeros)
        return cast("Condition", made(each))

    definitions = [
        replace(
            each, body=made(each.body), parameters=tuple((name, _kind_of(kind, made)) for name, kind in each.parameters)
        )
        for each in derivation.definitions
        if id(each.body) not in faults
    ]
    claims = [
        each
        if id(each.left) in faults
        else replace(
            each,
            left=made(each.left),
            right=_zeros(each, shapes) or made(each.right),
            over=tuple((name, made(size)) for name, size in each.over),
            conditions=tuple(map(condition, (*each.conditions, *here))),
        )
        for each, here in zip(derivation.claims, reached, strict=True)
    ]
    assumed = [*map(condition, always)]
    defined = {d.name for d in definitions}
    kinds = {d.name: _kind_of(d.kind, made) for d in derivation.declarations if d.name not in defined}
    read = replace(derivation, declarations=(), definitions=tuple(definitions), assumptions=(), claims=tuple(claims))
    strict = with_losses(read, shapes, losses)
    others = defined.union(*(each.lengths for each in definitions))  # lengths of arguments are no sizes of the document
    sizes = [*_sizes(shapes), *(name for part in strict.parts for name in _counted(part) if name not in others)]
    kinds = {**{name: SizeKind() for name in sizes}, **kinds}
    used = Names.of(strict).used_by(*(side for claim in claims for side in (claim.left, claim.right)))
    for name in sorted(used - kinds.keys() - {d.name for d in strict.definitions}):
        shape = shapes.names[name].known if name in shapes.names else None
        if shape is not None and name != "pi":
            kinds[name] = ValueKind(tuple(size_term(dim.final) for dim in shape))
    for each in assumed[:]:
        name = terms.base_of(each.subject) if isinstance(each, Is) else ""
        kind = kinds.get(name)
        if isinstance(each, Is) and isinstance(kind, ValueKind):
            kinds[name] = replace(kind, facts=kind.facts | {each.fact})
            assumed.remove(each)
        elif isinstance(each, Is) and isinstance(kind, FunctionKind) and each.fact in ("positive", "negative"):
            kinds[f"log_{name}"] = kinds.pop(name)
            strict = replace(strict, definitions=(_signed(name, kind, each.fact), *strict.definitions))
            assumed.remove(each)
        elif name and isinstance(each, Is) and name not in used:
            assumed.remove(each)
    columns = {each.operands[0] for each in strict.parts if isinstance(each, Apply) and each.operator == "member"}
    for name, kind in kinds.items():
        if isinstance(kind, ValueKind) and kind.facts & SUMMED and Name(name) in columns and len(kind.shape) == 2:
            kinds[name] = replace(kind, facts=kind.facts | {BY_COLUMNS})
    lost = {d.name for d in strict.definitions}
    free = (Declaration(name, kind) for name, kind in kinds.items() if name not in lost)
    declared = (*free, *strict.declarations)
    assumptions = tuple(map(Assumption, assumed))
    return replace(strict, declarations=declared, assumptions=assumptions, supposed=strict.supposed)


# What follows is private.


def _zeros(claim: Relation | Comparison, shapes: Shapes) -> Term | None:
    """The array of zeros that 0 stands for in an equation; None for other right sides."""
    if claim.relation != "=" or not terms.is_number(claim.right, 0) or not shapes.of(claim.left).known:
        return None
    return Apply("*", (claim.right, resolved(claim.left, shapes)))


def _signed(name: str, kind: FunctionKind, fact: str) -> Definition:
    """A positive function is the exponential of any function, a negative one its opposite."""
    parameters = tuple((f"argument_{number}", ValueKind(shape)) for number, shape in enumerate(kind.arguments))
    body: Term = Apply("exp", (terms.Call(f"log_{name}", tuple(Name(each) for each, _ in parameters)),))
    return Definition(name, body if fact == "positive" else Apply("negative", (body,)), parameters)


def _kind_of(kind: Kind, made: Callable[[Term], Term]) -> Kind:
    """A kind whose sizes are known."""

    def shaped(shape: tuple[Term, ...]) -> tuple[Term, ...]:
        return tuple(map(made, shape))

    match kind:
        case IndexKind(size=size):
            return IndexKind(made(size))
        case ValueKind(shape=shape, facts=facts):
            return ValueKind(shaped(shape), facts)
        case FunctionKind(arguments=arguments, result=result):
            return FunctionKind(tuple(map(shaped, arguments)), shaped(result))
    return kind


def _counted(term: Term) -> Iterable[str]:
    """The names up to which indices run."""
    ends: tuple[Term, ...] = ()
    match term:
        case terms.Fold(low=low, high=high):
            ends = (low, high)
        case terms.Family(indices=indices):
            ends = tuple(size for _, size in indices)
    names = (part.text for end in ends for part in terms.every(end) if isinstance(part, Name))
    return (name for name in names if not name.startswith(OPEN))


def _sizes(shapes: Shapes) -> list[str]:
    found = dict[str, None]()
    for shape in shapes.names.values():
        for dim in shape.known or ():
            for name in dim.final.names:
                found[name] = None
    for name in list(shapes.opened):
        for each in shapes.size_named(name).names:
            found[each] = None
    return list(found)
