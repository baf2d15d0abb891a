r"""Formulas in print: LaTeX for pasting back, Unicode for messages.

>>> from chainrule.checking.derivations.grammar import parse
>>> from chainrule.checking.derivations.tokens import tokens
>>> latex(parse(tokens(r"\frac{\partial s_i}{\partial x_j} - (a + b) c")))
'\\frac{\\partial s_{i}}{\\partial x_{j}} - (a + b) c'
>>> unicode(parse(tokens(r"\sigma_i (1 - \sigma_j)")))
'σ_i (1 - σ_j)'
"""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.checking.derivations.superscripts import MARK
from chainrule.checking.derivations.tree import (
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
    Dots,
    Entrywise,
    Gradient,
    Index,
    Indicator,
    Jacobian,
    Matrix,
    Name,
    Negative,
    Node,
    Number,
    OneHot,
    Plus,
    Power,
    Prime,
    Product,
    Quotient,
    Transpose,
)
from chainrule.checking.derivations.vocabulary import GREEK

_SUM, _PRODUCT, _FACTOR = 0, 1, 2
_COMMANDS = {letter: "\\" + name for name, letter in reversed(GREEK.items())}
_RELATIONS = {"!=": "\\neq", "<=": "\\leq", ">=": "\\geq", "~": "\\approx"}
_SIGNS = {"!=": "≠", "<=": "≤", ">=": "≥"}
_FUNCTIONS = frozenset(["exp", "log", "tanh", "sinh", "cosh", "sin", "cos"])


