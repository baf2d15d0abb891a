r"""LaTeX and Unicode mathematics as one list of tokens with offsets.

`\mathbf{x}`, `\boldsymbol x` and `x` are one name; Greek letters have one spelling, `σ`; `eˣ` becomes e ^ { x };
spaces, sizes of brackets, tags and labels leave no token, wide spaces leave a `gap`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chainrule.checking.documents.vocabulary import (
    ACCENTS,
    ALPHABETS,
    FONTS,
    FRACTIONS,
    FUNCTIONS,
    GREEK,
    SIGNS,
    SILENT,
    SUBSCRIPTS,
    SUMS,
    SUPERSCRIPTS,
    UPRIGHT,
    WITH_ARGUMENT,
    WORDS,
)

_LEXEME = re.compile(
    r"(?P<behind>[ \t]{2,}(?=\([^()\n]*[=≠<>≤≥][^()\n]*\)[ \t]*(?:\n|$)))|(?P<space>\s+)|(?P<brace>[{}])"
    r"|\\(?:begin|end)\s*\{[^{}]*\}|\\[A-Za-z]+\*?|\\.|\d+(?:\.\d+)?|\.\.\.+|:=|=:|=>|==|<=|>=|!=|[^\s]",
    re.DOTALL,
)
"""Lexemes; `behind` is the space before a condition in a bracket at the end of a line of plain text."""
_CODE = re.compile(r"[a-z][a-z_0-9]+(\.[a-z_]+)*")
MOST_TOKENS = 6000
_NESTING = {"open": 1, "begin": 1, "close": -1, "end": -1}


@dataclass(frozen=True)
class Token:
    """A lexeme: its kind (name, number, word, open, close, relation, arrow, begin, end, command, op, ...), its
    normal spelling, and its place."""

    kind: str
    text: str
    start: int
    end: int
    bold: bool = False
    code: bool = False
    """Whether the name is written as code, as in \\mathtt{softmax.pullback}."""
    over: tuple[Token, ...] = ()
    """The formula above a relation, as in \\stackrel{k \\neq l}{=}."""

    @property
    def nesting(self) -> int:
        """1 if this opens a bracket, brace or environment, -1 if it closes one, else 0."""
        return {"{": 1, "}": -1}[self.text] if self.kind == "brace" else _NESTING.get(self.kind, 0)

    def is_op(self, texts: str | tuple[str, ...]) -> bool:
        """Whether this is one of some operators, given as a tuple or as one string of signs."""
        return self.kind == "op" and self.text in texts


class TooLong(ValueError):
    """A formula beyond the checker's limits."""


def tokens(text: str, start: int = 0, *, plain: bool = False) -> list[Token]:
    r"""The tokens of a formula; `plain` joins letters into words such as tanh, for text without commands.

    >>> [token.text for token in tokens(r"\frac{e^x}{\sigma}")]
    ['\\frac', '{', 'e', '^', 'x', '}', '{', 'σ', '}']

    Raises
    ------
    TooLong
        Beyond some thousand tokens.
    """
    matches = _LEXEME.finditer(text, 0, 40 * MOST_TOKENS)
    lexemes = [Token(m.lastgroup or "", m.group(), start + m.start(), start + m.end()) for m in matches]
    found = _Lexer(lexemes, plain).all()
    if len(text) > 40 * MOST_TOKENS or len(found) > MOST_TOKENS:
        raise TooLong("a formula of this length is not read")
    return _words_below(found)


def closing(tokens: Sequence[Token], at: int) -> int:
    """The position of the token that closes the bracket or brace at a position; the end if none does."""
    braces, depth = tokens[at].kind == "brace", 0
    for end in range(at, len(tokens)):
        if (tokens[end].kind == "brace") == braces:
            depth += tokens[end].nesting
        if depth == 0:
            return end
    return len(tokens)


def group(tokens: Sequence[Token], at: int) -> tuple[list[Token], int]:
    """The TeX argument at a position, a group without its braces or one token, and the position after it."""
    if tokens[at : at + 1] and tokens[at].kind == "brace" and tokens[at].text == "{":
        end = closing(tokens, at)
        return list(tokens[at + 1 : end]), min(end + 1, len(tokens))
    return list(tokens[at : at + 1]), min(at + 1, len(tokens))


