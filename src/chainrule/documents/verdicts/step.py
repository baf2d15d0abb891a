"""One relation of a document with its verdict."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.documents.evidence.findings import Finding
from chainrule.documents.language.derivation import Relation
from chainrule.documents.verdicts.verdict import Verdict


@dataclass(frozen=True, eq=False)
class Step:
    """A relation of a document, with what is known about it.

    Attributes
    ----------
    line, column : int
        The place of the relation's sign, from 1; in a notebook within the cell.
    cell : int or None
        The number of the notebook's cell, from 0.
    text : str
        The formula around the sign, as it is written.
    sign : str
        The relation: "=", "<=".
    verdict : Verdict
    reason : str
        Why it is not read, does not fit, or is undecided.
    finding : Finding or None
        The evidence, for what was read as a claim.
    doubts : tuple of str
        Why the document might mean something else here.
    claim : Relation or None
        The claim in the strict language.
    """

    line: int
    column: int
    cell: int | None
    text: str
    sign: str
    verdict: Verdict
    reason: str = ""
    finding: Finding | None = None
    doubts: tuple[str, ...] = ()
    claim: Relation | None = None
