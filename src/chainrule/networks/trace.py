"""Every intermediate and every gradient of a network on one example, with names, shapes and formulas, as on paper.

In the forward pass, each quantity is computed from earlier ones; in the backward pass, `d name` is the gradient of the
loss with respect to `name`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chainrule.arrays import Array, as_array, as_floats, as_like, same_shape, to_numpy
from chainrule.networks.layers import Layer
from chainrule.networks.network import LINKS, SYMBOLS, Network


@dataclass(frozen=True)
class TraceStep:
    """One quantity: its name, its formula and its value.

    Attributes
    ----------
    name : str
    formula : str
    value : array

    Examples
    --------
    >>> import numpy as np
    >>> step = TraceStep("s", "s = exp(x)", np.array([1.0, 2.0]))
    >>> step.name, step.shape
    ('s', (2,))
    """

    name: str
    formula: str
    value: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value."""
        return tuple(self.value.shape)


@dataclass(frozen=True)
class Trace:
    """The forward and the backward pass of a network on one example.

    ``trace["W1"]`` and ``trace["d W1"]`` are the arrays with these names; iteration goes through all steps.

    Attributes
    ----------
    inputs : tuple of TraceStep
        x, the target, and the parameters.
    forward, backward : tuple of TraceStep

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.networks import mlp
    >>> steps = trace(mlp(2, (), 2), np.zeros(6), np.array([1.0, 2.0]), 1)
    >>> [step.name for step in steps.backward], steps["d b1"]
    (['d logits', 'd W1', 'd b1', 'd x'], array([ 0.5, -0.5]))
    """

    inputs: tuple[TraceStep, ...]
    forward: tuple[TraceStep, ...]
    backward: tuple[TraceStep, ...]

    def __iter__(self) -> Iterator[TraceStep]:
        return iter((*self.inputs, *self.forward, *self.backward))

    def __getitem__(self, name: str) -> Array:
        for step in self:
            if step.name == name:
                return step.value
        raise KeyError(f"no step is named {name!r}; there are {', '.join(step.name for step in self)}")

    def as_dict(self) -> dict[str, list[dict[str, Any]]]:
        """Plain lists and strings, ready for JSON."""
        return {
            part: [
                {
                    "name": step.name,
                    "formula": step.formula,
                    "shape": list(step.shape),
                    "value": to_numpy(step.value).tolist(),
                }
                for step in getattr(self, part)
            ]
            for part in ("inputs", "forward", "backward")
        }


