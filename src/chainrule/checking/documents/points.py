"""Points at which formulas are compared: sizes, and values without symmetries.

Every name has its own stream of numbers, a function of its name, the trial and nothing else, with three decimals, so
that a counterexample is printed exactly. Sizes differ from each other as far as there are numbers from 2 to 5.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import prod
from typing import Any

import flint

from chainrule.checking.documents.model import Scope
from chainrule.checking.documents.numbers import ELEMENTARY, Value
from chainrule.checking.documents.stream import NotRead
from chainrule.checking.documents.tensors import Quantity, Tensor, entries_of

SIZES = (3, 2, 4, 5)
MOST_ENTRIES = 2500
SPREADS = {"in (0,1)": (50, 900), "unit": (50, 900), "positive": (150, 2200), "nonnegative": (150, 2200)}
"""The smallest value and the width of the values that a fact or a regime allows, in thousandths."""
REGIMES = ("any", "positive", "unit")
"""Signs of numbers about which nothing is known: any; positive; between 0 and 1."""


@dataclass
class Point:
    """Values for the free names: sizes, numbers and tensors, functions; changes along each for differentials."""

    sizes: dict[str, int] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Assumption:
    """A fact that the text does not state, tried on a step that fails without it."""

    name: str
    fact: str

    def __str__(self) -> str:
        return _ASSUMED[self.fact].format(self.name)


_ASSUMED = {
    "sum 1": "the entries of {} add up to 1",
    "rows sum 1": "every row of {} adds up to 1",
    "one-hot": "{} is one-hot",
}


def draw(*key: object) -> int:
    """An integer in 0..9999 that depends only on its key."""
    return int(hashlib.blake2b(repr(key).encode(), digest_size=4).hexdigest(), 16) % 10000


def sizes(names: Iterable[str], trial: int) -> dict[str, int]:
    """Sizes for a trial.

    >>> sizes(["n"], 0), sizes(["m", "n"], 0)
    ({'n': 3}, {'m': 3, 'n': 2})
    """
    return {name: SIZES[(trial + at) % len(SIZES)] for at, name in enumerate(sorted(names))}


def point(
    scope: Scope,
    names: Iterable[str],
    trial: int,
    *,
    regime: str = "any",
    assumptions: tuple[Assumption, ...] = (),
    square: bool = False,
) -> Point:
    """Values for the free names among some, at one trial."""
    lengths = [name for name, kind in scope.kinds.items() if kind.role == "size"]
    free = [name for name in lengths if scope.kinds[name].extent is None]
    usual = SIZES[trial % len(SIZES)]
    found = Point(dict.fromkeys(free, usual) if square else sizes(free, trial))

    def length(name: str) -> int:
        extent = scope.kinds[name].extent
        return found.sizes[name] if extent is None else extent.value({n: length(n) for n in extent.names})

    found.sizes.update({name: length(name) for name in lengths})
    for name in sorted(scope.kinds.keys() & set(names)):
        kind = scope.kinds[name]
        facts = kind.facts | {a.fact for a in assumptions if a.name == name}
        if kind.role == "function":
            found.values[name] = smooth(name, trial, "positive" in facts)
        elif kind.role == "value":
            extents = [found.sizes.setdefault(d, usual) if isinstance(d, str) else d for d in kind.dims]
            count = prod(extents)
            if count > MOST_ENTRIES:
                raise NotRead(f"{name} has {count} entries")
            found.values[name] = _quantity(_thousandths(name, trial, count, extents, facts, regime), extents)
            found.changes[name] = _quantity([draw("d", name, trial, i) % 3000 - 1500 for i in range(count)], extents)
    return found


def _quantity(thousandths: list[int], extents: list[int]) -> Any:
    entries = [flint.arb(flint.fmpq(t, 1000)) for t in thousandths]
    return Tensor(tuple(extents), entries) if extents else entries[0]


def _thousandths(
    name: str, trial: int, count: int, extents: list[int], facts: frozenset[str], regime: str
) -> list[int]:
    raw = [draw(name, trial, i) for i in range(count)]
    if "one-hot" in facts and count > 1:
        return [1000 if i == draw(name, trial) % count else 0 for i in range(count)]
    if "rows sum 1" in facts and len(extents) == 2:
        width = extents[1]
        return [t for r in range(extents[0]) for t in _adding_up(raw[r * width : (r + 1) * width])]
    if "sum 1" in facts:
        return _adding_up(raw)
    if "±1" in facts:
        return [1000 if (r + trial) % 2 else -1000 for r in raw]
    for spread in ("in (0,1)", "positive", "nonnegative", regime):
        if spread in SPREADS and spread in {*facts, regime}:
            low, width = SPREADS[spread]
            return [low + r % width for r in raw]
    # Keep away from 0, where kinks are and quotients grow, and never repeat a value.
    values: list[int] = []
    for r in raw:
        value = (r % 1700 + 120) * (-1 if (r // 1700) % 2 else 1)
        while value in values:
            value += 1
        values.append(value)
    return values


def _adding_up(raw: list[int]) -> list[int]:
    """Positive thousandths whose sum is one."""
    weights = [r % 900 + 100 for r in raw]
    parts = [1000 * w // sum(weights) for w in weights]
    return [*parts[:-1], 1000 - sum(parts[:-1])]


def shown(value: Quantity) -> str:
    """A value of a point in print, with three decimals."""
    texts = [f"{float(entry):.3f}".rstrip("0").rstrip(".") for entry in entries_of(value)]
    if not isinstance(value, Tensor):
        return texts[0]
    width = value.shape[1] if len(value.shape) > 1 else len(texts)
    return "(" + "; ".join(", ".join(texts[i : i + width]) for i in range(0, len(texts), width)) + ")"


def smooth(name: str, trial: int, positive: bool) -> Callable[[Value], Value]:
    """A smooth function without special properties: a e^(b u) + c u^2 + d u + g."""
    a, b, c, d, g = (flint.arb(flint.fmpq(draw(name, trial, i) % 900 + 100, 1000)) for i in range(5))

    def of(u: Value) -> Value:
        value = ELEMENTARY["exp"](u * b) * a + u * u * c + g
        return value if positive else value + u * d - 2 * g

    return of
