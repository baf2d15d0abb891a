"""Inputs of each operator: regions of rows, and vectors that cancel, overflow and vanish."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Floats = Any
MANY = 1_000_000


@dataclass(frozen=True)
class Region:
    """Rows of one length and dtype; `at` lists the entries of a row that are compared."""

    name: str
    x: Floats
    at: tuple[int, ...]
    huge: bool = False
    """True if vectors reach the largest floats."""


def _region(name: str, x: Floats, dtype: Any, at: tuple[int, ...] | None = None) -> Region:
    x = np.asarray(x, dtype=np.float64)
    return Region(name, x.astype(dtype), tuple(range(x.shape[-1])) if at is None else at)


def logits(dtype: Any, *, many: int = MANY, rows: int = 12) -> Iterator[Region]:
    """Regions for operators on rows of logits."""
    stream = np.random.default_rng(7)
    yield _region("ordinary, within 3", stream.uniform(-3, 3, (rows, 5)), dtype)
    for scale in (10, 40, 200):
        rows_of_scale = scale * stream.standard_normal((rows, 6)) * stream.choice([0.05, 0.5, 1.0], (rows, 6))
        yield _region(f"scale {scale}", rows_of_scale, dtype)
        if scale == 10:
            yield replace(_region("scale 10, huge vectors", rows_of_scale, dtype), huge=True)
    ties = np.round(stream.uniform(-2, 2, (rows, 6)) * 2) / 2
    ties[:, 3] = ties[:, 1] = ties.max(axis=1)
    ties[0] = 0.3
    yield _region("ties", ties + 0.1, dtype)
    yield _region("one class", 30 * stream.standard_normal((rows, 1)), dtype)
    if many:
        wide = 3 * stream.standard_normal((1, many))
        wide[0, many // 3] = 17.0
        chosen = stream.choice(many, 40, replace=False)
        yield _region(f"{many} classes", wide, dtype, (int(wide.argmax()), *(int(i) for i in chosen)))
    gaps = (20.0, 700.0) if dtype == np.float64 else (10.0, 86.0)
    tails = -stream.uniform(*gaps, (rows, 5)) + stream.uniform(-3, 3, (rows, 1))
    tails[np.arange(rows), np.arange(rows) % 5] += gaps[1]
    yield _region("tails, tiny but normal results", np.minimum(tails, gaps[1] / 4), dtype)
    below = (709.0, 744.0) if dtype == np.float64 else (88.0, 103.0)
    subnormal = -stream.uniform(*below, (rows, 4))
    subnormal[:, 2] = 0.0
    yield _region("subnormal results", subnormal, dtype)
    masked = 5 * stream.standard_normal((rows, 6))
    masked[stream.random((rows, 6)) < 0.4] = -math.inf
    masked[:, 0] = np.where(np.isinf(masked).all(axis=1), 1.0, masked[:, 0])
    yield _region("masked by -inf", masked, dtype)
    yield _region("masked throughout", np.full((3, 4), -math.inf), dtype)
    infinite = 5 * stream.standard_normal((rows, 5))
    infinite[:, 1] = math.inf
    infinite[::2, 3] = math.inf
    infinite[::3, 4] = -math.inf
    yield _region("+inf, one or two", infinite, dtype)
    broken = stream.standard_normal((6, 4))
    broken[::2, 2] = math.nan
    broken[4, 0] = math.inf
    yield _region("nan in every other row", broken, dtype)
    largest = float(np.finfo(dtype).max)
    yield _region("near the largest float", largest * np.array([[1, -1, 0.5], [-1, -0.999, -1], [0.9, 0.9, 0]]), dtype)


def numbers(dtype: Any, *, rows: int = 12) -> Iterator[Region]:
    """Regions for elementwise operators, with one column, so that each entry is a row."""
    stream = np.random.default_rng(8)
    count = 8 * rows

    def region(name: str, x: Floats) -> Region:
        return _region(name, np.reshape(x, (-1, 1)), dtype)

    yield region("ordinary, within 3", np.concatenate([stream.uniform(-3, 3, count), [0.0, 1.0, -0.5]]))
    for scale in (10, 40, 200):
        yield region(f"scale {scale}", scale * stream.standard_normal(count) * stream.choice([0.05, 0.5, 1.0], count))
    about = np.finfo(dtype)
    powers = 2.0 ** np.arange(np.log2(float(about.smallest_subnormal)), np.log2(float(about.max)) - 0.5)
    both = np.concatenate([powers, -powers, np.nextafter(dtype(1.37) * powers.astype(dtype), dtype(math.inf))])
    yield region("every exponent", both[np.isfinite(both)])
    low, high = (700.0, 745.0) if dtype == np.float64 else (86.0, 103.9)
    subnormal = stream.uniform(low, high, count)
    yield region("tails, tiny but normal results", np.concatenate([x := stream.uniform(high / 40, low, count), -x]))
    yield region("subnormal results", np.concatenate([subnormal, -subnormal, subnormal / 2, -subnormal / 2]))
    yield region("infinities", [math.inf, -math.inf])
    yield region("nan beside numbers", [math.nan, 1.0, math.nan, -2.0])


def probabilities(dtype: Any, *, rows: int = 12) -> Iterator[Region]:
    """Regions for losses on probabilities."""
    stream = np.random.default_rng(9)
    yield _region("ordinary", stream.dirichlet(np.full(5, 2.0), rows), dtype)
    yield _region("uneven", stream.dirichlet(np.full(6, 0.05), rows) + 1e-30, dtype)
    smallest = float(np.finfo(dtype).smallest_subnormal)
    yield _region("subnormal", np.clip(stream.integers(1, 1000, (rows, 4)) * smallest, smallest, None), dtype)


def vectors(region: Region, shape: tuple[int, ...]) -> Iterator[Floats]:
    """Cotangents and tangents of that shape: with both signs and nearly constant, or huge."""
    dtype = region.x.dtype
    if region.huge:
        stream = np.random.default_rng(10)
        yield (float(np.finfo(dtype).max) * stream.uniform(-0.9, 0.9, shape)).astype(dtype)
        return
    yield uneven(shape, dtype)
    if shape[-1:] != (MANY,):
        stream = np.random.default_rng(13)
        yield (1.7 + 64 * float(np.finfo(dtype).eps) * stream.integers(-9, 9, shape)).astype(dtype)


def uneven(shape: tuple[int, ...], dtype: Any, seed: int = 14) -> Floats:
    """Numbers of both signs, with magnitudes over a few powers of ten."""
    stream = np.random.default_rng(seed)
    return (stream.standard_normal(shape) * stream.choice([1e-3, 1.0, 30.0], shape)).astype(dtype)


def weights(shape: tuple[int, ...], dtype: Any) -> Floats:
    """Rows of class weights with any sum; some weights are 0, and one dominates its row."""
    stream = np.random.default_rng(11)
    rows = stream.random(shape)
    rows[rows < 0.2] = 0
    rows[::3, 0] += 1e4
    return rows.astype(dtype)
