"""Sizes that follow from other sizes: `m: size n + k - 1`, `n: size 4`."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_OPERATIONS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}


@dataclass(frozen=True)
class Extent:
    """An integer formula: numbers, sizes, +, -, *, // and brackets.

    Raises
    ------
    ValueError
        If the text is something else.

    Examples
    --------
    >>> Extent("2*(m - 1) + k").value({"m": 3, "k": 2})
    6
    """

    text: str

    def __post_init__(self) -> None:
        self._apply(lambda name: 1)

    @property
    def names(self) -> frozenset[str]:
        """The sizes that it is made of."""
        return frozenset(n.id for n in ast.walk(ast.parse(self.text, mode="eval")) if isinstance(n, ast.Name))

    def value(self, sizes: Mapping[str, int]) -> int:
        """The size, given the others."""
        return self._apply(sizes.__getitem__)

    def _apply(self, size: Callable[[str], int]) -> int:
        def of(node: ast.expr) -> int:
            if isinstance(node, ast.Constant) and type(node.value) is int:
                return node.value
            if isinstance(node, ast.Name):
                return size(node.id)
            if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
                return _OPERATIONS[type(node.op)](of(node.left), of(node.right))
            raise ValueError(f"expected numbers, sizes, +, -, * and //, got {self.text!r}")

        if len(self.text) > 100:
            raise ValueError("a size of more than 100 characters")
        try:
            return of(ast.parse(self.text, mode="eval").body)
        except (SyntaxError, ZeroDivisionError):
            raise ValueError(f"expected numbers, sizes, +, -, * and //, got {self.text!r}") from None
