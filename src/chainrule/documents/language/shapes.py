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

from chainrule.documents.language import shape_rules as rules
from chainrule.documents.language import terms
from chainrule.documents.language.derivation import (
    Definition,
    Derivation,
    FunctionKind,
    IndexKind,
    Kind,
    Relation,
    ValueKind,
)
from chainrule.documents.language.dimensions import (
    ONE,
    OPEN,
    Dim,
    Index,
    Shape,
    ShapeError,
    column,
    matrix,
    number,
    shown,
    vector_axis,
)
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.operators import MADE_BY_SIZE, OPERATORS
from chainrule.documents.language.rule_functions import rule_function
from chainrule.documents.language.shapes_as_written import EVERY_RULE, alike_in_front, slope_as_written
from chainrule.documents.language.sizes import NoSize, Size, size_of
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
    """

    derivation: Derivation
    matrices: Set[str] = frozenset()
    vectors: Set[str] = frozenset()
    rows: bool = False
    names: dict[str, Shape] = field(default_factory=dict)
    guessed: list[str] = field(default_factory=list)
    certain: int = 0

    def __post_init__(self) -> None:
        self._kinds: dict[str, Kind] = {d.name: d.kind for d in self.derivation.declarations}
        numbers = {name for name, kind in self._kinds.items() if kind == ValueKind(())}
        self._u = Unification(emptied=self.with_one_entry, declared=numbers)
        self._functions = {d.name: d for d in self.derivation.definitions if d.parameters}
        self._of: dict[int, tuple[Term, Shape]] = {}
        self._calls: list[str] = []
        self._open: dict[str, Dim] = {}
        self._lengths: dict[str, Dim] = {}  # those of the parameters of the function that is visited
        for name, kind in self._kinds.items():
            self.names[name] = self._of_kind(kind)
        for name, axes in _axes(self.derivation).items():
            if name not in self.names:
                self.names[name] = self._line() if axes == 1 else Shape(tuple(Dim(indexed=True) for _ in range(axes)))
        for definition in Names.of(self.derivation).in_order:
            if not definition.parameters:
                self._u.fitting(partial(self._defined, definition), definition.body)
        for function in self._functions.values():
            self._u.fitting(partial(self._called_generally, function), function.body)
        for assumption in self.derivation.assumptions:
            self._u.fitting(partial(self.visit, assumption.condition), assumption.condition)
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
        return self._of[id(term)][1]

    def is_number(self, term: Term) -> bool:
        """Whether a term is known to be a number; a part of what does not fit may have no shape."""
        return id(term) in self._of and self.of(term).known == ()

    def shown(self, name: str) -> str:
        """The shape of a name in words."""
        return shown(self.names[name])

    # What follows is private.

    def _called_generally(self, definition: Definition) -> None:
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

    def _defined(self, definition: Definition) -> None:
        self._u.unify(self._named(definition.name), self.visit(definition.body), definition.body)
        if self.names[definition.name].known == () and self._u.is_sure(definition.body):
            self._u.declared.add(definition.name)

    def _claimed(self, claim: Relation) -> None:
        """The sides of a claim have one shape."""
        bound = {name: self._index_to(size) for name, size in claim.over}
        for condition in claim.conditions:
            self.visit(condition, bound)
        left, right = self.visit(claim.left, bound), self.visit(claim.right, bound)
        if claim.relation != "=" or not terms.is_number(claim.right, 0):  # 0 may stand for an array of zeros
            self._u.unify(left, right, claim.left)
        if all(isinstance(side, terms.Apply) and side.operator == "beside" for side in (claim.left, claim.right)):
            sides = [[self.of(part) for part in terms.parts(side)] for side in (claim.left, claim.right)]
            self._u.wait(partial(alike_in_front, self._u, claim.left, *sides))

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
        if isinstance(size, terms.Name) and size.text in self._lengths:
            return self._lengths[size.text]
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
            if shape is not None and shape.known is None and name not in self._functions:
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
        every = [dim for shape in self.names.values() for dim in shape.known or ()] + list(self._open.values())
        taken = {name for dim in every for name in dim.final.names} | self._kinds.keys()
        fresh = (f"n{number}" for number in count() if f"n{number}" not in taken)
        for dim in every:
            if dim.found().size is None:
                self._u.set(dim.found(), "size", Size.of(next(fresh)))
                self._u.settle()

    def _flat(self, shape: Shape) -> None:
        """A name that is no matrix is a column, if nothing shows its width."""
        if shape.known is not None:
            self._u.unify(shape, column(shape.known[0]), terms.Number(Fraction(0)))

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
            case terms.Apply(operator="in_a_row" | "in_a_column" | "listed", operands=(terms.Family() as line,)):
                return self._in_line(term, line, bound)
            case terms.Apply(operator=operator, operands=operands):
                return self._applied(term, operator, [self.visit(operand, bound) for operand in operands])
            case terms.Call(function=function, arguments=arguments):
                return self._called(term, function, [self.visit(argument, bound) for argument in arguments])
            case terms.RuleCall(arguments=arguments):
                return self._of_rule(term, [self.visit(argument, bound) for argument in arguments])
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
                    self._u.unify(shape, number(), body)
                return shape
            case terms.Family(indices=indices, body=body):
                inside = {**bound, **{name: self._index_to(size) for name, size in indices}}
                self._u.unify(self.visit(body, inside), number(), body)
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
                self._u.unify(bound.get(name) or self._named(name), self.visit(value, bound), value)
                return self.visit(body, bound)
            case terms.LimitOf(body=body, name=name, to=to):
                self._numbers((to,), bound)
                return self.visit(body, {**bound, name: number()})
            case terms.Choice(branches=branches, otherwise=otherwise):
                values = [value for _, value in branches] + ([otherwise] if otherwise is not None else [])
                for condition, _ in branches:
                    self.visit(condition, bound)
                shapes = [self.visit(value, bound) for value in values]
                for value, shape in zip(values[1:], shapes[1:], strict=True):
                    self._u.unify(shapes[0], shape, value)
                return shapes[0]
            case terms.Truth(condition=condition):
                self.visit(condition, bound)
                return number()
            case terms.Is(subject=subject, fact=fact):
                shape = self.visit(subject, bound)
                if fact in ("symmetric", "invertible"):
                    rules.square(self._u, term, Shape(), shape)
                return number()
            case terms.Comparison(left=left, right=right):
                one, other = self.visit(left, bound), self.visit(right, bound)
                self._u.unify(one, other, term)
                match one, other:
                    case Index(last=Dim() as a), Index(last=Dim() as b) if one.open or other.open:
                        self._u.same_size(a, b, one, other, term)
                return number()
        for part in terms.parts(term):
            self.visit(part, bound)
        return number()

    def _numbers(self, parts: Sequence[Term], bound: Mapping[str, Shape]) -> None:
        for part in parts:
            self._u.unify(self.visit(part, bound), number(), part)

    def _applied(self, term: Term, operator: str, shapes: list[Shape]) -> Shape:
        rule = EVERY_RULE[OPERATORS[operator].rule]
        return self._waiting_for(lambda out: rule(self._u, term, out, *shapes))

    def _in_line(self, term: terms.Apply, line: terms.Family, bound: Mapping[str, Shape]) -> Shape:
        """The shape of terms in a line, each of which is a number, a column or a row."""
        [(index, size)] = line.indices
        body = self.visit(line.body, {**bound, index: self._index_to(size)})
        rule, count = EVERY_RULE[OPERATORS[term.operator].rule], self._dim_of(size)
        return self._waiting_for(lambda out: rule(self._u, term, out, body, count))

    def _waiting_for(self, rule: Callable[[Shape], bool]) -> Shape:
        """The shape that a rule gives, now or later."""
        out = Shape()
        if not rule(out):
            self._u.wait(lambda: rule(out))
        return out

    def with_one_entry(self) -> frozenset[str]:
        """The names that are arrays, and of which the shapes leave one entry only."""
        known = {name: shape.known or () for name, shape in self.names.items()}
        return frozenset(name for name, dims in known.items() if dims and all(dim.is_one for dim in dims))

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

    def _of_rule(self, call: terms.RuleCall, shapes: list[Shape]) -> Shape:
        """The shape of what a rule returns: that of an input for a pullback, else what is done with it shows it."""
        code = rule_function(call.rule, call.part)
        inputs = shapes[: len(code.rule.inputs)]
        if code.part == "pullback":
            return inputs[code.place or 0]
        fixed = code.fixed([isinstance(shape, Index) for shape in inputs])
        moving = [shape for shape, rests in zip(inputs, fixed, strict=True) if not rests]
        for shape, change in zip(moving, shapes[len(inputs) :], strict=False):
            self._u.unify(shape, change, call)

        def rule(out: Shape) -> bool:
            sizes = list[tuple[Size, ...] | None]()
            for shape in inputs:
                dims = () if isinstance(shape, Index) else shape.known
                known = [size for dim in dims or () if (size := dim.found().size) is not None]
                if dims is None or len(known) < len(dims):
                    return False
                sizes.append(None if isinstance(shape, Index) else tuple(known))
            found = code.result(sizes)
            if found is not None:
                self._u.unify(out, Shape(tuple(map(Dim, found))), call)
            return True

        return self._waiting_for(rule)

    def _made_by_size(self, name: str, call: terms.Call) -> Shape:
        dim = self._dim_of(call.arguments[-1])
        return matrix(dim, dim) if name == "eye" else column(dim)

    def _mapped(self, term: Term, shapes: list[Shape], parameters: list[Shape], result: Callable[[], Shape]) -> Shape:
        """The shape of a call: entry by entry, if parameters are numbers and arguments are not.

        What is made of columns is made of rows as well, and is then a row if it is a column.
        """
        if any(shape.known != () for shape in parameters) or not parameters:
            turned = False
            for shape, parameter in zip(shapes, parameters, strict=True):
                is_turned = vector_axis(shape) == 1 and vector_axis(parameter) == 0
                wanted = matrix(Dim(ONE), (parameter.known or (Dim(),))[0]) if is_turned else parameter
                self._u.unify(shape, wanted, term)
                turned |= is_turned
            found = result()
            return matrix(Dim(ONE), (found.known or (Dim(),))[0]) if turned and vector_axis(found) == 0 else found
        for shape in shapes[1:]:
            self._u.unify(shapes[0], shape, term)
        return shapes[0]

    def _expanded(self, term: Term, definition: Definition, shapes: list[Shape]) -> Shape:
        if len(shapes) != len(definition.parameters):
            raise ShapeError(f"{definition.name} has {len(definition.parameters)} arguments, got {len(shapes)}", term)
        if definition.name in self._calls:
            raise ShapeError(f"the definition of {definition.name} leads to itself", term)
        lengths = {name: Dim() for name in definition.lengths if name not in self._kinds}
        parameters = [self._parameter(kind, lengths) for _, kind in definition.parameters]
        inside = dict(zip([name for name, _ in definition.parameters], parameters, strict=True))

        def result() -> Shape:
            self._calls.append(definition.name)
            around, self._lengths = self._lengths, self._lengths | lengths
            try:
                return self.visit(definition.body, inside)
            finally:
                self._calls.pop()
                self._lengths = around

        if all(shape.known == () for shape in parameters):
            self._u.unify(result(), number(), definition.body)
        return self._mapped(term, shapes, parameters, result)

    def _entry(self, term: Term, base: Shape, indices: Sequence[Shape]) -> Shape:
        count = len(indices)
        if base.known is None:
            self._u.unify(base, column() if count == 1 else Shape(tuple(Dim() for _ in range(count))), term)
        dims = base.known or ()
        if count == 1 and len(dims) == 2:
            if not dims[0].is_one:
                self._u.unify(base, column(dims[0]), term)
            dims = dims[1:] if dims[0].is_one else dims[:1]
        if len(dims) != count or (count == 2 and any(dim.is_one for dim in dims)):
            raise ShapeError(f"{count} indices for the entries of {shown(base)}", term)
        if count == 2:
            self._u.set(dims[1].found(), "indexed", True)
        for dim, index in zip(dims, indices, strict=True):
            if isinstance(index, Index) and index.last is not None:
                if index.open:
                    self._u.same_size(dim, index.last, base, column(index.last), term)
                else:
                    self._u.lengths.append((dim, index.last))
        return number()

    def _slope(self, term: terms.Slope, bound: Mapping[str, Shape]) -> Shape:
        body, variable = self.visit(term.body, bound), self.visit(term.variable, bound)
        if term.kind in ("partial", "gradient", "hessian"):
            self._u.unify(body, number(), term.body)
        match term.kind:
            case "partial":
                self._u.unify(variable, number(), term.variable)
                return number()
            case "gradient":
                return variable
            case "hessian":
                size = Dim()
                self._u.unify(variable, column(size), term.variable)
                return matrix(size, size)
            case "second":
                self._u.unify(body, number(), term.body)
                return self._waiting_for(lambda out: rules.second(self._u, term, out, variable))
            case kind if kind.startswith("written"):
                return self._waiting_for(lambda out: slope_as_written(self._u, term, out, body, variable))
        try:
            return matrix(rules.length(self._u, body, term.body), rules.length(self._u, variable, term.variable))
        except ShapeError:  # of a matrix or by one: a row for each entry, and a column for each entry
            return matrix()


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
