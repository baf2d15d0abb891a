"""The operators of the strict language, one record each: its spelling, its shapes, its value.

Values are arrays in NumPy's vocabulary: a scalar has no axes, a column has the shape (n, 1). So the same functions run
on floats, on balls and on exact numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from scipy import special

from chainrule.arrays import Array


@dataclass(frozen=True)
class Operator:
    """An operator or a function that every document knows.

    Attributes
    ----------
    name : str
        Its spelling: of an infix, prefix or postfix operator, or of a function.
    rule : str
        How shapes go together: one of `shape_rules.RULES`.
    value : callable
        The value from the values of the operands.
    arity : int
        The number of operands; -1 for two or more.
    binding : int
        How closely an infix, prefix or postfix operator binds; 0 for functions.
    place : str
        "infix", "prefix", "postfix" or "function"; "written" for what documents leave to the shapes: factors side by
        side or with a dot, powers of numbers and of matrices, and the transpose of what may be a number.
    latex : tuple of str
        How LaTeX documents spell it, if it is a command or a word.
    smooth : bool
        False if the function has kinks or jumps.
    """

    name: str
    rule: str
    value: Callable[..., Any]
    arity: int = 1
    binding: int = 0
    place: str = "function"
    latex: tuple[str, ...] = ()
    smooth: bool = True


def _unresolved(*operands: Array) -> Array:
    raise TypeError("an operation as it is written has no value before shapes tell which it is")


def _scaled(a: Array, b: Array) -> Array:
    return a * b


def _product(a: Array, b: Array) -> Array:
    return a @ b


def _pulled(a: Array, slopes: Array, by: Array) -> Array:
    """The sum over the entries of an array, each times its derivatives by another array, in the shape of that."""
    return (a.reshape(1, -1) @ slopes).reshape(by.shape)


def _power(a: Array, b: Array) -> Array:
    return a**b


def _matrix_power(a: Array, b: Array) -> Array:
    """A^k for a whole number k."""
    exponent, result = int(b), a * 0 + np.eye(a.shape[0], dtype=int)
    for _ in range(abs(exponent)):
        result = result @ a
    return _inverse(result) if exponent < 0 else result


def determinant(a: Array) -> Array:
    """The determinant, by Laplace's expansion, which needs no divisors; each minor of the last rows is made once."""
    size = a.shape[0]
    minors: dict[tuple[int, ...], Any] = {(column,): a[size - 1, column] for column in range(size)}
    for row in range(size - 2, -1, -1):
        minors = {
            columns: sum((-1) ** k * a[row, c] * minors[columns[:k] + columns[k + 1 :]] for k, c in enumerate(columns))
            for columns in combinations(range(size), size - row)
        }
    return minors[tuple(range(size))]


def _inverse(a: Array) -> Array:
    """The inverse, from cofactors."""
    size = a.shape[0]
    if size == 1:
        return 1 / a
    cofactors = [
        [(-1) ** (i + j) * determinant(np.delete(np.delete(a, i, 0), j, 1)) for i in range(size)] for j in range(size)
    ]
    return np.stack([np.stack(row) for row in cofactors]) / determinant(a)


def _trace(a: Array) -> Array:
    return np.sum(np.diagonal(a)) if np.ndim(a) else a


def _member(a: Array, i: Array) -> Array:
    """Column i of a matrix, counted from 1."""
    number = int(i)
    if not 1 <= number <= a.shape[1]:
        raise IndexError(f"a matrix of {a.shape[1]} columns has no column {number}")
    return a[:, number - 1 : number]


def _diagonal_matrix(x: Array) -> Array:
    """The matrix with the entries of a column or row on its diagonal."""
    return np.eye(x.size, dtype=int) * x.reshape(-1, 1)


def _folded(function: Callable[[Array, Array], Array]) -> Callable[..., Array]:
    def of_several(first: Array, *others: Array) -> Array:
        for other in others:
            first = function(first, other)
        return first

    return of_several


_ENTRYWISE: tuple[tuple[str, Callable[[Any], Any], tuple[str, ...]], ...] = (
    ("exp", np.exp, (r"\exp",)),
    ("log", np.log, (r"\log", r"\ln")),
    ("sqrt", np.sqrt, (r"\sqrt",)),
    ("sin", np.sin, (r"\sin",)),
    ("cos", np.cos, (r"\cos",)),
    ("tan", np.tan, (r"\tan",)),
    ("cot", lambda x: np.cos(x) / np.sin(x), (r"\cot",)),
    ("sec", lambda x: 1 / np.cos(x), (r"\sec",)),
    ("csc", lambda x: 1 / np.sin(x), (r"\csc",)),
    ("sinh", np.sinh, (r"\sinh",)),
    ("cosh", np.cosh, (r"\cosh",)),
    ("tanh", np.tanh, (r"\tanh",)),
    ("coth", lambda x: np.cosh(x) / np.sinh(x), (r"\coth",)),
    ("sech", lambda x: 1 / np.cosh(x), (r"\operatorname{sech}",)),
    ("csch", lambda x: 1 / np.sinh(x), (r"\operatorname{csch}",)),
    ("arcsin", np.arcsin, (r"\arcsin",)),
    ("arccos", np.arccos, (r"\arccos",)),
    ("arctan", np.arctan, (r"\arctan",)),
    ("erf", special.erf, (r"\operatorname{erf}",)),
    ("gamma", special.gamma, (r"\Gamma",)),
)

