"""Terms of letters and of what has scripts: names, entries, members, examples, powers and transposes."""

from __future__ import annotations

from fractions import Fraction

from chainrule.documents.language import terms
from chainrule.documents.language.terms import ONE, Apply, Call, Entry, Name, Number, Term, Truth
from chainrule.documents.reader.letters.meanings import Meanings
from chainrule.documents.reader.letters.scripts import axis_of_slice, is_transpose, turns, with_entries, with_upper
from chainrule.documents.reader.letters.standard_arrays import standard_array
from chainrule.documents.reader.letters.suffixed_names import EACH
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import NO_LETTERS, PRIME, NotMeant
from chainrule.documents.reader.syntax.parts_written import base_letter, base_name, items_of
from chainrule.documents.reader.syntax.written import Written
from chainrule.documents.reader.translation.indicators import indicated, indicating
from chainrule.documents.reader.translation.reach_of_sums import stands_bare
from chainrule.documents.reader.translation.slopes import evaluated, primed_bracket, usual_arguments


def bare(meanings: Meanings, found: Name, primes: int = 0) -> Term:
    """A name; that of a function whose parameters are known is its value at them: s (1 - s) after s(x) = ..."""
    if found.text in meanings.sizes:
        return meanings.sizes[found.text]
    if found.text in meanings.bound:
        return found
    name = meanings.latest.get(found.text, found.text)
    parameters = meanings.functions.get(name, ()) or usual_arguments(meanings, name)
    if not parameters or not all(parameters):
        return found
    order = (primes,) if primes and len(parameters) == 1 else ()
    for bracket in meanings.inventory.called.get(found.text, ()):
        if (
            not stands_bare(found.text, bracket)
            and tuple(base_name(item) if isinstance(item, w.Symbol) else "" for item in bracket.items) != parameters
        ):
            meanings.used.add(f"{found.text} without arguments may be its value elsewhere")
    return Call(name, tuple(Name(meanings.named(each)) for each in parameters), order)


def scripted(
    meanings: Meanings, whole: Written, base: Written, lower: Written | None, upper: Written | None, primes: int
) -> Term:
    """The term of a letter, a bracket or another formula with scripts."""
    if upper is None and not primes and (stated := indicated(base, lower)) is not None:
        return indicating(meanings, stated)
    if base == w.Numeral(Fraction(1)) and upper is None and not primes and len(indices := items_of(lower)) == 2:
        meanings.used.add("1 with two indices compares them")
        return Truth(terms.Comparison("=", *map(meanings.index, indices)))
    if isinstance(base, w.Symbol):
        name = base_name(base)
        if name in NO_LETTERS:  # n!^2, ^2 x
            raise NotMeant(f"the sign {name} with scripts" if name else "a script behind nothing", whole.place)
        known = name in meanings.inventory.by or meanings.inventory.declared.get(name, -1) >= 0
        is_euler = name == "e" and meanings.euler and base.font != "bold" and not known
        if is_euler and upper is not None and lower is None:
            return Apply("exp", (meanings.term(upper),))
        if not primes and (standard := standard_array(meanings, base, lower)) is not None:
            return standard if upper is None else raised(meanings, standard, upper)
        is_delta = name == "delta" and meanings.inventory.delta_compares and name not in meanings.inventory.declared
        if is_delta and lower is not None and upper is None:
            indices = items_of(lower)
            if len(indices) == 2:
                if not meanings.inventory.is_only_delta:
                    meanings.used.add("delta with two indices compares them")
                one, other = (meanings.index(index) for index in indices)
                return Truth(terms.Comparison("=", one, other))
        if not primes and (choice := _of_label(meanings, base, lower)) is not None:
            return choice if upper is None else raised(meanings, choice, upper)
        if name in meanings.inventory.members and len(items_of(lower)) == 1 and not primes:
            return _member(meanings, *meanings.inventory.members[name], lower, upper)
        if name in meanings.by_number and len(items_of(lower)) == 1 and not primes:
            numbered = Call(meanings.named(name), (meanings.index(items_of(lower)[0]),))
            return numbered if upper is None else raised(meanings, numbered, upper)
        axis = axis_of_slice(lower)
        family = axis is None and meanings.inventory.family_of(whole)
        name = (family or meanings.named(name)) + "_prime" * primes
        name, entries = with_entries(meanings, name, base_name(base), lower, base.font == "bold")
        name = meanings.aliases.get(name, name) if name != base_name(base) else name
        if (found := _example(meanings, base, lower, upper)) is not None:
            return found
        name, more, upper = with_upper(meanings, name, upper)
        whole_name = bare(meanings, Name(name.removesuffix("_prime" * primes)), primes)
        whole_name = Name(name) if isinstance(whole_name, Name) else whole_name
        if len(entries) == 2 and upper is not None and is_transpose(meanings, upper):
            whole_name, upper = Apply("turned", (whole_name,)), None  # W_{ij}^T is an entry of W^T
        found = chosen(meanings, whole_name, whole, (*more, *entries), axis)
        if upper is not None and _counts_steps(meanings, base, upper):
            return Apply("raised", (found, meanings.term(upper)))
    else:
        found = _based(meanings, base, lower, primes, whole)
    return found if upper is None else raised(meanings, found, upper)


