"""Would your test notice? A test of a rule or of a gradient, run on every single-edit mutant of the code it tests."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from chainrule.arrays import is_torch, random_stream, to_numpy
from chainrule.checking.ball import Ball, precision
from chainrule.checking.balls import BallArray, balls, midpoints
from chainrule.checking.examples import Example
from chainrule.checking.mutation.further import quiet
from chainrule.checking.mutation.judging import Computed, Remembered, computed
from chainrule.checking.mutation.mutants import Mutant, mutants_of, observe
from chainrule.checking.mutation.report import MutationReport, Outcome, joined
from chainrule.checking.mutation.sources import caches_of, first_function, sources_of
from chainrule.checking.mutation.trying import TooSlow, at_most, changed, outcome, runs
from chainrule.checking.user_code import on_balls
from chainrule.rules import Rule

Subject: TypeAlias = Any
"""A Rule, a function, or the pair (function, gradient)."""

Progress: TypeAlias = Callable[[int, int, int], None]

MOST_POINTS = 6
"""At how many of the calls that the test makes mutants are compared with the original."""


def check_tests(
    subject: Subject,
    test: Callable[..., object],
    *,
    points: Sequence[tuple[Any, ...]] | None = None,
    seconds: float = 60.0,
    progress: Progress | None = None,
) -> MutationReport:
    """Run a test on every single-edit mutant of what it tests.

    Signs, factors, axes, transposes, neighbouring functions, swapped variables: whatever edit the test does not notice,
    although another function results, is reported with its line.

    Parameters
    ----------
    subject : Rule, callable, or pair of callables
        What is edited, with the helpers that it calls in its own package. Of a pair (function, gradient) only the
        gradient and its helpers are: the function says what is right.
    test : callable
        Is called with the subject, or with the two of a pair, and fails by raising AssertionError. Any exception counts
        as noticing.
    points : sequence of tuples, optional
        Arguments at which a mutant that the test accepts is compared with the original, to tell whether it is another
        function at all: in 300-bit balls where the code runs on them, else float by float. If not given, the first
        calls that the test makes, and others nearby.
    seconds : float
        A mutant on which the test runs for longer is taken as noticed.
    progress : callable, optional
        ``progress(done, all, survivors)``; if not given, long runs print a line now and then to standard error.

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
    sources = sources_of(*edited)
    empty_caches = caches_of(*given)
    calls = _Calls(given)

    def run() -> None:
        test(*given)

    try:
        observed = observe(sources, run, calls.seen)
    except Exception as error:
        raise ValueError(f"the test fails on the code as it is: {type(error).__name__}: {error}") from error
    if not observed.names:
        raise ValueError(f"the test runs nothing of {', '.join(source.name for source in sources)}")
    compute = _computing(given)
    remembered = Remembered(compute, _usable(compute, points if points is not None else calls.points()))
    mutants = tuple(mutants_of(sources, observed))
    outcomes: list[Outcome] = []
    tell = progress or _now_and_then()
    for mutant in mutants:
        reason = _noticed(mutant, run, seconds, empty_caches)
        if reason:
            outcomes.append(outcome(mutant, "killed", reason))
        else:
            outcomes.append(_accepted(mutant, remembered, runs(mutant, observed.lines), seconds, empty_caches))
        tell(len(outcomes), len(mutants), sum(x.fate == "survived" for x in outcomes))
    return joined(_name(edited[0]), outcomes)


def _noticed(
    mutant: Mutant, run: Callable[[], None], seconds: float, empty_caches: Sequence[Callable[[], None]]
) -> str:
    try:
        with changed(mutant, empty_caches), at_most(seconds), quiet():
            run()
    except (KeyboardInterrupt, SystemExit):
        raise
    except TooSlow as slow:
        return str(slow)
    except BaseException as error:  # pytest's failures are no Exceptions
        first = str(error).strip().partition("\n")[0]
        return f"{type(error).__name__}: {first}" if first else type(error).__name__
    return ""


