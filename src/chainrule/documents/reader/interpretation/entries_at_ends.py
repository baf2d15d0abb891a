r"""The first entry of an array that a document makes step by step, and the last one of an array made backwards.

h_0 = E x beside h_t = f(h_{t-1}), and p_T = x_T beside p_t = x_t + a p_{t+1}.
"""

from __future__ import annotations

from chainrule.documents.language.derivation import Definition
from chainrule.documents.language.terms import Choice, Comparison, Name, Term
from chainrule.documents.reader.interpretation.document_state import DocumentState
from chainrule.documents.reader.interpretation.earlier_entries import recurs
from chainrule.documents.reader.interpretation.sides import term_of
from chainrule.documents.reader.structure.statements import DEFINING, Statement
from chainrule.documents.reader.structure.targets import Target, target_of
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.parts_written import all_parts, base_letter, is_closed, letters_of


def enter_start(state: DocumentState, statement: Statement) -> bool:
    """Define the entry before the first one, h_0 = E x, by its formula, if the document makes the others of it."""
    match statement.left, statement.right:
        case w.Scripted(base=w.Symbol() as base, lower=w.Numeral(value=0), upper=None, primes=0), right if not (
            is_closed(right) or statement.relation not in DEFINING or statement.number
        ):
            letter = base_letter(base)
        case _:
            return False
    name = f"{state.elaborator.named(letter)}_0"
    about = _about(state, letter)
    if name in state.definitions or letter in letters_of(statement.right) or letter in state.inventory.indices:
        return False
    if not any(recurs(each, other) and not is_backward(each, other) for each, other in about):
        return False
    state.definitions[name] = Definition(name, term_of(state, statement.right), (), statement.line)
    state.defined_at[name], state.written[name] = state.number_of(statement), statement.right
    return True


def starts_later(state: DocumentState, target: Target, statement: Statement) -> bool:
    """Whether the entry 1 is not made of one before it: x_1 = E x, or t = 2, ..., T beside x_t = f(x_{t-1})."""
    number = state.number_of(statement)
    for each in state.statements:  # a display behind it may follow from it
        match each.left:
            case w.Scripted(base=w.Symbol() as base, lower=w.Numeral(value=1)) if base_letter(base) == target.base:
                if each.relation in DEFINING and (state.number_of(each) < number or each.piece.kind == "inline"):
                    return True
    for condition in statement.conditions:
        match condition:
            case w.Comparing(members=(w.Symbol(text=text), w.Listed(items=(w.Numeral(value=first), *_)))):
                if text in target.indices and first > 1:
                    return True
            case w.Comparing(members=(w.Symbol(text=text), w.Numeral(value=first)), relations=(">=" | ">" as sign,)):
                if text in target.indices and first + (sign == ">") > 1:
                    return True
    return False


def is_of_last(state: DocumentState, target: Target) -> bool:
    """Whether it gives only the last entry, c_T for t = 1, ..., T, where another statement gives c_t."""
    limits = _limits(state)
    if not limits & {*target.indices}:
        return False
    others = (other.indices for _, other in _about(state, target.base))
    return any(len(each) == len(target.indices) and not limits & {*each} for each in others)


def is_last(state: DocumentState, target: Target) -> bool:
    """Whether a target such as p_T is the last entry, from which other entries are made."""
    return len(target.indices) == 1 and any(
        other.indices != target.indices and is_backward(each, other) for each, other in _about(state, target.base)
    )


def with_last(state: DocumentState, target: Target, statement: Statement, body: Term) -> tuple[Term, Name | None]:
    """The formula of an entry and of the last one, and the number of this; None if the text does not give it."""
    for each, other in _about(state, target.base) if is_backward(statement, target) else ():
        if len(other.indices) == 1 and other.indices[0] in _limits(state):
            [index], last = target.indices, Name(other.indices[0])
            named = Name(state.elaborator.named(index))
            return Choice(((Comparison("=", named, last), term_of(state, each.right)),), body), last
    return body, None


def is_backward(statement: Statement, target: Target) -> bool:
    """Whether an entry is made of the next one: p_t of p_{t+1}."""
    if len(target.indices) != 1 or not recurs(statement, target):
        return False
    same = (
        one for one in all_parts(statement.right) if isinstance(one, w.Scripted) and base_letter(one) == target.base
    )
    lowers = [one.lower for one in same if isinstance(one.lower, w.Signed)]
    return bool(lowers) and all(each.signs == (1, 1) for each in lowers)


# What follows is private.


def _limits(state: DocumentState) -> set[str]:
    """The letters that end ranges, and number nothing themselves: T of t = 1, ..., T."""
    return state.inventory.limits - state.inventory.indices


def _about(state: DocumentState, letter: str) -> list[tuple[Statement, Target]]:
    """The equations for entries of an array."""
    told = [(each, target_of(each, state.inventory)) for each in state.statements]
    return [(each, other) for each, other in told if other is not None and other.base == letter]
