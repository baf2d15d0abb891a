"""
A rule of your own
==================

A new operator becomes an activation by its name, and a layer with a parameter. The swish is y = x sigmoid(x). Its
forward returns y and the residuals; its pullback returns v times the slope.
"""

import numpy as np
from sklearn.datasets import load_digits

from chainrule import MLPClassifier, check_rule, networks, rules


def swish_forward(x):
    """The output, and the slope, which the pullback needs."""
    s = rules.sigmoid(x)
    return x * s, s * (1 + x * (1 - s))


swish = rules.register(rules.Rule("swish", swish_forward, lambda slope, v: v * slope))

# %%
# Is the derivative right? ``check_rule`` compares it with difference quotients of balls of 300 bits.

print(check_rule(swish, np.array([-30.0, -1.0, 0.5, 8.0])))

# %%
# Its name is an activation now.

X, y = load_digits(return_X_y=True)
model = MLPClassifier((64,), activation="swish", learning_rate="cosine", learning_rate_init=0.01, max_iter=60).fit(
    X[:1400] / 16, y[:1400]
)
print(f"held-out accuracy with swish: {model.score(X[1400:] / 16, y[1400:]):.3f}")

# %%
# A layer with a parameter: y = gain * x, one learned gain per feature. There is one pullback per input.
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
scaled = networks.Layer(gain, (networks.Parameter("gain", (64,), initial=lambda stream, shape: np.ones(shape)),))
network = networks.network_of_layers([scaled, "linear 32, swish, linear 10"], (64,))
plan = networks.Plan(network, 100, network.initial_parameters(seed=0), input_gradient=True)
loss = plan.loss_and_gradient(X[:100] / 16, y[:100])
print(f"{network.n_parameters} parameters, loss {loss:.3f}, gradient norm {np.linalg.norm(plan.gradient):.3f}")
