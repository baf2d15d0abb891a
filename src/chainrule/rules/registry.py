"""Rules by name. A user's own rule, once registered, is found like one of chainrule's."""

from chainrule.rules.rule import Rule, require_rule

_RULES: dict[str, Rule] = {}

_BUILT_IN: set[Rule] = set()
layer_words = {"conv", "dropout", "embedding", "flatten", "linear", "pad", "parametric", "periodic", "pool", "scale"}
"""The names of layers in words, which no further rule may have; `networks.register_layer` adds to them."""


def register(rule: Rule) -> Rule:
    """Make `rule` known under its name, and return it.

    Raises
    ------
    TypeError
        If `rule` is no rule.
    ValueError
        If another rule has the name already; `unregister` it first. If words for layers begin with the name.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import rules
    >>> square = rules.register(rules.Rule("square", lambda x: (x * x, x), lambda x, v: 2 * x * v))
    >>> rules.get("square") is square
    True
    >>> rules.unregister("square")
    """
    require_rule("register", rule)
    if rule.name in _RULES and _RULES[rule.name] is not rule:
        raise ValueError(f"a rule named {rule.name!r} exists already; choose another name, or unregister that one")
    if rule.name in layer_words and rule.name not in _RULES:
        raise ValueError(f"a layer is called {rule.name!r} in the words for networks; choose another name")
    _RULES[rule.name] = rule
    return rule


def register_built_in(rule: Rule) -> None:
    """Make a rule of the package known, which stays.

    >>> from chainrule import rules
    >>> register_built_in(rules.tanh)
    >>> rules.get("tanh") is rules.tanh
    True
    """
    _RULES[rule.name] = rule
    _BUILT_IN.add(rule)


def unregister(name: str) -> None:
    """Forget the rule of that name.

    Raises
    ------
    ValueError
        If there is none, or if it is a rule of the package.

    Examples
    --------
    >>> rule = register(Rule("square", lambda x: (x * x, x), lambda x, v: 2 * x * v))
    >>> unregister("square")
    >>> "square" in names()
    False
    """
    if get(name) in _BUILT_IN:
        raise ValueError(f"{name!r} is a rule of the package and stays; register your own under another name")
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
        known, _, options = name.removesuffix(")").partition("(")
        if known in _RULES:
            raise ValueError(
                f"no rule is named {name!r}: a name sets no options. Register {known} with other defaults, "
                f"rules.register(rules.get({known!r}).with_defaults('my_{known}', {options}))"
            ) from None
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
