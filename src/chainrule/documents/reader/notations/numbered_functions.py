r"""Functions that an index numbers, each at what has the same index, in a sum over it: L = \sum_t \ell_t(h_t).

They are read as one function whose first argument is the number, \ell(t, h_t), as nothing else is known of them. If the
letter also stands alone, as L in L = \sum_t L_t(h_t), the function is called \ell. The gradient \nabla \ell_t(h_t) and
the derivative \ell_t'(h_t) are those by h_t.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from chainrule.documents.reader.syntax.parts_written import base_name, letters_of, parts_of_chain
from chainrule.documents.reader.syntax.written import (
    NUMBERED,
    Beside,
    BigOperator,
    Bracketed,
    Differentiation,
    Scripted,
    Symbol,
    Written,
    WrittenChain,
    with_parts,
)

OTHERWISE = "ell"
"""The name of a function whose letter means something else without its index."""


def with_numbered_functions(chains: Mapping[int, list[WrittenChain]]) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, in which such functions have their number among the arguments."""
    every = [chain for found in chains.values() for chain in found]
    parts = [part for chain in every for part in parts_of_chain(chain)]
    bare = Counter(part.text for part in parts if isinstance(part, Symbol))
    numbered = Counter(map(_letter, parts))
    products = [part for part in parts if isinstance(part, Beside)]
    calls = [(_letter(part.parts[at]), part, at) for part in products for at in _calls(part)]
    called = Counter(letter for letter, _, _ in calls)
    alike = {letter for letter, part, at in calls if _is_alike(part, at)}
    summed = {letter for letter, part, at in calls if _is_summed(part, at)}
    values = {_letter(each) for chain in every for each in _values(chain)}
    for letter in sorted(alike & summed - values):
        is_alone = bare[letter] > numbered[letter]
        if called[letter] == numbered[letter] and not (is_alone and bare[OTHERWISE]):
            renamed = partial(_renamed, letter=letter, name=OTHERWISE if is_alone else letter)
            chains = {number: [with_parts(chain, renamed) for chain in found] for number, found in chains.items()}
    return dict(chains)


# What follows is private.


def _letter(written: Written) -> str:
    """The letter of a name with a subscript alone."""
    match written:
        case Scripted(base=Symbol(is_word=False) as base, lower=Written(), upper=None):
            return base_name(base)
    return ""


def _calls(beside: Beside) -> list[int]:
    """The places in a product of names with an index, each before one thing in brackets."""
    pairs = zip(beside.parts, beside.parts[1:], beside.joints, strict=False)
    found = ((bool(_letter(name)) and not joint, bracket) for name, bracket, joint in pairs)
    return [
        at
        for at, (is_name, each) in enumerate(found)
        if is_name and isinstance(each, Bracketed) and each.kind == "(" and len(each.items) == 1
    ]


def _is_alike(beside: Beside, at: int) -> bool:
    """Whether a name and what stands in brackets behind it have the same index."""
    name, bracket = beside.parts[at : at + 2]
    match name, bracket:
        case Scripted(lower=number), Bracketed(items=(Scripted(lower=same, upper=None),)):
            return number == same
    return False


def _is_gradient(part: Written) -> bool:
    return isinstance(part, Differentiation) and part.subject is None and not part.variables


def _is_summed(beside: Beside, at: int) -> bool:
    """Whether a sum over the index of a function stands before it."""
    name = beside.parts[at]
    index = letters_of(name.lower) if isinstance(name, Scripted) and name.lower is not None else frozenset[str]()
    signs = (each.lower for each in beside.parts[:at] if isinstance(each, BigOperator) and each.kind == "sum")
    return any(lower is not None and index <= letters_of(lower) for lower in signs)


def _values(chain: WrittenChain) -> list[Written]:
    """The functions whose values alone are members of a chain, so that it defines one or the other: a_j = g_j(z_j)."""
    members = [each for each in chain.members if isinstance(each, Beside) and len(each.parts) == 2 and _calls(each)]
    heads = [each.parts[0] for each in members]
    return [each for each in heads if isinstance(each, Scripted) and isinstance(each.lower, Symbol) and not each.primes]


def _renamed(node: Any, letter: str, name: str) -> Any:
    """A formula in which the functions of a letter have their number among the arguments."""
    node = with_parts(node, partial(_renamed, letter=letter, name=name))
    if not isinstance(node, Beside):
        return node
    parts, joints = list[Any](node.parts), list(node.joints)
    for at in reversed([each for each in _calls(node) if _letter(node.parts[each]) == letter]):
        function, bracket = parts[at], parts[at + 1]
        named = replace(function.base, text=name, accents=(), font="")
        called = replace(bracket, items=(function.lower, *bracket.items), separators=(NUMBERED,))
        subject = Beside((named, called), ("",), place=(named.place[0], called.place[1]))
        if function.primes:
            by = bracket.items * function.primes
            parts[at : at + 2] = [Differentiation("partial", subject, by, function.primes, place=subject.place)]
            del joints[at]
        elif at and _is_gradient(parts[at - 1]):
            place = (parts[at - 1].place[0], called.place[1])
            parts[at - 1 : at + 2] = [replace(parts[at - 1], subject=subject, variables=bracket.items, place=place)]
            del joints[at - 1 : at + 1]
        else:
            parts[at : at + 2] = [named, called]
    return replace(node, parts=tuple(parts), joints=tuple(joints)) if len(parts) > 1 else parts[0]
