r"""LaTeX and Unicode mathematics as one list of tokens with offsets.

`\mathbf{x}`, `\boldsymbol x` and `x` are one name; Greek letters have one spelling, `σ`; `eˣ` becomes e ^ { x };
spaces, sizes of brackets, tags and labels leave no token, wide spaces leave a `gap`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chainrule.checking.derivations.vocabulary import (
    ACCENTS,
    ARROWS,
    CLOSE,
    DOTS,
    FONTS,
    FRACTIONS,
    FUNCTIONS,
    GAPS,
    GREEK,
    OPEN,
    OPERATORS,
    RELATIONS,
    SILENT,
    SUBSCRIPTS,
    SUMS,
    SUPERSCRIPTS,
    WITH_ARGUMENT,
    WORDS,
)

_LEXEME = re.compile(
    r"\\begin\s*\{[^{}]*\}|\\end\s*\{[^{}]*\}|\\[A-Za-z]+\*?|\\.|\d+(?:\.\d+)?|\.\.\.+|:=|=:|=>|==|<=|>=|!=|[^\s]|\s+",
    re.DOTALL,
)
MOST_TOKENS = 6000


@dataclass(frozen=True)
class Token:
    """A lexeme: its kind (name, number, word, open, close, relation, arrow, begin, end, command, op, ...), its
    normal spelling, and where it stands."""

    kind: str
    text: str
    start: int
    end: int
    bold: bool = False
    code: bool = False
    """Written as code: \\mathtt{softmax.pullback}."""


class TooLong(ValueError):
    """A formula beyond the checker's limits."""


_BEHIND = re.compile(r"[ \t]{2,}\([^()\n]*[=≠<>≤≥][^()\n]*\)[ \t]*(?:\n|$)")
"""In plain text, a condition in a bracket behind a formula."""
_CODE = re.compile(r"[a-z][a-z_0-9]+(\.[a-z_]+)*")


def tokens(text: str, start: int = 0, *, plain: bool = False) -> list[Token]:
    r"""The tokens of a formula; `plain` joins letters into words such as tanh, as text without commands needs.

    >>> [token.text for token in tokens(r"\frac{e^x}{\sigma}")]
    ['\\frac', '{', 'e', '^', 'x', '}', '{', 'σ', '}']

    Raises
    ------
    TooLong
        Beyond some thousand tokens.
    """
    found = list(_LEXEME.finditer(text, 0, 40 * MOST_TOKENS))
    if len(found) > 4 * MOST_TOKENS or len(text) > 40 * MOST_TOKENS:
        raise TooLong("a formula of this length is not read")
    result: list[Token] = []
    position = 0
    while position < len(found):
        position = _take(found, position, start, plain, result)
        if len(result) > MOST_TOKENS:
            raise TooLong("a formula of this length is not read")
    return _words_below(result)


def _words_below(found: list[Token]) -> list[Token]:
    """Several capitals in a subscript are one word: the KL of D_{KL}."""
    result: list[Token] = []
    at = 0
    while at < len(found):
        capitals = at
        if at >= 2 and found[at - 1].text == "{" and found[at - 2].text == "_":
            while capitals < len(found) and found[capitals].kind == "name" and found[capitals].text.isupper():
                capitals += 1
        if capitals - at > 1 and capitals < len(found) and found[capitals].text == "}":
            word = "".join(token.text for token in found[at:capitals])
            result.append(Token("word", word, found[at].start, found[capitals - 1].end))
            at = capitals
        else:
            result.append(found[at])
            at += 1
    return result


