r"""Functions that a block takes by name: `use: softmax as s`, written as documents write them.

`P` stands for the parameter and `Q` for a second one.
"""

from __future__ import annotations

TEMPLATES: dict[str, tuple[str, str, str]] = {
    "softmax": ("x", "i", r"\frac{e^{P_i}}{\sum_k e^{P_k}}"),
    "log-softmax": ("x", "i", r"P_i - \log \sum_k e^{P_k}"),
    "log-sum-exp": ("x", "", r"\log \sum_k e^{P_k}"),
    "sigmoid": ("u", "", r"\frac{1}{1 + e^{-P}}"),
    "tanh": ("u", "", r"\frac{e^P - e^{-P}}{e^P + e^{-P}}"),
    "softplus": ("u", "", r"\log(1 + e^P)"),
    "relu": ("u", "", r"\max(P, 0)"),
    "log-sigmoid": ("u", "", r"-\log(1 + e^{-P})"),
    "cross-entropy": ("z t", "", r"-\sum_i Q_i \log P_i"),
    "nll": ("z t", "", r"-\sum_i Q_i P_i"),
    "bce": ("p y", "", r"-Q \log P - (1 - Q) \log(1 - P)"),
    "mse": ("p y", "", r"\frac{1}{2} (P - Q)^2"),
}
"""By name: the parameters, the index of the entries of the value if it is a vector, and the body."""

SAME = {
    "logistic": "sigmoid",
    "logsumexp": "log-sum-exp",
    "lse": "log-sum-exp",
    "ce": "cross-entropy",
    "binary-cross-entropy": "bce",
}
"""Other names."""


def definition(name: str, letter: str, parameter: str = "") -> str:
    r"""The definition of a function of this name by a letter.

    Raises
    ------
    ValueError
        If nothing has this name; the message lists the names.

    Examples
    --------
    >>> definition("sigmoid", r"\sigma", "z")
    '\\sigma(z) := \\frac{1}{1 + e^{-z}}'
    """
    known = name.lower().replace("_", "-")
    known = SAME.get(known, known)
    if known not in TEMPLATES:
        raise ValueError(f"expected use: name as letter, where the name is one of {', '.join(TEMPLATES)}; got {name!r}")
    parameters, index, body = TEMPLATES[known]
    first, *second = parameters.split()
    first = parameter or first
    body = body.replace("P", first)
    body = body.replace("Q", second[0]) if second else body
    head = f"{letter}({', '.join([first, *second])})"
    return f"{head}_{index} := {body}" if index else f"{head} := {body}"


def takes_vector(name: str) -> bool:
    """Whether the first parameter of a function of this name is a vector."""
    known = name.lower().replace("_", "-")
    return "_" in TEMPLATES.get(SAME.get(known, known), ("", "", ""))[2].partition("P")[2][:1]
