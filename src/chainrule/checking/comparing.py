"""Comparison of arrays of balls entry by entry: proven different, equal to 60 bits, or undecided."""

from collections.abc import Iterator
from typing import Any

import flint
import numpy as np

from chainrule.checking.ball import Ball, precision
from chainrule.checking.balls import balls
from chainrule.checking.rule_report import Finding, Mismatch, Unchecked

CERTAIN_BITS = 60
"""Bits of a ball that must be certain, a few more than float64 has, unless the ball is smaller than every float64."""

NEGLIGIBLE = flint.arb(2) ** -1100


def compare(rule: str, check: str, name: str, got: Any, expected: Any, *, skip: Any = False) -> Iterator[Finding]:
    """A `Mismatch` for each pair of balls that do not overlap, and one `Unchecked` for balls that are too wide.

    >>> for finding in compare("square", "pullback", "x", balls([1, 2]), balls([1, -2])):
    ...     print(finding)
    square: pullback: x[1]: got 2.000000000, expected -2.000000000
    """
    first, second = balls(got), balls(expected)
    if first.shape != second.shape:
        yield Mismatch(rule, check, f"shape of {name}", str(first.shape), str(second.shape))
        return
    vague = []
    skipped = np.broadcast_to(skip, first.shape).ravel().tolist()
    pairs = zip(np.ndindex(first.shape), first.ravel().tolist(), second.ravel().tolist(), skipped, strict=True)
    for index, a, b, left_out in pairs:
        if left_out:
            continue
        if not (a.says_nothing() or b.says_nothing() or a.value.overlaps(b.value)):
            yield Mismatch(rule, check, f"{name}{position(index)}", digits(a), digits(b))
        elif not (_says_enough(a) and _says_enough(b)):
            vague.append(f"{name}{position(index)}: the balls {a} and {b} are too wide to compare")
    if vague:
        yield Unchecked(check, f"{vague[0]} (one of {len(vague)} entries)", more_bits_may_help=True)


def digits(ball: Ball) -> str:
    """The midpoint with 10 significant digits.

    >>> digits(Ball(1) / 3)
    '0.3333333333'
    """
    if not ball.value.is_finite():
        return repr(ball)
    with precision(128):
        return str(ball.value.mid().str(10, radius=False))


def _says_enough(ball: Ball) -> bool:
    if not ball.value.is_finite():
        return not ball.says_nothing()
    return bool(ball.value.rel_accuracy_bits() >= CERTAIN_BITS or ball.value.rad() < NEGLIGIBLE)


def position(index: tuple[int, ...]) -> str:
    """The index as a suffix, such as [i, j]; empty for a single number."""
    return f"[{', '.join(map(str, index))}]" if index else ""
