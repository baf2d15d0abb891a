"""The kinds of a function's parameters, from what its body does with them."""

from __future__ import annotations

from collections.abc import Mapping

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Definition, FunctionKind, Kind, ValueKind
from chainrule.documents.language.terms import Apply, Name, Term


def kind_of_parameter(
    name: str, body: Term, kinds: Mapping[str, Kind], definitions: Mapping[str, Definition]
) -> ValueKind:
    """The kind of a parameter: whatever another function in the body takes; else a column or a number.

    It is a column if the body has its entries, its norm or its transpose, or has it behind a transpose. A letter
    that is declared a column is this column behind a matrix, as z in f(A z).

    >>> kind_of_parameter("x", Apply("turned", (Name("x"),)), {}, {}).shape[0].text
    'length_of_x'
    """
    for part in terms.every(body):
        if isinstance(part, terms.Call) and (shape := _shape_taken(part, name, kinds, definitions)) is not None:
            return ValueKind(shape)
    one = terms.ONE
    for part in terms.every(body):
        match part:
            case terms.Entry(base=Name(text=text)) | Apply("turned" | "norm", (Name(text=text),)) if text == name:
                return ValueKind((Name(f"length_of_{name}"), one))
            case Apply("beside" | "dot", (left, Name(text=text))) if text == name and _ends_turned(left):
                return ValueKind((Name(f"length_of_{name}"), one))
            case Apply("beside" | "dot", (left, Name(text=text))) if text == name and _ends_in_matrix(left, kinds):
                kind = kinds.get(name)
                return kind if isinstance(kind, ValueKind) else ValueKind(())
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
    last = _last(term)
    return isinstance(last, Apply) and last.operator == "turned"


def _ends_in_matrix(term: Term, kinds: Mapping[str, Kind]) -> bool:
    """Whether a product ends with a letter that is declared a matrix with several columns."""
    last = _last(term)
    kind = kinds.get(last.text) if isinstance(last, Name) else None
    return isinstance(kind, ValueKind) and len(kind.shape) == 2 and terms.ONE not in kind.shape


def _last(term: Term) -> Term:
    """The last factor of a product."""
    while isinstance(term, Apply) and term.operator in ("beside", "dot"):
        term = term.operands[1]
    return term
