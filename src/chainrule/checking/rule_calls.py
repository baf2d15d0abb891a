"""Calls of the functions of a rule, each by itself and on floats, before anything is checked about their numbers.

A function that raises, returns no array, or writes to its arguments makes every later check meaningless: the other
functions then get other numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import holds_labels
from chainrule.checking.case import RuleCase, draw
from chainrule.checking.comparing import Mismatch
from chainrule.checking.floats import rounded
from chainrule.checking.user_code.places import error_in_words


def refuse_inputs(case: RuleCase) -> None:
    """Raise ValueError if the rule refuses the inputs, such as labels that are out of range.

    Other errors are faults of the rule, which `broken_calls` tells, unless labels are given as floats.

    Raises
    ------
    ValueError
        With the error of the rule.

    Examples
    --------
    >>> from chainrule.rules import Rule
    >>> root = Rule("root", lambda x: (np.sqrt(x), x), lambda x, v: v / 2 / np.sqrt(x), check=np.linalg.inv)
    >>> refuse_inputs(RuleCase(root, (np.ones(2),), {}, 300))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    ValueError: root cannot be called with these inputs: LinAlgError: ...
    """
    named = zip(case.rule.inputs, case.inputs, strict=True)
    floats = [name for name, x in named if name in case.rule.integers and not holds_labels(x)]
    try:
        with np.errstate(all="ignore"):
            case.rule(*map(np.array, case.inputs), **case.options)
    except Exception as error:  # a user's rule may raise anything
        if not (floats or isinstance(error, ValueError | IndexError)):
            return
        hint = f"; {floats[0]} holds floats, and labels are integers: {floats[0]}.astype(int)" if floats else ""
        text = f"{case.rule.name} cannot be called with these inputs: {error_in_words(error)}{hint}"
        raise ValueError(text) from None


def broken_calls(case: RuleCase, check: str) -> Iterator[Mismatch]:
    """The functions of the rule that raise, return no array, or write to their arguments, in float64 and in float32.

    >>> from chainrule.rules import Rule
    >>> rule = Rule("halved", lambda x: (x / 2, (x * 1,)), lambda residuals, v: residuals[0].fill(0) or v / 2)
    >>> print(*broken_calls(RuleCase(rule, (np.ones(2),), {}, 300), "calls"))
    halved: calls: pullback of x: got residual 0 overwritten, expected the residuals left as they are
    """
    for at in (case, rounded(case, np.float32)):
        found = [] if at is None else list(_broken_at(at))
        if found:
            yield from (Mismatch(case.rule.name, check, *texts) for texts in found)
            return


# What follows is private.


@dataclass(frozen=True)
class _Part:
    """One function of a rule that takes the residuals and directions."""

    name: str
    function: Callable[..., Any]
    directions: tuple[Any, ...]
    shape: tuple[int, ...]


def _broken_at(case: RuleCase) -> Iterator[tuple[str, str, str]]:
    """Entry, result and expectation for each function that is broken."""
    rule, calls = case.rule, []
    for _ in range(2):
        try:
            calls.append(_called(rule.output_and_residuals, *map(np.array, case.inputs), **case.options))
        except Exception as error:  # a user's rule may raise anything
            yield "forward", error_in_words(error), "a result"
            return
    (output, residuals), (again, _) = calls
    if not hasattr(output, "shape"):
        yield "forward", f"{_kind_of(output)} as the output", "an array"
        return
    if apart := _first_difference(output, again):
        yield "forward", apart, "the same value each time; give random numbers as an input"
        return
    for part in _parts(case, output):
        yield from _broken_part(part, residuals)


def _parts(case: RuleCase, output: Any) -> Iterator[_Part]:
    """The pullbacks and the pushforward."""
    rule, dtype = case.rule, case.dtype
    for name, x, pull in zip(rule.inputs, case.inputs, rule.in_order, strict=True):
        if pull is not None:
            yield _Part(f"pullback of {name}", pull, (draw(99, output.shape).astype(dtype),), np.shape(x))
    if rule.pushforward is not None:
        tangents = tuple(None if t is None else t.astype(dtype) for t in case.tangents)
        yield _Part("pushforward", rule.pushforward, tangents, np.shape(output))


def _broken_part(part: _Part, residuals: Any) -> Iterator[tuple[str, str, str]]:
    given = [np.array(x) for x in _arrays_in(residuals)]
    directions = [None if x is None else np.array(x) for x in part.directions]
    try:
        result = _called(part.function, residuals, *directions)
    except Exception as error:  # a user's rule may raise anything
        yield part.name, error_in_words(error), "a result"
        return
    if result is not None and not hasattr(result, "shape"):
        yield part.name, _kind_of(result), f"one array of shape {part.shape}"
    for k, (before, after) in enumerate(zip(given, _arrays_in(residuals), strict=True)):
        if not _same(before, after):
            yield part.name, f"residual {k} overwritten", "the residuals left as they are"
            np.copyto(after, before)  # so that the other functions get what the forward gave
    what = "tangent" if part.name == "pushforward" else "cotangent"
    if not all(map(_same, part.directions, directions)):
        yield part.name, f"its {what} overwritten", f"the {what} left as it is"


def _called(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    with np.errstate(all="ignore"):
        return function(*arguments, **options)


def _arrays_in(residuals: Any) -> list[Any]:
    """The arrays of residuals, also those inside tuples, lists and mappings."""
    if isinstance(residuals, np.ndarray):
        return [residuals]
    parts = residuals.values() if isinstance(residuals, Mapping) else residuals
    if isinstance(residuals, Mapping | Sequence) and not isinstance(residuals, str | bytes):
        return [array for part in parts for array in _arrays_in(part)]
    return []


def _first_difference(first: Any, second: Any) -> str:
    """The entries of two results that differ by more than roundings, in words."""
    if np.shape(first) != np.shape(second):
        return f"shapes {np.shape(first)} and {np.shape(second)} in two calls"
    unit = float(np.finfo(first.dtype).eps) if first.dtype.kind == "f" else 0.0
    size = np.max(np.abs(first), initial=0.0, where=np.isfinite(first))
    apart = np.argwhere(~np.isclose(first, second, 0, 64 * unit * size, equal_nan=True))
    for at in map(tuple, apart[:1].tolist()):
        return f"{first[at]:.10g} and {second[at]:.10g} in two calls with the same input"
    return ""


def _same(x: Any, y: Any) -> bool:
    return (x is None and y is None) or np.array_equal(x, y, equal_nan=np.asarray(x).dtype.kind == "f")


def _kind_of(x: Any) -> str:
    return "an " + type(x).__name__ if type(x).__name__[0] in "aeiou" else "a " + type(x).__name__
