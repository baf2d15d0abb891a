r"""Chains that end with a new name: after \partial f/\partial z_j = e^{z_j} / \sum_i e^{z_i} = s_j, s_j is this."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chainrule.documents.reader.structure.statements import DEFINING, Statement
from chainrule.documents.reader.syntax.parts_written import base_letter, items_of, letters_of
from chainrule.documents.reader.syntax.written import Scripted, Symbol, Written, WrittenChain


def with_named_values(statements: Sequence[Statement], chains: Iterable[WrittenChain]) -> list[Statement]:
    """The statements, in which an equation defines the name on its right if nothing else can.

    Such a name has indices, first stands there, and begins no other equation. It names a value that has one already.
    """
    begun = {base_letter(each.left) for each in statements if each.relation in DEFINING and not each.number}
    first = dict[str, Written]()
    for member in (member for chain in chains for member in chain.members if member is not None):
        for letter in letters_of(member):
            first.setdefault(letter, member)
    found = list[Statement]()
    for each in statements:
        letter, right = base_letter(each.right), each.right
        is_named = each.relation == "=" and each.number > 0 and _is_entry(right) and not _is_entry(each.left)
        if is_named and first.get(letter) is right and letter not in begun:
            each = replace(each, left=right, relation=":=", right=each.left, head=None, number=0, is_name=True)
        found.append(each)
    return found


# What follows is private.


def _is_entry(written: Written) -> bool:
    """Whether it is a letter with letters of indices below, and nothing else."""
    match written:
        case Scripted(base=Symbol(is_word=False), lower=Written() as lower, upper=None, primes=0):
            return all(isinstance(each, Symbol) and not each.is_word for each in items_of(lower))
    return False
