"""The natural logarithm of every entry: y_i = log x_i of positive numbers, J = diag(1 / x).

    (log f)' = f' / f        the derivative of the log of a function, by `compose(logarithm, f)`

Where f is a softmax, use `log_softmax`, whose digits survive where probabilities underflow to 0.
"""

from __future__ import annotations

import numpy as np

from chainrule.arrays import Array, is_traced, namespace, to_numpy
from chainrule.rules.elementwise import elementwise
from chainrule.workspace import Workspace


def _log(x: Array, *, out: Array | None = None, work: Workspace | None = None) -> Array:
    return namespace(x).log(x, out=out)


def _reciprocal(x: Array) -> Array:
    return 1 / x


def _check(x: Array) -> None:
    """Raise ValueError for the first entry that is not positive, NaN among them."""
    if is_traced(x):
        return
    entries = to_numpy(x)
    refused = np.argwhere(~np.asarray(entries > 0, dtype=bool))
    if len(refused):
        at = tuple(int(i) for i in refused[0])
        where = f" at position [{', '.join(map(str, at))}]" if at else ""
        raise ValueError(f"logarithm: expected positive numbers, got {entries[at]}{where}")


logarithm = elementwise(
    "logarithm",
    _log,
    slope=_reciprocal,
    check=_check,
    formula="y = log x",
    derivative="1 / x",
    domain="positive numbers",
    error_bound=2,
)
