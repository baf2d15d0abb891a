"""The record of a document's sentences: kinds and facts of names, conditions and how far they reach, and denials."""

from __future__ import annotations

from dataclasses import dataclass, field

from chainrule.documents.reader.declaring.declarations import Declared, base_of
from chainrule.documents.reader.prose.hypotheses import Hypothesis, Renewal
from chainrule.documents.reader.prose.stationary_words import Zeroing
from chainrule.documents.reader.syntax.written import Comparing, Numeral, Scripted, Symbol, Written

RELATIONS = frozenset({"=", "!=", "<", "<=", ">", ">="})


@dataclass
class Stated:
    """The statements of all sentences.

    Attributes
    ----------
    declared : list of Declared
    hypotheses : list of Hypothesis
    roles : dict
        By number of an inline piece: "condition", "denied", "past", "claimed", "concluded", "assumed", or nothing.
    """

    declared: list[Declared] = field(default_factory=list)
    hypotheses: list[Hypothesis] = field(default_factory=list)
    roles: dict[int, str] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)
    """Letters that are said to be the label or the class of an example."""
    bounds: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """By number of an inline piece: the first and the last piece of its sentence, and the end of its section."""
    hedged: set[int] = field(default_factory=set)
    """Numbers of inline pieces of which their sentence goes on with "but": it says more than the formula."""
    of_some: dict[int, tuple[str, frozenset[str]]] = field(default_factory=dict)
    """By number of a piece: the word in its sentence that chooses numbers, and their letters, as in "for odd n"."""
    zeroings: list[Zeroing] = field(default_factory=list)
    """The words that set a derivative to zero, in their order."""
    renewals: list[Renewal] = field(default_factory=list)
    constraints: set[int] = field(default_factory=set)
    """Numbers of formulas that are constraints: subject to u^T u = 1."""
    equations: set[int] = field(default_factory=set)
    """Numbers of displays whose equation the words before them suppose, or solve."""
    more: dict[str, int] = field(default_factory=dict)
    """By letter: the line that says more of its entries than is understood."""
    in_words: dict[str, int] = field(default_factory=dict)
    """By letter: the line that says in words what it is made of, as the largest entry."""
    called_wrong: set[int] = field(default_factory=set)
    """Numbers of displays of which the words before them say that they do not hold."""
    consequences: set[int] = field(default_factory=set)
    """Numbers of inline pieces that follow from the condition of their sentence: if a = b, then c = d."""
    following: set[int] = field(default_factory=set)
    """Numbers of displays of which the words before them say no more than that they follow from what is before."""
    values: set[int] = field(default_factory=set)
    """Numbers of displays in which sentences give letters their values in an example: take w = 2."""
    suppositions: set[int] = field(default_factory=set)
    """Numbers of inline pieces whose condition gives a letter a value in its section: if p = softmax(z)."""
    members: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By letter whose vectors are rows or columns of a matrix: the matrix, and the axis of the index that chooses.

    If the text tells several of a letter, the matrix is "".
    """
    ones: set[str] = field(default_factory=set)
    """Letters of the entries of one-hot vectors that are 1."""
    said: dict[str, set[str]] = field(default_factory=dict)
    """By letter: the usual functions that it is said to be; nothing for anything else that it is said to be."""
    general: set[int] = field(default_factory=set)
    """Numbers of pieces that speak of all cases."""
    nabla_is_row: bool = False
    """Whether nabla of a number is said to be a row: \\nabla f(x) \\in R^{1 \\times n}."""

    def ones_given(self) -> set[str]:
        """Letters of the entries that equations set to 1, of vectors that words call one-hot: y_c = 1."""
        one_hot = {base_of(each.subject) for each in self.hypotheses if each.fact == "one-hot"}
        found = set[str]()
        for each in self.hypotheses:
            match each.subject:
                case Comparing(
                    members=(
                        Scripted(base=Symbol() as base, lower=Symbol() as label, upper=None),
                        Numeral(value=value),
                    ),
                    relations=("=",),
                ) if value == 1 and base_of(base) in one_hot:
                    found.add(base_of(label))
        return found

    def know(self, name: Written, fact: str, end: int) -> None:
        """Enter a fact about a name that holds in the whole document of so many pieces."""
        self.hypotheses.append(Hypothesis(name, fact, 0, end, True, 1, f"{base_of(name)} is {fact}"))
