"""Targets of a head, read block by block: labels, or rows of class weights, dense or sparse.

    labels y:   t = e_y,   sum(t) = 1
    rows t:     any weights per class, of sum T

Label smoothing e replaces t by (1 - e) t + e T / k (see `passes`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import (
    Array,
    as_array,
    holds_labels,
    is_floating,
    is_sparse,
    is_torch,
    namespace,
    same_shape,
    to_numpy,
)
from chainrule.heads.arguments import beside


@dataclass(frozen=True, eq=False)
class Targets:
    """Labels of shape (rows,), or rows of class weights of shape (rows, classes), dense or CSR."""

    labels: Array | None
    rows: Array | None

    def take(self, index: Array) -> Targets:
        """The targets of some samples, given by a slice or an array of indices."""
        return Targets(
            None if self.labels is None else self.labels[index], None if self.rows is None else self.rows[index]
        )

    def block(self, rows: slice, classes: slice, like: Array) -> Array:
        """The class weights of a block, dense, in the dtype of `like`. Valid only for rows of class weights."""
        block = self.rows[rows, classes]  # type: ignore[index]  # the caller has looked at `labels`
        return beside(block.toarray() if is_sparse(block) else block, like)


def read_targets(given: Any, shape: tuple[int, ...], num_classes: int, like: Array) -> Targets:
    """The targets of samples of shape `shape`, flattened; ValueError for a wrong shape or a non-finite entry."""
    if is_sparse(given):
        if is_torch(like):
            raise ValueError("labels: sparse rows of class weights are for NumPy; give tensors beside tensors")
        same_shape("labels (sparse rows of class weights)", given.shape, (math.prod(shape), num_classes))
        rows = given.tocsr()
        _check_finite(rows.data)
        return Targets(None, rows)
    array = as_array(given)
    if holds_labels(array):
        same_shape("labels", array.shape, shape)
        labels = _on_library_of(array, like).reshape(-1)
        return Targets(labels.long() if is_torch(labels) else labels.astype(np.intp), None)
    if tuple(array.shape) == shape and shape[-1:] != (num_classes,):
        raise ValueError(f"labels: expected integers, or rows of {num_classes} class weights; got dtype {array.dtype}")
    same_shape("labels (rows of class weights)", array.shape, (*shape, num_classes))
    _check_finite(array)
    return Targets(None, _on_library_of(array, like).reshape(-1, num_classes))


def _on_library_of(array: Array, like: Array) -> Array:
    """The array in the library and on the device of `like`, in its own dtype: labels stay integers."""
    if is_torch(like):
        return namespace(like).as_tensor(array, device=like.device)
    return to_numpy(array) if is_torch(array) else array


def _check_finite(array: Array) -> None:
    if is_floating(array) and not bool(namespace(array).isfinite(array).all()):
        raise ValueError("labels: rows of class weights hold nan or infinity")
