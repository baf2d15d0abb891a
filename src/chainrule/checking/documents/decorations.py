r"""Letters that belong to a name: the a of o^a_k, the 1 of W_1, found from their use in a text."""

from collections import defaultdict
from collections.abc import Sequence

from chainrule.checking.documents.model import Scope
from chainrule.checking.documents.naming import naming
from chainrule.checking.documents.statements import Chain
from chainrule.checking.documents.tokens import Token, scripts_behind

_CAPITALS = frozenset("WABUVM")
_PARAMETERS = frozenset("λατβθμε")
"""Subscripts that make another name of a capital: J_λ beside J."""
_COMPANIONS = frozenset("bzahyxosW")


def decorations(lists: list[list[Token]], scope: Scope) -> set[str]:
    """The names that include a superscript letter or a number in their subscript.

    A superscript letter belongs to the name if that letter occurs only in superscripts. Numbered capitals are
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
            scripts, at = scripts_behind(tokens, at)
            if token.kind != "brace":
                base = token.text if token.kind == "name" else ""
            if token.kind == "name":
                (elsewhere if scripts else bare).add(base)
            for sign, inner in scripts:
                letters = [t.text for t in inner if t.kind == "name"]
                if sign == "^" and len(inner) == len(letters) == 1 and base not in ("", "e"):
                    above[letters[0]].add(base)
                    continue
                if sign == "_" and base:
                    below[base].add("".join(t.text for t in inner))
                elsewhere.update(letters)
    elsewhere |= bare
    given = scope.kinds.keys() | scope.definitions.keys()
    found = {
        f"{base}^{letter}" for letter, bases in above.items() for base in bases
        if letter not in elsewhere and letter not in given and letter != "T"
    }  # fmt: skip
    numbered = {base for base, scripts in below.items() if all(s and s[0].isdigit() for s in scripts)} - given - bare
    capitals = numbered & _CAPITALS
    names = capitals | (numbered & _COMPANIONS) if capitals else capitals
    found |= {f"{base}_{script.split(',')[0]}" for base in names for script in below[base]}
    found |= {
        f"{base}_{script}" for base, scripts in below.items() for script in scripts
        if script in _PARAMETERS and base in bare and base.isupper() and base not in scope.kinds
    }  # fmt: skip
    found |= {
        f"{base}_{script}" for base, (script, *others) in below.items()
        if not others and script in bare and base not in given and (script in _PARAMETERS or _is_number(scope, script))
    }  # fmt: skip
    return found | {name for tokens in lists for name in _limits(tokens)}


def _is_number(scope: Scope, name: str) -> bool:
    """Whether a text declares a name to be a number, as a > 0 does."""
    kind = scope.kinds.get(name)
    return name in scope.facts if kind is None else kind.role == "value" and not kind.dims


def _limits(tokens: list[Token]) -> set[str]:
    """Sizes with a subscript, as in the sum from 1 to d_h."""
    found: set[str] = set()
    for at, token in enumerate(tokens):
        for sign, inner in scripts_behind(tokens, at)[0] if token.is_op("ΣΠ") else ():
            letters = [t.text for t in inner if t.kind in ("name", "word", "number")]
            if sign == "^" and len(letters) == 2 and len(inner) in (3, 5) and inner[1].text == "_":
                found.add("_".join(letters))
    return found


def gradient_names(chains: list[Chain], scope: Scope) -> list[str]:
    """The names z for which a text writes dz for the gradient with respect to z.

    It does so where dz stands alone on one side of an equation and no differential on the other.
    """
    if "d" in scope.kinds or "d" in scope.definitions:
        return []
    found: dict[str, None] = {}
    as_gradients = False
    for chain in chains:
        sides = [member.tokens for member in chain.members]
        for tokens in sides:
            found |= dict.fromkeys(_after_d(tokens))
        alone = len(sides) > 1 and len(sides[0]) > 1 and sides[0][0].text == "d"
        if alone and naming(sides[0][1:], declared=True) is not None:
            as_gradients |= not any(_after_d(tokens) for tokens in sides[1:])
    return list(found) if as_gradients else []


def _after_d(tokens: Sequence[Token]) -> list[str]:
    """The names after a free d, outside fractions."""
    found = []
    for at, token in enumerate(tokens[:-1]):
        opened = at > 0 and tokens[at - 1].text in ("{", "/")
        if token.kind == "name" and token.text == "d" and tokens[at + 1].kind == "name" and not opened:
            _, end = scripts_behind(tokens, at + 1)
            head = naming(tokens[at + 1 : end], declared=True)
            if head is not None:
                found.append(head.name)
    return found
