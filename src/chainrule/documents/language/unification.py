"""Unification of shapes: what the statements of a document teach about them, one after another."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, field
from typing import Any

from chainrule.documents.language import terms
from chainrule.documents.language.dimensions import ONE, Dim, Shape, ShapeError, shown
from chainrule.documents.language.terms import Term

MADE = {"beside", "dot", "@", "norm", "norm1", "norminf", "trace", "det", "total"}
"""Operators whose results are numbers only if their operands show it."""


@dataclass(eq=False)
class Unification:
    """The known shapes of a document, and the rules that wait to learn more.

    Attributes
    ----------
    faults : list of (Term, str)
        The statements that do not fit, with the reasons. They teach nothing about names.
    waiting : list of (Term, rule)
        The rules that may learn more, with their statements.
    lengths : list of (Dim, Dim)
        Sizes along which indices run, with the ends of these.
    turned : set of str
        Names that stand with a transpose.
    numbers : set of str
        Names to which numbers are added that are written out.
    declared : set of str
        Names that are declared as numbers, or defined by terms that are numbers for sure.
    settling : bool
        True while a matrix whose width nothing shows is taken for no column.
    statement : Term
        The statement that is read.
    emptied : callable
        The arrays of which what is known leaves one entry only. A statement that makes one so does not fit.
    tried : (int, object)
        How many of the waiting rules, from the first, taught nothing, and all that was known then.
    """

    faults: list[tuple[Term, str]] = field(default_factory=list)
    waiting: list[tuple[Term, Callable[[], bool]]] = field(default_factory=list)
    lengths: list[tuple[Dim, Dim]] = field(default_factory=list)
    turned: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)
    settling: bool = False
    statement: Term = field(default_factory=lambda: terms.ZERO)
    emptied: Callable[[], Set[str]] = frozenset
    learnt: list[tuple[Shape | Dim, str]] = field(default_factory=list)
    tried: tuple[int, object] = (0, None)

    def wait(self, rule: Callable[[], bool]) -> None:
        """Let a rule of the statement that is read wait."""
        self.waiting.append((self.statement, rule))

    def is_sure(self, term: Term) -> bool:
        """Whether a term that is a number is one for sure: a product, a sum, or made of names declared as numbers."""
        is_made = isinstance(term, terms.Fold) or (isinstance(term, terms.Apply) and term.operator in MADE)
        return is_made or terms.free_names(term) <= self.declared

    def unify(self, left: Shape, right: Shape, term: Term) -> None:
        """Make two shapes one.

        Raises
        ------
        ShapeError
        """
        one, other = left.found(), right.found()
        if one is other:
            return
        if one.dims is None:
            self.set(one, "same", other)
        elif other.dims is None:
            self.set(other, "same", one)
        else:
            if len(one.dims) != len(other.dims):
                raise ShapeError(f"{shown(one)} and {shown(other)} do not fit", term)
            for a, b in zip(one.dims, other.dims, strict=True):
                self.same_size(a, b, one, other, term)

    def same_size(self, one: Dim, other: Dim, left: Shape, right: Shape, term: Term) -> None:
        """Make two sizes one.

        Raises
        ------
        ShapeError
        """
        a, b = one.found(), other.found()
        if a is b:
            return
        if (a.size == ONE and b.indexed) or (b.size == ONE and a.indexed):
            raise ShapeError("a matrix would be a column", term)
        if a.size is not None and b.size is not None:
            if a.size != b.size:
                raise ShapeError(f"{shown(left)} and {shown(right)} do not fit", term)
        else:
            a, b = (a, b) if b.size is not None or (a.size is None and a.height <= b.height) else (b, a)
            b.height = max(b.height, a.height + 1)
            if a.indexed and not b.indexed:
                self.set(b, "indexed", True)
            self.set(a, "same", b)

    def set(self, what: Shape | Dim, name: str, value: Any) -> None:
        """Learn something that can be forgotten."""
        self.learnt.append((what, name))
        setattr(what, name, value)

    def fitting(self, fit: Callable[[], object], term: Term) -> None:
        """Let a statement teach what it can; if it does not fit, forget all that it taught."""
        before = self.emptied()

        def kept() -> None:
            fit()
            self.solve()
            if lost := self.emptied() - before:
                raise ShapeError(f"{min(lost)} would have one entry only", term)

        error = self.refused(kept, term)
        if error is not None:
            self.faults.append((term, str(error)))

    def refused(self, fit: Callable[[], object], term: Term) -> ShapeError | None:
        """Why something does not fit with all that is known; it is forgotten then."""
        waiting, learnt, lengths = list(self.waiting), len(self.learnt), len(self.lengths)
        tried = self.tried
        self.statement = term
        try:
            fit()
            self.solve()
        except ShapeError as error:
            for what, name in reversed(self.learnt[learnt:]):
                setattr(what, name, False if name == "indexed" else None)
            self.waiting, self.tried = waiting, tried
            del self.learnt[learnt:], self.lengths[lengths:]
            return error
        return None

    def solve(self) -> None:
        """Use the waiting rules until none teaches anything. Those that were tried with all that is known are left."""
        while True:
            sets = self.turned, self.numbers, self.declared
            known = len(self.learnt), len(self.lengths), *map(len, sets)
            count = self.tried[0] if self.tried[1] == known else 0
            waiting, self.waiting = self.waiting[count:], self.waiting[:count]
            for place, (self.statement, rule) in enumerate(waiting):
                try:
                    done = rule()
                except ShapeError:
                    self.waiting += waiting[place + 1 :]
                    raise
                if not done:
                    self.waiting.append((self.statement, rule))
            if len(self.waiting) == count + len(waiting):
                self.tried = len(self.waiting), known
                return

    def settle(self) -> None:
        """Use the waiting rules; a statement of which one fails does not fit, and its other rules are left out."""
        while True:
            try:
                return self.solve()
            except ShapeError as error:
                self.faults.append((self.statement, str(error)))
                self.waiting = [(owner, rule) for owner, rule in self.waiting if owner is not self.statement]
                self.tried = 0, None

    def suppose(self) -> bool:
        """Use one waiting rule as if a matrix whose width nothing shows were no column."""
        self.tried = 0, None
        for position, (statement, rule) in enumerate(self.waiting):
            self.settling, self.statement = True, statement
            try:
                if rule():
                    del self.waiting[position]
                    return True
            except ShapeError as error:
                self.faults.append((statement, str(error)))
                self.waiting = [each for each in self.waiting if each[0] is not statement]
                return True
            finally:
                self.settling = False
        return False
