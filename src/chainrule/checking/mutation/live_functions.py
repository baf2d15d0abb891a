"""The functions of a rule as objects of the running program, with their syntax trees.

While a mutant is tried, the function's `__code__` is replaced by the edited code, so every caller (helpers, closures,
the rule, the test) runs the edit. Afterwards the function gets its own code back.
"""

import __future__

import ast
import copy
import functools
import inspect
import linecache
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from chainrule.checking.mutation.code_edits import FunctionNode
from chainrule.checking.user_code.rebinding import names_in
from chainrule.kernels import registered
from chainrule.rules import Rule

_FUTURES = functools.reduce(
    int.__or__, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
)

# Modules that all rules share, and whose functions are not edited: the record of a rule, arrays, buffers and libraries.
_SHARED = (
    "chainrule.rules.rule",
    "chainrule.rules.registry",
    "chainrule.arrays",
    "chainrule.workspace",
    *(f"chainrule.kernels.{name}" for name in ("blas", "convolution_numpy", "images_torch")),
    *(f"chainrule.kernels.{name}" for name in ("kernel", "layout", "workers")),
    "chainrule.checking",
)

_Cached: Any = type(functools.cache(len))


class SourceMissing(ValueError):
    """A function's source cannot be read, so that it cannot be edited."""


@dataclass(frozen=True, eq=False)
class LiveFunction:
    """All function objects that share one piece of code, and its syntax tree."""

    objects: tuple[types.FunctionType, ...]
    node: FunctionNode
    file: str
    imports: tuple[ast.stmt, ...]
    """Imports of the file: the compiler treats calls of attributes of imported names in its own way."""

    @property
    def code(self) -> types.CodeType:
        """The code that the function runs now."""
        return self.objects[0].__code__

    @property
    def name(self) -> str:
        """The function's name."""
        return self.objects[0].__qualname__

    def compiled(self, tree: FunctionNode | None = None) -> types.CodeType:
        """The code of an edited tree, or of the original tree, that the function objects can run."""
        node: Any = copy.copy(tree or self.node)
        kept = self.code.co_freevars
        # An expression that never runs keeps closed-over variables in the closure if an edit drops their last use.
        uses = ast.Tuple([ast.Name(name, ast.Load()) for name in kept], ast.Load())
        if kept and isinstance(node, ast.Lambda):
            node.body = ast.IfExp(ast.Constant(True), node.body, uses)
        elif kept:
            node.body = [*node.body, ast.If(ast.Constant(False), [ast.Expr(uses)], [])]
        return _compiled(node, self.code, self.imports)


def live_functions(*subjects: Any) -> tuple[LiveFunction, ...]:
    """The functions that the subjects consist of, as far as they belong to the subjects' packages, in reading order.

    Parameters
    ----------
    *subjects
        Rules or functions. A function that they call by a global name, or hold in a closure or a `partial`, belongs to
        them if it is in the package (or module) of one of them. The rules and kernels of chainrule are one package.

    Raises
    ------
    SourceMissing
        For functions typed at a prompt, compiled from C, or edited on disk since they were imported.

    Examples
    --------
    >>> from chainrule import rules
    >>> [function.name for function in live_functions(rules.dropout)]
    ['_forward', '_pullback', '_forward', '_by_x', '_pushforward', '_jacobian']
    """
    roots = parts(subjects)
    homes = {_package(function) for root in roots if (function := first_function(root)) is not None}
    if not homes:
        what = ", ".join(repr(subject) for subject in subjects)
        raise SourceMissing(f"no Python function with a source of its own was found in {what}; C functions have none")
    by_code: dict[types.CodeType, list[types.FunctionType]] = {}
    for function in _reachable(roots):
        if _package(function) in homes:
            by_code.setdefault(function.__code__, []).append(function)
    functions = [_live_function(tuple(objects)) for objects in by_code.values()]
    found = [function for function in functions if not _only_raises(function.node)]
    return tuple(sorted(found, key=lambda function: (function.file, function.node.lineno, function.node.col_offset)))


