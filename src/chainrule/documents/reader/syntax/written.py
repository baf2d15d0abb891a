"""Formulas as they are written, before anybody decides what they mean.

`2 f(x + 1)^T` is a number beside a symbol beside a bracket with a superscript. Whether f is called or multiplied, and
whether T transposes, is decided later and for the whole document. Nodes keep the place of their source text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from chainrule.documents.language.trees import Tree, mapped, names_of

Place = tuple[int, int]
"""Start and end in the text of the formula."""


@dataclass(frozen=True)
class Written(Tree):
    """A formula, or a part of one; `place` takes no part in comparisons."""

    place: Place = field(default=(0, 0), compare=False, kw_only=True)


@dataclass(frozen=True)
class Numeral(Written):
    """A number: 2, 0.5, 1e-3; `decimals`, how many are printed, takes no part in comparisons."""

    value: Fraction
    decimals: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True)
class Symbol(Written):
    """A letter or a word, with its accents and font: x, \\alpha, \\hat{y}, \\mathbf{W}, \\operatorname{softmax}.

    Attributes
    ----------
    text : str
        The letter or word: `alpha` for \\alpha and α.
    accents : tuple of str
        "hat", "bar", "tilde", "vec", "dot", ..., the innermost first.
    font : str
        "bold", "calligraphic", "blackboard", "roman", "fraktur", "sans", "typewriter" or "".
    is_word : bool
        True for several letters that are one name, as in \\mathrm{ReLU}.
    """

    text: str
    accents: tuple[str, ...] = ()
    font: str = ""
    is_word: bool = False


@dataclass(frozen=True)
class Scripted(Written):
    """A base with a subscript, a superscript and primes: each may be missing. \\sigma'(z) has primes = 1."""

    base: Written
    lower: Written | None = None
    upper: Written | None = None
    primes: int = 0


@dataclass(frozen=True)
class Listed(Written):
    """Several things with commas between, or side by side in a script: i, j or ij in W_{ij}."""

    items: tuple[Written, ...]


@dataclass(frozen=True)
class Bracketed(Written):
    """Something in brackets, with the separators between its items: "," ";" ":" "|" or "||".

    Attributes
    ----------
    kind : str
        "(", "[", "{", "|", "||", "<", "floor", "ceil", or both signs where they differ: "[(" for [0, 1), and
        "][" for ]0, 1[. "at" is \\left. \\right|, whose place of evaluation is its subscript; "binomial" has
        two items.
    separators : tuple of str
        `CALLED` alone for the argument of a function that is written without: then these are no factors.
    """

    kind: str
    items: tuple[Written, ...]
    separators: tuple[str, ...] = ()


@dataclass(frozen=True)
class Beside(Written):
    """Parts side by side, from left to right; joints say what stands between: "", "*" (\\cdot), "x" (\\times),
    "o" (\\circ), ".*" (\\odot), "(x)" (\\otimes), "/", and others by their name.

    A sign that stands alone, as in f(\\cdot), is a `Symbol` with the sign as its text; so is the bar of f|_{x = 0}, a
    part with a subscript after the parts that it may evaluate, and the ! behind what it is the factorial of.
    """

    parts: tuple[Written, ...]
    joints: tuple[str, ...]


@dataclass(frozen=True)
class Signed(Written):
    """Terms with signs 1, -1, or 0 for plus or minus (\\pm)."""

    terms: tuple[Written, ...]
    signs: tuple[int, ...]


@dataclass(frozen=True)
class Fractional(Written):
    """\\frac{a}{b}."""

    upper: Written
    lower: Written


@dataclass(frozen=True)
class Root(Written):
    """\\sqrt[n]{x}."""

    inside: Written
    degree: Written | None = None


@dataclass(frozen=True)
class Differentiation(Written):
    """\\frac{\\partial^2 f}{\\partial x \\partial y}, dL/dx, \\frac{d}{dx}, \\nabla_x, \\partial_x.

    D_x is a `Scripted`: it may be a matrix as well.

    Attributes
    ----------
    sign : str
        "partial", "d", "nabla", "grad" or "delta"; "jacobian" for D f(x) and J_f(x); "name" for dw where the document
        says dw = dL/dw.
    subject : Written or None
        What stands in the numerator; None for an operator, whose subject follows it in a `Beside`.
    variables : tuple of Written
        Each as often as it is differentiated by; empty for a nabla without a subscript.
    order : int
        2 for nabla squared.
    """

    sign: str
    subject: Written | None
    variables: tuple[Written, ...]
    order: int = 1