def chosen(
    meanings: Meanings, found: Term, whole: Written, indices: tuple[Term, ...], sliced: int | None = None
) -> Term:
    """An entry, or the vector that one index chooses among several."""
    if sliced is not None and len(indices) == 1:
        row = Apply("member", (found if sliced else Apply("'", (found,)), indices[0]))
        return row if sliced else Apply("'", (row,))
    axis = meanings.inventory.member_axis(whole) if len(indices) == 1 else None
    if axis is not None:
        meanings.used.add("a letter with one index is a vector")
        return Apply("member", (found if axis else Apply("'", (found,)), indices[0]))
    return Entry(found, indices) if indices else found


def raised(meanings: Meanings, base: Term, upper: Written) -> Term:
    """A power or a transpose; a superscript that lists signs of transposes among others is applied piece by piece."""
    match upper:
        case w.Scripted(base=w.Symbol(text=""), lower=None, upper=w.Written() as inner):  # x^{^2}
            return raised(meanings, base, inner)
        case w.Symbol() if is_transpose(meanings, upper):
            if upper.text == PRIME:
                meanings.used.add("a prime is a transpose")
            is_list = "a list in brackets is a vector" in meanings.used and isinstance(base, terms.Table | terms.Family)
            if upper.text == "T" and (meanings.inventory.bare["T"] or meanings.inventory.subscripts["T"]):
                meanings.used.add("T is a name of its own, so that ^T may be a power")
            if isinstance(base, Apply) and base.operator == "listed":
                base = Apply("in_a_row", base.operands)  # the transpose of a list of numbers is a column
            return base if is_list else Apply("turned", (base,))
        case w.Symbol(text="o" | "circ" as circle) if isinstance(base, Number) and not meanings.is_told(circle):
            return Apply("*", (base, Apply("over", (Name("pi"), Number(Fraction(180))))))  # 30^\circ is in degrees
        case w.Signed(terms=(w.Symbol() as sign,), signs=(-1,)) if is_transpose(meanings, sign) and _has_capital(base):
            inverse = Apply("raised", (base, Apply("negative", (ONE,))))  # A^{-T}
            return raised(meanings, inverse, sign)
        case w.Listed(items=items) | w.Beside(parts=items) if any(turns(item) for item in items):
            for item in items:
                base = raised(meanings, base, item)
            return base
    return Apply("raised", (base, meanings.term(upper)))


def with_scripts(meanings: Meanings, found: Term, behind: w.Scripted) -> Term:
    """A value with the scripts that stand at the brackets behind it."""
    if behind.lower is not None:
        found = Entry(found, tuple(meanings.index(item) for item in items_of(behind.lower)))
    return found if behind.upper is None else raised(meanings, found, behind.upper)


# What follows is private.


def _counts_steps(meanings: Meanings, base: w.Symbol, upper: Written) -> bool:
    """Whether ^T is a power, since the same letter also has powers such as a^{T-1} or a^{T-t}."""
    above = meanings.inventory.superscripts.get(base_name(base), ())
    is_size = isinstance(upper, w.Symbol) and upper.text == "T"
    return is_size and any(isinstance(each, w.Signed) and each.terms[0] == upper for each in above)


