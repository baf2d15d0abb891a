"""Calls of functions in a run: does an edited function return the same in each of them?

If it does, the run with the edited function is the run without it, call by call, and need not be repeated. A call is
repeated on copies of its variables. Its result must be the same number for number, must share memory with the same
variables, and the variables must not change. A call that cannot be repeated in this way is not recorded.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from types import BuiltinFunctionType, CellType, CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import flint
import numpy as np

from chainrule.algebra.ball import Ball, precision
from chainrule.algebra.exact import Exact
from chainrule.algebra.number_array import NumberArray, plain
from chainrule.rules import Rule

_UNCHANGING = (bool, int, float, str, bytes, type(None), type(Ellipsis), slice, np.dtype, np.generic, Ball, Exact)
_BY_IDENTITY = (FunctionType, BuiltinFunctionType, ModuleType, type, np.ufunc, Rule)
_WITH_STATE = 0x20 | 0x80 | 0x100 | 0x200  # generators and coroutines


class CannotRepeat(Exception):
    """A variable that cannot be copied, so that the call cannot be repeated."""


@dataclass(frozen=True, eq=False)
class RecordedCall:
    """One call of a function."""

    variables: Mapping[str, Any]
    """Copies of the arguments and of the closed-over variables."""
    module: dict[str, Any]
    bits: int
    result: Any
    shared: tuple[bool, ...]
    """For each array of the result and each array among the variables whether they share memory."""

    def same_with(self, code: CodeType) -> bool:
        """True if a function with this code does the same."""
        given = {name: _copied(x) for name, x in self.variables.items()}
        try:
            with precision(self.bits):
                result = _called(code, given, self.module)
            return (
                _identical(result, self.result)
                and _sharing(result, given) == self.shared
                and all(_identical(given[name], x) for name, x in self.variables.items())
            )
        except Exception:  # an edited function may raise anything
            return False


Calls = Mapping[CodeType, tuple[RecordedCall, ...] | None]
"""The calls of each function; None if one of them cannot be repeated."""


class Recorder:
    """Records the calls of runs. Equal calls are one call. Exact numbers of two fields need two recorders."""

    def __init__(self) -> None:
        self._known: dict[Any, RecordedCall] = {}

    def calls(self, codes: frozenset[CodeType], run: Callable[[], object]) -> Calls:
        """The calls of the functions with these codes during the run."""
        found: dict[CodeType, dict[RecordedCall, None] | None] = {code: {} for code in codes}
        started: dict[int, tuple[dict[str, Any], dict[str, Any]]] = {}

        def at_call(frame: FrameType, event: str, argument: Any) -> Any:
            code = frame.f_code
            if found.get(code) is None:
                return None
            actual = dict(frame.f_locals)
            try:
                if code.co_flags & _WITH_STATE:
                    raise CannotRepeat
                started[id(frame)] = actual, {name: _copied(x) for name, x in actual.items()}
            except CannotRepeat:
                found[code] = None
                return None
            frame.f_trace_lines = False
            return inside

        def inside(frame: FrameType, event: str, argument: Any) -> Any:
            code = frame.f_code
            if event == "exception":
                found[code] = None
            calls = found[code]
            if event == "return" and calls is not None:
                try:
                    calls[self._call(code, frame.f_globals, *started.pop(id(frame)), argument)] = None
                except CannotRepeat:
                    found[code] = None
            return inside

        before = sys.gettrace()
        sys.settrace(at_call)
        try:
            run()
        finally:
            sys.settrace(before)
        return {code: None if calls is None else tuple(calls) for code, calls in found.items()}

    def _call(
        self, code: CodeType, module: dict[str, Any], actual: dict[str, Any], copies: dict[str, Any], result: Any
    ) -> RecordedCall:
        if not all(_identical(actual[name], x) for name, x in copies.items()):
            raise CannotRepeat
        key = code, flint.ctx.prec, id(module), *((name, _key(x)) for name, x in copies.items())
        if key not in self._known:
            self._known[key] = RecordedCall(copies, module, flint.ctx.prec, _copied(result), _sharing(result, actual))
        return self._known[key]


class EditedFunction:
    """A function with the code `code`, which is edited. Remembers in which calls the edit makes no difference."""

    def __init__(self, code: CodeType, edited: CodeType) -> None:
        self.code, self._edited = code, edited
        self._same: dict[RecordedCall, bool] = {}

    def is_same_in(self, calls: Calls) -> bool:
        """True if the function was called, and does the same in all calls with the edit."""
        found = calls.get(self.code)
        return bool(found) and all(map(self._is_same, found or ()))

    def _is_same(self, call: RecordedCall) -> bool:
        if call not in self._same:
            self._same[call] = call.same_with(self._edited)
        return self._same[call]


def _called(code: CodeType, given: Mapping[str, Any], module: dict[str, Any]) -> Any:
    """The result of a function with this code and these variables."""
    function = FunctionType(code, module, code.co_name, None, tuple(CellType(given[name]) for name in code.co_freevars))
    count, more = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    positional = [given[name] for name in code.co_varnames[:count]]
    named = {name: given[name] for name in code.co_varnames[count:more]}
    if code.co_flags & 0x04:  # *arguments
        positional += given[code.co_varnames[more]]
        more += 1
    if code.co_flags & 0x08:  # **keywords
        named.update(given[code.co_varnames[more]])
    return function(*positional, **named)


def _copied(x: Any) -> Any:
    """A copy that shares no memory with `x`."""
    if isinstance(x, np.ndarray):
        if (x.dtype == object) != isinstance(x, NumberArray) or not (x.dtype == object or x.flags.forc):
            raise CannotRepeat  # sums of floats depend on the order of their memory
        result = x.copy(order="K")
        result.flags.writeable = x.flags.writeable
        return result
    if isinstance(x, tuple):
        parts = [_copied(each) for each in x]
        return type(x)(*parts) if hasattr(x, "_fields") else tuple(parts)
    if type(x) is list:
        return [_copied(each) for each in x]
    if type(x) is dict:
        return {name: _copied(each) for name, each in x.items()}
    if _is_record(x):  # The copy has no cached properties, which the edit may change.
        return replace(x, **{name: _copied(each) for name, each in _fields(x).items()})
    if isinstance(x, _UNCHANGING + _BY_IDENTITY):
        return x
    raise CannotRepeat


def _is_record(x: Any) -> bool:
    """True for an object of a frozen dataclass."""
    parameters = getattr(x, "__dataclass_params__", None)
    return bool(parameters and parameters.frozen) and not isinstance(x, _BY_IDENTITY)


def _fields(x: Any) -> dict[str, Any]:
    return {field.name: getattr(x, field.name) for field in fields(x)}


def _identical(a: Any, b: Any) -> bool:
    """True if both are the same type and hold the same numbers, with equal radii for balls."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        if (a.shape, a.dtype, a.flags.writeable) != (b.shape, b.dtype, b.flags.writeable):
            return False
        if a.dtype == object:
            return all(map(_identical, plain(a).ravel().tolist(), plain(b).ravel().tolist()))
        return bool(a.tobytes() == b.tobytes())
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(_identical, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(map(_identical, a.values(), b.values()))
    if _is_record(a):
        return _identical(_fields(a), _fields(b))
    if isinstance(a, Ball):
        return a is b or (a.fingerprint == b.fingerprint and _same_ball(a.value, b.value))
    if isinstance(a, Exact):
        return a is b or (a.num == b.num and a.den == b.den)
    if isinstance(a, _BY_IDENTITY):
        return a is b
    if isinstance(a, float):
        return bool(a.hex() == b.hex())
    return bool(a == b)


def _same_ball(a: Any, b: Any) -> bool:
    if not (a.is_finite() and b.is_finite()):
        return str(a) == str(b)
    return bool(a.mid() == b.mid() and a.rad() == b.rad())


def _key(x: Any) -> Any:
    """Equal for identical variables."""
    if isinstance(x, np.ndarray):
        numbers = tuple(map(_key, plain(x).ravel().tolist())) if x.dtype == object else x.tobytes()
        return type(x), x.dtype, x.shape, x.strides, x.flags.writeable, numbers
    if isinstance(x, tuple | list):
        return type(x), *map(_key, x)
    if isinstance(x, dict):
        return dict, *((name, _key(each)) for name, each in x.items())
    if _is_record(x):
        return type(x), _key(_fields(x))
    if isinstance(x, Ball):
        value = x.value
        if not value.is_finite():
            return x.fingerprint, str(value)
        return x.fingerprint, value.mid().man_exp(), value.rad().man_exp()
    if isinstance(x, Exact):
        return str(x.num), x.den
    if isinstance(x, _BY_IDENTITY):
        return id(x)
    return type(x), repr(x)


def _arrays_in(x: Any) -> Iterator[Any]:
    if isinstance(x, np.ndarray):
        yield plain(x)
    elif isinstance(x, tuple | list):
        for each in x:
            yield from _arrays_in(each)
    elif isinstance(x, dict):
        yield from _arrays_in(list(x.values()))
    elif _is_record(x):
        yield from _arrays_in(_fields(x))


def _sharing(result: Any, variables: Mapping[str, Any]) -> tuple[bool, ...]:
    given = [array for x in variables.values() for array in _arrays_in(x)]
    return tuple(np.may_share_memory(mine, array) for mine in _arrays_in(result) for array in given)
