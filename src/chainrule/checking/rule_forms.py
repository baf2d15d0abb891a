"""The forms in which a rule gives its value and its derivatives, each beside what a definition says, in exact numbers.

A Jacobian is compared through its product with the cotangent: rules store one matrix per row. Where the cotangent's
entries are variables, equal products are equal Jacobians.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from chainrule.algebra import exact_numbers
from chainrule.checking.case import entries
from chainrule.checking.jacobians import transposed_times_cotangent
from chainrule.kernels import kernel_of
from chainrule.rules import Rule
from chainrule.workspace import Workspace

Results: TypeAlias = Sequence[Any]

Directions: TypeAlias = Callable[[str, tuple[int, ...]], Any]


@dataclass(frozen=True, repr=False)
class ResultForm:
    """One way in which a rule gives results.

    Attributes
    ----------
    names : tuple of str
        A name for each result.
    compute : callable
        Returns the rule's results.
    right : sequence
        The expected results; None for inputs without a derivative.
    """

    names: tuple[str, ...]
    compute: Callable[[], Results]
    right: Results


def result_forms(
    rule: Rule, inputs: Sequence[Any], options: Mapping[str, Any], value: Any, slopes: Results, directions: Directions
) -> dict[str, ResultForm]:
    """The value, the pullback, the pushforward, the Jacobian and the kernel of a rule: those that it has.

    Parameters
    ----------
    inputs : sequence
        In exact numbers; labels as they are.
    value, slopes : array, sequence of arrays
        The definition's value, and its Jacobian of shape ``value.shape + x.shape`` by each input x; None for inputs
        without a derivative.
    directions : callable
        ``directions(name, shape)`` returns the cotangent "v", and the tangent "t_x" of an input x.

    Examples
    --------
    >>> from chainrule import rules
    >>> from chainrule.algebra import Field, jacobian, variables
    >>> with Field():
    ...     x = variables("x", [2.0, 3.0])
    ...     value = np.tanh(x)
    ...     directions = lambda name, shape: variables(name, np.ones(shape))
    ...     found = result_forms(rules.tanh, [x], {}, value, [jacobian(value, x)], directions)
    ...     [got], [right] = found["pullback"].compute(), found["pullback"].right
    ...     got - right
    ExactArray([0, 0], dtype=object)
    >>> list(found)
    ['value', 'pullback', 'pushforward', 'Jacobian', 'kernel']
    """
    cotangent = directions("v", value.shape)
    pulled = [None if s is None else exact_numbers(np.tensordot(cotangent, s, axes=value.ndim)) for s in slopes]
    found = {
        "value": ResultForm(("value",), lambda: [rule(*inputs, **options)], [value]),
        "pullback": ResultForm(
            _by_inputs("pullback of v", rule), lambda: entries(rule.vjp(*inputs, cotangent, **options)), pulled
        ),
    }
    if rule.pushforward is not None:
        tangents = [
            None if slope is None else directions(f"t_{name}", np.shape(x))
            for name, x, slope in zip(rule.inputs, inputs, slopes, strict=True)
        ]
        pushed = exact_numbers(np.zeros(value.shape))
        for slope, tangent in zip(slopes, tangents, strict=True):
            if slope is not None and tangent is not None:
                pushed += np.tensordot(slope, tangent, axes=np.ndim(tangent))
        found["pushforward"] = ResultForm(
            ("pushforward of t",), lambda: [rule.jvp(*inputs, *tangents, **options)], [pushed]
        )
    if rule.jacobian_matrix is not None:
        shapes = [None if p is None else p.shape for p in pulled]
        found["Jacobian"] = ResultForm(
            _by_inputs("v times the Jacobian", rule),
            partial(_by_jacobian, rule, inputs, options, cotangent, shapes),
            pulled,
        )
    found["kernel"] = ResultForm(
        ("value by the kernel", *_by_inputs("pullback of v by the kernel,", rule)),
        partial(_by_kernel, rule, inputs, options, cotangent, [value, *pulled]),
        [value, *pulled],
    )
    return found


def _by_inputs(form: str, rule: Rule) -> tuple[str, ...]:
    return tuple(f"{form} by {name}" for name in rule.inputs)


def _by_jacobian(
    rule: Rule,
    inputs: Sequence[Any],
    options: Mapping[str, Any],
    cotangent: Any,
    shapes: Sequence[tuple[int, ...] | None],
) -> Results:
    matrices = entries(rule.jacobian(*inputs, **options))
    return [
        None if shape is None or matrix is None else transposed_times_cotangent(matrix, cotangent, shape)
        for matrix, shape in zip(matrices, shapes, strict=True)
    ]


def _by_kernel(
    rule: Rule, inputs: Sequence[Any], options: Mapping[str, Any], cotangent: Any, right: Results
) -> Results:
    """The results of the kernel, in buffers as training gives them."""
    kernel = kernel_of(rule)
    out, *to_inputs = (None if x is None else exact_numbers(np.zeros(x.shape)) for x in right)
    result, residuals = kernel.forward(*inputs, out=out, work=Workspace(), **options)
    given = to_inputs[0] if len(to_inputs) == 1 else tuple(to_inputs)
    return result, *entries(kernel.pullback(residuals, cotangent, out=given, work=Workspace()))
