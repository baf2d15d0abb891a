"""Defects of the checker itself: one ends no document, but costs the statement on which it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chainrule.documents.defects import in_words
from chainrule.documents.language.derivation import Derivation, Relation
from chainrule.documents.language.terms import ZERO

NOTHING = Relation(ZERO, "=", ZERO)
"""The claim in the place of one that is left out."""


def failure(error: Exception) -> str:
    """A defect in words.

    >>> failure(KeyError("x"))
    "the reader failed (KeyError: 'x'); please report it with the text"
    """
    return f"the reader failed ({in_words(error)}); please report it with the text"


def without_failures(
    derivation: Derivation, use: Callable[[Derivation], object]
) -> tuple[Derivation, dict[int, str], dict[str, str]]:
    """The derivation without the claims and definitions on which its use fails.

    Parameters
    ----------
    derivation : Derivation
    use : callable

    Returns
    -------
    derivation : Derivation
        `NOTHING` stands for claims that are left out, so that the numbers of the others stay.
    claims : dict
        Their numbers, with the reasons.
    definitions : dict
        The names whose definitions are left out, with the reasons.
    """
    if not _fails(derivation, use):
        return derivation, {}, {}
    bare, names = replace(derivation, claims=(), assumptions=()), dict[str, str]()
    if _fails(bare, use):
        every = derivation.definitions
        names = {each.name: why for each in every if (why := _fails(replace(bare, definitions=(each,)), use))}
        bare = replace(bare, definitions=tuple(each for each in every if each.name not in names))
        if _fails(bare, use):
            names, bare = dict.fromkeys((each.name for each in every), _fails(bare, use)), replace(bare, definitions=())
    alone = [replace(bare, claims=(claim,)) for claim in derivation.claims]
    numbers = {number: why for number, each in enumerate(alone) if (why := _fails(each, use))}
    claims = tuple(NOTHING if number in numbers else claim for number, claim in enumerate(derivation.claims))
    found = replace(bare, claims=claims, assumptions=derivation.assumptions)
    return (replace(found, assumptions=()) if _fails(found, use) else found), numbers, names


# What follows is private.


def _fails(derivation: Derivation, use: Callable[[Derivation], object]) -> str:
    """How the use of a derivation fails; nothing if it does not."""
    try:
        use(derivation)
    except Exception as error:  # any error of the reader on this part shows that it fails
        return failure(error)
    return ""
