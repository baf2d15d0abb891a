"""Rules by name. A user's own rule, once registered, is found like one of chainrule's."""

from __future__ import annotations

from chainrule.rules.rule import Rule

_RULES: dict[str, Rule] = {}

# Rules of one input that are no activation of a hidden layer: the output of log_sum_exp has another shape, no gradient
# passes through a step, and hidden layers are not positive everywhere. Pools and their like need images.
_OTHER_MAPS = {
    *("log_sum_exp", "heaviside", "sign", "logarithm"),
    *("zero_pad2d", "max_pool2d", "avg_pool2d", "global_avg_pool2d", "flatten"),
}


def register(rule: Rule) -> Rule:
    """Make `rule` known under its name, and return it.

    Raises
    ------
    ValueError
        If another rule has the name already; `unregister` it first.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import rules
    >>> square = rules.register(rules.Rule("square", lambda x: (x * x, x), lambda x, v: 2 * x * v))
    >>> rules.get("square") is square
    True
    >>> rules.unregister("square")
    """
    if rule.name in _RULES and _RULES[rule.name] is not rule:
        raise ValueError(f"a rule named {rule.name!r} exists already; choose another name, or unregister that one")
    _RULES[rule.name] = rule
    return rule


def unregister(name: str) -> None:
    """Forget the rule of that name."""
    get(name)
    del _RULES[name]


def get(name: str) -> Rule:
    """The rule of that name.

    Raises
    ------
    ValueError
        If there is none; the message lists those that exist.
    """
    try:
        return _RULES[name]
    except KeyError:
        raise ValueError(f"no rule is named {name!r}; there are {', '.join(sorted(_RULES))}") from None


def names() -> tuple[str, ...]:
    """The names of all rules, sorted."""
    return tuple(sorted(_RULES))


def activation_names() -> tuple[str, ...]:
    """The names of the rules that can stand between two layers: one input, and an output of its shape."""
    return tuple(name for name, rule in sorted(_RULES.items()) if len(rule.inputs) == 1 and name not in _OTHER_MAPS)
