"""How often, and in which places, the letters of a document are seen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from chainrule.documents.reader.letters.counted_lists import capitals_counted_to
from chainrule.documents.reader.syntax.known_words import INDICATORS, TRANSPOSES
from chainrule.documents.reader.syntax.parts_written import (
    all_parts,
    base_letter,
    base_name,
    index_of_members,
    is_bold,
    items_of,
    letters_of,
    under,
    written_out,
)
from chainrule.documents.reader.syntax.written import (
    Beside,
    BigOperator,
    Bracketed,
    Comparing,
    Differentiation,
    Listed,
    Numeral,
    Scripted,
    Signed,
    Symbol,
    Written,
    WrittenChain,
)

CONTINUOUS = frozenset({"lim", "limsup", "liminf", "int", "iint", "iiint", "oint", "E"})
"""Signs below which variables stand that are no indices."""


@dataclass
class Sightings:
    """The places in which all letters of a document stand.

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
    variables : mapping
        By base of what is differentiated: the bases by which it is.
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
    mentioned: Counter[str] = field(default_factory=Counter)
    """By base: how often it is all of a formula, as in: where \\sigma is the sigmoid."""
    called: dict[str, list[Bracketed]] = field(default_factory=lambda: defaultdict(list))
    entries_called: dict[str, list[Bracketed]] = field(default_factory=lambda: defaultdict(list))
    differentiated: Counter[str] = field(default_factory=Counter)
    by: Counter[str] = field(default_factory=Counter)
    variables: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    primed: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    """Names of several letters, such as softmax, that are called."""
    vectors: Counter[str] = field(default_factory=Counter)
    """By base: how often it has one index and is a vector all the same: bold, with a transpose, or behind that of w."""
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
    deltas: int = 0
    """How often a sum has delta with two indices beside something with one of them, as in delta_ij - p_j."""
    made_deltas: bool = False
    """Whether an equation for delta with two indices has entries on its other side, as delta_ij = y_ij - t_ij."""
    written_out: set[str] = field(default_factory=set)
    """Letters of which a function's argument is the column of all entries: f((x_1; x_2))."""
    in_layers: set[str] = field(default_factory=set)
    """Letters whose numbers below are those of layers, as for the matrix beside them: b_1 in X W_1 + b_1."""
    from_zero: set[str] = field(default_factory=set)
    """Letters of which a list shows that their entries count from 0: x = (x_0, ..., x_n)."""
    multiplied: set[str] = field(default_factory=set)
    """Letters without scripts behind a transposed small letter, as x in w^T x."""
    comparisons: list[frozenset[str]] = field(default_factory=list)
    """The letters of each comparison of sums of letters, such as i + j = s + 1."""
    paired: set[str] = field(default_factory=set)
    """Letters of examples that stand in pairs, (x^{(i)}, y^{(i)}): these are given."""
    _arguments: set[int] = field(default_factory=set, init=False, repr=False)
    """Brackets behind names, by identity."""
    _events: set[int] = field(default_factory=set, init=False, repr=False)
    """Comparisons in events, by identity."""
    _variables: set[str] = field(default_factory=set, init=False, repr=False)
    """Letters that are compared with their values in events, as y in P(y = k | x)."""

    def see(self, chains: Iterable[WrittenChain]) -> None:
        """Note all letters of chains."""
        for chain in chains:
            above = [link.above for link in chain.links if link.above is not None]
            for written in (*filter(None, chain.members), *chain.conditions, *above):
                self._see(written)
            if not chain.links and len(chain.members) == 1 and isinstance(only := chain.members[0], Symbol):
                self.mentioned[base_name(only)] += 1
            first, second = (*chain.members, None, None)[:2]
            if isinstance(first, Symbol) and isinstance(second, Symbol) and chain.links[0].relation in ("=", "!="):
                self.comparisons.append(letters_of(first) | letters_of(second))  # for i != c
            if len(_pair_of_delta(first)) == 2 and second is not None:
                self.made_deltas |= any(isinstance(part, Scripted) for part in all_parts(second))
            for condition in (*chain.conditions, *above):
                self._conditioned(condition)

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
                    name, columns = base_name(base), is_bold(written)
                    self.vectors[name] += columns or turned
                    self.columns[name] += columns
                    self.plain[name] += not (columns or turned)
                many = any(isinstance(each, Bracketed) for each in above)
                single = [each for each in letters if not isinstance(each, Symbol) or len(each.text) == 1]
                if many and (is_bold(written) or turned or (single and lower is not None)):  # no theta is an index
                    self.arrays.add(base_name(base))
                self._see_inside_scripts(lower, upper)
                return
            case Scripted(
                base=(Scripted(lower=None, upper=Bracketed()) as inner)
                | Bracketed(items=(Scripted(lower=None, upper=Bracketed()) as inner,)),
                lower=None,
                upper=Symbol(text=text),
            ) if text in TRANSPOSES:
                self.arrays |= {base_letter(inner)} - {""}  # (x^{(i)})^T
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
                self._differentiated(subject, variables)
                self.by.update(_bases(variables))
            case Beside(parts=parts, joints=joints):
                match parts:
                    case (Differentiation(sign="nabla" | "grad", subject=None) as slope, subject, *rest) if (
                        not rest or (isinstance(rest[0], Bracketed) and len(rest) == 1)
                    ):
                        self._differentiated(subject, slope.variables)
                self.multiplied |= _behind_transposes(parts)
                for one, other, joint in zip(parts, parts[1:], joints, strict=False):
                    match one, other:
                        case Scripted(upper=Symbol(text=text)), Scripted(base=Symbol() as base, upper=Bracketed()):
                            self.arrays |= {base_name(base)} if text in TRANSPOSES else set()
                        case (
                            Scripted(base=Symbol(text=vector), lower=None, upper=Symbol(text=text)),
                            Scripted(base=Symbol() as base, lower=Symbol(), upper=None),
                        ) if text in TRANSPOSES and (vector.islower() or base.text.islower()) and base.text != "e":
                            self.vectors[base_name(base)] += 1  # w^T x_i, W^T x_i
                    head = one.base if isinstance(one, Scripted) else one
                    inside = other.base if isinstance(other, Scripted) else None
                    within = inside or other
                    self._arguments |= {id(within)} if isinstance(head, Symbol) else set()
                    if isinstance(head, Symbol) and isinstance(within, Bracketed) and head.text not in INDICATORS:
                        self._event(within)
                    if isinstance(head, Symbol) and isinstance(inside, Bracketed):
                        if head.is_word:
                            other = inside  # softmax(z)_i
                        elif _is_argument(other):
                            self.entries_called[base_name(head)].append(inside)  # s(x)_i
                    sign = one.upper if isinstance(one, Scripted) and not base_letter(one)[:1].islower() else None
                    turned = isinstance(sign, Symbol) and sign.text in TRANSPOSES
                    is_call = isinstance(other, Bracketed) and other.kind in "([" and not turned  # X^T (P - Y)
                    if isinstance(head, Symbol) and isinstance(other, Bracketed) and not joint and is_call:
                        self.called[base_name(head)].append(other)
                        (item, *more) = other.items or (other,)
                        if not more and isinstance(letter := written_out(item), Symbol) and letter is not item:
                            self.written_out.add(base_name(letter))
                        self.words |= {base_name(head)} if head.is_word else set()
            case Bracketed(kind="(", items=(_, _, *_) as items) if id(written) not in self._arguments:
                names = [each for each in items if isinstance(each, Scripted) and isinstance(each.upper, Bracketed)]
                self.paired |= {base_letter(each) for each in names} if len(names) == len(items) else set()
            case Bracketed(kind="|", items=(Symbol() as one,)):
                self.barred[base_name(one)] += 1
            case Comparing() if id(written) not in self._events:
                self._conditioned(written)
            case Signed(terms=terms):
                self.deltas += _compares_indices(terms)
                self.in_layers |= _with_number_of_matrix(terms)
        self.limits |= capitals_counted_to(written)
        for part in under(written):
            is_sign = isinstance(written, Scripted) and part is written.upper and isinstance(part, Symbol)
            if not (is_sign and base_name(part) == "T"):  # (a - b)^T
                self._see(part)

    def _differentiated(self, subject: Written | None, variables: Iterable[Written]) -> None:
        """Note a value that is differentiated, and by which letters."""
        if subject is not None and _is_value(subject):
            for base in _bases([subject]):
                self.differentiated[base] += 1
                self.variables[base].update(_bases(variables))

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
            self.multiplied |= _behind_transposes(part.parts) if isinstance(part, Beside) else set()
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
            case Comparing(members=(Symbol(), Symbol(text=other)), relations=("!=",)):
                self.compared.add(other)
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


