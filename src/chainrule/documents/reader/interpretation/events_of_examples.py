"""Values of one example that the document defines for any: p(y^{(i)} | x^{(i)}) after p(y | x) = ..., and z^{(i)} after
z = w^T x + b."""

from __future__ import annotations

from collections.abc import Mapping, Set

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Definition
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.terms import Apply, Entry, Family, Name, Term
from chainrule.documents.reader.interpretation.document_state import DocumentState
from chainrule.documents.reader.letters.suffixed_names import EACH, letter_of


def define_events_of_examples(state: DocumentState) -> None:
    """Define the probabilities of examples by those of the letters without a number."""
    for name, (plain, indices, values) in state.elaborator.of_examples.items():
        known = state.definitions.keys() | state.unread.keys()
        whole = state.definitions.get(plain)
        if whole is None or name in known or plain in state.again or not _is_made_of(state, whole, values):
            continue
        taken = {bound for part in terms.every(whole.body) for bound in terms.bound_in(part)}
        if not (taken | terms.free_names(whole.body)) & {*indices}:
            body = terms.substituted(whole.body, {Name(each): value for each, value in values.items()}.get)
            ranges = tuple((index, state.elaborator.open_size(index)) for index in indices)
            state.definitions[name] = Definition(name, Family(ranges, body), (), whole.line)


def define_values_of_examples(state: DocumentState) -> None:
    """Define the letters of examples that nothing defines by those without a number: z^{(i)} = w^T x^{(i)} + b."""
    letters = {name.removesuffix(EACH) for name in state.all_names() | state.kinds.keys() if name.endswith(EACH)}
    plain = dict[str, list[Definition]]()
    for name, each in state.definitions.items():
        if not (name.endswith(EACH) or each.parameters or name in state.again):
            plain.setdefault(letter_of(name), []).append(each)
    data = {each for each in letters if each not in plain and each + EACH not in state.definitions}
    names, single = Names(state.definitions, {}), {key: each[0] for key, each in plain.items() if len(each) == 1}
    moving = {key for key, each in single.items() if data & {letter_of(name) for name in names.uses(each.name)}}
    given = state.inventory.paired | {each for each in letters if each + EACH in state.kinds}
    waiting = sorted(letters & moving - given)
    while waiting:
        letter = waiting.pop()
        if letter + EACH not in state.definitions.keys() | state.unread.keys():
            made = single[letter]
            state.definitions[letter + EACH] = _of_examples(state, made, data | moving)
            waiting += sorted({letter_of(name) for name in terms.free_names(made.body)} & moving - given)


# What follows is private.


def _of_examples(state: DocumentState, made: Definition, moving: Set[str]) -> Definition:
    """The definition of the values of a letter in all examples, by that of the letter without a number."""
    index, entry = Name(state.elaborator.new_letter()), Name(state.elaborator.new_letter())

    def numbered(term: Term) -> Term:
        base, indices = (term.base, term.indices) if isinstance(term, Entry) else (term, ())
        if not isinstance(base, Name) or (letter := letter_of(base.text)) not in moving:
            return terms.mapped(term, numbered)
        if state.inventory.has_vectors(letter) and not indices:
            return Apply("member", (Name(letter + EACH), index))
        return Entry(Name(letter + EACH), (*map(numbered, indices), index))

    letter, body = letter_of(made.name), numbered(made.body)
    is_vector = state.inventory.has_vectors(letter)
    body = Entry(body, (entry,)) if is_vector else body
    ranges = (entry, index) if is_vector else (index,)
    bound = tuple((each.text, state.elaborator.open_size(each.text)) for each in ranges)
    return Definition(letter + EACH, Family(bound, body), (), made.line)


def _is_made_of(state: DocumentState, whole: Definition, values: Mapping[str, Term]) -> bool:
    """Whether a definition is made of some letters, but of no other name that is made of them."""
    names, others = Names(state.definitions, {}), terms.free_names(whole.body) - values.keys()
    is_value = not (whole.parameters or isinstance(whole.body, Family))
    return is_value and not any(names.uses(each) & values.keys() for each in others)
