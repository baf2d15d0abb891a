r"""Declarations in sentences, such as x \in \mathbb{R}^n and \lambda > 0, and announcements of definitions."""

import re
from collections.abc import Sequence
from dataclasses import replace

from chainrule.checking.documents.model import Kind, Scope
from chainrule.checking.documents.naming import names, size_in
from chainrule.checking.documents.statements import Chain
from chainrule.checking.documents.tokens import Token, scripts_behind, split_at
from chainrule.checking.documents.tree import Big, Index, Name, Node, Number

_ROWS = re.compile(
    r"row vectors|as rows|row gradients|als Zeilen|en ligne|comme des lignes|строк(?:ами|и|а)", re.IGNORECASE
)
_OFF = re.compile(
    r"off[- ]?diagonal|non[- ]diagonal|outside the diagonal|außerhalb der Diagonal|nebendiagonal"
    r"|hors (?:de la )?diagonal|недиагональн|вне диагонали",
    re.IGNORECASE,
)
_ON = re.compile(
    r"(?:on|along) the diagonal|diagonal (?:entr|elem|term|comp|part|case)|^\W*diagonal\W*$|auf der (?:Haupt)?diagonal"
    r"|diagonal(?:elem|eintr)|sur la diagonale|(?:termes|coefficients|éléments) diagonaux|на (?:главной )?диагонали"
    r"|диагональны[ехй] (?:элемент|член)",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"satisf|if and only if|\biff\b|only (?:if|when|occur)|\bcondition|provided|whenever|\bsolve|\bsetting|requires"
    r"|erfüllt|\bfalls\b|\bwenn\b|genau dann|Bedingung|\bsi et seulement|lorsque|vérifi|à condition|résou"
    r"|тогда и только|услови|\bесли\b|выполня|решим|решени",
    re.IGNORECASE,
)
_INTRODUCES = re.compile(
    r"(?:\b(?:let|define|write|where|with|put|set|denote|call|writing|say|suppose|given|notation|sei|seien|setzen|mit|"
    r"definiere|bezeichne|schreibe|on pose|posons|soit|soient|note|notons|avec|où|пусть|обозначим|где|положим|введём)\b"
    r"|[-*]\s*$|^\s*$)[^.!?$]*$",
    re.IGNORECASE,
)


_CALLED = re.compile(
    r"\b(softmax|sigmoid|logloss|relu|tanh|softplus|log-softmax|cross-entropy|log-sum-exp)\b[\w\s]{0,20}?"
    r"\b(?:как|as|by|als|mit|par|through|via|за|буквой)\s*\$([^$]{1,40})\$",
    re.IGNORECASE,
)


def aliases(text: str) -> list[tuple[str, str]]:
    """Templates that a sentence gives a name: (template, formula).

    >>> aliases("Write the softmax as $g$.")
    [('softmax', 'g')]
    """
    return [(match.group(1).lower(), match.group(2).strip()) for match in _CALLED.finditer(text)]


def introduces(before: str) -> bool:
    """Whether the words before a formula announce a definition: let, where, sei, пусть, ..."""
    return bool(_INTRODUCES.search(re.sub(r"\$[^$]*\$", "", _last_sentence(before))))


def _last_sentence(text: str) -> str:
    return re.split(r"[.!?]\s|\n\s*\n", text)[-1]


_THIS = r"(?:this|it|the last|the latter|that|dies\w*|das|ce|cet|cette|cela|l'|эт\w+|её|ее|его|последн\w+)"
_CALLS = (
    r"(?:call|denote|write|abbreviate|name|nenn\w*|bezeichn\w*|schreib\w*|not(?:e|ons)|appel\w+|обознач\w+|назов\w+)"
)
_NAMES_THE_LAST = re.compile(rf"\b(?:{_CALLS}\b.*\b{_THIS}\b|{_THIS}\b.*\b{_CALLS})\b[^.!?$]*$", re.IGNORECASE)


_NUMBER = re.compile(r"\b(?:number|scalar|real|Zahl|Skalar|nombre|scalaire|réel|число|скаляр\w*)\s*$", re.IGNORECASE)


