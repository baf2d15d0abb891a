r"""The package's own code as functions of derivations: after `code: softmax`, `\mathtt{softmax}(x)_i` is a number.

    \mathtt{RULE}(inputs)    \mathtt{RULE.pullback}(inputs, v)    \mathtt{RULE.pushforward}(inputs, tangents)

For rules of several inputs `RULE.pullback.INPUT` is the cotangent of one of them. The code runs on exact numbers, so
that a formula is compared with what the rule really returns.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.arrays import holds_labels
from chainrule.documents.language.sizes import Size

if TYPE_CHECKING:
    from chainrule.rules import Rule


PROBED = (5, 7, 11, 13, 17, 19, 23, 29, 31)
"""Sizes at which rules are called to see the shapes of their values."""

MOST_PROBED = 10**6
"""Entries of an array for which this is done."""


@dataclass(frozen=True)
class RuleFunction:
    """A rule with options, its pullback to one input, or its pushforward.

    Attributes
    ----------
    name : str
        "softmax.pullback".
    rule : Rule
    options : dict
    part : str
        "forward", "pullback" or "pushforward".
    place : int or None
        The input whose cotangent a pullback returns; None for the only input.
    """

    name: str
    rule: Rule
    options: dict[str, Any]
    part: str
    place: int | None = None

    def takes_label(self, number: int) -> bool:
        """Whether an input may be a class."""
        return self.rule.inputs[number] in self.rule.integers

    def fixed(self, labels: Sequence[bool]) -> list[bool]:
        """Which inputs have no tangent: constants, and those that are labels."""
        named = zip(self.rule.inputs, labels, strict=True)
        return [known in self.rule.constants or is_label for known, is_label in named]

    def count(self, labels: Sequence[bool]) -> int:
        """The number of arguments: the inputs, then a cotangent, or a tangent for every input that is not fixed."""
        more = {"forward": 0, "pullback": 1, "pushforward": self.fixed(labels).count(False)}
        return len(self.rule.inputs) + more[self.part]

    def result(self, inputs: Sequence[tuple[Size, ...] | None]) -> tuple[Size, ...] | None:
        """The shape of the rule's value, found by calling it; None if it is not one of the sizes of the inputs.

        Labels have no shape. Columns have one axis for the code.
        """
        sizes = [size for shape in inputs for size in shape or ()]
        names = sorted(frozenset[str]().union(*(size.names for size in sizes)))
        known, found = [*sizes, *map(Size.of, names)], list[tuple[int, ...]]()
        numbers = [dict(zip(names, PROBED[start:], strict=False)) for start in (0, 1)]
        for chosen in numbers:
            shapes = [None if shape is None else tuple(size.value(chosen) for size in flat(shape)) for shape in inputs]
            if any(math.prod(shape or ()) > MOST_PROBED for shape in shapes):
                return None
            arrays = [np.asarray(0) if shape is None else np.full(shape, 0.5) for shape in shapes]
            try:
                found.append(tuple(np.shape(self.rule(*arrays, **self.options))))
            except (ValueError, TypeError):
                return None
        made = list[Size]()
        for lengths in zip(*found, strict=True):
            like = (size for size in known if tuple(size.value(chosen) for chosen in numbers) == lengths)
            size = Size.of(lengths[0]) if len(set(lengths)) == 1 else next(like, None)
            if size is None:
                return None
            made.append(size)
        return (*made, Size.of(1)) if len(made) == 1 else tuple(made)

    def __call__(self, arrays: Sequence[Any]) -> Any:
        """The value for the inputs and what follows them."""
        count = len(self.rule.inputs)
        inputs, changes = arrays[:count], arrays[count:]
        if self.part == "forward":
            return self.rule(*inputs, **self.options)
        if self.part == "pullback":
            found = self.rule.vjp(*inputs, *changes, **self.options)
            return found if self.place is None else found[self.place]
        left = iter(changes)
        fixed = self.fixed([holds_labels(each) for each in inputs])
        return self.rule.jvp(*inputs, *(None if rests else next(left) for rests in fixed), **self.options)


def flat(shape: tuple[Size, ...]) -> tuple[Size, ...]:
    """The shape that an array has for the code: a column has one axis."""
    return shape[:1] if len(shape) == 2 and shape[1] == Size.of(1) else shape


def functions(text: str) -> dict[str, RuleFunction]:
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
    found = [RuleFunction(f"{name}.forward", rule, options, "forward")]
    if len(rule.inputs) == 1:
        found.append(RuleFunction(f"{name}.pullback", rule, options, "pullback"))
    else:
        free = [(place, known) for place, known in enumerate(rule.inputs) if known not in rule.constants]
        found += [RuleFunction(f"{name}.pullback.{known}", rule, options, "pullback", place) for place, known in free]
    if rule.pushforward is not None:
        found.append(RuleFunction(f"{name}.pushforward", rule, options, "pushforward"))
    return {code.name: code for code in found}


def rule_function(rule: str, part: str) -> RuleFunction:
    """One of the functions of a rule with its options.

    >>> rule_function("linear", "pullback.weight").place
    1
    """
    return next(each for name, each in functions(rule).items() if name.partition(".")[2] == part)


# What follows is private.


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
