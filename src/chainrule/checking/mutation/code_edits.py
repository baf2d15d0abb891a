"""Single edits of a function: the slips that people make in derivatives, one at a time.

    a + b -> a - b, a, b    f(x) -> x    x[..., :, None] -> x[..., None, :]    axis=-1 -> axis=0    probs -> cotangent

An edit replaces one node of the function's syntax tree. Annotations, docstrings, defaults and raised errors are not
edited, because no derivative depends on them.
"""

import ast
import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeAlias, TypeVar

FunctionNode: TypeAlias = ast.FunctionDef | ast.Lambda
Names: TypeAlias = Mapping[str, tuple[str, ...]]
"""For each variable, or field such as ``residuals.probs``, the other variables of its shape."""

_Others: TypeAlias = Callable[[ast.expr], tuple[str, ...]]
_Node = TypeVar("_Node", bound=ast.AST)

_OPERATIONS: dict[type[ast.operator], tuple[str, ...]] = {
    ast.Add: ("a - b", "b", "a"),
    ast.Sub: ("a + b", "-b", "a", "b - a"),
    ast.Mult: ("a / b", "b", "a"),
    ast.Div: ("a * b", "1 / b", "a", "b / a"),
    ast.FloorDiv: ("a * b", "b", "a"),
    ast.Pow: ("a * b", "b", "a", "b ** a"),
    ast.MatMult: ("a * b", "b", "a", "b @ a", "a.T @ b", "a @ b.T"),
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

# The sign of an argument is the sign of the result: a minus in front of the call is the same edit.
_LINEAR = _COMMUTES | {"sum", "mean", "divide", "matmul", "broadcast_to", "negative", "abs", "square", "subtract"}

# Calls about libraries, buffers and shapes compute no numbers, so they contain no slips of mathematics.
_PLUMBING = {
    *("namespace", "scratch", "row_shape", "work", "isinstance", "len", "tuple", "int", "bool"),
    *("is_torch", "is_sparse", "is_floating", "own", "_writable"),
}

_NEVER_EDITED = (ast.Raise, ast.Assert, ast.Import, ast.ImportFrom, ast.Pass, ast.JoinedStr)

# Only these parts of these nodes are edited; every part of other nodes is.
_EDITED_PARTS: dict[type[ast.AST], tuple[str, ...]] = {
    **dict.fromkeys((ast.FunctionDef, ast.Lambda, ast.ClassDef, ast.With), ("body",)),
    **dict.fromkeys((ast.ExceptHandler, ast.match_case), ("body",)),
    **dict.fromkeys((ast.Assign, ast.AnnAssign, ast.AugAssign), ("value",)),
    ast.For: ("iter", "body", "orelse"),
    ast.comprehension: ("iter",),
    ast.Delete: (),
}


@dataclass(frozen=True, eq=False)
class CodeEdit:
    """A syntax tree with one edit, the edited line, and the edited node before and after."""

    tree: Any
    line: int
    before: str
    after: str


def edits(function: FunctionNode, names: Names | None = None) -> Iterator[CodeEdit]:
    """Every single edit of a function's body; the function's own tree does not change.

    `names` tells which variables have the same shape, and may be mistaken for each other.

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
    stored = [x for x in ast.walk(function) if isinstance(x, ast.Name) and isinstance(x.ctx, ast.Store)]

    def others(node: ast.expr) -> tuple[str, ...]:
        """The variables of the same shape that have a value before the node's line."""
        later = {x.id for x in stored} - {x.id for x in stored if x.lineno < node.lineno}
        return tuple(x for x in (names or {}).get(ast.unparse(node), ()) if x.partition(".")[0] not in later)

    return _edits(function, others)


def _edits(node: Any, others: _Others, *, is_result: bool = False) -> Iterator[CodeEdit]:
    """Edits of a node and of all its parts. The sign of a result may be lost."""
    if _stays(node):
        return
    for new in _instead_of(node, others, is_result):
        placed = ast.fix_missing_locations(ast.copy_location(copy.copy(new), node))
        after = "nothing" if isinstance(new, ast.Pass) else ast.unparse(placed)
        yield CodeEdit(placed, node.lineno, ast.unparse(node), after)
    if isinstance(node, ast.keyword) and _is_axis(node):
        return
    for field in _EDITED_PARTS.get(type(node), node._fields):
        held = getattr(node, field)
        many = held if isinstance(held, list) else [held]
        for i, part in enumerate(many):
            if not isinstance(part, ast.AST) or (field == "func" and isinstance(part, ast.Name)):
                continue
            for edit in _edits(part, others, is_result=_holds_results(node, field)):
                around = [*many[:i], edit.tree, *many[i + 1 :]] if isinstance(held, list) else edit.tree
                yield replace(edit, tree=_changed(node, **{field: around}))


def _changed(node: _Node, **fields: Any) -> _Node:
    """A copy of the node with other parts."""
    result = copy.copy(node)
    for name, value in fields.items():
        setattr(result, name, value)
    return result


def _stays(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant()) | ast.keyword(arg="dtype"):
            return True
        case ast.Call():
            return _name(node) in _PLUMBING
    return isinstance(node, _NEVER_EDITED)


def _holds_results(node: ast.AST, field: str) -> bool:
    match node:
        case ast.Return() | ast.Lambda() | ast.Assign() | ast.AnnAssign() | ast.Tuple():
            return True
        case ast.IfExp():
            return field != "test"
        case ast.Call():
            return field == "args" and _name(node) not in _LINEAR
    return False


def _instead_of(node: ast.AST, others: _Others, is_result: bool) -> Iterator[ast.AST]:
    if is_result and _is_number_like(node):
        yield _filled("-a", a=node)
    match node:
        case ast.BinOp(left, sign, right):
            for template in _OPERATIONS.get(type(sign), ("b", "a")):
                yield _filled(template, a=left, b=right)
        case ast.UnaryOp(ast.USub() | ast.Not(), operand):
            yield operand
        case ast.BoolOp(sign, values):
            yield ast.BoolOp(ast.Or() if isinstance(sign, ast.And) else ast.And(), values)
            yield from values
        case ast.Compare(ops=comparisons):
            for i, comparison in enumerate(comparisons):
                for other in _COMPARISONS.get(type(comparison), ()):
                    yield _changed(node, ops=[*comparisons[:i], other(), *comparisons[i + 1 :]])
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() | float() as value):
            near = {0: (1,), 1: (0, 2), 2: (1,), 0.5: (1,)}.get(value, (value + 1,))
            yield from (ast.Constant(type(value)(x)) if x else ast.Constant(0) for x in near)
        case ast.Name() | ast.Attribute():
            if isinstance(node, ast.Attribute) and node.attr == "T":
                yield node.value
            yield from (ast.parse(other, mode="eval").body for other in others(node))
        case ast.Subscript(array, index, ast.Load()):
            yield array
            for i, (first, second) in enumerate(pairwise(index.elts if isinstance(index, ast.Tuple) else ())):
                if ast.dump(first) != ast.dump(second):
                    yield _changed(node, slice=_swapped(index, "elts", i))
        case ast.Tuple([first, second]) if not (_is_slice(first) or _is_slice(second)):
            yield _swapped(node, "elts", 0)
        case ast.keyword() if _is_axis(node):
            axes = [x for x in ("0", "-1", "-2") if x != ast.unparse(node.value)]
            yield from (ast.keyword("axis", _filled(axis)) for axis in axes)
        case ast.Call():
            yield from _instead_of_call(node)
        case ast.AugAssign(op=sign):
            yield ast.Pass()
            if type(sign) in _OPERATIONS:
                yield _changed(node, op=_filled(_OPERATIONS[type(sign)][0], a=node.target, b=node.value).op)
        case ast.Expr():
            yield ast.Pass()


