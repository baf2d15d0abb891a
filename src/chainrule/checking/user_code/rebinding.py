"""A copy of somebody's function in which the names of `numpy`, `math` and `scipy.special` mean their stand-ins.

What the function refers to is followed: other functions of the user's, closures, methods and callable objects. Nothing
of the original is changed; functions of installed packages are left as they are.
"""

from __future__ import annotations

import builtins
import copy
import functools
import sys
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any, TypeVar

from chainrule.checking.user_code.numpy_names import replacement
from chainrule.rules import Rule

Runnable = TypeVar("Runnable", bound=Callable[..., Any])


def on_balls(function: Runnable) -> Runnable:
    """The function, or rule, as it runs on arrays of balls.

    It may still fail on them, where it calls compiled code or asks for floats; then it raises `Undecided` or TypeError.
    """
    result: Runnable = _Rebinding(_package_of(function)).of(function)
    return result


def _package_of(value: Any) -> str:
    """The package that a function, a method, a class or an object comes from."""
    while isinstance(value, functools.partial):
        value = value.func
    module = getattr(value, "__module__", None) or type(value).__module__
    return str(module).partition(".")[0]


class _Rebinding:
    """One copying, in which every function and every module's globals are copied once."""

    def __init__(self, package: str) -> None:
        self._package = package
        """Followed also where it is installed: it is what the user checks."""
        self._done: dict[int, Any] = {}
        self._globals: dict[int, dict[str, Any]] = {}
        self._kept: list[Any] = []
        """What `_done` knows by its id must not be collected meanwhile."""

    def _is_users(self, value: Any) -> bool:
        code = getattr(value, "__code__", None)
        if code is not None and code.co_filename.startswith("<"):
            return True  # typed in, or in a docstring
        package = _package_of(value)
        return not _is_installed(package) or (package == self._package and package not in _RUN_ON_BALLS_OR_NEVER)

    def of(self, value: Any) -> Any:
        if id(value) in self._done:
            return self._done[id(value)]
        self._kept.append(value)
        result = self._copied(value)
        self._done[id(value)] = result
        return result

    def _copied(self, value: Any) -> Any:
        stand_in = replacement(value)
        if stand_in is not None:
            return stand_in
        if isinstance(value, Rule):
            return self._rule(value)
        if isinstance(value, FunctionType):
            return self._function(value) if self._is_users(value) else value
        if isinstance(value, MethodType):
            return MethodType(self.of(value.__func__), self.of(value.__self__))
        if isinstance(value, functools.partial):
            return functools.partial(self.of(value.func), *value.args, **value.keywords)
        if isinstance(value, staticmethod | classmethod):
            return type(value)(self.of(value.__func__))
        if isinstance(value, property):
            return property(*(None if f is None else self.of(f) for f in (value.fget, value.fset, value.fdel)))
        if isinstance(value, type):
            return self._class(value) if self._is_users(value) else value
        if self._is_users(type(value)) and not isinstance(value, BaseException):
            return self._object(value)
        return value

    def _function(self, function: FunctionType) -> Any:
        inner = getattr(function, "__wrapped__", None)
        result = FunctionType(
            function.__code__,
            self._globals_of(function),
            function.__name__,
            function.__defaults__,
            tuple(CellType() for _ in function.__closure__ or ()) or None,
        )
        result.__kwdefaults__ = function.__kwdefaults__
        result.__qualname__, result.__module__ = function.__qualname__, function.__module__
        # Known before what it refers to is followed: functions may call themselves.
        self._done[id(function)] = result
        for cell, original in zip(result.__closure__ or (), function.__closure__ or (), strict=True):
            try:
                cell.cell_contents = self.of(original.cell_contents)
            except ValueError:
                continue  # a variable that is not set yet
        self._bind_names(function)
        if inner is not None:
            result.__dict__["__wrapped__"] = inner
        return result

    def _rule(self, rule: Rule) -> Rule:
        changes: dict[str, Any] = {
            name: self.of(function)
            for name in ("forward", "pushforward", "jacobian_matrix")
            if (function := getattr(rule, name)) is not None
        }
        pullbacks = zip(rule.inputs, rule.in_order, strict=True)
        changes["pullbacks"] = {name: self.of(pull) for name, pull in pullbacks if pull is not None}
        # A rule of chainrule's own stays the same object, by which its kernel is found.
        return (
            rule if all(getattr(rule, name) == value for name, value in changes.items()) else replace(rule, **changes)
        )

    def _globals_of(self, function: FunctionType) -> dict[str, Any]:
        original = function.__globals__
        if id(original) not in self._globals:
            self._kept.append(original)
            self._globals[id(original)] = dict(original)
        return self._globals[id(original)]

    def _bind_names(self, function: FunctionType) -> None:
        """Replace those of the module's globals that the function's code names."""
        names = self._globals[id(function.__globals__)]
        for name in names_in(function.__code__):
            if name in function.__globals__:
                names[name] = self.of(function.__globals__[name])

    def _class(self, cls: type) -> type:
        hidden = {"__dict__", "__weakref__"}
        body = {name: value for name, value in vars(cls).items() if name not in hidden}
        try:
            result = type(cls)(cls.__name__, tuple(self.of(base) for base in cls.__bases__), body)
        except TypeError:
            return cls
        self._done[id(cls)] = result
        for name, value in body.items():
            if isinstance(value, FunctionType | staticmethod | classmethod | property):
                setattr(result, name, self.of(value))
        return result

    def _object(self, value: Any) -> Any:
        try:
            result = copy.copy(value)
            self._done[id(value)] = result
            result.__class__ = self.of(type(value))
            for name, attribute in list(vars(result).items()):
                if callable(attribute) or self._is_users(type(attribute)):
                    object.__setattr__(result, name, self.of(attribute))
        except (TypeError, AttributeError):
            return value
        return result


def names_in(code: CodeType) -> Iterator[str]:
    """The global and attribute names in a code object, and in those of the functions defined inside."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_in(constant)


_INSTALLED = tuple(
    str(Path(sysconfig.get_paths()[name]).resolve()) for name in ("stdlib", "platstdlib", "purelib", "platlib")
)


_RUN_ON_BALLS_OR_NEVER = {"numpy", "scipy", "torch", "jax", "jaxlib", "numba", "flint", "sympy", "mpmath", "chainrule"}


@functools.cache
def _is_installed(package: str) -> bool:
    """Whether a package is no work of the user's: built in, or installed."""
    if package == "__main__":
        return False
    if package in _RUN_ON_BALLS_OR_NEVER or package == builtins.__name__ or package in sys.stdlib_module_names:
        return True
    file = getattr(sys.modules.get(package), "__file__", None)
    return file is not None and str(Path(file).resolve()).startswith(_INSTALLED)
