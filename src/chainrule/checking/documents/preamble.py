r"""Declarations: `x: vector n`, `t: vector n, sum 1`, `\sigma(x)_i := ...`, `use: softmax as s`, `layout: rows`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from chainrule.checking.documents import templates
from chainrule.checking.documents.code import functions
from chainrule.checking.documents.model import Definition, Extent, Kind, Scope, Size
from chainrule.checking.documents.naming import Naming, names, naming, size_in
from chainrule.checking.documents.tokens import Token, tokens
from chainrule.checking.documents.vocabulary import GREEK

FACTS = ("sum 1", "positive", "nonzero", "in (0,1)", "one-hot", "nonnegative", "rows sum 1", "±1")
_SPELLINGS = {"(0, 1)": "(0,1)", "onehot": "one-hot", "+-1": "±1", "+/-1": "±1", "sums to 1": "sum 1"}
_ROLES = {
    "size": ("size", 0), "scalar": ("value", 0), "number": ("value", 0), "vector": ("value", 1), "matrix": ("value", 2),
    "array": ("value", 3), "index": ("label", 1), "label": ("label", 1), "function": ("function", 0),
}  # fmt: skip
"""For each word of a declaration, the role of the name and the number of its sizes."""
_NUMBERED = re.compile(r"(?<![\\\w^_])([A-Za-z])(\d)(?!\w)")
_GREEK = re.compile(r"(?<![\\A-Za-z])(?:" + "|".join(sorted(GREEK, key=len, reverse=True)) + r")(?![A-Za-z])")
_FRONT_MATTER = frozenset(
    ["title", "subtitle", "author", "date", "tags", "categories", "description", "lang", "slug", "draft", "keywords",
     "marp", "theme", "paginate", "summary", "header", "footer", "math", "permalink", "output"]
)  # fmt: skip
"""Words that blogs and slides write before a text; they declare nothing."""
_PLAIN = re.compile(r"[Σ∑√]|(?<![A-Za-z])(?:exp|log|ln|tanh|max|min|sqrt|sum)(?![A-Za-z])")
"""Signs and words of a formula that is written as plain text."""
_SPLIT = re.compile(r",(?![^()]*\))")


@dataclass(frozen=True)
class Refusal:
    """Something in a document that was left out: its offset, the verdict on it, and the reason."""

    offset: int
    verdict: str
    message: str


def declare(scope: Scope, lines: Iterable[tuple[int, str]]) -> list[Refusal]:
    """Enter declarations into a scope; the result lists the declarations that were not understood.

    >>> scope = Scope()
    >>> [p.message for p in declare(scope, [(0, "x: vector n"), (12, "y: tensor")])]
    ["expected a kind (size, scalar, vector n, matrix m n, index n, function) after 'y:', got 'tensor'"]
    >>> str(scope.kinds["x"])
    'vector n'
    """
    refused: list[Refusal] = []
    for offset, raw in lines:
        line = raw.strip().rstrip(",;")
        if line and not line.startswith("#"):
            try:
                _declare(scope, line)
            except ValueError as error:
                refused.append(Refusal(offset, "declaration", str(error)))
    return refused


def _declare(scope: Scope, line: str) -> None:
    if ":=" in line:
        left, right = line.split(":=", 1)
        _define(scope, left.strip(), right.strip())
        return
    head, colon, rest = (part.strip() for part in line.partition(":"))
    if not colon:
        raise ValueError(
            f"expected 'name: kind', 'name := formula', 'use: template' or 'layout: rows', got {line[:60]!r}"
        )
    layout = rest.split("#")[0].strip()
    if head == "use":
        _use(scope, rest)
    elif head == "code":
        scope.code.update(functions(rest))
    elif head == "layout" and layout in ("rows", "columns"):
        scope.layout = layout
    elif head == "layout" and layout not in ("post", "page", "default"):  # layouts of pages in blogs
        raise ValueError(f"expected 'layout: rows' or 'layout: columns', got {rest!r}")
    elif head != "layout" and head.lower() not in _FRONT_MATTER:
        _kinds(scope, head, rest)


def _define(scope: Scope, left: str, right: str) -> None:
    found = naming(tokens(_spelled(left)), declared=True)
    if found is None:
        raise ValueError(f"expected a name such as s(x)_i before ':=', got {left!r}")
    plain = "\\" not in right and bool(_PLAIN.search(right))
    body = tokens(right, plain=plain)
    if not body:
        raise ValueError(f"expected a formula after '{left} :='")
    enter(scope, found, body, right, "preamble", plain=plain)


def enter(scope: Scope, found: Naming, body: list[Token], text: str, source: str, *, plain: bool = False) -> None:
    """Enter a definition, which replaces any earlier meaning of its name."""
    scope.forget(found.name)
    scope.definitions[found.name] = Definition(
        found.name, found.parameters, found.indices, tuple(body), plain, text, source
    )


def _use(scope: Scope, rest: str) -> None:
    given, _, alias = (part.strip() for part in rest.partition(" as "))
    name = templates.canonical(given)
    if name is None:
        listed = ", ".join([*templates.FUNCTIONS, *templates.BUNDLES])
        raise ValueError(f"expected a template ({listed}), got {given!r}")
    if name in templates.BUNDLES:
        for line in templates.BUNDLES[name]:
            _declare(scope, line)
        return
    found = naming(tokens(_spelled(alias)), declared=True) if alias else Naming(templates.USUAL.get(name, name))
    if found is None or found.indices or found.parameters:
        raise ValueError(f"expected a name after 'as', got {alias!r}")
    use(scope, name, found.name)


def use(scope: Scope, template: str, label: str, source: str = "template") -> None:
    """Enter a template under a name."""
    parameters, index, body = templates.FUNCTIONS[template]
    enter(scope, Naming(label, tuple(index), tuple(parameters.split())), tokens(body), template, source)


def _kinds(scope: Scope, head: str, rest: str) -> None:
    listed = names(tokens(_spelled(head)))
    if listed is None or any(one.parameters for one in listed):
        raise ValueError(f"expected names before the colon, got {head!r}")
    first, *facts = (part.strip() for part in _SPLIT.split(rest.split("#")[0]))
    role, *words = first.split() or [""]
    role = role.lower()
    if role not in _ROLES:
        kinds = "size, scalar, vector n, matrix m n, index n, function"
        raise ValueError(f"expected a kind ({kinds}) after '{head}:', got {rest!r}")
    found = frozenset(_fact(fact) for fact in facts)
    if role == "size" and words:
        _sizes(scope, [one.name for one in listed], " ".join(words))
        return
    dims = tuple(_size(word) for word in words)
    meaning, expected = _ROLES[role]
    optional = (role == "array" and len(dims) > expected) or (meaning == "label" and not dims)
    if len(dims) != expected and not optional:
        more = " or more" if role == "array" else ""
        raise ValueError(f"expected {expected} sizes{more} after '{role}', got {len(dims)} in {rest!r}")
    for one in listed:
        scope.forget(one.name)
        scope.kinds[one.name] = Kind(meaning, dims, found)
    for dim in dims:
        if isinstance(dim, str):
            scope.kinds.setdefault(dim, Kind("size"))


def _spelled(head: str) -> str:
    """Names of plain text in their usual spelling: W1 is W_1, theta is θ."""
    return _GREEK.sub(lambda m: GREEK[m.group()], _NUMBERED.sub(r"\1_\2", head))


def _sizes(scope: Scope, listed: list[str], formula: str) -> None:
    extent = Extent(formula)
    if extent.names & set(listed):
        raise ValueError(f"a size that follows from itself: {formula!r}")
    for name in sorted(extent.names):
        kind = scope.kinds.setdefault(name, Kind("size"))
        if kind.role != "size" or (kind.extent is not None and kind.extent.names):
            raise ValueError(f"{name} in {formula!r} is no size that is known by itself")
    for name in listed:
        scope.forget(name)
        scope.kinds[name] = Kind("size", extent=extent)


def _size(word: str) -> Size:
    found = size_in(tokens(word))
    return word if found is None else found


def _fact(written: str) -> str:
    fact = written.lower()
    for spelling, usual in _SPELLINGS.items():
        fact = fact.replace(spelling, usual)
    if fact not in FACTS:
        raise ValueError(f"expected a fact ({', '.join(FACTS)}), got {written!r}")
    return fact
