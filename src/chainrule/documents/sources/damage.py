r"""Lexical repair of formulas: commands that lost their first letters, and letters that look like others.

A text that went through a program's string literal has `\f`, `\b`, `\t`, ... as one control character, or has lost it:
`\frac` arrives as `rac` and `\boldsymbol` as `oldsymbol`. If such a rest can only be that of one command, the command
is restored. Every repair has a note; all else stays as it is.
"""

from __future__ import annotations

import re

from chainrule.documents.sources.stretches import Edit, Stretch

_LETTERS = {"\x07": "a", "\x08": "b", "\t": "t", "\x0b": "v", "\x0c": "f", "\r": "r"}
"""The letters that follow the backslash in a string literal, by the character that they make there."""

_COMMAND = re.compile(
    "alpha|approx|arctan|arg(?:max|min)?|array|asymp|because|begin|beta|bf|bigg?[lr]?|binom|bm|boldsymbol|boxed|bullet|bar"
    "|tanh?|tag|tau|text(?:bf|it|rm)?|tfrac|therefore|theta|tilde|times|to|top|triangle|trace|varepsilon|varphi|vartheta"
    "|vdots|vec|vert|vee|footnotesize|forall|frac|flat|rangle|rceil|rho|right(?:arrow)?|rfloor|rVert|rvert"
)
"""Commands that begin with these letters."""

_CERTAIN = {
    "rac": "frac", "oldsymbol": "boldsymbol", "egin": "begin", "ext": "text", "extbf": "textbf", "extrm": "textrm",
    "ight": "right", "abla": "nabla", "eft": "left", "op": "top",
}  # fmt: skip
_BESIDE = {"au": "tau", "heta": "theta", "imes": "times", "anh": "tanh", "op": "top", "lpha": "alpha"}
_SIGNS = re.compile(
    r"(?P<words>\\(?:text[a-z]{0,6}|mbox|intertext)\s?\{[^{}]{0,300}\})"
    r"|(?P<escape>[\x07\x08\t\x0b\x0c\r])(?P<rest>[A-Za-z]{1,15})"
    r"|\\[A-Za-z]+"
    r"|(?P<certain>(?<![A-Za-z])(?:(?:rac|oldsymbol|egin|ext|extbf|extrm)(?=\s?\{)|ight(?=\s?[)\]}|.])|abla(?=[_^\s\\{(])"
    r"|eft(?=\s?[(\[|.]))|(?<=\^)\s?op\b|(?<=\^\{)\s?op(?=\s?\}))"
    r"|(?P<beside>(?<![A-Za-z])(?:au|heta|imes|anh|lpha)(?![A-Za-z])|(?<=[\])}])\s{1,3}op\b)"
    r"|(?P<broken>(?<!\\)\\(?=\s))|(?P<dots>(?<![A-Za-z])dots(?![A-Za-z]))"
    r"|(?P<lookalike>[аеорсухіАВЕКМНОРСТХ\uff01-\uff5e])|\\."
)
_CYRILLIC = dict(zip("аеорсухіАВЕКМНОРСТХ", "aeopcyxiABEKMHOPCTX", strict=True))


def repaired(formula: Stretch) -> tuple[Stretch, list[tuple[int, str]]]:
    r"""The formula after repairs, and for every repair its offset in the file and a note.

    >>> repaired(Stretch("D_{oldsymbol{z}} = -rac{t_1}{z_1}^ op"))[0].text
    'D_{\\boldsymbol{z}} = -\\frac{t_1}{z_1}^\\top'
    """
    text = formula.text
    edits: list[Edit] = []
    uncertain: list[Edit] = []
    inside_matrix: list[Edit] = []
    for match in _SIGNS.finditer(text):
        group, found = match.lastgroup, match.group()
        if group == "rest":
            command = _LETTERS[match["escape"]] + match["rest"]
            if _COMMAND.fullmatch(command) and not (match["escape"] == "\t" and _indents(text, match.start())):
                edits.append((*match.span(), f"\\{command}"))
        elif group == "certain":
            edits.append((*match.span(), f"\\{_CERTAIN[found.strip()]}"))
        elif group == "beside":
            uncertain.append((*match.span(), f"\\{_BESIDE[found.strip()]}"))
        elif group in ("broken", "dots"):
            inside_matrix.append((*match.span(), "\\\\" if group == "broken" else "\\vdots"))
        elif group == "lookalike" and not _in_word(text, match.start()):
            edits.append((*match.span(), _CYRILLIC.get(found) or chr(ord(found) - 0xFEE0)))
    # Other rests are read so only beside damage: a tab that became a space has left " au" of \tau, and in a matrix that
    # lost its backslashes `\\` has become `\`.
    commands = [new for _, _, new in edits if new[0] == "\\"]
    if commands:
        edits += uncertain
    if "\\begin" in commands:
        edits += inside_matrix
    edits.sort()
    notes = [(formula.origin(first), f"{text[first:last]!r} is read as {new}") for first, last, new in edits]
    return formula.edited(edits), notes


def _indents(text: str, at: int) -> bool:
    """Whether only space stands before this tab in its line."""
    line = text.rfind("\n", 0, at)
    return not text[line + 1 : at].strip() and (line >= 0 or at == 0)


def _in_word(text: str, at: int) -> bool:
    """Whether a letter has Cyrillic neighbours: a word of prose, not a look-alike."""
    return any("Ѐ" <= near <= "ӿ" for near in (text[max(at - 1, 0) : at], text[at + 1 : at + 2]))