def _accepted(
    mutant: Mutant,
    remembered: Remembered,
    has_run: bool,
    seconds: float,
    empty_caches: Sequence[Callable[[], None]],
) -> Outcome:
    try:
        with changed(mutant, empty_caches), at_most(seconds):
            difference = remembered.difference()
    except TooSlow as slow:
        difference = str(slow)
    if difference:
        return outcome(mutant, "survived", f"the test accepts it; {difference}")
    if not has_run:
        return outcome(mutant, "survived", "the test does not run this line")
    if not remembered.points:
        return outcome(mutant, "survived", "the test accepts it; no point is known at which to compare")
    return outcome(mutant, "equivalent", f"the same at {len(remembered.points)} points")


class _Calls:
    """The arguments with which a test calls the subject."""

    def __init__(self, given: tuple[Subject, ...]) -> None:
        self._rule = given[0] if isinstance(given[0], Rule) else None
        function = first_function(given[0] if self._rule is None else self._rule.forward)
        self._codes = set() if function is None else {function.__code__}
        self._found: dict[Any, Example] = {}

    def seen(self, code: Any, variables: Mapping[str, Any]) -> None:
        """Keep a call's arguments, if they are new in shape or options."""
        if code not in self._codes or len(self._found) >= MOST_POINTS:
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
    if not (isinstance(x, float) or (isinstance(x, np.ndarray) and x.dtype.kind == "f")):
        return x
    stream, shape = random_stream(71, i, j), np.shape(x)
    moved = np.asarray(x) * stream.uniform(0.75, 1.25, size=shape)
    moved = np.where(moved == 0, stream.uniform(0.01, 0.02, size=shape), moved)
    return moved.astype(np.asarray(x).dtype) if isinstance(x, np.ndarray) else float(moved)


def _computing(given: tuple[Subject, ...]) -> Computed:
    """Everything that the subject computes at a point: in balls, or in floats where it does not run on balls."""
    if isinstance(given[0], Rule):
        return lambda point, bits: computed(given[0], point, bits)

    def results(point: Example, bits: int) -> Mapping[str, tuple[Any, ...]]:
        found = {}
        for function in given:
            arguments = [balls(x) if _is_floats(x) else x for x in point.inputs]
            with precision(bits):
                found[_name(function)] = tuple(_flat(on_balls(function)(*arguments, **point.options)))
        return found

    def floats(point: Example, bits: int) -> Mapping[str, tuple[Any, ...]]:
        return {_name(f): tuple(_flat(f(*(_recorded(x) for x in point.inputs), **point.options))) for f in given}

    def both(point: Example, bits: int) -> Mapping[str, tuple[Any, ...]]:
        if id(point) not in runs_on_balls:
            try:
                results(point, bits)
                runs_on_balls[id(point)] = True
            except Exception:
                runs_on_balls[id(point)] = False
        return results(point, bits) if runs_on_balls[id(point)] else floats(point, bits)

    runs_on_balls: dict[int, bool] = {}
    return both


def _is_floats(x: Any) -> bool:
    return isinstance(x, float) or (isinstance(x, np.ndarray) and x.dtype.kind == "f")


def _flat(result: Any) -> Iterator[Any]:
    if isinstance(result, Mapping):
        result = tuple(result.values())
    if isinstance(result, tuple | list):
        for each in result:
            yield from _flat(each)
    else:
        yield to_numpy(result) if is_torch(result) else result


def _usable(compute: Computed, points: Sequence[Any]) -> tuple[Example, ...]:
    """Those points at which the code as it is can be computed."""
    usable = []
    for point in points:
        example = point if isinstance(point, Example) else Example(tuple(point))
        try:
            with quiet():
                compute(example, 300)
        except Exception:
            if point is not example:
                raise
            continue
        usable.append(example)
    return tuple(usable)


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
