"""A document before any hypothesis about it: its formulas taken apart, its sentences, its names and its parts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from itertools import pairwise

from chainrule.documents.reader.declaring.declarations import Block
from chainrule.documents.reader.interpretation.readings import Besides
from chainrule.documents.reader.letters.gradient_names import with_gradient_names
from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.letters.prefixes import CHANGE, with_changes
from chainrule.documents.reader.notations.capital_sigmas import with_sums
from chainrule.documents.reader.notations.compositions import with_values
from chainrule.documents.reader.notations.diagonal_entries import with_diagonals
from chainrule.documents.reader.notations.digit_pairs import with_digit_pairs
from chainrule.documents.reader.notations.directional_derivatives import with_directions
from chainrule.documents.reader.notations.fixed_indices import with_fixed_indices
from chainrule.documents.reader.notations.function_values import with_values_apart
from chainrule.documents.reader.notations.label_entries import with_label_entries
from chainrule.documents.reader.notations.lowered_layers import with_lowered_layers
from chainrule.documents.reader.notations.nested_subscripts import with_nested_subscripts
from chainrule.documents.reader.notations.next_entries import with_next_entries
from chainrule.documents.reader.notations.numbered_functions import with_numbered_functions
from chainrule.documents.reader.notations.numbered_layers import names_of_layers, with_numbered_layers
from chainrule.documents.reader.notations.primed_indices import with_primed_indices
from chainrule.documents.reader.notations.primed_transposes import with_primed_transposes
from chainrule.documents.reader.notations.ranges_left_out import with_ranges
from chainrule.documents.reader.notations.short_derivatives import with_short_derivatives
from chainrule.documents.reader.notations.softmax_in_words import with_softmax_in_words
from chainrule.documents.reader.notations.squares import with_squares
from chainrule.documents.reader.notations.whole_axes import with_whole_axes
from chainrule.documents.reader.notations.word_superscripts import with_words_above
from chainrule.documents.reader.prose.fresh_starts import fresh_starts, headings_of_cases
from chainrule.documents.reader.prose.stated_in_sentences import stated_in
from chainrule.documents.reader.prose.stated_words import COMPLEX, ENTRY_OF_DERIVATIVE, LAYOUTS, OF_ALL
from chainrule.documents.reader.structure.document_parts import Scopes
from chainrule.documents.reader.structure.named_values import with_named_values
from chainrule.documents.reader.structure.statements import Statement, statements_of
from chainrule.documents.reader.structure.targets import target_of
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.syntax.formula_tokens import words_in_derivatives
from chainrule.documents.reader.syntax.parts_written import base_letter
from chainrule.documents.reader.syntax.written import Bracketed, Scripted, Written, WrittenChain
from chainrule.documents.sources.pieces import Piece, Pieces


@dataclass(frozen=True)
class Around:
    """The document around a part of it: what it says once holds in the part.

    Attributes
    ----------
    words : str
    layered : set of str
        Letters above which numbers count layers.
    layout : str
        The layout of derivatives that it tells; nothing if it tells none.
    has_complex : bool
        Whether it speaks of complex numbers.
    members : mapping
        The letters whose vectors are rows or columns of a matrix, as in `Stated`.
    """

    words: str = ""
    layered: Set[str] = frozenset()
    layout: str = ""
    has_complex: bool = False
    members: Mapping[str, tuple[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Prepared:
    """A document before any hypothesis about it.

    Attributes
    ----------
    pieces : Pieces
    numbered : tuple of (int, Piece, WrittenChain)
        Its formulas, with the numbers of their pieces.
    statements : tuple of Statement
    inventory : Inventory
    besides : Besides
    scopes : Scopes
    around : Around
        What holds in a part of it.
    """

    pieces: Pieces
    numbered: tuple[tuple[int, Piece, WrittenChain], ...]
    statements: tuple[Statement, ...]
    inventory: Inventory
    besides: Besides
    scopes: Scopes
    around: Around

    @property
    def every(self) -> list[tuple[Piece, WrittenChain]]:
        """Its formulas."""
        return [(piece, chain) for _, piece, chain in self.numbered]


def prepared(pieces: Pieces, around: Around) -> Prepared:
    """A document, or a part of the one around it, before any hypothesis."""
    formulas = " ".join(piece.text for piece in pieces.pieces if piece.kind in ("display", "inline", "declarations"))
    spoken = " ".join([around.words, *(each.text for each in pieces.pieces if each.kind in ("prose", "heading"))])
    sentences = (piece.text for piece in pieces.pieces if piece.kind == "prose")
    prose = " ".join([around.words, *_remarks(pieces), *sentences]).lower()
    block = Block(formulas)
    for number, piece in enumerate(pieces.pieces):
        if piece.kind == "declarations":
            block.read(piece, number, pieces.macros)
    words = block.words | words_in_derivatives(formulas)
    chains = {
        number: chains_of(piece.text, pieces.macros, words)
        for number, piece in enumerate(pieces.pieces)
        if piece.kind in ("display", "inline")
    }
    chains = with_words_above(with_digit_pairs(with_whole_axes(with_ranges(with_sums(chains, formulas, block.names)))))
    chains = with_fixed_indices(with_primed_transposes(with_primed_indices(chains), pieces.pieces))
    chains = with_diagonals(chains, pieces.pieces)
    chains, one_hot = with_label_entries(with_nested_subscripts(chains), spoken)
    chains = with_numbered_functions(with_lowered_layers(with_next_entries(chains), pieces.pieces))
    layered = around.layered | names_of_layers(chains)
    chains = with_numbered_layers(chains, layered)
    chains = with_values_apart(chains if CHANGE in block.names else with_changes(chains))
    chains = with_gradient_names(with_squares(with_softmax_in_words(chains, pieces.pieces)), pieces.pieces)
    chains = with_short_derivatives(with_directions(chains), spoken)
    stated = stated_in(pieces.pieces, chains)
    stated.general |= {n for n, each in enumerate(pieces.pieces) if each.kind == "prose" and OF_ALL.search(each.text)}
    if one_hot is not None:
        stated.know(one_hot, "one-hot", len(pieces.pieces))
    chains = with_values(chains, stated.declared)
    numbered = [(number, pieces.pieces[number], chain) for number, found in chains.items() for chain in found]
    numbered = sorted([*block.definitions, *numbered], key=lambda each: each[0])
    every = [(piece, chain) for _, piece, chain in numbered]
    inventory = Inventory.of((chain for _, chain in every), prose)
    inventory.numbered_above = block.numbered_above
    stated.ones |= stated.ones_given()
    inventory.compared |= stated.ones
    besides = Besides(block, stated, {id(piece): number for number, piece, _ in numbered})
    statements = tuple(with_named_values([*statements_of(every)], (chain for _, chain in every)))
    same = {id(piece): pieces.pieces[number] for number, piece, _ in block.definitions}
    targets = {target.base for each in statements if (target := target_of(each, inventory)) is not None}
    members = {**around.members, **stated.members}
    listed = {(base_letter(each.left), letter) for each in statements for letter in _listed(each.right)}
    inventory.members = {
        name: whole
        for name, whole in members.items()
        if whole[0] and name not in targets and (whole[0], name) not in listed  # X = [x_1, ..., x_n]
    }
    starts, renewed = fresh_starts(pieces.pieces, statements, inventory)
    stated.renewals += renewed
    cases = headings_of_cases(pieces.pieces)
    own = {number for first, last in starts.items() for number in range(first, last + 1)}

    def supposed(statement: Statement) -> bool:
        return besides.is_condition(statement) and besides.numbers[id(statement.piece)] not in own

    scopes = Scopes.of(pieces.pieces, statements, inventory, same, besides.has_defined, supposed, starts.keys(), cases)
    layout = block.layout or around.layout or _layout_told(spoken, pieces)
    has_complex = around.has_complex or COMPLEX.search(formulas) is not None
    within = Around(spoken, layered, layout, has_complex, inventory.members)
    return Prepared(pieces, tuple(numbered), statements, inventory, besides, scopes, within)


# What follows is private.

_WORDS = re.compile(r"\\(?:text|mbox|textrm|mathrm)\{([^{}]*)\}")
_REMARK = re.compile(
    r"\s*[,(]?\s*((?:(?:is|being)\s+)?(?:applied|taken|computed)?\s*(?:to each |over |along )?[\w-]+(?: by \w+)?)"
)


def _layout_told(spoken: str, pieces: Pieces) -> str:
    """The one layout of derivatives of which the text tells; nothing if it tells of none, or of several."""
    told = {layout for layout, words in LAYOUTS.items() if words.search(spoken.lower())}
    sentences = " ".join(piece.text if piece.kind == "prose" else f"${piece.text}$" for piece in pieces.pieces)
    entries = ENTRY_OF_DERIVATIVE.finditer(sentences)
    told |= {"columns" if each["row"] == each["input"] else "rows" for each in entries}
    return told.pop() if len(told) == 1 else ""


def _listed(written: Written) -> set[str]:
    """The letters of a list in brackets, also with a transpose."""
    inside = written.base if isinstance(written, Scripted) else written
    return {base_letter(each) for each in inside.items} if isinstance(inside, Bracketed) else set()


def _remarks(pieces: Pieces) -> Iterator[str]:
    """The words in formulas with a softmax and right behind them, which may say along which axis it acts."""
    formulas = [each.text for each in pieces.pieces if each.kind in ("display", "inline")]
    yield from (f"softmax {words}. " for each in formulas for words in _WORDS.findall(each.partition("softmax")[2]))
    for piece, after in pairwise(pieces.pieces):
        remark = _REMARK.match(after.text) if after.kind == "prose" and "softmax" in piece.text else None
        if remark is not None and piece.kind in ("display", "inline"):
            yield f"softmax {remark[1]}. "
