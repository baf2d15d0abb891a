"""Names of code for gradients: after "dz = dL/dz", dw is dL/dw.

A document gives such a name where it sets d and a letter equal to a derivative by this letter, or where it names them
one after another in a sentence: "dz, which is dL/dz". Then d before any letter is the derivative of the same loss, up
to where the document names another one.

A sentence may also give a letter with a bar, or a letter below which the variable stands, such a meaning: "g_v is the
gradient of L with respect to v", or "for every variable v let g_v = dL/dv". Then it has this meaning everywhere.

Such words define a plain letter: "g is the gradient of L with respect to y" says g = dL/dy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

from chainrule.documents.reader.syntax.known_words import LOSSES
from chainrule.documents.reader.syntax.parts_written import all_parts, base_name, parts_of_chain
from chainrule.documents.reader.syntax.written import (
    Beside,
    Bracketed,
    Differentiation,
    Link,
    Numeral,
    Scripted,
    Symbol,
    Written,
    WrittenChain,
    with_parts,
)
from chainrule.documents.sources.pieces import Piece

NAMED = "name"
"""The sign of a derivative that is written as a name."""

MEANT = "a name in it stands for a gradient"


def with_gradient_names(
    chains: Mapping[int, list[WrittenChain]], pieces: Sequence[Piece]
) -> dict[int, list[WrittenChain]]:
    """The chains of all pieces, in which names of gradients are derivatives."""
    losses = dict(_losses(chains, pieces))
    told = [*_told(chains, pieces)]
    for number, name, variable, said in told:
        if _is_letter(name, variable):
            chains = {**chains, number: [_as_definition(chains[number][0], name, variable, said)]}
    for number, name, variable, said in [*told, *_for_all(chains, pieces)]:
        if _loss(name, Differentiation(NAMED, said, (variable,))) is not None:
            losses.setdefault(number, said)
        elif _marked(name, name) == variable:
            every = {n: [_unmarked(chain, name, said) for chain in found] for n, found in chains.items()}
            chains = every | {number: chains[number]}  # which defines the name
    losses = losses or _inferred(chains)
    if not losses:
        return dict(chains)
    first, found, last = losses[min(losses)], dict[int, list[WrittenChain]](), None
    for number in sorted(chains):
        last = losses.get(number, last)
        loss = first if last is None else last
        found[number] = [_renamed(chain, loss) for chain in chains[number]]
    return found


# What follows is private.

_LOSSES = LOSSES | {"C", "ell", "loss", "Loss", "cost"}


def _inferred(chains: Mapping[int, list[WrittenChain]]) -> dict[int, Written]:
    """The only loss of a document that gives names of gradients without a word: dS = P - Y, dW = X^T dS.

    Differentials stand on both sides of an equation, so that a right side without any shows that they are gradients.
    """
    every = [chain for found in chains.values() for chain in found]
    equations = [
        (left, right)
        for chain in every
        for link, (left, right) in zip(chain.links, pairwise(chain.members), strict=True)
        if link.relation in ("=", ":=") and left is not None and right is not None
    ]
    named = [(_named_by(left), right) for left, right in equations]
    names = {variable for variable, _ in named if variable is not None}
    shown = any(variable is not None and not _has_sign(right) for variable, right in named)
    losses = {base_name(left): left for left, _ in equations if isinstance(left, Symbol) and base_name(left) in _LOSSES}
    symbols = [part for chain in every for part in parts_of_chain(chain) if isinstance(part, Symbol)]
    lone = sum(symbol.text == "d" for symbol in symbols) - sum(map(_signs_in, every))
    return {0: next(iter(losses.values()))} if shown and len(names) > 1 == len(losses) and not lone else {}


def _named_by(left: Written) -> Written | None:
    """The letter of which a left side is d and this letter."""
    return _at(left, 0) if isinstance(left, Beside) and len(left.parts) == 2 else None


def _has_sign(written: Written) -> bool:
    return any(isinstance(part, Symbol) and part.text == "d" for part in all_parts(written))


def _signs_in(chain: WrittenChain) -> int:
    """How often d stands before a letter of which it makes a name."""
    products = (part for part in parts_of_chain(chain) if isinstance(part, Beside))
    return sum(_at(each, at) is not None for each in products for at in range(len(each.parts) - 1))


_END = re.compile(r"[.!?。！？]|\n\s*\n")


def _losses(chains: Mapping[int, list[WrittenChain]], pieces: Sequence[Piece]) -> Iterator[tuple[int, Written]]:
    """By the number of a piece that says what d before a letter means: what is differentiated."""
    for number, found in chains.items():
        for chain in found:
            for link, (left, right) in zip(chain.links, pairwise(chain.members), strict=True):
                if link.relation in ("=", ":=", "≡") and (loss := _loss(left, right)) is not None:
                    yield number, loss
    alone = {number: found[0].members[0] for number, found in chains.items() if _is_lone(found)}
    for one, other in pairwise(sorted(chains)):
        between = "".join(piece.text for piece in pieces[one + 1 : other])
        if one in alone and other in alone and not _END.search(between):
            loss = _loss(alone[one], alone[other]) or _loss(alone[other], alone[one])
            if loss is not None:
                yield one, loss


_GRADIENT = re.compile(
    r"\s*(?:(?:(?:for|is|be|denotes?|means|as|to denote|stands for)\s+)?(?:the\s+)?(?:(?:full|total|column)\s+)?"
    r"(?:gradient|derivative)\s+of\s+(?:the\s+)?(?:(?:scalar\s+)?(?:loss|cost|error|objective|function)\s+)?"
    r"|(?:bezeichnen wir|bezeichne|ist|sei|für)\s+(?:die Ableitung|den Gradienten|der Gradient)\s+"
    r"(?:(?:des|der|von)\s+)?(?:(?:Verlusts?|Verlustfunktion|Kosten|Fehlers)\s+)?"
    r"|(?:désigne |est )?(?:le gradient|la dérivée)\s+(?:de\s+)?(?:la\s+)?(?:(?:perte|fonction|coût)\s+)?"
    r"|(?:es |sea |denota )?(?:el gradiente|la derivada)\s+de\s+(?:la\s+)?(?:(?:pérdida|función)\s+)?)",
    re.IGNORECASE,
)
_BY = re.compile(
    r"\s*(?:with respect to|w\.r\.t\.?|wrt|by|nach|bezüglich|par rapport à|(?:con )?respecto (?:a|de))\s+(?:the\s+)?",
    re.IGNORECASE,
)


_ITS_GRADIENT = re.compile(rf"\s*(?:is|denotes|be)\s+its\s+(?:gradient|derivative){_BY.pattern}", re.IGNORECASE)


def _told(
    chains: Mapping[int, list[WrittenChain]], pieces: Sequence[Piece]
) -> Iterator[tuple[int, Written, Written, Symbol]]:
    """The number of a piece, the name in it, a variable and a loss, if words say that the name is the derivative."""
    alone = {number: found[0].members[0] for number, found in chains.items() if _is_lone(found)}
    every = sorted(chains)
    for one, other, third in zip(every, every[1:], every[2:], strict=False):
        name, loss, variable = (alone.get(number) for number in (one, other, third))
        if name is not None and variable is not None and isinstance(loss, Symbol):
            words = ["".join(piece.text for piece in pieces[a + 1 : b]) for a, b in ((one, other), (other, third))]
            if _GRADIENT.fullmatch(words[0]) and _BY.fullmatch(words[1]):
                yield one, name, variable, loss
    for one, other in pairwise(every):
        name, variable = alone.get(one), alone.get(other)
        words = ["".join(piece.text for piece in pieces[one + 1 : other])]
        if name is not None and variable is not None and _ITS_GRADIENT.fullmatch(words[0]):
            for before in (number for number in reversed(every) if number < one):
                if _END.search("".join(piece.text for piece in pieces[before + 1 : one] if piece.kind == "prose")):
                    break
                loss = alone.get(before)
                if isinstance(loss, Symbol) and base_name(loss) in _LOSSES:  # the loss L depends on y, ...
                    yield one, name, variable, loss
                    break


def _is_letter(name: Written, variable: Written) -> bool:
    """Whether a name of a gradient is a letter without a sign of what it is differentiated by: g, and g_i for y_i."""
    match name, variable:
        case (Symbol(accents=()), Symbol()):
            return name != variable
        case (
            Scripted(base=Symbol(accents=()) as base, lower=Symbol() as index, upper=None, primes=0),
            Scripted(base=Symbol() as other, lower=lower),
        ):
            return lower == index and base != other
    return False


def _as_definition(chain: WrittenChain, name: Written, variable: Written, loss: Written) -> WrittenChain:
    """The equation of a letter and the derivative that words say it is."""
    gradient = Differentiation("partial", loss, (variable,), place=name.place)
    return replace(chain, members=(name, gradient), links=(Link("=", (name.place[1], name.place[1])),))


_EVERY = re.compile(
    r"\b(?:every|each|any|all|chaque|tout|toute|jede[srn]?|alle|cada|todo|toda|ogni|каждой|каждого|любой)\b",
    re.IGNORECASE,
)


def _for_all(
    chains: Mapping[int, list[WrittenChain]], pieces: Sequence[Piece]
) -> Iterator[tuple[int, Written, Written, Symbol]]:
    """The same as `_told`, where a formula defines the name of every gradient."""
    for number, found in chains.items():
        match found:
            case [
                WrittenChain(
                    members=(Written() as name, Differentiation(subject=Symbol() as loss, variables=(variable,)))
                )
            ] if _marked(name, name) == variable:
                before = "".join(piece.text for piece in pieces[:number])
                if _EVERY.search(_END.split(before)[-1]):
                    yield number, name, variable, loss


def _without_bar(written: Any) -> Written | None:
    """The letter below a bar, with its scripts; None if it has no bar."""
    match written:
        case Symbol(accents=("bar",)):
            return replace(written, accents=())
        case Scripted(base=Symbol(accents=("bar",)) as base, primes=0):
            return replace(written, base=replace(base, accents=()))
    return None


def _marked(written: Any, name: Written) -> Written | None:
    """The variable of a name of a gradient, if this is marked as another name is: v in \\bar v, and in g_v."""
    if _without_bar(name) is not None:
        return _without_bar(written)
    match name, written:
        case Scripted(base=Symbol(text=own), lower=Written(), upper=None), Scripted(
            base=Symbol(text=text, accents=()), lower=Symbol() | Scripted(base=Symbol()) as lower, upper=None, primes=0
        ) if text == own:
            return lower
    return None


def _unmarked(node: Any, name: Written, loss: Written) -> Any:
    """A tree in which marked names are derivatives of a loss."""
    turns = isinstance(node, Scripted) and _without_bar(node) is None  # g_v in g_v^T
    bare = replace(node, upper=None) if turns else node
    if (variable := _marked(bare, name)) is None:
        return with_parts(node, partial(_unmarked, name=name, loss=loss))
    gradient = Differentiation(NAMED, loss, (variable,), place=node.place)
    return gradient if bare == node else Scripted(gradient, None, node.upper, place=node.place)


def _is_lone(chains: Sequence[WrittenChain]) -> bool:
    return len(chains) == 1 and len(chains[0].members) == 1


def _loss(name: Written | None, derivative: Written | None) -> Written | None:
    """The subject of a derivative by a letter, if the other formula is d and this letter."""
    match derivative:
        case Differentiation(subject=Symbol() | Beside() as subject, variables=(variable,)) if (
            isinstance(name, Beside) and len(name.parts) == 2 and _at(name, 0) == variable
        ):
            match subject:
                case Beside(parts=(Symbol() as loss, Bracketed()), joints=("",)):
                    return loss  # L(a, y)
            return subject
    return None


def _at(written: Beside, at: int) -> Written | None:
    """The letter, with its scripts, of which d and what follows it are the gradient."""
    sign, after = written.parts[at], written.parts[at + 1] if at + 1 < len(written.parts) else None
    if not (isinstance(sign, Symbol) and sign.text == "d" and not sign.accents) or written.joints[at]:
        return None
    base = after.base if isinstance(after, Scripted) else after
    upper = after.upper if isinstance(after, Scripted) else None
    numbered = isinstance(upper, Numeral) or (isinstance(upper, Bracketed) and upper.kind == "(")  # dz^2, dz^{(i)}
    return after if isinstance(base, Symbol) and not numbered else None


def _renamed(node: Any, loss: Written) -> Any:
    """A tree in which names of gradients are derivatives of a loss."""
    if isinstance(node, Differentiation):
        return node
    if isinstance(node, Beside):
        parts, joints, at = list[Written](), list[str](), 0
        while at < len(node.parts):
            joints += [node.joints[at - 1]] if at else []
            variable = _at(node, at) if at + 1 < len(node.parts) else None
            parts.append(_renamed(node.parts[at], loss) if variable is None else _gradient(variable, loss, node, at))
            at += 1 if variable is None else 2
        return parts[0] if len(parts) == 1 else replace(node, parts=tuple(parts), joints=tuple(joints))
    return with_parts(node, partial(_renamed, loss=loss))


def _gradient(variable: Written, loss: Written, node: Beside, at: int) -> Written:
    place = node.parts[at].place[0], variable.place[1]
    match variable:
        case Scripted(base=base, lower=lower, upper=Symbol(text="T" | "top") as upper, primes=0):  # (dz)^T
            bare = base if lower is None else replace(variable, upper=None)
            return Scripted(Differentiation(NAMED, loss, (bare,), place=place), None, upper, place=place)
        case Scripted(upper=Beside(parts=(Bracketed(kind="[") as layer, Symbol(text="T" | "top") as upper))):
            bare = replace(variable, upper=layer)  # dz^{[1] T}
            return Scripted(Differentiation(NAMED, loss, (bare,), place=place), None, upper, place=place)
    return Differentiation(NAMED, loss, (variable,), place=place)
