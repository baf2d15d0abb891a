"""The chain rule: a rule that applies one rule to the result of others.

    y = f(g(x))        J = J_f(g(x)) J_g(x)        J^T v = J_g^T (J_f^T v)        J t = J_f (J_g t)

    compose(logarithm, f)                               (log f)' = f' / f
    compose(log_softmax, x)                             log-probabilities of scores x(u): J = (I - 1 S^T) G,  G = dx/du
    compose(softmax_cross_entropy, linear, tanh, linear)    the loss of a network of two layers

The pullback goes from the outermost rule inwards and multiplies no matrices; only `jacobian` does. The parts are
checked where they are applied: a composed rule refuses inputs that a part refuses.
"""

from dataclasses import replace
from functools import reduce

from chainrule.rules.chain_rule import after
from chainrule.rules.rule import Rule


def compose(outer: Rule, *inner: Rule, name: str | None = None) -> Rule:
    """The rule y = outer(inner_1(inner_2(... x))), by the chain rule.

    The first input of each rule is the result of the next one; `x` is the first input of the last. All other inputs,
    such as weights and targets, are inputs of the composed rule, in the order in which they are used: the inputs of the
    last rule given come first, the inputs of `outer` last. A name that is taken gets a number: weight, weight_2.

    Every part is exact, which bounds its error; how much the outer rule magnifies an inner one's error is not bounded:
    `compose(logarithm, softmax)` loses digits that `log_softmax` keeps, so no error bound is claimed.

    The rules are given from the outermost to the innermost. The name must be an identifier; its default is the names of
    the rules, joined by ``_of_``.

    Raises
    ------
    ValueError
        If there is no inner rule, if the result of one would go to an input without derivative, or if two rules have
        an option of the same name.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import rules
    >>> log_sigmoid = rules.compose(rules.logarithm, rules.sigmoid)
    >>> log_sigmoid.vjp(np.array([0.0, 1.0]), np.ones(2))
    array([0.5       , 0.26894142])
    >>> rules.compose(rules.softmax_cross_entropy, rules.linear, rules.tanh, rules.linear).inputs
    ('x', 'weight', 'weight_2', 'targets')
    """
    if not inner:
        raise ValueError(f"compose: expected at least one rule inside {outer.name}, got none")
    chain = (outer, *inner)[::-1]
    composed = reduce(after, chain)
    names = [rule.name for rule in chain[::-1]]
    keeps_shape = len(composed.inputs) == 1 and all(rule.kind == "activation" or rule.elementwise for rule in chain)
    return replace(
        composed,
        name=name or composed.name,
        kind="activation" if keeps_shape else "map",
        formula=f"y = {'('.join((*names, composed.inputs[0]))}{')' * len(names)}",
        derivative=f"J = {' '.join(f'J_{part}' for part in names)}",
        domain="; ".join(f"{rule.name}: {rule.domain}" for rule in chain),
        kinks="; ".join(f"{rule.name}: {rule.kinks}" for rule in chain if rule.kinks != "none") or "none",
    )
