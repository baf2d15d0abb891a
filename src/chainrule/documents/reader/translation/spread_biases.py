"""Biases that are added to each row, or to each column, of a matrix, as code does it: Z = X W + b."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chainrule.documents.language.terms import Apply, Call, Name, Term
from chainrule.documents.reader.letters.meanings import Meanings
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.parts_written import all_parts, base_letter
from chainrule.documents.reader.syntax.written import Written

BIASES = frozenset({"b", "c", "beta", "bias"})
"""Letters of biases."""


def biases_in(sides: Iterable[Written]) -> set[str]:
    """The letters of biases that are added to products of matrices in some formulas."""
    sums = (part.terms for side in sides for part in all_parts(side) if isinstance(part, w.Signed))
    added = (base_letter(term) for each in sums if any(map(_is_product, each)) for term in each)
    return {*BIASES} & {*added}


def spread_bias(meanings: Meanings, part: Written, term: Term, parts: Sequence[Written]) -> Term:
    """The term of a sum; if it is a bias beside a product of matrices, the matrix with the bias in each row or column.

    The bias of rows is a row, ones @ b, unless it is declared as a column, ones @ b'.
    """
    along = meanings.spread.get(base_letter(part), "")
    products = [each for each in parts if _is_product(each)]
    if not (along and isinstance(term, Name) and products) or any(_is_column(meanings, each) for each in products):
        return term
    meanings.spread_names[term.text] = along
    meanings.used.add(f"{base_letter(part)} is added to all {along}")
    ones = Call("ones", (meanings.open_size("ones"),))
    if along == "columns":
        return Apply("@", (term, Apply("'", (ones,))))
    return Apply("@", (ones, Apply("'", (term,)) if term.text in meanings.columns else term))


# What follows is private.


def _is_product(written: Written) -> bool:
    """Whether it is a product of which two factors are letters, and one a capital."""
    factors = written.parts if isinstance(written, w.Beside) else ()
    letters = list(filter(None, map(base_letter, factors)))
    return len(letters) > 1 and any(each[0].isupper() for each in letters)


def _is_column(meanings: Meanings, product: Written) -> bool:
    """Whether a product ends with a column, as W x does, so that it has one row only for each entry of the bias."""
    last = product.parts[-1] if isinstance(product, w.Beside) else product
    return isinstance(last, w.Symbol) and meanings.named(base_letter(last)) in meanings.columns
