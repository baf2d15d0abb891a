r"""Letters that belong to a name: the a of o^a_k, the 1 of W_1, found from how a text uses them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from chainrule.checking.derivations.model import Scope
from chainrule.checking.derivations.naming import naming
from chainrule.checking.derivations.statements import Chain
from chainrule.checking.derivations.tokens import Token

_CAPITALS = frozenset("WABUVM")
_PARAMETERS = frozenset("λατβθμε")
"""Below a capital that also stands alone, J and J_λ, they make another name."""
_COMPANIONS = frozenset("bzahyxosW")


def decorations(lists: list[list[Token]], scope: Scope) -> set[str]:
    """The names with a superscript letter or a number below that a text uses as one name.

    A superscript letter belongs to the name if that letter occurs nowhere but in superscripts. Numbered capitals are
    names, W_1 and W_2, unless the same capital has letters below; then small letters with numbers alone are names too.
    """
    above: dict[str, set[str]] = defaultdict(set)
    below: dict[str, set[str]] = defaultdict(set)
    elsewhere: set[str] = set()
    bare: set[str] = set()
    for tokens in lists:
        base = ""
        at = 0
        while at < len(tokens):
            token = tokens[at]
            if token.kind == "op" and token.text in "^_" and at + 1 < len(tokens):
                inner, after = _script(tokens, at + 1)
                sole = inner[0] if len(inner) == 1 else None
                if token.text == "^" and sole is not None and sole.kind == "name" and base not in ("", "e"):
                    above[sole.text].add(base)
                elif token.text == "_" and base:
                    below[base].add("".join(t.text for t in inner))
                    elsewhere |= {t.text for t in inner if t.kind == "name"}
                else:
                    elsewhere |= {t.text for t in inner if t.kind == "name"}
                at = after
                continue
            if token.kind == "name":
                base = token.text
                elsewhere.add(base)
                if at + 1 >= len(tokens) or tokens[at + 1].text not in ("_", "^"):
                    bare.add(base)
            elif token.kind != "brace":
                base = ""
            at += 1
    found = {
        f"{base}^{letter}" for letter, bases in above.items() for base in bases
        if letter not in elsewhere and letter not in scope.kinds and letter not in scope.definitions and letter != "T"
    }  # fmt: skip
    numbered = {
        base for base, scripts in below.items()
        if base not in scope.kinds and base not in scope.definitions and all(s and s[0].isdigit() for s in scripts)
    }  # fmt: skip
    capitals = {base for base in numbered if base in _CAPITALS and base not in bare}
    names = capitals | ({base for base in numbered if base in _COMPANIONS and base not in bare} if capitals else set())
    found |= {f"{base}_{script.split(',')[0]}" for base in names for script in below[base]}
    found |= {
        f"{base}_{script}" for base, scripts in below.items() for script in scripts
        if script in _PARAMETERS and base in bare and base.isupper() and base not in scope.kinds
    }  # fmt: skip
    found |= {
        f"{base}_{script}" for base, (script, *others) in below.items()
        if not others and script in bare and base not in scope.kinds and base not in scope.definitions
        and (script in _PARAMETERS or _is_number(scope, script))
    }  # fmt: skip
    return found | {name for tokens in lists for name in _limits(tokens)}


def _is_number(scope: Scope, name: str) -> bool:
    """Whether a text says of a name that it is a number: a > 0."""
    kind = scope.kinds.get(name)
    return name in scope.facts if kind is None else kind.role == "value" and not kind.dims


def _limits(tokens: list[Token]) -> set[str]:
    """Sizes with a subscript, as in the sum from 1 to d_h."""
    found: set[str] = set()
    for at, token in enumerate(tokens):
        position = at + 1
        while (
            token.kind == "op" and token.text in "ΣΠ" and position < len(tokens) and tokens[position].text in ("_", "^")
        ):
            above = tokens[position].text == "^"
            inner, position = _script(tokens, position + 1) if position + 1 < len(tokens) else ([], len(tokens))
            letters = [t.text for t in inner if t.kind in ("name", "word", "number")]
            if above and len(letters) == 2 and len(inner) in (3, 5) and inner[1].text == "_":
                found.add("_".join(letters))
    return found


def _script(tokens: list[Token], at: int) -> tuple[list[Token], int]:
    if tokens[at].text != "{":
        return [tokens[at]], at + 1
    depth = 0
    for end in range(at, len(tokens)):
        depth += {"{": 1, "}": -1}.get(tokens[end].text, 0) if tokens[end].kind == "brace" else 0
        if depth == 0:
            return tokens[at + 1 : end], end + 1
    return tokens[at + 1 :], len(tokens)


def gradient_names(chains: list[Chain], scope: Scope) -> list[str]:
    """The names z of which a text writes dz for a gradient.

    It does so where dz stands alone on one side of an equation and no differential on the other.
    """
    if "d" in scope.kinds or "d" in scope.definitions:
        return []
    found: dict[str, None] = {}
    as_gradients = False
    for chain in chains:
        sides = [member.tokens for member in chain.members]
        for tokens in sides:
            found |= dict.fromkeys(_after_d(tokens, scope))
        alone = bool(sides) and len(sides) > 1 and len(sides[0]) > 1 and sides[0][0].text == "d"
        if alone and naming(sides[0][1:], declared=True) is not None:
            as_gradients |= not any(_after_d(tokens, scope) for tokens in sides[1:])
    return list(found) if as_gradients else []


def _after_d(tokens: Sequence[Token], scope: Scope) -> list[str]:
    """The names after a free d, outside fractions."""
    found = []
    depth = 0
    for at, token in enumerate(tokens[:-1]):
        if token.kind == "name" and token.text == "d" and tokens[at + 1].kind == "name":
            before = tokens[at - 1].text if at else ""
            if before in ("{", "/") and not depth:
                continue
            end = at + 2
            while end < len(tokens) and tokens[end].kind == "op" and tokens[end].text in "_^":
                end = _script(list(tokens), end + 1)[1]
            head = naming(tokens[at + 1 : end], declared=True)
            if head is not None:
                found.append(head.name)
    return found
