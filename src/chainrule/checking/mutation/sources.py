"""The live functions behind a rule, their syntax trees, and other code put in their place for a while.

A mutant is the whole program with one edit. So nothing is copied: for as long as a mutant is tried, the function's
`__code__` is the edited code, and everybody who calls the function (other helpers, closures, the rule, the test) sees
it. Afterwards the function has its own code again.
"""

from __future__ import annotations
import __future__

import ast
import functools
import inspect
import linecache
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from chainrule.kernels import registered
from chainrule.rules import Rule

FunctionNode: TypeAlias = ast.FunctionDef | ast.Lambda

_FUTURES = functools.reduce(
    int.__or__, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
)

# What surrounds rules and is no part of any: the record and its buffers, and the array vocabulary.
_NOBODYS = (
    "chainrule.rules.rule",
    "chainrule.rules.registry",
    "chainrule.arrays",
    "chainrule.workspace",
    *(f"chainrule.kernels.{name}" for name in ("blas", "convolution_library", "convolution_numpy")),
    *(f"chainrule.kernels.{name}" for name in ("convolution_torch", "kernel", "layout", "pooling_torch", "workers")),
    "chainrule.checking",
)


_Cached: Any = type(functools.cache(len))


class SourceMissing(ValueError):
    """A function's source cannot be read, so that it cannot be edited."""


@dataclass(frozen=True, eq=False)
class Source:
    """One function (every live object made from one piece of code) with its syntax tree."""

    functions: tuple[types.FunctionType, ...]
    node: FunctionNode
    file: str
    imported: tuple[str, ...]
    """Names that the file imports: the compiler treats calls of their attributes in its own way."""

    @property
    def code(self) -> types.CodeType:
        """The code that was compiled from the tree."""
        return self.functions[0].__code__

    @property
    def name(self) -> str:
        """The function's name."""
        return self.functions[0].__qualname__


def sources_of(*subjects: Any) -> tuple[Source, ...]:
    """The functions that the subjects are made of, which are in the subjects' own package, in reading order.

    Parameters
    ----------
    *subjects
        Rules or functions. What they call by a global name, or hold in closures and `partial`, belongs to them if it is
        in the package (or module) of one of them. The rules and kernels of chainrule count as one package.

    Raises
    ------
    SourceMissing
        For functions typed at a prompt, compiled from C, or edited on disk since they were imported.

    Examples
    --------
    >>> from chainrule import rules
    >>> [source.name for source in sources_of(rules.dropout)]
    ['_forward', '_pullback', '_forward', '_by_x', '_pushforward', '_jacobian']
    """
    roots = [part for subject in subjects for part in parts(subject)]
    homes = {_package(function) for root in roots if (function := first_function(root)) is not None}
    if not homes:
        what = ", ".join(repr(subject) for subject in subjects)
        raise SourceMissing(f"no Python function with a source of its own was found in {what}; C functions have none")
    by_code: dict[types.CodeType, list[types.FunctionType]] = {}
    for function in _reachable(roots):
        if _package(function) in homes:
            by_code.setdefault(function.__code__, []).append(function)
    sources = [_source(tuple(functions)) for functions in by_code.values()]
    found = [source for source in sources if not _only_raises(source.node)]
    return tuple(sorted(found, key=lambda source: (source.file, source.node.lineno, source.node.col_offset)))


def parts(subject: Any) -> list[Any]:
    """What computes a rule's value and derivatives, by its page and by its kernel; a function itself."""
    if isinstance(subject, Rule):
        kernel = registered(subject)
        page = [subject.forward, *subject.in_order, subject.pushforward, subject.jacobian_matrix]
        return [x for x in (*page, *(vars(kernel).values() if kernel else ())) if callable(x)]
    if isinstance(subject, tuple):
        return [part for each in subject for part in parts(each)]
    return [subject]


def caches_of(*subjects: Any) -> tuple[Callable[[], None], ...]:
    """How to empty the `functools.cache` of every function that the subjects reach."""
    roots = [part for subject in subjects for part in parts(subject)]
    return tuple(x.cache_clear for x in _visited(roots) if isinstance(x, _Cached))


