"""How a document uses its letters: which are indices, which carry entries, which name layers.

The answer is one for the whole document. A subscript that is a letter bound by a sum somewhere, or compared with
another index, is an index; words and other letters are parts of names.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from fractions import Fraction

from chainrule.documents.language.trees import every_part, parts_of
from chainrule.documents.reader.known_words import INDICATORS
from chainrule.documents.reader.written import (
    Beside,
    BigOperator,
    Bracketed,
    Comparing,
    Differentiation,
    Dots,
    Grid,
    Listed,
    Numeral,
    Scripted,
    Signed,
    Symbol,
    Written,
    WrittenChain,
)

INDEX_LETTERS = frozenset("ijklmnpqrstuvcxyabg") | {"alpha", "beta", "mu", "nu"}
"""Letters that may be indices."""

USUAL_INDICES = frozenset("ijklmnpq")
"""Letters that are indices wherever they stand in a subscript."""

LAYER_LETTERS = frozenset({"l", "L", "ell", "h"})
"""Letters that number layers in superscripts."""

CONTINUOUS = frozenset({"lim", "limsup", "liminf", "int", "iint", "iiint", "oint", "E"})
"""Signs below which variables stand that are no indices."""

IMPLIED = ("einstein", "summation convention", "implied sum", "dummy ind")
"""Words of documents that leave out the sums over repeated indices."""

USUAL_FUNCTIONS = frozenset({"sigma", "phi", "psi"})
"""Letters that are functions where they never stand without a bracket."""

TRANSPOSES = frozenset({"T", "top", "intercal", "mathsf T", "t", "tr"})
"""Superscripts that may transpose."""


def under(written: Written) -> list[Written]:
    """The parts directly under a written formula, from left to right."""
    return parts_of(written, Written)


def all_parts(written: Written) -> Iterator[Written]:
    """The formula and everything in it, from left to right."""
    return every_part(written, Written)


def letters_of(written: Written) -> frozenset[str]:
    """The names of all letters and words in a formula."""
    return frozenset(base_name(part) for part in all_parts(written) if isinstance(part, Symbol))


def parts_of_chain(chain: WrittenChain) -> Iterator[Written]:
    """Everything in a chain."""
    above = [link.above for link in chain.links if link.above is not None]
    for written in (*filter(None, chain.members), *chain.conditions, *above):
        yield from all_parts(written)


def base_name(symbol: Symbol) -> str:
    """The name of a letter with its accents: x_hat, alpha. Fonts are the same letter."""
    return "_".join([symbol.text.replace(" ", "_"), *symbol.accents])


def items_of(script: Written | None) -> tuple[Written, ...]:
    """The things in a subscript or superscript: i, j for `ij` and for `i, j`."""
    if script is None:
        return ()
    if isinstance(script, Listed):
        return tuple(item for each in script.items for item in items_of(each))
    match script:
        case Scripted(base=Symbol(text=text, accents=()) as base, lower=Symbol(text=inner) as lower, upper=None):
            if text in USUAL_INDICES | set("rst") and inner in USUAL_INDICES:
                return (base, lower)  # y_{t_k} is an entry of y_t
    if isinstance(script, Beside) and not any(script.joints):
        simple = all(isinstance(part, Symbol | Numeral | Scripted) for part in script.parts)
        digits = all(isinstance(part, Numeral) for part in script.parts)
        if simple and (digits or not isinstance(script.parts[0], Numeral)):
            return script.parts
    return (script,)


def index_of_members(inside: Written) -> Symbol | None:
    """The index of the members of a set: i of i, and of (x_i, y_i) or (x^{(i)}, y^{(i)}); None if they have none."""
    if isinstance(inside, Symbol):
        return inside
    if not isinstance(inside, Bracketed) or not all(isinstance(item, Scripted) for item in inside.items):
        return None
    scripts = [script for item in inside.items if isinstance(item, Scripted) for script in (item.lower, item.upper)]
    found = {script.items[0] if isinstance(script, Bracketed) else script for script in scripts if script is not None}
    only = found.pop() if len(found) == 1 and len(scripts) == 2 * len(inside.items) else None
    return only if isinstance(only, Symbol) else None


def arguments_of(bracket: Bracketed) -> tuple[Written, ...]:
    """The arguments in brackets; x_1, \\ldots, x_n are one, the vector x."""
    found: list[Written] = []
    items = list(bracket.items)
    while items:
        item = _written_out(items.pop(0))
        last, after = found[-1] if found else None, items[0] if items else None
        match last, item, after:
            case (
                Scripted(base=Symbol() as one, upper=None),
                Dots(),
                Scripted(base=other, lower=Symbol() | Numeral(), upper=None),
            ) if one == other and bracket.kind == "(":
                while found and isinstance(found[-1], Scripted) and found[-1].base == one:
                    found.pop()
                found.append(one)
                items.pop(0)
            case _:
                found.append(item)
    return tuple(found)


def _written_out(item: Written) -> Written:
    """The vector x for the column of its entries x_1, x_2 that is written out."""
    inside = item.items[0] if isinstance(item, Bracketed) and len(item.items) == 1 else item
    if not isinstance(inside, Grid) or len(inside.rows) < 2 or any(len(row) > 1 for row in inside.rows):
        return item
    bases = {cell.base for (cell,) in inside.rows if isinstance(cell, Scripted) and not (cell.upper or cell.primes)}
    numbers = [cell.lower for (cell,) in inside.rows if isinstance(cell, Scripted)]
    counted = numbers == [Numeral(Fraction(number)) for number in range(1, len(inside.rows) + 1)]
    base = next(iter(bases), None)
    return base if counted and len(bases) == 1 and isinstance(base, Symbol) else item


@dataclass
class Inventory:
    """The uses of all letters of a document.

    Attributes
    ----------
    bound : set of str
        Letters that sums and products run over.
    compared : set of str
        Letters that conditions compare with each other.
    limits : set of str
        Names that stand above a sum, or after the dots in 1, ..., n: sizes.
    subscripts : mapping
        By base: the tuples of subscripts' items.
    superscripts : mapping
        By base: the superscripts.
    bare : Counter
        By base: how often it stands without a subscript.
    called : mapping
        By base: the brackets that follow it directly.
    entries_called : mapping
        By base: the brackets that follow it directly and have a subscript.
    sets : set of str
        Letters of sets whose members sums run over.
    differentiated, by : Counter
        Bases in numerators and denominators of derivatives.
    primed : set of str
        Bases with primes.
    """

    bound: set[str] = field(default_factory=set)
    compared: set[str] = field(default_factory=set)
    sets: set[str] = field(default_factory=set)
    limits: set[str] = field(default_factory=set)
    subscripts: dict[str, list[tuple[Written, ...]]] = field(default_factory=lambda: defaultdict(list))
    superscripts: dict[str, list[Written]] = field(default_factory=lambda: defaultdict(list))
    bare: Counter[str] = field(default_factory=Counter)
    called: dict[str, list[Bracketed]] = field(default_factory=lambda: defaultdict(list))
    entries_called: dict[str, list[Bracketed]] = field(default_factory=lambda: defaultdict(list))
    differentiated: Counter[str] = field(default_factory=Counter)
    by: Counter[str] = field(default_factory=Counter)
    primed: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    """Names of several letters, such as softmax, that are called."""
    vectors: Counter[str] = field(default_factory=Counter)
    """By base: how often it has one index and is a vector all the same: bold, or with a transpose."""
    columns: Counter[str] = field(default_factory=Counter)
    """By base: how often it has one index and is bold, or has an arrow."""
    plain: Counter[str] = field(default_factory=Counter)
    """By base: how often it has one index, and nothing shows that it is a vector."""
    barred: Counter[str] = field(default_factory=Counter)
    """By base: how often it stands alone between bars."""
    bold: Counter[str] = field(default_factory=Counter)
    """By base: how often it is bold."""
    arrays: set[str] = field(default_factory=set)
    """Letters that are vectors where a superscript in brackets numbers them: one has a subscript, too, is bold, is
    transposed or stands behind a transpose."""
    lone: Set[str] = frozenset()
    """Letters that are one vector, though members of them seem to be vectors."""
    apart: Set[str] = frozenset()
    """Letters that without an index are a vector of their own, beside the vectors that have one."""
    turned: Set[str] = frozenset()
    """Letters whose members are the vectors along the other axis than their indices suggest."""
    prose: str = ""
    """The words of the document, in small letters."""
    deltas: int = 0
    """How often a sum has delta with two indices beside something with one of them, as in delta_ij - p_j."""
    made_deltas: bool = False
    """Whether an equation for delta with two indices has entries on its other side, as delta_ij = y_ij - t_ij."""
    summing: bool = False
    """True if sums over repeated indices are not written. Then every letter in a subscript may be an index."""
    written_out: set[str] = field(default_factory=set)
    """Letters of which a function's argument is the column of all entries: f((x_1; x_2))."""
    declared: dict[str, int] = field(default_factory=dict)
    """The number of indices of entries of names that the document declares; -1 for sizes, functions and labels."""

    @staticmethod
    def of(chains: Iterable[WrittenChain], prose: str = "") -> Inventory:
        """The inventory of all chains of a document."""
        found = Inventory(prose=prose, summing=any(word in prose for word in IMPLIED))
        for chain in chains:
            above = [link.above for link in chain.links if link.above is not None]
            for written in (*filter(None, chain.members), *chain.conditions, *above):
                found._see(written)
            first, second = (*chain.members, None, None)[:2]
            if len(_pair_of_delta(first)) == 2 and second is not None:
                found.made_deltas |= any(isinstance(part, Scripted) for part in all_parts(second))
            for condition in (*chain.conditions, *above):
                found._conditioned(condition)
        return found

    comparisons: list[frozenset[str]] = field(default_factory=list)
    """The letters of each comparison of sums of letters, such as i + j = s + 1."""
    _indices: frozenset[str] | None = field(default=None, init=False, repr=False)
    _events: set[int] = field(default_factory=set, init=False, repr=False)
    """Comparisons in events, by identity."""
    _variables: set[str] = field(default_factory=set, init=False, repr=False)
    """Letters that are compared with their values in events, as y in P(y = k | x)."""

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
            for lists in self.subscripts.values()
            for items in lists
            for item in items
            if isinstance(item, Symbol) and len(item.text) == 1
        }
        stated = {
            item.text
            for base, axes in self.declared.items()
            if axes > 1
            for items in self.subscripts.get(base, ())
            if len(items) == axes
            for item in items
            if isinstance(item, Symbol) and len(item.text) == 1
        }
        usual = {letter for letter in seen & USUAL_INDICES if letter not in self.bare or letter not in self.limits}
        if self.summing:
            return frozenset(letter for letter in seen | self.bound if "a" <= letter <= "z") - self.declared.keys()
        with_others = self.comparisons + ([_letters_in(self._pairs_of_delta)] if self.delta_compares else [])
        beside = {letter for letters in with_others if letters & (self.bound | usual) for letter in letters & seen}
        values = {letter for letter in self.bound - seen if self.subscripts.get(letter) or self.by[letter]}
        found = (self.bound - values) | self.compared | (self._variables & seen) | usual | beside
        return frozenset((found & INDEX_LETTERS | stated) - self.limits - self.declared.keys())

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
        """The number of the example that a superscript in brackets gives: i in x^{(i)}, if sums run over i.

        A number is one if the letter has such a superscript elsewhere.
        """
        match upper:
            case Bracketed(kind="(", items=(Symbol(text=text) as letter,)) if text in self.bound - LAYER_LETTERS:
                return letter
            case Bracketed(kind="(", items=(Numeral(value=value) as number,)) if value >= 1 == value.denominator:
                others = (each for each in self.superscripts.get(base, ()) if isinstance(each, Bracketed))
                is_one = any(isinstance(each.items[0], Symbol) and self.example(base, each) for each in others)
                return number if is_one else None
        return None

    def has_entries(self, base: str) -> bool:
        """Whether subscripts of a name choose entries."""
        if base in self.declared:
            return self.declared[base] > 0
        return base in self.written_out or any(self.is_index(item) and not isinstance(item, Numeral)
                   for items in self.subscripts.get(base, ()) for item in items)  # fmt: skip

    def is_numbered(self, base: str) -> bool:
        """Whether a number begins each subscript of a letter, and entries are chosen behind it: z_2 and z_{2,i}."""
        lists = self.subscripts.get(base, ())
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
        base = _letter_of(whole)
        items = items_of(whole.lower) if isinstance(whole, Scripted) else ()
        is_one = len(items) == 1
        if is_one and base in self.apart and self.member_axis(whole) is not None:
            return f"{base}__all" if self.is_index(items[0]) else ""
        if not (is_one and _is_bold(whole) and self.plain[base]):
            return ""
        capital = base[0].upper() + base[1:]
        return capital if self.bare[capital] else f"{base}__all"

    def member_axis(self, whole: Written) -> int | None:
        """The number of the index that chooses a vector, if members of a name with one index are vectors; else None.

        With x_i beside x_{ij} it is the place in which the letter of x_i stands more often; with x_i alone the last.
        Where some are bold and some are plain, those that are bold are vectors.
        """
        base = _letter_of(whole)
        if self.declared.get(base, 2) < 2 or base in self.lone or self.is_numbered(base):
            return None
        if self.columns[base] and self.plain[base]:
            return 1 if _is_bold(whole) else None
        single, places = Counter[str](), Counter[tuple[int, str]]()
        apart = base == "delta" and self.delta_compares  # then it has no entries with two indices
        for items in self.subscripts[base]:
            if apart and len(items) == 2:
                continue
            letters = [item.text if isinstance(item, Symbol) else "" for item in items if self.is_index(item)]
            if len(letters) == 1:
                single.update(letters)
            elif len(letters) == 2:
                places.update(enumerate(letters))
        if not single or not (places or self.vectors[base]):
            return None
        counts = [
            sum(count for (at, letter), count in places.items() if at == axis and letter in single) for axis in (0, 1)
        ]
        return int((counts[0] > counts[1]) == (base in self.turned))

    def is_counted(self, base: str) -> bool:
        """Whether numbers in subscripts of a name may choose entries: none is negative, as in mu_{-1}."""
        return not any(
            isinstance(item, Signed) and not letters_of(item)
            for items in self.subscripts.get(base, ())
            for item in items
        )

    @property
    def capitals(self) -> dict[str, str]:
        """Small letters that only stand for the entries of a matrix, w_{ij} of W, with the letter of the matrix."""
        found = {}
        for base, lists in list(self.subscripts.items()):
            two = any(len(items) == 2 and all(map(self.is_index, items)) for items in lists)
            capital = base.capitalize()
            small = len(base) == 1 and base != capital and not self.bare[base]
            small = small and not self.is_numbered(base)
            if two and small and self.bare[capital] and not self.has_entries(capital):
                found[base] = capital
        return found

    def is_value(self, base: str) -> bool:
        """Whether brackets after a name only remind of what it depends on: letters, the same first, as in J(W; x).

        Where h(x) stands beside h(x^{(i)}), h is a function of examples, unless it stands without brackets, too.
        """
        every = (*self.called[base], *self.entries_called[base]) if self.called[base] else ()
        calls = {tuple(map(_letter_of, arguments_of(bracket))) for bracket in every}
        plain = all(letters and all(letters) for letters in calls)
        same = len({letters[0] for letters in calls if letters}) == 1
        elsewhere = self.bare[base] + len(self.subscripts[base]) > len(every)
        firsts = [arguments_of(bracket)[0] for bracket in every if arguments_of(bracket)]
        examples = [isinstance(each, Scripted) and isinstance(each.upper, Bracketed) for each in firsts]
        mixed = any(examples) and any(isinstance(each, Symbol) for each in firsts)
        return bool(calls) and plain and ((same and not mixed) or elsewhere)

    def is_always_called(self, base: str) -> bool:
        """Whether a name never stands without a bracket behind it, in which there is more than its arguments' names."""
        calls = len(self.called[base])
        always = self.bare[base] == calls > 0 and not self.subscripts[base]
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

    def _see(self, written: Written) -> None:
        match written:
            case Scripted(base=Symbol() as base, lower=lower, upper=upper, primes=primes):
                self.bold[base_name(base)] += base.font == "bold" or "vec" in base.accents
                self._scripted(base_name(base), lower, upper, primes)
                above = () if isinstance(upper, Scripted) else items_of(upper)  # t_i in y_i^{t_i} is a power
                turned = any(isinstance(each, Symbol) and each.text in TRANSPOSES for each in above)
                letters = [item for item in items_of(lower) if not isinstance(item, Numeral)]
                if len(items_of(lower)) == len(letters) == 1:
                    name, columns = base_name(base), _is_bold(written)
                    self.vectors[name] += columns or turned
                    self.columns[name] += columns
                    self.plain[name] += not (columns or turned)
                many = any(isinstance(each, Bracketed) for each in above)
                if many and (_is_bold(written) or turned or (letters and lower is not None)):
                    self.arrays.add(base_name(base))
                self._see_inside_scripts(lower, upper)
                return
            case Scripted(base=Bracketed(), lower=lower) if lower is not None:
                self.subscripts[""].append(items_of(lower))
            case Symbol():
                self.bare[base_name(written)] += 1
                self.bold[base_name(written)] += written.font == "bold" or "vec" in written.accents
            case BigOperator(kind=kind, lower=lower, upper=upper):
                if kind not in CONTINUOUS:
                    self._bind(lower, upper)
                if upper is not None:
                    self._see(upper)
                return
            case Differentiation(subject=subject, variables=variables):
                self.differentiated.update(_bases([subject] if subject is not None and _is_value(subject) else []))
                self.by.update(_bases(variables))
            case Beside(parts=parts, joints=joints):
                match parts:
                    case (Differentiation(sign="nabla" | "grad", subject=None), subject, *rest) if not rest or (
                        isinstance(rest[0], Bracketed) and len(rest) == 1
                    ):
                        self.differentiated.update(_bases([subject] if _is_value(subject) else []))
                for one, other, joint in zip(parts, parts[1:], joints, strict=False):
                    match one, other:
                        case Scripted(upper=Symbol(text=text)), Scripted(base=Symbol() as base, upper=Bracketed()):
                            self.arrays |= {base_name(base)} if text in TRANSPOSES else set()
                    head = one.base if isinstance(one, Scripted) else one
                    inside = other.base if isinstance(other, Scripted) else None
                    within = inside or other
                    if isinstance(head, Symbol) and isinstance(within, Bracketed) and head.text not in INDICATORS:
                        self._event(within)
                    if isinstance(head, Symbol) and isinstance(inside, Bracketed):
                        if head.is_word:
                            other = inside  # softmax(z)_i
                        elif _is_argument(other):
                            self.entries_called[base_name(head)].append(inside)  # s(x)_i
                    if isinstance(head, Symbol) and isinstance(other, Bracketed) and not joint and other.kind in "([":
                        self.called[base_name(head)].append(other)
                        (item, *more) = other.items or (other,)
                        if not more and isinstance(letter := _written_out(item), Symbol) and letter is not item:
                            self.written_out.add(base_name(letter))
                        self.words |= {base_name(head)} if head.is_word else set()
            case Bracketed(kind="|", items=(Symbol() as one,)):
                self.barred[base_name(one)] += 1
            case Comparing() if id(written) not in self._events:
                self._conditioned(written)
            case Signed(terms=terms):
                self.deltas += _compares_indices(terms)
        for part in under(written):
            self._see(part)

    def _event(self, bracket: Bracketed) -> None:
        """Note the letters that are compared in brackets behind a name."""
        for each in bracket.items:
            if isinstance(each, Comparing) and all(isinstance(member, Symbol) for member in each.members):
                variable, *values = (member.text for member in each.members if isinstance(member, Symbol))
                self._events.add(id(each))
                self._variables.add(variable)
                self.compared |= set(values)

    def _see_inside_scripts(self, *scripts: Written | None) -> None:
        for part in (part for script in scripts if script is not None for part in all_parts(script)):
            if isinstance(part, Scripted) and isinstance(part.base, Symbol) and len(items_of(part)) == 1:
                self._scripted(base_name(part.base), part.lower, part.upper, part.primes)

    def _scripted(self, base: str, lower: Written | None, upper: Written | None, primes: int) -> None:
        if lower is None:
            self.bare[base] += 1
        else:
            self.subscripts[base].append(items_of(lower))
        if upper is not None:
            self.superscripts[base].append(upper)
        if primes:
            self.primed.add(base)

    def _bind(self, lower: Written | None, upper: Written | None) -> None:
        first = lower.items[0] if isinstance(lower, Listed) else lower
        match first:
            case Comparing(members=(inside, Symbol(font=font) as every), relations=("in",)) if font != "blackboard":
                self.sets.add(base_name(every))
                lower = index_of_members(inside) or lower
        for part in all_parts(lower) if lower is not None else ():
            if isinstance(part, Symbol):
                self.bound.add(part.text)
                break
        if isinstance(lower, Listed):
            self.bound |= {item.text for item in lower.items if isinstance(item, Symbol)}
            match lower.items:
                case (Symbol(), *_, Comparing(members=(Symbol(text=text), *_))):
                    self.bound.add(text)  # i, j = 1
        if isinstance(upper, Symbol):
            self.limits.add(upper.text)

    def _conditioned(self, condition: Written) -> None:
        for part in all_parts(condition):
            if isinstance(part, Comparing):
                letters = [member.text for member in part.members if isinstance(member, Symbol)]
                if len(letters) == len(part.members):
                    self.compared |= set(letters)
                elif not any(isinstance(each, Scripted) for each in all_parts(part)):
                    self.comparisons.append(letters_of(part))


