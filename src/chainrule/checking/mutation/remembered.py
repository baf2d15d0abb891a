"""Comparison of mutated code with the results of the original at a point, to tell whether it is the same function.

Two results are the same if their balls overlap and are narrow. Results that are not balls must be equal.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np

from chainrule.checking.ball import Ball, Undecided
from chainrule.checking.balls import BallArray
from chainrule.checking.comparing import Mismatch, compare

BITS = 300

Computing: TypeAlias = Callable[[int], Mapping[str, tuple[Any, ...]]]
"""Computes all results at a point with that many bits; each form of result is a tuple."""


class Remembered:
    """The results of the original code at one point."""

    def __init__(self, compute: Computing, point: str) -> None:
        self._point = point
        with quiet():
            self._expected = {bits: compute(bits) for bits in (BITS, 4 * BITS)}

    def difference(self, compute: Computing) -> str:
        """The first difference between the results of `compute` and of the original; empty if there is none."""
        finding = ""
        for bits, expected in self._expected.items():
            try:
                found = list(_differences(compute(bits), expected))
            except Undecided as reason:
                finding = str(reason)
                continue
            except Exception as error:  # a mutant may raise anything: it is noticed then
                return f"{type(error).__name__}: {error}"
            for finding, is_certain in found:
                if is_certain:
                    return f"{finding} at {self._point}"
            if not found:
                return ""
            finding = found[0][0]
        return finding


def _differences(now: Mapping[str, tuple[Any, ...]], expected: Mapping[str, tuple[Any, ...]]) -> Iterator[Any]:
    """Pairs of a difference and whether it is certain, or only undecided."""
    for form, results in expected.items():
        if len(now[form]) != len(results):
            yield f"{form}: {len(now[form])} results instead of {len(results)}", True
            continue
        for got, result in zip(now[form], results, strict=True):
            if got is None or result is None:
                if got is not result:
                    yield f"{form}: None on one side only", True
            elif isinstance(result, BallArray):
                yield from _between_balls(form, np.asanyarray(got), result)
            elif not np.array_equal(got, result, equal_nan=np.asarray(result).dtype.kind in "fc"):
                yield f"{form}: got {got}, expected {result}", True


def _between_balls(form: str, got: Any, expected: BallArray) -> Iterator[tuple[str, bool]]:
    if got.shape != expected.shape:
        yield f"{form}: got shape {got.shape}, expected {expected.shape}", True
        return
    if any(not isinstance(entry, Ball) for entry in got.flat):
        yield f"{form}: got {got.dtype} entries that are no numbers", True
        return
    # Entries that were not numbers before the edit cannot be compared.
    entries: Any = expected.flat
    unknown = np.array([ball.says_nothing() for ball in entries], dtype=bool).reshape(expected.shape)
    for finding in compare("", form, "", got, expected, skip=unknown):
        if isinstance(finding, Mismatch):
            yield f"{form}{finding.entry}: got {finding.got}, expected {finding.expected}", True
        else:
            yield f"{form}: {finding}", False


@contextmanager
def quiet() -> Iterator[None]:
    """Suppress warnings: mutants overflow, divide by zero and compute nan, and are refused for it."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
