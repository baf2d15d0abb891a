"""The elements of a formula as a written tree: which sign binds what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chainrule.documents.reader.syntax import written
from chainrule.documents.reader.syntax.atoms import MOST_NESTED, Level, atom
from chainrule.documents.reader.syntax.bars import NO_FACTOR, bars_of, with_double_bars
from chainrule.documents.reader.syntax.derivative_signs import beside, fraction_of, operator_of, with_slashes
from chainrule.documents.reader.syntax.formula_elements import Element, elements_of
from chainrule.documents.reader.syntax.token_groups import Item
from chainrule.documents.reader.syntax.written import (
    BigOperator,
    Bracketed,
    Comparing,
    Link,
    Listed,
    NotRead,
    Numeral,
    Place,
    Scripted,
    Signed,
    Symbol,
    Words,
    Written,
)


def formula_of(items: Sequence[Item], depth: int = 0, font: str = "", script: bool = False) -> Written | None:
    """The tree of items, or None where nothing is written.

    >>> from chainrule.documents.reader.syntax.formula_tokens import tokens_of
    >>> formula_of(tokens_of("-x")) == Signed((Symbol("x"),), (-1,))
    True
    """
    if depth > MOST_NESTED:
        place = (items[0].start, items[-1].end) if items else (0, 0)
        return NotRead(f"more than {MOST_NESTED} formulas within each other", place=place)
    reader = FormulaReader(elements_of(items, font), depth, is_script=script)
    found, _ = reader.listed()
    return None if not found else found[0] if len(found) == 1 else Listed(found, place=reader.place)


class FormulaReader(Level):
    """Elements, read from left to right."""

    def __init__(
        self, elements: Sequence[Element], depth: int = 0, in_bracket: bool = False, is_script: bool = False
    ) -> None:
        self.elements = with_double_bars([each for each in elements if each.role not in ("tag", "label")])
        self.at = 0
        self.depth = depth
        self.in_bracket = in_bracket
        self.is_script = is_script
        self.bars = bars_of(self.elements)

    @property
    def role(self) -> str:
        """The role of the next element; "end" behind the last."""
        return self.elements[self.at].role if self.at < len(self.elements) else "end"

    @property
    def place(self) -> Place:
        """From the first element to the last."""
        return (self.elements[0].start, self.elements[-1].end) if self.elements else (0, 0)

    def take(self) -> Element:
        """The next element."""
        self.at += 1
        return self.elements[self.at - 1]

    def since(self, start: int) -> Place:
        """The place from an element to the one before the next."""
        first = self.elements[min(start, len(self.elements) - 1)]
        return first.start, max(first.end, self.elements[max(self.at - 1, start)].end if self.at > start else first.end)

    def deeper(self, elements: Sequence[Element], in_bracket: bool = False) -> FormulaReader:
        """The reader of elements within these."""
        return FormulaReader(elements, self.depth + 1, in_bracket)

    def formula(self, items: Sequence[Item], font: str = "") -> Written | None:
        """The tree of items within this formula, or None where nothing is written."""
        return formula_of(items, self.depth + 1, font)

    # From the loosest sign to the tightest

    def listed(self) -> tuple[tuple[Written, ...], tuple[str, ...]]:
        """The parts between commas, and the commas."""
        infix = next((index for index, element in enumerate(self.elements) if element.role == "infix"), None)
        if infix is not None:
            return (self.infix(infix),), ()
        found: list[Written] = []
        separators: list[str] = []
        while True:
            begin = self.at
            node = self.compared()
            if node is not None:
                found.append(node)
            if self.role == "end":
                break
            element = self.elements[self.at]
            if element.role in ("comma", "colon") or (element.role == "bar" and self.at > begin):
                self.at += 1
                sign = str(element.value)
                if sign == "|" and self.role == "bar" and self.elements[self.at].start == element.end:
                    sign, self.at = "||", self.at + 1
                if len(found) > len(separators):
                    separators.append(sign)
            elif self.at == begin:
                self.at += 1
                if element.role not in ("wide", "point"):
                    found.append(NotRead(f"{element.role} {element.value}", place=element.place))
                    separators += [""] * (len(found) - 1 - len(separators))
            else:
                separators += [""] * (len(found) - len(separators))
        return tuple(found), tuple(separators[: max(len(found) - 1, 0)])

    def infix(self, position: int) -> Written:
        r"""a \over b, a \choose b."""
        if self.depth > MOST_NESTED:
            self.at = len(self.elements)
            return NotRead(f"more than {MOST_NESTED} formulas within each other", place=self.place)
        sides = [
            FormulaReader(part, self.depth + 1).alone()
            for part in (self.elements[:position], self.elements[position + 1 :])
        ]
        sign, place = self.elements[position], self.place
        self.at = len(self.elements)
        if sign.value == "binomial":
            return Bracketed("binomial", tuple(sides), (",",), place=place)
        return fraction_of(sides[0], sides[1], place)

    def alone(self) -> Written:
        """All elements as one node."""
        found, _ = self.listed()
        return Words("") if not found else found[0] if len(found) == 1 else Listed(found, place=self.place)

    def compared(self) -> Written | None:
        """Members with relations between, as one node."""
        begin = self.at
        members, links = self.members()
        if not links:
            return members[0]
        signs = tuple(link.relation for link in links)
        if all(member is None for member in members) and len(links) == 1:
            return Symbol(signs[0], place=links[0].place)
        if signs == ("<", ">") and members[0] is members[2] is None and members[1] is not None:
            return Bracketed("<", (members[1],), place=self.since(begin))
        known = tuple(member or Words("", place=links[0].place) for member in members)
        return Comparing(known, signs, place=self.since(begin))

    def members(self) -> tuple[list[Written | None], list[Link]]:
        """Members, None where one is missing, and the relations between them."""
        members, links = [self.signed()], []
        while self.role == "relation" or (
            self.role == "colon" and not self.in_bracket and not self.is_script and not self.depth
        ):
            element = self.take()
            above = formula_of(element.arguments[0], self.depth + 1) if element.arguments else None
            links.append(Link(str(element.value), element.place, above))
            members.append(self.signed())
        return members, links

    def signed(self) -> Written | None:
        """Terms with signs between."""
        terms: list[Written] = []
        signs: list[int] = []
        begin = self.at
        while True:
            sign, last = self.sign()
            term = self.product()
            if term is None and last is not None:
                alone = {1: "+", -1: "-", 0: "+-"}[int(str(last.value))]
                if terms and not self.depth:
                    term = NotRead(f"nothing after {alone}", place=last.place)
                else:  # f(+), x^+, and \theta^{(i+)}
                    before = [terms.pop()] if terms else []
                    sign = signs.pop() if before else 1
                    term = beside([*before, Symbol(alone, place=last.place)])
            if term is None:
                break
            terms.append(term)
            signs.append(sign)
            if self.role != "sign":
                break
        if not terms:
            return None
        return terms[0] if signs == [1] else Signed(tuple(terms), tuple(signs), place=self.since(begin))

    def sign(self) -> tuple[int, Element | None]:
        """The product of the signs that stand here."""
        sign, last = 1, None
        while self.role in ("sign", "wide"):
            element = self.take()
            if element.role == "sign":
                last = element
                sign *= int(str(element.value))
        return sign, last

    def product(self) -> Written | None:
        """Factors side by side, with the signs between them."""
        parts: list[Written] = []
        joints: list[str] = []
        while True:
            begin = self.at
            sign, last = self.sign() if joints or not parts else (1, None)
            if self.starts_factor():
                factor = self.factor()
                parts.append(factor if last is None else Signed((factor,), (sign,), place=self.since(begin)))
            elif self.role == "joint" and not parts:
                parts.append(Symbol(str(self.elements[self.at].value), place=self.take().place))
            elif joints and len(joints) == len(parts):
                self.at = begin
                if joints[-1]:
                    parts.append(Symbol(joints[-1], place=self.elements[begin - 1].place))
                    joints[-1] = ""
                else:
                    joints.pop()
                break
            else:
                break
            if self.role == "wide":
                self.at += 1
            if self.role == "joint":
                joints.append(str(self.take().value))
            elif self.starts_factor():
                joints.append("")
            elif self.role == "point" and self.at + 1 < len(self.elements) and self.starts_factor(1):
                joints.append(".")
                self.at += 1
            else:
                break
        if not parts:
            return None
        parts, joints = _with_arguments(parts, joints)
        return beside(*with_slashes(parts, joints))

    def starts_factor(self, ahead: int = 0) -> bool:
        """True where a factor begins; a bar begins one where it has a partner, or stands for itself."""
        position = self.at + ahead
        if position >= len(self.elements):
            return False
        element = self.elements[position]
        if element.role == "bar":
            before = self.elements[position - 1].role if position else "comma"
            left, after = self.bars[position]
            if after == position + 1 and self.in_bracket:
                return False
            is_first = before in NO_FACTOR
            return is_first or not self.in_bracket or left % 2 == 0 or self.is_scripted(position)
        if element.role == "colon":
            return self.is_script and not (position and self.elements[position - 1].role == "colon")
        return element.role not in NO_FACTOR

    def is_scripted(self, position: int) -> bool:
        """True where a subscript follows."""
        return position + 1 < len(self.elements) and self.elements[position + 1].role == "script"

    def factor(self) -> Written:
        """An atom with its scripts."""
        begin = self.at
        element = self.elements[self.at]
        node: Written
        if element.role in ("script", "prime"):
            node = Symbol("", place=(element.start, element.start))
        else:
            self.at += 1
            node = self.bar(element) if element.role == "bar" else atom(self, element)
        layers = 0
        if self.role not in ("script", "prime"):
            return self.scripted(node, element, None, None, 0, element.place)
        while self.role in ("script", "prime"):
            parts: dict[str, Written | None] = {}
            primes = 0
            while self.role in ("script", "prime"):
                script = self.elements[self.at]
                if script.role == "prime":
                    primes += int(str(script.value))
                elif str(script.value) in parts:
                    break
                else:
                    lower = script.value == "_"
                    inside = formula_of(script.arguments[0], self.depth + 1, script=lower)
                    parts[str(script.value)] = _indices(inside) if lower else inside
                self.at += 1
            node = self.scripted(node, element, parts.get("_"), parts.get("^"), primes, self.since(begin))
            layers += 1
            if layers > 5:
                while self.role in ("script", "prime"):
                    self.at += 1
                return NotRead("scripts of scripts", place=self.since(begin))
        return node

    def scripted(
        self, base: Written, element: Element, lower: Written | None, upper: Written | None, primes: int, place: Place
    ) -> Written:
        """A base with what stands below and above it."""
        if lower is None and upper is None and not primes:
            return operator_of(base, None, None, place) or base
        if isinstance(base, BigOperator) and base.lower is None and base.upper is None:
            return BigOperator(base.kind, lower, upper, place=place)
        if element.role == "braced" and element.value and (note := lower or upper):
            return written.Noted(base, note, place=place)
        is_range = isinstance(lower, Comparing) or (isinstance(lower, Listed) and isinstance(lower.items[0], Comparing))
        if isinstance(base, Symbol) and base.text in ("Sigma", "Pi") and is_range and not base.accents:
            return BigOperator({"Sigma": "sum", "Pi": "prod"}[base.text], lower, upper, place=place)
        match upper:
            case Scripted(base=Bracketed() as layer, lower=None, upper=None, primes=own) if own:  # g^{[l]\prime}
                upper, primes = layer, primes + own
        operator = operator_of(base, lower, upper, place) if not primes else None
        return operator or Scripted(base, lower, upper, primes, place=place)

    def bar(self, element: Element) -> Written:
        """The bars of an absolute value or of a norm; a bar alone is a sign."""
        position = self.at - 1
        end = self.bars[position][1]
        if end is None or end == position + 1 or (position and self.is_scripted(position)):
            return Symbol(str(element.value), place=element.place)
        if self.depth >= MOST_NESTED:
            return NotRead(f"more than {MOST_NESTED} formulas within each other", place=element.place)
        reader = FormulaReader(self.elements[position + 1 : end], self.depth + 1, in_bracket=True)
        found, separators = reader.listed()
        self.at = end + 1
        return Bracketed(str(element.value), found, separators, place=self.since(position))


# What follows is private.


def _indices(node: Written | None) -> Written | None:
    """Symbols side by side in a subscript are a list: W_{ij}."""
    if isinstance(node, written.Beside) and not any(node.joints):
        bases = [part.base if isinstance(part, Scripted) else part for part in node.parts]
        if all(isinstance(base, Symbol | Numeral | written.Dots) for base in bases):
            return Listed(node.parts, place=node.place)
    return node


def _with_arguments(parts: list[Written], joints: list[str]) -> tuple[list[Written], list[str]]:
    """\\arg \\max as one sign."""
    for position in range(len(parts) - 1, 0, -1):
        before, part = parts[position - 1], parts[position]
        is_arg = isinstance(before, Symbol) and before.text == "arg" and joints[position - 1] == ""
        if is_arg and isinstance(part, BigOperator) and part.kind in ("max", "min", "sup", "inf"):
            place = before.place[0], part.place[1]
            parts[position - 1 : position + 1] = [replace(part, kind=f"arg{part.kind}", place=place)]
            del joints[position - 1]
    return parts, joints