def codes_of(*subjects: Any) -> frozenset[types.CodeType]:
    """The codes of all functions that the subjects reach, in any package."""
    return frozenset(function.__code__ for function in _reachable(parts(subjects)))


def parts(subject: Any) -> list[Any]:
    """The callables of a rule's page and of its kernel; a function itself; the parts of all entries of a tuple."""
    if isinstance(subject, Rule):
        kernel = registered(subject)
        page = [subject.forward, *subject.in_order, subject.pushforward, subject.jacobian_matrix]
        return [x for x in (*page, *(vars(kernel).values() if kernel else ())) if callable(x)]
    if isinstance(subject, tuple):
        return [part for each in subject for part in parts(each)]
    return [subject]


def caches_of(*subjects: Any) -> tuple[Callable[[], None], ...]:
    """Functions that empty the `functools.cache` of every function that the subjects reach."""
    return tuple(x.cache_clear for x in _visited(parts(subjects)) if isinstance(x, _Cached))


@contextmanager
def replaced(function: LiveFunction, code: types.CodeType) -> Iterator[None]:
    """Inside the block, the function runs other code."""
    before = function.code
    for each in function.objects:
        each.__code__ = code
    try:
        yield
    finally:
        for each in function.objects:
            each.__code__ = before


def _compiled(node: FunctionNode, like: types.CodeType, imports: Sequence[ast.stmt]) -> types.CodeType:
    inside: Any = ast.Expr(node) if isinstance(node, ast.Lambda) else node
    owner = [name for name in like.co_qualname.split(".")[-2:-1] if name != "<locals>"]
    for name in owner:  # The name of a method's class is part of its private names.
        cls: Any = ast.parse(f"class {name}: pass").body[0]
        cls.body, inside = [inside], cls
    factory: Any = ast.parse(f"def factory({', '.join(like.co_freevars)}): pass").body[0]
    # A function that calls itself, or names its class, finds them in the module.
    own = {*owner, like.co_name} - {*like.co_freevars, "<lambda>"}
    factory.body = [*(ast.Global([name]) for name in own), inside]
    module = ast.Module([*imports, factory], [])
    flags = like.co_flags & _FUTURES
    code: types.CodeType = compile(
        ast.fix_missing_locations(module), like.co_filename, "exec", flags=flags, dont_inherit=True
    )
    # Decorators and defaults may hold lambdas of their own: the function comes last.
    for name in ("factory", *owner, like.co_name):
        code = [x for x in code.co_consts if isinstance(x, types.CodeType) and x.co_name == name][-1]
    return code.replace(co_qualname=like.co_qualname)


def _live_function(objects: tuple[types.FunctionType, ...]) -> LiveFunction:
    function, code = objects[0], objects[0].__code__
    text = "".join(linecache.getlines(code.co_filename, function.__globals__))
    where = f"{function.__module__}.{function.__qualname__}"
    if not text:
        raise SourceMissing(
            f"the source of {where} is not available (its file is {code.co_filename!r}); "
            "write the function to a module and import it"
        )
    nodes, imports = _parsed(text)
    candidates = [node for node in nodes if _starts_at(node, code)]
    found = [node for node in candidates if _compiled(node, code, imports).replace(co_flags=code.co_flags) == code]
    # pytest rewrites the assertions of the modules that it imports.
    rewritten = [node for node in candidates if any(isinstance(part, ast.Assert) for part in ast.walk(node))]
    if found or len(rewritten) == 1:
        return LiveFunction(objects, (found or rewritten)[0], code.co_filename, imports)
    raise SourceMissing(
        f"{where} differs from the text of {code.co_filename}, line {code.co_firstlineno}; "
        "it was edited after it was imported, or made by a decorator"
    )


@functools.lru_cache(maxsize=64)
def _parsed(text: str) -> tuple[tuple[FunctionNode, ...], tuple[ast.stmt, ...]]:
    """The functions of a module, and its imports."""
    module = ast.parse(text)
    functions = tuple(node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.Lambda))
    return functions, tuple(x for x in module.body if isinstance(x, ast.Import | ast.ImportFrom))