def script(tokens: Sequence[Token], at: int) -> tuple[list[Token], int]:
    """The content of a subscript or superscript, which may also be a bracket, and the position after it."""
    if tokens[at : at + 1] and tokens[at].kind == "open":
        end = min(closing(tokens, at) + 1, len(tokens))
        return list(tokens[at:end]), end
    return group(tokens, at)


def scripts_behind(tokens: Sequence[Token], at: int) -> tuple[list[tuple[str, list[Token]]], int]:
    """The signs and contents of the scripts behind the token at a position, and the position after them."""
    found = []
    end = at + 1
    while end < len(tokens) and tokens[end].is_op("_^"):
        sign = tokens[end].text
        inner, end = group(tokens, end + 1)
        found.append((sign, inner))
    return found, end


def split_at(tokens: Sequence[Token], signs: str) -> list[list[Token]]:
    """The parts between operators, outside of braces and brackets."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += token.nesting
        if token.is_op(signs) and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _words_below(found: list[Token]) -> list[Token]:
    """Join the capitals of a subscript to one word: the KL of D_{KL}."""
    for at in range(len(found) - 1, 0, -1):
        if found[at].text == "{" and found[at - 1].text == "_":
            inner, after = group(found, at)
            if len(inner) > 1 and all(token.kind == "name" and token.text.isupper() for token in inner):
                word = "".join(token.text for token in inner)
                found[at + 1 : after - 1] = [Token("word", word, inner[0].start, inner[-1].end)]
    return found


class _Lexer:
    """Lexemes with a position, and the tokens made of them so far."""

    def __init__(self, lexemes: list[Token], plain: bool) -> None:
        self.lexemes, self.plain = lexemes, plain
        self.tokens: list[Token] = []
        self.at = 0

    def all(self) -> list[Token]:
        while self.at < len(self.lexemes):
            self.at += 1
            self.take(self.at - 1)
        return self.tokens

    def add(self, kind: str, text: str, since: int, bold: bool = False, code: bool = False) -> None:
        """Append a token that spans the lexemes from a position to the current one."""
        self.tokens.append(Token(kind, text, self.lexemes[since].start, self.lexemes[self.at - 1].end, bold, code))

    def respelled(self, text: str, since: int) -> None:
        """Append the tokens of another spelling of the lexemes from a position to the current one."""
        start, end = self.lexemes[since].start, self.lexemes[self.at - 1].end
        self.tokens += [replace(token, start=start, end=end) for token in tokens(text)]

    def following(self) -> str:
        return self.lexemes[self.at].text if self.at < len(self.lexemes) else ""

    def argument(self) -> list[Token]:
        """Consume the argument of a command and return its lexemes."""
        while self.following().isspace():
            self.at += 1
        inner, self.at = group(self.lexemes, self.at)
        return inner

    def take(self, since: int) -> None:
        """Append the tokens that begin with the lexeme just consumed, at position `since`."""
        lexeme = self.lexemes[since]
        text = lexeme.text
        sign = SIGNS.get("..." if text.startswith("...") else text.rstrip("*") if text[0] == "\\" else text)
        if lexeme.kind in ("space", "behind"):
            if self.plain and lexeme.kind == "behind":
                self.add("gap", "", since)
        elif sign is not None:
            if sign[0] != "space":
                self.add(*sign, since)
        elif text in SUPERSCRIPTS or text in SUBSCRIPTS:
            self.script(since)
        elif text[0] == "\\" and "{" in text:
            command, _, environment = text.partition("{")
            self.add(command.strip("\\ \n\t"), environment[:-1].strip().rstrip("*"), since)
        elif text[0] == "\\":
            self.command(since, text[1:].rstrip("*"))
        elif text[0].isdigit():
            self.add("number" if len(text) < 60 and text.isascii() else "unknown", text, since)
        elif text in FRACTIONS:
            self.respelled(FRACTIONS[text], since)
        elif self.plain and text == "Σ":
            self.add("op", "Σ", since)
        elif self.plain and text.isalpha() and text.isascii():
            self.letters(since)
        else:
            self.add("name" if text.isalpha() and (self.plain or text.isidentifier()) else "unknown", text, since)

    def letters(self, since: int) -> None:
        """Read a run of letters in plain text: a function, a Greek letter, a numbered name, or names one by one."""
        while self.following().isalpha() and self.following().isascii():
            self.at += 1
        run, following = "".join(lexeme.text for lexeme in self.lexemes[since : self.at]), self.following()
        below = bool(self.tokens) and self.tokens[-1].is_op("_")
        several = len(run) > 1
        if run.lower() in FUNCTIONS:
            self.add("word", run, since)
        elif run.lower() in SUMS and following == "_":
            self.add("op", SUMS[run.lower()], since)
        elif run in GREEK:
            self.add("name", GREEK[run], since)
        elif several and below and run[1:] not in GREEK:
            # x_ij has two indices, also without braces.
            self.respelled(f"{{{run}}}", since)
        elif several and run[1:] not in GREEK and (following == "(" or (following == "'" and run[0] != "d")):
            # sh(x): several letters before a bracket are one function's name.
            self.add("word", run, since)
        elif not several and not below and following.isdecimal():
            # W1 is W_1.
            self.at += 1
            self.add("name", f"{run}_{following}", since)
        else:
            self.at = since + 1
            self.add("name", run[0], since)

    def script(self, since: int) -> None:
        """Read a run of raised or lowered letters: xⁿ⁺¹ is x^{n+1}."""
        table, sign = (SUPERSCRIPTS, "^") if self.lexemes[since].text in SUPERSCRIPTS else (SUBSCRIPTS, "_")
        while self.following() in table:
            self.at += 1
        inner = "".join(table[lexeme.text] for lexeme in self.lexemes[since : self.at])
        self.respelled(f"{sign}{{{inner}}}", since)

    def command(self, since: int, name: str) -> None:
        """Read a command that is no sign, with its argument."""
        if name in WITH_ARGUMENT:
            self.argument()
            if name == "tag":
                self.add("gap", "", since)
        elif name in ("left", "right") and self.following() in (".", "/"):
            # An invisible bracket still closes the visible one of a set of cases.
            self.at += 1
            self.add("close" if name == "right" else "open", ".", since)
        elif name in SILENT or not name.strip():
            return
        elif name == "substack":
            self.tokens += _Lexer(self.argument(), self.plain).all()
        elif name in FONTS or name in ACCENTS or name in ALPHABETS:
            self.styled(since, name)
        elif name in WORDS:
            self.word(since, name)
        elif name.lower() in FUNCTIONS:
            self.add("word", name, since)
        else:
            self.add("command", "\\" + name, since)

    def styled(self, since: int, name: str) -> None:
        r"""Read \mathbf{x}, \mathbb{R} or \hat{y} as one name, \mathtt{f.pullback} as one word of code.

        In a longer formula only the names become bold.
        """
        argument = self.argument()
        code = "".join(lexeme.text for lexeme in argument).replace("\\_", "_")
        inner = _Lexer(argument, self.plain).all()
        single = inner[0] if len(inner) == 1 else None
        letters = ALPHABETS.get(name, {"1": "𝟏"} if name in FONTS else {})
        if name in ("mathtt", "texttt") and _CODE.fullmatch(code):
            self.add("word", code, since, code=True)
        elif single is not None and single.text in letters:
            self.add("name", letters[single.text], since, bold=name in FONTS)
        elif name in ACCENTS and inner:
            base = "".join(token.text for token in inner if token.kind in ("name", "number"))
            self.add("name", base + ACCENTS[name], since)
        elif single is not None and single.kind in ("name", "number"):
            self.add(single.kind, single.text, since, bold=name in FONTS)
        else:
            self.tokens += [replace(token, bold=token.bold or token.kind == "name") for token in inner]

    def word(self, since: int, name: str) -> None:
        r"""Read \mathrm{softmax}, \operatorname{diag} or \text{if}."""
        inner = self.argument()
        text = "".join(lexeme.text for lexeme in inner)
        stripped = re.sub(r"\\[,;! ]|[\s{}]+", "" if name != "text" else " ", text).strip()
        bare = re.sub("[-_ ]", "", stripped)
        raised = bool(self.tokens) and self.tokens[-1].text == "^"
        if (stripped == "T" and name != "text") or (stripped in ("T", "tr") and raised):
            self.add("op", "⊤", since)
        elif stripped in ("d", "e") and name != "text":
            self.add("name", stripped, since)
        elif (bare.isalpha() and bare.lower() in FUNCTIONS) or (name in UPRIGHT and bare.isalnum()):
            self.add("word", bare, since)
        elif name in ("mathrm", "rm", "mathop") and inner:
            self.tokens += _Lexer(inner, plain=False).all()
        else:
            self.add("text", text, since)
