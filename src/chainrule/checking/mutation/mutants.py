"""Mutants, which are functions with one edit that replace the original inside a block, and reports of their fates."""

from __future__ import annotations

import os
import signal
import sys
import threading
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias, TypeVar

from chainrule.checking.mutation.code_edits import Names, edits
from chainrule.checking.mutation.live_functions import LiveFunction, replaced

Result = TypeVar("Result")

Fate: TypeAlias = Literal["killed", "equivalent", "survived"]


@dataclass(frozen=True)
class Outcome:
    """One mutant and its fate.

    Attributes
    ----------
    mutant : str
        File, line, and the edit: ``"softmax.py:62: probs * shifted -> probs + shifted"``.
    file, line, function, before, after
        The same in parts.
    fate : {"killed", "equivalent", "survived"}
        Rejected by the test; accepted, and the same function at every point compared; accepted, and another function.
    reason : str
        The reason for its rejection, or the place where it differs.
    """

    mutant: str
    file: str
    line: int
    function: str
    before: str
    after: str
    fate: Fate
    reason: str


@dataclass(frozen=True)
class MutationReport:
    """The fate of every mutant of one rule or function.

    Examples
    --------
    >>> report = MutationReport("square", ())
    >>> print(report)
    square: 0 mutants: 0 killed, 0 equivalent, 0 survived
    >>> report.ok
    False
    """

    name: str
    outcomes: tuple[Outcome, ...]

    @property
    def ok(self) -> bool:
        """True if there were mutants and none survived."""
        return bool(self.outcomes) and not self.survivors

    @property
    def killed(self) -> tuple[Outcome, ...]:
        """The mutants that the test rejected."""
        return self._with("killed")

    @property
    def equivalent(self) -> tuple[Outcome, ...]:
        """The mutants that compute the same as the original."""
        return self._with("equivalent")

    @property
    def survivors(self) -> tuple[Outcome, ...]:
        """The mutants that the test should have rejected and did not."""
        return self._with("survived")

    def summary(self) -> str:
        """The number of mutants by fate, in one line."""
        counts = f"{len(self.killed)} killed, {len(self.equivalent)} equivalent, {len(self.survivors)} survived"
        return f"{self.name}: {len(self.outcomes)} mutants: {counts}"

    def as_dict(self) -> dict[str, Any]:
        """The report as numbers, strings and lists for JSON."""
        return {"name": self.name, "ok": self.ok, "mutants": [asdict(outcome) for outcome in self.outcomes]}

    def __str__(self) -> str:
        return "\n".join([self.summary(), *(f"  survived: {x.mutant}\n    {x.reason}" for x in self.survivors)])

    def _with(self, fate: Fate) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.fate == fate)


def joined(name: str, outcomes: Iterable[Outcome]) -> MutationReport:
    """One report, in the order of the source."""
    return MutationReport(name, tuple(sorted(outcomes, key=lambda x: (x.file, x.line))))


Line: TypeAlias = tuple[str, int]
"""A file and a line in it."""

FunctionId: TypeAlias = tuple[str, int, str]
"""File, line and name of a function, which identify it in every process."""


@dataclass(frozen=True, eq=False)
class Mutant:
    """One edit of one function, compiled."""

    function: LiveFunction
    code: types.CodeType
    line: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{os.path.basename(self.function.file)}:{self.line}: {_short(self.before)} -> {_short(self.after)}"

    @property
    def edited_line(self) -> Line:
        """The edited line."""
        return self.function.file, self.line

    def outcome(self, fate: Fate, reason: str) -> Outcome:
        """The record of the mutant's fate."""
        function, first = self.function, reason.split("\n")[0]
        return Outcome(str(self), function.file, self.line, function.name, self.before, self.after, fate, first)

    @contextmanager
    def applied(self, empty_caches: Sequence[Callable[[], None]], seconds: float) -> Iterator[None]:
        """Run the edited function inside the block. Caches are emptied before and after.

        Raises
        ------
        TooSlow
            If the block takes more processor time than `seconds`.
        """
        try:
            with replaced(self.function, self.code), _at_most(seconds):
                for empty in empty_caches:
                    empty()
                yield
        finally:
            for empty in empty_caches:
                empty()


@dataclass(frozen=True)
class Observed:
    """The lines that the original code runs, and for each function the variables of one shape in one of its calls."""

    lines: frozenset[Line] = frozenset()
    names: Mapping[FunctionId, Names] = field(default_factory=dict)

    def __or__(self, other: Observed) -> Observed:
        return Observed(self.lines | other.lines, {**self.names, **other.names})


def function_id(code: types.CodeType) -> FunctionId:
    """The identity of a function in all processes, from its code."""
    return code.co_filename, code.co_firstlineno, code.co_qualname