@dataclass(frozen=True)
class _Printer:
    unicode: bool

    def name(self, text: str) -> str:
        if "." in text:
            code = text.removesuffix(".forward")
            return code if self.unicode else f"\\mathtt{{{code.replace('_', chr(92) + '_')}}}"
        base, mark, rest = text, "", ""
        for at, character in enumerate(text):
            if character in "^_" and at:
                base, mark, rest = text[:at], character, text[at + 1 :]
                break
        if not self.unicode:
            base = _COMMANDS.get(base, base if len(base) == 1 or base[1:] in "̂̄̃̇" else f"\\operatorname{{{base}}}")
            base = {"𝟏": "\\mathbf{1}"}.get(base, base)
        return base + (self.script(mark, rest) if mark else "")

    def script(self, mark: str, inner: str) -> str:
        if not self.unicode:
            return f"{mark}{{{inner}}}"
        return mark + (inner if len(inner) == 1 or inner.startswith("(") else f"{{{inner}}}")

    def at(self, node: Node, level: int) -> str:
        text, own = self.show(node)
        return f"({text})" if own < level else text

    def top(self, node: Node) -> str:
        return self.show(node)[0]

    def fraction(self, above: str, below: str) -> str:
        if not self.unicode:
            return f"\\frac{{{above}}}{{{below}}}"
        return f"{_wrapped(above)}/{_wrapped(below)}"

    def show(self, node: Node) -> tuple[str, int]:
        """The text of a node, and how tightly it binds."""
        u = self.unicode
        match node:
            case Number(value=value):
                if value.denominator == 1:
                    return str(value), _FACTOR if value >= 0 else _SUM
                return self.fraction(str(value.numerator), str(value.denominator)), _FACTOR
            case Name(text=text):
                return self.name(text), _FACTOR
            case Index(base=Name(text=text), subscripts=(first, *rest)) if text.endswith(MARK):
                raised = self.name(text.removesuffix(MARK)) + self.script("^", f"({self.top(first)})")
                below = "".join(self.top(s) for s in rest)
                return raised + (self.script("_", below) if below else ""), _FACTOR
            case Index(base=base, subscripts=subscripts):
                plain = all(isinstance(s, Name | Number) and len(self.top(s)) == 1 for s in subscripts)
                inner = ("" if plain else ", ").join(self.top(s) for s in subscripts)
                return self.at(base, _FACTOR) + self.script("_", inner), _FACTOR
            case Call(function=function, arguments=arguments):
                return f"{self.at(function, _FACTOR)}({', '.join(self.top(a) for a in arguments)})", _FACTOR
            case Plus(terms=terms, signs=signs):
                parts = []
                for at, (term, sign) in enumerate(zip(terms, signs, strict=True)):
                    text = self.at(term, _PRODUCT)
                    parts.append(("-" if sign < 0 else "") + text if at == 0 else f" {'-' if sign < 0 else '+'} {text}")
                return "".join(parts), _SUM
            case Product(factors=factors, joints=joints):
                text = self.at(factors[0], _FACTOR)
                for at, (factor, joint) in enumerate(zip(factors[1:], joints, strict=True)):
                    level = _PRODUCT if isinstance(factor, Big) and at == len(joints) - 1 else _FACTOR
                    dot = joint or ("·" if isinstance(factor, Number) else "")
                    dot = dot if u else {"·": "\\cdot", "×": "\\times"}.get(dot, dot)
                    text += (f" {dot} " if dot else " ") + self.at(factor, level)
                return text, _PRODUCT
            case Entrywise(factors=factors):
                return (" ⊙ " if u else " \\odot ").join(self.at(f, _FACTOR) for f in factors), _PRODUCT
            case Quotient(numerator=above, denominator=below):
                return self.fraction(self.top(above), self.top(below)), _FACTOR
            case Power(base=base, exponent=exponent):
                return self.at(base, _FACTOR) + self.script("^", self.top(exponent)), _FACTOR
            case Negative(operand=operand):
                return f"-{self.at(operand, _PRODUCT)}", _SUM
            case Transpose(operand=operand):
                return self.at(operand, _FACTOR) + ("ᵀ" if u else "^\\top"), _FACTOR
            case Big(body=body):
                return f"{self.limits(node)} {self.at(body, _PRODUCT)}", _PRODUCT
            case Derivative() | Jacobian() | Gradient() | Prime() | Differential():
                return self.derivative(node)
            case Builtin(name="exp", operands=(operand,)):
                return "e" + self.script("^", self.top(operand)), _FACTOR
            case Builtin(name="abs", operands=(operand,)):
                return f"|{self.top(operand)}|", _FACTOR
            case Builtin(name=name, operands=operands):
                command = (
                    name if u else f"\\{name}" if name in _FUNCTIONS | {"max", "min"} else f"\\operatorname{{{name}}}"
                )
                return f"{command}({', '.join(self.top(o) for o in operands)})", _FACTOR
            case Indicator(condition=condition):
                return f"[{self.top(condition)}]", _FACTOR
            case Comparison(operator=operator, left=left, right=right):
                relation = (_SIGNS if u else _RELATIONS).get(operator, operator)
                return f"{self.top(left)} {relation} {self.top(right)}", _SUM
            case Both(conditions=conditions):
                return ", ".join(self.top(c) for c in conditions), _SUM
            case Constant(kind=kind):
                return "I" if kind == "identity" else "𝟏" if u else "\\mathbf{1}", _FACTOR
            case OneHot(index=index):
                return "e" + self.script("_", self.top(index)), _FACTOR
            case Matrix(rows=rows):
                if u:
                    return "(" + "; ".join(", ".join(self.top(e) for e in row) for row in rows) + ")", _FACTOR
                inner = " \\\\ ".join(" & ".join(self.top(e) for e in row) for row in rows)
                return f"\\begin{{pmatrix}} {inner} \\end{{pmatrix}}", _FACTOR
            case Cases(branches=branches):
                lines = " \\\\ ".join(
                    f"{self.top(v)} & {'otherwise' if c is None else self.top(c)}" for v, c in branches
                )
                return f"\\begin{{cases}} {lines} \\end{{cases}}", _FACTOR
            case Composition(functions=functions):
                return (" ∘ " if u else " \\circ ").join(self.top(f) for f in functions), _SUM
            case Dots():
                return "…" if u else "\\dots", _FACTOR
        return "…", _FACTOR

    def limits(self, node: Big) -> str:
        names = {"sum": "Σ", "product": "Π"} if self.unicode else {"sum": "\\sum", "product": "\\prod"}
        sign = names.get(node.kind, node.kind if self.unicode else f"\\{node.kind}")
        below = node.index if node.low is None else f"{node.index}={self.top(node.low)}"
        if node.condition is not None:
            below = self.top(node.condition)
        return sign + self.script("_", below) + (self.script("^", self.top(node.high)) if node.high is not None else "")

    def derivative(self, node: Node) -> tuple[str, int]:
        sign = "∂" if self.unicode else "\\partial "
        match node:
            case Derivative(subject=subject, variables=variables):
                order = self.script("^", str(len(variables))) if len(variables) > 1 else ""
                below = " ".join(f"{sign}{self.top(v)}" for v in variables)
                if isinstance(subject, Name | Index | Call):
                    return self.fraction(f"{sign}{order}{self.at(subject, _FACTOR)}".replace("  ", " "), below), _FACTOR
                return f"{self.fraction(sign.strip() + order, below)} {self.at(subject, _FACTOR)}", _PRODUCT
            case Jacobian(subject=subject, variable=variable):
                return f"D{self.script('_', self.top(variable))} {self.at(subject, _FACTOR)}", _FACTOR
            case Gradient(subject=subject, variable=variable, order=order_):
                nabla = "∇" if self.unicode else "\\nabla"
                nabla += self.script("_", self.top(variable)) if variable is not None else ""
                nabla += self.script("^", str(order_)) if order_ > 1 else ""
                return f"{nabla} {self.at(subject, _FACTOR)}", _FACTOR
            case Prime(operand=operand, order=order_):
                return self.at(operand, _FACTOR) + "'" * order_, _FACTOR
            case Differential(operand=operand):
                return f"d{self.at(operand, _FACTOR)}", _FACTOR
        return "…", _FACTOR


def _wrapped(text: str) -> str:
    simple = not any(c in text for c in " +-/") or (text.startswith("(") and text.endswith(")"))
    return text if simple else f"({text})"


def latex(node: Node) -> str:
    """A formula as LaTeX."""
    return _Printer(False).top(node)


def unicode(node: Node) -> str:
    """A formula as Unicode text."""
    return _Printer(True).top(node)
