"""Functions of one or two numbers in `math`, `scipy.special` and NumPy that object arrays lack, on balls.

Each function takes arrays or single numbers, balls or floats, and returns an array of balls or a ball.
"""

from collections.abc import Callable
from functools import partial
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


def entrywise(function: Callable[..., Ball]) -> Function:
    """A function of balls, extended to arrays with broadcasting."""

    def on_arrays(*arguments: Any, **options: Any) -> Any:
        arrays = np.broadcast_arrays(*(np.asarray(balls(x)) for x in arguments))
        result = np.empty(arrays[0].shape, dtype=object)
        for index in np.ndindex(result.shape):
            result[index] = function(*(array[index] for array in arrays))
        single = not any(isinstance(x, np.ndarray) for x in arguments)
        return result[()] if single and result.ndim == 0 else result.view(BallArray)

    return on_arrays


def _xlogy(x: Ball, y: Ball) -> Ball:
    return Ball(0) if x.value.is_zero() else x * y.log()


def _ndtr(x: Ball) -> Ball:
    return Ball((-x.value / flint.arb(2).sqrt()).erfc() / 2)


def _heaviside(x: Ball, at_zero: Ball) -> Ball:
    return Ball(1) if x > 0 else Ball(0) if x < 0 else at_zero


def _cbrt(x: Ball) -> Ball:
    return Ball(x.value.root(3)) if x >= 0 else -Ball((-x.value).root(3))


_FLINT = {
    **{name: name for name in ("exp", "expm1", "sqrt", "tanh", "sinh", "cosh", "sin", "cos", "tan", "erf", "erfc")},
    "arctan": "atan",
    "arcsin": "asin",
    "arccos": "acos",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "gamma": "gamma",
    "gammaln": "lgamma",
    "digamma": "digamma",
}
"""Names of functions, and their names in python-flint."""

ELEMENTARY: dict[str, Function] = {
    **{name: entrywise(partial(Ball.mapped, function=function)) for name, function in _FLINT.items()},
    "log": entrywise(Ball.log),
    "log1p": entrywise(Ball.log1p),
    "exp2": entrywise(lambda x: Ball(2) ** x),
    "log2": entrywise(lambda x: x.log() / Ball(2).log()),
    "log10": entrywise(lambda x: x.log() / Ball(10).log()),
    "cbrt": entrywise(_cbrt),
    "fabs": entrywise(abs),
    "heaviside": entrywise(_heaviside),
    "hypot": entrywise(lambda x, y: (x * x + y * y).sqrt()),
    "logaddexp": entrywise(lambda x, y: (x.exp() + y.exp()).log()),
    "arctan2": entrywise(lambda y, x: Ball(flint.arb.atan2(y.value, x.value))),
}

SPECIAL: dict[str, Function] = {
    "expit": entrywise(lambda x: Ball(1) / (Ball(1) + (-x).exp())),
    "log_expit": entrywise(lambda x: -((Ball(1) + (-x).exp()).log())),
    "logit": entrywise(lambda p: (p / (Ball(1) - p)).log()),
    "xlogy": entrywise(_xlogy),
    "xlog1py": entrywise(lambda x, y: _xlogy(x, 1 + y)),
    "entr": entrywise(lambda x: -_xlogy(x, x)),
    "rel_entr": entrywise(lambda x, y: _xlogy(x, x / y)),
    "kl_div": entrywise(lambda x, y: _xlogy(x, x / y) - x + y),
    "ndtr": entrywise(_ndtr),
    "log_ndtr": entrywise(lambda x: _ndtr(x).log()),
    "psi": ELEMENTARY["digamma"],
    **{name: ELEMENTARY[name] for name in ("erf", "erfc", "gamma", "gammaln", "digamma", "expm1", "log1p", "exp2")},
}

MATH: dict[str, Function] = {
    **{name: ELEMENTARY[name] for name in ("exp", "expm1", "log1p", "sqrt", "tanh", "sinh", "cosh", "sin", "cos")},
    **{name: ELEMENTARY[name] for name in ("tan", "exp2", "log2", "log10", "cbrt", "fabs", "hypot", "erf", "erfc")},
    "log": lambda x, base=None: (
        ELEMENTARY["log"](x) if base is None else ELEMENTARY["log"](x) / ELEMENTARY["log"](base)
    ),
    "pow": entrywise(lambda x, y: x**y),
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
