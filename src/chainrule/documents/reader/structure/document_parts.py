"""The definition of a name that counts in a part: its own one, that of a part around it, or the last before.

A document is cut into parts by its headings. A part that defines a name anew, differently from what counts there, means
another thing by it. A part within another one goes on with its names. A letter by which a part differentiates is a
variable there: no later part defines it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field

from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.letters.scripts import label
from chainrule.documents.reader.structure.statements import Statement, is_example
from chainrule.documents.reader.structure.targets import target_of, uses_target
from chainrule.documents.reader.syntax.known_words import NotMeant
from chainrule.documents.reader.syntax.parts_written import all_parts, base_name, items_of
from chainrule.documents.reader.syntax.written import Differentiation, Numeral, Scripted, Symbol, Written, alike
from chainrule.documents.sources.pieces import Piece

SCOPE = 8
"""The level of examples, theorems and proofs: where one is over, the part around it goes on."""


@dataclass(frozen=True, eq=False)
class Scopes:
    """The parts of a document, and the names that mean something else there.

    Attributes
    ----------
    parts : mapping
        The number of the part of each piece, by its identity.
    names : mapping
        By part: the names that count there for letters that another part defines as well.
    where : mapping
        By part: the parts whose definitions count there.
    """

    parts: Mapping[int, int] = field(default_factory=dict)
    names: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    where: Mapping[int, Mapping[str, int]] = field(default_factory=dict)

    @staticmethod
    def of(
        pieces: Sequence[Piece],
        statements: Sequence[Statement],
        inventory: Inventory,
        same: Mapping[int, Piece] | None = None,
        known: Callable[[str, Statement], bool] = lambda base, statement: False,
        supposed: Callable[[Statement], bool] = lambda statement: False,
        starts: Set[int] = frozenset(),
        cases: Set[int] = frozenset(),
    ) -> Scopes:
        """The parts of a document, and the names in them; some pieces, by identity, are where others are.

        Names that a block has defined are known: no display defines them anew. What a sentence supposes defines no
        name anew: the gradient is zero if p_c = 1 - a. At the pieces with the numbers `starts` a new part begins beside
        the one around it. Below the headings with the numbers `cases` a condition holds: there no name is defined anew,
        and what is defined there alone is unknown elsewhere.
        """
        parts, around, open_parts = dict[int, int](), dict[int, list[int]](), list[tuple[int, int]]()
        part, count, apart, in_case = 0, 0, set[int](), set[int]()
        for place, piece in enumerate(pieces):
            if piece.kind == "end" and open_parts and open_parts[-1][1] == SCOPE:
                open_parts.pop()
                part = open_parts[-1][0] if open_parts else 0
            elif piece.kind == "heading":
                count, level = count + 1, piece.level
                part = count
                apart |= {part} if level == SCOPE else set()
                open_parts = [each for each in open_parts if each[1] < level]
                around[part] = [number for number, _ in reversed(open_parts)]
                open_parts.append((part, level))
                in_case |= {part} if place in cases or in_case & {*around[part]} else set()
            elif place in starts:
                count, beside, part = count + 1, part, count + 1
                apart |= {part} if beside in apart else set()
                in_case |= {part} if beside in in_case else set()
                around[part] = around.get(beside, [])
                if open_parts:
                    open_parts[-1] = (part, open_parts[-1][1])
            parts[id(piece)] = part
        parts |= {number: parts[id(piece)] for number, piece in (same or {}).items()}
        first: dict[int, dict[str, Written]] = {}
        others: dict[tuple[int, str], list[Written]] = {}  # the further members of the chain that defines a name
        letters: dict[str, str] = {}  # of names with a part that is no index, such as z_1
        for statement in statements:
            target = target_of(statement, inventory)
            if statement.number and statement.head is not None and statement.relation == "=":
                part, name = parts[id(statement.piece)], name_in(statement.head, inventory)
                if name in first.get(part, {}):
                    others.setdefault((part, name), []).append(statement.right)
            if target is not None and known(target.base, statement):
                continue
            if target is None or uses_target(statement.right, target) or is_example(statement, inventory):
                continue
            name = name_in(target.name, inventory) or target.base
            part = parts[id(statement.piece)]
            earlier = {number for number, names in first.items() if name in names}
            if earlier and (supposed(statement) or (part in in_case and earlier - in_case)):
                continue
            letters[name] = target.base
            first.setdefault(part, {}).setdefault(name, statement.right)
        entries: dict[int, set[str]] = {}  # by part: the letters that have indices there
        for statement in statements:
            for side in (statement.left, statement.right):
                entries.setdefault(parts[id(statement.piece)], set()).update(_with_indices(side, inventory))
            target = target_of(statement, inventory)
            if target is not None and target.indices:  # p(z)_i = ...
                entries[parts[id(statement.piece)]].add(target.base)
        anywhere = frozenset[str]().union(*entries.values())
        by = [set[str]() for _ in range(count + 1)]  # by part: the letters by which something is differentiated
        for statement in statements:
            if id(statement.piece) in (same or {}):
                continue  # blocks name what the document defines later
            for side in (statement.left, statement.right):
                by[parts[id(statement.piece)]] |= {*_variables(side, inventory)}
        meant: dict[int, dict[str, str]] = {}
        functions = {t.base for each in statements if (t := target_of(each, inventory)) and t.parameters}
        last, several = dict[str, int](), set[str]()  # where a letter was defined last, and functions defined anew
        places: dict[int, dict[str, int]] = {}
        for number in range(count + 1):
            here = meant[number] = dict[str, str]()
            places[number] = dict[str, int]()
            for base, where in last.items():
                within = [each for each in around.get(number, []) if base in first.get(each, {})]
                places[number][base] = (within or [where])[0]
                is_unknown = base in several or (where in in_case and number not in in_case)
                here[base] = f"{base}__any" if is_unknown and not within else meant[(within or [where])[0]][base]
            for base, right in first.get(number, {}).items():
                inside = number not in apart and any(base in first.get(each, {}) for each in around.get(number, []))
                before = last.get(base)
                varied = any(base in by[each] for each in range(number) if each not in around.get(number, ()))
                said = [] if before is None else [first[before][base], *others.get((before, base), ())]
                if before is None or (not inside and not any(alike(each, right) for each in said)):
                    one = letters[base] in anywhere - entries[number] and _is_number(letters[base], right, anywhere)
                    here[base] = base if before is None and not one and not varied else f"{base}__part_{number}"
                    last[base] = places[number][base] = number
                    several |= {base} & functions if before is not None else set()
            for base, where in places[number].items():
                letter = letters[base]
                one = letter not in entries.get(where, ()) and _is_number(letter, first[where][base], anywhere)
                if one and letter in entries.get(number, ()):
                    here[base] = base
        names = {number: {b: n for b, n in here.items() if b != n} for number, here in meant.items()}
        return Scopes(parts, names, places)


def name_in(written: Written, inventory: Inventory) -> str:
    """The name of a letter with what its subscript adds to it: z_1, where 1 chooses no entry. Nothing if it is none.

    >>> name_in(Scripted(Symbol("z"), lower=Symbol("out", is_word=True)), Inventory())
    'z_out'
    """
    base = written.base if isinstance(written, Scripted) else written
    if not isinstance(base, Symbol):
        return ""
    letter, labels = base_name(base), list[str]()
    numbered = inventory.is_numbered(letter)
    counted = inventory.has_entries(letter) and not numbered and base.font != "bold"
    for place, item in enumerate(items_of(written.lower) if isinstance(written, Scripted) else ()):
        chosen = item.value != 0 and counted if isinstance(item, Numeral) else inventory.is_index(item)
        if not chosen or (numbered and place == 0):
            with suppress(NotMeant):
                labels.append(label(item))
    return "_".join([letter, *labels])


# What follows is private.


def _with_indices(formula: Written, inventory: Inventory) -> Iterator[str]:
    for part in all_parts(formula):
        match part:
            case Scripted(base=Symbol() as base, lower=lower):
                if any(isinstance(item, Symbol) and inventory.is_index(item) for item in items_of(lower)):
                    yield base_name(base)


def _variables(formula: Written, inventory: Inventory) -> Iterator[str]:
    for part in all_parts(formula):
        if isinstance(part, Differentiation):
            yield from (name_in(each, inventory) for variable in part.variables for each in all_parts(variable))


def _is_number(base: str, right: Written, indexed: Set[str]) -> bool:
    """Whether what defines a letter is made of numbers: no capital or bold letter, and none that has indices."""
    letters = [part for part in all_parts(right) if isinstance(part, Symbol) and base_name(part) != base]
    return not any(each.text[:1].isupper() or each.font == "bold" or base_name(each) in indexed for each in letters)
