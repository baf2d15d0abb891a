"""The terms and conditions of the strict language, read from tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from fractions import Fraction
from functools import partial

from chainrule.documents.language import terms
from chainrule.documents.language.operators import OPERATORS
from chainrule.documents.language.strict_tokens import LanguageError, Tokens
from chainrule.documents.language.terms import Condition, Term, decimals_in

BY_COLUMNS = "by-columns"
"""The fact that the vectors of which other facts speak are the columns of a matrix."""

FACTS = (
    *("positive", "negative", "nonzero", "nonnegative", "unit", "probabilities", "one-hot"),
    *("sum-one", "symmetric", "orthonormal", "invertible", "any", BY_COLUMNS),
)
"""Words that may follow a kind. `unit` numbers lie between 0 and 1; `sum-one` columns have the sum 1, as have the rows
of such matrices, or their columns with `by-columns`, and `probabilities` are positive besides. Nothing else may be
assumed of what is `any`."""

SLOPES = {"partial": "partial", "grad": "gradient", "jac": "jacobian", "hess": "hessian"}
FOLDS = ("sum", "prod", "max", "min")
RELATIONS = ("=", "!=", "<=", ">=", "<", ">", "~")

MOST_DEPTH = 60


def read_term(tokens: Tokens) -> Term:
    """A term."""
    tokens.depth += 1
    if tokens.depth > MOST_DEPTH:
        raise LanguageError(f"line {tokens.line}: brackets lie more than {MOST_DEPTH} deep")
    found = read_sum(tokens)
    tokens.depth -= 1
    return found


def read_sum(tokens: Tokens) -> Term:
    """Products with + and - between."""
    return _infixed(tokens, ("+", "-"), _product)


def read_primary(tokens: Tokens) -> Term:
    """A number, a name, a function with its brackets, or what stands in brackets."""
    start, (kind, text, _) = tokens.place, tokens.every[tokens.at]
    if kind == "number":
        tokens.at += 1
        return terms.Number(Fraction(text), decimals=decimals_in(text), span=(start, tokens.before))
    if tokens.take("("):
        found = read_term(tokens)
        tokens.expect(")")
        return found
    if tokens.take("["):
        return _bracket(tokens, start)
    name = tokens.name()
    order = _order(tokens)
    if order is None and not tokens.take("("):
        return terms.Name(name, span=(start, tokens.before))
    if order is not None:
        tokens.expect("(")
    return _called(tokens, name, order, start)


def read_condition(tokens: Tokens) -> Condition:
    """Comparisons joined by `and`, `or` and `not`."""
    return _joined(tokens, "or", _conjunction)


def read_fact(tokens: Tokens) -> str:
    """One of `FACTS`."""
    fact = tokens.name()
    while tokens.take("-"):
        fact += "-" + tokens.name()
    if fact not in FACTS:
        raise LanguageError(f"line {tokens.line}: expected one of {', '.join(FACTS)}, got {fact!r}")
    return fact


def misplaced(facts: Set[str], shape: Sequence[Term]) -> str:
    """The reason why a fact cannot be said of something with a shape; nothing if all can."""
    is_matrix = len(shape) == 2 and terms.ONE not in shape
    return "" if is_matrix or BY_COLUMNS not in facts else f"expected a matrix with the fact {BY_COLUMNS}"


def read_ranges(tokens: Tokens, firsts: Sequence[int] = (1,)) -> list[tuple[str, Term, int]]:
    """Indices with their last numbers and their first ones, which are among some: i in n, j in 0..m."""
    return tokens.listed(partial(_range, firsts=firsts))


# What follows is private.


def _range(tokens: Tokens, firsts: Sequence[int]) -> tuple[str, Term, int]:
    index = tokens.name()
    tokens.expect("in")
    last = read_sum(tokens)
    if not tokens.take(".."):
        return index, last, 1
    first = next((each for each in firsts if terms.is_number(last, each)), None)
    if first is None:
        raise tokens.error(f"{' or '.join(map(str, firsts))} before ..")
    return index, read_sum(tokens), first


def _conjunction(tokens: Tokens) -> Condition:
    return _joined(tokens, "and", _comparison)


def _joined(tokens: Tokens, word: str, part: Callable[[Tokens], Condition]) -> Condition:
    start, found = tokens.place, [part(tokens)]
    while tokens.take(word):
        found.append(part(tokens))
    return found[0] if len(found) == 1 else terms.Junction(word, tuple(found), span=(start, tokens.before))


def _comparison(tokens: Tokens) -> Condition:
    """not (...), left relation right, or name is fact."""
    start = tokens.place
    if tokens.take("not"):
        tokens.expect("(")
        found = terms.Not(read_condition(tokens), span=(start, tokens.before))
        tokens.expect(")")
        return found
    left = read_term(tokens)
    if tokens.take("is"):
        return terms.Is(left, read_fact(tokens), span=(start, tokens.before))
    relation = tokens.take(*RELATIONS[:-1])
    if relation is None:
        raise tokens.error(f"one of {' '.join(RELATIONS[:-1])} is")
    right = read_term(tokens)
    return terms.Comparison(relation, left, right, span=(start, tokens.before))


def _infixed(tokens: Tokens, signs: Sequence[str], operand: Callable[[Tokens], Term]) -> Term:
    """Operands with signs between, the first two together first."""
    start, found = tokens.place, operand(tokens)
    while sign := tokens.take(*signs):
        found = terms.Apply(sign, (found, operand(tokens)), span=(start, tokens.before))
    return found


def _product(tokens: Tokens) -> Term:
    return _infixed(tokens, ("*", "/", ".*", "./", "@"), _negated)


def _negated(tokens: Tokens) -> Term:
    start = tokens.place
    if tokens.take("-"):
        return terms.Apply("negative", (_negated(tokens),), span=(start, tokens.before))
    return _power(tokens)


def _power(tokens: Tokens) -> Term:
    start, found = tokens.place, _postfixed(tokens)
    if sign := tokens.take("^", ".^"):
        found = terms.Apply(sign, (found, _negated(tokens)), span=(start, tokens.before))
    return found


def _postfixed(tokens: Tokens) -> Term:
    start, found = tokens.place, read_primary(tokens)
    while True:
        if tokens.take("["):
            indices = tokens.listed(read_term)
            tokens.expect("]")
            found = terms.Entry(found, tuple(indices), span=(start, tokens.before))
        elif tokens.take("'"):
            found = terms.Apply("'", (found,), span=(start, tokens.before))
        else:
            return found


def _order(tokens: Tokens) -> tuple[int, ...] | None:
    """f'(x) and f''(x), or f{1, 0}(x, y): derivatives of a function, which is then called."""
    after = tokens.at
    while tokens.every[after][1] == "'":
        after += 1
    if after > tokens.at and tokens.every[after][1] == "(":
        count, tokens.at = after - tokens.at, after
        return (count,)
    if tokens.take("{"):
        found = tokens.listed(_whole)
        tokens.expect("}")
        return tuple(found)
    return None