def _is_value(subject: Written | None) -> bool:
    """True for a letter, perhaps with an index or with arguments, in the numerator of a derivative."""
    if isinstance(subject, Beside):
        return len(subject.parts) == 2 and isinstance(subject.parts[1], Bracketed) and _is_value(subject.parts[0])
    if isinstance(subject, Scripted):
        return len(items_of(subject.lower)) < 2 and _is_value(subject.base)
    return isinstance(subject, Symbol)


def _is_bold(whole: Written) -> bool:
    """Whether a letter is bold, or has an arrow."""
    base = whole.base if isinstance(whole, Scripted) else whole
    return isinstance(base, Symbol) and (base.font == "bold" or "vec" in base.accents)


def _compares_indices(terms: Iterable[Written]) -> bool:
    """Whether one of the terms of a sum is delta with two letters, and all others have one of these at most each."""
    pairs, others = list[tuple[Written, ...]](), set[tuple[Written, ...]]()
    for term in terms:
        if pair := _pair_of_delta(term):
            pairs.append(pair)
        else:
            every = (items_of(part.lower) for part in all_parts(term) if isinstance(part, Scripted))
            others |= {items for items in every if items}
    return len(pairs) == 1 and bool(others) and all(len(items) == 1 and items[0] in pairs[0] for items in others)


