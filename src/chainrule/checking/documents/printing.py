r"""Formulas as text: LaTeX to paste into a document, Unicode for messages.

>>> from chainrule.checking.documents.grammar import parse
>>> from chainrule.checking.documents.tokens import tokens
>>> latex(parse(tokens(r"\frac{\partial s_i}{\partial x_j} - (a + b) c")))
'\\frac{\\partial s_{i}}{\\partial x_{j}} - (a + b) c'
>>> unicode(parse(tokens(r"\sigma_i (1 - \sigma_j)")))
'σ_i (1 - σ_j)'
"""

from collections.abc import Iterable
from dataclasses import dataclass

from chainrule.checking.documents.superscripts import MARK
from chainrule.checking.documents.tree import (
    At,
    Big,
    Both,
    Builtin,
    Call,
    Cases,
    Comparison,
    Composition,
    Constant,
    Derivative,
    Differential,
    Gradient,
    Index,
    Indicator,
    Jacobian,
    Matrix,
    Name,
    Node,
    Number,
    Plus,
    Power,
    Prime,
    Product,
    Ratio,
    Transpose,
)
from chainrule.checking.documents.vocabulary import GREEK

_SUM, _PRODUCT, _FACTOR = 0, 1, 2
"""How tightly the outermost operation of a formula binds."""
_BINDING: dict[type[Node], int] = {
    Plus: _SUM, Comparison: _SUM, Both: _SUM, Composition: _SUM, Product: _PRODUCT,
    Big: _PRODUCT,
}  # fmt: skip
_COMMANDS = {letter: "\\" + name for name, letter in reversed(GREEK.items())} | {
    "·": "\\cdot", "×": "\\times", "⊙": "\\odot", "∘": "\\circ", "∂": "\\partial ", "∇": "\\nabla", "…": "\\dots",
    "≠": "\\neq", "≤": "\\leq", "≥": "\\geq", "≈": "\\approx",
    "𝟏": "\\mathbf{1}", "ᵀ": "^\\top",
}  # fmt: skip
_RELATIONS = {"!=": "≠", "<=": "≤", ">=": "≥"}
_BIG = {"sum": "Σ", "product": "Π"}
_FUNCTIONS = frozenset(["exp", "log", "tanh", "sinh", "cosh", "sin", "cos", "max", "min"])


