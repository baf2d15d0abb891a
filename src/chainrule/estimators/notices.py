"""Warnings that name the line of the user's code that caused them."""

import sys
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sklearn.exceptions import ConvergenceWarning

from chainrule.training import Chance, Fit, History
from chainrule.training.fitting import figure_of_chance

BETWEEN = (__name__.partition(".")[0], "sklearn", "contextlib")
"""Packages whose lines are not the user's: a pipeline calls its steps, and contextlib ends a `notices_noted`."""

Notice = tuple[str, type[Warning]]
FEWEST_EPOCHS = 5
"""Fewer epochs are a trial, whose result says little."""
_kept: ContextVar[list[Notice] | None] = ContextVar("notices", default=None)


@contextmanager
def notices_kept() -> Generator[list[Notice]]:
    """A list of the arguments of `warn_caller` inside, which warns of nothing: other threads have another caller."""
    notices: list[Notice] = []
    token = _kept.set(notices)
    try:
        yield notices
    finally:
        _kept.reset(token)


@contextmanager
def notices_noted() -> Generator[list[Notice]]:
    """As `notices_kept`, but the warnings follow at the end."""
    with notices_kept() as notices:
        yield notices
    for notice in notices:
        warn_caller(*notice)


def warn_caller(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the innermost line outside chainrule and scikit-learn, whatever the number of functions in between."""
    kept = _kept.get()
    if kept is not None:
        kept.append((message, category))
        return
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in BETWEEN:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def warn_unless_converged(model: Any, history: History, watched: bool) -> None:
    """Warn if the fit of a network ended before it converged; one that keeps its best epoch may end at any."""
    whole = model.solver == "lbfgs"
    if history.stopped_by == "interrupt":
        done, kept = ("iterations", "their weights") if whole else ("epochs", "the best weights so far")
        warn_caller(f"Training interrupted by user after {history.epochs} {done}; {kept} are kept.")
    elif history.stopped_by == "max_iter" and whole:
        warn_caller(
            f"lbfgs failed to converge after {history.epochs} iterations ({history.message}). Increase max_iter "
            "or max_fun, or scale the features.",
            ConvergenceWarning,
        )
    elif history.stopped_by == "max_iter" and not watched and model.learning_rate != "cosine":
        warn_caller(
            f"Stochastic Optimizer: Maximum iterations ({model.max_iter}) reached and the optimization hasn't "
            "converged yet.",
            ConvergenceWarning,
        )


def warn_unless_learned(fit: Fit) -> None:
    """Warn if a network has a log-loss that is hardly below that of the class shares, after several epochs."""
    history, judge = fit.run.history, fit.judge
    score = None if judge is None or not history.scores else history.best if judge.decides else history.scores[-1]
    chance, found = figure_of_chance(fit.recipe, judge, history.loss, score)
    if chance is not None and (told := unlearned(chance, found, history.epochs)):
        warn_caller(told, ConvergenceWarning)


def unlearned(chance: Chance, log_loss: float, epochs: int) -> str:
    """A sentence about a log-loss after some epochs that is hardly below that of the class shares; empty for others.

    >>> chance = Chance(2.4849, rows=720, classes=12)
    >>> unlearned(chance, 2.4572, 10).partition(":")[0], unlearned(chance, 2.4572, 1)
    ('the log-loss 2.457 is hardly lower than that of the class shares alone, 2.485', '')
    """
    return chance.told(log_loss) if epochs >= FEWEST_EPOCHS and chance.is_near(log_loss) else ""
