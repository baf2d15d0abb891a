"""Numbers that are printed to some decimals: 2/3 ≈ 0.667.

A number rounds to what is printed if it is at most half a unit of the last decimal away. Where it is further away,
numbers before it may be rounded; so the printed one is wrong only if it is ten units away.
"""

from __future__ import annotations

from fractions import Fraction

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Relation
from chainrule.documents.language.terms import Number, is_printed

FAR = 10
"""Units of the last decimal that no rounding before explains."""


def tolerances(claim: Relation) -> tuple[Fraction, Fraction | None] | None:
    """How near a number is that rounds to a printed side, and how far one that does not; None without such a side.

    The numbers of a table may have more decimals or fewer: near is what the finest asks for, far what the coarsest
    does. Whole numbers may stand for tens or hundreds, and are far from nothing.

    >>> from chainrule.documents.language.parsing import derivation_of
    >>> [tolerances(claim) for claim in derivation_of("claim: exp(1) ~ 2.718; claim: exp(1) ~ e").claims]
    [(Fraction(1, 2000), Fraction(1, 100)), None]
    """
    for side in (claim.right, claim.left):
        if is_printed(side):
            decimals = [part.decimals for part in terms.every(side) if isinstance(part, Number)]
            fewest = min(decimals)
            return Fraction(1, 2 * 10 ** max(decimals)), Fraction(FAR, 10**fewest) if fewest else None
    return None
