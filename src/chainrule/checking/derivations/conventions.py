"""What is left to convention: softmax and σ undeclared, functions written without their argument."""

from __future__ import annotations

from collections import Counter

from chainrule.checking.derivations import preamble
from chainrule.checking.derivations.functions import TEMPLATES
from chainrule.checking.derivations.question import Question
from chainrule.checking.derivations.tokens import Token


def token_lists(question: Question) -> list[list[Token]]:
    """The tokens of every member and of every definition that is no template."""
    lists = [list(m.tokens) for chain in question.chains for m in chain.members]
    lists += [list(d.tokens) for d in question.scope.definitions.values() if d.source != "template"]
    return lists


def conventions(question: Question) -> None:
    """Names that everybody uses alike: softmax, sigmoid, σ."""
    scope = question.scope
    lists = token_lists(question)
    words = {t.text for tokens in lists for t in tokens if t.kind == "word" and not (t.code and scope.code)}
    for word in sorted(words):
        name = TEMPLATES.get(word.lower())
        template = {"th": "tanh"}.get(name or "", name)
        if name and name not in scope.definitions and word not in scope.definitions and template in _templates():
            preamble.use(scope, str(template), name, source="convention")
    known = {*scope.definitions, *scope.kinds}
    if "σ" not in known and (uses := [(tokens, i) for tokens in lists for i, t in enumerate(tokens) if t.text == "σ"]):
        indexed = any(i + 1 < len(tokens) and tokens[i + 1].text == "_" for tokens, i in uses)
        indexed = indexed or any(_indexed_after(tokens, i) for tokens, i in uses)
        applied = any(i + 1 < len(tokens) and tokens[i + 1].text in ("(", "'") for tokens, i in uses)
        template = "softmax" if indexed else "sigmoid" if applied else ""
        if template:
            preamble.use(scope, template, "σ", source="convention")
            question.conventions.append(("σ", template))
    _arguments(question, lists)


def _indexed_after(tokens: list[Token], at: int) -> bool:
    """Whether a call is followed by a subscript: σ(x)_i."""
    if at + 1 >= len(tokens) or tokens[at + 1].text != "(":
        return False
    depth = 0
    for end in range(at + 1, len(tokens)):
        depth += {"open": 1, "close": -1}.get(tokens[end].kind, 0)
        if depth == 0:
            return end + 1 < len(tokens) and tokens[end + 1].text == "_"
    return False


def _templates() -> frozenset[str]:
    from chainrule.checking.derivations.templates import FUNCTIONS

    return frozenset(FUNCTIONS)


def _arguments(question: Question, lists: list[list[Token]]) -> None:
    """For functions that are also used bare, the name that stands for their argument."""
    scope = question.scope
    varied = Counter(
        tokens[i + 1].text for tokens in lists for i, t in enumerate(tokens[:-1])
        if (t.text in ("∂", "d") and tokens[i + 1].kind == "name" and i and tokens[i - 1].text in ("{", "/", "}"))
    )  # fmt: skip
    varied.update(tokens[i + 2].text if tokens[i + 2].text != "{" else tokens[min(i + 3, len(tokens) - 1)].text
                  for tokens in lists for i, t in enumerate(tokens[:-2])
                  if t.text in ("D", "∇") and tokens[i + 1].text == "_")  # fmt: skip
    for name, definition in scope.definitions.items():
        if len(definition.parameters) != 1 or name in scope.arguments:
            continue
        (parameter,) = definition.parameters
        own_letter = definition.source not in ("template", "convention")
        meant = parameter in scope.kinds or parameter in varied or _occurs(parameter, question, name)
        if own_letter and meant and (parameter in {*scope.kinds, *scope.definitions} or not definition.indices):
            continue
        called = Counter(
            tokens[i + 1].text for tokens in lists for i, t in enumerate(tokens[:-2])
            if t.text == "(" and tokens[i + 1].kind == "name" and tokens[i + 2].text == ")"
            and _precedes(tokens, i, name)
        )  # fmt: skip
        candidates = [n for n, _ in called.most_common()] or [
            n for n, _ in varied.most_common() if n not in scope.definitions
        ]
        vectors = [n for n, k in scope.kinds.items() if k.role == "value" and k.rank == 1]
        wanted = [c for c in candidates if (c in vectors or c not in scope.kinds)] if definition.indices else candidates
        choice = (wanted or (vectors[:1] if definition.indices and len(vectors) == 1 else []) or ["x"])[0]
        scope.arguments[name] = choice


def _occurs(name: str, question: Question, defined: str) -> bool:
    """Whether a letter stands somewhere else than in the definition of a function of it."""
    return any(
        t.text == name
        for chain in question.chains if question.defining.get(id(chain)) != defined
        for member in chain.members for t in member.tokens
    )  # fmt: skip


def _precedes(tokens: list[Token], bracket: int, name: str) -> bool:
    """Whether a name, perhaps with a subscript, stands before a bracket."""
    at = bracket - 1
    if at >= 0 and tokens[at].text == "}":
        while at >= 0 and tokens[at].text != "{":
            at -= 1
        at -= 2
    elif at >= 1 and tokens[at - 1].text == "_":
        at -= 2
    return at >= 0 and tokens[at].text == name
