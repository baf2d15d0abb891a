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
    """Forget the rule of that name.

    Raises
    ------
    ValueError
        If there is none.

    Examples
    --------
    >>> rule = register(Rule("square", lambda x: (x * x, x), lambda x, v: 2 * x * v))
    >>> unregister("square")
    >>> "square" in names()
    False
    """
    get(name)
    del _RULES[name]


def get(name: str) -> Rule:
    """The rule of that name.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    Rule

    Raises
    ------
    ValueError
        If there is none; the message lists those that exist.

    Examples
    --------
    >>> from chainrule import rules
    >>> rules.get("tanh").formula
    'y = tanh(x)'
    """
    try:
        return _RULES[name]
    except KeyError:
        raise ValueError(f"no rule is named {name!r}; there are {', '.join(sorted(_RULES))}") from None


def names() -> tuple[str, ...]:
    """The names of all rules, sorted.

    >>> from chainrule import rules
    >>> rules.names()[:3]
    ('affine', 'avg_pool2d', 'binary_cross_entropy')
    """
    return tuple(sorted(_RULES))


def activation_names() -> tuple[str, ...]:
    """The names of the rules that can stand between two layers: those whose kind is "activation".

    >>> from chainrule import rules
    >>> "tanh" in rules.activation_names(), "cross_entropy" in rules.activation_names()
    (True, False)
    """
    return tuple(name for name, rule in sorted(_RULES.items()) if rule.kind == "activation")
