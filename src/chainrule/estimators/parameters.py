"""Checks of parameters of estimators, with messages that say what was expected and what was given."""

import difflib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, TypeAlias

import numpy as np

from chainrule import rules
from chainrule.extras import import_extra

Limits: TypeAlias = dict[str, Callable[[str, Any], object]]
"""By the name of a parameter, a function of the name and the value that raises ValueError for a value out of range."""


def within(values: Mapping[str, Any], limits: Limits) -> None:
    """Call the check of each parameter that has a value, in the order of the limits, with its name and value."""
    for name, check in limits.items():
        if name in values:
            check(name, values[name])


ELSEWHERE = {
    "multi_class": "the fit is multinomial; for multi_class='ovr' put the estimator into scikit-learn's "
    "OneVsRestClassifier, otherwise leave it out",
}
"""Parameters of earlier versions of scikit-learn, with what to do instead."""


def unknown(estimator: str, name: str, value: Any, known: Iterable[str]) -> str:
    """The message for a parameter that an estimator lacks.

    >>> unknown("MLPClassifier", "hiden_layer_sizes", (3,), ["alpha", "hidden_layer_sizes"])
    "MLPClassifier has no parameter hiden_layer_sizes (got (3,)); did you mean 'hidden_layer_sizes'?"
    """
    named = [each for each in known if each not in ("self", "args", "kwargs")]
    near = [f"did you mean {each!r}?" for each in difflib.get_close_matches(name, named, 1, cutoff=0.75)]
    hint = ELSEWHERE.get(name, "") or "".join(near) or f"it has {', '.join(named)}"
    return f"{estimator} has no parameter {name} (got {value!r}); {hint}"


def listed(values: Iterable[Any], most: int = 10) -> str:
    """The first values, and how many more there are.

    >>> listed([0.5, "a", 2], 2), listed(np.arange(2))
    ("0.5, 'a' and 1 more", '0, 1')
    """
    found = values.tolist() if isinstance(values, np.ndarray) else list(values)
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(map(repr, found[:most])) + more


def unless(allowed: Any, check: Callable[[str, Any], object]) -> Callable[[str, Any], None]:
    """A check that accepts one more value, such as "auto".

    >>> unless("auto", lambda name, value: integer(name, value, at_least=1))("batch_size", "auto")
    """

    def checked(name: str, value: Any) -> None:
        if not (isinstance(value, type(allowed)) and value == allowed):
            check(name, value)

    return checked


def number(
    name: str,
    value: Any,
    *,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
    infinite: bool = False,
) -> float:
    """`value` as a float, if it is a real number within the bounds.

    >>> number("dropout", 1.5, at_least=0, below=1)
    Traceback (most recent call last):
        ...
    ValueError: dropout: expected a number of at least 0 and below 1, got 1.5
    """
    bounds = {"of at least": at_least, "above": above, "at most": at_most, "below": below}
    inside = (
        not isinstance(value, bool)
        and isinstance(value, Real)
        and not math.isnan(value)
        and (infinite or math.isfinite(value))
        and (at_least is None or float(value) >= at_least)
        and (above is None or float(value) > above)
        and (at_most is None or float(value) <= at_most)
        and (below is None or float(value) < below)
    )
    if not inside:
        wanted = " and ".join(f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None)
        raise ValueError(f"{name}: expected a number {wanted}".rstrip() + f", got {value!r}")
    return float(value)


def integer(name: str, value: Any, *, at_least: int) -> int:
    """`value` as an int, if it is a whole number of at least `at_least`.

    >>> integer("max_iter", 0, at_least=1)
    Traceback (most recent call last):
        ...
    ValueError: max_iter: expected a whole number of at least 1, got 0
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < at_least:
        raise ValueError(f"{name}: expected a whole number of at least {at_least}, got {value!r}")
    return int(value)


def choice(name: str, value: Any, allowed: Sequence[str]) -> str:
    """`value`, if it is one of the allowed words.

    >>> choice("solver", "adm", ["adam", "sgd"])
    Traceback (most recent call last):
        ...
    ValueError: solver: expected one of 'adam', 'sgd', got 'adm'
    """
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name}: expected one of {', '.join(map(repr, allowed))}, got {value!r}")
    return value


def metric(name: str, value: Any, allowed: Sequence[str]) -> None:
    """Raise ValueError unless the value is a function or one of the allowed words."""
    if not callable(value):
        choice(name, value, allowed)


def class_weight(name: str, value: Any) -> None:
    """Raise ValueError for any other word than "balanced"; dicts are checked where the classes are known."""
    if isinstance(value, str) and value != "balanced":
        raise ValueError(f"{name}: expected a dict, 'balanced' or None, got {value!r}")


def threads(name: str, value: Any) -> None:
    """Raise ValueError unless the value is None or a number of threads; negative numbers count from all cores down."""
    if value is not None and (not isinstance(value, Integral) or value == 0):
        raise ValueError(f"{name}: expected a number of threads, or -1 for all cores, got {value!r}")


def device(name: str, value: Any) -> None:
    """Raise ValueError unless the value is None or a device that PyTorch has; ImportError without PyTorch."""
    if value is None:
        return
    torch = import_extra("torch", "torch", f"{name}={value!r} needs PyTorch")
    try:
        torch.empty(0, device=value)
    except (RuntimeError, AssertionError, TypeError) as error:  # no such device, built without CUDA, no name
        expected = "expected None or a device that PyTorch has here, such as 'cpu' or 'cuda'"
        raise ValueError(f"{name}: {expected}, got {value!r} ({str(error)[:60]})") from None


def flag(name: str, value: Any) -> None:
    """Raise ValueError unless the value is True or False."""
    choice(name, str(value), ("True", "False"))


def callables(name: str, value: Any) -> None:
    """Raise ValueError unless the value is None or a sequence of callables."""
    listed = isinstance(value, Sequence) and not isinstance(value, str)
    if value is not None and not (listed and all(map(callable, value))):
        raise ValueError(f"{name}: expected a sequence of callables or None, got {value!r}")


def hidden_sizes(name: str, value: Any) -> tuple[int, ...]:
    """The widths of the hidden layers, from one number or a sequence of them.

    >>> hidden_sizes("hidden_layer_sizes", 50), hidden_sizes("hidden_layer_sizes", [100, 50])
    ((50,), (100, 50))
    """
    sizes = [value] if isinstance(value, Integral) else value
    try:
        return tuple(integer(name, size, at_least=1) for size in sizes)
    except (TypeError, ValueError):
        # scikit-learn's users, and its tests, look for these words.
        raise ValueError(f"{name} must be > 0: expected a width of at least 1 for every layer, got {value!r}") from None


def activation(name: str, value: Any) -> None:
    """Raise ValueError unless the value is a name, a Rule, or a sequence of these; networks know the names."""
    given = [value] if isinstance(value, str | rules.Rule) else value
    if not isinstance(given, Sequence) or not all(isinstance(one, str | rules.Rule) for one in given):
        names = ", ".join(rules.activation_names())
        raise ValueError(f"{name}: expected a name ({names}), a Rule, or one of these per layer, got {value!r}")
