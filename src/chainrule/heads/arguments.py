"""Arguments of a head, checked and converted to arrays of one library and dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.arrays import Array, as_floats, as_like, empty, is_floating, is_sparse, is_torch, namespace


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