@dataclass(frozen=True)
class _Printer:
    unicode: bool

    def sign(self, text: str) -> str:
        """A sign, given in Unicode."""
        return text if self.unicode else _COMMANDS.get(text, text)

    def name(self, text: str) -> str:
        if "." in text:
            code = text.removesuffix(".forward")
            return code if self.unicode else f"\\mathtt{{{code.replace('_', chr(92) + '_')}}}"
        at = next((at for at, character in enumerate(text) if at and character in "^_"), len(text))
        base, mark, rest = text[:at], text[at : at + 1], text[at + 1 :]
        if not self.unicode and base not in _COMMANDS and len(base) > 1 and base[1:] not in "̂̄̃̇":
            base = f"\\operatorname{{{base}}}"
        return self.sign(base) + (self.script(mark, rest) if mark else "")

    def script(self, mark: str, inner: str) -> str:
        if not self.unicode:
            return f"{mark}{{{inner}}}"
        return mark + (inner if len(inner) == 1 or inner.startswith("(") else f"{{{inner}}}")

    def at(self, node: Node, level: int) -> str:
        """A formula in brackets where it binds less tightly than a level."""
        text = self.show(node)
        return f"({text})" if self.binding(node) < level else text

    def binding(self, node: Node) -> int:
        if isinstance(node, Number):
            return _FACTOR if node.value >= 0 or node.value.denominator > 1 else _SUM
        if isinstance(node, Derivative):
            return _FACTOR if isinstance(node.subject, Name | Index | Call) else _PRODUCT
        return _BINDING.get(type(node), _FACTOR)

    def listed(self, nodes: Iterable[Node], separator: str = ", ") -> str:
        return separator.join(self.show(node) for node in nodes)

    def fraction(self, above: str, below: str) -> str:
        return f"{_wrapped(above)}/{_wrapped(below)}" if self.unicode else f"\\frac{{{above}}}{{{below}}}"

    def show(self, node: Node) -> str:
        match node:
            case Number(value=value):
                whole = value.denominator == 1
                return str(value) if whole else self.fraction(str(value.numerator), str(value.denominator))
            case Name(text=text):
                return self.name(text)
            case Index(base=Name(text=text), subscripts=(first, *rest)) if text.endswith(MARK):
                raised = self.name(text.removesuffix(MARK)) + self.script("^", f"({self.show(first)})")
                return raised + (self.script("_", self.listed(rest, "")) if rest else "")
            case Index(base=base, subscripts=subscripts):
                plain = all(isinstance(s, Name | Number) and len(self.show(s)) == 1 for s in subscripts)
                return self.at(base, _FACTOR) + self.script("_", self.listed(subscripts, "" if plain else ", "))
            case Call(function=function, arguments=arguments):
                return f"{self.at(function, _FACTOR)}({self.listed(arguments)})"
            case Plus(terms=terms, signs=signs):
                signed = (
                    f"{' - ' if sign < 0 else ' + '}{self.at(term, _PRODUCT)}"
                    for term, sign in zip(terms, signs, strict=True)
                )
                text = "".join(signed)
                return text[3:] if signs[0] > 0 else "-" + text[3:]
            case Product(factors=(first, *rest), joints=joints):
                text = self.at(first, _FACTOR)
                for factor, joint in zip(rest, joints, strict=True):
                    level = _PRODUCT if isinstance(factor, Big) and factor is rest[-1] else _FACTOR
                    dot = self.sign(joint or ("·" if isinstance(factor, Number) else ""))
                    text += (f" {dot} " if dot else " ") + self.at(factor, level)
                return text
            case Ratio(numerator=above, denominator=below):
                return self.fraction(self.show(above), self.show(below))
            case Power(base=base, exponent=exponent):
                return self.at(base, _FACTOR) + self.script("^", self.show(exponent))
            case Transpose(operand=operand):
                return self.at(operand, _FACTOR) + self.sign("ᵀ")
            case Big(body=body):
                return f"{self.limits(node)} {self.at(body, _PRODUCT)}"
            case Derivative(subject=subject, variables=variables):
                return self.derivative(subject, variables)
            case Jacobian(subject=subject, variable=variable):
                return f"D{self.script('_', self.show(variable))} {self.at(subject, _FACTOR)}"
            case Gradient(subject=subject, variable=by, order=order):
                nabla = self.sign("∇") + ("" if by is None else self.script("_", self.show(by)))
                nabla += self.script("^", str(order)) if order > 1 else ""
                return f"{nabla} {self.at(subject, _FACTOR)}"
            case Prime(operand=operand, order=order):
                return self.at(operand, _FACTOR) + "'" * order
            case Differential(operand=operand):
                return f"d{self.at(operand, _FACTOR)}"
            case Builtin(name="exp", operands=(operand,)):
                return "e" + self.script("^", self.show(operand))
            case Builtin(name="abs", operands=(operand,)):
                return f"|{self.show(operand)}|"
            case Builtin(name=name, operands=operands):
                command = f"\\{name}" if name in _FUNCTIONS else f"\\operatorname{{{name}}}"
                return f"{name if self.unicode else command}({self.listed(operands)})"
            case Indicator(condition=condition):
                return f"[{self.show(condition)}]"
            case Comparison(operator=operator, left=left, right=right):
                return f"{self.show(left)} {self.sign(_RELATIONS.get(operator, operator))} {self.show(right)}"
            case Both(conditions=conditions):
                return self.listed(conditions)
            case Constant(kind=kind, index=None):
                return "I" if kind == "identity" else self.sign("𝟏")
            case Constant(index=Node() as index):
                return "e" + self.script("_", self.show(index))
            case Matrix(rows=rows) if self.unicode:
                return f"({'; '.join(self.listed(row) for row in rows)})"
            case Matrix(rows=rows):
                return _environment("pmatrix", (self.listed(row, " & ") for row in rows))
            case Cases(branches=branches):
                lines = (f"{self.show(v)} & {'otherwise' if c is None else self.show(c)}" for v, c in branches)
                return _environment("cases", lines)
            case At(subject=subject, name=name, value=value):
                return f"{self.at(subject, _FACTOR)} |{self.script('_', f'{name}={self.show(value)}')}"
            case Composition(functions=functions):
                return self.listed(functions, f" {self.sign('∘')} ")
        return self.sign("…")

    def limits(self, node: Big) -> str:
        sign = (
            _BIG.get(node.kind, node.kind) if self.unicode else f"\\{'prod' if node.kind == 'product' else node.kind}"
        )
        below = node.index if node.low is None else f"{node.index}={self.show(node.low)}"
        if node.condition is not None:
            below = self.show(node.condition)
        return sign + self.script("_", below) + ("" if node.high is None else self.script("^", self.show(node.high)))

    def derivative(self, subject: Node, variables: tuple[Node, ...]) -> str:
        sign = self.sign("∂")
        order = self.script("^", str(len(variables))) if len(variables) > 1 else ""
        below = " ".join(f"{sign}{self.show(variable)}" for variable in variables)
        if isinstance(subject, Name | Index | Call):
            return self.fraction(f"{sign}{order}{self.show(subject)}".replace("  ", " "), below)
        return f"{self.fraction(sign.strip() + order, below)} {self.at(subject, _FACTOR)}"


def _environment(name: str, lines: Iterable[str]) -> str:
    rows = " \\\\ ".join(lines)
    return f"\\begin{{{name}}} {rows} \\end{{{name}}}"


def _wrapped(text: str) -> str:
    simple = not any(c in text for c in " +-/") or (text.startswith("(") and text.endswith(")"))
    return text if simple else f"({text})"


def latex(node: Node) -> str:
    """A formula as LaTeX."""
    return _Printer(False).show(node)


def unicode(node: Node) -> str:
    """A formula as Unicode text."""
    return _Printer(True).show(node)
