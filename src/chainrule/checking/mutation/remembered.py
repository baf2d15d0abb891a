"""Comparison of mutated code with the results of the original at a point, to tell whether it is the same function.

Two results are the same if their balls overlap and are narrow. Results that are not balls must be equal.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from chainrule.algebra.ball import Ball, Undecided
from chainrule.algebra.balls import BallArray
from chainrule.checking.comparing import Finding, Mismatch, compare

BITS = 300

_says_nothing = np.frompyfunc(Ball.says_nothing, 1, 1)

Computing: TypeAlias = Callable[[int], Mapping[str, tuple[Any, ...]]]
"""Computes all results at a point with that many bits; each form of result is a tuple."""


class Remembered:
    """The results of the original code at one point."""

    def __init__(self, compute: Computing, point: str) -> None:
        self._point = point
        with quiet():
            self._expected = {bits: compute(bits) for bits in (BITS, 4 * BITS)}

    @cached_property
    def is_decided(self) -> bool:
        """True if the first results are narrow, so that they can be compared."""
        first = self._expected[BITS]
        try:
            return not list(_differences(first, first))
        except Undecided:
            return False

    def difference(self, compute: Computing) -> str:
        """The first difference between the results of `compute` and of the original; empty if there is none."""
        undecided = ""
        for bits, expected in self._expected.items():
            try:
                findings = list(_differences(compute(bits), expected))
            except Undecided as reason:
                undecided = str(reason)
                continue
            except Exception as error:  # a mutant may raise anything: it is noticed then
                return f"{type(error).__name__}: {error}"
            for finding in findings:
                if isinstance(finding, Mismatch):
                    return f"{finding.entry}: got {finding.got}, expected {finding.expected} at {self._point}"
            if not findings:
                return ""
            undecided = str(findings[0])
        return undecided


def _differences(now: Mapping[str, tuple[Any, ...]], expected: Mapping[str, tuple[Any, ...]]) -> Iterator[Finding]:
    for form, results in expected.items():
        if len(now[form]) != len(results):
            yield Mismatch("", form, f"results of {form}", str(len(now[form])), str(len(results)))
            continue
        for got, result in zip(now[form], results, strict=True):
            if isinstance(result, BallArray):
                # Entries that were not numbers before the edit cannot be compared.
                yield from compare("", form, form, got, result, skip=_says_nothing(np.asarray(result)))
            elif got is None or result is None:
                yield from compare("", form, form, got, result)
            elif not np.array_equal(got, result, equal_nan=np.asarray(result).dtype.kind in "fc"):
                yield Mismatch("", form, form, str(got), str(result))


@contextmanager
def quiet() -> Iterator[None]:
    """Suppress warnings: mutants overflow, divide by zero and compute nan, and are refused for it."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
