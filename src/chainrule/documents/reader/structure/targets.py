"""The names that statements could define."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.structure.statements import DEFINING, Statement
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import OF_ARRAYS
from chainrule.documents.reader.syntax.parts_written import (
    arguments_of,
    base_letter,
    base_name,
    is_event,
    items_of,
    under,
)
from chainrule.documents.reader.syntax.written import Written


@dataclass(frozen=True)
class Target:
    """The left side of a definition: name(parameters)_indices."""

    name: Written
    base: str
    parameters: tuple[Written, ...] = ()
    indices: tuple[str, ...] = ()


def target_of(statement: Statement, inventory: Inventory) -> Target | None:
    """The name that a statement could define; None if its left side is no name."""
    if statement.relation not in DEFINING:
        return None
    left = statement.left
    parameters: tuple[Written, ...] = ()
    lower: Written | None = None
    if isinstance(left, w.Beside) and len(left.parts) == 2 and not left.joints[0]:
        name, bracket = left.parts
        if isinstance(bracket, w.Scripted) and bracket.upper is None:
            lower, bracket = bracket.lower, bracket.base
        if not isinstance(bracket, w.Bracketed) or bracket.kind not in "([{":
            return None
        parameters = arguments_of(bracket)
        if is_event(bracket) and isinstance(name, w.Symbol) and not statement.number:
            return Target(left, base_name(name))
        if not all(_is_plain(each) for each in parameters):
            return None
        left = name
    base = left.base if isinstance(left, w.Scripted) else left
    in_chain = bool(parameters) and all(isinstance(each, w.Symbol) for each in (base, *parameters))
    between = statement.number == 1 and all(_is_value_name(each, inventory) for each in (statement.head, left))
    if statement.number and (not (in_chain or between) or getattr(base, "is_word", True)):
        return None  # but for y = a = f(z) and y = f(z) = ...
    if not isinstance(base, w.Symbol) or (_primes(left) and (parameters or statement.relation != ":=")):
        return None  # f'(x) and f' = ... are about the derivative of f
    if base_name(base) in OF_ARRAYS:
        return None
    subscripts = items_of(left.lower) if isinstance(left, w.Scripted) else ()
    if lower is not None:
        subscripts = (*subscripts, *items_of(lower))
    if inventory.is_numbered(base_name(base)):
        subscripts = subscripts[1:]
    entries = inventory.has_entries(base_name(base))
    indices = tuple(
        each for each in subscripts if inventory.is_index(each) and (entries or not isinstance(each, w.Numeral))
    )
    example = inventory.example(base_name(base), left.upper) if isinstance(left, w.Scripted) else None
    indices = indices if example is None else (*indices, example)
    if not all(isinstance(each, w.Symbol) for each in indices):
        return None
    letters = tuple(inventory.index_name(base_name(each)) for each in indices if isinstance(each, w.Symbol))
    if len(set(letters)) != len(letters):
        return None
    return Target(left, base_name(base), parameters, letters)


def uses_target(written: Written, target: Target) -> bool:
    """Whether a formula contains the name that it would define, any entry of it, or the same function.

    L_1 in the definition of L is another name, and so is W in the definition of W'.
    """
    primes = _primes(target.name)
    lower = None if target.indices or not isinstance(target.name, w.Scripted) else target.name.lower
    pending = [written]
    while pending:
        part = pending.pop()
        head = part.base if isinstance(part, w.Scripted) else part
        if isinstance(head, w.Symbol):
            below = part.lower if isinstance(part, w.Scripted) else None
            same = base_name(head) == target.base and (not primes or _primes(part) == primes)
            if same and (target.indices or below == lower):
                return True
            scripts = (part.lower, part.upper) if isinstance(part, w.Scripted) else ()
            pending += [script for script in scripts if script is not None]
        else:
            pending += under(part)
    return False


# What follows is private.


def _is_value_name(written: Written | None, inventory: Inventory) -> bool:
    """Whether it is a letter, or the value of one in an example: y, y^{(i)}."""
    if isinstance(written, w.Scripted) and written.lower is None and not written.primes:
        return inventory.example(base_letter(written), written.upper) is not None
    return isinstance(written, w.Symbol)


def _primes(name: Written) -> int:
    """The number of primes of a name."""
    return name.primes if isinstance(name, w.Scripted) else 0


def _is_plain(parameter: Written) -> bool:
    """Whether something may be a parameter: a letter, perhaps with words in its subscript, or a list of entries."""
    if isinstance(parameter, w.Scripted):
        return isinstance(parameter.base, w.Symbol) and parameter.upper is None
    return isinstance(parameter, w.Symbol | w.Dots)
