"""The options that a call leaves at their defaults: a factor that is 1 by default can be lost without a trace there."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from chainrule.rules import Rule

OTHER_VALUES = (2.0, 0.5)
"""Values at which an option is checked besides its default, if the rule takes them."""


def defaults_left(rule: Rule, options: Mapping[str, Any]) -> dict[str, float]:
    """The numbers that options have by default, of those that are not given.

    >>> powered = Rule("powered", lambda x, p=2.0: (x**p, (x, p)), lambda r, v: v * r[1], options=("p",))
    >>> defaults_left(powered, {}), defaults_left(powered, {"p": 3.0})
    ({'p': 2.0}, {})
    """
    try:
        parameters = inspect.signature(rule.forward).parameters
    except (TypeError, ValueError):
        return {}
    found = {name: parameters[name].default for name in rule.options if name in parameters and name not in options}
    return {name: value for name, value in found.items() if isinstance(value, int | float) and value is not True}


def in_words(rule: Rule, options: Mapping[str, Any]) -> str:
    """The numbers that a rule has as options, with those left at their defaults behind; empty for no options.

    >>> powered = Rule("powered", lambda x, p=2.0: (x**p, (x, p)), lambda r, v: v * r[1], options=("p",))
    >>> in_words(powered, {}), in_words(powered, {"p": 3.0})
    ('with p = 2.0, its default', 'with p = 3.0')
    """
    given = {name: value for name, value in options.items() if isinstance(value, int | float | str)}
    left = defaults_left(rule, options)
    values = " and ".join(f"{name} = {value!r}" for name, value in {**given, **left}.items())
    defaults = f", {'its default' if len(left) == 1 else 'their defaults'}" if left else ""
    return f"with {values}{defaults}" if values else ""


def other_options(rule: Rule, options: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Options with another number for each float that is left at its default, and that number in words.

    >>> powered = Rule("powered", lambda x, p=2.0: (x**p, (x, p)), lambda r, v: v * r[1], options=("p",))
    >>> list(other_options(powered, {}))
    [('p = 0.5', {'p': 0.5})]
    """
    for name, default in defaults_left(rule, options).items():
        for value in OTHER_VALUES:
            if isinstance(default, float) and value != default:
                yield f"{name} = {value}", {**options, name: value}
