"""Templates against the package's rules, in balls: the same values, the same derivatives."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.algebra.ball import Ball, precision
from chainrule.algebra.balls import balls, overlap
from chainrule.checking.documents.evaluate import Machine
from chainrule.checking.documents.grammar import parse
from chainrule.checking.documents.model import Kind, Scope
from chainrule.checking.documents.points import Point
from chainrule.checking.documents.preamble import declare
from chainrule.checking.documents.tensors import Tensor
from chainrule.checking.documents.tokens import tokens

X = np.array([0.75, -1.5, 2.25, -0.375])
OF_VECTORS = {"softmax": rules.softmax, "log-softmax": rules.log_softmax, "log-sum-exp": rules.log_sum_exp}
OF_NUMBERS = {
    "sigmoid": rules.sigmoid,
    "tanh": rules.tanh,
    "softplus": rules.softplus,
    "relu": rules.relu,
    "log-sigmoid": rules.log_sigmoid,
    "heaviside": rules.heaviside,
    "sign": rules.sign,
}


def machine(template):
    scope = Scope(kinds={"n": Kind("size"), "x": Kind("value", ("n",))})
    declare(scope, [(0, f"use: {template} as q")])
    scope.bodies["q"] = parse(scope.definitions["q"].tokens, scope.vocabulary())
    values = {"x": Tensor((len(X),), [Ball(float(v)).value for v in X])}
    return scope, Machine(scope, Point({"n": len(X)}, values))


def evaluated(template, formula):
    scope, at = machine(template)
    value = at.value(parse(tokens(formula), scope.vocabulary()), at.root, {})
    entries = value.entries if isinstance(value, Tensor) else [value]
    shape = value.shape if isinstance(value, Tensor) else ()
    return balls(np.array([Ball(entry) for entry in entries], dtype=object)).reshape(shape)


@pytest.mark.parametrize("template", [*OF_VECTORS, *OF_NUMBERS])
def test_the_value_of_a_template_is_that_of_the_rule(template):
    rule = {**OF_VECTORS, **OF_NUMBERS}[template]
    with precision(192):
        expected = rule(balls(X))
        found = evaluated(template, "q(x)")
        assert overlap(found.reshape(-1), expected.reshape(-1)).all()


@pytest.mark.parametrize("template", [*OF_VECTORS, *OF_NUMBERS])
def test_the_derivative_of_a_template_is_that_of_the_rule(template):
    rule = {**OF_VECTORS, **OF_NUMBERS}[template]
    with precision(192):
        found = evaluated(template, "D_x q(x)").reshape(-1, len(X))
        expected = np.stack([np.asarray(rule.jvp(balls(X), balls(e))).reshape(-1) for e in np.eye(len(X))], axis=1)
        assert overlap(found, balls(expected)).all()


def test_losses_are_those_of_the_rules():
    with precision(192):
        z, t = np.array([0.2, 0.5, 0.3]), np.array([0.25, 0.25, 0.5])
        scope = Scope(kinds={"n": Kind("size"), "z": Kind("value", ("n",)), "t": Kind("value", ("n",))})
        declare(scope, [(0, "use: cross-entropy as l"), (1, "use: nll as m"), (2, "use: bce-logits as b")])
        for name in scope.definitions:
            scope.bodies[name] = parse(scope.definitions[name].tokens, scope.vocabulary())
        values = {name: Tensor((3,), [Ball(float(v)).value for v in x]) for name, x in (("z", z), ("t", t))}
        at = Machine(scope, Point({"n": 3}, values))

        def value(formula):
            return Ball(at.value(parse(tokens(formula), scope.vocabulary()), at.root, {}))

        assert overlap(value("l(z, t)"), rules.cross_entropy(balls(z), balls(t)).reshape(())).all()
        assert overlap(value("m(z, t)"), rules.nll(balls(z), balls(t)).reshape(())).all()
        expected = rules.binary_cross_entropy(balls(z[:1]), balls(t[:1]))
        assert overlap(value("b(z_1, t_1)"), np.asarray(expected).reshape(())).all()
