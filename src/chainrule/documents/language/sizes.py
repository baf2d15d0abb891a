"""Sizes as integer polynomials in the names of sizes, so that n + 1 and 1 + n are the same size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from chainrule.documents.language.terms import Apply, Name, Number, Term

Monomial: TypeAlias = tuple[str, ...]


class NoSize(ValueError):
    """A term that is no integer polynomial in names."""


@dataclass(frozen=True)
class Size:
    """A sum of products of names, each with its coefficient, in a fixed order.

    >>> one, n = Size.of(1), Size.of("n")
    >>> print(n + one + n, (n + one) == (one + n), (n * n - n).value({"n": 3}))
    2 n + 1 True 6
    """

    parts: tuple[tuple[Monomial, int], ...]

    @staticmethod
    def of(source: int | str) -> Size:
        """A number or a name as a size."""
        return _made({(): source} if isinstance(source, int) else {(source,): 1})

    @property
    def names(self) -> frozenset[str]:
        """The names in it."""
        return frozenset(name for names, _ in self.parts for name in names)

    @property
    def number(self) -> int | None:
        """Its value if it has no names, else None."""
        return None if self.names else sum(c for _, c in self.parts)

    def value(self, sizes: Mapping[str, int]) -> int:
        """Its value, given those of the names."""
        total = 0
        for names, c in self.parts:
            for name in names:
                c *= sizes[name]
            total += c
        return total

    def __add__(self, other: Size) -> Size:
        return _made(dict(self.parts), dict(other.parts))

    def __sub__(self, other: Size) -> Size:
        return self + _made({names: -c for names, c in other.parts})

    def __mul__(self, other: Size) -> Size:
        found: dict[Monomial, int] = {}
        for names, c in self.parts:
            for more, d in other.parts:
                key = tuple(sorted(names + more))
                found[key] = found.get(key, 0) + c * d
        return _made(found)

    def __str__(self) -> str:
        shown = [
            " ".join([*([str(c)] if abs(c) != 1 or not names else ["-"] * (c < 0)), *names]) for names, c in self.parts
        ]
        return " + ".join(shown).replace("+ -", "- ") or "0"


def _made(*sums: Mapping[Monomial, int]) -> Size:
    total: dict[Monomial, int] = {}
    for each in sums:
        for names, c in each.items():
            total[names] = total.get(names, 0) + c
    ordered = sorted(((n, c) for n, c in total.items() if c), key=lambda part: (-len(part[0]), part[0]))
    return Size(tuple(ordered))


def size_of(term: Term) -> Size:
    """The size that a term means.

    Raises
    ------
    NoSize
        If it is no sum of products of names and whole numbers.
    """
    match term:
        case Number(value=value) if value.denominator == 1:
            return Size.of(int(value))
        case Name(text=text):
            return Size.of(text)
        case Apply(operator="+", operands=operands):
            total = Size.of(0)
            for operand in operands:
                total = total + size_of(operand)
            return total
        case Apply(operator="-", operands=(left, right)):
            return size_of(left) - size_of(right)
        case Apply(operator="negative", operands=(operand,)):
            return Size.of(0) - size_of(operand)
        case Apply(operator="*", operands=(left, right)):
            return size_of(left) * size_of(right)
    raise NoSize(f"expected a size made of whole numbers and names, got {type(term).__name__.lower()}")
