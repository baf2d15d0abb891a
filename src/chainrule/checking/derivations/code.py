r"""The package's own code as a function of a derivation: after `code: softmax`, `\mathtt{softmax}(x)_i` is a number.

    \mathtt{RULE}(inputs)    \mathtt{RULE.pullback}(inputs, v)    \mathtt{RULE.pushforward}(inputs, tangents)

For rules of several inputs `RULE.pullback.INPUT` is the cotangent of one of them. The code runs on balls, so that a
formula is compared with what the rule really returns.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.checking.ball import Ball, Undecided
from chainrule.checking.balls import balls
from chainrule.checking.derivations.numbers import Dual
from chainrule.checking.derivations.stream import NotRead
from chainrule.checking.derivations.tensors import Quantity, ShapeMismatch, Tensor, entries_of

if TYPE_CHECKING:
    from chainrule.rules import Rule


@dataclass(frozen=True)
class Code:
    """One of a rule's functions, with options; its arguments are the rule's inputs and then `changes`."""

    name: str
    rule: Rule
    changes: str
    """What comes after the inputs: nothing, a cotangent, or a tangent for every input that moves."""
    run: Callable[[list[Any], list[Any]], Any]

    def __call__(self, arguments: Sequence[Quantity | Label], position: int) -> Quantity:
        """The value for arguments of balls."""
        count = len(self.rule.inputs)
        inputs = [_array(a, position) for a in arguments[:count]]
        labels = sum(isinstance(a, Label) for a in arguments[:count])
        changing = count - len(self.rule.constants) - labels
        expected = count + {"": 0, "cotangent": 1, "tangents": changing}[self.changes]
        if len(arguments) != expected:
            raise NotRead(f"{self.name} takes {expected} arguments, got {len(arguments)}", position)
        try:
            return _quantity(self.run(inputs, [_array(a, position) for a in arguments[count:]]))
        except Undecided as error:
            raise NotRead(f"{self.name}: {error}", position) from None
        except (ValueError, TypeError) as error:
            raise ShapeMismatch(f"{self.name}: {error}") from None


@dataclass(frozen=True)
class Label:
    """A class as an argument: counted from 1 in texts and from 0 in code."""

    number: int


def functions(text: str) -> dict[str, Code]:
    """The functions of `softmax` or `correlate2d(stride=2)`; in texts the first is called by the rule's name alone.

    Raises
    ------
    ValueError
        If there is no such rule or option.

    Examples
    --------
    >>> list(functions("softmax"))
    ['softmax.forward', 'softmax.pullback', 'softmax.pushforward']
    >>> list(functions("linear"))
    ['linear.forward', 'linear.pullback.x', 'linear.pullback.weight', 'linear.pushforward']
    """
    name, rule, options = _called(text)
    key = f"{name}.forward"
    found = {key: Code(key, rule, "", lambda inputs, _: rule(*inputs, **options))}
    for place, known in enumerate(rule.inputs):
        if known not in rule.constants:
            alone = len(rule.inputs) == 1
            key = f"{name}.pullback" if alone else f"{name}.pullback.{known}"
            found[key] = Code(key, rule, "cotangent", _pullback(rule, options, None if alone else place))
    if rule.pushforward is not None:
        key = f"{name}.pushforward"
        found[key] = Code(key, rule, "tangents", _pushforward(rule, options))
    return found


def _called(text: str) -> tuple[str, Rule, dict[str, Any]]:
    from chainrule import rules

    try:
        tree = ast.parse(text.strip(), mode="eval").body
        if isinstance(tree, ast.Name):
            return tree.id, rules.get(tree.id), {}
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and not tree.args:
            options = {str(k.arg): ast.literal_eval(k.value) for k in tree.keywords}
            rule = rules.get(tree.func.id)
            rule.check_call(rule.inputs, options)
            return tree.func.id, rule, options
    except (SyntaxError, TypeError) as error:
        raise ValueError(f"expected a rule such as softmax or correlate2d(stride=2): {error}") from None
    raise ValueError(f"expected a rule such as softmax or correlate2d(stride=2), got {text.strip()!r}")


def _pullback(rule: Rule, options: dict[str, Any], place: int | None) -> Callable[[list[Any], list[Any]], Any]:
    def run(inputs: list[Any], cotangent: list[Any]) -> Any:
        found = rule.vjp(*inputs, *cotangent, **options)
        return found if place is None else found[place]

    return run


def _pushforward(rule: Rule, options: dict[str, Any]) -> Callable[[list[Any], list[Any]], Any]:
    def run(inputs: list[Any], tangents: list[Any]) -> Any:
        left = iter(tangents)
        still = [known in rule.constants or x.dtype.kind == "i" for known, x in zip(rule.inputs, inputs, strict=True)]
        return rule.jvp(*inputs, *(None if rests else next(left) for rests in still), **options)

    return run


def _array(value: Quantity | Label, position: int) -> Any:
    if isinstance(value, Label):
        return np.asarray(value.number - 1)
    entries = entries_of(value)
    if any(entry is None or isinstance(entry, Dual) for entry in entries):
        raise NotRead("a derivative of code", position)
    return balls([Ball(entry) for entry in entries]).reshape(getattr(value, "shape", ()))


def _quantity(array: Any) -> Quantity:
    entries = [entry.value for entry in array.reshape(-1)]
    return Tensor(tuple(array.shape), entries) if array.shape else entries[0]
