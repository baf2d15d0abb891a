"""Parsing a question, and giving undeclared names their kinds."""

from dataclasses import replace
from itertools import pairwise

from chainrule.checking.derivations import prose
from chainrule.checking.derivations.grammar import readings
from chainrule.checking.derivations.kinds import Kinds
from chainrule.checking.derivations.model import Question, Read, Scope
from chainrule.checking.derivations.stream import NotRead, Vocabulary
from chainrule.checking.derivations.tokens import Token
from chainrule.checking.derivations.tree import (
    Call,
    Derivative,
    Differential,
    Gradient,
    Index,
    Jacobian,
    Name,
    Node,
    Number,
    free_names,
    rebuilt,
    walk,
)


def complete(question: Question) -> None:
    """Parse all members of a question, and give undeclared names their kinds."""
    scope = question.scope
    vocabulary = scope.vocabulary()
    for definition in list(scope.definitions.values()):
        names = Vocabulary() if definition.source in ("template", "convention") else vocabulary
        if definition.name not in scope.bodies or definition.source == "text":
            scope.bodies.pop(definition.name, None)
            nodes = _parsed(definition.tokens, names, definition.plain).nodes
            scope.others[definition.name] = nodes[1:]
            for node in nodes[:1]:
                scope.bodies[definition.name] = node
    _shared(scope)
    kinds = Kinds(scope)
    sides: list[tuple[Node, str]] = []
    relations: list[tuple[Node, Node, str]] = []
    for number, chain in enumerate(question.chains):
        where = f"chain {number}"
        reads = [_parsed(member.tokens, vocabulary, chain.fragment.plain) for member in chain.members]
        question.read.update({id(member): read for member, read in zip(chain.members, reads, strict=True)})
        if id(chain) not in question.declaring:
            sides += [(node, where) for read in reads for node in read.nodes[:1]]
            pairs = [(left.nodes[0], right.nodes[0]) for left, right in pairwise(reads) if left.nodes and right.nodes]
            relations += [(left, right, where) for left, right in pairs]
    nodes = [node for node, _ in sides]
    for node, where in sides:
        kinds.see(node, where, {})
    used = sorted(_used(scope, nodes) & scope.definitions.keys())
    for name in used:
        kinds.see_definition(scope.definitions[name], scope.bodies[name])
        if name in scope.arguments:
            if scope.definitions[name].indices:
                kinds.shaped.add(scope.arguments[name])
            kinds.as_value.add(scope.arguments[name])
    _calls(scope, nodes)
    _facts(question)
    definitions = [(scope.bodies[name], name) for name in used]
    kinds.complete([*sides, *definitions], relations)
    question.moving = _moving(nodes)
    question.established = _established(question, [node for node, _ in definitions])


def _parsed(tokens: tuple[Token, ...], vocabulary: Vocabulary, plain: bool) -> Read:
    try:
        return Read(readings(tokens, vocabulary, plain=plain))
    except NotRead as error:
        return Read(error=error)
    except RecursionError:
        return Read(error=NotRead("brackets nested too deep"))


def _shared(scope: Scope) -> None:
    """Where one definition contains the formula of another, it is written in terms of it.

    With z := w^T x + b and ŷ := σ(w^T x + b), ŷ can then be differentiated with respect to z.
    """
    whole = {
        name: scope.bodies[name] for name, d in scope.definitions.items()
        if d.source == "text" and not d.parameters and not d.indices and name in scope.bodies
        and not isinstance(scope.bodies[name], Name | Number | Index)
    }  # fmt: skip
    for name, definition in scope.definitions.items():
        if definition.source == "text" and name in scope.bodies:
            body = scope.bodies[name]
            others = {formula: Name(other) for other, formula in whole.items() if other != name and formula != body}
            swap = {id(part): others[part] for part in walk(body) if part in others}
            scope.bodies[name] = rebuilt(body, swap)


def _calls(scope: Scope, nodes: list[Node]) -> None:
    """For functions that are only applied to formulas, take the most telling formula as the usual argument."""
    for name, definition in scope.definitions.items():
        if len(definition.parameters) != 1 or definition.source == "preamble":
            continue
        applied = [n.arguments[0] for node in nodes for n in walk(node)
                   if isinstance(n, Call) and n.function == Name(name) and len(n.arguments) == 1]  # fmt: skip
        applied = [a for a in applied if isinstance(a, Name) or not _is_entry(a)]
        if not applied or any(isinstance(a, Name) for a in applied):
            continue
        scope.calls[name] = max(
            applied,
            key=lambda a: (
                sum(isinstance(n, Name) and n.text in scope.definitions for n in walk(a)), -sum(1 for _ in walk(a))
            ),
        )  # fmt: skip


def _is_entry(node: Node) -> bool:
    """Whether a formula depends on an index, which may be another one at another place."""
    return any(isinstance(n, Index) and any(isinstance(s, Name) for s in n.subscripts) for n in walk(node))


def _used(scope: Scope, nodes: list[Node]) -> set[str]:
    """The names that some formulas use, through definitions that are read."""
    used: set[str] = set()
    pending = {n.text for node in nodes for n in walk(node) if isinstance(n, Name)}
    while pending:
        name = pending.pop()
        body = scope.bodies.get(name)
        if name not in used and (body is not None or name not in scope.definitions):
            used.add(name)
            if body is not None:
                pending |= {n.text for n in walk(body) if isinstance(n, Name)}
                pending |= {scope.arguments[name]} if name in scope.arguments else set()
    return used


def _facts(question: Question) -> None:
    """Read Σ_i t_i = 1, in a sentence or in its own display, as a fact about t."""
    scope = question.scope
    for chain in question.chains:
        if len(chain.links) != 1 or chain.links[0].operator != "=":
            continue
        left, right = (question.read[id(m)] for m in chain.members)
        if not left.nodes or not right.nodes:
            continue
        stated = prose.sums_to_one(left.nodes[0], right.nodes[0], scope)
        if stated is None:
            continue
        name, fact = stated
        kind = scope.kinds.get(name)
        if kind is not None:
            scope.kinds[name] = replace(kind, facts=kind.facts | {fact})
        else:
            scope.facts.setdefault(name, set()).add(fact)
        question.declaring.add(id(chain))


def _established(question: Question, definitions: list[Node]) -> frozenset[str]:
    heads = [
        node for chain in question.chains if chain.continued is None and chain.links
        for node in question.read[id(chain.members[0])].nodes[:1]
    ]  # fmt: skip
    names = {name for node in [*heads, *definitions] for name in free_names(node)}
    return frozenset(names) | question.moving | frozenset(question.scope.arguments.values())


def _moving(nodes: list[Node]) -> frozenset[str]:
    """The names along which differentials are taken, and those with respect to which gradients are."""
    found: list[Node | None] = []
    for node in nodes:
        parts = list(walk(node))
        found += [part.operand for part in parts if isinstance(part, Differential)]
        found += [part.variable for part in parts if isinstance(part, Gradient | Jacobian)]
        if not any(isinstance(part, Differential) for part in parts):
            variables = [v for part in parts if isinstance(part, Derivative) for v in part.variables]
            found += [variable.base if isinstance(variable, Index) else variable for variable in variables]
    return frozenset(node.text for node in found if isinstance(node, Name))
