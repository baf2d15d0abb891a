r"""LaTeX formulas as MathML, which browsers show without scripts.

>>> mathml(r"\frac{x_i}{2}", display=False)
'<math><mrow><mfrac><mrow><msub><mi>x</mi><mi>i</mi></msub></mrow><mrow><mn>2</mn></mrow></mfrac></mrow></math>'
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from chainrule.checking.derivations.setting import Sheet, typeset


def mathml(text: str, *, display: bool = True, plain: bool = False) -> str:
    """A formula as a MathML element."""
    opening = '<math display="block">' if display else "<math>"
    return f"{opening}<mrow>{typeset(text, _Elements(), plain=plain)}</mrow></math>"


class _Elements(Sheet[str]):
    def row(self, parts: Sequence[str]) -> str:
        return "".join(parts)

    def group(self, inner: str) -> str:
        return f"<mrow>{inner}</mrow>" if inner else "<mrow/>"

    def identifier(self, text: str, bold: bool) -> str:
        bold_face = ' mathvariant="bold"' if bold else ""
        return f"<mi{bold_face}>{escape(text)}</mi>"

    def number(self, text: str) -> str:
        return f"<mn>{escape(text)}</mn>"

    def operator(self, text: str, kind: str) -> str:
        return f"<mo>{escape(text)}</mo>"

    def bracketed(self, opening: str, inner: Sequence[str], closing: str) -> str:
        left, right = (f"<mo>{escape(fence)}</mo>" if fence else "" for fence in (opening, closing))
        return f"<mrow>{left}{''.join(inner)}{right}</mrow>"

    def text(self, text: str) -> str:
        return f"<mtext>{escape(text)}</mtext>"

    def gap(self) -> str:
        return '<mspace width="1em"/>'

    def newline(self) -> str:
        return '<mspace linebreak="newline"/>'

    def fraction(self, above: str, below: str) -> str:
        return f"<mfrac><mrow>{above}</mrow><mrow>{below}</mrow></mfrac>"

    def root(self, inner: str) -> str:
        return f"<msqrt>{inner}</msqrt>"

    def over(self, base: str, above: str) -> str:
        return f"<mover><mrow>{base}</mrow><mrow>{above}</mrow></mover>"

    def scripts(self, base: str, below: Sequence[str], above: Sequence[str], stacked: bool) -> str:
        under, over = _one("".join(below)), _one("".join(above))
        if under and over:
            tag = "munderover" if stacked else "msubsup"
            return f"<{tag}>{base}{under}{over}</{tag}>"
        if under:
            tag = "munder" if stacked else "msub"
            return f"<{tag}>{base}{under}</{tag}>"
        return f"<msup>{base}{over}</msup>"

    def table(self, rows: Sequence[Sequence[str]], left: str, right: str) -> str:
        cells = "".join("<mtr>" + "".join(f"<mtd>{cell}</mtd>" for cell in row) + "</mtr>" for row in rows)
        opening, closing = (f"<mo>{fence}</mo>" if fence else "" for fence in (left, right))
        return f"<mrow>{opening}<mtable>{cells}</mtable>{closing}</mrow>"


def _one(inner: str) -> str:
    """What a script may hold: one element."""
    return f"<mrow>{inner}</mrow>" if inner.count("<m") > 1 else inner
