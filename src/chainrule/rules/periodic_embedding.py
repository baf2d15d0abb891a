"""Periodic embedding: every feature as m cosines, y_ij = cos(2 pi f_ij x_i + b_ij).

    with s_ij = sin(2 pi f_ij x_i + b_ij):
    dx_i = -2 pi sum_j v_ij f_ij s_ij,   df_ij = -2 pi sum v_ij x_i s_ij,   db_ij = -sum v_ij s_ij, over the rows

x has d features on its last axis, f and b have the shape (d, m), and y the axes (..., d, m), or (..., d m) with `flat`.

Floats take whole turns off f x, whose rounding error is known exactly (see `rounding`), before they multiply by 2 pi.
So large arguments cost no digits, whatever their size. The angle is the sum of a float a and a remainder r below its
last place, and cos(a + r) = cos a - r sin a, to within r^2 / 2. Zeros of cosines and sines cost no digits either.
"""

import math
from typing import TypeAlias

from chainrule.arrays import Array, diagonal_matrix, is_floating, namespace, on_diagonal, sum_to
from chainrule.rules.rounding import difference_error, product_error
from chainrule.rules.rule import Rule

Residuals: TypeAlias = tuple[Array, Array, Array, bool]
"""x with a last axis of 1, the frequencies, dy/db = -sin(2 pi f x + b), and whether the last two axes of y are one."""

TURN = {64: (6.283185307179586, 2.4492935982947064e-16), 32: (6.2831854820251465, -1.748455600074497e-07)}
"""The number of the dtype next to 2 pi, by bits, and the rest of 2 pi."""


def _check(x: Array, frequency: Array, phase: Array) -> None:
    if len(frequency.shape) != 2 or len(x.shape) == 0 or x.shape[-1] != frequency.shape[0]:
        raise ValueError(
            f"frequency: expected one row for each of the features of x, of shape {tuple(x.shape)}, "
            f"got shape {tuple(frequency.shape)}"
        )
    if tuple(phase.shape) != tuple(frequency.shape):
        raise ValueError(f"phase: expected shape {tuple(frequency.shape)}, got {tuple(phase.shape)}")


def _cosine_and_sine(x: Array, frequency: Array, phase: Array) -> tuple[Array, Array]:
    xp = namespace(x)
    if not is_floating(x):
        angle = 4 * xp.arccos(0 * x) * (frequency * x) + phase
        return xp.cos(angle), xp.sin(angle)
    turns = frequency * x
    rounded_away = product_error(frequency, x, turns, limit=math.inf)
    # Both differences are exact, and so is the sum of `part` and `rest`.
    whole, more = turns - xp.round(turns), rounded_away - xp.round(rounded_away)
    part = whole + more
    rest = difference_error(whole, -more, part)
    turn, rest_of_turn = TURN.get(xp.finfo(x.dtype).bits, TURN[32])
    scaled = turn * part
    scaled_rest = product_error(0 * part + turn, part, scaled) + (rest_of_turn * part + turn * rest)
    angle = scaled + phase
    remainder = difference_error(scaled, -phase, angle) + scaled_rest
    cosine, sine = xp.cos(angle), xp.sin(angle)
    return cosine - remainder * sine, sine + remainder * cosine


def _turn(x: Array) -> Array | float:
    """2 pi."""
    return 2 * math.pi if is_floating(x) else 4 * namespace(x).arccos(0 * x)


def _shaped(waves: Array, flat: bool) -> Array:
    """Arrays of shape (..., d, m), with the last two axes as one where y is flat."""
    *leading, d, m = waves.shape
    return waves.reshape(*leading, d * m) if flat else waves


def _unflattened(vector: Array, residuals: Residuals) -> Array:
    _, _, slope, flat = residuals
    return vector.reshape(slope.shape) if flat else vector


def _forward(x: Array, frequency: Array, phase: Array, *, flat: bool = False) -> tuple[Array, Residuals]:
    x = x[..., None]
    cosine, sine = _cosine_and_sine(x, frequency, phase)
    return _shaped(cosine, flat), (x, frequency, -sine, flat)


def _by_x(residuals: Residuals, cotangent: Array) -> Array:
    x, frequency, slope, _ = residuals
    return namespace(x).sum(_unflattened(cotangent, residuals) * slope * (_turn(x) * frequency), axis=-1)


def _by_frequency(residuals: Residuals, cotangent: Array) -> Array:
    x, frequency, slope, _ = residuals
    return sum_to(_unflattened(cotangent, residuals) * slope * (_turn(x) * x), tuple(frequency.shape))


def _by_phase(residuals: Residuals, cotangent: Array) -> Array:
    _, frequency, slope, _ = residuals
    return sum_to(_unflattened(cotangent, residuals) * slope, tuple(frequency.shape))


def _pushforward(residuals: Residuals, x_tangent: Array, frequency_tangent: Array, phase_tangent: Array) -> Array:
    x, frequency, slope, flat = residuals
    turns = frequency * x_tangent[..., None] + x * frequency_tangent
    return _shaped(slope * (_turn(x) * turns + phase_tangent), flat)


def _jacobian(residuals: Residuals) -> tuple[Array, Array, Array]:
    x, frequency, slope, flat = residuals
    shape, of_parameters = _shaped(slope, flat).shape, tuple(frequency.shape)
    by_x = slope * (_turn(x) * frequency)
    by_x = namespace(x).where(on_diagonal(x[..., 0])[:, None, :], by_x[..., None], 0 * by_x[..., None])
    by_frequency, by_phase = (
        diagonal_matrix(_shaped(each, True)).reshape(*shape, *of_parameters) for each in (slope * (_turn(x) * x), slope)
    )
    return by_x.reshape(*shape, of_parameters[0]), by_frequency, by_phase


periodic_embedding = Rule(
    "periodic_embedding",
    _forward,
    {"x": _by_x, "frequency": _by_frequency, "phase": _by_phase},
    _pushforward,
    _jacobian,
    check=_check,
    inputs=("x", "frequency", "phase"),
    options=("flat",),
    kind="layer",
    formula="y = cos(2 pi f x + b)",
    derivative="by x: -2 pi f s; by f: -2 pi x s; by b: -s; s = sin(2 pi f x + b)",
    domain="x (..., d), f and b (d, m), y (..., d, m); finite f x, phases up to 2^10",
    # As for the sums of `linear`; a cosine by itself is within 2 ulp.
    error_bound=8,
)
