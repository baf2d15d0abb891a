"""Random claims of the strict language whose truth is known without it: `python -m benchmarks.random_claims --count N`.

A true claim is a random term and the same term after steps that keep its value, or its derivative by the rules of the
schoolbook. A false one is a true one with a single edit after which floats differ. No true claim may be refuted, and no
false one may be anything but refuted.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from chainrule.documents.evidence.judging import findings
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.shapes import Shapes

PREAMBLE = "size n; x, y : column n; u, w : number; v, s : number, positive\n"

Tree = tuple[Any, ...]
"""An operator and its operands; ("u",) is a name, ("#", 3) a number."""

_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "sin": math.sin,
    "cos": math.cos,
    "tanh": math.tanh,
    "abs": abs,
}


@dataclass(frozen=True)
class Claim:
    """A claim as text, and whether it is true."""

    text: str
    is_true: bool


def claims(seed: int, count: int) -> Iterator[Claim]:
    """True claims and false ones by turns, as many as `count`."""
    chosen = random.Random(seed)
    made = 0
    while made < count:
        make = chosen.choice((_rewritten, _derivative, _gradient))
        right, show = make(chosen)
        if made % 2 == 0:
            yield Claim(show(right), True)
            made += 1
            continue
        wrong = _edited(chosen, right)
        if _differ(chosen, right, wrong):
            yield Claim(show(wrong), False)
            made += 1


def value(tree: Tree, at: dict[str, float]) -> float:
    """The value of a term in floats."""
    head, *operands = tree
    if head == "#":
        return float(operands[0])
    if not operands:
        return at[head]
    a, *rest = (value(operand, at) for operand in operands)
    if head in _FUNCTIONS:
        return _FUNCTIONS[head](a)
    b = rest[0]
    match head:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            return a / b
        case "^":
            return float(a**b)
        case "max":
            return max(a, b)
    raise ValueError(f"expected an operator, got {head!r}")


def text_of(tree: Tree) -> str:
    """A term as text, with all brackets."""
    head, *operands = tree
    if head == "#":
        return str(operands[0]) if operands[0] >= 0 else f"(-{-operands[0]})"
    if not operands:
        return str(head)
    parts = [text_of(operand) for operand in operands]
    if head in _FUNCTIONS or head == "max":
        return f"{head}({', '.join(parts)})"
    return f"({parts[0]} {head} {parts[1]})"


# What follows is private.


def _number(chosen: random.Random) -> Tree:
    return ("#", chosen.choice((1, 2, 3, 5)))


def _term(chosen: random.Random, names: tuple[str, ...], depth: int) -> Tree:
    if depth == 0:
        return (chosen.choice(names),) if chosen.random() < 0.8 else _number(chosen)
    head = chosen.choice(("+", "-", "*", "*", "/", "square", "exp", "log", "sqrt", "sin", "cos", "tanh", "name"))
    if head == "name":
        return _term(chosen, names, 0)
    if head == "square":
        return ("^", _term(chosen, names, depth - 1), ("#", chosen.choice((2, 3))))
    if head in ("log", "sqrt"):
        return (head, _positive(chosen, names, depth - 1))
    if head in _FUNCTIONS:
        return (head, _term(chosen, names, min(depth - 1, 1)))
    if head == "/":
        return ("/", _term(chosen, names, depth - 1), _positive(chosen, names, depth - 1))
    return (head, _term(chosen, names, depth - 1), _term(chosen, names, depth - 1))


def _positive(chosen: random.Random, names: tuple[str, ...], depth: int) -> Tree:
    inner = _term(chosen, names, max(depth - 1, 0))
    one = ("#", 1)
    if "v" in names and chosen.random() < 0.4:
        return chosen.choice((("v",), ("s",), ("*", ("v",), ("s",))))
    return chosen.choice((("+", ("^", inner, ("#", 2)), one), ("+", ("exp", inner), one), ("exp", inner)))


def _is_positive(tree: Tree) -> bool:
    head, *operands = tree
    if head in ("v", "s", "exp"):
        return True
    if head == "#":
        return float(operands[0]) > 0
    if head == "+":
        return (_is_positive(operands[0]) or _is_square(operands[0])) and _is_positive(operands[1])
    return bool(head in ("*", "/")) and all(map(_is_positive, operands))


def _is_square(tree: Tree) -> bool:
    return bool(tree[0] == "^" and tree[2] == ("#", 2))


def _step(chosen: random.Random, tree: Tree) -> Tree:
    """The term after a step that keeps its value."""
    two = ("#", 2)
    match tree:
        case ("+", a, b):
            return chosen.choice((("+", b, a), ("-", a, ("*", ("#", -1), b))))
        case ("-", a, b):
            return ("+", ("*", ("#", -1), b), a)
        case ("*", a, ("+", b, c)):
            return ("+", ("*", a, b), ("*", c, a))
        case ("*", a, b):
            return ("*", b, a)
        case ("/", a, b):
            return ("*", ("/", ("#", 1), b), a)
        case ("^", ("+", a, b), ("#", 2)):
            return ("+", ("+", ("^", a, two), ("*", two, ("*", a, b))), ("^", b, two))
        case ("^", a, ("#", n)):
            return ("*", a, ("^", a, ("#", n - 1))) if n > 1 else a
        case ("exp", ("+", a, b)):
            return ("*", ("exp", a), ("exp", b))
        case ("log", ("*", a, b)) if _is_positive(a) and _is_positive(b):
            return ("+", ("log", a), ("log", b))
        case ("sqrt", a):
            return ("/", a, ("sqrt", a))
        case ("sin", ("+", a, b)):
            return ("+", ("*", ("sin", a), ("cos", b)), ("*", ("cos", a), ("sin", b)))
        case ("cos", a):
            return ("-", ("#", 1), ("*", two, ("^", ("sin", ("/", a, two)), two)))
        case ("tanh", a):
            e = ("exp", ("*", two, a))
            return ("/", ("-", e, ("#", 1)), ("+", e, ("#", 1)))
        case ("max", a, b):
            return ("/", ("+", ("+", a, b), ("abs", ("-", a, b))), two)
    return tree


def _paths(tree: Tree) -> list[tuple[int, ...]]:
    """The places of all terms in a term."""
    found: list[tuple[int, ...]] = [()]
    if tree[0] != "#":
        for number, operand in enumerate(tree[1:], 1):
            found += [(number, *path) for path in _paths(operand)]
    return found


def _changed(tree: Tree, path: tuple[int, ...], change: Callable[[Tree], Tree]) -> Tree:
    if not path:
        return change(tree)
    return (*tree[: path[0]], _changed(tree[path[0]], path[1:], change), *tree[path[0] + 1 :])


def _rewritten(chosen: random.Random) -> tuple[Tree, Callable[[Tree], str]]:
    left = _term(chosen, ("u", "w", "v"), chosen.choice((2, 3)))
    if chosen.random() < 0.2:
        left = ("max", left, _term(chosen, ("u", "w"), 1))
    right = left
    for _ in range(chosen.randrange(2, 7)):
        right = _changed(right, chosen.choice(_paths(right)), lambda part: _step(chosen, part))
    return right, lambda shown: f"{text_of(left)} = {text_of(shown)}"


def _slope(tree: Tree, name: str) -> Tree:
    """The derivative by a name."""
    zero, one, two = ("#", 0), ("#", 1), ("#", 2)
    head, *operands = tree
    if not operands or head == "#":
        return one if head == name else zero
    a = operands[0]
    da = _slope(a, name)
    match head:
        case "+" | "-":
            return (head, da, _slope(operands[1], name))
        case "*":
            return ("+", ("*", da, operands[1]), ("*", a, _slope(operands[1], name)))
        case "/":
            b = operands[1]
            return ("/", ("-", ("*", da, b), ("*", a, _slope(b, name))), ("^", b, two))
        case "^":
            n = operands[1][1]
            return ("*", ("*", ("#", n), ("^", a, ("#", n - 1))), da)
        case "exp":
            return ("*", tree, da)
        case "log":
            return ("/", da, a)
        case "sqrt":
            return ("/", da, ("*", two, tree))
        case "sin":
            return ("*", ("cos", a), da)
        case "cos":
            return ("*", ("*", ("#", -1), ("sin", a)), da)
        case "tanh":
            return ("*", ("-", one, ("^", tree, two)), da)
    raise ValueError(f"expected an operator, got {head!r}")


def _derivative(chosen: random.Random) -> tuple[Tree, Callable[[Tree], str]]:
    body = _term(chosen, ("u", "v", "w"), 2)
    name = chosen.choice(("u", "v"))
    right = _slope(body, name)
    return right, lambda shown: f"partial({text_of(body)}, {name}) = {text_of(shown)}"


def _gradient(chosen: random.Random) -> tuple[Tree, Callable[[Tree], str]]:
    body = _term(chosen, ("x[i]", "y[i]", "u"), 2)
    right = _slope(body, "x[i]")
    return (
        right,
        lambda shown: f"grad(sum(i in n: {text_of(body)}), x) = [i in n: {text_of(shown)}]",
    )


def _edited(chosen: random.Random, tree: Tree) -> Tree:
    """The term with one edit."""

    def edit(part: Tree) -> Tree:
        head, *operands = part
        if head == "#":
            return ("#", operands[0] + chosen.choice((1, 2)))
        if not operands:
            return chosen.choice((("*", ("#", -1), part), ("^", part, ("#", 2)), ("*", ("#", 2), part)))
        if head in ("+", "-", "*", "/"):
            others = [other for other in ("+", "-", "*") if other != head]
            return chosen.choice(((chosen.choice(others), *operands), operands[0]))
        if head == "^":
            return (head, operands[0], ("#", operands[1][1] + 1))
        if head == "max":
            return tuple(operands[0])
        return chosen.choice((("*", ("#", -1), part), operands[0], ("+", part, ("#", 1))))

    return _changed(tree, chosen.choice(_paths(tree)), edit)


def _differ(chosen: random.Random, right: Tree, wrong: Tree) -> bool:
    """Whether two terms differ by much at one of several points."""
    for _ in range(8):
        at = {name: chosen.uniform(-2, 2) for name in ("u", "w", "x[i]", "y[i]")}
        at |= {name: chosen.uniform(0.1, 3) for name in ("v", "s")}
        try:
            one, other = value(right, at), value(wrong, at)
        except (ValueError, ZeroDivisionError, OverflowError):
            continue
        if isinstance(one, float) and isinstance(other, float) and abs(one - other) > 1e-6 * (1 + abs(one)):
            return True
    return False


def judged(made: list[Claim]) -> list[tuple[Claim, Any]]:
    """The findings for claims."""
    derivation = derivation_of(PREAMBLE + "".join(f"claim: {claim.text}\n" for claim in made))
    return list(zip(made, findings(derivation, Shapes(derivation)), strict=True))


def mistakes(found: list[tuple[Claim, Any]]) -> list[tuple[Claim, Any]]:
    """True claims that are refuted, and false ones that are taken for true."""
    return [
        (claim, one)
        for claim, one in found
        if (claim.is_true and one.status == "differs")
        or (not claim.is_true and one.status in ("proved", "verified", "held"))
    ]


def main() -> None:
    """Judge many claims; exit with 1 if one is judged wrongly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1000)
    options = parser.parse_args()
    counts, wrong = Counter[tuple[bool, str]](), []
    for number in range(0, options.count, 100):
        found = judged(list(claims(options.seed + number, 100)))
        counts.update((claim.is_true, one.status) for claim, one in found)
        wrong += mistakes(found)
    for (is_true, status), count in sorted(counts.items()):
        print(f"{'true' if is_true else 'false'} claims {status}: {count}")
    for claim, one in wrong:
        print(claim, one)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
