"""Arrays of other libraries under scikit-learn's ``array_api_dispatch``: results are of the library of X.

The computation is NumPy's, on the memory of arrays that lie in main memory, and on copies of others: a fit to tensors
has the bits of the fit to arrays. Learned attributes are in the library of X as well, and the classes in that of y.
"""

from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import Any, TypeVar, cast

from sklearn import config_context, get_config

from chainrule.arrays import in_library, in_numpy, library_of

Method = TypeVar("Method", bound=Callable[..., Any])
Estimator = TypeVar("Estimator")


def attributes_like_samples(method: Method) -> Method:
    """Decorate a fit: while dispatch is on, it leaves attributes of the libraries of X and y.

    Attributes of an earlier fit are NumPy arrays while the method runs. Without ``array_api_dispatch``, as by default,
    they stay so.
    """

    @wraps(method)
    def fit(self: Any, *arguments: Any, **named: Any) -> Any:
        vars(self).update(_in_numpy(self))
        if not get_config()["array_api_dispatch"]:
            return method(self, *arguments, **named)
        of_x, of_y = (library_of(_argument(i, name, arguments, named)) for i, name in enumerate("Xy"))
        with config_context(array_api_dispatch=False):
            method(self, *map(in_numpy, arguments), **{name: in_numpy(value) for name, value in named.items()})
        for name, value in vars(self).items():
            if name.endswith("_") and not name.startswith("_"):
                vars(self)[name] = in_library(value, of_y if name == "classes_" else of_x)
        return self

    return cast(Method, fit)


def results_like_samples(method: Method) -> Method:
    """Decorate a method of X: while dispatch is on, it returns numbers as an array of the library of X.

    Without ``array_api_dispatch``, as by default, results are NumPy arrays, whatever the attributes are.

    Raises
    ------
    ValueError
        While dispatch is on, if X is not of the library and on the device of the fit.
    """

    @wraps(method)
    def result(self: Any, *arguments: Any, **named: Any) -> Any:
        own = library_of(vars(self).get("coef_"))
        if not get_config()["array_api_dispatch"]:
            as_it_is = own is None and library_of(vars(self).get("classes_")) is None
            return method(self if as_it_is else with_numpy(self), *arguments, **named)
        library = library_of(_argument(0, "X", arguments, named))
        if library != own and "coef_" in vars(self):
            raise ValueError(
                f"Inputs passed to {type(self).__name__}.{method.__name__}() must use the same namespace and device as "
                f"those passed to fit(): expected {own or 'numpy'}, got {library or 'numpy'}"
            )
        with config_context(array_api_dispatch=False):
            found = method(
                with_numpy(self), *map(in_numpy, arguments), **{name: in_numpy(value) for name, value in named.items()}
            )
        return in_library(found, library)

    return cast(Method, result)


def with_numpy(estimator: Estimator) -> Estimator:
    """The estimator, or a copy whose attributes are NumPy arrays where its own are of another library.

    >>> from chainrule import SoftmaxRegression
    >>> model = SoftmaxRegression().fit([[0.0], [1.0]], [0, 1])
    >>> with_numpy(model) is model
    True
    """
    found = _in_numpy(estimator)
    if found:
        estimator = copy(estimator)
        vars(estimator).update(found)
    return estimator


# What follows is private.


def _in_numpy(estimator: object) -> dict[str, Any]:
    """The attributes that are arrays of another library, as NumPy arrays."""
    return {name: in_numpy(value) for name, value in vars(estimator).items() if library_of(value) is not None}


def _argument(place: int, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """An argument of a method, given by its place or its name; None if it is not given."""
    return arguments[place] if len(arguments) > place else named.get(name)
