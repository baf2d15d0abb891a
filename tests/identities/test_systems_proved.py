"""The systems, proved at small sizes: each gradient is the derivative of the defined loss, and its closed form.

Networks run through their plans and traces. Their weights are in_features x out_features.
"""

import numpy as np

from chainrule import rules
from chainrule.algebra import gradient, jacobian
from chainrule.networks import Plan, mlp, network_of_layers, trace
from chainrule.rules.parametrised_scores import policy_gradient, score_function, score_function_vjp

from .statements import N, Statement, proof_tests


def logistic(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    return np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)


def by_plan(network, blocks, x, targets, weights=None, **options):
    """The loss, and its gradients by the blocks and by x."""
    plan = Plan(network, len(x), network.pack(blocks), input_gradient=True)
    loss = plan.loss_and_gradient(x, targets, weights, **options)
    return loss, [*network.unpack(plan.gradient), plan.input_gradient]


def softplus_network(W1, b1, W2, b2, x, w):
    """S1: a weighted batch, and the trace of its first row."""
    labels = np.array([2, 0])
    a1 = x @ W1 + b1
    h1 = np.log(1 + np.exp(a1))
    p = softmax(h1 @ W2 + b2)
    loss = -(w[0] * np.log(p[0, 2]) + w[1] * np.log(p[1, 0])) / (w[0] + w[1])
    network = mlp(2, (2,), 3, activation="softplus")
    value, found = by_plan(network, [W1, b1, W2, b2], x, labels, w)
    yield "the loss", value, loss
    d_o = (p - np.eye(3)[labels]) * w[:, None] / np.sum(w)
    d_a1 = (d_o @ W2.T) * logistic(a1)
    forms = [x.T @ d_a1, d_a1.sum(0), h1.T @ d_o, d_o.sum(0), d_a1 @ W1.T]
    for name, got, form, block in zip(("W1", "b1", "W2", "b2", "x"), found, forms, (W1, b1, W2, b2, x), strict=True):
        yield f"d {name}", got, gradient(loss, block)
        yield f"the form of d {name}", got, form
    steps = trace(network, network.pack([W1, b1, W2, b2]), x[0], 2)
    first = -np.log(p[0, 2])
    for name, block in {"W1": W1, "b1": b1, "W2": W2, "b2": b2}.items():
        yield f"d {name} of the trace", steps[f"d {name}"], gradient(first, block)


def binary_heads(o, q, y):
    """S3: two logits o and q with a softmax are one logit o - q; both losses, twice differentiated."""
    p = softmax(np.stack([o, q]))[0]
    yield "the probability", p, logistic(o - q)
    squared, crossed = (p - y) ** 2 / 2, -y * np.log(p) - (1 - y) * np.log(1 - p)
    yield "the cross entropy", crossed, np.log(1 + np.exp(o - q)) - y * (o - q)
    slope = p * (1 - p)
    for name, loss, first, second in (
        ("squared", squared, (p - y) * slope, slope * (slope + (p - y) * (1 - 2 * p))),
        ("crossed", crossed, p - y, slope),
    ):
        found = gradient(loss, o)
        yield f"{name} by o", found, first
        yield f"{name} by q", gradient(loss, q), -first
        yield f"{name}, again", gradient(found, o), second
        yield f"{name}, mixed", gradient(found, q), -second


def binary_networks(W1, b1, W2, b2, x, y):
    """S3: the network of two logits and that of their difference have one loss and one set of gradients."""
    two = mlp(1, (1,), 2, activation="sigmoid")
    one = mlp(1, (1,), 1, activation="sigmoid", loss="binary_cross_entropy")
    both_loss, both = by_plan(two, [W1, b1, W2, b2], x, np.stack([y, 1 - y], axis=1))
    loss, found = by_plan(one, [W1, b1, W2[:, :1] - W2[:, 1:], b2[:1] - b2[1:]], x, y[:, None])
    yield "the losses", loss, both_loss
    for i, name in enumerate(("W1", "b1", "W2", "b2", "x")):
        is_second = name in ("W2", "b2")
        yield f"d {name}", np.concatenate([found[i], -found[i]], axis=-1) if is_second else found[i], both[i]


