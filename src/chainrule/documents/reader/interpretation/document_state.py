"""A document under some hypotheses, and what is read of it so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import pairwise

from chainrule.documents.language.derivation import Definition, Derivation, Kind, Relation
from chainrule.documents.language.dimensions import OPEN
from chainrule.documents.language.terms import Condition, Name, Term
from chainrule.documents.reader.interpretation.readings import Besides, ReadRelation
from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.prose.conditions_stated import Held
from chainrule.documents.reader.structure.asides import Aside
from chainrule.documents.reader.structure.document_parts import Scopes
from chainrule.documents.reader.structure.statements import Statement
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.translation.elaboration import Elaborator
from chainrule.documents.sources.pieces import Piece

SUPPOSED = ("condition", "case", "denied", "past", "assumed")
"""Roles that sentences give to formulas which they do not claim."""


@dataclass(eq=False)
class DocumentState:
    """A document under some hypotheses about it, and what is declared, defined and claimed so far.

    Parameters
    ----------
    inventory : Inventory
    statements : sequence of Statement
    besides : Besides
    scopes : Scopes
    aliases : mapping
        By part: other names for letters that mean something else there.
    layout : str
        "rows" if gradients of numbers by columns are rows, "columns" if Jacobians have inputs as rows, "transposed" if
        both; "" for neither.
    layout_told : str
        The layout that the document tells.
    rows : bool
        True if vectors are rows.
    singles : set of str
        Letters without their index that are the value of one example.
    losses : bool
        True if functions without a definition take a vector.
    tries : bool
        Whether derivatives that sentences give under their conditions are claims, and identities between equivalences.
    untried : set
        The statements, by their keys, of which this does not count.
    elsewhere : set of str
        Letters that statements define which are left out here: none is a constant or a standard array, or has a value
        that a sentence assumes.
    distrusted : set of str
        Names that are not what sentences say of them, for their shapes do not fit it.
    turned : set of str
        Letters whose members are the vectors along the other axis than their indices suggest.
    lone : set of str
        Letters that are one vector, though members of them seem to be vectors.
    apart : set of str
        Letters that without an index are a vector of their own, beside the vectors that have one.
    flipped : set of str
        Letters of examples that are numbers though they seem to be vectors, or the other way round.
    numbers : set of str
        Letters of which nothing is said that are numbers: each is added to the entries of a vector.
    one_row : set of str
        Names of matrices of which nothing is said that have one row.
    same_sizes : set of (str, str)
        Sizes that an equation in the text makes one size.
    spread : mapping
        Letters of biases that are added to each row, or to each column, of matrices, with "rows" or "columns".
    by_number : set of str
        Letters of several matrices, D_t, that are functions of their number.
    units : bool
        Whether e with an index is a unit vector.
    lettered : set of str
        Letters of indices that name layers.
    examples : bool
        Whether letters of examples are made as those without a number.
    disputed : mapping
        By letter: the doubt about every claim that uses it.
    of_blocks : set of str
        The names that blocks define.
    zeros : list of int
        The claims that something is 0.
    maybe, doubted : dict
        As in `Reading`.
    supposed_equations : dict
        By claim that is an equation which the text supposes or solves: the part in which it holds.
    cases : set of str
        Functions that are defined case by case.
    fixed : set of str
        The names of letters to which a condition gives a value in its part.
    supposed : dict
        By letter that a sentence defines for what follows: the doubt about claims outside of some pieces, and these.
    """

    inventory: Inventory
    statements: Sequence[Statement]
    besides: Besides
    scopes: Scopes = field(default_factory=Scopes)
    aliases: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    capitals: Mapping[str, str] = field(init=False)
    equivalences: Set[int] = field(init=False)
    layout: str = ""
    layout_told: str = ""
    rows: bool = False
    singles: Set[str] = frozenset()
    losses: bool = False
    distrusted: Set[str] = frozenset()
    turned: Set[str] = frozenset()
    lone: Set[str] = frozenset()
    apart: Set[str] = frozenset()
    flipped: Set[str] = frozenset()
    numbers: Set[str] = frozenset()
    one_row: Set[str] = frozenset()
    spread: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Set[str] = frozenset()
    same_sizes: Set[tuple[str, str]] = frozenset()
    by_number: Set[str] = frozenset()
    units: bool = False
    lettered: Set[str] = frozenset()
    examples: bool = False
    tries: bool = False
    untried: Set[tuple[int, tuple[int, int]]] = frozenset()
    elaborator: Elaborator = field(init=False)
    looping: set[str] = field(default_factory=set)
    definitions: dict[str, Definition] = field(default_factory=dict)
    of_blocks: set[str] = field(default_factory=set)
    written: dict[str, w.Written] = field(default_factory=dict)
    targets: dict[str, w.Written] = field(default_factory=dict)
    said: dict[str, list[tuple[w.Written, set[str]]]] = field(default_factory=dict)
    moved: dict[int, dict[str, str]] = field(default_factory=dict)
    labels: dict[str, Term] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    again: dict[str, int] = field(default_factory=dict)
    claims: list[Relation] = field(default_factory=list)
    entries: list[ReadRelation] = field(default_factory=list)
    kinds: dict[str, Kind] = field(default_factory=dict)
    places: list[int] = field(default_factory=list)
    defined_at: dict[str, int] = field(default_factory=dict)
    asides: list[Aside] = field(default_factory=list)
    bars: dict[int, str] = field(default_factory=dict)
    problems: list[tuple[int, str]] = field(default_factory=list)
    sizes: dict[str, Term] = field(default_factory=dict)
    disputed: Mapping[str, str] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)
    supposed: dict[str, tuple[str, range]] = field(default_factory=dict)
    rounded: set[int] = field(default_factory=set)
    zeros: list[int] = field(default_factory=list)
    maybe: dict[int, Held] = field(default_factory=dict)
    doubted: dict[str, Condition] = field(default_factory=dict)
    supposed_equations: dict[int, int] = field(default_factory=dict)
    cases: set[str] = field(default_factory=set)
    later: dict[int, dict[str, str]] = field(default_factory=dict)
    fresh: int = 0

    def __post_init__(self) -> None:
        self.problems = list(self.besides.block.errors)
        arrays, columns = set(self.inventory.arrays), set(self.inventory.written_out)
        self.inventory = replace(
            self.inventory, declared={}, arrays=arrays, written_out=columns, from_zero=set(), single_numbers=set()
        )
        matrices = self.besides.block.matrices
        self.inventory = replace(
            self.inventory, matrices=matrices, turned=self.turned, lone=self.lone, apart=self.apart,
            flipped=self.flipped,
        )  # fmt: skip
        self.equivalences = {id(each.piece) for each in self.statements if each.relation == "<=>"}
        displayed = [each for each in self.statements if each.piece.kind == "display"]
        self.premises = {id(one) for one, other in pairwise(displayed) if other.led and not (one.led or one.number)}
        self.capitals = self.inventory.capitals
        self.later = self.besides.block.renamed()

    def number_of(self, statement: Statement) -> int:
        """The number of a statement's piece in the document."""
        return self.besides.numbers[id(statement.piece)]

    def role_of(self, statement: Statement) -> str:
        """The role that sentences give to a statement's formula."""
        return self.besides.stated.roles.get(self.number_of(statement), "")

    def part_of(self, piece: Piece) -> int:
        """The number of the part in which a piece stands."""
        return self.scopes.parts.get(id(piece), 0)

    def aliases_in(self, part: int, number: int) -> dict[str, str]:
        """The other names that letters have in a part, at a piece."""
        names, others = self.scopes.names.get(part, {}), self.aliases.get(part, {})
        if self.lettered:
            names = {name: other for name, other in names.items() if not self.inventory.has_entries(name)}
        for each in self.besides.stated.renewals:
            before = self.defined_at.get(names.get(each.letter, each.letter), each.place)
            if each.is_any and before < each.place <= number:
                others = {**others, each.letter: f"{each.letter}__line_{each.line}"}
        blocks = self.later.get(max((each for each in self.later if each <= number), default=-1), {})
        return {**self.capitals, **names, **others, **self.moved.get(part, {}), **blocks}

    def name_in_block(self, name: str, piece: int) -> str:
        """The name that a block's name has, if an earlier one has it, too."""
        return self.later.get(piece, {}).get(name, name)

    def fresh_size(self, name: str) -> Name:
        """A size that nobody says, of something with a name."""
        self.fresh += 1
        return Name(f"{OPEN}{name}{self.fresh}")

    @property
    def letters(self) -> frozenset[str]:
        """The names of all indices."""
        return frozenset(map(self.inventory.index_name, self.inventory.indices))

    def all_names(self) -> set[str]:
        """The names in all definitions and claims so far, outside of blocks."""
        definitions = (each for name, each in self.definitions.items() if name not in self.of_blocks)
        read = Derivation(definitions=tuple(definitions), claims=tuple(self.claims))
        return {part.text for part in read.parts if isinstance(part, Name)}

    def doubt(self, claim: int, doubts: frozenset[str]) -> None:
        """Enter doubts about a claim, by its number."""
        for place, entry in enumerate(self.entries):
            if entry.claim == claim:
                self.entries[place] = replace(entry, rests_on=entry.rests_on | doubts)
