"""The callbacks of scikit-learn 1.9 and later, told of a fit as its ``LogisticRegression`` tells them.

The tasks are the fit itself and, below it, one for every step. A step's task is begun before it is known whether there
is one more to take, so that the last is empty, as there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from chainrule.arrays import Array

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn before 1.9
    CallbackSupportMixin = with_callbacks = None

Result = TypeVar("Result")
Attributes = Callable[[], dict[str, Any]]
"""What makes a copy of the estimator one that can predict."""


def can_be_called_back(estimator: Any) -> bool:
    """Raise AttributeError, so that there is no `set_callbacks`, where scikit-learn has none."""
    if CallbackSupportMixin is None:
        raise AttributeError("set_callbacks needs scikit-learn 1.9 or later")
    return True


def set_callbacks(estimator: Any, callbacks: tuple[Any, ...]) -> None:
    """Set what the next fits tell; raises TypeError for what is no callback."""
    CallbackSupportMixin.set_callbacks(estimator, *callbacks)


def told(estimator: Any, fit: Callable[[Any], Result]) -> Result:
    """What `fit` makes of the estimator, whose callbacks are torn down afterwards, also where it raises."""
    return fit(estimator) if with_callbacks is None else with_callbacks(fit)(estimator)


def is_watched(estimator: Any) -> bool:
    """Whether there is anyone to tell: callbacks of its own, or a fit of which this one is a part."""
    return with_callbacks is not None and (
        hasattr(estimator, "_skl_callbacks") or hasattr(estimator, "_parent_callback_ctx")
    )


class Tasks:
    """What callbacks are told of a fit: to be made within `told`.

    Parameters
    ----------
    estimator : estimator
    X, y, sample_weight : arrays
        What it is fitted to.
    most : int
        How many tasks there may be below the fit.
    """

    def __init__(self, estimator: Any, X: Array, y: Array, sample_weight: Array | None, most: int) -> None:
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._samples: dict[str, Any] = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self._fit = CallbackSupportMixin._init_callback_context(estimator, max_subtasks=most)
        self._fit.call_on_fit_task_begin(**self._samples)
        self._task: Any = None

    def begin(self, name: str, attributes: Attributes | None = None) -> None:
        """Begin a task."""
        self._task = self._fit.subcontext(task_name=name)
        self._task.call_on_fit_task_begin(**self._samples, reconstruction_attributes=attributes)

    def end(self, attributes: Attributes | None = None) -> bool:
        """End the task; whether a callback wants the fit to end."""
        return bool(self._task.call_on_fit_task_end(**self._samples, reconstruction_attributes=attributes))

    @contextmanager
    def task(self, name: str) -> Iterator[None]:
        """A task without anything to predict with."""
        self.begin(name)
        yield
        self.end()

    def close(self, attributes: Attributes | None = None) -> None:
        """End the fit."""
        self._fit.call_on_fit_task_end(**self._samples, reconstruction_attributes=attributes)


class Steps:
    """Tasks that are the steps of a solver.

    Parameters
    ----------
    tasks : Tasks
    attributes : callable
        What makes an estimator of parameters theta.
    """

    def __init__(self, tasks: Tasks, attributes: Callable[[Array], dict[str, Any]]) -> None:
        self._tasks, self._attributes, self._taken = tasks, attributes, 0
        tasks.begin("step-iter")

    def step(self, theta: Callable[[], Array]) -> bool:
        """One more has led to theta; whether a callback wants the fit to end."""
        self._taken += 1

        def here() -> dict[str, Any]:
            return self._attributes(theta())

        ends = self._tasks.end(here)
        self._tasks.begin("step-iter", here)
        return ends

    def close(self, theta: Array) -> None:
        """There were no more steps, but there is always one task for one."""
        if not self._taken:
            self.step(lambda: theta)
        self._tasks.end()
        self._tasks.close(lambda: self._attributes(theta))
