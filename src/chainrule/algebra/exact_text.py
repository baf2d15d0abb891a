"""Exact numbers as formulas, for messages."""

from typing import Any

import flint

from chainrule.algebra.field import Field, current

MOST_TERMS = 12
MOST_LETTERS = 300


def text_of(num: Any, den: tuple[tuple[int, int], ...]) -> str:
    """The quotient of a polynomial and powers of atoms, with at most 12 terms and 300 letters."""
    text = _quotient(current(), num, den)
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 4] + " ..."


def _quotient(field: Field, num: Any, den: tuple[tuple[int, int], ...]) -> str:
    top = _text(field, num)
    if not den:
        return top
    below = [_bracketed(_text(field, field.atoms[k].polynomial)) + (f"^{e}" if e > 1 else "") for k, e in den]
    return f"{_bracketed(top)}/{below[0] if len(below) == 1 else '(' + ' '.join(below) + ')'}"


def _text(field: Field, p: Any) -> str:
    terms = []
    # Earlier generators have later positions.
    for monomial, coefficient in list(p.to_dict().items())[: -MOST_TERMS - 1 : -1]:
        used = [(field.at(i), e) for i, e in enumerate(monomial) if e]
        parts = [generator.text + (f"^{e}" if e > 1 else "") for generator, e in reversed(used)]
        size = abs(coefficient)
        digits = str(size) if len(str(size)) < 20 else flint.arb(size).str(17, radius=False)
        term = " ".join(parts if parts and size == 1 else [digits, *parts])
        terms.append(("-" if coefficient < 0 else "+") + " " + term)
    if len(p) > MOST_TERMS:
        terms.append("+ ...")
    text = " ".join(terms) or "+ 0"
    return text.removeprefix("+ ") if text[0] == "+" else "-" + text[2:]


def _bracketed(text: str) -> str:
    return f"({text})" if " " in text else text
