"""From written formulas to terms, under one reading of the document.

The reading decides which names are functions, which superscripts transpose or name layers, and which subscripts choose
entries. It leaves products side by side, powers and the kind of a derivative to the shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any, TypeAlias

from chainrule.documents.language import terms
from chainrule.documents.language.rule_functions import rule_function
from chainrule.documents.language.terms import Apply, Call, Entry, Fold, Name, Number, Term, Truth
from chainrule.documents.reader import written as w
from chainrule.documents.reader.differentials import SIGN, is_sign
from chainrule.documents.reader.ellipses import INDEX, between
from chainrule.documents.reader.grids import grid, line
from chainrule.documents.reader.index_ranges import NUMBERED, members_counted, ranges_of, size_of_set
from chainrule.documents.reader.inventory import all_parts, arguments_of, base_name, items_of, letters_of, under
from chainrule.documents.reader.known_words import (
    BRACKET,
    ELEMENTARY,
    ENTRYWISE,
    INDICATORS,
    JOINTS,
    RELATIONS,
    TAKE_NO_BRACKETS,
    NotMeant,
)
from chainrule.documents.reader.landau_terms import limit
from chainrule.documents.reader.meanings import Meanings
from chainrule.documents.reader.reach_of_sums import ends_in_sum, index_of_last_sum, stands_bare, uses, with_body
from chainrule.documents.reader.scripts import axis_of_slice, is_transpose, turns, with_entries, with_upper
from chainrule.documents.reader.slopes import (
    along,
    at_arguments,
    at_point,
    evaluated,
    function_of,
    gradient,
    is_at_its_variable,
    is_one_thing,
    parameters_of,
    point_below,
    primed_bracket,
    slope_of,
    usual_arguments,
)
from chainrule.documents.reader.standard_arrays import standard_array
from chainrule.documents.reader.statements import is_event
from chainrule.documents.reader.written import Written

ORDERS = frozenset({"<", "<=", ">", ">="})
ZERO = Number(Fraction(0))

_Factor: TypeAlias = tuple[str, Term]


@dataclass(eq=False)
class Elaborator(Meanings):
    """Makes terms of the formulas of one document."""

    def term(self, written: Written) -> Term:
        """The term that a formula means.

        Raises
        ------
        NotMeant
        """
        found = self._term(written)
        return _placed(found, written.place)

    def index(self, written: Written) -> Term:
        """The term of an index. A letter that is an index is one whatever else the letter means in a part."""

        def renamed(term: Term) -> Term:
            if isinstance(term, Name):
                return replace(term, text=self.inventory.index_name(term.text))
            return terms.mapped(term, renamed)

        letters, known = self.inventory.indices, (self.aliases, self.singles)
        self.aliases = {name: other for name, other in self.aliases.items() if name not in letters}
        self.singles = self.singles - letters
        try:
            return renamed(self.term(written))
        finally:
            self.aliases, self.singles = known

    def condition(self, written: Written) -> terms.Condition | None:
        """The condition that a formula states; None if it states none."""
        match written:
            case w.Comparing(members=members, relations=relations):
                if any(relation not in RELATIONS for relation in relations):
                    return None
                sides = [
                    self.index(member) if self.inventory.is_index(member) else self.term(member) for member in members
                ]
                found = [
                    terms.Comparison(RELATIONS[relation], one, other)
                    for (one, other), relation in zip(pairwise(sides), relations, strict=True)
                ]
                return found[0] if len(found) == 1 else terms.Junction("and", tuple(found))
            case w.Bracketed(items=(inside,)):
                return self.condition(inside)
            case w.Listed(items=items):
                parts = [part for item in items if (part := self.condition(item)) is not None]
                return terms.Junction("and", tuple(parts)) if len(parts) > 1 else parts[0] if parts else None
        return None

    # What follows is private.

    def _term(self, written: Written) -> Term:
        match written:
            case w.Numeral(value=value):
                return Number(value)
            case w.Symbol():
                return self._symbol(written)
            case w.Scripted(base=base, lower=lower, upper=upper, primes=primes):
                return self._scripted(written, base, lower, upper, primes)
            case w.Bracketed():
                return self._bracketed(written)
            case w.Beside(parts=parts, joints=joints):
                return self._beside(parts, joints)
            case w.Signed(terms=parts, signs=signs):
                return self._signed(parts, signs)
            case w.Fractional(upper=upper, lower=lower):
                return Apply("over", (self.term(upper), self.term(lower)))
            case w.Root(inside=inside, degree=None):
                return Apply("sqrt", (self.term(inside),))
            case w.Root(inside=inside, degree=w.Numeral(value=value)):
                return Apply("raised", (self.term(inside), Number(1 / value)))
            case w.Differentiation(subject=subject, variables=variables) if subject is not None and variables:
                return slope_of(self, written, self.term(subject))
            case w.CasesOf(rows=rows):
                return self._cases(rows)
            case w.Grid():
                return grid(written, self.term)
            case w.Noted(inside=inside, note=note) if not isinstance(note, w.Numeral):  # no \\cancelto{0}{x}
                return self.term(inside)
            case w.Dots() | w.Words() | w.NotRead() | w.Listed() | w.Comparing() | w.BigOperator():
                raise NotMeant(_IN_WORDS[type(written)](written), written.place)
        raise NotMeant(f"{type(written).__name__.lower()} is not read", written.place)

    def _symbol(self, symbol: w.Symbol) -> Term:
        name = base_name(symbol)
        if name == "pi" and not self.inventory.subscripts["pi"]:
            return Name("pi")
        if (standard := standard_array(self, symbol, None)) is not None:
            return standard
        if name in ("infty", "infinity"):
            raise NotMeant("infinity", symbol.place)
        if name in ("star", "ast", "bullet", "diamond"):
            raise NotMeant(f"the sign {name} between factors", symbol.place)
        return self._bare(Name(self.named(name, alone=True)))

    def _bare(self, found: Name, primes: int = 0) -> Term:
        """A name; that of a function whose parameters are known is its value at them: s (1 - s) after s(x) = ..."""
        if found.text in self.sizes:
            return self.sizes[found.text]
        name = self.latest.get(found.text, found.text)
        parameters = self.functions.get(name, ()) or usual_arguments(self, name)
        if not parameters or not all(parameters):
            return found
        order = (primes,) if primes and len(parameters) == 1 else ()
        for bracket in self.inventory.called.get(found.text, ()):
            if (
                not stands_bare(found.text, bracket)
                and tuple(base_name(item) if isinstance(item, w.Symbol) else "" for item in bracket.items) != parameters
            ):
                self.used.add(f"{found.text} without arguments may be its value elsewhere")
        return Call(name, tuple(Name(self.named(each)) for each in parameters), order)

    # Scripts

    def _scripted(
        self, whole: Written, base: Written, lower: Written | None, upper: Written | None, primes: int
    ) -> Term:
        if upper is None and not primes and (stated := _indicated(base, lower)) is not None:
            return self._indicating(stated)
        if isinstance(base, w.Symbol):
            name = base_name(base)
            known = name in self.inventory.by or self.inventory.declared.get(name, -1) >= 0
            is_euler = name == "e" and self.euler and base.font != "bold" and not known
            if is_euler and upper is not None and lower is None:
                return Apply("exp", (self.term(upper),))
            if not primes and (standard := standard_array(self, base, lower)) is not None:
                return standard if upper is None else self._raised(standard, upper)
            is_delta = name == "delta" and self.inventory.delta_compares and name not in self.inventory.declared
            if is_delta and lower is not None and upper is None:
                indices = items_of(lower)
                if len(indices) == 2:
                    if not self.inventory.is_only_delta:
                        self.used.add("delta with two indices compares them")
                    one, other = (self.index(index) for index in indices)
                    return Truth(terms.Comparison("=", one, other))
            axis = axis_of_slice(lower)
            family = axis is None and self.inventory.family_of(whole)
            name = (family or self.named(name)) + "_prime" * primes
            name, entries = with_entries(self, name, base_name(base), lower, base.font == "bold")
            name = self.aliases.get(name, name) if name != base_name(base) else name
            if (found := self._example(base, lower, upper)) is not None:
                return found
            name, more, upper = with_upper(self, name, upper)
            whole_name = self._bare(Name(name.removesuffix("_prime" * primes)), primes)
            whole_name = Name(name) if isinstance(whole_name, Name) else whole_name
            if len(entries) == 2 and upper is not None and is_transpose(self, upper):
                whole_name, upper = Apply("turned", (whole_name,)), None  # W_{ij}^T is an entry of W^T
            found = self._chosen(whole_name, whole, (*more, *entries), axis)
        else:
            found = self._based(base, lower, primes, whole)
        return found if upper is None else self._raised(found, upper)

    def _example(self, base: w.Symbol, lower: Written | None, upper: Written | None) -> Term | None:
        """One of several values, or an entry of one, that a superscript numbers: x^{(i)} is another thing than x."""
        first, *others = items_of(upper) or (None,)
        number = self.inventory.example(base_name(base), first)
        if number is None:
            return None
        self.used.add("a superscript in brackets numbers examples")
        name, entries = with_entries(self, base_name(base), base_name(base), lower, base.font == "bold")
        every, index = Name(f"{name}__each"), self.index(number)
        is_array = base_name(base) in self.inventory.arrays and not entries
        found: Term = Apply("member", (every, index)) if is_array else Entry(every, (*entries, index))
        for other in others:
            found = self._raised(found, other)
        return found

    def _chosen(self, found: Term, whole: Written, indices: tuple[Term, ...], sliced: int | None = None) -> Term:
        """An entry, or the vector that one index chooses among several."""
        if sliced is not None and len(indices) == 1:
            row = Apply("member", (found if sliced else Apply("'", (found,)), indices[0]))
            return row if sliced else Apply("'", (row,))
        axis = self.inventory.member_axis(whole) if len(indices) == 1 else None
        if axis is not None:
            self.used.add("a letter with one index is a vector")
            return Apply("member", (found if axis else Apply("'", (found,)), indices[0]))
        return Entry(found, indices) if indices else found

    def _based(self, base: Written, lower: Written | None, primes: int, whole: Written) -> Term:
        """A bracket or another formula with a subscript."""
        if isinstance(base, w.Bracketed) and base.kind == "||":
            order = lower.value if isinstance(lower, w.Numeral) else 2
            name = {1: "norm1", 2: "norm"}.get(int(order), "norm")
            if isinstance(lower, w.Symbol) and lower.text == "infty":
                name = "norminf"
            return Apply(name, (self.term(base.items[0]),))
        if isinstance(base, w.Bracketed) and base.kind == "at" and lower is not None and not primes:
            return evaluated(self, base.items[0], lower)
        if primes:
            if lower is not None or primes > 1:
                raise NotMeant("a derivative of a bracket", whole.place)
            return primed_bracket(self, base)
        found = self.term(base)
        if lower is None:
            return found
        return Entry(found, tuple(self.index(item) for item in items_of(lower)))

    def _raised(self, base: Term, upper: Written) -> Term:
        match upper:
            case w.Symbol() if is_transpose(self, upper):
                is_list = "a list in brackets is a vector" in self.used and isinstance(base, terms.Table | terms.Family)
                if upper.text == "T" and (self.inventory.bare["T"] or self.inventory.subscripts["T"]):
                    self.used.add("T is a name of its own, so that ^T may be a power")
                return base if is_list else Apply("turned", (base,))
            case w.Signed(terms=(w.Symbol() as sign,), signs=(-1,)) if is_transpose(self, sign) and _has_capital(base):
                inverse = Apply("raised", (base, Apply("negative", (Number(Fraction(1)),))))  # A^{-T}
                return self._raised(inverse, sign)
            case w.Listed(items=items) | w.Beside(parts=items) if any(turns(item) for item in items):
                for item in items:
                    base = self._raised(base, item)
                return base
        return Apply("raised", (base, self.term(upper)))

    # Brackets

    def _bracketed(self, written: w.Bracketed) -> Term:
        kind, items = written.kind, written.items
        if w.CALLED in written.separators:
            raise NotMeant("a composition of what may be no function", written.place)
        if len(items) == 1:
            inside = items[0]
            if isinstance(inside, w.Comparing):
                if kind in "[(":
                    return Truth(self._stated(inside))
            elif kind in ("(", "[", "{"):
                return self.term(inside)
            elif kind == "|" and isinstance(inside, w.Symbol) and base_name(inside) in self.inventory.sets:
                self.used.add(NUMBERED)
                return Name(size_of_set(inside))
            elif kind == "|":
                return self._in_bars(inside)
            elif kind == "||":
                return Apply("norm", (self.term(inside),))
        if kind == "<" and len(items) == 2:
            return Apply("total", (Apply(".*", (self.term(items[0]), self.term(items[1]))),))
        if kind in ("[", "(") and items and all(separator == "," for separator in written.separators):
            self.used.add("a list in brackets is a vector")
            return line(items, written, self.term)
        raise NotMeant("a list in brackets", written.place)

    def _in_bars(self, inside: Written) -> Term:
        """An absolute value, or the determinant of what may be a matrix: of a capital letter that stands elsewhere."""
        entries = {
            letter
            for part in all_parts(inside)
            if isinstance(part, w.Scripted) and part.lower is not None
            for letter in all_parts(part)
        }
        letters = {part for part in all_parts(inside) if isinstance(part, w.Symbol)} - entries
        capitals = {base_name(letter) for letter in letters if letter.text[:1].isupper()}
        if capitals:
            self.used.add("bars mean absolute values, or the determinant of a matrix")
        counts = self.inventory.barred
        may_be = any(self.inventory.bare[name] > counts[name] for name in capitals)  # not the count of a set, |S|
        return Apply("bars" if may_be else "abs", (self.term(inside),))

    def _indicating(self, written: Written) -> Term:
        """The truth of a condition; of a name beside a number that of each entry: 1_{z > 0} is relu(sign(z))."""
        stated = self._stated(written)
        is_index = any(map(self.inventory.is_index, under(written)[:1]))
        match stated:
            case terms.Comparison(relation=relation, left=Name(), right=Number() as number) if (
                relation in ORDERS and not is_index
            ):
                found: Term = stated.left if number == ZERO else Apply("-", (stated.left, number))
                found = Apply("negative", (found,)) if relation in ("<", ">=") else found
                above: Term = Apply("relu", (Apply("sign", (found,)),))
                return above if relation in ("<", ">") else Apply("-", (Number(Fraction(1)), above))
        return Truth(stated)

    def _stated(self, written: Written) -> terms.Condition:
        found = self.condition(written)
        if found is None:
            raise NotMeant("a condition that is not read", written.place)
        return found

    def _cases(self, rows: Sequence[tuple[Written, Written | None]]) -> Term:
        branches, otherwise = list[tuple[terms.Condition, Term]](), None
        for value, when in rows:
            found = None if when is None else self.condition(when)
            if found is None:
                otherwise = self.term(value)
            else:
                branches.append((found, self.term(value)))
        return terms.Choice(tuple(branches), otherwise)

    # Products

    def _beside(self, parts: Sequence[Written], joints: Sequence[str]) -> Term:
        if len(parts) > 1 and isinstance(parts[-1], w.NotRead) and parts[-1].what == w.UNOPENED:
            self.used.add("a closing bracket that nothing opens is left out")
            return self._beside(parts[:-1], joints[:-1])
        match parts:
            case [*inner, w.Scripted(base=w.Symbol(text="|"), lower=w.Written() as there, upper=None)] if inner:
                inside = w.Beside(tuple(inner), tuple(joints[:-1]), place=parts[0].place)
                return evaluated(self, inside if len(inner) > 1 else inner[0], there)
        factors, at, whole = list[_Factor](), 0, list[Term]()
        while at < len(parts):
            joint, first, before = joints[at - 1] if at else "", parts[at], parts[at - 1] if at else None
            factor, at = self._factor(parts, joints, at)
            if (
                joint in ENTRYWISE - self.redefined
                and _is_capital(first)
                and not _is_capital(before)
                and at < len(parts)
            ):
                self.used.add("an entrywise product comes after the product behind it")  # a ⊙ W^T d is a ⊙ (W^T d)
                whole.append(self._multiplied(factors, parts))
                factors = []
            factors.append((joint, factor))
        found = self._multiplied(factors, parts)
        for left in reversed(whole):
            found = Apply(".*", (left, found))
        return found

    def _multiplied(self, factors: Sequence[_Factor], parts: Sequence[Written]) -> Term:
        (_, found), *others = factors
        for joint, factor in others:
            if joint in self.redefined:
                raise NotMeant(f"the sign {joint}, which the text defines", parts[0].place)
            if joint == "/":
                found = Apply("over", (found, factor))
            elif joint in JOINTS:
                found = Apply(JOINTS[joint], (found, factor))
            else:
                raise NotMeant(f"factors with {joint} between", parts[0].place)
        return found

    def _factor(self, parts: Sequence[Written], joints: Sequence[str], at: int) -> tuple[Term, int]:
        """The factor that begins at a part, and where the next begins."""
        part, after = parts[at], parts[at + 1] if at + 1 < len(parts) else None
        close = after is not None and not joints[at]
        if isinstance(part, w.BigOperator):
            return self._big(part, parts, joints, at)
        if isinstance(part, w.Differentiation) and part.subject is None:
            if after is None:
                raise NotMeant("a derivative of nothing", part.place)
            if part.sign in ("nabla", "grad") and (point := point_below(self, part, after)) is not None:
                part, parts = replace(part, variables=()), (*parts[: at + 1], after, point)
                return gradient(self, part, parts, (*joints[: at + 1], ""), at)[0], at + 2
            if part.sign in ("nabla", "grad") and not part.variables:
                scripted = parts[at + 2] if at + 2 < len(parts) else None
                if isinstance(scripted, w.Scripted) and isinstance(scripted.base, w.Bracketed) and not scripted.primes:
                    inside = (*parts[: at + 2], scripted.base)
                    found, end = gradient(self, part, inside, joints, at)
                    return self._with_scripts(found, scripted), end
                return gradient(self, part, parts, joints, at)
            if isinstance(after, w.Bracketed) and len(parts) > at + 2:
                self.used.add(BRACKET)
                return slope_of(self, part, self.term(after)), at + 2
            match after:
                case w.Scripted(base=w.Symbol(), upper=w.Symbol() as upper, primes=0) if (
                    len(parts) == at + 2 and part.sign == "nabla" and is_transpose(self, upper)
                ):
                    of = slope_of(self, part, self.term(replace(after, upper=None)))
                    return Apply("turned", (of,)), at + 2  # \\nabla_x f^T
            if len(parts) > at + 2 and self._factor(parts, joints, at + 1)[1] < len(parts):
                self.used.add("a derivative reaches to the end of its term")
            return slope_of(self, part, self._beside(parts[at + 1 :], joints[at + 1 :])), len(parts)
        head = part.base if isinstance(part, w.Scripted) else part
        if (
            isinstance(head, w.Symbol)
            and head.text == "D"
            and isinstance(part, w.Scripted)
            and close
            and at + 2 < len(parts)
        ):
            value, end = self._factor(parts, joints, at + 1)
            if (derived := along(self, part, value)) is not None:
                return derived, end
        if self.differentials and close and is_sign(part):
            if isinstance(after, w.Scripted) and isinstance(after.upper, w.Numeral):
                raise NotMeant("a differential of a power or a power of a differential", part.place)
            self.used.add(SIGN)
            inner, end = self._factor(parts, joints, at + 1)
            return terms.Differential(inner), end
        if joints[at : at + 1] == ("o",) and isinstance(part, w.Symbol) and base_name(part) in self.functions:
            inner, end = self._factor(parts, joints, at + 1)
            if not isinstance(inner, Call) or end < at + 3:
                raise NotMeant("a composition without an argument", part.place)
            return Call(self.named(base_name(part)), (inner,)), end
        if (
            isinstance(part, w.Differentiation)
            and close
            and isinstance(after, w.Bracketed)
            and part.subject is not None
        ):
            plain = all(map(is_one_thing, after.items))
            several, known = len(after.items) > 1, function_of(self, part.subject, len(arguments_of(after)))
            if (
                known
                and is_at_its_variable(part, after)
                and not set(self.functions[known]) & letters_of(part.variables[0])
            ):
                there = w.Beside((part.subject, after), ("",), place=part.place)  # dh/dy_1(y), where h(x) is defined
                return slope_of(self, replace(part, subject=there), self.term(there)), at + 2
            if after.kind == "(" and ((plain and (several or known)) or (several and known)):
                names = parameters_of(self, part.subject, after)
                return at_arguments(
                    self, slope_of(self, part, self.term(part.subject), len(names)), names, after
                ), at + 2
        if close and (found_there := at_point(self, part, after)) is not None:
            return found_there, at + 2
        if close and is_at_its_variable(part, after):
            found = self.term(part)
            return (self._with_scripts(found, after) if isinstance(after, w.Scripted) else found), at + 2
        if isinstance(head, w.Symbol | w.Numeral) and close:
            called = self._called(part, head, after)
            if called is not None:
                return called, at + 2
            if isinstance(head, w.Symbol) and head.text in TAKE_NO_BRACKETS and head.text in ELEMENTARY:
                return self._without_brackets(part, head, parts, joints, at)
        if isinstance(head, w.Symbol) and head.text in ELEMENTARY and not isinstance(part, w.Scripted):
            raise NotMeant(f"{head.text} without an argument", part.place)
        return self.term(part), at + 1

    def _called(self, part: Written, head: w.Symbol | w.Numeral, after: Any) -> Term | None:
        """A function at arguments in brackets; None if this is a product."""
        bracket = after.base if isinstance(after, w.Scripted) else after
        if not isinstance(bracket, w.Bracketed):
            return None
        is_condition = len(bracket.items) == 1 and isinstance(bracket.items[0], w.Comparing)
        text = base_name(head) if isinstance(head, w.Symbol) else str(head.value)
        if is_condition and text in INDICATORS and not isinstance(part, w.Scripted):
            found: Term = self._indicating(bracket.items[0])
        elif isinstance(head, w.Numeral) or bracket.kind not in ("(", "[", "{"):
            return None
        else:
            applied = self._applied(part, head, bracket)
            if applied is None:
                return None
            found = applied
        return self._with_scripts(found, after) if isinstance(after, w.Scripted) else found

    def _with_scripts(self, found: Term, scripted: w.Scripted) -> Term:
        """A value with the scripts that stand at the brackets behind it."""
        if scripted.lower is not None:
            found = Entry(found, tuple(self.index(item) for item in items_of(scripted.lower)))
        return found if scripted.upper is None else self._raised(found, scripted.upper)

    def _applied(self, part: Written, head: w.Symbol, bracket: w.Bracketed) -> Term | None:
        name, upper, lower, primes = base_name(head), None, None, 0
        if isinstance(part, w.Scripted):
            upper, lower, primes = part.upper, part.lower, part.primes
        if name in ("max", "min"):
            return Apply(name, tuple(self.term(item) for item in bracket.items))
        if self.named(name) in self.rules and part is head:
            return self._of_rule(*self.rules[self.named(name)], bracket)
        elementary = ELEMENTARY.get(name) if name not in self.functions else None
        if elementary is not None and len(bracket.items) == 1:
            argument = self.term(bracket.items[0])
            found: Term = Call(elementary, (argument,), (primes,)) if primes else Apply(elementary, (argument,))
            found = _in_base(found, name, lower, self)
            return found if upper is None else self._power_of_function(found, upper)
        if isinstance(upper, w.Numeral):
            self.used.add(f"a power of {name} is that of its value")
        full, entries = with_entries(self, name, name, lower)
        full, more, upper = with_upper(self, full, upper)
        items = arguments_of(bracket)
        own = self.named(name) + full.removeprefix(name)
        meant = own if own in self.functions and full not in self.aliases else self.named(full)
        meant = self.with_arity(meant, name, len(items))
        full = self.with_arity(full, name, len(items))
        if is_event(bracket):
            letters = [
                part for part in all_parts(bracket) if isinstance(part, w.Symbol) and self.inventory.is_index(part)
            ]
            indices = dict.fromkeys(part.text for part in letters if part.text not in self.inventory.differentiated)
            told = tuple(_told(part, indices.keys()) for part in all_parts(bracket))
            number = self.events.setdefault((full, *told), len(self.events))
            found = Name(f"{full}__given_{number}")
            found = self._chosen(found, part, (*more, *entries, *(Name(each) for each in indices)))
            return found if upper is None else self._raised(found, upper)
        if full not in self.functions:
            if w.CALLED in bracket.separators and self.named(full) not in self.depends:
                return None
            if len(items) == 1 and bracket.kind == "(" and not (more or entries) and self._is_summed(items[0]):
                self.used.add(f"{name} of an index is an entry")  # \sum_x p(x)
                found = Entry(Name(self.named(full)), (self.index(items[0]),))
                return found if upper is None else self._raised(found, upper)
            if full not in self.values and not self.inventory.is_value(name):
                return None
            if full not in self.values:
                self.used.add(f"{name} with arguments is a value")
            found = self._chosen(Name(self.named(full)), part, (*more, *entries))
            return found if upper is None else self._raised(found, upper)
        parameters = self.functions.get(meant, self.functions[full])
        if parameters and stands_bare(name, bracket):
            return None  # s (1 - s)
        if (
            entries
            and not isinstance(items[0], w.Symbol | w.Scripted)
            and any(isinstance(entry, Name) and uses(items[0], entry.text) for entry in entries)
        ):
            return None  # s_j (u_i - u_j)
        if parameters and len(parameters) != len(items):
            return None
        if not parameters and any(isinstance(item, w.Symbol) and item.text[:1].isupper() for item in items):
            raise NotMeant(f"{name} of a matrix, which is not defined", part.place)
        arguments = tuple(map(self.term, items))
        found = Call(meant, arguments, (primes,) if primes and len(arguments) == 1 else ())
        if (entries or more) and name in self.indexed:
            found = Entry(found, (*more, *entries))
        elif entries or more:
            if w.CALLED in bracket.separators:
                raise NotMeant(f"a composition of several functions {name}", part.place)
            self._of_one_function(name, (*more, *entries), arguments, part)
        return found if upper is None else self._power_of_function(found, upper)

    def _of_one_function(self, name: str, indices: tuple[Term, ...], arguments: Sequence[Term], part: Written) -> None:
        """Take g_j(z_j) for g(z_j). But g_j(x) and g_k(x) are different things, if g has several indices."""
        letters = frozenset[str]().union(*map(terms.free_names, indices))
        told = bool(letters) and letters <= frozenset[str]().union(*map(terms.free_names, arguments))
        self.used.add(f"{name} is one function for all indices")
        seen = self.apart.setdefault(name, {})
        seen[indices] = seen.get(indices, True) and told
        if len(seen) > 1 and not all(seen.values()):
            raise NotMeant(f"several functions {name} at one argument", part.place)

    def _is_summed(self, item: Written) -> bool:
        """Whether an argument is a letter over which the document sums."""
        return isinstance(item, w.Symbol) and base_name(item) in self.inventory.indices

    def _of_rule(self, rule: str, part: str, bracket: w.Bracketed) -> Term:
        code = rule_function(rule, part)
        labels = [
            isinstance(item, w.Symbol)
            and self.inventory.declared.get(base_name(item), 0) < 0
            and code.takes_label(number)
            for number, item in enumerate(bracket.items[: len(code.rule.inputs)])
        ]
        count = code.count(labels) if len(labels) == len(code.rule.inputs) else len(code.rule.inputs)
        if len(bracket.items) != count:
            raise NotMeant(f"{code.name} with {len(bracket.items)} arguments, where it takes {count}", bracket.place)
        return terms.RuleCall(rule, part, tuple(self.term(item) for item in bracket.items))

    def _power_of_function(self, found: Term, upper: Written) -> Term:
        match upper:
            case w.Signed(signs=(-1,)):
                raise NotMeant("the inverse of a function", upper.place)
        return self._raised(found, upper)

    def _without_brackets(
        self, part: Written, head: w.Symbol, parts: Sequence[Written], joints: Sequence[str], at: int
    ) -> tuple[Term, int]:
        """log p_k: the argument is what follows, with the factors of a number before it, up to a sign of a product."""
        end = at + 2
        if isinstance(parts[at + 1], w.BigOperator | w.Differentiation):
            end = len(parts)
        elif isinstance(parts[at + 1], w.Numeral) and at + 2 < len(parts) and not joints[at + 1]:
            end = at + 3
        nested = parts[at + 1]
        inner = nested.base if isinstance(nested, w.Scripted) else nested
        bracket = parts[at + 2] if at + 2 < len(parts) and not joints[at + 1] else None
        if isinstance(inner, w.Symbol) and (
            inner.text in ELEMENTARY
            or base_name(inner) in self.functions
            or self._called(nested, inner, bracket) is not None
        ):
            argument, end = self._factor(parts, joints, at + 1)
        else:
            argument = self._beside(parts[at + 1 : end], joints[at + 1 : end - 1])
        if head.text == "det" and isinstance(argument, Apply) and argument.operator == "bars":  # det |A|
            argument = argument.operands[0]
        found: Term = Apply(ELEMENTARY[head.text], (argument,))
        if isinstance(part, w.Scripted):
            found = _in_base(found, head.text, part.lower, self)
            found = found if part.upper is None else self._power_of_function(found, part.upper)
        return found, end

    # Sums

    def _big(self, part: w.BigOperator, parts: Sequence[Written], joints: Sequence[str], at: int) -> tuple[Term, int]:
        if part.kind in ("max", "min") and part.lower is None:
            after = parts[at + 1] if at + 1 < len(parts) else None
            if isinstance(after, w.Bracketed) and len(after.items) > 1:
                return Apply(part.kind, tuple(self.term(item) for item in after.items)), at + 2
        if part.kind == "lim" and at + 1 < len(parts):
            return limit(self, part, self._beside(parts[at + 1 :], joints[at + 1 :])), len(parts)
        if part.kind not in ("sum", "prod", "max", "min"):
            raise NotMeant(f"{part.kind} is not read", part.place)
        if at + 1 >= len(parts):
            raise NotMeant(f"a {part.kind} of nothing", part.place)
        body = self._beside(parts[at + 1 :], joints[at + 1 :])
        ranges, condition = ranges_of(self, part)
        members_counted(part, ranges, body, parts[at + 1 :])
        for index, low, high in reversed(ranges):
            body = Fold(part.kind, index, low, high, body, condition)
            condition = None
        return body, len(parts)

    def _signed(self, parts: Sequence[Written], signs: Sequence[int]) -> Term:
        """Terms with signs. A sum reaches over the next terms as long as they use its index."""
        if 0 in signs:
            raise NotMeant("plus or minus", parts[0].place)
        dots = [number for number, part in enumerate(parts) if isinstance(part, w.Dots)]
        if dots:
            return self._over_dots(parts, signs, dots)
        found: Term | None = None
        at = 0
        while at < len(parts):
            part, sign, after = parts[at], signs[at], at + 1
            index = index_of_last_sum(part)
            while index is not None and not ends_in_sum(part) and after < len(parts) and uses(parts[after], index):
                after += 1
            if after > at + 1:
                self.used.add("a sum reaches over the terms that use its index")
                part = with_body(part, parts[at + 1 : after], signs[at + 1 : after])
            term = self.term(part)
            if found is None:
                found = term if sign > 0 else Apply("negative", (term,))
            else:
                found = Apply("+" if sign > 0 else "-", (found, term))
            at = after
        assert found is not None
        return found

    def _over_dots(self, parts: Sequence[Written], signs: Sequence[int], dots: Sequence[int]) -> Term:
        """a + x_1 + x_2 + ... + x_n: the terms before the dots go on up to the one behind them."""
        at = dots[0]
        if len(dots) > 1 or at == 0 or at + 1 >= len(parts) or signs[at + 1] != signs[at - 1]:
            raise NotMeant("an ellipsis", parts[at].place)
        last = self.term(parts[at + 1])
        first, begin = self.term(parts[at - 1]), at - 1
        found = between(first, last)
        while begin > 0 and found is not None:
            before = between(self.term(parts[begin - 1]), last)
            if before is None or before[0] != found[0] or signs[begin - 1] != signs[at - 1]:
                break
            found, begin = before, begin - 1
        if found is None:
            raise NotMeant("an ellipsis", parts[at].place)
        body, low, high = found
        total: Term = Fold("sum", INDEX, low, high, body)
        if signs[at - 1] < 0:
            total = Apply("negative", (total,))
        if begin:
            total = Apply("+", (self._signed(parts[:begin], signs[:begin]), total))
        if at + 2 < len(parts):
            rest = self._signed(parts[at + 2 :], signs[at + 2 :])
            total = Apply("+", (total, rest))
        return total


# What follows is private.


def _is_capital(part: Written | None) -> bool:
    """Whether a factor is a capital letter, perhaps with scripts."""
    base = part.base if isinstance(part, w.Scripted) else part
    return isinstance(base, w.Symbol) and len(base.text) == 1 and base.text.isupper()


def _has_capital(term: Term) -> bool:
    """Whether a capital letter stands in a term: it may be a matrix."""
    return any(isinstance(part, Name) and part.text[:1].isupper() for part in terms.every(term))


_IN_WORDS: dict[type[Written], Callable[[Any], str]] = {
    w.Dots: lambda each: "an ellipsis",
    w.Words: lambda each: f"the words {each.text!r}",
    w.NotRead: lambda each: each.what,
    w.Listed: lambda each: "a list",
    w.Comparing: lambda each: "a condition where a number was expected",
    w.BigOperator: lambda each: f"a {each.kind} of nothing",
}


def _indicated(base: Written, lower: Written | None) -> w.Comparing | None:
    """The condition below the sign of an indicator: 1_{i = j}, 1_{[y = k]}."""
    is_sign = (isinstance(base, w.Symbol) and base_name(base) in INDICATORS) or base == w.Numeral(Fraction(1))
    inside = lower.items[0] if isinstance(lower, w.Bracketed) and len(lower.items) == 1 else lower
    return inside if is_sign and isinstance(inside, w.Comparing) else None


def _told(part: Written, indices: Set[str]) -> str:
    if isinstance(part, w.Symbol):
        return "index" if part.text in indices else base_name(part)
    return str(part.value) if isinstance(part, w.Numeral) else type(part).__name__


def _placed(term: Term, place: tuple[int, int]) -> Term:
    return replace(term, span=place) if term.span == (0, 0) else term


def _in_base(found: Term, name: str, lower: Written | None, elaborator: Elaborator) -> Term:
    """A logarithm to another base."""
    if lower is None:
        return found
    if name != "log":
        raise NotMeant(f"{name} with a subscript", lower.place)
    return Apply("over", (found, Apply("log", (elaborator.term(lower),))))
