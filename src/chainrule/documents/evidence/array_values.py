"""Operators, entries and the package's code on exact numbers and arrays of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from chainrule.algebra import Exact, ExactArray, exact_numbers
from chainrule.algebra.ball import Undecided
from chainrule.algebra.field import current
from chainrule.algebra.formal_derivatives import variables_of
from chainrule.algebra.powers import number_of
from chainrule.documents.evidence.changes import Value, array_of, wrapped
from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Kind, ValueKind
from chainrule.documents.language.operators import OPERATORS
from chainrule.documents.language.rule_functions import rule_function

LONGEST = 6
"""Terms of a number that stays as it is where numbers are opaque."""

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


SIZES_DIFFER = "the sizes of its parts differ where it was tried"


class Undefined(Undecided):
    """A term without a value at these sizes and indices, such as an entry beyond the end."""


def applied(operator: str, operands: Sequence[Value], opaque: bool = False) -> Value:
    """An operator of operands.

    Parameters
    ----------
    operator : str
    operands : sequence
    opaque : bool
        True if long numbers without variables become constants of which the value alone is known.

    Raises
    ------
    Undefined
    """
    if all(isinstance(operand, int) for operand in operands) and operator in _WHOLE:
        return _WHOLE[operator](*operands)
    try:
        found = wrapped(OPERATORS[operator].value(*map(exact_numbers, operands)))
    except IndexError as error:
        raise Undefined(str(error)) from None
    except ValueError as error:  # NumPy's words are about arrays, of which no reader knows
        of_sizes = any(words in str(error) for words in ("core dimension", "broadcast"))
        raise ValueError(SIZES_DIFFER if of_sizes else str(error)) from None
    return array_of([_opaque(entry) for entry in found.ravel().tolist()], found.shape) if opaque else found


def entry_of(base: Value, indices: Sequence[int]) -> Value:
    """An entry of an array, whose indices count from 1."""
    array = exact_numbers(base)
    return wrapped(array[place_of(array, indices)])


def result_of_code(call: terms.RuleCall, values: Sequence[Value]) -> ExactArray:
    """The result of the package's code; labels count from 1 here, and from 0 there.

    Raises
    ------
    Undefined
    """
    code = rule_function(call.rule, call.part)
    arrays = list[Any]()
    for number, (value, axes) in enumerate(zip(values, call.axes, strict=True)):
        is_label = isinstance(value, int) and number < len(code.rule.inputs) and code.takes_label(number)
        array = exact_numbers(value)
        arrays.append(np.asarray(value - 1) if is_label else wrapped(array.reshape(-1)) if axes == 1 else array)
    try:
        found = exact_numbers(code(arrays))
    except (ValueError, TypeError) as error:
        raise Undefined(f"{call.rule}: {error}") from None
    return wrapped(found.reshape(-1, 1)) if found.ndim == 1 else found


def place_of(value: ExactArray, indices: Sequence[int]) -> tuple[int, ...]:
    """The position of an entry in an array. A row or a column has one index, too."""
    if len(indices) == 1 and value.ndim == 2 and 1 in value.shape:
        indices = [indices[0], 1] if value.shape[1] == 1 else [1, indices[0]]
    if len(indices) != value.ndim:
        raise Undefined(f"{len(indices)} indices for {value.ndim} axes")
    if not all(1 <= index <= size for index, size in zip(indices, value.shape, strict=True)):
        raise Undefined("an index beyond the end")
    return tuple(index - 1 for index in indices)


def turned(arrays: Sequence[ExactArray], kinds: Sequence[Kind]) -> list[ExactArray] | None:
    """The arguments with rows as columns, where a function takes columns; None if there is none."""
    found = list(arrays)
    for number, (array, kind) in enumerate(zip(arrays, kinds, strict=False)):
        is_column = isinstance(kind, ValueKind) and len(kind.shape) == 2 and terms.is_number(kind.shape[1], 1)
        if is_column and array.ndim == 2 and array.shape[0] == 1 != array.shape[1]:
            found[number] = wrapped(array.T)
    return found if any(a is not b for a, b in zip(found, arrays, strict=True)) else None


def made_by_size(name: str, numbers: Sequence[int]) -> ExactArray:
    """Ones, zeros, unit vectors and identities of a size."""
    size = numbers[-1]
    if name == "unit" and not 1 <= numbers[0] <= size:
        raise Undefined("an index beyond the end")
    if name in ("ones", "zeros"):
        return exact_numbers(np.full((size, 1), int(name == "ones")))
    identity = np.eye(size, dtype=int)
    return exact_numbers(identity if name == "eye" else identity[:, numbers[0] - 1 : numbers[0]])


def exact(number: Fraction) -> Any:
    """A fraction as an exact number."""
    return Exact(0) + flint.fmpq(number.numerator, number.denominator)


def single(value: Any) -> Any:
    """The one entry of a number, or of a matrix with one entry."""
    entries: list[Any] = exact_numbers(value).ravel().tolist()
    if len(entries) != 1:
        raise ValueError(f"one number was expected, and {len(entries)} came")
    return entries[0]


# What follows is private.


_WHOLE: dict[str, Callable[..., int]] = {
    "+": lambda *operands: sum(operands),
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "negative": lambda a: -a,
}
"""Operators whose results on whole numbers are whole numbers."""


def _opaque(entry: Any) -> Any:
    """A number without variables as a constant, if it is long."""
    if not isinstance(entry, Exact) or len(entry.num) + len(entry.den) <= LONGEST:
        return entry
    entered = current()
    if any(entered.at(position).kind == "variable" for position in variables_of(entered, entry)):
        return entry
    value = entry.value
    return number_of(entered.adjoin("constant", f"c{len(entered.generators)}", value, positive=bool(value > 0)))
