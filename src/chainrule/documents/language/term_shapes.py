"""The shapes of terms: each follows from those of its parts, by rules that may wait until more is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from chainrule.documents.language import shape_rules as rules
from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Definition, FunctionKind, IndexKind, Kind, ValueKind
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
from chainrule.documents.language.operators import MADE_BY_SIZE, OPERATORS
from chainrule.documents.language.rule_functions import rule_function
from chainrule.documents.language.shapes_as_written import EVERY_RULE, by_member, slope_as_written
from chainrule.documents.language.sizes import NoSize, Size, size_of
from chainrule.documents.language.terms import Term
from chainrule.documents.language.unification import Unification


@dataclass(eq=False)
class TermShapes:
    """The shapes of terms, and what terms teach about the shapes of names.

    Parameters
    ----------
    names : dict
        The shapes of names, to which names that terms mention are added.
    kinds : mapping
        What declared names are.
    functions : mapping
        The definitions of functions.
    u : Unification
    """

    names: dict[str, Shape]
    kinds: Mapping[str, Kind]
    functions: Mapping[str, Definition]
    u: Unification
    open: dict[str, Dim] = field(default_factory=dict)
    """The sizes whose names begin with ?, which are to be found."""
    _of: dict[int, tuple[Term, Shape]] = field(default_factory=dict)
    _calls: list[str] = field(default_factory=list)
    _lengths: dict[str, Dim] = field(default_factory=dict)
    """The lengths of the parameters of the function that is visited."""

    def of(self, term: Term) -> Shape:
        """The shape of a term that was visited."""
        return self._of[id(term)][1]

    def has_shape(self, term: Term) -> bool:
        """Whether a term was visited, and fitted."""
        return id(term) in self._of

    def visit(self, term: Term, bound: Mapping[str, Shape] | None = None) -> Shape:
        """The shape of a term, in which some names are bound."""
        shape = self._visited(term, bound or {})
        self._of[id(term)] = term, shape
        return shape

    def visit_function(self, definition: Definition) -> None:
        """A function at arguments of the kinds of its parameters, for functions that are never called."""
        arguments = [
            self._parameter(kind, {name: Dim() for name in definition.lengths}) for _, kind in definition.parameters
        ]
        self._expanded(definition.body, definition, arguments)

    def named(self, name: str) -> Shape:
        """The shape of a name, of which nothing may be known yet."""
        if name not in self.names:
            self.names[name] = Shape()
        return self.names[name]

    def of_kind(self, kind: Kind) -> Shape:
        """The shape of what is declared so."""
        match kind:
            case ValueKind(shape=shape):
                return self._of_sizes(shape)
            case IndexKind(size=size):
                return self.index_to(size)
        return number()

    def index_to(self, last: Term, first: Term | None = None) -> Index:
        """The shape of an index of a range."""
        if first is not None and not (isinstance(first, terms.Number) and first.value == 1):
            return Index(())
        is_open = isinstance(last, terms.Name) and last.text.startswith(OPEN)
        try:
            return Index((), None, self._dim_of(last), is_open)
        except ShapeError:
            return Index(())

    # What follows is private.

    def _of_sizes(self, sizes: Sequence[Term]) -> Shape:
        return Shape(tuple(self._dim_of(size) for size in sizes))

    def _dim_of(self, size: Term) -> Dim:
        """A size as it is known; names of sizes that begin with ? are to be found."""
        if isinstance(size, terms.Name) and size.text in self._lengths:
            return self._lengths[size.text]
        if isinstance(size, terms.Name) and size.text.startswith(OPEN):
            return self.open.setdefault(size.text, Dim())
        try:
            return Dim(size_of(size))
        except NoSize as error:
            raise ShapeError(str(error), size) from None

    def _visited(self, term: Term, bound: Mapping[str, Shape]) -> Shape:
        match term:
            case terms.Number():
                return number()
            case terms.Name(text=text):
                return bound[text] if text in bound else self.named(text)
            case terms.Apply(operator="in_a_row" | "in_a_column" | "listed", operands=(terms.Family() as line,)):
                return self._in_line(term, line, bound)
            case terms.Apply(operator="member", operands=(written, _)) if (by := by_member(term)) is not None:
                body, chosen = self.visit(by.body, bound), self.visit(by.variable, bound)
                self.visit(written, bound)
                return self._waiting_for(lambda out: slope_as_written(self.u, by, out, body, chosen))
            case terms.Apply(operator="member", operands=(base, index)):
                return self._applied(term, "member", [self.visit(base, bound), self._place(index, bound)])
            case terms.Apply(operator=operator, operands=operands):
                return self._applied(term, operator, [self.visit(operand, bound) for operand in operands])
            case terms.Call(function=function, arguments=arguments):
                return self._called(term, function, [self.visit(argument, bound) for argument in arguments])
            case terms.RuleCall(arguments=arguments):
                return self._of_rule(term, [self.visit(argument, bound) for argument in arguments])
            case terms.Entry(base=base, indices=indices):
                self._numbers(indices, bound)
                return self._entry(term, self.visit(base, bound), [self._place(index, bound) for index in indices])
            case terms.Fold(kind=kind, index=index, low=low, high=high, body=body, condition=condition):
                self._numbers((low, high), bound)
                inside = {**bound, index: self.index_to(high, low)}
                if condition is not None:
                    self.visit(condition, inside)
                shape = self.visit(body, inside)
                if kind != "sum":
                    self.u.unify(shape, number(), body)
                return shape
            case terms.Family(indices=indices, body=body):
                inside = {**bound, **{name: self.index_to(size) for name, size in indices}}
                self.u.unify(self.visit(body, inside), number(), body)
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
                self.u.unify(bound.get(name) or self.named(name), self.visit(value, bound), value)
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
                    self.u.unify(shapes[0], shape, value)
                return shapes[0]
            case terms.Truth(condition=condition):
                self.visit(condition, bound)
                return number()
            case terms.Is(subject=subject, fact=fact):
                shape = self.visit(subject, bound)
                if fact in ("symmetric", "invertible"):
                    rules.square(self.u, term, Shape(), shape)
                return number()
            case terms.Comparison(left=left, right=right):
                one, other = self.visit(left, bound), self.visit(right, bound)
                if not terms.is_number(right, 0):  # as in claims, 0 may stand for an array of zeros
                    self.u.unify(one, other, term)
                match one, other:
                    case Index(last=Dim() as a), Index(last=Dim() as b) if one.open or other.open:
                        self.u.same_size(a, b, one, other, term)
                return number()
        for part in terms.parts(term):
            self.visit(part, bound)
        return number()

    def _numbers(self, parts: Sequence[Term], bound: Mapping[str, Shape]) -> None:
        for part in parts:
            self.u.unify(self.visit(part, bound), number(), part)

    def _place(self, index: Term, bound: Mapping[str, Shape]) -> Shape:
        """The shape of an index that chooses an entry: t - 1 runs along the same entries as t."""
        shape = self.visit(index, bound)
        match index:
            case terms.Apply(operator="-", operands=(terms.Name() as letter, terms.Number())):
                whole = self.of(letter)
                return Index((), None, whole.last) if isinstance(whole, Index) else shape
        return shape

    def _applied(self, term: Term, operator: str, shapes: list[Shape]) -> Shape:
        rule = EVERY_RULE[OPERATORS[operator].rule]
        return self._waiting_for(lambda out: rule(self.u, term, out, *shapes))

    def _in_line(self, term: terms.Apply, line: terms.Family, bound: Mapping[str, Shape]) -> Shape:
        """The shape of terms in a line, each of which is a number, a column or a row."""
        [(index, size)] = line.indices
        body = self.visit(line.body, {**bound, index: self.index_to(size)})
        rule, count = EVERY_RULE[OPERATORS[term.operator].rule], self._dim_of(size)
        return self._waiting_for(lambda out: rule(self.u, term, out, body, count))

    def _waiting_for(self, rule: Callable[[Shape], bool]) -> Shape:
        """The shape that a rule gives, now or later."""
        out = Shape()
        if not rule(out):
            self.u.wait(lambda: rule(out))
        return out

    def _called(self, term: Term, name: str, shapes: list[Shape]) -> Shape:
        if name in OPERATORS and name not in self.functions:
            return self._mapped(term, shapes, [number()] * len(shapes), number)
        if name in MADE_BY_SIZE:
            assert isinstance(term, terms.Call)
            return self._made_by_size(name, term)
        kind, definition = self.kinds.get(name), self.functions.get(name)
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
            self.u.unify(shape, change, call)

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
                self.u.unify(out, Shape(tuple(map(Dim, found))), call)
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
                self.u.unify(shape, wanted, term)
                turned |= is_turned
            found = result()
            return matrix(Dim(ONE), (found.known or (Dim(),))[0]) if turned and vector_axis(found) == 0 else found
        for shape in shapes[1:]:
            self.u.unify(shapes[0], shape, term)
        return shapes[0]

    def _expanded(self, term: Term, definition: Definition, shapes: list[Shape]) -> Shape:
        if len(shapes) != len(definition.parameters):
            raise ShapeError(f"{definition.name} has {len(definition.parameters)} arguments, got {len(shapes)}", term)
        if definition.name in self._calls:
            raise ShapeError(f"the definition of {definition.name} leads to itself", term)
        lengths = {name: Dim() for name in definition.lengths if name not in self.kinds}
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

        if any(isinstance(kind, IndexKind) for _, kind in definition.parameters):  # a number of one of several arrays
            for shape, parameter in zip(shapes, parameters, strict=True):
                self.u.unify(shape, parameter, term)
            return result()
        if all(shape.known == () for shape in parameters):
            self.u.unify(result(), number(), definition.body)
        return self._mapped(term, shapes, parameters, result)

    def _parameter(self, kind: Kind, lengths: Mapping[str, Dim]) -> Shape:
        """The shape of a parameter, in which some sizes are not known yet."""
        if isinstance(kind, IndexKind):
            return self.index_to(kind.size)
        if not isinstance(kind, ValueKind):
            return number()
        return Shape(tuple(lengths.get(terms.base_of(size)) or Dim(size_of(size)) for size in kind.shape))

    def _entry(self, term: Term, base: Shape, indices: Sequence[Shape]) -> Shape:
        count = len(indices)
        if base.known is None:
            self.u.unify(base, column() if count == 1 else Shape(tuple(Dim() for _ in range(count))), term)
        dims = base.known or ()
        if count == 1 and len(dims) == 2:
            if not dims[0].is_one:
                self.u.unify(base, column(dims[0]), term)
            dims = dims[1:] if dims[0].is_one else dims[:1]
        if len(dims) != count or (count == 2 and any(dim.is_one for dim in dims)):
            raise ShapeError(f"{count} indices for the entries of {shown(base)}", term)
        if count == 2:
            self.u.set(dims[1].found(), "indexed", True)
        for dim, index in zip(dims, indices, strict=True):
            if isinstance(index, Index) and index.last is not None:
                if index.open:
                    self.u.same_size(dim, index.last, base, column(index.last), term)
                else:
                    self.u.lengths.append((dim, index.last))
        return number()

    def _slope(self, term: terms.Slope, bound: Mapping[str, Shape]) -> Shape:
        body, variable = self.visit(term.body, bound), self.visit(term.variable, bound)
        if term.kind in ("partial", "gradient", "hessian"):
            self.u.unify(body, number(), term.body)
        match term.kind:
            case "partial":
                self.u.unify(variable, number(), term.variable)
                return number()
            case "gradient":
                return variable
            case "hessian":
                size = Dim()
                self.u.unify(variable, column(size), term.variable)
                return matrix(size, size)
            case "second":
                self.u.unify(body, number(), term.body)
                return self._waiting_for(lambda out: rules.second(self.u, term, out, variable))
            case kind if kind.startswith("written"):
                return self._waiting_for(lambda out: slope_as_written(self.u, term, out, body, variable))
        try:
            return matrix(rules.length(self.u, body, term.body), rules.length(self.u, variable, term.variable))
        except ShapeError:  # of a matrix or by one: a row for each entry, and a column for each entry
            return matrix()
