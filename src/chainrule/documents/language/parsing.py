"""The text of the strict language, read into terms. There is nothing to guess, so a mistake ends in an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import (
    Assumption,
    Declaration,
    Definition,
    Derivation,
    FunctionKind,
    IndexKind,
    Kind,
    Relation,
    SizeKind,
    ValueKind,
)
from chainrule.documents.language.strict_terms import (
    RELATIONS,
    misplaced,
    read_condition,
    read_fact,
    read_primary,
    read_ranges,
    read_sum,
    read_term,
)
from chainrule.documents.language.strict_tokens import LanguageError, Part, Tokens
from chainrule.documents.language.terms import Condition, Term


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
    made: list[Declaration | Definition | Assumption | Relation] = []
    for line, statement in _statements(text):
        made += _statement(Tokens(statement, line), [each for each in made if isinstance(each, Relation)])
    names = [each.name for each in made if isinstance(each, Declaration | Definition)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise LanguageError(f"{', '.join(twice)}: declared or defined twice")
    return Derivation(
        tuple(each for each in made if isinstance(each, Declaration)),
        tuple(each for each in made if isinstance(each, Definition)),
        tuple(each for each in made if isinstance(each, Assumption)),
        tuple(each for each in made if isinstance(each, Relation)),
    )


def term_of(text: str) -> Term:
    """The term in a text.

    >>> term_of("x[i]^2")
    Apply(span=(0, 6), operator='^', operands=(Entry(span=(0, 4), base=Name(span=(0, 1), text='x'), \
indices=(Name(span=(2, 3), text='i'),)), Number(span=(5, 6), value=Fraction(2, 1), decimals=0)))
    """
    return _whole(text, read_term)


def kind_in(text: str) -> Kind:
    """The kind in a text.

    >>> kind_in("matrix m 3").shape[0].text
    'm'

    Raises
    ------
    LanguageError
    """
    return _whole(text, _kind)


# What follows is private.


def _whole(text: str, read: Callable[[Tokens], Part]) -> Part:
    """The part that the whole text is; nothing may be left of it."""
    tokens = Tokens(text, 0)
    found = read(tokens)
    tokens.end()
    return found


def _statements(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        for statement in line.partition("#")[0].split("; "):
            if statement.strip(" ;"):
                yield number, statement.rstrip(" ;")


def _statement(tokens: Tokens, claims: Sequence[Relation]) -> list[Declaration | Definition | Assumption | Relation]:
    """The declarations, or the one definition, assumption or claim."""
    match tokens.next:
        case "size":
            tokens.at += 1
            made: list[Declaration | Definition | Assumption | Relation] = [
                Declaration(name, SizeKind(), tokens.line) for name in tokens.names()
            ]
        case "assume":
            tokens.at += 1
            made = [Assumption(read_condition(tokens), tokens.line)]
        case "claim" | "then":
            made = [_claim(tokens, claims)]
        case _:
            made = _named(tokens)
    tokens.end()
    return made


def _named(tokens: Tokens) -> list[Declaration | Definition | Assumption | Relation]:
    """name := body, name(parameters) := body, or names : kind."""
    if ":=" not in [text for _, text, _ in tokens.every]:
        names = tokens.names()
        tokens.expect(":")
        kind = _kind(tokens)
        return [Declaration(name, kind, tokens.line) for name in names]
    name, parameters = tokens.name(), list[tuple[str, Kind]]()
    if tokens.take("("):
        parameters = tokens.listed(_parameter)
        tokens.expect(")")
    tokens.expect(":=")
    return [Definition(name, read_term(tokens), tuple(parameters), tokens.line)]


def _parameter(tokens: Tokens) -> tuple[str, Kind]:
    name = tokens.name()
    return name, _kind(tokens, facts=False) if tokens.take(":") else ValueKind(())


def _kind(tokens: Tokens, *, facts: bool = True) -> Kind:
    """number, column n, row n, matrix m n, array l m n, 1..n, function(kinds) -> kind; then facts."""
    if tokens.take("function"):
        tokens.expect("(")
        arguments = tokens.listed(_shape)
        tokens.expect(")")
        tokens.expect("->")
        return FunctionKind(tuple(arguments), _shape(tokens))
    if tokens.next == "1":
        tokens.at += 1
        tokens.expect("..")
        return IndexKind(read_sum(tokens))
    shape, found = _shape(tokens), set[str]()
    while facts and tokens.take(","):
        found.add(read_fact(tokens))
    if told := misplaced(found, shape):
        raise LanguageError(f"line {tokens.line}: {told}")
    return ValueKind(shape, frozenset(found))


def _shape(tokens: Tokens) -> tuple[Term, ...]:
    """number, column n, row n, matrix m n or array l m n ...; a size of several signs stands in brackets."""
    one = terms.ONE
    match tokens.name():
        case "number":
            return ()
        case "column":
            return (_size(tokens), one)
        case "row":
            return (one, _size(tokens))
        case "matrix":
            return (_size(tokens), _size(tokens))
        case "array":
            sizes = [_size(tokens), _size(tokens), _size(tokens)]
            while tokens.kind in ("name", "number") or tokens.next == "(":
                sizes.append(_size(tokens))
            return tuple(sizes)
    tokens.at -= 1
    raise tokens.error("number, column, row, matrix, array, function or 1..n")


def _size(tokens: Tokens) -> Term:
    """A name, a number, or a sum in brackets."""
    if tokens.take("("):
        found = read_sum(tokens)
        tokens.expect(")")
        return found
    if tokens.kind == "number":
        return read_primary(tokens)
    start = tokens.place
    return terms.Name(tokens.name(), span=(start, tokens.before))


def _claim(tokens: Tokens, claims: Sequence[Relation]) -> Relation:
    """claim LINE [i in n, j in 0..m]: left = right when condition, or then LINE: = right."""
    chained = tokens.take("claim", "then") == "then"
    if chained and not claims:
        raise tokens.error("a claim before `then`")
    before = claims[-1] if chained else None
    line = before.line if before else tokens.line
    if tokens.kind == "number":
        line = int(tokens.next)
        tokens.at += 1
    over, from_zero = (list(before.over), before.from_zero) if before else ([], frozenset[str]())
    if tokens.take("["):
        for index, size, first in read_ranges(tokens, (0, 1)):
            over.append((index, size))
            from_zero |= {index} if first == 0 else frozenset()
        tokens.expect("]")
    tokens.expect(":")
    start = tokens.place
    left = before.right if before else read_term(tokens)
    relation = tokens.take(*RELATIONS)
    if relation is None:
        raise tokens.error(f"one of {' '.join(RELATIONS)}")
    right = read_term(tokens)
    text = tokens.text[start : tokens.before]
    conditions: tuple[Condition, ...] = ()
    if tokens.take("when"):
        conditions = (read_condition(tokens),)
    follows = len(claims) - 1 if chained else None
    return Relation(left, relation, right, tuple(over), conditions, line, follows, text, from_zero)
