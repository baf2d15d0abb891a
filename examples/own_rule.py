"""
A rule of your own
==================

This page defines a new operator and registers it as a named activation; a second operator becomes a layer with a
parameter. An elementwise function needs one formula for its value and one for its derivative. For the swish these are
y = x s and y' = s (1 + x (1 - s)), where s = sigmoid(x).
"""

import numpy as np
from sklearn.datasets import load_digits

from chainrule import MLPClassifier, check_rule, networks, prove_rule, rules


def slope(x):
    """The derivative of the swish."""
    s = rules.sigmoid(x)
    return s * (1 + x * (1 - s))


swish = rules.register(rules.elementwise("swish", lambda x: x * rules.sigmoid(x), slope))

# %%
# Is the derivative right? ``prove_rule`` differentiates the value in exact numbers, and compares. The input only gives
# the shape: the proof holds for all vectors of two entries.

print(prove_rule(swish, np.ones(2)))

# %%
# A wrong slope is shown with a point at which the two sides differ.

slipped = rules.elementwise("slipped", lambda x: x * rules.sigmoid(x), lambda x: rules.sigmoid(x) * (1 + x))
print(prove_rule(slipped, np.ones(1)))

# %%
# ``check_rule`` also measures rounding errors, which a proof does not cover: how far floating-point results are from
# the exact result at the given points, in units in the last place (ulp). It also computes difference quotients with
# balls (intervals) of 300 bits, which also work for functions that cannot be evaluated on exact numbers. The proof of
# ``check_rule`` covers only inputs with the same signs as these points, because ``sigmoid`` compares its input with
# 0.

print(check_rule(swish, np.array([-30.0, -1.0, 0.5, 8.0])))

# %%
# The name of the rule can now be used as an activation.

X, y = load_digits(return_X_y=True)
model = MLPClassifier((64,), activation="swish", learning_rate="cosine", learning_rate_init=0.01, max_iter=60).fit(
    X[:1400] / 16, y[:1400]
)
print(f"held-out accuracy with swish: {model.score(X[1400:] / 16, y[1400:]):.3f}")

# %%
# ``model.save`` stores the name of a registered rule. A program that loads the file registers the rule first; on the
# command line, ``chainrule predict MODEL DATA --import my_rules`` imports a module that registers it.

# %%
# A layer with a parameter: y = gain * x, with one learned gain per feature. Its forward function returns y and the
# residuals, which each pullback takes together with the cotangent v of y. There is one pullback per input.
gain = rules.Rule(
    "gain",
    lambda x, gain: (x * gain, (x, gain)),
    {
        "x": lambda residuals, v: v * residuals[1],
        "gain": lambda residuals, v: (v * residuals[0]).sum(axis=0),
    },
    inputs=("x", "gain"),
    kind="layer",
)
print(prove_rule(gain, np.ones((2, 3)), np.ones(3)))

scaled = networks.Layer(gain, (networks.Parameter("gain", (64,), initial=lambda stream, shape: np.ones(shape)),))
network = networks.network_of_layers([scaled, "linear 32, swish, linear 10"], (64,))
plan = networks.Plan(network, 100, network.initial_parameters(seed=0), input_gradient=True)
loss = plan.loss_and_gradient(X[:100] / 16, y[:100])
print(f"{network.n_parameters} parameters, loss {loss:.3f}, gradient norm {np.linalg.norm(plan.gradient):.3f}")

# %%
# A layer that is written in words, such as ``gain 64``, also works in estimators and in model files:
# :class:`chainrule.networks.LayerSpec` has an example.
