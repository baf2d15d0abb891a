"""Unknown functions of a text: try templates and take the one with which most relations agree."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from chainrule.checking.derivations.compare import EXACT, Task, compare
from chainrule.checking.derivations.kinds import applied
from chainrule.checking.derivations.tree import Call, Index, Name, Node, walk

if TYPE_CHECKING:
    from chainrule.checking.derivations.model import Question

_OF_VECTORS: tuple[str, ...] = ("softmax", "log-softmax")
_OF_NUMBERS: tuple[str, ...] = ("sigmoid", "tanh", "softplus", "log-sigmoid", "relu", "heaviside")
MOST_FUNCTIONS = 3
MOST_RELATIONS = 8


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