@contextmanager
def replaced(source: Source, code: types.CodeType) -> Iterator[None]:
    """Inside the block, the function runs other code."""
    before = source.code
    for function in source.functions:
        function.__code__ = code
    try:
        yield
    finally:
        for function in source.functions:
            function.__code__ = before


def compiled(source: Source) -> types.CodeType:
    """The code of the tree as it is now, which fits the live functions."""
    node, like = source.node, source.code
    anchor: list[ast.stmt] = []
    kept = node.body
    if like.co_freevars:
        # Never run, but an edit that drops the last use of a closed-over variable must not drop it from the closure.
        uses: list[ast.expr] = [ast.Name(name, ast.Load()) for name in like.co_freevars]
        anchor = [ast.If(ast.Constant(False), [ast.Expr(ast.Tuple(uses, ast.Load()))], [])]
    if isinstance(node, ast.Lambda):
        if anchor:
            node.body = ast.IfExp(ast.Constant(True), node.body, ast.Tuple(uses, ast.Load()))
    else:
        node.body = [*node.body, *anchor]
    try:
        code = _compiled(node, like, source.imported)
    finally:
        node.body = kept
    return code


def _compiled(node: FunctionNode, like: types.CodeType, imported: tuple[str, ...]) -> types.CodeType:
    inner: ast.stmt = ast.Expr(node) if isinstance(node, ast.Lambda) else node
    arguments = ast.arguments([], [ast.arg(name) for name in like.co_freevars], None, [], [], None, [])
    factory = ast.FunctionDef("factory", arguments, [inner], [], None, None, *_no_type_parameters())
    imports: list[ast.stmt] = [ast.Import([ast.alias(name)], lineno=1, col_offset=0) for name in imported]
    module = ast.fix_missing_locations(ast.Module([*imports, ast.copy_location(factory, node)], []))
    flags = like.co_flags & _FUTURES
    code = compile(module, like.co_filename, "exec", flags=flags, dont_inherit=True)
    outer = next(x for x in code.co_consts if isinstance(x, types.CodeType))
    # Decorators and defaults may hold lambdas of their own: the function comes last.
    function = [x for x in outer.co_consts if isinstance(x, types.CodeType) and x.co_name == like.co_name][-1]
    return function.replace(co_qualname=like.co_qualname)


def _no_type_parameters() -> tuple[Any, ...]:
    # From Python 3.12 on a function definition has type parameters.
    return ([],) if "type_params" in ast.FunctionDef._fields else ()


def _source(functions: tuple[types.FunctionType, ...]) -> Source:
    function, code = functions[0], functions[0].__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    where = f"{function.__module__}.{function.__qualname__}"
    if not lines:
        raise SourceMissing(
            f"the source of {where} is not available (its file is {code.co_filename!r}); "
            "write the function to a module and import it"
        )
    nodes, imported = _parsed("".join(lines))
    candidates = [node for node in nodes if _starts_at(node, code)]
    for node in candidates:
        if _same(_compiled(node, code, imported), code):
            return Source(functions, node, code.co_filename, imported)
    # pytest rewrites the assertions of the modules that it imports.
    rewritten = [node for node in candidates if any(isinstance(part, ast.Assert) for part in ast.walk(node))]
    if len(rewritten) == 1:
        return Source(functions, rewritten[0], code.co_filename, imported)
    raise SourceMissing(
        f"{where} is not what stands in {code.co_filename}, line {code.co_firstlineno}; "
        "it was edited after it was imported, or made by a decorator"
    )


@lru_cache(maxsize=64)
def _parsed(text: str) -> tuple[tuple[FunctionNode, ...], tuple[str, ...]]:
    """The functions of a module, and the names that it imports."""
    module = ast.parse(text)
    imports = [x for x in module.body if isinstance(x, ast.Import | ast.ImportFrom)]
    names = [alias.asname or alias.name.partition(".")[0] for x in imports for alias in x.names]
    functions = tuple(node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.Lambda))
    return functions, tuple(name for name in names if name != "*")


def _only_raises(node: FunctionNode) -> bool:
    """Whether it looks for faults in what it is given, and computes nothing."""
    inside = list(ast.walk(node))
    returns = isinstance(node, ast.Lambda) or any(isinstance(x, ast.Return) and x.value is not None for x in inside)
    return not returns and any(isinstance(x, ast.Raise) for x in inside)


