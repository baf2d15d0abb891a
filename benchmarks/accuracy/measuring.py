"""Cells of the atlas: one operator, form, dtype and region, with the largest error of each contestant.

An entry's error counts in units in the last place of its size, the sum of the magnitudes of its terms: of the result
itself where nothing cancels, and of what a condition number of c leaves of it elsewhere. Beside that error stands the
raw one, in units of the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from flint import arb

from benchmarks.accuracy import exact, regions
from benchmarks.accuracy.contestants import CONTESTANTS, FORMS, FORWARD, PULLBACK, PUSHFORWARD, Contestant
from benchmarks.accuracy.exact import Entry
from chainrule.algebra.ball import Ball, nearest

BITS = 300
SLOPE, SCALE, SHARE = -1.75, -0.75, 0.75
"""Scale of the scaled sigmoid and the scaled softmax, share of the parametric activation."""
FREQUENCY, PHASE = 0.703125, -1.25
"""Of the periodic embedding."""


@dataclass
class Errors:
    """The largest errors of one contestant in one cell."""

    units: float = 0.0
    """Largest error in ulp of the sum of the magnitudes of the terms."""
    raw: float = 0.0
    """Largest error in ulp of the result."""
    vanished: int = 0
    """Entries returned as 0 that exceed the two smallest floats, at condition numbers below 1 / (8 u)."""
    problem: str = ""
    """The warning or exception, if any."""


@dataclass
class Cell:
    """One operator, form, dtype and region."""

    operator: str
    form: str
    dtype: str
    region: str
    errors: dict[str, Errors] = field(default_factory=dict)


References = Callable[[Sequence[Any], Any], list[Entry]]


@dataclass(frozen=True)
class Operator:
    """The inputs of an operator and its right answers, row by row."""

    name: str
    regions: Callable[..., Iterator[regions.Region]]
    others: Callable[[Any], tuple[Any, ...]]
    """Returns the inputs after the first, for a given first input."""
    forms: Mapping[str, Callable[..., list[Entry]]]
    """(row of the first input, rows of the others, row of the vector, entries wanted) -> entries."""
    vector_per_row: Mapping[str, bool] = field(default_factory=dict)
    """True for each form whose vector has one number per row."""
    finite: bool = False
    """True if inputs must be finite."""
    exponentials: bool = True
    """True if the operator exponentiates its inputs."""


def _none(x: Any) -> tuple[Any, ...]:
    return ()


def _labels(x: Any) -> tuple[Any, ...]:
    # A label at the smallest logit, at the largest, and elsewhere; never on a masked class.
    order = np.argsort(np.where(np.isinf(x) & (x < 0), math.inf, x), axis=-1)
    last = np.maximum(np.sum(~(np.isinf(x) & (x < 0)), axis=-1) - 1, 0)
    rank = np.choose(np.arange(len(x)) % 3, [0 * last, last, last // 2])
    return (np.take_along_axis(order, rank[:, None], axis=-1)[:, 0],)


def _weights(x: Any) -> tuple[Any, ...]:
    rows = regions.weights(x.shape, x.dtype)
    return (np.where(np.isinf(x) & (x < 0), 0, rows).astype(x.dtype),)


def _binary_targets(x: Any) -> tuple[Any, ...]:
    y = np.resize(np.array([0.0, 1.0, 0.3, 0.999, 1e-5]), x.shape)
    # A wrong certain prediction costs infinity, and its derivative by y is no number: those rows have the right one.
    return (np.where(np.isinf(x), x > 0, y).astype(x.dtype),)


def _one_hot(label: Any, k: int) -> list[float]:
    return [float(i == int(label)) for i in range(k)]


def _scaled(x: Sequence[float]) -> list[Any]:
    return [arb(SCALE) * arb(n) for n in x]


def _scalar(function: exact.Scalar, slope: float = 1.0) -> dict[str, Callable[..., list[Entry]]]:
    def value(x: Any, others: Any, v: Any, at: Any) -> list[Entry]:
        return [exact.NAN if n != n else exact.plain(function.value(arb(slope) * arb(n))) for n in x]

    def linear(x: Any, others: Any, v: Any, at: Any) -> list[Entry]:
        return [
            exact.NAN if n != n else exact.plain(arb(u) * arb(slope) * function.slope(arb(slope) * arb(n)))
            for n, u in zip(x, v, strict=True)
        ]

    return {FORWARD: value, PULLBACK: linear, PUSHFORWARD: linear}


def _binary(value: Callable[..., Entry], slope: Callable[..., Entry]) -> dict[str, Callable[..., list[Entry]]]:
    def values(x: Any, others: Any, v: Any, at: Any) -> list[Entry]:
        return [exact.NAN if n != n else value(arb(n), y) for n, y in zip(x, others[0], strict=True)]

    def linear(x: Any, others: Any, v: Any, at: Any) -> list[Entry]:
        return [
            exact.NAN if n != n else Entry(*(arb(f) * p for f, p in zip((u, abs(u)), slope(arb(n), y), strict=True)))
            for n, y, u in zip(x, others[0], v, strict=True)
        ]

    return {FORWARD: values, PULLBACK: linear, PUSHFORWARD: linear}


def _squared_slope(o: Any, y: float) -> Entry:
    difference, curve = exact.miss(o, y), exact.SCALARS["sigmoid"].slope(o)
    return Entry(difference.value * curve, difference.size * curve)


def _entropy(rows: Callable[[Any, int], Sequence[float]]) -> dict[str, Callable[..., list[Entry]]]:
    return {
        FORWARD: lambda x, o, v, at: [exact.cross_entropy_on_logits(x, rows(o[0], len(x)))],
        PULLBACK: lambda x, o, v, at: exact.cross_entropy_gradient(x, rows(o[0], len(x)), v, at),
        PUSHFORWARD: lambda x, o, v, at: [
            exact.along(exact.cross_entropy_gradient(x, rows(o[0], len(x)), 1.0, range(len(x))), v)
        ],
    }


def _by_row(t: Any, k: int) -> Any:
    return t


_ONE = {FORWARD: False, PULLBACK: True, PUSHFORWARD: False}

OPERATORS = (
    Operator(
        "softmax",
        regions.logits,
        _none,
        {
            FORWARD: lambda x, o, v, at: exact.softmax(x, at),
            PULLBACK: lambda x, o, v, at: exact.softmax_linear(x, v, at),
            PUSHFORWARD: lambda x, o, v, at: exact.softmax_linear(x, v, at),
        },
    ),
    Operator(
        "log_softmax",
        regions.logits,
        _none,
        {
            FORWARD: lambda x, o, v, at: exact.log_softmax(x, at),
            PULLBACK: lambda x, o, v, at: exact.log_softmax_pullback(x, v, at),
            PUSHFORWARD: lambda x, o, v, at: exact.log_softmax_pushforward(x, v, at),
        },
    ),
    Operator(
        "log_sum_exp",
        regions.logits,
        _none,
        {
            FORWARD: lambda x, o, v, at: [exact.log_sum_exp(x)],
            PULLBACK: lambda x, o, v, at: [Entry(arb(v) * e.value, abs(arb(v)) * e.size) for e in exact.softmax(x, at)],
            PUSHFORWARD: lambda x, o, v, at: [exact.expectation(x, v)],
        },
        _ONE,
    ),
    Operator("softmax_cross_entropy, labels", regions.logits, _labels, _entropy(_one_hot), _ONE),
    Operator("softmax_cross_entropy, rows", regions.logits, _weights, _entropy(_by_row), _ONE),
    Operator(
        "scaled_softmax",
        regions.logits,
        lambda x: (np.array(SCALE, x.dtype),),
        {
            FORWARD: lambda x, o, v, at: exact.softmax(_scaled(x), at),
            PULLBACK: lambda x, o, v, at: exact.softmax_linear(_scaled(x), v, at, SCALE),
            PUSHFORWARD: lambda x, o, v, at: exact.softmax_linear(_scaled(x), v, at, SCALE),
        },
        finite=True,
    ),
    Operator(
        "softmax_expectation",
        regions.logits,
        lambda x: (regions.uneven(x.shape, x.dtype, 12),),
        {
            FORWARD: lambda x, o, v, at: [exact.expectation(x, o[0])],
            PULLBACK: lambda x, o, v, at: exact.softmax_linear(x, o[0], at, v),
            PUSHFORWARD: lambda x, o, v, at: [exact.along(exact.softmax_linear(x, o[0], range(len(x))), v)],
        },
        _ONE,
    ),
    Operator(
        "cross_entropy",
        regions.probabilities,
        _weights,
        {
            FORWARD: lambda x, o, v, at: [exact.probs_loss(x, o[0])],
            PULLBACK: lambda x, o, v, at: [exact.plain(-arb(v) * arb(o[0][i]) / arb(x[i])) for i in at],
            PUSHFORWARD: lambda x, o, v, at: [
                exact.along([exact.plain(-arb(t) / arb(z)) for t, z in zip(o[0], x, strict=True)], v)
            ],
        },
        _ONE,
        exponentials=False,
    ),
    Operator(
        "nll",
        regions.probabilities,
        _weights,
        {
            FORWARD: lambda x, o, v, at: [exact.log_probs_loss(x, o[0])],
            PULLBACK: lambda x, o, v, at: [exact.plain(-arb(v) * arb(o[0][i])) for i in at],
            PUSHFORWARD: lambda x, o, v, at: [exact.along([exact.plain(-arb(t)) for t in o[0]], v)],
        },
        _ONE,
        exponentials=False,
    ),
    Operator(
        "binary_cross_entropy",
        regions.numbers,
        _binary_targets,
        _binary(exact.binary_cross_entropy, exact.miss),
    ),
    Operator("half_squared_error", regions.numbers, _binary_targets, _binary(exact.half_squared_error, _squared_slope)),
    *(
        Operator(name, regions.numbers, _none, _scalar(function), finite=name in exact.FINITE)
        for name, function in exact.SCALARS.items()
    ),
    Operator(
        "scaled_sigmoid",
        regions.numbers,
        lambda x: (np.array(SLOPE, x.dtype),),
        _scalar(exact.SCALARS["sigmoid"], SLOPE),
        finite=True,
    ),
    Operator(
        "parametric_activation",
        regions.numbers,
        lambda x: (np.array(SHARE, x.dtype),),
        _scalar(exact.mixed(exact.SCALARS["mish"], SHARE)),
        finite=True,
    ),
    Operator(
        "periodic_embedding",
        regions.numbers,
        lambda x: (np.array([[FREQUENCY]], x.dtype), np.array([[PHASE]], x.dtype)),
        _scalar(exact.wave(FREQUENCY, PHASE)),
        finite=True,
        exponentials=False,
    ),
)


def cells(
    operators: Sequence[Operator] = OPERATORS,
    *,
    contestants: Mapping[str, Contestant] = CONTESTANTS,
    dtypes: Sequence[Any] = (np.float64, np.float32),
    **sizes: int,
) -> Iterator[Cell]:
    """Every cell of the atlas, measured."""
    for operator in operators:
        for dtype in dtypes:
            of_logits = operator.regions is regions.logits
            for region in operator.regions(dtype, **{k: n for k, n in sizes.items() if of_logits or k != "many"}):
                if operator.finite and not np.isfinite(region.x).all():
                    continue
                for form in FORMS:
                    if form in operator.forms:
                        yield _cell(operator, form, region, contestants)


def _cell(operator: Operator, form: str, region: regions.Region, contestants: Mapping[str, Contestant]) -> Cell:
    x, dtype = region.x, region.x.dtype
    cell = Cell(operator.name, form, dtype.name, region.name, {name: Errors() for name in contestants})
    inputs = (x, *operator.others(x))
    shape = x.shape[:-1] if operator.vector_per_row.get(form, False) else x.shape
    vectors = [None] if form == FORWARD else list(regions.vectors(region, shape))
    for vector in vectors:
        expected: list[list[Entry]] = []
        rows = [tuple(float(n) for n in row) for row in x]
        for number, row in enumerate(rows):
            others = [float(o) if o.ndim == 0 else o[number % len(o)].tolist() for o in inputs[1:]]
            v = None if vector is None else vector[number].tolist()
            entries = _decided(partial(operator.forms[form], row, others, v, region.at), dtype)
            if operator.exponentials and v is not None:
                entries = [_with_floor(entry, v, others, dtype) for entry in entries]
            expected.append(entries)
        for name, compute in contestants.items():
            _compare(cell.errors, name, compute, (operator.name, form, inputs, vector), expected, region)
    return cell


def _with_floor(entry: Entry, vector: Any, others: list[Any], dtype: Any) -> Entry:
    """The size of an entry; an exponential below the smallest normal number counts as that number."""
    factor = arb(_largest(vector))
    for other in others:
        # Rows of weights and values multiply exponentials too, a binary target also by 1 - y; the others count once.
        factor *= max(1.0, sum(abs(n) for n in other)) if isinstance(other, list) else 1
    return Entry(entry.value, entry.size + factor * arb(float(np.finfo(dtype).smallest_normal)))


def _largest(vector: Any) -> float:
    return abs(vector) if isinstance(vector, float) else max(abs(v) for v in vector)


def _decided(function: Callable[[], list[Entry]], dtype: Any) -> list[Entry]:
    """The entries, with enough bits to resolve 1/16 ulp."""
    entries: list[Entry] = []
    for bits in (BITS, 4 * BITS, 16 * BITS):
        entries = exact.with_bits(bits, function)
        if all(_narrow(entry, dtype) for entry in entries):
            return entries
    raise ArithmeticError(f"{16 * BITS} bits do not decide {entries}")


def _narrow(entry: Entry, dtype: Any) -> bool:
    value = entry.value
    if not value.is_finite():
        return True
    # Entries that are exactly 0 never are to a digit of their own: 2^-60 of their terms' last place is enough.
    return bool(value.rad() <= _unit(value, dtype) / 16) or bool(value.rad() <= _unit(entry.size, dtype) / 2**60)


def _unit(value: Any, dtype: Any) -> Any:
    """The distance between floats at the value; beyond the largest float, the distance at the largest float."""
    with np.errstate(over="ignore"):
        rounded = dtype.type(nearest(Ball(abs(value.mid()))))
    # The largest float is the first whose upper neighbour is infinite.
    return arb(float(np.spacing(min(rounded, np.finfo(dtype).max / 2))))


def _compare(
    found: dict[str, Errors],
    name: str,
    compute: Contestant,
    question: tuple[Any, ...],
    expected: list[list[Entry]],
    region: regions.Region,
) -> None:
    try:
        result = compute(*question)
    except Exception as error:  # a warning, or something the contestant cannot do: the cell says so
        found[name].problem = f"{type(error).__name__}: {error}"
        found[name].units = found[name].raw = math.inf
        return
    if result is None:
        found.pop(name, None)
        return
    result = np.asarray(result)
    for number, entries in enumerate(expected):
        got = np.atleast_1d(result[number])
        got = got[list(region.at)] if len(got) > 1 and len(entries) == len(region.at) else got
        for entry, number_got in zip(entries, got, strict=True):
            _add(found[name], number_got, entry)


def _add(worst: Errors, got: Any, entry: Entry) -> None:
    value = entry.value
    dtype = got.dtype
    if value.is_nan() or not value.is_finite():
        right = np.isnan(got) if value.is_nan() else float(value) == got
        if not right:
            worst.units = worst.raw = math.inf
        return
    largest = float(np.finfo(dtype).max)
    if not abs(entry.size) < largest / 2:
        # The terms themselves overflow, or may: no algorithm that adds them is asked for more.
        return
    if not np.isfinite(got):
        worst.units = worst.raw = math.inf
        return
    error = abs(arb(float(got)) - value)
    raw, units = (float((error / _unit(n, dtype)).mid()) for n in (value, entry.size))
    worst.raw, worst.units = max(worst.raw, raw), max(worst.units, min(raw, units))
    smallest = float(np.finfo(dtype).smallest_subnormal)
    if got == 0 and abs(value) > 2 * smallest and entry.size < abs(value) / (4 * float(np.finfo(dtype).eps)):
        worst.vanished += 1
