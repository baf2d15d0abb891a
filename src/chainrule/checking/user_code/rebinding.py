"""A copy of a user's function in which `numpy`, `math` and `scipy.special` are replaced by their stand-ins.

Everything that the function refers to is copied in the same way: the user's other functions, closures, methods and
callable objects. The originals do not change, and functions of installed packages are not copied. Calls of `float`
leave numbers as they are.
"""

import builtins
import copy
import dis
import functools
import operator
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import CellType, CodeType, FunctionType, GetSetDescriptorType, MemberDescriptorType, MethodType, ModuleType
from typing import Any, TypeVar

import numpy as np

from chainrule.algebra.balls import BallArray
from chainrule.algebra.number_array import NumberArray
from chainrule.checking.user_code.numpy_names import StandIns, stand_ins
from chainrule.checking.user_code.places import INSTALLED, Read
from chainrule.checking.user_code.watching import Watch
from chainrule.rules import Rule

Runnable = TypeVar("Runnable", bound=Callable[..., Any])


def on_balls(function: Runnable) -> Runnable:
    """A copy of the function, or rule, that runs on arrays of balls."""
    return on_numbers(function, BallArray)


def on_numbers(function: Runnable, kind: type[NumberArray], watch: set[Read] | None = None) -> Runnable:
    """A copy of the function, or rule, that runs on arrays of the kind, such as `BallArray`.

    The copy raises `Undecided` or TypeError where it calls compiled code or needs floats, and NotImplementedError where
    it calls a function that the kind lacks. With `watch`, the names of what the function may depend on beside the
    values of its inputs are added to that set, when the function is copied and when the copy runs; `Watch` tells which.

    >>> from chainrule.algebra import Ball
    >>> watch = set()
    >>> on_numbers(lambda x: 2 * x if x.dtype == object else 3 * x, BallArray, watch)(Ball(1))
    2
    >>> watch
    {'dtype'}
    """
    result: Runnable = _Rebinding(_package_of(function), stand_ins(kind), watch).of(function)
    return result


def _package_of(value: Any) -> str:
    """The package that defines a function, a method, a class or the class of an object."""
    while isinstance(value, functools.partial):
        value = value.func
    if isinstance(value, ModuleType):
        return value.__name__.partition(".")[0]
    module = getattr(value, "__module__", None) or type(value).__module__
    return str(module).partition(".")[0]


