"""Derivations as text of the strict language, which `parsing` reads back."""

from __future__ import annotations

from collections.abc import Iterator, Set

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Derivation, FunctionKind, IndexKind, Kind, Relation, SizeKind
from chainrule.documents.language.operators import OPERATORS
from chainrule.documents.language.strict_terms import SLOPES
from chainrule.documents.language.terms import Condition, Term

_SLOPE_NAMES = {kind: name for name, kind in SLOPES.items()}
_SUM, _PRODUCT, _SIGN, _POWER, _POSTFIX, _WHOLE = range(1, 7)
"""How closely the parts of a term hold together."""


def text_of(term: Term, least: int = 0) -> str:
    """A term as text, in brackets if it holds together less closely than that.

    >>> from chainrule.documents.language.parsing import term_of
    >>> text_of(term_of("-(a+b)*x[i]^2 - [k in K: W[k,1]]'"))
    "-(a + b) * x[i]^2 - [k in K: W[k, 1]]'"
    """
    text, holds = _text(term)
    return f"({text})" if holds < least else text


def statements(derivation: Derivation) -> Iterator[str]:
    """The statements of a derivation, one after another."""
    for declaration in derivation.declarations:
        kind = kind_of(declaration.kind)
        yield f"size {declaration.name}" if kind == "size" else f"{declaration.name} : {kind}"
    for definition in derivation.definitions:
        parameters = ", ".join(f"{name} : {kind_of(kind)}" for name, kind in definition.parameters)
        yield f"{definition.name}{f'({parameters})' if parameters else ''} := {text_of(definition.body)}"
    for assumption in derivation.assumptions:
        yield f"assume {condition_text(assumption.condition)}"
    for number, relation in enumerate(derivation.claims):
        yield relation_text(relation, chained=relation.follows == number - 1 and number > 0)


def relation_text(relation: Relation, *, chained: bool = False) -> str:
    """A claim, or the continuation of one."""
    before = derivation_line(relation) if not chained else f"then{f' {relation.line}' if relation.line else ''}"
    left = "" if chained else f"{text_of(relation.left)} "
    when = "".join(f" when {condition_text(condition)}" for condition in relation.conditions)
    return f"{before}: {left}{relation.relation} {text_of(relation.right)}{when}"


def derivation_line(relation: Relation) -> str:
    """The word, the line and the indices of a claim."""
    line = f" {relation.line}" if relation.line else ""
    return f"claim{line}{f' [{_ranges(relation.over, relation.from_zero)}]' if relation.over else ''}"


def kind_of(kind: Kind) -> str:
    """A kind as text: column n, positive."""
    match kind:
        case SizeKind():
            return "size"
        case IndexKind(size=size):
            return f"1..{text_of(size, _SUM)}"
        case FunctionKind(arguments=arguments, result=result):
            return f"function({', '.join(map(shape_text, arguments))}) -> {shape_text(result)}"
    return ", ".join([shape_text(kind.shape), *sorted(kind.facts)])


def shape_text(shape: tuple[Term, ...]) -> str:
    """A shape as text: number, column n, row n, matrix m n, array l m n."""
    sizes = [text_of(size, _WHOLE) for size in shape]
    match sizes:
        case []:
            return "number"
        case [rows, "1"]:
            return f"column {rows}"
        case ["1", columns]:
            return f"row {columns}"
        case [_, _]:
            return f"matrix {' '.join(sizes)}"
    return f"array {' '.join(sizes)}"


def condition_text(condition: Condition, least: int = 0) -> str:
    """A condition as text."""
    match condition:
        case terms.Comparison(relation=relation, left=left, right=right):
            return f"{text_of(left)} {relation} {text_of(right)}"
        case terms.Is(subject=subject, fact=fact):
            return f"{text_of(subject)} is {fact}"
        case terms.Not(condition=opposite):
            return f"not ({condition_text(opposite)})"
    # There are no brackets for conditions: `or` of `and`, and the opposite of a negated `and` elsewhere.
    word = condition.kind
    if word == "or" and least:
        return f"not ({' and '.join(f'not ({condition_text(each)})' for each in condition.conditions)})"
    return f" {word} ".join(condition_text(each, word == "and") for each in condition.conditions)


# What follows is private.


def _ranges(ranges: tuple[tuple[str, Term], ...], from_zero: Set[str] = frozenset()) -> str:
    return ", ".join(f"{name} in {'0..' * (name in from_zero)}{text_of(size, _SUM)}" for name, size in ranges)


