"""The statements of a document in order: each relation with its two sides, and what it defines if it defines a name."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from chainrule.documents.reader.letters.gradient_names import NAMED
from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import ELEMENTARY, RELATIONS, TRANSPOSES
from chainrule.documents.reader.syntax.parts_written import (
    all_parts,
    base_letter,
    base_name,
    is_event,
    items_of,
    letters_of,
)
from chainrule.documents.reader.syntax.written import Link, Written, WrittenChain
from chainrule.documents.sources.pieces import Piece

DEFINING = ("=", ":=", "≡")


@dataclass(frozen=True, eq=False)
class Statement:
    """One relation of a document.

    Attributes
    ----------
    left, right : Written
    relation : str
    piece : Piece
    place : (int, int)
        The place of the relation's sign in the piece.
    conditions : tuple of Written
        What stands over the sign or after the formula.
    head : Written or None
        The first member of its chain, if that is not its left side.
    number : int
        Its place in the chain, from 0.
    resumed : bool
        True if its chain begins in another display.
    led : bool
        True if the sign => leads to its chain.
    is_name : bool
        True if its left side first stood at the end of a chain, and is taken for a new name there.
    chain : int
        The number of its chain in the document.
    """

    left: Written
    relation: str
    right: Written
    piece: Piece
    place: tuple[int, int]
    conditions: tuple[Written, ...] = ()
    head: Written | None = None
    number: int = 0
    resumed: bool = False
    led: bool = False
    is_name: bool = False
    chain: int = 0

    @property
    def key(self) -> tuple[int, tuple[int, int]]:
        """Its piece, by identity, and its place: the same in every reading of the document."""
        return id(self.piece), self.place

    @property
    def line(self) -> int:
        """The line of the relation's sign."""
        return self.piece.place_of(self.place[0])[0]


def statements_of(chains: Iterable[tuple[Piece, WrittenChain]]) -> Iterator[Statement]:
    """The relations of all chains. A row that begins with a relation goes on from the row or the display before.

    A sign => between relations begins a new chain. A relation at the end of a row may stand at the beginning of the
    next, too; then it is one, where it stands first.
    """
    last: Written | None = None
    head: Written | None = None
    hanging: Link | None = None
    before: Piece | None = None
    count, led = 0, False
    numbers = itertools.count()
    own = next(numbers)
    for piece, chain in chains:
        members = _without_products(chain)
        if piece.kind == "inline":
            yield from _alone(piece, chain, numbers)
            continue
        continues = bool(members) and members[0] is None and last is not None
        if not continues:
            head, count, led, own = members[0] if members else None, 0, False, next(numbers)
        left = last if continues else (members[0] if members else None)
        links = list(chain.links)
        if continues and links and hanging is not None and hanging.relation == links[0].relation and before is piece:
            links[0] = hanging
        hanging = links[-1] if links and members[-1] is None else None
        for link, right in zip(links, members[1:], strict=False):
            if _leads_on(link, links):
                head, count, left, led, own = right, 0, right, True, next(numbers)
                continue
            if left is not None and right is not None:
                above = () if link.above is None else (link.above,)
                conditions = (*above, *chain.conditions)
                resumed = continues and before is not piece
                said = right if count or continues else _said_of(members, right)
                yield _turned(Statement(
                    left, link.relation, said, piece, link.place, conditions, head if count else None, count, resumed,
                    led, chain=own,
                ))  # fmt: skip
                count += 1
            left = right if right is not None else left
        last, before = left if members else last, piece


def is_example(statement: Statement, inventory: Inventory) -> bool:
    """Whether words only give something a value: y = 1, y = [1, 0, 0], i = 1, ..., n, i = j, or y = 2x for f(x, y)."""
    left = statement.left
    if statement.piece.kind != "inline" or not isinstance(left, w.Symbol):
        return statement.piece.kind == "inline" and _is_value(statement.right)
    letters = {left, *(part for part in all_parts(statement.right) if isinstance(part, w.Symbol))}
    brackets = (set(bracket.items) for found in inventory.called.values() for bracket in found)
    is_place = len(letters) > 1 and any(letters <= items for items in brackets)
    return is_place or left.text in inventory.indices or _is_value(statement.right, ("e", "pi"))


def joint_defined(statement: Statement) -> str:
    """The sign between two factors that a statement defines by its entries: * in (a * b)_i = sum_k a_k b_{i-k}.

    Nothing if it only says that the factors are multiplied.
    """
    match statement.left:
        case w.Scripted(base=w.Bracketed(items=(w.Beside(parts=(_, _), joints=(joint,)),))) if joint:
            plain = isinstance(statement.right, w.Beside) and all(
                isinstance(part, w.Scripted) for part in statement.right.parts
            )
            return "" if plain or statement.relation not in DEFINING else joint
    return ""


