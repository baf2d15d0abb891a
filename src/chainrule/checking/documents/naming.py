r"""The left side of a definition: s(x)_i, g_k(s_1, …, s_K), W^{(1)}, h^a, and lists of names."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from chainrule.checking.documents.tokens import Token, closing, script, split_at

_AND = ("and", "und", "et", "и")
SIGNED = {"·": "^*", "+": "^+", "-": "^-"}
"""The parts of names that a lone sign as superscript makes: x^*, w^+."""


@dataclass(frozen=True)
class Naming:
    """A name with the indices and parameters that it is defined with."""

    name: str
    indices: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()


def naming(tokens: Sequence[Token], *, declared: bool = False, decorations: Collection[str] = ()) -> Naming | None:
    r"""The name, indices and parameters that some tokens define, or None if they are a formula.

    `declared` reads every superscript as part of the name, as in `h^a := ...`; elsewhere x^2 is a power.

    >>> from chainrule.checking.documents.tokens import tokens
    >>> naming(tokens(r"g_k(s_1, \dots, s_K)"))
    Naming(name='g', indices=('k',), parameters=('s',))
    >>> naming(tokens("x^2")) is None
    True
    """
    reserved = len(tokens) > 1 and tokens[0].text in ("𝟙", "𝟏", "𝔼", "ℝ", "d")
    if not tokens or tokens[0].kind not in ("name", "word") or reserved:
        return None
    name, at = tokens[0].text, 1
    indices: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    while at < len(tokens):
        token = tokens[at]
        inner, after = script(tokens, at + 1)
        if token.is_op("^") and inner:
            label = _label(inner, declared or name + "^" + _text(inner) in decorations)
            if label is None or (indices and not decorations):
                return None
            name += label
        elif token.is_op("_") and inner and not indices:
            entries = [t.text for t in inner if not t.is_op(",")]
            if not entries or any(t.kind not in ("name", "number", "word") and t.text != "," for t in inner):
                return None
            if not (entries[0].isdigit() or len(entries[0]) > 1 or f"{name}_{entries[0]}" in decorations):
                indices = tuple(entries)
            elif len(entries) == 1:
                name += f"_{entries[0]}"
            else:
                return None
        elif token.kind == "open" and token.text == "(" and not parameters:
            after = closing(tokens, at) + 1
            found = names(tokens[at + 1 : after - 1], ",|‖")
            if found is None or any(one.parameters or one.indices not in ((), ("·",)) for one in found):
                return None
            parameters = tuple(dict.fromkeys(one.name for one in found))
        else:
            return None
        at = after
    return Naming(name, indices, parameters)


def names(tokens: Sequence[Token], separators: str = ",") -> list[Naming] | None:
    r"""A list of names: x, y or z_1, \dots, z_n; None if it is something else."""
    listed = [Token("op", ",", t.start, t.end) if t.kind == "text" and t.text.strip() in _AND else t for t in tokens]
    parts = split_at([token for token in listed if token.kind != "dots"], separators)
    found = [naming(part, declared=True) for part in parts if part]
    named = [one for one in found if one is not None]
    if not named or len(named) < len(found):
        return None
    if any(token.kind == "dots" for token in tokens):
        return [Naming(named[0].name.rsplit("_", 1)[0], ("·",))]
    return named


def size_in(tokens: Sequence[Token]) -> str | int | None:
    """The size that some tokens write, a number or a plain name, or None."""
    if len(tokens) == 1 and tokens[0].text.isdecimal():
        return int(tokens[0].text)
    found = naming(tokens, declared=True)
    return found.name if found and not found.indices and not found.parameters else None


def _text(tokens: Sequence[Token]) -> str:
    return "".join(token.text for token in tokens)


def _label(inner: list[Token], declared: bool) -> str | None:
    """The part of a name that a superscript makes: (1) always, a letter if it is declared, a star or a sign."""
    if inner[0].kind == "open" and inner[-1].kind == "close" and 2 < len(inner) <= 5:
        return f"^({_text(inner[1:-1])})"
    if len(inner) <= 2 and declared and all(t.kind in ("name", "number") for t in inner) and inner[0].text != "T":
        return "^" + _text(inner)
    return SIGNED.get(_text(inner))