def _only_raises(node: FunctionNode) -> bool:
    """True for a validator: a function that raises errors and returns nothing."""
    inside = list(ast.walk(node))
    returns = isinstance(node, ast.Lambda) or any(isinstance(x, ast.Return) and x.value is not None for x in inside)
    return not returns and any(isinstance(x, ast.Raise) for x in inside)


def _starts_at(node: FunctionNode, code: types.CodeType) -> bool:
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    line = min(x.lineno for x in (*decorators, node))
    name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
    return (line, name) == (code.co_firstlineno, code.co_name)


def _package(function: types.FunctionType) -> str:
    if _is_typed(function):
        return function.__code__.co_filename
    module = function.__module__ or "__main__"
    own = module.startswith(("chainrule.rules", "chainrule.kernels"))
    return "chainrule.rules" if own else module.partition(".")[0]


def _is_typed(function: types.FunctionType) -> bool:
    """True for a function from a prompt, a notebook or a docstring, whatever module it claims to be in."""
    return function.__code__.co_filename.startswith("<")


def _is_shared(function: types.FunctionType) -> bool:
    module = function.__module__ or ""
    return not _is_typed(function) and any(module == name or module.startswith(name + ".") for name in _SHARED)


def first_function(root: Any) -> types.FunctionType | None:
    """The function behind a root, which may be a partial application, a method or a cached function."""
    return next(_reachable([root]), None)


def _reachable(roots: Iterable[Any]) -> Iterator[types.FunctionType]:
    return (x for x in _visited(roots) if isinstance(x, types.FunctionType) and not _is_shared(x))


def _visited(roots: Iterable[Any]) -> Iterator[Any]:
    """Every object on the way from the roots to the functions that they call, each once, roots first."""
    seen: set[int] = set()
    left = list(roots)[::-1]
    while left:
        x = left.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        yield x
        left += [y for y in _held_by(x) if _worth_visiting(y)][::-1]


def _worth_visiting(x: Any) -> bool:
    # Ask the type for __call__, because some objects have every attribute.
    return isinstance(x, types.FunctionType | types.MethodType | functools.partial | Rule | _Cached) or (
        not isinstance(x, type) and isinstance(inspect.getattr_static(type(x), "__call__", None), types.FunctionType)
    )


def _held_by(x: Any) -> Sequence[Any]:
    match x:
        case Rule():
            return parts(x)
        case functools.partial():
            return [x.func, *x.args, *x.keywords.values()]
        case types.MethodType():
            named = names_in(x.__func__.__code__) if isinstance(x.__func__, types.FunctionType) else ()
            return [x.__func__, *(inspect.getattr_static(type(x.__self__), name, None) for name in named)]
        case types.FunctionType():
            return [] if _is_shared(x) else _held_by_function(x)
    called = inspect.getattr_static(type(x), "__call__", None)
    return [x.__wrapped__ if isinstance(x, _Cached) else None, called]


def _held_by_function(function: types.FunctionType) -> list[Any]:
    names = tuple(names_in(function.__code__))
    held = [function.__globals__[name] for name in names if name in function.__globals__]
    modules = [vars(y) for y in held if isinstance(y, types.ModuleType)]
    methods = [method for y in held if isinstance(y, type) for method in _methods(y)]
    inside = [*(module[name] for module in modules for name in names if name in module), *methods]
    own = [y for y in inside if isinstance(y, types.FunctionType) and _package(y) == _package(function)]
    cells = [cell.cell_contents for cell in function.__closure__ or () if cell != types.CellType()]  # filled ones
    return [*cells, *held, *own, getattr(function, "__wrapped__", None), *(function.__defaults__ or ())]


def _methods(cls: type) -> list[types.FunctionType]:
    """The functions that the class's own file defines; named tuples have others as well."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    found = [getattr(y, "fget", None) or getattr(y, "__func__", y) for y in vars(cls).values()]
    return [y for y in found if isinstance(y, types.FunctionType) and y.__code__.co_filename == file]
