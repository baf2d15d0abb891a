"""Elementwise operators over all float32 numbers, or over every n-th.

The reference is float64, from forms that keep their digits: its own error, a few units in float64, is 1e-8 of a unit in
float32. Balls would take days for four thousand million numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import rules


@dataclass(frozen=True)
class Swept:
    """The largest error of one operator and form over the float32 numbers in one library, and its position."""

    operator: str
    form: str
    library: str
    numbers: int
    units: float
    at: float


def _exact(name: str) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    def q(x: Any) -> Any:
        return np.exp(-np.abs(x))

    def sigmoid(x: Any) -> Any:
        return np.where(x >= 0, 1, q(x)) / (1 + q(x))

    return {
        "tanh": (
            lambda x: np.sign(x) * -np.expm1(-2 * np.abs(x)) / (1 + q(2 * x)),
            lambda x: 4 * q(2 * x) / np.square(1 + q(2 * x)),
        ),
        "sigmoid": (sigmoid, lambda x: q(x) / np.square(1 + q(x))),
        "softplus": (lambda x: np.maximum(x, 0) + np.log1p(q(x)), sigmoid),
        "log_sigmoid": (lambda x: np.minimum(x, 0) - np.log1p(q(x)), lambda x: sigmoid(-x)),
        "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(float)),
    }[name]


NAMES = ("tanh", "sigmoid", "softplus", "log_sigmoid", "relu")


def finite_floats(stride: int, block: int = 2**20) -> Iterator[Any]:
    """Every stride-th finite float32, of both signs, a block at a time."""
    largest = int(np.array(np.finfo(np.float32).max).view(np.uint32))
    for start in range(0, largest + 1, block * stride):
        bits = np.arange(start, min(start + block * stride, largest + 1), stride, dtype=np.uint32)
        positive = bits.view(np.float32)
        yield np.concatenate([positive, -positive])


def sweep(stride: int, names: tuple[str, ...] = NAMES) -> list[Swept]:
    """The worst errors over every stride-th float32, forward and pullback of 1."""
    libraries = {"NumPy": np.asarray}
    try:
        import torch

        libraries["PyTorch"] = torch.from_numpy
    except ImportError:
        pass
    worst: dict[tuple[str, str, str], tuple[float, float]] = {}
    count = 0
    with np.errstate(all="ignore"):
        for x in finite_floats(stride):
            count += len(x)
            for name in names:
                rule, exact = rules.get(name), _exact(name)
                for library, array in libraries.items():
                    given, one = array(x), array(np.ones_like(x))
                    got = {"forward": rule(given), "pullback": rule.vjp(given, one)}
                    for (form, result), reference in zip(got.items(), exact, strict=True):
                        units, at = _worst(np.asarray(result), reference(x.astype(np.float64)), x)
                        key = (name, form, library)
                        worst[key] = max(worst.get(key, (0.0, 0.0)), (units, at))
    return [Swept(*key, count, units, at) for key, (units, at) in worst.items()]


def _worst(result: Any, exact: Any, x: Any) -> tuple[float, float]:
    unit = np.spacing(np.abs(exact.astype(np.float32)).clip(None, np.finfo(np.float32).max / 2)).astype(np.float64)
    errors = np.abs(result.astype(np.float64) - exact) / unit
    errors[np.isnan(errors)] = np.inf
    i = int(errors.argmax())
    return float(errors[i]), float(x[i])
