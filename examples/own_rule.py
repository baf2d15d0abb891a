"""
A rule of your own
==================

This page defines a new operator and registers it as a named activation; a second operator becomes a layer with a
parameter, and a third becomes a loss. An elementwise function needs one formula for its value and one for its
derivative. For the swish these are y = x s and y' = s (1 + x (1 - s)), where s = sigmoid(x).
"""

import numpy as np
from sklearn.datasets import load_digits

from chainrule import MLPClassifier, check_rule, networks, prove_identity, prove_rule, rules, solvers, training
from chainrule.arrays import check_labels, one_hot, take_class


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
# A proof compares the slope with the value that the rule computes. It cannot know that the value itself is wrong. For
# that, write the definition again in plain NumPy, as in a textbook, and let ``prove_identity`` compare both.


def definition(x):
    """x / (1 + e^-x)."""
    return x / (1 + np.exp(-x))


print(prove_identity(lambda x: swish(x), definition, shapes={"x": (2,)}))

# %%
# This rule has a wrong value and the pullback of that value: the rule is proved, and the identity is not.

halved = rules.elementwise("halved", lambda x: swish(x) / 2, lambda x: slope(x) / 2)
print(prove_rule(halved, np.ones(1)))
print(prove_identity(lambda x: halved(x), definition, shapes={"x": (1,)}))

# %%
# ``check_rule`` also measures rounding errors, which a proof does not cover: how far floating-point results are from
# the exact result at the given points, in units in the last place (ulp). It also computes difference quotients with
# balls (intervals) of 300 bits, which also work for functions that cannot be evaluated on exact numbers. The proof of
# ``check_rule`` covers only inputs with the same signs as these points, because ``sigmoid`` compares its input with
# 0.

print(check_rule(swish, np.array([-30.0, -1.0, 0.5, 8.0])))

# %%
# A rule may call NumPy's functions, such as ``np.exp(x)``. It then works with NumPy, and can be proved. To use it with
# PyTorch and JAX as well, write ``namespace(x).exp(x)`` in place of ``np.exp(x)``: ``namespace(x)``, from
# ``chainrule.arrays``, is NumPy for an array and PyTorch for a tensor. Other rules, and the functions of
# ``chainrule.arrays``, take the arrays of all these libraries.

# %%
# The name of the rule can now be used as an activation.

X, y = load_digits(return_X_y=True)
model = MLPClassifier(
    (64,), activation="swish", learning_rate="cosine", learning_rate_init=0.01, max_iter=60, random_state=0
).fit(X[:1400] / 16, y[:1400])
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
# At least two rows show a sum over rows that was left out.
print(prove_rule(gain, np.ones((2, 3)), np.ones(3)))

scaled = networks.Layer(gain, (networks.Parameter("gain", (64,), initial=lambda stream, shape: np.ones(shape)),))
network = networks.network_of_layers([scaled, "linear 32, swish, linear 10"], (64,))
plan = networks.Plan(network, 100, network.initial_parameters(seed=0), input_gradient=True)
loss = plan.loss_and_gradient(X[:100] / 16, y[:100])
print(f"{network.n_parameters} parameters, loss {loss:.3f}, gradient norm {np.linalg.norm(plan.gradient):.3f}")

# %%
# A loss follows the logits and the targets, and returns one number per row. This one is (1 - p^q) / q with the
# probability p of the right class, which counts wrong labels less than the log-loss.


def forward(logits, targets, q=0.7):
    """The loss of each row, and what the pullback needs."""
    p = rules.softmax(logits)
    right = take_class(p, targets)
    return ((1 - right**q) / q)[..., 0], (p, right, targets, q)


def by_logits(residuals, v):
    """The cotangent of the logits."""
    p, right, targets, q = residuals
    return v[..., None] * right**q * (p - one_hot(targets, p.shape[-1], dtype=p.dtype))


def check(logits, targets):
    """Labels are whole numbers in 0..k-1 for k logits."""
    check_labels("targets", targets, logits.shape[-1])


robust = rules.Rule(
    "robust",
    forward,
    {"logits": by_logits},
    check=check,
    inputs=("logits", "targets"),
    integers=("targets",),
    options=("q",),
    kind="loss",
    rowwise=True,
)
print(prove_rule(rules.register(robust), np.ones((1, 2)), np.array([1])))

# %%
# Run ``prove_rule`` first, then ``check_rule``. The proof finds errors in cases that no given point meets, such as
# logits above 1000. Begin with inputs of one or two entries, since proofs may take minutes at four. ``check_rule`` also
# checks shapes and dtypes: the array that ``one_hot`` makes has the dtype of p, so that a network in float32 stays in
# float32.

print(check_rule(robust, np.array([[0.5, -1.0, 2.0], [1.0, 0.25, -3.0]]), np.array([2, 1])))

# %%
# Estimators have fixed losses. A network takes the loss by its name, and ``training.train`` minimises it. A third of
# the labels are wrong here.
noisy = np.where(np.arange(1400) % 3 == 0, (y[:1400] + 1) % 10, y[:1400])
for loss in ("softmax_cross_entropy", "robust"):
    network = networks.network_of_layers("linear 64, swish, linear 10", (64,), loss=loss)
    run = training.Run(network.initial_parameters(seed=0))
    recipe = training.Recipe(training.Objective(network), solvers.Adam(), learning_rate=0.01, batch_size=100, epochs=40)
    history = training.train(recipe, training.Samples(X[:1400] / 16, noisy), run)
    predicted = networks.Plan(network, 397, run.theta).logits(X[1400:] / 16).argmax(axis=1)
    print(f"{loss}: mean loss {history.losses[-1]:.3f}, held-out accuracy {np.mean(predicted == y[1400:]):.3f}")

# %%
# A network passes no options to its loss. For another q, make a rule with other defaults, and register it.
sharper = rules.register(robust.with_defaults("robust_half", q=0.5))
print(sharper(np.array([[2.0, 0.0]]), np.array([1])))

# %%
# A layer that is written in words, such as ``gain 64``, also works in estimators and in model files:
# :class:`chainrule.networks.LayerSpec` has an example.

# %%
# A written derivation of the rule is a document with the line ``code: swish``. Then ``chainrule check DOCUMENT --import
# my_rules`` compares each formula for ``\mathtt{swish}(x)_i`` with what the code returns.
#
# Functions of PyTorch and JAX that you wrote without a rule can be checked, too: :doc:`/howto/torch_own_function` and
# :doc:`/howto/jax_own_function`.
