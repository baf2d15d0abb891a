"""The verdicts, and the one table that gives them: evidence against certainty of the reading.

Nothing is called wrong unless the reading is certain and a point is printed where the sides differ. Nothing is called
proved unless the proof is for all values.
"""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.documents.evidence.findings import Finding


@dataclass(frozen=True)
class Verdict:
    """A word for what is known about a relation.

    Attributes
    ----------
    name : str
    decided : bool
        True if it says whether the relation is right.
    fault : bool
        True if it says that the relation is wrong.
    says : str
        One sentence about what it means.
    """

    name: str
    decided: bool = False
    fault: bool = False
    says: str = ""

    @property
    def holds(self) -> bool:
        """Whether it says that the relation holds, at the least where it was tried."""
        return self.name in ("proved", "verified", "held", "proved if")


VERDICTS = {
    verdict.name: verdict
    for verdict in (
        Verdict("proved", True, says="Both sides are equal for all values, at the sizes that are listed."),
        Verdict("verified", True, says="Both sides agree to the last digit at many points that were chosen to differ."),
        Verdict("held", says="It held at the points that were tried; there may be others."),
        Verdict("proved if", True, says="It follows if something is assumed that the text does not say."),
        Verdict("true for some indices", True, True, "It holds for some indices and fails for others."),
        Verdict("wrong", True, True, "The sides differ at the point that is shown."),
        Verdict(
            "wrong if read so",
            says="The sides differ if the formula means what is shown; the text may mean something else.",
        ),
        Verdict("does not fit", True, True, "The shapes of the sides do not fit, however it is read."),
        Verdict("does not fit if read so", says="The shapes do not fit if names are what they seem to be."),
        Verdict("undefined", says="A side has no value where it was tried."),
        Verdict("undecided", says="It is read, and neither proved nor refuted."),
        Verdict("not read", says="The formula has a part that is not understood."),
        Verdict("no definition", says="It uses a name whose definition is not understood."),
        Verdict("definition", says="It says what a name means; it claims nothing."),
        Verdict("hypothesis", says="It says what is assumed; it claims nothing."),
    )
}

TABLE: dict[str, tuple[str, str]] = {
    "proved": ("proved", "proved"),
    "verified": ("verified", "verified"),
    "held": ("held", "held"),
    "proved if": ("proved if", "proved if"),
    "verified if": ("proved if", "proved if"),
    "differs": ("wrong", "wrong if read so"),
    "does not fit": ("does not fit", "does not fit if read so"),
    "undefined": ("undefined", "undefined"),
    "undecided": ("undecided", "undecided"),
    "not read": ("not read", "not read"),
}
"""The verdict by evidence, for a certain reading and for an uncertain one."""


def verdict_of(finding: Finding, *, certain: bool, unread: bool = False) -> Verdict:
    """The verdict about a claim.

    Parameters
    ----------
    finding : Finding
    certain : bool
        True if the document can be read in no other way here.
    unread : bool
        True if the claim uses a name whose definition is not understood. What holds for all values of it holds.

    Examples
    --------
    >>> verdict_of(Finding("differs"), certain=False).name
    'wrong if read so'
    >>> verdict_of(Finding("proved"), certain=False, unread=True).name
    'proved'
    """
    if unread and finding.status != "proved":
        return VERDICTS["no definition"]
    if finding.status == "differs" and certain and finding.held and finding.failed:
        return VERDICTS["true for some indices"]
    return VERDICTS[TABLE[finding.status][0 if certain else 1]]
