"""The text of a formula as tokens, with the document's macros expanded."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from typing import NamedTuple

from chainrule.documents.reader.syntax.constructs import CONNECTIVES, CONSTRUCTS, ENVIRONMENTS, NAMES, UNICODE
from chainrule.documents.reader.syntax.known_words import OF_ARRAYS

MOST_TEXT = 40_000
"""Characters of a formula; a longer one is not read."""

MOST_EXPANDED = 60_000
"""Tokens that the macros of one formula may make or move."""


DEFINERS = ("def", "newcommand", "renewcommand", "providecommand", "DeclareMathOperator", "gdef", "let")


class FormulaToken(NamedTuple):
    """A sign, a letter, a number, a word or a command, with its place.

    Attributes
    ----------
    kind : str
        "command", "number", "word" (a name of several letters), "phrase" (words that are no name), "letter", "sign",
        "space" or "problem".
    text : str
        The command's name without a backslash; for others the characters themselves.
    raw : str
        As it is written.
    arguments : tuple of str
        What is given to a command and is no formula: the text of \\text, the name of an environment.
    """

    kind: str
    text: str
    start: int
    end: int
    raw: str
    arguments: tuple[str, ...] = ()


_WORD = "A-Za-zÀ-ÖØ-öø-ɏЀ-ӿḀ-ỿ"
_PATTERN = r"""
    (?P<space>\s+|(?<!\\)%[^\n]*\n?)
    |(?P<row>\\\\\*?(?:\[\s*-?[\d.]+\s*(?:[a-z]{2}|\\[a-z]+)\s*\])?)
    |\\(?P<command>(?:operatorname|hspace|vspace|tag|color)\*|[A-Za-z]+|.)
    |(?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+(?![\d.]))?(?:\{,\}\d+)*
        (?:(?:\\[,;:!\ ]|~|\u2009|\u202f)\d{3}(?!\d))*)
    |(?P<phrase>(?<![A-Za-z\\_^])(?:for\ (?:all|any|every|each|some)|if\ and\ only\ if|such\ that|otherwise)(?![A-Za-z])
        |[\u2e80-\u2fdf\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+)
    |(?P<dotted>(?:np|torch|tf|math|F|jnp|K|nn)(?:\.[A-Za-z_]\w*)+)
    |(?P<turned>(?<=[\w)\]}])\.T(?!\w))
    |(?P<run>[WORD]{2,})
    |(?P<sign>:=|=:|<=>|=>|==|->|<=|>=|\.\.\.|'+|\$\$|PLAIN)
    |(?P<above>[⁰¹²³⁴-⁹⁺⁻⁼⁽⁾ⁿⁱᵀᴸᵃ-ᵏᵐᵒᵖᵗᵘᵛʰʲʳˢʷˣʸᶜᴴ°]+)
    |(?P<below>[₀-₉₊₋₌₍₎ₐ-ₜᵢᵣᵤᵥⱼ]+)
    |(?P<letter>(?:[^\W\d_][\u0300-\u036f\u20d0-\u20ff]*))
    |(?P<other>.)
"""
_LATEX = re.compile(_PATTERN.replace("PLAIN", r"\#\d").replace("WORD", _WORD), re.VERBOSE | re.DOTALL)
_PLAIN = re.compile(_PATTERN.replace("PLAIN", r"!=|\*\*|[+-]=|<-(?=\s)").replace("WORD", _WORD), re.VERBOSE | re.DOTALL)
_PLAIN_SCRIPT = re.compile(
    r"_(?![{(\s])(?P<below>\d+(?=[A-Za-ho-z]|[a-z]_)|[^\W\d_](?=[^\W\d_]_|(?:log|ln|exp)(?![^\W_]))|[^\W_]+)"
    r"|(?:\^|\*\*)(?P<above>[-−+]?(?:\d+(?:\.\d+)?|[^\W\d_]))"
)
"""Scripts without braces. That of W_1x is 1, that of x_1j is 1j, and that of w_ix_i and y_ilog(z) is i."""
_LABELS = frozenset({"emp", "imp", "init", "inp", "min", "new", "opt", "pos", "pre", "pred", "prev", "sim", "sup"})
"""Words in subscripts with letters that are else indices."""
_SPACE = re.compile(r"(?:\s|~|\\[ ,;:!])+")
_CALLED = re.compile(r"[A-Za-z]{3,}\((?:[A-Za-z](?:_(?:\w|\{\w+\}))?(?:, ?(?=[^,)]))?)+\)")
"""A function at letters, such as softmax(x), within a text."""
_FACTORS = re.compile(r"(?<![A-Za-z\\])[A-Za-z]{1,2}(?![A-Za-z])")
"""One or two letters that are no part of a word."""
_SPACING = re.compile(r"\\[,;:! ]|\\(?:thinspace|mathrm|text|rm)\b|[\s~{}]")
_NAME = re.compile(r"[^\W\d_][\w'-]*[^\W_]\Z")
_BELOW = tuple("_ᵢⱼₖₙₘ₀₁")
_DENOMINATOR = re.compile(r"(?:\}\s*\{\s*|/\s*)(?:\\partial\s*|∂)(?P<word>[A-Za-z]{3,20})(?![A-Za-z])")
_NUMERATOR = re.compile(r"frac\s*\{\s*(?:\\partial|∂|d|\\mathrm\{d\}|\\mathrm d)\s*(?P<word>[A-Z]{2,5})\s*\}")
_SPLIT = re.compile(r"(?:()(log|exp|ln|sin|cos|tanh|max|min)([A-Za-z])|([A-Za-z])(log|exp|ln)([A-Za-z]?))\Z")
"""A function and a letter without a space between, logx or ylogx. But asin, xmax and argmin are names."""


def words_in_derivatives(formulas: str) -> set[str]:
    r"""Runs of letters by which formulas differentiate again and again: names, for nobody differentiates by a product.

    >>> words_in_derivatives(r"\frac{\partial E}{\partial net_m} \frac{\partial net_m}{\partial w} = ∂E/∂net_h")
    {'net'}

    So are capitals that are differentiated and defined.

    >>> words_in_derivatives(r"FL = -\log p   \frac{d FL}{d p}   \frac{\partial AB}{\partial x}")
    {'FL'}
    """
    found = Counter(match["word"] for match in _DENOMINATOR.finditer(formulas))
    capitals = {match["word"] for match in _NUMERATOR.finditer(formulas)}
    defined = {word for word in capitals if re.search(rf"(?:^|\s){word}\s*(?:=|&=|:=|\()", formulas)}
    return {word for word, count in found.items() if count > 1 and set("aeiou") & set(word.lower())} | defined


def tokens_of(
    text: str, macros: Iterable[tuple[str, int, str]] = (), names: Set[str] = frozenset()
) -> list[FormulaToken]:
    """The tokens of a formula, without spaces.

    Parameters
    ----------
    text : str
    macros : iterable of (name, number of arguments, replacement)
        The document's commands. Their tokens have the place of the call; those of their arguments keep their own.
    names : set of str
        Further words that are names.

    Examples
    --------
    >>> [token.text for token in tokens_of(r"\\half x", [("half", 0, r"\\frac12")])]
    ['frac', '12', 'x']
    """
    found = list(_tokens(text, names=names))
    if any(token.text in DEFINERS for token in found if token.kind == "command"):
        found = list(_without_definitions(found))
    known = {name.lstrip("\\"): (count, replacement) for name, count, replacement in macros}
    if known and any(token.text in known for token in found if token.kind == "command"):
        found = _expanded(found, known)
    return list(_with_arguments(found))


# What follows is private.


def _tokens(text: str, plain: bool | None = None, names: Set[str] = frozenset()) -> Iterator[FormulaToken]:
    """Spaces are tokens here, so that text among commands can be put together again."""
    plain = "\\" not in text if plain is None else plain
    pattern, at = _PLAIN if plain else _LATEX, 0
    alone = set("".join(_FACTORS.findall(text)))
    while at < len(text):
        if plain and text[at] in "_^*" and (script := _PLAIN_SCRIPT.match(text, at)):
            kind = str(script.lastgroup)
            yield from _script("_" if kind == "below" else "^", script[kind], script.start(), script.end(), names)
            at = script.end()
            continue
        match = pattern.match(text, at)
        assert match is not None
        kind, raw, start, at = str(match.lastgroup), match.group(), match.start(), match.end()
        if kind == "run":
            factors = len(raw) == len(set(raw)) and set(raw) <= alone
            yield from _run(raw, start, text[start - 1 : start], text[at : at + 6], names, factors)
        elif kind in ("above", "below"):
            inside = unicodedata.normalize("NFKC", raw).replace("°", "∘")  # a degree sign is a circle above
            yield from _script("_" if kind == "below" else "^", inside, start, at)
        elif kind == "command":
            yield FormulaToken("command", match["command"], start, at, raw)
        elif kind == "row":
            yield FormulaToken("command", "\\", start, at, raw)
        elif kind == "dotted":
            yield FormulaToken("word", raw if raw in OF_ARRAYS else raw.rpartition(".")[2], start, at, raw)
        elif kind == "turned":
            yield from _script("^", "T", start, at)
        elif plain and raw in ("Σ", "Π") and text[at : at + 1] in _BELOW:
            yield FormulaToken("command", {"Σ": "sum", "Π": "prod"}[raw], start, at, raw)
        elif kind in ("letter", "other") and raw in UNICODE:
            yield FormulaToken("command", UNICODE[raw], start, at, raw)
        elif kind == "other":
            yield FormulaToken("sign", raw.translate(_NARROW), start, at, raw)
        else:
            yield FormulaToken(kind, raw, start, at, raw)


_NARROW = str.maketrans("（）［］｛｝，：；．！＝＋－＜＞｜／。、", "()[]{},:;.!=+-<>|/.,")


def _script(sign: str, text: str, start: int, end: int, names: Set[str] = frozenset()) -> Iterator[FormulaToken]:
    """A script without braces, as one with braces."""
    for kind, inside in (
        ("sign", sign),
        ("sign", "{"),
        *((token.kind, token.text) for token in _tokens(text, names=names)),
        ("sign", "}"),
    ):
        yield FormulaToken(kind, inside, start, end, inside)


def _run(raw: str, start: int, before: str, after: str, names: Set[str], factors: bool) -> Iterator[FormulaToken]:
    """Letters without a space between: a word, or factors, as which each of them may stand in the same formula."""
    split = _SPLIT.match(raw)
    is_call = after.startswith(("(", "\\left(")) and len(raw) > 2
    vowels = sum(each in "aeouAEOU" for each in raw)
    is_apart = not before.strip(" \n\t~,:;") and not after[:1].strip(" \n\t~,:;\\")
    if is_apart and raw.lower() in CONNECTIVES:
        yield FormulaToken("phrase", raw, start, start + len(raw), raw)
    elif raw not in NAMES | names and split:
        for group in filter(split.group, range(1, 7)):
            kind, inside = "word" if group in (2, 5) else "letter", split[group]
            yield FormulaToken(kind, inside, start + split.start(group), start + split.end(group), inside)
    elif (
        raw in NAMES | names
        or (before + after[:1] == "{}" and raw in _LABELS)
        or (is_call and raw.isascii())
        or (len(raw) > 3 and vowels and not factors)
    ):
        yield FormulaToken("word", raw, start, start + len(raw), raw)
    elif not raw.isascii() and (len(raw) > 2 or raw.lower() in CONNECTIVES):
        yield FormulaToken("phrase", raw, start, start + len(raw), raw)
    else:
        for offset, each in enumerate(raw, start):
            yield FormulaToken("letter", each, offset, offset + 1, each)


def _without_definitions(tokens: list[FormulaToken]) -> Iterator[FormulaToken]:
    """Without \\def and \\newcommand, which belong to the macros of the document."""
    waiting = tokens[::-1]
    while waiting:
        token = waiting.pop()
        if token.kind == "command" and token.text in DEFINERS:
            _one_argument(waiting)
            while waiting and waiting[-1].raw != "{":
                waiting.pop()
            _one_argument(waiting)
        else:
            yield token


def _expanded(tokens: list[FormulaToken], known: dict[str, tuple[int, str]]) -> list[FormulaToken]:
    """With the document's macros replaced; one that has no end is a problem, and nothing of it is left."""
    bodies = {name: list(_tokens(replacement, plain=False)) for name, (_, replacement) in known.items()}
    waiting, budget, found = tokens[::-1], MOST_EXPANDED, list[FormulaToken]()
    calls = {token.start: token.text for token in tokens if token.kind == "command"}
    while waiting:
        token = waiting.pop()
        if token.kind != "command" or token.text not in known:
            found.append(token)
            continue
        if budget <= 0:
            start, name = token.start, calls.get(token.start, token.text)
            found, waiting = ([each for each in every if each.start != start] for every in (found, waiting))
            told = f"the macro \\{name} grows without end, or to more than {MOST_EXPANDED} signs"
            found.append(FormulaToken("problem", told, start, token.end, token.raw))
            known = {}  # the formula is not read
            continue
        given, end, name = [], token.end, token.text
        if f"{name}[" in known and waiting and waiting[-1].raw == "[":
            name += waiting.pop().raw
            optional, end = _until("]", waiting)
            given.append(optional)
        for _ in range(known[name][0] - len(given)):
            argument, end = _one_argument(waiting, end)
            given.append(argument)
        made: list[FormulaToken] = []
        for each in bodies[name]:
            if each.kind == "sign" and each.text[0] == "#" and each.text[1:].isdigit():
                made += given[int(each.text[1:]) - 1] if int(each.text[1:]) <= len(given) else []
            else:
                made.append(each._replace(start=token.start, end=end))
            if len(made) > budget:
                break
        budget -= len(made) + sum(map(len, given)) + 1
        waiting += made[::-1]
    return found


def _one_argument(waiting: list[FormulaToken], end: int = 0) -> tuple[list[FormulaToken], int]:
    """Taken from the end of a reversed list: what stands in braces, or one token; and its end."""
    while waiting and waiting[-1].kind == "space":
        waiting.pop()
    if not waiting:
        return [], end
    token = waiting.pop()
    if token.text != "{" or token.kind != "sign":
        if token.kind in ("number", "word") and len(token.text) > 1:
            first, rest = first_and_rest(token)
            waiting.append(rest)
            return [first], first.end
        return [token], token.end
    return _until("}", waiting)


def _until(close: str, waiting: list[FormulaToken]) -> tuple[list[FormulaToken], int]:
    """Taken from the end of a reversed list: what stands before a closing sign outside of braces, and its end."""
    found, depth, end = list[FormulaToken](), 0, 0
    while waiting:
        token = waiting.pop()
        end = token.end
        if token.raw == close and not depth:
            break
        depth += (token.raw == "{") - (token.raw == "}")
        found.append(token)
    return found, end


def first_and_rest(token: FormulaToken) -> tuple[FormulaToken, FormulaToken]:
    """A number or a word of several characters as its first character and the others: \\frac12.

    >>> [part.text for part in first_and_rest(FormulaToken("number", "12", 0, 2, "12"))]
    ['1', '2']
    """
    at = token.start + 1
    kind = "number" if token.kind == "number" else "letter"
    rest = token._replace(text=token.text[1:], raw=token.raw[1:], start=at)
    return FormulaToken(kind, token.text[0], token.start, at, token.raw[0]), rest


def _with_arguments(tokens: list[FormulaToken]) -> Iterator[FormulaToken]:
    """Without spaces, and with the text that commands take; a font around a word makes a name."""
    at = 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        construct = CONSTRUCTS.get(token.text) if token.kind == "command" else None
        if token.kind == "space":
            continue
        if construct is None or (construct.role != "font" and "r" not in construct.arguments):
            yield token
        elif construct.role == "font":
            inside, end = _raw(tokens, at)
            name = _SPACING.sub("", inside)
            upright = construct.value in ("roman", "sans", "typewriter", "italic")
            if _NAME.match(name) and (upright or name in NAMES) and end > at + 1:
                yield FormulaToken("word", name, token.start, tokens[end - 1].end, inside)
                at = end
            else:
                yield token
        elif construct.role == "text":
            inside, end = _raw(tokens, at)
            yield from _words(token, tokens[at:end])
            at = end
        else:
            inside, at = _raw(tokens, _optional(tokens, at) if construct.arguments[0] == "o" else at)
            for _ in range(construct.arguments.count("r") - 1):
                at = _raw(tokens, at)[1] if tokens[at : at + 1] and tokens[at].raw == "{" else at
            if construct.role == "begin":
                for kind in ENVIRONMENTS[inside].arguments if inside in ENVIRONMENTS else "":
                    at = _raw(tokens, at)[1] if kind == "r" else _optional(tokens, at)
            yield token._replace(arguments=(inside,))


def _words(command: FormulaToken, tokens: list[FormulaToken]) -> Iterator[FormulaToken]:
    """The content of \\text: a name, words, and formulas between dollars."""
    is_formula = False
    part: list[FormulaToken] = []
    for token in [*tokens, FormulaToken("sign", "$", command.end, command.end, "$")]:
        if token.raw not in ("$", "\\(", "\\)"):
            part.append(token)
            continue
        part = part if is_formula else _unboxed(part)
        if is_formula:
            yield from _with_arguments(part)
        else:
            text = _SPACE.sub(" ", "".join(each.raw for each in part)).strip("{} ")
            start, end = (part[0].start, part[-1].end) if part else (command.start, command.end)
            if _CALLED.fullmatch(text) and text.partition("(")[0].lower() not in CONNECTIVES:
                yield from (each for each in part if each.kind != "space")
            elif _NAME.match(text) and text.lower() not in CONNECTIVES:
                yield FormulaToken("word", text, start, end, text)
            elif len(text) > 1 and any(each.isalpha() for each in text):
                yield FormulaToken("phrase", text, start, end, text)
            elif text:
                yield from (each for each in part if each.kind != "space" and each.raw not in "{}")
        is_formula, part = not is_formula, []


def _unboxed(tokens: list[FormulaToken]) -> list[FormulaToken]:
    r"""Words without the commands that box or colour them: \\text{\\framebox{$x$}}."""
    found, at = list[FormulaToken](), 0
    while at < len(tokens):
        token = tokens[at]
        construct = CONSTRUCTS.get(token.text) if token.kind == "command" else None
        at += 1
        if construct is None or construct.role not in ("inside", "font", "switch", "nothing"):
            found.append(token)
        elif construct.arguments[:1] == "r":
            at = _raw(tokens, at)[1]
    return found


def _optional(tokens: list[FormulaToken], at: int) -> int:
    """Behind an argument in square brackets, if there is one."""
    if at < len(tokens) and tokens[at].raw == "[":
        for position in range(at, min(len(tokens), at + 20)):
            if tokens[position].raw == "]":
                return position + 1
    return at


def _raw(tokens: list[FormulaToken], at: int) -> tuple[str, int]:
    """The text of the next argument, and where it ends."""
    while at < len(tokens) and tokens[at].kind == "space":
        at += 1
    if at == len(tokens):
        return "", at
    if tokens[at].raw != "{":
        return tokens[at].raw, at + 1
    parts: list[str] = []
    depth = 0
    for position in range(at, len(tokens)):
        raw = tokens[position].raw
        depth += (raw == "{") - (raw == "}")
        if depth == 0:
            return "".join(parts[1:]), position + 1
        parts.append(raw)
    return "".join(parts[1:]), len(tokens)
