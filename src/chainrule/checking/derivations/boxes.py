r"""Formulas as text of several lines for a terminal, and as text of one line inside a sentence.

>>> print(boxed(r"s_i = \frac{e^{x_i}}{\sum_k e^{x_k}}"))
        xᵢ
       e
sᵢ = ───────
         xₖ
      ∑ e
      k
>>> flat(r"s_i = \frac{e^{x_i}}{\sum_k e^{x_k}}")
'sᵢ = e^(xᵢ) / (∑ₖ e^(xₖ))'
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from chainrule.checking.derivations.setting import Sheet, typeset
from chainrule.checking.derivations.vocabulary import SUBSCRIPTS, SUPERSCRIPTS

_BELOW = {plain: small for small, plain in SUBSCRIPTS.items()} | {"−": "₋", ",": ","}
_ABOVE = {plain: small for small, plain in SUPERSCRIPTS.items()} | {"−": "⁻", "⊤": "ᵀ", "′": "′", "″": "″"}
_TALL = {"(": "⎛⎜⎝", ")": "⎞⎟⎠", "[": "⎡⎢⎣", "]": "⎤⎥⎦", "{": "⎧⎨⎩", "}": "⎫⎬⎭", "|": "│││", "⟨": "⟨⟨⟨", "⟩": "⟩⟩⟩"}
_BINARY = frozenset("+−·×⊙∘⊗±/")
_PREFIXES = frozenset("∂∇∀√")


@dataclass(frozen=True)
class Box:
    """Lines of equal width, the one on which the formula stands, and what kind of thing it is, for the spacing."""

    lines: tuple[str, ...]
    base: int = 0
    kind: str = "name"

    @property
    def width(self) -> int:
        """Columns."""
        return _width(self.lines[0])

    @property
    def height(self) -> int:
        """Lines."""
        return len(self.lines)


def box(text: str) -> Box:
    """A formula in as many lines as it needs."""
    return typeset(text, _Lines())


def boxed(text: str) -> str:
    """The lines of a formula."""
    return "\n".join(line.rstrip() for line in box(text).lines)


def flat(text: str) -> str:
    """A formula in one line."""
    return typeset(text, _Line()).lines[0].strip()


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


def over_each_other(boxes: Sequence[Box], base: int, kind: str = "name") -> Box:
    """Boxes one above the other, centred; the formula stands on the base line of one of them."""
    width = max(box.width for box in boxes)
    lines = [_padded(line, width, centred=True) for box in boxes for line in box.lines]
    return Box(tuple(lines), sum(box.height for box in boxes[:base]) + boxes[base].base, kind)


def _stretched(fence: str, like: Box) -> Box:
    """A bracket as tall as what it holds."""
    if fence not in _TALL or like.height == 1:
        return Box((fence,))
    first, middle, last = tuple(_TALL[fence])
    return Box((first, *[middle] * (like.height - 2), last), like.base)


def _spaced(boxes: Sequence[Box]) -> list[Box]:
    """The boxes with the spaces that their kinds ask for between them."""
    found: list[Box] = []
    blank = Box((" ",))
    kinds = [box.kind for box in boxes]
    for at, box in enumerate(boxes):
        before = kinds[at - 1] if at else "open"
        binary = box.kind == "binary" and before not in ("open", "relation", "binary", "comma")
        after_sign = before in ("relation", "comma", "word") and box.kind not in ("close", "comma")
        factors = before in ("name", "close", "bracket", "tall") and box.kind in ("name", "word", "prefix", "tall")
        apart = (
            box.kind == "relation"
            or after_sign
            or binary
            or factors
            or (before == "binary" and _is_binary(kinds, at - 1))
            or (before == "tall" and box.kind == "bracket")
        )
        if at and apart and not (before == "word" and box.kind == "bracket"):
            found.append(blank)
        found.append(box)
    return found


def _is_binary(kinds: Sequence[str], at: int) -> bool:
    return at > 0 and kinds[at - 1] not in ("open", "relation", "binary", "comma")


class _Lines(Sheet[Box]):
    def row(self, parts: Sequence[Box]) -> Box:
        parts = [part for part in parts if part.width or part.height > 1]
        if len(parts) == 1:
            return parts[0]
        return beside(_spaced(parts))

    def group(self, inner: Box) -> Box:
        return inner

    def identifier(self, text: str, bold: bool) -> Box:
        return Box((text,), kind="word" if text.isalpha() and text.isascii() and len(text) > 1 else "name")

    def number(self, text: str) -> Box:
        return Box((text,))

    def operator(self, text: str, kind: str) -> Box:
        if kind in ("open", "close"):
            return Box((text,), kind=kind)
        if kind in ("relation", "arrow"):
            return Box((text,), kind="relation")
        if text in _BINARY:
            return Box((text,), kind="binary")
        if text in _PREFIXES:
            return Box((text,), kind="prefix")
        if text in "|‖":
            return Box((text,), kind="bar")
        if text in ("∑", "∏", "max", "min"):
            return Box((text,), kind="word")
        return Box((text,), kind="comma" if text in ",:" else "relation" if text == "∈" else "name")

    def bracketed(self, opening: str, inner: Sequence[Box], closing: str) -> Box:
        held = self.row(inner)
        return beside([_stretched(opening, held), held, _stretched(closing, held)], "bracket")

    def text(self, text: str) -> Box:
        return Box((text.replace("\n", " "),))

    def gap(self) -> Box:
        return Box(("   ",), kind="open")

    def newline(self) -> Box:
        return Box(("   ",), kind="open")

    def fraction(self, above: Box, below: Box) -> Box:
        bar = Box(("─" * (max(above.width, below.width) + 2),))
        return over_each_other([above, bar, below], 1, "tall")

    def root(self, inner: Box) -> Box:
        if inner.height == 1:
            return Box((f"√({inner.lines[0]})",))
        return beside([Box(("√",)), self.bracketed("(", [inner], ")")])

    def over(self, base: Box, above: Box) -> Box:
        return over_each_other([above, base], 1, "relation" if base.kind == "relation" else "name")

    def scripts(self, base: Box, below: Sequence[Box], above: Sequence[Box], stacked: bool) -> Box:
        under, over = (_narrow(beside(boxes)) if boxes else None for boxes in (below, above))
        if stacked:
            parts = [box for box in (over, base, under) if box is not None]
            return over_each_other(parts, parts.index(base), "word")
        kind = base.kind if base.kind in ("word", "prefix", "bracket") else "name"
        lowered, raised = _small(under, _BELOW), _small(over, _ABOVE)
        if lowered is not None and raised is not None and (base.height == 1 or kind == "bracket"):
            tails = [raised, *[""] * (base.height - 2), lowered] if base.height > 1 else [lowered + raised]
            width = max(map(len, tails))
            joined = tuple(line + _padded(tail, width) for line, tail in zip(base.lines, tails, strict=True))
            return Box(joined, base.base, kind)
        columns = []
        if over is not None:
            columns.append(Box((*over.lines, *[" " * over.width] * base.height), over.height + base.base))
        if under is not None:
            columns.append(Box((*[" " * under.width] * base.height, *under.lines), base.base))
        if len(columns) == 2:
            upper, lower = columns
            width = max(upper.width, lower.width)
            middle = [" " * width] * base.height
            lines = [*(over.lines if over else ()), *middle, *(under.lines if under else ())]
            columns = [Box(tuple(_padded(line, width) for line in lines), upper.base)]
        return beside([base, *columns], kind)

    def table(self, rows: Sequence[Sequence[Box]], left: str, right: str) -> Box:
        count = max((len(row) for row in rows), default=0)
        if not count:
            return self.row([])
        widths = [max((row[i].width for row in rows if i < len(row)), default=0) for i in range(count)]
        lines: list[str] = []
        for row in rows:
            cells = [
                Box(tuple(_padded(line, widths[i]) for line in cell.lines), cell.base) for i, cell in enumerate(row)
            ]
            joined = beside([piece for cell in cells for piece in (cell, Box(("  ",)))][:-1])
            lines += joined.lines
        width = max(map(_width, lines))
        inner = Box(tuple(_padded(line, width) for line in lines), len(lines) // 2)
        return beside([_stretched(left, inner), inner, _stretched(right, inner)], "tall")


class _Line(_Lines):
    """Everything in one line."""

    def fraction(self, above: Box, below: Box) -> Box:
        upper, lower = (_bracketed(box.lines[0]) for box in (above, below))
        return Box((f"{upper}/{lower}" if len(upper) + len(lower) < 12 else f"{upper} / {lower}",))

    def over(self, base: Box, above: Box) -> Box:
        return Box((f"{base.lines[0]}[{above.lines[0]}]",), kind="relation")

    def scripts(self, base: Box, below: Sequence[Box], above: Sequence[Box], stacked: bool) -> Box:
        text = base.lines[0]
        for sign, pieces, letters in (("_", below, _BELOW), ("^", above, _ABOVE)):
            if pieces:
                inner = _narrow(beside(pieces))
                small = _small(inner, letters)
                text += small if small is not None else sign + _bracketed(inner.lines[0], always=sign == "^")
        return Box((text,), kind=base.kind)

    def table(self, rows: Sequence[Sequence[Box]], left: str, right: str) -> Box:
        inner = "; ".join(", ".join(cell.lines[0] for cell in row) for row in rows)
        return Box((f"{left or '('}{inner}{right or ('}' if left == '{' else ')')}",))


def _narrow(box: Box) -> Box:
    """Scripts without spaces."""
    return Box((box.lines[0].replace(" ", ""),)) if box.height == 1 and box.width <= 12 else box


def _small(box: Box | None, letters: dict[str, str]) -> str | None:
    """A script in raised or lowered letters; None if there is none for one of its characters."""
    if box is None:
        return ""
    if box.height > 1:
        return None
    text = box.lines[0]
    return "".join(letters[c] for c in text) if all(c in letters for c in text) else None


def _bracketed(text: str, always: bool = False) -> str:
    simple = bool(text) and not any(c in text for c in " +−-/=≠≤≥<>")
    return text if simple and not (always and len(text) > 1) else f"({text})"