def _of_label(meanings: Meanings, base: w.Symbol, lower: Written | None) -> Term | None:
    """The one of two names that a label below chooses, as mu_y of mu_1 and mu_{-1}, if these stand in the document."""
    values = () if lower is None else meanings.two_valued.get((base_letter(lower), isinstance(lower, w.Scripted)), ())
    ones = {value: w.Numeral(Fraction(abs(value)), place=base.place) for value in values}
    every = {value: one if value >= 0 else w.Signed((one,), (-1,), place=base.place) for value, one in ones.items()}
    seen = meanings.inventory.distinct_subscripts(base_name(base))
    if lower is None or not every or any((each,) not in seen for each in every.values()):
        return None
    label = meanings.term(lower)
    named = {value: meanings.term(w.Scripted(base, lower=each, place=base.place)) for value, each in every.items()}
    return terms.Choice(
        tuple((terms.Comparison("=", label, Number(Fraction(value))), name) for value, name in named.items())
    )


def _member(meanings: Meanings, matrix: str, axis: int, lower: Written | None, upper: Written | None) -> Term:
    """A row or a column of a matrix, as a column: x_i where the text says that it is the i-th row of X."""
    meanings.used.add("a letter with one index is a vector")
    [item], every = items_of(lower), Name(meanings.named(matrix))
    found = Apply("member", (every if axis else Apply("'", (every,)), meanings.index(item)))
    return found if upper is None else raised(meanings, found, upper)


def _example(meanings: Meanings, base: w.Symbol, lower: Written | None, upper: Written | None) -> Term | None:
    """One of several values, or an entry of one, that a superscript numbers: x^{(i)} is another thing than x."""
    first, *others = items_of(upper) or (None,)
    number = meanings.inventory.example(base_name(base), first)
    if number is None:
        return None
    if base_name(base) not in meanings.inventory.numbered_above:
        meanings.used.add("a superscript in brackets numbers examples")
    name, entries = with_entries(meanings, base_name(base), base_name(base), lower, base.font == "bold")
    every, index = Name(name + EACH), meanings.index(number)
    is_array = meanings.inventory.has_vectors(base_name(base)) and not entries
    found: Term = Apply("member", (every, index)) if is_array else Entry(every, (*entries, index))
    for other in others:
        found = raised(meanings, found, other)
    return found


def _based(meanings: Meanings, base: Written, lower: Written | None, primes: int, whole: Written) -> Term:
    """A bracket or another formula with a subscript."""
    if isinstance(base, w.Bracketed) and not primes:
        if base.kind == "||":
            return _norm(meanings, base, lower)
        if base.kind == "|" and lower is not None and _kind_of_norm(lower):
            meanings.used.add("single bars with 1, 2, F or infinity below are a norm")
            return _norm(meanings, base, lower)
    if isinstance(base, w.Bracketed) and base.kind == "at" and lower is not None and not primes:
        return evaluated(meanings, base.items[0], lower)
    if primes:
        if lower is not None or primes > 1:
            raise NotMeant("a derivative of a bracket", whole.place)
        return primed_bracket(meanings, base)
    found = meanings.term(base)
    if lower is None:
        return found
    return Entry(found, tuple(meanings.index(item) for item in items_of(lower)))


_NORMS = {
    **dict.fromkeys(("", "2", "F", "fro", "Fro"), "norm"),
    **dict.fromkeys(("infty", "infinity"), "norminf"),
    "1": "norm1",
}
"""Norms by what stands below their bars. For matrices nothing, 2 and F mean the norm of Frobenius."""


def _kind_of_norm(lower: Written | None) -> str:
    """The name of the norm with a subscript; nothing if it is not read."""
    match lower:
        case None:
            below = ""
        case w.Numeral(value=value):
            below = str(value)
        case w.Symbol(text=text) | w.Words(text=text):
            below = text
        case _:
            return ""
    return _NORMS.get(below, "")


def _norm(meanings: Meanings, base: w.Bracketed, lower: Written | None) -> Term:
    """A norm in bars."""
    kind = _kind_of_norm(lower)
    if not kind:
        raise NotMeant("a norm with this subscript", base.place)
    of = meanings.term(base.items[0])
    names, is_of_matrices = terms.free_names(of), kind == "norm" and not isinstance(lower, w.Numeral)
    if not is_of_matrices and names and all(name[0].isupper() for name in names):
        meanings.used.add("a norm of a matrix is made of its entries")
    return Apply(kind, (of,))


def _has_capital(term: Term) -> bool:
    """Whether a capital letter stands in a term: it may be a matrix."""
    return any(isinstance(part, Name) and part.text[:1].isupper() for part in terms.every(term))