def _starts_at(node: FunctionNode, code: types.CodeType) -> bool:
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    line = min(x.lineno for x in (*decorators, node))
    name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
    return (line, name) == (code.co_firstlineno, code.co_name)


def _same(a: types.CodeType, b: types.CodeType) -> bool:
    return (
        (a.co_code, a.co_names, a.co_varnames, a.co_freevars) == (b.co_code, b.co_names, b.co_varnames, b.co_freevars)
        and list(a.co_positions()) == list(b.co_positions())
        and len(a.co_consts) == len(b.co_consts)
        and all(
            isinstance(x, types.CodeType) or (x == y and type(x) is type(y))
            for x, y in zip(a.co_consts, b.co_consts, strict=True)
        )
    )


def _package(function: types.FunctionType) -> str:
    if _is_typed(function):
        return function.__code__.co_filename
    module = function.__module__ or "__main__"
    own = module.startswith(("chainrule.rules", "chainrule.kernels"))
    return "chainrule.rules" if own else module.partition(".")[0]


def _is_typed(function: types.FunctionType) -> bool:
    """Whether it comes from a prompt, a notebook or a docstring, whatever module that claims to be."""
    return function.__code__.co_filename.startswith("<")


def _is_nobodys(function: types.FunctionType) -> bool:
    module = function.__module__ or ""
    return not _is_typed(function) and any(module == name or module.startswith(name + ".") for name in _NOBODYS)


def first_function(root: Any) -> types.FunctionType | None:
    """The function that a root is, looking through buffers, partial applications and caches."""
    return next(_reachable([root]), None)


def _reachable(roots: Iterable[Any]) -> Iterator[types.FunctionType]:
    return (x for x in _visited(roots) if isinstance(x, types.FunctionType) and not _is_nobodys(x))


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
    # Asking the type, as an object may answer to any attribute.
    return isinstance(x, types.FunctionType | types.MethodType | functools.partial | Rule | _Cached) or (
        not isinstance(x, type) and isinstance(inspect.getattr_static(type(x), "__call__", None), types.FunctionType)
    )


def _held_by(x: Any) -> Sequence[Any]:
    if isinstance(x, Rule):
        return parts(x)
    if isinstance(x, functools.partial):
        return [x.func, *x.args, *x.keywords.values()]
    if isinstance(x, types.MethodType):
        named = _names(x.__func__.__code__) if isinstance(x.__func__, types.FunctionType) else ()
        return [x.__func__, *(inspect.getattr_static(type(x.__self__), name, None) for name in named)]
    if not isinstance(x, types.FunctionType):
        called = inspect.getattr_static(type(x), "__call__", None)
        return [x.__wrapped__ if isinstance(x, _Cached) else None, called]
    if _is_nobodys(x):
        return []
    held = [x.__globals__[name] for name in _names(x.__code__) if name in x.__globals__]
    modules = [y for y in held if isinstance(y, types.ModuleType)]
    of_modules = [vars(module)[name] for module in modules for name in _names(x.__code__) if name in vars(module)]
    functions = [y for y in of_modules if isinstance(y, types.FunctionType)]
    own = [y for y in functions if _package(y) == _package(x)]
    methods = [method for y in held if isinstance(y, type) for method in _methods(y) if _package(method) == _package(x)]
    return [*_in_closure(x), *held, *own, *methods, getattr(x, "__wrapped__", None), *(x.__defaults__ or ())]


def _methods(cls: type) -> list[types.FunctionType]:
    """What the class's own file defines; named tuples have other functions as well."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    found = [getattr(y, "fget", None) or getattr(y, "__func__", y) for y in vars(cls).values()]
    return [y for y in found if isinstance(y, types.FunctionType) and y.__code__.co_filename == file]


def _in_closure(function: types.FunctionType) -> list[Any]:
    held = []
    for cell in function.__closure__ or ():
        try:
            held.append(cell.cell_contents)
        except ValueError:  # not filled yet
            continue
    return held


def _names(code: types.CodeType) -> tuple[str, ...]:
    inner = [x for x in code.co_consts if isinstance(x, types.CodeType)]
    return (*code.co_names, *(name for each in inner for name in _names(each)))
