r"""The package's own code as a function of a derivation: after `code: softmax`, `\mathtt{softmax}(x)_i` is a number.

    \mathtt{RULE}(inputs)    \mathtt{RULE.pullback}(inputs, v)    \mathtt{RULE.pushforward}(inputs, tangents)

For rules of several inputs `RULE.pullback.INPUT` is the cotangent of one of them. The code runs on balls, so that a
formula is compared with what the rule really returns.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.algebra.ball import Ball, Undecided
from chainrule.algebra.balls import balls
from chainrule.checking.documents.numbers import Dual
from chainrule.checking.documents.stream import NotRead
from chainrule.checking.documents.tensors import Quantity, ShapeMismatch, Tensor, entries_of

if TYPE_CHECKING:
    from chainrule.rules import Rule


@dataclass(frozen=True)
class Code:
    """A rule with options, its pullback to one input, or its pushforward, as a function of balls."""

    name: str
    rule: Rule
    options: dict[str, Any]
    part: str
    place: int | None = None
    """The input whose cotangent a pullback returns; None for the only input."""

    def __call__(self, arguments: Sequence[Quantity | Label], position: int) -> Quantity:
        """The value for the inputs, and then a cotangent, or a tangent for every input that is not fixed."""
        count = len(self.rule.inputs)
        fixed = [
            known in self.rule.constants or isinstance(argument, Label)
            for known, argument in zip(self.rule.inputs, arguments, strict=False)
        ]
        expected = count + {"forward": 0, "pullback": 1, "pushforward": fixed.count(False)}[self.part]
        if len(arguments) != expected:
            raise NotRead(f"{self.name} takes {expected} arguments, got {len(arguments)}", position)
        arrays = [_array(argument, position) for argument in arguments]
        try:
            return _quantity(self._run(arrays[:count], arrays[count:], fixed))
        except Undecided as error:
            raise NotRead(f"{self.name}: {error}", position) from None
        except (ValueError, TypeError) as error:
            raise ShapeMismatch(f"{self.name}: {error}") from None

    def _run(self, inputs: list[Any], changes: list[Any], fixed: list[bool]) -> Any:
        if self.part == "forward":
            return self.rule(*inputs, **self.options)
        if self.part == "pullback":
            found = self.rule.vjp(*inputs, *changes, **self.options)
            return found if self.place is None else found[self.place]
        left = iter(changes)
        return self.rule.jvp(*inputs, *(None if rests else next(left) for rests in fixed), **self.options)


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
    found = [Code(f"{name}.forward", rule, options, "forward")]
    if len(rule.inputs) == 1:
        found.append(Code(f"{name}.pullback", rule, options, "pullback"))
    else:
        free = [(place, known) for place, known in enumerate(rule.inputs) if known not in rule.constants]
        found += [Code(f"{name}.pullback.{known}", rule, options, "pullback", place) for place, known in free]
    if rule.pushforward is not None:
        found.append(Code(f"{name}.pushforward", rule, options, "pushforward"))
    return {code.name: code for code in found}


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
