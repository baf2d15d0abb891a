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

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from itertools import count
from typing import Any

from chainrule.documents.language import terms
from chainrule.documents.language.operators import MADE_BY_SIZE, OPERATORS
from chainrule.documents.language.sizes import NoSize, Size, size_of
from chainrule.documents.language.terms import Derivation, FunctionKind, IndexKind, Kind, Term, ValueKind

ONE = Size.of(1)
MINUS_ONE = terms.Number(Fraction(-1))
OPEN = "?"
"""Begins the names of sizes that nobody states."""


class ShapeError(ValueError):
    """Two shapes that do not go together; `term` is where."""

    def __init__(self, message: str, term: Term | None = None) -> None:
        super().__init__(message)
        self.term = term


@dataclass(eq=False)
class Dim:
    """A size that may not be known yet. `same` leads to the one that it was found equal to."""

    size: Size | None = None
    same: Dim | None = None
    indexed: bool = False
    """True if a second index runs along it, so that it is not the width of a column."""

    def found(self) -> Dim:
        """The end of the chain of equal ones."""
        dim = self
        while dim.same is not None:
            dim = dim.same
        return dim

    @property
    def final(self) -> Size:
        """The size that was found; 1 if nothing shows it."""
        return self.found().size or ONE

    @property
    def is_width(self) -> bool:
        """Whether it is known, or known to be the width of a matrix."""
        return self.found().size is not None or self.indexed or self.found().indexed

    @property
    def is_one(self) -> bool | None:
        """True if it is the number 1, False if it is another size, None if it is not known."""
        size = self.found().size
        return None if size is None else size == ONE


@dataclass(eq=False)
class Shape:
    """A shape that may not be known yet."""

    dims: tuple[Dim, ...] | None = None
    same: Shape | None = None

    def found(self) -> Shape:
        """The end of the chain of equal ones."""
        shape = self
        while shape.same is not None:
            shape = shape.same
        return shape

    @property
    def known(self) -> tuple[Dim, ...] | None:
        """The sizes, or None if not even their number is known."""
        return self.found().dims


@dataclass(eq=False)
class Index(Shape):
    """The shape of an index, a number, which runs from 1 to `last`; None if it begins or ends elsewhere.

    If it is `open`, nobody says where it ends: then it runs over all of what it is an index of.
    """

    last: Dim | None = None
    open: bool = False


def is_column(shape: Shape) -> bool | None:
    """Whether a matrix is a column; None if this is not known."""
    return shape.known[1].is_one if shape.known is not None and len(shape.known) == 2 else False


def vector_axis(shape: Shape) -> int | None:
    """The axis of a column or row along which it has its entries; None for other shapes."""
    if shape.known is None or len(shape.known) != 2:
        return None
    return 0 if shape.known[1].is_one else 1 if shape.known[0].is_one else None


def number() -> Shape:
    """The shape of a number."""
    return Shape(())


def column(size: Dim | None = None) -> Shape:
    """The shape of a column."""
    return Shape((size or Dim(), Dim(ONE)))


def matrix(rows: Dim | None = None, columns: Dim | None = None) -> Shape:
    """The shape of a matrix."""
    return Shape((rows or Dim(), columns or Dim()))


def shown(shape: Shape) -> str:
    """A shape in words: number, column n, row n, matrix m n, array l m n."""
    dims = shape.known
    if dims is None:
        return "anything"
    sizes = ["?" if (size := dim.found().size) is None else str(size) for dim in dims]
    sizes = [f"({size})" if " " in size else size for size in sizes]
    match [dim.is_one for dim in dims]:
        case []:
            return "number"
        case [_, True]:
            return f"column {sizes[0]}"
        case [True, _]:
            return f"row {sizes[1]}"
        case [_, _]:
            return f"matrix {' '.join(sizes)}"
    return f"array {' '.join(sizes)}"


