"""Terms in the notation of the document: parts that stand in it as they are written there, the others as LaTeX."""

from __future__ import annotations

import re
import unicodedata

from chainrule.documents.language import terms
from chainrule.documents.language.operators import OPERATORS
from chainrule.documents.language.printing import text_of
from chainrule.documents.language.terms import Apply, Term
from chainrule.documents.reader.letters.suffixed_names import MADE_UP

_GREEK = {unicodedata.name(letter).split()[-1].lower() for letter in "αβγδεζηθικμνξπρστυφχψω"} | {"lambda", "ell"}
_SIGNS = {"+": " + ", "-": " - ", "*": " ", "@": " ", ".*": r" \odot "}
_FOLDS = {"sum": r"\sum", "prod": r"\prod", "max": r"\max", "min": r"\min"}
_PAIRS = {")": "(", "}": "{", "]": "["}
_CLOSING = re.compile(r"\s*(?:\\right)?\s*([)}\]])")
_OPENING = re.compile(r"(?:\\left\s*)?([({\[])\s*\Z")
_SUM, _SIGN, _PRODUCT, _WHOLE = range(1, 5)


def latex_of(term: Term, source: str = "", least: int = 0) -> str:
    r"""A term as LaTeX, in brackets if it holds together less closely than `least`.

    Parameters
    ----------
    term : Term
    source : str
        The formula that the spans of the term's parts belong to.

    Examples
    --------
    >>> from chainrule.documents.language.parsing import term_of
    >>> latex_of(term_of("2 * (a - x[i]) / sigma_0 + W[i, 1]'"))
    '\\frac{2 (a - x_i)}{\\sigma_{0}} + W_{i1}^\\top'
    """
    text, holds = _latex(term, source)
    return f"({text})" if holds < least else text


def span_of(term: Term, source: str) -> tuple[int, int] | None:
    """Where a term stands in its formula, with the brackets that it opens or closes; None if it does not stand there.

    >>> from chainrule.documents.language.terms import Name
    >>> span_of(Name("a", span=(4, 11)), "x = 2(a - y) + 1")
    (4, 12)
    """
    start, end = term.span
    if not 0 <= start < end <= len(source):
        return None
    while (closing := _CLOSING.match(source, end)) and _unpaired(source[start:end])[1][-1:] == [_PAIRS[closing[1]]]:
        end = closing.end()
    while (opening := _OPENING.search(source, 0, start)) and _unpaired(source[start:end])[0][:1] == [opening[1]]:
        start = opening.start()
    text = source[start:end]
    return None if any(_unpaired(text)) else (start, start + len(text.rstrip()))


def name_of(name: str) -> str:
    r"""A name of the strict language as LaTeX; sizes that the text does not name are n.

    >>> name_of("sigma_max"), name_of("x__part_3"), name_of("g__of_2")
    ('\\sigma_{max}', 'x', 'g')
    """
    base, _, below = MADE_UP.sub("", name).partition("_")
    if base.lower().removeprefix("var") in _GREEK:
        base = f"\\{base}"
    elif len(base) > 1 and not base[1:].isdigit():
        base = rf"\mathrm{{{base}}}"
    return f"{base}_{{{below}}}" if below else base


# What follows is private.


def _unpaired(text: str) -> tuple[list[str], list[str]]:
    """The brackets that a text lacks in front of it, the innermost first, and those that it leaves open."""
    missing, opened = list[str](), list[str]()
    for sign in text:
        if sign in _PAIRS.values():
            opened.append(sign)
        elif opened[-1:] == [_PAIRS.get(sign)]:
            opened.pop()
        elif sign in _PAIRS:
            missing.append(_PAIRS[sign])
    return missing, opened


def _latex(term: Term, source: str) -> tuple[str, int]:
    """A term, and how closely it holds together."""

    def inner(part: Term, least: int = 0) -> str:
        return latex_of(part, source, least)

    if (span := span_of(term, source)) is not None:
        text = source[slice(*span)].strip()
        is_sum = isinstance(term, Apply) and term.operator in ("+", "-", "negative")
        return text, _SUM if is_sum else _WHOLE if not isinstance(term, Apply) or " " not in text else _PRODUCT
    match term:
        case terms.Name(text=text):
            return name_of(text), _WHOLE
        case terms.Number(value=value) if value.denominator > 1:
            return rf"\frac{{{value.numerator}}}{{{value.denominator}}}", _WHOLE
        case terms.Entry(base=base, indices=indices):
            texts = [inner(index) for index in indices]
            below = ("" if all(len(text) == 1 for text in texts) else ", ").join(texts)
            return f"{inner(base, _WHOLE)}_{below if len(below) == 1 else f'{{{below}}}'}", _WHOLE
        case Apply(operator="/" | "./", operands=(above, below)):
            return rf"\frac{{{inner(above)}}}{{{inner(below)}}}", _WHOLE
        case Apply(operator="^" | ".^" | "power", operands=(base, exponent)):
            return f"{inner(base, _WHOLE)}^{{{inner(exponent)}}}", _WHOLE
        case Apply(operator="'", operands=(a,)):
            return rf"{inner(a, _WHOLE)}^\top", _WHOLE
        case Apply(operator="negative", operands=(a,)):
            return f"-{inner(a, _PRODUCT)}", _SIGN
        case Apply(operator="+" | "-" as sign, operands=(a, b)):
            return f"{inner(a, _SUM)}{_SIGNS[sign]}{inner(b, _PRODUCT)}", _SUM
        case Apply(operator="*" | "@" | ".*" as sign, operands=(a, b)):
            first = inner(a, _WHOLE if isinstance(a, terms.Fold) else _SIGN)
            last = inner(b, _PRODUCT)
            dot = r" \cdot " if last[:1].isdigit() else _SIGNS[sign]
            return f"{first}{dot}{last}", _PRODUCT
        case Apply(operator=name, operands=operands):
            command = next((word for word in OPERATORS[name].latex if word.startswith("\\")), rf"\mathrm{{{name}}}")
            return f"{command}({', '.join(map(inner, operands))})", _WHOLE
        case terms.Call(function=function, arguments=arguments, order=order) if len(order) < 2:
            return f"{name_of(function)}{chr(39) * sum(order)}({', '.join(map(inner, arguments))})", _WHOLE
        case terms.Fold(kind=kind, index=index, body=body):
            return f"{_FOLDS[kind]}_{{{name_of(index)}}} {inner(body, _PRODUCT)}", _PRODUCT
        case terms.Truth(condition=terms.Comparison(relation="=", left=left, right=right)):
            return rf"\delta_{{{inner(left)}{inner(right)}}}", _WHOLE
        case terms.Slope(kind="partial", body=body, variable=variable):
            return rf"\frac{{\partial {inner(body, _WHOLE)}}}{{\partial {inner(variable)}}}", _WHOLE
    return text_of(term), _WHOLE
