"""Methods that an estimator has only with some parameters, or not at all: `hasattr` is false and the error says why."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from types import MethodType
from typing import Any


class AvailableUnless:
    """A method that exists unless a check objects, as scikit-learn's ``available_if``, whose error hides the reason.

    Parameters
    ----------
    check : function
        Called with the estimator; returns why it lacks the method, or an empty string.
    method : function

    Examples
    --------
    >>> class Model:
    ...     batches = False
    ...     @available_unless(lambda model: "" if model.batches else "it takes no batches")
    ...     def partial_fit(self): ...
    >>> hasattr(Model, "partial_fit"), hasattr(Model(), "partial_fit")
    (True, False)
    >>> Model().partial_fit
    Traceback (most recent call last):
        ...
    AttributeError: Model has no partial_fit here: it takes no batches
    """

    def __init__(self, check: Callable[[Any], str], method: Callable[..., Any]) -> None:
        self.check, self.method = check, method
        update_wrapper(self, method)  # type: ignore[arg-type]  # for docstrings

    def __get__(self, estimator: Any, owner: type) -> Any:
        """The method; AttributeError with the reason if the estimator lacks it."""
        if estimator is None:
            return self.method
        if reason := self.check(estimator):
            raise AttributeError(f"{owner.__name__} has no {self.method.__name__} here: {reason}")
        return MethodType(self.method, estimator)


def available_unless(check: Callable[[Any], str]) -> Callable[[Callable[..., Any]], Any]:
    """A decorator of a method that exists unless the check names a reason against it; see `AvailableUnless`."""
    return lambda method: AvailableUnless(check, method)


class Lacking:
    """In place of a method that a class does not take over from its base class; the class lacks it, too.

    Examples
    --------
    >>> class Searched(dict):
    ...     popitem = Lacking("it keeps all")
    >>> hasattr(Searched, "popitem")
    False
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __set_name__(self, owner: type, name: str) -> None:
        """Remember the name of the method."""
        self.name = name

    def __get__(self, estimator: Any, owner: type) -> Any:
        """AttributeError with the reason."""
        raise AttributeError(f"{owner.__name__} has no {self.name}: {self.reason}")
