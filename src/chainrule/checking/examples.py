"""Example inputs of every registered rule.

`example_inputs(name, shape)` draws random inputs in the rule's domain. `examples(name)` are the points at which the
mutation gate judges the rule: small and batched shapes, ties, kinks, tails, masked classes, all options. Points with
infinities and overflow are in `limit_points`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.arrays import random_stream
from chainrule.rules import registry

FORMS = ("value", "vjp", "jvp")


@dataclass(frozen=True)
class Example:
    """One point at which a rule is checked.

    Attributes
    ----------
    inputs : tuple of arrays
    options : mapping
    bounded : tuple of str
        The forms (value, vjp, jvp) whose error is within `error_bound` times the condition number (see `conditioned`).
        Empty if the point lies outside the region of the bound.
    floats_only : bool
        True for a point with many entries that only serves to measure rounding errors.
    """

    inputs: tuple[Any, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    bounded: tuple[str, ...] = FORMS
    floats_only: bool = False

    def __str__(self) -> str:
        shapes = ", ".join(str(np.shape(x)) for x in self.inputs)
        options = "".join(f", {name}={value}" for name, value in self.options.items())
        return f"inputs of shape {shapes}{options}"


def example_inputs(name: str, shape: tuple[int, ...], *, seed: int = 5) -> tuple[Any, ...]:
    """Distinct inputs in the domain of the rule: both signs, several magnitudes, one entry of about 20.

    Raises
    ------
    LookupError
        If a rule with several inputs has no entry in this file.

    Examples
    --------
    >>> [x.shape for x in example_inputs("affine", (3, 4))]
    [(3, 4), (4, 5), (5,)]
    """
    stream = random_stream(seed, len(shape), sum(shape))
    x = stream.standard_normal(shape) * stream.choice([0.1, 1.0, 5.0], size=shape)
    if x.size:
        x.reshape(-1)[-1] = 20.25
    k = shape[-1]
    rows = stream.dirichlet(np.full(k, 0.5), size=shape[:-1])
    between = stream.uniform(0.01, 0.99, size=shape)
    if name in IMAGE_RULES:
        return _images(name, shape, stream)
    known: dict[str, Callable[[], tuple[Any, ...]]] = {
        "scaled_sigmoid": lambda: (x, np.array(-1.75)),
        "logarithm": lambda: (np.abs(x) + 0.0625,),
        "scaled_softmax": lambda: (x, np.array(-1.75)),
        "softmax_expectation": lambda: (x, stream.standard_normal(shape)),
        "convolve1d": lambda: (x, stream.standard_normal(3)),
        "cross_entropy": lambda: (between, rows[..., ::-1].copy()),
        "nll": lambda: (-np.abs(x) - 0.125, rows),
        "softmax_cross_entropy": lambda: (x, rows),
        "binary_cross_entropy": lambda: (x, between),
        "half_squared_error": lambda: (x, between),
        "linear": lambda: (x, stream.standard_normal((k, 5))),
        "affine": lambda: (x, stream.standard_normal((k, 5)), stream.standard_normal(5)),
        "parametric_activation": lambda: (x, stream.uniform(0.01, 0.99, k)),
        "periodic_embedding": lambda: (x, stream.standard_normal((k, 2)), stream.standard_normal((k, 2))),
        "embedding": lambda: (stream.integers(0, k + 1, size=shape), stream.standard_normal((k + 1, 2))),
        "members_cross_entropy": lambda: (np.stack([x, stream.standard_normal(shape)]), rows),
        "scaling": lambda: (x, stream.standard_normal(k)),
        "l2_penalty": lambda: (x, np.array(0.375)),
        "dropout": lambda: (x, np.where(between > 0.4, 1 / 0.6, 0.0)),
    }
    if name in known:
        return known[name]()
    if len(registry.get(name).inputs) > 1:
        raise LookupError(f"the rule {name!r} has no example inputs; add them to chainrule.checking.examples")
    return (x,)


IMAGE_RULES = (
    *("correlate2d", "convolve2d", "conv2d"),
    *("zero_pad2d", "max_pool2d", "avg_pool2d", "global_avg_pool2d", "flatten"),
)


def _images(name: str, shape: tuple[int, ...], stream: np.random.Generator) -> tuple[Any, ...]:
    """One image of 2 channels, 3 rows and at least 2 columns per row of `shape`, with weights and biases."""
    x = stream.standard_normal((*shape[:-1], 2, 3, max(shape[-1], 2)))
    x = x * stream.choice([0.1, 1.0, 5.0], size=x.shape)
    if x.size:
        x.reshape(-1)[-1] = 20.25
    if name not in IMAGE_RULES[:3]:
        return (x,)
    weight = stream.standard_normal((3, 2, 2, 2))
    return (x, weight, stream.standard_normal(3)) if name == "conv2d" else (x, weight)


def examples(name: str, *, seed: int = 5, edges: bool = True) -> tuple[Example, ...]:
    """The points at which a rule is judged: random points, small ones first, and points at the `edges`.

    >>> examples("softmax")[0].inputs[0].shape
    (2, 3)
    """
    shapes: list[tuple[int, ...]] = [(5,)] if name == "l2_penalty" else [(2, 3), (4,), (2, 1, 3), (2, 1), (0, 3)]
    if name in IMAGE_RULES:
        shapes.remove((2, 1))  # images have at least two columns
    bounded = _BOUNDED.get(name, FORMS)
    drawn = [Example(example_inputs(name, shape, seed=seed), bounded=bounded) for shape in shapes]
    return (*drawn, *_on_classes(name, seed), *(_at_the_edges(name) if edges else ()))


def _on_classes(name: str, seed: int) -> list[Example]:
    """Labels, and rows of targets that sum to exactly one, with and without smoothing."""
    stream = random_stream(seed, 1)
    labels, x = stream.integers(0, 4, size=3), example_inputs(name, (3, 4), seed=seed)[0]
    counts = stream.integers(1, 20, size=(3, 4))
    counts[:, -1] = 64 - counts[:, :-1].sum(axis=-1)
    if name in ("cross_entropy", "nll"):
        return [Example((x, labels))]
    if name != "softmax_cross_entropy":
        return []
    # A probability may nearly equal a soft target, where the gradient cancels; only the loss keeps its digits.
    return [
        Example((x, labels)),
        Example((x, labels), {"label_smoothing": 0.125}, bounded=("value",)),
        Example((x, counts / 64), bounded=("value",)),
        Example((x, counts / 64), {"label_smoothing": 0.125}, bounded=("value",)),
    ]


def _at_the_edges(name: str) -> list[Example]:
    """Points that random numbers do not reach: tails, ties, kinks, masks, hard labels, options."""
    # The differences of these numbers are not floats, so that rounding them costs digits.
    tails = np.array([[40.1, 0.7, -3.3, 12.9, -40.6], [0.01, 40.3, 39.2, -40.9, 7.77]])
    ties = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    # Unless the row is shifted by its largest entry, an exponential overflows.
    very_large = np.array([[1600.3, 0.7, -790.1]])
    masked = np.array([[1.0, -np.inf, 2.0]])
    masked_tails = np.array([[40.1, -np.inf, -40.6, 0.7, -3.3], [-np.inf, 40.3, 39.2, -40.9, 7.77]])
    between = np.array([[0.0, 1.0, 0.25], [0.5, 0.75, 1.0]])
    third = np.array([[0.25, 0.5, 0.25], [0.0, 1.0, 0.0]])
    hard = np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
    signs = np.array([[-2.5, 0.0, 3.0], [0.5, -0.25, -1.0]])
    far = np.array([[-40.0, 19.0, 800.0], [-800.0, 0.0625, 40.0]])
    two = np.array([[0.5, -1.25, 2.0], [3.0, 0.25, -0.75]])
    fifths = np.array([[0.25, 0.125, 0.5, 0.0, 0.125], [0.0, 1.0, 0.0, 0.0, 0.0]])
    stream = random_stream(2)
    images, kernels = (
        stream.permutation(60).reshape(2, 2, 3, 5) / 8 - 3.25,
        stream.permutation(48).reshape(4, 2, 2, 3) / 8,
    )
    members = np.stack([two, signs])
    kernels, biases = kernels - 2.75, np.array([0.5, -1.25, 2.0, 0.25])
    pools: tuple[dict[str, Any], ...] = (
        {"kernel": (2, 3)},
        {"kernel": (1, 2)},
        {"kernel": 1, "stride": 2},
        {"kernel": 3, "stride": (1, 2), "padding": 1},
        {"kernel": 2, "stride": 1, "padding": ((0, 1), (1, 0))},
    )
    labels, tail_labels = np.array([2, 0]), np.array([1, 0])
    some = {
        **{
            rule: [Example((x,)) for x in (tails, ties, very_large, masked, masked_tails)]
            for rule in ("softmax", "log_softmax", "log_sum_exp")
        },
        **{
            rule: [Example((x,)) for x in (signs, far)]
            for rule in ("identity", "relu", "sigmoid", "tanh", "softplus", "log_sigmoid", "selu", "mish")
        },
        # These rules jump at 0, where there is no derivative to check.
        **{rule: [Example((far,))] for rule in ("heaviside", "sign")},
        "logarithm": [Example((np.array([[1e-300, 1.0, 1e300]]),))],
        "scaled_sigmoid": [
            Example((far, np.array(0.7)), bounded=("value",)),
            Example((two, np.array([[0.5], [-2.0]])), bounded=("value",)),
            Example((two, np.array([0.5, -2.0, 1.25])), bounded=("value",)),
        ],
        "scaled_softmax": [
            Example((tails, np.array(0.75))),
            Example((ties, np.array(-1.5))),
            Example((very_large, np.array(2.0))),
            Example((two, np.array([[0.5], [-2.0]]))),
            Example((two, np.array([0.75]))),
        ],
        "softmax_expectation": [
            Example((x, two[: len(x)] if x.shape[-1] == 3 else tails[::-1] / 8))
            for x in (tails, ties, very_large, masked, masked_tails)
        ],
        "convolve1d": [
            *(Example((tails, np.array([0.5, -1.25, 2.0])), {"mode": mode}) for mode in ("same", "valid")),
            *(Example((two, np.array([0.5, -1.25])), {"mode": mode}) for mode in ("same", "valid", "full")),
            Example((two, np.array([0.5, -1.25, 2.0])), {"mode": "valid"}),
        ],
        "cross_entropy": [
            Example((np.array([[0.5, 0.125, 0.25], [0.0, 1.0, 0.375]]), labels[::-1].copy())),
            Example((np.array([0.5, 0.125, 0.25]), np.array(1))),
            Example((np.array([[0.5, 0.75, 0.25], [0.0, 1.0, 0.25]]), third)),
        ],
        "nll": [
            Example((np.array([[-0.5, -0.125, -2.25], [-7.0, -1.0, -0.375]]), labels[::-1].copy())),
            Example((np.array([[-np.inf, -0.25, -1.5], [-800.0, -0.5, -1.0]]), 2 * third[::-1])),
        ],
        "softmax_cross_entropy": [
            Example((two, third)),
            Example((two, third), {"label_smoothing": 0.125}),
            Example((two, 2 * third), {"label_smoothing": 0.125}),
            Example((two, labels)),
            # Smoothed labels are soft targets, which a probability may nearly be.
            Example((two, labels), {"label_smoothing": 0.125}, bounded=("value",)),
            Example((two, labels), {"label_smoothing": 1.0}, bounded=()),
            Example((two[0], np.array(2))),
            Example((ties, labels[::-1].copy())),
            Example((tails, tail_labels)),
            Example((tails, fifths)),
            Example((np.concatenate([very_large, very_large[:, ::-1]]), labels)),
            Example((very_large, third[:1])),
            Example((masked, np.array([[0.25, 0.0, 0.75]]))),
            Example((masked, np.array([[0.25, 0.25, 0.5]])), bounded=()),
            Example((masked_tails, fifths[:, [0, 3, 2, 1, 4]])),
        ],
        **{
            rule: [
                *(Example((x, between), bounded=()) for x in (signs, far)),
                *(Example((x, hard)) for x in (signs, far)),
                # Predictions that are certain and wrong.
                Example((np.array([[np.inf, -np.inf, 0.5]]), np.array([[0.0, 1.0, 1.0]])), bounded=()),
            ]
            for rule in ("binary_cross_entropy", "half_squared_error")
        },
        **{
            rule: [
                Example((x, *weights[: 1 if rule != "conv2d" else 2]), options)
                for x, weights, options in (
                    (images[:1], (kernels[:3], biases[:3]), {"stride": (2, 1), "padding": ((1, 0), (0, 2))}),
                    (images[1:], (kernels[1:], biases[1:]), {"padding": "same", "dilation": (1, 2)}),
                    (images, (kernels[:, :1], biases), {"groups": 2, "padding": 1, "stride": 2}),
                    (images[:, :1], (kernels[2:, 1:], biases[2:]), {"padding": "full"}),
                )
            ]
            for rule in ("correlate2d", "convolve2d", "conv2d")
        },
        "max_pool2d": [
            *(Example((images,), options) for options in pools[:3]),
            # Where windows overlap, cotangents are added.
            *(Example((images,), options, bounded=("value", "jvp")) for options in pools[3:]),
            Example((np.array([[[1.0, 1.0, 0.0, 2.0], [1.0, 0.5, 2.0, 2.0]]]),)),
        ],
        "avg_pool2d": [Example((images,), options) for options in pools],
        "zero_pad2d": [Example((images,), {"padding": padding}) for padding in (((1, 0), (0, 2)), (2, 1), 0)],
        # One factor for all, a factor per row, members that share their rows, members with rows of their own.
        "scaling": [
            *(Example((two, np.array(scale))) for scale in (-1.75, [[0.5], [-2.0]])),
            *(Example((x, biases[:3] * np.array([[[1.0]], [[-0.5]]]))) for x in (two, members)),
        ],
        "periodic_embedding": [
            Example((two, kernels[0, 0].T, kernels[0, 1].T), {"flat": flat}) for flat in (True, False)
        ],
        "embedding": [
            Example((np.array([[2, 0, 2], [0, 2, 2]]), kernels[0, 0].T), {"flat": flat}) for flat in (True, False)
        ],
        "members_cross_entropy": [
            Example((np.stack([two, two[::-1]]), third)),
            Example((np.stack([two, two[::-1], signs]), 2 * third), {"label_smoothing": 0.125}),
            Example((np.stack([tails, tails[::-1]]), tail_labels)),
            Example((masked, np.array(2))),
        ],
        "parametric_activation": [
            *(
                Example((x, np.array([0.5, 1.0, 0.125])), {"activation": name})
                for name in ("mish", "selu", "softplus", "relu", "sigmoid")
                for x in (two / 2, far / 8)  # far from -1.26, where selu(x) - x cancels
            ),
            Example((far, np.array([[0.75], [0.25]]))),
            Example((far, np.array(0.5))),
        ],
        "smooth_clip": [
            Example((far,)),
            Example((signs,), {"limit": 0.75}),
            Example((np.array([[-1e300, 1e100, 3.0, 1e-300, 0.0]]),), {"limit": 2}),
        ],
        "dropout": [Example((signs, np.array([[0.0, 2.0, 2.0], [2.0, 0.0, 2.0]])))],
        "linear": [
            Example((two, np.array([[2.0], [-0.5], [1.25]]))),
            Example((members, kernels[:2, 0].swapaxes(1, 2))),
        ],
        "affine": [
            Example((two, np.array([[2.0], [-0.5], [1.25]]), np.array([0.75]))),
            Example((members, kernels[:2, 0].swapaxes(1, 2), kernels[2, 0, :, :2])),
        ],
    }
    return [*some.get(name, []), *_many_floats(name)]


def _many_floats(name: str) -> list[Example]:
    """Many logits of scale 40 and exponents of scale 300, to measure rounding errors."""
    stream = random_stream(3)
    x, values = 40 * stream.standard_normal((40, 6)), stream.standard_normal((40, 6))
    far = 500 * stream.standard_normal(120)
    labels = stream.integers(0, 6, size=40)
    inputs: dict[str, list[tuple[Any, ...]]] = {
        "softmax": [(x,)],
        "log_softmax": [(x,)],
        "log_sum_exp": [(x,)],
        "softmax_expectation": [(x, values)],
        "softmax_cross_entropy": [(x, labels)],
        # The slope has a zero there, and floats next to it.
        "mish": [(np.nextafter(-1.1924312145154952, [-2.0, 0.0]),), (-1.1924312145154952 + far * 2.0**-40,), (far,)],
        # Millions of turns, and cosines near 0.
        "periodic_embedding": [(2.0**14 * far[:, None], x[:1, :3], values[:1, :3])],
        "selu": [(far,), (far * 2.0**-40,)],
        "scaled_softmax": [(10 * x, np.array(0.7)), (x * 2.0**-600, np.array(1.7 * 2.0**600))],
        "scaled_sigmoid": [(far, np.array(0.7)), (far * 2.0**-600, np.array(1.7 * 2.0**598))],
    }
    # A subnormal derivative has few digits. Pushforwards at the far points multiply such derivatives by large numbers.
    bounded = ("value", "vjp") if name in ("scaled_softmax", "scaled_sigmoid") else FORMS
    return [Example(given, bounded=bounded, floats_only=True) for given in inputs.get(name, [])]


# A probability may nearly equal its soft target. Their difference then loses digits, and the condition number, which is
# one number per row, does not show it.
_BOUNDED: dict[str, tuple[str, ...]] = {
    "binary_cross_entropy": ("value",),
    "half_squared_error": (),
    "softmax_cross_entropy": ("value",),
    "members_cross_entropy": ("value",),
}


# For each rule, the inputs in which its value is a sum of terms J[i, j] x_j. Rounding errors of the value are relative
# to the sizes of these terms.
LINEAR_IN: dict[str, tuple[str, ...]] = {
    "linear": ("x",),
    "affine": ("x", "bias"),
    "convolve1d": ("signal",),
    "softmax_expectation": ("values",),
    "correlate2d": ("x",),
    "convolve2d": ("x",),
    "conv2d": ("x", "bias"),
    "avg_pool2d": ("x",),
    "global_avg_pool2d": ("x",),
}