def sigmoid_network(W1, W2, x, t):
    """S4 and S5: no biases, targets of any sum, and the gradient by the input."""
    network = mlp(2, (2,), 3, activation="sigmoid", bias=False)
    y1 = logistic(x @ W1)
    y2 = softmax(y1 @ W2)
    loss = -np.sum(t * np.log(y2))
    value, found = by_plan(network, [W1, W2], x, t)
    yield "the loss", value, loss
    d_z2 = y2 * np.sum(t) - t
    d_z1 = (d_z2 @ W2.T) * y1 * (1 - y1)
    forms = [x.T @ d_z1, y1.T @ d_z2, d_z1 @ W1.T]
    for name, got, form, block in zip(("W1", "W2", "x"), found, forms, (W1, W2, x), strict=True):
        yield f"d {name}", got, gradient(loss, block)
        yield f"the form of d {name}", got, form
    steps = trace(network, network.pack([W1, W2]), x[0], t[0])
    for name, block in {"W1": W1, "W2": W2}.items():
        yield f"d {name} of the trace", steps[f"d {name}"], gradient(loss, block)


def softmax_head(s):
    """S6: by the probabilities, and at once, for each label."""
    g = softmax(s)
    yield "the Jacobian", jacobian(g, s), np.diag(g) - np.outer(g, g)
    for label in range(len(s)):
        target = np.eye(len(s))[label]
        loss = -np.log(g[label])
        yield f"R of {label}", loss, np.log(np.sum(np.exp(s))) - s[label]
        yield f"dR/ds of {label}", gradient(loss, s), g - target
        by_g = rules.cross_entropy.vjp(rules.softmax(s), np.array(label), 1)[0]
        yield f"dR/dg of {label}", by_g, -target / g
        yield f"both routes of {label}", rules.softmax.vjp(s, by_g), gradient(loss, s)
        yield f"at once for {label}", rules.softmax_cross_entropy.vjp(s, np.array(label), 1)[0], g - target


def two_heads(x, t, v):
    """S7: the chains of both heads, and each of their links."""
    s = softmax(x)
    by_x = gradient(-np.sum(t * np.log(s)), x)
    yield "dl/dx", by_x, s * np.sum(t) - t
    z, log_z = rules.softmax(x), rules.log_softmax(x)
    by_z, by_log = rules.cross_entropy.vjp(z, t, 1)[0], rules.nll.vjp(log_z, t, 1)[0]
    yield "dl/dz of A", by_z, -t / s
    yield "dl/dz of B", by_log, -t
    yield "pullback of A", rules.softmax.vjp(x, v), s * (v - v @ s)
    yield "pullback of B", rules.log_softmax.vjp(x, v), v - s * np.sum(v)
    yield "A", rules.softmax.vjp(x, by_z), by_x
    yield "B", rules.log_softmax.vjp(x, by_log), by_x


def convolution_stack(K, c, W, b, x):
    """S8: a convolution, ReLU, a pool and a linear layer."""
    network = network_of_layers("conv 1 2, relu, pool 2, flatten, linear 2", (1, 3, 3))
    label = np.array([1])
    image = x.reshape(3, 3)
    windows = [[image[i : i + 2, j : j + 2] for j in range(2)] for i in range(2)]
    largest = np.max(np.stack([np.sum(part * K.reshape(2, 2)) + c[0] for row in windows for part in row]))
    logits = np.maximum(largest, 0) * W[0] + b
    loss = np.log(np.sum(np.exp(logits))) - logits[1]
    value, found = by_plan(network, [K, c, W, b], x, label)
    yield "the loss", value, loss
    for name, got, block in zip(("K", "c", "W", "b", "x"), found, (K, c, W, b, x), strict=True):
        yield f"d {name}", got, gradient(loss, block)


