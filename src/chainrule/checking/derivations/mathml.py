r"""LaTeX formulas as MathML, which browsers show without scripts.

Only what the tokens say is set: names, fractions, scripts, sums, matrices, brackets. What is not known is shown as
text, so that nothing of the input disappears.

>>> mathml(r"\frac{x_i}{2}", display=False)
'<math><mrow><mfrac><mrow><msub><mi>x</mi><mi>i</mi></msub></mrow><mrow><mn>2</mn></mrow></mfrac></mrow></math>'
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from chainrule.checking.derivations.constructs import MATRICES, WRAPPERS
from chainrule.checking.derivations.derivatives import FRACTIONS
from chainrule.checking.derivations.statements import LAYOUTS
from chainrule.checking.derivations.tokens import Token, TooLong, tokens

_OPERATORS = {"-": "−", "'": "′", "''": "″", "…": "…", "<=": "≤", ">=": "≥", "!=": "≠", "~": "≈", "Σ": "∑", "Π": "∏"}
_STACKED = frozenset(["\\stackrel", "\\overset", "\\underset"])
_FENCES = {"pmatrix": "()", "bmatrix": "[]", "vmatrix": "||", "Bmatrix": "{}", "cases": "{", "dcases": "{"}
MOST_DEPTH = 60


def mathml(text: str, *, display: bool = True, plain: bool = False) -> str:
    """A formula as a MathML element."""
    opening = '<math display="block">' if display else "<math>"
    try:
        inner = _Setter(tokens(text, plain=plain)).all()
    except (TooLong, RecursionError):
        inner = f"<mtext>{escape(text[:200])}</mtext>"
    return f"{opening}<mrow>{inner}</mrow></math>"


class _Setter:
    def __init__(self, found: list[Token]) -> None:
        self.tokens, self.position, self.depth = found, 0, 0

    def all(self) -> str:
        parts = []
        while self.position < len(self.tokens):
            before = self.position
            parts.append(self.row(lambda _: False))
            if self.position == before:
                parts.append(f"<mo>{escape(self.take().text)}</mo>")
        return "".join(parts)

    def peek(self) -> Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def take(self) -> Token:
        self.position += 1
        return self.tokens[self.position - 1]

    def row(self, stop: Callable[[Token], bool]) -> str:
        """Atoms with their scripts up to a closing token."""
        self.depth += 1
        parts = []
        while (token := self.peek()) is not None and not stop(token):
            if token.kind == "end" or (token.kind == "brace" and token.text == "}"):
                break
            parts.append(self.scripted())
        self.depth -= 1
        return "".join(parts)

    def scripted(self) -> str:
        """An atom with what stands below and above it."""
        token = self.peek()
        stacked = token is not None and token.kind == "op" and token.text in ("Σ", "Π")
        base = self.atom()
        below = above = ""
        while (token := self.peek()) is not None and token.kind == "op" and token.text in ("_", "^", "'", "''"):
            self.take()
            if token.text == "_":
                below += self.argument()
            elif token.text == "^":
                above += self.argument()
            else:
                above += f"<mo>{_OPERATORS[token.text]}</mo>"
        below = f"<mrow>{below}</mrow>" if below.count("<m") > 1 else below
        above = f"<mrow>{above}</mrow>" if above.count("<m") > 1 else above
        if below and above:
            return (
                f"<munderover>{base}{below}{above}</munderover>"
                if stacked
                else f"<msubsup>{base}{below}{above}</msubsup>"
            )
        if below:
            return f"<munder>{base}{below}</munder>" if stacked else f"<msub>{base}{below}</msub>"
        return f"<msup>{base}{above}</msup>" if above else base

    def argument(self) -> str:
        """A group in braces, or one atom."""
        token = self.peek()
        if token is None or token.kind == "end":
            return "<mrow/>"
        if self.depth > MOST_DEPTH:
            self.take()
            return "<mo>…</mo>"
        if token.kind == "brace" and token.text == "{":
            self.take()
            inner = self.row(lambda _: False)
            if (closing := self.peek()) is not None and closing.text == "}":
                self.take()
            return inner or "<mrow/>"
        return self.atom()

    def atom(self) -> str:
        token = self.take()
        text = escape(_OPERATORS.get(token.text, token.text))
        if token.kind in ("name", "word"):
            bold = ' mathvariant="bold"' if token.bold else ""
            return f"<mi{bold}>{text}</mi>"
        if token.kind == "number":
            return f"<mn>{text}</mn>"
        if token.kind == "text":
            return f"<mtext>{text}</mtext>"
        if token.kind == "gap":
            return '<mspace width="1em"/>'
        if token.kind == "brace":
            if token.text == "{":
                self.position -= 1
                return f"<mrow>{self.argument()}</mrow>"
            return "<mrow/>"
        if token.kind == "begin":
            return self.environment(token.text)
        if token.kind == "end" or token.text == "&" or (token.kind in ("open", "close") and token.text == "."):
            return "<mrow/>"
        if token.kind == "command":
            return self.command(token)
        if token.text == "√":
            return f"<msqrt>{self.argument()}</msqrt>"
        if token.text == "\\\\":
            return '<mspace linebreak="newline"/>'
        return f"<mo>{text}</mo>"

    def command(self, token: Token) -> str:
        if token.text in FRACTIONS:
            return f"<mfrac><mrow>{self.argument()}</mrow><mrow>{self.argument()}</mrow></mfrac>"
        if token.text in WRAPPERS:
            return f"<mrow>{self.argument()}</mrow>"
        if token.text in _STACKED:
            over = self.argument()
            return f"<mover><mrow>{self.argument()}</mrow><mrow>{over}</mrow></mover>"
        return f"<mtext>{escape(token.text)}</mtext>"

    def environment(self, name: str) -> str:
        if name not in MATRICES and name not in _FENCES and name not in LAYOUTS:
            return f"<mtext>{escape(name)}</mtext>"
        if self.depth > MOST_DEPTH:
            return "<mo>…</mo>"
        if name == "array" and (token := self.peek()) is not None and token.text == "{":
            self.argument()
        rows: list[list[str]] = [[""]]
        while (token := self.peek()) is not None and token.kind != "end":
            if token.kind == "op" and token.text == "\\\\":
                self.take()
                rows.append([""])
            elif token.kind == "op" and token.text == "&":
                self.take()
                rows[-1].append("")
            elif token.kind == "brace" and token.text == "}":
                self.take()
            else:
                rows[-1][-1] += self.row(lambda t: t.kind == "op" and t.text in ("&", "\\\\"))
        if self.peek() is not None:
            self.take()
        cells = ["".join(f"<mtd>{cell}</mtd>" for cell in row) for row in rows if row != [""]]
        table = "<mtable>" + "".join(f"<mtr>{row}</mtr>" for row in cells) + "</mtable>"
        fences = _FENCES.get(name, "")
        left = f"<mo>{fences[0]}</mo>" if fences else ""
        right = f"<mo>{fences[1]}</mo>" if len(fences) > 1 else ""
        return f"<mrow>{left}{table}{right}</mrow>"
