r"""The left side of a definition: s(x)_i, g_k(s_1, …, s_K), W^{(1)}, h^a, and lists of names."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from chainrule.checking.derivations.tokens import Token


@dataclass(frozen=True)
class Naming:
    """A name with the indices and parameters that it is defined with."""

    name: str
    indices: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()


def naming(tokens: Sequence[Token], *, declared: bool = False, decorations: Collection[str] = ()) -> Naming | None:
    r"""The name that some tokens would define, or None if they are a formula.

    `declared` reads every superscript as part of the name, as in `h^a := ...`; elsewhere x^2 is a power.

    >>> from chainrule.checking.derivations.tokens import tokens
    >>> naming(tokens(r"g_k(s_1, \dots, s_K)"))
    Naming(name='g', indices=('k',), parameters=('s',))
    >>> naming(tokens("x^2")) is None
    True
    """
    if not tokens or tokens[0].kind not in ("name", "word"):
        return None
    if tokens[0].text in ("𝟙", "𝟏", "𝔼", "ℝ", "d") and len(tokens) > 1:
        return None
    name, at = tokens[0].text, 1
    indices: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "op" and token.text in "_^":
            inner, after = _group(tokens, at + 1)
            if not inner:
                return None
            if token.text == "^":
                label = _label(inner, declared or name + "^" + "".join(t.text for t in inner) in decorations)
                if label is None or (indices and not decorations):
                    return None
                name += label
            else:
                entries = _entries(inner)
                if entries is None or indices:
                    return None
                if entries[0].isdigit() or len(entries[0]) > 1 or f"{name}_{entries[0]}" in decorations:
                    if len(entries) > 1:
                        return None
                    name += f"_{entries[0]}"
                else:
                    indices = tuple(entries)
            at = after
        elif token.kind == "open" and token.text == "(" and not parameters:
            after = _closing(tokens, at)
            found = _parameters(tokens[at + 1 : after])
            if found is None:
                return None
            parameters, at = found, after + 1
        else:
            return None
    return Naming(name, indices, parameters)


def names(tokens: Sequence[Token]) -> list[Naming] | None:
    r"""A list of names: x, y or z_1, \dots, z_n; None if it is something else."""
    parts: list[list[Token]] = [[]]
    dotted = False
    depth = 0
    for token in tokens:
        depth += {"{": 1, "}": -1}.get(token.text, 0) if token.kind == "brace" else 0
        if token.kind == "op" and token.text == "," and depth == 0:
            parts.append([])
        elif token.kind == "dots":
            dotted = True
        elif token.kind == "text" and token.text.strip() in ("and", "und", "et", "и"):
            parts.append([])
        else:
            parts[-1].append(token)
    found = []
    for part in parts:
        if not part:
            continue
        one = naming(part, declared=True)
        if one is None:
            return None
        found.append(one)
    if dotted and found:
        base = found[0].name.rsplit("_", 1)[0]
        return [Naming(base, ("·",))]
    return found or None


def _group(tokens: Sequence[Token], at: int) -> tuple[list[Token], int]:
    if at >= len(tokens):
        return [], at
    if tokens[at].kind == "open":
        end = _closing(tokens, at)
        return list(tokens[at : end + 1]), end + 1
    if tokens[at].text != "{":
        return [tokens[at]], at + 1
    depth = 0
    for end in range(at, len(tokens)):
        depth += {"{": 1, "}": -1}.get(tokens[end].text, 0) if tokens[end].kind == "brace" else 0
        if depth == 0:
            return list(tokens[at + 1 : end]), end + 1
    return [], len(tokens)


def _closing(tokens: Sequence[Token], at: int) -> int:
    depth = 0
    for end in range(at, len(tokens)):
        depth += {"open": 1, "close": -1}.get(tokens[end].kind, 0)
        if depth == 0:
            return end
    return len(tokens) - 1


def _label(inner: list[Token], declared: bool) -> str | None:
    if inner[0].kind == "open" and inner[-1].kind == "close" and 2 < len(inner) <= 5:
        return "^(" + "".join(t.text for t in inner[1:-1]) + ")"
    if len(inner) <= 2 and declared and all(t.kind in ("name", "number") for t in inner) and inner[0].text != "T":
        return "^" + "".join(t.text for t in inner)
    if len(inner) == 1 and inner[0].text == "·":
        return "^*"
    return None


def _entries(inner: list[Token]) -> list[str] | None:
    entries = [t.text for t in inner if not (t.kind == "op" and t.text == ",")]
    if not entries or any(t.kind not in ("name", "number", "word") and t.text != "," for t in inner):
        return None
    return entries


def _parameters(tokens: Sequence[Token]) -> tuple[str, ...] | None:
    bars = "|‖"
    found = names([Token("op", ",", t.start, t.end) if t.kind == "op" and t.text in bars else t for t in tokens])
    if found is None:
        return None
    if any(one.parameters for one in found) or any(one.indices and one.indices != ("·",) for one in found):
        return None
    return tuple(dict.fromkeys(one.name for one in found))