def _take(found: list[re.Match[str]], position: int, start: int, plain: bool, result: list[Token]) -> int:
    """Append the tokens that begin at a lexeme; the position after them."""
    match = found[position]
    lexeme, first, last = match.group(), start + match.start(), start + match.end()

    def add(kind: str, text: str, end: int = last, bold: bool = False) -> None:
        result.append(Token(kind, text, first, end, bold))

    if lexeme.isspace():
        if plain and _BEHIND.match(match.string, match.start()):
            add("gap", "")
        return position + 1
    if lexeme[0] in SUPERSCRIPTS or lexeme[0] in SUBSCRIPTS:
        return _script(found, position, start, result)
    if lexeme.startswith(("\\begin", "\\end")) and "{" in lexeme:
        environment = lexeme[lexeme.index("{") + 1 : -1].strip().rstrip("*")
        add("begin" if lexeme.startswith("\\begin") else "end", environment)
        return position + 1
    if lexeme in RELATIONS:
        add("relation", RELATIONS[lexeme])
    elif lexeme in ARROWS:
        add("arrow", lexeme)
    elif lexeme in DOTS or lexeme.startswith("..."):
        add("dots", "…")
    elif lexeme in OPEN:
        add("open", OPEN[lexeme])
    elif lexeme in CLOSE:
        add("close", CLOSE[lexeme])
    elif lexeme in ("{", "}"):
        add("brace", lexeme)
    elif lexeme in OPERATORS:
        text = OPERATORS[lexeme]
        if text == "gap":
            add("gap", "")
        elif text != "space":
            add("word" if text in ("max", "min") else "op", text)
    elif lexeme == "Σ" and plain:
        add("op", "Σ")
    elif lexeme[0].isdigit():
        add("number" if len(lexeme) < 60 and lexeme.isascii() else "unknown", lexeme)
    elif lexeme in FRACTIONS:
        above, below = FRACTIONS[lexeme]
        for kind, text in (("command", "\\frac"), ("brace", "{"), ("number", str(above)), ("brace", "}"),
                           ("brace", "{"), ("number", str(below)), ("brace", "}")):  # fmt: skip
            add(kind, text)
    elif lexeme.startswith("\\"):
        return _command(found, position, start, plain, result)
    elif plain and lexeme.isalpha():
        return _letters(found, position, start, result)
    elif lexeme == "ℝ":
        add("name", "ℝ")
    elif lexeme.isalpha() and lexeme.isidentifier():
        add("name", lexeme)
    elif lexeme == "𝟙":
        add("name", "𝟙")
    elif lexeme in ".\ufeff\u200b":
        add("op", ",") if lexeme == "." else None
    else:
        add("unknown", lexeme)
    return position + 1


def _letters(found: list[re.Match[str]], position: int, start: int, result: list[Token]) -> int:
    """In plain text, a run of letters: a function's name, a Greek letter, a numbered name, or names one by one."""
    end = position
    while end < len(found) and found[end].group().isalpha() and found[end].group().isascii():
        end += 1
    run = "".join(m.group() for m in found[position:end])
    first, last = start + found[position].start(), start + found[max(end, position + 1) - 1].end()
    following = found[end].group() if end < len(found) else ""
    below = bool(result) and result[-1].text == "_" and result[-1].kind == "op"
    if run.lower() in FUNCTIONS:
        result.append(Token("word", run, first, last))
        return end
    if run.lower() in SUMS and following == "_":
        result.append(Token("op", SUMS[run.lower()], first, last))
        return end
    if run in GREEK:
        result.append(Token("name", GREEK[run], first, last))
        return end
    if run[:1] == "d" and run[1:] in GREEK:
        result += [Token("name", "d", first, first + 1), Token("name", GREEK[run[1:]], first + 1, last)]
        return end
    if end - position > 1 and below:
        # x_ij has two indices, also without braces.
        result.append(Token("brace", "{", first, first))
        result += [Token("name", m.group(), start + m.start(), start + m.end()) for m in found[position:end]]
        result.append(Token("brace", "}", last, last))
        return end
    if end - position > 1 and (following == "(" or (following == "'" and run[0] != "d")):
        # sh(x): several letters before a bracket are one function's name.
        result.append(Token("word", run, first, last))
        return end
    match = found[position]
    if end - position == 1 and not below and following.isdigit():
        # W1, in code one name, is W_1.
        result.append(Token("name", f"{match.group()}_{following}", first, start + found[end].end()))
        return end + 1
    result.append(Token("name", match.group(), start + match.start(), start + match.end()))
    return position + 1


def _script(found: list[re.Match[str]], position: int, start: int, result: list[Token]) -> int:
    table, sign = (SUPERSCRIPTS, "^") if found[position].group() in SUPERSCRIPTS else (SUBSCRIPTS, "_")
    first = start + found[position].start()
    result += [Token("op", sign, first, first), Token("brace", "{", first, first)]
    while position < len(found) and found[position].group() in table:
        character, place = table[found[position].group()], start + found[position].start()
        kind = "number" if character.isdigit() else "name" if character.isalpha() else "op"
        if character in "()":
            kind = "open" if character == "(" else "close"
        elif character == "=":
            kind = "relation"
        result.append(Token(kind, character, place, place + 1))
        position += 1
    last = start + found[position - 1].end()
    result.append(Token("brace", "}", last, last))
    return position


def _argument(found: list[re.Match[str]], position: int) -> tuple[list[re.Match[str]], int]:
    """The lexemes of a command's argument, braces excluded, and the position after it."""
    while position < len(found) and found[position].group().isspace():
        position += 1
    if position >= len(found):
        return [], position
    if found[position].group() != "{":
        return [found[position]], position + 1
    depth, end = 1, position + 1
    while end < len(found):
        depth += {"{": 1, "}": -1}.get(found[end].group(), 0)
        if depth == 0:
            break
        end += 1
    return found[position + 1 : end], end + 1


