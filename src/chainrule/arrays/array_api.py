"""Arrays of any library that has the array API: whose they are, and the way to NumPy and back."""

from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays.conversions import to_numpy
from chainrule.arrays.libraries import Array, Namespace, is_jax, is_torch, namespace


class Library(NamedTuple):
    """Whose an array is.

    Attributes
    ----------
    namespace : module
    device : object
        As the library names it.

    Examples
    --------
    >>> str(Library(np, "cpu"))
    'numpy on cpu'
    """

    namespace: Namespace
    device: Any

    def __str__(self) -> str:
        return f"{self.namespace.__name__} on {self.device}"


def library_of(x: Any) -> Library | None:
    """The library and device of a tensor of PyTorch, or an array with ``__array_namespace__``; None for all else.

    NumPy's arrays are all else, too.

    >>> library_of(np.ones(3)) is None
    True
    """
    if type(x) is np.ndarray:
        return None
    if is_torch(x):
        return Library(namespace(x), x.device)
    if isinstance(x, np.ndarray | np.generic) or not hasattr(type(x), "__array_namespace__"):
        return None
    return Library(x.__array_namespace__(), x.device)


def in_numpy(x: Any) -> Any:
    """An array that has a library as a NumPy array, and a tuple with such entries; anything else as it is.

    Arrays in main memory are not copied, and tensors are detached from autograd.

    >>> in_numpy(([1, 2], "three"))
    ([1, 2], 'three')
    """
    if isinstance(x, tuple):
        return tuple(map(in_numpy, x))
    if library_of(x) is None:
        return x
    return to_numpy(x) if is_torch(x) or is_jax(x) else np.from_dlpack(x)


def in_library(x: Any, library: Library | None) -> Any:
    """A NumPy array of numbers as an array of a library, on its device; anything else, or without one, as it is.

    >>> in_library(np.array(["a", "b"]), library_of(np.ones(1)))
    array(['a', 'b'], dtype='<U1')
    """
    if library is None or not isinstance(x, np.ndarray) or x.dtype.kind not in "biuf":
        return x
    found: Array = library.namespace.asarray(x, device=library.device)
    return found