def trace(network: Network, theta: Array, x: Array, target: Any) -> Trace:
    """Trace one example through a network.

    Parameters
    ----------
    network : Network
        Noise layers such as dropout are skipped, so that a trace has no randomness.
    theta : array
        The flat parameters.
    x : (in_features,) array, or an image of shape (channels, height, width)
    target : int or array
        A class number, counted from 0, or a row of class weights. For a loss on one logit, a target in [0, 1].

    Raises
    ------
    ValueError
        If the input has another shape, or no class has this number.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.networks import mlp
    >>> network = mlp(2, (2,), 2, activation="softplus")
    >>> blocks = [[[1.0, 2.0], [-1.0, 0.0]], [0.0, -1.0], [[1.0, -1.0], [0.0, 2.0]], [0.5, 0.0]]
    >>> steps = trace(network, network.pack([np.array(b) for b in blocks]), np.array([1.0, 2.0]), 0)
    >>> steps["loss"].round(6)
    np.float64(1.701413)
    >>> steps["d x"].round(6)
    array([1.95102 , 0.439759])
    """
    x = as_floats(x)
    if tuple(x.shape) != (network.in_features,):
        same_shape("x", x.shape, network.in_shape)
    x = x.reshape(network.in_shape)
    blocks = dict(zip((block.name for block in network.blocks), network.unpack(theta), strict=True))
    target_array = _target(network, target, x)
    inputs = [TraceStep("x", "the example", x), TraceStep("y", "the target", target_array)]
    inputs += [TraceStep(name, "parameter", value) for name, value in blocks.items()]

    forward: list[TraceStep] = []
    taken: list[tuple[str, Layer, Any, dict[str, str]]] = []
    current = inputs[0]
    layers = [(index, layer) for index, layer in enumerate(network.layers) if layer.noise is None]
    number = 0
    for index, layer in layers:
        owned = [block.name for block in network.blocks if block.layer == index]
        number += bool(owned)
        name = "logits" if index == layers[-1][0] else (f"a{number}" if owned else f"h{number}")
        while any(name == step.name for step in forward):
            name += "'"
        # Rules of layers and losses take rows or images: here there is one.
        parameters = [blocks[parameter] for parameter in owned]
        value, residuals = layer.rule.forward(current.value[None], *parameters, **layer.options)
        letters = [SYMBOLS.get(parameter.name, parameter.name) for parameter in layer.parameters]
        names = dict(zip(["x", *letters], [current.name, *owned], strict=True))
        taken.append((name, layer, residuals, names))
        current = TraceStep(name, f"{name} = {_forward_formula(layer, names)}", value[0])
        forward.append(current)
    logits, loss_rule = current.value, network.loss
    if loss_rule.check is not None:
        loss_rule.check(logits, target_array)
    losses, residuals = loss_rule.forward(logits[None], target_array[None])
    if loss_rule.name in LINKS:
        link = LINKS[loss_rule.name]
        forward.append(TraceStep("p", f"p = {link.name}(logits)", link(logits)))
    forward.append(TraceStep("loss", f"loss = {loss_rule.formula.removeprefix('l = ')}", losses.sum()))

    cotangent, *_ = loss_rule.pullback(residuals, 0 * losses + 1)
    slope = _SLOPES.get(loss_rule.name, f"{loss_rule.name}'s pullback of 1")
    backward = [TraceStep("d logits", f"d logits = {slope}", cotangent[0])]
    for name, layer, residuals, names in reversed(taken):
        cotangent, *by_owned = (pull(residuals, cotangent) for pull in layer.rule.in_order if pull is not None)
        source, *owned = names.values()
        for by, value in zip((*owned, source), (*by_owned, cotangent[0]), strict=True):
            formula = _backward_formula(layer, names, by, f"d {name}")
            backward.append(TraceStep(f"d {by}", f"d {by} = {formula}", value))
    return Trace(tuple(inputs), tuple(forward), tuple(backward))


_SLOPES = {
    "softmax_cross_entropy": "p sum(t) - t, with t = e_y for a label y",
    "binary_cross_entropy": "p - y",
    "half_squared_error": "(p - y) p (1 - p)",
}
"""The gradient of the loss with respect to the logits, by the name of the loss."""


def _target(network: Network, target: Any, x: Array) -> Array:
    if "targets" in network.loss.integers:
        return as_array(target)
    value = as_like(target, x)
    return value.reshape(1) if network.out_features == 1 and not tuple(value.shape) else value


def _with_names(formula: str, names: dict[str, str]) -> str:
    """A formula with names for its letters.

    >>> _with_names("x W + b", {"x": "h1", "W": "W2", "b": "b2"})
    'h1 W2 + b2'
    """
    return re.sub(r"[A-Za-z]\w*", lambda letters: names.get(letters[0], letters[0]), formula)


def _forward_formula(layer: Layer, names: dict[str, str]) -> str:
    """The rule's own formula if it is about whole arrays, otherwise a call of the rule.

    `names` maps the letters of the rule's formulas to the names in this trace, the input's first.
    """
    rule = layer.rule
    if layer.parameters and not layer.options and rule.formula.startswith("y = "):
        return _with_names(rule.formula.removeprefix("y = "), names)
    options = [f"{name}={value}" for name, value in layer.options.items() if value is not None]
    return f"{rule.name}({', '.join([*names.values(), *options])})"


def _backward_formula(layer: Layer, names: dict[str, str], by: str, cotangent: str) -> str:
    """The formula of the derivative with respect to the layer's input or one of its parameters."""
    rule = layer.rule
    written = dict(re.findall(r"d(\w+) = (.*?)(?=, d\w+ = |$)", rule.derivative))
    if layer.parameters and set(written) == set(names):
        letter = next(letter for letter, name in names.items() if name == by)
        return _with_names(written[letter], names | {"v": cotangent})
    if rule.elementwise:
        return f"{cotangent} * {rule.name}'({by})"
    return f"{rule.name}'s pullback of {cotangent}"
