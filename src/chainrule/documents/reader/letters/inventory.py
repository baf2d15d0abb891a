"""How a document uses its letters: which are indices, which carry entries, which name layers.

The answer is one for the whole document. A subscript that is a letter bound by a sum somewhere, or compared with
another index, is an index; words and other letters are parts of names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from chainrule.documents.reader.letters.sightings import Sightings
from chainrule.documents.reader.syntax.parts_written import (
    USUAL_INDICES,
    arguments_of,
    base_letter,
    is_bold,
    items_of,
    letters_of,
)
from chainrule.documents.reader.syntax.written import (
    NUMBERED,
    Beside,
    Bracketed,
    Numeral,
    Scripted,
    Signed,
    Symbol,
    Written,
    WrittenChain,
)

INDEX_LETTERS = frozenset("ijklmnpqrstuvcxyabg") | {"alpha", "beta", "mu", "nu"}
"""Letters that may be indices."""

LAYER_LETTERS = frozenset({"l", "L", "ell", "h"})
"""Letters that number layers in superscripts."""

IMPLIED = ("einstein", "summation convention", "implied sum", "dummy ind")
"""Words of documents that leave out the sums over repeated indices."""

USUAL_FUNCTIONS = frozenset({"sigma", "phi", "psi"})
"""Letters that are functions where they never stand without a bracket."""


@dataclass
class Inventory(Sightings):
    """The uses of all letters of a document: where they are seen, and what they are."""

    lone: Set[str] = frozenset()
    """Letters that are one vector, though members of them seem to be vectors."""
    apart: Set[str] = frozenset()
    """Letters that without an index are a vector of their own, beside the vectors that have one."""
    matrices: Set[str] = frozenset()
    """Letters that a block declares as matrices: with one index each is a row or a column."""
    single_numbers: set[str] = field(default_factory=set)
    """Letters of examples that are numbers, as a declaration says: y^{(i)} is one."""
    flipped: Set[str] = frozenset()
    """Letters of examples that are numbers though they seem to be vectors, or the other way round."""
    turned: Set[str] = frozenset()
    """Letters whose members are the vectors along the other axis than their indices suggest."""
    prose: str = ""
    """The words of the document, in small letters."""
    summing: bool = False
    """True if sums over repeated indices are not written. Then every letter in a subscript may be an index."""
    numbered_above: Mapping[str, Set[str]] = field(default_factory=dict)
    """By letter that blocks declare with an index above, x^i: this index. It numbers examples and is no exponent."""
    members: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """By letter whose vectors are rows or columns of a matrix: the matrix, and the axis of the index that chooses."""
    declared: dict[str, int] = field(default_factory=dict)
    """The number of indices of entries of names that the document declares; -1 for sizes, functions and labels."""
    _indices: frozenset[str] | None = field(default=None, init=False, repr=False)
    _distinct: dict[str, tuple[int, Counter[tuple[Written, ...]]]] = field(default_factory=dict, init=False, repr=False)

    @staticmethod
    def of(chains: Iterable[WrittenChain], prose: str = "") -> Inventory:
        """The inventory of all chains of a document."""
        found = Inventory(prose=prose, summing=any(word in prose for word in IMPLIED))
        found.see(chains)
        return found

    def distinct_subscripts(self, base: str) -> Counter[tuple[Written, ...]]:
        """The subscripts of a name, and how often it has each of them."""
        lists, known = self.subscripts.get(base, []), self._distinct.get(base)
        if known is None or known[0] != len(lists):
            known = self._distinct[base] = len(lists), Counter(lists)
        return known[1]

    def declare(self, name: str, axes: int) -> None:
        """Enter the number of indices of a name that the document declares."""
        self.declared[name], self._indices = axes, None

    @property
    def indices(self) -> frozenset[str]:
        """The letters that are indices."""
        if self._indices is None:
            self._indices = self._letters_of_indices()
        return self._indices

    def _letters_of_indices(self) -> frozenset[str]:
        seen = {
            item.text
            for base in list(self.subscripts)
            for items in self.distinct_subscripts(base)
            for item in items
            if isinstance(item, Symbol) and len(item.text) == 1
        }
        stated = {
            item.text
            for base, axes in self.declared.items()
            if axes > 1
            for items in self.distinct_subscripts(base)
            if len(items) == axes
            for item in items
            if isinstance(item, Symbol) and len(item.text) == 1
        }
        usual = {letter for letter in seen & USUAL_INDICES if letter not in self.bare or letter not in self.limits}
        if self.summing:
            return frozenset(
                letter for letter in seen | self.bound if "a" <= letter <= "z" and self.declared.get(letter, 1) > 0
            )
        with_others = self.comparisons + ([_letters_in(self._pairs_of_delta)] if self.delta_compares else [])
        beside = {letter for letters in with_others if letters & (self.bound | usual) for letter in letters & seen}
        values = {letter for letter in self.bound - seen if self.subscripts.get(letter) or self.by[letter]}
        found = (self.bound - values) | self.compared | (self._variables & seen) | usual | beside
        running = (self.bound | self.compared) & seen  # \sum_d w_d x_d, \sum_{w \ne o} y_w + y_o
        summed = {letter for letter in running if "a" <= letter <= "z" and letter != "e"}
        counted = {letter for letter in seen - {"e"} if letter.islower() and letter.upper() in self.limits}  # h up to H
        counted -= {letter for letter in counted if self.bare[letter] or self.called.get(letter)}
        stepped = {letter for letter in seen if letter.upper() in self.limits and self._has_steps(letter)}
        above = frozenset[str]().union(*self.numbered_above.values())
        every = (found & INDEX_LETTERS) | summed | stated | counted | stepped | above
        return frozenset(every - self.fixed_limits - self.declared.keys())

    def _has_steps(self, letter: str) -> bool:
        """Whether a letter stands below another one, and with a number added or subtracted below the same: t, t - 1."""
        for base in self.subscripts:
            items = [each[0] for each in self.distinct_subscripts(base) if len(each) == 1]
            alone = any(isinstance(each, Symbol) and each.text == letter for each in items)
            if alone and any(isinstance(each, Signed) and letter in letters_of(each) for each in items):
                return True
        return False

    @property
    def fixed_limits(self) -> frozenset[str]:
        """The last values of indices that are no indices themselves, as t is in sum_{t=1}^T x_t beside prod_{j=1}^t."""
        seen = {each.text for some in self.subscripts.values() for items in some for each in items
                if isinstance(each, Symbol)}  # fmt: skip
        return frozenset(self.limits - (self.bound & seen))

    def index_name(self, letter: str) -> str:
        """The name of an index: another one than that of a value with entries."""
        return f"{letter}_index" if letter in self.indices and self.subscripts.get(letter) else letter

    @property
    def delta_compares(self) -> bool:
        """Whether delta with two indices is 1 where they are equal: it never has another number of them, or the text or
        a difference such as delta_ij - p_j shows it, and nothing says that it is made of entries."""
        told = self.deltas > 0 or (bool(self._pairs_of_delta) and "kronecker" in self.prose)
        return self.is_only_delta or (told and not self.made_deltas)

    @property
    def is_only_delta(self) -> bool:
        """Whether delta is nothing else than what compares two indices."""
        every = self.subscripts["delta"]
        return len(self._pairs_of_delta) == len(every) > self.bare["delta"]

    @property
    def _pairs_of_delta(self) -> list[tuple[Written, ...]]:
        return [items for items in self.subscripts["delta"] if len(items) == 2]

    def example(self, base: str, upper: Written | None) -> Symbol | Numeral | None:
        """The number of an example in brackets above a letter: i in x^{(i)}, if sums run over i or a block tells it.

        A number is one if the letter has such a superscript elsewhere, and so is the end of a range: m in x^{(m)}.
        """
        above = self.numbered_above.get(base, frozenset())
        match upper:
            case Bracketed(kind="(", items=(Symbol(text=text) as letter,)) if (
                text in self.bound - LAYER_LETTERS | above
            ):
                return letter
            case Symbol() as letter if above and self.is_index(letter):
                return letter
            case Bracketed(kind="(", items=(Numeral(value=value) as number,)) if value >= 1 == value.denominator:
                return number if self._numbers_examples(base) else None
            case Bracketed(kind="(", items=(Symbol(text=text) as last,)) if text in self.limits - LAYER_LETTERS:
                return last if self._numbers_examples(base) else None
        return None

    def _numbers_examples(self, base: str) -> bool:
        """Whether a letter has a superscript in brackets somewhere that sums run over."""
        others = (each for each in self.superscripts.get(base, ()) if isinstance(each, Bracketed))
        return any(
            isinstance(each.items[0], Symbol) and each.items[0].text in self.bound - LAYER_LETTERS for each in others
        )

    def has_entries(self, base: str) -> bool:
        """Whether subscripts of a name choose entries."""
        if base in self.declared:
            return self.declared[base] > 0
        if base in self.written_out or base in self.from_zero:
            return True
        items = (item for items in self._choosing(base) for item in items)
        return any(self.is_index(item) and not isinstance(item, Numeral) for item in items)

    def is_numbered(self, base: str) -> bool:
        """Whether a number begins each subscript of a letter, and entries are chosen behind it: z_2 and z_{2,i}."""
        lists = self.distinct_subscripts(base)
        begun = all(items and isinstance(items[0], Numeral) and self.is_index(items[0]) for items in lists)
        alone = any(len(items) == 1 for items in lists)
        behind = any(isinstance(item, Symbol) and self.is_index(item) for items in lists for item in items[1:])
        return begun and alone and behind and not self.bare[base] and base not in self.declared

    def may_be_single(self, base: str) -> bool:
        """Whether a name without its index may be one of its entries. A bold one is all of them."""
        return self.has_entries(base) and not self.bold[base] >= self.bare[base] > 0

    def family_of(self, whole: Written) -> str:
        """The matrix of which a bold letter with an index is a column, where the letter without it is plain: its
        capital, if it is used; else nothing. That of a letter that is a vector of its own without the index."""
        base = base_letter(whole)
        items = items_of(whole.lower) if isinstance(whole, Scripted) else ()
        is_one = len(items) == 1
        if is_one and base in self.apart and self.member_axis(whole) is not None:
            return f"{base}__all" if self.is_index(items[0]) else ""
        if not (is_one and is_bold(whole) and self.plain[base]):
            return ""
        capital = base[0].upper() + base[1:]
        return capital if self.bare[capital] else f"{base}__all"

    def member_axis(self, whole: Written) -> int | None:
        """The number of the index that chooses a vector, if members of a name with one index are vectors; else None.

        With x_i beside x_{ij} it is the place in which the letter of x_i stands more often; with x_i alone the last.
        Where some are bold and some are plain, those that are bold are vectors.
        """
        base = base_letter(whole)
        if self.declared.get(base, 2) < 2 or base in self.lone or self.is_numbered(base):
            return None
        if self.columns[base] and self.plain[base]:
            return 1 if is_bold(whole) else None
        single, places = Counter[str](), Counter[tuple[int, str]]()
        for items, count in self._choosing(base).items():
            letters = [item.text if isinstance(item, Symbol) else "" for item in items if self.is_index(item)]
            if len(letters) == 1:
                single[letters[0]] += count
            elif len(letters) == 2:
                places.update(dict.fromkeys(enumerate(letters), count))
        passed = {name for each in self._passed(base) for name in letters_of(each) - {base}}
        are_passed = bool(passed) and single.keys() <= {*passed, ""}
        if not single or not (places or self.vectors[base] or are_passed or base in self.matrices | self.flipped):
            return None
        counts = [
            sum(count for (at, letter), count in places.items() if at == axis and letter in single) for axis in (0, 1)
        ]
        return int((counts[0] > counts[1]) == (base in self.turned))

    def is_counted(self, base: str) -> bool:
        """Whether numbers in subscripts of a name may choose entries: none is negative, as in mu_{-1}."""
        return not any(
            isinstance(item, Signed) and not letters_of(item)
            for items in self.distinct_subscripts(base)
            for item in items
        )

    @property
    def capitals(self) -> dict[str, str]:
        """Small letters that only stand for the entries of a matrix, w_{ij} of W, with the letter of the matrix.

        Marks belong to both: \\hat y_{ij} is an entry of \\hat Y.
        """
        found = {}
        for base, lists in list(self.subscripts.items()):
            two = any(len(items) == 2 and all(map(self.is_index, items)) for items in lists)
            letter, *marks = base.split("_")
            capital = "_".join((letter.capitalize(), *marks))
            small = len(letter) == 1 and base != capital and not self.bare[base]
            small = small and not self.is_numbered(base)
            if two and small and self.bare[capital] and not self.has_entries(capital):
                found[base] = capital
        return found

    def is_value(self, base: str) -> bool:
        """Whether brackets after a name only remind of what it depends on: letters, the same first, as in J(W; x).

        Where h(x) stands beside h(x_i) or h(x^{(i)}), h is a function.
        """
        every = (*self.called[base], *self.entries_called[base]) if self.called[base] else ()
        calls = {tuple(map(base_letter, arguments_of(bracket))) for bracket in every}
        plain = all(letters and all(letters) for letters in calls)
        same = len({letters[0] for letters in calls if letters}) == 1
        elsewhere = self.bare[base] + len(self.subscripts[base]) > len(every)
        firsts = {(len(items), items[0]) for bracket in every if (items := arguments_of(bracket))}
        mixed = len({(count, base_letter(first)) for count, first in firsts}) < len(firsts)
        divergent = any("||" in bracket.separators for bracket in every)  # D(p || q) takes two distributions
        numbered = any(NUMBERED in bracket.separators for bracket in every)
        return bool(calls) and plain and not (mixed or divergent or numbered) and (same or elsewhere)

    def has_same_arguments(self, base: str) -> bool:
        """Whether all brackets after a name hold the same letters."""
        every = (*self.called[base], *self.entries_called[base])
        plain = all(isinstance(item, Symbol) for bracket in every for item in arguments_of(bracket))
        calls = {tuple(map(base_letter, arguments_of(bracket))) for bracket in every}
        return plain and len(calls) == 1

    def has_vectors(self, base: str) -> bool:
        """Whether what numbers above a letter choose are vectors: they show it, or w^T x and h(x) beside h(x^{(i)})."""
        shown = base in self.arrays or any(each.upper is not None for each in self._passed(base))
        return base not in self.single_numbers and shown != (base in self.flipped)

    def _choosing(self, base: str) -> Counter[tuple[Written, ...]]:
        """The subscripts of a name, but for pairs that delta compares: delta_1 may stand beside delta_ij."""
        found = self.distinct_subscripts(base)
        apart = base == "delta" and self.delta_compares
        return Counter({items: count for items, count in found.items() if len(items) != 2}) if apart else found

    def _passed(self, base: str) -> list[Scripted]:
        """The members of a vector's letter that are arguments of functions to which it is passed, too: h(x), h(x_i)."""
        if base not in self.multiplied:
            return []
        every = ((*found, *self.entries_called.get(name, ())) for name, found in self.called.items())
        firsts = ([each[0] for bracket in found if (each := arguments_of(bracket))] for found in every)
        own = ([each for each in some if base_letter(each) == base] for some in firsts)
        both = (some for some in own if any(isinstance(each, Symbol) for each in some))
        return [each for some in both for each in some if isinstance(each, Scripted)]

    def is_always_called(self, base: str) -> bool:
        """Whether a name never stands without a bracket behind it, in which there is more than its arguments' names."""
        calls = len(self.called[base])
        mentioned = self.mentioned[base] if base in USUAL_FUNCTIONS else 0  # where sigma is the sigmoid
        always = self.bare[base] - mentioned == calls > 0 and not self.subscripts[base]
        return always and (base in USUAL_FUNCTIONS or not self.is_value(base))

    def is_index(self, item: Written) -> bool:
        """Whether something in a subscript may be an index: a letter, a number, or a sum of both."""
        match item:
            case Numeral(value=value):
                return value.denominator == 1
            case Symbol(text=text, accents=()):
                return text in self.indices or text in self.limits or self.declared.get(text) == -1
            case Signed(terms=terms) | Beside(parts=terms):
                return all(self.is_index(term) for term in terms)
            case Scripted(base=Symbol() as base, upper=None):
                return self.is_index(base)
            case Bracketed(kind="(", items=(inside,)):
                return self.is_index(inside)
        return False


# What follows is private.


def _letters_in(lists: Iterable[tuple[Written, ...]]) -> frozenset[str]:
    return frozenset[str]().union(*(letters_of(item) for items in lists for item in items))
