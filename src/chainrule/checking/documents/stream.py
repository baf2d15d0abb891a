"""A cursor over tokens, with the choices that make one text several readings."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Self

from chainrule.checking.documents.tokens import Token, closing
from chainrule.checking.documents.tree import Node, Span

MOST_DEPTH = 40


NEVER_READ = {
    "∫": "integrals are not read",
    "𝔼": "expectations are not read; write the sum",
    "∞": "sums to infinity, and infinity itself, are not read",
    "⊗": "⊗ is not read; write the outer product as a b^T",
    "±": "± stands for two formulas at once",
    "!": "factorials are not read",
}
"""Signs that no reader accepts, with the reason to give."""


class NotRead(ValueError):
    """A construct that the grammar has no rule for, and its offset."""

    def __init__(self, reason: str, at: int = -1) -> None:
        super().__init__(reason)
        self.reason, self.at = reason, at


@dataclass(frozen=True)
class Vocabulary:
    """The knowledge about names that the grammar needs to read a text.

    `functions` are applied to a bracket that follows; `families` (vector-valued, or functions that are also used
    without their argument) may be; `decorated` are names such as z_1 and h^a; `known` are all names with a meaning.
    """

    functions: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    decorated: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    arguments: dict[str, tuple[str, ...]] = field(default_factory=dict)
    scalars: frozenset[str] = frozenset()
    sizes: frozenset[str] = frozenset()
    matrices: frozenset[str] = frozenset()
    """Names that are declared with two subscripts, or defined so."""
    gradients: bool = False
    """Whether dz is a name, for the gradient with respect to z, rather than a differential."""


class Cursor:
    """Tokens with a position and a depth of nesting."""

    def __init__(self, tokens: Iterable[Token], plain: bool = False) -> None:
        self.tokens, self.plain = list(tokens), plain
        self.position = self.depth = 0

    def peek(self, ahead: int = 0) -> Token:
        """The token that many positions further on; behind the last one, a token of kind "end of formula"."""
        at = self.position + ahead
        if at < len(self.tokens):
            return self.tokens[at]
        end = self.tokens[-1].end if self.tokens else 0
        return Token("end of formula", "", end, end)

    def take(self) -> Token:
        """Consume the next token and return it."""
        self.position += 1
        return self.peek(-1)

    def split(self) -> None:
        r"""Split the next number after its first digit: `\frac12` is one half. Plain text is not split: x^12."""
        token = self.peek()
        if token.kind == "number" and len(token.text) > 1 and not self.plain:
            second = token.start + 1
            digit, rest = replace(token, text=token.text[0], end=second), token.text[1:]
            self.tokens[self.position : self.position + 1] = [digit, replace(token, text=rest, start=second)]

    def at(self, text: str, ahead: int = 0) -> bool:
        """Whether the next token is this operator, brace or bracket."""
        token = self.peek(ahead)
        return token.text == text and token.kind not in ("name", "number", "word", "text")

    def accept(self, text: str) -> bool:
        """Consume this operator, brace or bracket if it comes next."""
        found = self.at(text)
        self.position += found
        return found


class Stream(Cursor, ABC):
    """The base of the grammar, whose layers read one kind of construct each.

    The layers call each other in a circle: the readers that a lower layer needs are declared here. `factor` sets the
    span of the node that a reader returns; readers set the spans of the nodes inside it.
    """

    @abstractmethod
    def expression(self) -> Node:
        """Read a sum of terms."""

    @abstractmethod
    def term(self) -> Node:
        """Read products that are joined elementwise."""

    @abstractmethod
    def factor(self) -> Node:
        """Read one factor."""

    @abstractmethod
    def starts_factor(self) -> bool:
        """Whether a factor can begin here."""

    def __init__(
        self,
        tokens: Sequence[Token],
        vocabulary: Vocabulary,
        others: Collection[int] = (),
        plain: bool = False,
    ) -> None:
        # softmax as code is another function than the word softmax.
        renamed = (
            replace(t, text=f"{t.text}.forward") if t.code and f"{t.text}.forward" in vocabulary.known else t
            for t in tokens
        )
        super().__init__(renamed, plain)
        self.vocabulary = vocabulary
        self.others = others
        """The positions at which to follow the other reading."""
        self.sites: set[int] = set()
        """The positions that have another reading."""
        self.bars = 0
        """How many vertical bars are open."""

    @contextmanager
    def deeper(self, bars: int | None = None) -> Iterator[None]:
        """Count one more level of nesting, and set the number of open bars inside it."""
        self.depth += 1
        self.require(self.depth <= MOST_DEPTH, f"brackets nested more than {MOST_DEPTH} deep")
        outside = self.bars
        self.bars = outside if bars is None else bars
        yield
        self.bars = outside
        self.depth -= 1

    def require(self, condition: bool, reason: str) -> None:
        """Refuse the text for a reason, unless a condition holds."""
        if not condition:
            raise self.fail(reason)

    def span(self, since: int) -> Span:
        """From the token at that position up to the last one consumed."""
        first = self.peek(since - self.position).start
        return (first, max(first, self.peek(-1).end))

    def fail(self, reason: str) -> NotRead:
        """An exception at the current offset; if no reader accepts the next sign, that is its reason."""
        following = self.peek()
        return NotRead(NEVER_READ.get(following.text, reason), following.start)

    def placed(self, node: Node, since: int) -> Node:
        """The node with its span, from a position up to the last token consumed, unless it has one."""
        return node if node.span != (0, 0) else replace(node, span=self.span(since))

    def other_reading(self, site: int | None = None) -> bool:
        """Note another reading at a position, by default the current one, and return whether to follow it."""
        site = self.position if site is None else site
        self.sites.add(site)
        return site in self.others

    def sub(self, first: int, last: int) -> Self:
        """A stream of the same kind over part of the tokens, without a bracket around all of them."""
        tokens = self.tokens[first:last]
        if tokens and tokens[0].kind == "open" and closing(tokens, 0) == len(tokens) - 1:
            tokens = tokens[1:-1]
        part = type(self)(tokens, self.vocabulary, plain=self.plain)
        part.depth = self.depth
        return part
