"""Fits that take place as a whole or not at all: one that raises leaves the estimator as it was."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

Method = TypeVar("Method", bound=Callable[..., Any])


def all_or_nothing(method: Method) -> Method:
    """A method after which, if it raises, the estimator has the attributes that it had before.

    That holds for any exception, Ctrl-C included. The lists and dicts that an earlier fit left, such as its curves, are
    replaced by copies first, so that whatever is appended to them is forgotten too. Arrays are not copied: the method
    must not write to those that were there, and fits here make new ones.

    Examples
    --------
    >>> class Meter:
    ...     @all_or_nothing
    ...     def fit(self, values):
    ...         self.count_ = len(values)
    ...         self.mean_ = sum(values) / self.count_
    >>> meter = Meter()
    >>> meter.fit([])
    Traceback (most recent call last):
        ...
    ZeroDivisionError: division by zero
    >>> vars(meter)
    {}
    """

    @wraps(method)
    def whole(self: Any, *arguments: Any, **named: Any) -> Any:
        attributes = vars(self)
        before = dict(attributes)
        for name, value in before.items():
            # Parameters have plain names, by scikit-learn's convention; they are the user's, and no fit changes them.
            if type(value) in (list, dict) and (name.startswith("_") or name.endswith("_")):
                attributes[name] = value.copy()
        try:
            return method(self, *arguments, **named)
        except BaseException:
            attributes.clear()
            attributes.update(before)
            raise

    return cast(Method, whole)
