r"""Named definitions in the checker's own language: `use: softmax as s`.

The tests compare each with the package's rule of that name, in balls, value and derivative. A template of several lines
is a small preamble.
"""

FUNCTIONS = {
    "softmax": ("x", "i", r"\frac{e^{x_i}}{\sum_k e^{x_k}}"),
    "log-softmax": ("x", "i", r"x_i - \log \sum_k e^{x_k}"),
    "log-sum-exp": ("x", "", r"\log \sum_k e^{x_k}"),
    "sigmoid": ("u", "", r"\frac{1}{1 + e^{-u}}"),
    "tanh": ("u", "", r"\frac{e^u - e^{-u}}{e^u + e^{-u}}"),
    "softplus": ("u", "", r"\log(1 + e^u)"),
    "relu": ("u", "", r"\max(u, 0)"),
    "heaviside": ("u", "", r"[u > 0] + \frac{1}{2} [u = 0]"),
    "log-sigmoid": ("u", "", r"-\log(1 + e^{-u})"),
    "exp": ("u", "", r"e^u"),
    "cross-entropy": ("z t", "", r"-\sum_i t_i \log z_i"),
    "cross-entropy-hard": ("z y", "", r"-\log z_y"),
    "logloss": ("g", "", r"-\log g_y"),
    "nll": ("z t", "", r"-\sum_i t_i z_i"),
    "nll-hard": ("z y", "", r"-z_y"),
    "bce": ("p y", "", r"-y \log p - (1 - y) \log(1 - p)"),
    "bce-logits": ("z y", "", r"\log(1 + e^z) - y z"),
    "logistic-loss": ("z y", "", r"\log(1 + e^{-y z})"),
    "mse": ("p y", "", r"\frac{1}{2} (p - y)^2"),
    "half-squared-error": ("a t", "", r"\frac{1}{2} \sum_i (a_i - t_i)^2"),
    "squared-error": ("a t", "", r"\sum_i (a_i - t_i)^2"),
    "sign": ("u", "", r"[u > 0] - [u < 0]"),
}
"""Each template's parameters, the index of its entries where it is a vector, and its body."""

USUAL = {
    "log-softmax": "logsoftmax", "log-sum-exp": "lse", "log-sigmoid": "logsigmoid", "cross-entropy": "l",
    "cross-entropy-hard": "l", "nll": "l", "nll-hard": "l", "bce": "B", "bce-logits": "B", "logistic-loss": "l",
    "mse": "l", "half-squared-error": "l", "squared-error": "l",
}  # fmt: skip
"""The name a template has without `as`, where that is not its own."""

ALIASES = {
    "logsoftmax": "log-softmax", "log_softmax": "log-softmax", "logsumexp": "log-sum-exp", "lse": "log-sum-exp",
    "log_sum_exp": "log-sum-exp", "logistic": "sigmoid", "logsigmoid": "log-sigmoid", "log_sigmoid": "log-sigmoid",
    "cross_entropy": "cross-entropy", "crossentropy": "cross-entropy", "ce": "cross-entropy",
    "binary-cross-entropy": "bce", "binary_cross_entropy": "bce",
    "negative-log-likelihood": "nll", "logistic_loss": "logistic-loss", "squared_error": "squared-error",
    "cross-entropy-soft": "cross-entropy", "half_squared_error": "half-squared-error", "th": "tanh",
    "linear": "linear-layer", "affine": "linear-layer", "two-layer": "two-layer-network", "mlp": "two-layer-network",
}  # fmt: skip

BUNDLES = {
    "linear-layer": (
        "m: size", "n: size", "W: matrix m n", "x: vector n", "b: vector m", "z := W x + b",
    ),
    "two-layer-network": (
        "d: size", "h: size", "m: size", "x: vector d", "t: vector m, sum 1", "use: softmax", "use: sigmoid as \\sigma",
        "W^{(1)}: matrix h d", "b^{(1)}: vector h", "W^{(2)}: matrix m h", "b^{(2)}: vector m",
        "z^{(1)} := W^{(1)} x + b^{(1)}", "a^{(1)} := \\sigma(z^{(1)})", "z^{(2)} := W^{(2)} a^{(1)} + b^{(2)}",
        "p := \\operatorname{softmax}(z^{(2)})", "L := -\\sum_{k=1}^m t_k \\log p_k",
    ),
}  # fmt: skip
"""Templates of several names."""


def canonical(name: str) -> str | None:
    """The template of that name or alias, or None.

    >>> canonical("log_softmax"), canonical("unknown")
    ('log-softmax', None)
    """
    key = name.strip().lower()
    found = ALIASES.get(key, key)
    return found if found in FUNCTIONS or found in BUNDLES else None
