"""All single-edit mutants of what a rule is made of, each ready to be put in place."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from chainrule.checking.mutation.edits import Names, edits
from chainrule.checking.mutation.sources import Source, compiled, replaced

Place: TypeAlias = tuple[str, int, str]
"""File, line and name of a function."""


@dataclass(frozen=True, eq=False)
class Mutant:
    """One edit of one function, compiled."""

    source: Source
    code: types.CodeType
    line: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{os.path.basename(self.source.file)}:{self.line}: {_short(self.before)} -> {_short(self.after)}"

    def in_place(self) -> AbstractContextManager[None]:
        """Inside the block, the program has the edit."""
        return replaced(self.source, self.code)


@dataclass(frozen=True)
class Observed:
    """What running the unmutated code shows: which lines run, and which variables have the same shape."""

    lines: frozenset[tuple[str, int]] = frozenset()
    names: Mapping[Place, Names] = field(default_factory=dict)

    def __or__(self, other: Observed) -> Observed:
        return Observed(self.lines | other.lines, {**self.names, **other.names})


def place(code: types.CodeType) -> Place:
    """What tells functions apart in other processes too."""
    return code.co_filename, code.co_firstlineno, code.co_qualname


def mutants_of(sources: Sequence[Source], observed: Observed) -> Iterator[Mutant]:
    """Every mutant whose code differs from that of the function and of the mutants before it."""
    for source in sources:
        seen = {_key(compiled(source))}
        for edit in edits(source.node, observed.names.get(place(source.code))):
            with edit.made():
                code = compiled(source)
            if _key(code) not in seen:
                seen.add(_key(code))
                yield Mutant(source, code, edit.line, edit.before, edit.after)


def observe(
    sources: Sequence[Source],
    run: Callable[[], Any],
    called: Callable[[types.CodeType, Mapping[str, Any]], None] | None = None,
) -> Observed:
    """Run something, and watch the functions. `called` is told of every call, and the arguments.

    >>> from chainrule import rules
    >>> from chainrule.checking.mutation.sources import sources_of
    >>> import numpy as np
    >>> sources = sources_of(rules.dropout)
    >>> seen = observe(sources, lambda: rules.dropout(np.ones(3), np.ones(3)))
    >>> [names["x"] for names in map(seen.names.get, (place(source.code) for source in sources)) if names]
    [('mask',)]
    """
    codes = {source.code for source in sources}
    lines: set[tuple[str, int]] = set()
    shapes: dict[types.CodeType, dict[str, Any]] = {}

    def trace(frame: types.FrameType, event: str, argument: Any) -> Any:
        if event == "call":
            inside = frame.f_code
            if called is not None:
                called(inside, frame.f_locals)
            # Loops and comprehensions in a function are frames of their own, in its lines.
            return trace if inside in codes or inside.co_filename in files else None
        if event == "line":
            lines.add((frame.f_code.co_filename, frame.f_lineno))
        elif event == "return" and frame.f_code in codes:
            known = shapes.setdefault(frame.f_code, {})
            known.update(_arrays(frame.f_locals))
        return trace

    files = {source.file for source in sources}
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    return Observed(frozenset(lines), {place(code): _alike(known) for code, known in shapes.items()})


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
    """For every variable the others of its shape, but neither other names of the same array, nor `out` and `_`."""
    return {
        name: others
        for name, (shape, identity) in arrays.items()
        if (
            others := tuple(
                x for x, y in arrays.items() if y[0] == shape and y[1] != identity and x not in ("out", "_")
            )
        )
    }


def _key(code: types.CodeType) -> tuple[Any, ...]:
    # 0 and False, 1 and 1.0 are equal, and different constants.
    return code.co_code, tuple((type(x), x) for x in code.co_consts), code.co_names, code.co_varnames


def _short(text: str, limit: int = 100) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit // 2]}...{text[-limit // 2 + 3 :]}"
