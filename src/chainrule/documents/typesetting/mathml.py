r"""LaTeX formulas as MathML, which browsers show without scripts, and as the layout that a terminal draws.

>>> mathml(r"\text{<b>}")
'<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline"><mrow><mtext>&lt;b&gt;</mtext></mrow></math>'
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape, unescape
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import convert_to_element

MOST_SET = 4000
"""Longer formulas are shown as they are written."""

_LEADING = ("href", "style", "class", "id", "src", "on")
"""Beginnings of attributes that lead elsewhere or change the page."""
_OPENING, _CLOSING = dict.fromkeys("([{⟨⌈⌊"), dict.fromkeys(")]}⟩⌉⌋")
_STACKED = ("∑", "∏", "max", "min")
_ACCENTS = {"˙": "\u0307", "¨": "\u0308", "^": "\u0302", "¯": "\u0304", "―": "\u0304", "~": "\u0303", "⃗": "\u20d7"}
_SIGNS = {"⊤": "ᵀ", "⋅": "·", "*": "·", "∥": "‖", "∣": "|", "-": "−", "'": "′"}
_PLAIN = {"msqrt": "root", "mroot": "root", "mfrac": "fraction", "mtable": "table", "mtr": "cells", "mtd": "cell"}


@dataclass(frozen=True)
class SetPiece:
    """A part of a formula with the parts that it is made of.

    `kind` is "row", "name", "number", "text", "sign", "gap", "fraction", "root", "over" (base, above), "scripts"
    and "stacked" (base, below, above), "bracket" or "matrix" with fences, "table", "cells" or "cell".
    """

    kind: str
    text: str = ""
    parts: tuple[SetPiece, ...] = ()
    fences: tuple[str, str] = ("", "")


def mathml(formula: str, *, display: bool = False) -> str:
    """A formula as MathML without links, styles or foreign elements; as it is written where that fails."""
    root = _element(formula)
    if root is None:
        return f"<code>{escape(formula)}</code>"
    if display:
        root.set("displaystyle", "true")
    return tostring(root, encoding="unicode", short_empty_elements=False)


def layout(formula: str) -> SetPiece:
    """The layout of a formula; of one that cannot be set, its text."""
    root = _element(formula)
    try:
        return SetPiece("text", formula[:200]) if root is None else _joined(_row(root))
    except RecursionError:
        return SetPiece("text", formula[:200])


# What follows is private.


def _element(formula: str) -> Element | None:
    if len(formula) > MOST_SET:
        return None
    try:
        root: Element = convert_to_element(formula)
        for element in root.iter():
            # The library writes character references into texts, and does not escape what stands in \text.
            element.text = "".join(c for c in unescape(element.text or "") if c.isprintable() or c.isspace())
            for name in [name for name in element.attrib if name.startswith(_LEADING)]:
                del element.attrib[name]
    except (Exception, RecursionError):
        return None
    return root


def _row(elements: Iterable[Element]) -> list[SetPiece]:
    """The pieces of a row, with brackets around what stands between them."""
    stack: list[tuple[str, list[SetPiece]]] = [("", [])]
    for element in _words(elements):
        base = element[0] if element.tag in ("msub", "msup", "msubsup") and len(element) else element
        form, text = base.get("form"), (base.text or "").strip()
        is_sign = base.tag == "mo"
        if is_sign and element is base and (form == "prefix" or (not form and text in _OPENING)):
            stack.append((text, []))
        elif is_sign and len(stack) > 1 and (form == "postfix" or (not form and text in _CLOSING)):
            fence, inner = stack.pop()
            bracket = _bracket(inner, fence, text)
            stack[-1][1].append(bracket if element is base else _scripted(element, bracket))
        else:
            stack[-1][1].extend(_pieces(element))
    while len(stack) > 1:
        fence, inner = stack.pop()
        stack[-1][1].append(_bracket(inner, fence, ""))
    return stack[0][1]


def _bracket(inner: list[SetPiece], left: str, right: str) -> SetPiece:
    kind = "matrix" if len(inner) == 1 and inner[0].kind == "table" else "bracket"
    return SetPiece(kind, parts=tuple(inner), fences=(left, right))


def _words(elements: Iterable[Element]) -> Iterator[Element]:
    """The elements, with letters of typewriter type joined to words."""
    for element in elements:
        letters = [each for each in element if each.get("mathvariant") == "monospace"]
        if element.tag == "mrow" and letters and len(letters) == len(element):
            word = Element("mi")
            word.text = "".join(each.text or "" for each in letters)
            yield word
        else:
            yield element


def _pieces(element: Element) -> list[SetPiece]:
    tag, text = element.tag, (element.text or "").strip()
    if tag in ("mrow", "math", "mstyle", "mpadded", "menclose", "mphantom"):
        return _row(element)
    if tag == "mspace":
        is_wide = element.get("linebreak") or element.get("width", "").removesuffix("em") >= "1"
        return [SetPiece("gap")] if is_wide else []
    if tag in ("mi", "mn", "mtext", "mo"):
        is_name = tag == "mi" or (tag == "mo" and text.isalpha() and text.isascii())
        kind = "name" if is_name else {"mn": "number", "mtext": "text"}.get(tag, "sign")
        return [SetPiece(kind, _SIGNS.get(text, text))]
    if tag in ("msub", "msup", "msubsup", "munder", "munderover"):
        return [_scripted(element, _joined(_row([element[0]])))]
    if tag == "mover":
        base, above = _joined(_row([element[0]])), _joined(_row(element[1:]))
        if above.text in _ACCENTS and len(base.text) == 1:
            return [SetPiece("name", base.text + _ACCENTS[above.text])]
        return [SetPiece("over", parts=(base, above))]
    if tag in ("mtable", "mtr"):
        return [SetPiece(_PLAIN[tag], parts=tuple(piece for each in element for piece in _pieces(each)))]
    if tag == "mfrac":
        return [SetPiece("fraction", parts=tuple(_joined(_row([each])) for each in element[:2]))]
    if tag in _PLAIN:
        return [SetPiece(_PLAIN[tag], parts=(_joined(_row(element)),))]
    return [SetPiece("text", text), *_row(element)]


def _scripted(element: Element, base: SetPiece) -> SetPiece:
    """A base with what stands below and above it."""
    scripts = [_joined(_row([each])) for each in element[1:]]
    empty = SetPiece("row")  # latex2mathml may leave out a script: \bf^1
    scripts = [empty, *scripts, empty] if element.tag == "msup" else [*scripts, empty, empty]
    return SetPiece("stacked" if base.text in _STACKED else "scripts", parts=(base, *scripts[:2]))


def _joined(pieces: list[SetPiece]) -> SetPiece:
    return pieces[0] if len(pieces) == 1 else SetPiece("row", parts=tuple(pieces))
