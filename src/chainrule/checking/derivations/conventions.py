"""Conventions for undeclared softmax and σ, for functions without their argument, and for unknown functions.

Unknown functions are tried as templates; the one with which most relations agree is taken.
"""

from collections import Counter
from itertools import pairwise

from chainrule.checking.derivations import preamble
from chainrule.checking.derivations.compare import EXACT, Task, compare
from chainrule.checking.derivations.functions import TEMPLATES
from chainrule.checking.derivations.kinds import applied
from chainrule.checking.derivations.model import Question
from chainrule.checking.derivations.templates import FUNCTIONS
from chainrule.checking.derivations.tokens import Token, closing
from chainrule.checking.derivations.tree import Call, Index, Name, Node, walk

_OF_VECTORS: tuple[str, ...] = ("softmax", "log-softmax")
_OF_NUMBERS: tuple[str, ...] = ("sigmoid", "tanh", "softplus", "log-sigmoid", "relu", "heaviside")
MOST_FUNCTIONS = 3
MOST_RELATIONS = 8


def token_lists(question: Question) -> list[list[Token]]:
    """The tokens of every member and of every definition that is no template."""
    lists = [list(m.tokens) for chain in question.chains for m in chain.members]
    lists += [list(d.tokens) for d in question.scope.definitions.values() if d.source != "template"]
    return lists


def conventions(question: Question) -> None:
    """Define names with a usual meaning: softmax, sigmoid, σ."""
    scope = question.scope
    lists = token_lists(question)
    words = {t.text for tokens in lists for t in tokens if t.kind == "word" and not (t.code and scope.code)}
    for word in sorted(words):
        name = TEMPLATES.get(word.lower())
        template = {"th": "tanh"}.get(name or "", name)
        if name and name not in scope.definitions and word not in scope.definitions and template in FUNCTIONS:
            preamble.use(scope, str(template), name, source="convention")
    known = {*scope.definitions, *scope.kinds}
    following = [tokens[i + 1 :] for tokens in lists for i, token in enumerate(tokens[:-1]) if token.text == "σ"]
    template = "softmax" if any(map(_is_indexed, following)) else "sigmoid"
    if "σ" not in known and any(rest[0].text in ("(", "'", "_") for rest in following):
        preamble.use(scope, template, "σ", source="convention")
        question.conventions.append(("σ", template))
    _arguments(question, lists)


def _is_indexed(rest: list[Token]) -> bool:
    """Whether a name is followed by a subscript, as in σ_i and σ(x)_i."""
    after = rest[closing(rest, 0) + 1 :] if rest[0].text == "(" else rest
    return bool(after) and after[0].text == "_"


def _arguments(question: Question, lists: list[list[Token]]) -> None:
    """Choose the usual arguments of functions that are also used without one."""
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
        free = [name for name, _ in varied.most_common() if name not in scope.definitions]
        candidates = [name for name, _ in called.most_common()] or free
        if definition.indices:
            vectors = [name for name, kind in scope.kinds.items() if kind.role == "value" and kind.rank == 1]
            candidates = [name for name in candidates if name in vectors or name not in scope.kinds]
            candidates += vectors if len(vectors) == 1 else []
        scope.arguments[definition.name] = [*candidates, "x"][0]


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


def unknown_functions(question: Question) -> list[tuple[str, tuple[str, ...]]]:
    """The names that are applied to something without being defined, each with the templates to try."""
    scope = question.scope
    found: dict[str, bool] = {}
    for node in (node for read in question.read.values() for tree in read.nodes for node in walk(tree)):
        call = node.base if isinstance(node, Index) else node
        function = applied(call)
        if not isinstance(call, Call) or not isinstance(function, Name) or len(call.arguments) != 1:
            continue
        name, kind = function.text, scope.kinds.get(function.text)
        unknown = kind is None or (not kind.declared and kind.role == "value")
        if unknown and name not in scope.definitions and name not in scope.code:
            found[name] = found.get(name, False) or isinstance(node, Index)
    return [(name, _OF_VECTORS if indexed else _OF_NUMBERS) for name, indexed in found.items()][:MOST_FUNCTIONS]


def agreeing(question: Question, name: str) -> int:
    """How many relations that mention a name are true."""
    count = tried = 0
    for chain in question.chains:
        if not chain.fragment.display or id(chain) in question.declaring:
            continue
        reads = [question.read[id(member)] for member in chain.members]
        for (left, right), link in zip(pairwise(reads), chain.links, strict=False):
            nodes = (*left.nodes[:1], *right.nodes[:1])
            if len(nodes) < 2 or link.operator not in EXACT or not any(_mentions(node, name) for node in nodes):
                continue
            tried += 1
            if tried <= MOST_RELATIONS:
                task = Task(question.scope, nodes[0], nodes[1], moving=question.moving)
                count += compare(task, quick=True).status == "equal"
    return count


def _mentions(node: Node, name: str) -> bool:
    return any(isinstance(n, Name) and n.text == name for n in walk(node))
