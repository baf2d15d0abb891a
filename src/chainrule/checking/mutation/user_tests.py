"""Would your test notice a wrong derivative? The test runs on every single-edit mutant of the code that it tests."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any, TypeAlias

import numpy as np

from chainrule.algebra.ball import Ball, precision
from chainrule.algebra.balls import BallArray, balls, midpoints
from chainrule.arrays import is_torch, random_stream, to_numpy
from chainrule.checking.examples import Example
from chainrule.checking.mutation.live_functions import caches_of, first_function, live_functions
from chainrule.checking.mutation.mutants import Mutant, MutationReport, Outcome, TooSlow, joined, mutants_of, observe
from chainrule.checking.mutation.point_checks import case_at, results_of
from chainrule.checking.mutation.remembered import Computing, Remembered, quiet
from chainrule.checking.user_code import on_balls
from chainrule.rules import Rule

Subject: TypeAlias = Any
"""A Rule, a function, or the pair (function, gradient)."""

Progress: TypeAlias = Callable[[int, int, int], None]

MOST_POINTS = 6
"""Largest number of the test's calls at which mutants are compared with the original."""


def check_tests(
    subject: Subject,
    test: Callable[..., object],
    *,
    points: Sequence[tuple[Any, ...]] | None = None,
    seconds: float = 60.0,
    progress: Progress | None = None,
) -> MutationReport:
    """Run a test on every single-edit mutant of what it tests.

    An edit changes a sign, a factor, an axis, a transpose, a function or a variable. Every edit that computes another
    function and that the test does not notice is reported with its line.

    Parameters
    ----------
    subject : Rule, callable, or pair of callables
        The code to be edited, with the helpers that it calls in its own package. In a pair (function, gradient) only
        the gradient and its helpers are edited, because the function defines the right result.
    test : callable
        Called with the subject, or with both functions of a pair. It notices an edit by raising any exception.
    points : sequence of tuples, optional
        Arguments at which a mutant that the test accepts is compared with the original, to tell whether it is another
        function: in 300-bit balls where the code runs on them, else float by float. Default: the first calls that the
        test makes, and points near them.
    seconds : float
        Processor time after which a mutant counts as noticed.
    progress : callable, optional
        ``progress(done, all, survivors)``. Default: long runs print a line to standard error every 10 s.

    Returns
    -------
    MutationReport
        `ok`, `survivors`, `killed`, `equivalent`; printed, it lists the survivors.

    Raises
    ------
    SourceMissing
        Where the source cannot be read: functions typed at a prompt, or compiled.
    ValueError
        If the test fails on the code as it is, or does not run it.

    Examples
    --------
    >>> import numpy as np
    >>> def loss(w, x):
    ...     return np.sum(np.tanh(x @ w))
    >>> def gradient(w, x):
    ...     return x.T @ (1 - np.tanh(x @ w) ** 2)
    >>> w, x = np.array([0.5, -0.25]), np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.25]])
    >>> def test_of_the_shape(loss, gradient):
    ...     assert gradient(w, x).shape == w.shape
    >>> report = check_tests((loss, gradient), test_of_the_shape)
    >>> report.ok, report.survivors[0].line, report.survivors[0].before, report.survivors[0].after
    (False, 2, 'x.T @ (1 - np.tanh(x @ w) ** 2)', '-(x.T @ (1 - np.tanh(x @ w) ** 2))')
    >>> def test_of_the_derivative(loss, gradient):
    ...     t = np.array([0.3, 0.8])
    ...     quotient = (loss(w + 1e-6 * t, x) - loss(w - 1e-6 * t, x)) / 2e-6
    ...     assert abs(quotient - gradient(w, x) @ t) < 1e-8
    >>> check_tests((loss, gradient), test_of_the_derivative).ok
    True
    """
    given = subject if isinstance(subject, tuple) else (subject,)
    edited = given[1:] if isinstance(subject, tuple) and len(given) == 2 else given
    for part in given:
        if not callable(part):
            raise TypeError(f"expected a Rule, a function or a pair (function, gradient), got {type(part).__name__}")
    functions, empty_caches = live_functions(*edited), caches_of(*given)
    calls = [_Calls(part) for part in given]

    def called(code: Any, variables: Mapping[str, Any]) -> None:
        for of_part in calls:
            of_part.seen(code, variables)

    try:
        observed = observe(functions, lambda: test(*given), called)
    except Exception as error:  # a user's test may raise anything
        raise ValueError(f"the test fails on the code as it is: {type(error).__name__}: {error}") from error
    if not observed.names:
        raise ValueError(f"the test runs nothing of {', '.join(function.name for function in functions)}")
    if points is None:
        # A pullback has one argument more than its function, so each part has points of its own.
        own = (_known((part,), seen.points(), must_run=False) for part, seen in zip(given, calls, strict=True))
        known = list(chain.from_iterable(own))
    else:
        known = list(_known(given, points, must_run=True))

    def fate(mutant: Mutant) -> Outcome:
        try:
            with mutant.applied(empty_caches, seconds), quiet():
                test(*given)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # pytest's failures, and TooSlow, are no Exceptions
            return mutant.outcome("killed", f"{type(error).__name__}: {str(error).strip()}".removesuffix(": "))
        try:
            with mutant.applied(empty_caches, seconds), quiet():
                difference = next(filter(None, (remembered.difference(compute) for compute, remembered in known)), "")
        except TooSlow as slow:
            difference = str(slow)
        if difference:
            return mutant.outcome("survived", f"the test accepts it; {difference}")
        if mutant.edited_line not in observed.lines:
            return mutant.outcome("survived", "the test does not run this line")
        if not known:
            return mutant.outcome("survived", "the test accepts it; no point is known at which to compare")
        return mutant.outcome("equivalent", f"the same at {len(known)} points")

    mutants = tuple(mutants_of(functions, observed))
    outcomes: list[Outcome] = []
    tell = progress or _now_and_then()
    for mutant in mutants:
        outcomes.append(fate(mutant))
        tell(len(outcomes), len(mutants), sum(x.fate == "survived" for x in outcomes))
    return joined(_name(edited[0]), outcomes)


