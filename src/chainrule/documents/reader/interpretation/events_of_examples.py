"""Probabilities of one example that the document defines for any: p(y^{(i)} | x^{(i)}) after p(y | x) = ..."""

from __future__ import annotations

from collections.abc import Mapping

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Definition
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.terms import Family, Name, Term
from chainrule.documents.reader.interpretation.document_state import DocumentState


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


# What follows is private.


def _is_made_of(state: DocumentState, whole: Definition, values: Mapping[str, Term]) -> bool:
    """Whether a definition is made of some letters, but of no other name that is made of them."""
    names, others = Names(state.definitions, {}), terms.free_names(whole.body) - values.keys()
    is_value = not (whole.parameters or isinstance(whole.body, Family))
    return is_value and not any(names.uses(each) & values.keys() for each in others)
