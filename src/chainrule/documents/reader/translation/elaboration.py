"""From written formulas to terms, under one reading of the document.

The reading decides which names are functions, which superscripts transpose or name layers, and which subscripts choose
entries. It leaves products side by side, powers and the kind of a derivative to the shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from chainrule.documents.language import terms
from chainrule.documents.language.terms import ONE, Apply, Name, Number, Term, Truth
from chainrule.documents.reader.letters.meanings import Meanings
from chainrule.documents.reader.letters.standard_arrays import standard_array
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import NO_LETTERS, RELATIONS, NotMeant
from chainrule.documents.reader.syntax.parts_written import all_parts, base_name
from chainrule.documents.reader.syntax.written import Written
from chainrule.documents.reader.translation.grids import constant, entries_in_line, grid, listing
from chainrule.documents.reader.translation.index_ranges import NUMBERED, size_of_set
from chainrule.documents.reader.translation.indicators import stated_condition
from chainrule.documents.reader.translation.products import placed, product
from chainrule.documents.reader.translation.scripted_terms import bare, scripted
from chainrule.documents.reader.translation.slopes import slope_of
from chainrule.documents.reader.translation.sums import signed_terms


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
        return placed(found, written.place)

    def index(self, written: Written) -> Term:
        """The term of an index. A letter that is an index is one whatever else the letter means in a part."""

        def renamed(part: Term) -> Term | None:
            return replace(part, text=self.inventory.index_name(part.text)) if isinstance(part, Name) else None

        letters, known = self.inventory.indices, (self.aliases, self.singles)
        self.aliases = {name: other for name, other in self.aliases.items() if name not in letters}
        self.singles = self.singles - letters
        try:
            return terms.substituted(self.term(written), renamed)
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
            case w.Numeral(value=value, decimals=decimals):
                return Number(value, decimals=decimals)
            case w.Symbol():
                return self._symbol(written)
            case w.Scripted(base=base, lower=lower, upper=upper, primes=primes):
                return scripted(self, written, base, lower, upper, primes)
            case w.Bracketed():
                return self._bracketed(written)
            case w.Beside(parts=parts, joints=joints):
                return product(self, parts, joints)
            case w.Signed(terms=parts, signs=signs):
                return signed_terms(self, parts, signs)
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
                if (column := constant(entries_in_line(written), self.open_size)) is not None:
                    return Apply("'", (column,)) if len(written.rows) == 1 else column
                return grid(written, self.term)
            case w.Noted(inside=inside, note=note) if not isinstance(note, w.Numeral):  # no \\cancelto{0}{x}
                return self.term(inside)
            case w.Dots() | w.Words() | w.NotRead() | w.Listed() | w.Comparing() | w.BigOperator():
                raise NotMeant(_IN_WORDS[type(written)](written), written.place)
        kind = type(written).__name__
        raise NotMeant(f"a {kind.lower()} that lacks a part", written.place)

    def _symbol(self, symbol: w.Symbol) -> Term:
        name = base_name(symbol)
        if name == "pi" and not self.inventory.subscripts["pi"]:
            return Name("pi")
        if (standard := standard_array(self, symbol, None)) is not None:
            return standard
        if self._is_euler(symbol):
            self.used.add("e is Euler's number")
            return Apply("exp", (ONE,))
        if name in ("infty", "infinity"):
            raise NotMeant("infinity", symbol.place)
        if name in NO_LETTERS:
            raise NotMeant(f"the sign {name} between factors", symbol.place)
        return bare(self, Name(self.named(name, alone=True)))

    def _is_euler(self, symbol: w.Symbol) -> bool:
        """Whether a lone e is the number: in a formula of numbers, where nothing says that it is a letter."""
        found, is_plain = self.inventory, base_name(symbol) == "e" and self.euler and not symbol.font
        seen = found.subscripts["e"] or found.called["e"] or found.mentioned["e"] or found.bold["e"] or "e" in found.by
        return is_plain and self.of_numbers_alone and not seen and found.declared.get("e", -1) < 0

    # Brackets

    def _bracketed(self, written: w.Bracketed) -> Term:
        kind, items = written.kind, written.items
        if w.CALLED in written.separators:
            raise NotMeant("a composition of what may be no function", written.place)
        if len(items) == 1:
            inside = items[0]
            if isinstance(inside, w.Comparing):
                if kind in "[(":
                    return Truth(stated_condition(self, inside))
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
            return constant(items, self.open_size) or listing(items, written, self.term)
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

    def _cases(self, rows: Sequence[tuple[Written, Written | None]]) -> Term:
        branches, otherwise = list[tuple[terms.Condition, Term]](), None
        for value, when in rows:
            found = None if when is None else self.condition(when)
            if found is None:
                otherwise = self.term(value)
            else:
                branches.append((found, self.term(value)))
        return terms.Choice(tuple(branches), otherwise)


# What follows is private.


_IN_WORDS: dict[type[Written], Callable[[Any], str]] = {
    w.Dots: lambda each: "an ellipsis",
    w.Words: lambda each: f"the words {each.text!r}" if each.text else "a place that is empty",
    w.NotRead: lambda each: each.what,
    w.Listed: lambda each: "a list",
    w.Comparing: lambda each: "a condition where a number was expected",
    w.BigOperator: lambda each: f"a {each.kind} of nothing",
}
