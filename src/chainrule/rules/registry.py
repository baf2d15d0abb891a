"""Rules by name. A user's own rule, once registered, is found like one of chainrule's."""

from chainrule.rules.rule import Rule

_RULES: dict[str, Rule] = {}


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
    """The names of the rules that can stand between two layers: those whose kind is "activation"."""
    return tuple(name for name, rule in sorted(_RULES.items()) if rule.kind == "activation")
