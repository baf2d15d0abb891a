"""Functions that a text uses without saying which: the template is taken with which most of its relations agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.checking.derivations.compare import Task, compare
from chainrule.checking.derivations.tree import Call, Index, Name, Node, Prime, walk

if TYPE_CHECKING:
    from chainrule.checking.derivations.question import Question

_OF_VECTORS = ("softmax", "log-softmax")
_OF_NUMBERS = ("sigmoid", "tanh", "softplus", "log-sigmoid", "relu", "heaviside")
MOST_FUNCTIONS = 3
MOST_RELATIONS = 8


def unknown_functions(question: Question) -> list[tuple[str, tuple[str, ...]]]:
    """The names that are applied to something without being defined, each with the templates to try."""
    scope = question.scope
    found: dict[str, bool] = {}
    for read in question.read.values():
        for node in (n for tree in read.nodes for n in walk(tree)):
            call = node.base if isinstance(node, Index) else node
            if not isinstance(call, Call):
                continue
            function = call.function.operand if isinstance(call.function, Prime) else call.function
            if not isinstance(function, Name) or function.text in scope.definitions or len(call.arguments) != 1:
                continue
            if function.text in scope.code:
                continue
            kind = scope.kinds.get(function.text)
            if kind is None or (not kind.declared and kind.role == "value"):
                found[function.text] = found.get(function.text, False) or isinstance(node, Index)
    templates: dict[bool, tuple[str, ...]] = {True: _OF_VECTORS, False: _OF_NUMBERS}
    return [(name, templates[indexed]) for name, indexed in found.items()][:MOST_FUNCTIONS]


def agreeing(question: Question, name: str) -> int:
    """How many relations that mention a name are true."""
    count = tried = 0
    for chain in question.chains:
        if not chain.fragment.display or id(chain) in question.declaring:
            continue
        reads = [question.read[id(member)] for member in chain.members]
        for left, right, link in zip(reads, reads[1:], chain.links, strict=False):
            if not left.nodes or not right.nodes or link.operator not in ("=", ":=") or tried >= MOST_RELATIONS:
                continue
            if not (_mentions(left.nodes[0], name) or _mentions(right.nodes[0], name)):
                continue
            tried += 1
            task = Task(question.scope, left.nodes[0], right.nodes[0], "=", moving=question.moving)
            count += compare(task, quick=True).status == "equal"
    return count


def _mentions(node: Node, name: str) -> bool:
    return any(isinstance(n, Name) and n.text == name for n in walk(node))
