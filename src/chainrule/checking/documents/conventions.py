"""Conventions for undeclared softmax and σ, and for unknown functions.

Unknown functions are tried as templates; the one with which most relations agree is taken.
"""

from itertools import pairwise

from chainrule.checking.documents import preamble
from chainrule.checking.documents.compare import EXACT, Task, compare
from chainrule.checking.documents.functions import TEMPLATES
from chainrule.checking.documents.model import Question
from chainrule.checking.documents.templates import canonical
from chainrule.checking.documents.tokens import Token, closing
from chainrule.checking.documents.tree import Call, Index, Name, Prime, walk

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
        template = canonical(name or "")
        if name and template and name not in scope.definitions and word not in scope.definitions:
            preamble.use(scope, template, name, source="convention")
    known = {*scope.definitions, *scope.kinds}
    following = [tokens[i + 1 :] for tokens in lists for i, token in enumerate(tokens[:-1]) if token.text == "σ"]
    template = "softmax" if any(map(_is_indexed, following)) else "sigmoid"
    if "σ" not in known and any(rest[0].text in ("(", "'", "_") for rest in following):
        preamble.use(scope, template, "σ", source="convention")
        question.conventions.append(("σ", template))


def _is_indexed(rest: list[Token]) -> bool:
    """Whether a name is followed by a subscript, as in σ_i and σ(x)_i."""
    after = rest[closing(rest, 0) + 1 :] if rest[0].text == "(" else rest
    return bool(after) and after[0].text == "_"


def unknown_functions(question: Question) -> list[tuple[str, tuple[str, ...]]]:
    """The names that are applied to something without being defined, each with the templates to try."""
    scope = question.scope
    found: dict[str, bool] = {}
    for node in (node for read in question.read.values() for tree in read.nodes for node in walk(tree)):
        match node.base if isinstance(node, Index) else node:
            case Call(function=Name(text=name) | Prime(operand=Name(text=name)), arguments=(_,)):
                kind = scope.kinds.get(name)
                unknown = kind is None or (not kind.declared and kind.role == "value")
                if unknown and name not in scope.definitions and name not in scope.code:
                    found[name] = found.get(name, False) or isinstance(node, Index)
    return [(name, _OF_VECTORS if indexed else _OF_NUMBERS) for name, indexed in found.items()][:MOST_FUNCTIONS]


def agreeing(question: Question, name: str) -> int:
    """How many of the first relations that mention a name are true."""
    relations = [
        (left.nodes[0], right.nodes[0])
        for chain in question.chains if chain.fragment.display and id(chain) not in question.declaring
        for (left, right), link in zip(pairwise(question.read[id(m)] for m in chain.members), chain.links, strict=False)
        if left.nodes and right.nodes and link.operator in EXACT
    ]  # fmt: skip
    mentioning = [pair for pair in relations if any(Name(name) in walk(node) for node in pair)]
    tasks = [Task(question.scope, *pair, moving=question.moving) for pair in mentioning[:MOST_RELATIONS]]
    return sum(compare(task, quick=True).status == "equal" for task in tasks)