def _pair_of_delta(written: Written | None) -> tuple[Written, ...]:
    """The two letters below a delta without a superscript; none for anything else."""
    match written:
        case Scripted(base=Symbol(text="delta", accents=()), lower=lower, upper=None):
            items = items_of(lower)
            return items if len(items) == 2 and all(isinstance(each, Symbol) for each in items) else ()
    return ()


def _letters_in(lists: Iterable[tuple[Written, ...]]) -> frozenset[str]:
    return frozenset[str]().union(*(letters_of(item) for items in lists for item in items))


def _is_argument(script: Written) -> bool:
    """Whether it is letters in brackets with a subscript alone: an entry of a function's value, and no product."""
    if not isinstance(script, Scripted) or not isinstance(script.base, Bracketed) or script.upper is not None:
        return False
    return bool(script.base.items) and all(isinstance(each, Symbol) for each in script.base.items)


def _letter_of(item: Written) -> str:
    """A letter, perhaps with scripts, as text; nothing for anything else."""
    symbol = item.base if isinstance(item, Scripted) else item
    return base_name(symbol) if isinstance(symbol, Symbol) else ""


def _bases(formulas: Iterable[Written]) -> Iterator[str]:
    for whole in formulas:
        formula = whole.parts[0] if isinstance(whole, Beside) else whole
        base = formula.base if isinstance(formula, Scripted) else formula
        if isinstance(base, Symbol):
            yield base_name(base)
