"""Findings of checks, and comparison of arrays of balls: proven different, equal to 60 bits, or undecided."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import flint
import numpy as np

from chainrule.algebra.ball import Ball, precision
from chainrule.algebra.balls import balls

CERTAIN_BITS = 60
"""Bits of a ball that must be certain, a few more than float64 has, unless the ball is smaller than every float64."""

NEGLIGIBLE = flint.arb(2) ** -1100


@dataclass(frozen=True)
class Mismatch:
    """Two values that should be equal and differ.

    >>> print(Mismatch("tanh", "pullback against quotients", "x[0, 2]", "-0.5", "0.5"))
    tanh: pullback against quotients: x[0, 2]: got -0.5, expected 0.5
    """

    rule: str
    check: str
    entry: str
    got: str
    expected: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.check}: {self.entry}: got {self.got}, expected {self.expected}"


@dataclass(frozen=True)
class Unchecked:
    """A comparison that could not be decided, and the reason.

    Attributes
    ----------
    check : str
        The name of the check.
    reason : str
    more_bits_may_help : bool
        True if balls of more bits might decide it.

    Examples
    --------
    >>> print(Unchecked("gradient", "x[0] is at a kink"))
    gradient: x[0] is at a kink
    """

    check: str
    reason: str
    more_bits_may_help: bool = False

    def __str__(self) -> str:
        return f"{self.check}: {self.reason}"


Finding: TypeAlias = Mismatch | Unchecked


def compare(rule: str, check: str, name: str, got: Any, expected: Any, *, skip: Any = False) -> Iterator[Finding]:
    """A `Mismatch` for each pair of balls that do not overlap, and one `Unchecked` for balls that are too wide.

    None, as the cotangent of a constant, equals only None.

    >>> for finding in compare("square", "pullback", "x", balls([1, 2]), balls([1, -2])):
    ...     print(finding)
    square: pullback: x[1]: got 2.000000000, expected -2.000000000
    """
    if got is None or expected is None:
        if got is not expected:
            yield Mismatch(rule, check, name, *("None" if x is None else "an array" for x in (got, expected)))
        return
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
            yield Mismatch(rule, check, f"{name}{position(index)}", *distinct_digits(a, b))
        elif not (_says_enough(a) and _says_enough(b)):
            vague.append(f"{name}{position(index)}: the balls {a} and {b} are too wide to compare")
    if vague:
        yield Unchecked(check, f"{vague[0]} (one of {len(vague)} entries)", more_bits_may_help=True)


def digits(ball: Ball, count: int = 10) -> str:
    """The midpoint with `count` significant digits.

    >>> digits(Ball(1) / 3)
    '0.3333333333'
    """
    if not ball.value.is_finite():
        return repr(ball)
    with precision(128 + 4 * count):
        return str(ball.value.mid().str(count, radius=False))


def distinct_digits(got: Ball, expected: Ball) -> tuple[str, str]:
    """Both midpoints with 10 significant digits, or with as many up to 100 as distinguish them.

    >>> distinct_digits(Ball(1.0), Ball(1.0 + 2**-40))
    ('1.000000000000', '1.000000000001')
    """
    for count in range(10, 101, 3):
        texts = digits(got, count), digits(expected, count)
        if texts[0] != texts[1]:
            break
    return texts


def _says_enough(ball: Ball) -> bool:
    if not ball.value.is_finite():
        return not ball.says_nothing()
    return bool(ball.value.rel_accuracy_bits() >= CERTAIN_BITS or ball.value.rad() < NEGLIGIBLE)


def position(index: tuple[int, ...]) -> str:
    """The index as a suffix, such as [i, j]; empty for a single number."""
    return f"[{', '.join(map(str, index))}]" if index else ""
