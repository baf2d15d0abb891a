"""The parts of written formulas: letters and their names, items of scripts, arguments in brackets."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from chainrule.documents.language.trees import every_part, kept, parts_of
from chainrule.documents.reader.syntax.known_words import TRANSPOSES
from chainrule.documents.reader.syntax.written import (
    CALLED,
    Beside,
    Bracketed,
    Comparing,
    Dots,
    Fractional,
    Grid,
    Listed,
    Numeral,
    Scripted,
    Signed,
    Symbol,
    Written,
    WrittenChain,
)

USUAL_INDICES = frozenset("ijklmnpq")
"""Letters that are indices wherever they stand in a subscript."""


def under(written: Written) -> tuple[Written, ...]:
    """The parts directly under a written formula, from left to right."""
    return parts_of(written, Written)


def all_parts(written: Written) -> tuple[Written, ...]:
    """The formula and everything in it, from left to right."""
    return every_part(written, Written)


@kept
def letters_of(written: Written) -> frozenset[str]:
    """The names of all letters and words in a formula."""
    return frozenset(base_name(part) for part in all_parts(written) if isinstance(part, Symbol))


def is_closed(written: Written) -> bool:
    """Whether a formula has no letters but the T of a transpose: its value is told by itself."""
    return letters_of(written) <= TRANSPOSES


def parts_of_chain(chain: WrittenChain) -> Iterator[Written]:
    """Everything in a chain."""
    above = [link.above for link in chain.links if link.above is not None]
    for written in (*filter(None, chain.members), *chain.conditions, *above):
        yield from all_parts(written)


@kept
def base_name(symbol: Symbol) -> str:
    """The name of a letter with its accents: x_hat, alpha. Fonts are the same letter."""
    return "_".join([symbol.text.replace(" ", "_"), *symbol.accents])


def base_letter(item: Written) -> str:
    """A letter, perhaps with scripts, as text; nothing for anything else."""
    symbol = item.base if isinstance(item, Scripted) else item
    return base_name(symbol) if isinstance(symbol, Symbol) else ""


def is_bold(whole: Written) -> bool:
    """Whether a letter is bold, or has an arrow."""
    base = whole.base if isinstance(whole, Scripted) else whole
    return isinstance(base, Symbol) and (base.font == "bold" or "vec" in base.accents)


def is_formula(written: Written) -> bool:
    """Whether it is no name: det A, f(1)."""
    base = written.base if isinstance(written, Scripted) else written
    return isinstance(base, Beside | Bracketed | Signed | Fractional)


def items_of(script: Written | None) -> tuple[Written, ...]:
    """The things in a subscript or superscript: i, j for `ij` and for `i, j`."""
    if script is None:
        return ()
    if isinstance(script, Listed):
        return tuple(item for each in script.items for item in items_of(each))
    match script:
        case Scripted(base=Symbol(text=text, accents=()) as base, lower=Symbol(text=inner) as lower, upper=None):
            if text in USUAL_INDICES | set("rst") and inner in USUAL_INDICES:
                return (base, lower)  # y_{t_k} is an entry of y_t
    if isinstance(script, Beside) and not any(script.joints):
        simple = all(isinstance(part, Symbol | Numeral | Scripted) for part in script.parts)
        digits = all(isinstance(part, Numeral) for part in script.parts)
        first, *others = script.parts
        turned = all(isinstance(each, Symbol) and each.text in TRANSPOSES for each in others)
        if isinstance(first, Bracketed) and turned:
            return script.parts  # x^{(i)T}
        if simple and (digits or not isinstance(first, Numeral)):
            return script.parts
    return (script,)


def index_of_members(inside: Written) -> Symbol | None:
    """The index of the members of a set: i of i, and of (x_i, y_i) or (x^{(i)}, y^{(i)}); None if they have none."""
    if isinstance(inside, Symbol):
        return inside
    if not isinstance(inside, Bracketed) or not all(isinstance(item, Scripted) for item in inside.items):
        return None
    scripts = [script for item in inside.items if isinstance(item, Scripted) for script in (item.lower, item.upper)]
    found = {script.items[0] if isinstance(script, Bracketed) else script for script in scripts if script is not None}
    only = found.pop() if len(found) == 1 and len(scripts) == 2 * len(inside.items) else None
    return only if isinstance(only, Symbol) else None


@kept
def in_brackets(written: Written) -> Bracketed:
    """The argument of a function in its brackets."""
    return Bracketed("(", (written,), (CALLED,), place=written.place)


def arguments_of(bracket: Bracketed) -> tuple[Written, ...]:
    """The arguments in brackets; x_1, \\ldots, x_n are one, the vector x."""
    found: list[Written] = []
    items = list(bracket.items)
    while items:
        item = written_out(items.pop(0))
        last, after = found[-1] if found else None, items[0] if items else None
        match last, item, after:
            case (
                Scripted(base=Symbol() as one, upper=None),
                Dots(),
                Scripted(base=other, lower=Symbol() | Numeral(), upper=None),
            ) if one == other and bracket.kind == "(":
                while found and isinstance(found[-1], Scripted) and found[-1].base == one:
                    found.pop()
                found.append(one)
                items.pop(0)
            case _:
                found.append(item)
    return tuple(found)


def written_out(item: Written) -> Written:
    """The vector x for the column of its entries x_1, x_2 that is written out."""
    inside = _inside(item)
    if not isinstance(inside, Grid) or len(inside.rows) < 2 or any(len(row) > 1 for row in inside.rows):
        return item
    bases = {cell.base for (cell,) in inside.rows if isinstance(cell, Scripted) and not (cell.upper or cell.primes)}
    numbers = [cell.lower for (cell,) in inside.rows if isinstance(cell, Scripted)]
    counted = numbers == [Numeral(Fraction(number)) for number in range(1, len(inside.rows) + 1)]
    base = next(iter(bases), None)
    return base if counted and len(bases) == 1 and isinstance(base, Symbol) else item


def listed_names(written: Written | None) -> list[Written]:
    """The names that a list is made of; none if there is anything else.

    >>> from chainrule.documents.reader.syntax.chains import chains_of
    >>> lists = [chains_of(text)[0].members[0] for text in ("a, b_1", "a, 2 b")]
    >>> [[base_letter(name) for name in listed_names(each)] for each in lists]
    [['a', 'b'], []]
    """
    items = written.items if isinstance(written, Listed) else () if written is None else (written,)
    plain = [item for item in items if not isinstance(item, Dots)]
    return plain if all(isinstance(item.base if isinstance(item, Scripted) else item, Symbol) for item in plain) else []


def letter_of_members(written: Written) -> str:
    """The letter of vectors with an index, x_i or x_1, ..., x_n, also with transposes; nothing for anything else.

    >>> from chainrule.documents.reader.syntax.chains import chains_of
    >>> [letter_of_members(chains_of(text)[0].members[0]) for text in ("x_i^T", "x_1, ..., x_n", "x_1, y_2")]
    ['x', 'x', '']
    """
    match written:
        case Scripted(base=Symbol() as base, lower=Symbol(), upper=None | Symbol(text="T" | "top"), primes=0):
            return base_name(base)
        case Listed(items=items) if any(isinstance(item, Dots) for item in items):
            letters = {base_letter(each) for each in listed_names(written) if isinstance(each, Scripted) and each.lower}
            return letters.pop() if len(letters) == 1 else ""
    return ""


def rows_written_out(call: Written) -> dict[str, int]:
    """How many entries the columns have at which a function is called, by their letters: two in f((x_1; x_2))."""
    bracket = call.parts[-1] if isinstance(call, Beside) else call
    bracket = bracket.base if isinstance(bracket, Scripted) else bracket
    found = {}
    for item in bracket.items if isinstance(bracket, Bracketed) else ():
        letter, grid = written_out(item), _inside(item)
        if isinstance(letter, Symbol) and isinstance(grid, Grid):
            found[base_name(letter)] = len(grid.rows)
    return found


def is_event(bracket: Bracketed) -> bool:
    """Whether brackets hold events, as in P(y = 1 | x): then they are a part of the name of a value."""
    return bracket.kind == "(" and ("|" in bracket.separators or any(isinstance(i, Comparing) for i in bracket.items))


# What follows is private.


def _inside(item: Written) -> Written:
    """Something without the brackets around it alone."""
    return item.items[0] if isinstance(item, Bracketed) and len(item.items) == 1 else item