def _text(term: Term) -> tuple[str, int]:
    """A term as text, and how closely it holds together."""
    match term:
        case terms.Number(value=value):
            return _number(term), _WHOLE if value.denominator == 1 or "." in _number(term) else _PRODUCT
        case terms.Name(text=text):
            return text, _WHOLE
        case terms.Entry(base=base, indices=indices):
            return f"{text_of(base, _POSTFIX)}[{', '.join(map(text_of, indices))}]", _POSTFIX
        case terms.Apply(operator=operator, operands=operands):
            return _applied(operator, operands)
        case terms.Call(function=function, arguments=arguments, order=order):
            marks = "'" * order[0] if len(order) == 1 else f"{{{', '.join(map(str, order))}}}" if order else ""
            return f"{function}{marks}({', '.join(map(text_of, arguments))})", _WHOLE
        case terms.RuleCall(rule=rule, part=part, arguments=arguments):
            return f"code({', '.join((f'{rule}.{part}', *map(text_of, arguments)))})", _WHOLE
        case terms.Fold(kind=kind, index=index, low=low, high=high, body=body, condition=condition):
            one = isinstance(low, terms.Number) and low.value == 1
            bounds = text_of(high, _SUM) if one else f"{text_of(low, _SUM)}..{text_of(high, _SUM)}"
            wanted = f" if {condition_text(condition)}" if condition is not None else ""
            return f"{kind}({index} in {bounds}{wanted}: {text_of(body)})", _WHOLE
        case terms.Family(indices=indices, body=body):
            return f"[{_ranges(indices)}: {text_of(body)}]", _WHOLE
        case terms.Table(rows=rows):
            return f"table({' | '.join(', '.join(map(text_of, row)) for row in rows)})", _WHOLE
        case terms.Choice(branches=branches, otherwise=otherwise):
            parts = [f"{text_of(value)} if {condition_text(condition)}" for condition, value in branches]
            parts += [f"{text_of(otherwise)} otherwise"] if otherwise is not None else []
            return f"cases({', '.join(parts)})", _WHOLE
        case terms.Truth(condition=condition):
            return f"[{condition_text(condition)}]", _WHOLE
        case terms.Slope(kind=kind, body=body, variable=variable, holding=holding):
            held = f" holding {', '.join(holding)}" if holding else ""
            return f"{_SLOPE_NAMES.get(kind, 'slope')}({text_of(body)}, {text_of(variable)}{held})", _WHOLE
        case terms.Differential(body=body, holding=holding):
            held = f" holding {', '.join(holding)}" if holding else ""
            return f"d({text_of(body)}{held})", _WHOLE
        case terms.At(body=body, name=name, value=value):
            return f"at({text_of(body)}, {name} = {text_of(value)})", _WHOLE
        case terms.LimitOf(body=body, name=name, to=to):
            return f"limit({text_of(body)}, {name} -> {text_of(to)})", _WHOLE
    raise TypeError(f"{type(term).__name__} is no term")


def _number(term: terms.Number) -> str:
    value = term.value
    if value.denominator == 1 and not term.decimals:
        return str(value.numerator)
    for digits in range(max(1, term.decimals), 30):
        if (value * 10**digits).denominator == 1:
            shown = str(abs(value.numerator) * 10**digits // value.denominator).rjust(digits + 1, "0")
            return f"{'-' * (value < 0)}{shown[:-digits]}.{shown[-digits:]}"
    return f"{value.numerator} / {value.denominator}"


def _applied(operator: str, operands: tuple[Term, ...]) -> tuple[str, int]:
    known = OPERATORS[operator]
    match known.place:
        case "prefix":
            return f"-{text_of(operands[0], _SIGN)}", _SIGN
        case "postfix":
            return f"{text_of(operands[0], _POSTFIX)}'", _POSTFIX
        case "function" | "written":
            return f"{operator}({', '.join(map(text_of, operands))})", _WHOLE
    if known.binding == _POWER:
        return f"{text_of(operands[0], _POSTFIX)}{operator}{text_of(operands[1], _SIGN)}", _POWER
    first, *others = operands
    texts = [text_of(first, known.binding), *(text_of(other, known.binding + 1) for other in others)]
    return f" {operator} ".join(texts), known.binding
