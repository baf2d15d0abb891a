"""A document as it was read: its relations, the derivation in the strict language, and what stays uncertain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from chainrule.documents.evidence.findings import Setting
from chainrule.documents.language.derivation import Derivation
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.language.terms import Condition
from chainrule.documents.reader.declaring.declarations import Block, base_of
from chainrule.documents.reader.prose.conditions_stated import Held
from chainrule.documents.reader.prose.stated import Stated
from chainrule.documents.reader.structure.statements import Statement
from chainrule.documents.reader.syntax.parts_written import items_of
from chainrule.documents.reader.syntax.written import Beside, Bracketed, Numeral, Scripted, Symbol, Written


@dataclass(frozen=True, eq=False)
class ReadRelation:
    """A relation of the document as it was read.

    Attributes
    ----------
    statement : Statement
    kind : str
        "claim", "definition" or "not read".
    claim : int or None
        Its position among the claims of the derivation.
    reason : str
        Why it is not read, or why its shapes do not fit.
    rests_on : frozenset of str
        What its reading supposes.
    renewed : frozenset of str
        Names that it defines anew, if it is not read.
    defines : str
        The name that it defines.
    """

    statement: Statement
    kind: str
    claim: int | None = None
    reason: str = ""
    rests_on: frozenset[str] = frozenset()
    renewed: frozenset[str] = frozenset()
    defines: str = ""


class WorseError(Exception):
    """More does not fit in a reading than is wanted; `misfits` is how much."""

    def __init__(self, misfits: int) -> None:
        super().__init__(misfits)
        self.misfits = misfits


def misfits_of(shapes: Shapes) -> int:
    """How much does not fit: statements, and matrices that would have one entry only."""
    return len(shapes.faults) + 2 * len(shapes.with_one_entry())


@dataclass(frozen=True, eq=False)
class Reading:
    """A document in the strict language, beside its relations."""

    derivation: Derivation
    shapes: Shapes
    entries: tuple[ReadRelation, ...]
    unread: Mapping[str, str] = field(default_factory=dict)
    """Names whose definitions are not read, with the reasons."""
    again: Mapping[str, int] = field(default_factory=dict)
    """Names that a later display seems to define again, with its line."""
    declared: Set[str] = frozenset()
    """Names of which the document says what they are."""
    variables: Set[str] = frozenset()
    """Letters of which no sentence speaks, and which are never called."""
    bars: Mapping[int, str] = field(default_factory=dict)
    """By the number of a claim: why nothing is proved of it."""
    parameters: Mapping[str, Set[str]] = field(default_factory=dict)
    """By name of a value: the letters in brackets behind it where it is defined, as in L(w) = ..."""
    with_arguments: Mapping[str, Set[str]] = field(default_factory=dict)
    """By letter: the letters in brackets behind a value that nothing defines, F(x)."""
    looping: Set[str] = frozenset()
    """Letters of which a definition is left out, as it would lead to itself."""
    transposed: bool = False
    """Whether derivatives are read as transposes of what they usually are, because more relations fit so."""
    has_layout: bool = False
    """Whether the document says which way derivatives lie."""
    stationary: Mapping[int, Sequence[Setting]] = field(default_factory=dict)
    """By number of a claim: the claim where derivatives are zero, as the text sets them."""
    maybe: Mapping[int, Held] = field(default_factory=dict)
    """By number of a claim: the only condition that the text before its display states, if it may reach the claim."""
    doubted: Mapping[str, Condition] = field(default_factory=dict)
    """By doubt whether a condition holds at a claim: the condition."""
    has_bases: bool = False
    """Whether the text speaks of logarithms to a base."""
    has_partial_sums: bool = False
    """Whether it speaks of sums that leave something out."""
    has_penalties: bool = False
    """Whether it speaks of a term of a loss that depends on the weights alone."""
    has_other_layers: bool = False
    """Whether it speaks of a last layer that is made in another way than the others."""
    has_stacked_rows: bool = False
    """Whether it may write the rows of a matrix below each other, not its columns."""
    has_complex: bool = False
    """Whether it speaks of complex numbers."""
    is_summing: bool = False
    """Whether it leaves out the sums over repeated indices."""
    problems: tuple[tuple[int, str], ...] = ()
    """Lines of declarations that are not understood, with what was expected."""
    block_lines: Set[int] = frozenset()
    """The lines of all declarations."""
    made_of: Mapping[str, Mapping[int, Set[str]]] = field(default_factory=dict)
    """By letter and part: the letters in all equations for it."""
    beside_arguments: Mapping[str, Mapping[int, Set[str]]] = field(default_factory=dict)
    """By letter and part: the letters in all equations for it, but for its arguments there."""
    valued: Set[str] = frozenset()
    """Letters to which a sentence gives a number."""
    told_once: Set[str] = frozenset()
    """Letters for which there is one equation: they have one value, if it gives one."""
    recurrent: Set[str] = frozenset()
    """Letters of which an entry is made of other entries: c in c_t = f_t c_{t-1}."""
    places: Mapping[int, int] = field(default_factory=dict)
    """The number of the part of each piece, by its identity."""
    own: Set[int] | None = None
    """The pieces, by identity, whose relations are judged with it, if it has others as well; None means all."""
    alone: Callable[[Set[int]], Reading] | None = None
    """The reading of some pieces, by identity, as if the document had no other formulas."""
    afresh: Callable[[Set[int]], Reading] | None = None
    """The reading of the text from the first to the last of some pieces, by identity, as a document of its own."""
    without: Callable[[Set[int]], Reading] | None = None
    """The reading without some statements, by identity."""
    with_examples: Callable[[], Reading] | None = None
    """The reading in which letters of examples are made as those without a number."""

    @property
    def judged(self) -> tuple[ReadRelation, ...]:
        """The relations that are judged with it."""
        return tuple(filter(self.judges, self.entries))

    def judges(self, entry: ReadRelation) -> bool:
        """Whether a relation is judged with it."""
        return self.own is None or id(entry.statement.piece) in self.own


@dataclass(frozen=True, eq=False)
class Besides:
    """The rest of a document besides its formulas: its blocks, its sentences, and the numbers of pieces by identity."""

    block: Block
    stated: Stated
    numbers: Mapping[int, int]

    def has_defined(self, base: str, statement: Statement) -> bool:
        """Whether a block before a statement outside of blocks defines a name: no display defines it anew."""
        if self.is_in_block(statement) or self.block.defined.get(base, 1 << 60) >= self.numbers[id(statement.piece)]:
            return False
        heads = (chain.members[0] for _, _, chain in self.block.definitions)
        every = [head for head in heads if head is not None and base_of(head) == base]
        return not every or any(_has_scripts_of(statement.left, head) for head in every)

    def is_condition(self, statement: Statement) -> bool:
        """Whether a sentence makes a statement in it a condition, or denies it."""
        role = self.stated.roles.get(self.numbers[id(statement.piece)], "")
        return statement.piece.kind == "inline" and role in ("condition", "case", "denied")

    def is_in_block(self, statement: Statement) -> bool:
        """Whether a statement stands in a block."""
        return any(statement.piece is piece for _, piece, _ in self.block.definitions)


# What follows is private.


def _has_scripts_of(left: Written, head: Written) -> bool:
    """Whether a name has the scripts of one that a block defines, but for indices: not W for W^{(2)} := W."""
    (above, words), (own, others) = map(_scripts, (left, head))
    both = isinstance(above, Numeral) and isinstance(own, Numeral)
    return words == others and (above is None) == (own is None) and (above == own or not both)


def _scripts(written: Written) -> tuple[Written | None, frozenset[str]]:
    """The script above a name, without its brackets, and the words below it."""
    name = written.parts[0] if isinstance(written, Beside) else written
    if not isinstance(name, Scripted):
        return None, frozenset()
    above = name.upper.items[0] if isinstance(name.upper, Bracketed) else name.upper
    return above, frozenset(item.text for item in items_of(name.lower) if isinstance(item, Symbol) and item.is_word)