@dataclass(frozen=True)
class BigOperator(Written):
    """\\sum, \\prod, \\max, \\min, \\argmax, \\int, \\lim, \\mathbb{E} with what stands below and above it.

    Its body is what follows it in a `Beside`, up to the end of the term; how far it reaches is decided later.
    `left_out` says that the document leaves out what stands below.
    """

    kind: str
    lower: Written | None = None
    upper: Written | None = None
    left_out: bool = False


@dataclass(frozen=True)
class Comparing(Written):
    """Members with relations between, as a condition: i \\neq j, 1 \\le k \\le K, x \\in R, k = 1.

    The relations are those of a `Link`. A member that is missing is Words("").
    """

    members: tuple[Written, ...]
    relations: tuple[str, ...]


@dataclass(frozen=True)
class CasesOf(Written):
    """\\begin{cases}: values with conditions, or with None for "otherwise" and for nothing."""

    rows: tuple[tuple[Written, Written | None], ...]


@dataclass(frozen=True)
class Grid(Written):
    """A matrix or a vector, row by row."""

    rows: tuple[tuple[Written, ...], ...]


@dataclass(frozen=True)
class Noted(Written):
    """Something with a note above or below it: \\underbrace{W x + b}_{z}, \\cancelto{0}{x}."""

    inside: Written
    note: Written


@dataclass(frozen=True)
class Dots(Written):
    """\\ldots, \\cdots, \\vdots, \\ddots."""


@dataclass(frozen=True)
class Words(Written):
    """\\text{...}: words inside a formula."""

    text: str


CALLED = "called"
"""The separator in brackets that certainly hold the argument of a function."""

NUMBERED = "#"
"""The separator behind the number of a function that is its first argument: \\ell_t(h_t) is \\ell(t # h_t)."""

UNOPENED = "bracket ) without a beginning"
"""A closing bracket that nothing opens, as something that is not read."""

UNENDED = "bracket ( without an end"
"""A bracket that nothing closes, as something that is not read; it reaches up to the next relation."""


@dataclass(frozen=True)
class NotRead(Written):
    """A construct that is not known: what it is, and why it is not read."""

    what: str


@dataclass(frozen=True)
class Link:
    """A relation between two neighbours of a chain.

    Attributes
    ----------
    relation : str
        One of = != < <= > >= << >> ~ (\\approx) ∼ (\\sim) ≡ := =: ∝ => <== <=> <- -> <-> in notin subset : += and the
        names of other signs.
    place : (int, int)
        The place of its sign in the formula.
    above : Written or None
        What stands over the sign: \\stackrel{k \\neq l}{=}, \\overset{(1)}{=}.
    """

    relation: str
    place: Place
    above: Written | None = None


@dataclass(frozen=True)
class WrittenChain:
    """Members joined by relations: a = b = c, or one member alone.

    Attributes
    ----------
    members : tuple of Written or None
        None where a row begins or ends with a relation. A row that begins with one goes on with the row before.
    links : tuple of Link
        One fewer than members.
    conditions : tuple of Written
        What follows: ", k \\neq l", "\\text{if } i = j", "(x > 0)". A condition with a word that is not if, for or
        when begins with that word: unless, otherwise. "\\forall i" is the symbol i. Other words are remarks.
    row : int
        The row of an `align`, from 0; chains of one display share their source.
    tag : str
        \\tag{3}, \\label{eq:x}, or a number at the end such as "(3)".
    """

    members: tuple[Written | None, ...]
    links: tuple[Link, ...]
    conditions: tuple[Written, ...] = ()
    row: int = 0
    tag: str = ""


def with_parts(node: Any, function: Callable[[Any], Any]) -> Any:
    """The formula, or the chain, in which the formulas directly under it are replaced by function(part).

    >>> with_parts(Signed((Symbol("x"),), (-1,)), lambda part: Symbol("y")).terms[0].text
    'y'
    """
    return mapped(node, function, Written, through=Link)


def alike(one: Any, other: Any) -> bool:
    """Whether two formulas, or tuples of them, are the same but for the fonts of letters.

    >>> alike(Scripted(Symbol("z", font="bold"), Numeral(Fraction(1))), Scripted(Symbol("z"), Numeral(Fraction(1))))
    True
    """
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    if not isinstance(one, Written):
        return bool(one == other)
    own = (name for name in names_of(one) if name != "font")
    return type(one) is type(other) and all(alike(getattr(one, name), getattr(other, name)) for name in own)
