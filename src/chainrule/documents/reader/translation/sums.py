"""Terms with signs: how far sums reach over the next terms, and sums that are written with dots."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.documents.language.terms import Apply, Fold, Term
from chainrule.documents.reader.letters.meanings import Meanings
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import NotMeant
from chainrule.documents.reader.syntax.written import Written
from chainrule.documents.reader.translation.ellipses import between, index_for
from chainrule.documents.reader.translation.reach_of_sums import ends_in_sum, index_of_last_sum, uses, with_body
from chainrule.documents.reader.translation.spread_biases import spread_bias
from chainrule.documents.reader.translation.unclear_reach import before_sign


def signed_terms(meanings: Meanings, parts: Sequence[Written], signs: Sequence[int]) -> Term:
    """Terms with signs. A sum reaches over the next terms as long as they use its index.

    A sign behind that of a sum is its body's: the sum of -x.
    """
    if 0 in signs:
        raise NotMeant("plus or minus", parts[0].place)
    dots = [number for number, part in enumerate(parts) if isinstance(part, w.Dots)]
    if dots:
        return _over_dots(meanings, parts, signs, dots)
    found: Term | None = None
    at = 0
    while at < len(parts):
        part, sign, after = parts[at], signs[at], at + 1
        index = index_of_last_sum(part)
        begun = after + ends_in_sum(part)
        after = min(begun, len(parts))
        while index is not None and begun <= after < len(parts) and uses(parts[after], index):
            after += 1
        if after > begun:
            meanings.used.add("a sum reaches over the terms that use its index")
        if after > at + 1:
            part = with_body(part, parts[at + 1 : after], signs[at + 1 : after])
        if after < len(parts):
            before_sign(meanings, part, parts[after])
        term = meanings.term(part)
        if meanings.spread:
            term = spread_bias(meanings, part, term, parts)
        if found is None:
            found = term if sign > 0 else Apply("negative", (term,))
        else:
            found = Apply("+" if sign > 0 else "-", (found, term))
        at = after
    assert found is not None
    return found


# What follows is private.


def _over_dots(meanings: Meanings, parts: Sequence[Written], signs: Sequence[int], dots: Sequence[int]) -> Term:
    """a + x_1 + x_2 + ... + x_n: the terms before the dots go on up to the one behind them."""
    at = dots[0]
    if len(dots) > 1 or at == 0 or at + 1 >= len(parts) or signs[at + 1] != signs[at - 1]:
        raise NotMeant("an ellipsis", parts[at].place)
    last = meanings.term(parts[at + 1])
    first, begin = meanings.term(parts[at - 1]), at - 1
    index = index_for(first, last)
    found = between(first, last, index)
    while begin > 0 and found is not None:
        before = between(meanings.term(parts[begin - 1]), last, index)
        if before is None or before[0] != found[0] or signs[begin - 1] != signs[at - 1]:
            break
        found, begin = before, begin - 1
    if found is None:
        raise NotMeant("an ellipsis", parts[at].place)
    body, low, high = found
    total: Term = Fold("sum", index, low, high, body)
    if signs[at - 1] < 0:
        total = Apply("negative", (total,))
    if begin:
        total = Apply("+", (signed_terms(meanings, parts[:begin], signs[:begin]), total))
    if at + 2 < len(parts):
        rest = signed_terms(meanings, parts[at + 2 :], signs[at + 2 :])
        total = Apply("+", (total, rest))
    return total
