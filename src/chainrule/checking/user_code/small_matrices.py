"""`solve`, `inv`, `det` and `slogdet` for small matrices of numbers of any kind, by elimination with division.

    a x = b,    det a = (-1)^swaps * product of pivots

The pivot is the first entry that is certainly nonzero, or the largest such entry where the kind has a `magnitude`.
Matrices have shape (..., n, n). An undecided pivot raises `Undecided`.

>>> from chainrule.algebra import BallArray, balls
>>> solve(balls([[2.0, 0.0], [1.0, 4.0]]), balls([1.0, 2.5]), BallArray)
BallArray([0.5, 0.5], dtype=object)
"""

from typing import Any

import numpy as np

from chainrule.algebra.ball import Undecided
from chainrule.algebra.number_array import NumberArray, numbers, plain

LARGEST = 32
"""Largest number of rows; elimination takes about n^3 operations of 1 us or more."""

Kind = type[NumberArray]


def solve(a: Any, b: Any, kind: Kind) -> Any:
    """The solution x of a x = b, for b of shape (n,) or (..., n, k). Raises LinAlgError if a is singular."""
    is_vector = np.ndim(b) == 1
    right = numbers(b, kind)[:, None] if is_vector else numbers(b, kind)
    solution, _ = _eliminated(a, right, kind, "solve")
    return solution[..., 0] if is_vector else solution


def inv(a: Any, kind: Kind) -> Any:
    """The inverse. Raises LinAlgError if a is singular."""
    return _eliminated(a, numbers(np.eye(np.shape(a)[-1]), kind), kind, "inv")[0]


def det(a: Any, kind: Kind) -> Any:
    """The determinant, of shape (...)."""
    return _eliminated(a, None, kind, "det")[1]


def slogdet(a: Any, kind: Kind) -> Any:
    """Sign and logarithm of the absolute value of the determinant, as NumPy's named tuple."""
    determinant = det(a, kind)
    return _SIGN_AND_LOG(np.sign(determinant), np.log(np.abs(determinant)))


_SIGN_AND_LOG = type(np.linalg.slogdet(np.eye(1)))


def _eliminated(a: Any, right: Any, kind: Kind, name: str) -> tuple[Any, Any]:
    """Solutions of a x = right, unless `right` is None, and determinants of a."""
    matrices = plain(numbers(a, kind))
    if matrices.ndim < 2 or matrices.shape[-1] != matrices.shape[-2]:
        raise np.linalg.LinAlgError("Last 2 dimensions of the array must be square")
    stack, n = matrices.shape[:-2], matrices.shape[-1]
    if n > LARGEST:
        raise NotImplementedError(f"{name} of matrices of more than {LARGEST} rows")
    must_solve = right is not None
    columns = plain(right) if must_solve else np.empty((n, 0), dtype=object)
    if columns.shape[-2] != n:
        raise ValueError(f"{name}: the matrix has {n} rows, the right-hand side {columns.shape[-2]}")
    stack = np.broadcast_shapes(stack, columns.shape[:-2])
    matrices = np.broadcast_to(matrices, (*stack, n, n))
    columns = np.broadcast_to(columns, (*stack, *columns.shape[-2:]))
    solutions, determinants = np.empty(columns.shape, dtype=object), np.empty(stack, dtype=object)
    for index in np.ndindex(stack):
        rows = np.concatenate([matrices[index], columns[index]], axis=1)
        determinant = _eliminate(rows, n, kind)
        if must_solve and determinant is None:
            raise np.linalg.LinAlgError("Singular matrix")
        determinants[index] = 0 if determinant is None else determinant
        solutions[index] = rows[:, n:]
    return numbers(solutions, kind), numbers(determinants, kind)


def _eliminate(rows: Any, n: int, kind: Kind) -> Any:
    """Turn the first n columns of the rows into the identity, in place. The determinant; None if it is zero."""
    determinant = kind.number(1)
    for column in range(n):
        pivot = _pivot(rows[column:, column], kind)
        if pivot is None:
            return None
        if pivot:
            rows[[column, column + pivot]] = rows[[column + pivot, column]]
            determinant = -determinant
        determinant = determinant * rows[column, column]
        rows[column, column:] = rows[column, column:] / rows[column, column]
        for other in range(n):
            if other != column:
                rows[other, column:] = rows[other, column:] - rows[other, column] * rows[column, column:]
    return determinant


def _pivot(entries: Any, kind: Kind) -> int | None:
    """The position of the pivot; None if all entries are certainly zero."""
    nonzero, undecided = [], None
    for i, entry in enumerate(entries):
        try:
            is_nonzero = bool(entry != 0)
        except Undecided as reason:
            undecided = reason
            continue
        if is_nonzero:
            size = kind.magnitude(entry)
            if size is None:
                return i
            nonzero.append((size, -i))
    if nonzero:
        return -max(nonzero)[1]
    if undecided is not None:
        raise undecided
    return None