def is_called_number(scope: Scope, chain: Chain, before: str) -> bool:
    """Whether a sentence calls an undeclared letter a number, as in "a single number $z$"."""
    if chain.links or len(chain.members) != 1 or len(chain.members[0].tokens) != 1:
        return False
    token = chain.members[0].tokens[0]
    kind = scope.kinds.get(token.text)
    return token.kind == "name" and (kind is None or not kind.declared) and bool(_NUMBER.search(before))


def names_the_last(between: str) -> bool:
    """Whether the words from a display to a formula call the display's result by that formula.

    >>> names_the_last(". We call this quantity $"), names_the_last(" where $")
    (True, False)
    """
    words = re.sub(r"\\(?:end|begin)\{[^}]*\}", "", between).strip("$ \n.,;").rstrip("\\(").rstrip()
    # Only the first sentence after a display can name its result.
    return (
        len(words) < 120
        and "$" not in words
        and not re.search(r"[.!?]\s", words)
        and bool(_NAMES_THE_LAST.search(words))
    )


_CONVENTION = re.compile(
    r"summation convention|Einstein (?:convention|notation|summation)|occurs twice [^.]*summed|Summenkonvention"
    r"|convention de sommation|соглашени\w+ (?:Эйнштейна|о суммировании)",
    re.IGNORECASE,
)


def sums_silently(text: str) -> bool:
    """Whether a text announces sums over repeated indices that it does not write."""
    return bool(_CONVENTION.search(text))


def says_rows(text: str) -> bool:
    """Whether a text announces gradients as rows."""
    return bool(_ROWS.search(text))


def about_diagonal(before: str) -> str | None:
    """ "=" or "!=" where the sentence before a display speaks of diagonal or off-diagonal entries."""
    sentence = _last_sentence(before.rstrip("$ \n"))[-160:]
    if _OFF.search(sentence):
        return "!="
    return "=" if _ON.search(sentence) else None


def states_condition(before: str) -> bool:
    """Whether the sentence before a display announces a condition rather than a result."""
    return bool(_CONDITION.search(re.split(r"[.!?]\s", before.rstrip().rstrip("$ \n"))[-1][-200:]))


_FACTS = {">0": "positive", ">=0": "nonnegative", "!=0": "nonzero", "=±1": "±1"}
"""The fact that a relation behind a name states."""


def declared_in(scope: Scope, chain: Chain) -> bool:
    """Enter the declaration that a formula in a sentence makes; False if it makes none."""
    tokens = [t for m in chain.members for t in m.tokens]
    position = next((i for i, t in enumerate(tokens) if t.kind == "op" and t.text == "∈"), None)
    if position is not None and not chain.links:
        return _membership(scope, tokens[:position], tokens[position + 1 :])
    texts = ["".join(t.text for t in member.tokens) for member in chain.members]
    operators = [link.operator for link in chain.links]
    if len(operators) == 1 and operators[0] + texts[1] in _FACTS:
        return _states(scope, chain.members[0].tokens, _FACTS[operators[0] + texts[1]])
    if len(operators) == 2 and {*operators} <= {"<", "<="} and texts[0::2] == ["0", "1"]:
        return texts[1] not in scope.definitions and _states(scope, chain.members[1].tokens, "in (0,1)")
    return False


def range_in(scope: Scope, chain: Chain) -> bool:
    """Enter the range of an index, as in i = 1, …, n; False if a formula states none."""
    if len(chain.links) != 1 or chain.links[0].operator != "=" or len(chain.members[0].tokens) != 1:
        return False
    name = chain.members[0].tokens[0]
    *between, last = [part for part in split_at(chain.members[1].tokens, ",") if part] or [[]]
    whole = all(len(part) == 1 and part[0].kind in ("number", "dots") for part in between)
    extent = size_in(last)
    if name.kind != "name" or not between or not whole or between[0][0].text != "1" or extent is None:
        return False
    scope.ranges[name.text] = extent
    if isinstance(extent, str):
        scope.kinds.setdefault(extent, Kind("size"))
    return True


