"""Sets that documents write behind \\in: what a member of one is."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from chainrule.documents.language.derivation import FunctionKind, IndexKind, Kind, ValueKind
from chainrule.documents.language.terms import ONE, Apply, Name, Number, Term
from chainrule.documents.reader.declaring.declarations import UNSAID
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import TRANSPOSES
from chainrule.documents.reader.syntax.parts_written import base_letter, base_name
from chainrule.documents.reader.syntax.written import Written

_LETTERS = ("R", "Re", "mathbbR", "ℝ")
_POSITIVE = {"+": "nonnegative", "++": "positive"}
_BETWEEN: dict[tuple[str, tuple[int | None, ...]], str] = {
    ("(", (0, 1)): "unit",
    ("[", (0, 1)): "nonnegative",
    **dict.fromkeys((("{", (0, 1)), ("{", (1, 0))), "bit"),
    **dict.fromkeys((("{", (-1, 1)), ("{", (1, -1))), "sign"),
}
"""Facts about the members of sets that are given by numbers in brackets. [0, 1] says more than its fact does."""


def members_of(written: Written) -> tuple[Kind, frozenset[str]] | None:
    """The kind and the facts of the members of a set; None if it is no set of numbers that is known.

    >>> from chainrule.documents.reader.syntax.chains import chains_of
    >>> kind, facts = members_of(chains_of(r"x \\in (0, 1)^n")[0].members[1])
    >>> kind.shape[0].text, sorted(facts)
    ('n', ['unit'])
    """
    base, upper, facts = written, None, set[str]()
    if isinstance(written, w.Scripted):
        base, upper = written.base, written.upper
        lower = written.lower
        if lower is not None:
            if not isinstance(lower, w.Symbol | w.Signed | w.Comparing | w.Beside):
                return None
            facts.add("positive" if isinstance(lower, w.Comparing) and ">" in lower.relations else "nonnegative")
    if isinstance(upper, w.Symbol) and upper.text == "+":
        upper = None
        facts.add("nonnegative")
    match base:
        case w.Symbol(text=text, font=font) if text in _LETTERS:
            if font != "blackboard" and not upper and facts:
                return None
        case w.Bracketed(kind=kind, items=items):
            if kind == "{" and len(items) > 2 and any(isinstance(item, w.Dots) for item in items):
                last = size_of(items[-1])
                return None if upper is not None or last is None else (IndexKind(last), frozenset())
            numbers = tuple(_whole(item) for item in items)
            fact = _BETWEEN.get((kind, numbers))
            if fact is None:
                return None
            facts.add(fact)
        case _:
            return None
    sizes = [] if upper is None else sizes_in(upper)
    if None in sizes:
        return None
    shape = tuple(size for size in sizes if size is not None)
    return ValueKind((*shape, ONE) if len(shape) == 1 else shape), frozenset(facts)


def kind_of_components(name: Written, of: Written, to: Written) -> FunctionKind | None:
    """The kind of a function whose components are written out: f_1(x_1, \\dots, x_n) to f_m(x_1, \\dots, x_n).

    None for any other function.
    """
    outputs = [each.parts for each in _entries(to) if isinstance(each, w.Beside)]
    dots = [each for each in _entries(to) if isinstance(each, w.Dots)]
    if not outputs or any(len(each) != 2 or not isinstance(each[1], w.Bracketed) for each in outputs):
        return None
    heads = [each[0] for each in outputs]
    inputs = _entries(of) or _entries(outputs[0][1])
    sizes = _last_index(inputs), _last_index([*heads[:-1], *dots, heads[-1]])
    if sizes[0] is None or sizes[1] is None or {base_letter(each) for each in heads} != {base_letter(name)}:
        return None
    return FunctionKind(((sizes[0], ONE),), (sizes[1], ONE))


def size_of(written: Written) -> Term | None:
    """A size as it is written: n, n_1, 2n, n + 1; None for anything else."""
    match written:
        case w.Numeral(value=value):
            return Number(value)
        case w.Symbol():
            return Name(base_name(written))
        case w.Scripted(base=w.Symbol() as base, lower=w.Numeral() | w.Symbol() as lower, upper=None):
            label = str(lower.value) if isinstance(lower, w.Numeral) else base_name(lower)
            return Name(f"{base_name(base)}_{label}")
        case w.Scripted(base=w.Symbol() as base, upper=w.Bracketed() | w.Symbol()):
            return UNSAID
        case w.Bracketed(items=(inside,)):
            return size_of(inside)
        case w.Beside(parts=parts) if not any(isinstance(part, w.Bracketed) for part in parts[1:]):
            return _folded("*", [size_of(part) for part in parts])
        case w.Signed(terms=parts, signs=signs) if signs[0] == 1 and 0 not in signs:
            total = size_of(parts[0])
            for part, sign in zip(parts[1:], signs[1:], strict=True):
                total = _folded("+" if sign > 0 else "-", [total, size_of(part)])
            return total
    return None


def sizes_in(upper: Written) -> list[Term | None]:
    """The sizes in a superscript or before "matrix": n, m \\times n; None for what is no size."""
    if isinstance(upper, w.Beside) and "x" in upper.joints:
        groups: list[list[Written]] = [[upper.parts[0]]]
        for part, joint in zip(upper.parts[1:], upper.joints, strict=True):
            if joint == "x":
                groups.append([])
            groups[-1].append(part)
        return [_folded("*", [size_of(each) for each in group]) for group in groups]
    if isinstance(upper, w.Listed):
        return [size_of(each) for each in upper.items]
    return [size_of(upper)]


# What follows is private.


def _entries(written: Written) -> Sequence[Written]:
    """The entries of a column, or of a list of several; none of anything else."""
    match written:
        case w.Bracketed(kind="(" | "[", items=(w.Grid() as inside,)):
            return _entries(inside)
        case w.Bracketed(kind="(" | "[", items=items) if len(items) > 1:
            return items
        case w.Grid(rows=rows) if len(rows) > 1 and all(len(row) == 1 for row in rows):
            return [cell for (cell,) in rows]
        case w.Scripted(base=w.Bracketed() as base, lower=None, upper=w.Symbol(text=text)) if text in TRANSPOSES:
            return _entries(base)
    return ()


def _last_index(entries: Sequence[Written]) -> Term | None:
    """The index of the last of some entries x_1, x_2 and so on; None if they are something else."""
    plain = [each for each in entries if not isinstance(each, w.Dots)]
    below = [each.lower for each in plain if isinstance(each, w.Scripted) and each.upper is None]
    first, counted = w.Numeral(Fraction(1)), [w.Numeral(Fraction(at)) for at in range(1, len(entries) + 1)]
    is_list = below == counted if len(plain) == len(entries) else below[:1] == [first]
    if len(below) < len(plain) or not is_list or len({base_letter(each) for each in plain}) != 1 or below[-1] is None:
        return None
    return size_of(below[-1])


def _folded(operator: str, sizes: Sequence[Term | None]) -> Term | None:
    total = sizes[0]
    for size in sizes[1:]:
        total = None if total is None or size is None else Apply(operator, (total, size))
    return total


def _whole(written: Written) -> int | None:
    match written:
        case w.Numeral(value=value) if value.denominator == 1:
            return int(value)
        case w.Signed(terms=(w.Numeral(value=value),), signs=(sign,)) if value.denominator == 1:
            return sign * int(value)
    return None
