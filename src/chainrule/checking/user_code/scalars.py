"""Functions of one or two numbers in `math`, `scipy.special` and NumPy that object arrays lack, on balls.

Each function takes arrays or single numbers, balls or floats, and returns an array of balls or a ball.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
import numpy as np

from chainrule.checking.ball import Ball
from chainrule.checking.balls import BallArray, balls

Function = Callable[..., Any]


def has_balls(*values: Any) -> bool:
    """True if there is a ball among the values, also inside lists, tuples and arrays."""
    for value in values:
        if isinstance(value, Ball | BallArray):
            return True
        if isinstance(value, list | tuple) and has_balls(*value):
            return True
        if isinstance(value, np.ndarray) and value.dtype == object and has_balls(*value.flat):
            return True
    return False


def entrywise(name: str, function: Callable[..., Ball]) -> Function:
    """A function of balls, extended to arrays with broadcasting."""

    def on_arrays(*arguments: Any, **options: Any) -> Any:
        arrays = np.broadcast_arrays(*(np.asarray(balls(x)) for x in arguments))
        result = np.empty(arrays[0].shape, dtype=object)
        for index in np.ndindex(result.shape):
            result[index] = function(*(array[index] for array in arrays))
        single = not any(isinstance(x, np.ndarray) for x in arguments)
        return result[()] if single and result.ndim == 0 else result.view(BallArray)

    on_arrays.__name__ = name
    return on_arrays


def _arb(name: str) -> Callable[[Ball], Ball]:
    def of(x: Ball) -> Ball:
        return Ball(getattr(x.value, name)(), hash((name, x.fingerprint)))

    return of


def _expit(x: Ball) -> Ball:
    result: Ball = Ball(1) / (Ball(1) + (-x).exp())
    return result


def _xlogy(x: Ball, y: Ball) -> Ball:
    return Ball(0) if x.value.is_zero() else x * y.log()


def _xlog1py(x: Ball, y: Ball) -> Ball:
    return Ball(0) if x.value.is_zero() else x * y.log1p()


def _entr(x: Ball) -> Ball:
    return -_xlogy(x, x)


def _rel_entr(x: Ball, y: Ball) -> Ball:
    return Ball(0) if x.value.is_zero() else x * (x / y).log()


def _ndtr(x: Ball) -> Ball:
    return Ball((-x.value / flint.arb(2).sqrt()).erfc() / 2)


def _heaviside(x: Ball, at_zero: Ball) -> Ball:
    return Ball(1) if x > 0 else Ball(0) if x < 0 else at_zero


def _hypot(x: Ball, y: Ball) -> Ball:
    result: Ball = (x * x + y * y).sqrt()
    return result


def _log_add_exp(x: Ball, y: Ball) -> Ball:
    result: Ball = (x.exp() + y.exp()).log()
    return result


def _arctan2(y: Ball, x: Ball) -> Ball:
    return Ball(flint.arb.atan2(y.value, x.value))


ELEMENTARY: dict[str, Function] = {
    name: entrywise(name, _arb(method))
    for name, method in {
        "exp": "exp",
        "expm1": "expm1",
        "log": "log",
        "log1p": "log1p",
        "sqrt": "sqrt",
        "tanh": "tanh",
        "sinh": "sinh",
        "cosh": "cosh",
        "sin": "sin",
        "cos": "cos",
        "tan": "tan",
        "arctan": "atan",
        "arcsin": "asin",
        "arccos": "acos",
        "arcsinh": "asinh",
        "arccosh": "acosh",
        "arctanh": "atanh",
        "erf": "erf",
        "erfc": "erfc",
        "gamma": "gamma",
        "gammaln": "lgamma",
        "digamma": "digamma",
    }.items()
}
# The methods of Ball define the logarithm at 0.
ELEMENTARY["log"] = entrywise("log", Ball.log)
ELEMENTARY["log1p"] = entrywise("log1p", Ball.log1p)
ELEMENTARY["exp2"] = entrywise("exp2", lambda x: Ball(2) ** x)
ELEMENTARY["log2"] = entrywise("log2", lambda x: x.log() / Ball(2).log())
ELEMENTARY["log10"] = entrywise("log10", lambda x: x.log() / Ball(10).log())
ELEMENTARY["cbrt"] = entrywise("cbrt", lambda x: Ball(x.value.root(3)) if x >= 0 else -Ball((-x.value).root(3)))
ELEMENTARY["fabs"] = entrywise("fabs", abs)
ELEMENTARY["heaviside"] = entrywise("heaviside", _heaviside)
ELEMENTARY["hypot"] = entrywise("hypot", _hypot)
ELEMENTARY["logaddexp"] = entrywise("logaddexp", _log_add_exp)
ELEMENTARY["arctan2"] = entrywise("arctan2", _arctan2)

SPECIAL: dict[str, Function] = {
    "expit": entrywise("expit", _expit),
    "log_expit": entrywise("log_expit", lambda x: -((Ball(1) + (-x).exp()).log())),
    "logit": entrywise("logit", lambda p: (p / (Ball(1) - p)).log()),
    "xlogy": entrywise("xlogy", _xlogy),
    "xlog1py": entrywise("xlog1py", _xlog1py),
    "entr": entrywise("entr", _entr),
    "rel_entr": entrywise("rel_entr", _rel_entr),
    "kl_div": entrywise("kl_div", lambda x, y: _rel_entr(x, y) - x + y),
    "ndtr": entrywise("ndtr", _ndtr),
    "log_ndtr": entrywise("log_ndtr", lambda x: _ndtr(x).log()),
    "psi": ELEMENTARY["digamma"],
    **{name: ELEMENTARY[name] for name in ("erf", "erfc", "gamma", "gammaln", "digamma", "expm1", "log1p", "exp2")},
}

MATH: dict[str, Function] = {
    **{name: ELEMENTARY[name] for name in ("exp", "expm1", "log1p", "sqrt", "tanh", "sinh", "cosh", "sin", "cos")},
    **{name: ELEMENTARY[name] for name in ("tan", "exp2", "log2", "log10", "cbrt", "fabs", "hypot", "erf", "erfc")},
    "log": lambda x, base=None: (
        ELEMENTARY["log"](x) if base is None else ELEMENTARY["log"](x) / ELEMENTARY["log"](base)
    ),
    "pow": entrywise("pow", lambda x, y: x**y),
    "atan": ELEMENTARY["arctan"],
    "atan2": ELEMENTARY["arctan2"],
    "asin": ELEMENTARY["arcsin"],
    "acos": ELEMENTARY["arccos"],
    "gamma": ELEMENTARY["gamma"],
    "lgamma": ELEMENTARY["gammaln"],
    "fsum": lambda values: sum(values, Ball(0)),
    "prod": lambda values, start=1: start * np.prod(balls(list(values))),
    "isnan": lambda x: bool(np.isnan(balls(x))),
    "isfinite": lambda x: bool(np.isfinite(balls(x))),
    "isinf": lambda x: not bool(np.isfinite(balls(x))) and not bool(np.isnan(balls(x))),
}
