"""Report fits to the callbacks of scikit-learn 1.9 and later, as its ``LogisticRegression`` does.

The tasks are the fit itself and, below it, one for every step. The task of a step begins before it is known whether
there is another step, so the last one is empty, as in scikit-learn.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from chainrule.arrays import Array

try:
    from sklearn.callback import CallbackSupportMixin as CallbackSupportMixin  # other modules take it from here
    from sklearn.callback import with_callbacks
except ImportError:  # scikit-learn before 1.9 has no callbacks

    class CallbackSupportMixin:  # type: ignore[no-redef]  # the class above has no stubs
        """Base class of estimators, without callbacks."""

    def with_callbacks(method: Any) -> Any:
        """The method as it is."""
        return method


Attributes = Callable[[], dict[str, Any]]
"""Gives the attributes with which a copy of the estimator can predict."""


class Tasks:
    """Reports a fit to callbacks; does nothing if neither the estimator nor a larger fit around it has any.

    Parameters
    ----------
    estimator : estimator
    X, y, sample_weight : arrays
        The samples of the fit.
    most : int
        The largest number of tasks below the fit.
    """

    def __init__(self, estimator: Any, X: Array, y: Array, sample_weight: Array | None, most: int) -> None:
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self.samples: dict[str, Any] = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self.fit: Any = None
        self._task: Any = None
        self.watched = hasattr(estimator, "_skl_callbacks") or hasattr(estimator, "_parent_callback_ctx")
        if self.watched:
            self.fit = estimator._init_callback_context(max_subtasks=most)
            self.fit.call_on_fit_task_begin(**self.samples)

    def begin(self, name: str, attributes: Attributes | None = None) -> None:
        """Begin a task."""
        if self.watched:
            self._task = self.fit.subcontext(task_name=name)
            self._task.call_on_fit_task_begin(**self.samples, reconstruction_attributes=attributes)

    def end(self, attributes: Attributes | None = None) -> bool:
        """End the task; true if a callback wants the fit to end."""
        return self.watched and bool(
            self._task.call_on_fit_task_end(**self.samples, reconstruction_attributes=attributes)
        )

    @contextmanager
    def task(self, name: str) -> Iterator[None]:
        """A task after which the estimator cannot predict yet."""
        self.begin(name)
        yield
        self.end()


@contextmanager
def tasks_of(estimator: Any, X: Array, y: Array, sample_weight: Array | None, most: int) -> Iterator[Tasks]:
    """The `Tasks` of a fit, which end with the context; callbacks are torn down then, also after an error."""
    try:
        tasks = Tasks(estimator, X, y, sample_weight, most)
        yield tasks
        if tasks.watched:  # the estimator can predict now
            tasks.fit.call_on_fit_task_end(**tasks.samples, reconstruction_attributes=dict)
    finally:
        # A decorated `fit` would be a frame of scikit-learn, which warnings would name in place of the caller's.
        with_callbacks(lambda estimator: None)(estimator)


@contextmanager
def told_steps(
    estimator: Any, X: Array, y: Array, sample_weight: Array | None, attributes: Callable[[Array], dict[str, Any]]
) -> Iterator[list[Callable[[Array], Any]]]:
    """Functions to call with theta after every step; a true result ends the fit. There are none without callbacks.

    `attributes` gives the attributes of an estimator with the parameters theta. The estimator must be fitted when the
    context ends.
    """
    with tasks_of(estimator, X, y, sample_weight, max(estimator.max_iter, 1) + 1) as tasks:
        if not tasks.watched:
            yield []
            return
        taken = []

        def advance(here: Attributes) -> bool:
            taken.append(here)
            ends = tasks.end(here)
            tasks.begin("step-iter", here)
            return ends

        tasks.begin("step-iter")
        yield [lambda theta: advance(partial(attributes, theta))]
        if not taken:  # a fit without steps has one task for a step, too
            advance(dict)
        tasks.end()