class _Rebinding:
    """Copies each function, and the globals of each module, once."""

    def __init__(self, package: str, names: StandIns, reads: set[Read] | None) -> None:
        self._names = names
        self._watch = None if reads is None else Watch(names, reads, self.of)
        self._package = package
        """The package that the user checks; its functions are copied even if it is installed."""
        self._done: dict[int, tuple[Any, Any]] = {}
        """Originals and their copies, by the id of the original. Keeping the original keeps its id unique."""
        self._globals: dict[int, dict[str, Any]] = {}

    def _is_users(self, value: Any) -> bool:
        code = getattr(value, "__code__", None)
        if code is not None and code.co_filename.startswith("<"):
            return True  # defined at a prompt or in a docstring
        package = _package_of(value)
        return not _is_installed(package) or (package == self._package and package not in _NEVER_COPIED)

    def of(self, value: Any) -> Any:
        if type(value) in _WITHOUT_PARTS:
            return value
        if id(value) not in self._done:
            self._done[id(value)] = value, value  # a list may contain itself
            copied = self._copied(value)
            if self._watch and copied is value:
                self._watch.uncopied(value)
            self._done[id(value)] = value, copied
        return self._done[id(value)][1]

    def _copied(self, value: Any) -> Any:
        stand_in = self._names.of(value)
        if stand_in is None and self._watch:
            stand_in = self._watch.builtin(value)
        match value:
            case _ if stand_in is not None:
                return stand_in
            case Rule():
                return self._rule(value)
            case FunctionType():
                return self._function(value) if self._is_users(value) else value
            case MethodType():
                return MethodType(self.of(value.__func__), self.of(value.__self__))
            case functools.partial():
                keywords = {name: self.of(entry) for name, entry in value.keywords.items()}
                return functools.partial(self.of(value.func), *map(self.of, value.args), **keywords)
            case ModuleType():
                return _CopiedModule(value, self.of) if self._is_users(value) else value
            case list() | tuple() | set() | dict() | np.ndarray() if type(value) in _CONTAINERS:
                return self._container(value)
            case staticmethod() | classmethod():
                return type(value)(self.of(value.__func__))
            case property():
                return property(*map(self.of, (value.fget, value.fset, value.fdel)))
            case type():
                return self._class(value) if self._is_users(value) else value
            case BaseException():
                return value
        return self._object(value) if self._is_users(type(value)) else value

    def _container(self, value: Any) -> Any:
        """A copy that holds copies of functions, if there are any or if changes are watched."""
        if isinstance(value, dict):
            parts: Any = {key: self.of(entry) for key, entry in value.items()}
            has_changed = any(parts[key] is not value[key] for key in parts)
        else:
            parts = value if isinstance(value, np.ndarray) else type(value)(map(self.of, value))
            has_changed = not isinstance(value, np.ndarray) and any(map(operator.is_not, parts, value))
        if self._watch:
            return self._watch.container(parts)
        return parts if has_changed else value

    def _function(self, function: FunctionType) -> Any:
        code = function.__code__ if "float" in function.__globals__ else _with_calls_renamed(function.__code__)
        result = FunctionType(
            code,
            self._globals_of(function),
            function.__name__,
            None,
            tuple(CellType() for _ in function.__closure__ or ()) or None,
        )
        result.__qualname__, result.__module__ = function.__qualname__, function.__module__
        result.__dict__.update(function.__dict__)
        # Record the copy before following its names, because functions may call themselves.
        self._done[id(function)] = function, result
        if self._watch:
            self._watch.code(function.__code__)
        result.__defaults__, result.__kwdefaults__ = self.of(function.__defaults__), self.of(function.__kwdefaults__)
        for cell, original in zip(result.__closure__ or (), function.__closure__ or (), strict=True):
            if original != CellType():  # the variable has a value
                cell.cell_contents = self.of(original.cell_contents)
        for name in names_in(function.__code__):
            if name in function.__globals__:
                result.__globals__[name] = self.of(function.__globals__[name])
        return result

    def _rule(self, rule: Rule) -> Rule:
        parts = ("forward", "pushforward", "jacobian_matrix")
        changes: dict[str, Any] = {name: self.of(getattr(rule, name)) for name in parts}
        changes["pullbacks"] = {name: self.of(pull) for name, pull in rule.pullbacks.items()}
        # A rule of chainrule stays the same object, because its kernel is registered for that object.
        unchanged = all(getattr(rule, name) == value for name, value in changes.items())
        return rule if unchanged else replace(rule, **changes)

    def _globals_of(self, function: FunctionType) -> dict[str, Any]:
        """The copy of the globals of the function's module; names are replaced when a function uses them."""
        if id(function.__globals__) not in self._globals:
            builtins_ = {"__builtins__": self._watch.builtins} if self._watch else {}
            added = {_FLOAT_OF_NUMBERS: self._names.float_of, **builtins_}
            self._globals[id(function.__globals__)] = function.__globals__ | added
        return self._globals[id(function.__globals__)]

    def _class(self, cls: type) -> type:
        hooks = (base for base in cls.__mro__[1:] if "__init_subclass__" in vars(base))
        if any(map(self._is_users, (type(cls), *hooks))):
            return cls  # a copy would be registered, for example, in place of the original
        # Python makes the descriptors of slots, of __dict__ and of __weakref__ again for the copy.
        made = MemberDescriptorType | GetSetDescriptorType
        body = {name: value for name, value in vars(cls).items() if not isinstance(value, made)}
        try:
            result = type(cls)(cls.__name__, tuple(self.of(base) for base in cls.__bases__), body)
        except Exception:  # a library's metaclass may refuse a copy in any way; that of enumerations does
            return cls
        self._done[id(cls)] = cls, result
        for name, value in body.items():
            if isinstance(value, FunctionType | staticmethod | classmethod | property):
                setattr(result, name, self.of(value))
        return result

    def _object(self, value: Any) -> Any:
        try:
            result = copy.copy(value)
            if result is value:
                return value
            self._done[id(value)] = value, result
            result.__class__ = self.of(type(value))
            for name, attribute in list(getattr(result, "__dict__", {}).items()):
                if callable(attribute) or type(attribute) in _CONTAINERS or self._is_users(type(attribute)):
                    object.__setattr__(result, name, self.of(attribute))
        except Exception:  # a user's object may refuse to be copied in any way
            return value
        return result


_WITHOUT_PARTS = frozenset({bool, int, float, complex, str, bytes, type(None), type(...)})

_CONTAINERS = frozenset({list, tuple, set, dict, np.ndarray})


@dataclass(frozen=True)
class _CopiedModule:
    """A user's module, whose functions are copied when they are used."""

    module: ModuleType
    copy_of: Callable[[Any], Any]

    def __getattr__(self, name: str) -> Any:
        return self.copy_of(getattr(self.module, name))


def names_in(code: CodeType) -> Iterator[str]:
    """The global and attribute names in a code object, and in the code of functions defined inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_in(constant)


_FLOAT_OF_NUMBERS = "float of numbers"
"""No user's name has spaces."""


def _with_calls_renamed(code: CodeType) -> CodeType:
    """The code, in which `float(x)` calls another function if `float` stands for nothing else, such as a dtype."""
    uses = [i for i in dis.get_instructions(code) if i.argval == "float"] if "float" in code.co_names else []
    is_called = bool(uses) and all(i.opname == "LOAD_GLOBAL" and "NULL" in i.argrepr for i in uses)
    return code.replace(
        co_consts=tuple(_with_calls_renamed(part) if isinstance(part, CodeType) else part for part in code.co_consts),
        co_names=tuple(_FLOAT_OF_NUMBERS if is_called and name == "float" else name for name in code.co_names),
    )


_NEVER_COPIED = {
    "numpy",
    "scipy",
    "torch",
    "jax",
    "jaxlib",
    "numba",
    "flint",
    "sympy",
    "mpmath",
    "chainrule",
}


@functools.cache
def _is_installed(package: str) -> bool:
    """True for a package that is built in or installed, and so not the user's own code."""
    if package == "__main__":
        return False
    if package in _NEVER_COPIED or package == builtins.__name__ or package in sys.stdlib_module_names:
        return True
    file = getattr(sys.modules.get(package), "__file__", None)
    return file is not None and str(Path(file).resolve()).startswith(INSTALLED)
