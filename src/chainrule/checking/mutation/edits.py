"""Single edits of a function: the slips that people make in derivatives, one at a time.

    a + b -> a - b, a, b    f(x) -> x    x[..., :, None] -> x[..., None, :]    axis=-1 -> axis=0    probs -> cotangent

An edit names one place in the syntax tree and what stands there instead. Annotations, docstrings, defaults and what is
raised stay as they are: no derivative depends on them.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from chainrule.checking.mutation.sources import FunctionNode

Names = Mapping[str, tuple[str, ...]]
"""For each variable, or field such as ``residuals.probs``, the others that have its shape."""

_Others = Callable[[ast.expr], tuple[str, ...]]

_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.MatMult: ast.Mult,
}

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}

_FUNCTIONS = {
    "add": "subtract",
    "subtract": "add",
    "multiply": "divide",
    "divide": "multiply",
    "exp": "expm1",
    "expm1": "exp",
    "log": "log1p",
    "log1p": "log",
    "amax": "amin",
    "amin": "amax",
    "max": "min",
    "min": "max",
    "maximum": "minimum",
    "minimum": "maximum",
    "argmax": "argmin",
    "argmin": "argmax",
    "sum": "mean",
    "mean": "sum",
    "tanh": "sinh",
    "sin": "cos",
    "cos": "sin",
    "square": "abs",
    "sqrt": "square",
    "zeros_like": "ones_like",
    "ones_like": "zeros_like",
    "zeros": "ones",
    "ones": "zeros",
    "sign": "abs",
    "outer": "inner",
    "sigmoid": "tanh",
    "sigmoid_value": "softplus_value",
    "softplus_value": "sigmoid_value",
}

_COMMUTES = {"add", "multiply", "maximum", "minimum", "logaddexp"}

# Whose sign is that of an argument: minus in front of the call is the same edit.
_LINEAR = _COMMUTES | {"sum", "mean", "divide", "matmul", "broadcast_to", "negative", "abs", "square", "subtract"}

# Which library, which buffer, which shape: no numbers, and no slips of mathematics.
_PLUMBING = {"namespace", "scratch", "row_shape", "work", "isinstance", "len", "tuple", "int", "bool"}
_PLUMBING |= {"is_torch", "is_sparse", "is_floating", "own", "_writable"}


@dataclass(frozen=True, eq=False)
class Edit:
    """One place (a field of a node, with an index where the field is a list) and what is to stand there."""

    owner: ast.AST
    field: str
    index: int | None
    new: Any
    line: int
    before: str
    after: str

    @contextmanager
    def made(self) -> Iterator[None]:
        """Inside the block, the tree holds the edit."""
        old = self._get()
        self._set(self.new)
        try:
            yield
        finally:
            self._set(old)

    def _get(self) -> Any:
        held = getattr(self.owner, self.field)
        return held if self.index is None else held[self.index]

    def _set(self, value: Any) -> None:
        if self.index is None:
            setattr(self.owner, self.field, value)
        else:
            getattr(self.owner, self.field)[self.index] = value


def edits(function: FunctionNode, names: Names | None = None) -> Iterator[Edit]:
    """Every single edit of a function's body.

    `names` says which variables have the same shape, and may be mistaken for each other.

    Examples
    --------
    >>> tree = ast.parse("def pullback(probs, v):\\n    return probs * (v - 1)").body[0]
    >>> for edit in edits(tree, {"v": ("probs",)}):
    ...     print(f"{edit.before} -> {edit.after}")
    probs * (v - 1) -> -(probs * (v - 1))
    probs * (v - 1) -> probs / (v - 1)
    probs * (v - 1) -> v - 1
    probs * (v - 1) -> probs
    v - 1 -> v + 1
    v - 1 -> -1
    v - 1 -> v
    v - 1 -> 1 - v
    v -> probs
    1 -> 0
    1 -> 2
    """
    others = _defined_before(function, names or {})
    if isinstance(function, ast.Lambda):
        yield from _at(function, "body", None, others, whole=True)
        return
    for i in range(len(function.body)):
        yield from _statement(function, "body", i, others)


def _defined_before(function: FunctionNode, names: Names) -> _Others:
    """The variables that can stand in the place of another, because they have a value there."""
    first = {
        node.id: node.lineno
        for node in sorted(
            (x for x in ast.walk(function) if isinstance(x, ast.Name) and isinstance(x.ctx, ast.Store)),
            key=lambda x: -x.lineno,
        )
    }

    def others(node: ast.expr) -> tuple[str, ...]:
        found = names.get(ast.unparse(node), ())
        return tuple(x for x in found if first.get(x.partition(".")[0], 0) < node.lineno)

    return others


def _statement(owner: ast.AST, field: str, index: int | None, names: _Others) -> Iterator[Edit]:
    statement = getattr(owner, field)[index]
    change = _changes(owner, field, index)
    if isinstance(statement, ast.Raise | ast.Assert | ast.Import | ast.ImportFrom | ast.Pass):
        return
    if isinstance(statement, ast.FunctionDef):
        for i in range(len(statement.body)):
            yield from _statement(statement, "body", i, names)
        return
    if isinstance(statement, ast.Expr):
        if isinstance(statement.value, ast.Constant):
            return
        yield change(ast.copy_location(ast.Pass(), statement))
    if isinstance(statement, ast.AugAssign):
        yield change(ast.copy_location(ast.Pass(), statement))
        other = _OPERATORS.get(type(statement.op))
        if other is not None:
            yield _changes(statement, "op", None, show=statement)(other())
    for name, value in ast.iter_fields(statement):
        if name in ("annotation", "target", "targets", "optional_vars"):
            continue
        if isinstance(value, ast.expr):
            plain = isinstance(statement, ast.Return | ast.Assign | ast.AnnAssign)
            yield from _at(statement, name, None, names, whole=plain)
        elif isinstance(value, list):
            for i, item in enumerate(value):
                if isinstance(item, ast.stmt):
                    yield from _statement(statement, name, i, names)
                elif isinstance(item, ast.ExceptHandler | ast.match_case):
                    for j in range(len(item.body)):
                        yield from _statement(item, "body", j, names)


def _at(owner: ast.AST, field: str, index: int | None, names: _Others, *, whole: bool = False) -> Iterator[Edit]:
    """Edits of the expression that stands there, and of all within it. `whole`: a result, whose sign may be lost."""
    held = getattr(owner, field)
    node = held if index is None else held[index]
    if isinstance(node, ast.Call) and _name(node) in _PLUMBING:
        return
    change = _changes(owner, field, index)
    if whole and _is_number_like(node):
        yield change(ast.UnaryOp(ast.USub(), node))
    for new in _instead_of(node, names):
        yield change(new)
    if isinstance(node, ast.Compare):
        for i, sign in enumerate(node.ops):
            for other in _COMPARISONS.get(type(sign), ()):
                yield _changes(node, "ops", i, show=node)(other())
    if isinstance(node, ast.Call):
        yield from _of_call(node)
    if isinstance(node, ast.JoinedStr):
        return
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.expr) and not (name == "func" and isinstance(value, ast.Name)):
            yield from _at(node, name, None, names, whole=isinstance(node, ast.IfExp) and name != "test")
        elif isinstance(value, list):
            for i, item in enumerate(value):
                signs = isinstance(node, ast.Tuple) or (isinstance(node, ast.Call) and _name(node) not in _LINEAR)
                if isinstance(item, ast.expr):
                    yield from _at(node, name, i, names, whole=signs)
                elif isinstance(item, ast.keyword):
                    yield from _keyword(item, names)
                elif isinstance(item, ast.comprehension):
                    yield from _at(item, "iter", None, names)


def _keyword(keyword: ast.keyword, names: _Others) -> Iterator[Edit]:
    if keyword.arg == "axis" and _integer(keyword.value) is not None:
        axis = _integer(keyword.value)
        change = _changes(keyword, "value", None, show=keyword)
        yield from (change(_number(other)) for other in (0, -1, -2) if other != axis)
    elif keyword.arg != "dtype":
        yield from _at(keyword, "value", None, names)


def _of_call(call: ast.Call) -> Iterator[Edit]:
    for keyword in call.keywords:
        if keyword.arg in ("axis", "keepdims", "out"):
            others = [x for x in call.keywords if x is not keyword]
            yield _changes(call, "keywords", None, show=call)(others)
    wanted = _FUNCTIONS.get(_name(call))
    if wanted is not None and isinstance(call.func, ast.Attribute):
        yield _changes(call.func, "attr", None, show=call)(wanted)
    elif wanted is not None:
        yield _changes(call, "func", None, show=call)(ast.copy_location(ast.Name(wanted, ast.Load()), call.func))
    if _name(call) in ("matmul", "dot", "einsum") and all(_is_number_like(x) for x in call.args[-2:]):
        for i in range(len(call.args))[-2:]:
            transposed = ast.Attribute(call.args[i], "T", ast.Load())
            yield _changes(call, "args", i)(ast.copy_location(transposed, call.args[i]))


def _instead_of(node: ast.expr, names: _Others) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp):
        yield from _instead_of_operation(node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        yield node.operand
    elif isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield ast.BoolOp(other, node.values)
        yield from node.values
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    elif isinstance(node, ast.Constant):
        yield from _instead_of_constant(node)
    elif isinstance(node, ast.Name | ast.Attribute):
        if isinstance(node, ast.Attribute) and node.attr == "T":
            yield node.value
        yield from (ast.parse(other, mode="eval").body for other in names(node))
    elif isinstance(node, ast.Subscript):
        yield from _instead_of_subscript(node)
    elif isinstance(node, ast.Tuple) and len(node.elts) == 2 and not any(map(_is_slice, node.elts)):
        yield ast.Tuple(node.elts[::-1], node.ctx)
    elif isinstance(node, ast.Call):
        yield from _instead_of_call(node)


def _instead_of_operation(node: ast.BinOp) -> Iterator[ast.expr]:
    left, right, sign = node.left, node.right, node.op
    other = _OPERATORS.get(type(sign))
    if other is not None:
        yield ast.BinOp(left, other(), right)
    if isinstance(sign, ast.Sub):
        yield ast.UnaryOp(ast.USub(), right)
    elif isinstance(sign, ast.Div):
        yield ast.BinOp(ast.Constant(1), ast.Div(), right)
    else:
        yield right
    yield left
    if isinstance(sign, ast.Sub | ast.Div | ast.MatMult | ast.Pow):
        yield ast.BinOp(right, sign, left)
    if isinstance(sign, ast.MatMult):
        yield ast.BinOp(ast.Attribute(left, "T", ast.Load()), sign, right)
        yield ast.BinOp(left, sign, ast.Attribute(right, "T", ast.Load()))


def _instead_of_constant(node: ast.Constant) -> Iterator[ast.expr]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int | float):
        others = {0: (1,), 1: (0, 2), 2: (1,), 0.5: (1,)}.get(node.value, (node.value + 1,))
        yield from (ast.Constant(type(node.value)(x)) if x else ast.Constant(0) for x in others)


def _instead_of_subscript(node: ast.Subscript) -> Iterator[ast.expr]:
    if not isinstance(node.ctx, ast.Load):
        return
    yield node.value
    if isinstance(node.slice, ast.Tuple):
        entries = node.slice.elts
        for i, (first, second) in enumerate(pairwise(entries)):
            if ast.dump(first) != ast.dump(second):
                swapped = [*entries[:i], second, first, *entries[i + 2 :]]
                yield ast.Subscript(node.value, ast.Tuple(swapped, ast.Load()), ast.Load())


def _instead_of_call(node: ast.Call) -> Iterator[ast.expr]:
    if node.args and not isinstance(node.args[0], ast.Starred):
        yield node.args[0]
    elif isinstance(node.func, ast.Attribute):
        yield node.func.value
    name, args = _name(node), node.args
    if name == "einsum" and isinstance(args[0], ast.Constant) and isinstance(args[0].value, str):
        for pattern in _other_patterns(args[0].value):
            yield ast.Call(node.func, [ast.Constant(pattern), *args[1:]], node.keywords)
    elif name == "range":
        last = ast.BinOp(args[-1], ast.Sub(), ast.Constant(1))
        yield ast.Call(node.func, [*args[:-1], last], node.keywords)
    elif name not in _COMMUTES:
        for i in range(len(args) - 1):
            yield ast.Call(node.func, [*args[:i], args[i + 1], args[i], *args[i + 2 :]], node.keywords)


def _other_patterns(pattern: str) -> Iterator[str]:
    """The pattern of an einsum with the first two letters of one operand, or of the result, swapped."""
    operands, arrow, result = pattern.replace(" ", "").partition("->")
    pieces = [*operands.split(","), result]
    for i, piece in enumerate(pieces):
        if len(piece) >= 2 and piece[:2].isalpha() and piece[0] != piece[1]:
            swapped = [*pieces[:i], piece[1] + piece[0] + piece[2:], *pieces[i + 1 :]]
            yield ",".join(swapped[:-1]) + arrow + swapped[-1]


def _changes(owner: ast.AST, field: str, index: int | None, show: ast.AST | None = None) -> Callable[[Any], Edit]:
    """Makes edits of one place, described by what `show` (the place itself, or more around it) is before and after."""

    def change(new: Any) -> Edit:
        held = getattr(owner, field)
        old = held if index is None else held[index]
        shown = old if show is None else show
        if isinstance(new, ast.AST) and isinstance(old, ast.AST):
            new = ast.fix_missing_locations(ast.copy_location(copy.copy(new), old))
        edit = Edit(owner, field, index, new, _line(shown), ast.unparse(shown), "")
        with edit.made():
            after = ast.unparse(new if show is None else show)
        return Edit(owner, field, index, new, edit.line, edit.before, "nothing" if after == "pass" else after)

    return change


def _line(node: ast.AST) -> int:
    line: int = node.value.lineno if isinstance(node, ast.keyword) else node.lineno  # type: ignore[attr-defined]
    return line


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _is_slice(node: ast.expr) -> bool:
    return isinstance(node, ast.Slice) or (isinstance(node, ast.Constant) and node.value in (..., None))


def _is_number_like(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute | ast.Subscript):
        return "shape" not in ast.unparse(node)
    return isinstance(node, ast.Call | ast.BinOp | ast.Name)


def _integer(node: ast.expr) -> int | None:
    negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    value = node.operand if isinstance(node, ast.UnaryOp) and negative else node
    if not isinstance(value, ast.Constant) or type(value.value) is not int:
        return None
    return -value.value if negative else value.value


def _number(value: int) -> ast.expr:
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0 else ast.Constant(value)
