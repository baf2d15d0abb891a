r"""Functions that an arrow gives: f : x \mapsto x^2 is f(x) := x^2, but f : V \to V names sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from chainrule.documents.reader.syntax.known_words import TRANSPOSES
from chainrule.documents.reader.syntax.parts_written import all_parts, arguments_of, in_brackets, under
from chainrule.documents.reader.syntax.written import (
    Beside,
    Bracketed,
    Link,
    Numeral,
    Scripted,
    Symbol,
    Written,
    WrittenChain,
)


def with_maps(chains: Mapping[int, list[WrittenChain]]) -> dict[int, list[WrittenChain]]:
    """Chains, with f : x \\mapsto x^2 as f(x) := x^2, also where the sets of f stand between or before."""
    found: dict[int, list[WrittenChain]] = {}
    named: Written | None = None
    for number in sorted(chains):
        found[number] = []
        for chain in chains[number]:
            name, named = named, None
            match [link.relation for link in chain.links], chain.members:
                case [":", "->"], (Symbol() | Scripted() as own, Written() as letter, Written() as body) if (
                    _is_parameter(letter) and not _uses(body, own) and not (_may_be_set(letter) and _may_be_set(body))
                ):
                    chain = _map_of(chain, own, letter, body)
                case [":", "->"], (Symbol() | Scripted() as own, _, _):
                    named = own
                case ["->"], (Written() as letter, Written() as body) if (
                    name is not None and _is_parameter(letter) and under(body) and not _uses(body, name)
                ):
                    chain = _map_of(chain, name, letter, body)
            found[number].append(chain)
    return found


# What follows is private.


def _uses(body: Written, name: Written) -> bool:
    head = name.base if isinstance(name, Scripted) else name
    return any(head == part for part in all_parts(body))


def _is_parameter(written: Written) -> bool:
    """Whether it is a letter, letters in brackets, or the column of the entries of one: what a function is of."""
    if isinstance(written, Bracketed):
        return written.kind == "(" and all(map(_is_parameter, arguments_of(written)))
    return isinstance(written, Symbol) and written.font != "blackboard"


def _may_be_set(written: Written) -> bool:
    """Whether something at an arrow may be a set, as in f : V -> V^n: capital letters, their powers and products."""
    match written:
        case Symbol(text=text, font=font):
            return text[:1].isupper() or font in ("blackboard", "calligraphic", "fraktur")
        case Scripted(base=base, upper=upper):
            is_power = upper is None or isinstance(upper, Numeral | Symbol | Beside)
            return is_power and getattr(upper, "text", "") not in TRANSPOSES and _may_be_set(base)
        case Beside(parts=parts, joints=joints):
            return {*joints} == {"x"} and all(map(_may_be_set, parts))
    return False


def _map_of(chain: WrittenChain, name: Written, letter: Written, body: Written) -> WrittenChain:
    called = letter if isinstance(letter, Bracketed) else in_brackets(letter)
    left = Beside((name, called), ("",), place=letter.place)
    return replace(chain, members=(left, body), links=(Link(":=", chain.links[-1].place),))
