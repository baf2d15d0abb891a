"""Conversion of the numbers in files to float32 or float64.

A half-precision number has the bits sign, 5 of exponent, 10 of fraction. Moved to the places of sign, exponent and
fraction in a float32, they are the number times 2^-112, because the exponents count from 15 and from 127. One exact
product with 2^112 is therefore the conversion, except for infinity and NaN.
"""

from typing import Any

import numpy as np

from chainrule.arrays import Array

_TO_FLOAT32 = ("float32", "float16", "uint8", "int8", "bool")
_SCALE = np.float32(2.0**112)
_SMALLEST = np.float32(2.0**-149)


def is_bfloat16(dtype: np.dtype[Any]) -> bool:
    """True for a field of two raw bytes: so NumPy writes and reads bfloat16 of the package ml_dtypes."""
    return dtype.kind == "V" and dtype.names is None and dtype.itemsize == 2


def widened(dtype: np.dtype[Any]) -> np.dtype[Any] | None:
    """The dtype in which features of this dtype are read; None if they are not real numbers.

    float32 for float32, float16, bfloat16, bool and integers of one byte; float64 for other numbers.

    Examples
    --------
    >>> widened(np.dtype("uint8")), widened(np.dtype("int16")), widened(np.dtype("U3"))
    (dtype('float32'), dtype('float64'), None)
    """
    if is_bfloat16(dtype) or dtype.name in _TO_FLOAT32:
        return np.dtype(np.float32)
    return np.dtype(np.float64) if dtype.kind in "iuf" else None


def widen(source: Array, out: Array) -> None:
    """Convert numbers of any dtype that `widened` knows to the dtype of out.

    Raises
    ------
    FloatingPointError
        If a number exceeds the range of out.
    """
    if is_bfloat16(source.dtype):
        source = (source.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    elif (
        source.dtype == np.float16 and out.dtype == np.float32 and source.flags.c_contiguous and out.flags.c_contiguous
    ):
        _widen_half(source.view(np.uint16), out)
        return
    with np.errstate(over="raise"):
        np.copyto(out, source, casting="unsafe")


# What follows is private.


def _widen_half(bits: Array, out: Array) -> None:
    """Numbers in half precision to float32, in a third of the time that NumPy takes."""
    # Threads that flush subnormal numbers would lose those of half precision in the product.
    if (bits & 0x7FFF).max(initial=0) >= 0x7C00 or _SMALLEST * _SCALE == 0:
        np.copyto(out, bits.view(np.float16))
        return
    moved = out.view(np.int32)
    np.copyto(moved, bits.view(np.int16))
    moved <<= 13
    moved &= np.int32(-0x70000001)  # the sign fills the three bits below it, too
    out *= _SCALE
