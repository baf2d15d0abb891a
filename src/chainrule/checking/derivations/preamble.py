r"""Declarations: `x: vector n`, `t: vector n, sum 1`, `\sigma(x)_i := ...`, `use: softmax as s`, `layout: rows`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from chainrule.checking.derivations import templates
from chainrule.checking.derivations.code import functions
from chainrule.checking.derivations.extents import Extent
from chainrule.checking.derivations.model import Definition, Kind, Scope, Size
from chainrule.checking.derivations.naming import Naming, names, naming
from chainrule.checking.derivations.tokens import Token, TooLong, tokens
from chainrule.checking.derivations.vocabulary import GREEK

FACTS = ("sum 1", "positive", "nonzero", "in (0,1)", "one-hot", "nonnegative", "rows sum 1", "±1")
_ROLES = ("size", "scalar", "vector", "matrix", "array", "index", "label", "function", "number")
_NUMBERED = re.compile(r"(?<![\\\w^_])([A-Za-z])(\d)(?!\w)")
_GREEK = re.compile(r"(?<![\\A-Za-z])(?:" + "|".join(sorted(GREEK, key=len, reverse=True)) + r")(?![A-Za-z])")
_FRONT_MATTER = frozenset(
    ["title", "subtitle", "author", "date", "tags", "categories", "description", "lang", "slug", "draft", "keywords",
     "marp", "theme", "paginate", "summary", "header", "footer", "math", "permalink", "output"]
)  # fmt: skip
"""What blogs and slides put before a text; it declares nothing."""
_PLAIN = re.compile(r"[Σ∑√]|(?<![A-Za-z])(?:exp|log|ln|tanh|max|min|sqrt|sum)(?![A-Za-z])")
"""What a formula without commands has if it is written as plain text."""
_SPLIT = re.compile(r",(?![^()]*\))")


@dataclass(frozen=True)
class Problem:
    """A declaration that is not understood."""

    offset: int
    message: str


def declare(scope: Scope, lines: Iterable[tuple[int, str]], line_of: object = None, depth: int = 0) -> list[Problem]:
    """Enter declarations into a scope; what is not understood is returned, and left out.

    >>> scope = Scope()
    >>> [p.message for p in declare(scope, [(0, "x: vector n"), (12, "y: tensor")])]
    ["expected a kind (size, scalar, vector n, matrix m n, index n, function) after 'y:', got 'tensor'"]
    >>> str(scope.kinds["x"])
    'vector n'
    """
    problems: list[Problem] = []
    for offset, raw in lines:
        line = raw.strip().rstrip(",;")
        if not line or line.startswith("#"):
            continue
        try:
            message = _declare(scope, line, line_of(offset) if callable(line_of) else 0, depth)
        except TooLong as error:
            message = str(error)
        if message:
            problems.append(Problem(offset, message))
    return problems


def _declare(scope: Scope, line: str, number: int, depth: int) -> str | None:
    if ":=" in line:
        left, right = line.split(":=", 1)
        return _define(scope, left, right, number)
    head, colon, rest = line.partition(":")
    if not colon:
        return f"expected 'name: kind', 'name := formula', 'use: template' or 'layout: rows', got {line[:60]!r}"
    rest = rest.strip()
    if head.strip().lower() in _FRONT_MATTER or (head.strip() == "layout" and rest in ("post", "page", "default")):
        return None
    if head.strip() == "use":
        return _use(scope, rest, number, depth)
    if head.strip() == "code":
        try:
            scope.code.update(functions(rest))
        except ValueError as error:
            return str(error)
        return None
    if head.strip() == "layout":
        if rest.split("#")[0].strip() not in ("rows", "columns"):
            return f"expected 'layout: rows' or 'layout: columns', got {rest!r}"
        scope.layout = rest.split("#")[0].strip()
        return None
    return _kinds(scope, head, rest)


def _define(scope: Scope, left: str, right: str, number: int) -> str | None:
    found = naming(tokens(_spelled(left)), declared=True)
    if found is None:
        return f"expected a name such as s(x)_i before ':=', got {left.strip()!r}"
    plain = "\\" not in right and bool(_PLAIN.search(right))
    body = tokens(right, plain=plain)
    if not body:
        return f"expected a formula after '{left.strip()} :='"
    enter(scope, found, body, number, right.strip(), "preamble", plain=plain)
    return None


def enter(
    scope: Scope, found: Naming, body: list[Token], line: int, text: str, source: str, *, plain: bool = False
) -> None:
    """Enter a definition; a name that had another meaning loses it."""
    scope.forget(found.name)
    definition = Definition(found.name, found.parameters, found.indices, tuple(body), plain, line, text, source)
    scope.definitions[found.name] = definition


def _use(scope: Scope, rest: str, number: int, depth: int) -> str | None:
    given, _, alias = (part.strip() for part in rest.partition(" as "))
    name = templates.canonical(given)
    if name is None:
        return f"expected a template ({', '.join([*templates.FUNCTIONS, *templates.BUNDLES])}), got {given!r}"
    if name in templates.BUNDLES:
        if depth:
            return "a template that uses itself"
        problems = declare(scope, [(0, line) for line in templates.BUNDLES[name]], depth=1)
        return problems[0].message if problems else None
    label = templates.USUAL.get(name, name)
    if alias:
        found = naming(tokens(_spelled(alias)), declared=True)
        if found is None or found.indices or found.parameters:
            return f"expected a name after 'as', got {alias!r}"
        label = found.name
    use(scope, name, label, number)
    return None


def use(scope: Scope, template: str, label: str, line: int = 0, source: str = "template") -> None:
    """Enter a template under a name."""
    parameters, index, body = templates.FUNCTIONS[template]
    enter(scope, Naming(label, tuple(index), tuple(parameters.split())), tokens(body), line, template, source)


def _kinds(scope: Scope, head: str, rest: str) -> str | None:
    listed = names(tokens(_spelled(head)))
    if listed is None or any(one.parameters for one in listed):
        return f"expected names before the colon, got {head.strip()!r}"
    parts = [part.strip() for part in _SPLIT.split(rest.split("#")[0])]
    words = parts[0].split()
    role = words[0].lower() if words else ""
    if role not in _ROLES:
        listed_kinds = "size, scalar, vector n, matrix m n, index n, function"
        return f"expected a kind ({listed_kinds}) after '{head.strip()}:', got {rest!r}"
    facts, unknown = _facts(parts[1:])
    if unknown:
        return f"expected a fact ({', '.join(FACTS)}), got {unknown!r}"
    if role == "size" and len(words) > 1:
        return _sizes(scope, [one.name for one in listed], " ".join(words[1:]))
    dims = tuple(_size(word) for word in words[1:])
    if role == "array" and len(dims) < 3:
        return f"expected 3 sizes or more after 'array', got {len(dims)} in {rest!r}"
    expected = {"vector": 1, "matrix": 2, "index": 1, "label": 1}.get(role, 0)
    if role != "array" and len(dims) != expected and not (role in ("index", "label") and not dims):
        return f"expected {expected} sizes after '{role}', got {len(dims)} in {rest!r}"
    kind = Kind(
        {"index": "label", "label": "label", "size": "size", "function": "function"}.get(role, "value"), dims, facts
    )
    for one in listed:
        scope.forget(one.name)
        scope.kinds[one.name] = kind
    for dim in dims:
        if isinstance(dim, str) and dim not in scope.kinds:
            scope.kinds[dim] = Kind("size")
    return None


def _spelled(head: str) -> str:
    """Names as plain text writes them: W1 is W_1, theta is θ."""
    return _GREEK.sub(lambda m: GREEK[m.group()], _NUMBERED.sub(r"\1_\2", head))


def _sizes(scope: Scope, listed: list[str], formula: str) -> str | None:
    try:
        extent = Extent(formula)
    except ValueError as error:
        return str(error)
    if extent.names & set(listed):
        return f"a size that follows from itself: {formula!r}"
    for name in sorted(extent.names):
        kind = scope.kinds.setdefault(name, Kind("size"))
        if kind.role != "size" or (kind.extent is not None and kind.extent.names):
            return f"{name} in {formula!r} is no size that is known by itself"
    for name in listed:
        scope.forget(name)
        scope.kinds[name] = Kind("size", extent=extent)
    return None


def _size(word: str) -> Size:
    if word.isdigit():
        return int(word)
    found = naming(tokens(word), declared=True)
    return found.name if found else word


def _facts(parts: list[str]) -> tuple[frozenset[str], str]:
    found = set()
    for part in parts:
        fact = (
            part.lower()
            .replace("(0, 1)", "(0,1)")
            .replace("onehot", "one-hot")
            .replace("+-1", "±1")
            .replace("+/-1", "±1")
            .replace("sums to 1", "sum 1")
        )
        if fact not in FACTS:
            return frozenset(), part
        found.add(fact)
    return frozenset(found), ""
