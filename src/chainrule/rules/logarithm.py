"""The natural logarithm of every entry: y_i = log x_i of positive numbers, J = diag(1 / x).

    (log f)' = f' / f        the derivative of the log of a function, by `compose(logarithm, f)`

Where f is a softmax, use `log_softmax`, whose digits survive where probabilities underflow to 0.
"""

import numpy as np

from chainrule.arrays import Array, is_traced, namespace, to_numpy
from chainrule.rules.elementwise import elementwise


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
    lambda x: namespace(x).log(x),
    lambda x: 1 / x,
    kind="map",
    check=_check,
    formula="y = log x",
    derivative="1 / x",
    domain="positive numbers",
    error_bound=2,
)
