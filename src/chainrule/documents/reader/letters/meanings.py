"""Meanings of the letters of a document, under one reading of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from chainrule.documents.language.dimensions import OPEN
from chainrule.documents.language.terms import Condition, Name, Term
from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.syntax.known_words import ARGUMENT
from chainrule.documents.reader.syntax.written import Written


@dataclass(eq=False)
class Meanings(ABC):
    """The meanings of letters in one document, under one reading.

    Parameters
    ----------
    inventory : Inventory
    functions : mapping
        Names that are functions, with the names of their parameters; none if only the number is known.
    layers : set of str
        Superscripts that are parts of names: l in a^l.
    layout : str
        "rows" if derivatives of numbers by columns are rows, "columns" if those of columns by columns have inputs as
        rows, "transposed" for both, and nothing for neither.

    Attributes
    ----------
    used : set of str
        What the reading of the last formula rests on, in words.
    indexed : set of str
        Functions whose values have entries. An index of any other function is that of its argument: g_j(z_j) is g(z_j).
    standing : mapping
        The letters of standard arrays, such as I, with their shapes, or nothing if none is stated.
    differentials : bool
        Whether d is the sign of a differential.
    redefined : set of str
        Signs between factors to which the text gives another meaning.
    euler : bool
        True if e with a superscript is a power of Euler's number.
    of_numbers_alone : bool
        True in a formula without letters but e, which is that number there.
    singles : set of str
        Letters that without an index mean the number of one example.
    events : dict
        Values such as P(y = 1 | x), each by what is written, with its number.
    aliases : mapping
        Other names for letters that mean something else here.
    arities : mapping
        The numbers of parameters with which names are defined; with several numbers they are several functions.
    values : dict
        Names that are written with arguments, by which they are not defined: J(w), made of z(w); with the letters in
        each part.
    pairs : set of int
        The identities of the sums of the statement that run over both letters of their condition.
    outer : set of str
        Letters of the first side of a chain that no sum binds.
    defined : set of str
        The letters for which an equation of the document may be a definition.
    defined_above : set of str
        Those for which it is one with a superscript in brackets, z^{(i)}.
    of_matrices : set of str
        Functions that a block declares with a matrix for an argument.
    of_numbers : set of str
        Functions of several numbers. They are differentiated by numbers.
    lettered : set of str
        Letters of indices that name layers: then z_j and z_k are different things.
    latest : mapping
        By name: the function that was defined last, of those with several numbers of parameters.
    shortened : dict
        By letter: its only function, h_theta, where the text also calls the letter alone, as in h(x).
    rules : mapping
        By name: a rule of the package with its options, and one of its functions.
    sizes : mapping
        By name: the sizes that a block declares to be numbers or made of others.
    ranges : mapping
        By name: the sizes of indices that a block declares.
    stated : mapping
        By name: the ends of the ranges that the text states for the indices of a statement.
    labels : set of str
        Letters of indices of which the text says from which numbers they are.
    two_valued : mapping
        By letter that a block declares to be 1 or -1, or 0 or 1, and whether it does so with scripts: these numbers.
    nabla_is_row : bool
        True if nabla of a number is a row, which grad never is.
    apart : dict
        By name of a function: its indices in a statement, and whether these stand in its arguments, too.
    with_arguments : dict
        By letter: the letters in brackets behind a value that nothing defines, F(x). It moves with them.
    depends : dict
        By name of a value: the names in brackets behind it where the document says what it is.
    spread : mapping
        Letters that are added to each row, or to each column, of matrices, with "rows" or "columns".
    columns : set of str
        Names that are declared as columns.
    spread_names : dict
        The names of these that are met, with the same words.
    bound : set of str
        The parameters of the function that a statement defines: there they are nothing else.
    by_number : set of str
        Letters of several matrices, D_t, that are functions of their number.
    """

    inventory: Inventory
    functions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    layers: Set[str] = frozenset()
    layout: str = ""
    used: set[str] = field(default_factory=set)
    indexed: Set[str] = frozenset()
    standing: Mapping[str, tuple[Term, ...]] = field(default_factory=dict)
    euler: bool = True
    of_numbers_alone: bool = False
    differentials: bool = False
    redefined: Set[str] = frozenset()
    singles: Set[str] = frozenset()
    events: dict[tuple[str, ...], int] = field(default_factory=dict)
    of_examples: dict[str, tuple[str, tuple[str, ...], Mapping[str, Term]]] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    arities: dict[str, set[int]] = field(default_factory=dict)
    latest: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[int, tuple[str, ...]]] = field(default_factory=dict)
    of_numbers: set[str] = field(default_factory=set)
    of_matrices: set[str] = field(default_factory=set)
    defined: Set[str] = frozenset()
    defined_above: Set[str] = frozenset()
    outer: Set[str] = frozenset()
    pairs: Set[int] = frozenset()
    lettered: Set[str] = frozenset()
    shortened: dict[str, str] = field(default_factory=dict)
    rules: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    sizes: Mapping[str, Term] = field(default_factory=dict)
    ranges: Mapping[str, Term] = field(default_factory=dict)
    stated: Mapping[str, Term] = field(default_factory=dict)
    labels: Set[str] = frozenset()
    two_valued: Mapping[tuple[str, bool], tuple[int, int]] = field(default_factory=dict)
    nabla_is_row: bool = False
    depends: dict[str, tuple[str, ...]] = field(default_factory=dict)
    with_arguments: dict[str, set[str]] = field(default_factory=dict)
    apart: dict[str, dict[tuple[Term, ...], bool]] = field(default_factory=dict)
    spread: Mapping[str, str] = field(default_factory=dict)
    columns: Set[str] = frozenset()
    spread_names: dict[str, str] = field(default_factory=dict)
    bound: Set[str] = frozenset()
    by_number: Set[str] = frozenset()
    _fresh: int = 0

    def named(self, base: str, alone: bool = False) -> str:
        """The name that a letter has here; `alone` without a subscript."""
        return f"{base}__one" if alone and base in self.singles else self.aliases.get(base, base)

    def is_told(self, name: str) -> bool:
        """Whether a definition or a declaration says something of a name."""
        return name in self.defined or name in self.inventory.declared

    def with_arity(self, name: str, base: str, count: int) -> str:
        """The name of the function of so many arguments, where functions of other numbers have the same letter."""
        several = count and len(self.arities.get(base, ())) > 1 and count != min(self.arities[base])
        return f"{name}__of_{count}" if several else name

    def open_size(self, index: str) -> Term:
        """The size of the range of an index: that of its declaration, one that the text states, or an unknown one."""
        if index in self.ranges:
            return self.ranges[index]
        if index in self.stated:
            return self.stated[index]
        self._fresh += 1
        return Name(f"{OPEN}{index}{self._fresh}")

    def new_letter(self) -> str:
        """A letter for the argument of a function."""
        self._fresh += 1
        return f"{ARGUMENT}at_{self._fresh}"

    @abstractmethod
    def term(self, written: Written) -> Term:
        """The term that a formula means."""

    @abstractmethod
    def index(self, written: Written) -> Term:
        """The term of an index."""

    @abstractmethod
    def condition(self, written: Written) -> Condition | None:
        """The condition that a formula states; None if it states none."""