def _whole(tokens: Tokens) -> int:
    tokens.at += 1
    return int(tokens.every[tokens.at - 1][1])


def _bracket(tokens: Tokens, start: int) -> Term:
    """[i in n: body] or [condition]."""
    if tokens.kind == "name" and tokens.second == "in":
        ranges = read_ranges(tokens)
        tokens.expect(":")
        body = read_term(tokens)
        tokens.expect("]")
        return terms.Family(tuple((index, size) for index, size, _ in ranges), body, span=(start, tokens.before))
    condition = read_condition(tokens)
    tokens.expect("]")
    return terms.Truth(condition, span=(start, tokens.before))


def _called(tokens: Tokens, name: str, order: tuple[int, ...] | None, start: int) -> Term:
    """A function with its brackets, which the name has opened."""
    if name in FOLDS and tokens.second == "in":
        return _fold(tokens, name, start)
    if name == "cases":
        return _choice(tokens, start)
    if name == "table":
        return _table(tokens, start)
    if name in ("at", "limit"):
        return _moved(tokens, name, start)
    arguments = tokens.listed(read_term)
    holding = tokens.names() if tokens.take("holding") else []
    tokens.expect(")")
    span = (start, tokens.before)
    if name in SLOPES and len(arguments) == 2:
        return terms.Slope(SLOPES[name], arguments[0], arguments[1], tuple(holding), span=span)
    if name == "d" and len(arguments) == 1:
        return terms.Differential(arguments[0], tuple(holding), span=span)
    known = OPERATORS.get(name)
    if order is None and known is not None and known.place == "function":
        if known.arity not in (-1, len(arguments)):
            raise LanguageError(f"line {tokens.line}: {name} takes {known.arity} operands, got {len(arguments)}")
        return terms.Apply(name, tuple(arguments), span=span)
    return terms.Call(name, tuple(arguments), order or (), span=span)


def _moved(tokens: Tokens, kind: str, start: int) -> Term:
    """at(body, x = value), limit(body, x -> value)."""
    body = read_term(tokens)
    tokens.expect(",")
    name = tokens.name()
    tokens.expect("=" if kind == "at" else "->")
    value = read_term(tokens)
    tokens.expect(")")
    return (terms.At if kind == "at" else terms.LimitOf)(body, name, value, span=(start, tokens.before))


def _table(tokens: Tokens, start: int) -> Term:
    """table(a, b | c, d)."""
    rows = [tokens.listed(read_term)]
    while tokens.take("|"):
        rows.append(tokens.listed(read_term))
    tokens.expect(")")
    if len({len(row) for row in rows}) > 1:
        raise LanguageError(f"line {tokens.line}: the rows of a table have different lengths")
    return terms.Table(tuple(map(tuple, rows)), span=(start, tokens.before))


def _fold(tokens: Tokens, kind: str, start: int) -> Term:
    """sum(i in n: body), sum(i in a..b if condition: body)."""
    index = tokens.name()
    tokens.expect("in")
    low: Term = terms.ONE
    high = read_sum(tokens)
    if tokens.take(".."):
        low, high = high, read_sum(tokens)
    condition = read_condition(tokens) if tokens.take("if") else None
    tokens.expect(":")
    body = read_term(tokens)
    tokens.expect(")")
    return terms.Fold(kind, index, low, high, body, condition, span=(start, tokens.before))


def _choice(tokens: Tokens, start: int) -> Term:
    """cases(a if c, b if d, e otherwise)."""
    branches, otherwise = list[tuple[Condition, Term]](), None
    while True:
        value = read_term(tokens)
        if tokens.take("otherwise"):
            otherwise = value
            break
        if tokens.take("if") is None:
            raise tokens.error("`if` and a condition, or `otherwise`")
        branches.append((read_condition(tokens), value))
        if not tokens.take(","):
            break
    tokens.expect(")")
    return terms.Choice(tuple(branches), otherwise, span=(start, tokens.before))
