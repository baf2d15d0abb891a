"""Parsing a question, and the kinds of what nobody declared."""

from __future__ import annotations

from dataclasses import replace

from chainrule.checking.derivations import prose
from chainrule.checking.derivations.grammar import readings
from chainrule.checking.derivations.kinds import Kinds
from chainrule.checking.derivations.model import Scope
from chainrule.checking.derivations.question import Question, Read
from chainrule.checking.derivations.statements import Member
from chainrule.checking.derivations.stream import NotRead, Vocabulary
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


def _parsed(member: Member, vocabulary: Vocabulary, plain: bool) -> Read:
    result = Read(member)
    try:
        result.nodes = readings(member.tokens, vocabulary, plain=plain)
    except NotRead as error:
        result.error = error
    except RecursionError:
        result.error = NotRead("brackets nested too deep")
    return result


def complete(question: Question) -> None:
    """Parse all members of a question, and give undeclared names their kinds."""
    scope = question.scope
    vocabulary = scope.vocabulary()
    for definition in list(scope.definitions.values()):
        if definition.name not in scope.bodies or definition.source == "text":
            try:
                scope.bodies[definition.name] = readings(definition.tokens, vocabulary, plain=definition.plain)
            except (NotRead, RecursionError):
                scope.bodies[definition.name] = []
    _shared(scope)
    kinds = Kinds(scope)
    sides: list[tuple[Node, str]] = []
    relations: list[tuple[Node, Node, str]] = []
    for number, chain in enumerate(question.chains):
        previous: Node | None = None
        where = f"chain {number}"
        for member in chain.members:
            read = question.read[id(member)] = _parsed(member, vocabulary, chain.fragment.plain)
            if id(chain) in question.declaring:
                continue
            if read.nodes:
                kinds.see(read.nodes[0], where)
                sides.append((read.nodes[0], where))
                if previous is not None:
                    relations.append((previous, read.nodes[0], where))
            previous = read.nodes[0] if read.nodes else None
    used = _used(scope, [node for node, _ in sides])
    for name in sorted(used & set(scope.definitions)):
        kinds.see_definition(scope.definitions[name], scope.bodies[name][0])
        if name in scope.arguments:
            if scope.definitions[name].indices:
                kinds.shaped.add(scope.arguments[name])
            kinds.as_value.add(scope.arguments[name])
    _calls(scope, [node for node, _ in sides])
    _facts(question)
    definitions = [(scope.bodies[name][0], name) for name in sorted(used & set(scope.definitions))]
    kinds.complete([*sides, *definitions], relations)
    question.moving = _moving([node for node, _ in sides])
    question.established = _established(question, [node for node, _ in definitions])


def _shared(scope: Scope) -> None:
    """Where one definition contains the formula of another, it is written in terms of it.

    With z := w^T x + b and ŷ := σ(w^T x + b), ŷ can then be differentiated with respect to z.
    """
    whole = {
        name: scope.bodies[name][0] for name, d in scope.definitions.items()
        if d.source == "text" and not d.parameters and not d.indices and scope.bodies.get(name)
        and not isinstance(scope.bodies[name][0], Name | Number | Index)
    }  # fmt: skip
    for name, definition in scope.definitions.items():
        if definition.source != "text" or not scope.bodies.get(name):
            continue
        body = scope.bodies[name][0]
        swap: dict[int, Node] = {}
        for part in walk(body):
            other = next((n for n, formula in whole.items() if n != name and formula == part), None)
            if other is not None and part is not body:
                swap[id(part)] = Name(other, span=part.span)
        if swap:
            scope.bodies[name] = [rebuilt(body, swap), *scope.bodies[name][1:]]


def _calls(scope: Scope, nodes: list[Node]) -> None:
    """For functions that are only applied to formulas, the formula that says most stands for the argument."""
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
        if name in used:
            continue
        bodies = scope.bodies.get(name)
        if name in scope.definitions and not bodies:
            continue
        used.add(name)
        if bodies:
            pending |= {n.text for n in walk(bodies[0]) if isinstance(n, Name)}
            pending |= {scope.arguments[name]} if name in scope.arguments else set()
    return used


def _facts(question: Question) -> None:
    """Σ_i t_i = 1, in a sentence or as a display of its own, says something about t."""
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
        question.read[id(chain.members[0])].nodes[0] for chain in question.chains
        if chain.continued is None and question.read[id(chain.members[0])].nodes and len(chain.links) > 0
    ]  # fmt: skip
    names = frozenset().union(*(free_names(node) for node in [*heads, *definitions]), frozenset())
    return names | question.moving | frozenset(question.scope.arguments.values())


def _moving(nodes: list[Node]) -> frozenset[str]:
    """The names along which differentials are taken, and those with respect to which gradients are."""
    found: set[str] = set()
    for node in nodes:
        for part in walk(node):
            if isinstance(part, Differential) and isinstance(part.operand, Name):
                found.add(part.operand.text)
            elif isinstance(part, Gradient | Jacobian) and isinstance(part.variable, Name):
                found.add(part.variable.text)
            elif isinstance(part, Derivative):
                for variable in part.variables:
                    base = variable.base if isinstance(variable, Index) else variable
                    if isinstance(base, Name) and not any(isinstance(p, Differential) for p in walk(node)):
                        found.add(base.text)
    return frozenset(found)
