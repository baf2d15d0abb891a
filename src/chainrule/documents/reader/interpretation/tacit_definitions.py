"""Definitions that a text leaves to its readers: functions in use, last layers, values of examples, biases."""

from __future__ import annotations

from dataclasses import replace

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import (
    ValueKind,
)
from chainrule.documents.language.terms import (
    ONE,
    Name,
    Term,
)
from chainrule.documents.reader.interpretation.document_state import DocumentState
from chainrule.documents.reader.interpretation.events_of_examples import (
    define_events_of_examples,
    define_values_of_examples,
)
from chainrule.documents.reader.interpretation.kinds_of_names import enter_kind
from chainrule.documents.reader.interpretation.layer_definitions import last_layers
from chainrule.documents.reader.letters.suffixed_names import letter_of
from chainrule.documents.reader.letters.usual_functions import LOGISTIC
from chainrule.documents.reader.structure.functions_in_use import defined_in_use
from chainrule.documents.reader.syntax.known_words import (
    OF_LAST_LAYER,
)


def enter_tacit_definitions(state: DocumentState) -> None:
    """Enter what the text leaves out, after all its statements are read."""
    _define_functions(state)
    _take_last_layers(state)
    define_events_of_examples(state)
    if state.examples:
        define_values_of_examples(state)
    for name, along in state.elaborator.spread_names.items():
        if name not in state.kinds and name not in state.definitions:
            sizes = (ONE, state.fresh_size(name))
            enter_kind(state, name, ValueKind(sizes if along == "rows" else sizes[::-1]))


# What follows is private.


def _define_functions(state: DocumentState) -> None:
    """Enter the functions that claims define where they use them; these claims are definitions.

    That of a sigma is doubted: it may be a claim about the logistic function, which the text need not define.
    """
    known = state.definitions.keys() | state.unread.keys() | state.kinds.keys() | state.besides.stated.said.keys()
    for number, definition in defined_in_use(state.claims, known).items():
        at = next(place for place, entry in enumerate(state.entries) if entry.claim == number)
        statement, letter = state.entries[at].statement, letter_of(definition.name)
        line = statement.line
        state.definitions[definition.name] = replace(definition, line=line)
        state.entries[at] = replace(state.entries[at], kind="definition", claim=None, defines=definition.name)
        if letter in LOGISTIC:
            state.disputed = {**state.disputed, letter: f"line {line} says what {letter} is where it uses it"}


def _take_last_layers(state: DocumentState) -> None:
    """Take letters without a layer for those of the last one, where all others have a layer: proofs assume it."""
    known = state.definitions.keys() | state.unread.keys() | state.kinds.keys() | state.elsewhere
    last = last_layers(state.all_names(), state.definitions, known)
    named: dict[Term, Term] = {Name(name): Name(other) for name, other in last.items()}
    for number, claim in enumerate(state.claims if last else ()):
        for name in sorted(last.keys() & (terms.free_names(claim.left) | terms.free_names(claim.right))):
            state.doubt(number, frozenset({f"{name}{OF_LAST_LAYER}"}))
            state.claims[number] = claim.substituted(named.get)
