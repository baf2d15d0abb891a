"""Costly terms of a claim, by names of their own, if some stand on both sides.

x' @ inverse(S) @ x has many terms in exact numbers. A step that leaves it as it is mostly holds for every number in its
place. So it gets a name, and the claim is tried with all values of this name first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import replace

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Definition, Derivation, Relation
from chainrule.documents.language.printing import text_of
from chainrule.documents.language.terms import Apply, Name, Term

COSTLY = frozenset({"inverse", "det"})
"""Operators whose values have many terms."""

NAMED = COSTLY | {"@", "trace"}
"""Operators of terms that get a name."""


def with_common_terms(derivation: Derivation, claim: Relation) -> Derivation | None:
    """The derivation with this claim alone, in which costly terms on both sides have names; None if there are none.

    >>> from chainrule.documents.language.parsing import derivation_of
    >>> from chainrule.documents.language.printing import relation_text
    >>> claim = "2 * (x' @ inverse(A) @ x) = det(A) + x' @ inverse(A) @ x"
    >>> found = derivation_of("size n; A : matrix n n; x : column n; claim: " + claim)
    >>> relation_text(with_common_terms(found, found.claims[0]).claims[0])
    'claim 1: 2 * _common1 = _common2 + _common1'
    """
    bound = {name for name, _ in claim.over}
    before, behind = _costly(claim.left, bound), _costly(claim.right, bound)
    both = _largest([each for each in before if each in behind])
    rest = [each for each in (*before, *behind) if not any(part in both for part in terms.every(each))]
    rest = [each for each in rest if not any(each in terms.every(other) for other in both)]
    if not both:
        return None
    largest = [*both, *_largest(rest)]
    names: dict[Term, Term] = {each: Name(f"_common{number}") for number, each in enumerate(largest, 1)}
    left, right = (terms.substituted(side, names.get) for side in (claim.left, claim.right))
    made = tuple(Definition(terms.base_of(name), each) for each, name in names.items())
    claim = replace(claim, left=left, right=right, follows=None)
    return replace(derivation, definitions=(*derivation.definitions, *made), claims=(claim,))


def in_full(text: str, derivation: Derivation) -> str:
    """A text in which the names of costly terms are these terms."""
    bodies = {each.name: each.body for each in derivation.definitions}
    return _NAME.sub(lambda match: text_of(bodies[match.group()]), text)


# What follows is private.

_NAME = re.compile(r"_common\d+\b")


def _costly(term: Term, bound: Set[str]) -> list[Term]:
    """The costly terms in a term that use no index which something binds."""
    inside = bound | {*terms.bound_in(term)}
    found = [each for part in terms.parts(term) for each in _costly(part, inside)]
    is_costly = any(isinstance(part, Apply) and part.operator in COSTLY for part in terms.every(term))
    if is_costly and isinstance(term, Apply) and term.operator in NAMED and not terms.free_names(term) & bound:
        found.append(term)
    return found


def _largest(found: Sequence[Term]) -> list[Term]:
    """The terms, each once, that are in no other one."""
    return [each for each in dict.fromkeys(found) if not any(each in terms.every(o) for o in found if o != each)]