def _command(found: list[re.Match[str]], position: int, start: int, plain: bool, result: list[Token]) -> int:
    match = found[position]
    name, first, last = match.group()[1:].rstrip("*"), start + match.start(), start + match.end()
    if name in GAPS:
        result.append(Token("gap", "", first, last))
        return position + 1
    if name in WITH_ARGUMENT:
        if name == "tag":
            result.append(Token("gap", "", first, last))
        return _argument(found, position + 1)[1]
    if name in SILENT or not name.strip():
        following = found[position + 1].group() if position + 1 < len(found) else ""
        if name in ("left", "right") and following in (".", "/"):
            # An invisible bracket still closes the visible one of a set of cases.
            result.append(Token("close" if name == "right" else "open", ".", first, last))
            return position + 2
        return position + 1
    if name == "substack":
        inner, after = _argument(found, position + 1)
        at = 0
        while at < len(inner):
            at = _take(inner, at, start, plain, result)
        return after
    if name in GREEK:
        result.append(Token("name", GREEK[name], first, last))
        return position + 1
    if name in ("mathtt", "texttt"):
        inner, after = _argument(found, position + 1)
        code = "".join(m.group() for m in inner).replace("\\_", "_")
        if _CODE.fullmatch(code):
            result.append(Token("word", code, first, start + found[after - 1].end(), code=True))
            return after
    if name in FONTS or name in ACCENTS or name in ("mathbb", "mathcal", "mathscr", "mathfrak", "cal", "Bbb"):
        return _styled(found, position, start, plain, name, result)
    if name in WORDS:
        return _word(found, position, start, name, result)
    if name.lower() in FUNCTIONS:
        result.append(Token("word", name, first, last))
    elif name in ("R", "N", "E", "P"):
        result.append(Token("name", {"R": "ℝ"}.get(name, name), first, last))
    else:
        result.append(Token("command", "\\" + name, first, last))
    return position + 1


def _styled(found: list[re.Match[str]], position: int, start: int, plain: bool, name: str, result: list[Token]) -> int:
    inner, after = _argument(found, position + 1)
    first = start + found[position].start()
    last = start + found[min(after, len(found)) - 1].end()
    collected: list[Token] = []
    at = 0
    while at < len(inner):
        at = _take(inner, at, start, plain, collected)
    single = collected[0] if len(collected) == 1 else None
    if name in ("mathbb", "mathcal", "mathscr", "mathfrak", "cal", "Bbb") and single is not None:
        letter = single.text
        if name in ("mathbb", "Bbb"):
            letter = {"R": "ℝ", "1": "𝟙", "I": "𝟙", "E": "𝔼"}.get(letter, letter)
        result.append(Token("name", letter, first, last))
        return after
    if single is not None and single.text == "1" and name in FONTS:
        result.append(Token("name", "𝟏", first, last, bold=True))
        return after
    if single is not None and single.kind in ("name", "number"):
        text = single.text + ACCENTS.get(name, "")
        result.append(Token("name" if name in ACCENTS or single.kind == "name" else "number", text, first, last,
                            bold=name in FONTS))  # fmt: skip
        return after
    # A longer argument: \hat{y}_i is one name above; \overline{xy} is not a name, so it is a bracket.
    if name in ACCENTS and collected:
        base = "".join(t.text for t in collected if t.kind in ("name", "number"))
        result.append(Token("name", base + ACCENTS[name], first, last))
        return after
    bold = [Token(t.kind, t.text, t.start, t.end, bold=True) if t.kind == "name" else t for t in collected]
    result.extend(bold)
    return after


def _word(found: list[re.Match[str]], position: int, start: int, name: str, result: list[Token]) -> int:
    inner, after = _argument(found, position + 1)
    first = start + found[position].start()
    last = start + found[min(after, len(found)) - 1].end()
    text = "".join(m.group() for m in inner)
    stripped = re.sub(r"\\[,;! ]|[\s{}]+", "" if name != "text" else " ", text).strip()
    bare = stripped.replace("-", "").replace("_", "").replace(" ", "")
    if stripped in ("d", "T", "e") and name != "text":
        result.append(Token("op" if stripped == "T" else "name", "⊤" if stripped == "T" else stripped, first, last))
    elif stripped in ("T", "tr") and result and result[-1].text == "^":
        result.append(Token("op", "⊤", first, last))
    elif (bare.isalpha() and bare.lower() in FUNCTIONS) or (
        name in ("operatorname", "mathrm", "mathop", "DeclareMathOperator", "rm", "textrm") and bare.isalnum()
    ):
        result.append(Token("word", bare, first, last))
    elif name in ("mathrm", "rm", "mathop") and inner:
        at = 0
        while at < len(inner):
            at = _take(inner, at, start, False, result)
    else:
        result.append(Token("text", text, first, last))
    return after
