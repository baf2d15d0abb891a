"""Embedding: each code is replaced by its row of a table, y = E[c], the product of a one-hot row and the table.

    dE = sum of the rows of v over the entries that have the code, one row for each code: one_hot(c)^T v

Codes count from 0. They are integers, or floats without a fraction, as in a column of a table of numbers. With `flat`
the rows of the codes on the last axis are one row: (..., d) codes give (..., d k) numbers.
"""

from typing import TypeAlias

from chainrule.arrays import (
    Array,
    check_labels,
    class_mask,
    is_traced,
    matmul,
    namespace,
    on_diagonal,
    unwarned,
    whole_numbers,
)
from chainrule.rules.rule import Rule

Residuals: TypeAlias = tuple[Array, Array, bool]
"""The codes, the table, and whether the last two axes of y are one."""


def _check(codes: Array, table: Array) -> None:
    if len(table.shape) != 2:
        raise ValueError(f"table: expected shape (codes, width), got {tuple(table.shape)}")
    with unwarned(codes):
        whole = whole_numbers(codes)
    if not is_traced(codes) and not bool((whole == codes).all()):
        raise ValueError("codes: expected whole numbers")
    check_labels("codes", whole, table.shape[0])


def _shaped(rows: Array, flat: bool) -> Array:
    return rows.reshape(*rows.shape[:-2], rows.shape[-2] * rows.shape[-1]) if flat else rows


def _forward(codes: Array, table: Array, *, flat: bool = False) -> tuple[Array, Residuals]:
    codes = whole_numbers(codes)
    return _shaped(table[codes], flat), (codes, table, flat)


def _one_hot(residuals: Residuals) -> Array:
    """A row for each code."""
    codes, table, _ = residuals
    one = namespace(table).zeros_like(table[:, 0]) + 1
    return namespace(table).where(class_mask(codes, table.shape[0]), one, 0 * one)


def _by_table(residuals: Residuals, cotangent: Array) -> Array:
    _, table, _ = residuals
    rows = _one_hot(residuals).reshape(-1, table.shape[0])
    return matmul(rows.T, cotangent.reshape(len(rows), table.shape[1]))


def _pushforward(residuals: Residuals, codes_tangent: None, table_tangent: Array) -> Array:
    codes, _, flat = residuals
    return _shaped(table_tangent[codes], flat)


def _jacobian(residuals: Residuals) -> tuple[None, Array]:
    """By the table: 1 where an entry of y stands in the row of the code and the same column."""
    _, table, flat = residuals
    rows = _one_hot(residuals)[..., None, :, None]
    by_table = namespace(table).where(on_diagonal(table)[:, None, :], rows, 0 * rows)
    *outputs, codes, width = by_table.shape
    return None, by_table.reshape(*outputs[:-2], outputs[-2] * outputs[-1], codes, width) if flat else by_table


embedding = Rule(
    "embedding",
    _forward,
    {"table": _by_table},
    _pushforward,
    _jacobian,
    check=_check,
    inputs=("codes", "table"),
    integers=("codes",),
    options=("flat",),
    kind="layer",
    formula="y = E[c]",
    derivative="by E: one_hot(c)^T v",
    domain="whole numbers c from 0 to below the rows of the table",
    # As for the sums of `linear`; the value is exact.
    error_bound=8,
)
