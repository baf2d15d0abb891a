"""Arrays of exact numbers, on which code written for NumPy's floats runs unchanged.

>>> from chainrule.algebra.field import Field
>>> with Field():
...     x = variables("x", [2.0, 0.5])
...     print(np.maximum(x, 0) * 2, np.log(np.exp(x[0]) * 2))
[2 x0 2 x1] x0 + log(2)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

import flint
import numpy as np
from scipy import special

from chainrule.algebra import whole_numbers
from chainrule.algebra.ball import Undecided
from chainrule.algebra.exact import Exact, Infinite, rational
from chainrule.algebra.field import current
from chainrule.algebra.formal_derivatives import derivatives, positions
from chainrule.algebra.number_array import NumberArray, numbers
from chainrule.algebra.point_numbers import PointNumber
from chainrule.algebra.powers import number_of
from chainrule.algebra.special_functions import FUNCTIONS


def exact_numbers(x: Any) -> ExactArray:
    """The numbers of `x` as exact numbers of the current field, in an array of its shape.

    Parameters
    ----------
    x : array_like
        Integers, and floats, which are read as the rationals that they are; exact numbers stay as they are.

    Returns
    -------
    ExactArray

    Raises
    ------
    Undecided
        For NaN.

    Examples
    --------
    >>> from chainrule.algebra import Field
    >>> with Field():
    ...     print(exact_numbers([0.5, 3]) / 3)
    [1/6 1]
    """
    return numbers(x, ExactArray)


def variables(name: str, sample: Any, *, positive: bool = False) -> ExactArray:
    """New variables with sample values, in an array of the shape of `sample`.

    Parameters
    ----------
    name : str
        The variables are called x0, x1, ..., or x if there is one number.
    sample : array_like of floats, integers or `flint.fmpq`
        The values that decide comparisons.
    positive : bool
        True to assume that all are positive, so that no condition is recorded for it.

    Returns
    -------
    ExactArray

    Raises
    ------
    ValueError
        If `positive` is true and a sample value is not.

    Examples
    --------
    >>> from chainrule.algebra import Field
    >>> with Field():
    ...     x = variables("x", [2.0, 3.0])
    ...     print(x.sum() ** 2)
    x0^2 + 2 x0 x1 + x1^2
    """
    field = current()
    values = np.asarray(sample, dtype=object) if isinstance(sample, flint.fmpq) else np.asarray(sample)
    made = np.empty(values.size, dtype=object)
    for i, value in enumerate(values.ravel().tolist()):
        exact = value if isinstance(value, flint.fmpq) else flint.fmpq(*value.as_integer_ratio())
        if positive and exact <= 0:
            raise ValueError(f"{name}: a positive variable has the sample value {value}")
        text = f"{name}{i}" if values.ndim else name
        made[i] = number_of(field.adjoin("variable", text, flint.arb(exact), positive=positive))
    return exact_numbers(made.reshape(values.shape))


def gradient(y: Any, x: Any) -> ExactArray:
    """The derivatives of one number by an array of variables, in the shape of `x`: g_i = dy / dx_i.

    Parameters
    ----------
    y : exact number, or array of one
    x : ExactArray
        Variables, as `variables` returns them.

    Returns
    -------
    ExactArray
        Of the shape of `x`.

    Examples
    --------
    >>> from chainrule.algebra import Field
    >>> with Field():
    ...     x = variables("x", [2.0, 3.0])
    ...     print(gradient(x[0] * x[0] * x[1], x))
    [2 x0 x1 x0^2]
    """
    [number] = exact_numbers(y).ravel().tolist()
    slopes = np.empty(x.size, dtype=object)
    slopes[:] = derivatives(number, positions(x.ravel().tolist()))
    return exact_numbers(slopes.reshape(x.shape))


def jacobian(y: Any, x: Any) -> ExactArray:
    """The derivatives dy_i / dx_j, in the shape of `y` followed by the shape of `x`.

    Parameters
    ----------
    y : array of exact numbers
    x : ExactArray
        Variables, as `variables` returns them.

    Returns
    -------
    ExactArray
        Of shape y.shape + x.shape.

    Examples
    --------
    >>> from chainrule.algebra import Field
    >>> with Field():
    ...     x = variables("x", [2.0, 3.0])
    ...     print(jacobian(x * x, x))
    [[2 x0 0]
     [0 2 x1]]
    """
    y, variables = exact_numbers(y), positions(x.ravel().tolist())
    entries = np.empty(y.size * x.size, dtype=object)
    entries[:] = [slope for number in y.ravel().tolist() for slope in derivatives(number, variables)]
    return exact_numbers(entries.reshape((*y.shape, *x.shape)))


def _xlogy(x: Exact, y: Exact) -> Any:
    return rational(0) if x == 0 else x * y.log()


def _heaviside(x: Exact, at_zero: Exact) -> Exact:
    return at_zero if x == 0 else rational(int(x > 0))


def _in_units_of(base: int) -> Callable[[Exact], Any]:
    return lambda x: x.log() / FUNCTIONS["log"](rational(base))


def _expit(x: Exact) -> Exact:
    result: Exact = 1 / (1 + (-x).exp())
    return result


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    **whole_numbers.FUNCTIONS,
    **dict.fromkeys((np.exp2, special.exp2), lambda x: rational(2) ** x),
    **{function: FUNCTIONS[function.__name__] for function in (np.tan, np.arcsin, np.arccos, np.arcsinh)},
    **{function: FUNCTIONS[function.__name__] for function in (np.arccosh, np.arctanh, np.arctan2, np.cbrt)},
    **{function: FUNCTIONS[function.__name__] for function in (special.erf, special.erfc, special.ndtr)},
    **{function: FUNCTIONS[function.__name__] for function in (special.expm1, special.log1p)},
    **{function: FUNCTIONS[function.__name__] for function in (special.gamma, special.gammaln)},
    special.psi: FUNCTIONS["digamma"],
    np.log2: _in_units_of(2),
    np.log10: _in_units_of(10),
    np.fabs: abs,
    np.heaviside: _heaviside,
    np.hypot: lambda x, y: (x * x + y * y).sqrt(),
    np.logaddexp: lambda x, y: (x.exp() + y.exp()).log(),
    special.expit: _expit,
    special.log_expit: lambda x: _expit(x).log(),
    special.logit: lambda p: (p / (1 - p)).log(),
    special.xlogy: _xlogy,
    special.xlog1py: lambda x, y: _xlogy(x, 1 + y),
    special.entr: lambda x: -_xlogy(x, x),
    special.rel_entr: lambda x, y: _xlogy(x, x / y),
    special.kl_div: lambda x, y: _xlogy(x, x / y) - x + y,
    special.log_ndtr: lambda x: FUNCTIONS["ndtr"](x).log(),
}

_TESTS: dict[Any, Callable[[Any], bool]] = {
    np.isfinite: lambda x: not isinstance(x, Infinite),
    np.isnan: lambda x: False,
    np.isinf: lambda x: isinstance(x, Infinite),
}

_as_objects = partial(np.vectorize, otypes=[object])


class ExactArray(NumberArray):
    """An object array whose entries are exact numbers, or None before the first assignment. Made by `variables`.

    Examples
    --------
    >>> from chainrule.algebra import Field
    >>> with Field():
    ...     x = variables("x", [2.0, 3.0])
    ...     print(x * 2 + 0.5, x @ x)
    [1/2 + 2 x0 1/2 + 2 x1] x0^2 + x1^2
    """

    number = Exact
    further = (Infinite, PointNumber)

    @classmethod
    def holds(cls, dtype: Any) -> bool:
        """The same as for all kinds, but float32 and float16 are refused, because code that asks for them rounds.

        Raises
        ------
        Undecided
        """
        wanted = np.dtype(dtype)
        if wanted.kind == "f" and wanted.itemsize < 8:
            raise Undecided(f"rounding to {wanted}")
        return super().holds(dtype)

    entrywise: ClassVar[Mapping[Any, Callable[..., Any]]] = {
        **{ufunc: _as_objects(function) for ufunc, function in _FUNCTIONS.items()},
        **{ufunc: np.vectorize(test, otypes=[bool]) for ufunc, test in _TESTS.items()},
    }
