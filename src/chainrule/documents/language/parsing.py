"""The text of the strict language, read into terms. There is nothing to guess, so a mistake ends in an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from chainrule.documents.language import terms
from chainrule.documents.language.operators import OPERATORS
from chainrule.documents.language.terms import (
    Condition,
    Declaration,
    Definition,
    Derivation,
    FunctionKind,
    IndexKind,
    Kind,
    Relation,
    SizeKind,
    Term,
    ValueKind,
)

FACTS = (
    *("positive", "negative", "nonzero", "nonnegative", "unit", "probabilities", "one-hot"),
    *("sum-one", "symmetric", "orthonormal", "invertible", "any"),
)
"""Words that may follow a kind. `unit` numbers lie between 0 and 1; `sum-one` columns have the sum 1, as have the rows
of such matrices, and `probabilities` are positive besides. Nothing else may be assumed of what is `any`."""

SLOPES = {"partial": "partial", "grad": "gradient", "jac": "jacobian", "hess": "hessian"}
FOLDS = ("sum", "prod", "max", "min")
RELATIONS = ("=", "!=", "<=", ">=", "<", ">", "~")

_TOKEN = re.compile(
    r"(?P<space>[ \t]+)|(?P<number>\d+(?:\.\d+)?)|(?P<name>[^\W\d]\w*)"
    r"|(?P<sign>:=|!=|<=|>=|\.\.|\.\*|\./|\.\^|->|[-+*/@^'()\[\]{},;:=<>~|])"
)
MOST_DEPTH = 60


class LanguageError(ValueError):
    """Text that is not in the strict language; the message says where and what was expected."""


def derivation_of(text: str) -> Derivation:
    """The derivation in a text of statements, which end with a semicolon or a line.

    Raises
    ------
    LanguageError

    Examples
    --------
    >>> found = derivation_of("x : column n, positive; claim 3: x = x; then: = x")
    >>> [(claim.line, claim.follows) for claim in found.claims]
    [(3, None), (3, 0)]
    """
    made: list[Declaration | Definition | terms.Assumption | Relation] = []
    for line, statement in _statements(text):
        reader = _Reader(statement, line, [each for each in made if isinstance(each, Relation)])
        made += reader.statement()
    names = [each.name for each in made if isinstance(each, Declaration | Definition)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise LanguageError(f"{', '.join(twice)}: declared or defined twice")
    return Derivation(
        tuple(each for each in made if isinstance(each, Declaration)),
        tuple(each for each in made if isinstance(each, Definition)),
        tuple(each for each in made if isinstance(each, terms.Assumption)),
        tuple(each for each in made if isinstance(each, Relation)),
    )


def term_of(text: str) -> Term:
    """The term in a text.

    >>> term_of("x[i]^2")
    Apply(span=(0, 6), operator='^', operands=(Entry(span=(0, 4), base=Name(span=(0, 1), text='x'), \
indices=(Name(span=(2, 3), text='i'),)), Number(span=(5, 6), value=Fraction(2, 1))))
    """
    reader = _Reader(text, 0, [])
    found = reader.term()
    reader.end()
    return found


def kind_in(text: str) -> Kind:
    """The kind in a text.

    >>> kind_in("matrix m 3").shape[0].text
    'm'

    Raises
    ------
    LanguageError
    """
    reader = _Reader(text, 0, [])
    found = reader.kind()
    reader.end()
    return found


# What follows is private.


def _statements(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        for statement in line.partition("#")[0].split("; "):
            if statement.strip(" ;"):
                yield number, statement.rstrip(" ;")


@dataclass
class _Reader:
    """A statement, read from left to right."""

    text: str
    line: int
    claims: list[Relation]
    at: int = 0
    depth: int = 0
    tokens: list[tuple[str, str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        position = 0
        while position < len(self.text):
            found = _TOKEN.match(self.text, position)
            if found is None:
                raise LanguageError(f"line {self.line}, column {position + 1}: {self.text[position]!r} has no meaning")
            if found.lastgroup != "space":
                self.tokens.append((str(found.lastgroup), found.group(), position))
            position = found.end()
        self.tokens.append(("end", "", position))

    # Tokens

    @property
    def next(self) -> str:
        """The text of the next token."""
        return self.tokens[self.at][1]

    @property
    def place(self) -> int:
        """The position of the next token."""
        return self.tokens[self.at][2]

    @property
    def before(self) -> int:
        """The end of the token before."""
        _, text, start = self.tokens[self.at - 1]
        return start + len(text)

    def take(self, *wanted: str) -> str | None:
        """The next token's text if it is one of these, which is then read."""
        if self.next in wanted and self.tokens[self.at][0] != "end":
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def expect(self, wanted: str) -> None:
        """Read this token."""
        if self.take(wanted) is None:
            raise self.error(repr(wanted))

    def error(self, wanted: str) -> LanguageError:
        """An error that says what was expected at the next token, and what is there."""
        return LanguageError(
            f"line {self.line}, column {self.place + 1}: expected {wanted}, got {self.next or 'the end'!r}"
        )

    def name(self) -> str:
        """Read a name."""
        if self.tokens[self.at][0] != "name":
            raise self.error("a name")
        self.at += 1
        return self.tokens[self.at - 1][1]

    def end(self) -> None:
        """Nothing is left."""
        if self.tokens[self.at][0] != "end":
            raise self.error("the end of the statement")

    # Statements

    def statement(self) -> list[Declaration | Definition | terms.Assumption | Relation]:
        """The declarations, or the one definition, assumption or claim."""
        match self.next:
            case "size":
                self.at += 1
                made: list[Declaration | Definition | terms.Assumption | Relation] = [
                    Declaration(name, SizeKind(), self.line) for name in self.names()
                ]
            case "assume":
                self.at += 1
                made = [terms.Assumption(self.condition(), self.line)]
            case "claim" | "then":
                made = [self.claim()]
            case _:
                made = self.named()
        self.end()
        return made

    def names(self) -> list[str]:
        found = [self.name()]
        while self.take(","):
            found.append(self.name())
        return found

    def named(self) -> list[Declaration | Definition | terms.Assumption | Relation]:
        """name := body, name(parameters) := body, or names : kind."""
        if ":=" not in [text for _, text, _ in self.tokens]:
            names = self.names()
            self.expect(":")
            kind = self.kind()
            return [Declaration(name, kind, self.line) for name in names]
        name, parameters = self.name(), list[tuple[str, Kind]]()
        if self.take("("):
            while True:
                parameter = self.name()
                parameters.append((parameter, self.kind(facts=False) if self.take(":") else ValueKind(())))
                if not self.take(","):
                    break
            self.expect(")")
        self.expect(":=")
        return [Definition(name, self.term(), tuple(parameters), self.line)]

    def kind(self, *, facts: bool = True) -> Kind:
        """number, column n, row n, matrix m n, array l m n, 1..n, function(kinds) -> kind; then facts."""
        if self.take("function"):
            self.expect("(")
            arguments = [self.shape()]
            while self.take(","):
                arguments.append(self.shape())
            self.expect(")")
            self.expect("->")
            return FunctionKind(tuple(arguments), self.shape())
        if self.next == "1":
            self.at += 1
            self.expect("..")
            return IndexKind(self.sum())
        shape, found = self.shape(), set[str]()
        while facts and self.take(","):
            found.add(self.fact())
        return ValueKind(shape, frozenset(found))

    def fact(self) -> str:
        """One of `FACTS`."""
        fact = self.name()
        while self.take("-"):
            fact += "-" + self.name()
        if fact not in FACTS:
            raise LanguageError(f"line {self.line}: expected one of {', '.join(FACTS)}, got {fact!r}")
        return fact

    def shape(self) -> tuple[Term, ...]:
        """number, column n, row n, matrix m n or array l m n ...; a size of several signs stands in brackets."""
        one = terms.Number(Fraction(1))
        match self.name():
            case "number":
                return ()
            case "column":
                return (self.size(), one)
            case "row":
                return (one, self.size())
            case "matrix":
                return (self.size(), self.size())
            case "array":
                sizes = [self.size(), self.size(), self.size()]
                while self.tokens[self.at][0] in ("name", "number") or self.next == "(":
                    sizes.append(self.size())
                return tuple(sizes)
        self.at -= 1
        raise self.error("number, column, row, matrix, array, function or 1..n")

    def size(self) -> Term:
        """A name, a number, or a sum in brackets."""
        if self.take("("):
            found = self.sum()
            self.expect(")")
            return found
        if self.tokens[self.at][0] == "number":
            return self.primary()
        start = self.place
        return terms.Name(self.name(), span=(start, self.before))

    def claim(self) -> Relation:
        """claim LINE [i in n]: left = right when condition, or then LINE: = right."""
        chained = self.take("claim", "then") == "then"
        if chained and not self.claims:
            raise self.error("a claim before `then`")
        before = self.claims[-1] if chained else None
        line = before.line if before else self.line
        if self.tokens[self.at][0] == "number":
            line = int(self.next)
            self.at += 1
        over = list(before.over) if before else []
        if self.take("["):
            over += self.ranges()
            self.expect("]")
        self.expect(":")
        start = self.place
        left = before.right if before else self.term()
        relation = self.take(*RELATIONS)
        if relation is None:
            raise self.error(f"one of {' '.join(RELATIONS)}")
        right = self.term()
        text = self.text[start : self.before]
        conditions: tuple[Condition, ...] = ()
        if self.take("when"):
            conditions = (self.condition(),)
        follows = len(self.claims) - 1 if chained else None
        return Relation(left, relation, right, tuple(over), conditions, line, follows, text)

    def ranges(self) -> list[tuple[str, Term]]:
        found = []
        while True:
            index = self.name()
            self.expect("in")
            found.append((index, self.sum()))
            if not self.take(","):
                return found

    # Conditions

    def condition(self) -> Condition:
        """Comparisons joined by `and`, `or` and `not`."""
        return self.joined("or", lambda: self.joined("and", self.comparison))

    def joined(self, word: str, part: Callable[[], Condition]) -> Condition:
        start, found = self.place, [part()]
        while self.take(word):
            found.append(part())
        return found[0] if len(found) == 1 else terms.Junction(word, tuple(found), span=(start, self.before))

    def comparison(self) -> Condition:
        """not (...), left relation right, or name is fact."""
        start = self.place
        if self.take("not"):
            self.expect("(")
            found = terms.Not(self.condition(), span=(start, self.before))
            self.expect(")")
            return found
        left = self.term()
        if self.take("is"):
            return terms.Is(left, self.fact(), span=(start, self.before))
        relation = self.take(*RELATIONS[:-1])
        if relation is None:
            raise self.error(f"one of {' '.join(RELATIONS[:-1])} is")
        right = self.term()
        return terms.Comparison(relation, left, right, span=(start, self.before))

    # Terms

    def term(self) -> Term:
        """A term."""
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise LanguageError(f"line {self.line}: brackets lie more than {MOST_DEPTH} deep")
        found = self.sum()
        self.depth -= 1
        return found

    def sum(self) -> Term:
        start, found = self.place, self.product()
        while sign := self.take("+", "-"):
            found = terms.Apply(sign, (found, self.product()), span=(start, self.before))
        return found

    def product(self) -> Term:
        start, found = self.place, self.negated()
        while sign := self.take("*", "/", ".*", "./", "@"):
            found = terms.Apply(sign, (found, self.negated()), span=(start, self.before))
        return found

    def negated(self) -> Term:
        start = self.place
        if self.take("-"):
            return terms.Apply("negative", (self.negated(),), span=(start, self.before))
        return self.power()

    def power(self) -> Term:
        start, found = self.place, self.postfixed()
        if sign := self.take("^", ".^"):
            found = terms.Apply(sign, (found, self.negated()), span=(start, self.before))
        return found

    def postfixed(self) -> Term:
        start, found = self.place, self.primary()
        while True:
            if self.take("["):
                indices = [self.term()]
                while self.take(","):
                    indices.append(self.term())
                self.expect("]")
                found = terms.Entry(found, tuple(indices), span=(start, self.before))
            elif self.take("'"):
                found = terms.Apply("'", (found,), span=(start, self.before))
            else:
                return found

    def primary(self) -> Term:
        start, (kind, text, _) = self.place, self.tokens[self.at]
        if kind == "number":
            self.at += 1
            return terms.Number(Fraction(text), span=(start, self.before))
        if self.take("("):
            found = self.term()
            self.expect(")")
            return found
        if self.take("["):
            return self.bracket(start)
        name = self.name()
        order = self.order(name)
        if order is None and not self.take("("):
            return terms.Name(name, span=(start, self.before))
        if order is not None:
            self.expect("(")
        return self.called(name, order, start)

    def order(self, name: str) -> tuple[int, ...] | None:
        """f'(x) and f''(x), or f{1, 0}(x, y): derivatives of a function, which is then called."""
        after = self.at
        while self.tokens[after][1] == "'":
            after += 1
        if after > self.at and self.tokens[after][1] == "(":
            count, self.at = after - self.at, after
            return (count,)
        if self.take("{"):
            found = []
            while True:
                found.append(int(self.tokens[self.at][1]))
                self.at += 1
                if not self.take(","):
                    break
            self.expect("}")
            return tuple(found)
        return None

    def bracket(self, start: int) -> Term:
        """[i in n: body] or [condition]."""
        if self.tokens[self.at][0] == "name" and self.tokens[self.at + 1][1] == "in":
            ranges = self.ranges()
            self.expect(":")
            body = self.term()
            self.expect("]")
            return terms.Family(tuple(ranges), body, span=(start, self.before))
        condition = self.condition()
        self.expect("]")
        return terms.Truth(condition, span=(start, self.before))

    def called(self, name: str, order: tuple[int, ...] | None, start: int) -> Term:
        """A function with its brackets, which the name has opened."""
        if name in FOLDS and self.tokens[self.at + 1][1] == "in":
            return self.fold(name, start)
        if name == "cases":
            return self.choice(start)
        if name == "table":
            return self.table(start)
        arguments = [self.term()]
        if name == "at":
            self.expect(",")
            changed = self.name()
            self.expect("=")
            value = self.term()
            self.expect(")")
            return terms.At(arguments[0], changed, value, span=(start, self.before))
        if name == "limit":
            self.expect(",")
            moved = self.name()
            self.expect("->")
            to = self.term()
            self.expect(")")
            return terms.Limit(arguments[0], moved, to, span=(start, self.before))
        while self.take(","):
            arguments.append(self.term())
        holding = self.names() if self.take("holding") else []
        self.expect(")")
        span = (start, self.before)
        if name in SLOPES and len(arguments) == 2:
            return terms.Slope(SLOPES[name], arguments[0], arguments[1], tuple(holding), span=span)
        if name == "d" and len(arguments) == 1:
            return terms.Differential(arguments[0], tuple(holding), span=span)
        known = OPERATORS.get(name)
        if order is None and known is not None and known.place == "function":
            if known.arity not in (-1, len(arguments)):
                raise LanguageError(f"line {self.line}: {name} takes {known.arity} operands, got {len(arguments)}")
            return terms.Apply(name, tuple(arguments), span=span)
        return terms.Call(name, tuple(arguments), order or (), span=span)

    def table(self, start: int) -> Term:
        """table(a, b | c, d)."""
        rows = [[self.term()]]
        while sign := self.take(",", "|"):
            if sign == "|":
                rows.append([])
            rows[-1].append(self.term())
        self.expect(")")
        if len({len(row) for row in rows}) > 1:
            raise LanguageError(f"line {self.line}: the rows of a table have different lengths")
        return terms.Table(tuple(map(tuple, rows)), span=(start, self.before))

    def fold(self, kind: str, start: int) -> Term:
        """sum(i in n: body), sum(i in a..b if condition: body)."""
        index = self.name()
        self.expect("in")
        low: Term = terms.Number(Fraction(1))
        high = self.sum()
        if self.take(".."):
            low, high = high, self.sum()
        condition = self.condition() if self.take("if") else None
        self.expect(":")
        body = self.term()
        self.expect(")")
        return terms.Fold(kind, index, low, high, body, condition, span=(start, self.before))

    def choice(self, start: int) -> Term:
        """cases(a if c, b if d, e otherwise)."""
        branches, otherwise = list[tuple[Condition, Term]](), None
        while True:
            value = self.term()
            if self.take("otherwise"):
                otherwise = value
                break
            if self.take("if") is None:
                raise self.error("`if` and a condition, or `otherwise`")
            branches.append((self.condition(), value))
            if not self.take(","):
                break
        self.expect(")")
        return terms.Choice(tuple(branches), otherwise, span=(start, self.before))