def mutants_of(functions: Sequence[LiveFunction], observed: Observed) -> Iterator[Mutant]:
    """Every mutant whose code differs from the original function and from all mutants before it."""
    for function in functions:
        seen = {_key(function.compiled())}
        for edit in edits(function.node, observed.names.get(function_id(function.code))):
            code = function.compiled(edit.tree)
            if _key(code) not in seen:
                seen.add(_key(code))
                yield Mutant(function, code, edit.line, edit.before, edit.after)


class Observer:
    """Runs code and observes which of the functions it calls and, with `lines`, their lines and variables.

    The caches are emptied before each run, because cached results hide the functions that compute them. `called`
    receives the code and the variables of every call of any function.
    """

    def __init__(
        self,
        functions: Sequence[LiveFunction],
        empty_caches: Sequence[Callable[[], None]] = (),
        *,
        lines: bool = False,
        called: Callable[[types.CodeType, Mapping[str, Any]], None] | None = None,
    ) -> None:
        self._codes = {function.code for function in functions}
        self._files = {function.file for function in functions} if lines else set()
        self._empty_caches, self._called, self._wants_lines = empty_caches, called, lines
        self._lines: set[Line] = set()
        self._alike: dict[types.CodeType, dict[str, dict[str, None]]] = {}
        self._now: set[types.CodeType] = set()

    @property
    def observed(self) -> Observed:
        """The lines and variables of all runs."""
        alike = {
            function_id(code): {name: tuple(others) for name, others in known.items()}
            for code, known in self._alike.items()
        }
        return Observed(frozenset(self._lines), alike)

    def empty_caches(self) -> None:
        """Empty the caches of the functions."""
        for empty in self._empty_caches:
            empty()

    def run(self, run: Callable[[], Result]) -> tuple[Result, frozenset[types.CodeType]]:
        """The result of `run`, and the codes of the functions that it calls."""
        self.empty_caches()
        self._now = set()
        before = sys.gettrace()
        sys.settrace(self._at_call)
        try:
            return run(), frozenset(self._now)
        finally:
            sys.settrace(before)

    def _at_call(self, frame: types.FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        if self._called is not None:
            self._called(code, frame.f_locals)
        if code in self._codes:
            self._now.add(code)
            return self._inside if self._wants_lines else None
        # Comprehensions and nested functions have frames of their own in the lines of the function.
        return self._inside if code.co_filename in self._files else None

    def _inside(self, frame: types.FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        if event == "line":
            self._lines.add((code.co_filename, frame.f_lineno))
        elif event == "return" and code in self._codes:
            known = self._alike.setdefault(code, {})
            for name, others in _alike(_arrays(frame.f_locals)).items():
                known.setdefault(name, {}).update(dict.fromkeys(others))
        return self._inside


def observe(
    functions: Sequence[LiveFunction],
    run: Callable[[], Any],
    called: Callable[[types.CodeType, Mapping[str, Any]], None] | None = None,
) -> Observed:
    """Call `run` and observe the functions. `called` receives the code and the variables of every call.

    >>> from chainrule import rules
    >>> from chainrule.checking.mutation.live_functions import live_functions
    >>> import numpy as np
    >>> functions = live_functions(rules.dropout)
    >>> seen = observe(functions, lambda: rules.dropout(np.ones(3), np.ones(3)))
    >>> [names["x"] for names in map(seen.names.get, (function_id(each.code) for each in functions)) if names]
    [('mask',)]
    """
    observer = Observer(functions, lines=True, called=called)
    observer.run(run)
    return observer.observed


def _arrays(variables: Mapping[str, Any]) -> dict[str, tuple[tuple[int, ...], int]]:
    """Shape and identity of the arrays among the variables, and among the fields of named tuples."""
    found = {}
    for name, value in variables.items():
        if hasattr(value, "_fields"):
            found.update({f"{name}.{field}": known for field, known in _arrays(value._asdict()).items()})
        elif isinstance(shape := getattr(value, "shape", None), tuple) and shape:
            found[name] = shape, id(value)
    return found


def _alike(arrays: Mapping[str, tuple[tuple[int, ...], int]]) -> dict[str, tuple[str, ...]]:
    """For each variable the other variables of its shape, without names of the same array, `out` and `_`."""
    usable = {name: known for name, known in arrays.items() if name not in ("out", "_")}
    return {
        name: tuple(x for x, other in usable.items() if other[0] == shape and other[1] != identity)
        for name, (shape, identity) in arrays.items()
    }


def _key(code: types.CodeType) -> tuple[Any, ...]:
    # Compare types as well, because 0 == False and 1 == 1.0.
    return code.co_code, tuple((type(x), x) for x in code.co_consts), code.co_names, code.co_varnames


def _short(text: str, limit: int = 100) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit // 2]}...{text[-limit // 2 + 3 :]}"


class TooSlow(BaseException):
    """A mutant ran for too long. It is not an `Exception`, so that no check catches it."""


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raise TooSlow in the block after `seconds` of processor time; no limit on systems without such a timer."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise TooSlow(f"still running after {seconds:g} s of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