def _behind_transposes(parts: Sequence[Written]) -> set[str]:
    """The letters without scripts behind a transposed small letter: x in w^T x."""
    found = set[str]()
    for one, other in pairwise(parts):
        match one, other:
            case Scripted(base=Symbol(text=vector), lower=None, upper=Symbol(text=text)), Symbol() if (
                text in TRANSPOSES and not vector[:1].isupper()
            ):
                found.add(base_name(other))
    return found


def _with_number_of_matrix(terms: Sequence[Written]) -> set[str]:
    """The letters with the number of a matrix beside them, which is that of a layer: b_1 in X W_1 + b_1."""
    factors = [part for term in terms if isinstance(term, Beside) for part in term.parts]
    numbers = [part.lower for part in factors if base_letter(part)[:1].isupper() and isinstance(part, Scripted)]
    return {
        base_letter(term)
        for term in terms
        if isinstance(term, Scripted) and isinstance(term.lower, Numeral) and term.lower in numbers
    }


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


def _is_argument(script: Written) -> bool:
    """Whether it is letters in brackets with a subscript or a power: an entry or a power of a function's value.

    A product with a subscript is none; a power may be one of a factor: h (x)^2.
    """
    match script:
        case Scripted(base=Bracketed(kind="(", items=items), upper=None):
            return bool(items) and all(isinstance(each, Symbol) for each in items)
        case Scripted(base=Bracketed(kind="(", items=items), lower=None):
            return bool(items) and all(isinstance(each, Symbol | Scripted) for each in items)
    return False


def _bases(formulas: Iterable[Written]) -> Iterator[str]:
    for whole in formulas:
        formula = whole.parts[0] if isinstance(whole, Beside) else whole
        base = formula.base if isinstance(formula, Scripted) else formula
        if isinstance(base, Symbol):
            yield base_name(base)
