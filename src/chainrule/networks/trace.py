"""Every intermediate and every gradient of a network on one example, with names, shapes and formulas, as on paper.

Forward, each quantity is computed from those before it; backward, `d name` is the gradient of the loss by `name`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chainrule import rules
from chainrule.arrays import Array, as_array, as_floats, as_like, same_shape, to_numpy
from chainrule.networks.layers import Layer
from chainrule.networks.network import Network


@dataclass(frozen=True)
class Step:
    """One quantity: what it is called, how it is computed, and its value."""

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

    ``trace["W1"]`` and ``trace["d W1"]`` are the arrays of those names.
    """

    inputs: tuple[Step, ...]
    """x, the target, and the parameters."""
    forward: tuple[Step, ...]
    backward: tuple[Step, ...]

    def __iter__(self) -> Iterator[Step]:
        yield from self.inputs
        yield from self.forward
        yield from self.backward

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
        Of features or of images. Dropout layers are passed over: a trace has no randomness.
    theta : array
        The flat parameters.
    x : (in_features,) array, or an image of shape (channels, height, width)
    target : int or array
        A label, counted from 0, or a row of class weights; for a loss on a single logit, the target in [0, 1].

    Raises
    ------
    ValueError
        For inputs of other shapes, or a label that is no class.

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
    image = network.image_shape
    if image is not None and tuple(x.shape) != (network.in_features,):
        same_shape("x", x.shape, image)
    elif image is None:
        same_shape("x", x.shape, (network.in_features,))
    x = x if image is None else x.reshape(image)
    blocks = dict(zip((block.name for block in network.blocks), network.unpack(theta), strict=True))
    inputs = [Step("x", "the example", x)]
    target_array = _target(network, target, x)
    inputs.append(Step("y", "the target", target_array))
    inputs += [Step(name, "parameter", value) for name, value in blocks.items()]

    forward: list[Step] = []
    pullbacks: list[tuple[Any, ...]] = []
    current = Step("x", "", x)
    number = 0
    for index, layer in enumerate(network.layers):
        rule = layer.rule
        if layer.noise is not None:
            continue
        owned = [block for block in network.blocks if block.layer == index]
        number += bool(owned)
        last = index == len(network.layers) - 1
        name = "logits" if last else (f"a{number}" if owned else f"h{number}")
        while any(name == step.name for step in forward):
            name += "'"
        # Layers take rows or images: here there is one.
        parameters = (blocks[block.name] for block in owned)
        value, residuals = rule.exact_forms.forward(current.value[None], *parameters, **layer.options)
        formula = _forward_formula(layer, current.name, [block.name for block in owned])
        forward.append(Step(name, f"{name} = {formula}", value[0]))
        pullbacks.append(
            (rule, rule.exact_forms.pullback, residuals, current.name, name, [block.name for block in owned])
        )
        current = forward[-1]
    logits = current
    forward += _head_steps(network, logits.value)
    loss_rule = network.loss
    if loss_rule.check is not None:
        loss_rule.check(logits.value, target_array)
    losses, residuals = loss_rule.exact_forms.forward(logits.value, target_array)
    loss = losses.sum()
    forward.append(Step("loss", f"loss = {loss_rule.formula.removeprefix('l = ')}", loss))

    cotangent, *_ = loss_rule.exact_forms.pullback(residuals, 0 * losses + 1)
    backward = [Step("d logits", f"d logits = {_loss_slope(network)}", cotangent)]
    for rule, pullback, residuals, source, name, owned_names in reversed(pullbacks):
        result = pullback(residuals, cotangent[None])
        results = result if isinstance(result, tuple) else (result,)
        results = (results[0][0], *results[1:])
        formulas = _backward_formulas(rule, source, name, owned_names)
        for step_name, formula, value in zip(
            (*owned_names, source), (*formulas[1:], formulas[0]), (*results[1:], results[0]), strict=True
        ):
            backward.append(Step(f"d {step_name}", f"d {step_name} = {formula}", value))
        cotangent = results[0]
    return Trace(tuple(inputs), tuple(forward), tuple(backward))


def _target(network: Network, target: Any, x: Array) -> Array:
    if network.loss is rules.softmax_cross_entropy:
        return as_array(target)
    value = as_like(target, x)
    return value.reshape(1) if network.out_features == 1 and not tuple(value.shape) else value


def _forward_formula(layer: Layer, source: str, owned: list[str]) -> str:
    rule = layer.rule
    if rule is rules.affine:
        return f"{source} {owned[0]} + {owned[1]}"
    if rule is rules.linear:
        return f"{source} {owned[0]}"
    options = [f"{name}={value}" for name, value in layer.options.items() if value is not None]
    return f"{rule.name}({', '.join([source, *owned, *options])})"


def _backward_formulas(rule: rules.Rule, source: str, name: str, owned: list[str]) -> list[str]:
    """Formulas for the cotangent of the input and of each parameter."""
    if rule in (rules.affine, rules.linear):
        formulas = [f"d {name} {owned[0]}^T", f"{source}^T d {name}"]
        return [*formulas, f"d {name}"] if rule is rules.affine else formulas
    if rule.needs == "output" and rule not in (rules.softmax, rules.log_softmax):
        return [f"d {name} * {rule.name}'({source})"]
    return [f"{rule.name}'s pullback of d {name}"] * (1 + len(owned))


def _head_steps(network: Network, logits: Array) -> list[Step]:
    if network.loss is rules.softmax_cross_entropy:
        return [Step("p", "p = softmax(logits)", rules.softmax(logits))]
    if network.loss in (rules.binary_cross_entropy, rules.half_squared_error):
        return [Step("p", "p = sigmoid(logits)", rules.sigmoid(logits))]
    return []


def _loss_slope(network: Network) -> str:
    if network.loss is rules.softmax_cross_entropy:
        return "p sum(t) - t, with t = e_y for a label y"
    return {"binary_cross_entropy": "p - y", "half_squared_error": "(p - y) p (1 - p)"}.get(
        network.loss.name, f"{network.loss.name}'s pullback of 1"
    )
