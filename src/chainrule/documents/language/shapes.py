"""Shapes of all terms by unification, before anything is evaluated.

Each term has a shape: none for a number, (rows, columns) for a matrix, a row or a column, three or more sizes for other
arrays. Shapes that nobody declares follow from how terms are used. Two sizes are the same only if the document says
so, or if both follow from use.

>>> from chainrule.documents.language.parsing import derivation_of
>>> shapes = Shapes(derivation_of("W : matrix m n; z := W @ x; s := sum(j in n: x[j])"))
>>> print(shapes.shown("x"), "and", shapes.shown("z"))
column n and column m
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Definition, Derivation, Kind, Relation, ValueKind
from chainrule.documents.language.dimensions import ONE, Dim, Shape, column, matrix, number, shown
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.shapes_as_written import alike_in_front
from chainrule.documents.language.sizes import Size
from chainrule.documents.language.term_shapes import TermShapes
from chainrule.documents.language.terms import Term
from chainrule.documents.language.unification import Unification


@dataclass(eq=False)
class Shapes:
    """The shapes of all terms of a derivation.

    Parameters
    ----------
    derivation : Derivation
    matrices : set of str, optional
        Names that are matrices where nothing shows what they are. Names with a transpose are then columns, all others
        numbers.
    vectors : set of str
        Names that are vectors where nothing shows what they are.
    rows : bool
        True if names with one index are rows.

    Attributes
    ----------
    guessed : list of str
        Names whose shape nothing shows.
    faults : list of (Term, str)
        The left sides of claims, the bodies of definitions and the assumptions that do not fit, with the reasons. They
        teach nothing about names.
    certain : int
        The number of these that do not rest on guesses; they come first.
    untold : set of str
        Sizes that only sums without a last number have: no name has one of them.
    """

    derivation: Derivation
    matrices: Set[str] = frozenset()
    vectors: Set[str] = frozenset()
    rows: bool = False
    names: dict[str, Shape] = field(default_factory=dict)
    guessed: list[str] = field(default_factory=list)
    certain: int = 0
    untold: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._kinds: dict[str, Kind] = {d.name: d.kind for d in self.derivation.declarations}
        numbers = {name for name, kind in self._kinds.items() if kind == ValueKind(())}
        self._u = Unification(emptied=self.with_one_entry, declared=numbers)
        functions = {d.name: d for d in self.derivation.definitions if d.parameters}
        self._terms = TermShapes(self.names, self._kinds, functions, self._u)
        for name, kind in self._kinds.items():
            self.names[name] = self._terms.of_kind(kind)
        for name, axes in _axes(self.derivation).items():
            if name not in self.names:
                self.names[name] = self._line() if axes == 1 else Shape(tuple(Dim(indexed=True) for _ in range(axes)))
        for definition in Names.of(self.derivation).in_order:
            if not definition.parameters:
                self._u.fitting(partial(self._defined, definition), definition.body)
        for function in functions.values():
            self._u.fitting(partial(self._terms.visit_function, function), function.body)
        for assumption in self.derivation.assumptions:
            self._u.fitting(partial(self._terms.visit, assumption.condition), assumption.condition)
        for claim in self.derivation.claims:
            self._u.fitting(partial(self._claimed, claim), claim.left)
        self.certain = len(self._u.faults)
        self._guess()

    @property
    def faults(self) -> list[tuple[Term, str]]:
        """The statements that do not fit, with the reasons."""
        return self._u.faults

    def of(self, term: Term) -> Shape:
        """The shape of a term of the derivation."""
        return self._terms.of(term)

    def is_number(self, term: Term) -> bool:
        """Whether a term is known to be a number; a part of what does not fit may have no shape."""
        return self._terms.has_shape(term) and self.of(term).known == ()

    def shown(self, name: str) -> str:
        """The shape of a name in words."""
        return shown(self.names[name])

    @property
    def opened(self) -> Set[str]:
        """The names of sizes that were open."""
        return self._terms.open.keys()

    def size_named(self, name: str) -> Size:
        """The size that an open name was found to be; 1 if nothing that fits has it."""
        return self._terms.open.get(name, Dim()).final

    def with_one_entry(self) -> frozenset[str]:
        """The names that are arrays, and of which the shapes leave one entry only."""
        known = {name: shape.known or () for name, shape in self.names.items()}
        return frozenset(name for name, dims in known.items() if dims and all(dim.is_one for dim in dims))

    # What follows is private.

    def _line(self) -> Shape:
        """The shape of a vector of which nothing else is known."""
        return matrix(Dim(ONE), Dim(indexed=True)) if self.rows else column()

    def _defined(self, definition: Definition) -> None:
        self._u.unify(self._terms.named(definition.name), self._terms.visit(definition.body), definition.body)
        if self.names[definition.name].known == () and self._u.is_sure(definition.body):
            self._u.declared.add(definition.name)

    def _claimed(self, claim: Relation) -> None:
        """The sides of a claim have one shape."""
        bound = {name: self._terms.index_to(size) for name, size in claim.over}
        for condition in claim.conditions:
            self._terms.visit(condition, bound)
        left, right = self._terms.visit(claim.left, bound), self._terms.visit(claim.right, bound)
        if claim.relation != "=" or not terms.is_number(claim.right, 0):  # 0 may stand for an array of zeros
            self._u.unify(left, right, claim.left)
        if all(isinstance(side, terms.Apply) and side.operator == "beside" for side in (claim.left, claim.right)):
            sides = [[self._terms.of(part) for part in terms.parts(side)] for side in (claim.left, claim.right)]
            self._u.wait(partial(alike_in_front, self._u, claim.left, *sides))

    def _guess(self) -> None:
        """Lengths along which indices run, then the shapes of names of which nothing is known, one after another.

        These are numbers, or the first of columns and matrices that fit. A matrix has several rows and columns, if that
        fits: so y in X @ w - y is a column, and X no row.
        """
        for dim, last in self._u.lengths:
            if dim.found().size is None and dim.found() is not last.found():
                self._u.set(dim.found(), "same", last.found())
                self._u.settle()
        first: dict[str, Callable[[], Shape]] = dict.fromkeys(sorted(self.matrices), _large)
        first |= dict.fromkeys(sorted(self._u.numbers - self.vectors), number)
        first |= dict.fromkeys(sorted((self._u.turned | self.vectors) - self.matrices), self._line)
        for name in sorted(self.matrices & self._kinds.keys()):
            if len(self.names[name].known or ()) == 2:
                self._u.refused(partial(self._u.unify, self.names[name], _large(), terms.Name(name)), terms.Name(name))
        for name in (*first, *sorted(self.names.keys() - first.keys())):
            shape = self.names.get(name)
            if shape is not None and shape.known is None and name not in self._terms.functions:
                self.guessed.append(name)
                usual, term = first.get(name, number), terms.Name(name)
                ways = (usual, *([matrix] if usual is _large else []), column, matrix)
                if all(self._u.refused(partial(self._u.unify, shape, of(), term), term) for of in ways):
                    self._u.unify(shape, usual(), term)
                    self._u.settle()
        for name, shape in self.names.items():
            is_open = shape.known and len(shape.known) == 2 and not (shape.known[0].is_one or shape.known[1].is_width)
            if is_open and name not in self.matrices:
                self._u.refused(partial(self._flat, shape), terms.Name(name))
        while self._u.suppose():
            self._u.settle()
        every = [dim for shape in self.names.values() for dim in shape.known or ()] + list(self._terms.open.values())
        taken = {name for dim in every for name in dim.final.names} | self._kinds.keys()
        fresh = (f"n{number}" for number in count() if f"n{number}" not in taken)
        of_ranges = len(every) - len(self._terms.open)
        for place, dim in enumerate(every):
            if dim.found().size is None:
                name = next(fresh)
                if place >= of_ranges:
                    self.untold.add(name)
                self._u.set(dim.found(), "size", Size.of(name))
                self._u.settle()

    def _flat(self, shape: Shape) -> None:
        """A name that is no matrix is a column, if nothing shows its width."""
        if shape.known is not None:
            self._u.unify(shape, column(shape.known[0]), terms.ZERO)


def _large() -> Shape:
    """The shape of a matrix that is no row and no column."""
    return matrix(Dim(indexed=True), Dim(indexed=True))


def _axes(derivation: Derivation) -> dict[str, int]:
    """By name: the most indices with which its entries are written."""
    found = dict[str, int]()
    for part in derivation.parts:
        if isinstance(part, terms.Entry) and isinstance(part.base, terms.Name):
            found[part.base.text] = max(found.get(part.base.text, 0), len(part.indices))
    return found
