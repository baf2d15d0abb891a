"""The kinds of a function's parameters, from what its body does with them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from chainrule.documents.language import terms
from chainrule.documents.language.terms import Apply, Definition, FunctionKind, Kind, Name, Term, ValueKind


def kind_of_parameter(
    name: str, body: Term, kinds: Mapping[str, Kind], definitions: Mapping[str, Definition]
) -> ValueKind:
    """The kind of a parameter: whatever another function in the body takes; else a column or a number.

    It is a column if the body has its entries, its norm or its transpose, or has it behind a transpose.

    >>> kind_of_parameter("x", Apply("turned", (Name("x"),)), {}, {}).shape[0].text
    'length_of_x'
    """
    for part in terms.every(body):
        if isinstance(part, terms.Call) and (shape := _shape_taken(part, name, kinds, definitions)) is not None:
            return ValueKind(shape)
    one = terms.Number(Fraction(1))
    for part in terms.every(body):
        match part:
            case terms.Entry(base=Name(text=text)) | Apply("turned" | "norm", (Name(text=text),)) if text == name:
                return ValueKind((Name(f"length_of_{name}"), one))
            case Apply("beside" | "dot", (left, Name(text=text))) if text == name and _ends_turned(left):
                return ValueKind((Name(f"length_of_{name}"), one))
    return ValueKind(())


# What follows is private.


def _shape_taken(
    call: terms.Call, name: str, kinds: Mapping[str, Kind], definitions: Mapping[str, Definition]
) -> tuple[Term, ...] | None:
    """The shape of a name that is an argument of a function of which it is said what it takes."""
    kind, definition = kinds.get(call.function), definitions.get(call.function)
    taken = kind.arguments if isinstance(kind, FunctionKind) else ()
    if definition is not None:
        taken = tuple(own.shape if isinstance(own, ValueKind) else () for _, own in definition.parameters)
    for argument, shape in zip(call.arguments, taken, strict=False):
        if argument == Name(name) and shape:
            own = definition.lengths if definition is not None else {}
            return tuple(Name(f"length_of_{name}") if getattr(size, "text", "") in own else size for size in shape)
    return None


def _ends_turned(term: Term) -> bool:
    """Whether a product ends with a transpose."""
    while isinstance(term, Apply) and term.operator in ("beside", "dot"):
        term = term.operands[1]
    return isinstance(term, Apply) and term.operator == "turned"