class _Calls:
    """The arguments with which a test calls the subject."""

    def __init__(self, subject: Subject) -> None:
        self._rule = subject if isinstance(subject, Rule) else None
        function = first_function(subject if self._rule is None else self._rule.forward)
        self._code: Any = None if function is None else function.__code__
        self._found: dict[Any, Example] = {}

    def seen(self, code: Any, variables: Mapping[str, Any]) -> None:
        """Keep a call's arguments, if they are new in shape or options."""
        if code is not self._code or len(self._found) >= MOST_POINTS:
            return
        count = code.co_argcount
        names = code.co_varnames[: count + code.co_kwonlyargcount]
        positional = tuple(_recorded(variables[name]) for name in names[:count])
        if self._rule is not None:
            positional = positional[: len(self._rule.inputs)]
        options = {name: variables[name] for name in names[count:] if name not in ("out", "work")}
        key = (tuple(np.shape(x) if isinstance(x, np.ndarray) else repr(x) for x in positional), repr(options))
        self._found.setdefault(key, Example(positional, options))

    def points(self) -> list[Example]:
        """The calls, and uneven numbers near each of them."""
        found = list(self._found.values())
        near = [
            Example(tuple(_near(x, i, j) for j, x in enumerate(point.inputs)), point.options)
            for i, point in enumerate(found)
        ]
        return [*found, *near]


def _recorded(x: Any) -> Any:
    if isinstance(x, BallArray | Ball):
        return midpoints(balls(x))
    if is_torch(x):
        return to_numpy(x).copy()
    return x.copy() if isinstance(x, np.ndarray) else x


def _near(x: Any, i: int, j: int) -> Any:
    if not _is_floats(x):
        return x
    stream, shape = random_stream(71, i, j), np.shape(x)
    near = np.asarray(x) * stream.uniform(0.75, 1.25, size=shape)
    near = np.where(near == 0, stream.uniform(0.01, 0.02, size=shape), near)
    return near.astype(np.asarray(x).dtype) if isinstance(x, np.ndarray) else float(near)


def _is_floats(x: Any) -> bool:
    return isinstance(x, float) or (isinstance(x, np.ndarray) and x.dtype.kind == "f")


def _known(
    given: tuple[Subject, ...], points: Sequence[Any], *, must_run: bool
) -> Iterator[tuple[Computing, Remembered]]:
    """The computation of the subject at each point, in balls or, if it fails on balls, in floats; and its results.

    Points at which the code as it is fails are left out, except if all `must_run`.
    """
    for point in points:
        example = point if isinstance(point, Example) else Example(tuple(point))
        ways = [_on_rule] if isinstance(given[0], Rule) else [_on_balls, _on_floats]
        for way in ways:
            compute = partial(way, given, example)
            try:
                yield compute, Remembered(compute, str(example))
                break
            except Exception:  # the code may not run on balls in any way; the next way is tried
                if must_run and way is ways[-1]:
                    raise


def _on_rule(given: tuple[Subject, ...], point: Example, bits: int) -> Mapping[str, tuple[Any, ...]]:
    return results_of(case_at(given[0], point), bits)


def _on_balls(given: tuple[Subject, ...], point: Example, bits: int) -> Mapping[str, tuple[Any, ...]]:
    inputs = [balls(x) if _is_floats(x) else x for x in point.inputs]
    with precision(bits):
        return {_name(f): tuple(_flat(on_balls(f)(*inputs, **point.options))) for f in given}


def _on_floats(given: tuple[Subject, ...], point: Example, bits: int) -> Mapping[str, tuple[Any, ...]]:
    inputs = [_recorded(x) for x in point.inputs]
    return {_name(f): tuple(_flat(f(*inputs, **point.options))) for f in given}


def _flat(result: Any) -> Iterator[Any]:
    if isinstance(result, Mapping):
        result = tuple(result.values())
    if isinstance(result, tuple | list):
        for each in result:
            yield from _flat(each)
    else:
        yield to_numpy(result) if is_torch(result) else result


def _name(subject: Any) -> str:
    name: str = getattr(subject, "name", None) or getattr(subject, "__name__", None) or repr(subject)
    return name


def _now_and_then() -> Progress:
    last = time.monotonic()

    def tell(done: int, every: int, survivors: int) -> None:
        nonlocal last
        if time.monotonic() - last > 10:
            last = time.monotonic()
            print(f"check_tests: {done} of {every} mutants, {survivors} survived", file=sys.stderr, flush=True)

    return tell
