"""Matrices that hold the vectors of the same small letter: the rows of X are the x_i.

Many texts write X beside the x_i and never say how they belong together. A claim is tried with such matrices made of
the vectors, along the axis that their sizes leave; this assumption is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Derivation, Relation
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.language.terms import Apply, At, Entry, LimitOf, Name, Slope, Term
from chainrule.documents.reader.interpretation.readings import Reading
from chainrule.documents.reader.letters.suffixed_names import EACH, letter_of, lost_name
from chainrule.documents.reader.uncertainty.doubts import Doubts

MADE_OF = "the {axis} of {matrix} are the vectors {letter}"


def with_stacked_members(doubts: Doubts, claim: Relation) -> Iterator[tuple[Doubts, list[str], bool]]:
    """The reading in which matrices of a claim are made of the vectors of the same small letter, with this in words."""
    reading = doubts.reading
    members = _members(reading)
    stacks = {name: members[name] for name in doubts.uses(claim, members.keys())}
    derivation = _stacked(reading.derivation, stacks) if stacks else None
    if derivation is not None and not (shapes := Shapes(derivation)).faults:
        words = [
            MADE_OF.format(axis="rows" if are_rows else "columns", matrix=letter_of(name), letter=letter_of(small))
            for name, (small, are_rows) in stacks.items()
        ]
        yield Doubts(replace(reading, derivation=derivation, shapes=shapes)), words, False


# What follows is private.


def _members(reading: Reading) -> dict[str, tuple[str, bool]]:
    """By matrix that nothing defines: the name that holds the vectors, and whether they are its rows.

    The sizes tell rows from columns, so that a square matrix has none.
    """
    shapes = {name: tuple(dim.final for dim in shape.known or ()) for name, shape in reading.shapes.names.items()}
    found = dict[str, tuple[str, bool]]()
    for each in reading.derivation.declarations:
        small, shape = each.name[0].lower() + each.name[1:], shapes.get(each.name, ())
        for name in (f"{small}{EACH}", small) if small != each.name else ():
            held = shapes.get(name, ())
            if len(shape) == 2 and shape[0] != shape[1] and held in (shape, shape[::-1]):
                found.setdefault(each.name, (name, held != shape))
    return found


def _stacked(derivation: Derivation, stacks: Mapping[str, tuple[str, bool]]) -> Derivation | None:
    """The derivation with what holds the vectors in place of matrices; None if one has another value somewhere."""
    known = {lost_name(each.name): Name(each.name) for each in derivation.definitions}

    def differentiated(body: Term) -> Term:
        """L itself, where it seemed to depend on X in a way that the text does not say."""
        return put(known.get(terms.base_of(body), body))

    def put(term: Term) -> Term:
        match term:
            case Name(text=text) if text in stacks:
                small, are_rows = stacks[text]
                return Apply("'", (Name(small),)) if are_rows else Name(small)
            case Slope(variable=Name(text=text)) if text in stacks:
                small, are_rows = stacks[text]
                by = replace(term, body=differentiated(term.body), variable=Name(small))
                return Apply("'", (by,)) if are_rows else by
            case Slope(variable=Entry(base=Name(text=text), indices=(one, other))) if text in stacks:
                small, are_rows = stacks[text]
                indices = (put(other), put(one)) if are_rows else (put(one), put(other))
                return replace(term, body=differentiated(term.body), variable=Entry(Name(small), indices))
        return terms.mapped(term, put)

    if any(isinstance(part, At | LimitOf) and part.name in stacks for part in derivation.parts):
        return None
    definitions = (replace(each, body=put(each.body)) for each in derivation.definitions)
    claims = (replace(each, left=put(each.left), right=put(each.right)) for each in derivation.claims)
    kept = (each for each in derivation.declarations if each.name not in stacks)
    return replace(derivation, declarations=tuple(kept), definitions=tuple(definitions), claims=tuple(claims))
