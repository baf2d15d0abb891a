"""Arguments of a head, checked and converted to arrays of one library and dtype.

Targets t are labels y, which mean t = e_y, or rows of class weights of any sum T, dense or sparse, which are read one
block at a time. Label smoothing e replaces t by (1 - e) t + e T / k (see `passes`).
"""

import math
from typing import Any

import numpy as np

from chainrule.arrays import (
    Array,
    as_array,
    as_floats,
    as_like,
    empty,
    holds_labels,
    is_floating,
    is_sparse,
    is_torch,
    namespace,
    same_shape,
    to_numpy,
)


def beside(x: Any, like: Array) -> Any:
    """`x` in the library, dtype and device of `like`; as balls if `like` holds balls, since floats would round."""
    if is_torch(like) or is_floating(like):
        return as_like(x, like)
    result = empty(tuple(np.shape(x)), like)
    result[...] = x
    return result


def floats(name: str, x: Any) -> Any:
    """`x` as a dense array of float64, float32 or balls; ValueError for anything else."""
    if is_sparse(x):
        raise ValueError(f"{name}: expected a dense array, got a sparse one")
    array = as_floats(x)
    if is_floating(array) and str(array.dtype).removeprefix("torch.") not in ("float64", "float32"):
        raise ValueError(f"{name}: expected float64 or float32, got {array.dtype}")
    if not is_torch(array) and array.dtype.kind not in "fO":
        raise ValueError(f"{name}: expected numbers, got dtype {array.dtype}")
    return array


def floats_like(name: str, x: Any, like: Array) -> Any:
    """`floats(name, x)` in the library, dtype and device of `like`."""
    return x if x is like else beside(floats(name, x), like)


def is_finite(x: Array) -> bool:
    """True if all entries are finite; balls always are."""
    return not is_floating(x) or bool(namespace(x).isfinite(x).all())


def requires_grad(x: Any) -> bool:
    """True for a tensor that requires a gradient."""
    return getattr(x, "requires_grad", False)


def detached(x: Any) -> Any:
    """`x`, detached from autograd if it is a tensor."""
    return x.detach() if is_torch(x) else x


def positions(chosen: Any) -> Any:
    """The positions at which a boolean array is true; None if it is true everywhere."""
    return None if bool(chosen.all()) else namespace(chosen).where(chosen)[0]


def total_of(numbers: Any) -> Any:
    """The sum of an array; machine floats are summed in float64."""
    xp = namespace(numbers)
    return float(xp.sum(numbers, dtype=xp.float64)) if is_floating(numbers) else xp.sum(numbers)


def read_targets(given: Any, shape: tuple[int, ...], num_classes: int, like: Array) -> Array:
    """The targets of samples of shape `shape`: labels (rows,), or class weights (rows, classes), dense or CSR.

    Raises
    ------
    ValueError
        For a wrong shape or a non-finite entry.
    """
    if is_sparse(given):
        if is_torch(like):
            raise ValueError("labels: sparse rows of class weights are for NumPy; give tensors beside tensors")
        same_shape("labels (sparse rows of class weights)", given.shape, (math.prod(shape), num_classes))
        rows = given.tocsr()
        _check_finite(rows.data)
        return rows
    array = as_array(given)
    if holds_labels(array):
        same_shape("labels", array.shape, shape)
        labels = _on_library_of(array, like).reshape(-1)
        return labels.long() if is_torch(labels) else labels.astype(np.intp)
    if tuple(array.shape) == shape and shape[-1:] != (num_classes,):
        raise ValueError(f"labels: expected integers, or rows of {num_classes} class weights; got dtype {array.dtype}")
    same_shape("labels (rows of class weights)", array.shape, (*shape, num_classes))
    _check_finite(array)
    return _on_library_of(array, like).reshape(-1, num_classes)


def weights_block(weights: Array, rows: slice, classes: slice, like: Array) -> Array:
    """A block of class weights, dense, in the library and dtype of `like`."""
    block = weights[rows, classes]
    return beside(block.toarray() if is_sparse(block) else block, like)


def _on_library_of(array: Array, like: Array) -> Array:
    """The array in the library and on the device of `like`, in its own dtype: labels stay integers."""
    if is_torch(like):
        return namespace(like).as_tensor(array, device=like.device)
    return to_numpy(array) if is_torch(array) else array


def _check_finite(array: Array) -> None:
    if not is_finite(array):
        raise ValueError("labels: rows of class weights hold nan or infinity")
