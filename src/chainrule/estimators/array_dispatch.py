"""Tensors of PyTorch under scikit-learn's ``array_api_dispatch``: methods return the kind of array that they are given.

The computation is NumPy's, on the memory of the tensors, and learned attributes are NumPy arrays: a fit to tensors has
the bits of the fit to arrays. Tensors on other devices are refused: a copy to the processor is for the caller to make.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np
from sklearn import config_context, get_config

from chainrule.arrays import is_torch, namespace

Method = TypeVar("Method", bound=Callable[..., Any])


def same_kind(method: Method) -> Method:
    """A decorator of methods of X: while dispatch is on, arrays of numbers are returned as tensors if X is one.

    Without ``array_api_dispatch``, as by default, the method is called as it is.

    Raises
    ------
    ValueError
        For tensors that are not on the CPU.
    """

    @wraps(method)
    def call(self: Any, *arguments: Any, **named: Any) -> Any:
        if not get_config()["array_api_dispatch"]:
            return method(self, *arguments, **named)
        X = named.get("X", arguments[0] if arguments else None)
        with config_context(array_api_dispatch=False):
            found = method(self, *map(_numpy, arguments), **{name: _numpy(value) for name, value in named.items()})
        as_tensor = is_torch(X) and isinstance(found, np.ndarray) and found.dtype.kind in "biuf"
        return namespace(X).asarray(found) if as_tensor else found

    return cast(Method, call)


def _numpy(value: Any) -> Any:
    """The memory of a tensor, or of those in a tuple, as a NumPy array; anything else as it is."""
    if isinstance(value, tuple):
        return tuple(map(_numpy, value))
    if not is_torch(value):
        return value
    if value.device.type != "cpu":
        raise ValueError(f"expected tensors on the CPU, got one on {value.device}: copy it with cpu()")
    return value.detach().numpy()
