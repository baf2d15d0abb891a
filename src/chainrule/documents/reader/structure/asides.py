"""Relations in sentences that are neither definitions nor claims, and what they leave uncertain.

Such a formula may say what a name is. So a claim with this name is doubted; and where something is differentiated,
nothing is proved of it, for a name that is tied to others moves with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Relation
from chainrule.documents.language.name_uses import Names
from chainrule.documents.reader.letters.suffixed_names import letter_of, name_as_written
from chainrule.documents.reader.structure.statements import Statement
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.parts_written import all_parts, base_name, letters_of


@dataclass(frozen=True, eq=False)
class Aside:
    """A relation in a sentence, and the number of its piece."""

    place: int
    statement: Statement

    @property
    def letters(self) -> frozenset[str]:
        """The names in it."""
        return letters_of(self.statement.left) | letters_of(self.statement.right)

    @property
    def words(self) -> str:
        """The formula and its line."""
        line = self.statement.line
        return f"'{self.statement.piece.text}' in line {line}"

    @property
    def tied(self) -> str:
        """The name that it makes depend on others; nothing if it gives a number."""
        left = self.statement.left
        base = left.base if isinstance(left, w.Scripted) else left
        if not isinstance(base, w.Symbol) or self.statement.relation not in ("=", ":=") or self.is_update:
            return ""
        others = letters_of(self.statement.right) - {base_name(base)}  # not z = [z_1, z_2], nor v = 11
        return base_name(base) if others else ""

    @property
    def is_update(self) -> bool:
        """Whether it gives a name a new value, made of the old one: w := w - a dw."""
        return self.statement.relation == ":=" and self.statement.left in all_parts(self.statement.right)

    @property
    def is_whole(self) -> bool:
        """Whether its name is another one with a superscript: W = W^{(1)} W^{(2)} says nothing of W^{(l)}."""
        uppers = [part for part in all_parts(self.statement.right) if isinstance(part, w.Scripted) and part.upper]
        return any(part.base == self.statement.left for part in uppers)


def doubts_of(
    asides: Sequence[Aside], place: int, about: Set[str], used: Set[int], declared: Set[str]
) -> Iterator[str]:
    """The doubts about a claim at a place, about some names.

    Parameters
    ----------
    asides : sequence of Aside
    place : int
    about : set of str
    used : set of int
        The pieces whose conditions the claim stands under.
    declared : set of str
        The names whose kinds are known.
    """
    for each in asides:
        declares = each.statement.relation in ("in", ":") and each.letters & declared
        if each.place < place and each.place not in used and not declares and each.letters & about:
            yield f"whether {each.words} holds here"


def bar_of(asides: Sequence[Aside], claim: Relation, place: int, names: Names, indices: Set[str]) -> str:
    """The reason why nothing is proved of a claim with derivatives; nothing if there is none."""
    used = names.used_in(claim)
    bodies = [names.definitions[name].body for name in used if name in names.definitions]
    every = [part for term in (claim.left, claim.right, *bodies) for part in terms.every(term)]
    if any(isinstance(part, terms.Slope | terms.Differential) for part in every):
        free = used - names.definitions.keys()
        letters = {letter_of(name) for name in free} - indices
        alone = {name_as_written(name) for name in free} - indices
        moved = {letter_of(part.moved) for part in every if isinstance(part, terms.Slope)}
        for each in asides:
            plain = isinstance(each.statement.left, w.Symbol) and each.tied not in letters_of(each.statement.right)
            alone_moves = plain and moved == {each.tied} and not each.letters & (letters - moved)  # d/dR, with R = A X
            if each.place < place and not alone_moves and each.tied in (alone if each.is_whole else letters):
                return f"{each.words} may say what {each.tied} depends on"
    return ""