def names_function(statement: Statement) -> bool:
    """Whether words say which known function a letter is, as in g = tanh: the letter has no value."""
    right = statement.right
    is_known = isinstance(right, w.Symbol) and right.is_word and base_name(right) in ELEMENTARY
    return is_known and statement.piece.kind == "inline" and isinstance(statement.left, w.Symbol | w.Scripted)


def is_update(statement: Statement) -> bool:
    """Whether a letter gets a new value, made of the old one: w = w - a dw, or w_{t+1} = w_t - a g."""
    left = statement.left
    if _is_step(statement):
        return True
    parts = left.parts if isinstance(left, w.Beside) else (left,)
    if (
        statement.relation != "="
        or statement.number
        or left == statement.right
        or not all(isinstance(p, w.Symbol | w.Scripted) or getattr(p, "sign", "") == NAMED for p in parts)
        or any(isinstance(p, w.Scripted) and getattr(p.upper, "text", "") in TRANSPOSES for p in parts[:-1])  # w^T x
    ):
        return False
    for part in all_parts(statement.right):
        inside = part.parts if isinstance(part, w.Beside) else (part,)
        if any(inside[at : at + len(parts)] == parts for at in range(len(inside) - len(parts) + 1)):
            return True
    return False


def lists_from_zero(statement: Statement) -> bool:
    """Whether a statement lists the entries of its letter with dots, beginning with the number 0."""
    items = _listed(statement.right)
    entries = _of_letter(items, statement.left)
    if len(entries) < 2 or len(items) != len(entries) + 1 or not isinstance(items[-2], w.Dots):
        return False
    begin = [w.Numeral(Fraction(number)) for number in range(len(entries) - 1)]
    return [item.lower for item in entries[:-1]] == begin


def lists_examples(statement: Statement, inventory: Inventory) -> bool:
    """Whether a statement makes one array of the values of a letter in all examples: X = (x^{(1)}, ..., x^{(m)})."""
    items = _listed(statement.right)
    values = [each for each in items if isinstance(each, w.Scripted) and each.lower is None]
    is_full = len(values) > 1 and len(items) == len(values) + 1 and isinstance(items[-2], w.Dots)
    is_full &= len({base_letter(each) for each in values}) == 1
    return is_full and all(inventory.example(base_letter(each), each.upper) is not None for each in values)


def gives_value(statement: Statement) -> bool:
    """Whether a sentence gives the value that a letter has in an example: v = 11."""
    return statement.piece.kind == "inline" and not letters_of(statement.right)


def gives_derivative(statement: Statement) -> bool:
    """Whether the first member of a chain is one derivative: dJ/dv = 3, dw = dJ/dw."""
    first = statement.left if statement.head is None else statement.head
    parts = first.parts if isinstance(first, w.Beside) else (first,)
    return isinstance(parts[0], w.Differentiation)


def is_of_formula(statement: Statement) -> bool:
    """Whether the left side is no name: det A = -2, f(1) = 3."""
    name = statement.left.base if isinstance(statement.left, w.Scripted) else statement.left
    return isinstance(name, w.Beside | w.Bracketed)


def works_out_derivative(statement: Statement) -> bool:
    """Whether a relation gives a derivative as a formula with letters: f'(x) = 2 x. A value may be set: f'(x) = 0."""
    parts = statement.left.parts if isinstance(statement.left, w.Beside) else (statement.left,)
    is_primed = isinstance(parts[0], w.Scripted) and parts[0].primes > 0
    return (is_primed or gives_derivative(statement)) and bool(letters_of(statement.right))


def says_more(statement: Statement, inventory: Inventory) -> bool:
    """Whether a relation in a sentence says more than what a letter is: one side at least is a derivative or a call."""
    left = statement.left.parts[0] if isinstance(statement.left, w.Beside) else statement.left
    if is_example(statement, inventory) or statement.relation not in RELATIONS:
        return False
    return statement.number > 0 or not isinstance(left, w.Symbol | w.Numeral | w.Listed)


# What follows is private.


def _is_step(statement: Statement) -> bool:
    """Whether the next value of a letter is the one before, less something: w^{(t+1)} = w^{(t)} - a g."""
    match statement.left, statement.right:
        case w.Scripted(base=base) as left, w.Signed(terms=(w.Scripted(base=same) as before, *_), signs=(1, -1)):
            pairs = [(left.lower, before.lower), (left.upper, before.upper)]
            changed = [(one, other) for one, other in pairs if one != other]
            is_next = len(changed) == 1 and _is_next(*changed[0])
            return base == same and is_next and statement.relation == "=" and not statement.number
    return False


