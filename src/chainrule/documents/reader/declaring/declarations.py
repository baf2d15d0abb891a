"""The block in which a document declares names for the checker: kinds with sizes, facts, definitions, the layout."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from chainrule.documents.language import parsing, strict_terms
from chainrule.documents.language.derivation import Derivation, FunctionKind, IndexKind, Kind, SizeKind, ValueKind
from chainrule.documents.language.dimensions import OPEN
from chainrule.documents.language.printing import kind_of
from chainrule.documents.language.rule_functions import functions
from chainrule.documents.language.strict_tokens import LanguageError
from chainrule.documents.language.terms import ONE, Name, Term, every
from chainrule.documents.reader.declaring.templates import definition, takes_vector
from chainrule.documents.reader.letters.suffixed_names import letter_of
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.syntax.known_words import TRANSPOSES
from chainrule.documents.reader.syntax.parts_written import base_name
from chainrule.documents.reader.syntax.written import Beside, Listed, Scripted, Symbol, Written, WrittenChain
from chainrule.documents.sources.macros import without_macros
from chainrule.documents.sources.pieces import Piece

UNSAID = Name(OPEN)
"""A size that is not said."""

KINDS = {
    **dict.fromkeys(("scalar", "number", "real", "constant"), "number"),
    **dict.fromkeys(("vector", "column"), "column"),
    **dict.fromkeys(("array", "tensor"), "array"),
    **dict.fromkeys(("index", "label"), "1.."),
    **dict.fromkeys(("function", "loss"), "function"),
    **{word: word for word in ("row", "matrix", "size")},
}
"""The words of the strict language for the words of documents."""

FACTS = {
    **{fact: fact for fact in strict_terms.FACTS},
    **dict.fromkeys(("in (0,1)", "between 0 and 1"), "unit"),
    **dict.fromkeys(("sum 1", "sums to 1", "rows sum 1", "sum one", "normalized", "normalised"), "sum-one"),
    **dict.fromkeys(("one hot", "onehot"), "one-hot"),
    **dict.fromkeys(("orthogonal",), "orthonormal"),
    **dict.fromkeys(("nonsingular", "regular"), "invertible"),
    **dict.fromkeys(("non-negative",), "nonnegative"),
    **dict.fromkeys(("non-zero",), "nonzero"),
    **dict.fromkeys(("±1", "+-1", "+/-1"), "sign"),
    **dict.fromkeys(("0 or 1", "binary"), "bit"),
}
"""The facts of the strict language for the words of documents. A `sign` is 1 or -1, a `bit` 0 or 1."""

_NUMBERED = re.compile(r"(?<![\\\w^_])([A-Za-z])(\d)(?!\w)")
_FACTOR = re.compile(r"(?<![\w(.])(\d+)([A-Za-z]\w*)")
_LOSS = re.compile(r"(?:loss|function)\s+of\s+(?P<names>.+)")
_COMMA = re.compile(r",(?![^()]*\))")
_IN_A_PART = re.compile(r"__(?:part|line|block)_\d")
"""Ends the name of a letter that means something else in a part of the document."""
_MADE_UP = re.compile(rf"{_IN_A_PART.pattern}|__(?:any|one|each|all|given|of)(?:_|$)|__(?:any|one|each|all)")
"""Parts of names that the reader makes up."""
_KRONECKER = "delta"
"""A block that declares it takes the meaning from \\delta_{ij} in all other parts."""
_MADE_UP_SIZE = re.compile(r"n\d+")
_PAGES = re.compile(r"layout\s*:(?!\s*(?:rows|columns)\b)|(?:title|date|author|tags|math|lang)\w*\s*:", re.IGNORECASE)


@dataclass(frozen=True)
class Declared:
    """A name, as it is written, with its kind and facts; no kind if only the facts are said.

    The name of a size that is not said is `UNSAID`. `piece` is the number of the piece of the document. `value` is what
    a size is: a number, or made of other sizes.
    """

    name: Written
    kind: Kind | None
    facts: frozenset[str] = frozenset()
    line: int = 0
    piece: int = 0
    value: Term | None = None


@dataclass
class Block:
    """The lines of the blocks of a document.

    Attributes
    ----------
    text : str
        The formulas of the document, which show the argument of a function that a block takes by name.
    declared : list of Declared
    definitions : list of (Piece, WrittenChain)
    words : set of str
        Names of several letters.
    layout : str
        "rows", "columns" or "".
    losses : list of (str, list of Written)
        Letters of losses, each with the names of which it is an unknown function: J: loss of Y.
    rules : dict
        By the number of a block's piece, and by name: a rule of the package with its options, and one of its functions.
    errors : list of (int, str)
        Lines that are not understood, with what was expected.
    """

    text: str = ""
    declared: list[Declared] = field(default_factory=list)
    definitions: list[tuple[int, Piece, WrittenChain]] = field(default_factory=list)
    words: set[str] = field(default_factory=set)
    layout: str = ""
    losses: list[tuple[str, list[Written]]] = field(default_factory=list)
    rules: dict[int, dict[str, tuple[str, str]]] = field(default_factory=dict)
    errors: list[tuple[int, str]] = field(default_factory=list)

    def read(self, piece: Piece, number: int, macros: Iterable[tuple[str, int, str]] = ()) -> None:
        r"""Read the lines of a piece.

        >>> block = Block()
        >>> block.read(Piece("declarations", "x, \\mu: vector n, positive\ny: tensr 3", ((0, 2, 1),)), 0)
        >>> [each.kind.shape[0].text for each in block.declared], block.errors[0][0]
        (['n', 'n'], 3)
        """
        at = 0
        for raw in without_macros(piece.text).split("\n"):
            line, column = piece.place_of(at)
            text = raw.partition("#")[0].rstrip(" \t,;")
            try:
                if ":=" in text:
                    self._defined(replace(piece, text=text, starts=((0, line, column),)), number, macros)
                elif text.strip() and not _PAGES.match(text.strip()):
                    self._stated(replace(piece, text=text, starts=((0, line, column),)), number, macros)
            except ValueError as error:
                self.errors.append((line, str(error)))
            at += len(raw) + 1

    @property
    def matrices(self) -> frozenset[str]:
        """The letters that are declared as matrices with several rows and columns."""
        arrays = [(base_of(each.name), each.kind.shape) for each in self.declared if isinstance(each.kind, ValueKind)]
        return frozenset(name for name, shape in arrays if len(shape) == 2 and ONE not in shape)

    @property
    def names(self) -> set[str]:
        """The letters that blocks declare."""
        return {base_of(each.name) for each in self.declared}

    @property
    def numbered_above(self) -> dict[str, set[str]]:
        """By letter that blocks declare with a letter above that is no exponent, x^i: this one."""
        found = dict[str, set[str]]()
        for each in (each.name for each in self.declared if isinstance(each.name, Scripted)):
            if isinstance(each.upper, Symbol) and each.upper.text not in TRANSPOSES:
                found.setdefault(base_of(each), set()).add(each.upper.text)
        return found

    @property
    def defined(self) -> dict[str, int]:
        """By the name that a block defines, code among them: the first piece that does."""
        said = [(name, number) for number, rules in self.rules.items() for name in rules]
        said += [(base_of(chain.members[0]), number) for number, _, chain in self.definitions]
        return dict(sorted(said, key=lambda each: -each[1]))

    def renamed(self) -> dict[int, dict[str, str]]:
        """By the piece of a later block: other names for those that it declares anew, and for all declared anew so far.

        They stand in place of the old ones in its kinds, too. What a later block defines may be defined in a display
        before it.
        """
        said: list[tuple[int, str]] = [(each.piece, base_of(each.name)) for each in self.declared]
        defined = [(number, base_of(chain.members[0])) for number, _, chain in self.definitions]
        said += [*defined, *((number, name) for number, rules in self.rules.items() for name in rules)]
        first, now, found = dict[str, int](), dict[str, str](), dict[int, dict[str, str]]()
        for number in sorted({number for number, _ in said}):
            here = {name for place, name in said if place == number and name}
            anew = here & first.keys() | ({name for place, name in defined if place == number} if first else set())
            now = now | {name: f"{name}__block_{number}" for name in anew}
            first |= dict.fromkeys(here - first.keys(), number)
            found[number] = now
        return found

    # What follows is private.

    def _defined(self, piece: Piece, number: int, macros: Iterable[tuple[str, int, str]]) -> None:
        head, _, body = piece.text.partition(":=")
        self.words |= _words(head)
        chains = chains_of(piece.text, macros, self.words)
        if not body.strip() or len(chains) != 1 or [link.relation for link in chains[0].links] != [":="]:
            raise ValueError(f"expected name := formula, such as f(x) := x^2, got {piece.text.strip()[:60]!r}")
        self.definitions.append((number, piece, chains[0]))

    def _stated(self, piece: Piece, number: int, macros: Iterable[tuple[str, int, str]]) -> None:
        text, line = piece.text, piece.starts[0][1]
        head, colon, rest = (part.strip() for part in text.partition(":"))
        if head == "layout" and colon:
            self.layout = rest
            return
        if not colon or not head:
            raise ValueError(f"expected name: kind, name := formula or layout: rows, got {text.strip()[:60]!r}")
        if head == "use":
            name, _, letter = rest.partition(" as ")
            letter = letter.strip() or rf"\operatorname{{{name.replace('-', '')}}}"
            text = definition(name.strip(), letter, self._parameter(letter, takes_vector(name.strip())))
            self._defined(replace(piece, text=text), number, macros)
            return
        if head == "code":
            for full in functions(rest):
                name, _, part = full.partition(".")
                rules = self.rules.setdefault(number, {})
                rules[full.replace(".", "_")] = rules[name] = rest, part
            rules[name] = rest, "forward"
            return
        if (loss := _LOSS.fullmatch(rest)) is not None:
            made_of = _names(loss["names"], macros, self.words)
            self.losses += [(base_of(each), made_of) for each in _names(head, macros, self.words)]
            return
        value = None
        if rest.startswith("size "):
            rest, value = "size", parsing.term_of(rest.removeprefix("size "))
        kind, facts = kind_in(rest)
        self.words |= _words(head)
        names = [] if isinstance(kind, SizeKind) else _names(head, macros, self.words)
        if isinstance(kind, SizeKind):
            names = [Symbol(each.strip(), is_word=True) for each in head.split(",")]
        for written in names:
            self.declared.append(Declared(written, kind, facts, line, number, value))

    def _parameter(self, function: str, vector: bool) -> str:
        """The one letter at which the document calls a function, or else that of the one vector, or number, that is
        declared without facts; nothing if there are several."""
        called = set(re.findall(rf"{re.escape(function)}\s*(?:\\left)?\(\s*(\\?[A-Za-z]+)\s*(?:\\right)?\)", self.text))
        if len(called) == 1:
            return str(called.pop())
        found = [
            each.name.text
            for each in self.declared
            if isinstance(each.name, Symbol) and not each.name.is_word and isinstance(each.kind, ValueKind)
            and not each.facts and (each.kind.shape[1:] == (ONE,) if vector else not each.kind.shape)
        ]  # fmt: skip
        return found[0] if len(found) == 1 and len(found[0]) == 1 else ""


def kind_in(text: str) -> tuple[Kind, frozenset[str]]:
    """The kind and the facts that words state.

    >>> kind, facts = kind_in("matrix 2n K, in (0,1)")
    >>> kind.shape[1].text, sorted(facts)
    ('K', ['unit'])

    Raises
    ------
    ValueError
        If the words are no kind; the message says what was expected.
    """
    first, *others = (part.strip() for part in _COMMA.split(text))
    word, _, sizes = first.partition(" ")
    strict = KINDS.get(word.lower(), word)
    sizes = _FACTOR.sub(r"(\1 * \2)", sizes.strip())
    facts = []
    for other in others:
        fact = FACTS.get(" ".join(other.lower().replace("(0, 1)", "(0,1)").split()))
        if fact is None:
            raise ValueError(f"expected a fact ({', '.join(strict_terms.FACTS)}, in (0,1), sum 1, ±1), got {other!r}")
        facts.append(fact)
    try:
        kind = _kind(strict, sizes)
    except LanguageError:
        wanted = (
            "number, column n, row n, matrix m n, array l m n, size, 1..K, function, with names or numbers for sizes"
        )
        raise ValueError(f"expected a kind ({wanted}), got {first!r}") from None
    if told := strict_terms.misplaced(set(facts), kind.shape if isinstance(kind, ValueKind) else ()):
        raise ValueError(f"{told}, got {first!r}")
    return kind, frozenset(facts)


def declarations_of(derivation: Derivation, assumed: Collection[str] = ()) -> list[str]:
    """The lines of a block with which a document is read as this derivation, without guesses about names.

    `assumed` has the words of `derivation.supposed` under which claims hold: such functions are defined, for nothing
    would hold of a function that is only declared. Left out are sizes that nothing has, and names that a block for the
    whole document cannot tell: those that the reader made up, and letters that mean something else in a part.

    >>> declarations_of(parsing.derivation_of("size n; x : column n, positive; y := x; claim: y = x"))
    ['n: size', 'x: column n, positive']
    >>> declarations_of(parsing.derivation_of("x, x__part_2, y : number; claim: x + x__part_2 = y"))
    ['y: number']
    """
    kinds, uses = dict[str, str](), list[str]()
    supposed = {each.name for words, each in derivation.supposed.items() if words in assumed}
    known = [each.name for each in derivation.declarations] + [each.name for each in derivation.definitions]
    several = {letter_of(name) for name in known if _IN_A_PART.search(name)}
    told = [
        (each.name, each.kind)
        for each in derivation.declarations
        if not _MADE_UP.search(each.name) and letter_of(each.name) not in several | {_KRONECKER}
    ]
    said = [size for _, kind in told for size in sizes_said(kind)]
    used = {each.text for term in said for each in every(term) if isinstance(each, Name)}
    named = {each.text for term in derivation.parts for each in every(term) if isinstance(each, Name)}
    used |= {name for name in named if not _MADE_UP_SIZE.fullmatch(name)}
    for name, kind in told:
        loss = name.removesuffix("_of")
        if name in supposed:
            uses.append(f"use: sigmoid as {name}")
        elif isinstance(kind, FunctionKind) and loss in {each.name for each in derivation.definitions}:
            kinds[loss] = kind_of(ValueKind(kind.result))
        elif name in used or not isinstance(kind, SizeKind):
            kinds[name] = kind_of(kind)
    names = sorted(kinds, key=lambda each: (kinds[each] != "size", each))
    return [*(f"{name}: {kinds[name]}" for name in names), *uses]


# What follows is private.


def _kind(word: str, sizes: str) -> Kind:
    unsaid: dict[str, Kind] = {
        "size": SizeKind(),
        "1..": IndexKind(UNSAID),
        "column": ValueKind((UNSAID, ONE)),
        "row": ValueKind((ONE, UNSAID)),
        "matrix": ValueKind((UNSAID, UNSAID)),
        "function": FunctionKind((), ()),
    }
    return unsaid[word] if not sizes and word in unsaid else parsing.kind_in(f"{word} {sizes}")


def _words(head: str) -> set[str]:
    """The runs of letters that are no commands."""
    return set(re.findall(r"(?<![\\A-Za-z])[A-Za-z]{2,}", head))


def _names(head: str, macros: Iterable[tuple[str, int, str]], words: set[str]) -> list[Written]:
    """The names in front of a colon: W1 is W_1, and W__1 a name of the strict language."""
    if re.fullmatch(r"[^\W\d_]\w*__\w+", head):
        return [Symbol(head, is_word=True)]
    chains = chains_of(_NUMBERED.sub(r"\1_\2", head), macros, words)
    found = chains[0].members[0] if len(chains) == 1 and not chains[0].links else None
    if found is None:
        raise ValueError(f"expected names before the colon, got {head[:60]!r}")
    return list(found.items) if isinstance(found, Listed) else [found]


def base_of(written: Written | None) -> str:
    """The letter or word of a name, without its scripts and arguments; else nothing."""
    while isinstance(written, Scripted | Beside):
        written = written.base if isinstance(written, Scripted) else written.parts[0]
    return base_name(written) if isinstance(written, Symbol) else ""


def sizes_said(kind: Kind) -> Iterable[Term]:
    """The sizes in a kind."""
    match kind:
        case ValueKind(shape=shape):
            return shape
        case IndexKind(size=size):
            return (size,)
        case FunctionKind(arguments=arguments, result=result):
            return (*(size for shape in arguments for size in shape), *result)
    return ()
