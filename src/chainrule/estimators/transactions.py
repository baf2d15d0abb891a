"""Decorators of fits: they happen completely or not at all, and show their progress."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np

from chainrule.progress import shown
from chainrule.training.processes import is_rank_0

Method = TypeVar("Method", bound=Callable[..., Any])


def all_or_nothing(method: Method) -> Method:
    """Decorate a method so that, if it raises, the estimator has the attributes that it had before.

    This holds for every exception, Ctrl-C included. A RandomState in the parameter `random_state` is set back, too.
    Values of attributes are not copied: the method must create new arrays, lists and dicts instead of writing to them.

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
        undo = undo_of(self)
        try:
            return method(self, *arguments, **named)
        except BaseException:
            undo()
            raise

    return cast(Method, whole)


def undo_of(estimator: Any) -> Callable[[], None]:
    """A function that gives the estimator the attributes that it has now; see `all_or_nothing`."""
    before = dict(vars(estimator))
    generator: Any = before.get("random_state")
    drawn = generator.get_state() if isinstance(generator, np.random.RandomState) else None

    def undo() -> None:
        vars(estimator).clear()
        vars(estimator).update(before)
        if drawn is not None:
            generator.set_state(drawn)

    return undo


def showing_progress(method: Method) -> Method:
    """Decorate a method so that it shows its passes on standard error if the estimator is `verbose`."""

    @wraps(method)
    def showing(self: Any, *arguments: Any, **named: Any) -> Any:
        with shown(self.verbose and is_rank_0()):
            return method(self, *arguments, **named)

    return cast(Method, showing)
