r"""LaTeX formulas as MathML, which browsers show without scripts.

>>> mathml(r"\frac{x_i}{2}", display=False)
'<math><mrow><mfrac><mrow><msub><mi>x</mi><mi>i</mi></msub></mrow><mrow><mn>2</mn></mrow></mfrac></mrow></math>'
"""

from html import escape

from chainrule.checking.documents.setting import Piece, layout

_TAGS = {
    "row": "", "joined": "", "group": "mrow", "bracket": "mrow", "matrix": "mrow", "name": "mi", "bold": "mi",
    "number": "mn", "text": "mtext", "fraction": "mfrac", "root": "msqrt", "over": "mover", "table": "mtable",
    "cells": "mtr", "cell": "mtd",
}  # fmt: skip
"""The element for each kind of piece; operators are `mo`."""
_SPACES = {"gap": '<mspace width="1em"/>', "newline": '<mspace linebreak="newline"/>'}
_SCRIPTS = {
    ("scripts", True, True): "msubsup",
    ("scripts", True, False): "msub",
    ("scripts", False, True): "msup",
    ("stacked", True, True): "munderover",
    ("stacked", True, False): "munder",
    ("stacked", False, True): "msup",
}
"""The element for a base with its scripts, by whether something stands below and above it."""


def mathml(text: str, *, display: bool = True, plain: bool = False) -> str:
    """A formula as a MathML element."""
    opening = '<math display="block">' if display else "<math>"
    return f"{opening}<mrow>{_element(layout(text, plain=plain))}</mrow></math>"


def _element(piece: Piece) -> str:
    if piece.kind in _SPACES:
        return _SPACES[piece.kind]
    inner = [_element(part) for part in piece.parts]
    if piece.kind in ("scripts", "stacked"):
        base, below, above = inner
        tag = _SCRIPTS[piece.kind, bool(below), bool(above)]
        return f"<{tag}>{base}{_one(below)}{_one(above)}</{tag}>"
    left, right = (f"<mo>{escape(fence)}</mo>" if fence else "" for fence in piece.fences)
    content = left + "".join(inner) + escape(piece.text) + right
    tag = _TAGS.get(piece.kind, "mo")
    bold = ' mathvariant="bold"' if piece.kind == "bold" else ""
    return f"<{tag}{bold}>{content}</{tag}>" if tag else content


def _one(inner: str) -> str:
    """The content of a script as one element."""
    return f"<mrow>{inner}</mrow>" if inner.count("<m") > 1 else inner