def parametrised_scores(x, G, r, v, u, A):
    """S10: for scores x with the slopes G; and the derivatives for x(u) = A exp(u), which is not linear in u."""
    s = softmax(x)
    yield "d log S / du", score_function(x, G), G - s @ G
    yield "its pullback", score_function_vjp(x, G, v), v @ (G - s @ G)
    yield "the policy gradient", policy_gradient(x, r, G), (s * (r - r @ s)) @ G
    x, G = A @ np.exp(u), A * np.exp(u)
    s = softmax(x)
    yield "the derivative of log S", jacobian(np.log(s), u), G - s @ G
    yield "the derivative of E_S[r]", gradient(np.sum(s * r), u), (s * (r - r @ s)) @ G


def inverse_temperature(x, c):
    """S11: the slopes by c, the uniform distribution at c = 0, and the reversed ranking."""
    s = softmax(c * x)
    mean = np.sum(s * x)
    yield "dS/dc", jacobian(s, c), s * (x - mean)
    yield "dH/dc", gradient(-np.sum(s * np.log(s)), c), -c * (np.sum(s * x**2) - mean**2)
    yield "c = 0", len(x) * softmax(0 * x), np.ones(len(x))
    yield "-c", softmax(-c * x), softmax(c * -x)
    for i in range(1, len(x)):
        yield f"the ratio {i}", np.log(s[i] / s[0]), c * (x[i] - x[0])


def activations(x, k):
    """S12: the relations and slopes of the family."""
    yield "tanh", rules.tanh(x), 2 * logistic(2 * x) - 1
    yield "log sigma", np.log(logistic(x)), -np.log(1 + np.exp(-x))
    yield "softplus'", gradient(np.log(1 + np.exp(x)), x), logistic(x)
    yield "ReLU", rules.relu(x), x * rules.heaviside(x)
    yield "sigma(k x)'", gradient(logistic(k * x), x), k * logistic(k * x) * (1 - logistic(k * x))
    yield "sign", rules.sign(x), 2 * rules.heaviside(x) - 1
    tail = np.exp(-k * np.abs(x))
    yield "sigma(k x) and H", np.abs(logistic(k * x) - rules.heaviside(x)), tail / (1 + tail)
    yield "softplus(k x)/k and ReLU", np.log(1 + np.exp(k * x)) / k - rules.relu(x), np.log(1 + tail) / k


PAIR = {"n": (1, 2, 3)}
STATEMENTS = {
    "softplus-network": Statement(
        softplus_network,
        {"W1": (2, 2), "b1": (2,), "W2": (2, 3), "b2": (3,), "x": (2, 2), "w": (2,)},
        {"w": "positive"},
    ),
    "binary-heads": Statement(binary_heads, {"o": (), "q": (), "y": ()}),
    "binary-networks": Statement(
        binary_networks, {"W1": (1, 1), "b1": (1,), "W2": (1, 2), "b2": (2,), "x": (1, 1), "y": (1,)}, {"y": "unit"}
    ),
    "sigmoid-network": Statement(sigmoid_network, {"W1": (2, 2), "W2": (2, 3), "x": (1, 2), "t": (1, 3)}),
    "softmax-head": Statement(softmax_head, {"s": N}),
    "two-heads-in-chains": Statement(two_heads, {"x": N, "t": N, "v": N}, {}, PAIR),
    "convolution-stack": Statement(
        convolution_stack, {"K": (1, 1, 2, 2), "c": (1,), "W": (1, 2), "b": (2,), "x": (1, 9)}
    ),
    "parametrised-scores": Statement(
        parametrised_scores, {"x": N, "G": ("n", 2), "r": N, "v": N, "u": (2,), "A": ("n", 2)}, {}, PAIR
    ),
    "inverse-temperature": Statement(inverse_temperature, {"x": N, "c": ()}),
    "activations": Statement(activations, {"x": (), "k": ()}, {"k": "positive"}),
}

test_it_is_proved, test_a_wrong_side_is_refuted = proof_tests(STATEMENTS, __file__)