def _is_next(one: w.Written | None, other: w.Written | None) -> bool:
    """Whether a script is another one plus 1: t + 1 and t, or (t + 1) and (t)."""
    match one, other:
        case w.Bracketed(items=(inner,)), w.Bracketed(items=(before,)):
            return _is_next(inner, before)
        case w.Signed(terms=(w.Symbol() as letter, w.Numeral(value=value)), signs=(1, 1)), w.Symbol() as before:
            return letter == before and value == 1
    return False


def _listed(right: Written) -> list[Written]:
    """The items of a list in brackets, of a column or of a row, perhaps transposed; none for anything else."""
    if isinstance(right, w.Scripted) and right.lower is None:
        right = right.base
    if isinstance(right, w.Bracketed) and len(right.items) == 1 and isinstance(right.items[0], w.Grid):
        right = right.items[0]
    if isinstance(right, w.Grid) and (len(right.rows) == 1 or all(len(row) == 1 for row in right.rows)):
        return [item for row in right.rows for item in row]
    return [item for each in right.items for item in items_of(each)] if isinstance(right, w.Bracketed) else []


def _of_letter(items: Sequence[Written], left: Written) -> list[w.Scripted]:
    """The items with scripts, if all of them have the letter on the left side; none otherwise."""
    found = [item for item in items if isinstance(item, w.Scripted)]
    return found if isinstance(left, w.Symbol) and all(item.base == left for item in found) else []


def _alone(piece: Piece, chain: WrittenChain, numbers: Iterator[int]) -> Iterator[Statement]:
    """The relations of a formula in a sentence, with new numbers of chains."""
    members = _without_products(chain)
    pairs = zip(members, chain.links, members[1:], strict=False)
    head, number, own = None, 0, next(numbers)
    for left, link, right in pairs:
        if _leads_on(link, chain.links):
            head, number, own = None, 0, next(numbers)
        elif left is not None and right is not None:
            said = right if number else _said_of(members, right)
            yield _turned(
                Statement(left, link.relation, said, piece, link.place, chain.conditions, head, number, chain=own)
            )
            head, number = head or left, number + 1


def _said_of(members: Sequence[Written | None], second: Written) -> Written:
    """The second member of a chain, or the third if the second is the probability of an event: q = P(y | x) = f(x)."""
    match members[:3]:
        case w.Symbol() | w.Scripted(), w.Beside(parts=(w.Symbol(), w.Bracketed() as bracket), joints=("",)), third if (
            is_event(bracket) and members[1] is second and third is not None
        ):
            return third
    return second


def _leads_on(link: Link, links: Sequence[Link]) -> bool:
    """Whether a sign stands between relations, a = b => c = d, of which the second begins anew."""
    return link.relation == "=>" and any(other.relation != "=>" for other in links)


def _without_products(chain: WrittenChain) -> list[Written | None]:
    """The members of a chain. Those beside a colon that is a product or a ratio, A : B = B : A, are not read."""
    members, relations = list(chain.members), [link.relation for link in chain.links]
    equal = relations.index("=") if "=" in relations else len(relations)
    first = members[0] if members else None
    labelled = (
        first is None
        or _is_word(first)
        or any(
            isinstance(part, w.Words) or getattr(part, "text", "") in ("forall", "exists") for part in all_parts(first)
        )
    )
    for at, relation in enumerate(relations):
        if relation == ":" and (at > equal or (at == 0 and equal == 1 and not labelled)):
            for place in (at, at + 1):
                member = members[place]
                if member is not None:
                    members[place] = w.NotRead("a colon between formulas", place=member.place)
    return members


def _is_word(written: Written) -> bool:
    base = written.base if isinstance(written, w.Scripted) else written
    return isinstance(base, w.Symbol) and base.is_word


def _turned(statement: Statement) -> Statement:
    """A definition with its name on the left: 1 / (1 + e^{-z}) =: s(z)."""
    left, right = (_is_named(side) for side in (statement.left, statement.right))
    if statement.relation != "=:" and (statement.relation != ":=" or left or not right):
        return statement
    return replace(statement, left=statement.right, relation=":=", right=statement.left, head=None, number=0)


def _is_named(side: Written) -> bool:
    """Whether a side may be a name, perhaps with scripts or arguments."""
    first = side.parts[0] if isinstance(side, w.Beside) and len(side.parts) == 2 and not side.joints[0] else side
    called = first is side or (isinstance(side, w.Beside) and isinstance(side.parts[1], w.Bracketed))
    return called and isinstance(first.base if isinstance(first, w.Scripted) else first, w.Symbol)


def _is_value(right: Written, known: Sequence[str] = ()) -> bool:
    """Whether it is made of numbers and known letters alone."""
    items = right.items if isinstance(right, w.Bracketed | w.Listed) else ()
    every = (part for part in all_parts(right) if isinstance(part, w.Symbol | w.Words | w.NotRead))
    plain = all(isinstance(part, w.Symbol) and part.text in known and not part.accents for part in every)
    return plain or (len(items) > 1 and any(map(_is_value, items)))
