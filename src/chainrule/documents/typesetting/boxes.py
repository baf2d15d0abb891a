r"""Formulas as text of several lines for a terminal, and as text of one line inside a sentence.

>>> print(box(r"s_i = \frac{e^{x_i}}{\sum_k e^{x_k}}"))
        xᵢ
       e
sᵢ = ───────
         xₖ
      ∑ e
      k
>>> flat(r"s_i = \frac{e^{x_i}}{\sum_k e^{x_k}}")
'sᵢ = e^(xᵢ) / (∑ₖ e^(xₖ))'
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from chainrule.documents.typesetting.mathml import SetPiece, layout

_BELOW = dict(zip("0123456789+−=()ijklmnaxtspruveoh,", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ᵢⱼₖₗₘₙₐₓₜₛₚᵣᵤᵥₑₒₕ,", strict=True))
_ABOVE = dict(zip("0123456789+−=()nixyTabcdetkjmzᵀ′″", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱˣʸᵀᵃᵇᶜᵈᵉᵗᵏʲᵐᶻᵀ′″", strict=True))
_TALL = {"(": "⎛⎜⎝", ")": "⎞⎟⎠", "[": "⎡⎢⎣", "]": "⎤⎥⎦", "{": "⎧⎨⎩", "}": "⎫⎬⎭", "|": "│││", "⟨": "⟨⟨⟨", "⟩": "⟩⟩⟩"}
_KINDS = {
    **dict.fromkeys("+−·×⊙∘⊗±/", "binary"), **dict.fromkeys("∂∇∀√", "prefix"), **dict.fromkeys("|‖", "bar"),
    **dict.fromkeys("∑∏", "word"), **dict.fromkeys(",:;", "comma"), **dict.fromkeys("([{⟨⌈⌊", "open"),
    **dict.fromkeys(")]}⟩⌉⌋", "close"), **dict.fromkeys(("=", ":=", *"≠<>≤≥≈∼≡∈∝→⇒⇔←↦"), "relation"),
}  # fmt: skip
"""The kinds of signs, which set the spacing."""

_WIDEST_SCRIPT = 12
"""Columns up to which a script is written without spaces."""


@dataclass(frozen=True)
class Box:
    """Lines of equal width, the number of the base line, and the kind of the formula, which sets the spacing."""

    lines: tuple[str, ...]
    base: int = 0
    kind: str = "name"

    def __str__(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines)

    @property
    def width(self) -> int:
        """Columns."""
        return _width(self.lines[0])

    @property
    def height(self) -> int:
        """Lines."""
        return len(self.lines)


Draw = Callable[[SetPiece], Box]
Form = Callable[[SetPiece, Draw], Box]
"""Draws a piece, given the function that draws its parts."""


def box(text: str) -> Box:
    """A formula in as many lines as it needs."""
    return _drawn(layout(text), _IN_LINES)


def flat(text: str) -> str:
    """A formula in one line."""
    return _drawn(layout(text), _IN_ONE_LINE).lines[0].strip()


def _drawn(piece: SetPiece, forms: dict[str, Form]) -> Box:
    if piece.kind in forms:
        return forms[piece.kind](piece, lambda part: _drawn(part, forms))
    return Box((piece.text.replace("\n", " "),), kind=_KINDS.get(piece.text, "name"))


def _width(line: str) -> int:
    return sum(not unicodedata.combining(character) for character in line)


def _padded(line: str, width: int, centred: bool = False) -> str:
    missing = width - _width(line)
    left = missing // 2 if centred else 0
    return " " * left + line + " " * (missing - left)


def beside(boxes: Sequence[Box], kind: str = "name") -> Box:
    """Boxes side by side on one base line."""
    if not boxes:
        return Box(("",), 0, kind)
    above = max(box.base for box in boxes)
    below = max(box.height - box.base for box in boxes)
    lines = [""] * (above + below)
    for box in boxes:
        for at in range(above + below):
            inside = at - above + box.base
            lines[at] += box.lines[inside] if 0 <= inside < box.height else " " * box.width
    return Box(tuple(lines), above, kind)


def _over_each_other(boxes: Sequence[Box], base: int, kind: str = "name") -> Box:
    """Boxes one above the other, centred; the formula stands on the base line of one of them."""
    width = max(box.width for box in boxes)
    lines = [_padded(line, width, centred=True) for box in boxes for line in box.lines]
    return Box(tuple(lines), sum(box.height for box in boxes[:base]) + boxes[base].base, kind)


def _fenced(fences: tuple[str, str], inner: Box, kind: str) -> Box:
    """A box between two fences that are as tall as the box."""
    left, right = (_stretched(fence, inner) for fence in fences)
    return beside([left, inner, right], kind)


def _stretched(fence: str, like: Box) -> Box:
    if fence not in _TALL or like.height == 1:
        return Box((fence,))
    first, middle, last = tuple(_TALL[fence])
    return Box((first, *[middle] * (like.height - 2), last), like.base)


def _spaced(boxes: Sequence[Box]) -> list[Box]:
    """The boxes with the spaces between them that their kinds ask for."""
    found: list[Box] = []
    kinds = [box.kind for box in boxes]
    for at, box in enumerate(boxes):
        before = kinds[at - 1] if at else "open"
        binary = box.kind == "binary" and before not in ("open", "relation", "binary", "comma")
        after_sign = before in ("relation", "comma", "word") and box.kind not in ("close", "comma")
        factors = before in ("name", "close", "bracket", "tall") and box.kind in ("name", "word", "prefix", "tall")
        after_binary = before == "binary" and at > 1 and kinds[at - 2] not in ("open", "relation", "binary", "comma")
        bracket = box.kind == "bracket" and before == "tall"
        apart = box.kind == "relation" or after_sign or binary or factors or after_binary or bracket
        if at and apart and not (before == "word" and box.kind == "bracket"):
            found.append(Box((" ",)))
        found.append(box)
    return found


def _row(piece: SetPiece, draw: Draw) -> Box:
    boxes = [box for box in map(draw, piece.parts) if box.width or box.height > 1]
    return boxes[0] if len(boxes) == 1 else beside(_spaced(boxes))


def _word(piece: SetPiece, draw: Draw) -> Box:
    text = piece.text
    return Box((text,), kind="word" if text.isalpha() and text.isascii() and len(text) > 1 else "name")


def _space(piece: SetPiece, draw: Draw) -> Box:
    return Box(("   ",), kind="open")


def _tight(script: Box) -> Box:
    """A script, without spaces if it is short."""
    short = script.height == 1 and script.width <= _WIDEST_SCRIPT
    return Box((script.lines[0].replace(" ", ""),)) if short else script


def _base_and_scripts(piece: SetPiece, draw: Draw) -> tuple[Box, Box, Box]:
    base, below, above = map(draw, piece.parts)
    return base, _tight(below), _tight(above)


def _bracket(piece: SetPiece, draw: Draw) -> Box:
    return _fenced(piece.fences, _row(piece, draw), "tall" if piece.kind == "matrix" else "bracket")


def _fraction(piece: SetPiece, draw: Draw) -> Box:
    above, below = map(draw, piece.parts)
    bar = Box(("─" * (max(above.width, below.width) + 2),))
    return _over_each_other([above, bar, below], 1, "tall")


def _root(piece: SetPiece, draw: Draw) -> Box:
    return beside([Box(("√",)), _fenced(("(", ")"), draw(piece.parts[0]), "bracket")])


def _over(piece: SetPiece, draw: Draw) -> Box:
    base, above = map(draw, piece.parts)
    return _over_each_other([above, base], 1, "relation" if base.kind == "relation" else "name")


def _limits(piece: SetPiece, draw: Draw) -> Box:
    """A sum with its limits below and above it."""
    base, below, above = _base_and_scripts(piece, draw)
    parts = [each for each in (above, base, below) if each is base or each.width]
    return _over_each_other(parts, parts.index(base), "word")


def _scripts(piece: SetPiece, draw: Draw) -> Box:
    base, under, over = _base_and_scripts(piece, draw)
    kind = base.kind if base.kind in ("word", "prefix", "bracket") else "name"
    lowered, raised = _small(under, _BELOW), _small(over, _ABOVE)
    above = 0
    if lowered is None or raised is None or (base.height > 1 and kind != "bracket"):
        upper, lower = (each.lines if each.width else () for each in (over, under))
        column = [*upper, *[""] * base.height, *lower]
        above = len(upper)
    else:
        column = [raised, *[""] * (base.height - 2), lowered] if base.height > 1 else [lowered + raised]
    width = max(map(_width, column))
    scripts = Box(tuple(_padded(line, width) for line in column), above + base.base)
    return beside([base, scripts], kind)


def _table(piece: SetPiece, draw: Draw) -> Box:
    rows = [[draw(cell) for cell in row.parts] for row in piece.parts]
    columns = zip_longest(*rows, fillvalue=Box(("",)))
    widths = [max(cell.width for cell in column) for column in columns]
    lines: list[str] = []
    for row in rows:
        pairs = zip(row, widths, strict=False)
        cells = [Box(tuple(_padded(line, width + 2) for line in cell.lines), cell.base) for cell, width in pairs]
        lines += [line[:-2] for line in beside(cells).lines]
    width = max(map(_width, lines), default=0)
    return Box(tuple(_padded(line, width) for line in lines) or ("",), len(lines) // 2)


def _slash(piece: SetPiece, draw: Draw) -> Box:
    above, below = (_bracketed(draw(part).lines[0]) for part in piece.parts)
    return Box((f"{above}/{below}" if len(above) + len(below) < 12 else f"{above} / {below}",))


def _annotated(piece: SetPiece, draw: Draw) -> Box:
    base, above = map(draw, piece.parts)
    return Box((f"{base.lines[0]}[{above.lines[0]}]",), kind="relation")


def _scripts_in_line(piece: SetPiece, draw: Draw) -> Box:
    base, below, above = _base_and_scripts(piece, draw)
    text = base.lines[0]
    for sign, script, letters in (("_", below, _BELOW), ("^", above, _ABOVE)):
        small = _small(script, letters)
        text += sign + _bracketed(script.lines[0], always=sign == "^") if small is None else small
    return replace(base, lines=(text,))


def _matrix_in_line(piece: SetPiece, draw: Draw) -> Box:
    left, right = piece.fences
    return Box((f"{left or '('}{draw(piece.parts[0]).lines[0]}{right or ('}' if left == '{' else ')')}",))


def _separated(separator: str) -> Form:
    return lambda piece, draw: Box((separator.join(draw(part).lines[0] for part in piece.parts),))


def _small(box: Box, letters: dict[str, str]) -> str | None:
    """A script in raised or lowered letters; None if there is none for one of its characters."""
    text = box.lines[0]
    return "".join(letters[c] for c in text) if box.height == 1 and all(c in letters for c in text) else None


def _bracketed(text: str, always: bool = False) -> str:
    simple = bool(text) and not any(c in text for c in " +−-/=≠≤≥<>")
    return text if simple and not (always and len(text) > 1) else f"({text})"


_IN_LINES: dict[str, Form] = {
    "row": _row, "cell": _row, "name": _word, "gap": _space, "bracket": _bracket, "matrix": _bracket, "table": _table,
    "fraction": _fraction, "root": _root, "over": _over, "stacked": _limits, "scripts": _scripts,
}  # fmt: skip
_IN_ONE_LINE: dict[str, Form] = {
    **_IN_LINES, "matrix": _matrix_in_line, "table": _separated("; "), "cells": _separated(", "), "fraction": _slash,
    "over": _annotated, "stacked": _scripts_in_line, "scripts": _scripts_in_line,
}  # fmt: skip