_KINKED: tuple[tuple[str, Callable[[Any], Any], tuple[str, ...]], ...] = (
    ("abs", np.abs, (r"\abs",)),
    ("sign", np.sign, (r"\operatorname{sign}", r"\operatorname{sgn}", r"\sgn")),
    ("relu", lambda x: np.maximum(x, 0), ()),
)

OPERATORS: dict[str, Operator] = {
    each.name: each
    for each in (
        Operator("beside", "beside", _unresolved, 2, place="written"),
        Operator("dot", "dotted", _unresolved, 2, place="written"),
        Operator("outer", "outer", _unresolved, 2, place="written"),
        Operator("over", "over", _unresolved, 2, place="written"),
        Operator("raised", "raised_as_written", _unresolved, 2, place="written"),
        Operator("turned", "turned", _unresolved, place="written"),
        Operator("bars", "bars", _unresolved, place="written"),
        Operator("in_a_row", "in_a_row", _unresolved, place="written"),
        Operator("in_a_column", "in_a_column", _unresolved, place="written"),
        Operator("listed", "listed", _unresolved, place="written"),
        Operator("+", "added", _folded(np.add), -1, 1, "infix"),
        Operator("-", "added", np.subtract, 2, 1, "infix"),
        Operator("negative", "entrywise", np.negative, 1, 3, "prefix"),
        Operator("*", "scaled", _scaled, 2, 2, "infix"),
        Operator("/", "divided", np.divide, 2, 2, "infix", (r"\frac",)),
        Operator(".*", "aligned", np.multiply, 2, 2, "infix", (r"\odot", r"\circ")),
        Operator("./", "aligned", np.divide, 2, 2, "infix", (r"\oslash",)),
        Operator("@", "product", _product, 2, 2, "infix"),
        Operator("^", "scalars", _power, 2, 4, "infix"),
        Operator(".^", "divided", _power, 2, 4, "infix"),
        Operator("power", "matrix_power", _matrix_power, 2),
        Operator("'", "transposed", np.transpose, 1, 5, "postfix", (r"^\top", "^T")),
        *(Operator(name, "entrywise", value, latex=latex) for name, value, latex in _ENTRYWISE),
        *(Operator(name, "entrywise", value, latex=latex, smooth=False) for name, value, latex in _KINKED),
        Operator("max", "added", _folded(np.maximum), -1, latex=(r"\max",), smooth=False),
        Operator("min", "added", _folded(np.minimum), -1, latex=(r"\min",), smooth=False),
        Operator("total", "measured", np.sum),
        Operator("norm", "measured", lambda x: np.sqrt(np.sum(x * x)), latex=(r"\norm",)),
        Operator("norm1", "measured", lambda x: np.sum(np.abs(x)), smooth=False),
        Operator("norminf", "measured", lambda x: np.max(np.abs(x)), smooth=False),
        Operator("trace", "of_square", _trace, latex=(r"\operatorname{tr}", r"\tr")),
        Operator("det", "of_square", determinant, latex=(r"\det",)),
        Operator("inverse", "square", _inverse, latex=("^{-1}",)),
        Operator("diag", "diagonal_matrix", _diagonal_matrix, latex=(r"\operatorname{diag}", r"\diag")),
        Operator("diagonal", "diagonal", lambda a: np.diagonal(a).reshape(-1, 1)),
        Operator("member", "member", _member, 2),
        Operator("pulled", "pulled", _pulled, 3),
        Operator("kron", "kron", np.kron, 2, latex=(r"\otimes",)),
        Operator("vec", "vec", lambda a: a.T.reshape(-1, 1), latex=(r"\operatorname{vec}",)),
    )
}
"""All operators by name. `vec` stacks the columns."""

MADE_BY_SIZE: dict[str, int] = {"ones": 1, "zeros": 1, "eye": 1, "unit": 2}
"""Functions of sizes, with their number of arguments: ones(n) and zeros(n) are columns, unit(i, n) is column i of
eye(n)."""