def _membership(scope: Scope, left: Sequence[Token], right: Sequence[Token]) -> bool:
    listed = names(left)
    kind = _set(right)
    if not listed or kind is None or any(one.parameters for one in listed):
        return False
    for one in listed:
        if one.name == "e" and any(scope.kinds[i].role == "label" for i in one.indices if i in scope.kinds):
            continue  # e_y, the unit vector of a class
        member = Kind(kind.role, ("·n",) * len(one.indices) + kind.dims, kind.facts) if one.indices else kind
        old = scope.kinds.get(one.name)
        if old is None and one.name not in scope.definitions:
            scope.kinds[one.name] = member
        elif old is not None and old.role == "value" and kind.facts:
            scope.kinds[one.name] = replace(old, facts=old.facts | kind.facts)
        for dim in kind.dims:
            if isinstance(dim, str):
                scope.kinds.setdefault(dim, Kind("size"))
    return True


def _set(tokens: Sequence[Token]) -> Kind | None:
    """The kind of the elements of a set."""
    text = "".join(t.text for t in tokens)
    if text.startswith(("ℝ", "R")):
        return _real(tokens)
    if re.fullmatch(r"[(\[]0,1[)\]](\^.*)?", text):
        return Kind("value", (), frozenset({"in (0,1)"}))
    if text in ("{-1,+1}", "{-1,1}", "{+1,-1}", "{1,-1}", "{±1}"):
        return Kind("value", (), frozenset({"±1"}))
    if re.fullmatch(r"\{-?\d+(,[-+]?\d+)+\}", text) and text not in ("{1,2}", "{1,2,3}"):
        return Kind("value")
    found = re.fullmatch(r"\{1,(?:2,)?(?:…,)?(\w+)\}", text)
    if found:
        return Kind("label", (int(found.group(1)) if found.group(1).isdigit() else found.group(1),))
    return None


def _real(tokens: Sequence[Token]) -> Kind | None:
    """The kind of the elements of ℝ, ℝ^n, ℝ^{m × n}, ℝ_{>0} or ℝ^+."""
    found, end = scripts_behind(tokens, 0)
    if end < len(tokens):
        return None
    scripts = {sign: [t for t in inner if t.kind not in ("brace", "open", "close")] for sign, inner in found}
    below, above = scripts.get("_", []), scripts.get("^", [])
    positive = any(token.text in (">", "+") for token in below) or [token.text for token in above] == ["+"]
    parts = [part for part in split_at(above, "×") if above and [token.text for token in part] != ["+"]]
    dims = [size_in(part) for part in parts]
    if None in dims or len(dims) > 2:
        return None
    several = tuple(dim for dim in dims if dim is not None and (len(dims) == 1 or dim != 1))
    return Kind("value", several, frozenset({"positive"} if positive else ()))


def _states(scope: Scope, tokens: Sequence[Token], fact: str) -> bool:
    """Enter a fact about x or z_1, …, z_n; False if the tokens are something else."""
    listed = names(tokens)
    if not listed or any(one.parameters for one in listed):
        return False
    last = [t.text for t in tokens if t.kind == "name"][-1]
    for one in listed:
        old = scope.kinds.get(one.name)
        if one.name in scope.definitions:
            continue
        if old is not None:
            scope.kinds[one.name] = replace(old, facts=old.facts | {fact})
        elif one.indices == ("·",) and last != one.name:
            scope.kinds[one.name] = Kind("value", (last,), frozenset({fact}))
            scope.kinds.setdefault(last, Kind("size"))
        else:
            scope.facts.setdefault(one.name, set()).add(fact)
    return True


def sums_to_one(left: Node, right: Node, scope: Scope) -> tuple[str, str] | None:
    """The name and the fact that Σ_i t_i = 1 states about it; None for other relations."""
    if isinstance(left, Number):
        left, right = right, left
    match left, right:
        case (
            Big(kind="sum", index=index, condition=None, body=Index(base=Name(text=name), subscripts=subscripts)),
            Number(value=1),
        ) if name not in scope.definitions:
            letters = [s.text if isinstance(s, Name) else "" for s in subscripts]
            if letters == [index]:
                return name, "sum 1"
            if letters[1:] == [index]:
                return name, "rows sum 1"
    return None