def _instead_of_call(node: ast.Call) -> Iterator[ast.AST]:
    name, func, args = _name(node), node.func, node.args
    if args and not isinstance(args[0], ast.Starred):
        yield args[0]
    elif isinstance(func, ast.Attribute):
        yield func.value
    if name == "einsum" and isinstance(args[0], ast.Constant) and isinstance(args[0].value, str):
        yield from (_changed(node, args=[ast.Constant(x), *args[1:]]) for x in _other_patterns(args[0].value))
    elif name == "range":
        yield _changed(node, args=[*args[:-1], _filled("a - 1", a=args[-1])])
    elif name not in _COMMUTES:
        yield from (_swapped(node, "args", i) for i in range(len(args) - 1))
    for keyword in node.keywords:
        if keyword.arg in ("axis", "keepdims", "out"):
            yield _changed(node, keywords=[x for x in node.keywords if x is not keyword])
    if name in _FUNCTIONS:
        other = _FUNCTIONS[name]
        named = _changed(func, attr=other) if isinstance(func, ast.Attribute) else ast.Name(other, ast.Load())
        yield _changed(node, func=named)
    if name in ("matmul", "dot", "einsum") and all(map(_is_number_like, args[-2:])):
        for i in range(len(args))[-2:]:
            yield _changed(node, args=[*args[:i], _filled("a.T", a=args[i]), *args[i + 1 :]])


def _swapped(node: _Node, field: str, i: int) -> _Node:
    """The node with entries i and i + 1 of a field swapped."""
    held = getattr(node, field)
    return _changed(node, **{field: [*held[:i], held[i + 1], held[i], *held[i + 2 :]]})


def _filled(template: str, **parts: Any) -> Any:
    """The expression of the template, with nodes in the places of its names."""

    class Filling(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> Any:
            return parts[node.id]

    return Filling().visit(ast.parse(template, mode="eval").body)


def _other_patterns(pattern: str) -> Iterator[str]:
    """The pattern of an einsum with the first two letters of one operand, or of the result, swapped."""
    operands, arrow, result = pattern.replace(" ", "").partition("->")
    pieces = [*operands.split(","), result]
    for i, piece in enumerate(pieces):
        if len(piece) >= 2 and piece[:2].isalpha() and piece[0] != piece[1]:
            swapped = [*pieces[:i], piece[1] + piece[0] + piece[2:], *pieces[i + 1 :]]
            yield ",".join(swapped[:-1]) + arrow + swapped[-1]


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _is_axis(keyword: ast.keyword) -> bool:
    return keyword.arg == "axis" and ast.unparse(keyword.value).removeprefix("-").isdigit()


def _is_slice(node: ast.expr) -> bool:
    return isinstance(node, ast.Slice) or (isinstance(node, ast.Constant) and node.value in (..., None))


def _is_number_like(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute | ast.Subscript):
        return "shape" not in ast.unparse(node)
    return isinstance(node, ast.Call | ast.BinOp | ast.Name)
