"""Evidence for or against a claim: a status, the sizes to which it applies, and perhaps a counterexample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from chainrule.documents.language.derivation import Relation
from chainrule.documents.language.terms import Comparison

Place: TypeAlias = Mapping[str, int]
"""The numbers of the indices of a claim."""

HOLDS = ("proved", "verified")
"""The statuses of equations that hold."""

NOT_EQUAL = "the sides are not equal, and an approximation is not decided"
AT_KINK = "no derivative is taken at a kink"
NEARLY = "not all digits that are printed agree, which may be so where numbers before were rounded"


@dataclass(frozen=True)
class Counterexample:
    """A point at which the sides of a claim differ.

    Attributes
    ----------
    sizes, indices : mapping
        Numbers by name.
    values : mapping
        The numbers of each free name that the claim depends on, as text.
    left, right : str
        The sides there.
    functions : mapping
        The known functions that were taken for unknown ones, in words.
    """

    sizes: Mapping[str, int]
    indices: Mapping[str, int]
    values: Mapping[str, str]
    left: str
    right: str
    functions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Setting:
    """A claim where equations hold that the document assumes.

    Attributes
    ----------
    claim : Relation
        The claim with the equations among its conditions.
    equations : tuple of Comparison
    where : str
        The equations in words.
    assumed : str
        What has to be right besides; nothing if nothing has.
    both : bool
        True if the equations have to follow from the claim, too.
    settles : set of str
        The doubts about the claim to which a point where the equations hold is the answer; none if the document may
        mean something else by them.
    """

    claim: Relation
    equations: tuple[Comparison, ...]
    where: str
    assumed: str = ""
    both: bool = False
    settles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Finding:
    """The result of a search for evidence for or against a claim.

    Attributes
    ----------
    status : str
        "proved" for all values at some sizes; "verified", for an equation that holds at all points that were tried;
        "held", for another relation that does; "differs", "undefined" or "undecided"; "proved if" and "verified if"
        where it differs, and holds under assumptions.
    sizes : tuple of mapping
        The choices of sizes to which this applies.
    inside_only : bool
        True if nothing is proved of the borders between cells.
    exceptions : tuple of str
        Numbers that are not 0 where this is proved.
    points : int
        The number of points that were tried.
    counterexample : Counterexample or None
    held, failed : tuple of mapping
        Indices for which the claim holds, and for which it does not, where both happen.
    note : str
        Where one side is defined and the other is not.
    reason : str
        Why nothing is known.
    assumed : tuple of str
        What is assumed that the text does not say.
    free : frozenset of str
        Defined names that were free: it holds for all values of them, however they are defined.
    supposed : str
        The name of a loss that is assumed to be what the other side differentiates.
    with_both : bool
        True if it also holds with the second definitions of names that are defined anew.
    where : str
        Equations of the document under which alone it holds, or under which it differs, too.
    both : bool
        True if these also follow from it.
    settled : set of str
        The doubts about the claim to which the counterexample is the answer.
    constants : tuple of str
        The floats in code that were read as simple numbers.
    of_chain : bool
        True if a step before it in its chain is wrong, and it follows from the beginning of the chain.
    """

    status: str
    sizes: tuple[Mapping[str, int], ...] = ()
    inside_only: bool = False
    exceptions: tuple[str, ...] = ()
    points: int = 0
    counterexample: Counterexample | None = None
    held: tuple[Mapping[str, int], ...] = ()
    failed: tuple[Mapping[str, int], ...] = ()
    note: str = ""
    reason: str = ""
    assumed: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    of_chain: bool = False
    free: frozenset[str] = frozenset()
    supposed: str = ""
    with_both: bool = False
    where: str = ""
    both: bool = False
    settled: frozenset[str] = frozenset()