def turns(slope: terms.Slope, *, of_number: bool) -> bool:
    """Whether a derivative as it is written is a transpose: gradients are rows, or Jacobians have inputs as rows."""
    return slope.kind.endswith(("transposed", "rows" if of_number else "columns"))


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
    """

    derivation: Derivation
    matrices: Set[str] = frozenset()
    vectors: Set[str] = frozenset()
    rows: bool = False
    names: dict[str, Shape] = field(default_factory=dict)
    guessed: list[str] = field(default_factory=list)
    faults: list[tuple[Term, str]] = field(default_factory=list)
    certain: int = 0

    def __post_init__(self) -> None:
        self._kinds: dict[str, Kind] = {d.name: d.kind for d in self.derivation.declarations}
        self._functions = {d.name: d for d in self.derivation.definitions if d.parameters}
        self._of: dict[int, tuple[Term, Shape]] = {}
        self._waiting: list[tuple[Term, Callable[[], bool]]] = []
        self._statement: Term = terms.Number(Fraction(0))
        self._calls: list[str] = []
        self._lengths: list[tuple[Dim, Dim]] = []
        self._learnt: list[tuple[Shape | Dim, str]] = []
        self._open: dict[str, Dim] = {}
        self._turned_names: set[str] = set()
        self._settling = False
        for name, kind in self._kinds.items():
            self.names[name] = self._of_kind(kind)
        for name, axes in _axes(self.derivation).items():
            if name not in self.names:
                self.names[name] = self._line() if axes == 1 else Shape(tuple(Dim(indexed=True) for _ in range(axes)))
        for definition in self.derivation.definitions:
            if not definition.parameters:
                self._fitting(partial(self._defined, definition), definition.body)
        for function in self._functions.values():
            self._fitting(partial(self._called_generally, function), function.body)
        for assumption in self.derivation.assumptions:
            self._fitting(partial(self.visit, assumption.condition), assumption.condition)
        for claim in self.derivation.claims:
            self._fitting(partial(self._claimed, claim), claim.left)
        self.certain = len(self.faults)
        self._guess()

    def of(self, term: Term) -> Shape:
        """The shape of a term of the derivation."""
        return self._of[id(term)][1]

    def shown(self, name: str) -> str:
        """The shape of a name in words."""
        return shown(self.names[name])

    # What follows is private.

    def _called_generally(self, definition: terms.Definition) -> None:
        """A function at arguments of the kinds of its parameters, for functions that are never called."""
        arguments = [
            self._parameter(kind, {name: Dim() for name in definition.lengths}) for _, kind in definition.parameters
        ]
        self._expanded(definition.body, definition, arguments)

    def _parameter(self, kind: Kind, lengths: Mapping[str, Dim]) -> Shape:
        """The shape of a parameter, in which some sizes are not known yet."""
        if not isinstance(kind, ValueKind):
            return number()
        return Shape(tuple(lengths.get(terms.base_of(size)) or Dim(size_of(size)) for size in kind.shape))

    def _line(self) -> Shape:
        """The shape of a vector of which nothing else is known."""
        return matrix(Dim(ONE), Dim(indexed=True)) if self.rows else column()

    def _defined(self, definition: terms.Definition) -> None:
        self.unify(self._named(definition.name), self.visit(definition.body), definition.body)

    def _claimed(self, claim: terms.Relation) -> None:
        """The sides of a claim have one shape."""
        bound = {name: self._index_to(size) for name, size in claim.over}
        for condition in claim.conditions:
            self.visit(condition, bound)
        self.unify(self.visit(claim.left, bound), self.visit(claim.right, bound), claim.left)

    def _named(self, name: str) -> Shape:
        if name not in self.names:
            self.names[name] = Shape()
        return self.names[name]

    def _of_kind(self, kind: Kind) -> Shape:
        match kind:
            case ValueKind(shape=shape):
                return self._of_sizes(shape)
            case IndexKind(size=size):
                return self._index_to(size)
        return number()

    def _of_sizes(self, sizes: Sequence[Term]) -> Shape:
        return Shape(tuple(self._dim_of(size) for size in sizes))

    def _dim_of(self, size: Term) -> Dim:
        """A size as it is known; names of sizes that begin with ? are to be found."""
        if isinstance(size, terms.Name) and size.text.startswith(OPEN):
            return self._open.setdefault(size.text, Dim())
        try:
            return Dim(size_of(size))
        except NoSize as error:
            raise ShapeError(str(error), size) from None

    def _index_to(self, last: Term, first: Term | None = None) -> Index:
        """The shape of an index of a range."""
        if first is not None and not (isinstance(first, terms.Number) and first.value == 1):
            return Index(())
        is_open = isinstance(last, terms.Name) and last.text.startswith(OPEN)
        try:
            return Index((), None, self._dim_of(last), is_open)
        except ShapeError:
            return Index(())

    # Unification

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
            self._set(one, "same", other)
        elif other.dims is None:
            self._set(other, "same", one)
        else:
            if len(one.dims) != len(other.dims):
                raise ShapeError(f"{shown(one)} and {shown(other)} do not fit", term)
            for a, b in zip(one.dims, other.dims, strict=True):
                self._same_size(a, b, one, other, term)

    def _same_size(self, one: Dim, other: Dim, left: Shape, right: Shape, term: Term) -> None:
        a, b = one.found(), other.found()
        if a is b:
            return
        if a.size is None:
            self._set(a, "same", b)
        elif b.size is None:
            self._set(b, "same", a)
        elif a.size != b.size:
            raise ShapeError(f"{shown(left)} and {shown(right)} do not fit", term)

    def _set(self, what: Shape | Dim, name: str, value: Any) -> None:
        """Learn something that can be forgotten."""
        self._learnt.append((what, name))
        setattr(what, name, value)

    def _fitting(self, fit: Callable[[], object], term: Term) -> None:
        """Let a statement teach what it can; if it does not fit, forget all that it taught."""
        error = self._refused(fit, term)
        if error is not None:
            self.faults.append((term, str(error)))

    def _refused(self, fit: Callable[[], object], term: Term) -> ShapeError | None:
        """Why something does not fit with all that is known; it is forgotten then."""
        waiting, learnt, lengths = list(self._waiting), len(self._learnt), len(self._lengths)
        self._statement = term
        try:
            fit()
            self._solve()
        except ShapeError as error:
            for what, name in reversed(self._learnt[learnt:]):
                setattr(what, name, None)
            self._waiting = waiting
            del self._learnt[learnt:], self._lengths[lengths:]
            return error
        return None

    def _solve(self) -> None:
        """Use the waiting rules until none teaches anything."""
        while True:
            waiting, self._waiting = self._waiting, []
            for place, (self._statement, rule) in enumerate(waiting):
                try:
                    done = rule()
                except ShapeError:
                    self._waiting += waiting[place + 1 :]
                    raise
                if not done:
                    self._waiting.append((self._statement, rule))
            if len(self._waiting) == len(waiting):
                return

    def _settle(self) -> None:
        """Use the waiting rules; a statement of which one fails does not fit, and its other rules are left out."""
        while True:
            try:
                return self._solve()
            except ShapeError as error:
                self.faults.append((self._statement, str(error)))
                self._waiting = [(owner, rule) for owner, rule in self._waiting if owner is not self._statement]

    def _guess(self) -> None:
        """Lengths along which indices run, then the shapes of names of which nothing is known, one after another.

        These are numbers, or the first of columns and matrices that fit.
        """
        for dim, last in self._lengths:
            if dim.found().size is None and dim.found() is not last.found():
                self._set(dim.found(), "same", last.found())
                self._settle()
        first: dict[str, Callable[[], Shape]] = dict.fromkeys(sorted(self.matrices), matrix)
        first |= dict.fromkeys(sorted((self._turned_names | self.vectors) - self.matrices), self._line)
        for name in (*first, *sorted(self.names.keys() - first.keys())):
            shape = self.names.get(name)
            if shape is not None and shape.known is None and name not in self._functions:
                self.guessed.append(name)
                usual, term = first.get(name, number), terms.Name(name)
                if all(self._refused(partial(self.unify, shape, of(), term), term) for of in (usual, column, matrix)):
                    self.unify(shape, usual(), term)
                    self._settle()
        for name, shape in self.names.items():
            is_open = shape.known and len(shape.known) == 2 and not (shape.known[0].is_one or shape.known[1].is_width)
            if is_open and name not in self.matrices:
                self._refused(partial(self._flat, shape), terms.Name(name))
        while self._suppose():
            self._settle()
        every = [dim for shape in self.names.values() for dim in shape.known or ()] + list(self._open.values())
        taken = {name for dim in every for name in dim.final.names} | self._kinds.keys()
        fresh = (f"n{number}" for number in count() if f"n{number}" not in taken)
        for dim in every:
            if dim.found().size is None:
                self._set(dim.found(), "size", Size.of(next(fresh)))
                self._settle()

    def _suppose(self) -> bool:
        """Use one waiting rule as if a matrix whose width nothing shows were no column."""
        for position, (statement, rule) in enumerate(self._waiting):
            self._settling, self._statement = True, statement
            try:
                if rule():
                    del self._waiting[position]
                    return True
            except ShapeError as error:
                self.faults.append((statement, str(error)))
                self._waiting = [each for each in self._waiting if each[0] is not statement]
                return True
            finally:
                self._settling = False
        return False

    def _flat(self, shape: Shape) -> None:
        """A name that is no matrix is a column, if nothing shows its width."""
        if shape.known is not None:
            self.unify(shape, column(shape.known[0]), terms.Number(Fraction(0)))

    @property
    def opened(self) -> Set[str]:
        """The names of sizes that were open."""
        return self._open.keys()

    def size_named(self, name: str) -> Size:
        """The size that an open name was found to be; 1 if nothing that fits has it."""
        return self._open.get(name, Dim()).final

    # Terms

    def visit(self, term: Term, bound: Mapping[str, Shape] | None = None) -> Shape:
        """The shape of a term, in which some names are bound."""
        shape = self._visited(term, bound or {})
        self._of[id(term)] = term, shape
        return shape

    def _visited(self, term: Term, bound: Mapping[str, Shape]) -> Shape:
        match term:
            case terms.Number():
                return number()
            case terms.Name(text=text):
                return bound[text] if text in bound else self._named(text)
            case terms.Apply(operator=operator, operands=operands):
                return self._applied(term, operator, [self.visit(operand, bound) for operand in operands])
            case terms.Call(function=function, arguments=arguments):
                return self._called(term, function, [self.visit(argument, bound) for argument in arguments])
            case terms.Entry(base=base, indices=indices):
                self._numbers(indices, bound)
                return self._entry(term, self.visit(base, bound), [self.of(index) for index in indices])
            case terms.Fold(kind=kind, index=index, low=low, high=high, body=body, condition=condition):
                self._numbers((low, high), bound)
                inside = {**bound, index: self._index_to(high, low)}
                if condition is not None:
                    self.visit(condition, inside)
                shape = self.visit(body, inside)
                if kind != "sum":
                    self.unify(shape, number(), body)
                return shape
            case terms.Family(indices=indices, body=body):
                inside = {**bound, **{name: self._index_to(size) for name, size in indices}}
                self.unify(self.visit(body, inside), number(), body)
                dims = tuple(self._dim_of(size) for _, size in indices)
                return Shape((*dims, Dim(ONE)) if len(dims) == 1 else dims)
            case terms.Table(rows=rows):
                self._numbers([entry for row in rows for entry in row], bound)
                return matrix(Dim(Size.of(len(rows))), Dim(Size.of(len(rows[0]))))
            case terms.Slope():
                return self._slope(term, bound)
            case terms.Differential(body=body):
                return self.visit(body, bound)
            case terms.At(body=body, name=name, value=value):
                self.unify(bound.get(name) or self._named(name), self.visit(value, bound), value)
                return self.visit(body, bound)
            case terms.Choice(branches=branches, otherwise=otherwise):
                values = [value for _, value in branches] + ([otherwise] if otherwise is not None else [])
                for condition, _ in branches:
                    self.visit(condition, bound)
                shapes = [self.visit(value, bound) for value in values]
                for value, shape in zip(values[1:], shapes[1:], strict=True):
                    self.unify(shapes[0], shape, value)
                return shapes[0]
            case terms.Truth(condition=condition):
                self.visit(condition, bound)
                return number()
            case terms.Is(subject=subject, fact=fact):
                shape = self.visit(subject, bound)
                if fact in ("symmetric", "invertible"):
                    self._square(term, Shape(), shape)
                return number()
            case terms.Comparison(left=left, right=right):
                one, other = self.visit(left, bound), self.visit(right, bound)
                self.unify(one, other, term)
                match one, other:
                    case Index(last=Dim() as a), Index(last=Dim() as b) if one.open or other.open:
                        self._same_size(a, b, one, other, term)
                return number()
        for part in terms.parts(term):
            self.visit(part, bound)
        return number()

    def _numbers(self, parts: Sequence[Term], bound: Mapping[str, Shape]) -> None:
        for part in parts:
            self.unify(self.visit(part, bound), number(), part)

    def _applied(self, term: Term, operator: str, shapes: list[Shape]) -> Shape:
        rule = getattr(self, f"_{OPERATORS[operator].rule}")
        return self._waiting_for(lambda out: rule(term, out, *shapes))

    def _waiting_for(self, rule: Callable[[Shape], bool]) -> Shape:
        """The shape that a rule gives, now or later."""
        out = Shape()
        if not rule(out):
            self._waiting.append((self._statement, lambda: rule(out)))
        return out

    def _called(self, term: Term, name: str, shapes: list[Shape]) -> Shape:
        if name in OPERATORS and name not in self._functions:
            return self._mapped(term, shapes, [number()] * len(shapes), number)
        if name in MADE_BY_SIZE:
            assert isinstance(term, terms.Call)
            return self._made_by_size(name, term)
        kind, definition = self._kinds.get(name), self._functions.get(name)
        if definition is not None:
            return self._expanded(term, definition, shapes)
        if not isinstance(kind, FunctionKind):
            raise ShapeError(f"{name} is no function that is defined or declared", term)
        if len(shapes) != len(kind.arguments):
            raise ShapeError(f"{name} has {len(kind.arguments)} arguments, got {len(shapes)}", term)
        return self._mapped(
            term, shapes, [self._of_sizes(s) for s in kind.arguments], lambda: self._of_sizes(kind.result)
        )

    def _made_by_size(self, name: str, call: terms.Call) -> Shape:
        dim = self._dim_of(call.arguments[-1])
        return matrix(dim, dim) if name == "eye" else column(dim)

    def _mapped(self, term: Term, shapes: list[Shape], parameters: list[Shape], result: Callable[[], Shape]) -> Shape:
        """The shape of a call: entry by entry, if parameters are numbers and arguments are not."""
        if any(shape.known != () for shape in parameters) or not parameters:
            for shape, parameter in zip(shapes, parameters, strict=True):
                self.unify(shape, parameter, term)
            return result()
        for shape in shapes[1:]:
            self.unify(shapes[0], shape, term)
        return shapes[0]

    def _expanded(self, term: Term, definition: terms.Definition, shapes: list[Shape]) -> Shape:
        if len(shapes) != len(definition.parameters):
            raise ShapeError(f"{definition.name} has {len(definition.parameters)} arguments, got {len(shapes)}", term)
        if definition.name in self._calls:
            raise ShapeError(f"the definition of {definition.name} leads to itself", term)
        lengths = {name: Dim() for name in definition.lengths if name not in self._kinds}
        parameters = [self._parameter(kind, lengths) for _, kind in definition.parameters]
        inside = dict(zip([name for name, _ in definition.parameters], parameters, strict=True))

        def result() -> Shape:
            self._calls.append(definition.name)
            try:
                return self.visit(definition.body, inside)
            finally:
                self._calls.pop()

        if all(shape.known == () for shape in parameters):
            self.unify(result(), number(), definition.body)
        return self._mapped(term, shapes, parameters, result)

    def _entry(self, term: Term, base: Shape, indices: Sequence[Shape]) -> Shape:
        count = len(indices)
        if base.known is None:
            self.unify(base, column() if count == 1 else Shape(tuple(Dim() for _ in range(count))), term)
        dims = base.known or ()
        if count == 1 and len(dims) == 2:
            if not dims[0].is_one:
                self.unify(base, column(dims[0]), term)
            dims = dims[1:] if dims[0].is_one else dims[:1]
        if len(dims) != count or (count == 2 and any(dim.is_one for dim in dims)):
            raise ShapeError(f"{count} indices for the entries of {shown(base)}", term)
        if count == 2:
            self._set(dims[1].found(), "indexed", True)
        for dim, index in zip(dims, indices, strict=True):
            if isinstance(index, Index) and index.last is not None:
                if index.open:
                    self._same_size(dim, index.last, base, column(index.last), term)
                else:
                    self._lengths.append((dim, index.last))
        return number()

    def _slope(self, term: terms.Slope, bound: Mapping[str, Shape]) -> Shape:
        body, variable = self.visit(term.body, bound), self.visit(term.variable, bound)
        if term.kind in ("partial", "gradient", "hessian"):
            self.unify(body, number(), term.body)
        match term.kind:
            case "partial":
                self.unify(variable, number(), term.variable)
                return number()
            case "gradient":
                return variable
            case "hessian":
                size = Dim()
                self.unify(variable, column(size), term.variable)
                return matrix(size, size)
            case "second":
                self.unify(body, number(), term.body)
                return self._waiting_for(lambda out: self._second(term, out, variable))
            case kind if kind.startswith("written"):
                return self._waiting_for(lambda out: self._slope_as_written(term, out, body, variable))
        return matrix(self._length(body, term.body), self._length(variable, term.variable))

    def _length(self, shape: Shape, term: Term) -> Dim:
        """The length of a column or a row."""
        if shape.known and len(shape.known) == 2 and shape.known[0].is_one:
            return shape.known[1]
        size = Dim()
        self.unify(shape, column(size), term)
        return size

    def _second(self, term: terms.Slope, out: Shape, variable: Shape) -> bool:
        """A second derivative of a number, by a number or by a column."""
        if variable.known is None:
            return False
        size = Dim()
        if variable.known:
            self.unify(variable, column(size), term.variable)
        self.unify(out, matrix(size, size) if variable.known else number(), term)
        return True

    def _slope_as_written(self, term: terms.Slope, out: Shape, body: Shape, variable: Shape) -> bool:
        """A derivative whose kind the shapes tell: by a number, of a number, or of a column by a column."""
        if variable.known == ():
            self.unify(out, body, term)
            return True
        if body.known is None or variable.known is None:
            return False
        if body.known == ():
            shape = variable
            if turns(term, of_number=True) and len(variable.known) == 2:
                shape = matrix(variable.known[1], variable.known[0])
            self.unify(out, shape, term)
            return True
        try:
            outputs, inputs = self._length(body, term.body), self._length(variable, term.variable)
        except ShapeError:
            raise ShapeError(f"the derivative of a {shown(body)} by a {shown(variable)}", term) from None
        self.unify(out, matrix(inputs, outputs) if turns(term, of_number=False) else matrix(outputs, inputs), term)
        return True

    # Rules of operators: each makes what it can equal, and returns whether nothing is left to learn.

    def _same(self, term: Term, out: Shape, *shapes: Shape) -> bool:
        for shape in shapes:
            self.unify(out, shape, term)
        return True

    _entrywise = _same

    def _scalars(self, term: Term, out: Shape, *shapes: Shape) -> bool:
        return self._same(term, out, number(), *shapes)

    def _scaled(self, term: Term, out: Shape, left: Shape, right: Shape) -> bool:
        for one, other in ((left, right), (right, left)):
            if one.known == ():
                self.unify(out, other, term)
                return True
        if left.known and right.known:
            raise ShapeError(f"{shown(left)} * {shown(right)}: expected a number on one side, or @ or .*", term)
        if out.known == ():
            return self._same(term, out, left, right)
        if out.known and (left.known or right.known):
            self.unify(right if left.known else left, number(), term)
            return self._scaled(term, out, left, right)
        return False

    def _beside(self, term: Term, out: Shape, left: Shape, right: Shape, *, dotted: bool = False) -> bool:
        """Factors side by side: numbers scale, matrices are multiplied, columns entry by entry or, dotted, summed."""
        for one, other in ((left, right), (right, left)):
            if one.known == ():
                self.unify(out, other, term)
                return True
        if left.known is None or right.known is None:
            return False
        if len(left.known) == len(right.known) == 2:
            flat = self._is_flat(left), self._is_flat(right)
            if None in flat and False not in flat:
                return False
            if all(flat):
                self.unify(left, right, term)
                self.unify(out, number() if dotted else left, term)
                return True
            return self._product(term, out, left, right)
        raise ShapeError(f"{shown(left)} beside {shown(right)}", term)

    def _is_flat(self, shape: Shape) -> bool | None:
        """Whether a matrix is a column; None if nothing shows this so far. No row is one."""
        found = is_column(shape)
        is_row = shape.known is not None and shape.known[0].is_one
        return False if found is None and (is_row or self._settling) else found

    def _dotted(self, term: Term, out: Shape, left: Shape, right: Shape) -> bool:
        return self._beside(term, out, left, right, dotted=True)

    def _over(self, term: Term, out: Shape, left: Shape, right: Shape) -> bool:
        """A fraction: by a number, or entry by entry."""
        if right.known == ():
            self.unify(out, left, term)
            return True
        if right.known is None:
            if left.known == () or out.known == ():
                return self._divided(term, out, left, right)
            return False
        return self._same(term, out, left, right)

    def _turned(self, term: Term, out: Shape, operand: Shape) -> bool:
        """The transpose of a matrix, or a number as it is."""
        if operand.known is None:
            if isinstance(term, terms.Apply) and isinstance(term.operands[0], terms.Name):
                self._turned_names.add(term.operands[0].text)
            return False
        if operand.known == ():
            self.unify(out, operand, term)
            return True
        return self._transposed(term, out, operand)

    def _raised_as_written(self, term: Term, out: Shape, base: Shape, exponent: Shape) -> bool:
        """A power of a number, of a square matrix, or of each entry of a column."""
        self.unify(exponent, number(), term)
        inverted = isinstance(term, terms.Apply) and terms.is_number(term.operands[1], -1)
        if inverted and base.known is None:
            return False
        if inverted and base.known and vector_axis(base) is None:
            return self._square(term, out, base)
        self.unify(out, base, term)
        return True

    def _divided(self, term: Term, out: Shape, left: Shape, right: Shape) -> bool:
        self.unify(right, number(), term)
        self.unify(out, left, term)
        return True

    def _raised(self, term: Term, out: Shape, base: Shape, exponent: Shape) -> bool:
        return self._divided(term, out, base, exponent)

    def _product(self, term: Term, out: Shape, left: Shape, right: Shape) -> bool:
        inner, rows, columns = Dim(), Dim(), Dim()
        for shape, wanted in ((left, matrix(rows, inner)), (right, matrix(inner, columns))):
            try:
                self.unify(shape, wanted, term)
            except ShapeError:
                raise ShapeError(f"{shown(left)} @ {shown(right)}: the sizes between do not fit", term) from None
        return self._multiplied(term, out, rows, columns)

    def _multiplied(self, term: Term, out: Shape, rows: Dim, columns: Dim) -> bool:
        if out.known == ():
            self.unify(matrix(rows, columns), matrix(Dim(ONE), Dim(ONE)), term)
            return True
        if rows.is_one and columns.is_one:
            self.unify(out, number(), term)
            return True
        if rows.is_one is False or columns.is_one is False or out.known or self._settling:
            self.unify(out, matrix(rows, columns), term)
            return True
        self._waiting.append((self._statement, lambda: self._multiplied(term, out, rows, columns)))
        return True

    def _matrix_power(self, term: Term, out: Shape, base: Shape, exponent: Shape) -> bool:
        self.unify(exponent, number(), term)
        return self._square(term, out, base)

    def _transposed(self, term: Term, out: Shape, operand: Shape) -> bool:
        rows, columns = Dim(), Dim()
        self.unify(operand, matrix(rows, columns), term)
        self.unify(out, matrix(columns, rows), term)
        return True

    def _measured(self, term: Term, out: Shape, operand: Shape) -> bool:
        self.unify(out, number(), term)
        return True

    def _of_square(self, term: Term, out: Shape, operand: Shape) -> bool:
        self.unify(out, number(), term)
        return self._square(term, Shape(), operand)

    def _square(self, term: Term, out: Shape, operand: Shape) -> bool:
        size = Dim()
        self.unify(operand, matrix(size, size), term)
        self.unify(out, operand, term)
        return True

    def _diagonal_matrix(self, term: Term, out: Shape, operand: Shape) -> bool:
        size = Dim()
        is_row = operand.known is not None and len(operand.known) == 2 and operand.known[0].is_one
        self.unify(operand, matrix(Dim(ONE), size) if is_row else column(size), term)
        self.unify(out, matrix(size, size), term)
        return True

    def _member(self, term: Term, out: Shape, operand: Shape, index: Shape) -> bool:
        """The column of a matrix that an index chooses."""
        rows, columns = Dim(), Dim(indexed=True)
        self.unify(operand, matrix(rows, columns), term)
        if isinstance(index, Index) and index.last is not None:
            if index.open:
                self._same_size(columns, index.last, operand, column(index.last), term)
            else:
                self._lengths.append((columns, index.last))
        self.unify(out, column(rows), term)
        return True

    def _diagonal(self, term: Term, out: Shape, operand: Shape) -> bool:
        size = Dim()
        self.unify(operand, matrix(size, size), term)
        self.unify(out, column(size), term)
        return True

    def _kron(self, term: Term, out: Shape, left: Shape, right: Shape) -> bool:
        return self._of_products(term, out, (left, right), lambda a, b: (a[0] * b[0], a[1] * b[1]))

    def _outer(self, term: Term, out: Shape, left: Shape, right: Shape) -> bool:
        """The matrix of all products of the entries of two vectors; for other factors Kronecker's."""
        if left.known is None or right.known is None:
            return False
        if vector_axis(left) is None or vector_axis(right) is None:
            return self._kron(term, out, left, right)
        self.unify(out, matrix(self._length(left, term), self._length(right, term)), term)
        return True

    def _vec(self, term: Term, out: Shape, operand: Shape) -> bool:
        return self._of_products(term, out, (operand,), lambda a: (a[0] * a[1], ONE))

    def _of_products(
        self, term: Term, out: Shape, shapes: Sequence[Shape], sizes: Callable[..., tuple[Size, Size]]
    ) -> bool:
        for shape in shapes:
            self.unify(shape, matrix(), term)
        known = [[dim.found().size for dim in shape.known or ()] for shape in shapes]
        if any(size is None for each in known for size in each):
            return False
        rows, columns = sizes(*known)
        self.unify(out, matrix(Dim(rows), Dim(columns)), term)
        return True


def _axes(derivation: Derivation) -> dict[str, int]:
    """By name: the most indices with which its entries are written."""
    found = dict[str, int]()
    for part in derivation.parts:
        if isinstance(part, terms.Entry) and isinstance(part.base, terms.Name):
            found[part.base.text] = max(found.get(part.base.text, 0), len(part.indices))
    return found
